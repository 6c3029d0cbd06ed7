//! `aimem queue add`

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value};

use super::places;
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::queue::contents::Limits;
use crate::queue::ulid::Ulids;
use crate::queue::{Entry, QueueError, Spool, Ulid};
use crate::sys::failure::{Kind, Op, PathError};

/// So many lines are saved together at most: their syncs overlap.
const CHUNK: usize = 256;
/// Read at a time.
const BUFFER: usize = 1 << 16;

/// Save a memory; it is on disk when this returns
#[derive(Debug, Args)]
#[command(after_help = "\
The content is one memory: the argument, or all of standard input. The id of each is printed when
it is safely on disk. No server and no lock is waited for.

Examples:
  aimem queue add --project web 'deploys go through CI only'
  git log -1 --format=%B | aimem queue add --project web --meta kind=commit
  aimem queue add --project web --lines < notes.txt")]
pub struct Add {
    /// Whose memory it is
    #[arg(short = 'p', long, value_name = "NAME")]
    project: String,
    /// The memory [default: standard input]
    #[arg(value_name = "CONTENT")]
    content: Option<String>,
    /// One memory a line of standard input; blank lines are passed over
    #[arg(long, conflicts_with = "content")]
    lines: bool,
    /// Something else to keep with it
    #[arg(long, value_name = "K=V", value_parser = parse_meta)]
    meta: Vec<(String, String)>,
    /// Refuse when more entries than this would be waiting or dead
    #[arg(long, value_name = "N")]
    max_entries: Option<u64>,
    /// Refuse when these would have more bytes than this together
    #[arg(long, value_name = "N")]
    max_bytes: Option<u64>,
    /// One JSON document with all the ids, at the end
    #[arg(long)]
    json: bool,
}

fn parse_meta(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some(("aimem_id", _)) => Err("aimem_id is set by aimem".to_owned()),
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("not of the form K=V".to_owned()),
    }
}

impl Add {
    pub(crate) fn run(self) -> Outcome {
        let pairs = self.meta.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str())));
        let mut saver = Saver {
            place: places()?.spool,
            project: &self.project,
            metadata: pairs.collect(),
            limits: Limits { entries: self.max_entries, bytes: self.max_bytes },
            ulids: Ulids::default(),
            json: self.json.then(Vec::new),
        };
        match &self.content {
            Some(content) => saver.save(&[content])?,
            None if self.lines => saver.save_lines()?,
            None => {
                let mut bytes = Vec::new();
                io::stdin().lock().read_to_end(&mut bytes).map_err(unreadable)?;
                let text = text(&bytes)?;
                saver.save(&[text.strip_suffix('\n').unwrap_or(text)])?;
            }
        }
        if let Some(ids) = saver.json {
            output::json(&serde_json::json!({ "ids": ids }))?;
        }
        Ok(Exit::Done)
    }
}

struct Saver<'a> {
    place: PathBuf,
    project: &'a str,
    metadata: Map<String, Value>,
    limits: Limits,
    ulids: Ulids,
    /// The ids, where they are printed at the end.
    json: Option<Vec<String>>,
}

impl Saver<'_> {
    /// Saves memories together, and then prints their ids.
    fn save(&mut self, contents: &[impl AsRef<str>]) -> Result<(), CliError> {
        let entries = contents.iter().map(|content| self.entry(content.as_ref()));
        let entries = entries.collect::<Result<Vec<(Ulid, Entry)>, QueueError>>()?;
        // Each time anew: a slow producer's outbox may have been moved meanwhile.
        let spool = Spool::open(&self.place)?;
        if self.limits.bytes.is_some() || self.limits.entries.is_some() {
            let bytes = entries.iter().map(|(_, entry)| entry.to_bytes().len() as u64).sum();
            spool.check_limits(self.limits, entries.len() as u64, bytes)?;
        }
        spool.save(&entries)?;
        if let Some(ids) = &mut self.json {
            ids.extend(entries.into_iter().map(|(_, entry)| entry.id));
            return Ok(());
        }
        let ids: String = entries.iter().map(|(_, entry)| format!("{}\n", entry.id)).collect();
        let mut out = io::stdout().lock();
        let written = out.write_all(ids.as_bytes()).and_then(|()| out.flush());
        written.map_err(|error| {
            CliError::io("the memory is saved, but its id cannot be written to standard output", &error)
        })
    }

    fn entry(&mut self, content: &str) -> Result<(Ulid, Entry), QueueError> {
        let named = self.ulids.make();
        let name = named.map_err(PathError::of::<QueueError>(Op::Name, &self.place))?;
        Ok((name, Entry::new(name, self.project, content, self.metadata.clone())?))
    }

    /// Saves what has come in so far, whenever no whole line is left to be read at once: a slow
    /// producer's lines are not kept waiting.
    fn save_lines(&mut self) -> Result<(), CliError> {
        let mut input = BufReader::with_capacity(BUFFER, io::stdin().lock());
        let mut chunk: Vec<String> = Vec::new();
        let mut line = Vec::new();
        let mut number = 0u64;
        let mut saved = 0;
        loop {
            line.clear();
            let at_end = input.read_until(b'\n', &mut line).map_err(unreadable)? == 0;
            number += 1;
            let content = text(line.strip_suffix(b"\n").unwrap_or(&line));
            let broken = match content {
                Ok(content) if content.trim().is_empty() => None,
                Ok(content) => {
                    chunk.push(content.to_owned());
                    None
                }
                Err(error) => {
                    Some(CliError { message: format!("line {number}: {}", error.message), ..error })
                }
            };
            let waits = !input.buffer().contains(&b'\n');
            if !chunk.is_empty() && (at_end || waits || broken.is_some() || chunk.len() == CHUNK) {
                self.save(&chunk)?;
                saved += chunk.len();
                chunk.clear();
            }
            if let Some(error) = broken {
                return Err(error.hint(format!("the {saved} memories before it are saved")));
            }
            if at_end {
                return if saved == 0 { Err(QueueError::Empty.into()) } else { Ok(()) };
            }
        }
    }
}

fn text(bytes: &[u8]) -> Result<&str, CliError> {
    std::str::from_utf8(bytes).map_err(|_| CliError::new(Kind::Data, "the content is not UTF-8"))
}

fn unreadable(error: io::Error) -> CliError {
    CliError::io("cannot read standard input", &error)
}
