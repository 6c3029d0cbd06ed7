//! A command that takes any text, and what those meet who take text for JSON.

use crate::common::TestEnv;

#[test]
fn a_command_may_change_any_text() {
    let env = TestEnv::new();
    env.write("CLAUDE.md", b"b\n\xff\na\n");
    env.run(["update", "CLAUDE.md", "--pipe", "--text", "--", "sed", "s/b/c/"]).ok();
    assert_eq!(std::fs::read(env.path("CLAUDE.md")).unwrap(), b"c\n\xff\na\n");
    let empty = env.run(["update", "CLAUDE.md", "--pipe", "--text", "--", "true"]).expect(65);
    assert!(empty.stderr.contains("nothing to write"), "{}", empty.stderr);
    env.run(["update", "CLAUDE.md", "--pipe", "--text", "--", "false"]).expect(65);
    assert_eq!(std::fs::read(env.path("CLAUDE.md")).unwrap(), b"c\n\xff\na\n");
    env.run(["update", "new.md", "--create=one", "--pipe", "--text", "--", "cat"]).ok();
    assert_eq!(env.read("new.md"), "one\n");
    env.run(["update", "newer.md", "--create", "--pipe", "--text", "--", "sh", "-c", "cat; echo two"]).ok();
    assert_eq!(env.read("newer.md"), "two\n");
    env.run(["update", "CLAUDE.md", "--text", "."]).expect(2);
}

#[test]
fn a_json_document_stays_one() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    env.run(["update", "f.json", "--pipe", "--text", "--", "echo", "{"]).expect(65);
    assert_eq!(env.read("f.json"), "{}\n");
    env.run(["update", "f.json", "--pipe", "--text", "--", "echo", "[]"]).ok();
    assert_eq!(env.read("f.json"), "[]\n");
}

#[test]
fn a_healthy_text_is_not_to_be_restored() {
    let env = TestEnv::new();
    env.write("CLAUDE.md", "# Notes\n");
    for args in [&["."][..], &["--pipe", "--", "cat"]] {
        let refused = env.run([&["update", "CLAUDE.md"], args].concat()).expect(65);
        assert!(!refused.stderr.contains("restore"), "{}", refused.stderr);
        assert!(refused.stderr.contains(".jsonl"), "{}", refused.stderr);
        assert!(refused.stderr.contains("--pipe --text -- COMMAND"), "{}", refused.stderr);
    }
    // What is called JSON and is broken may well be.
    env.write("f.json", "{");
    let broken = env.run(["update", "f.json", "."]).expect(65);
    assert!(broken.stderr.contains("aimem restore"), "{}", broken.stderr);
}

#[test]
fn yaml_is_refused_by_its_name() {
    let env = TestEnv::new();
    for name in ["c.yaml", "c.YML"] {
        env.write(name, "{\"a\": 1}\n");
        for args in
            [&["update", name, ".a = 2"][..], &["update", name, "--pipe", "--", "cat"], &["read", name, ".a"]]
        {
            let refused = env.run(args).expect(65);
            assert!(refused.stderr.contains("is YAML"), "{}", refused.stderr);
            assert!(refused.stderr.contains("--pipe --text -- yq"), "{}", refused.stderr);
        }
        assert_eq!(env.run(["read", name]).ok().stdout, "{\"a\": 1}\n");
        env.run(["update", name, "--pipe", "--text", "--", "cat"]).ok();
        env.run(["edit", name, "--old", "1", "--new", "2"]).ok();
        assert_eq!(env.read(name), "{\"a\": 2}\n");
    }
}
