//! What is in an outbox: names, counts and entries.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::error::reason;
use super::spool::{LONGEST_ENTRY, Part, file_name};
use super::{Entry, Place, QueueError, Spool, Ulid};
use crate::sys::failure::Op;
use crate::sys::folder::Folder;
use crate::sys::found;

/// Limits of what may wait. `None` is no limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// How many entries, dead ones included.
    pub entries: Option<u64>,
    /// How many bytes their files have together.
    pub bytes: Option<u64>,
}

impl Spool {
    /// The names in a place, oldest first. Anything but an entry's file is skipped.
    ///
    /// # Errors
    /// The folder can't be read. One that is missing is empty.
    pub fn names(&self, place: &Place) -> Result<Vec<Ulid>, QueueError> {
        let listed = self.listed(place)?;
        let mut names: Vec<Ulid> = listed.iter().filter_map(|name| entry_name(name.to_str()?)).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// How many entries a place has, and the oldest of them.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn count(&self, place: &Place) -> Result<(u64, Option<Ulid>), QueueError> {
        let names = self.names(place)?;
        Ok((names.len() as u64, names.first().copied()))
    }

    fn listed(&self, place: &Place) -> Result<Vec<OsString>, QueueError> {
        let listed = found(self.folder(place).and_then(|folder| folder.names()));
        Ok(listed.map_err(QueueError::io(Op::List, self.path_of(place)))?.unwrap_or_default())
    }

    /// The workers that have a folder, dead ones included. Anything else is skipped.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn workers(&self) -> Result<Vec<String>, QueueError> {
        let opened = found(self.part(Part::InFlight));
        let opened = opened.map_err(QueueError::io(Op::List, self.root().path_of(Part::InFlight.name())))?;
        let Some(inflight) = opened else { return Ok(Vec::new()) };
        let names = inflight.names().map_err(QueueError::io(Op::List, inflight.path()))?.into_iter();
        let mut workers: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
        workers.retain(|name| inflight.own_folder(name).is_ok());
        workers.sort();
        Ok(workers)
    }

    /// Every place that has entries.
    ///
    /// # Errors
    /// A folder can't be read.
    pub fn places(&self) -> Result<Vec<Place>, QueueError> {
        let mut places = vec![Place::New];
        places.extend(self.workers()?.into_iter().map(Place::InFlight));
        places.extend([Place::Dead, Place::Done]);
        Ok(places)
    }

    /// Reads an entry. `None` when it is not in that place, or not any more.
    ///
    /// # Errors
    /// The file can't be read, is not to be trusted, or is no entry.
    pub fn read(&self, place: &Place, name: Ulid) -> Result<Option<Entry>, QueueError> {
        match found(self.folder(place)).map_err(QueueError::io(Op::OpenFolder, self.path_of(place)))? {
            Some(folder) => read_entry(&folder, name),
            None => Ok(None),
        }
    }

    /// Looks an entry up by its id, which is its name unless an old program gave it another one.
    ///
    /// # Errors
    /// [`QueueError::NotFound`], or a folder can't be read.
    pub fn find(&self, id: &str) -> Result<(Place, Ulid, Entry), QueueError> {
        let places = self.places()?;
        if let Ok(name) = id.parse() {
            for place in &places {
                if let Some(entry) = self.read(place, name)? {
                    return Ok((place.clone(), name, entry));
                }
            }
        }
        for place in places {
            for name in self.names(&place)? {
                // A malformed file has no id to be found by.
                if let Ok(Some(entry)) = self.read(&place, name)
                    && entry.id == id
                {
                    return Ok((place, name, entry));
                }
            }
        }
        Err(QueueError::NotFound { what: "there is no such entry", id: id.to_owned() })
    }

    /// Makes sure that `more` entries of `bytes` together still fit. Two callers at the same moment
    /// may both be admitted.
    ///
    /// # Errors
    /// [`QueueError::Full`].
    pub fn check_limits(&self, limits: Limits, more: u64, bytes: u64) -> Result<(), QueueError> {
        if limits.entries.is_none() && limits.bytes.is_none() {
            return Ok(());
        }
        let (mut entries, mut size) = (more, bytes);
        for place in self.places()?.iter().filter(|place| **place != Place::Done) {
            let names = self.names(place)?;
            if limits.bytes.is_none() {
                entries += names.len() as u64;
                continue;
            }
            let Some(folder) =
                found(self.folder(place)).map_err(QueueError::io(Op::List, self.path_of(place)))?
            else {
                continue;
            };
            for name in names {
                // An entry that was delivered meanwhile takes no room.
                if let Ok(Some(look)) = folder.look(file_name(name)) {
                    entries += 1;
                    size = size.saturating_add(look.size);
                }
            }
        }
        let over = |what: &str, number, limit: Option<u64>| match limit {
            Some(limit) if number > limit => Err(QueueError::Full {
                what: format!("this would make {number} {what}, and the limit is {limit}"),
            }),
            _ => Ok(()),
        };
        over("entries", entries, limits.entries)?;
        over("bytes", size, limits.bytes)
    }

    /// Reads several entries of a place, by name. Those that went away meanwhile, and malformed
    /// ones, are distinguished.
    pub fn read_all(&self, place: &Place) -> Result<BTreeMap<Ulid, Result<Entry, QueueError>>, QueueError> {
        let names = self.names(place)?.into_iter();
        Ok(names.filter_map(|name| Some((name, self.read(place, name).transpose()?))).collect())
    }
}

/// Reads an entry in a folder. `None` when it is not there.
pub(super) fn read_entry(folder: &Folder, name: Ulid) -> Result<Option<Entry>, QueueError> {
    let path = folder.path_of(file_name(name));
    let Some(bytes) =
        folder.read_file(file_name(name), LONGEST_ENTRY).map_err(QueueError::io(Op::ReadEntry, &path))?
    else {
        return Ok(None);
    };
    let Some(bytes) = bytes else {
        return Err(QueueError::Unreadable {
            path,
            reason: format!("it is larger than {LONGEST_ENTRY} bytes"),
        });
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| QueueError::Unreadable { path, reason: reason(&error) })
}

fn entry_name(name: &str) -> Option<Ulid> {
    name.strip_suffix(".json")?.parse().ok()
}
