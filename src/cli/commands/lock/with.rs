//! `aimem lock with`
//!
//! The command inherits the lock's descriptor, so that the lock outlives a killed wrapper for as
//! long as the command runs. It stays in our process group: what the terminal sends reaches it
//! without us.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use clap::Args;

use crate::cli::args::{WaitArgs, locker};
use crate::cli::error::{CliError, Outcome, explain};
use crate::cli::exit::Exit;
use crate::cli::waiting::{Patient, debug};
use crate::cli::{duration, env, output};
use crate::lock::{Held, Keep, LockError, LockId};
use crate::sys;
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
    #[command(flatten)]
    wait: WaitArgs,
}

impl With {
    pub(crate) fn run(self) -> Outcome {
        let debugging = env::lock_debug()?;
        let locker = locker(&self.wait, self.client.clone(), None).map_err(own)?;
        let passed_on: Vec<i32> =
            signal::ENDING.iter().chain(&signal::USER).copied().chain([signal::CHILD]).collect();
        // Before the lock: a signal from here on releases it.
        let mut patient = Patient::with_signals(&passed_on).map_err(own)?;
        let held = locker
            .acquire_all(&self.files, Keep::Running, &mut patient)
            .map_err(|error| own(self.wait.choose_exit(error)))?;
        for held in &held {
            debug(debugging, || {
                format!("took the lock of {} as {}", held.target().path.display(), held.id())
            });
        }
        let (Some(mut signals), _) = patient.into_signals() else {
            return Err(CliError::new(Exit::Own, "cannot wait for signals"));
        };
        let status = self.run_under(&held, &locker.inherited, &mut signals)?;
        let released: Result<Vec<()>, LockError> = held.into_iter().map(Held::release).collect();
        debug(debugging, || "released".to_owned());
        let exit = match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Status(u8::try_from(code & 0xff).unwrap_or(1)),
            (None, signal) => Exit::Signal(signal.unwrap_or(0)),
        };
        match released {
            Ok(_) => Ok(exit),
            Err(error @ LockError::Lost { .. }) if status.success() => Err(CliError::from(error)
                .hint("the command ended with 0, but another may have changed the file at the same time")),
            Err(error) => {
                output::warning(CliError::from(error).message);
                Ok(exit)
            }
        }
    }

    /// Runs the command to its end. Whatever happens here, the locks are still held after it.
    fn run_under(
        &self,
        held: &[Held],
        inherited: &[LockId],
        signals: &mut Signals,
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
        let reclaimed = held.iter().any(|held| held.reclaimed().is_some());
        let prepare = |command: &mut Command| {
            command
                .env("AIMEM_LOCK_ID", &ids)
                .env("AIMEM_LOCK_TARGET", &targets)
                .env_remove("AIMEM_LOCK_RECLAIMED");
            if reclaimed {
                command.env("AIMEM_LOCK_RECLAIMED", "1");
            }
        };
        if let (true, Some(recovery)) = (reclaimed, &self.on_reclaimed) {
            let mut command = Command::new("/bin/sh");
            command.arg("-c").arg(recovery);
            prepare(&mut command);
            let status = self.supervise(held, command, signals)?;
            if !status.success() {
                return Err(CliError::new(
                    Exit::Own,
                    format!("the command of --on-reclaimed failed: {status}"),
                )
                .hint("the command itself was not run, and the lock is released"));
            }
        }
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]);
        prepare(&mut command);
        self.supervise(held, command, signals)
    }

    fn supervise(
        &self,
        held: &[Held],
        mut command: Command,
        signals: &mut Signals,
    ) -> Result<ExitStatus, CliError> {
        let inherit =
            |wanted: bool| held.iter().try_for_each(|held| held.set_inheritable(wanted && !self.close));
        inherit(true).map_err(|error| own(error.into()))?;
        let spawned = command.spawn();
        inherit(false).map_err(|error| own(error.into()))?;
        let mut child = spawned.map_err(|error| {
            let name = command.get_program().to_string_lossy().into_owned();
            let exit = match error.kind() {
                std::io::ErrorKind::NotFound => Exit::NotFound,
                _ => Exit::NotExecutable,
            };
            CliError::new(exit, format!("cannot run {name}: {}", explain(&error)))
        })?;
        let mut deadline = self.ttl.map(|ttl| Instant::now() + ttl);
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
                // After KILL there is nothing left to do but wait.
                deadline = (!asked).then(|| Instant::now() + self.kill_after);
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

fn send(child: &Child, number: i32) {
    if let Err(error) = sys::process::send_signal(child.id(), number) {
        output::warning(format_args!("cannot pass signal {number} on to the command: {}", explain(&error)));
    }
}

/// What is neither usage nor the lock is a failure of our own, as `timeout` and `env` report it.
fn own(mut error: CliError) -> CliError {
    if matches!(error.exit, Exit::CantCreate | Exit::Io | Exit::Permission | Exit::NoInput) {
        error.exit = Exit::Own;
    }
    error
}
