//! Lines of JSON: `read` and `update` of `.jsonl` and `.ndjson`.

use std::fs;
use std::io::{BufWriter, Write};
use std::process::Stdio;

use crate::common::{Ran, TestEnv, long_tests, require};

const LOG: &str = "{\"level\": \"info\", \"n\": 1.50}\n{\"level\":\"debug\",\"n\":2}\nnot JSON\n\n{\"level\": \"info\", \"s\": \"\\u0041\\/\"}\r\n{\"torn\": ";

#[test]
fn a_filter_changes_each_line_and_keeps_every_other_byte() {
    let env = TestEnv::new();
    let updated = |filter: &[&str]| {
        env.write("log.jsonl", LOG);
        let ran = env.run([&["update", "log.jsonl"], filter].concat()).ok();
        (env.read("log.jsonl"), ran.stderr)
    };
    let (text, said) = updated(&["select(.level != \"debug\")"]);
    assert_eq!(text, LOG.replace("{\"level\":\"debug\",\"n\":2}\n", ""));
    assert!(said.contains("log.jsonl: line 3 is not valid JSON"), "{said}");
    assert!(said.contains("log.jsonl: line 6 is not valid JSON"), "{said}");
    assert!(said.contains("2 lines in all"), "{said}");
    assert_eq!(updated(&["."]).0, LOG);
    assert_eq!(updated(&["if .n == 2 then .n += 1 else . end"]).0, LOG.replace("\"n\":2", "\"n\":3"));
    let several = LOG.replace("{\"level\":\"debug\",\"n\":2}\n", "1\n2\n");
    assert_eq!(updated(&["if .n == 2 then 1, .n else . end"]).0, several);
    let (text, _) = updated(&["empty"]);
    assert_eq!(text, "not JSON\n\n{\"torn\": ");
    let (text, _) = updated(&["-c", "-S", "{n, a: [1, {b: 2}]}"]);
    assert!(text.starts_with("{\"a\":[1,{\"b\":2}],\"n\":1.50}\n"), "{text}");
    assert_eq!(text.lines().count(), LOG.lines().count());
    let (text, _) = updated(&["if type == \"object\" then [.] else . end"]);
    assert_eq!(text.lines().count(), LOG.lines().count());
    assert_eq!(TestEnv::names_in(&env.path("")), ["log.jsonl"]);
}

#[test]
fn the_last_line_needs_no_end() {
    let env = TestEnv::new();
    for (old, filter, new) in
        [("1\n2", ".+1", "2\n3"), ("1\n2", "., .", "1\n1\n2\n2"), ("", ".", ""), ("\n", ".", "\n")]
    {
        env.write("f.ndjson", old);
        env.run(["update", "f.ndjson", filter]).ok();
        assert_eq!(env.read("f.ndjson"), new);
    }
}

#[test]
fn a_failing_filter_names_the_line_and_changes_nothing() {
    let env = TestEnv::new();
    env.write("f.jsonl", "{\"a\": 1}\n{\"a\": \"x\"}\n");
    let failed = env.run(["update", "f.jsonl", ".a += 1", "--backup"]).expect(65);
    assert!(failed.stderr.contains("line 2 of "), "{}", failed.stderr);
    env.run(["update", "f.jsonl", ".a = nan"]).expect(65);
    env.run(["update", "f.jsonl", ".a +"]).expect(65);
    env.run(["update", "none.jsonl", "."]).expect(66);
    assert_eq!(env.read("f.jsonl"), "{\"a\": 1}\n{\"a\": \"x\"}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["f.jsonl"]);
    env.write("f.jsonl", "{}\n{\"a\": 1, \"a\": 2}\n");
    let equal = env.run(["update", "f.jsonl", "."]).expect(65);
    assert!(equal.stderr.contains("line 2 of "), "{}", equal.stderr);
    env.run(["update", "f.jsonl", ".", "--duplicate-keys", "last"]).ok();
    assert_eq!(env.read("f.jsonl"), "{}\n{\"a\": 2}\n");
}

#[test]
fn what_other_updates_have_lines_have_too() {
    let env = TestEnv::new();
    env.write("f.jsonl", "1\n2\n");
    let diff = env.run(["update", "f.jsonl", "select(. > 1)", "--dry-run"]).ok().stdout;
    assert!(diff.contains("\n-1\n"), "{diff}");
    assert_eq!(env.read("f.jsonl"), "1\n2\n");
    assert_eq!(env.run(["update", "f.jsonl", ".+1", "--print", "--backup"]).ok().stdout, "2\n3\n");
    assert_eq!(env.read("f.jsonl.bak"), "1\n2\n");
    env.run(["update", "f.jsonl", ".+1", "--backup"]).ok();
    assert_eq!((env.read("f.jsonl"), env.read("f.jsonl.bak")), ("3\n4\n".into(), "2\n3\n".into()));
    env.run(["update", "f.jsonl", ".+1", "--in-place"]).ok();
    env.run(["update", "f.jsonl", "false", "-e"]).expect(1);
    assert_eq!(env.read("f.jsonl"), "false\nfalse\n");
    env.run(["update", "new.jsonl", "--create", ".a = 1"]).ok();
    assert_eq!(env.read("new.jsonl"), "{\"a\":1}\n");
    let id = env.run(["lock", "acquire", "f.jsonl", "--ttl", "10m"]).ok().stdout.trim().to_owned();
    env.run(["update", "f.jsonl", "1", "-n"]).expect(75);
    env.run(["update", "f.jsonl", "1", "--lock", &id]).ok();
    assert_eq!(env.read("f.jsonl"), "1\n1\n");
}

#[test]
fn a_filter_reads_each_line_or_all_as_an_array() {
    let env = TestEnv::new();
    env.write("log.jsonl", "{\"n\": 1}\n{\"n\": 2}\n");
    assert_eq!(env.run(["read", "log.jsonl", ".n"]).ok().stdout, "1\n2\n");
    assert_eq!(env.run(["read", "log.jsonl"]).ok().stdout, "{\"n\": 1}\n{\"n\": 2}\n");
    assert_eq!(env.run(["read", "log.jsonl", "-c"]).ok().stdout, "{\"n\":1}\n{\"n\":2}\n");
    assert_eq!(env.run(["read", "log.jsonl", "-s", "map(.n) | add"]).ok().stdout, "3\n");
    assert_eq!(env.run(["read", "log.jsonl", "-sc"]).ok().stdout, "[{\"n\":1},{\"n\":2}]\n");
    env.run(["read", "log.jsonl", "-e", ".n == 1"]).expect(1);
    env.write("f.json", "{\"n\": 1}");
    assert_eq!(env.run(["read", "f.json", "-sc"]).ok().stdout, "[{\"n\":1}]\n");
    env.write("f.json", "1,2");
    env.run(["read", "f.json", "-s"]).expect(65);
}

#[test]
fn a_broken_line_is_named_and_left_out_and_the_count_is_told() {
    let env = TestEnv::new();
    env.write("log.jsonl", LOG);
    for (args, out) in [
        (&["-c", ".level"][..], "\"info\"\n\"debug\"\n\"info\"\n"),
        (&["-s", "length"], "3\n"),
        (&["-s", "-c", "map(.n)"], "[1.50,2,null]\n"),
    ] {
        let read = env.run([&["read", "log.jsonl"], args].concat()).expect(65);
        assert_eq!(read.stdout, out);
        assert!(read.stderr.contains("line 3 of log.jsonl: column 1: "), "{}", read.stderr);
        assert!(read.stderr.contains("line 6 of log.jsonl: column "), "{}", read.stderr);
        assert!(read.stderr.contains("2 lines were left out"), "{}", read.stderr);
    }
    // One that the filter fails on is no worse.
    env.write("log.jsonl", "{\"n\": 1}\n[]\n{\"n\": 3}\n");
    let read = env.run(["read", "log.jsonl", ".n"]).expect(65);
    assert_eq!(read.stdout, "1\n3\n");
    assert!(read.stderr.contains("line 2 of log.jsonl: "), "{}", read.stderr);
}

/// The largest size that a child of this test has had, in kilobytes.
fn peak_memory(command: &mut std::process::Command) -> (Ran, u64) {
    let program = command.get_program().to_owned();
    let args: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let mut timed = std::process::Command::new("/usr/bin/time");
    timed.args(["-f", "peak %M"]).arg(program).args(args).stdin(Stdio::null());
    timed.current_dir(command.get_current_dir().unwrap()).env_clear();
    timed.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = Ran::of(timed.output().unwrap());
    let peak =
        ran.stderr.lines().last().and_then(|line| line.strip_prefix("peak ")).unwrap().parse().unwrap();
    (ran, peak)
}

/// In the long form a gigabyte with a hundred thousand broken lines. In the short form forty megabytes
/// of which most are broken lines, which take little time.
#[test]
fn a_large_log_is_never_in_memory() {
    if !require("/usr/bin/time") {
        return;
    }
    let env = TestEnv::new();
    let (lines, every, broken_size, limit) =
        if long_tests() { (5_000_000u32, 50, 150, 100 << 10) } else { (600, 3, 200_000, 32 << 10) };
    {
        let mut log = BufWriter::new(fs::File::create(env.path("log.jsonl")).unwrap());
        let mut kept = BufWriter::new(fs::File::create(env.path("kept")).unwrap());
        let (padding, long) = ("x".repeat(150), "x".repeat(broken_size));
        for n in 0..lines {
            let level = if n % 4 == 0 { "debug" } else { "info" };
            let line = match n % every {
                0 => format!("{{\"level\": \"debug\", \"n\": {n}, torn by a crash {long}\n"),
                _ => format!("{{\"level\": \"{level}\", \"n\": {n}, \"message\": \"{padding}\"}}\n"),
            };
            log.write_all(line.as_bytes()).unwrap();
            if n % every == 0 || level == "info" {
                kept.write_all(line.as_bytes()).unwrap();
            }
        }
    }
    let size = fs::metadata(env.path("log.jsonl")).unwrap().len();
    let started = std::time::Instant::now();
    let (ran, peak) = peak_memory(&mut env.aimem(["update", "log.jsonl", "select(.level != \"debug\")"]));
    let took = started.elapsed();
    let broken = lines.div_ceil(every);
    let ran = ran.expect(0);
    assert!(ran.stderr.contains(&format!("{broken} lines in all are not valid JSON")));
    assert_eq!(ran.stderr.lines().filter(|line| line.contains("it was kept")).count(), broken as usize);
    assert!(env.command("cmp").args(["kept", "log.jsonl"]).status().unwrap().success());
    let read = env.run(["read", "log.jsonl", "-c", "select(false)"]).expect(65);
    assert!(read.stderr.contains(&format!("{broken} lines were left out")));
    eprintln!("{} MB in {took:.1?}, {peak} KB of memory, {broken} broken lines kept", size >> 20);
    assert!(peak < limit, "{peak} KB for {size} bytes");
}
