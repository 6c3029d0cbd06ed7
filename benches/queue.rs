//! The outbox's figures: saving beside many waiting entries, a worker against a server that takes
//! 5 ms, and looking at it meanwhile.
//!
//! `cargo bench --bench queue`. Each figure stands beside what it must stay under. Nothing fails:
//! a machine under load is no fault of the program.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench may panic")]
#![allow(dead_code, reason = "the server is that of the tests, which need more of it")]

#[path = "../tests/suite/common/http.rs"]
mod http;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use http::{Reply, Server, fine};

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        // Beside the program, not in a /tmp that may be memory: a sync must cost what it costs.
        let beside = Path::new(env!("CARGO_BIN_EXE_aimem")).parent().unwrap();
        Home(tempfile::tempdir_in(beside).unwrap())
    }

    fn queue(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aimem"));
        command.arg("queue").args(args).env_clear().env("HOME", self.0.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn add_lines(&self, count: usize) -> Duration {
        let lines: String = (0..count).map(|number| format!("memory number {number}\n")).collect();
        let path = self.0.path().join("lines");
        fs::write(&path, lines).unwrap();
        let begun = Instant::now();
        let mut add = self.queue(&["add", "-p", "web", "--lines"]);
        let output = add.stdin(fs::File::open(path).unwrap()).output().unwrap();
        assert_eq!(output.stdout.iter().filter(|&&byte| byte == b'\n').count(), count);
        begun.elapsed()
    }

    /// The median and the worst of many single saves, process start included.
    fn add_one(&self) -> (Duration, Duration) {
        let mut times: Vec<Duration> = (0..100)
            .map(|_| {
                let begun = Instant::now();
                assert!(self.queue(&["add", "-p", "web", "one"]).output().unwrap().status.success());
                begun.elapsed()
            })
            .collect();
        times.sort();
        (times[50], times[99])
    }
}

/// The most memory that a process has had, in MB.
fn peak(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? / 1024.0)
}

fn main() {
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let home = Home::new();
    let (median, worst) = home.add_one();
    println!("save, nothing waiting       median {}, worst {} (under 50 ms)", ms(median), ms(worst));

    let home = Home::new();
    let time = home.add_lines(10_000);
    println!("save --lines                {:.0} a second (over 1,000)", 10_000.0 / time.as_secs_f64());

    let server = Server::start(|request| match request.what() {
        "GET /health" => fine(),
        _ => Reply::After(Duration::from_millis(5), Box::new(fine())),
    });
    let begun = Instant::now();
    let worker = home.queue(&["work"]).env("AIMEM_MEM0_URL", server.url()).spawn().unwrap();
    let pid = worker.id();
    let (ended, is_over) = channel();
    std::thread::spawn(move || ended.send(worker.wait_with_output().unwrap()));
    let (mut memory, mut slowest) = (0.0f64, Duration::ZERO);
    let output = loop {
        memory = memory.max(peak(pid).unwrap_or(0.0));
        let begun = Instant::now();
        home.queue(&["status"]).output().unwrap();
        slowest = slowest.max(begun.elapsed());
        match is_over.recv_timeout(Duration::from_millis(50)) {
            Err(RecvTimeoutError::Timeout) => {}
            output => break output.unwrap(),
        }
    };
    assert!(output.status.success());
    println!("deliver 10,000 at 5 ms each {:.1} s (under 20 s)", begun.elapsed().as_secs_f64());
    println!("  its memory                {memory:.0} MB (under 50 MB)");
    println!("  status meanwhile          worst {} (under 50 ms)", ms(slowest));

    home.add_lines(100_000);
    let (median, worst) = home.add_one();
    println!("save, 100,000 waiting       median {}, worst {} (as with none)", ms(median), ms(worst));
    let begun = Instant::now();
    home.queue(&["status"]).output().unwrap();
    println!("status, 100,000 waiting     {}", ms(begun.elapsed()));
}
