//! Files beneath the roots.

pub mod append;
pub mod edit;
pub mod history;
pub mod list;
pub mod read;
pub mod undo;
pub mod update;
pub mod write;

use std::sync::Arc;

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::Format;
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::context::Context;
use crate::memory::Change;
use crate::place::bounds::Located;
use crate::place::{Bounds, etag};
use crate::replace::Warning;

/// No answer has more text than this: a model could not take it in.
pub const LONGEST_TEXT: usize = 1 << 20;

/// In which format a document is written.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum FormatName {
    /// JSON.
    Json,
    /// JSON with comments and trailing commas.
    Jsonc,
    /// TOML.
    Toml,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Format {
        match name {
            FormatName::Json => Format::Json,
            FormatName::Jsonc => Format::Jsonc,
            FormatName::Toml => Format::Toml,
        }
    }
}

/// What a change of a file came to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Changed {
    /// The file's true path.
    pub path: String,
    /// Whether the file was replaced; false when it had that content already.
    pub changed: bool,
    /// The tag of the content, for if_match.
    pub etag: String,
    /// For how long others kept us out, in milliseconds.
    pub waited_ms: u64,
    /// What should be told.
    pub warnings: Vec<String>,
    /// What the filter in `returns` made of the new document, result by result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<Vec<Value>>,
}

impl Changed {
    /// The result of a change, with its text. `returned` are JSON texts.
    pub fn told(change: &Change, returned: Option<&[Vec<u8>]>) -> (Said, Changed) {
        let result = Changed {
            path: change.file.to_string_lossy().into_owned(),
            changed: change.changed,
            etag: etag(&change.new),
            waited_ms: u64::try_from(change.waited.as_millis()).unwrap_or(u64::MAX),
            warnings: change.warnings.iter().map(Warning::to_string).collect(),
            returned: returned
                .map(|texts| texts.iter().filter_map(|text| serde_json::from_slice(text).ok()).collect()),
        };
        let what = if change.changed { "was changed" } else { "had that content already" };
        let mut text = format!("{} {what}; its etag is {}", result.path, result.etag);
        if let Some(holder) = &change.taken_over {
            text.push_str(&format!("\nthe lock was taken over from a dead holder: {holder}"));
        }
        for warning in &result.warnings {
            text.push_str(&format!("\nwarning: {warning}"));
        }
        let beside = returned.map(|texts| String::from_utf8_lossy(&texts.concat()).into_owned());
        let said = Said::from(text);
        (beside.into_iter().fold(said, Said::beside), result)
    }
}

/// Finds a file by a tool's `path`.
pub fn locate(context: &Context, path: &str) -> Result<(Arc<Bounds>, Located), Refusal> {
    let bounds = context.bounds()?;
    let file = bounds.locate(std::path::Path::new(path))?;
    Ok((bounds, file))
}

/// A file's path in an answer.
pub fn shown(file: &Located) -> String {
    file.path.to_string_lossy().into_owned()
}
