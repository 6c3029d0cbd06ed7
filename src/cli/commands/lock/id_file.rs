//! `--id-file`: the id of a lock, kept in a file from one command to the next.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::args::{lock_named, lock_root_of_id, parse_lock_id};
use crate::cli::error::CliError;
use crate::lock::{Held, Judge, LockId, LockRoot};
use crate::replace::Replace;
use crate::sys::failure::Kind;

/// No id is longer, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Which lock is meant by a verb that ends it or lets it run on.
#[derive(Debug, Clone, Args)]
pub struct Named {
    /// The id that `lock acquire` printed, or its beginning; or the file, for a client NAME:SESSION
    #[arg(value_name = "ID|FILE", required_unless_present = "id_file")]
    lock: Option<PathBuf>,
    /// The file in which `lock acquire` has kept the id
    #[arg(long, value_name = "PATH", conflicts_with = "lock")]
    id_file: Option<PathBuf>,
    /// The client whose lease it is, NAME:SESSION [default: $AIMEM_CLIENT]
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
}

impl Named {
    /// The lock, and its root.
    ///
    /// # Errors
    /// None is meant, or the file can't be read.
    pub fn find(&self) -> Result<(LockRoot, LockId), CliError> {
        match &self.id_file {
            Some(path) => {
                let id = read(path)?;
                Ok((lock_root_of_id(&id)?, id))
            }
            None => lock_named(self.lock.as_deref().unwrap_or(Path::new("")), self.client.clone()),
        }
    }

    /// Removes the file: what it names is over.
    pub fn forget(&self) {
        if let Some(path) = &self.id_file {
            // The id in it is good for nothing.
            let _ = fs::remove_file(path);
        }
    }
}

fn read(path: &Path) -> Result<LockId, CliError> {
    let mut text = String::new();
    let read = fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    read.map_err(|error| CliError::io(format!("cannot read the id in {}", path.display()), &error))?;
    parse_lock_id(&text).map_err(|_| {
        CliError::new(Kind::Data, format!("{} holds no lock id", path.display()))
            .hint("it is made by: aimem lock acquire FILE --id-file PATH")
    })
}

/// Keeps the id of a lock that was taken. One that is there is overwritten, unless its lock is another
/// one that is still held: nobody else may know that id.
///
/// # Errors
/// The file can't be written, or keeps another lock's id.
pub fn keep(path: &Path, held: &Held) -> Result<(), CliError> {
    if let Ok(id) = read(path)
        && id.key != held.id().key
        && let Ok(root) = lock_root_of_id(&id)
    {
        let seen = Judge::new(&root).judge(&id.key)?;
        if seen.verdict.is_taken() && seen.info.token.as_ref() == Some(&id.token) {
            let message = format!("{} keeps the id of another lock, which is still held", path.display());
            return Err(CliError::new(Kind::CantCreate, message)
                .hint("release it first: aimem lock release --id-file PATH; or keep this one elsewhere"));
        }
    }
    Ok(Replace::new().sync(false).write(path, format!("{}\n", held.id()).as_bytes()).map(drop)?)
}
