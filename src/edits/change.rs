//! An edit, before and after.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::ends::end_if_gone;
use super::look::{Look, MISSING, UNKNOWN};
use super::register::{Kind, Line, Register};
use super::told::Change;
use super::{Agent, Call, Edit, EditsError, LEASE, Refusal, Told, Watch};
use crate::history::Record;
use crate::lock::error::Busy;
use crate::lock::wait::Silent;
use crate::lock::{Judge, LockError, Locker, Patience, Target};
use crate::sys;

/// A file that a tool is going to write, by its true path.
struct Wanted {
    target: Target,
    whole: bool,
}

/// A file whose lease was taken for a call.
struct Taken<'a> {
    target: &'a Target,
    /// Whether the agent has had it before.
    was_held: bool,
}

impl From<EditsError> for Refusal {
    fn from(error: EditsError) -> Refusal {
        Refusal::Failed(error)
    }
}

impl Watch<'_> {
    /// The agent is going to write these files: all of them, or none.
    ///
    /// # Errors
    /// Why it should not.
    pub fn before_edit(&self, call: &Call, files: &[Edit]) -> Result<Vec<Told>, Refusal> {
        let wanted = self.wanted(files)?;
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let deadline = sys::clock::deadline(self.options.wait);
        loop {
            let mut register = self.register()?;
            self.note_process(&mut register)?;
            let tried = self.try_edit(&mut register, call, &wanted);
            // Others of this session go on while we wait.
            register.close();
            match tried {
                Err(Refusal::Held { path, .. }) if Instant::now() < deadline => {
                    self.wait_for(call, &path, deadline.saturating_duration_since(Instant::now()));
                }
                tried => return tried,
            }
        }
    }

    /// The agent has written these files, or tried to.
    ///
    /// # Errors
    /// What is remembered can't be read or written.
    pub fn after_edit(&self, call: &Call, files: &[Edit]) -> Result<Vec<Told>, EditsError> {
        let mut told = Vec::new();
        let Ok(wanted) = self.wanted(files) else { return Ok(told) };
        if wanted.is_empty() {
            return Ok(told);
        }
        let mut register = self.register()?;
        for Wanted { target, .. } in &wanted {
            self.finish(&mut register, call, target, &mut told)?;
        }
        register.close();
        Ok(told)
    }

    /// The watched ones of these files, each once, in the order in which locks are taken.
    fn wanted(&self, files: &[Edit]) -> Result<Vec<Wanted>, EditsError> {
        let mut wanted: Vec<Wanted> = Vec::new();
        for Edit { path, whole } in files {
            let target = Target::resolve(path)?;
            if self.options.scope.covers(&target.path) {
                wanted.push(Wanted { target, whole: *whole });
            }
        }
        wanted.sort_by(|one, other| (&one.target.key, other.whole).cmp(&(&other.target.key, one.whole)));
        wanted.dedup_by(|one, other| one.target == other.target);
        Ok(wanted)
    }

    fn try_edit(
        &self,
        register: &mut Register,
        call: &Call,
        wanted: &[Wanted],
    ) -> Result<Vec<Told>, Refusal> {
        let (mut taken, mut told) = (Vec::new(), Vec::new());
        let mut looks = Vec::new();
        for Wanted { target, whole } in wanted {
            if std::fs::symlink_metadata(&target.path).is_ok_and(|meta| !meta.is_file()) {
                // A device or a folder: the tool will say what it can't do with it.
                continue;
            }
            let looked = self.take(register, call, target, &mut taken);
            // Looked at under the lease: nobody who takes locks publishes any more.
            match looked.and_then(|()| self.known(register, call, target, *whole)) {
                Ok(look) => looks.extend(look.map(|look| (target, look))),
                Err(refused) => {
                    self.give_back(register, call, &taken);
                    self.note_refusal(register, call, wanted)?;
                    return Err(refused);
                }
            }
        }
        for (target, look) in looks {
            let version = if look.is_small() {
                self.keeping(call, &target.path).keep(&look.source, &look.tag).unwrap_or_else(|error| {
                    let why = sys::failure::message(&error);
                    told.push(Told::Forgotten { path: target.path.clone(), why });
                    None
                })
            } else {
                None
            };
            let editing = self.line(Kind::Editing, &target.path, &call.id);
            let tool = Some(call.tool.clone());
            register.put(Line { tag: Some(look.tag), version, tool, ..editing }).map_err(self.failed())?;
        }
        Ok(told)
    }

    /// Takes the lease. It is written down before: a killed hook leaves none that nobody knows of.
    fn take<'w>(
        &self,
        register: &mut Register,
        call: &Call,
        target: &'w Target,
        taken: &mut Vec<Taken<'w>>,
    ) -> Result<(), Refusal> {
        let held = self.line(Kind::Held, &target.path, "");
        let was_held = register.get(&held).is_some();
        if !was_held {
            register.put(held).map_err(self.failed())?;
        }
        register.put(self.line(Kind::Editing, &target.path, &call.id)).map_err(self.failed())?;
        taken.push(Taken { target, was_held });
        let locker = self.locker(call, &target.path);
        let mut is_first = true;
        loop {
            match locker.lease(&target.path, LEASE, &mut Silent) {
                Ok(held) => {
                    held.leave();
                    return Ok(());
                }
                // A crashed client's leases would keep us out until their time is over.
                Err(LockError::Busy(busy)) if std::mem::take(&mut is_first) && self.end_if_gone(&busy) => {}
                Err(LockError::Busy(busy)) => return Err(held_by(*busy)),
                Err(error) => return Err(EditsError::from(error).into()),
            }
        }
    }

    fn end_if_gone(&self, busy: &Busy) -> bool {
        let holder = busy.client.as_deref().and_then(Agent::named);
        // Our own session lives: its hook is running.
        let other = holder.filter(|holder| holder.session_name() != self.agent.session_name());
        other.is_some_and(|other| end_if_gone(self.options, &other))
    }

    /// Whether the agent may replace the file as it is now.
    fn known(
        &self,
        register: &mut Register,
        call: &Call,
        target: &Target,
        whole: bool,
    ) -> Result<Option<Look>, Refusal> {
        let Some(look) = Look::at(&target.path).map_err(EditsError::from)? else { return Ok(None) };
        let seen = self.line(Kind::Seen, &target.path, "");
        let known = register.get(&seen).and_then(|line| line.tag.clone());
        // Another call of the same agent is at it: what that one has written counts as seen.
        let is_at_it = register.has_other(&self.line(Kind::Editing, &target.path, &call.id));
        let Some(known) = known.filter(|known| whole && *known != look.tag && !is_at_it) else {
            return Ok(Some(look));
        };
        let path = target.path.clone();
        let change = match (known.as_str(), look.tag.as_str()) {
            (_, MISSING) => Change::Deleted,
            (UNKNOWN, _) => Change::Torn,
            (known, _) => {
                let writer = self.keeping(call, &path).writer_of(&path, &look.tag).unwrap_or_default();
                let modified = look.modified().and_then(|time| Timestamp::from_second(time).ok());
                let (who, when) = match writer {
                    Some(record) => (Some(record.who()), Some(record.time)),
                    None => (None, modified),
                };
                if known == MISSING { Change::Made(who, when) } else { Change::Changed(who, when) }
            }
        };
        if change == Change::Deleted {
            // There is nothing to read. Once it is told, it is known.
            self.remember(register, &path, MISSING.to_owned())?;
        } else if !self.sees_reads {
            // This client will not say that it has read it again.
            register.end(&seen).map_err(self.failed())?;
        }
        Err(Refusal::Stale { path, change })
    }

    /// Undoes what a call has taken before it was refused.
    fn give_back(&self, register: &mut Register, call: &Call, taken: &[Taken<'_>]) {
        for Taken { target, was_held } in taken {
            let editing = self.line(Kind::Editing, &target.path, &call.id);
            let is_alone = !register.has_other(&editing);
            // What can't be written down ends by its time.
            let _ = register.end(&editing);
            if is_alone && !was_held {
                let _ = self.end_lease(register, &target.path);
            }
        }
    }

    /// A client may ignore the refusal: then it is known what was there before.
    fn note_refusal(
        &self,
        register: &mut Register,
        call: &Call,
        wanted: &[Wanted],
    ) -> Result<(), EditsError> {
        for Wanted { target, .. } in wanted {
            let tag = Look::at(&target.path).ok().flatten().map(|look| look.tag);
            let refused = self.line(Kind::Refused, &target.path, &call.id);
            register.put(Line { tag, tool: Some(call.tool.clone()), ..refused }).map_err(self.failed())?;
        }
        Ok(())
    }

    fn wait_for(&self, call: &Call, path: &Path, limit: Duration) {
        let locker = self.locker(call, path);
        let patience = Patience { limit, ..locker.patience };
        // Whatever comes of it, the next try says why not.
        let _ = Locker { patience, ..locker }.wait_until_free(path, &mut Silent);
    }

    /// What is to be done about one file after an edit.
    pub(super) fn finish(
        &self,
        register: &mut Register,
        call: &Call,
        target: &Target,
        told: &mut Vec<Told>,
    ) -> Result<(), EditsError> {
        let path = &target.path;
        let Some(look) = Look::at(path)? else { return Ok(()) };
        let editing = self.line(Kind::Editing, path, &call.id);
        let refused = self.line(Kind::Refused, path, &call.id);
        let begun = register.get(&editing).cloned();
        let was_refused = register.get(&refused).cloned();
        register.end(&editing).map_err(self.failed())?;
        register.end(&refused).map_err(self.failed())?;
        let before = begun.as_ref().or(was_refused.as_ref());
        let changed = before.and_then(|line| line.tag.as_ref()) != Some(&look.tag);
        let others = match before.and_then(|line| Timestamp::from_millisecond(line.at?).ok()) {
            Some(since) => self.keeping(call, path).since(path, since).unwrap_or_default(),
            None => Vec::new(),
        };
        // What was added at the end by somebody who has not read the rest is known by the size it left.
        let is_left_by = |other: &Record| match &other.after {
            Some(after) => *after == look.tag,
            None => other.size == look.size,
        };
        let is_theirs = others.last().is_some_and(|(other, _)| is_left_by(other));
        let holder = self.holder_of(target);
        if changed && !is_theirs && before.is_some() {
            let before = before.and_then(|line| line.tag.clone());
            self.write_down(call, (&look, begun.as_ref(), before), &others, told);
        }
        if is_theirs {
            // What is there now, this agent has not seen.
            let other = others.into_iter().next_back().map(|(other, _)| other);
            told.extend(other.map(|other| Told::Followed { path: path.clone(), other: Box::new(other) }));
        } else {
            if changed {
                let other = others.into_iter().next_back();
                told.extend(other.map(|(other, kept)| Told::Replaced {
                    path: path.clone(),
                    other: Box::new(other),
                    kept: kept.is_some(),
                }));
            }
            self.remember(register, path, look.tag.clone())?;
        }
        match holder {
            Holder::Us => {}
            _ if !changed => {}
            Holder::Nobody if !told.is_empty() || begun.is_none() => {}
            Holder::Nobody => told.push(Told::Unprotected { path: path.clone(), holder: None }),
            Holder::Other(holder) => {
                // Whoever has it is going to write over this.
                let _ = self.keeping(call, path).keep(&look.source, &look.tag);
                told.push(Told::Unprotected { path: path.clone(), holder: Some(holder) });
            }
        }
        if !register.has_other(&editing) {
            self.cut_lease(path)?;
        }
        Ok(())
    }

    /// Writes into the history what this agent has done.
    fn write_down(
        &self,
        call: &Call,
        (look, begun, before): (&Look, Option<&Line>, Option<String>),
        others: &[(Record, Option<String>)],
        told: &mut Vec<Told>,
    ) {
        if !look.is_small() {
            return;
        }
        let before = before.filter(|tag| tag != MISSING && !tag.contains(':'));
        let version = begun.and_then(|line| line.version.as_deref());
        let keeping = self.keeping(call, look.source.path());
        // Where another's change came in between, that is what was replaced.
        let replaced = match others.last() {
            Some((_, Some(theirs))) => (Some(theirs.as_str()), None),
            _ => (version, before),
        };
        if let Err(error) = keeping.record(&look.source, replaced, look.tag.clone(), look.size) {
            let why = sys::failure::message(&error);
            told.push(Told::Forgotten { path: look.source.path().to_owned(), why });
        }
    }

    /// Who has the lock of a file.
    fn holder_of(&self, target: &Target) -> Holder {
        let Ok(Some(root)) = self.options.locker.roots.existing_of(&target.path) else {
            return Holder::Nobody;
        };
        let Ok(seen) = Judge::new(&root).judge(&target.key) else { return Holder::Nobody };
        if !seen.verdict.is_taken() {
            return Holder::Nobody;
        }
        match seen.info.client.as_deref() == Some(self.agent.name().as_str()) {
            true => Holder::Us,
            false => Holder::Other(crate::lock::Holder::of(&seen.info).to_string()),
        }
    }

    /// Which of these files others have, and who.
    pub fn held_by_others(&self, files: &[PathBuf]) -> Vec<(PathBuf, String)> {
        let mut held = Vec::new();
        for file in files {
            let Ok(target) = Target::resolve(file) else { continue };
            if !self.options.scope.covers(&target.path) {
                continue;
            }
            if let Holder::Other(holder) = self.holder_of(&target) {
                held.push((target.path, holder));
            }
        }
        held
    }
}

/// Who has a lock.
enum Holder {
    Us,
    Other(String),
    Nobody,
}

fn held_by(busy: Busy) -> Refusal {
    // The end of a lease is told apart.
    let named = busy.client.as_deref().filter(|_| busy.holder.lease && busy.holder.host.is_none());
    let work = named.and_then(|client| busy.holder.label.strip_prefix(client)?.strip_prefix(": "));
    let holder = match (named, work) {
        (Some(client), Some(work)) => format!("{client} ({work})"),
        _ => busy.holder.to_string(),
    };
    Refusal::Held { path: busy.target, holder, since: busy.since, until: busy.expires.zip(busy.left) }
}
