//! A JSON value.

use super::parse::{InvalidJson, validate};
use jaq_core::ValT;
use jaq_json::{Map, Val};

/// A JSON value. Cheap to clone; not `Send`.
#[derive(Debug, Clone, PartialEq)]
pub struct Value(pub(super) Val);

impl Value {
    /// Reads one document strictly, as [`validate`].
    ///
    /// # Errors
    ///
    /// [`InvalidJson`] says what is wrong and where.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidJson> {
        validate(bytes)?;
        jaq_json::read::parse_single(bytes).map(Self).map_err(|error| InvalidJson {
            line: 1,
            column: 1,
            reason: error.to_string(),
        })
    }

    /// `null`.
    #[must_use]
    pub fn null() -> Self {
        Self(Val::Null)
    }

    /// `{}`.
    #[must_use]
    pub fn empty_object() -> Self {
        Self(Val::obj(Map::default()))
    }

    /// A string.
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "a string is never refused, unlike FromStr")]
    pub fn from_str(text: &str) -> Self {
        Self(Val::from(text.to_owned()))
    }

    /// False for `null` and `false`.
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        self.0.as_bool()
    }
}
