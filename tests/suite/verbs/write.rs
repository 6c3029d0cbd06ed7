//! `aimem write`, end to end.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;

use crate::common::TestEnv;

#[test]
fn bytes_are_stored_as_they_come() {
    let env = TestEnv::new();
    let bytes = b"\xff\0 no json\r\n\n";
    env.run_with_input(["write", "notes.bin"], bytes).ok();
    assert_eq!(fs::read(env.path("notes.bin")).unwrap(), bytes);
    env.run_with_input(["write", "f.json"], b"{\"b\":1.50,   \"a\":2}").ok();
    assert_eq!(env.read("f.json"), "{\"b\":1.50,   \"a\":2}");
    env.run(["write", "f.txt", "--content", "no newline"]).ok();
    assert_eq!(env.read("f.txt"), "no newline");
    assert_eq!(TestEnv::names_in(&env.path("")), ["f.json", "f.txt", "notes.bin"]);
}

#[test]
fn what_is_no_document_leaves_a_json_file_alone() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    std::os::unix::fs::symlink("f.json", env.path("link")).unwrap();
    for content in ["{", "", " ", "{} {}", "NaN"] {
        env.run_with_input(["write", "f.json"], content.as_bytes()).expect(65);
        env.run_with_input(["write", "f.txt", "--validate"], content.as_bytes()).expect(65);
    }
    env.run_with_input(["write", "f.json"], b"\"\xff\"").expect(65);
    env.run_with_input(["write", "f.txt"], b"").expect(65);
    assert_eq!(env.read("f.json"), "{}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["f.json", "link"]);
    env.run_with_input(["write", "link"], b"{").expect(65);
    assert_eq!(env.read("f.json"), "{}\n", "a link to a .json file is one");
}

#[test]
fn missing_folders_are_made_and_an_old_mode_is_kept() {
    let env = TestEnv::new();
    env.run(["write", "a/b/c/f.json", "--content", "{}"]).ok();
    assert_eq!(env.read("a/b/c/f.json"), "{}");
    crate::common::set_mode(&env.path("a/b/c/f.json"), 0o640);
    env.run(["write", "a/b/c/f.json", "--content", "[]", "--backup"]).ok();
    let meta = fs::metadata(env.path("a/b/c/f.json")).unwrap();
    assert_eq!(meta.mode() & 0o7777, 0o640);
    assert_eq!(env.read("a/b/c/f.json.bak"), "{}");
    // The same bytes leave the file alone.
    env.run(["write", "a/b/c/f.json", "--content", "[]", "--backup"]).ok();
    assert_eq!(fs::metadata(env.path("a/b/c/f.json")).unwrap().ino(), meta.ino());
    assert_eq!(env.read("a/b/c/f.json.bak"), "{}");
}

#[test]
fn of_many_writers_with_one_tag_one_wins() {
    let env = TestEnv::new();
    for round in 0..5 {
        env.write("f.json", format!("{{\"round\": {round}}}"));
        let tag = env.run(["read", "f.json", "--etag"]).ok().stdout;
        let codes: Vec<i32> = thread::scope(|scope| {
            let writers: Vec<_> = (0..8)
                .map(|writer| {
                    let (env, tag) = (&env, tag.trim_end());
                    let content = format!("{{\"round\": {round}, \"writer\": {writer}}}");
                    scope.spawn(move || {
                        env.run(["write", "f.json", "--if-match", tag, "--content", &content]).code
                    })
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        assert_eq!(codes.iter().filter(|&&code| code == 0).count(), 1, "{codes:?}");
        assert_eq!(codes.iter().filter(|&&code| code == 76).count(), 7, "{codes:?}");
        let winner = codes.iter().position(|&code| code == 0).unwrap();
        assert_eq!(env.json("f.json")["writer"], winner);
    }
}

#[test]
fn input_is_read_before_the_lock_is_taken() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let mut writer = crate::common::Holder::launch(&mut env.aimem(["write", "f.json"]));
    crate::common::eventually("it reads its input", || {
        fs::read_to_string(format!("/proc/{}/wchan", writer.pid)).is_ok_and(|at| at.contains("pipe"))
            || fs::read_to_string(format!("/proc/{}/stat", writer.pid))
                .is_ok_and(|stat| stat.contains(") S "))
    });
    env.run(["update", "f.json", "-n", ".a = 1"]).ok();
    writer.let_go();
    writer.wait().expect(65);
    assert_eq!(env.json("f.json")["a"], 1);
}
