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
mod past;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

pub use bounds::Bounds;
pub use error::PlaceError;
pub use file::FilePlace;
pub use keeping::Keeping;
pub use past::{Past, past_of, prune};

use crate::history::Which;
use crate::lock::Waiter;
use crate::replace::{Rotation, Warning};

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

/// Reads a content from the first, to its end, and writes the one that replaces it to the second.
/// `None` gives up.
pub type Make<'a> =
    dyn FnMut(Box<dyn Read + Send>, Box<dyn Write + Send>, &mut dyn Waiter) -> Option<Remade> + 'a;

/// What was made of a content piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Remade {
    /// Whether it is another one.
    pub changed: bool,
    /// The tag of the content that was read.
    pub before: String,
    /// The tag of the one that was written.
    pub after: String,
    /// The size of that in bytes.
    pub size: u64,
}

/// What became of a document that was gone through piece by piece.
#[derive(Debug)]
pub enum Rewritten {
    /// Another content was made, and published as this says.
    Made(Published),
    /// It stays as it is, and is durable where that was asked for.
    Same(Told),
    /// The maker gave up. Nothing was done.
    GivenUp,
}

/// What was added at a document's end.
#[derive(Debug)]
pub struct Appended {
    /// The document's true name.
    pub name: PathBuf,
    /// How large it was, in bytes.
    pub before: u64,
    /// How large it is.
    pub after: u64,
    /// How often it was set aside, and a new one begun.
    pub set_aside: u32,
    /// What there is to tell.
    pub told: Told,
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

    /// As [`Place::read`], for one who goes through the document piece by piece: nothing of it is in
    /// memory yet. `None` where there is no document, or from a place that can't do so.
    ///
    /// # Errors
    /// As [`Place::look`].
    fn open_pieces(&mut self) -> Result<Option<(PathBuf, Self::Version)>, PlaceError> {
        Ok(None)
    }

    /// Puts what `make` makes of the pieces of `version` in its place, and of no other one's.
    ///
    /// # Errors
    /// As [`Place::publish`].
    fn rewrite(&mut self, _version: Self::Version, _make: &mut Make<'_>) -> Result<Rewritten, PlaceError> {
        Ok(Rewritten::GivenUp)
    }

    /// Puts `content` in the place of `version`, and of no other one.
    ///
    /// # Errors
    /// Unless [`PlaceError::document_may_have_changed`], the document is as it was.
    fn publish(&mut self, version: Self::Version, content: &[u8]) -> Result<Published, PlaceError>;

    /// Adds whole lines at the end, without reading what is there, and ends the transaction. They end
    /// as the document's own do; an unfinished last line is ended first. A document that is missing
    /// is made. `None` from a place that can only replace a document as a whole: nothing was done.
    ///
    /// # Errors
    /// Unless [`PlaceError::document_may_have_changed`], the document is as it was.
    fn append(
        &mut self,
        _lines: &[u8],
        _rotation: Option<&Rotation>,
    ) -> Result<Option<Appended>, PlaceError> {
        Ok(None)
    }

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

    /// What the one who works on the document calls itself.
    fn client(&self) -> Option<&str> {
        None
    }

    /// Who sleeps, tells and is interrupted meanwhile.
    fn waiter(&mut self) -> &mut dyn Waiter;
}

/// The tag of a content: its SHA-256 in hex.
pub fn etag(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
