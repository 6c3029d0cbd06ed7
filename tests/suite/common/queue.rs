//! An outbox of a test's own, and the old programs that used the files beside it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::http::Server;
use super::{Killed, Ran, TestEnv};

/// A hermetic environment with an outbox, and the address of a server for it.
pub struct Outbox {
    pub env: TestEnv,
    url: Option<String>,
}

impl Outbox {
    pub fn new() -> Outbox {
        Outbox { env: TestEnv::new(), url: None }
    }

    pub fn with(server: &Server) -> Outbox {
        Outbox { env: TestEnv::new(), url: Some(server.url()) }
    }

    pub fn use_server(&mut self, server: &Server) {
        self.url = Some(server.url());
    }

    /// The server's address, if there is one.
    pub fn server(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The folder of the old files.
    pub fn old(&self) -> PathBuf {
        self.env.home().join(".claude")
    }

    /// The outbox's own folder.
    pub fn folder(&self) -> PathBuf {
        self.old().join("mem0_queue.d")
    }

    /// `aimem queue …`, not started yet.
    pub fn queue<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.env.aimem(["queue"]);
        command.args(args);
        if let Some(url) = &self.url {
            command.env("AIMEM_MEM0_URL", url);
        }
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        Ran::of(self.queue(args).output().unwrap())
    }

    /// Saves one memory and returns its id.
    #[track_caller]
    pub fn add(&self, content: &str) -> String {
        self.run(["add", "-p", "web", content]).ok().stdout.trim_end().to_owned()
    }

    /// Saves that many memories and returns their ids.
    #[track_caller]
    pub fn add_many(&self, count: usize) -> Vec<String> {
        let lines: String = (0..count).map(|number| format!("memory {number}\n")).collect();
        let mut child = self.queue(["add", "-p", "web", "--lines"]).stdin(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || std::io::Write::write_all(&mut input, lines.as_bytes()));
        let ran = Ran::of(child.wait_with_output().unwrap()).ok();
        writer.join().unwrap().unwrap();
        ran.stdout.lines().map(str::to_owned).collect()
    }

    /// The ids of the entries in `new`, `done` or `dead`.
    pub fn ids(&self, place: &str) -> BTreeSet<String> {
        ids_in(&self.folder().join(place)).into_iter().collect()
    }

    /// The ids of the entries that some worker has claimed.
    pub fn in_flight(&self) -> Vec<String> {
        let folder = self.folder().join("inflight");
        let workers = TestEnv::names_in(&folder);
        workers.iter().flat_map(|worker| ids_in(&folder.join(worker))).collect()
    }

    /// The lines of the archive.
    pub fn archive(&self) -> Vec<Value> {
        let folder = self.folder().join("archive");
        let names = TestEnv::names_in(&folder);
        let texts: String = names.iter().map(|name| fs::read_to_string(folder.join(name)).unwrap()).collect();
        texts.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The ids of all deliveries, those in the archive included, sorted: twice is seen.
    pub fn delivered(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.ids("done").into_iter().collect();
        let archive = self.archive();
        let lines = archive.iter().filter(|line| line["archive_key"].as_str().unwrap().starts_with("done "));
        ids.extend(lines.map(|line| line["id"].as_str().unwrap().to_owned()));
        ids.sort();
        ids
    }

    /// `queue status --json`, whatever its level.
    pub fn status(&self) -> Value {
        serde_json::from_str(&self.run(["status", "--json"]).stdout).unwrap()
    }

    /// An entry, wherever it is.
    #[track_caller]
    pub fn show(&self, id: &str) -> Value {
        serde_json::from_str(&self.run(["show", id]).ok().stdout).unwrap()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.old().join("logs/mem0_worker.log")).unwrap_or_default()
    }

    /// A Python program that has the old lock, until it is dropped.
    pub fn old_lock_held(&self) -> Killed {
        fs::create_dir_all(self.old()).unwrap();
        let script = "import fcntl, sys\nf = open(sys.argv[1], 'w')\nfcntl.flock(f, fcntl.LOCK_EX)\n\
                      print('held', flush=True)\nsys.stdin.read()\n";
        let mut command = self.env.command("python3");
        command.args(["-c", script]).arg(self.old().join("mem0_queue.lock"));
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        wait_for_line(&mut child);
        Killed(child)
    }
}

/// Waits until a child has said something on its standard output.
pub fn wait_for_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    line
}

fn ids_in(folder: &Path) -> Vec<String> {
    let entries = TestEnv::names_in(folder).into_iter().filter(|name| name.ends_with(".json"));
    entries
        .filter_map(|name| fs::read(folder.join(name)).ok())
        .map(|bytes| {
            let entry: Value = serde_json::from_slice(&bytes).unwrap();
            entry["id"].as_str().unwrap().to_owned()
        })
        .collect()
}
