//! `aimem init`.

use crate::common::TestEnv;

#[test]
fn a_project_gets_three_files_and_none_is_written_over() {
    let env = TestEnv::new();
    let made = env.run(["init", "shop", "--client", "claude-code:1"]).ok().stdout;
    assert_eq!(made.lines().filter(|line| line.starts_with("made ")).count(), 7, "{made}");
    let memory = env.home().join("aiconfig/memory");
    let read = |name: &str| std::fs::read_to_string(memory.join(name)).unwrap();
    assert_eq!(
        read("projects/shop/sessions.json"),
        "{\n  \"$schema\": \"../../schemas/sessions.schema.json\",\n  \"_version\": {\n    \"claude-code\": 1\n  },\n  \"project\": \"shop\",\n  \"sessions\": []\n}\n"
    );
    // What is there stays, whatever it is.
    std::fs::write(memory.join("projects/shop/context.json"), "mine").unwrap();
    std::fs::remove_file(memory.join("projects/shop/decisions.json")).unwrap();
    let again = env.run(["init", "shop", "--json"]).ok().stdout;
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!((again["made"].as_array().unwrap().len(), again["kept"].as_array().unwrap().len()), (1, 6));
    assert_eq!(read("projects/shop/context.json"), "mine");
    for name in ["", ".", "..", "a/b", "-x", "a\nb", &"n".repeat(101)] {
        env.run(["init", "--", name]).expect(2);
    }
    let shared = env.path("shared");
    env.run(["init", "two words", "--folder", shared.to_str().unwrap()]).ok();
    assert!(shared.join("projects/two words/sessions.json").exists());
    assert_eq!(env.lock_names(), [""; 0]);
}

/// Many at once: each file is made by one of them, whole.
#[test]
fn many_may_begin_at_once() {
    let env = TestEnv::new();
    let children: Vec<_> = (0..8).map(|_| env.aimem(["init", "shop"]).spawn().unwrap()).collect();
    let said: Vec<String> = children
        .into_iter()
        .map(|child| String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap())
        .collect();
    let made = said.iter().flat_map(|said| said.lines()).filter(|line| line.starts_with("made ")).count();
    assert_eq!(made, 7);
    env.run(["check", env.home().join("aiconfig/memory").to_str().unwrap()]).ok();
}
