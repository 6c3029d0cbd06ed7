//! Strict JSON.

/// The deepest nesting that is read or written.
pub const MAX_DEPTH: usize = 10_000;

/// Why bytes are not one JSON document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct InvalidJson {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
}

/// Checks that `bytes` are one JSON document: UTF-8, RFC 8259, at most [`MAX_DEPTH`] deep.
///
/// # Errors
///
/// [`InvalidJson`] says what is wrong and where.
pub fn validate(bytes: &[u8]) -> Result<(), InvalidJson> {
    serde_json::from_slice::<serde::de::IgnoredAny>(bytes).map(drop).map_err(|error| InvalidJson {
        line: error.line(),
        column: error.column(),
        reason: error.to_string(),
    })
}
