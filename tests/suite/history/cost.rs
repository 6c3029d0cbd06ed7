//! What keeping costs: calls, and room.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;

use super::{doc, env, update, versions};
use crate::common::strace::{Call, long, record_all};
use crate::common::{Ran, TestEnv, require};

/// What a debug build asks besides: whether a descriptor that is being closed is open.
fn counts(calls: &[Call]) -> usize {
    const NOT_OURS: [&str; 10] =
        ["mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "futex", "getrandom", "fcntl", "ppoll"];
    calls.iter().filter(|call| !NOT_OURS.contains(&call.name.as_str())).count()
}

#[test]
fn an_update_asks_the_kernel_eight_times_more_and_copies_nothing() {
    if !require("strace") {
        return;
    }
    let env = env();
    let large = format!("{{\"n\": 0, \"text\": \"{}\"}}\n", "x".repeat(1000));
    env.write("doc.json", large);
    update(&env, "c", 1);
    // Now and then a writer prunes, by chance: the least of some runs counts.
    let least = |config: Option<&str>| {
        let folder = env.home().join(".config/aimem");
        let runs = (0..4).map(|n| {
            let _ = fs::remove_dir_all(&folder);
            if let Some(text) = config {
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join("config.toml"), text).unwrap();
            }
            let (ran, calls) =
                record_all(&env, ["update", "doc.json", &format!(".n = {}", n + 10 * versions(&env).len())]);
            ran.ok();
            calls
        });
        runs.min_by_key(|calls| counts(calls)).unwrap()
    };
    let on = least(None);
    let named = |name: &str| {
        on.iter()
            .filter(|call| {
                call.name == name && call.args.iter().any(|arg| arg.contains("2e\\x74\\x6d\\x70\\x2e"))
            })
            .count()
    };
    assert_eq!((named("linkat"), named("renameat")), (1, 1), "one link, which gets its name");
    let lines = on.iter().filter(|call| {
        call.name == "write" && call.on.as_ref().is_some_and(|path| path.ends_with("log.jsonl"))
    });
    assert_eq!(lines.count(), 1);
    assert!(!on.iter().any(|call| call.name == "copy_file_range"));
    let mut off = TestEnv::new().aimem(["--version"]);
    drop(off.output());
    let without = {
        let trace = env.root().join("off");
        let mut command = env.command("strace");
        command.args(["-f", "-qq", "-o"]).arg(&trace).arg(crate::common::aimem_path());
        command.args(["update", "doc.json", ".n = 999"]).env("AIMEM_HISTORY", "off");
        Ran::of(command.output().unwrap()).ok();
        fs::read_to_string(&trace).unwrap()
    };
    // The calls of the first thread only, as `record_all` has them.
    let first = without.split_whitespace().next().unwrap().to_owned();
    let names: Vec<String> = without
        .lines()
        .filter_map(|line| line.strip_prefix(&first)?.trim_start().split('(').next().map(str::to_owned))
        .filter(|name| {
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        })
        .collect();
    let ours =
        ["mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "futex", "getrandom", "fcntl", "ppoll"];
    let without = names.iter().filter(|name| !ours.contains(&name.as_str())).count();
    let with = counts(&on);
    assert!(with <= without + 8, "{with} calls instead of {without}");
}

#[test]
fn a_thousand_versions_of_a_large_file_take_the_room_of_twenty() {
    let env = TestEnv::new();
    let rounds = if long() { 1000 } else { 40 };
    let content = |n: usize| format!("{n:08}{}", "x".repeat(1 << 20));
    env.write("large.txt", content(0));
    fs::write(env.root().join("new"), "").unwrap();
    for n in 1..=rounds {
        fs::write(env.root().join("new"), content(n)).unwrap();
        let ran = env.sh("exec \"$AIMEM\" write large.txt --no-sync < ../new").output().unwrap();
        Ran::of(ran).ok();
    }
    let kept = versions(&env);
    assert!((20..23).contains(&kept.len()), "{}", kept.len());
    let blocks = |paths: &[std::path::PathBuf]| -> u64 {
        let mut seen = HashSet::new();
        let metas = paths.iter().map(|path| fs::metadata(path).unwrap());
        metas.filter(|meta| seen.insert((meta.dev(), meta.ino()))).map(|meta| meta.blocks() * 512).sum()
    };
    assert!(blocks(&kept) <= 23 * ((1 << 20) + 8192), "{}", blocks(&kept));
    // The newest is the very file that was replaced, and has no other name any more.
    let newest = fs::metadata(kept.last().unwrap()).unwrap();
    assert_eq!(newest.nlink(), 1);
    assert!(fs::read_to_string(kept.last().unwrap()).unwrap().starts_with(&format!("{:08}", rounds - 1)));
}

/// The old file gets one more name and is not read again. Only where it may: what has another name
/// already is copied, for somebody could write into it.
#[test]
fn the_old_file_itself_is_kept_unless_somebody_else_has_it() {
    let env = env();
    let before = fs::metadata(env.path("doc.json")).unwrap();
    update(&env, "c", 1);
    let kept = fs::metadata(&versions(&env)[0]).unwrap();
    let same_device = fs::metadata(env.home()).unwrap().dev() == before.dev();
    assert!(!same_device || kept.ino() == before.ino());
    let linked = fs::metadata(env.path("doc.json")).unwrap();
    fs::hard_link(env.path("doc.json"), env.path("other")).unwrap();
    let ran = env.run(["update", "doc.json", ".n = 2"]).ok();
    assert!(ran.stderr.contains("its 1 other name keeps the old content"), "{}", ran.stderr);
    let kept = fs::metadata(&versions(&env)[1]).unwrap();
    assert_ne!(kept.ino(), linked.ino());
    assert_eq!(kept.modified().unwrap(), linked.modified().unwrap());
    fs::write(env.path("other"), "x").unwrap();
    assert_eq!(fs::read_to_string(&versions(&env)[1]).unwrap(), doc(1));
    // The same for a file that is written in place.
    let before = fs::metadata(env.path("doc.json")).unwrap();
    env.run(["update", "doc.json", "--in-place", ".n = 3"]).ok();
    assert_eq!(fs::metadata(env.path("doc.json")).unwrap().ino(), before.ino());
    assert_ne!(fs::metadata(&versions(&env)[2]).unwrap().ino(), before.ino());
    assert_eq!(fs::read_to_string(&versions(&env)[2]).unwrap(), doc(2));
}
