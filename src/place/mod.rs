//! Where a document lives.
//!
//! A [`Place`] is a compare-and-swap: a version is read, and what is published replaces that
//! version or nothing. How a place keeps others out meanwhile is its own business: a file does it
//! by its lock and by an exchange of two names ([`FilePlace`]); an object in a bucket would do it by
//! its tag alone.

pub mod bounds;
pub(crate) mod error;
mod file;
mod keeping;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

pub use bounds::Bounds;
pub use error::PlaceError;
pub use file::FilePlace;
pub use keeping::{Keeping, Past, past_of, prune};

use crate::history::Which;
use crate::lock::Waiter;
use crate::replace::Warning;

/// A document as it was read.
#[derive(Debug, Clone)]
pub struct Content {
    /// Its true name, every link resolved.
    pub name: PathBuf,
    /// Its bytes; `None` where there is no document.
    pub bytes: Option<Arc<Vec<u8>>>,
}

impl Content {
    /// The tag of this version, by which a writer says what it has read. Equal tags, equal bytes.
    pub fn tag(&self) -> Option<String> {
        self.bytes.as_deref().map(|bytes| etag(bytes))
    }
}

/// What there is to tell of a transaction when it has ended.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// What went well but not as one might think.
    pub warnings: Vec<Warning>,
    /// For how long others kept us out.
    pub waited: Duration,
    /// The dead holder whose lock was taken over.
    pub taken_over: Option<String>,
    /// The id of the replaced version, if it was kept.
    pub kept: Option<String>,
}

/// Which earlier version of a document is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Earlier {
    /// The latest backup, or without one what was there before the last change.
    #[default]
    Latest,
    /// A backup, 0 being the latest.
    Backup(u32),
    /// A version that was kept.
    Kept(Which),
    /// What was there before the last change, if nothing came after it; or before the last one of
    /// this client.
    Undo(Option<String>),
}

/// An earlier version.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How it is named.
    pub which: String,
    /// When it was written.
    pub written: Option<SystemTime>,
}

/// What became of a publication.
#[derive(Debug)]
pub enum Published {
    /// The new content is in place, and durable where that was asked for.
    Done(Told),
    /// The document is not the version that was read. Nothing was published.
    Changed,
}

/// Where a document lives.
pub trait Place {
    /// One version of the document: what tells it from every other.
    type Version;

    /// Reads the document for one who is not going to change it.
    ///
    /// # Errors
    /// The place can't be reached or read.
    fn look(&mut self) -> Result<Content, PlaceError>;

    /// Reads one whole version of the document without keeping anybody out or being kept out.
    /// `is_whole` says of content that was written a moment ago whether it can be a whole version.
    /// Without this method, [`Place::look`] does so.
    ///
    /// # Errors
    /// As [`Place::look`]; [`PlaceError::BeingWritten`].
    fn glance(&mut self, is_whole: &dyn Fn(&Path, &[u8]) -> bool) -> Result<Content, PlaceError> {
        let _ = is_whole;
        self.look()
    }

    /// Reads the document for one who may publish another version. After [`Published::Changed`] it
    /// is read anew.
    ///
    /// # Errors
    /// As [`Place::look`].
    fn read(&mut self) -> Result<(Content, Self::Version), PlaceError>;

    /// Gives an earlier version. What is published next is that version put back: of backups, the one
    /// that it replaces becomes the latest, and none is dropped. `force` also accepts one that was
    /// altered since it was kept.
    ///
    /// # Errors
    /// There is no such version, or it can't be read.
    fn earlier(&mut self, version: &Self::Version, which: &Earlier, force: bool)
    -> Result<Found, PlaceError>;

    /// Which earlier version, in the spelling of `restore --from`, is the newest one that is whole;
    /// `judge` says of content whether it is.
    fn way_back(&mut self, judge: &dyn Fn(&[u8]) -> bool) -> Option<String> {
        let _ = judge;
        None
    }

    /// Puts `content` in the place of `version`, and of no other one.
    ///
    /// # Errors
    /// Unless [`PlaceError::document_may_have_changed`], the document is as it was.
    fn publish(&mut self, version: Self::Version, content: &[u8]) -> Result<Published, PlaceError>;

    /// Ends a transaction that has nothing to change. The version that was read may be another
    /// writer's who has not made it durable yet: that is done here.
    ///
    /// # Errors
    /// The version can't be made durable.
    fn settle(&mut self, version: Self::Version) -> Result<Told, PlaceError>;

    /// Ends a transaction that was to change nothing, or that has failed.
    fn leave(&mut self) -> Told;

    /// The document's name as the caller has given it.
    fn name(&self) -> &Path;

    /// Who sleeps, tells and is interrupted meanwhile.
    fn waiter(&mut self) -> &mut dyn Waiter;
}

/// The tag of a content: its SHA-256 in hex.
pub fn etag(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
