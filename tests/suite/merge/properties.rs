//! What holds for every merge. The oracle is a log of operations on a model that knows nothing of
//! merging; each value in it is there once, so that it can be found again in what comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aimem::document::Format;
use aimem::merge::{Kind, Relation, Rules, Side, Texts, Written, compare, merge_texts, read_side};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::common::long_tests;

/// One change. The numbers choose what is changed among what there is.
#[derive(Debug, Clone)]
enum Op {
    Set(u8),
    Remove(u8),
    SetNested(u8),
    RemoveNested(u8),
    Add(bool),
    Drop(u8),
    SetField(u8, u8),
    RemoveField(u8, u8),
    Append,
    RemoveTag(u8),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        any::<u8>().prop_map(Op::Set),
        any::<u8>().prop_map(Op::Remove),
        any::<u8>().prop_map(Op::SetNested),
        any::<u8>().prop_map(Op::RemoveNested),
        any::<bool>().prop_map(Op::Add),
        any::<u8>().prop_map(Op::Drop),
        any::<(u8, u8)>().prop_map(|(item, field)| Op::SetField(item, field)),
        any::<(u8, u8)>().prop_map(|(item, field)| Op::RemoveField(item, field)),
        Just(Op::Append),
        any::<u8>().prop_map(Op::RemoveTag),
    ]
}

fn log(most: usize) -> impl Strategy<Value = Vec<Op>> {
    proptest::collection::vec(op(), 0..most)
}

/// A document as the log leaves it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    scalars: BTreeMap<u8, String>,
    nested: BTreeMap<u8, String>,
    items: Vec<(u32, BTreeMap<u8, String>)>,
    tags: Vec<String>,
}

/// Who writes: gives values and ids that nobody else gives, in spellings of all kinds.
struct Writer {
    name: u32,
    count: u32,
}

impl Writer {
    fn new(name: u32) -> Writer {
        Writer { name, count: 0 }
    }

    fn value(&mut self) -> String {
        self.count += 1;
        let number = self.name * 100_000 + self.count;
        match self.count % 4 {
            0 => format!("{number}.50"),
            1 => format!("{number}E-1"),
            2 => format!("{number}000000000000000000000007"),
            _ => format!("\"v{number}\""),
        }
    }
}

const KEYS: u8 = 5;

impl Model {
    fn play(mut self, log: &[Op], writer: &mut Writer) -> Model {
        for op in log {
            self.apply(op, writer);
        }
        self
    }

    fn apply(&mut self, op: &Op, writer: &mut Writer) {
        let among = |count: usize, choice: u8| (count > 0).then(|| usize::from(choice) % count);
        match *op {
            Op::Set(key) => drop(self.scalars.insert(key % KEYS, writer.value())),
            Op::Remove(key) => drop(self.scalars.remove(&(key % KEYS))),
            Op::SetNested(key) => drop(self.nested.insert(key % KEYS, writer.value())),
            Op::RemoveNested(key) => drop(self.nested.remove(&(key % KEYS))),
            Op::Add(is_shared) => {
                // A shared id may be given by both sides.
                let value = writer.value();
                let id = if is_shared { 500 + writer.count % 4 } else { writer.name * 1000 + writer.count };
                if self.items.iter().all(|(other, _)| *other != id) {
                    self.items.push((id, BTreeMap::from([(0, value)])));
                }
            }
            Op::Drop(item) => {
                if let Some(at) = among(self.items.len(), item) {
                    self.items.remove(at);
                }
            }
            Op::SetField(item, field) => {
                if let Some(at) = among(self.items.len(), item) {
                    self.items[at].1.insert(field % KEYS, writer.value());
                }
            }
            Op::RemoveField(item, field) => {
                if let Some(at) = among(self.items.len(), item) {
                    self.items[at].1.remove(&(field % KEYS));
                }
            }
            Op::Append => self.tags.push(writer.value()),
            Op::RemoveTag(tag) => {
                if let Some(at) = among(self.tags.len(), tag) {
                    self.tags.remove(at);
                }
            }
        }
    }

    fn text(&self) -> String {
        let object = |entries: &BTreeMap<u8, String>, first: &str| {
            let entries = entries.iter().map(|(key, value)| format!("\"k{key}\": {value}"));
            let all: Vec<String> =
                (!first.is_empty()).then(|| first.to_owned()).into_iter().chain(entries).collect();
            format!("{{{}}}", all.join(", "))
        };
        let items: Vec<String> =
            self.items.iter().map(|(id, fields)| object(fields, &format!("\"id\": {id}"))).collect();
        let nested = format!("\"o\": {}", object(&self.nested, ""));
        let rest =
            format!("{nested}, \"items\": [{}], \"tags\": [{}]", items.join(", "), self.tags.join(", "));
        object(&self.scalars, &rest)
    }

    fn values(&self) -> BTreeSet<String> {
        let items = self.items.iter().flat_map(|(_, fields)| fields.values());
        let all = self.scalars.values().chain(self.nested.values()).chain(items).chain(&self.tags);
        all.cloned().collect()
    }
}

const JSON: Kind = Kind::Document(Format::Json);

fn merged(base: Option<&str>, ours: &str, theirs: &str) -> Written {
    let bytes = |text: &str| Arc::new(text.as_bytes().to_vec());
    let texts =
        Texts { kind: JSON, base: base.map(bytes), ours: bytes(ours), theirs: bytes(theirs), beside: None };
    merge_texts(&texts, &Rules::default()).unwrap()
}

fn text(written: &Written) -> String {
    String::from_utf8(written.bytes.clone()).unwrap()
}

fn data(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

/// Without the list of conflicts.
fn body(text: &str) -> serde_json::Value {
    let mut data = data(text);
    data.as_object_mut().unwrap().remove("_conflicts");
    data
}

fn is_same(one: &str, other: &str) -> bool {
    let read = |text: &str| read_side(Side::Ours, Format::Json, text.as_bytes()).unwrap();
    compare(&read(one), &read(other), &Rules::default()).unwrap().relation == Relation::Equal
}

/// The values of a text, each as it is spelled.
fn spelled(text: &str) -> BTreeSet<String> {
    let parts = text.split(|letter: char| " ,:[]{}\n".contains(letter));
    parts
        .filter(|part| part.starts_with("\"v") || part.starts_with(|c: char| c.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

/// A base, and what each side has made of it.
fn three() -> impl Strategy<Value = (Model, Model, Model)> {
    (log(16), log(8), log(8)).prop_map(|(zero, one, two)| {
        let base = Model::default().play(&zero, &mut Writer::new(1));
        let ours = base.clone().play(&one, &mut Writer::new(2));
        let theirs = base.clone().play(&two, &mut Writer::new(3));
        (base, ours, theirs)
    })
}

fn check<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let cases = if long_tests() { 10_000 } else { 150 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    runner.run(&strategy, test).unwrap();
}

#[test]
fn a_change_on_one_side_is_taken_and_the_same_change_on_both_too() {
    check(three(), |(base, ours, _)| {
        let (base, ours) = (base.text(), ours.text());
        for (one, other) in [(&base, &ours), (&ours, &base), (&ours, &ours)] {
            let written = merged(Some(&base), one, other);
            prop_assert_eq!(data(&text(&written)), data(&ours));
            prop_assert!(written.conflicts.is_empty());
        }
        // Bytes too, where nothing was to be done.
        prop_assert_eq!(text(&merged(Some(&base), &ours, &ours)), ours.clone());
        prop_assert_eq!(text(&merged(Some(&base), &ours, &base)), ours);
        Ok(())
    });
}

#[test]
fn sides_can_be_exchanged() {
    check(three(), |(base, ours, theirs)| {
        let (base, ours, theirs) = (base.text(), ours.text(), theirs.text());
        for base in [Some(base.as_str()), None] {
            let (one, other) = (merged(base, &ours, &theirs), merged(base, &theirs, &ours));
            let sides = |written: &Written, is_mirrored: bool| {
                let shown = |value: &Option<Box<serde_json::value::RawValue>>| {
                    value.as_ref().map(|value| value.get().to_owned())
                };
                let each = written.conflicts.iter().map(|one| {
                    let (left, right) = (shown(&one.ours), shown(&one.theirs));
                    let (left, right) = if is_mirrored { (right, left) } else { (left, right) };
                    (one.path.clone(), shown(&one.base), left, right)
                });
                each.collect::<BTreeSet<_>>()
            };
            prop_assert_eq!(sides(&one, false), sides(&other, true));
            if one.conflicts.is_empty() {
                // Tags that both have added stand in the order of the sides.
                let sorted = |written: &Written| {
                    let mut data = data(&text(written));
                    data["tags"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
                    data.to_string()
                };
                prop_assert!(is_same(&sorted(&one), &sorted(&other)));
            }
        }
        Ok(())
    });
}

/// What each side does is done to what the other side leaves alone.
#[test]
fn disjoint_changes_are_both_made() {
    let apart = |log: Vec<Op>, parity: u8| {
        log.into_iter().filter_map(move |op| {
            let own = |number: u8| number - number % 2 + parity;
            Some(match op {
                Op::Set(key) => Op::Set(own(key % 4)),
                Op::Remove(key) => Op::Remove(own(key % 4)),
                Op::SetNested(key) => Op::SetNested(own(key % 4)),
                Op::RemoveNested(key) => Op::RemoveNested(own(key % 4)),
                Op::SetField(item, field) => Op::SetField(item % 3, own(field % 4)),
                Op::RemoveField(item, field) => Op::RemoveField(item % 3, own(field % 4)),
                Op::Add(_) => Op::Add(false),
                Op::Append => Op::Append,
                Op::Drop(_) | Op::RemoveTag(_) => return None,
            })
        })
    };
    check((log(16), log(8), log(8)), |(zero, one, two)| {
        // Fields are those of the first three items, which stay.
        let base =
            Model::default().play(&[Op::Add(false), Op::Add(false), Op::Add(false)], &mut Writer::new(9));
        let base = base.play(&apart(zero, 0).collect::<Vec<_>>(), &mut Writer::new(1));
        let (one, two): (Vec<Op>, Vec<Op>) = (apart(one, 0).collect(), apart(two, 1).collect());
        let ours = base.clone().play(&one, &mut Writer::new(2));
        let theirs = base.clone().play(&two, &mut Writer::new(3));
        let both = ours.clone().play(&two, &mut Writer::new(3));
        let written = merged(Some(&base.text()), &ours.text(), &theirs.text());
        prop_assert!(written.conflicts.is_empty(), "{:?}", written.conflicts);
        prop_assert_eq!(data(&text(&written)), data(&both.text()));
        Ok(())
    });
}

#[test]
fn no_value_is_lost_none_returns_and_none_is_spelled_anew() {
    check(three(), |(base, ours, theirs)| {
        let (old, own, other) = (base.values(), ours.values(), theirs.values());
        let written = merged(Some(&base.text()), &ours.text(), &theirs.text());
        let all = spelled(&text(&written));
        // What was added is there, or in the list of conflicts.
        for value in own.difference(&old).chain(other.difference(&old)) {
            prop_assert!(all.contains(value), "{} is lost", value);
        }
        // What nobody has touched is there as it was spelled.
        for value in old.iter().filter(|value| own.contains(*value) && other.contains(*value)) {
            prop_assert!(all.contains(value), "{} is lost or respelled", value);
        }
        let kept: BTreeSet<String> = written
            .conflicts
            .iter()
            .flat_map(|one| one.ours.iter().flat_map(|value| spelled(value.get())))
            .collect();
        let now = {
            let full = text(&written);
            let end = full.find("\"_conflicts\"").unwrap_or(full.len());
            spelled(&full[..end])
        };
        for value in old.iter().filter(|value| !own.contains(*value) || !other.contains(*value)) {
            prop_assert!(!now.contains(value) || kept.contains(value), "{} has come back", value);
        }
        for conflict in &written.conflicts {
            prop_assert!(
                conflict.ours.as_ref().map(|v| v.get()) != conflict.theirs.as_ref().map(|v| v.get())
            );
        }
        Ok(())
    });
}

#[test]
fn no_id_is_there_twice_and_without_a_base_nothing_goes() {
    check(three(), |(base, ours, theirs)| {
        for base in [Some(base.text()), None] {
            let written = merged(base.as_deref(), &ours.text(), &theirs.text());
            let data = body(&text(&written));
            let ids: Vec<u64> =
                data["items"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect();
            let set: BTreeSet<u64> = ids.iter().copied().collect();
            prop_assert_eq!(ids.len(), set.len());
            if base.is_none() {
                let all = spelled(&text(&written));
                for value in ours.values().union(&theirs.values()) {
                    prop_assert!(all.contains(value), "{} is lost", value);
                }
            }
        }
        Ok(())
    });
}

/// Copies that meet in any order, each time with a version that both come from: in the end there is
/// one document, and whatever nobody has removed or replaced is in it.
#[test]
fn copies_that_meet_at_random_become_one() {
    #[derive(Debug, Clone)]
    enum Event {
        Change(usize, Vec<(bool, u8)>),
        Meet(usize, usize),
    }
    const COPIES: usize = 4;
    // Fields of one's own, and items: what conflicts is tested above.
    let change = (0..COPIES, proptest::collection::vec(any::<(bool, u8)>(), 1..4))
        .prop_map(|(copy, changes)| Event::Change(copy, changes));
    let meet = (0..COPIES, 0..COPIES).prop_map(|(one, other)| Event::Meet(one, other));
    let events = proptest::collection::vec(prop_oneof![change, meet], 1..30);
    check(events, |events| {
        // Every version: its text, and all versions that it comes from.
        let mut versions: Vec<(String, BTreeSet<usize>)> =
            vec![("{\"items\": []}".to_owned(), BTreeSet::from([0]))];
        let mut copies = [0; COPIES];
        let mut added: BTreeSet<u64> = BTreeSet::new();
        let mut dropped: BTreeSet<u64> = BTreeSet::new();
        let mut next = 0u64;
        let all = (1..COPIES).chain(1..COPIES).map(|other| Event::Meet(0, other));
        for event in events.into_iter().chain(all) {
            let (text, from) = match event {
                Event::Change(copy, changes) => {
                    let (text, from) = versions[copies[copy]].clone();
                    let mut data = data(&text);
                    let items = data["items"].as_array_mut().unwrap();
                    for (is_new, choice) in changes {
                        // Each copy drops its own only: nobody changes what another one drops.
                        let own = items.iter().position(|item| item["by"] == copy);
                        match own.filter(|_| !is_new) {
                            Some(at) if choice % 2 == 0 => {
                                dropped.insert(items.remove(at)["id"].as_u64().unwrap());
                            }
                            Some(at) => items[at]["n"] = (next + 1_000_000).into(),
                            None => {
                                next += 1;
                                added.insert(next);
                                items.push(serde_json::json!({"id": next, "by": copy}));
                            }
                        }
                        next += 1;
                    }
                    copies[copy] = versions.len();
                    (data.to_string(), from)
                }
                Event::Meet(one, other) => {
                    let (left, right) = (&versions[copies[one]], &versions[copies[other]]);
                    let base = *left.1.intersection(&right.1).max().unwrap();
                    let written = merged(Some(&versions[base].0), &left.0, &right.0);
                    prop_assert!(
                        written.conflicts.is_empty() || left.1.intersection(&right.1).count() > 1,
                        "{:?}",
                        written.conflicts
                    );
                    let from = left.1.union(&right.1).copied().collect();
                    (copies[one], copies[other]) = (versions.len(), versions.len());
                    (self::text(&written), from)
                }
            };
            let mut from: BTreeSet<usize> = from;
            from.insert(versions.len());
            versions.push((text, from));
        }
        for copy in copies {
            prop_assert!(is_same(&versions[copy].0, &versions[copies[0]].0));
        }
        let last = body(&versions[copies[0]].0);
        let ids: BTreeSet<u64> =
            last["items"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect();
        for id in added.difference(&dropped) {
            prop_assert!(ids.contains(id), "{} is lost", id);
        }
        Ok(())
    });
}
