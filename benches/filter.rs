//! What an update costs beside its filter: `cargo bench --bench filter`.
//!
//! `aimem update` against `jq | sponge`, `jaq -i` and the bare engine, each a process of its own.
//! The bare engine is stock jaq-core with its own reader and writer: it reads the file, runs the
//! filter and writes the result to another file, without a lock, a check or a sync. aimem does all
//! of that and waits for the disk.
//!
//! Prints, for each, the median, the least, and aimem's share of them: below 1 aimem is faster.
//! What is not installed is left out; `JQ` and `JAQ` name other ones.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench may panic and may write plainly")]

#[path = "common/measure.rs"]
mod measure;

use measure::{document, installed, median, time};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const FILTERS: [&str; 4] = [
    ".count += 1",
    ".sessions += [{\"id\": \"new\"}]",
    ".sessions[].weight |= . + 1",
    "del(.sessions[100:200])",
];

/// The first argument that makes this program the bare engine.
const ENGINE: &str = "as-engine";

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(ENGINE) {
        let (file, filter) = (arguments.next().unwrap(), arguments.next().unwrap());
        return engine(Path::new(&file), &filter);
    }
    let tool = |variable: &str, name: &str| std::env::var(variable).unwrap_or_else(|_| name.to_owned());
    let (jq, jaq) = (tool("JQ", "jq"), tool("JAQ", "jaq"));
    let here = std::env::current_exe().unwrap();
    let mut ways = vec![("aimem update", format!("exec '{}' update", env!("CARGO_BIN_EXE_aimem")))];
    ways.push(("bare engine", format!("exec '{}' {ENGINE}", here.display())));
    let there = |tool: &str| Path::new(tool).is_file() || installed(tool);
    // The file is `$1`, the filter `$2`.
    let mut ways: Vec<_> = ways.into_iter().map(|(name, start)| (name, start + " \"$1\" \"$2\"")).collect();
    if there(&jq) && installed("sponge") {
        ways.push(("jq | sponge", format!("'{jq}' \"$2\" \"$1\" | sponge \"$1\"")));
    }
    if there(&jaq) {
        ways.push(("jaq -i", format!("exec '{jaq}' -i \"$2\" \"$1\"")));
    }
    let folder = tempfile::tempdir().unwrap();
    for (size, runs, title) in [(1 << 10, 51, "1 KB"), (10 << 20, 11, "10 MB")] {
        let text = document(size);
        for filter in FILTERS {
            println!("\n{title}: {filter}");
            let mut times = vec![Vec::new(); ways.len()];
            // In turn, so that whatever else the machine does meets all of them.
            for _ in 0..runs {
                for ((_, script), times) in ways.iter().zip(&mut times) {
                    times.push(once(folder.path(), &text, script, filter));
                }
            }
            report(&ways, &times);
        }
    }
}

fn report(ways: &[(&str, String)], times: &[Vec<Duration>]) {
    let figures: Vec<[f64; 2]> = times
        .iter()
        .map(|times| [median(times.clone()), times.iter().copied().min().unwrap_or_default()])
        .map(|both| both.map(|time| time.as_secs_f64() * 1e3))
        .collect();
    for ((name, _), [median, least]) in ways.iter().zip(&figures) {
        let [of_median, of_least] = [figures[0][0] / median, figures[0][1] / least];
        println!(
            "  {name:<13} median {median:>8.2} ms, least {least:>8.2} ms; aimem's share {of_median:.2}, {of_least:.2}"
        );
    }
}

/// Runs a way once, on a fresh document that is on the disk already.
fn once(folder: &Path, text: &str, script: &str, filter: &str) -> Duration {
    let path = folder.join("document.json");
    let mut file = File::create(&path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.sync_all().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", script, "-"]).arg(&path).arg(filter);
    command.env("HOME", folder).stdin(Stdio::null()).stdout(Stdio::null());
    time(|| assert!(command.status().unwrap().success(), "{script} {filter}"))
}

/// The engine alone. Its output is laid out like the document.
fn engine(path: &Path, filter: &str) {
    use jaq_core::data::JustLut;
    use jaq_core::load::{Arena, Loader};
    use jaq_core::{Compiler, Ctx, Vars};
    use jaq_json::{Val, write};
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let source = jaq_core::load::File { code: filter, path: () };
    let modules = Loader::new(defs).load(&arena, source).map_err(|_| "the filter").unwrap();
    let filter = Compiler::default().with_funs(funs).compile(modules).map_err(|_| "the filter").unwrap();

    let input = jaq_json::read::parse_single(&fs::read(path).unwrap()).unwrap();
    let ctx = Ctx::<JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let style = write::Pp { indent: Some("  ".to_owned()), sep_space: true, ..write::Pp::default() };
    let mut out = BufWriter::with_capacity(1 << 16, File::create(path.with_extension("out")).unwrap());
    for result in filter.id.run((ctx, input)) {
        let value = result.map_err(|_| "the filter failed").unwrap();
        write::write(&mut out, &style, 0, &value).unwrap();
        out.write_all(b"\n").unwrap();
        // As a process that is about to end would.
        std::mem::forget(value);
    }
    out.flush().unwrap();
}
