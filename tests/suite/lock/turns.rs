//! The queue before a lock: its order, and what stops in it.

use std::fs;
use std::process::{Child, Command};

use crate::common::{Holder, Inside, Killed, TestEnv, eventually, lives, signal};

/// Whether a process stands in the queue of some lock.
fn is_queued(pid: u32) -> bool {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    descriptors
        .filter_map(|descriptor| fs::read_link(descriptor.path()).ok())
        .any(|file| file.extension().is_some_and(|kind| kind == "turn"))
}

/// Starts a command that waits for the lock of `f`, and comes back when it stands in the queue.
fn queue(env: &TestEnv, inside: &Inside, who: usize, options: &[&str]) -> Killed {
    let words = inside.command(&who.to_string(), "0");
    let mut command: Command = env.aimem(["lock", "with", "f"]);
    command.args(options).arg("--").args(words);
    let waiter = Killed(command.spawn().unwrap());
    // One that waits for a moment only may have gone by now.
    eventually("a waiter in the queue", || is_queued(waiter.0.id()) || !lives(waiter.0.id()));
    waiter
}

fn queue_all(env: &TestEnv, inside: &Inside, how_many: usize) -> (Holder, Vec<Killed>) {
    let holder = env.hold("f");
    let waiters = (0..how_many).map(|who| queue(env, inside, who, &[])).collect();
    (holder, waiters)
}

fn ended(waiter: &mut Killed) -> Option<i32> {
    let child: &mut Child = &mut waiter.0;
    child.wait().unwrap().code()
}

/// Who waits for long looks by itself, once in a while, and may be lucky: so a few may overtake.
#[test]
fn who_comes_first_is_let_in_first() {
    const WAITERS: usize = 10;
    if !cfg!(target_os = "linux") {
        return;
    }
    let env = TestEnv::new();
    let inside = Inside::new(&env, "turns");
    let (mut holder, mut waiters) = queue_all(&env, &inside, WAITERS);
    holder.let_go();
    for waiter in &mut waiters {
        assert_eq!(ended(waiter), Some(0));
    }
    inside.assert_exclusive(WAITERS);
    let order: Vec<usize> =
        inside.entries().iter().map(|entry| entry.split(' ').next().unwrap().parse().unwrap()).collect();
    let overtaken = order.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!(overtaken <= 2, "{order:?}");
}

#[test]
fn who_is_stopped_killed_or_gives_up_in_the_queue_holds_nobody_up() {
    const WAITERS: usize = 9;
    if !cfg!(target_os = "linux") {
        return;
    }
    let env = TestEnv::new();
    let inside = Inside::new(&env, "turns");
    let (mut holder, mut waiters) = queue_all(&env, &inside, WAITERS);
    // The first, one in the middle, and the last; and two that do not wait for long.
    for stopped in [0, 4, WAITERS - 1] {
        signal(waiters[stopped].0.id(), "STOP");
    }
    signal(waiters[2].0.id(), "KILL");
    signal(waiters[6].0.id(), "TERM");
    let mut impatient = queue(&env, &inside, 100, &["--timeout", "50ms"]);
    assert_eq!(ended(&mut impatient), Some(75));
    holder.let_go();
    for who in [1, 3, 5, 7] {
        assert_eq!(ended(&mut waiters[who]), Some(0), "{who}");
    }
    assert_eq!(ended(&mut waiters[6]), Some(128 + 15));
    for stopped in [0, 4, WAITERS - 1] {
        signal(waiters[stopped].0.id(), "CONT");
        assert_eq!(ended(&mut waiters[stopped]), Some(0), "{stopped}");
    }
    inside.assert_exclusive(WAITERS - 2);
    assert_eq!(inside.entries().len(), WAITERS - 2);
}

#[test]
fn a_queue_that_nobody_stands_in_is_swept_with_other_leftovers() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let env = TestEnv::new();
    let inside = Inside::new(&env, "turns");
    let (mut holder, mut waiters) = queue_all(&env, &inside, 1);
    let turns = || {
        let names = TestEnv::names_in(&env.locks().join(".guards"));
        names.into_iter().filter(|name| name.ends_with(".turn")).count()
    };
    env.run(["locks", "cleanup"]).ok();
    assert_eq!(turns(), 1, "somebody waits");
    holder.let_go();
    assert_eq!(ended(&mut waiters[0]), Some(0));
    env.run(["locks", "cleanup"]).ok();
    assert_eq!(turns(), 0);
}
