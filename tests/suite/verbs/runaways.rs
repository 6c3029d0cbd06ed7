//! `aimem update` with filters that run away: each ends with a word, and leaves the file, the folder
//! and the lock as they were.

use crate::common::{Killed, Ran, Snapshot, TestEnv, aimem_path, eventually, require, signal};
use std::io::{BufRead, BufReader, Read};

const DOCUMENT: &str = "{\"n\": 1, \"list\": [1, 2, 3]}\n";

const OUT_OF_TIME: &str = "the filter did not finish within 200ms";

struct Scene {
    env: TestEnv,
    before: Snapshot,
}

impl Scene {
    fn new() -> Scene {
        let env = TestEnv::new();
        env.write("f.json", DOCUMENT);
        let before = Snapshot::of(&env.path(""));
        Scene { env, before }
    }

    /// Nothing has changed, names and inodes included, and no lock is left.
    #[track_caller]
    fn is_as_it_was(&self, filter: &str) {
        assert_eq!(self.env.lock_names(), [""; 0], "{filter}");
        self.is_whole_and_free(filter);
    }

    /// The folder is as it was, and the next one does not wait.
    #[track_caller]
    fn is_whole_and_free(&self, filter: &str) {
        assert_eq!(Snapshot::of(&self.env.path("")), self.before, "{filter}");
        let next = self.env.run(["update", "f.json", ".n += 1", "--timeout", "0", "--dry-run"]).ok();
        assert!(next.stdout.contains("\"n\": 2"), "{filter}: {}", next.stdout);
        assert_eq!(self.env.lock_names(), [""; 0], "{filter}");
    }
}

#[test]
fn each_ends_with_65_and_says_why() {
    let scene = Scene::new();
    for (filter, why) in [
        ("def f: f; f", OUT_OF_TIME),
        ("[range(1e12)]", OUT_OF_TIME),
        ("reduce range(1e9) as $x (0; . + $x)", OUT_OF_TIME),
        ("until(false; .)", OUT_OF_TIME),
        ("[recurse([., .])]", OUT_OF_TIME),
        ("[.list | until(false; . + [1])]", OUT_OF_TIME),
        ("[limit(1e12; repeat(\"abc\"))]", OUT_OF_TIME),
        ("def f: f, f; [f]", OUT_OF_TIME),
        ("\"a\" * 1e9", "Repeat string result too long"),
        (".list[1e9] = 1", "Array index too large"),
    ] {
        let ran = scene.env.run(["update", "f.json", filter, "--max-time", "200ms"]).expect(65);
        assert!(ran.stderr.contains(why), "{filter}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{filter}");
        scene.is_as_it_was(filter);
    }
    // Here the stack is the limit, however long it takes to fill it.
    for filter in ["def f: [f]; f", "def f: 1 + f; f", "try (def f: {a: f}; f) catch 1"] {
        let ran = scene.env.run(["update", "f.json", filter, "--max-time", "60s"]).expect(65);
        assert!(ran.stderr.contains("the filter recurses too deeply"), "{filter}: {}", ran.stderr);
        scene.is_as_it_was(filter);
    }
}

#[test]
fn a_signal_ends_each_at_once() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        for filter in [
            "def f: f; f",
            "until(false; .)",
            "reduce range(1e12) as $x (0; . + $x)",
            "[recurse([., .])]",
            "def f: f, f; [f]",
        ] {
            let scene = Scene::new();
            let filter = format!("(\"running\\n\" | stderr) as $said | {filter}");
            let mut child = Killed(scene.env.aimem(["update", "f.json", &filter]).spawn().unwrap());
            let mut stderr = BufReader::new(child.0.stderr.take().unwrap());
            let mut line = String::new();
            stderr.read_line(&mut line).unwrap();
            assert_eq!(line, "running\n", "{filter}");
            assert_eq!(scene.env.verdict("f.json"), "held", "{filter}");
            signal(child.0.id(), name);
            eventually("it ends by itself", || child.0.try_wait().unwrap().is_some());
            let mut rest = String::new();
            stderr.read_to_string(&mut rest).unwrap();
            assert_eq!(child.0.wait().unwrap().code(), Some(code), "{name} {filter}: {rest}");
            scene.is_as_it_was(&filter);
        }
    }
}

/// Memory is not bounded. Where the system bounds it, aimem dies, and that is all.
#[test]
fn what_is_out_of_memory_leaves_the_file_whole_and_the_lock_to_the_next() {
    if !require("prlimit") {
        return;
    }
    let scene = Scene::new();
    let mut command = scene.env.command("prlimit");
    command.args(["--as=1200000000", "--core=0"]).arg(aimem_path());
    let output = command.args(["update", "f.json", "[range(1e12)]", "--max-time", "60s"]).output().unwrap();
    let ran = Ran::of(output);
    assert!(ran.stderr.contains("memory allocation of"), "{}", ran.stderr);
    assert_ne!(ran.code, 0);
    scene.is_whole_and_free("[range(1e12)]");
}
