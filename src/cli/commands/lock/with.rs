//! `aimem lock with`
//!
//! The command inherits the lock's descriptor, so that the lock outlives a killed wrapper for as
//! long as the command runs. It stays in our process group: what the terminal sends reaches it
//! without us.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use super::report::LockReport;
use crate::cli::args::{WaitArgs, call, locker};
use crate::cli::error::{CliError, Outcome, explain, show_duration};
use crate::cli::exit::Exit;
use crate::cli::hints::quote_text;
use crate::cli::output;
use crate::cli::waiting::{Patient, first_ending, note_release};
use crate::lock::{Held, Keep, LockError, LockId};
use crate::settings::{self, duration};
use crate::sys;
use crate::sys::failure::Kind;
use crate::sys::signal::{self, Signals};

/// Run a command while holding the lock of one or several files
///
/// The lock is released after the command has ended. The command's exit status is passed on. It
/// finds AIMEM_LOCK_TARGET and AIMEM_LOCK_ID in its environment; aimem commands that it runs on
/// the same file work under this lock, one at a time.
#[derive(Debug, Args)]
#[command(override_usage = "aimem lock with [OPTIONS] FILE… -- COMMAND [ARG…]")]
#[command(after_help = "\
Examples:
  aimem lock with sessions.json -- ./rebuild-sessions.sh
  aimem lock with a.json b.json --timeout 5s -- sh -c 'cp a.json b.json'")]
pub struct With {
    /// The files whose locks to hold
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
    /// Do not let the command inherit the lock: it is free as soon as aimem is gone
    #[arg(long)]
    close: bool,
    /// End the command after this long: TERM, and KILL after --kill-after
    #[arg(long, value_name = "DUR", value_parser = duration::parse)]
    ttl: Option<Duration>,
    /// How long after TERM to send KILL
    #[arg(long, value_name = "DUR", value_parser = duration::parse, default_value = "10s", requires = "ttl")]
    kill_after: Duration,
    /// Run this shell command first when the lock was taken over from a dead holder
    #[arg(long, value_name = "CMD")]
    on_reclaimed: Option<OsString>,
    /// Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// Tell what was done as one JSON document on the last line of standard error; errors too
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

impl With {
    pub(crate) fn run(self) -> Outcome {
        let (json, file) = (self.json, self.files.first().cloned().unwrap_or_default());
        self.with().map_err(|error| error.about(&file, json))
    }

    fn with(self) -> Outcome {
        let debugging = settings::lock_debug()?;
        let call = call("lock with", &self.files, self.command.first());
        let locker = locker(&self.wait, self.client.clone(), None, call).map_err(own)?;
        // Before the lock: a signal from here on releases it.
        let mut patient = Patient::with_signals(&signal::USER).map_err(own)?;
        let begun = Instant::now();
        let held = locker
            .acquire_all(&self.files, Keep::Running, &mut patient)
            .map_err(|error| own(self.wait.choose_exit(error)))?;
        let (mut signals, interrupted) = patient.into_signals();
        if let Some(number) = interrupted {
            return Err(LockError::Interrupted(number).into());
        }
        let waited = begun.elapsed();
        let reports: Vec<LockReport> = held.iter().map(|held| LockReport::of(held, waited)).collect();
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]);
        let ended = match self.recover(&held, &locker.inherited, &mut signals) {
            Ok(()) => self.run_under(&held, &locker.inherited, &mut signals, command),
            Err(error) => {
                // The next taker shall find what is to be recovered just as we did.
                held.into_iter().for_each(Held::abandon);
                return Err(error);
            }
        };
        // Every lock is released before anything is said, whatever came of the others.
        let targets: Vec<_> = held.iter().map(|held| held.target().path.clone()).collect();
        let released: Vec<_> = held.into_iter().map(Held::release).collect();
        if debugging {
            targets.iter().for_each(|target| note_release(target));
        }
        let status = ended?;
        let (lost, failed): (Vec<_>, Vec<_>) = released
            .into_iter()
            .filter_map(Result::err)
            .partition(|error| matches!(error, LockError::Lost { .. }));
        failed.into_iter().for_each(|error| output::warning(CliError::from(error).message));
        let mut lost = lost.into_iter().map(CliError::from);
        let exit = exit_of(status);
        let is_lost = lost.len() > 0;
        match lost.next() {
            Some(error) if exit == Exit::Status(0) => {
                lost.for_each(|error| output::note("error", &error.message));
                Err(error
                    .hint("the command ended with 0, but another may have changed the file at the same time"))
            }
            Some(error) if !self.json => {
                std::iter::once(error).chain(lost).for_each(|error| output::say("warning", &error.message));
                Ok(exit)
            }
            _ => {
                if self.json {
                    output::json_note(&Ran { locks: &reports, exit: exit.code(), lost: is_lost })?;
                }
                Ok(exit)
            }
        }
    }

    /// Runs the command of `--on-reclaimed` where it is called for.
    fn recover(&self, held: &[Held], inherited: &[LockId], signals: &mut Signals) -> Result<(), CliError> {
        let (true, Some(recovery)) = (is_reclaimed(held), &self.on_reclaimed) else { return Ok(()) };
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(recovery);
        let status = self.run_under(held, inherited, signals, command)?;
        match exit_of(status) {
            Exit::Status(0) => Ok(()),
            Exit::Failed(Kind::Interrupted(number)) => Err(LockError::Interrupted(number).into()),
            _ => Err(CliError::new(Exit::Own, format!("the command of --on-reclaimed failed: {status}"))
                .hint("the command itself was not run; the next one to take the lock is told of the dead holder again")),
        }
    }

    /// Runs a command to its end. Whatever happens here, the locks are still held after it.
    fn run_under(
        &self,
        held: &[Held],
        inherited: &[LockId],
        signals: &mut Signals,
        mut command: Command,
    ) -> Result<ExitStatus, CliError> {
        let mut ids: Vec<LockId> = inherited.to_vec();
        for held in held {
            let id = held.invite().map_err(|error| own(error.into()))?;
            ids.retain(|inherited| inherited.key != id.key);
            ids.push(id);
        }
        let ids = ids.iter().map(LockId::to_string).collect::<Vec<_>>().join(",");
        let targets: Vec<&[u8]> = held.iter().map(|held| held.target().path.as_os_str().as_bytes()).collect();
        let targets = OsString::from_vec(targets.join(&b'\n'));
        command
            .env("AIMEM_LOCK_ID", &ids)
            .env("AIMEM_LOCK_TARGET", &targets)
            .env_remove("AIMEM_LOCK_RECLAIMED");
        if is_reclaimed(held) {
            command.env("AIMEM_LOCK_RECLAIMED", "1");
        }
        self.supervise(held, command, signals)
    }

    fn supervise(
        &self,
        held: &[Held],
        mut command: Command,
        signals: &mut Signals,
    ) -> Result<ExitStatus, CliError> {
        let inherited = match self.close {
            true => Vec::new(),
            false => held
                .iter()
                .map(Held::inheritable)
                .collect::<Result<_, _>>()
                .map_err(|error| own(error.into()))?,
        };
        if let Some(number) = first_ending(&signals.pending()) {
            return Err(LockError::Interrupted(number).into());
        }
        let spawned = command.spawn();
        drop(inherited);
        let mut child = spawned.map_err(|error| {
            let name = command.get_program().to_string_lossy().into_owned();
            let kind = match error.kind() {
                std::io::ErrorKind::NotFound => Kind::NotFound,
                _ => Kind::NotExecutable,
            };
            let told = CliError::new(kind, format!("cannot run {name}: {}", explain(&error)));
            told.hint(runnable(&command, kind))
        })?;
        // What came while the command was being started may not have reached it.
        for received in signals.pending().into_iter().filter(|received| received.number != signal::CHILD) {
            send(&child, received.number);
        }
        let mut deadline = self.ttl.map(sys::clock::deadline);
        let mut asked = false;
        loop {
            let wait =
                |error| CliError::new(Exit::Own, format!("cannot wait for the command: {}", explain(&error)));
            if let Some(status) = child.try_wait().map_err(wait)? {
                return Ok(status);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                send(&child, if asked { signal::KILL } else { signal::TERM });
                self.tell_of_limit(&command, &child, asked);
                // After KILL there is nothing left to do but wait.
                deadline = (!asked).then(|| sys::clock::deadline(self.kill_after));
                asked = true;
                continue;
            }
            for received in signals.wait(left) {
                let from_terminal = signal::TERMINAL.contains(&received.number) && !received.sent_by_process;
                if received.number != signal::CHILD && !from_terminal {
                    send(&child, received.number);
                }
            }
        }
    }
}

impl With {
    /// Says that the command is being ended, or nobody would know why it was.
    fn tell_of_limit(&self, command: &Command, child: &Child, asked: bool) {
        let program = Path::new(command.get_program());
        let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
        let who = format!("{name} (pid {})", child.id());
        let text = match (asked, self.ttl) {
            (true, _) => format!("{who} lives {} after TERM; sent KILL", show_duration(self.kill_after)),
            (false, ttl) => {
                format!(
                    "{who} has run for {}, the limit of --ttl; sent TERM",
                    show_duration(ttl.unwrap_or_default())
                )
            }
        };
        output::warning(text);
    }
}

/// What `--json` tells of a run.
#[derive(Serialize)]
struct Ran<'a> {
    locks: &'a [LockReport],
    /// The command's exit status.
    exit: u8,
    /// Whether a lock was lost while the command ran.
    lost: bool,
}

/// Words that a shell obeys by itself.
const OF_THE_SHELL: [&str; 12] =
    ["cd", "export", "source", ".", "alias", "set", "unset", "umask", "ulimit", "eval", "type", "if"];

/// What to write instead of a command that cannot be run.
fn runnable(command: &Command, kind: Kind) -> String {
    let name = command.get_program().to_string_lossy();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let is_line = name.contains([' ', ';', '|', '&', '>', '<', '$']);
    match kind {
        Kind::NotFound if is_line || OF_THE_SHELL.contains(&&*name) => {
            format!("that is for a shell: -- sh -c {}", quote_text(&line))
        }
        Kind::NotFound if name.contains('/') => {
            "look whether the path, and what its first line names, is there".to_owned()
        }
        Kind::NotFound if Path::new(&*name).exists() => {
            format!("it is in no folder of PATH; the one here is ./{name}")
        }
        Kind::NotFound => "it is in no folder of PATH".to_owned(),
        _ => format!(
            "make it executable with chmod +x {0}, or name what runs it, such as sh {0}",
            quote_text(&name)
        ),
    }
}

fn is_reclaimed(held: &[Held]) -> bool {
    held.iter().any(|held| held.reclaimed().is_some())
}

fn exit_of(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Status(u8::try_from(code & 0xff).unwrap_or(1)),
        (None, signal) => Exit::Failed(Kind::Interrupted(signal.unwrap_or(0))),
    }
}

fn send(child: &Child, number: i32) {
    if let Err(error) = sys::process::send_signal(child.id(), number) {
        output::warning(format_args!("cannot pass signal {number} on to the command: {}", explain(&error)));
    }
}

/// What is neither usage nor the lock is a failure of our own, as `timeout` and `env` report it.
fn own(mut error: CliError) -> CliError {
    if matches!(error.exit, Exit::Failed(Kind::CantCreate | Kind::Io | Kind::Permission | Kind::NoInput)) {
        error.exit = Exit::Own;
    }
    error
}
