//! A document as it was read, whatever its format: what a change leaves of its bytes.

use aimem_jq::{Dialect, EqualKeys, InvalidJson, NotJson, Shape, Value};

use super::format::Format;
use super::toml::{self, NotToml};

/// A document as it was read: its bytes, and where in them its parts stand.
pub struct Original<'a>(Kept<'a>);

enum Kept<'a> {
    Json(Box<aimem_jq::Original<'a>>),
    Toml(Box<toml::Original<'a>>),
}

/// Why a value can't be stored in a document's format.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotStorable {
    /// In JSON.
    #[error(transparent)]
    Json(#[from] NotJson),
    /// In TOML.
    #[error(transparent)]
    Toml(#[from] NotToml),
    /// The change would have changed something beside it too.
    #[error("the change can't be made without another: that is a fault of this program")]
    Differs,
}

impl<'a> Original<'a> {
    /// Reads one document strictly. Of equal keys in an object the last counts; TOML refuses them.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read(format: Format, bytes: &'a [u8]) -> Result<(Original<'a>, Value), InvalidJson> {
        match dialect(format) {
            Some(dialect) => {
                let (original, value) = aimem_jq::Original::read_as(dialect, bytes)?;
                Ok((Original(Kept::Json(Box::new(original))), value))
            }
            None => {
                let (original, value) = toml::Original::read(bytes)?;
                Ok((Original(Kept::Toml(Box::new(original))), value))
            }
        }
    }

    /// Two equal keys in one object, if there are any.
    pub fn equal_keys(&self) -> Option<&EqualKeys> {
        match &self.0 {
            Kept::Json(original) => original.equal_keys(),
            Kept::Toml(_) => None,
        }
    }

    /// The bytes of `new` for a file. What is in it as it was in the original is copied from there.
    ///
    /// # Errors
    /// The format can't hold the value.
    pub fn replaced_by(&self, new: &Value) -> Result<Vec<u8>, NotStorable> {
        match &self.0 {
            Kept::Json(original) => Ok(original.replaced_by(new)?),
            Kept::Toml(original) => Ok(original.replaced_by(new)?),
        }
    }
}

/// Reads one document in a format.
///
/// # Errors
/// What is wrong, and where.
pub fn parse_as(format: Format, bytes: &[u8]) -> Result<Value, InvalidJson> {
    match dialect(format) {
        Some(dialect) => Value::parse_as(dialect, bytes),
        None => toml::parse(bytes),
    }
}

/// Makes sure that bytes are one document in a format.
///
/// # Errors
/// What is wrong, and where.
pub fn validate_as(format: Format, bytes: &[u8]) -> Result<(), InvalidJson> {
    match dialect(format) {
        Some(dialect) => aimem_jq::validate_as(dialect, bytes),
        None => toml::parse(bytes).map(drop),
    }
}

/// The same, and finds the first object in which two keys are equal.
///
/// # Errors
/// What is wrong, and where.
pub fn find_equal_keys_as(format: Format, bytes: &[u8]) -> Result<Option<EqualKeys>, InvalidJson> {
    match dialect(format) {
        Some(dialect) => aimem_jq::find_equal_keys_as(dialect, bytes),
        None => toml::parse(bytes).map(|_| None),
    }
}

/// A new document with one value in it, under these keys.
pub fn alone(format: Format, keys: &[String], value: &serde_json::Value) -> String {
    let nested = |inside: serde_json::Value, key: &String| serde_json::json!({ key: inside });
    let whole = keys.iter().rev().fold(value.clone(), nested).to_string();
    let parsed = Value::parse(whole.as_bytes()).unwrap_or_default();
    let start = format!("{}\n", format.empty());
    let start = start.trim_start();
    let bytes =
        Original::read(format, start.as_bytes()).ok().and_then(|(start, _)| start.replaced_by(&parsed).ok());
    String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
}

/// Whether a document has a value under these keys.
pub fn has(format: Format, bytes: &[u8], keys: &[String]) -> bool {
    let Ok(value) = parse_as(format, bytes) else { return false };
    let mut here = &value;
    for key in keys {
        let Shape::Object(entries) = here.shape() else { return false };
        let Some((_, value)) = entries.into_iter().find(|(name, _)| name == key) else { return false };
        here = value;
    }
    true
}

/// Whether two values are the same data in a format. A TOML table has no order, and no number in it
/// is of a spelling of its own.
pub fn same_data(format: Format, one: &Value, other: &Value) -> bool {
    match dialect(format) {
        Some(_) => one == other,
        None => toml::same(one, other),
    }
}

/// The JSON that a format is, if it is one.
fn dialect(format: Format) -> Option<Dialect> {
    match format {
        Format::Json => Some(Dialect::Json),
        Format::Jsonc => Some(Dialect::Jsonc),
        Format::Toml => None,
    }
}
