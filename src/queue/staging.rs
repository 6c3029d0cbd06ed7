//! Between an old program's file and the outbox: `import/`, from which entries appear in the outbox only
//! after they have left the old file.
//!
//! 1. The entries are written and synced, then the plan that names them.
//! 2. They are taken out of the old file, durably.
//! 3. They are counted, and renamed into `new/` and `dead/`; the plan goes last.
//!
//! After a crash the next import finds the plan. If the old file is as the plan recorded it, or
//! still has one of the entries, step 2 did not happen, and the plan is dropped; otherwise step 3
//! is finished.

use std::collections::HashSet;
use std::io::Write;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::reason;
use super::spool::file_name;
use super::state::{State, Totals};
use super::ulid::Ulids;
use super::{Entry, Place, QueueError, Spool, Ulid};
use crate::sys::failure::Op;
use crate::sys::folder::Folder;
use crate::sys::found;

const FOLDER: &str = "import";
const PLAN: &str = "plan";
const UNNAMED: &str = "plan.unnamed";
/// A plan names each entry, and has its id. A longer one was not made by us.
const LONGEST_PLAN: u64 = 256 << 20;

/// Which of the old files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Origin {
    Queue,
    Emergency,
}

/// What is being taken over.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    id: String,
    pub(super) origin: Origin,
    /// Of the old file's bytes.
    hash: String,
    /// The old ids.
    ids: HashSet<String>,
    new: Vec<String>,
    dead: Vec<String>,
    /// How many of the entries the old totals have counted.
    queued: u64,
    failed: u64,
    totals: Option<Totals>,
}

/// The entries of an old file, ready to be taken over.
#[derive(Debug, Default)]
pub(super) struct Cargo {
    pub(super) new: Vec<(Ulid, Entry)>,
    pub(super) dead: Vec<(Ulid, Entry)>,
    /// The old file's `stats`, which have counted the entries; none for a file that has none.
    pub(super) totals: Option<Totals>,
}

impl Cargo {
    pub(super) fn is_empty(&self) -> bool {
        self.new.is_empty() && self.dead.is_empty()
    }
}

/// The folder of one outbox. Its user holds the locks of the old files.
pub(super) struct Staging<'a> {
    spool: &'a Spool,
}

impl<'a> Staging<'a> {
    pub(super) fn of(spool: &'a Spool) -> Staging<'a> {
        Staging { spool }
    }

    fn folder(&self) -> Result<Option<Folder>, QueueError> {
        let root = self.spool.root();
        found(root.own_folder(FOLDER)).map_err(QueueError::io(Op::OpenFolder, root.path_of(FOLDER)))
    }

    fn folder_or_make(&self) -> Result<Folder, QueueError> {
        let root = self.spool.root();
        match self.folder()? {
            Some(folder) => Ok(folder),
            None => self
                .spool
                .make_folder(root, FOLDER)
                .map_err(QueueError::io(Op::MakeFolder, root.path_of(FOLDER))),
        }
    }

    pub(super) fn is_unfinished(&self) -> bool {
        matches!(self.folder(), Ok(Some(folder)) if matches!(folder.look(PLAN), Ok(Some(_))))
    }

    /// A plan that an earlier import did not complete.
    pub(super) fn unfinished(&self) -> Result<Option<Plan>, QueueError> {
        let Some(folder) = self.folder()? else { return Ok(None) };
        let path = folder.path_of(PLAN);
        let read = folder.read_file(PLAN, LONGEST_PLAN).map_err(QueueError::io(Op::Read, &path))?;
        let Some(bytes) = read else { return Ok(None) };
        // It was synced before it got its name.
        serde_json::from_slice(&bytes.unwrap_or_default())
            .map(Some)
            .map_err(|error| QueueError::Unreadable { path, reason: reason(&error) })
    }

    /// Step 1.
    pub(super) fn stage(&self, origin: Origin, source: &[u8], cargo: &Cargo) -> Result<Plan, QueueError> {
        self.clear()?;
        let folder = self.folder_or_make()?;
        for (name, entry) in cargo.new.iter().chain(&cargo.dead) {
            // One entry may stand in both lists.
            let file = file_name(*name);
            if folder.look(&file).map_err(QueueError::io(Op::LookAt, folder.path_of(&file)))?.is_none() {
                self.write(&folder, &file, &entry.to_bytes())?;
            }
        }
        let names = |list: &[(Ulid, Entry)]| list.iter().map(|(name, _)| name.to_string()).collect();
        let counted = |count: usize| if cargo.totals.is_some() { count as u64 } else { 0 };
        let id = Ulids::default().make().map_err(QueueError::io(Op::Name, folder.path()))?;
        let plan = Plan {
            id: id.to_string(),
            origin,
            hash: hash(source),
            ids: cargo.new.iter().chain(&cargo.dead).map(|(_, entry)| entry.id.clone()).collect(),
            new: names(&cargo.new),
            dead: names(&cargo.dead),
            queued: counted(cargo.new.len() + cargo.dead.len()),
            failed: counted(cargo.dead.len()),
            totals: cargo.totals,
        };
        self.write(&folder, UNNAMED, &serde_json::to_vec(&plan).unwrap_or_default())?;
        let named = folder.rename(UNNAMED, &folder, PLAN);
        named.map_err(QueueError::io(Op::Create, folder.path_of(PLAN)))?;
        sync(&folder)?;
        sync(self.spool.root())?;
        Ok(plan)
    }

    fn write(&self, folder: &Folder, name: &str, bytes: &[u8]) -> Result<(), QueueError> {
        let path = folder.path_of(name);
        let mut file = self.spool.create_file(folder, name).map_err(QueueError::io(Op::Create, &path))?;
        file.write_all(bytes).map_err(QueueError::io(Op::Write, &path))?;
        file.sync_all().map_err(QueueError::io(Op::Sync, path))
    }

    /// Step 3: the entries become the outbox's. May be done again from the beginning.
    pub(super) fn publish(&self, plan: &Plan) -> Result<(), QueueError> {
        State::update(self.spool, |state| {
            if state.old.import != plan.id {
                state.old.import = plan.id.clone();
                state.old.queued += plan.queued;
                state.old.failed += plan.failed;
                if let Some(totals) = plan.totals {
                    state.old.follow(totals);
                }
            }
        })?;
        let staged = self.folder_or_make()?;
        for (place, names) in [(Place::New, &plan.new), (Place::Dead, &plan.dead)] {
            let folder = self.spool.need_folder(&place)?;
            for name in names {
                let file = format!("{name}.json");
                let moved = found(staged.rename(&file, &folder, &file));
                moved.map_err(QueueError::io(Op::Save, folder.path_of(&file)))?;
            }
            folder
                .sync()
                .map_err(|source| QueueError::NotDurable { folder: folder.path().to_owned(), source })?;
        }
        remove(&staged, PLAN)?;
        sync(&staged)
    }

    /// Drops what is staged: the old file still has it.
    pub(super) fn clear(&self) -> Result<(), QueueError> {
        let Some(folder) = self.folder()? else { return Ok(()) };
        // The plan goes first: without it the rest does not count as complete.
        if found(folder.remove_file(PLAN))
            .map_err(QueueError::io(Op::Remove, folder.path_of(PLAN)))?
            .is_some()
        {
            sync(&folder)?;
        }
        for name in folder.names().map_err(QueueError::io(Op::List, folder.path()))? {
            remove(&folder, &name)?;
        }
        Ok(())
    }
}

fn remove(folder: &Folder, name: impl AsRef<std::ffi::OsStr>) -> Result<(), QueueError> {
    folder.remove_file(&name).map_err(QueueError::io(Op::Remove, folder.path_of(&name)))
}

fn sync(folder: &Folder) -> Result<(), QueueError> {
    folder.sync().map_err(QueueError::io(Op::Sync, folder.path()))
}

impl Plan {
    /// Whether the entries are still in the old file, of which `bytes` and `ids` are the content.
    pub(super) fn is_still_in(&self, bytes: &[u8], mut ids: impl Iterator<Item = String>) -> bool {
        hash(bytes) == self.hash || ids.any(|id| self.ids.contains(&id))
    }
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
