//! Values and keys as TOML spells them.

use aimem_jq::{Shape, Value};
use toml_edit::Datetime;

use super::tree::{Kind, Leaf};

/// Why TOML can't hold a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotToml {
    /// There is no null.
    #[error("TOML has no null, and the result has one at {0}; leave the key out, or delete it")]
    Null(String),
    /// The whole is no table.
    #[error("a TOML document is a table, and the result is of the type {0}")]
    NoTable(&'static str),
    /// A number that neither 64 bits nor a float can hold.
    #[error("TOML has no number as large or as exact as {1}, which the result has at {0}")]
    Number(String, String),
}

/// Makes sure that TOML can hold a value.
pub(super) fn check(value: &Value) -> Result<(), NotToml> {
    check_at(value, &mut String::new())
}

fn check_at(value: &Value, path: &mut String) -> Result<(), NotToml> {
    let length = path.len();
    let here = |path: &str| if path.is_empty() { ".".to_owned() } else { path.to_owned() };
    match value.shape() {
        Shape::Null => return Err(NotToml::Null(here(path))),
        Shape::Number(spelling, number) if spelled(&spelling, number).is_none() => {
            return Err(NotToml::Number(here(path), spelling));
        }
        Shape::Array(elements) => {
            for (place, element) in elements.iter().enumerate() {
                let dot = if path.is_empty() { "." } else { "" };
                path.push_str(&format!("{dot}[{place}]"));
                check_at(element, path)?;
                path.truncate(length);
            }
        }
        Shape::Object(entries) => {
            for (key, value) in entries {
                path.push_str(&format!(".{}", self::key(key)));
                check_at(value, path)?;
                path.truncate(length);
            }
        }
        _ => {}
    }
    Ok(())
}

/// A key.
pub(super) fn key(key: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if !key.is_empty() && key.chars().all(plain) { key.to_owned() } else { quoted(key) }
}

/// A key of several parts.
pub(super) fn path<'k>(keys: impl IntoIterator<Item = &'k str>) -> String {
    keys.into_iter().map(key).collect::<Vec<_>>().join(".")
}

/// A value on one line.
pub(super) fn inline(value: &Value) -> String {
    match value.shape() {
        Shape::Array(elements) => format!("[{}]", elements.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Shape::Object(entries) if entries.is_empty() => "{}".to_owned(),
        Shape::Object(entries) => {
            let entry = |(name, value): &(&str, &Value)| format!("{} = {}", key(name), inline(value));
            format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Shape::Null => String::new(),
        Shape::Bool(flag) => flag.to_string(),
        Shape::Number(spelling, number) => spelled(&spelling, number).unwrap_or_default(),
        Shape::String(text, true) if is_date(text) => text.to_owned(),
        Shape::String(text, _) => quoted(text),
    }
}

/// A value in the place of an old one, in the way of that one.
pub(super) fn like(value: &Value, old: &Leaf, text: &str) -> String {
    let raw = text.get(old.span.clone()).unwrap_or_default();
    match (value.shape(), old.kind) {
        (Shape::String(new, _), Kind::Date) if is_date(new) => new.to_owned(),
        (Shape::String(new, false), Kind::String) => string_like(new, raw),
        (Shape::Number(..), Kind::Float) => {
            let spelling = inline(value);
            let is_whole = spelling.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
            if is_whole { format!("{spelling}.0") } else { spelling }
        }
        _ => inline(value),
    }
}

/// A number; `None` if there is no such one.
fn spelled(spelling: &str, number: f64) -> Option<String> {
    if number.is_nan() {
        return Some("nan".to_owned());
    }
    let read = spelling.parse::<f64>().unwrap_or(f64::NAN);
    if number.is_infinite() {
        // JSON spells numbers that no float can hold.
        return read.is_finite().then(|| if number > 0.0 { "inf" } else { "-inf" }.to_owned());
    }
    let is_whole = spelling.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
    if !is_whole || spelling.parse::<i64>().is_ok() {
        return Some(spelling.to_owned());
    }
    // Larger than 64 bits: a float, if it is that number.
    (format!("{number:.0}") == spelling).then(|| format!("{spelling}.0"))
}

/// Whether a text is a date or a time.
fn is_date(text: &str) -> bool {
    text.parse::<Datetime>().is_ok()
}

/// A string on one line.
fn quoted(text: &str) -> String {
    let mut made = String::with_capacity(text.len() + 2);
    made.push('"');
    escape(text, false, &mut made);
    made.push('"');
    made
}

/// A string in the quotes of the old one, where they can hold it.
fn string_like(new: &str, raw: &str) -> String {
    let is_literal = |letter: char| letter != '\'' && (letter == '\t' || !letter.is_control());
    if raw.starts_with("'''") {
        let holds = |letter: char| is_literal(letter) || letter == '\n';
        if new.contains('\n') && new.chars().all(holds) {
            return format!("'''{}{new}'''", line_end_of(raw));
        }
    } else if raw.starts_with('\'') && new.chars().all(is_literal) {
        return format!("'{new}'");
    }
    if raw.starts_with("\"\"\"") && new.contains('\n') {
        let mut made = format!("\"\"\"{}", line_end_of(raw));
        escape(new, true, &mut made);
        made.push_str("\"\"\"");
        return made;
    }
    quoted(new)
}

/// The line end that follows the opening quotes, and is no part of the string. A string that starts
/// with one needs it.
fn line_end_of(raw: &str) -> &'static str {
    if raw[3..].starts_with("\r\n") { "\r\n" } else { "\n" }
}

fn escape(text: &str, lines: bool, made: &mut String) {
    for letter in text.chars() {
        match letter {
            '"' => made.push_str("\\\""),
            '\\' => made.push_str("\\\\"),
            '\n' if lines => made.push('\n'),
            '\n' => made.push_str("\\n"),
            '\r' => made.push_str("\\r"),
            '\t' => made.push_str("\\t"),
            '\u{8}' => made.push_str("\\b"),
            '\u{c}' => made.push_str("\\f"),
            _ if letter.is_control() => made.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ => made.push(letter),
        }
    }
}
