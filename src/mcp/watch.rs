//! Whoever wants to know when a file changes.
//!
//! A file is replaced by a rename, so its folder is watched and not the file. An event is only a
//! reason to look: what is told is that the name stands for another version than before.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use rmcp::RoleServer;
use rmcp::model::{RequestId, ResourceUpdatedNotificationParam};
use rmcp::service::{Peer, SubscriptionSink};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::answer::Refusal;
use crate::sys::dir::{Dir, Version};
use crate::sys::path::folder_of;

/// Events that come together are one reason to look.
const TOGETHER: Duration = Duration::from_millis(20);
/// One connection watches no more files than this.
const MOST: usize = 1000;

/// Where a change is told.
#[derive(Debug, Clone)]
pub enum Ear {
    /// To the client, who has subscribed by a request of its own.
    Client(Peer<RoleServer>),
    /// By this subscription.
    Subscription(SubscriptionSink),
}

impl Ear {
    /// Which one it is, among those of one URI.
    fn name(&self) -> Option<&RequestId> {
        match self {
            Ear::Client(_) => None,
            Ear::Subscription(sink) => Some(sink.id()),
        }
    }
}

/// The subscriptions of a connection. Cheap to clone.
#[derive(Clone, Default)]
pub struct Watch(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// By the file's true path.
    files: HashMap<PathBuf, Watched>,
    folders: HashSet<PathBuf>,
    watcher: Option<RecommendedWatcher>,
}

struct Watched {
    version: Option<Version>,
    /// With the URI that the client knows the file by.
    ears: Vec<(String, Ear)>,
}

impl Watch {
    /// Nothing is done under this lock that could panic.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells `ear` of every change of the file from now on.
    ///
    /// # Errors
    /// Its folder can't be watched.
    pub fn add(&self, path: &Path, uri: &str, ear: Ear) -> Result<(), Refusal> {
        let refused = |error: notify::Error| Refusal::new(format!("cannot watch {uri}: {error}"));
        let mut inner = self.lock();
        if inner.files.len() >= MOST && !inner.files.contains_key(path) {
            return Err(Refusal::new(format!("a connection watches {MOST} files at most")));
        }
        let folder = folder_of(path).to_owned();
        if inner.watcher.is_none() {
            inner.watcher = Some(self.start().map_err(refused)?);
        }
        if !inner.folders.contains(&folder)
            && let Some(watcher) = &mut inner.watcher
        {
            watcher.watch(&folder, RecursiveMode::NonRecursive).map_err(refused)?;
            inner.folders.insert(folder);
        }
        let watched = inner
            .files
            .entry(path.to_owned())
            .or_insert_with(|| Watched { version: version(path), ears: Vec::new() });
        watched.ears.retain(|(known, other)| known != uri || other.name() != ear.name());
        watched.ears.push((uri.to_owned(), ear));
        Ok(())
    }

    /// Ends what was begun with this URI, by the client or by the subscription of that name.
    pub fn remove(&self, path: &Path, uri: &str, name: Option<&RequestId>) {
        let mut inner = self.lock();
        let Some(watched) = inner.files.get_mut(path) else { return };
        watched.ears.retain(|(known, ear)| known != uri || ear.name() != name);
        if !watched.ears.is_empty() {
            return;
        }
        inner.files.remove(path);
        let folder = folder_of(path);
        if !inner.files.keys().any(|other| folder_of(other) == folder) {
            inner.folders.remove(folder);
            if let Some(watcher) = &mut inner.watcher {
                let _ = watcher.unwatch(folder);
            }
        }
    }

    /// Starts the thread that is told of events, and the task that looks.
    fn start(&self) -> Result<RecommendedWatcher, notify::Error> {
        let (sender, receiver) = unbounded_channel();
        let watch = self.clone();
        tokio::spawn(async move { watch.tell(receiver).await });
        let hear = self.clone();
        notify::recommended_watcher(move |event: Result<Event, notify::Error>| hear.heard(event, &sender))
    }

    /// Passes on the files that an event may be about.
    fn heard(&self, event: Result<Event, notify::Error>, sender: &UnboundedSender<PathBuf>) {
        let inner = self.lock();
        match event {
            Ok(event) if event.kind.is_access() => {}
            Ok(event) if !event.need_rescan() => {
                for path in event.paths.into_iter().filter(|path| inner.files.contains_key(path)) {
                    let _ = sender.send(path);
                }
            }
            // Events were lost: every file may have changed.
            _ => inner.files.keys().for_each(|path| drop(sender.send(path.clone()))),
        }
    }

    async fn tell(&self, mut events: UnboundedReceiver<PathBuf>) {
        while let Some(path) = events.recv().await {
            tokio::time::sleep(TOGETHER).await;
            let mut paths = HashSet::from([path]);
            while let Ok(path) = events.try_recv() {
                paths.insert(path);
            }
            for path in paths {
                for (uri, ear) in self.changed(&path) {
                    match ear {
                        Ear::Client(peer) => {
                            let update = ResourceUpdatedNotificationParam::new(uri);
                            let _ = peer.notify_resource_updated(update).await;
                        }
                        Ear::Subscription(sink) => drop(sink.notify_resource_updated(uri).await),
                    }
                }
            }
        }
    }

    /// Whoever is to be told of a file, if it is another version than before.
    fn changed(&self, path: &Path) -> Vec<(String, Ear)> {
        let now = version(path);
        let mut inner = self.lock();
        match inner.files.get_mut(path) {
            Some(watched) if watched.version != now => {
                watched.version = now;
                watched.ears.clone()
            }
            _ => Vec::new(),
        }
    }
}

/// Which version the name stands for; none where it stands for nothing, or a link is on the way.
fn version(path: &Path) -> Option<Version> {
    let folder = Dir::open(folder_of(path)).ok()?;
    folder.version_of(path.file_name()?).ok().flatten()
}
