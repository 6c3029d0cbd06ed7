//! What all calls share: where files and locks are, and what this connection holds.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Options;
use super::answer::Refusal;
use super::call::Call;
use super::leases::Leases;
#[cfg(feature = "outbox")]
use super::tools::mem0::outbox::Outbox;
use crate::lock::{LockRoot, Locker, Patience, Roots};
use crate::place::bounds::Located;
use crate::place::{Bounds, FilePlace, PlaceError};
use crate::replace::Replace;
use crate::settings::{self, duration};

/// No call waits for longer, whatever it asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// What all calls share.
pub struct Context {
    /// The bounds, once a root is there.
    bounds: Mutex<Option<Arc<Bounds>>>,
    roots: Vec<PathBuf>,
    /// What is not served.
    excluded: Vec<PathBuf>,
    /// Whether nothing may be changed.
    pub read_only: bool,
    locker: Locker,
    replace: Replace,
    /// Whether to say when locks are taken and released.
    pub debug: bool,
    /// The locks of this connection.
    pub leases: Leases,
    /// The memories.
    #[cfg(feature = "outbox")]
    pub outbox: Outbox,
}

impl Context {
    /// What the environment and the options say.
    ///
    /// # Errors
    /// An unusable variable, or a root that was named and can't be opened. The memory folder may
    /// come later.
    pub fn new(options: Options) -> Result<Context, super::ServeError> {
        let locker = settings::locker("aimem mcp")?;
        let named = !options.roots.is_empty();
        let roots = if named { options.roots } else { settings::memory_folder()?.into_iter().collect() };
        let mut excluded: Vec<PathBuf> =
            settings::variable("AIMEM_LOCK_DIR").map(PathBuf::from).into_iter().collect();
        #[cfg(feature = "outbox")]
        excluded.extend(settings::variable("AIMEM_QUEUE").map(PathBuf::from));
        for root in &roots {
            let lock_root = locker.roots.existing_of(&root.join("any file here"));
            excluded.extend(lock_root.ok().flatten().map(|root| root.path().to_owned()));
        }
        let context = Context {
            bounds: Mutex::default(),
            roots,
            excluded,
            read_only: options.read_only,
            locker,
            replace: Replace::new().backups(settings::backup()?.unwrap_or(0)),
            debug: settings::lock_debug()?,
            leases: Leases::default(),
            #[cfg(feature = "outbox")]
            outbox: Outbox::default(),
        };
        if named {
            context.open_bounds()?;
        }
        Ok(context)
    }

    fn open_bounds(&self) -> Result<Arc<Bounds>, PlaceError> {
        let mut bounds = self.bounds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bounds) = &*bounds {
            return Ok(bounds.clone());
        }
        let opened = Arc::new(Bounds::new(&self.roots, &self.excluded)?);
        *bounds = Some(opened.clone());
        Ok(opened)
    }

    /// The folders that are served.
    ///
    /// # Errors
    /// There is none yet.
    pub fn bounds(&self) -> Result<Arc<Bounds>, Refusal> {
        if self.roots.is_empty() {
            let hint = "start the server with --root DIR, or set HOME or AICONFIG_PATH";
            return Err(Refusal::new("no folder is served").hint(hint));
        }
        self.open_bounds().map_err(|error| {
            Refusal::from(error).hint("make that folder, or start the server with --root DIR")
        })
    }

    /// How a call takes locks: as the client, as a guest of the connection's own leases, for as long
    /// as the call says, and never for longer than an hour.
    ///
    /// # Errors
    /// The time can't be read.
    pub fn locker(&self, call: &mut Call, what: &str, timeout: Option<&str>) -> Result<Locker, Refusal> {
        let limit = timeout.map(|text| time(text, "timeout")).transpose()?;
        let patience = Patience {
            limit: limit.unwrap_or(self.locker.patience.limit).min(LONGEST_WAIT),
            ..self.locker.patience
        };
        call.limit = patience.limit;
        let mut inherited = self.locker.inherited.clone();
        inherited.extend(self.leases.ids());
        Ok(Locker {
            patience,
            inherited,
            client: self.locker.client.clone().or(call.client.clone()),
            command: format!("aimem mcp: {what}"),
            ..self.locker.clone()
        })
    }

    /// The lock folder of a file, if there is one yet.
    ///
    /// # Errors
    /// It can't be used.
    pub fn lock_root_of(&self, file: &Path) -> Result<Option<LockRoot>, Refusal> {
        Ok(self.locker.roots.existing_of(file)?)
    }

    /// Where locks, and the past of files, are.
    pub fn lock_roots(&self) -> &Roots {
        &self.locker.roots
    }

    /// A file as a place, within the bounds.
    pub fn place<'a>(
        &self,
        file: &Located,
        bounds: &'a Bounds,
        locker: &'a Locker,
        call: &'a mut Call,
    ) -> FilePlace<'a> {
        FilePlace::new(&file.path, Some(locker), self.replace.clone(), call).within(bounds)
    }

    /// The same, where each version that is replaced is kept as the history says. `verb` is for the
    /// log.
    ///
    /// # Errors
    /// The history's settings can't be used.
    pub fn kept_place<'a>(
        &self,
        file: &Located,
        bounds: &'a Bounds,
        locker: &'a Locker,
        call: &'a mut Call,
        verb: &'static str,
    ) -> Result<FilePlace<'a>, Refusal> {
        let keeping = settings::keeping(locker, verb)?;
        Ok(self.place(file, bounds, locker, call).history(keeping))
    }
}

/// A time that an argument gives.
///
/// # Errors
/// It is none.
pub fn time(text: &str, argument: &str) -> Result<Duration, Refusal> {
    duration::parse(text).map_err(|why| Refusal::new(format!("{argument}: {text}: {why}")))
}
