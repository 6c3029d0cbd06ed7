//! Many at once: no line is lost, torn or joined to another, whoever is killed.
//!
//! The long forms (`AIMEM_LONG_TESTS=1`) are those that the promise is made of; the short ones have
//! as many processes, and fewer lines.

use std::collections::HashMap;
use std::fs;
use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::{Ran, TestEnv, long_tests};

/// A child that somebody else may kill while it is waited for.
#[derive(Default)]
struct Victim(Mutex<Option<Child>>);

impl Victim {
    /// Runs it to its end, and says whether it succeeded.
    fn run(&self, child: Child) -> bool {
        *self.0.lock().unwrap() = Some(child);
        loop {
            if let Some(status) = self.0.lock().unwrap().as_mut().unwrap().try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    fn kill(&self) {
        if let Some(child) = self.0.lock().unwrap().as_mut() {
            // One that was waited for already is left alone.
            let _ = child.kill();
        }
    }
}

fn line(writer: usize, number: usize) -> String {
    format!("writer {writer:02} line {number:04} {}", "x".repeat(178))
}

/// Every confirmed line is there once and in its writer's order; any other one is what a killed
/// writer was about to write, or the beginning of it.
fn check(text: &str, confirmed: &[Vec<usize>], lines: usize) {
    let mut found: HashMap<&str, usize> = HashMap::new();
    for found_line in text.lines() {
        *found.entry(found_line).or_default() += 1;
    }
    let last = |writer: usize| {
        let own = format!("writer {writer:02} ");
        text.lines().filter(move |line| line.starts_with(&own) && line.len() == 200).collect::<Vec<_>>()
    };
    for (writer, confirmed) in confirmed.iter().enumerate() {
        let ours = last(writer);
        assert!(ours.is_sorted(), "the lines of writer {writer} are out of order");
        for &number in confirmed {
            assert_eq!(
                found.remove(line(writer, number).as_str()),
                Some(1),
                "writer {writer}, line {number}"
            );
        }
    }
    let unconfirmed: Vec<String> = (0..confirmed.len())
        .flat_map(|writer| (0..lines).map(move |number| (writer, number)))
        .filter(|(writer, number)| !confirmed[*writer].contains(number))
        .map(|(writer, number)| line(writer, number))
        .collect();
    for (rest, times) in found {
        let known = unconfirmed.iter().any(|line| line.starts_with(rest));
        assert!(known && times == 1, "{times} times: {rest:?}");
    }
}

#[test]
fn every_confirmed_line_of_twenty_writers_is_there_once_whoever_is_killed() {
    let env = TestEnv::new();
    let (writers, lines) = (20, if long_tests() { 500 } else { 6 });
    env.write("log", "torn by hand");
    let victims: Vec<Victim> = (0..writers).map(|_| Victim::default()).collect();
    let left = AtomicUsize::new(writers);
    let killed = AtomicUsize::new(0);
    let confirmed: Vec<Vec<usize>> = std::thread::scope(|scope| {
        let running: Vec<_> = victims
            .iter()
            .enumerate()
            .map(|(writer, victim)| {
                let (env, left) = (&env, &left);
                scope.spawn(move || {
                    let append = |number: &usize| {
                        victim.run(env.aimem(["append", "log", &line(writer, *number)]).spawn().unwrap())
                    };
                    let confirmed = (0..lines).filter(append).collect();
                    left.fetch_sub(1, Ordering::Relaxed);
                    confirmed
                })
            })
            .collect();
        scope.spawn(|| {
            while left.load(Ordering::Relaxed) > 0 {
                std::thread::sleep(Duration::from_millis(50));
                victims[fastrand::usize(..writers)].kill();
                killed.fetch_add(1, Ordering::Relaxed);
            }
        });
        running.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let text = env.read("log");
    let text = text.strip_prefix("torn by hand\n").expect("the torn line is closed");
    check(text, &confirmed, lines);
    let count: usize = confirmed.iter().map(Vec::len).sum();
    eprintln!("{count} of {} lines were confirmed, {} kills", writers * lines, killed.into_inner());
    assert!(count > writers * lines / 2, "{count}");
}

/// Appenders under two lock roots, and others under a third one that replace the file: the folder's
/// kernel lock is all that they share.
#[test]
fn appended_lines_survive_those_who_replace_the_file_under_another_lock() {
    let env = TestEnv::new();
    let lines = if long_tests() { 200 } else { 6 };
    env.write("log", "head\n");
    for root in ["a", "b", "c"] {
        fs::create_dir(env.path(root)).unwrap();
    }
    let run = |root: &str, args: &[&str]| {
        let mut command = env.aimem(args);
        Ran::of(command.env("AIMEM_LOCK_DIR", env.path(root)).output().unwrap()).ok();
    };
    std::thread::scope(|scope| {
        for writer in 0..9 {
            scope.spawn(move || {
                for number in 0..lines {
                    let line = line(writer, number);
                    match writer % 3 {
                        0 => run("a", &["append", "log", &line]),
                        1 => run("b", &["append", "log", &line]),
                        _ => run("c", &["insert", "log", "--after", "head", &line]),
                    }
                }
            });
        }
    });
    let text = env.read("log");
    let mut found: Vec<&str> = text.lines().filter(|line| *line != "head").collect();
    found.sort_unstable();
    let all = (0..9).flat_map(|writer| (0..lines).map(move |number| line(writer, number)));
    assert_eq!(found, all.collect::<Vec<_>>());
}

/// Readers take no lock, and meet no line that is half there, however busy the writers are.
#[test]
fn a_log_is_read_while_others_append_to_it() {
    let env = TestEnv::new();
    let lines = if long_tests() { 200 } else { 8 };
    env.write("log.jsonl", "{\"first\": true}\n");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let env = &env;
                scope.spawn(move || {
                    for number in 0..lines {
                        let line = format!("{{\"writer\": {writer}, \"number\": {number}}}");
                        env.run(["append", "log.jsonl", &line]).ok();
                    }
                })
            })
            .collect();
        let reader = scope.spawn(|| {
            let mut last = 1;
            while !done.load(Ordering::Relaxed) {
                let count: usize =
                    env.run(["read", "log.jsonl", "-s", "length"]).ok().stdout.trim().parse().unwrap();
                assert!(count >= last, "{count} after {last}");
                last = count;
            }
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
    let count = env.run(["read", "log.jsonl", "-s", "length"]).ok().stdout;
    assert_eq!(count.trim(), (8 * lines + 1).to_string());
}

#[test]
fn no_edit_of_eight_agents_is_lost_while_a_ninth_rewrites_the_file() {
    let env = TestEnv::new();
    let (agents, edits) = (8, if long_tests() { 100 } else { 6 });
    let first: String = (0..agents).map(|agent| format!("- agent {agent}: 0 done\n")).collect();
    env.write("TODO.md", format!("# Plan\n\n{first}"));
    let done = AtomicBool::new(false);
    let (mut written, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..agents)
            .map(|agent| {
                let env = &env;
                scope.spawn(move || {
                    for number in 0..edits {
                        let (old, new) = (number, number + 1);
                        let (old, new) =
                            (format!("agent {agent}: {old} done"), format!("agent {agent}: {new} done"));
                        env.run(["edit", "TODO.md", "--old", &old, "--new", &new]).ok();
                    }
                })
            })
            .collect();
        let (env, done) = (&env, &done);
        let ninth = scope.spawn(move || {
            let (mut written, mut refused) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                let text = fs::read(env.path("TODO.md")).unwrap();
                let tag = aimem::place::etag(&text);
                let text = [text, format!("- written {written}\n").into_bytes()].concat();
                match env.run_with_input(["write", "TODO.md", "--if-match", &tag], &text) {
                    Ran { code: 0, .. } => written += 1,
                    Ran { code: 76, .. } => refused += 1,
                    other => panic!("{other:?}"),
                }
            }
            (written, refused)
        });
        running.into_iter().for_each(|agent| agent.join().unwrap());
        done.store(true, Ordering::Relaxed);
        (written, refused) = ninth.join().unwrap();
    });
    let text = env.read("TODO.md");
    for agent in 0..agents {
        assert!(text.contains(&format!("agent {agent}: {edits} done\n")), "{text}");
    }
    let expected: Vec<String> = (0..written).map(|number| format!("- written {number}")).collect();
    let found: Vec<&str> = text.lines().filter(|line| line.starts_with("- written")).collect();
    assert_eq!(found, expected);
    eprintln!("{} edits beside {written} rewrites, {refused} refused", agents * edits);
}
