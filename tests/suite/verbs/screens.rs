//! What a person reads: whole sessions, each command with all that it says and its exit code.
//!
//! The screens are in `snapshots/`. After a change on purpose: `INSTA_UPDATE=always cargo test
//! screens`, and read the difference.

use std::fmt::Write;

use crate::common::{Ran, TestEnv, dead_pid, script_info};

/// A session at a terminal, written down as it goes.
pub(super) struct Session {
    pub(super) env: TestEnv,
    screen: String,
}

impl Session {
    pub(super) fn new() -> Session {
        Session { env: TestEnv::new(), screen: String::new() }
    }

    /// Runs a line of the shell, in which `aimem` is the binary.
    pub(super) fn run(&mut self, line: &str) -> &mut Session {
        let script = format!("aimem() {{ \"$AIMEM\" \"$@\"; }}; {line}");
        let ran = Ran::of(self.env.sh(&script).output().unwrap());
        writeln!(self.screen, "$ {line}").unwrap();
        self.screen.push_str(&ran.stdout);
        if !ran.stdout.is_empty() && !ran.stdout.ends_with('\n') {
            self.screen.push('\n');
        }
        for said in ran.stderr.lines() {
            writeln!(self.screen, "! {said}").unwrap();
        }
        if ran.code != 0 {
            writeln!(self.screen, "[exit {}]", ran.code).unwrap();
        }
        self
    }

    /// A line between the commands.
    #[cfg(all(feature = "mcp", feature = "outbox"))]
    pub(super) fn say(&mut self, text: &str) -> &mut Session {
        writeln!(self.screen, "\n{text}\n").unwrap();
        self
    }

    /// What differs from run to run is put in general terms, and the rest compared.
    #[track_caller]
    pub(super) fn is_as_in(&self, name: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let root = self.env.root().canonicalize().unwrap();
        settings.add_filter(&format!("(/private)?{}", root.display()), "ROOT");
        settings.add_filter(r"\b[0-9a-f]{64}:[0-9a-f]{32}\b", "ID");
        settings.add_filter(r"\b[0-9a-f]{64}\b", "HASH");
        settings.add_filter(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b", "ULID");
        settings.add_filter(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?", "TIME");
        settings.add_filter(r"\bpid \d+(, \d+)*", "pid N");
        settings.add_filter(r"\b(\d+m)?\d+(\.\d+)?(ms|s)\b", "DURATION");
        // A column is as wide as what stands in it.
        settings.add_filter(r"(\S) {2,}", "$1  ");
        settings.add_filter(r"[ \t]+\n", "\n");
        settings.bind(|| insta::assert_snapshot!(name, self.screen));
    }
}

#[test]
fn screens_of_update() {
    let mut session = Session::new();
    session
        .run("aimem update sessions.json '.sessions += [{\"id\": \"s1\"}]'")
        .run("aimem update sessions.json --create '.sessions += [{\"id\": \"s1\"}]'")
        .run("aimem update sessions.json '.sessions[0].id = \"s2\"' --dry-run")
        .run("aimem update sessions.json '.sessions[0].id = \"s2\"' --print")
        .run("aimem update sessions.json '.sessions[0] +'")
        .run("aimem update sessions.json '.sessions.id'")
        .run("aimem update sessions.json '.sessions[]?, 1'")
        .run("aimem update sessions.json 'empty | .'")
        .run("echo '{\"a\": 1, \"a\": 2}' >twice.json; aimem update twice.json '.b = 1'")
        .run("echo '{' >torn.json; aimem update torn.json .")
        .run("aimem update sessions.json --pipe -- sh -c 'cat; exit 3'")
        .run("aimem update sessions.json --pipe -- no-such-command")
        .run("aimem update sessions.json --max-time 50ms 'last(repeat(1))'")
        .run("aimem read sessions.json -c");
    session.is_as_in("update");
}

#[test]
fn screens_of_read_write_and_restore() {
    let mut session = Session::new();
    session
        .run("aimem read settings.json")
        .run("aimem read settings.json --default '{}'")
        .run("echo '{\"theme\":\"dark\"}' | aimem write settings.json")
        .run("aimem read settings.json")
        .run("aimem read settings.json .theme --raw")
        .run("echo 'dark' | aimem write settings.json")
        .run("aimem write settings.json --content ''")
        .run("aimem write settings.json --content '{}' --if-match none")
        .run("aimem write settings.json --content '{\"theme\":\"light\"}' --backup")
        .run("aimem restore settings.json --dry-run")
        .run("aimem restore settings.json")
        .run("aimem restore settings.json --from 7")
        .run("aimem restore notes.md --list")
        .run("aimem read .")
        .run("aimem read settings.json --etag");
    session.is_as_in("read_write_restore");
}

#[test]
fn screens_of_a_lock() {
    let mut session = Session::new();
    session
        .run("aimem lock status notes.md")
        .run("aimem lock with notes.md -- sh -c '\"$AIMEM\" lock status notes.md'")
        .run("aimem lock with notes.md -- sh -c 'unset AIMEM_LOCK_ID; \"$AIMEM\" lock with notes.md -n -- true'")
        .run("aimem lock acquire notes.md --ttl 1h --client me >id; aimem lock with notes.md -n -- true")
        .run("aimem lock acquire notes.md -n --ttl 1h")
        .run("aimem lock release nonsense")
        .run("aimem lock renew \"$(cat id)\" --ttl 2h && aimem lock release \"$(cat id)\"")
        .run("aimem lock release \"$(cat id)\"")
        .run("aimem lock break notes.md")
        .run("aimem lock with notes.md")
        .run("aimem lock with notes.md -- no-such-command");
    session.is_as_in("lock");
}

#[test]
fn screens_of_all_locks() {
    let mut session = Session::new();
    session.run("aimem locks show").run("aimem locks log").run("aimem locks cleanup");
    session.env.make_root();
    session.env.forge("dead.md", Some(script_info(dead_pid()).as_bytes()));
    session
        .run("aimem lock with notes.md -- sh -c '\"$AIMEM\" locks show | wc -l'")
        .run("aimem lock with dead.md -n -- sh -c 'echo $AIMEM_LOCK_RECLAIMED'")
        .run("aimem locks cleanup")
        .run("aimem locks check")
        .run("aimem locks shwo");
    session.is_as_in("locks");
}

#[cfg(feature = "outbox")]
#[test]
fn screens_of_the_outbox() {
    let mut session = Session::new();
    session
        .run("aimem queue list")
        .run("aimem queue add --project app 'remember this'")
        .run("aimem queue add --project app ''")
        .run("aimem queue list")
        .run("aimem queue work")
        .run("AIMEM_MEM0_URL=http://127.66.0.2:9 aimem queue work")
        .run("aimem queue cancel 01ARZ3NDEKTSV4RRFFQ69G5FAV")
        .run("aimem queue dead")
        .run("aimem queue retry --all");
    session.is_as_in("queue");
}
