//! `memory_read`

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::update::program;
use super::{FormatName, LONGEST_TEXT, locate, shown};
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};
use crate::memory::{self, Duplicates, Subject};
use crate::place::etag;

/// The tool.
pub struct Read;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file: absolute, or relative to a root.
    pub path: String,
    /// A jq filter; its results are given instead of the whole file, one after the other.
    #[serde(default)]
    pub filter: Option<String>,
    /// The filter's variables: {"name": value} is $name.
    #[serde(default)]
    pub args: BTreeMap<String, Value>,
    /// The document's format, for the filter [default: what its name says].
    #[serde(default)]
    pub format: Option<FormatName>,
}

/// What it gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Content {
    /// The file's true path.
    pub path: String,
    /// The tag of the whole content, for memory_write's if_match.
    pub etag: String,
    /// The size of the whole content in bytes.
    pub size: u64,
    /// The content, or what the filter made of it.
    pub content: String,
}

impl Action for Read {
    const NAME: &'static str = "memory_read";
    const TITLE: &'static str = "Read a memory file";
    const ABOUT: &'static str = "Read a file, whole or through a jq filter. What is read is one whole version of it, \
         whoever writes at the same time; no lock is waited for. The etag goes into memory_write's if_match.";
    const EFFECT: Effect = Effect::Reads;
    type Args = Args;
    type Result = Content;

    fn run(context: &Context, args: Args, call: &mut Call) -> Result<(Said, Content), Refusal> {
        let (bounds, file) = locate(context, &args.path)?;
        let locker = context.locker(call, Self::NAME, None)?;
        let mut place = context.place(&file, &bounds, &locker, call);
        let found = memory::read(&mut place, memory::Reading::Free)?;
        drop(place);
        let bytes = found.bytes.ok_or_else(|| {
            Refusal::new(format!("{} does not exist", args.path)).hint("see what there is with memory_list")
        })?;
        let (tag, size) = (etag(&bytes), bytes.len());
        let content = match &args.filter {
            None if size > LONGEST_TEXT => {
                return Err(Refusal::new(format!("{} has {size} bytes: too many for one answer", args.path))
                    .hint("read a part of it with a filter, such as keys or .[-10:]"));
            }
            None => bytes.to_vec(),
            Some(filter) => {
                let program = memory::Program {
                    duplicates: Duplicates::Last,
                    format: args.format.map(Into::into),
                    ..program(filter, &args.args, &args.path)
                };
                let out = Bounded::default();
                let what = Subject::Document(file.path.clone());
                let printed = memory::print_results(&program, bytes, what, false, call, out.clone())?;
                let text = std::mem::take(&mut *out.0.lock().unwrap_or_else(PoisonError::into_inner));
                printed.map_err(|_| {
                    Refusal::new("the filter's results are too long for one answer")
                        .hint("let it choose fewer")
                })?;
                text
            }
        };
        let content = String::from_utf8(content)
            .map_err(|_| Refusal::new(format!("{} is not a text: it is not UTF-8", args.path)))?;
        let said = Said::from(content.clone()).beside(format!("etag: {tag}"));
        Ok((said, Content { path: shown(&file), etag: tag, size: size as u64, content }))
    }
}

/// A text that does not grow beyond what an answer may have.
#[derive(Debug, Clone, Default)]
struct Bounded(Arc<Mutex<Vec<u8>>>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if text.len() + bytes.len() > LONGEST_TEXT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
