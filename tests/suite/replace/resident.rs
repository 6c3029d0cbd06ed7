//! The library in a process that lives for long: its memory stays what it was.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::common::{long_tests, skip};
use aimem::lock::wait::Silent;
use aimem::lock::{Locker, Patience, Roots};
use aimem::memory::{Binding, Program, Update, update};
use aimem::place::FilePlace;
use aimem::replace::Replace;

/// In the child, the folder to work in: the process has to be its own.
const FOLDER: &str = "AIMEM_TEST_RESIDENT_IN";

/// What is resident, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

fn updates(folder: PathBuf, count: usize) {
    let document = folder.join("f.json");
    let entries: Vec<String> =
        (0..20).map(|n| format!("{{\"id\": {n}, \"tags\": [\"a\", \"b\"]}}")).collect();
    fs::write(&document, format!("{{\"count\": 0, \"entries\": [{}]}}\n", entries.join(", "))).unwrap();
    let locker = Locker {
        roots: Roots::new(Some(folder.join("locks")), Some(folder)),
        patience: Patience { limit: Duration::from_secs(60), ..Patience::default() },
        command: "test".to_owned(),
        deadlock_check: false,
        ..Locker::default()
    };
    let mut program = Program {
        source: "def f(g): g; .count += 1 | .entries |= (map(f(.id)) | map({id: ., tags: [$tag]})) | .entries[0].tags[1] = \"\\(.count)\"".to_owned(),
        bindings: vec![Binding::Text("tag".to_owned(), "a".to_owned())],
        ..Program::default()
    };
    for _ in 0..count {
        let replace = Replace::new().sync(false);
        let mut waiter = Silent;
        let mut place = FilePlace::new(&document, Some(&locker), replace, &mut waiter);
        update(&mut place, &Update::default(), &mut program).unwrap();
    }
}

#[test]
fn many_updates_by_one_process_leave_its_memory_as_it_was() {
    let count = if long_tests() { 20_000 } else { 300 };
    if let Some(folder) = std::env::var_os(FOLDER) {
        // The first ones start threads, fill pools and tables.
        updates(folder.clone().into(), 100);
        let before = resident();
        updates(folder.into(), count);
        println!("grown by {} KiB in {count} updates", resident().saturating_sub(before) / 1024);
        return;
    }
    if !cfg!(target_os = "linux") {
        skip("there is no /proc/self/status");
        return;
    }
    // Where a sync costs nothing, if there is such a place.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let name = "replace::resident::many_updates_by_one_process_leave_its_memory_as_it_was";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout).into_owned();
    let grown = said.split("grown by ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
    eprintln!("{}", said.lines().find(|line| line.contains("grown by")).unwrap_or(&said));
    // 500 updates that forgot their values took 14 MiB.
    assert!(grown.is_some_and(|grown| grown < 2048), "{said}{}", String::from_utf8_lossy(&child.stderr));
}
