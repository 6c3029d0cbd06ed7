//! Files beneath the roots.

pub mod list;
pub mod read;
pub mod update;
pub mod write;

use std::sync::Arc;

use rmcp::schemars::{self, JsonSchema};
use serde::Serialize;

use crate::mcp::answer::{Refusal, Said};
use crate::mcp::context::Context;
use crate::place::Bounds;
use crate::place::bounds::Located;
use crate::replace::Warning;

/// No answer has more text than this: a model could not take it in.
pub const LONGEST_TEXT: usize = 1 << 20;

/// What a change of a file came to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Changed {
    /// The file's true path.
    pub path: String,
    /// Whether the file was replaced; false when it had that content already.
    pub changed: bool,
    /// The tag of the content, for if_match.
    pub etag: String,
    /// What should be told.
    pub warnings: Vec<String>,
}

impl Changed {
    /// The result of a change, with its text.
    pub fn told(file: &Located, changed: bool, etag: String, warnings: &[Warning]) -> (Said, Changed) {
        let path = shown(file);
        let warnings: Vec<String> = warnings.iter().map(Warning::to_string).collect();
        let what = if changed { "was changed" } else { "had that content already" };
        let mut text = format!("{path} {what}; its etag is {etag}");
        for warning in &warnings {
            text.push_str(&format!("\nwarning: {warning}"));
        }
        (text.into(), Changed { path, changed, etag, warnings })
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
