//! The seam under every transaction, with a place that is no file: an object that is replaced by
//! compare-and-swap, without any lock, and where others are faster on command.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use aimem::lock::wait::Silent;
use aimem::lock::{Locker, Roots, Waiter};
use aimem::memory::{self, Append, MemoryError, Program, Restore, Update, Write};
use aimem::place::{Content, Earlier, FilePlace, Found, Place, PlaceError, Published, Told, etag};
use aimem::replace::{Replace, ReplaceError};
use aimem::sys::failure::Kind;

use crate::common::TestEnv;

/// All versions of one object, the latest last.
#[derive(Clone, Default)]
struct Bucket(Arc<Mutex<Vec<Vec<u8>>>>);

impl Bucket {
    fn with(content: &str) -> Bucket {
        Bucket(Arc::new(Mutex::new(vec![content.into()])))
    }

    fn latest(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().last().unwrap().clone()).unwrap()
    }

    fn place(&self) -> Object {
        Object { bucket: self.clone(), name: "bucket/notes.json".into(), faster: Vec::new(), waiter: Silent }
    }
}

/// The object, as one client sees it.
struct Object {
    bucket: Bucket,
    name: PathBuf,
    /// What others write, one at a time, just before each of our publications.
    faster: Vec<String>,
    waiter: Silent,
}

impl Place for Object {
    /// How many versions there were.
    type Version = usize;

    fn look(&mut self) -> Result<Content, PlaceError> {
        Ok(self.read()?.0)
    }

    fn read(&mut self) -> Result<(Content, usize), PlaceError> {
        let versions = self.bucket.0.lock().unwrap();
        let bytes = versions.last().cloned().map(Arc::new);
        Ok((Content { name: self.name.clone(), bytes }, versions.len()))
    }

    fn earlier(&mut self, version: &usize, which: &Earlier, _: bool) -> Result<Found, PlaceError> {
        let index = if let Earlier::Backup(index) = which { *index } else { 0 };
        let versions = self.bucket.0.lock().unwrap();
        let at = version.checked_sub(index as usize + 2).and_then(|at| versions.get(at));
        let none = || ReplaceError::NoBackup { path: self.name.clone(), index };
        let bytes = at.cloned().ok_or_else(none)?;
        Ok(Found { bytes, which: index.to_string(), written: None })
    }

    fn publish(&mut self, version: usize, content: &[u8]) -> Result<Published, PlaceError> {
        let mut versions = self.bucket.0.lock().unwrap();
        if let Some(other) = self.faster.pop() {
            versions.push(other.into_bytes());
        }
        if versions.len() != version {
            return Ok(Published::Changed);
        }
        versions.push(content.to_owned());
        Ok(Published::Done(Told::default()))
    }

    fn settle(&mut self, _: usize) -> Result<Told, PlaceError> {
        Ok(Told::default())
    }

    fn leave(&mut self) -> Told {
        Told::default()
    }

    fn name(&self) -> &Path {
        &self.name
    }

    fn waiter(&mut self) -> &mut dyn Waiter {
        &mut self.waiter
    }
}

fn program(filter: &str) -> Program {
    Program { source: filter.into(), ..Program::default() }
}

#[test]
fn an_update_starts_again_from_what_a_faster_one_has_left() {
    let bucket = Bucket::with(r#"{"n": 1}"#);
    let mut place = bucket.place();
    place.faster = vec![r#"{"n": 30}"#.into(), r#"{"n": 20}"#.into()];
    let updated = memory::update(&mut place, &Update::default(), &mut program(".n += 1")).unwrap();
    assert_eq!(*updated.old, br#"{"n": 30}"#);
    assert_eq!(bucket.latest(), r#"{"n": 31}"#);
    let told = serde_json::to_value(&updated).unwrap();
    let wanted = serde_json::json!(
        {
            "file": "bucket/notes.json", "changed": true, "truthy": true,
            "etag_before": etag(br#"{"n": 30}"#), "etag_after": etag(br#"{"n": 31}"#),
            "waited_ms": 0, "taken_over": null, "history": null, "warnings": []
        }
    );
    assert_eq!(told, wanted);
}

#[test]
fn who_is_never_faster_gives_up_and_has_published_nothing() {
    let bucket = Bucket::with("0");
    let mut place = bucket.place();
    place.faster = (1..100).map(|number| number.to_string()).collect();
    let error = memory::update(&mut place, &Update::default(), &mut program("\"ours\"")).unwrap_err();
    assert!(matches!(error, MemoryError::Changing { .. }), "{error}");
    assert_eq!((error.kind(), error.document_may_have_changed()), (Kind::Lost, false));
    assert!(!bucket.latest().contains("ours"));
}

#[test]
fn a_write_on_a_condition_sees_the_version_that_came_between() {
    let bucket = Bucket::with("{}");
    let mut place = bucket.place();
    let tag = place.look().unwrap().tag();
    let request = || Write { content: b"[1]".to_vec(), if_match: tag.clone(), ..Write::default() };
    place.faster = vec!["[0]".into()];
    let error = memory::write(&mut place, request()).unwrap_err();
    assert!(matches!(error, MemoryError::Mismatch { .. }), "{error}");
    assert_eq!(bucket.latest(), "[0]");
    let unconditional = Write { if_match: None, ..request() };
    assert!(memory::write(&mut place, unconditional).unwrap().changed);
    assert_eq!(bucket.latest(), "[1]");
    // The name says that it is JSON.
    let torn = Write { content: b"[1".to_vec(), ..Write::default() };
    assert!(matches!(memory::write(&mut place, torn).unwrap_err(), MemoryError::InvalidJson { .. }));
}

#[test]
fn a_restoration_puts_an_earlier_version_on_top() {
    let bucket = Bucket::with("1");
    let mut place = bucket.place();
    for filter in [".+1", ".+1"] {
        memory::update(&mut place, &Update::default(), &mut program(filter)).unwrap();
    }
    let restored = memory::restore(
        &mut place,
        &Restore { which: Earlier::Backup(1), dry_run: false, ..Restore::default() },
    )
    .unwrap();
    assert_eq!((bucket.latest().as_str(), restored.changed), ("1", true));
    let error = memory::restore(
        &mut place,
        &Restore { which: Earlier::Backup(9), dry_run: false, ..Restore::default() },
    )
    .unwrap_err();
    assert_eq!(error.kind(), Kind::NoInput, "{error}");
}

#[test]
fn a_dry_run_publishes_nothing_and_a_missing_document_is_an_error_or_made() {
    let bucket = Bucket::default();
    let mut place = bucket.place();
    let error = memory::update(&mut place, &Update::default(), &mut program(".n += 1")).unwrap_err();
    assert!(matches!(error, MemoryError::Missing { .. }), "{error}");
    let create = Update { create: Some(b"{}".to_vec()), dry_run: true, ..Update::default() };
    let updated = memory::update(&mut place, &create, &mut program(".n += 1")).unwrap();
    let new = "{\n  \"n\": 1\n}\n";
    assert_eq!((updated.new.as_slice(), updated.changed), (new.as_bytes(), true));
    assert!(bucket.0.lock().unwrap().is_empty());
    memory::update(&mut place, &Update { dry_run: false, ..create }, &mut program(".n += 1")).unwrap();
    assert_eq!(bucket.latest(), new);
}

/// What one transaction on a file has found does not reach into the next one.
#[test]
fn transactions_on_one_file_begin_anew() {
    let env = TestEnv::new();
    let path = env.write("f.json", "1\n");
    let locker = Locker { roots: Roots::new(None, Some(env.home())), ..Locker::default() };
    let mut waiter = Silent;
    let mut place = FilePlace::new(&path, Some(&locker), Replace::new().backups(2), &mut waiter);
    let update = |place: &mut FilePlace<'_>, filter: &str| {
        memory::update(place, &Update::default(), &mut program(filter)).map(|updated| updated.changed)
    };
    let names = || TestEnv::names_in(&env.path(""));
    for _ in 0..2 {
        update(&mut place, ".+1").unwrap();
    }
    // The versions are 3, 2, 1, and then 1, 3, 2, 1.
    memory::restore(&mut place, &Restore { which: Earlier::Backup(1), dry_run: false, ..Restore::default() })
        .unwrap();
    assert_eq!((env.read("f.json").as_str(), names().len()), ("1\n", 4));
    // An earlier version that can't be had leaves nothing behind either.
    memory::restore(&mut place, &Restore { which: Earlier::Backup(9), dry_run: false, ..Restore::default() })
        .unwrap_err();
    memory::restore(&mut place, &Restore { which: Earlier::Backup(0), dry_run: false, ..Restore::default() })
        .unwrap();
    assert_eq!((env.read("f.json").as_str(), names().len()), ("3\n", 5));
    // Only a restoration keeps more versions than were asked for.
    update(&mut place, ".+1").unwrap();
    assert_eq!(names(), ["f.json", "f.json.bak", "f.json.bak.1"]);
    // A failed one has given the lock back, and a look within one has not.
    update(&mut place, "error").unwrap_err();
    assert_eq!(env.verdict("f.json"), "free");
    let (_, version) = place.read().unwrap();
    assert_eq!(place.look().unwrap().bytes.unwrap().as_slice(), b"4\n");
    assert_eq!(env.verdict("f.json"), "held");
    assert!(matches!(place.publish(version, b"5\n").unwrap(), Published::Done(_)));
    assert_eq!((env.verdict("f.json").as_str(), env.read("f.json").as_str()), ("free", "5\n"));
}

#[test]
fn many_clients_without_any_lock_lose_no_increment() {
    let bucket = Bucket::with("0");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    // A client that was never faster tries again, as a program would.
                    while memory::update(&mut bucket.place(), &Update::default(), &mut program(".+1"))
                        .is_err_and(|error| matches!(error, MemoryError::Changing { .. }))
                    {
                    }
                }
            });
        }
    });
    assert_eq!(bucket.latest(), "200");
    assert_eq!(bucket.0.lock().unwrap().len(), 201);
}

#[test]
fn lines_are_appended_where_only_a_whole_document_can_be_replaced() {
    let bucket = Bucket::with("one\r\ntorn");
    let mut place = bucket.place();
    place.name = "bucket/notes.txt".into();
    place.faster = vec!["two\r\ntorn".into()];
    let request = Append { lines: b"three".to_vec(), ..Append::default() };
    let appended = memory::append(&mut place, &request).unwrap();
    assert_eq!(bucket.latest(), "two\r\ntorn\r\nthree\r\n");
    assert_eq!((appended.size_before, appended.size_after), (Some(9), Some(18)));
}
