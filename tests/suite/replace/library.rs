//! `Replace` as another program uses it: without a lock, from several threads.

use std::fs;

use crate::common::TestEnv;
use aimem::replace::{Commit, Replace, ReplaceError, Restart, Source, backups, leftovers_in};
use aimem::sys::failure::{Op, PathError};

#[test]
fn writers_without_a_lock_overwrite_each_other_as_a_whole() {
    let env = TestEnv::new();
    let path = env.path("doc");
    let contents: Vec<Vec<u8>> = (0..8).map(|n| vec![b'a' + n; 50_000]).collect();
    std::thread::scope(|scope| {
        for content in &contents {
            scope.spawn(|| {
                for _ in 0..20 {
                    match Replace::new().sync(false).write(&path, content) {
                        // Beaten at every try.
                        Err(ReplaceError::Path(PathError { op: Op::Replace, .. })) => {}
                        written => assert_eq!(written.unwrap(), []),
                    }
                    let found = fs::read(&path).unwrap();
                    assert!(contents.contains(&found), "torn: {} bytes", found.len());
                }
            });
        }
    });
    assert_eq!(leftovers_in(&env.path("")).unwrap().len(), 0);
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc"]);
}

#[test]
fn what_is_staged_and_dropped_leaves_the_file_as_it_was() {
    let env = TestEnv::new();
    let path = env.write("doc", "old");
    drop(Replace::new().stage(Source::open(&path).unwrap(), b"new").unwrap());
    assert_eq!(env.read("doc"), "old");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc"]);
}

#[test]
fn a_file_that_changed_is_not_replaced_and_its_backups_move_once() {
    let env = TestEnv::new();
    let path = env.write("doc", "one");
    env.write("doc.bak", "zero");
    let how = Replace::new().backups(3);
    let mut restart = Restart::default();
    for foreign in ["two", "three"] {
        let source = Source::open(&path).unwrap();
        assert!(source.is_current().unwrap());
        let staged = how.stage_again(source, b"new", restart).unwrap();
        fs::write(env.path("moving"), foreign).unwrap();
        fs::rename(env.path("moving"), &path).unwrap();
        match staged.commit().unwrap() {
            Commit::Changed(again) => restart = again,
            Commit::Done(_) => panic!("{foreign} was overwritten unseen"),
        }
        assert_eq!(env.read("doc"), foreign);
    }
    let staged = how.stage_again(Source::open(&path).unwrap(), b"new", restart).unwrap();
    let Commit::Done(committed) = staged.commit().unwrap() else { panic!("nobody was in the way") };
    assert_eq!(committed.finish().unwrap(), []);
    assert_eq!(env.read("doc"), "new");
    let kept: Vec<String> =
        backups(&path).unwrap().iter().map(|backup| fs::read_to_string(&backup.path).unwrap()).collect();
    assert_eq!(kept, ["three", "zero"]);
}

#[test]
fn a_file_that_was_created_meanwhile_is_not_replaced() {
    let env = TestEnv::new();
    let staged = Replace::new().stage(Source::open(&env.path("doc")).unwrap(), b"ours").unwrap();
    env.write("doc", "theirs");
    assert!(matches!(staged.commit().unwrap(), Commit::Changed(_)));
    assert_eq!(env.read("doc"), "theirs");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc"]);
}
