//! aimem against what people use today, in one run on one machine: `cargo bench --bench compare`.
//!
//! Medians, their spread, and ratios to aimem. `AIMEM_RELEASED=PATH` names a second aimem to be
//! measured beside the one that cargo has built, such as the static one of `packaging/archive.sh`.
//! `AIMEM_CHART=FILE.svg` draws the updates. What is not installed is left out. Ways take turns, so
//! that a busy moment of the machine meets all of them. Only this machine is used.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench may panic and may write plainly")]

#[path = "common/chart.rs"]
mod chart;
#[path = "common/measure.rs"]
mod measure;

use chart::Chart;
use measure::{Spread, document, installed, time};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

const RUNS: usize = 41;

/// A lock as bash scripts make it: `mkdir`, a PID, `kill -0`, a pause of a tenth of a second.
const MKDIR_LOCK: &str = r#"
until mkdir "$1.lock" 2>/dev/null; do
    kill -0 "$(cat "$1.lock/pid" 2>/dev/null)" 2>/dev/null || rm -rf "$1.lock"
    sleep 0.1
done
echo $$ > "$1.lock/pid"
jq '.count += 1' "$1" > "$1.tmp" && mv "$1.tmp" "$1"
rm -rf "$1.lock"
"#;

/// Needs PyPI's filelock, whose lock file would be in proper-lockfile's way under the same name.
const PYTHON: &str = r#"
import filelock, json, os, sys
with filelock.FileLock(sys.argv[1] + ".filelock"):
    with open(sys.argv[1]) as file: document = json.load(file)
    document["count"] += 1
    with open(sys.argv[1] + ".tmp", "w") as file: json.dump(document, file, indent=2)
    os.replace(sys.argv[1] + ".tmp", sys.argv[1])
"#;

/// Needs npm's proper-lockfile, found through NODE_PATH.
const NODE: &str = r#"
const fs = require("fs"), lockfile = require("proper-lockfile"), path = process.argv[1];
lockfile.lock(path, { retries: { retries: 1000, minTimeout: 5, maxTimeout: 50 } }).then((release) => {
    const document = JSON.parse(fs.readFileSync(path));
    document.count += 1;
    fs.writeFileSync(path + ".tmp", JSON.stringify(document, null, 2));
    fs.renameSync(path + ".tmp", path);
    return release();
});
"#;

/// A way to do something to a file: a program and its arguments, `{}` being the file.
struct Way {
    name: String,
    words: Vec<String>,
}

impl Way {
    fn new(name: &str, words: &[&str]) -> Way {
        Way { name: name.to_owned(), words: words.iter().map(|&word| word.to_owned()).collect() }
    }

    /// Whether it works here at all.
    fn is_there(&self, folder: &Path) -> bool {
        let file = folder.join("try.json");
        fs::write(&file, document(100)).unwrap();
        installed(&self.words[0]) && self.start(folder, &file).wait().is_ok_and(|status| status.success())
    }

    fn start(&self, home: &Path, file: &Path) -> Child {
        let words = self.words.iter().map(|word| word.replace("{}", file.to_str().unwrap()));
        let words: Vec<String> = words.collect();
        Command::new(&words[0])
            .args(&words[1..])
            .env("HOME", home)
            .env_remove("AIMEM_CLIENT")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn run(&self, home: &Path, file: &Path) {
        assert!(self.start(home, file).wait().unwrap().success(), "{}", self.name);
    }
}

fn main() {
    // Beside the program, not in a /tmp that may be memory: a sync must cost what it costs.
    let beside = Path::new(env!("CARGO_BIN_EXE_aimem")).parent().unwrap();
    let folder = tempfile::tempdir_in(beside).unwrap();
    let folder = folder.path();
    let mut ours = vec![("aimem", env!("CARGO_BIN_EXE_aimem").to_owned())];
    if let Ok(released) = std::env::var("AIMEM_RELEASED") {
        ours.insert(0, ("aimem, released", released));
    }
    let mut chart = Chart::default();
    starts(folder, &ours);
    locks(folder, &ours);
    updates(folder, &ours, &mut chart);
    at_once(folder, &ours, &mut chart);
    hand_overs(folder);
    growth(folder, &ours[0].1);
    if let Ok(file) = std::env::var("AIMEM_CHART") {
        fs::write(file, chart.svg()).unwrap();
    }
}

fn starts(folder: &Path, ours: &[(&str, String)]) {
    let mut ways: Vec<Way> = ours.iter().map(|(name, path)| Way::new(name, &[path, "--version"])).collect();
    ways.push(Way::new("true", &["/bin/true"]));
    ways.push(Way::new("jq --version", &["jq", "--version"]));
    in_turn("start", folder, &ways, RUNS, 100);
}

fn locks(folder: &Path, ours: &[(&str, String)]) {
    let with =
        |(name, path): &(&str, String)| Way::new(name, &[path, "lock", "with", "{}", "--", "/bin/true"]);
    let mut ways: Vec<Way> = ours.iter().map(with).collect();
    ways.push(Way::new("flock", &["flock", "{}.flock", "/bin/true"]));
    ways.push(Way::new(
        "dotlockfile",
        &["sh", "-c", "dotlockfile -l {}.dot && /bin/true; dotlockfile -u {}.dot"],
    ));
    in_turn("a lock around `true`", folder, &ways, RUNS, 100);
}

fn updaters(ours: &[(&str, String)]) -> Vec<Way> {
    let update = |(name, path): &(&str, String)| Way::new(name, &[path, "update", "{}", ".count += 1"]);
    let mut ways: Vec<Way> = ours.iter().map(update).collect();
    let mv = "jq '.count += 1' {} > {}.tmp && mv {}.tmp {}";
    ways.push(Way::new("flock, jq, mv", &["flock", "{}.flock", "sh", "-c", mv]));
    ways.push(Way::new("jq | sponge", &["sh", "-c", "jq '.count += 1' {} | sponge {}"]));
    ways.push(Way::new("jaq -i", &["jaq", "-i", ".count += 1", "{}"]));
    ways.push(Way::new("bash mkdir lock", &["bash", "-c", MKDIR_LOCK, "-", "{}"]));
    ways.push(Way::new("python filelock", &["python3", "-c", PYTHON, "{}"]));
    ways.push(Way::new("proper-lockfile", &["node", "-e", NODE, "{}"]));
    ways
}

fn updates(folder: &Path, ours: &[(&str, String)], chart: &mut Chart) {
    let mut ways = updaters(ours);
    if let Some((name, path)) = ours.first() {
        let name = format!("{name} --no-sync");
        ways.insert(1, Way::new(&name, &[path, "update", "--no-sync", "{}", ".count += 1"]));
    }
    chart.add("one update of 1 KB, ms", &in_turn("one update of 1 KB", folder, &ways, RUNS, 1 << 10));
    in_turn("one update of 10 MB", folder, &ways, 5, 10 << 20);
}

/// Measures ways one after the other, round by round.
fn in_turn(title: &str, folder: &Path, ways: &[Way], runs: usize, size: usize) -> Vec<(String, f64)> {
    println!("\n{title}");
    let ways: Vec<&Way> = ways.iter().filter(|way| way.is_there(folder)).collect();
    let file = folder.join("document.json");
    fs::write(&file, document(size)).unwrap();
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..runs {
        for (way, times) in ways.iter().zip(&mut times) {
            times.push(time(|| way.run(folder, &file)));
        }
    }
    tell(ways.iter().map(|way| way.name.clone()).zip(times.into_iter().map(Spread::of)), "")
}

fn tell(figures: impl Iterator<Item = (String, Spread)>, more: &str) -> Vec<(String, f64)> {
    let mut first = None;
    figures
        .map(|(name, spread)| {
            let base = *first.get_or_insert(spread.median);
            let ratio = spread.median / base;
            println!("  {name:<22} {spread}   {ratio:>6.2} x {more}");
            (name, spread.median)
        })
        .collect()
}

/// Many at the same moment, until the last is done; and what of it is in the file.
fn at_once(folder: &Path, ours: &[(&str, String)], chart: &mut Chart) {
    for (count, rounds) in [(15_usize, 5_usize), (50, 3), (200, 1)] {
        println!("\n{count} updates at once, until the last is done");
        let ways = updaters(ours);
        let ways = ways.iter().filter(|way| way.is_there(folder));
        let mut bars = Vec::new();
        let mut first = None;
        for way in ways {
            let file = folder.join("document.json");
            fs::write(&file, document(1 << 10)).unwrap();
            let times = (0..rounds).map(|_| {
                time(|| {
                    let children: Vec<_> = (0..count).map(|_| way.start(folder, &file)).collect();
                    children.into_iter().for_each(|mut child| drop(child.wait()));
                })
            });
            let spread = Spread::of(times.collect());
            let all = count * rounds;
            let lost = match counted(&file) {
                Some(counted) => format!("{} of {all} lost", all.saturating_sub(counted)),
                None => "file broken".to_owned(),
            };
            let ratio = spread.median / *first.get_or_insert(spread.median);
            println!("  {:<22} {spread}   {ratio:>6.2} x   {lost}", way.name);
            bars.push((format!("{} ({lost})", way.name), spread.median));
        }
        if count == 50 {
            chart.add("50 updates at once, ms", &bars);
        }
    }
}

/// The counter, if the file still is the document.
fn counted(file: &Path) -> Option<usize> {
    let document: serde_json::Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    usize::try_from(document.get("count")?.as_u64()?).ok()
}

/// From one holder's release to the next one's entry, among threads of one process that hold the
/// lock for a millisecond each; and how many of them get it in a second.
fn hand_overs(folder: &Path) {
    use aimem::lock::wait::Silent;
    use aimem::lock::{Keep, LockRoot, Locker, Roots};
    const FOR: Duration = Duration::from_secs(3);
    println!("\nhand-over of one lock that is held for 1 ms");
    for contenders in [1, 2, 8, 64] {
        let root = LockRoot::open(&folder.join("hand-over")).unwrap();
        let released = Arc::new(Mutex::new(None::<Instant>));
        let gaps = Arc::new(Mutex::new(Vec::new()));
        let together = Arc::new(Barrier::new(contenders));
        let threads: Vec<_> = (0..contenders)
            .map(|_| {
                let (root, released, gaps, together) =
                    (root.path().to_owned(), released.clone(), gaps.clone(), together.clone());
                let file = folder.join("handed over");
                std::thread::spawn(move || {
                    let locker = Locker {
                        roots: Roots::fixed(LockRoot::open(&root).unwrap()),
                        deadlock_check: false,
                        ..Locker::default()
                    };
                    let mut entries = 0;
                    together.wait();
                    let begun = Instant::now();
                    while begun.elapsed() < FOR {
                        let held = locker.acquire(&file, Keep::Running, &mut Silent).unwrap();
                        if let Some(then) = *released.lock().unwrap() {
                            gaps.lock().unwrap().push(then.elapsed());
                        }
                        std::thread::sleep(Duration::from_millis(1));
                        *released.lock().unwrap() = Some(Instant::now());
                        held.release().unwrap();
                        entries += 1;
                    }
                    entries
                })
            })
            .collect();
        let entries: Vec<usize> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        let mut gaps = std::mem::take(&mut *gaps.lock().unwrap());
        gaps.sort();
        let part = |part: usize| gaps.get(gaps.len() * part / 100).map_or(0.0, |gap| gap.as_secs_f64() * 1e3);
        let total: usize = entries.iter().sum();
        let (least, most) = (entries.iter().min().unwrap(), entries.iter().max().unwrap());
        println!(
            "  {contenders:>2} contenders: p50 {:.2} ms, p99 {:.2} ms; {:.0} a second; each {least} to {most}",
            part(50),
            part(99),
            total as f64 / FOR.as_secs_f64(),
        );
    }
}

/// The same work in a small world and in large ones.
fn growth(folder: &Path, aimem: &str) {
    println!("\ngrowth, as a ratio to an empty world");
    let update = Way::new("update", &[aimem, "update", "{}", ".count += 1"]);
    let home = |name: &str| {
        let home = folder.join(name);
        fs::create_dir_all(home.join("work")).unwrap();
        let file = home.join("work/document.json");
        fs::write(&file, document(1 << 10)).unwrap();
        update.run(&home, &file);
        (home, file)
    };
    let (empty, many_files, many_locks, long_history) =
        (home("empty"), home("files"), home("locks"), home("history"));
    for number in 0..100_000 {
        fs::write(many_files.0.join(format!("work/{number}")), "").unwrap();
    }
    leases(&many_locks.0, 10_000);
    for _ in 0..2_000 {
        update.run(&long_history.0, &long_history.1);
    }
    let worlds = [
        ("empty", &empty),
        ("beside 100,000 files", &many_files),
        ("beside 10,000 locks", &many_locks),
        ("after 2,000 updates", &long_history),
    ];
    let mut times = vec![Vec::new(); worlds.len()];
    for _ in 0..RUNS {
        for ((_, (home, file)), times) in worlds.iter().zip(&mut times) {
            times.push(time(|| update.run(home, file)));
        }
    }
    let names = worlds.iter().map(|(name, _)| (*name).to_owned());
    tell(names.zip(times.into_iter().map(Spread::of)), "");
    for verb in ["show", "cleanup", "check"] {
        let way = Way::new(&format!("locks {verb}, 10,000"), &[aimem, "locks", verb]);
        let times = (0..5).map(|_| time(|| way.run(&many_locks.0, &many_locks.1)));
        println!("  {:<22} {}", way.name, Spread::of(times.collect()));
    }
}

fn leases(home: &Path, count: usize) {
    use aimem::lock::wait::Silent;
    use aimem::lock::{Keep, Locker, Roots};
    let locker = Locker { roots: Roots::new(None, Some(home.to_owned())), ..Locker::default() };
    for number in 0..count {
        let file: PathBuf = home.join(format!("elsewhere {number}"));
        let _ = locker.acquire(&file, Keep::Lease(Duration::from_secs(3600)), &mut Silent).unwrap().leave();
    }
}
