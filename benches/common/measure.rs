//! What the benches share.

use std::fmt;
use std::time::{Duration, Instant};

/// A JSON document of about `size` bytes: a counter and a list of sessions.
#[allow(dead_code, reason = "not every bench uses all")]
pub fn document(size: usize) -> String {
    let mut text = String::from("{\n  \"count\": 0,\n  \"sessions\": [\n");
    let mut number = 0;
    while text.len() < size.saturating_sub(100) {
        text.push_str(&format!(
            "    {{ \"id\": \"s{number}\", \"weight\": {number}.25, \"tags\": [\"a\", \"b\"] }},\n"
        ));
        number += 1;
    }
    text.push_str("    { \"id\": \"last\", \"weight\": 1, \"tags\": [] }\n  ]\n}\n");
    text
}

pub fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

#[allow(dead_code, reason = "not every bench uses all")]
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A median, and the quarters around it, in milliseconds.
#[allow(dead_code, reason = "not every bench uses all")]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

#[allow(dead_code, reason = "not every bench uses all")]
impl Spread {
    pub fn of(mut times: Vec<Duration>) -> Spread {
        times.sort();
        let at = |part: usize| times[times.len() * part / 4].as_secs_f64() * 1e3;
        Spread {
            median: at(2),
            low: at(1),
            high: times[(times.len() * 3 / 4).min(times.len() - 1)].as_secs_f64() * 1e3,
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:>9.2} ms  ({:.2} to {:.2})", self.median, self.low, self.high)
    }
}

#[allow(dead_code, reason = "not every bench uses all")]
pub fn installed(tool: &str) -> bool {
    std::path::Path::new(tool).is_file()
        || std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file()))
}
