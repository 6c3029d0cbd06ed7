//! `read`, `update` and `write` of JSONC and TOML, end to end.

use crate::common::TestEnv;

const SETTINGS: &str = "{\n  // ours\n  \"size\": 12, // points\n  \"list\": [1, 2,],\n}\n";

#[test]
fn an_update_leaves_comments_where_they_are() {
    let env = TestEnv::new();
    env.write("s.jsonc", SETTINGS);
    env.run(["update", "s.jsonc", ".size += 1 | .new = {\"a\": 1}"]).ok();
    let expected = "{\n  // ours\n  \"size\": 13, // points\n  \"list\": [1, 2,],\n  \"new\": {\n    \"a\": 1,\n  },\n}\n";
    assert_eq!(env.read("s.jsonc"), expected);
    assert_eq!(env.run(["read", "s.jsonc", ".list[1]"]).ok().stdout, "2\n");
    assert_eq!(env.run(["read", "s.jsonc"]).ok().stdout, expected);

    env.write("c.toml", "# top\na = 1 # one\n\n[t]\nwhen = 1979-05-27\n");
    env.run(["update", "c.toml", "--arg", "x", "y", ".a = 2 | .t.x = $x | .t.then = .t.when"]).ok();
    assert_eq!(
        env.read("c.toml"),
        "# top\na = 2 # one\n\n[t]\nwhen = 1979-05-27\nx = \"y\"\nthen = 1979-05-27\n"
    );
    assert_eq!(
        env.run(["read", "c.toml", "-c", ".t"]).ok().stdout,
        "{\"when\":\"1979-05-27\",\"x\":\"y\",\"then\":\"1979-05-27\"}\n"
    );
    assert_eq!(env.run(["read", "c.toml", "--pretty"]).ok().stdout.lines().next(), Some("{"));
}

#[test]
fn the_format_is_what_the_name_says_or_what_is_asked_for() {
    let env = TestEnv::new();
    env.write("settings.json", SETTINGS);
    for arguments in [&["read", "settings.json", ".size"][..], &["update", "settings.json", ".size = 1"]] {
        let refused = env.run(arguments).expect(65);
        assert!(refused.stderr.contains("is not valid JSON"), "{}", refused.stderr);
        assert!(refused.stderr.contains("--format jsonc"), "{}", refused.stderr);
    }
    assert_eq!(env.read("settings.json"), SETTINGS);
    env.run(["update", "--format", "jsonc", "settings.json", ".size = 1"]).ok();
    assert_eq!(env.read("settings.json"), SETTINGS.replace("12", "1"));
    assert_eq!(env.run(["read", "--format", "jsonc", "settings.json", ".size"]).ok().stdout, "1\n");

    env.write("poetry.lock", "a = 1\n");
    env.run(["update", "--format", "toml", "poetry.lock", ".a = 2"]).ok();
    assert_eq!(env.read("poetry.lock"), "a = 2\n");
    env.run(["update", "--format", "yaml", "poetry.lock", ".a = 2"]).expect(2);

    // The name of the file that a link leads to.
    std::os::unix::fs::symlink("c.toml", env.path("link")).unwrap();
    env.write("c.toml", "a = 1\n");
    assert_eq!(env.run(["read", "link", ".a"]).ok().stdout, "1\n");
    env.run(["update", "link", ".a = 2"]).ok();
    assert_eq!(env.read("c.toml"), "a = 2\n");
}

#[test]
fn what_a_format_cannot_hold_is_refused_and_the_file_stays() {
    let env = TestEnv::new();
    env.write("c.toml", "a = 1\n");
    env.write("s.jsonc", SETTINGS);
    let null = env.run(["update", "c.toml", ".b.c = null"]).expect(65);
    assert!(null.stderr.contains("TOML has no null, and the result has one at .b.c"), "{}", null.stderr);
    env.run(["update", "c.toml", "[.]"]).expect(65);
    env.run(["update", "c.toml", ".a = 18446744073709551617"]).expect(65);
    env.run(["update", "s.jsonc", ".a = nan"]).expect(65);
    for layout in ["-S", "-c", "--tab", "--indent=4"] {
        let refused = env.run(["update", "c.toml", layout, "."]).expect(2);
        assert!(refused.stderr.contains("would lose its comments"), "{}", refused.stderr);
        env.run(["update", "s.jsonc", layout, "."]).expect(2);
    }
    assert_eq!(env.read("c.toml"), "a = 1\n");
    assert_eq!(env.read("s.jsonc"), SETTINGS);
}

#[test]
fn a_broken_document_is_told_with_its_place_and_left_alone() {
    let env = TestEnv::new();
    for (name, text, expected) in [
        ("c.toml", "a = 1\nb = \n", "c.toml is not valid TOML: line 2, column 5"),
        ("d.toml", "a = 1\na = 2\n", "d.toml is not valid TOML: line 2, column 1: duplicate key"),
        (
            "s.jsonc",
            "{ \"a\": 1 /* x\n",
            "s.jsonc is not valid JSON with comments and trailing commas: line 1",
        ),
    ] {
        env.write(name, text);
        for arguments in
            [vec!["read", name, "."], vec!["update", name, "."], vec!["update", name, "--pipe", "--", "cat"]]
        {
            let refused = env.run(arguments).expect(65);
            assert!(refused.stderr.contains(expected), "{}", refused.stderr);
        }
        assert_eq!(env.read(name), text);
    }
    env.write("twice.jsonc", "{ \"a\": 1, /* x */ \"a\": 2 }");
    env.run(["update", "twice.jsonc", ".b = 1"]).expect(65);
    env.run(["update", "--duplicate-keys", "last", "twice.jsonc", ".b = 1"]).ok();
    assert_eq!(env.run(["read", "twice.jsonc", "-c", "."]).ok().stdout, "{\"a\":2,\"b\":1}\n");
}

#[test]
fn a_command_gets_the_text_and_its_output_is_checked() {
    let env = TestEnv::new();
    env.write("c.toml", "a = 1 # one\n");
    env.run(["update", "c.toml", "--pipe", "--", "sed", "s/1/2/"]).ok();
    assert_eq!(env.read("c.toml"), "a = 2 # one\n");
    let refused = env.run(["update", "c.toml", "--pipe", "--", "sed", "s/=//"]).expect(65);
    assert!(refused.stderr.contains("the output of sed is not valid TOML"), "{}", refused.stderr);
    env.write("s.jsonc", SETTINGS);
    env.run(["update", "s.jsonc", "--pipe", "--", "sed", "s/12/13/"]).ok();
    assert_eq!(env.read("s.jsonc"), SETTINGS.replace("12", "13"));
}

#[test]
fn what_is_written_is_checked_by_the_name_or_on_demand() {
    let env = TestEnv::new();
    for (name, good, bad) in [
        ("c.toml", "a = 1\n", "a = \n"),
        ("s.jsonc", "[1, /* x */ 2,]\n", "[1, 2 /*]\n"),
        ("s.json", "[1]\n", "[1,]\n"),
    ] {
        env.run(["write", name, "--content", good]).ok();
        env.run(["write", name, "--content", bad]).expect(65);
        assert_eq!(env.read(name), good);
    }
    env.run(["write", "poetry.lock", "--content", "no toml"]).ok();
    env.run(["write", "poetry.lock", "--validate", "--format", "toml", "--content", "no toml"]).expect(65);
    env.run(["write", "poetry.lock", "--validate", "--content", "a = 1"]).expect(65);
    env.run(["write", "poetry.lock", "--validate", "--format", "toml", "--content", "a = 1"]).ok();
    env.run(["write", "poetry.lock", "--format", "toml", "--content", "no toml"]).expect(65);
}

#[test]
fn a_new_document_starts_empty_in_its_format() {
    let env = TestEnv::new();
    env.run(["update", "c.toml", ".a = 1"]).expect(66);
    env.run(["update", "c.toml", "--create", ".servers.one = {\"command\": \"x\"}"]).ok();
    assert_eq!(env.read("c.toml"), "[servers.one]\ncommand = \"x\"\n");
    env.run(["update", "d.toml", "--create=# ours", ".a = 1"]).ok();
    assert_eq!(env.read("d.toml"), "# ours\na = 1\n");
    env.run(["update", "e.toml", "--create={}", ".a = 1"]).expect(65);
    env.run(["update", "s.jsonc", "--create", ".a = 1"]).ok();
    assert_eq!(env.read("s.jsonc"), "{\n  \"a\": 1\n}\n");
    assert_eq!(env.run(["read", "no.toml", "--default", "{\"a\": 5}", ".a"]).ok().stdout, "5\n");
}

#[test]
fn a_dry_run_shows_the_lines_that_would_change() {
    let env = TestEnv::new();
    env.write("c.toml", "# top\na = 1\nb = 2\n");
    let diff = env.run(["update", "c.toml", "--dry-run", ".b = 3"]).ok().stdout;
    assert!(diff.contains("-b = 2\n+b = 3\n"), "{diff}");
    assert_eq!(env.read("c.toml"), "# top\na = 1\nb = 2\n");
}

#[test]
fn what_is_returned_is_of_the_new_document_in_its_format() {
    let env = TestEnv::new();
    env.write("c.toml", "# top\na = 1\n");
    env.write("s.jsonc", "{\"a\": 1} // end\n");
    for name in ["c.toml", "s.jsonc"] {
        assert_eq!(env.run(["update", name, ".a += 1", "--return", ".a"]).ok().stdout, "2\n", "{name}");
    }
    assert_eq!(env.read("c.toml"), "# top\na = 2\n");
}

/// Many processes, one file: each adds its own entry, and every comment stays.
#[test]
fn many_updates_of_one_file_are_all_in_it() {
    let env = TestEnv::new();
    env.write("c.toml", "# top\nn = 0\n\n[who]\n# nobody yet\n");
    env.write("s.jsonc", "{\n  // top\n  \"n\": 0,\n  \"who\": {} // nobody yet\n}\n");
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let mut command = env.command("sh");
            let script = format!(
                "for i in 1 2 3; do for f in c.toml s.jsonc; do \"$0\" update $f \".n += 1 | .who.w{writer}x$i = {writer}\" || exit 1; done; done"
            );
            command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_aimem")).spawn().unwrap()
        })
        .collect();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    for name in ["c.toml", "s.jsonc"] {
        let counts = env.run(["read", name, "-c", "[.n, (.who | length)]"]).ok();
        assert_eq!(counts.stdout, "[24,24]\n", "{}", env.read(name));
        assert!(env.read(name).contains(" top\n") && env.read(name).contains("nobody yet"));
    }
}
