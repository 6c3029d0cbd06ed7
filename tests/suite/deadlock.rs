//! Waits that can't end are named to the youngest waiter, and to nobody else.

use std::process::Child;
use std::time::{Duration, Instant};

use super::common::{Holder, Ran, TestEnv, eventually};

/// What runs under the first lock: it says so, and asks for the second one when it is told to.
fn chain(env: &TestEnv, has: &str, wants: &str, more: &str) -> Holder {
    let inner =
        format!("echo in; read go; exec \"$AIMEM\" lock with {wants} -w 30 {more} -- echo got {wants}");
    Holder::start(&mut env.aimem(["lock", "with", has, "--", "sh", "-c", &inner]))
}

fn traces(env: &TestEnv) -> usize {
    TestEnv::names_in(&env.locks().join(".waiting")).iter().filter(|name| !name.starts_with('.')).count()
}

/// Lets each of them ask, one after the other, and returns how each ended, in the same order.
fn close_the_circle(env: &TestEnv, mut chain: Vec<Holder>) -> Vec<(Ran, Duration)> {
    let mut asked = Instant::now();
    let last = chain.len() - 1;
    for (at, one) in chain.iter_mut().enumerate() {
        asked = Instant::now();
        one.let_go();
        if at < last {
            eventually("it waits", || traces(env) == at + 1);
        }
    }
    // All end when the youngest has given up.
    std::thread::scope(|scope| {
        let ends: Vec<_> =
            chain.into_iter().map(|one| scope.spawn(move || (one.wait(), asked.elapsed()))).collect();
        ends.into_iter().map(|end| end.join().unwrap()).collect()
    })
}

fn circle(count: usize) {
    let env = TestEnv::new();
    let names: Vec<String> = (0..count).map(|at| format!("f{at}")).collect();
    let chain: Vec<Holder> =
        (0..count).map(|at| chain(&env, &names[at], &names[(at + 1) % count], "")).collect();
    let mut ends = close_the_circle(&env, chain);
    let (youngest, took) = ends.pop().unwrap();
    eprintln!("a deadlock of {count} was named after {took:?}");
    assert!(took < Duration::from_secs(15), "it ran into its time-out");
    let youngest = youngest.expect(75);
    assert!(youngest.stderr.contains("deadlock: "), "{}", youngest.stderr);
    for name in &names {
        assert!(youngest.stderr.contains(&format!("/{name}")), "{name} is not named: {}", youngest.stderr);
    }
    for (other, _) in ends {
        let other = other.ok();
        assert!(other.stdout.contains("got"), "{}", other.stdout);
        assert!(!other.stderr.contains("deadlock"), "{}", other.stderr);
    }
    assert_eq!(traces(&env), 0);
    let log = env.run(["locks", "log"]).ok().stdout;
    assert_eq!(log.matches("deadlock").count(), 1, "{log}");
}

#[test]
fn a_deadlock_of_two_is_named_by_its_youngest_waiter_alone() {
    circle(2);
}

#[test]
fn a_deadlock_of_three_is_named_by_its_youngest_waiter_alone() {
    circle(3);
}

#[test]
fn a_chain_that_does_not_close_is_no_deadlock() {
    let env = TestEnv::new();
    let end = env.hold("f2");
    let mut first = chain(&env, "f0", "f1", "");
    let mut second = chain(&env, "f1", "f2", "");
    first.let_go();
    second.let_go();
    eventually("both wait", || traces(&env) == 2);
    end.end().ok();
    second.wait().ok();
    first.wait().ok();
}

#[test]
fn with_no_deadlock_check_a_wait_runs_to_its_time_limit() {
    let env = TestEnv::new();
    // Its own limit comes last, and wins.
    let mut first = chain(&env, "f0", "f1", "--no-deadlock-check");
    let inner = "echo in; read go; exec \"$AIMEM\" lock with f0 -w 1 --no-deadlock-check -- true";
    let mut second = Holder::start(&mut env.aimem(["lock", "with", "f1", "--", "sh", "-c", inner]));
    first.let_go();
    second.let_go();
    let second = second.wait().expect(75);
    assert!(
        second.stderr.contains("gave up after") && !second.stderr.contains("deadlock: "),
        "{}",
        second.stderr
    );
    first.wait().ok();
}

#[test]
fn a_trace_dies_with_its_maker() {
    let env = TestEnv::new();
    // Not in a shell that could outlive it: the waiter itself is killed.
    let outer = env.hold("f0");
    let key = env.run(["lock", "status", "f0", "--json"]).stdout;
    let key: serde_json::Value = serde_json::from_str(&key).unwrap();
    let info = std::fs::read(env.lock_dir("f0").join("info")).unwrap();
    let token = aimem::lock::info::Info::parse(&info).token.unwrap();
    let id = format!("{}:{token}", key["key"].as_str().unwrap());
    let other = env.hold("f1");
    let waiter = |file: &str, id: &str| -> Child {
        let mut command = env.aimem(["lock", "with", file, "-w", "30", "--", "true"]);
        command.env("AIMEM_LOCK_ID", id).spawn().unwrap()
    };
    // One that runs under f0 waits for f1, and is killed.
    let mut dead = waiter("f1", &id);
    eventually("it waits", || traces(&env) == 1);
    dead.kill().unwrap();
    dead.wait().unwrap();
    let left = TestEnv::names_in(&env.locks().join(".waiting"));
    assert_eq!(left.len(), 1, "its file is still there");
    // One that runs under f1 wants f0: a circle only by the dead one's trace.
    let info = std::fs::read(env.lock_dir("f1").join("info")).unwrap();
    let token = aimem::lock::info::Info::parse(&info).token.unwrap();
    let key = env.lock_dir("f1").file_stem().unwrap().to_str().unwrap().to_owned();
    let living = waiter("f0", &format!("{key}:{token}"));
    eventually("it has looked, and removed the dead one's trace", || {
        let names = TestEnv::names_in(&env.locks().join(".waiting"));
        names.len() == 1 && names != left
    });
    outer.end().ok();
    Ran::of(living.wait_with_output().unwrap()).ok();
    other.end().ok();
}

/// A waiter that lives for as long as the returned file is open: this process.
fn forge_trace(env: &TestEnv, has: &str, wants: &str, since: u64) -> std::fs::File {
    let info = std::fs::read(env.lock_dir(has).join("info")).unwrap();
    let token = aimem::lock::info::Info::parse(&info).token.unwrap();
    let key = env.lock_dir(wants).file_stem().unwrap().to_str().unwrap().to_owned();
    let text = format!("PID: 1\nWANTS: {key}\nHOLDS: {token}\nSINCE: {since}\nTARGET: /forged\n");
    let unborn = env.root().join("trace");
    std::fs::write(&unborn, text).unwrap();
    let file = std::fs::File::open(&unborn).unwrap();
    assert!(aimem::sys::file::try_flock(&file, aimem::sys::file::Flock::Exclusive).unwrap());
    std::fs::rename(unborn, env.locks().join(".waiting/f0f0")).unwrap();
    file
}

#[test]
fn whoever_is_not_the_youngest_of_a_circle_waits_on() {
    let env = TestEnv::new();
    let other = env.hold("f1");
    let mut waiter = chain(&env, "f0", "f1", "");
    waiter.let_go();
    eventually("it waits", || traces(&env) == 1);
    // The other side of the circle is younger and does not give up, for two looks or more.
    let younger = forge_trace(&env, "f1", "f0", u64::MAX);
    std::thread::sleep(Duration::from_millis(1200));
    assert_eq!(traces(&env), 2, "it still waits");
    assert_eq!(env.run(["locks", "log"]).ok().stdout, "");
    // An older one closes the circle for good.
    let _older = forge_trace(&env, "f1", "f0", 0);
    drop(younger);
    let ran = waiter.wait().expect(75);
    assert!(ran.stderr.contains("deadlock: ") && ran.stderr.contains("/forged"), "{}", ran.stderr);
    other.end().ok();
}

#[test]
fn an_owner_of_acquired_locks_is_part_of_a_deadlock_too() {
    let env = TestEnv::new();
    let mut first = chain(&env, "f0", "f1", "");
    // A shell that has f1 by `acquire` and asks for f0.
    let script = "\"$AIMEM\" lock acquire f1 >/dev/null; echo in; read go; \
                  \"$AIMEM\" lock acquire f0 -w 30 >/dev/null; echo $?";
    let mut shell = Holder::start(&mut env.sh(script));
    first.let_go();
    eventually("it waits", || traces(&env) == 1);
    shell.let_go();
    assert_eq!(shell.line(), "75");
    let shell = shell.wait().ok();
    assert!(shell.stderr.contains("deadlock"), "{}", shell.stderr);
    first.wait().ok();
}
