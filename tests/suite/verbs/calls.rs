//! How often the everyday verbs ask the kernel for something: counted, so that no change makes one
//! slower without anybody noticing. `tests/data/calls.txt` has the counts.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use crate::common::strace::{Call, record_all};
use crate::common::{TestEnv, require};

/// Asked for by the C library and the allocator, or a matter of who runs the test and how quickly.
const NOT_OURS: &[&str] = &[
    "mmap",
    "munmap",
    "mprotect",
    "mremap",
    "madvise",
    "brk",
    "futex",
    "getrandom",
    "geteuid",
    "prctl",
    "ppoll",
];

/// `.root"`, as strace shows it.
const ROOT_MARK: &str = "\\x2e\\x72\\x6f\\x6f\\x74\"";

/// One name for calls that C libraries use for the same thing.
fn kind(call: &Call) -> &str {
    match call.name.as_str() {
        "stat" | "lstat" | "fstat" | "newfstatat" | "statx" => "stat",
        "open" | "openat" | "openat2" => "open",
        "pread64" => "read",
        name => name,
    }
}

/// What a command line asks for, from its first step of its own on.
fn counts(env: &TestEnv, args: &[&str]) -> BTreeMap<String, usize> {
    let (ran, calls) = record_all(env, args);
    ran.ok();
    let begin = calls.iter().position(|call| call.name == "prlimit64" && call.args[1] == "RLIMIT_FSIZE");
    let mut counts = BTreeMap::new();
    for call in calls.iter().skip(begin.unwrap_or(0)) {
        // One look for each folder above the file, and how deep the test's are is not ours to say.
        let is_search = call.args.iter().any(|arg| arg.ends_with(ROOT_MARK));
        if !is_search && !NOT_OURS.contains(&call.name.as_str()) {
            *counts.entry(kind(call).to_owned()).or_default() += 1;
        }
    }
    counts
}

/// `AIMEM_RECORD_CALLS=1` writes the file anew.
#[test]
fn no_everyday_verb_asks_the_kernel_more_often_than_before() {
    if !require("strace") {
        return;
    }
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/calls.txt");
    let verbs: &[&[&str]] = &[
        &["--version"],
        &["lock", "with", "doc.json", "--", "/bin/true"],
        &["read", "doc.json"],
        &["update", "doc.json", ".n += 1"],
        &["update", "--no-sync", "doc.json", ".n += 1"],
        &["write", "doc.json", "--content", "{}"],
        &["queue", "add", "--project", "app", "remember this"],
    ];
    let env = TestEnv::new();
    let mut text = String::from("# System calls from the first one of our own to the end, by kind.\n");
    for args in verbs {
        env.write("doc.json", "{\"n\": 1}\n");
        // The first one makes the folders.
        env.run(args.iter()).ok();
        // Now and then a writer prunes what is kept of old versions, by chance: the least counts.
        let runs = (0..4).map(|_| {
            env.write("doc.json", "{\"n\": 1}\n");
            counts(&env, args)
        });
        let counts = runs.min_by_key(|counts| counts.values().sum::<usize>()).unwrap();
        let total: usize = counts.values().sum();
        writeln!(text, "\n[{}] {total}", args.join(" ")).unwrap();
        counts.iter().for_each(|(name, count)| writeln!(text, "{name} {count}").unwrap());
    }
    if std::env::var_os("AIMEM_RECORD_CALLS").is_some() {
        std::fs::write(file, text).unwrap();
        return;
    }
    let recorded = parse(&std::fs::read_to_string(file).unwrap());
    let now = parse(&text);
    let mut grown = String::new();
    for (verb, name, count) in &now {
        let before = recorded.iter().find(|line| (&line.0, &line.1) == (verb, name)).map_or(0, |line| line.2);
        if *count > before {
            writeln!(grown, "{verb}: {name} {before} -> {count}").unwrap();
        }
    }
    assert!(grown.is_empty(), "system calls that are new:\n{grown}");
    assert_eq!(now.iter().filter(|line| line.1 == "total").count(), verbs.len());
}

/// Verb, name and count; the total is a name too.
fn parse(text: &str) -> Vec<(String, String, usize)> {
    let mut verb = String::new();
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, count) = line.rsplit_once(' ').unwrap();
        let name = if let Some(name) = name.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut verb);
            "total"
        } else {
            name
        };
        lines.push((verb.clone(), name.to_owned(), count.parse().unwrap()));
    }
    lines
}
