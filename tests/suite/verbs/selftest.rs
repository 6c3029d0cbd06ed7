//! `aimem locks selftest`: the lock raced on a real file system by real processes.
//!
//! Long form (`AIMEM_LONG_TESTS=1`): the defaults, 2,000 takeovers at 8 and at 32 contenders, on
//! the disk and on tmpfs.

use std::path::Path;

use crate::common::{TestEnv, long_tests, require};

fn race(folder: &Path) {
    let env = TestEnv::new();
    let takeovers = if long_tests() { "2000" } else { "80" };
    let args = ["locks", "selftest", "--json", "--compare", "--time", "60s", "--takeovers", takeovers];
    let ran = env.run(args.map(Path::new).into_iter().chain([folder])).ok();
    eprintln!("{}", ran.stdout);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["flock_works"], true);
    assert_ne!(report["file_system"], "");
    let races = report["races"].as_array().unwrap();
    let kinds: Vec<_> = races.iter().map(|race| (&race["rule"], &race["contenders"])).collect();
    let expected = [("aimem", 8), ("script", 8), ("aimem", 32), ("script", 32)];
    assert_eq!(kinds.len(), expected.len());
    for (race, (rule, contenders)) in races.iter().zip(expected) {
        assert_eq!((&race["rule"], &race["contenders"]), (&rule.into(), &contenders.into()));
        assert!(race["takeovers"].as_u64().unwrap() >= takeovers.parse().unwrap(), "{race}");
        assert!(race["handover_p50_seconds"].as_f64() <= race["handover_p99_seconds"].as_f64(), "{race}");
        if rule == "aimem" {
            assert_eq!(race["overlaps"], 0, "{race}");
        }
    }
    // Whether the scripts' rule overlaps is chance: the report above shows it.
    assert_eq!(TestEnv::names_in(folder), [""; 0], "the race cleans up after itself");
}

#[test]
fn no_overlap_on_the_disk_beside_the_scripts_rule() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    race(folder.path());
}

#[test]
fn no_overlap_on_tmpfs_beside_the_scripts_rule() {
    let shm = Path::new("/dev/shm");
    if !shm.is_dir() || !aimem::sys::machine::file_system(shm).is_ok_and(|fs| fs.name == "tmpfs") {
        crate::common::skip("/dev/shm is no tmpfs");
        return;
    }
    let folder = tempfile::tempdir_in(shm).unwrap();
    race(folder.path());
}

#[test]
fn a_table_for_people_names_the_file_system() {
    let env = TestEnv::new();
    let ran = env.run(["locks", "selftest", "--takeovers", "1", "--contenders", "2"]).ok();
    let folder = env.locks();
    assert!(ran.stdout.starts_with(&format!("{} on ", folder.display())), "{}", ran.stdout);
    assert!(ran.stdout.contains("flock works between processes"), "{}", ran.stdout);
    assert!(ran.stdout.contains("OVERLAPS"), "{}", ran.stdout);
}

#[test]
fn a_kernel_without_flock_is_reported_and_fails() {
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    let mut command = env.command("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK"]);
    let output = command.arg(crate::common::aimem_path()).args(["locks", "selftest", "."]).output().unwrap();
    let ran = crate::common::Ran::of(output).expect(1);
    assert!(ran.stdout.contains("does NOT work"), "{}", ran.stdout);
    assert!(ran.stderr.contains("AIMEM_LOCK_DIR"), "{}", ran.stderr);
}

#[test]
fn a_race_that_nobody_entered_has_shown_nothing_and_fails() {
    let env = TestEnv::new();
    let ran = env.run(["locks", "selftest", "--time", "0", "--contenders", "4"]).expect(1);
    assert!(ran.stderr.contains("of 4 contenders nobody got the lock"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
}

#[test]
fn a_file_system_that_the_lock_refuses_is_named_with_the_reason() {
    let env = TestEnv::new();
    let folder = env.path("small");
    std::fs::create_dir(&folder).unwrap();
    // So few files that no lock can be made.
    let Some(_mounted) = crate::common::Mounted::tmpfs(&folder, "1m,nr_inodes=6") else { return };
    let ran = env.run(["locks", "selftest", "small"]).expect(1);
    assert!(ran.stderr.contains("error: the lock refuses tmpfs: cannot "), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("the disk is full") && ran.stderr.contains("AIMEM_LOCK_DIR"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stdout.contains("OVERLAPS"), "{}", ran.stdout);
}
