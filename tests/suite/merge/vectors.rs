//! Version vectors: compared against a full history, and raised by every verb that writes.

use std::collections::BTreeSet;

use aimem::merge::{Relation, Vector};

use crate::common::TestEnv;

/// Four clients, two at each copy, and copies that are merged now and then.
#[test]
fn a_comparison_says_what_the_full_history_says() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut copies = [(Vector::default(), BTreeSet::new()), (Vector::default(), BTreeSet::new())];
    let mut seen = vec![copies[0].clone()];
    for update in 0..1000 {
        let copy = random.usize(..2);
        if random.u8(..10) == 0 {
            let (mine, other) = (copies[copy].clone(), copies[1 - copy].clone());
            copies[copy] = (mine.0.maximum(&other.0), mine.1.union(&other.1).copied().collect());
        } else {
            let client = format!("client-{}", copy * 2 + random.usize(..2));
            copies[copy].0 = copies[copy].0.clone().raised(&client);
            copies[copy].1.insert(update);
        }
        seen.push(copies[copy].clone());
        for _ in 0..20 {
            let (one, other) = (&seen[random.usize(..seen.len())], &copies[random.usize(..2)]);
            let wanted = match (one.1.is_subset(&other.1), other.1.is_subset(&one.1)) {
                (true, true) => Relation::Equal,
                (true, false) => Relation::Before,
                (false, true) => Relation::After,
                (false, false) => Relation::Concurrent,
            };
            assert_eq!(one.0.compare(&other.0), wanted);
        }
    }
}

#[test]
fn a_change_raises_the_vector_of_a_document_that_has_one() {
    let env = TestEnv::new();
    let vector = |file: &str| env.run(["read", "-c", file, "._version"]).ok().stdout;
    env.write("f.json", "{\n  \"_version\": {\"cursor\": 3},\n  \"n\": 1.50\n}\n");
    env.run(["update", "f.json", ".m = 1", "--client", "claude-code:s1"]).ok();
    assert_eq!(vector("f.json"), "{\"cursor\":3,\"claude-code\":1}\n");
    env.run(["edit", "f.json", "--old", "1.50", "--new", "1.5", "--client", "cursor"]).ok();
    env.run(["update", "f.json", "--client", "cursor", "--pipe", "--", "sed", "s/1.5/2.50/"]).ok();
    assert_eq!(
        env.read("f.json"),
        "{\n  \"_version\": {\"cursor\": 5, \"claude-code\": 1},\n  \"n\": 2.50,\n  \"m\": 1\n}\n"
    );
    // Nothing changed, nothing raised.
    env.run(["update", "f.json", ".m = 1", "--client", "cursor"]).ok();
    assert_eq!(vector("f.json"), "{\"cursor\":5,\"claude-code\":1}\n");
    // An old version that is written does not bring its old vector back.
    env.run_with_input(
        ["write", "f.json", "--client", "cursor"],
        b"{\"_version\": {\"cursor\": 1}, \"x\": 1}",
    )
    .ok();
    assert_eq!(vector("f.json"), "{\"cursor\":6,\"claude-code\":1}\n");
    // A client without a name is counted under the machine's.
    env.run(["update", "f.json", ".y = 1"]).ok();
    assert_eq!(env.json("f.json")["_version"].as_object().unwrap().len(), 3);
    // What is no vector, and a document without one, stay as they are.
    for text in
        ["{\"_version\":\"1.0\"}", "{\"_version\":{\"a\":-1}}", "{\"a\":{\"_version\":{}}}", "[\"_version\"]"]
    {
        env.write("other.json", text);
        env.run(["edit", "other.json", "--old", "_", "--new", " _", "--client", "c"]).ok();
        env.run(["edit", "other.json", "--old", " _", "--new", "_", "--client", "c"]).ok();
        assert_eq!(env.read("other.json"), text);
    }
    env.write("c.toml", "# mine\nn = 1\n\n[_version]\na = 1\n");
    env.run(["update", "c.toml", ".n = 2", "--client", "b"]).ok();
    assert_eq!(env.read("c.toml"), "# mine\nn = 2\n\n[_version]\na = 1\nb = 1\n");
}
