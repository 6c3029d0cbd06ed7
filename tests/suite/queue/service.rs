//! What is printed to make the worker work by itself, run as it is printed.

use std::fs;

use crate::common::http::Server;
use crate::common::queue::Outbox;
use crate::common::{Killed, Ran, eventually, require};

fn printed(outbox: &Outbox, kind: &str) -> String {
    outbox.run(["work", "--print-service", kind]).ok().stdout
}

/// A command line, in a shell that knows no more than cron's or a hook's does.
fn run_line(outbox: &Outbox, line: &str) -> Ran {
    let mut command = outbox.env.sh(line);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", outbox.env.home()).current_dir("/");
    Ran::of(command.output().unwrap())
}

#[test]
fn the_cron_line_works_and_says_nothing() {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    let ids = outbox.add_many(3);
    let line = printed(&outbox, "cron");
    let command = line.trim_end().strip_prefix("*/10 * * * * ").unwrap();
    let ran = run_line(&outbox, command).ok();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""), "cron would mail it");
    assert_eq!(outbox.delivered(), ids);
}

#[test]
fn the_hook_is_json_and_its_command_works() {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    let ids = outbox.add_many(3);
    let hook: serde_json::Value = serde_json::from_str(&printed(&outbox, "hook")).unwrap();
    let hook = &hook["hooks"]["SessionEnd"][0]["hooks"][0];
    assert_eq!(hook["type"], "command");
    run_line(&outbox, hook["command"].as_str().unwrap()).ok();
    assert_eq!(outbox.delivered(), ids);
}

#[test]
fn the_unit_is_valid_and_its_command_works() {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    let ids = outbox.add_many(3);
    let unit = printed(&outbox, "systemd");
    let value = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    assert!(unit.contains(&format!("Environment=\"AIMEM_MEM0_URL={}\"\n", server.url())), "{unit}");
    let mut command = outbox.env.sh(&format!("exec {}", value("ExecStart=")));
    let environment = value("Environment=").trim_matches('"').split_once('=').unwrap();
    let service = Killed(command.env(environment.0, environment.1).spawn().unwrap());
    eventually("the service delivers", || outbox.delivered() == ids);
    drop(service);
    if require("systemd-analyze") {
        let path = outbox.env.path("aimem-queue.service");
        fs::write(&path, &unit).unwrap();
        let ran = Ran::of(outbox.env.command("systemd-analyze").arg("verify").arg(&path).output().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{unit}");
    }
}

#[test]
fn no_credential_in_a_url_is_printed() {
    let outbox = Outbox::new();
    let with_url =
        |args: &[&str], url: &str| Ran::of(outbox.queue(args).env("AIMEM_MEM0_URL", url).output().unwrap());
    for kind in ["cron", "hook", "systemd", "launchd"] {
        let args = ["work", "--print-service", kind];
        // The worker would refuse it, too.
        let ran = with_url(&args, "http://user:hunter2@127.0.0.1:1").expect(2);
        assert!(ran.stderr.contains("a credential does not belong in the URL"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2") && ran.stdout.is_empty(), "{} {}", ran.stderr, ran.stdout);
        let ran = with_url(&args, "http://127.0.0.1:1/in?key=hunter2").ok();
        assert!(ran.stderr.contains("may hold a credential"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2") && !ran.stdout.contains("hunter2"), "{}", ran.stdout);
        assert!(with_url(&args, "http://127.0.0.1:1").ok().stdout.contains("http://127.0.0.1:1"), "{kind}");
    }
    for args in [&["health"][..], &["health", "--json"], &["work"], &["status"]] {
        let ran = with_url(args, "http://127.0.0.1:1/in?key=hunter2");
        assert!(
            !ran.stderr.contains("hunter2") && !ran.stdout.contains("hunter2"),
            "{} {}",
            ran.stdout,
            ran.stderr
        );
    }
    assert!(!outbox.log().contains("hunter2"));
}

#[test]
fn the_property_list_names_the_program_and_the_settings() {
    let server = Server::fine();
    let mut outbox = Outbox::with(&server);
    let list = printed(&outbox, "launchd");
    assert!(
        list.contains("<string>--watch</string>") && list.contains("<key>AIMEM_MEM0_URL</key>"),
        "{list}"
    );
    if require("python3") {
        let script = "import plistlib, sys\nlist = plistlib.load(sys.stdin.buffer)\n\
                      assert list['ProgramArguments'][1:] == ['queue', 'work', '--watch'], list\n\
                      print(list['EnvironmentVariables']['AIMEM_QUEUE'])";
        let odd = outbox.env.root().join("odd & <folder> 100%");
        outbox.use_server(&server);
        let mut print = outbox.queue(["work", "--print-service", "launchd"]);
        let list = Ran::of(print.env("AIMEM_QUEUE", &odd).output().unwrap()).ok().stdout;
        fs::write(outbox.env.path("list"), list).unwrap();
        let mut read = outbox.env.command("python3");
        let ran = read.args(["-c", script]).stdin(fs::File::open(outbox.env.path("list")).unwrap()).output();
        assert_eq!(Ran::of(ran.unwrap()).ok().stdout.trim_end(), odd.to_str().unwrap());
    }
}
