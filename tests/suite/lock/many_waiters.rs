//! Many waiters on one lock: nobody crashes, all end at their time limit, and together they need
//! less than one processor.
//!
//! Short form: 200 waiters for 2 s. Long form (`AIMEM_LONG_TESTS=1`): 1,000 for 5 s, with limits
//! on processor time, memory and lateness; run it alone, with `--release`.

use crate::common::{TestEnv, long_tests, require};

/// Starts them all, and prints for each how late it ended; then what all of them used together.
const MEASURE: &str = r#"
import json, os, resource, sys, time
aimem, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
null = os.open("/dev/null", os.O_RDWR)
used = lambda: resource.getrusage(resource.RUSAGE_CHILDREN)
started, began = {}, time.monotonic()
for _ in range(count):
    at = time.monotonic()
    pid = os.posix_spawn(aimem, [aimem, "lock", "with", "f", "-w", sys.argv[3], "--", "true"], os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)])
    started[pid] = at
spawned = time.monotonic() - began
# Asked of the living: what wait4 tells of a child's memory includes that of its parent.
time.sleep(seconds / 2)
def peak(pid):
    try:
        with open(f"/proc/{pid}/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0
memory = [peak(pid) for pid in started]
# The program's own pages are there once for all of them: each has its share.
def share(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0
shares = [share(pid) for pid in list(started)[:20]]
codes, waits = {}, []
for _ in range(count):
    pid, status, usage = os.wait4(-1, 0)
    waits.append(time.monotonic() - started[pid])
    code = os.waitstatus_to_exitcode(status)
    codes[code] = codes.get(code, 0) + 1
waits.sort()
total = time.monotonic() - began
print(json.dumps({
    "codes": codes, "spawned": spawned, "seconds": total,
    "shortest": waits[0], "p50": waits[count // 2], "p99": waits[count * 99 // 100], "longest": waits[-1],
    "cpu": used().ru_utime + used().ru_stime, "most_kib": max(shares), "peak_rss_kib": max(memory),
}))
"#;

#[test]
fn many_waiters_all_end_at_their_time_limit() {
    if !require("python3") {
        return;
    }
    let (count, seconds) = if long_tests() { (1000, 5.0) } else { (200, 2.0) };
    let env = TestEnv::new();
    env.write("f", "");
    let holder = env.hold("f");
    let mut python = env.command("python3");
    python.args(["-c", MEASURE]).arg(crate::common::aimem_path());
    let output = python.args([count.to_string(), seconds.to_string()]).output().unwrap();
    let ran = crate::common::Ran::of(output).ok();
    eprintln!("{count} waiters for {seconds} s: {}", ran.stdout);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["codes"], serde_json::json!({ "75": count }), "all were told that it is held");
    let number = |key: &str| told[key].as_f64().unwrap();
    assert!(number("shortest") >= seconds, "nobody gave up early");
    eprintln!("together {:.2} processors", number("cpu") / number("seconds"));
    if long_tests() {
        assert!(number("cpu") < number("seconds"), "more than one processor");
        assert!(number("most_kib") < 4.0 * 1024.0 || cfg!(debug_assertions), "{} KiB", number("most_kib"));
    }
    let report = env.status("f");
    assert_eq!(report["pid"], holder.pid);
    let log = env.run(["locks", "log", "--summary", "--json"]).ok().stdout;
    let log: serde_json::Value = serde_json::from_str(&log).unwrap();
    assert_eq!(log[0]["counts"]["timeout"], count, "each time-out is on record");
    holder.end().ok();
    env.run(["lock", "with", "f", "-n", "--", "true"]).ok();
}

#[test]
fn many_waiters_are_all_served() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    let holder = env.hold("f.json");
    let count = if long_tests() { 1000 } else { 100 };
    let waiters: Vec<_> = (0..count)
        .map(|_| env.aimem(["update", "f.json", ".n += 1", "--no-sync", "-w", "300"]).spawn().unwrap())
        .collect();
    holder.end().ok();
    for waiter in waiters {
        crate::common::Ran::of(waiter.wait_with_output().unwrap()).ok();
    }
    assert_eq!(env.json("f.json")["n"], count);
    assert_eq!(env.lock_names(), [""; 0]);
}
