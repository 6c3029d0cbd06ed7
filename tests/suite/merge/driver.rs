//! git's driver in real repositories, and jj's command line.

use std::process::Output;

use crate::common::{Ran, TestEnv, require};

struct Repository {
    env: TestEnv,
}

impl Repository {
    /// A repository with the driver, and these files on the branch `main`.
    fn new(files: &[(&str, &str)]) -> Option<Repository> {
        if !require("git") {
            return None;
        }
        let repository = Repository { env: TestEnv::new() };
        repository.git("init -q -b main");
        repository.git("config user.name agent");
        repository.git("config user.email agent@example.invalid");
        let printed = repository.env.run(["merge-driver", "install"]).ok();
        repository.env.write(".gitattributes", printed.stdout);
        for (name, text) in files {
            repository.env.write(name, text);
        }
        repository.commit("start");
        Some(repository)
    }

    fn try_git(&self, words: &str) -> Ran {
        let output: Output = self.env.command("git").args(words.split(' ')).output().unwrap();
        Ran::of(output)
    }

    #[track_caller]
    fn git(&self, words: &str) {
        self.try_git(words).ok();
    }

    #[track_caller]
    fn commit(&self, message: &str) {
        self.git("add -A");
        self.git(&format!("commit -q -m {message}"));
    }

    /// Another branch from here, on which a file has this content.
    fn branch(&self, name: &str, file: &str, text: &str) {
        self.git(&format!("checkout -q -b {name}"));
        self.env.write(file, text);
        self.commit(name);
        self.git("checkout -q main");
    }
}

const FILES: [(&str, &str); 4] = [
    ("s.json", "{\n  \"n\": 1.50,\n  \"s\": [\n    {\"id\": 1}\n  ]\n}\n"),
    ("c.jsonc", "{\n  // ours\n  \"a\": 1,\n  \"b\": 1 // b\n}\n"),
    ("l.jsonl", "{\"id\": 1}\n"),
    ("t.toml", "# top\na = 1\nb = 1_0\n"),
];

const OURS: [(&str, &str); 4] = [
    (
        "s.json",
        "{\n  \"n\": 1.50,\n  \"s\": [\n    {\"id\": 1},\n    {\"id\": 2, \"date\": \"2026-01-02\"}\n  ]\n}\n",
    ),
    ("c.jsonc", "{\n  // ours\n  \"a\": 2,\n  \"b\": 1 // b\n}\n"),
    ("l.jsonl", "{\"id\": 1}\n{\"id\": 2}\n"),
    ("t.toml", "# top\na = 2 # two\nb = 1_0\n"),
];

const THEIRS: [(&str, &str); 4] = [
    (
        "s.json",
        "{\n  \"n\": 1.50,\n  \"s\": [\n    {\"id\": 1},\n    {\"id\": 3, \"date\": \"2026-01-01\"}\n  ]\n}\n",
    ),
    ("c.jsonc", "{\n  // ours\n  \"a\": 1,\n  \"b\": 2 // b\n}\n"),
    ("l.jsonl", "{\"id\": 1}\n{\"id\": 3}\n"),
    ("t.toml", "# top\na = 1\nb = 1_1\n"),
];

/// What both sides come to; lines in the order of who is ours.
const MERGED: [(&str, &str); 3] = [
    (
        "s.json",
        "{\n  \"n\": 1.50,\n  \"s\": [\n    {\"id\": 1},\n    {\"id\": 3, \"date\": \"2026-01-01\"},\n    {\"id\": 2, \"date\": \"2026-01-02\"}\n  ]\n}\n",
    ),
    ("c.jsonc", "{\n  // ours\n  \"a\": 2,\n  \"b\": 2 // b\n}\n"),
    ("t.toml", "# top\na = 2 # two\nb = 1_1\n"),
];

impl Repository {
    #[track_caller]
    fn is_merged(&self, what: &str) {
        for (name, text) in MERGED {
            assert_eq!(self.env.read(name), text, "{what}: {name}");
        }
        let lines = self.env.read("l.jsonl");
        let mut lines: Vec<&str> = lines.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["{\"id\": 1}", "{\"id\": 2}", "{\"id\": 3}"], "{what}");
        assert_eq!(self.try_git("diff --name-only --diff-filter=U").ok().stdout, "", "{what}");
    }
}

#[test]
fn git_merges_what_can_be_merged() {
    for how in ["merge -q --no-edit theirs", "rebase -q theirs", "cherry-pick theirs", "stash pop -q"] {
        let Some(repository) = Repository::new(&FILES) else { return };
        let write = |files: [(&str, &str); 4]| {
            files.iter().for_each(|(name, text)| drop(repository.env.write(name, text)));
        };
        if how.starts_with("stash") {
            write(THEIRS);
            repository.git("stash -q");
        } else {
            repository.git("checkout -q -b theirs");
            write(THEIRS);
            repository.commit("theirs");
            repository.git("checkout -q main");
        }
        write(OURS);
        repository.commit("ours");
        repository.git(how);
        repository.is_merged(how);
    }
}

#[test]
fn a_real_conflict_stops_git_and_is_in_the_list() {
    for (file, base, ours, theirs) in [
        (
            "s.json",
            "{\"a\": 1, \"b\": 1.0}\n",
            "{\"a\": 2, \"b\": 1.0}\n",
            "{\"a\": 3, \"b\": 1.0, \"c\": 1}\n",
        ),
        ("s.jsonc", "{\"a\": 1 /* x */}\n", "{\"a\": 2 /* x */}\n", "{\"a\": 3 /* x */}\n"),
        ("s.toml", "a = 1\n", "a = 2\n", "a = 3\n"),
        ("s.jsonl", "{\"id\": 1, \"a\": 1}\n", "{\"id\": 1, \"a\": 2}\n", "{\"id\": 1, \"a\": 3}\n"),
    ] {
        let Some(repository) = Repository::new(&[(file, base)]) else { return };
        repository.branch("theirs", file, theirs);
        repository.env.write(file, ours);
        repository.commit("ours");
        let ran = repository.try_git("merge -q --no-edit theirs").expect(1);
        assert!((ran.stdout + &ran.stderr).contains("CONFLICT"), "{file}");
        let list = repository.env.run(["conflicts", "list", file]).expect(1).stdout;
        assert!(list.contains("/a ") && list.contains(" 2 ") && list.trim_end().ends_with('3'), "{list}");
        repository.env.run(["conflicts", "resolve", file, "1", "--theirs"]).ok();
        if file == "s.json" {
            assert_eq!(repository.env.read(file), "{\"a\": 3, \"b\": 1.0, \"c\": 1}\n");
        }
        if file == "s.toml" {
            assert_eq!(repository.env.read(file), "a = 3\n");
        }
        repository.commit("merged");
    }
}

/// Added on both sides; deleted on one; no JSON at all; another file than ours.
#[test]
fn git_is_not_led_astray() {
    let Some(repository) = Repository::new(&[("a.json", "{}\n"), ("it's a file.json", "{\"a\": 1}\n")])
    else {
        return;
    };
    repository.git("checkout -q -b theirs");
    repository.env.write("new.json", "{\"s\": [{\"id\": 1}]}\n");
    repository.env.write("it's a file.json", "{\"a\": 1, \"b\": 2}\n");
    repository.commit("theirs");
    repository.git("checkout -q main");
    repository.env.write("new.json", "{\"s\": [{\"id\": 2}]}\n");
    repository.env.write("it's a file.json", "{\"a\": 3}\n");
    repository.commit("ours");
    repository.git("merge -q --no-edit theirs");
    assert_eq!(repository.env.json("new.json"), serde_json::json!({"s": [{"id": 2}, {"id": 1}]}));
    assert_eq!(repository.env.json("it's a file.json"), serde_json::json!({"a": 3, "b": 2}));
    // What is no document stops git, with ours in place and a word of why.
    repository.branch("broken", "a.json", "{\"a\": \n");
    repository.env.write("a.json", "{\"a\": 1}\n");
    repository.commit("valid");
    let ran = repository.try_git("merge -q --no-edit broken").expect(1);
    assert!(
        ran.stderr.contains("cannot merge a.json into a.json: their version is not valid"),
        "{}",
        ran.stderr
    );
    assert_eq!(repository.env.read("a.json"), "{\"a\": 1}\n");
}

#[test]
fn jj_calls_it_with_its_own_order_of_files() {
    let env = TestEnv::new();
    env.write("output_a.json", "");
    env.write("base_a.json", "{\"a\": 1, \"b\": 1}\n");
    env.write("left_a.json", "{\"a\": 2, \"b\": 1}\n");
    env.write("right_a.json", "{\"a\": 1, \"b\": 2}\n");
    let files = ["output_a.json", "base_a.json", "left_a.json", "right_a.json"];
    env.run([&["merge-driver", "--jj"], &files[..]].concat()).ok();
    assert_eq!(env.read("output_a.json"), "{\"a\": 2, \"b\": 2}\n");
    env.write("right_a.json", "{\"a\": 3, \"b\": 2}\n");
    env.run([&["merge-driver", "--jj"], &files[..]].concat()).expect(1);
    assert_eq!(env.json("output_a.json")["_conflicts"][0]["theirs"], 3);
    env.run(["merge-driver", "--jj", "one", "two", "three"]).expect(2);
    env.run(["merge-driver", "one"]).expect(2);
    // Outside of a repository there is nobody to tell.
    let ran = env.run(["merge-driver", "install"]).expect(65);
    assert!(ran.stderr.contains("hint: nothing was changed"), "{}", ran.stderr);
    env.run(["merge-driver", "install", "--global"]).ok();
    assert!(
        std::fs::read_to_string(env.home().join(".gitconfig")).unwrap().contains("merge-driver %O %A %B %P")
    );
}
