//! Reading without a lock: what is read is one whole version, whoever writes meanwhile and however.
//!
//! Every version is one number repeated, all of one length, so that a mixture of two versions is a
//! valid document too. The short form reads some hundred times, `AIMEM_LONG_TESTS=1` 10,000 times.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use aimem::lock::Waiter;
use aimem::lock::wait::{Silent, WaitReport};
use aimem::memory::{self, MemoryError, Reading};
use aimem::place::{FilePlace, PlaceError};
use aimem::replace::Replace;
use aimem::sys::failure::Kind;

use crate::common::strace::{long, record, traced};
use crate::common::{Ran, TestEnv, require};

const NUMBERS: usize = 400;
/// How long the slow editor pauses between two of its writes.
const PAUSE: Duration = Duration::from_millis(2);

fn version(number: u32) -> String {
    let numbers = vec![format!("{:06}", 100_000 + number % 800_000); NUMBERS];
    format!("{{\"all\": [{}]}}\n", numbers.join(", "))
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let digits =
        text.trim_start_matches("{\"all\": [").get(..6).and_then(|digits| digits.parse::<u32>().ok());
    digits.is_some_and(|digits| version(digits.wrapping_sub(100_000)) == text)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Whole,
    Torn,
    /// Refused, with the reason.
    Refused,
}

fn look(path: &Path) -> Seen {
    let mut waiter = Silent;
    let mut place = FilePlace::new(path, None, Replace::new(), &mut waiter);
    match memory::read(&mut place, Reading::Free) {
        Ok(content) => match content.bytes {
            Some(bytes) if is_whole(&bytes) => Seen::Whole,
            _ => Seen::Torn,
        },
        Err(MemoryError::Place(PlaceError::BeingWritten { .. })) => Seen::Refused,
        Err(error) => panic!("{error}"),
    }
}

/// A program that knows no lock and writes into the file itself.
type Foreign = fn(&Path, &[u8]);

fn truncates_and_writes(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
}

fn writes_four_pieces(path: &Path, content: &[u8]) {
    let file = File::options().write(true).open(path).unwrap();
    let piece = content.len() / 4 + 1;
    for (index, part) in content.chunks(piece).enumerate() {
        file.write_all_at(part, (index * piece) as u64).unwrap();
    }
}

fn edits_slowly(path: &Path, content: &[u8]) {
    let mut file = File::options().write(true).open(path).unwrap();
    file.set_len(0).unwrap();
    file.rewind().unwrap();
    for part in content.chunks(content.len() / 4 + 1) {
        file.write_all(part).unwrap();
        std::thread::sleep(PAUSE);
    }
}

/// A save that takes as long as this may have paused for longer than a reading waits: on a busy
/// machine the writer is stopped anywhere.
const LONG_SAVE: Duration = Duration::from_millis(12);

/// Reads beside one foreign writer: how many versions were whole, torn and refused. What was torn by
/// a save that took long does not count. The files of the slow editor are called `c`.
fn beside(name: &str, write: Foreign, reads: u32) -> [usize; 3] {
    let pauses = if name.starts_with('c') { 4 * PAUSE } else { Duration::ZERO };
    let env = TestEnv::new();
    let path = env.write(name, version(0));
    let (ended, saves) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let seen = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let (ended, path, saves) = (&ended, &path, &saves);
        let writer = scope.spawn(move || {
            for number in 1.. {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let begun = Instant::now();
                write(path, version(number).as_bytes());
                saves.lock().unwrap().push(begun.elapsed() > pauses + LONG_SAVE);
                // As a person or an agent saves: now and then.
                std::thread::sleep(Duration::from_millis(u64::from(number * 7 % 60)));
            }
        });
        let readers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..reads / 8 {
                        let first = saves.lock().unwrap().len();
                        let what = look(path);
                        let last = saves.lock().unwrap().len();
                        seen.lock().unwrap().push((what, first.saturating_sub(1)..=last + 1));
                    }
                })
            })
            .collect();
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        ended.store(true, Ordering::Relaxed);
        writer.join().unwrap();
    });
    let (saves, seen) = (saves.into_inner().unwrap(), seen.into_inner().unwrap());
    let count = |wanted: Seen| {
        let beside_long =
            |around: &RangeInclusive<usize>| around.clone().any(|save| saves.get(save) == Some(&true));
        let found = seen
            .iter()
            .filter(|(what, around)| *what == wanted && (wanted == Seen::Whole || !beside_long(around)));
        found.count()
    };
    let counts = [count(Seen::Whole), count(Seen::Torn), count(Seen::Refused)];
    if long() {
        let slow = saves.iter().filter(|slow| **slow).count();
        println!(
            "{name}: {counts:?} of {reads} reads were whole, torn, refused; {slow} of {} saves were slow",
            saves.len()
        );
    }
    assert!(counts[0] * 2 > counts.iter().sum(), "{name}: most readings succeed: {counts:?}");
    counts
}

fn reads() -> u32 {
    if long() { 10_000 } else { 48 }
}

#[test]
fn json_is_whole_beside_programs_that_write_in_place() {
    let writers: [(&str, Foreign); 3] =
        [("a.json", truncates_and_writes), ("b.json", writes_four_pieces), ("c.json", edits_slowly)];
    std::thread::scope(|scope| {
        for (name, write) in writers {
            scope.spawn(move || {
                let [_, torn, _] = beside(name, write, reads());
                assert_eq!(torn, 0, "{name}");
            });
        }
    });
}

#[test]
fn text_is_whole_beside_all_but_a_slow_editor_and_nearly_always_beside_that() {
    let writers: [(&str, Foreign, usize); 3] = [
        ("a.txt", truncates_and_writes, 0),
        ("b.txt", writes_four_pieces, 0),
        ("c.txt", edits_slowly, reads() as usize / 100 + 1),
    ];
    std::thread::scope(|scope| {
        for (name, write, most) in writers {
            scope.spawn(move || {
                let [_, torn, _] = beside(name, write, reads());
                assert!(torn <= most, "{name}: {torn}");
            });
        }
    });
}

#[test]
fn every_reading_beside_eight_writers_with_a_lock_is_one_of_their_versions() {
    let env = TestEnv::new();
    let path = env.write("f.json", version(0));
    let rounds = if long() { 200 } else { 4 };
    let ended = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (env, ended) = (&env, &ended);
            scope.spawn(move || {
                for round in 0..rounds {
                    let new = version(writer * 1000 + round + 1);
                    if writer % 2 == 0 {
                        env.run(["write", "f.json", "--content", &new]).ok();
                    } else {
                        let digits = format!("{}", 100_000 + writer * 1000 + round + 1);
                        env.run(["update", "f.json", "--argjson", "n", &digits, ".all = [.all[] | $n]"]).ok();
                    }
                }
                ended.fetch_add(1, Ordering::Relaxed);
            });
        }
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let (path, ended): (&PathBuf, _) = (&path, &ended);
                scope.spawn(move || {
                    let mut seen = 0;
                    while ended.load(Ordering::Relaxed) < 8 {
                        assert!(matches!(look(path), Seen::Whole));
                        seen += 1;
                    }
                    seen
                })
            })
            .collect();
        let seen: u32 = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
        assert!(seen > 10, "{seen}");
    });
}

#[test]
fn a_reading_asks_the_kernel_for_no_lock_and_a_large_file_once() {
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    let size = 600_000;
    let path = env.write("large.txt", vec![b'x'; size]);
    File::options().write(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let (ran, calls) = record(&env, ["read", "large.txt"]);
    assert_eq!(ran.ok().stdout.len(), size);
    for call in &calls {
        assert!(
            !["flock", "mkdir", "mkdirat", "rename", "renameat2"].contains(&call.name.as_str()),
            "{call:?}"
        );
        assert!(!(0..2).any(|index| call.path(index).starts_with(env.home())), "{call:?}");
    }
    let read: i64 = calls.iter().filter(|call| call.name == "read").map(|call| call.result.max(0)).sum();
    assert_eq!(read, size as i64, "it is read once");
}

/// However long that takes, a file that is replaced meanwhile is read whole, and once.
#[test]
fn a_large_file_that_is_replaced_while_it_is_read_is_one_version() {
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    let size: usize = if long() { 1 << 30 } else { 2 << 20 };
    let path = env.write("large.txt", vec![b'a'; size]);
    File::options().write(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let next = env.write("next", vec![b'b'; size]);
    // Between the two halves of the reading.
    let inject = "inject=read:delay_exit=300000:when=20+";
    let trace = env.root().join("trace");
    let options = ["-e", "trace=read", "-e", inject, "-o", trace.to_str().unwrap()];
    let reader = traced(&env, &options, ["read", "large.txt"]).spawn().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            crate::common::eventually("it reads the file", || {
                fs::read_to_string(&trace).is_ok_and(|text| text.contains("aaaa"))
            });
            fs::rename(&next, &path).unwrap();
        });
        let ran = Ran::of(reader.wait_with_output().unwrap()).ok();
        assert_eq!(ran.stdout.len(), size);
        assert!(ran.stdout.bytes().all(|byte| byte == b'a'), "it is the version that was opened");
    });
}

/// Whenever the reader pauses, somebody writes.
struct Written<'a>(&'a Path);

impl Waiter for Written<'_> {
    fn sleep(&mut self, pause: Duration) -> Option<i32> {
        fs::write(self.0, version(7)).unwrap();
        std::thread::sleep(pause / 2);
        fs::write(self.0, version(8)).unwrap();
        None
    }

    fn waiting(&mut self, _: &WaitReport<'_>) {}
}

#[test]
fn a_file_that_is_written_all_the_time_is_refused_with_the_reason() {
    let env = TestEnv::new();
    let path = env.write("busy.txt", version(0));
    let mut waiter = Written(&path);
    let mut place = FilePlace::new(&path, None, Replace::new(), &mut waiter);
    let error = memory::read(&mut place, Reading::Free).unwrap_err();
    assert!(error.to_string().contains("busy.txt is being written all the time"), "{error}");
    assert_eq!(error.kind(), Kind::Data);
}

#[test]
fn a_broken_document_that_nobody_writes_is_read_as_it_is() {
    let env = TestEnv::new();
    env.write("f.json", "{\"half\": ");
    assert_eq!(env.run(["read", "--raw", "f.json"]).ok().stdout, "{\"half\": ");
    let ran = env.run(["read", "f.json"]).expect(65);
    assert!(ran.stderr.contains("is not valid JSON"), "{}", ran.stderr);
    // So does one whose clock is ahead.
    let future = SystemTime::now() + Duration::from_secs(1000);
    File::options().write(true).open(env.path("f.json")).unwrap().set_modified(future).unwrap();
    assert_eq!(env.run(["read", "--raw", "f.json"]).ok().stdout, "{\"half\": ");
}
