//! What ends, and when: leases with nothing in progress, an agent's turn, a session, a client's life.

use std::path::Path;
use std::time::Duration;

use super::look::Look;
use super::register::{self, Kind, Line, Process, Register};
use super::{Agent, Call, EditsError, Options, Watch, agent};
use crate::lock::key::Key;
use crate::lock::{Judge, Keep, LockError, LockId, LockRoot, Session, Target, owner};
use crate::sys;

/// A session that nobody has used for so long is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(7 * 24 * 3600);
/// No more sessions are looked at for one sweep.
const MOST_SESSIONS: usize = 256;

impl Watch<'_> {
    /// The agent is going to do something else, which may want the files that it has: leases with no edit
    /// in progress end.
    ///
    /// # Errors
    /// What is remembered can't be read or written.
    pub fn release_idle(&self) -> Result<(), EditsError> {
        let Some(mut register) = self.existing()? else { return Ok(()) };
        let held = register.all(Kind::Held, Some(self.agent.subagent()));
        for line in held {
            let path = line.path();
            if !register.has_other(&Line { kind: Kind::Editing, call: NO_CALL.to_owned(), ..line }) {
                self.end_lease(&mut register, &path)?;
            }
        }
        register.close();
        Ok(())
    }

    /// The session begins, or goes on in another process.
    ///
    /// # Errors
    /// What is remembered can't be read or written.
    pub fn begin_session(&self) -> Result<(), EditsError> {
        let mut register = self.register()?;
        self.note_process(&mut register)?;
        register.close();
        Ok(())
    }

    /// The agent's turn is over: its leases end, and so do its calls of which nobody has told the end.
    ///
    /// # Errors
    /// As [`Watch::release_idle`].
    pub fn end_turn(&self) -> Result<(), EditsError> {
        let Some(mut register) = self.existing()? else { return Ok(()) };
        self.end_in(&mut register)?;
        register.close();
        Ok(())
    }

    /// The session is over: nothing of it is left.
    ///
    /// # Errors
    /// As [`Watch::release_idle`].
    pub fn end_session(&self) -> Result<(), EditsError> {
        let Some(mut register) = self.existing()? else { return Ok(()) };
        self.end_all_in(&mut register)?;
        register.remove().map_err(self.failed())
    }

    fn existing(&self) -> Result<Option<Register>, EditsError> {
        let folder = sys::found(register::folder(&self.options.folder, false)).map_err(self.failed())?;
        let Some(folder) = folder else { return Ok(None) };
        let name = self.agent.file_name();
        Register::existing(&folder, &name, register::PATIENCE).map_err(self.failed())
    }

    fn end_all_in(&self, register: &mut Register) -> Result<(), EditsError> {
        let mut agents: Vec<String> = [Kind::Held, Kind::Editing, Kind::Reading]
            .into_iter()
            .flat_map(|kind| register.all(kind, None))
            .map(|line| line.agent)
            .collect();
        agents.sort();
        agents.dedup();
        for agent in agents {
            let options = self.options;
            Watch::new(options, self.agent.other(&agent), true).end_in(register)?;
        }
        Ok(())
    }

    fn end_in(&self, register: &mut Register) -> Result<(), EditsError> {
        let of = |register: &Register, kind| register.all(kind, Some(self.agent.subagent()));
        for line in of(register, Kind::Editing) {
            self.settle(register, &line)?;
        }
        for kind in [Kind::Reading, Kind::Refused] {
            for line in of(register, kind) {
                register.end(&line).map_err(self.failed())?;
            }
        }
        for line in of(register, Kind::Held) {
            self.end_lease(register, &line.path())?;
        }
        Ok(())
    }

    /// An edit whose end nobody has told: it was not permitted, or interrupted. What it changed while it
    /// had its lease is its own. What it wrote, the agent may not know.
    fn settle(&self, register: &mut Register, line: &Line) -> Result<(), EditsError> {
        register.end(line).map_err(self.failed())?;
        let path = line.path();
        if line.tag.is_none() {
            // Its hook was killed before the tool could run.
            return Ok(());
        }
        let (Ok(target), Ok(Some(look))) = (Target::resolve(&path), Look::at(&path)) else { return Ok(()) };
        let is_same = line.tag.as_ref() == Some(&look.tag);
        if look.is_small() && (is_same || self.has_lease(&target)) {
            let tool = line.tool.clone().unwrap_or_default();
            let keeping = self.keeping(&Call { id: line.call.clone(), tool }, &path);
            // A version that is what is there now goes again. A history that can't be written is no
            // reason to keep a lease.
            let before = (line.version.as_deref(), None);
            if !is_same || line.version.is_some() {
                let _ = keeping.record(&look.source, before, look.tag, look.size);
            }
        }
        Ok(())
    }

    fn has_lease(&self, target: &Target) -> bool {
        let (Some(holder), Ok(Some(root))) =
            (self.agent.holder(), self.options.locker.roots.existing_of(&target.path))
        else {
            return false;
        };
        let inherited = &self.options.locker.inherited;
        matches!(holder.host(&root, &target.key, inherited, &mut Judge::new(&root)), Ok(Some(_)))
    }

    /// Ends the lease on a file, if this agent has one that was taken here.
    pub(super) fn end_lease(&self, register: &mut Register, path: &Path) -> Result<(), EditsError> {
        let ended = self.with_lease(path, Session::end);
        // One that can't be ended ends by its time.
        register.end(&self.line(Kind::Held, path, "")).map_err(self.failed())?;
        ended
    }

    /// Lets it run on for a moment only.
    pub(super) fn cut_lease(&self, path: &Path) -> Result<(), EditsError> {
        self.with_lease(path, Session::cut)
    }

    fn with_lease(&self, path: &Path, act: Act) -> Result<(), EditsError> {
        // A true path, whose folder may be gone or a link by now.
        let (Some(holder), Ok(target)) = (self.agent.holder(), Target::resolve(path)) else { return Ok(()) };
        let Some(root) = self.options.locker.roots.existing_of(&target.path)? else { return Ok(()) };
        let (inherited, linger) = (&self.options.locker.inherited, self.options.linger);
        act(&holder, &root, &target.key, inherited, linger, &mut Judge::new(&root))?;
        Ok(())
    }
}

/// [`Session::end`] or [`Session::cut`].
type Act = fn(&Session, &LockRoot, &Key, &[LockId], Duration, &mut Judge) -> Result<bool, LockError>;

/// No client gives a call this id.
const NO_CALL: &str = "\n";

impl Watch<'_> {
    /// Writes down whose process the session is. One that was the client's at one event only may have
    /// been there to run that hook; so it counts from the second on.
    pub(super) fn note_process(&self, register: &mut Register) -> Result<(), EditsError> {
        let Ok(owner::Owner { keep: Keep::Owner { pid, started }, .. }) = owner::nearest(&self.options.call)
        else {
            return Ok(());
        };
        let process =
            Process { pid, started, namespace: sys::machine::pid_namespace(), boot: sys::machine::boot_id() };
        let line = Line::of(Kind::Client, &self.agent.other(""), Path::new(""), "");
        let known = register.get(&line);
        let is_known = known.is_some_and(|known| known.process.as_ref() == Some(&process));
        if is_known && known.is_some_and(|known| known.tag.is_some()) {
            return Ok(());
        }
        let tag = is_known.then(|| CONFIRMED.to_owned());
        register.put(Line { process: Some(process), tag, ..line }).map_err(self.failed())
    }
}

/// What a process is that was the client's at two events.
const CONFIRMED: &str = "confirmed";

/// Ends what a session has, if its client's process is gone for certain. Says whether it was.
pub(super) fn end_if_gone(options: &Options, holder: &Agent) -> bool {
    let Ok(folder) = register::folder(&options.folder, false) else { return false };
    let name = holder.file_name();
    let Ok(Some(mut register)) = Register::existing(&folder, &name, Duration::ZERO) else { return false };
    let is_gone = is_gone(&register);
    if is_gone {
        let watch = Watch::new(options, holder.other(""), true);
        let _ = watch.end_all_in(&mut register);
    }
    register.close();
    is_gone
}

fn is_gone(register: &Register) -> bool {
    let lines = register.all(Kind::Client, None);
    let confirmed = lines.first().filter(|line| line.tag.is_some());
    let Some(process) = confirmed.and_then(|line| line.process.as_ref()) else { return false };
    let is_here = process.namespace.is_some() && process.namespace == sys::machine::pid_namespace();
    if process.boot.is_none() || process.boot != sys::machine::boot_id() || !is_here {
        return false;
    }
    if !sys::process::table_is_ours() {
        return false;
    }
    let now = sys::process::look_up(process.pid);
    match now {
        Some(now) => now.zombie || now.started != process.started,
        None => !sys::process::exists(process.pid),
    }
}

/// Forgets sessions that nobody has used for a week, and ends what those have whose client is gone.
pub fn sweep(options: &Options, own: &Agent) {
    let Ok(folder) = register::folder(&options.folder, false) else { return };
    for name in folder.names_up_to(MOST_SESSIONS).unwrap_or_default() {
        let Some(name) = name.to_str().filter(|name| name.ends_with(agent::SUFFIX)) else { continue };
        if name == own.file_name() {
            continue;
        }
        let written = folder.look(name).ok().flatten().map(|look| look.modified.0).unwrap_or_default();
        let written = Duration::from_secs(u64::try_from(written).unwrap_or_default());
        let is_old = sys::clock::since_epoch().saturating_sub(written) > FORGOTTEN;
        let Ok(Some(mut register)) = Register::existing(&folder, name, Duration::ZERO) else { continue };
        if (is_old || is_gone(&register))
            && let Some(holder) = Agent::of_file(name)
        {
            let _ = Watch::new(options, holder, true).end_all_in(&mut register);
        }
        match is_old {
            true => drop(register.remove()),
            false => register.close(),
        }
    }
}
