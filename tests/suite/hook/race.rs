//! Many sessions at once on one file: never two inside.

use std::fs::{self, File};
use std::sync::atomic::{AtomicUsize, Ordering};

use aimem::sys::file::{Flock, try_flock, unlock};

use super::{CLIENTS, Session};
use crate::common::{TestEnv, long_tests};

/// A turn of an agent: edits, when it is let in. In between nobody else may be inside.
fn turn(session: &Session<'_>, detector: &File, edits: usize) -> usize {
    let mut done = 0;
    for _ in 0..edits {
        if session.before_edit("f").denial().is_some() {
            break;
        }
        assert!(try_flock(detector, Flock::Exclusive).unwrap(), "two inside");
        let path = session.env.path("f");
        let count: usize = fs::read_to_string(&path).unwrap().parse().unwrap();
        fs::write(&path, (count + 1).to_string()).unwrap();
        unlock(detector).unwrap();
        let answer = session.after_edit("f");
        assert!(!answer.context().contains("replaced"), "{answer:?}");
        done += 1;
    }
    done
}

#[test]
fn sessions_of_all_clients_never_meet_and_no_edit_is_lost() {
    let env = TestEnv::new();
    env.write("f", "0");
    env.write("detector", "");
    let rounds = if long_tests() { 60 } else { 6 };
    let total = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..9 {
            let (env, total) = (&env, &total);
            scope.spawn(move || {
                let session = Session::new(env, CLIENTS[number % 3], &format!("s{number}"));
                // Each has a descriptor of its own: a kernel lock is the descriptor's.
                let detector = File::open(env.path("detector")).unwrap();
                for round in 0..rounds {
                    let done = turn(&session, &detector, 1 + round % 3);
                    total.fetch_add(done, Ordering::Relaxed);
                    match round % 3 {
                        0 => session.stop(),
                        1 => session.prompt(),
                        _ => drop(session.shell("true")),
                    }
                }
                session.end();
            });
        }
    });
    let total = total.into_inner();
    assert!(total >= rounds, "{total}");
    assert_eq!(env.read("f"), total.to_string());
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn parallel_calls_of_one_session_lose_nothing_that_is_remembered() {
    let env = TestEnv::new();
    let session = Session::claude(&env, "1");
    let rounds = if long_tests() { 40 } else { 4 };
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (env, session) = (&env, &session);
            scope.spawn(move || {
                let file = format!("f{number}");
                env.write(&file, "0");
                for round in 0..rounds {
                    let call = |name: &str| {
                        let mut event = session.event(name, &file);
                        event["tool_use_id"] = format!("{number}-{round}").into();
                        session.ask(&event).silent();
                    };
                    for name in ["PreToolUse-Read", "PostToolUse-Read", "PreToolUse-Write"] {
                        call(name);
                    }
                    env.write(&file, round.to_string());
                    call("PostToolUse-Write");
                }
            });
        }
    });
    for number in 0..8 {
        let file = format!("f{number}");
        // All is remembered: what it has written it may write over, and another's change is seen.
        session.before_write(&file).silent();
        session.stop();
        env.write(&file, "theirs");
        session.before_write(&file).denied();
    }
    let lines = fs::read_to_string(session.file()).unwrap();
    for line in lines.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}
