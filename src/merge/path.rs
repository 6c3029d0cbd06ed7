//! Where in a document something is: a JSON pointer in which an element of an array is named.
//!
//! `/decisions/id=ADR-001/status` is the key `status` of the element whose `id` is `ADR-001`, of the
//! array under `decisions`. Such a name still leads there when elements were added or removed. An id
//! that is a number is written as such, and a text that could be taken for one, or that begins with a
//! quote, in quotes. `~` and `/` are `~0` and `~1`, as in every JSON pointer.

use std::fmt::Write;

use crate::document::Value;

/// What names an element among those of its array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Id<'v> {
    /// A string.
    Text(&'v str),
    /// A whole number that is not negative.
    Number(u64),
}

impl<'v> Id<'v> {
    /// The id that a value is; other values than strings and whole numbers are none.
    pub fn of(value: &'v Value) -> Option<Id<'v>> {
        match value.as_str() {
            Some(text) => Some(Id::Text(text)),
            None => value.whole().map(Id::Number),
        }
    }

    /// The id that an element has under a key.
    pub fn under(element: &'v Value, key: &str) -> Option<Id<'v>> {
        element.get(key).and_then(Id::of)
    }

    fn write(self, out: &mut String) {
        match self {
            Id::Text(text) if text.starts_with('"') || text.parse::<u64>().is_ok() => {
                escape(&format!("{text:?}"), out);
            }
            Id::Text(text) => escape(text, out),
            // A `String` takes everything.
            Id::Number(number) => drop(write!(out, "{number}")),
        }
    }

    /// Whether this is what a step of a pointer, unescaped, names.
    fn is_spelled(self, text: &str) -> bool {
        match self {
            Id::Number(number) => text == number.to_string(),
            Id::Text(own) if own.starts_with('"') || own.parse::<u64>().is_ok() => text == format!("{own:?}"),
            Id::Text(own) => text == own,
        }
    }
}

/// One step into a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'v> {
    /// To what an object has under a key.
    Key(&'v str),
    /// To the element of an array that has this id under this key.
    Element(&'v str, Id<'v>),
}

/// The pointer that these steps are.
pub fn pointer(steps: &[Step<'_>]) -> String {
    let mut out = String::new();
    for step in steps {
        out.push('/');
        match step {
            Step::Key(key) => escape(key, &mut out),
            Step::Element(key, id) => {
                escape(key, &mut out);
                out.push('=');
                id.write(&mut out);
            }
        }
    }
    out
}

fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '~' => out.push_str("~0"),
            '/' => out.push_str("~1"),
            letter => out.push(letter),
        }
    }
}

/// The steps of a pointer, unescaped.
fn steps(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let steps = pointer.strip_prefix('/')?.split('/');
    Some(steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
}

/// The place of the element of an array that a step names.
fn element(elements: &[Value], step: &str) -> Option<usize> {
    // An id may have any sign in it, and so may a key: the first split that leads somewhere.
    step.match_indices('=').find_map(|(at, _)| {
        let (key, id) = (&step[..at], &step[at + 1..]);
        let is_it =
            |element: &Value| element.get(key).and_then(Id::of).is_some_and(|found| found.is_spelled(id));
        elements.iter().position(is_it)
    })
}

/// What a pointer leads to.
pub fn find<'v>(document: &'v Value, pointer: &str) -> Option<&'v Value> {
    let mut here = document;
    for step in steps(pointer)? {
        here = match here.elements() {
            Some(elements) => elements.get(element(elements, &step)?)?,
            None => here.get(&step)?,
        };
    }
    Some(here)
}

/// The document with another value, or none, where a pointer leads. `None` where the way there is
/// gone.
pub fn put(document: &Value, pointer: &str, value: Option<Value>) -> Option<Value> {
    let steps = steps(pointer)?;
    if steps.is_empty() {
        return value;
    }
    put_at(document, &steps, value)
}

fn put_at(here: &Value, steps: &[String], value: Option<Value>) -> Option<Value> {
    let (step, rest) = steps.split_first()?;
    if let Some(elements) = here.elements() {
        let at = element(elements, step);
        let mut all = elements.to_vec();
        match (at, rest.is_empty()) {
            (Some(at), false) => all[at] = put_at(&elements[at], rest, value)?,
            (None, false) => return None,
            (at, true) => match (at, value) {
                (Some(at), Some(value)) => all[at] = value,
                (Some(at), None) => drop(all.remove(at)),
                (None, Some(value)) => all.push(value),
                (None, None) => {}
            },
        }
        return Some(here.with_elements(all));
    }
    let mut entries: Vec<(&str, Value)> = here.entries()?.map(|(key, value)| (key, value.clone())).collect();
    let at = entries.iter().position(|(key, _)| key == step);
    match (at, rest.is_empty()) {
        (Some(at), false) => entries[at].1 = put_at(&entries[at].1, rest, value)?,
        (None, false) => return None,
        (at, true) => match (at, value) {
            (Some(at), Some(value)) => entries[at].1 = value,
            (Some(at), None) => drop(entries.remove(at)),
            (None, Some(value)) => entries.push((step, value)),
            (None, None) => {}
        },
    }
    Some(here.with_entries(entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Value {
        Value::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_pointer_leads_to_what_it_was_made_of() {
        let document =
            read(r#"{"a/b~": [{"id": "1"}, {"id": 1, "x": [{"k=": "p=q/r", "v": 7}]}, {"id": "\"1\""}]}"#);
        let element = |id| vec![Step::Key("a/b~"), Step::Element("id", id)];
        assert_eq!(pointer(&element(Id::Text("1"))), "/a~1b~0/id=\"1\"");
        for id in [Id::Text("1"), Id::Number(1), Id::Text("\"1\"")] {
            let found = find(&document, &pointer(&element(id))).unwrap();
            assert_eq!(found.get("id").and_then(Id::of), Some(id));
        }
        let mut deep = element(Id::Number(1));
        deep.extend([Step::Key("x"), Step::Element("k=", Id::Text("p=q/r")), Step::Key("v")]);
        assert_eq!(find(&document, &pointer(&deep)), Some(&read("7")));
        let changed = put(&document, &pointer(&deep), Some(read("8"))).unwrap();
        assert_eq!(find(&changed, &pointer(&deep)), Some(&read("8")));
        assert_eq!(put(&changed, &pointer(&deep), Some(read("7"))), Some(document.clone()));
        assert_eq!(put(&document, "/gone/x", Some(read("1"))), None);
        assert_eq!(
            put(&document, "/a~1b~0/id=1", None).unwrap().get("a/b~").unwrap().elements().unwrap().len(),
            2
        );
    }
}
