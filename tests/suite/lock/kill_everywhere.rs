//! SIGKILL at every system call of take and release: wherever aimem dies, the next taker is in at
//! once when the owner or the lease has ended, and `locks show` told the truth.
//!
//! `strace` kills the process as it enters a system call, in one run for each call that it makes.
//! In the short form the calls before the first one on the lock root, which are those of any
//! program, are left out, and of the others every fifth is tried; the long form
//! (`AIMEM_LONG_TESTS=1`) tries every single one.

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::{Killed, Ran, TestEnv, aimem_path, eventually, long_tests, require};

/// How many are tried at the same time: most of the time goes into waiting.
const AT_ONCE: usize = 6;

/// Makes the file system look like one that has no exclusive rename.
const PLAIN_RENAME: [&str; 2] = ["-e", "inject=renameat2:error=EINVAL"];

/// A command to be killed, in a world of its own.
struct Scenario {
    /// What `strace` does besides.
    besides: &'static [&'static str],
    /// Prepares the world and returns the command line to kill.
    start: fn(&World) -> Vec<String>,
    /// After the kill: what may stand there while the owner lives.
    honest: fn(&World, &Shown),
    /// Ends the owner or the lease.
    end: fn(&World),
}

struct World {
    env: TestEnv,
    /// Whoever owns the lock of `lock acquire`.
    owner: std::sync::Mutex<Option<Killed>>,
    id: std::sync::Mutex<String>,
}

/// What `locks show` says of the one lock that there may be.
struct Shown {
    verdict: String,
    why: String,
}

impl World {
    fn new() -> World {
        let env = TestEnv::new();
        env.write("f", "{}\n");
        env.make_root();
        World { env, owner: Default::default(), id: Default::default() }
    }

    fn start_owner(&self) -> String {
        let owner = self.env.command("sleep").arg("600").spawn().unwrap();
        let pid = owner.id().to_string();
        *self.owner.lock().unwrap() = Some(Killed(owner));
        pid
    }

    fn acquire(&self, how: &[&str]) -> String {
        let id = self.env.run(["lock", "acquire", "f"].iter().chain(how)).ok().stdout;
        *self.id.lock().unwrap() = id.trim().to_owned();
        id.trim().to_owned()
    }

    fn shown(&self) -> Shown {
        let text = self.env.run(["locks", "show", "--json"]).ok().stdout;
        let locks: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert!(locks.len() <= 1, "{text}");
        let word = |key: &str| {
            locks.first().map_or("free".to_owned(), |lock| lock[key].as_str().unwrap().to_owned())
        };
        Shown { verdict: word("verdict"), why: word("why") }
    }
}

impl Shown {
    /// Nobody is alive: the lock is gone, or stale.
    #[track_caller]
    fn assert_nobody_has_it(&self) {
        let honest = matches!(self.verdict.as_str(), "free" | "stale");
        assert!(honest, "nobody has it, but it is {}: {}", self.verdict, self.why);
    }

    /// Somebody may have it, and that must be the reason.
    #[track_caller]
    fn assert_held_because(&self, reason: &str) {
        if !self.why.contains(reason) {
            self.assert_nobody_has_it();
        } else {
            assert_eq!(self.verdict, "held", "{}", self.why);
        }
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn strace(world: &World, options: &[&str], args: &[String]) -> Command {
    let mut command = world.env.command("strace");
    command.args(["-qq", "-o"]).arg(world.env.root().join("trace")).args(options);
    command.arg("--").arg(aimem_path()).args(args);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// One system call of a run: `strace` counts each kind on its own.
struct Call {
    name: String,
    count: usize,
}

/// The calls of an undisturbed run that shall be tried.
fn calls(scenario: &Scenario) -> Vec<Call> {
    let world = World::new();
    let args = (scenario.start)(&world);
    assert!(strace(&world, scenario.besides, &args).status().unwrap().success());
    let trace = std::fs::read_to_string(world.env.root().join("trace")).unwrap();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut calls = Vec::new();
    let mut is_interesting = long_tests();
    for line in trace.lines() {
        let Some((name, _)) = line.split_once('(') else { continue };
        let name = name.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ' ');
        if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            continue;
        }
        let count = counts.entry(name).or_default();
        *count += 1;
        is_interesting |= line.contains(".locks");
        // The first one starts the program; a signal's return is none of its own.
        let is_besides = scenario.besides.iter().any(|option| option.contains(&format!("={name}:")));
        if is_interesting && !is_besides && !["execve", "rt_sigreturn"].contains(&name) {
            calls.push(Call { name: name.to_owned(), count: *count });
        }
    }
    let step = if long_tests() { 1 } else { 5 };
    calls.into_iter().step_by(step).collect()
}

/// Kills at one call. False when the command has ended before it came to that.
fn kill_at(scenario: &Scenario, call: &Call) -> bool {
    let world = World::new();
    let args = (scenario.start)(&world);
    let inject = format!("inject={}:signal=KILL:when={}", call.name, call.count);
    let killed: Child =
        strace(&world, &[scenario.besides, &["-e", &inject]].concat(), &args).spawn().unwrap();
    let killed = Ran::of(killed.wait_with_output().unwrap()).code == 128 + 9;
    (scenario.honest)(&world, &world.shown());
    (scenario.end)(&world);
    world.shown().assert_nobody_has_it();
    let next = world.env.run(["lock", "with", "f", "--nonblock", "--client", "next", "--", "true"]);
    assert_eq!(next.code, 0, "killed at {} {} of {args:?}: {}", call.name, call.count, next.stderr);
    assert_eq!(world.shown().verdict, "free");
    killed
}

fn everywhere(scenario: Scenario) {
    if !require("strace") {
        return;
    }
    let calls = calls(&scenario);
    let next = AtomicUsize::new(0);
    let killed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(call) = calls.get(next.fetch_add(1, Ordering::Relaxed)) {
                    killed.fetch_add(usize::from(kill_at(&scenario, call)), Ordering::Relaxed);
                }
            });
        }
    });
    let killed = killed.into_inner();
    eprintln!("killed at {killed} of {} system calls", calls.len());
    // A run may have a few calls more or less than the one before.
    assert!(killed > 10 && killed * 10 >= calls.len() * 9, "killed at {killed} of {}", calls.len());
}

#[test]
fn lock_with_may_be_killed_at_any_call() {
    everywhere(Scenario {
        besides: &[],
        start: |_| words(&["lock", "with", "f", "--", "true"]),
        honest: |_, shown| shown.assert_held_because("has the kernel lock"),
        // The command may have been started: `true` does not last.
        end: |world| eventually("the command ends", || !world.shown().why.contains("kernel lock")),
    });
}

#[test]
fn lock_with_may_be_killed_at_any_call_where_there_is_no_exclusive_rename() {
    everywhere(Scenario {
        besides: &PLAIN_RENAME,
        start: |_| words(&["lock", "with", "f", "--", "true"]),
        honest: |_, shown| shown.assert_held_because("has the kernel lock"),
        end: |world| eventually("the command ends", || !world.shown().why.contains("kernel lock")),
    });
}

#[test]
fn lock_with_over_a_dead_lock_may_be_killed_at_any_call() {
    everywhere(Scenario {
        besides: &[],
        start: |world| {
            let pid = world.start_owner();
            world.acquire(&["--pid", &pid]);
            world.owner.lock().unwrap().take();
            words(&["lock", "with", "f", "--", "true"])
        },
        honest: |_, shown| shown.assert_held_because("has the kernel lock"),
        end: |world| eventually("the command ends", || !world.shown().why.contains("kernel lock")),
    });
}

#[test]
fn acquire_may_be_killed_at_any_call() {
    everywhere(Scenario {
        besides: &[],
        start: |world| {
            let pid = world.start_owner();
            words(&["lock", "acquire", "f", "--pid", &pid])
        },
        honest: |_, shown| shown.assert_held_because("is alive"),
        end: |world| drop(world.owner.lock().unwrap().take()),
    });
}

#[test]
fn release_may_be_killed_at_any_call() {
    everywhere(Scenario {
        besides: &[],
        start: |world| {
            let pid = world.start_owner();
            let id = world.acquire(&["--pid", &pid]);
            words(&["lock", "release", &id])
        },
        // Whole or gone, never half: the owner's lock is either held or free.
        honest: |_, shown| {
            let alive = shown.verdict == "held" && shown.why.contains("is alive");
            assert!(shown.verdict == "free" || alive, "{}: {}", shown.verdict, shown.why);
        },
        end: |world| drop(world.owner.lock().unwrap().take()),
    });
}

#[test]
fn renew_may_be_killed_at_any_call() {
    everywhere(Scenario {
        besides: &[],
        start: |world| {
            let id = world.acquire(&["--ttl", "10m"]);
            words(&["lock", "renew", &id, "--ttl", "5m"])
        },
        honest: |_, shown| {
            let runs = shown.verdict == "held" && shown.why.contains("its lease runs for another");
            assert!(runs, "{}: {}", shown.verdict, shown.why);
        },
        // The lease is whole, whatever the killed one did to it: its holder can cut it short.
        end: |world| {
            let id = world.id.lock().unwrap().clone();
            world.env.run(["lock", "renew", &id, "--ttl", "1ms"]).ok();
            eventually("it expires", || world.shown().verdict == "stale");
        },
    });
}

#[test]
fn an_update_may_be_killed_at_any_call() {
    everywhere(Scenario {
        besides: &[],
        start: |_| words(&["update", "f", ".n += 1"]),
        honest: |world, shown| {
            shown.assert_nobody_has_it();
            let document = world.env.json("f");
            assert!(
                document == serde_json::json!({}) || document == serde_json::json!({"n": 1}),
                "{document}"
            );
        },
        end: |_| {},
    });
}

/// The file is one of these, whole.
fn holds_one_of(world: &World, versions: &[&str]) {
    let text = world.env.read("f");
    assert!(versions.contains(&text.as_str()), "{text:?}");
}

#[test]
fn an_edit_may_be_killed_at_any_call() {
    everywhere(Scenario {
        besides: &[],
        start: |world| {
            world.env.write("f", "one\ntwo\n");
            words(&["edit", "f", "--old", "two", "--new", "three"])
        },
        honest: |world, shown| {
            shown.assert_nobody_has_it();
            holds_one_of(world, &["one\ntwo\n", "one\nthree\n"]);
        },
        end: |_| {},
    });
}

#[test]
fn an_update_of_lines_may_be_killed_at_any_call() {
    everywhere(Scenario {
        besides: &[],
        start: |world| {
            world.env.write("g.jsonl", "{\"n\":1}\ntorn\n{\"n\":2}\n");
            std::fs::remove_file(world.env.path("f")).unwrap();
            std::os::unix::fs::symlink("g.jsonl", world.env.path("f")).unwrap();
            words(&["update", "f", "select(.n > 1)"])
        },
        honest: |world, shown| {
            shown.assert_nobody_has_it();
            let text = world.env.read("g.jsonl");
            let whole = ["{\"n\":1}\ntorn\n{\"n\":2}\n", "torn\n{\"n\":2}\n"];
            assert!(whole.contains(&text.as_str()), "{text:?}");
        },
        end: |_| {},
    });
}

#[test]
fn an_append_may_be_killed_at_any_call() {
    everywhere(Scenario {
        besides: &[],
        start: |world| {
            world.env.write("f", "one\ntorn");
            words(&["append", "f", "two"])
        },
        honest: |world, shown| {
            shown.assert_nobody_has_it();
            holds_one_of(world, &["one\ntorn", "one\ntorn\ntwo\n"]);
        },
        end: |_| {},
    });
}

#[test]
fn an_append_that_sets_the_file_aside_may_be_killed_at_any_call() {
    everywhere(Scenario {
        besides: &[],
        start: |world| {
            world.env.write("f", "one\n");
            world.env.write("f.1", "older\n");
            words(&["append", "f", "two", "--max-size", "6", "--keep", "3"])
        },
        honest: |world, shown| {
            shown.assert_nobody_has_it();
            // Every line is there, whole, and in its order.
            let files = ["f.3", "f.2", "f.1", "f"].map(|name| std::fs::read_to_string(world.env.path(name)));
            let text: String = files.into_iter().flatten().collect();
            assert!(["older\none\n", "older\none\ntwo\n"].contains(&text.as_str()), "{text:?}");
        },
        // It makes the file again, if that was at the moment in between.
        end: |world| drop(world.env.run(["append", "f", "next"]).ok()),
    });
}

#[test]
fn cleanup_may_be_killed_at_any_call() {
    everywhere(Scenario {
        besides: &[],
        start: |world| {
            let pid = world.start_owner();
            world.acquire(&["--pid", &pid]);
            world.owner.lock().unwrap().take();
            words(&["locks", "cleanup"])
        },
        honest: |_, shown| shown.assert_nobody_has_it(),
        end: |_| {},
    });
}
