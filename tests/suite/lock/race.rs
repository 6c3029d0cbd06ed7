//! Many writers on one file at once: nothing is lost, nothing is torn, nothing is left behind.

use std::collections::BTreeSet;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::common::{Ran, TestEnv};

fn append(env: &TestEnv, id: &str) -> Child {
    let filter = format!(".sessions += [{{\"id\": \"{id}\"}}]");
    env.aimem(["update", "sessions.json", &filter]).spawn().unwrap()
}

#[track_caller]
fn assert_all_there(env: &TestEnv, count: usize) {
    let document = env.json("sessions.json");
    let sessions = document["sessions"].as_array().unwrap();
    let ids: BTreeSet<&str> = sessions.iter().map(|session| session["id"].as_str().unwrap()).collect();
    assert_eq!((sessions.len(), ids.len()), (count, count), "ids there, distinct ids");
    assert_eq!(env.lock_names(), [""; 0], "locks left behind");
    assert_nothing_happened(env);
    assert_eq!(TestEnv::names_in(&env.path("")), ["sessions.json"]);
}

/// Nobody died and nobody gave up: the journal may know of long waits, but of nothing else.
#[track_caller]
fn assert_nothing_happened(env: &TestEnv) {
    let journal = std::fs::read_to_string(env.locks().join("journal.jsonl")).unwrap_or_default();
    let bad: Vec<&str> = journal.lines().filter(|line| !line.contains(r#""event":"waited""#)).collect();
    assert_eq!(bad, [""; 0]);
}

/// So many clients, each appending so many times in a row.
fn clients(env: &TestEnv, clients: usize, times: usize) {
    thread::scope(|scope| {
        for client in 0..clients {
            scope.spawn(move || {
                for time in 0..times {
                    let child = append(env, &format!("{client}-{time}"));
                    Ran::of(child.wait_with_output().unwrap()).ok();
                }
            });
        }
    });
}

#[test]
fn fifty_updates_started_at_once_are_all_there() {
    let env = TestEnv::new();
    env.write("sessions.json", "{\"sessions\": []}\n");
    let children: Vec<Child> = (0..50).map(|id| append(&env, &id.to_string())).collect();
    for child in children {
        Ran::of(child.wait_with_output().unwrap()).ok();
    }
    assert_all_there(&env, 50);
}

#[test]
fn three_clients_with_five_updates_each() {
    let env = TestEnv::new();
    env.write("sessions.json", "{\"sessions\": []}\n");
    clients(&env, 3, 5);
    assert_all_there(&env, 15);
}

#[test]
fn eight_clients_and_a_reader_that_never_sees_half_a_file() {
    let env = TestEnv::new();
    env.write("sessions.json", "{\"sessions\": []}\n");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut reads, mut longest) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                // Without aimem, and so without any lock: the file itself must always be whole.
                let seen = env.json("sessions.json")["sessions"].as_array().unwrap().len();
                assert!(seen >= longest, "a session was there and is gone again");
                (reads, longest) = (reads + 1, seen);
            }
            reads
        });
        clients(&env, 8, 50);
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 8);
    });
    assert_all_there(&env, 400);
}

/// Reads a number with its tag and writes the next one, until nobody was faster.
const COMPARE_AND_SWAP: &str = r#"
    while :; do
        tag=$("$AIMEM" read counter.json --etag) || exit 90
        next=$("$AIMEM" read counter.json '.n += 1') || exit 91
        printf '%s\n' "$next" | "$AIMEM" write counter.json --if-match "$tag" 2>/dev/null
        code=$?
        [ $code -eq 0 ] && exit 0
        [ $code -eq 76 ] || exit $code
    done"#;

/// Two guests of one lock at once, who must exclude each other.
const TWO_GUESTS: &str = r#"
    "$AIMEM" update counter.json '.n += 1' & one=$!
    "$AIMEM" update counter.json '.n += 1' & two=$!
    wait $one && wait $two"#;

#[test]
fn sixty_four_processes_of_every_kind_lose_no_increment() {
    let env = TestEnv::new();
    env.write("counter.json", "{\"n\": 0}\n");
    let mut children = Vec::new();
    let mut wanted = 0;
    for number in 0..64 {
        let (mut command, increments) = match number % 8 {
            0..=2 => (env.aimem(["update", "counter.json", ".n += 1"]), 1),
            3 => (env.sh(COMPARE_AND_SWAP), 1),
            4 | 5 => (env.aimem(["lock", "with", "counter.json", "--", "sh", "-c", TWO_GUESTS]), 2),
            _ => (env.aimem(["read", "counter.json", ".n"]), 0),
        };
        wanted += increments;
        children.push((number % 8 > 5, command.spawn().unwrap()));
    }
    for (reads, child) in children {
        let ran = Ran::of(child.wait_with_output().unwrap()).ok();
        if reads {
            let seen: i64 = ran.stdout.trim().parse().unwrap();
            assert!((0..=wanted).contains(&seen), "{seen}");
        }
    }
    assert_eq!(env.json("counter.json")["n"], wanted);
    assert_nothing_happened(&env);
    assert_eq!(env.lock_names(), [""; 0]);
    assert_eq!(TestEnv::names_in(&env.path("")), ["counter.json"]);
}

/// Adds one to a plain file in a way that only a lock makes safe, and proves that it is alone.
const ALONE: &str = r#"
    exec 9>>detector
    flock -n 9 || { echo overlap >>overlaps; exit 99; }
    n=$(cat number)
    echo $((n + 1)) >number"#;

#[test]
fn commands_under_one_lock_are_never_inside_together() {
    if !crate::common::require("flock") {
        return;
    }
    let env = TestEnv::new();
    env.write("number", "0\n");
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..5 {
                    env.run(["lock", "with", "number", "--", "sh", "-c", ALONE]).ok();
                }
            });
        }
    });
    assert_eq!(env.read("number"), "80\n");
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn files_locked_together_in_any_order_never_block_each_other_for_good() {
    let env = TestEnv::new();
    for name in ["a", "b", "c"] {
        env.write(name, "0\n");
    }
    let add = "for f in a b c; do n=$(cat $f); echo $((n + 1)) >$f; done";
    let orders = [["a", "b", "c"], ["c", "b", "a"], ["b", "a", "c"], ["c", "a", "b"]];
    thread::scope(|scope| {
        for order in orders.iter().cycle().take(8) {
            let env = &env;
            scope.spawn(move || {
                for _ in 0..5 {
                    let mut args = vec!["lock", "with"];
                    // Twice the same file is one lock.
                    args.extend(order.iter().chain(&order[..1]));
                    args.extend(["--", "sh", "-c", add]);
                    env.run(args).ok();
                }
            });
        }
    });
    assert_eq!(["a", "b", "c"].map(|name| env.read(name)), ["40\n", "40\n", "40\n"]);
}
