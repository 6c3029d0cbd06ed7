//! Paths and updates against the `jq` on this machine, over random documents and filters.
//!
//! Whatever jq it is (1.6 or newer): only what all of them do alike is generated.

use aimem::document::{Bindings, Filter, Limits, Style, Value, print, within};
use proptest::prelude::{BoxedStrategy, Just, Strategy, prop, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::process::{Command, Stdio};

/// How many filters one jq process gets.
const BATCH: usize = 120;
/// How many documents it gets them on.
const DOCUMENTS: usize = 6;
const BATCHES: usize = 30;

fn jq(filter: &str, input: &str) -> Option<String> {
    let mut child =
        Command::new("jq").args(["-c", filter]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    child.stdin.take()?.write_all(input.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What a filter that never fails gives on each input, in lines.
fn ours(filter: &str, inputs: &[String]) -> Vec<String> {
    let filter = Filter::compile(filter, &Bindings::default()).unwrap();
    let style = Style::compact();
    let mut lines = Vec::new();
    for input in inputs {
        let each = |value| {
            print(&value, &style, false, &mut lines).unwrap();
            ControlFlow::Continue(())
        };
        filter.run_each(Value::parse(input.as_bytes()).unwrap(), each).unwrap();
    }
    String::from_utf8(lines).unwrap().lines().map(str::to_owned).collect()
}

fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        (0..5i32).prop_map(|n| n.to_string()),
        prop::sample::select(vec!["\"x\"", "\"\"", "\"yy\"", "1.5"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(","))),
            prop::collection::vec((key(), inner), 0..4).prop_map(|entries| {
                let mut seen = Vec::new();
                let entries = entries.into_iter().filter(|(key, _)| {
                    let new = !seen.contains(key);
                    seen.push(*key);
                    new
                });
                let entries: Vec<_> = entries.map(|(k, v)| format!("\"{k}\":{v}")).collect();
                format!("{{{}}}", entries.join(","))
            }),
        ]
    })
}

fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c"])
}

fn step() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => key().prop_map(|key| format!(".{key}")),
        1 => key().prop_map(|key| format!(".{key}?")),
        2 => (0..3i32).prop_map(|index| format!(".[{index}]")),
        1 => Just(".[-1]".to_owned()),
        3 => Just(".[]".to_owned()),
        2 => Just(".[]?".to_owned()),
        1 => (0..3i32, 0..4i32).prop_map(|(from, upto)| format!(".[{from}:{upto}]")),
        1 => Just("getpath([\"a\",\"b\"])".to_owned()),
        1 => Just("select(. != null)".to_owned()),
        1 => Just("select(type == \"number\")".to_owned()),
        1 => Just("..".to_owned()),
        1 => Just("first(.[]?)".to_owned()),
        1 => Just("(.a?, .b?)".to_owned()),
        1 => Just("(.a? // .b?)".to_owned()),
        1 => Just("(if . == null then .a else . end)".to_owned()),
        1 => Just("recurse(.a?; . != null)".to_owned()),
    ]
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(step(), 1..4).prop_map(|steps| format!("({})", steps.join(" | ")))
}

fn filter() -> impl Strategy<Value = String> {
    let change = prop::sample::select(vec![
        "= 7",
        "= .a?",
        "= null",
        "|= 7",
        "|= (. // 5)",
        "|= [.]",
        "|= {a: .}",
        "+= 1",
        "-= 1",
        "*= 2",
        "//= 3",
        "|= tostring",
        "|= length",
        "= {b: [1]}",
        "|= (.a? // 1)",
        "+= null",
    ]);
    prop_oneof![
        2 => path(),
        2 => path().prop_map(|path| format!("path{path}")),
        6 => (path(), change).prop_map(|(path, change)| format!("{path} {change}")),
        3 => path().prop_map(|path| format!("del{path}")),
        1 => path().prop_map(|path| format!("[paths] | length, {path}")),
        1 => path().prop_map(|path| format!("reduce path{path} as $p (.; setpath($p; 9))")),
        1 => (path(), path()).prop_map(|(a, b)| format!("del({a}, {b})")),
        1 => path().prop_map(|path| format!("to_entries, (.a? |= {path})")),
        1 => Just("[tostream], (tojson | fromjson)".to_owned()),
    ]
}

/// What is known to differ between versions of jq, or to be a difference of ours.
fn is_comparable(filter: &str) -> bool {
    // Deleting through an optional alternative needs paths that jq 1.6 does not find.
    let deletes_twice = filter.starts_with("del") && filter.contains("..");
    !deletes_twice
}

#[test]
fn paths_and_updates_are_those_of_jq() {
    if !crate::common::require("jq") {
        return;
    }
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let mut different = Vec::new();
    let mut pairs = 0;
    for _ in 0..BATCHES {
        let mut sample = |strategy: BoxedStrategy<String>| strategy.new_tree(&mut runner).unwrap().current();
        let inputs: Vec<String> = (0..DOCUMENTS).map(|_| sample(document().boxed())).collect();
        let filters: Vec<String> =
            (0..BATCH).map(|_| sample(filter().boxed())).filter(|f| is_comparable(f)).collect();
        let tried: Vec<String> = filters.iter().map(|f| format!("[try ({f}) catch \"failed\"]")).collect();
        let batch = tried.join(",\n");
        let Some(theirs) = jq(&batch, &inputs.join("\n")) else { panic!("jq failed on {inputs:?}: {batch}") };
        let ours = within(&Limits::default(), || false, {
            let inputs = inputs.clone();
            move || ours(&batch, &inputs)
        });
        let (ours, theirs): (Vec<_>, Vec<_>) = (ours.unwrap(), theirs.lines().collect());
        assert_eq!(ours.len(), filters.len() * inputs.len());
        assert_eq!(theirs.len(), ours.len());
        pairs += ours.len();
        for (place, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            if ours != theirs {
                let (input, filter) = (&inputs[place / filters.len()], &filters[place % filters.len()]);
                different.push(format!("{filter}\n  on {input}\n  ours {ours}\n  jq   {theirs}"));
            }
        }
    }
    eprintln!("compared with jq: {pairs} pairs, {} differences", different.len());
    let shown = different.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(different.is_empty(), "{} of {pairs} differ:\n{shown}", different.len());
    assert!(pairs >= 20_000, "{pairs}");
}
