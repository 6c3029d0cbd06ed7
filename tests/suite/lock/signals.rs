//! Signals to `lock with`, to its command, and to whoever waits or works.

use crate::common::{Holder, PATIENCE, Ran, STAY, TestEnv, eventually, lives, require, signal};

/// A command that says its PID and then sleeps, as one process.
const SLEEPER: &str = "echo $$; exec sleep 1000";

#[test]
fn a_killed_wrapper_leaves_the_lock_to_its_command() {
    let env = TestEnv::new();
    let mut holder = env.hold("f");
    holder.kill();
    // The command lives, and so does the lock.
    assert_eq!(env.verdict("f"), "held");
    let busy = env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
    assert!(busy.stderr.contains(&format!("pid {}", holder.pid)), "{}", busy.stderr);
    assert_eq!(env.run(["locks", "cleanup"]).ok().stdout, "", "nothing to clean up");
    let waiter = env.aimem(["lock", "with", "f", "--", "sh", "-c", "echo $AIMEM_LOCK_RECLAIMED"]);
    let waiter = Holder::launch(&mut { waiter });
    holder.let_go();
    assert_eq!(waiter.wait().ok().stdout, "1\n", "free as soon as the command has ended");
}

#[test]
fn a_script_that_uses_every_low_descriptor_keeps_the_lock() {
    let env = TestEnv::new();
    let script = format!("exec 3>/dev/null 4>&3 5>&3 6>&3 7>&3 8>&3 9>&3; {STAY}");
    let mut holder = Holder::start(&mut env.aimem(["lock", "with", "f", "--", "sh", "-c", &script]));
    holder.kill();
    assert_eq!(env.verdict("f"), "held");
    env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
    holder.let_go();
}

#[test]
fn without_the_inherited_descriptor_the_lock_ends_with_the_wrapper() {
    let env = TestEnv::new();
    let mut holder = Holder::start(&mut env.aimem(["lock", "with", "f", "--close", "--", "sh", "-c", STAY]));
    assert_eq!(env.verdict("f"), "held");
    holder.kill();
    assert_eq!(env.verdict("f"), "stale");
    env.run(["lock", "with", "f", "-n", "--", "true"]).ok();
}

#[test]
fn each_ending_signal_ends_the_command_and_is_the_exit_code() {
    let env = TestEnv::new();
    for (name, code) in
        [("TERM", 143), ("HUP", 129), ("INT", 130), ("QUIT", 131), ("USR1", 138), ("USR2", 140)]
    {
        let mut command = env.aimem(["lock", "with", "f", "--", "sh", "-c", SLEEPER]);
        let mut wrapper = Holder::launch(&mut command);
        let sleeper: u32 = wrapper.line().parse().unwrap();
        eventually("the shell has become sleep", || {
            aimem::sys::process::command_line(sleeper).first().is_some_and(|word| word == "sleep")
        });
        wrapper.signal(name);
        let ran = wrapper.wait();
        assert_eq!(ran.code, code, "{name}: {}", ran.stderr);
        assert!(aimem::sys::process::look_up(sleeper).is_none(), "{name}: the command was not reaped");
        assert_eq!(env.lock_names(), [""; 0], "{name}: the lock was not released");
    }
}

#[test]
fn aimem_exits_and_is_not_killed_by_the_signal_that_it_handled() {
    use std::os::unix::process::ExitStatusExt;
    let env = TestEnv::new();
    let mut child = env.aimem(["lock", "with", "f", "--", "sleep", "1000"]).spawn().unwrap();
    eventually("it holds the lock", || env.verdict("f") == "held");
    // The command may not be there yet: the signal must not be lost all the same.
    signal(child.id(), "TERM");
    let status = child.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(143), None));
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_command_may_take_its_time_to_end_and_choose_its_status() {
    let env = TestEnv::new();
    let script =
        "trap 'echo cleaned >cleaned; exit 3' TERM; echo in; while :; do read line || sleep 0.01; done";
    let wrapper = Holder::start(&mut env.aimem(["lock", "with", "f", "--", "sh", "-c", script]));
    wrapper.signal("TERM");
    wrapper.wait().expect(3);
    assert_eq!(env.read("cleaned"), "cleaned\n");
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_bounded_run_ends_by_term_and_then_by_kill() {
    let env = TestEnv::new();
    let args = ["lock", "with", "f", "--ttl", "50ms", "--", "sh", "-c", SLEEPER];
    env.run(args).expect(143);
    let deaf = "trap '' TERM; echo $$; exec sleep 1000";
    let ran = env.run(["lock", "with", "f", "--ttl", "50ms", "--kill-after", "50ms", "--", "sh", "-c", deaf]);
    assert_eq!(ran.code, 137, "{}", ran.stderr);
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn ctrl_c_at_a_terminal_ends_both_and_frees_the_lock() {
    use std::io::Write;
    if !require("script") {
        return;
    }
    let env = TestEnv::new();
    // `script` gives the command a terminal of its own and types what it is sent.
    let mut command = env.command("script");
    let line = "exec \"$AIMEM\" lock with f -- sh -c 'echo $$ >pid.new; mv pid.new pid; exec sleep 1000'";
    command.args(["-qec", line, "/dev/null"]).env("SHELL", "/bin/sh").env("TERM", "xterm");
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    eventually("the command runs", || env.path("pid").exists());
    let sleeper: u32 = env.read("pid").trim().parse().unwrap();
    eventually("the shell has become sleep", || {
        aimem::sys::process::command_line(sleeper).first().is_some_and(|word| word == "sleep")
    });
    assert_eq!(env.verdict("f"), "held");
    let mut keyboard = child.stdin.take().unwrap();
    keyboard.write_all(b"\x03").unwrap();
    keyboard.flush().unwrap();
    let ran = Ran::of(child.wait_with_output().unwrap());
    drop(keyboard);
    assert_eq!(ran.code, 130, "{} {}", ran.stdout, ran.stderr);
    assert!(!lives(sleeper));
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn what_the_terminal_sends_is_not_sent_again() {
    use std::io::Write;
    if !require("script") || !require("setsid") {
        return;
    }
    let env = TestEnv::new();
    // A command that has left the terminal: what is typed reaches aimem, but not the command. The
    // other end of the pipe shows when the terminal has sent it.
    let command = "trap 'echo int >>got' INT; trap 'echo usr1 >>got' USR1; : >ready; \
                   while [ -e ready -a ! -e go ]; do sleep 0.01; done; exit 7";
    env.write("command.sh", command);
    let line = "{ \"$AIMEM\" lock with f -- setsid sh command.sh; echo $? >code; } | \
                sh -c 'echo $$ >pid.new; mv pid.new pid; exec sleep 1000'";
    let mut child = env.command("script");
    child.args(["-qec", line, "/dev/null"]).env("SHELL", "/bin/bash").env("TERM", "xterm");
    let mut child = child.stdin(std::process::Stdio::piped()).spawn().unwrap();
    eventually("both run", || env.path("ready").exists() && env.path("pid").exists());
    let sleeper: u32 = env.read("pid").trim().parse().unwrap();
    let wrapper = u32::try_from(env.status("f")["pid"].as_u64().unwrap()).unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    keyboard.write_all(b"\x03").unwrap();
    keyboard.flush().unwrap();
    // The whole foreground group is sent it in one go.
    eventually("the terminal has sent INT", || !lives(sleeper));
    signal(wrapper, "USR1");
    // The shell makes the file first, and writes then.
    let got = || std::fs::read_to_string(env.path("got")).unwrap_or_default();
    eventually("what a process sends is passed on", || got().ends_with('\n'));
    assert_eq!(env.read("got"), "usr1\n");
    assert_eq!(env.verdict("f"), "held", "aimem waits for its command");
    env.write("go", "");
    eventually("the lock is released", || env.lock_names().is_empty());
    drop(keyboard);
    child.wait().unwrap();
    assert!(!lives(wrapper));
}

#[test]
fn a_signal_ends_a_wait_and_leaves_the_holder_alone() {
    let env = TestEnv::new();
    let holder = env.hold("f.json");
    env.write("f.json", "{}\n");
    for args in [
        vec!["lock", "with", "f.json", "--", "true"],
        vec!["lock", "wait", "f.json"],
        vec!["lock", "acquire", "f.json"],
        vec!["update", "f.json", ".a = 1"],
        vec!["write", "f.json", "--content", "{}"],
        vec!["read", "f.json", "--locked"],
    ] {
        let mut waiter = env.aimem(&args).spawn().unwrap();
        let mut stderr = std::io::BufReader::new(waiter.stderr.take().unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
        assert!(line.starts_with("waiting for lock on "), "{args:?}: {line}");
        signal(waiter.id(), "TERM");
        assert_eq!(waiter.wait().unwrap().code(), Some(143), "{args:?}");
        assert_eq!(env.verdict("f.json"), "held");
    }
    holder.end().ok();
    assert_eq!(env.lock_names(), [""; 0]);
    assert_eq!(env.read("f.json"), "{}\n");
}

#[test]
fn a_signal_ends_an_update_at_work_without_a_trace() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 1}\n");
    let endless = vec!["update", "f.json", "def f: f; f"];
    let command = vec!["update", "f.json", "--pipe", "--", "sleep", "1000"];
    for args in [endless, command] {
        let child = env.aimem(&args).spawn().unwrap();
        eventually("it holds the lock", || env.verdict("f.json") == "held");
        signal(child.id(), "INT");
        let start = std::time::Instant::now();
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert!(start.elapsed() < PATIENCE);
        assert_eq!(ran.code, 130, "{args:?}: {}", ran.stderr);
        assert_eq!(env.lock_names(), [""; 0], "{args:?}");
        assert_eq!(TestEnv::names_in(&env.path("")), ["f.json"], "{args:?}");
        assert_eq!(env.read("f.json"), "{\"n\": 1}\n", "{args:?}");
    }
}

#[test]
fn nohup_keeps_its_meaning() {
    let env = TestEnv::new();
    let script = "trap '' HUP; exec \"$AIMEM\" lock with f -- sh -c 'echo in; exec cat >/dev/null'";
    let wrapper = Holder::start(&mut env.sh(script));
    wrapper.signal("HUP");
    assert_eq!(env.verdict("f"), "held");
    wrapper.end().ok();
}
