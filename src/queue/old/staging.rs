//! Between the old file and the outbox: `import/`, from which entries appear in the outbox only
//! after they have left the old file.
//!
//! 1. The entries are written and synced, then the plan that names them.
//! 2. They are taken out of the old file, durably.
//! 3. They are counted, and renamed into `new/` and `dead/`; the plan goes last.
//!
//! Whoever comes after a crash finds the plan: an old file that is as the plan saw it, or that
//! still has one of the entries, means that step 2 did not happen, and the plan is dropped;
//! otherwise step 3 is finished.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::queue::error::found;
use crate::queue::spool::{create_file, file_name, make_private_folder};
use crate::queue::state::{State, Totals};
use crate::queue::ulid::Ulids;
use crate::queue::{Entry, Place, QueueError, Spool, Ulid};
use crate::sys;

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

/// The folder of one outbox. Whoever uses it holds the old files' locks.
pub(super) struct Staging<'a> {
    spool: &'a Spool,
    folder: PathBuf,
}

impl<'a> Staging<'a> {
    pub(super) fn of(spool: &'a Spool) -> Staging<'a> {
        Staging { spool, folder: spool.path().join("import") }
    }

    fn plan_path(&self) -> PathBuf {
        self.folder.join("plan")
    }

    pub(super) fn is_unfinished(&self) -> bool {
        self.plan_path().exists()
    }

    /// The plan that somebody before us did not come to the end of.
    pub(super) fn unfinished(&self) -> Result<Option<Plan>, QueueError> {
        let path = self.plan_path();
        let Some(bytes) = found(fs::read(&path)).map_err(QueueError::io("read", &path))? else {
            return Ok(None);
        };
        // It was synced before it got its name.
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| QueueError::Unreadable { path, reason: error.to_string() })
    }

    /// Step 1.
    pub(super) fn stage(&self, origin: Origin, source: &[u8], cargo: &Cargo) -> Result<Plan, QueueError> {
        self.clear()?;
        make_private_folder(&self.folder).map_err(QueueError::io("create the folder", &self.folder))?;
        for (name, entry) in cargo.new.iter().chain(&cargo.dead) {
            // One entry may stand in both lists.
            let path = self.folder.join(file_name(*name));
            if !path.exists() {
                self.write(&path, &entry.to_bytes())?;
            }
        }
        let names = |list: &[(Ulid, Entry)]| list.iter().map(|(name, _)| name.to_string()).collect();
        let counted = |count: usize| if cargo.totals.is_some() { count as u64 } else { 0 };
        let id = Ulids::default().make().map_err(QueueError::io("name an import in", &self.folder))?;
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
        let unnamed = self.folder.join("plan.unnamed");
        self.write(&unnamed, &serde_json::to_vec(&plan).unwrap_or_default())?;
        let path = self.plan_path();
        sys::given::rename(&unnamed, &path).map_err(QueueError::io("create", &path))?;
        self.sync()?;
        sys::file::sync_folder(self.spool.path()).map_err(QueueError::io("sync", self.spool.path()))?;
        Ok(plan)
    }

    fn write(&self, path: &std::path::Path, bytes: &[u8]) -> Result<(), QueueError> {
        let mut file = create_file(path).map_err(QueueError::io("create", path))?;
        file.write_all(bytes).map_err(QueueError::io("write", path))?;
        file.sync_all().map_err(QueueError::io("sync", path))
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
        for (place, names) in [(Place::New, &plan.new), (Place::Dead, &plan.dead)] {
            let folder = self.spool.folder(&place);
            for name in names {
                let file = format!("{name}.json");
                let (from, to) = (self.folder.join(&file), folder.join(&file));
                found(sys::given::rename(&from, &to)).map_err(QueueError::io("save", to))?;
            }
            sys::file::sync_folder(&folder)
                .map_err(|source| QueueError::NotDurable { folder: folder.clone(), source })?;
        }
        let path = self.plan_path();
        fs::remove_file(&path).map_err(QueueError::io("remove", path))?;
        self.sync()
    }

    /// Drops what is staged: the old file still has it.
    pub(super) fn clear(&self) -> Result<(), QueueError> {
        let path = self.plan_path();
        // First the plan: without it nobody takes the rest for whole.
        if found(fs::remove_file(&path)).map_err(QueueError::io("remove", path))?.is_some() {
            self.sync()?;
        }
        let listing = found(fs::read_dir(&self.folder)).map_err(QueueError::io("list", &self.folder))?;
        for entry in listing.into_iter().flatten() {
            let path = entry.map_err(QueueError::io("list", &self.folder))?.path();
            fs::remove_file(&path).map_err(QueueError::io("remove", path))?;
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), QueueError> {
        sys::file::sync_folder(&self.folder).map_err(QueueError::io("sync", &self.folder))
    }
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
