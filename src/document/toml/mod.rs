//! TOML: tables of values, with dates, and with comments that stay where they are.
//!
//! `toml_edit` reads a document and says where its parts stand ([`tree`]). A change is a list of
//! edits of the old bytes ([`patch`]): a value, a line, a section. All else is copied, line ends
//! included, whatever it is.
//!
//! A filter sees a date as a string that is marked, which it can't tell from another. The mark goes
//! with the string wherever it goes as a whole; there, and in the place of a date, it becomes a date
//! again.

mod edits;
mod list;
mod patch;
mod place;
mod spell;
mod tree;

use aimem_jq::{InvalidJson, Shape, Value};

pub use spell::NotToml;

/// A document as it was read.
pub struct Original<'a> {
    text: &'a str,
    root: tree::Table,
}

impl<'a> Original<'a> {
    /// Reads one document.
    pub fn read(bytes: &'a [u8]) -> Result<(Original<'a>, Value), InvalidJson> {
        let text = utf8(bytes)?;
        let document = toml_edit::Document::parse(text).map_err(|error| invalid(text, &error))?;
        let (root, value) = tree::read(text, document.as_table());
        Ok((Original { text, root }, value))
    }

    /// The bytes of `new` for a file. What is in it as it was in the original is copied from there.
    pub fn replaced_by(&self, new: &Value) -> Result<Vec<u8>, NotToml> {
        let Shape::Object(entries) = new.shape() else {
            return Err(NotToml::NoTable(new.type_name()));
        };
        spell::check(new)?;
        Ok(patch::patch(self.text, &self.root, &entries)?.into_bytes())
    }
}

/// Reads one document for its data.
pub fn parse(bytes: &[u8]) -> Result<Value, InvalidJson> {
    Original::read(bytes).map(|(_, value)| value)
}

/// Whether two values are the same data. The order of a table's entries is none of them.
pub fn same(one: &Value, other: &Value) -> bool {
    match (one.shape(), other.shape()) {
        (Shape::Number(one, a), Shape::Number(other, b)) => {
            match (one.parse::<i64>(), other.parse::<i64>()) {
                (Ok(one), Ok(other)) => one == other,
                _ => a == b || a.is_nan() && b.is_nan(),
            }
        }
        (Shape::String(one, _), Shape::String(other, _)) => one == other,
        (Shape::Array(one), Shape::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Shape::Object(mut one), Shape::Object(mut other)) => {
            one.sort_unstable_by_key(|(key, _)| *key);
            other.sort_unstable_by_key(|(key, _)| *key);
            let equal =
                |((one, a), (other, b)): (&(&str, &Value), &(&str, &Value))| one == other && same(a, b);
            one.len() == other.len() && one.iter().zip(&other).all(equal)
        }
        (one, other) => one == other,
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, InvalidJson> {
    std::str::from_utf8(bytes).map_err(|error| at(bytes, error.valid_up_to(), "not UTF-8".to_owned()))
}

fn invalid(text: &str, error: &toml_edit::TomlError) -> InvalidJson {
    let place = error.span().map_or(text.len(), |span| span.start);
    at(text.as_bytes(), place, error.message().replace(['\n', '\r'], " "))
}

/// What is wrong at a place, which is told by line and column, in characters.
fn at(bytes: &[u8], place: usize, reason: String) -> InvalidJson {
    let before = &bytes[..place.min(bytes.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let column = before[start..].iter().filter(|byte| **byte & 0xC0 != 0x80).count() + 1;
    InvalidJson { line, column, reason }
}

#[cfg(test)]
mod tests;
