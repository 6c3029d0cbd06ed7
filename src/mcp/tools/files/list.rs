//! `memory_list`

use jiff::Timestamp;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};

/// So many files are listed if nothing else is asked for.
const LIMIT: u32 = 200;
/// And never more.
const MOST: u32 = 10_000;

/// The tool.
pub struct List;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Only files in this folder, relative to a root, or whose names begin so.
    #[serde(default)]
    pub prefix: Option<String>,
    /// At most so many [default: 200].
    #[serde(default)]
    pub limit: Option<u32>,
}

/// What it gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Files {
    /// The files, in the order of their paths.
    pub files: Vec<File>,
    /// How many there are that were asked for, listed or not.
    pub count: u64,
    /// Whether these are all.
    pub complete: bool,
    /// The folders that are served.
    pub roots: Vec<String>,
}

/// A file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct File {
    /// Its path from its root.
    pub name: String,
    /// Its true path.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// When its content was written.
    pub modified: String,
}

impl Action for List {
    const NAME: &'static str = "memory_list";
    const TITLE: &'static str = "List memory files";
    const ABOUT: &'static str =
        "List the files that can be read and changed here. Names that begin with a dot are left out.";
    const EFFECT: Effect = Effect::Reads;
    type Args = Args;
    type Result = Files;

    fn run(context: &Context, args: Args, _: &mut Call) -> Result<(Said, Files), Refusal> {
        let bounds = context.bounds()?;
        let (found, whole) = bounds.files();
        let prefix = args.prefix.unwrap_or_default();
        let prefix = prefix.trim_start_matches("./");
        let wanted = found.iter().filter(|file| {
            file.inside.to_string_lossy().starts_with(prefix)
                || file.path.to_string_lossy().starts_with(prefix)
        });
        let limit = args.limit.unwrap_or(LIMIT).min(MOST) as usize;
        let count = wanted.clone().count();
        let files: Vec<File> = wanted
            .take(limit)
            .map(|file| File {
                name: file.inside.to_string_lossy().into_owned(),
                path: file.path.to_string_lossy().into_owned(),
                size: file.size,
                modified: Timestamp::from_second(file.modified).unwrap_or_default().to_string(),
            })
            .collect();
        let complete = whole && files.len() == count;
        let mut text = match count {
            0 => "no files".to_owned(),
            1 => "1 file:".to_owned(),
            _ => format!("{count} files:"),
        };
        for file in &files {
            text.push_str(&format!("\n{}  {} bytes  {}", file.name, file.size, file.modified));
        }
        if !complete {
            text.push_str("\n… and more: narrow it with prefix, or raise limit");
        }
        let roots = bounds.roots().map(|root| root.to_string_lossy().into_owned()).collect();
        Ok((text.into(), Files { files, count: count as u64, complete, roots }))
    }
}
