//! The old programs' files: whole, broken, and in use at this very moment.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::common::http::Server;
use crate::common::queue::{Outbox, wait_for_line};
use crate::common::strace::{Call, Stopped, record_all};
use crate::common::{Killed, Ran, TestEnv, eventually, require};

/// Writes a queue file as the Python programs did, by Python: 243 saved, 216 delivered, so 27 are
/// left, three of which it had given up on.
const WRITER: &str = r#"
import json, os, sys, uuid
folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
def entry(number, **more):
    return {"id": str(uuid.UUID(int=number)), "project_id": "second-brain",
            "content": f"mémoire {number} \"queue\": [", "timestamp": 1764400000 + number, "retries": 0, **more}
queue = {"queue": [entry(n) for n in range(24)], "last_100": [entry(1000 + n) for n in range(100)],
         "failed": [entry(100 + n, retries=3) for n in range(3)],
         "stats": {"total_queued": 243, "total_synced": 216, "total_failed": 3, "last_sync": "2025-11-30T02:32:20"}}
path = os.path.join(folder, "mem0_queue.json")
tmp = os.path.join(folder, "mem0_queue.tmp")
with open(tmp, "w") as f:
    json.dump(queue, f, indent=2)
os.replace(tmp, path)
"#;

/// Saves as the old server did: under its lock, the whole document, through a file beside it.
const SAVER: &str = r#"
import fcntl, json, os, sys, time
folder, count = sys.argv[1], int(sys.argv[2])
os.makedirs(folder, exist_ok=True)
path, tmp = os.path.join(folder, "mem0_queue.json"), os.path.join(folder, "mem0_queue.tmp")
for number in range(count):
    with open(os.path.join(folder, "mem0_queue.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            with open(path) as f:
                queue = json.load(f)
        except FileNotFoundError:
            queue = {"queue": [], "last_100": [], "failed": [],
                     "stats": {"total_queued": 0, "total_synced": 0, "total_failed": 0, "last_sync": None}}
        queue["queue"].append({"id": f"saved-{number:03}", "project_id": "web", "content": f"number {number}",
                               "timestamp": time.time(), "retries": 0})
        queue["stats"]["total_queued"] += 1
        with open(tmp, "w") as f:
            json.dump(queue, f, indent=2)
        os.replace(tmp, path)
"#;

fn python(outbox: &Outbox, script: &str, args: &[&str]) -> std::process::Command {
    let mut command = outbox.env.command("python3");
    command.args(["-c", script]).arg(outbox.old()).args(args);
    command
}

fn write_old(outbox: &Outbox) {
    Ran::of(python(outbox, WRITER, &[]).output().unwrap()).ok();
}

fn old_document(outbox: &Outbox) -> Value {
    serde_json::from_slice(&fs::read(outbox.old().join("mem0_queue.json")).unwrap()).unwrap()
}

fn totals(outbox: &Outbox) -> [u64; 3] {
    let report = outbox.status();
    ["total_queued", "total_synced", "total_failed"].map(|key| report[key].as_u64().unwrap())
}

fn names_of_old(outbox: &Outbox) -> Vec<String> {
    let names = TestEnv::names_in(&outbox.old()).into_iter();
    names.filter(|name| name != "mem0_queue.d" && name != "mem0_queue.lock" && name != "logs").collect()
}

#[test]
fn a_whole_file_is_taken_over_with_ids_and_totals() {
    if !require("python3") {
        return;
    }
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    write_old(&outbox);
    let ran = outbox.run(["import", "--json"]).ok();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&report["queued"], &report["failed"], &report["archived"]),
        (&24.into(), &3.into(), &100.into())
    );
    assert_eq!(totals(&outbox), [243, 216, 3]);
    assert_eq!((outbox.ids("new").len(), outbox.ids("dead").len(), outbox.archive().len()), (24, 3, 100));
    let entry = outbox.show("00000000-0000-0000-0000-000000000007");
    assert_eq!(entry["content"], "mémoire 7 \"queue\": [");
    assert_eq!(entry["timestamp"], "2025-11-29T07:06:47Z");
    // The old file keeps all but the entries.
    let old = old_document(&outbox);
    assert_eq!((&old["queue"], &old["failed"]), (&json!([]), &json!([])));
    assert_eq!(
        (old["last_100"].as_array().unwrap().len(), &old["stats"]["total_queued"]),
        (100, &243.into())
    );
    // Again: nothing.
    outbox.run(["import"]).ok();
    assert_eq!((totals(&outbox), outbox.archive().len()), ([243, 216, 3], 100));
    outbox.run(["work", "--concurrency", "1"]).ok();
    assert_eq!(totals(&outbox), [243, 243, 0]);
    assert_eq!(server.posts().len(), 27);
    assert_eq!(server.posts()[0].key(), "00000000-0000-0000-0000-000000000000");
}

#[test]
fn the_old_server_may_go_on_saving() {
    if !require("python3") {
        return;
    }
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    let saver = python(&outbox, SAVER, &["150"]).spawn().unwrap();
    let service = Killed(outbox.queue(["work", "--watch", "--interval", "0.005"]).spawn().unwrap());
    let ran = Ran::of(saver.wait_with_output().unwrap()).ok();
    eventually("all are delivered", || outbox.status()["delivered"] == 150);
    drop(service);
    outbox.run(["work"]).ok();
    let wanted: Vec<String> = (0..150).map(|number| format!("saved-{number:03}")).collect();
    assert_eq!(outbox.delivered(), wanted, "{}", ran.stderr);
    assert_eq!(server.posts().len(), 150);
    assert_eq!(totals(&outbox), [150, 150, 0]);
}

#[test]
fn a_file_in_use_is_left_for_the_next_time() {
    if !require("python3") {
        return;
    }
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    write_old(&outbox);
    let before = fs::read(outbox.old().join("mem0_queue.json")).unwrap();
    let holder = outbox.old_lock_held();
    let ran = outbox.run(["import"]).expect(75);
    assert!(ran.stderr.contains(&format!("is held by pid {}", holder.0.id())), "{}", ran.stderr);
    outbox.add("ours");
    outbox.run(["work"]).ok();
    assert_eq!(server.posts().len(), 1, "a busy old file keeps nobody from delivering");
    assert_eq!(fs::read(outbox.old().join("mem0_queue.json")).unwrap(), before);
    drop(holder);
    outbox.run(["work"]).ok();
    assert_eq!(server.posts().len(), 28);
}

/// What can be read of a broken file is saved, the file is kept, and the user is told.
#[track_caller]
fn broken(outbox: &Outbox, taken: usize) -> Vec<String> {
    let before = fs::read(outbox.old().join("mem0_queue.json")).unwrap();
    let ran = outbox.run(["import"]).ok();
    assert!(ran.stderr.contains("an old file did not parse"), "{}", ran.stderr);
    let names: Vec<String> =
        names_of_old(outbox).into_iter().filter(|name| name != "mem0_queue_backup.json").collect();
    assert!(names.len() == 1 && names[0].starts_with("mem0_queue.json.corrupt-20"), "{names:?}");
    assert_eq!(fs::read(outbox.old().join(&names[0])).unwrap(), before);
    assert_eq!(outbox.ids("new").len() + outbox.ids("dead").len(), taken);
    outbox.run(["import"]).ok();
    assert_eq!(outbox.ids("new").len() + outbox.ids("dead").len(), taken);
    names
}

#[test]
fn a_truncated_file_is_saved_as_far_as_it_goes() {
    if require("python3") {
        let outbox = Outbox::new();
        write_old(&outbox);
        let path = outbox.old().join("mem0_queue.json");
        let bytes = fs::read(&path).unwrap();
        let cut = bytes.windows(13).position(|part| part == b"000000000010\"").unwrap();
        fs::write(&path, &bytes[..cut]).unwrap();
        // 0x10 is the seventeenth.
        broken(&outbox, 16);
    }
}

#[test]
fn a_file_with_nul_bytes_is_saved_around_them() {
    if require("python3") {
        let outbox = Outbox::new();
        write_old(&outbox);
        let path = outbox.old().join("mem0_queue.json");
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.windows(13).position(|part| part == b"000000000005\"").unwrap();
        bytes[at..at + 30].fill(0);
        fs::write(&path, &bytes).unwrap();
        broken(&outbox, 26);
        assert_eq!(totals(&outbox), [243, 216, 3]);
    }
}

#[test]
fn of_a_file_that_is_nothing_but_zeros_the_backup_is_taken() {
    if require("python3") {
        let outbox = Outbox::new();
        write_old(&outbox);
        let path = outbox.old().join("mem0_queue.json");
        fs::rename(&path, outbox.old().join("mem0_queue_backup.json")).unwrap();
        fs::write(&path, vec![0; 4096]).unwrap();
        broken(&outbox, 27);
    }
}

#[test]
fn a_broken_file_without_anything_in_it_and_no_backup_is_kept() {
    let outbox = Outbox::new();
    fs::create_dir_all(outbox.old()).unwrap();
    fs::write(outbox.old().join("mem0_queue.json"), "").unwrap();
    broken(&outbox, 0);
}

#[test]
fn what_is_no_entry_stays_where_it_is() {
    let outbox = Outbox::new();
    fs::create_dir_all(outbox.old()).unwrap();
    let document = json!({"queue": [{"id": "a", "content": "kept"}, {"id": "b"}, 7], "more": {"x": 1.0}});
    fs::write(outbox.old().join("mem0_queue.json"), document.to_string()).unwrap();
    outbox.run(["import"]).ok();
    assert_eq!(old_document(&outbox), json!({"queue": [{"id": "b"}, 7], "more": {"x": 1.0}}));
    assert_eq!(outbox.show("a")["project_id"], "unknown");
}

#[test]
fn the_emergency_file_is_taken_when_its_writer_has_closed_it() {
    if !require("python3") {
        return;
    }
    let outbox = Outbox::new();
    fs::create_dir_all(outbox.old()).unwrap();
    let script = "import sys\nf = open(sys.argv[1] + '/mem0_emergency.json', 'a')\n\
                  f.write('{\"id\": \"e1\", \"project_id\": \"web\", \"content\": \"one\", \"timestamp\": 1}\\n')\nf.flush()\n\
                  print('written', flush=True)\nsys.stdin.readline()\n\
                  f.write('{\"id\": \"e2\", \"project_id\": \"web\", \"content\": \"two\", \"timestamp\": 2}\\n')\n";
    let mut writer = python(&outbox, script, &[]).stdin(Stdio::piped()).spawn().unwrap();
    wait_for_line(&mut writer);
    outbox.run(["import"]).ok();
    assert_eq!(outbox.ids("new").len(), 0, "its writer is not done");
    // One more program appends meanwhile, by the old name.
    fs::write(
        outbox.old().join("mem0_emergency.json"),
        "{\"id\": \"e3\", \"content\": \"three\"}\n{\"id\": \"torn",
    )
    .unwrap();
    drop(writer.stdin.take());
    writer.wait().unwrap();
    outbox.run(["import"]).ok();
    assert_eq!(outbox.ids("new"), ["e1".to_owned(), "e2".to_owned()].into());
    let ran = outbox.run(["import"]).ok();
    assert_eq!(outbox.ids("new").len(), 3);
    assert!(ran.stderr.contains("mem0_emergency.json.corrupt-20"), "{}", ran.stderr);
    assert_eq!(totals(&outbox), [3, 0, 0]);
}

/// Where an import stands right before it renames the queue file, or renames over it.
fn before_the_rename(whole: bool) -> (Outbox, (&'static str, usize)) {
    let set_up = || {
        let outbox = Outbox::new();
        fs::create_dir_all(outbox.old()).unwrap();
        let text = r#"{"queue": [{"id": "a", "project_id": "web", "content": "first"}]"#;
        fs::write(outbox.old().join("mem0_queue.json"), format!("{text}{}", if whole { "}" } else { "" }))
            .unwrap();
        outbox.add("there before");
        outbox
    };
    let (ran, calls) = record_all(&set_up().env, ["queue", "import"]);
    ran.ok();
    let renames = |call: &Call| {
        call.old_and_new_name().is_some_and(|(from, to)| {
            let starts = |path: &Path, start: &str| {
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start))
            };
            starts(&from, ".mem0_queue.json.") || starts(&to, "mem0_queue.json.corrupt-")
        })
    };
    let at = calls.iter().position(renames).expect("the rename");
    let sync = calls[..at].iter().rfind(|call| call.name == "fsync").unwrap();
    (set_up(), ("fsync", sync.nth))
}

/// A program that takes no lock has written a newer queue by then.
#[test]
fn what_is_written_while_an_import_is_about_to_rename_is_not_lost() {
    if !require("strace") {
        return;
    }
    for whole in [true, false] {
        let (outbox, place) = before_the_rename(whole);
        let stopped = Stopped::behind(&outbox.env, place, ["queue", "import"], Stdio::null());
        let newer = json!({"queue": [
            {"id": "a", "project_id": "web", "content": "first"},
            {"id": "b", "project_id": "web", "content": "second"},
        ]});
        let (path, beside) = (outbox.old().join("mem0_queue.json"), outbox.old().join("mem0_queue.tmp"));
        fs::write(&beside, newer.to_string()).unwrap();
        fs::rename(beside, &path).unwrap();
        let (ran, _) = stopped.go_on();
        ran.ok();
        let contents: Vec<Value> = ["a", "b"].map(|id| outbox.show(id)["content"].clone()).to_vec();
        assert_eq!(contents, ["first", "second"]);
        assert_eq!(outbox.ids("new").len(), 3);
        assert_eq!(names_of_old(&outbox), ["mem0_queue.json"], "nothing was broken");
        assert_eq!(old_document(&outbox)["queue"], json!([]));
    }
}
