//! Waits that can't end are named to the youngest waiter, and to nobody else.

use std::time::{Duration, Instant};

use crate::common::{Holder, Ran, TestEnv, eventually, signal};

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
    let other = env.hold("f1");
    // One that runs under f0 waits for f1, and is killed. Its shell goes on.
    let script = "\"$AIMEM\" lock with f1 -w 30 -- true & echo $!; wait; echo in; exec cat >/dev/null";
    let mut outer = Holder::launch(&mut env.aimem(["lock", "with", "f0", "--", "sh", "-c", script]));
    let dead: u32 = outer.line().parse().unwrap();
    eventually("it waits", || traces(&env) == 1);
    signal(dead, "KILL");
    assert_eq!(outer.line(), "in");
    let left = TestEnv::names_in(&env.locks().join(".waiting"));
    assert_eq!(left.len(), 1, "its file is still there");
    // One that runs under f1 wants f0: a circle only by the dead one's trace.
    other.end().ok();
    let mut living = chain(&env, "f1", "f0", "");
    living.let_go();
    eventually("it has looked, and removed the dead one's trace", || {
        let names = TestEnv::names_in(&env.locks().join(".waiting"));
        names.len() == 1 && names != left
    });
    outer.end();
    living.wait().ok();
}

/// Waits until somebody has said that it waits, and so has looked for a circle.
fn says_that_it_waits(env: &TestEnv, stderr: &str) {
    eventually("it says that it waits", || {
        std::fs::read_to_string(env.path(stderr)).is_ok_and(|said| said.contains("waiting for lock on"))
    });
}

#[test]
fn a_background_job_is_in_no_circle_while_its_host_goes_on() {
    // The host's shell reads, runs something else, or is gone when its job asks.
    for host in ["echo in; read go; :", "echo in; cat >/dev/null", "echo in; exec cat >/dev/null"] {
        for job_is_younger in [true, false] {
            let env = TestEnv::new();
            let inner = "echo in; read go; exec \"$AIMEM\" lock with f0 -w 30 -- echo got f0 2>other";
            let mut other = Holder::start(&mut env.aimem(["lock", "with", "f1", "--", "sh", "-c", inner]));
            let job = "\"$AIMEM\" lock with f1 -w 30 -- echo got f1 2>job >out </dev/null &";
            let script = if job_is_younger {
                format!("exec 3>&1; echo in; read go; {job} {host} 2>&1")
            } else {
                format!("{job} {host}")
            };
            let mut host = Holder::start(&mut env.aimem(["lock", "with", "f0", "--", "sh", "-c", &script]));
            if job_is_younger {
                other.let_go();
                says_that_it_waits(&env, "other");
                host.say("go");
                assert_eq!(host.line(), "in");
                says_that_it_waits(&env, "job");
            } else {
                says_that_it_waits(&env, "job");
                other.let_go();
                says_that_it_waits(&env, "other");
            }
            host.end().ok();
            let other = other.wait().ok();
            assert_eq!(other.stdout, "got f0\n");
            eventually("the job is through", || env.read("out") == "got f1\n");
            assert!(!env.run(["locks", "log"]).ok().stdout.contains("deadlock"));
        }
    }
}

#[test]
fn a_circle_is_seen_through_a_shell_that_waits() {
    for waits in [
        "\"$AIMEM\" lock with f1 -w 30 -- echo got f1; :",
        "\"$AIMEM\" lock with f1 -w 30 -- echo got f1 & wait",
        "sh -c '(\"$AIMEM\" lock with f1 -w 30 -- echo got f1; :); :'; :",
        "GOT=$(\"$AIMEM\" lock with f1 -w 30 -- echo got f1); echo $GOT",
    ] {
        let env = TestEnv::new();
        let script = format!("echo in; read go; {waits}");
        let first = Holder::start(&mut env.aimem(["lock", "with", "f0", "--", "sh", "-c", &script]));
        let ends = close_the_circle(&env, vec![first, chain(&env, "f1", "f0", "")]);
        let mut said = ends.into_iter().map(|(ran, _)| (ran.code, ran.stdout, ran.stderr));
        let (first, second) = (said.next().unwrap(), said.next().unwrap());
        assert_eq!((second.0, first.0), (75, 0), "{waits}: {second:?} {first:?}");
        assert!(
            second.2.contains("deadlock: ") && first.1.contains("got f1"),
            "{waits}: {second:?} {first:?}"
        );
    }
}

#[test]
fn what_a_killed_wrapper_has_left_behind_is_part_of_a_circle() {
    let env = TestEnv::new();
    let mut first = chain(&env, "f0", "f1", "");
    let second = chain(&env, "f1", "f0", "");
    // Its command has the lock now, and will have it until it is through with f1.
    signal(first.pid, "KILL");
    first.let_go();
    eventually("it waits", || traces(&env) == 1);
    let ends = close_the_circle(&env, vec![second]);
    assert!(ends[0].0.code == 75 && ends[0].0.stderr.contains("deadlock: "), "{ends:?}");
}

#[test]
fn guests_that_cross_are_a_circle_too() {
    let env = TestEnv::new();
    let guest = |has: &str, wants: &str| {
        format!(
            "\"$AIMEM\" lock with {has} -- sh -c              ': >in-{has}; until [ -e in-{wants} ]; do sleep 0.01; done;               exec \"$AIMEM\" lock with {wants} -w 30 -- echo got' >>got 2>>said & one=$!"
        )
    };
    let script = format!(
        "{}; {}; wait $first; a=$?; wait $one; echo $a $? >codes",
        guest("f0", "f1").replace("one=", "first="),
        guest("f1", "f0")
    );
    env.run(["lock", "with", "f0", "f1", "--", "sh", "-c", &script]).ok();
    let mut codes: Vec<String> = env.read("codes").split_whitespace().map(str::to_owned).collect();
    codes.sort();
    assert_eq!(codes, ["0", "75"], "{}", env.read("said"));
    assert_eq!(env.read("got"), "got\n");
    assert_eq!(env.read("said").matches("deadlock: ").count(), 1, "{}", env.read("said"));
    assert_eq!(traces(&env), 0);
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
