//! aimem against what people use today, in one run on one machine: `cargo bench --bench compare`.
//!
//! Prints medians and ratios. What is not installed is left out. Only this machine is used.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench may panic and may write plainly")]

#[path = "common/measure.rs"]
mod measure;

use measure::{document, installed, median, time};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const RUNS: usize = 21;
const AT_ONCE: usize = 15;

/// A lock as bash scripts make it: `mkdir`, a PID, `kill -0`, a pause of a tenth of a second.
const MKDIR_LOCK: &str = r#"
until mkdir "$1.lock" 2>/dev/null; do
    kill -0 "$(cat "$1.lock/pid" 2>/dev/null)" 2>/dev/null || rm -rf "$1.lock"
    sleep 0.1
done
echo $$ > "$1.lock/pid"
jq "$2" "$1" > "$1.tmp" && mv "$1.tmp" "$1"
rm -rf "$1.lock"
"#;

struct Way {
    name: &'static str,
    needs: &'static [&'static str],
    /// A shell command with `$1` the file and `$2` the filter.
    script: String,
}

fn main() {
    let aimem = env!("CARGO_BIN_EXE_aimem");
    let ways = [
        Way { name: "aimem update", needs: &[], script: format!("exec '{aimem}' update \"$1\" \"$2\"") },
        Way { name: "flock, jq, mv", needs: &["flock", "jq"], script: "exec flock \"$1.flock\" sh -c 'jq \"$2\" \"$1\" > \"$1.tmp\" && mv \"$1.tmp\" \"$1\"' - \"$1\" \"$2\"".into() },
        Way { name: "jq | sponge", needs: &["jq", "sponge"], script: "jq \"$2\" \"$1\" | sponge \"$1\"".into() },
        Way { name: "jaq -i", needs: &["jaq"], script: "exec jaq -i \"$2\" \"$1\"".into() },
        Way { name: "bash mkdir lock", needs: &["bash", "jq"], script: MKDIR_LOCK.into() },
    ];
    let ways: Vec<Way> =
        ways.into_iter().filter(|way| way.needs.iter().all(|tool| installed(tool))).collect();
    let folder = tempfile::tempdir().unwrap();

    for (title, size) in [("one update of 1 KB", 1 << 10), ("one update of 10 MB", 10 << 20)] {
        let runs = if size > 1 << 20 { 5 } else { RUNS };
        report(title, &ways, |way| {
            let file = folder.path().join("document.json");
            fs::write(&file, document(size)).unwrap();
            median(
                (0..runs)
                    .map(|_| {
                        time(|| {
                            assert!(start(way, folder.path(), &file, ".count += 1").wait().unwrap().success())
                        })
                    })
                    .collect(),
            )
        });
    }
    report(
        &format!("{AT_ONCE} updates at once, until the last is done; lost ones in brackets"),
        &ways,
        |way| {
            let file = folder.path().join("document.json");
            fs::write(&file, document(1 << 10)).unwrap();
            let rounds = 5;
            let took = median(
                (0..rounds)
                    .map(|_| {
                        time(|| {
                            let children: Vec<_> = (0..AT_ONCE)
                                .map(|_| start(way, folder.path(), &file, ".count += 1"))
                                .collect();
                            children.into_iter().for_each(|mut child| drop(child.wait()));
                        })
                    })
                    .collect(),
            );
            let text = fs::read_to_string(&file).unwrap_or_default();
            let count: Option<usize> = text.split("\"count\":").nth(1).and_then(|rest| {
                rest.trim().split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
            });
            print!("[{:>2} lost] ", count.map_or(AT_ONCE * rounds, |count| AT_ONCE * rounds - count));
            took
        },
    );
}

fn report(title: &str, ways: &[Way], measure: impl Fn(&Way) -> Duration) {
    println!("\n{title}");
    let mut first = None;
    for way in ways {
        let took = measure(way);
        let base = *first.get_or_insert(took);
        let ratio = took.as_secs_f64() / base.as_secs_f64();
        println!("  {:<16} {:>9.2} ms   {ratio:>6.2} x", way.name, took.as_secs_f64() * 1e3);
    }
}

fn start(way: &Way, home: &Path, file: &Path, filter: &str) -> std::process::Child {
    let shell = if way.needs.contains(&"bash") { "bash" } else { "sh" };
    Command::new(shell)
        .arg("-c")
        .arg(&way.script)
        .arg("-")
        .arg(file)
        .arg(filter)
        .env("HOME", home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
