//! Not a test: a process that race tests start, which is this test binary again. It stays for
//! many rounds, so that a race of hundreds of rounds does not cost thousands of processes.
//!
//! It reads paths, one a line. For each it takes the lock on a thread of its own, proves with a
//! kernel lock that it is alone inside, and answers `@PATH ok`, or what went wrong.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use aimem::lock::wait::Silent;
use aimem::lock::{Keep, Locker, Patience, Roots};
use aimem::sys::file::{Flock, try_flock};

use crate::common::TestEnv;

const ROLE: &str = "AIMEM_TEST_ROLE";

#[test]
fn contender() {
    let Some(role) = std::env::var_os(ROLE) else { return };
    let mut keep = Vec::new();
    for path in std::io::stdin().lines() {
        let path = PathBuf::from(path.unwrap());
        if role == "victim" {
            keep.push(locker().acquire(&path, Keep::Running, &mut Silent).unwrap());
            answer(&path, "ok");
        } else {
            std::thread::spawn(move || answer(&path, &enter(&path)));
        }
    }
    // The victim is killed before it comes here.
    drop(keep);
}

fn locker() -> Locker {
    Locker {
        roots: Roots::new(None, Some(std::env::var_os("HOME").unwrap().into())),
        patience: Patience { limit: Duration::from_secs(60), ..Patience::default() },
        command: "contender".to_owned(),
        ..Locker::default()
    }
}

fn enter(path: &Path) -> String {
    let held = match locker().acquire(path, Keep::Running, &mut Silent) {
        Ok(held) => held,
        Err(error) => return format!("not taken: {error}"),
    };
    let detector = File::options().create(true).append(true).open(path).unwrap();
    let alone = try_flock(&detector, Flock::Exclusive).unwrap();
    // Not to synchronise: a stay inside that is long enough for another to be caught.
    std::thread::sleep(Duration::from_millis(1));
    drop(detector);
    match (alone, held.release()) {
        (false, _) => "overlap".to_owned(),
        (true, Err(error)) => format!("not released: {error}"),
        (true, Ok(())) => "ok".to_owned(),
    }
}

fn answer(path: &Path, text: &str) {
    let line = format!("\n@{} {text}\n", path.display());
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

/// A started contender.
pub struct Contender {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Contender {
    /// One that takes every lock that it is sent after, and releases it.
    pub fn new(env: &TestEnv) -> Contender {
        Contender::in_role(env, "contender")
    }

    /// One that keeps them until it is killed.
    pub fn victim(env: &TestEnv) -> Contender {
        Contender::in_role(env, "victim")
    }

    fn in_role(env: &TestEnv, role: &str) -> Contender {
        let mut command = env.command(std::env::current_exe().unwrap());
        command.args(["lock::contender::contender", "--exact", "--nocapture"]).env(ROLE, role);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Contender { child, stdin, stdout }
    }

    /// Sends it after some locks.
    pub fn send(&mut self, paths: &[PathBuf]) {
        let text: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
        self.stdin.write_all(text.as_bytes()).unwrap();
        self.stdin.flush().unwrap();
    }

    /// Its next answer: the path, and `ok` or what went wrong.
    pub fn answer(&mut self) -> (PathBuf, String) {
        let mut line = String::new();
        while !line.starts_with('@') {
            line.clear();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "a contender ended early");
        }
        let (path, text) = line.trim_end()[1..].split_once(' ').unwrap();
        (PathBuf::from(path), text.to_owned())
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
