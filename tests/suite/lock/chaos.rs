//! Everything at once: contenders that are killed, stopped and delayed, a lock root that is
//! deleted, a clock that is set.
//!
//! Short form: 8 contenders for a second or two of each kind of trouble. Long form
//! (`AIMEM_LONG_TESTS=1`): 2, 8 and 32 contenders, half a minute each, and stops of 2.5 s.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::common::{FAKETIME, Inside, Ran, TestEnv, aimem_path, long_tests, require, signal};

/// Takes the lock again and again, until the file `stop` is there.
const LOOP: &str = r#"stop=$1; shift; while [ ! -e "$stop" ]; do "$@"; done"#;

/// A generator that gives the same numbers at every run: which of them meet is chance enough.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

struct Field<'a> {
    env: &'a TestEnv,
    loops: Vec<(Vec<String>, Child)>,
}

impl<'a> Field<'a> {
    fn new(env: &'a TestEnv) -> Field<'a> {
        Field { env, loops: Vec::new() }
    }

    fn start(env: &TestEnv, words: &[String]) -> Child {
        let mut command = env.command("setsid");
        command.args(["sh", "-c", LOOP, "loop"]).arg(env.root().join("stop")).args(words);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn add(&mut self, words: Vec<String>) {
        let child = Field::start(self.env, &words);
        self.loops.push((words, child));
    }

    /// The processes of one contender: its shell, aimem, and what aimem runs.
    fn members(&self, at: usize) -> Vec<u32> {
        let group = self.loops[at].1.id();
        let listed = Command::new("ps").args(["-o", "pid=", "-s", &group.to_string()]).output().unwrap();
        let text = String::from_utf8_lossy(&listed.stdout);
        text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
    }

    /// Kills one process of a contender, whichever it is, or all of them.
    fn kill_something(&mut self, dice: &mut Dice) {
        let at = dice.roll(self.loops.len());
        let members = self.members(at);
        let all = dice.roll(3) == 0;
        for pid in members.iter().filter(|&&pid| all || pid as usize % 2 == dice.roll(2)) {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).output();
        }
        let (words, child) = &mut self.loops[at];
        if child.try_wait().unwrap().is_some() {
            *child = Field::start(self.env, words);
        }
    }

    /// Stops all of a contender for a while.
    fn stop_something(&mut self, dice: &mut Dice, how_long: Duration) {
        let members = self.members(dice.roll(self.loops.len()));
        for name in ["-STOP", "-CONT"] {
            for pid in &members {
                let _ = Command::new("kill").args([name, &pid.to_string()]).output();
            }
            if name == "-STOP" {
                std::thread::sleep(how_long);
            }
        }
    }

    fn end(mut self) {
        fs::write(self.env.root().join("stop"), "").unwrap();
        for (_, child) in &mut self.loops {
            child.wait().unwrap();
        }
        self.loops.clear();
    }
}

impl Drop for Field<'_> {
    fn drop(&mut self) {
        for (_, child) in &mut self.loops {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).output();
            let _ = child.wait();
        }
    }
}

fn lock_with(inside: &Inside, stay: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![aimem_path().to_str().unwrap().into()];
    words.extend(["lock", "with", "f", "-w", "60", "--"].map(str::to_owned));
    words.extend(inside.command("one", stay));
    words
}

fn tools() -> bool {
    ["setsid", "flock", "ps"].iter().all(|tool| require(tool))
}

/// Runs for a while and makes trouble; then nobody may have met, and everything must be free.
fn under(contenders: usize, trouble: impl Fn(&mut Field<'_>, &mut Dice)) {
    let env = TestEnv::new();
    env.write("f", "");
    env.make_root();
    let inside = Inside::new(&env, "race");
    let mut field = Field::new(&env);
    for _ in 0..contenders {
        field.add(lock_with(&inside, "0.001"));
    }
    let mut dice = Dice(contenders as u64);
    let began = Instant::now();
    let limit = Duration::from_secs(if long_tests() { 30 } else { 2 });
    let (mut entries, mut last, mut standstill) = (0, Instant::now(), Duration::ZERO);
    while began.elapsed() < limit {
        trouble(&mut field, &mut dice);
        assert_eq!(inside.overlaps(), [""; 0], "two were inside at once");
        let now = inside.entries().len();
        if now > entries {
            (entries, last) = (now, Instant::now());
        }
        standstill = standstill.max(last.elapsed());
    }
    field.end();
    eprintln!(
        "{contenders} contenders: {} entries in {:?}, the longest time without one {standstill:?}",
        inside.entries().len(),
        began.elapsed()
    );
    inside.assert_exclusive(contenders);
    env.run(["lock", "with", "f", "-w", "10", "--", "true"]).ok();
    // A waiter whose shell was killed may still have its turn.
    crate::common::eventually("everything is free", || {
        env.run(["locks", "cleanup"]).ok();
        env.run(["locks", "show", "--json"]).ok().stdout.trim() == "[]"
    });
}

fn sizes() -> &'static [usize] {
    if long_tests() { &[2, 8, 32] } else { &[8] }
}

#[test]
fn wrapper_command_or_both_are_killed() {
    if tools() {
        for &size in sizes() {
            under(size, |field, dice| field.kill_something(dice));
        }
    }
}

#[test]
fn contenders_are_stopped_for_longer_than_any_grace() {
    if tools() {
        for &size in sizes() {
            // The grace for an unfinished lock is 2 s.
            under(size, |field, dice| field.stop_something(dice, Duration::from_millis(2500)));
        }
    }
}

#[test]
fn kills_and_stops_together() {
    if tools() {
        for &size in sizes() {
            under(size, |field, dice| {
                field.kill_something(dice);
                if dice.roll(10) == 0 {
                    field.stop_something(dice, Duration::from_millis(100));
                }
            });
        }
    }
}

/// The system calls between whose two sides something could go wrong, each made slow in a part
/// of the contenders, so that the others run through the window.
const WINDOWS: [&str; 6] = ["mkdirat", "flock", "linkat", "renameat2", "unlinkat", "write"];

#[test]
fn every_window_is_held_open() {
    if !tools() || !require("strace") {
        return;
    }
    for call in WINDOWS {
        for side in ["enter", "exit"] {
            let env = TestEnv::new();
            env.write("f", "");
            env.make_root();
            let inside = Inside::new(&env, "race");
            let mut field = Field::new(&env);
            for at in 0..8 {
                let mut words = lock_with(&inside, "0");
                if at < 3 {
                    let inject = format!("inject={call}:delay_{side}=8000");
                    let strace = ["strace", "-qq", "-o", "/dev/null", "-e", &inject];
                    words.splice(0..0, strace.map(str::to_owned));
                }
                field.add(words);
            }
            let mut dice = Dice(7);
            let began = Instant::now();
            let limit = Duration::from_millis(if long_tests() { 8000 } else { 350 });
            while began.elapsed() < limit {
                field.kill_something(&mut dice);
            }
            field.end();
            assert_eq!(inside.overlaps(), [""; 0], "two were inside at once, with {call} slow");
            assert!(inside.entries().len() >= 2, "{call}: {} entries", inside.entries().len());
        }
    }
}

/// Takers that notice a loss say so; an update that was confirmed is in the file.
#[test]
fn no_update_is_lost_when_the_lock_root_is_deleted_under_everyone() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    let done = AtomicUsize::new(0);
    let lost = AtomicUsize::new(0);
    let refused = AtomicUsize::new(0);
    let over = AtomicBool::new(false);
    let rounds = if long_tests() { 400 } else { 40 };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let ran = env.run(["update", "f.json", ".n += 1", "--no-sync", "-w", "30"]);
                    match ran.code {
                        0 => done.fetch_add(1, Ordering::Relaxed),
                        76 => lost.fetch_add(1, Ordering::Relaxed),
                        // Something that was there a moment ago is not: refused, with the reason.
                        66 | 73 if ran.stderr.contains(".locks") => {
                            eprintln!("{}", ran.stderr);
                            refused.fetch_add(1, Ordering::Relaxed)
                        }
                        _ => panic!("{ran:?}"),
                    };
                }
            });
        }
        let mut deleted = 0;
        while deleted < rounds {
            let name = env.root().join(format!("deleted-{deleted}"));
            // Half of the time moved away whole, as by one who tidies up; else removed in place.
            let gone = match deleted % 2 {
                0 => fs::rename(env.locks(), name),
                _ => fs::remove_dir_all(env.locks()),
            };
            deleted += usize::from(gone.is_ok());
            // The pace of the deletions, not a synchronisation.
            std::thread::sleep(Duration::from_millis(20));
        }
        over.store(true, Ordering::Relaxed);
    });
    let (done, lost) = (done.into_inner(), lost.into_inner());
    eprintln!("{rounds} deletions: {done} updates, {lost} of a lost lock");
    assert_eq!(env.json("f.json")["n"], done, "updates that were confirmed");
    assert!(done > 0);
    assert!(refused.into_inner() <= rounds / 10, "a deletion is waited out, as a rule");
    env.run(["lock", "with", "f.json", "-n", "--", "true"]).ok();
}

#[test]
fn a_holder_whose_root_was_deleted_learns_of_it_and_the_next_taker_makes_it_anew() {
    let env = TestEnv::new();
    env.write("f", "");
    let holder = env.hold("f");
    fs::remove_dir_all(env.locks()).unwrap();
    let other = env.hold("f");
    let ran = holder.end().expect(76);
    assert!(ran.stderr.contains("is lost"), "{}", ran.stderr);
    assert_eq!(env.verdict("f"), "held", "the other's lock stays");
    other.end().ok();
}

#[test]
fn clocks_set_back_and_forth_under_contenders_change_nothing() {
    if !tools() || !require("faketime") {
        return;
    }
    let env = TestEnv::new();
    env.write("f", "");
    env.make_root();
    let inside = Inside::new(&env, "race");
    let mut field = Field::new(&env);
    for at in 0..8 {
        let mut words = lock_with(&inside, "0.001");
        let offset = ["+1h", "-1h", "+400d", "-400d"][at % 4];
        words.splice(0..0, FAKETIME.iter().chain([&offset]).map(|word| (*word).to_owned()));
        field.add(words);
    }
    let mut dice = Dice(3);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(if long_tests() { 30 } else { 2 }) {
        field.kill_something(&mut dice);
    }
    field.end();
    inside.assert_exclusive(8);
}

#[test]
fn a_stopped_holder_keeps_its_lock_and_a_stopped_waiter_holds_nobody_up() {
    let env = TestEnv::new();
    env.write("f", "");
    let holder = env.hold("f");
    let waiter = env.aimem(["lock", "with", "f", "-w", "60", "--", "true"]).spawn().unwrap();
    crate::common::eventually("it waits", || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", waiter.id())).unwrap();
        stat.contains(") S ")
    });
    signal(waiter.id(), "STOP");
    holder.signal("STOP");
    // Longer than any grace.
    env.run(["lock", "with", "f", "-w", "2.5", "--", "true"]).expect(75);
    assert_eq!(env.verdict("f"), "held");
    holder.signal("CONT");
    holder.end().ok();
    env.run(["lock", "with", "f", "-w", "5", "--", "true"]).ok();
    signal(waiter.id(), "CONT");
    Ran::of(waiter.wait_with_output().unwrap()).ok();
}
