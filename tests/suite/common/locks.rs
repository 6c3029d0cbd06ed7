//! Locks as tests see them: holders that live, holders that died, and locks made by hand.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::{Ran, TestEnv};

/// `aimem lock with FILE -- …`, or any other command, that says `in` when it is inside and
/// stays until it is told to go. It goes by itself when the test ends.
pub struct Holder {
    child: Option<Child>,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// The PID of what was started: aimem itself for `lock with`.
    pub pid: u32,
}

/// What a holder runs: it says where it is, and ends when its standard input does.
pub const STAY: &str = "echo in; exec cat >/dev/null";

impl Holder {
    /// Starts the command and waits until it says `in`.
    #[track_caller]
    pub fn start(command: &mut Command) -> Holder {
        let mut holder = Holder::launch(command);
        assert_eq!(holder.line(), "in", "{}", holder.last_words());
        holder
    }

    /// Starts the command and waits for nothing.
    pub fn launch(command: &mut Command) -> Holder {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Holder { stdin: child.stdin.take(), stdout, pid: child.id(), child: Some(child) }
    }

    /// The next line that it says; empty at the end.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Says a line on its standard input.
    pub fn say(&mut self, line: &str) {
        use std::io::Write;
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Ends its standard input: whoever reads it goes.
    pub fn let_go(&mut self) {
        self.stdin = None;
    }

    /// Sends a signal, by name, to what was started.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        signal(self.pid, name);
    }

    /// Ends its input and waits for its end.
    pub fn end(mut self) -> Ran {
        self.let_go();
        self.wait()
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Ran {
        let mut stdout = Vec::new();
        let mut child = self.child.take().unwrap();
        self.stdout.read_to_end(&mut stdout).unwrap();
        let mut output = {
            let mut stderr = Vec::new();
            if let Some(mut pipe) = child.stderr.take() {
                pipe.read_to_end(&mut stderr).unwrap();
            }
            std::process::Output { status: child.wait().unwrap(), stdout: Vec::new(), stderr }
        };
        output.stdout = stdout;
        Ran::of(output)
    }

    /// Kills it without a chance to clean up, and reaps it. What it started lives on.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    fn last_words(&mut self) -> String {
        let mut text = String::new();
        self.let_go();
        if let Some(mut pipe) = self.child.as_mut().and_then(|child| child.stderr.take()) {
            let _ = pipe.read_to_string(&mut text);
        }
        text
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.stdin = None;
        if let Some(mut child) = self.child.take() {
            // A stopped one would never see the end of its input.
            let _ = Command::new("kill").arg("-CONT").arg(child.id().to_string()).status();
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Sends a signal by name.
#[track_caller]
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().unwrap();
    assert!(sent.success(), "kill -{name} {pid}");
}

/// Whether there is such a process, a zombie not counted.
pub fn lives(pid: u32) -> bool {
    aimem::sys::process::look_up(pid).is_some_and(|process| !process.zombie)
}

/// The PID of a process that has ended and was reaped.
pub fn dead_pid() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

/// Whether a script's death can be told here. In most containers it can't.
pub fn require_dead_scripts() -> bool {
    let told = aimem::sys::process::sees_all() || aimem::sys::machine::host_name_is_ours_alone();
    told || super::skip("in this container a script's death cannot be told")
}

/// The time as scripts write it, `ago` seconds before now.
pub fn script_time(ago: i64) -> String {
    let now = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(ago);
    format!("{now:.0}")
}

/// What the old scripts write into an info file.
pub fn script_info(pid: u32) -> String {
    let host = aimem::sys::machine::host_name();
    format!("PID: {pid}\nACQUIRED: {}\nHOSTNAME: {host}\n", script_time(0))
}

impl TestEnv {
    /// Holds a lock by `lock with` until told to go.
    #[track_caller]
    pub fn hold(&self, file: &str) -> Holder {
        Holder::start(&mut self.aimem(["lock", "with", file, "--", "sh", "-c", STAY]))
    }

    /// The lock directory of a file, by the protocol's page and not by what aimem says.
    pub fn lock_dir(&self, file: impl AsRef<Path>) -> PathBuf {
        use sha2::{Digest, Sha256};
        use std::os::unix::ffi::OsStrExt;
        let folder = self.path("").canonicalize().unwrap();
        let digest = Sha256::digest(folder.join(file).as_os_str().as_bytes());
        self.locks().join(format!("{}.lock", hex::encode(digest)))
    }

    /// The guard of a file's lock.
    pub fn guard(&self, file: impl AsRef<Path>) -> PathBuf {
        let lock = self.lock_dir(file);
        self.locks().join(".guards").join(&lock.file_name().unwrap().to_str().unwrap()[..2])
    }

    /// Makes the lock root, if it is not there, as aimem would.
    pub fn make_root(&self) {
        self.run(["lock", "with", "root-maker", "--", "true"]).ok();
    }

    /// Makes a lock by hand, with this in its info, or without one.
    pub fn forge(&self, file: impl AsRef<Path>, info: Option<&[u8]>) -> PathBuf {
        let lock = self.lock_dir(file);
        fs::create_dir_all(&lock).unwrap();
        if let Some(info) = info {
            fs::write(lock.join("info"), info).unwrap();
        }
        lock
    }

    /// What `lock status --json` says of a file's lock.
    #[track_caller]
    pub fn status(&self, file: &str) -> serde_json::Value {
        let ran = self.run(["lock", "status", file, "--json"]);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
        let taken = report["verdict"] == "held" || report["verdict"] == "unknown";
        assert_eq!(ran.code, i32::from(taken), "{report}");
        report
    }

    /// The verdict alone.
    #[track_caller]
    pub fn verdict(&self, file: &str) -> String {
        self.status(file)["verdict"].as_str().unwrap().to_owned()
    }
}
