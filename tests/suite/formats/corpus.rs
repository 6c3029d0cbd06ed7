//! Files as people have them, every leaf of each changed, and random changes of all.

use std::fs;
use std::path::Path;

use aimem::document::{
    Bindings, Filter, Format, NotStorable, Original, Style, Value, parse_as, same_data, serialise, within,
};

use crate::common::long_tests;

/// A file of the corpus.
struct Sample {
    name: String,
    format: Format,
    text: String,
}

fn samples(format: Format) -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(format.word());
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        Sample { name, format, text: fs::read_to_string(entry.path()).unwrap() }
    };
    let mut samples: Vec<Sample> = fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap())).collect();
    samples.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(samples.len() >= 40, "{format}: {}", samples.len());
    samples
}

fn all() -> Vec<Sample> {
    let mut all = samples(Format::Jsonc);
    all.extend(samples(Format::Toml));
    all
}

fn filter(source: &str, arguments: &[(&str, &str)]) -> Filter {
    let mut bindings = Bindings::default();
    for (name, json) in arguments {
        bindings.argjson(name, json.as_bytes()).unwrap();
    }
    Filter::compile(source, &bindings).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn json(value: &Value) -> String {
    String::from_utf8(serialise(value, &Style::compact().final_newline(false)).unwrap()).unwrap()
}

/// What a filter gives on some data, as JSON on one line each.
fn results(value: &Value, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let done = filter(source, &[]).run_each(value.clone(), |value| {
        found.push(json(&value));
        std::ops::ControlFlow::Continue(())
    });
    done.unwrap_or_else(|error| panic!("{source}: {error}"));
    found
}

fn update(sample: &Sample, text: &str, filter: &Filter) -> Result<(String, Value), NotStorable> {
    let (original, input) = Original::read(sample.format, text.as_bytes()).unwrap();
    let new = filter.run_one(input).unwrap_or_else(|error| panic!("{}: {error}", sample.name));
    Ok((String::from_utf8(original.replaced_by(&new)?).unwrap(), new))
}

#[test]
fn what_changes_nothing_leaves_every_byte() {
    for sample in all() {
        for source in [
            ".",
            "walk(.)",
            "if type == \"object\" then with_entries(.) else map(.) end",
            ". as $d | [paths] | $d",
        ] {
            let (made, _) = update(&sample, &sample.text, &filter(source, &[])).unwrap();
            assert_eq!(made, sample.text, "{}: {source}", sample.name);
        }
    }
}

#[test]
fn an_update_of_a_leaf_changes_the_bytes_of_that_leaf() {
    // A number that is in none of the files, and is spelled alike everywhere.
    const NEW: &str = "987654321.5";
    let mut leaves = 0;
    for sample in all() {
        let value = parse_as(sample.format, sample.text.as_bytes()).unwrap();
        // JSON has no infinity: those leaves are named, and not printed.
        for path in results(&value, "paths(type != \"object\" and type != \"array\")") {
            let set = filter("setpath($path; $new)", &[("path", &path), ("new", NEW)]);
            let (made, _) = update(&sample, &sample.text, &set).unwrap();
            let at = made.find(NEW).unwrap_or_else(|| panic!("{}: {path}:\n{made}", sample.name));
            let (before, after) = (&made[..at], &made[at + NEW.len()..]);
            let context = format!("{}: {path}:\n{made}", sample.name);
            assert!(sample.text.starts_with(before) && sample.text.ends_with(after), "{context}");
            // What went is that leaf, and no byte more.
            let went = &sample.text[before.len()..sample.text.len() - after.len()];
            let alone = match sample.format {
                Format::Toml => format!("leaf = {went}"),
                _ => format!("{{\"leaf\":{went}}}"),
            };
            assert_eq!(went, went.trim(), "{context}");
            let alone = parse_as(sample.format, alone.as_bytes()).expect(&context);
            let get = filter("getpath($path)", &[("path", &path)]).run_one(value.clone()).unwrap();
            let leaf = filter(".leaf", &[]).run_one(alone).unwrap();
            assert!(same_data(sample.format, &leaf, &get), "{context}");
            leaves += 1;
        }
    }
    assert!(leaves > 600, "{leaves}");
}

/// Numbers that only depend on a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }
}

const NEW_VALUES: [&str; 16] = [
    "1",
    "-2.5",
    "true",
    "\"text\"",
    "\"it's \\\"quoted\\\"\\n\\u0007 é\"",
    "\"\"",
    "[]",
    "{}",
    "[1, \"a\", [2]]",
    "{\"k\": 1}",
    "{\"a b\": {\"c\": [true]}, \"d.e\": \"f\"}",
    "[{\"n\": 1}, {\"n\": 2, \"m\": {\"o\": 3}}]",
    "[{}]",
    "{\"deep\": {\"er\": {\"x\": 1}}}",
    "[[], {}]",
    "\"2024-02-29\"",
];

/// A filter that does something to the data at a path, and is one for any data there.
const CHANGES: [&str; 14] = [
    "setpath($path; $new)",
    "delpaths([$path])",
    "setpath($path; getpath($path) | if type == \"object\" then .added = $new elif type == \"array\" then . + [$new] else $new end)",
    "setpath($path; getpath($path) | if type == \"object\" then {\"first\": $new} + . elif type == \"array\" then [$new] + . else . end)",
    "setpath($path; getpath($path) | if type == \"array\" then reverse else . end)",
    "setpath($path; getpath($path) | if type == \"array\" then .[1:] elif type == \"object\" then del(.[keys_unsorted[0]?]) else . end)",
    "setpath($path; getpath($path) | if type == \"array\" then .[:-1] elif type == \"object\" then del(.[keys_unsorted[-1:][]]) else . end)",
    "setpath($path; getpath($path) | if type == \"object\" then with_entries(.key |= . + \"x\") else . end)",
    "setpath([\"moved\"]; getpath($path))",
    "setpath($path; getpath($path) | if type == \"number\" then . + 1 elif type == \"string\" then . + \"!\" else . end)",
    "setpath($path; getpath($path) | if type == \"array\" then [.[] | select(type != \"string\")] else . end)",
    "setpath($path; getpath($path) | if type == \"array\" then map(if type == \"object\" then .new = $new else . end) else . end)",
    "setpath($path; getpath($path) | if type == \"object\" then map_values($new) else . end)",
    "setpath($path; getpath($path) | if type == \"object\" then to_entries | reverse | from_entries else [.] end)",
];

#[test]
fn random_updates_give_the_data_that_they_give_in_plain_json() {
    // The stack for what has been put into itself again and again.
    within(&Default::default(), || false, random_updates).unwrap();
}

fn random_updates() {
    let (rounds, chain) = if long_tests() { (100, 8) } else { (2, 3) };
    for sample in all() {
        for seed in 0..rounds {
            let mut random = Random(seed * 7919 + sample.text.len() as u64);
            let mut text = sample.text.clone();
            for _ in 0..chain {
                let value = parse_as(sample.format, text.as_bytes()).unwrap();
                let paths = results(&value, "paths");
                let path = if paths.is_empty() {
                    "[\"a\"]".to_owned()
                } else {
                    paths[random.below(paths.len())].clone()
                };
                let in_array = value_is_array(&value);
                let source = random.pick(&CHANGES);
                let source = if in_array { source.replace("[\"moved\"]", "[0]") } else { source.to_owned() };
                let new: &str = random.pick(&NEW_VALUES);
                let change = filter(&source, &[("path", &path), ("new", new)]);
                let context = || format!("{} seed {seed}: {source} at {path} of\n{text}", sample.name);

                // The plain way: the data as JSON, changed, and nothing else known of it.
                let plain = Value::parse(json_or_null(&value).as_bytes()).unwrap();
                let Ok(plain) = change.run_one(plain) else { break };
                match update(&sample, &text, &change) {
                    Ok((made, new)) => {
                        let found = parse_as(sample.format, made.as_bytes());
                        let found =
                            found.unwrap_or_else(|why| panic!("{why}: {}\n--- made\n{made}", context()));
                        assert!(same_data(sample.format, &found, &new), "{}\n--- made\n{made}", context());
                        let finite =
                            results(&value, "[.. | select(type == \"number\") | isnan or isinfinite] | any")
                                == ["false"];
                        assert!(
                            !finite || same_data(sample.format, &found, &plain),
                            "{}\n--- made\n{made}\n--- plain\n{}",
                            context(),
                            json(&plain)
                        );
                        text = made;
                    }
                    Err(why) => {
                        let is_right = sample.format == Format::Toml && json_or_null(&plain).contains("null");
                        assert!(is_right, "{why}: {}", context());
                        break;
                    }
                }
            }
        }
    }
}

fn value_is_array(value: &Value) -> bool {
    value.type_name() == "array"
}

/// As JSON, with a null for what it can't spell.
fn json_or_null(value: &Value) -> String {
    let shown = "walk(if type == \"number\" and (isnan or isinfinite) then null else . end)";
    results(value, shown).concat()
}
