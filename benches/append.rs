//! `aimem append` against `flock FILE sh -c 'echo … >> FILE'` with a sync, in one run on one machine:
//! `cargo bench --bench append`. Prints medians and ratios; the promise is a ratio of at most 1.5 for
//! twenty writers at once.
//!
//! The files are made in the folder that `AIMEM_BENCH_DIR` names, else in the target folder: on a file
//! system in memory a sync costs nothing, and the ratio says little.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench may panic and may write plainly")]

#[path = "common/measure.rs"]
#[allow(dead_code, reason = "no document is needed here")]
mod measure;

use measure::{installed, median, time};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const WRITERS: usize = 20;
const LINES: usize = 20;
const RUNS: usize = 5;

fn main() {
    let aimem = env!("CARGO_BIN_EXE_aimem");
    let line = "x".repeat(199);
    let ours = format!("'{aimem}' append \"$1\" '{line}'");
    let flock = format!("flock \"$1\" sh -c 'echo {line} >> \"$1\" && sync \"$1\"' - \"$1\"");
    let mut ways = vec![("aimem append", ours.clone())];
    if installed("flock") {
        ways.push(("flock, echo, sync", flock));
    }
    let above = std::env::var_os("AIMEM_BENCH_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let folder = tempfile::tempdir_in(above).unwrap();
    let file = folder.path().join("log");

    for (title, writers) in [("one writer".to_owned(), 1), (format!("{WRITERS} writers at once"), WRITERS)] {
        println!("\n{LINES} lines of 200 bytes each, {title}");
        let mut first = None;
        for (name, script) in &ways {
            let runs = (0..RUNS).map(|_| {
                fs::write(&file, "").unwrap();
                let took = time(|| {
                    let children: Vec<Child> =
                        (0..writers).map(|_| start(script, LINES, &file, folder.path())).collect();
                    children.into_iter().for_each(|mut child| assert!(child.wait().unwrap().success()));
                });
                let lines = fs::read_to_string(&file).unwrap().lines().filter(|found| *found == line).count();
                assert_eq!(lines, writers * LINES, "{name}");
                took
            });
            let took = median(runs.collect());
            report(name, took, &mut first);
        }
    }

    println!("\none line, at the end of a file of this size");
    let mut first = None;
    for (name, size) in [("nothing", 0), ("5 GB, sparse", 5 << 30)] {
        let runs = (0..21).map(|_| {
            File::create(&file).unwrap().set_len(size).unwrap();
            time(|| assert!(start(&ours, 1, &file, folder.path()).wait().unwrap().success()))
        });
        report(name, median(runs.collect()), &mut first);
    }
}

/// Prints a time, and how it compares with the first of its kind.
fn report(name: &str, took: Duration, first: &mut Option<Duration>) {
    let base = *first.get_or_insert(took);
    let ratio = base.as_secs_f64() / took.as_secs_f64();
    println!(
        "  {name:<18} {:>9.2} ms   the first takes {ratio:>5.2} times as long",
        took.as_secs_f64() * 1e3
    );
}

fn start(script: &str, times: usize, file: &Path, home: &Path) -> Child {
    let script = format!("i=0; while [ $i -lt {times} ]; do {script} || exit 1; i=$((i + 1)); done");
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg("-").arg(file).env("HOME", home);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
