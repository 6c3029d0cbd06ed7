//! Reading what a program asks of the kernel, and making the kernel answer otherwise.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use super::{Killed, Ran, TestEnv, aimem_path, eventually};

/// One system call of the program's first thread.
#[derive(Debug, Clone)]
pub struct Call {
    pub name: String,
    /// Names in an open folder are given as paths.
    pub args: Vec<String>,
    /// What its first argument is the descriptor of, if that was opened by a path.
    pub on: Option<PathBuf>,
    /// What it returned; -1 for an error, and for a call that never returned.
    pub result: i64,
    /// How many calls of this name came up to this one: strace's `when=`, which counts each name
    /// on its own even after `inject=all`.
    pub nth: usize,
}

impl Call {
    fn parse(line: &str) -> Option<Call> {
        let (name, rest) = line.split_once('(')?;
        let (args, result) = rest.rsplit_once(" = ")?;
        let args = args.trim_end().strip_suffix(')')?;
        let result = result.split_whitespace().next()?;
        let result = match result.strip_prefix("0x") {
            Some(digits) => i64::from_str_radix(digits, 16).unwrap_or(-1),
            None => result.parse().unwrap_or(-1),
        };
        Some(Call { name: name.to_owned(), args: split(args), on: None, result, nth: 0 })
    }

    /// An argument that is a text: a path, or what is written.
    pub fn bytes(&self, index: usize) -> Vec<u8> {
        let text = self.args.get(index).map_or("", String::as_str).trim_matches('"');
        let digits: Vec<u8> =
            text.split("\\x").skip(1).map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        digits
    }

    pub fn path(&self, index: usize) -> PathBuf {
        PathBuf::from(OsStr::from_bytes(&self.bytes(index)))
    }

    /// An argument that is a descriptor.
    pub fn fd(&self, index: usize) -> i64 {
        self.args.get(index).and_then(|text| text.parse().ok()).unwrap_or(-1)
    }

    /// What a rename or a link goes from and to, whichever of the calls it is.
    pub fn old_and_new_name(&self) -> Option<(PathBuf, PathBuf)> {
        match self.name.as_str() {
            "rename" | "link" => Some((self.path(0), self.path(1))),
            "renameat" | "renameat2" | "linkat" => Some((self.path(1), self.path(3))),
            _ => None,
        }
    }

    /// Whether two files exchange their names.
    pub fn is_exchange(&self) -> bool {
        self.name == "renameat2" && self.args.iter().any(|flags| flags.contains("RENAME_EXCHANGE"))
    }

    pub fn is_rename(&self) -> bool {
        self.name.starts_with("rename")
    }

    pub fn creates(&self) -> bool {
        self.name == "openat" && self.args.get(2).is_some_and(|flags| flags.contains("O_CREAT"))
    }

    /// Whether anything outside the process is different after this call. A process that is
    /// killed before the next such call has left the same behind as one killed right after it.
    pub fn changes_the_world(&self) -> bool {
        const CHANGING: [&str; 22] = [
            "write",
            "pwrite64",
            "writev",
            "ftruncate",
            "truncate",
            "fallocate",
            "fsync",
            "fdatasync",
            "rename",
            "renameat",
            "renameat2",
            "link",
            "linkat",
            "unlink",
            "unlinkat",
            "rmdir",
            "mkdir",
            "mkdirat",
            "fchmod",
            "fchown",
            "fsetxattr",
            "fremovexattr",
        ];
        CHANGING.contains(&self.name.as_str()) || self.creates() || self.name == "utimensat"
    }
}

/// Cuts arguments at their commas, not at those in quotes or brackets.
fn split(args: &str) -> Vec<String> {
    let (mut parts, mut part, mut depth, mut quoted) = (Vec::new(), String::new(), 0, false);
    for letter in args.chars() {
        match letter {
            '"' => quoted = !quoted,
            '{' | '[' | '(' if !quoted => depth += 1,
            '}' | ']' | ')' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        if !(part.is_empty() && letter == ' ') {
            part.push(letter);
        }
    }
    parts.push(part);
    parts
}

/// A command under strace, with the options given.
pub fn traced<S: AsRef<OsStr>>(
    env: &TestEnv,
    options: &[&str],
    args: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = env.command("strace");
    command.args(["-f", "-qq"]).args(options).arg(aimem_path()).args(args);
    command
}

/// Runs aimem and returns what its first thread asked of the kernel, from its first own call on:
/// the one that looks for the lock root, or for the file.
pub fn record<S: AsRef<OsStr>>(env: &TestEnv, args: impl IntoIterator<Item = S>) -> (Ran, Vec<Call>) {
    let (ran, mut calls) = record_all(env, args);
    let ours =
        |call: &Call| call.name != "readlink" && (0..2).any(|index| call.path(index).starts_with(env.root()));
    let start = calls.iter().skip(1).position(ours).map_or(0, |at| at + 1);
    (ran, calls.split_off(start))
}

/// The same from `execve` on.
pub fn record_all<S: AsRef<OsStr>>(env: &TestEnv, args: impl IntoIterator<Item = S>) -> (Ran, Vec<Call>) {
    record_from(env, args, Stdio::null())
}

/// The same with something on standard input.
pub fn record_from<S: AsRef<OsStr>>(
    env: &TestEnv,
    args: impl IntoIterator<Item = S>,
    input: impl Into<Stdio>,
) -> (Ran, Vec<Call>) {
    let folder = env.root().join("trace");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    let mut command = env.command("strace");
    command.args(["-ff", "-qq", "-xx", "-s", "1000000", "-o"]).arg(folder.join("t"));
    let ran = Ran::of(command.arg(aimem_path()).args(args).stdin(input).output().unwrap());
    let mut texts =
        fs::read_dir(&folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let text = texts.find(|text| text.starts_with("execve(")).expect("the trace of the first thread");
    let mut calls: Vec<Call> = text.lines().filter_map(Call::parse).collect();
    resolve(&mut calls);
    for index in 0..calls.len() {
        calls[index].nth = calls[..=index].iter().filter(|call| call.name == calls[index].name).count();
    }
    (ran, calls)
}

/// Makes paths of the names that calls are given together with an open folder.
fn resolve(calls: &mut [Call]) {
    let mut open: HashMap<i64, PathBuf> = HashMap::new();
    for call in calls {
        call.on = open.get(&call.fd(0)).cloned();
        for index in 1..call.args.len() {
            let is_text = call.args[index].starts_with('"') && call.args[index].ends_with('"');
            if !is_text || call.name == "write" || call.name.starts_with("pwrite") {
                continue;
            }
            let (name, folder) = (call.path(index), open.get(&call.fd(index - 1)));
            if let Some(folder) = folder.filter(|_| name.is_relative() && !name.as_os_str().is_empty()) {
                let path = if name.as_os_str() == "." { folder.clone() } else { folder.join(name) };
                let digits = path.as_os_str().as_bytes().iter().map(|byte| format!("\\x{byte:02x}"));
                call.args[index] = format!("\"{}\"", digits.collect::<String>());
            }
        }
        match call.name.as_str() {
            "openat" | "openat2" if call.result >= 0 => drop(open.insert(call.result, call.path(1))),
            "close" => drop(open.remove(&call.fd(0))),
            _ => {}
        }
    }
}

/// The first call of which something holds, in a run of its own: its name, and how many calls of
/// that name come up to it, which is what [`Stopped::behind`] and strace's `when=` want.
#[track_caller]
pub fn place_of<S: AsRef<OsStr>>(
    env: &TestEnv,
    args: impl IntoIterator<Item = S>,
    is_it: impl Fn(&Call) -> bool,
) -> (String, usize) {
    let (ran, calls) = record_all(env, args);
    let call = calls.iter().find(|call| is_it(call));
    let call = call.unwrap_or_else(|| panic!("no such call: {}", ran.stderr));
    (call.name.clone(), call.nth)
}

/// A run of aimem that has stopped itself right behind one of its calls.
pub struct Stopped {
    child: Killed,
    pid: String,
    trace: PathBuf,
    stops: usize,
}

impl Stopped {
    /// Runs aimem until the `nth` call of `name` has returned.
    pub fn behind<S: AsRef<OsStr>>(
        env: &TestEnv,
        (name, nth): (&str, usize),
        args: impl IntoIterator<Item = S>,
        input: Stdio,
    ) -> Stopped {
        Stopped::behind_and_then(env, (name, nth), None, args, input)
    }

    /// The same, and later something happens to another of its calls: `renameat2:error=EIO:when=3`.
    pub fn behind_and_then<S: AsRef<OsStr>>(
        env: &TestEnv,
        (name, nth): (&str, usize),
        later: Option<&str>,
        args: impl IntoIterator<Item = S>,
        input: Stdio,
    ) -> Stopped {
        let trace = env.root().join("stopped");
        let also = later.and_then(|later| later.split(':').next()).unwrap_or(name);
        let mut options = vec!["-e".to_owned(), format!("trace={name},{also}")];
        options.extend(["-e".to_owned(), format!("inject={name}:signal=STOP:when={nth}")]);
        options.extend(later.iter().flat_map(|later| ["-e".to_owned(), format!("inject={later}")]));
        options.extend(["-o".to_owned(), trace.to_str().unwrap().to_owned()]);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let child = Killed(traced(env, &options, args).stdin(input).spawn().unwrap());
        Stopped { child, pid: String::new(), trace, stops: 0 }.wait()
    }

    fn wait(mut self) -> Stopped {
        eventually("the process stops itself", || {
            let text = fs::read_to_string(&self.trace).unwrap_or_default();
            let line = text.lines().filter(|line| line.contains("--- stopped by SIGSTOP")).nth(self.stops);
            self.pid = line.and_then(|line| line.split(' ').next()).unwrap_or_default().to_owned();
            line.is_some()
        });
        self.stops += 1;
        self
    }

    /// Lets it go on until it stops again.
    pub fn go_on_to_the_next_stop(self) -> Stopped {
        assert!(Command::new("kill").args(["-CONT", &self.pid]).status().unwrap().success());
        self.wait()
    }

    /// Lets it go on to its end. Returns how it ended, and the calls it was traced for.
    pub fn go_on(mut self) -> (Ran, String) {
        assert!(Command::new("kill").args(["-CONT", &self.pid]).status().unwrap().success());
        let mut status = None;
        eventually("the stopped process goes on and ends", || {
            status = self.child.0.try_wait().unwrap();
            status.is_some()
        });
        let mut output = Output { status: status.unwrap(), stdout: Vec::new(), stderr: Vec::new() };
        self.child.0.stdout.take().unwrap().read_to_end(&mut output.stdout).unwrap();
        self.child.0.stderr.take().unwrap().read_to_end(&mut output.stderr).unwrap();
        (Ran::of(output), fs::read_to_string(&self.trace).unwrap())
    }
}

/// Does `work` for every item, four at a time.
pub fn in_parallel<T: Send>(items: Vec<T>, work: impl Fn(T) + Sync) {
    let items = Mutex::new(items.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let next = items.lock().unwrap().next();
                    match next {
                        Some(item) => work(item),
                        None => break,
                    }
                }
            });
        }
    });
}

/// Whether the complete form of a long test was asked for.
pub fn long() -> bool {
    std::env::var_os("AIMEM_LONG_TESTS").is_some_and(|value| value == "1")
}
