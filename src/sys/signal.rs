//! Signals as events that a waiting loop can sleep on.
//!
//! Handlers only write a byte into a socket. The owner of [`Signals`] decides what a signal means:
//! no signal ends the process while it holds a lock.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, getrlimit};
use signal_hook::consts::signal::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::{Cause, Sent};

/// A signal that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// The signal's number.
    pub number: i32,
    /// A process sent it to us, rather than the terminal to the whole foreground group.
    pub sent_by_process: bool,
}

/// The signals that ask a program to end.
pub const ENDING: [i32; 4] = [SIGINT, SIGQUIT, SIGTERM, SIGHUP];

/// Those that a wrapper passes on besides.
pub const USER: [i32; 2] = [SIGUSR1, SIGUSR2];

/// A child of this process ended or stopped.
pub const CHILD: i32 = SIGCHLD;

/// Typed at the terminal, so the whole foreground group gets them.
pub const TERMINAL: [i32; 2] = [SIGINT, SIGQUIT];

/// To ask a process to end, and to end it; to stop a process, and to let it go on.
pub use signal_hook::consts::signal::{SIGCONT as CONT, SIGKILL as KILL, SIGSTOP as STOP, SIGTERM as TERM};

/// From now on a write beyond the file size limit (`ulimit -f`) is an error like that of a full
/// disk, instead of ending the process with its locks and temporary files in place.
///
/// # Errors
/// No memory is left.
pub fn survive_file_limit() -> io::Result<()> {
    // Finding out which signals are ignored is expensive on some systems, and most processes have
    // no limit.
    let is_limited = getrlimit(Resource::Fsize).current.is_some();
    if is_limited && !is_in(super::process::ignored_signals(), SIGXFSZ) {
        // A handler rather than "ignore", which a command that we start would inherit.
        signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    }
    Ok(())
}

fn is_in(mask: u64, number: i32) -> bool {
    mask & (1u64 << (number - 1)) != 0
}

const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Some systems can't count longer, and would answer at once.
fn timespec(limit: Duration) -> Timespec {
    let limit = limit.min(LONGEST_SLEEP);
    Timespec {
        tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: limit.subsec_nanos().into(),
    }
}

/// Sleeps for this long, or until there is something to read from `bell`.
pub fn sleep_or(limit: Duration, bell: BorrowedFd<'_>) {
    let _ = poll(&mut [PollFd::from_borrowed_fd(bell, PollFlags::IN)], Some(&timespec(limit)));
}

/// Installed handlers and their queue.
pub struct Signals {
    delivery: SignalDelivery<UnixStream, WithOrigin>,
}

impl Signals {
    /// Installs handlers for `wanted`. Signals that this process was started with ignored stay
    /// ignored, so that `nohup` keeps its meaning for a command that we start.
    ///
    /// # Errors
    /// No descriptors or no memory are left.
    pub fn install(wanted: &[i32]) -> io::Result<Self> {
        let mask = super::process::ignored_signals();
        let is_ignored = |number: i32| is_in(mask, number);
        let (read, write) = UnixStream::pair()?;
        let wanted = wanted.iter().filter(|&&number| number == CHILD || !is_ignored(number));
        let delivery = SignalDelivery::with_pipe(read, write, WithOrigin::default(), wanted)?;
        Ok(Signals { delivery })
    }

    /// Sleeps until a signal arrives or the time is over, an hour at most, and returns what has
    /// arrived.
    pub fn wait(&mut self, limit: Option<Duration>) -> Vec<Received> {
        self.wait_or(limit, None)
    }

    /// The same, or until there is something to read from `bell`.
    pub fn wait_or(&mut self, limit: Option<Duration>, bell: Option<BorrowedFd<'_>>) -> Vec<Received> {
        let limit = limit.map(timespec);
        let signals = PollFd::new(self.delivery.get_read(), PollFlags::IN);
        let polled = match bell {
            Some(bell) => poll(&mut [signals, PollFd::from_borrowed_fd(bell, PollFlags::IN)], limit.as_ref()),
            None => poll(&mut [signals], limit.as_ref()),
        };
        match polled {
            Ok(0) => Vec::new(),
            // An error is EINTR: the handler has run, and the queue has the signal.
            _ => self.pending(),
        }
    }

    /// Sleeps until a signal arrives, or something can be read from `file`, its end too; and returns
    /// what has arrived.
    pub fn wait_for_input(&mut self, file: impl AsFd) -> Vec<Received> {
        let mut both = [
            PollFd::new(self.delivery.get_read(), PollFlags::IN),
            PollFd::from_borrowed_fd(file.as_fd(), PollFlags::IN),
        ];
        let _ = poll(&mut both, None);
        self.pending()
    }

    /// What has arrived, without sleeping.
    pub fn pending(&mut self) -> Vec<Received> {
        self.delivery
            .pending()
            .map(|origin| Received {
                number: origin.signal,
                sent_by_process: matches!(origin.cause, Cause::Sent(Sent::User | Sent::TKill | Sent::Queue)),
            })
            .collect()
    }
}
