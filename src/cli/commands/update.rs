//! `aimem update`

mod lines;

use clap::Args;

use super::super::args::{LockArgs, ReplaceArgs, call};
use super::super::error::{CliError, Outcome};
use super::super::exit::Exit;
use super::super::filter_args::FilterArgs;
use super::super::output;
use super::super::schema_arg::SchemaArg;
use super::super::waiting::Patient;
use crate::document::Format;
use crate::memory::{self, Duplicates, MemoryError, Pipe, Program, Subject, Transform};
use crate::place::FilePlace;
use crate::settings;

/// Change a JSON, JSONC or TOML document with a jq filter, or any file with a command
#[derive(Debug, Args)]
#[command(override_usage = "aimem update [OPTIONS] FILE FILTER [ARG…]\n       \
                            aimem update [OPTIONS] FILE --pipe [--text] -- COMMAND [ARG…]")]
#[command(after_help = "\
Examples:
  aimem update sessions.json '.sessions += [{\"id\": \"s1\"}]'
  aimem update notes.json --create --arg day monday '.[$day] += 1'
  aimem update big.json --pipe -- python3 rewrite.py
  aimem update TODO.md --pipe --text -- sort -u")]
pub struct Update {
    #[command(flatten)]
    filter: FilterArgs,
    /// Pass the document through a command's standard input and output
    #[arg(long, conflicts_with_all = ["from_file", "sort_keys", "indent", "tab", "compact_output"])]
    pipe: bool,
    /// With --pipe: the file may be any text, and not only JSON
    #[arg(long, requires = "pipe")]
    text: bool,
    /// Start from this document when there is no such file, by default from an empty one; missing
    /// folders above it are made
    #[arg(long, value_name = "TEXT", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    create: Option<String>,
    /// Print what would change as a diff, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the new document
    #[arg(long, conflicts_with = "dry_run")]
    print: bool,
    /// Print the results of this filter on the new document
    #[arg(long = "return", value_name = "FILTER", conflicts_with_all = ["dry_run", "print"])]
    returns: Option<String>,
    /// Print what was done as one JSON document; errors too, on standard error
    #[arg(long, conflicts_with_all = ["dry_run", "print"])]
    json: bool,
    /// Change the file only if its tag, from `read --etag`, is still this one; none: if there is no file
    #[arg(long, value_name = "TAG")]
    if_match: Option<String>,
    /// Let the document become one of another kind, such as a number where an object was
    #[arg(long)]
    any_kind: bool,
    #[command(flatten)]
    schema: SchemaArg,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    lock: LockArgs,
}

impl Update {
    pub(crate) fn run(self) -> Outcome {
        let json = self.json;
        let file = self.filter.file();
        self.change().map_err(|error| error.about(&file, json))
    }

    fn change(mut self) -> Outcome {
        let command = if self.pipe { self.filter.operands.take_command() } else { Vec::new() };
        let (path, program) = self.filter.program()?;
        let call = call("update", &[&path], command.first());
        let named = self.filter.format.format;
        let format = named.or_else(|| Format::of_name(&path));
        let mut each_line = None;
        let mut transform: Box<dyn Transform> = match program {
            Some(_) if self.pipe => {
                return Err(
                    CliError::usage("--pipe takes no filter").hint("aimem update FILE --pipe -- COMMAND")
                );
            }
            None if self.pipe && command.is_empty() => {
                return Err(CliError::usage("which command?").hint("aimem update FILE --pipe -- COMMAND"));
            }
            None if self.pipe => {
                let duplicates = self.filter.duplicates(Duplicates::Refuse);
                let (inherited, limits) = (settings::lock_ids()?, self.filter.limits());
                Box::new(Pipe { command, inherited, text: self.text, format, duplicates, limits })
            }
            Some(program) => {
                let is_lines = named.is_none() && memory::holds_lines(&path);
                each_line = is_lines.then(|| program.clone());
                Box::new(Program { format, ..program })
            }
            None => {
                return Err(CliError::usage("which filter?")
                    .hint("aimem update FILE FILTER, such as '.sessions += [{\"id\": \"s1\"}]'"));
            }
        };
        let format = format.unwrap_or_default();
        let empty = if self.text { "" } else { format.empty() };
        let start = |given: String| if given.is_empty() { empty.to_owned() } else { given };
        let create = self.create.take().map(start).map(String::into_bytes);
        if let Some(start) = create.as_ref().filter(|_| !self.text) {
            memory::validate_as(format, start, Subject::Start)?;
        }
        let locker = self.lock.locker(call)?;
        let replace = self.replace.replace()?;
        let mut patient = Patient::new()?;
        let place =
            FilePlace::new(&path, Some(&locker), replace, &mut patient).make_folders(create.is_some());
        let mut place = place.history(settings::keeping(&locker, "update")?);
        let returns = self.returns.take().map(|source| self.filter.beside(source)).transpose()?;
        let returns = returns.map(|returns| Program { format: Some(format), ..returns });
        let request = memory::Update {
            create,
            if_match: self.if_match.take(),
            any_kind: self.any_kind,
            format: named,
            schema: self.schema.choice()?,
            returns,
            dry_run: self.dry_run,
        };
        if let Some(program) = each_line {
            return self.lines(&path, program, &request, &mut place);
        }
        let updated =
            memory::update(&mut place, &request, transform.as_mut()).map_err(|error| match error {
                MemoryError::Missing { .. } | MemoryError::Filter { .. } => {
                    self.filter.hint_at_order(error.into())
                }
                error => self.lock.wait.choose_exit(error),
            })?;
        if output::change(&path, &updated, self.json, self.dry_run)? {
            if self.print {
                output::answer(&updated.new, updated.changed)?;
            } else if let Some(returned) = &updated.returned {
                output::answer(&returned.concat(), updated.changed)?;
            }
        }
        let failed = self.filter.exit_status && !updated.truthy;
        Ok(if failed { Exit::CheckFailed } else { Exit::Done })
    }
}
