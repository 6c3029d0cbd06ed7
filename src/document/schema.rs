//! Documents held against JSON Schemas.
//!
//! A schema is a text of its own: what it refers to elsewhere is refused by name, and never fetched.
//! Without the feature `schema` every check is refused: nothing passes unseen.

use serde::Serialize;

use super::{Format, InvalidJson};

/// A document nested deeper is not held against a schema: keywords recurse.
const DEEPEST: usize = 128;
/// So many violations are told.
const MOST: usize = 100;
/// So much of a value is told, in bytes.
const SHOWN: usize = 60;

/// One rule that a document breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Where in the document, as a JSON pointer.
    pub pointer: String,
    /// What stands there; a long one is shortened.
    pub value: String,
    /// Which rule of the schema, as a JSON pointer.
    pub rule: String,
    /// What the rule says of it.
    pub why: String,
}

/// Why a document can't be held against a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The schema is no JSON.
    #[error("the schema is not valid JSON: {0}")]
    NotJson(InvalidJson),
    /// There is no such file.
    #[error("the schema does not exist")]
    Missing,
    /// The document is none in its format.
    #[error("the document is not valid: {0}")]
    NoDocument(InvalidJson),
    /// It is no schema, or refers to another one.
    #[error("the schema cannot be used: {0}")]
    Unusable(String),
    /// It refers to another one.
    #[error("the schema refers to {0}, which is not in it; nothing is fetched")]
    Remote(String),
    /// The document is nested too deep.
    #[error("the document is nested deeper than {DEEPEST} levels, too deep for a schema")]
    TooDeep,
    /// The document breaks rules.
    #[error("{}", broken(*count))]
    Violated {
        /// How many.
        count: usize,
        /// The first of them.
        violations: Vec<Violation>,
    },
    /// This program was built without schemas.
    #[error("this aimem was built without schemas")]
    NotBuilt,
}

fn broken(count: usize) -> String {
    if count == 1 {
        "1 rule of the schema is broken".to_owned()
    } else {
        format!("{count} rules of the schema are broken")
    }
}

impl SchemaError {
    /// The violations, a line each.
    pub fn details(&self) -> Option<String> {
        let SchemaError::Violated { count, violations } = self else { return None };
        let line = |one: &Violation| {
            let pointer = if one.pointer.is_empty() { "the document" } else { &one.pointer };
            format!("{pointer}: {} {} (rule {})", one.value, one.why, one.rule)
        };
        let mut lines: Vec<String> = violations.iter().map(line).collect();
        if *count > violations.len() {
            lines.push(format!("and {} more", count - violations.len()));
        }
        Some(lines.join("\n"))
    }
}

/// The schema that a document names itself: what stands under `$schema`, if that is a text.
///
/// # Errors
/// It is no document in its format.
pub fn named_by(format: Format, document: &[u8]) -> Result<Option<String>, InvalidJson> {
    let value = super::parse_as(format, document)?;
    Ok(value.get("$schema").and_then(super::Value::as_str).map(str::to_owned))
}

#[cfg(not(feature = "schema"))]
/// Refuses every document.
///
/// # Errors
/// [`SchemaError::NotBuilt`].
pub fn check(_schema: &[u8], _format: Format, _document: &[u8]) -> Result<(), SchemaError> {
    let _ = (MOST, SHOWN);
    Err(SchemaError::NotBuilt)
}

#[cfg(feature = "schema")]
pub use built::check;

#[cfg(feature = "schema")]
mod built {
    use std::error::Error;

    use jsonschema::{Retrieve, Uri, ValidationError};
    use serde_json::{Map, Number, Value as Json};

    use super::{DEEPEST, MOST, SHOWN, SchemaError, Violation};
    use crate::document::{Format, Value, parse_as};

    /// Fetches nothing.
    struct Refuse;

    /// What was asked for.
    const ASKED: &str = "refused: ";

    impl Retrieve for Refuse {
        fn retrieve(&self, uri: &Uri<String>) -> Result<Json, Box<dyn Error + Send + Sync>> {
            Err(format!("{ASKED}{uri}").into())
        }
    }

    /// Holds a document against a schema.
    ///
    /// # Errors
    /// It breaks a rule, or one of both can't be used.
    pub fn check(schema: &[u8], format: Format, document: &[u8]) -> Result<(), SchemaError> {
        let schema = parse_as(Format::Json, schema).map_err(SchemaError::NotJson)?;
        let schema = convert(&schema, DEEPEST)
            .ok_or_else(|| SchemaError::Unusable("it is nested too deep".to_owned()))?;
        let validator =
            jsonschema::options().with_retriever(Refuse).build(&schema).map_err(|error| unusable(&error))?;
        let document = parse_as(format, document).map_err(SchemaError::NoDocument)?;
        let document = convert(&document, DEEPEST).ok_or(SchemaError::TooDeep)?;
        let mut count = 0;
        let mut violations = Vec::new();
        for error in validator.iter_errors(&document) {
            count += 1;
            if violations.len() < MOST {
                violations.push(violation(&error));
            }
        }
        if count == 0 { Ok(()) } else { Err(SchemaError::Violated { count, violations }) }
    }

    fn unusable(error: &ValidationError<'_>) -> SchemaError {
        let text = error.to_string();
        match text.split_once(ASKED) {
            Some((_, uri)) => SchemaError::Remote(uri.to_owned()),
            None => SchemaError::Unusable(text),
        }
    }

    fn violation(error: &ValidationError<'_>) -> Violation {
        let value = error.instance().to_string();
        let value = match value.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &value[..end]),
            None => value,
        };
        let why = error.masked_with("").to_string();
        Violation {
            pointer: error.instance_path().to_string(),
            value,
            rule: error.schema_path().to_string(),
            why: why.trim().to_owned(),
        }
    }

    /// The same data as the validator reads them; `None` when they are nested too deep.
    fn convert(value: &Value, depth: usize) -> Option<Json> {
        if let Some(entries) = value.entries() {
            let below = depth.checked_sub(1)?;
            let entries = entries.map(|(key, value)| Some((key.to_owned(), convert(value, below)?)));
            return Some(Json::Object(entries.collect::<Option<Map<_, _>>>()?));
        }
        if let Some(elements) = value.elements() {
            let below = depth.checked_sub(1)?;
            return Some(Json::Array(
                elements.iter().map(|element| convert(element, below)).collect::<Option<_>>()?,
            ));
        }
        if let Some(text) = value.as_str() {
            return Some(Json::String(text.to_owned()));
        }
        Some(match value.type_name() {
            "boolean" => Json::Bool(value.is_truthy()),
            "number" => number(value),
            _ => Json::Null,
        })
    }

    /// A number as exactly as the validator can have it; one beyond all floats as the largest.
    fn number(value: &Value) -> Json {
        let spelling = value.spelling_text();
        let whole =
            spelling.parse::<i64>().map(Number::from).or_else(|_| spelling.parse::<u64>().map(Number::from));
        let number = whole.ok().or_else(|| {
            let float: f64 = spelling.parse().unwrap_or(f64::NAN);
            Number::from_f64(float.clamp(f64::MIN, f64::MAX))
        });
        number.map_or(Json::Null, Json::Number)
    }
}
