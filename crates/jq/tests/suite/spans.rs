//! What an update does not change is copied byte for byte: random changes of random documents. The
//! documents come with the places of their parts, from the one who wrote them.

use super::common::written::{Container, Random, Written};
use super::common::{fuzz, long_tests};
use aimem_jq::{Bindings, Filter, Original, Style, Value, serialise, within};
use proptest::prelude::*;

/// What becomes of a document, and the new value as JSON on one line.
fn update(text: &str, filter: &str, arguments: &[(&str, &str)]) -> (String, String) {
    let (original, input) = Original::read(text.as_bytes()).unwrap();
    let mut bindings = Bindings::default();
    for (name, json) in arguments {
        bindings.argjson(name, json.as_bytes()).unwrap();
    }
    let filter = Filter::compile(filter, &bindings).unwrap();
    let new = filter.run_one(input).unwrap();
    let bytes = original.replaced_by(&new).unwrap();
    (String::from_utf8(bytes).unwrap(), compact(&new))
}

fn compact(value: &Value) -> String {
    String::from_utf8(serialise(value, &Style::compact().final_newline(false)).unwrap()).unwrap()
}

/// Some hundred of random documents; ten thousand in the long form.
fn documents(test: impl Fn(Random) -> Result<(), TestCaseError> + Clone + Send + 'static) {
    // The stack for deep documents.
    let test = move || {
        fuzz(if long_tests() { 10_000 } else { 400 }, any::<u64>().no_shrink(), |seed| {
            test(Random::new(seed))
        });
    };
    within(&Default::default(), || false, test).unwrap();
}

fn path(keys: &[String]) -> String {
    format!("[{}]", keys.join(","))
}

/// A path as it is written in a filter.
fn spelled(keys: &[String]) -> String {
    match keys.is_empty() {
        true => ".".to_owned(),
        false => format!(".{}", keys.iter().map(|key| format!("[{key}]")).collect::<String>()),
    }
}

#[test]
fn fuzz_what_changes_nothing_leaves_every_byte() {
    documents(|mut random| {
        let document = Written::random(&mut random);
        let filters = [
            ".",
            "walk(.)",
            "[.][0]",
            "if type == \"object\" then with_entries(.) else . end",
            "if type == \"array\" then map(.) | reverse | reverse else . end",
            "tojson | fromjson",
            ". as $d | reduce paths as $p ($d; setpath($p; getpath($p)))",
        ];
        let filter = random.pick(&filters);
        prop_assert_eq!(&update(&document.text, filter, &[]).0, &document.text, "{}", filter);
        Ok(())
    });
}

#[test]
fn fuzz_an_update_of_a_leaf_changes_the_bytes_of_that_leaf() {
    documents(|mut random| {
        let document = Written::random(&mut random);
        let Some(leaf) = document.leaves.get(random.below(document.leaves.len().max(1))) else {
            return Ok(());
        };
        let new = random.pick(&[
            "1",
            "-0",
            "1.10",
            "1E+5",
            "\"\"",
            "\"new\"",
            "\"/\"",
            "\"a\\\"b\\n\"",
            "\"\\\\n\"",
            "null",
            "true",
            "[]",
            "{}",
        ]);
        let literal = spelled(&leaf.path);
        let filter = match random.below(3) {
            0 if leaf.path.len() < 20 => format!("{literal} = $new"),
            1 if leaf.path.len() < 20 => format!("{literal} |= $new"),
            _ => "setpath($path; $new)".to_owned(),
        };
        let (result, _) = update(&document.text, &filter, &[("path", &path(&leaf.path)), ("new", new)]);
        let mut expected = document.text.clone();
        if leaf.meaning != new {
            expected.replace_range(leaf.range.clone(), new);
        }
        prop_assert_eq!(result, expected, "{} = {} in {:?}", path(&leaf.path), new, document.text);
        Ok(())
    });
}

/// What a member of a changed array or object must be.
enum Expected {
    /// These bytes.
    Exactly(String),
    /// Something new that means this.
    New(String),
}

/// Checks an array or object in new bytes: its members, with nothing but white space and commas
/// between them. Returns what follows it.
fn check_members<'t>(text: &'t str, brackets: [char; 2], members: &[Expected]) -> Result<&'t str, String> {
    let wrong = |rest: &str, what: &str| format!("{what} expected before {rest:?}");
    let mut rest = text.strip_prefix(brackets[0]).ok_or_else(|| wrong(text, "a bracket"))?;
    for (place, member) in members.iter().enumerate() {
        if place > 0 {
            rest = rest.trim_start().strip_prefix(',').ok_or_else(|| wrong(rest, "a comma"))?;
        }
        rest = rest.trim_start();
        rest = match member {
            Expected::Exactly(bytes) => {
                rest.strip_prefix(bytes.as_str()).ok_or_else(|| wrong(rest, bytes))?
            }
            Expected::New(meaning) => {
                let tokens = meaning
                    .chars()
                    .try_fold(rest, |rest, character| rest.trim_start().strip_prefix(character));
                tokens.ok_or_else(|| wrong(rest, meaning))?
            }
        };
    }
    rest.trim_start().strip_prefix(brackets[1]).ok_or_else(|| wrong(rest, "a bracket"))
}

/// Applies a filter to one array or object of a document, and checks that it has these members
/// then, and that no byte outside of it has changed.
fn check(
    document: &Written,
    container: &Container,
    filter: &str,
    members: &[Expected],
) -> Result<(), TestCaseError> {
    let text = &document.text;
    let (result, new) =
        update(text, &format!("getpath($path) |= ({filter})"), &[("path", &path(&container.path))]);
    let shown = format!("{filter} at {} of {text:?} gives {result:?}", path(&container.path));
    let (before, after) = (&text[..container.range.start], &text[container.range.end..]);
    prop_assert!(result.starts_with(before) && result.ends_with(after), "{}", shown);
    let inside = &result[before.len()..];
    let brackets = if container.is_object { ['{', '}'] } else { ['[', ']'] };
    match check_members(inside, brackets, members) {
        Ok(rest) => prop_assert_eq!(rest, after, "{}", shown),
        Err(wrong) => prop_assert!(false, "{}\n{}", wrong, shown),
    }
    prop_assert_eq!(compact(&Value::parse(result.as_bytes()).unwrap()), new, "{}", shown);
    Ok(())
}

#[test]
fn fuzz_members_that_stay_keep_their_bytes_wherever_they_go() {
    documents(|mut random| {
        let document = Written::random(&mut random);
        if document.containers.is_empty() {
            return Ok(());
        }
        let container = &document.containers[random.below(document.containers.len())];
        let members = &container.members;
        let at = random.below(members.len());
        let as_it_is =
            |place: usize| Expected::Exactly(document.text[members[place].range.clone()].to_owned());
        let mut expected: Vec<Expected> = (0..members.len()).map(as_it_is).collect();
        let filter = match (container.is_object, random.below(6)) {
            (true, 0) => {
                expected.remove(at);
                format!("del(.[{}])", members[at].key.as_ref().unwrap())
            }
            (true, 1) => {
                expected.push(Expected::New("\"new\":[1,{\"x\":\"y\"}]".to_owned()));
                ".new = [1, {x: \"y\"}]".to_owned()
            }
            (true, 2) => {
                expected.insert(0, Expected::New("\"new\":1".to_owned()));
                "{new: 1} + .".to_owned()
            }
            (true, 3) => {
                let value = document.text[members[at].value.clone()].to_owned();
                expected[at] = Expected::New(format!("\"new\":{value}"));
                let key = members[at].key.as_ref().unwrap();
                let exact = value.trim() == value && !value.contains(char::is_whitespace);
                if !exact {
                    return Ok(());
                }
                format!("with_entries(if .key == {key} then .key = \"new\" else . end)")
            }
            (true, 4) => {
                expected.rotate_left(1);
                "to_entries | .[1:] + .[:1] | from_entries".to_owned()
            }
            (true, _) => {
                let kept: Vec<bool> = (0..members.len()).map(|place| place % 2 == 0).collect();
                let mut kept = kept.iter();
                expected.retain(|_| *kept.next().unwrap());
                "to_entries | [range(0; length; 2) as $i | .[$i]] | from_entries".to_owned()
            }
            (false, 0) => {
                expected.remove(at);
                format!("del(.[{at}])")
            }
            (false, 1) => {
                expected.push(Expected::New("{\"new\":[\"x\",2]}".to_owned()));
                ". + [{new: [\"x\", 2]}]".to_owned()
            }
            (false, 2) => {
                expected.insert(at, Expected::New("\"new\"".to_owned()));
                format!(".[:{at}] + [\"new\"] + .[{at}:]")
            }
            (false, 3) => {
                expected.reverse();
                "reverse".to_owned()
            }
            (false, 4) => {
                expected.rotate_left(at);
                format!(".[{at}:] + .[:{at}]")
            }
            (false, _) => {
                expected.truncate(at);
                format!(".[:{at}]")
            }
        };
        // Of equal members with other bytes it can't be told which one went where.
        let values: Vec<_> =
            members.iter().map(|member| meaning(&document.text[member.value.clone()])).collect();
        let has_equal = (1..values.len()).any(|place| values[..place].contains(&values[place]));
        if has_equal && !container.is_object {
            return Ok(());
        }
        check(&document, container, &filter, &expected)
    });
}

/// A value on one line.
fn meaning(text: &str) -> String {
    compact(&Value::parse(text.as_bytes()).unwrap())
}

#[test]
fn fuzz_whatever_a_filter_does_the_file_holds_its_result() {
    documents(|mut random| {
        let document = Written::random(&mut random);
        let filters = [
            "[., .]",
            "{a: ., b: [.]}",
            "[.[]?]",
            "[..]",
            "[.. | scalars]",
            "[paths]",
            "walk(if type == \"object\" then to_entries else . end)",
            "walk(if type == \"array\" then reverse else . end)",
            "walk(if type == \"object\" then with_entries(.key |= . + \"x\") else . end)",
            "walk(if type == \"object\" then .[\"new\"] = [1, {a: 2}] else . end)",
            "walk(if type == \"array\" then . + [{a: [1]}] else . end)",
            "walk(if type == \"number\" and . < 1e300 then . + 1 else . end)",
            "del(.. | select(type == \"number\"))",
            "[limit(3; ..)] | map([.]) | add",
            "walk(if type == \"array\" then sort else . end)",
            "walk(if type == \"array\" then unique else . end)",
            ". as $d | [paths] as $p | reduce $p[] as $q ($d; setpath($q; $d | getpath($p[0])))",
            "[.] | .[1:] = [.[0], 1, .[0]] | .[0] = {}",
            "to_entries?, . | tojson | fromjson",
        ];
        let filter = format!(
            "first((try ({}) catch empty | select(tojson | length < 1000000)), .)",
            random.pick(&filters)
        );
        let (result, new) = update(&document.text, &filter, &[]);
        let found = compact(&Value::parse(result.as_bytes()).unwrap());
        prop_assert_eq!(found, new, "{} of {:?} gives {:?}", filter, document.text, result);
        // And what was written is left alone from then on.
        prop_assert_eq!(&update(&result, ".", &[]).0, &result);
        Ok(())
    });
}

/// A tab is shown as an arrow there, and a carriage return by its sign.
#[test]
fn the_table_of_bytes_is_what_updates_give() {
    let table = include_str!("../data/update-bytes.txt");
    let real = |text: &str| text.replace('→', "\t").replace('␍', "\r");
    let cases: Vec<&str> = table.split("=== ").skip(1).collect();
    assert!(cases.len() > 60);
    for case in cases {
        let (title, case) = case.split_once('\n').unwrap();
        let (before, case) = case.split_once("--- ").unwrap();
        let (filter, after) = case.split_once('\n').unwrap();
        let found = update(&real(before), filter, &[]).0;
        assert_eq!(found, real(after), "{title}\n--- {filter}\n{found}");
        assert_eq!(update(&found, ".", &[]).0, found, "{title}");
    }
}
