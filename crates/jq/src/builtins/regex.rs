//! Regular expressions, with lookaround and back references. Offsets count characters.

use super::core::results;
use super::table::{Builtin, Count, native};
use super::{Cv, Error, Exception, Results, object, one, want_text};
use crate::json::object::Object;
use crate::json::text::Text;
use crate::json::value::{Node, Value};
use crate::run::arithmetic::fail;
use fancy_regex::{Captures, Regex, RegexBuilder};
use jaq_core::ValR;
use jaq_core::box_iter::box_once;
use std::borrow::Cow;
use std::rc::Rc;

pub(crate) const TABLE: &[Builtin] = &[
    native("_match", "vvv", |mut cv| {
        let (test, flags, pattern) = (cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var());
        one(matches(&cv, &pattern, &flags, test.is_truthy()))
    }),
    native("_pattern", "v", |mut cv| {
        let pattern = cv.0.pop_var();
        one(pattern_and_flags(&pattern))
    }),
    native("_named", "", |cv| one(named(&cv.1))),
    native("_sub", "vvf", substitute).gives(Count::Any),
];

/// A compiled pattern and how it is to be used.
#[derive(Clone)]
pub(crate) struct Pattern {
    regex: Rc<Regex>,
    global: bool,
    skip_empty: bool,
}

impl Pattern {
    fn new(pattern: &str, flags: &str) -> Result<Self, Error> {
        let (mut global, mut skip_empty) = (false, false);
        let mut builder = RegexBuilder::new(&unicode_classes(pattern));
        for flag in flags.chars() {
            match flag {
                'g' => global = true,
                'n' => skip_empty = true,
                'i' => drop(builder.case_insensitive(true)),
                'x' => drop(builder.verbose_mode(true)),
                'p' => drop(builder.dot_matches_new_line(true)),
                // `^` and `$` are the ends of the text already; the longest match is not offered.
                's' | 'l' => {}
                _ => return fail(format!("{flags} is not a valid modifier string")),
            }
        }
        match builder.build() {
            Ok(regex) => Ok(Self { regex: Rc::new(regex), global, skip_empty }),
            Err(error) => fail(format!("{pattern} (at offset 0) is not a valid regex: {error}")),
        }
    }

    fn each(&self, text: &str, mut work: impl FnMut(&Captures<'_, str>) -> bool) -> Result<(), Error> {
        let mut from = 0;
        // An empty match may follow directly on another match, as in jq.
        while from <= text.len() {
            let captures = match self.regex.captures_from_pos(text, from) {
                Ok(Some(captures)) => captures,
                Ok(None) => break,
                Err(error) => return fail(format!("the regex gave up: {error}")),
            };
            let (start, end) = captures.get(0).map_or((0, 0), |whole| (whole.start(), whole.end()));
            let next = text[end..].chars().next().map_or(1, char::len_utf8);
            from = if start == end { end + next } else { end };
            if start == end && self.skip_empty {
                continue;
            }
            if !work(&captures) || !self.global {
                break;
            }
        }
        Ok(())
    }
}

/// The pattern with the named classes (`[[:alpha:]]`) that know more letters than ASCII's: those of
/// the regex crate don't.
fn unicode_classes(pattern: &str) -> Cow<'_, str> {
    const CLASSES: [(&str, &str); 8] = [
        ("alnum", r"[\p{Alphabetic}\p{Nd}]"),
        ("alpha", r"[\p{Alphabetic}]"),
        ("blank", r"[\t\p{Zs}]"),
        ("digit", r"[\p{Nd}]"),
        ("lower", r"[\p{Lowercase}]"),
        ("space", r"[\s]"),
        ("upper", r"[\p{Uppercase}]"),
        ("word", r"[\w]"),
    ];
    let mut pattern = Cow::Borrowed(pattern);
    if pattern.contains("[:") {
        for (name, class) in CLASSES {
            let negated = class.replacen('[', "[^", 1);
            pattern = pattern.replace(&format!("[:{name}:]"), class).into();
            pattern = pattern.replace(&format!("[:^{name}:]"), &negated).into();
        }
    }
    pattern
}

/// Counts characters from the start of a text, in growing byte offsets.
struct Counter<'t> {
    text: &'t str,
    byte: usize,
    characters: usize,
}

impl Counter<'_> {
    fn at(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.byte, self.characters) = (0, 0);
        }
        self.characters += self.text[self.byte..byte].chars().count();
        self.byte = byte;
        self.characters
    }
}

fn compiled<'a>(cv: &Cv<'a>, pattern: &Value, flags: &Value) -> Result<Pattern, Error> {
    let wrong = || format!("{} is not a string", pattern.described());
    let pattern = want_text(pattern, wrong)?;
    let flags = match &flags.0 {
        Node::Null => "",
        _ => want_text(flags, || format!("{} is not a string", flags.described()))?,
    };
    let key = (pattern.to_owned(), flags.to_owned());
    if let Some(known) = cv.0.data().patterns.borrow().get(&key) {
        return Ok(known.clone());
    }
    let new = Pattern::new(pattern, flags)?;
    cv.0.data().patterns.borrow_mut().insert(key, new.clone());
    Ok(new)
}

fn input(value: &Value) -> Result<&str, Error> {
    want_text(value, || format!("{} cannot be matched, as it is not a string", value.described()))
}

fn matches<'a>(cv: &Cv<'a>, pattern: &Value, flags: &Value, test: bool) -> ValR<Value> {
    let text = input(&cv.1)?;
    let pattern = compiled(cv, pattern, flags)?;
    if test {
        let mut found = false;
        pattern.each(text, |_| {
            found = true;
            false
        })?;
        return Ok(found.into());
    }
    let mut found = Vec::new();
    let mut counter = Counter { text, byte: 0, characters: 0 };
    pattern.each(text, |captures| {
        found.push(describe(&pattern.regex, captures, &mut counter));
        true
    })?;
    Ok(Value::array(found))
}

/// One match as the language shows it.
fn describe(regex: &Regex, captures: &Captures<'_, str>, counter: &mut Counter<'_>) -> Value {
    let mut part = |place: usize, missing: Value| match captures.get(place) {
        Some(found) => (
            Value::from(counter.at(found.start())),
            Value::from(found.as_str().chars().count()),
            Value::from_str(found.as_str()),
        ),
        None => (Value::from(-1.0), Value::from(0.0), missing),
    };
    let (offset, length, string) = part(0, Value::null());
    let groups = regex.capture_names().enumerate().skip(1);
    let groups = groups.map(|(place, name)| {
        let (offset, length, string) = part(place, Value::null());
        let name = name.map_or_else(Value::null, Value::from_str);
        // The order of the keys is jq's.
        if length == Value::from(0.0) {
            object([("offset", offset), ("string", string), ("length", length), ("name", name)])
        } else {
            object([("offset", offset), ("length", length), ("string", string), ("name", name)])
        }
    });
    let captures = groups.collect();
    object([("offset", offset), ("length", length), ("string", string), ("captures", captures)])
}

/// `"re"`, `["re"]` or `["re", "flags"]` as the pair of both.
fn pattern_and_flags(pattern: &Value) -> ValR<Value> {
    match &pattern.0 {
        Node::String(_) => Ok(Value::array(vec![pattern.clone(), Value::null()])),
        Node::Array(parts) if !parts.is_empty() => {
            let flags = parts.get(1).cloned().unwrap_or_default();
            Ok(Value::array(vec![parts[0].clone(), flags]))
        }
        _ => fail(format!("{} not a string or array", pattern.type_name())),
    }
}

/// The named captures of a match as an object.
fn named(found: &Value) -> ValR<Value> {
    let captures = crate::run::path::get(found, &Value::from_str("captures"))?;
    let mut names = Object::default();
    for capture in captures.as_array().unwrap_or_default() {
        let Some(capture) = capture.as_object() else {
            continue;
        };
        if let Some(Value(Node::String(name))) = capture.get(&Text::new("name")) {
            let string = capture.get(&Text::new("string")).cloned().unwrap_or_default();
            names.insert(name, string);
        }
    }
    Ok(Value::object(names))
}

/// `sub`: every match replaced by what the closure gives for its named captures. With several
/// results of the closure there are several texts, the n-th of the n-th results.
fn substitute<'a>(mut cv: Cv<'a>) -> Results<'a> {
    let closure = cv.0.pop_fun();
    let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
    let done = (|| -> Result<Vec<Value>, Exception<'a>> {
        let text = input(&cv.1)?;
        let pattern = compiled(&cv, &pattern, &flags)?;
        let mut found = Vec::new();
        pattern.each(text, |captures| {
            let whole = captures.get(0).map_or(0..0, |whole| whole.start()..whole.end());
            let mut names = Object::default();
            for (place, name) in pattern.regex.capture_names().enumerate().skip(1) {
                if let Some(name) = name {
                    let part = captures.get(place).map(|part| Value::from_str(part.as_str()));
                    names.insert(&Text::new(name), part.unwrap_or_default());
                }
            }
            found.push((whole, Value::object(names)));
            true
        })?;
        let mut texts: Vec<Value> = Vec::new();
        let mut from = 0;
        for (whole, names) in found {
            let gap = Value::from_str(text.get(from..whole.start).unwrap_or_default());
            for (place, new) in results(&closure, names).enumerate() {
                if texts.len() == place {
                    texts.push(Value::null());
                }
                let addition = (gap.clone() + new?)?;
                texts[place] = (std::mem::take(&mut texts[place]) + addition)?;
            }
            from = whole.end;
        }
        if texts.is_empty() {
            return Ok(vec![cv.1.clone()]);
        }
        let rest = Value::from_str(&text[from..]);
        Ok(texts.into_iter().map(|text| text + rest.clone()).collect::<Result<_, _>>()?)
    })();
    match done {
        Ok(texts) => Box::new(texts.into_iter().map(Ok)),
        Err(exception) => box_once(Err(exception)),
    }
}
