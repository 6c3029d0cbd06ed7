//! The hermetic environment that every test runs in.

#![allow(dead_code, reason = "not every subject needs every helper")]

pub mod disk;
#[path = "../../../crates/jq/tests/suite/common/fuzz.rs"]
mod fuzz;
pub mod http;
mod inside;
mod locks;
#[cfg(feature = "mcp")]
pub mod mcp;
mod nobody;
#[path = "../../../crates/jq/tests/suite/common/options.rs"]
mod options;
pub mod planted;
pub mod queue;
mod snapshot;
pub mod strace;
mod users;

pub use fuzz::fuzz;
pub use inside::Inside;
pub use locks::*;
pub use nobody::*;
pub use options::{long_tests, require, skip};
pub use snapshot::Snapshot;
pub use users::*;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long a test waits for something that must happen, before it calls it a failure. It is
/// no measurement: a machine under load may take most of it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A home, a lock root and a working folder of one test's own. Gone when it is dropped.
pub struct TestEnv {
    root: tempfile::TempDir,
}

/// Whoever starts the tests may have signals ignored, as `nohup` does, and what we start would
/// inherit that. A signal that is handled here is not ignored in a child.
fn ignore_no_signal() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let ignored = aimem::sys::process::ignored_signals();
        for signal in [1, 2, 3, 15].into_iter().filter(|signal| ignored & 1 << (signal - 1) != 0) {
            let noticed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
            signal_hook::flag::register(signal, noticed).unwrap();
        }
    });
}

impl TestEnv {
    pub fn new() -> TestEnv {
        TestEnv::in_folder(&std::env::temp_dir())
    }

    /// The same on another file system.
    pub fn in_folder(folder: &Path) -> TestEnv {
        ignore_no_signal();
        let root = tempfile::Builder::new().prefix("aimem-test-").tempdir_in(folder).unwrap();
        fs::create_dir(root.path().join("work")).unwrap();
        fs::create_dir(root.path().join("home")).unwrap();
        TestEnv { root }
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Where locks live in this test.
    pub fn locks(&self) -> PathBuf {
        self.home().join("aiconfig/.locks")
    }

    /// A path in the working folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: impl AsRef<Path>) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// A JSON document in the working folder; the test fails when it is none.
    #[track_caller]
    pub fn json(&self, name: impl AsRef<Path>) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// Any program in the hermetic environment, in the working folder.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("AIMEM", aimem_path())
            .current_dir(self.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// aimem itself.
    pub fn aimem<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.command(aimem_path());
        command.args(args);
        command
    }

    /// A shell script, in which `$AIMEM` is the binary.
    pub fn sh(&self, script: &str) -> Command {
        let mut command = self.command("sh");
        command.arg("-c").arg(script);
        command
    }

    /// Runs aimem to its end.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        Ran::of(self.aimem(args).output().unwrap())
    }

    /// Runs aimem to its end, for a test of a single fact.
    pub fn assert<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> assert_cmd::assert::Assert {
        assert_cmd::Command::from_std(self.aimem(args)).assert()
    }

    /// Runs aimem with this on standard input.
    pub fn run_with_input<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>, input: &[u8]) -> Ran {
        use std::io::Write;
        let mut child = self.aimem(args).stdin(Stdio::piped()).spawn().unwrap();
        // A command that fails early does not read on.
        let _ = child.stdin.take().unwrap().write_all(input);
        Ran::of(child.wait_with_output().unwrap())
    }

    /// The names in a folder, sorted; empty when it does not exist.
    pub fn names_in(folder: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// What is in the lock root apart from guards and the like: locks and leftovers.
    pub fn lock_names(&self) -> Vec<String> {
        let quiet = [".gitignore", ".guards", ".history", ".history-warned", "journal.jsonl", ".waiting"];
        let mut names = TestEnv::names_in(&self.locks());
        names.retain(|name| !quiet.contains(&name.as_str()));
        // A wait that is over leaves nothing.
        names.extend(TestEnv::names_in(&self.locks().join(".waiting")));
        names
    }
}

/// What goes before an offset and a command to run it under another wall clock. faketime names
/// its shared memory by its PID and never removes that of a killed process, so it would fail as
/// soon as a PID comes round again.
pub const FAKETIME: [&str; 4] = [
    "sh",
    "-c",
    "rm -f /dev/shm/faketime_shm_$$ /dev/shm/sem.faketime_sem_$$; exec faketime -f \"$@\"",
    "sh",
];

/// The binary under test.
pub fn aimem_path() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_aimem"))
}

impl TestEnv {
    /// The working folder, and all that is in it, as another user's, with a copy of the binary
    /// that this user may reach. Commands from [`TestEnv::as_user`] run as that user.
    pub fn give_to(&self, user: u32) {
        let binary = self.root().join("aimem");
        // Not copied by this process: a child of another test could inherit the open file, and
        // then it can't be executed.
        assert!(Command::new("cp").arg(aimem_path()).arg(&binary).status().unwrap().success());
        for path in walk(self.root()) {
            std::os::unix::fs::lchown(path, Some(user), Some(user)).unwrap();
        }
    }

    /// aimem as another user, in no other group than the one of the same number.
    pub fn as_user<S: AsRef<OsStr>>(&self, user: u32, args: impl IntoIterator<Item = S>) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command = self.command(self.root().join("aimem"));
        command.args(args).uid(user).gid(user);
        command
    }
}

/// A path and everything below it.
pub fn walk(path: &Path) -> Vec<PathBuf> {
    let mut paths = vec![path.to_owned()];
    if path.is_dir() && !path.is_symlink() {
        paths.extend(fs::read_dir(path).unwrap().flat_map(|entry| walk(&entry.unwrap().path())));
    }
    paths
}

/// Something mounted for one test.
pub struct Mounted(PathBuf);

impl Mounted {
    /// An empty file system in memory, in a folder that is there.
    pub fn tmpfs(at: &Path, size: &str) -> Option<Mounted> {
        Mounted::run(
            at,
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(at),
        )
    }

    /// A second place for a file that is there.
    pub fn bind(what: &Path, at: &Path) -> Option<Mounted> {
        Mounted::run(at, Command::new("mount").arg("--bind").arg(what).arg(at))
    }

    /// A new file system of a kind in a file. `None`, without a word, where this system does not
    /// know the kind.
    pub fn image(image: &Path, kind: &str, options: &[&str], at: &Path) -> Option<Mounted> {
        if rustix_euid() != 0 {
            return None;
        }
        let mkfs = ["/usr/sbin", "/sbin"].map(|folder| Path::new(folder).join(format!("mkfs.{kind}")));
        let made = Command::new(mkfs.iter().find(|mkfs| mkfs.exists())?).args(options).arg(image).output();
        let mut mount = match kind {
            "ntfs" => Command::new("lowntfs-3g"),
            _ => Command::new("mount"),
        };
        match kind {
            "ntfs" => mount.args(["-o", "ignore_case"]),
            _ => mount.args(["-o", "loop", "-t", kind]),
        };
        mount.arg(image).arg(at);
        // Tests beside this one ask for a loop device at the same moment, and one of them loses.
        let mut mounts = || (0..10).any(|_| mount.output().is_ok_and(|output| output.status.success()));
        let mounted = made.is_ok_and(|made| made.status.success()) && mounts();
        mounted.then(|| Mounted(at.to_owned()))
    }

    pub fn run(at: &Path, mount: &mut Command) -> Option<Mounted> {
        if !require("mount") || !require_root() {
            return None;
        }
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        (mounted || skip("nothing can be mounted here")).then(|| Mounted(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// How a command ended, in text.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; 128 + N when a signal ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: Output) -> Ran {
        use std::os::unix::process::ExitStatusExt;
        Ran {
            code: output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0)),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test, with all that was said, unless the code is this one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn ok(self) -> Ran {
        self.expect(0)
    }
}

/// Waits until something is so; the test fails when it does not become so.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A child that is killed when the test ends, however it ends.
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether this test runs as root, with the same consequences.
pub fn require_root() -> bool {
    rustix_euid() == 0 || skip("it needs root")
}

fn rustix_euid() -> u32 {
    aimem::sys::process::effective_user()
}

/// A file system of its own that is soon full; unmounted when dropped.
pub struct Disk(tempfile::TempDir);

impl Disk {
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Mounts a `tmpfs` of this size. `None` where we may not.
pub fn small_disk(size: &str) -> Option<Disk> {
    if !require_root() || !require("mount") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path());
    if mount.output().unwrap().status.success() {
        return Some(Disk(folder));
    }
    skip("a tmpfs cannot be mounted here");
    None
}
