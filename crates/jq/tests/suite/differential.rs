//! Paths and updates against the `jq` on this machine, over random documents and filters.
//!
//! Whatever jq it is (1.6 or newer): only what all of them do alike is generated, and with 1.7 or
//! newer what was mended there. `AIMEM_DIFFERENTIAL_SEED` tries others than the usual ones.

use aimem_jq::{Bindings, Filter, Limits, Style, Value, print, within};
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

/// Whether the jq is 1.7 or newer.
fn is_new() -> bool {
    let version = Command::new("jq").arg("--version").output().map(|output| output.stdout);
    let version = String::from_utf8_lossy(&version.unwrap_or_default()).into_owned();
    let number = version.trim().trim_start_matches("jq-").to_owned();
    let mut parts = number.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (1, 7)
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(texts).prop_map(str::to_owned)
}

fn step(new: bool) -> BoxedStrategy<String> {
    if new { prop_oneof![9 => old_step(), 1 => one_of(NEW_STEPS)].boxed() } else { old_step().boxed() }
}

const NEW_STEPS: &[&str] = &[
    ".[1.7]",
    ".[-1.5]?",
    ".[0.5]",
    ".[-0.5]?",
    "limit(2; .[]?)",
    "limit(1; .a?, .b?)",
    "first(.a?, .b?)",
    "limit(0; .[])",
    "first(..)",
    "(.a, .[0])?",
    "(.[-2:] | .[0]?)",
    "(.[1:] | .[:1])",
    "(try .a catch empty)",
    "(.[]? // .)",
    "(.a | values)?",
];

fn old_step() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => one_of(OLD_STEPS),
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

const OLD_STEPS: &[&str] = &[
    ".[null:1]",
    ".[1:null]",
    ".[:-1]",
    ".[-1:]",
    ".[0.5:1.5]",
    ".[\"a\"]?",
    ".[\"b\"].c?",
    "getpath([])",
    "getpath([0])",
    "recurse",
    "values",
    "(. as $x | .a?)",
    "(.b? as $x | select($x == null))",
    "(if type == \"array\" then .[0] elif type == \"object\" then .b else empty end)",
    "(.a? | select(. != null))",
    "(empty, .)",
    "arrays",
    "objects",
    "scalars",
];

fn path(new: bool) -> impl Strategy<Value = String> {
    prop::collection::vec(step(new), 1..4).prop_map(|steps| format!("({})", steps.join(" | ")))
}

/// Filters on the whole document that use a path.
const AROUND: &[&str] = &[
    "PATH as $x | [$x, .a?]",
    "reduce PATH as $x ([]; . + [$x])",
    "reduce (path(PATH)) as $p ({doc: .}; .n += 1 | .last = $p)",
    "[foreach PATH as $x (0; . + 1; [., $x])]",
    "[limit(2; PATH)]",
    "first(PATH)",
    "[.[]? | try PATH catch \"inner\"]",
    "to_entries | map(.value) | PATH",
    "walk(if type == \"object\" then (try del(PATH) catch 7) else . end)",
    "walk(if type == \"number\" then . + 1 else . end) | PATH",
    "[PATH] | sort, unique, length, (map(type) | add)",
    "[PATH] | group_by(type), min, max",
    "[PATH] | map(tojson), (.[0] |= 5)",
    "if PATH then 1 else 2 end",
    "[PATH // 3]",
    "[PATH == 1, PATH != null]",
    "label $out | PATH | if . == null then break $out else . end",
    "(PATH |= 1) | (PATH |= 2)",
    "[getpath(path(PATH))]",
    "[paths(. == 1)], [PATH | tojson]",
    "{a: PATH}",
    "[.. | numbers], [PATH]",
    "delpaths([path(PATH)])",
    "[PATH | tostring, length?]",
    "[PATH] | any, all, (map(type == \"null\") | index(true))",
    "[PATH] | flatten, transpose?",
    "[PATH] | tojson | fromjson",
    "[PATH | objects | keys, to_entries]",
    "[PATH | arrays | reverse, sort, (. - [1])]",
    "[PATH | strings | explode, ascii_upcase, ltrimstr(\"y\")]",
    "(PATH | objects) |= with_entries(.value = 1)",
    "(PATH | arrays) |= map(.)",
    "input_line_number as $n | reduce PATH as $x (.; .)",
];

/// What jq 1.6 does in another way.
const AROUND_NEW: &[&str] = &[
    "PATH |= (try error(\"x\") catch 0)",
    "PATH |= (try (. + 1) catch -1)",
    "PATH |= (. as $x | try {a: 1, b: $x} catch 2)",
    "PATH |= (.. |= .)",
    "PATH |= (to_entries? // 0)",
    "PATH |= (.[0]? = 1)",
    "with_entries(.value |= (PATH)?)",
    "(.a, .[]?) |= PATH",
    "(try PATH catch .) |= 1",
    "PATH += 1, (PATH |= (numbers | . + 1))",
    "PATH |= empty",
    "del(.., PATH)",
    "pick(PATH)",
    "[PATH] | map(abs?)",
    "[limit(0; PATH)]",
    "try error(PATH) catch .",
    "[PATH | tojson], @json \"x\\(PATH)\"",
    "[PATH | splits(\"x\")?]",
    "fromstream(tostream), [PATH | tostream]",
    "[PATH] | implode?",
    "[PATH | ltrimstr(\"x\")?, trim?]",
    "limit(1; PATH) |= 3",
    "(first(PATH)) = 4",
    "[PATH] | sort_by(type, length?), unique_by(type), min_by(length?), max_by(length?)",
    "[PATH] | indices(1), indices([1]), index(null), inside([[]])?",
    "[PATH] | @csv?, @tsv?, @sh?, @html, @base64",
    "[PATH | has(\"a\", 0)?], [PATH | contains({a: 1}, [1], \"x\")?]",
    "[PATH | getpath([\"a\", 0])?]",
    "getpath([\"a\"]) as {b: $x} | [$x, PATH]",
    "[PATH as [$x] | $x]",
    "[PATH | . as {a: $x} | $x]",
    "[PATH | to_entries?, (map_values(. + 1)?)]",
];

fn around(texts: &'static [&'static str], new: bool) -> impl Strategy<Value = String> {
    (prop::sample::select(texts), path(new)).prop_map(|(text, path)| text.replace("PATH", &path))
}

fn filter(new: bool) -> BoxedStrategy<String> {
    if new {
        prop_oneof![3 => old_filter(true), 1 => around(AROUND_NEW, true)].boxed()
    } else {
        old_filter(false).boxed()
    }
}

fn old_filter(new: bool) -> impl Strategy<Value = String> {
    let path = move || path(new);
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
        "//= .b?",
        "//= [1]",
        "|= (. as $x | [$x, 1])",
        "|= (if . == null then 1 else . end)",
        "|= (reduce (1, 2) as $i (.; [.]))",
        "|= ([foreach (1, 2) as $i (0; . + $i)])",
        "|= first(.[]?, 8)",
        "|= type",
        "/= 2",
        "%= 2",
        "= ([.] | length)",
        "+= .n?",
        "+= [1]",
        "+= {z: 1}",
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
        6 => around(AROUND, new),
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
    let seed = std::env::var("AIMEM_DIFFERENTIAL_SEED").ok().and_then(|seed| seed.parse::<u8>().ok());
    let rng = match seed {
        Some(seed) => TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]),
        None => TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    };
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let new = is_new();
    let mut different = Vec::new();
    let mut pairs = 0;
    for _ in 0..BATCHES {
        let mut sample = |strategy: BoxedStrategy<String>| strategy.new_tree(&mut runner).unwrap().current();
        let inputs: Vec<String> = (0..DOCUMENTS).map(|_| sample(document().boxed())).collect();
        let filters: Vec<String> =
            (0..BATCH).map(|_| sample(filter(new))).filter(|f| is_comparable(f)).collect();
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
