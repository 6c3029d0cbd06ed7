//! The front door for Rust programs: one call for each thing that is done to a document, with the
//! environment's settings, as the command line has them.
//!
//! Whoever wants it otherwise takes the parts: a [`Locker`](crate::lock::Locker), a
//! [`Replace`](crate::replace::Replace), a [`FilePlace`], and a request of [`memory`].

use std::path::Path;

use crate::lock::wait::Silent;
use crate::lock::{Held, Keep, LockError};
use crate::memory::{self, MemoryError, Program, Update, Updated, Validate, Write, Written};
use crate::place::{FilePlace, PlaceError};
use crate::replace::Replace;
use crate::settings::{self, SettingError};

/// An error of the front door.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The environment.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The transaction, the lock and the file included.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

impl From<PlaceError> for Error {
    fn from(error: PlaceError) -> Error {
        MemoryError::from(error).into()
    }
}

impl From<LockError> for Error {
    fn from(error: LockError) -> Error {
        PlaceError::from(error).into()
    }
}

/// Changes the JSON document `path` by a jq filter, which must give exactly one result: under the
/// file's lock, synced, whole or not at all. A document that does not exist is an error.
///
/// # Errors
/// See [`MemoryError`]; unless [`MemoryError::document_may_have_changed`], the file is as it was.
pub fn update(path: impl AsRef<Path>, filter: &str) -> Result<Updated, Error> {
    let locker = settings::locker(described("update"))?;
    let (mut waiter, path) = (Silent, path.as_ref());
    let keeping = settings::keeping(&locker, "update")?;
    let mut place = FilePlace::new(path, Some(&locker), Replace::new(), &mut waiter).history(keeping);
    let mut program = Program { source: filter.to_owned(), ..Program::default() };
    Ok(memory::update(&mut place, &Update::default(), &mut program)?)
}

/// Reads one whole version of a file, without a lock: nobody is waited for. `None` when there is no
/// such file.
///
/// # Errors
/// The file can't be read, or programs that take no lock are writing to it all the time.
pub fn read(path: impl AsRef<Path>) -> Result<Option<Vec<u8>>, Error> {
    let mut waiter = Silent;
    let mut place = FilePlace::new(path.as_ref(), None, Replace::new(), &mut waiter);
    let found = memory::read(&mut place, memory::Reading::Free)?;
    Ok(found.bytes.map(std::sync::Arc::unwrap_or_clone))
}

/// Replaces a file by `content`, under its lock, synced, whole or not at all. Missing folders above
/// it are made. What is written to a `.json` file must be one JSON document.
///
/// # Errors
/// As [`update`].
pub fn write(path: impl AsRef<Path>, content: impl Into<Vec<u8>>) -> Result<Written, Error> {
    let locker = settings::locker(described("write"))?;
    let (mut waiter, path) = (Silent, path.as_ref());
    let place = FilePlace::new(path, Some(&locker), Replace::new(), &mut waiter).make_folders(true);
    let mut place = place.history(settings::keeping(&locker, "write")?);
    let request = Write { content: content.into(), validate: Validate::ByName, ..Write::default() };
    Ok(memory::write(&mut place, request)?)
}

/// Takes the lock of `path`, which need not exist. It is held until it is dropped, or until this
/// process ends, however that happens.
///
/// # Errors
/// The lock is not free in time, or can't be made.
pub fn lock(path: impl AsRef<Path>) -> Result<Held, Error> {
    let locker = settings::locker(described("lock"))?;
    Ok(locker.acquire(path.as_ref(), Keep::Running, &mut Silent)?)
}

/// What others see of us: the program and what it does, never its arguments.
fn described(verb: &str) -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(Path::file_name).unwrap_or_default();
    format!("{}: {verb}", name.to_string_lossy())
}
