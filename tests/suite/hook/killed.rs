//! SIGKILL at every system call of a hook: the next event finds things in order, and nobody is kept out for
//! longer than a lease.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Session;
use crate::common::strace::{record_from, traced};
use crate::common::{TestEnv, long_tests, require};

/// How far apart the calls are that are tried, in the short form.
const STEP: usize = 9;

/// Kills a hook at many of its calls; each time in a world of its own, which `prepare` has made ready.
fn everywhere(name: &'static str, prepare: fn(&Session<'_>), check: fn(&Session<'_>, &Session<'_>)) {
    if !require("strace") {
        return;
    }
    let world = || {
        let env = TestEnv::new();
        env.write("f", "1");
        env
    };
    let hook = ["hook", "run", "--client", "claude-code"];
    let input = |env: &TestEnv| {
        let event = Session::claude(env, "1").event(name, "f");
        env.write("event", event.to_string())
    };
    let env = world();
    prepare(&Session::claude(&env, "1"));
    let event = std::fs::File::open(input(&env)).unwrap();
    let (_, all) = record_from(&env, hook, event);
    let first = all.iter().position(|call| call.name == "read").unwrap_or(0);
    let step = if long_tests() { 1 } else { STEP };
    let chosen: Vec<_> = all.into_iter().skip(first).step_by(step).collect();
    let (next, killed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(call) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let env = world();
                    let (one, other) = (Session::claude(&env, "1"), Session::claude(&env, "2"));
                    prepare(&one);
                    let inject = format!("inject={}:signal=KILL:when={}", call.name, call.nth);
                    let mut traced = traced(&env, &["-e", &inject], hook);
                    traced.stdin(std::fs::File::open(input(&env)).unwrap());
                    let ran = crate::common::Ran::of(traced.output().unwrap());
                    killed.fetch_add(usize::from(ran.code == 128 + 9), Ordering::Relaxed);
                    check(&one, &other);
                }
            });
        }
    });
    let killed = killed.into_inner();
    assert!(killed * 10 >= chosen.len() * 8, "killed at {killed} of {}", chosen.len());
}

#[test]
fn before_an_edit() {
    everywhere(
        "PreToolUse-Edit",
        |_| {},
        |one, other| {
            // Either it has the lease, or it has not; and its turn ends it.
            if let Some(why) = other.before_edit("f").denial() {
                assert!(why.contains("claude-code:1"), "{why}");
            }
            other.stop();
            one.before_edit("f").silent();
            one.stop();
            other.before_edit("f").silent();
        },
    );
}

#[test]
fn after_an_edit() {
    let prepare = |one: &Session<'_>| {
        one.before_edit("f").silent();
        one.env.write("f", "2");
    };
    everywhere("PostToolUse-Edit", prepare, |one, other| {
        assert!(other.before_edit("f").denied().contains("claude-code:1"));
        one.stop();
        other.before_edit("f").silent();
    });
}

#[test]
fn at_the_end_of_a_turn() {
    everywhere(
        "Stop",
        |one| one.before_edit("f").silent(),
        |one, other| {
            if let Some(why) = other.before_edit("f").denial() {
                assert!(why.contains("claude-code:1"), "{why}");
            }
            other.stop();
            one.stop();
            other.before_edit("f").silent();
        },
    );
}
