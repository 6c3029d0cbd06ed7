//! `aimem update`, end to end.

use crate::common::TestEnv;

#[test]
fn a_session_is_appended_and_nothing_is_left_behind() {
    let env = TestEnv::new();
    env.write("sessions.json", "{\"sessions\": []}\n");
    env.run(["update", "sessions.json", ".sessions += [{\"id\": \"s1\"}]"]).ok();
    let ids = env.run(["read", "sessions.json", ".sessions[].id", "--raw"]).ok();
    assert_eq!(ids.stdout, "s1\n");
    assert_eq!(env.lock_names(), [""; 0]);
    assert_eq!(TestEnv::names_in(&env.path("")), ["sessions.json"]);
}

#[test]
fn an_option_that_asks_for_a_layout_lays_out_the_whole_file() {
    let env = TestEnv::new();
    let text = "{ \"b\" : [1, 2], \"a\": \"\\u0041\\/\" }\n";
    for (option, expected) in [
        ("-c", "{\"b\":[1,2],\"a\":\"A/\"}\n"),
        ("--indent=1", "{\n \"b\": [\n  1,\n  2\n ],\n \"a\": \"A/\"\n}\n"),
        ("--tab", "{\n\t\"b\": [\n\t\t1,\n\t\t2\n\t],\n\t\"a\": \"A/\"\n}\n"),
        ("-S", "{\"a\": \"A/\", \"b\": [1, 2]}\n"),
    ] {
        env.write("f.json", text);
        env.run(["update", "f.json", option, "."]).ok();
        assert_eq!(env.read("f.json"), expected, "{option}");
    }
    env.write("f.json", text);
    env.run(["update", "f.json", "."]).ok();
    assert_eq!(env.read("f.json"), text);
}

#[test]
fn a_filter_sees_the_commands_environment() {
    let env = TestEnv::new();
    env.write("f.json", "{}");
    env.run(["update", "f.json", ".home = $ENV.HOME | .same = (env.HOME == .home)"]).ok();
    let home =
        env.run(["read", "f.json", "select(.same and .home == $ENV.HOME) | .home", "--raw"]).ok().stdout;
    assert!(home.starts_with('/'), "{home}");
}
