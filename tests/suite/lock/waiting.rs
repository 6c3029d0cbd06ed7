//! What somebody who waits is told, and when.

use std::io::{BufRead, BufReader};

use crate::common::{Ran, TestEnv, eventually, require};

#[test]
fn a_short_wait_says_nothing() {
    let env = TestEnv::new();
    let holder = env.hold("f");
    let ran = env.run(["lock", "with", "f", "-w", "20ms", "--", "true"]).expect(75);
    assert!(ran.stderr.starts_with("error: lock on "), "{}", ran.stderr);
    holder.end().ok();
    assert_eq!(env.run(["lock", "with", "f", "--", "true"]).ok().stderr, "");
}

#[test]
fn a_wait_names_each_holder_once() {
    let env = TestEnv::new();
    let first = {
        let script = ["lock", "with", "f", "--client", "claude-code", "--", "sh", "-c", crate::common::STAY];
        crate::common::Holder::start(&mut env.aimem(script))
    };
    let mut waiter = env.aimem(["lock", "wait", "f"]).spawn().unwrap();
    let mut stderr = BufReader::new(waiter.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let wanted = format!(
        "waiting for lock on {} held by pid {} (claude-code: aimem lock with f",
        env.path("f").canonicalize().unwrap_or(env.path("").canonicalize().unwrap().join("f")).display(),
        first.pid
    );
    assert!(line.starts_with(&wanted), "{line}\n{wanted}");
    // Another holder, without an instant in which the lock is free for the waiter to see.
    std::fs::write(
        env.lock_dir("f").join("info"),
        format!("PID: 4242\nACQUIRED: x\nHOSTNAME: {}\nTOKEN: ab\n", aimem::sys::machine::host_name()),
    )
    .unwrap();
    line.clear();
    stderr.read_line(&mut line).unwrap();
    assert!(line.contains("held by pid 4242"), "{line}");
    let lost = first.end();
    assert_eq!(lost.code, 76, "its info was overwritten: {}", lost.stderr);
    env.run(["lock", "break", "f"]).ok();
    assert!(waiter.wait().unwrap().success());
    line.clear();
    stderr.read_line(&mut line).unwrap();
    assert_eq!(line, "", "one line a holder");
}

#[test]
fn on_a_terminal_it_is_a_spinner_that_goes_away() {
    if !require("script") {
        return;
    }
    let env = TestEnv::new();
    let holder = env.hold("f");
    let run = |line: &str| {
        let mut command = env.command("script");
        command.args(["-qec", line, "/dev/null"]).env("SHELL", "/bin/sh").env("TERM", "xterm");
        Ran::of(command.output().unwrap())
    };
    let shown = run("\"$AIMEM\" lock wait f -w 700ms").expect(75).stdout;
    assert!(shown.contains("\x1b[2K") && shown.contains("waiting for lock on"), "{shown:?}");
    assert!(shown.contains("\x1b[1;31merror\x1b[0m: "), "{shown:?}");
    let (before, after) = shown.rsplit_once("waiting for lock on").unwrap();
    assert!(after.contains("\r\x1b[2K"), "the spinner is erased: {before:?} {after:?}");
    let plain = run("NO_COLOR=1 \"$AIMEM\" lock wait f -n").expect(75).stdout;
    assert!(!plain.contains('\x1b') && plain.contains("error: "), "{plain:?}");
    // A pipe is no terminal.
    let piped = env.run(["lock", "wait", "f", "-w", "400ms"]).expect(75).stderr;
    assert!(!piped.contains('\x1b') && !piped.contains('\r'), "{piped:?}");
    holder.end().ok();
}

#[test]
fn debugging_tells_of_taking_and_releasing_on_standard_error() {
    let env = TestEnv::new();
    let mut command = env.aimem(["lock", "with", "f", "--", "true"]);
    let ran = Ran::of(command.env("LOCK_DEBUG", "1").output().unwrap()).ok();
    assert!(ran.stderr.contains("took the lock of") && ran.stderr.contains("released"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    env.write("f.json", "{}\n");
    let debugging = |args: &[&str]| Ran::of(env.aimem(args).env("LOCK_DEBUG", "1").output().unwrap());
    for args in [
        vec!["read", "f.json", "--locked"],
        vec!["update", "f.json", ".n = 1", "--backup"],
        vec!["update", "f.json", "error"],
        vec!["write", "f.json", "--content", "{}"],
        vec!["restore", "f.json"],
    ] {
        let said = debugging(&args).stderr;
        let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("debug: ")).collect();
        let [took, released] = lines[..] else { panic!("{args:?}: {said}") };
        assert!(took.contains("took the lock of /") && took.contains("/f.json as "), "{args:?}: {said}");
        assert!(released.contains("released the lock of /"), "{args:?}: {said}");
    }
    let taken = debugging(&["lock", "acquire", "f.json", "--ttl", "1h"]).ok();
    assert!(taken.stderr.contains(taken.stdout.trim_end()), "{}", taken.stderr);
    let released = debugging(&["lock", "release", taken.stdout.trim_end()]).ok();
    assert!(released.stderr.contains("released the lock"), "{}", released.stderr);
}

#[test]
fn wait_returns_when_the_lock_is_free_and_does_not_take_it() {
    let env = TestEnv::new();
    let holder = env.hold("f");
    let mut waiters: Vec<_> = (0..8).map(|_| env.aimem(["lock", "wait", "f"]).spawn().unwrap()).collect();
    holder.end().ok();
    eventually("all of them go on", || waiters.iter_mut().all(|waiter| waiter.try_wait().unwrap().is_some()));
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_busy_neighbour_behind_the_same_guard_never_makes_a_free_file_busy() {
    let env = TestEnv::new();
    // Names whose locks share a guard: the first two digits of their keys.
    let mut by_guard = std::collections::HashMap::<_, Vec<String>>::new();
    let names = (0..).find_map(|number| {
        let name = format!("n{number}");
        let together = by_guard.entry(env.guard(&name)).or_default();
        together.push(name);
        (together.len() == 9).then(|| together.clone())
    });
    let names = names.unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for name in &names[1..] {
            let (env, done) = (&env, &done);
            scope.spawn(move || {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    env.run(["lock", "with", name, "-n", "--", "true"]).ok();
                }
            });
        }
        let free =
            || (0..60).map(|_| env.run(["lock", "with", &names[0], "-n", "--", "true"]).code).collect();
        let codes: Vec<i32> = free();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(codes, [0; 60]);
    });
}

#[test]
fn a_guard_that_is_kept_is_named_with_who_has_it() {
    let env = TestEnv::new();
    env.run(["lock", "with", "f", "--", "true"]).ok();
    let guard = std::fs::File::open(env.guard("f")).unwrap();
    assert!(aimem::sys::file::try_flock(&guard, aimem::sys::file::Flock::Exclusive).unwrap());
    let ran = env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
    let me = std::process::id().to_string();
    assert!(ran.stderr.contains("the guard") && ran.stderr.contains(&me), "{}", ran.stderr);
    // The look of somebody who does not want the lock needs no guard.
    assert_eq!(env.verdict("f"), "free");
}
