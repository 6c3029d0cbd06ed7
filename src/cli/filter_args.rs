//! jq's options, shared by the verbs that run a filter.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};

use super::args::refuse_dash;
use super::error::CliError;
use super::format::FormatArg;
use super::hints::{quote, quote_text};
use super::input;
use super::operands::{Operands, Role};
use crate::document::Limits;
use crate::memory::{Binding, Duplicates, Layout, Program};
use crate::settings::duration;
use crate::sys::failure::Kind;

/// jq's options for what goes into a filter and how its results are laid out.
#[derive(Debug, Clone, Args)]
pub struct FilterArgs {
    #[command(flatten)]
    #[allow(missing_docs, reason = "a flattened group takes its heading from this comment")]
    pub operands: Operands,
    #[command(flatten)]
    #[allow(missing_docs, reason = "a flattened group takes its heading from this comment")]
    pub format: FormatArg,
    /// Read the filter from a file
    #[arg(help_heading = "Filter", short = 'f', long, value_name = "PATH")]
    from_file: Option<PathBuf>,
    /// Set $NAME to the text VALUE
    #[arg(help_heading = "Filter", long, num_args = 2, value_names = ["NAME", "VALUE"], action = ArgAction::Append)]
    arg: Vec<String>,
    /// Set $NAME to the JSON value TEXT
    #[arg(help_heading = "Filter", long, num_args = 2, value_names = ["NAME", "TEXT"], action = ArgAction::Append)]
    argjson: Vec<String>,
    /// Set $NAME to an array of the JSON documents in PATH
    #[arg(help_heading = "Filter", long, num_args = 2, value_names = ["NAME", "PATH"], action = ArgAction::Append)]
    slurpfile: Vec<OsString>,
    /// Set $NAME to the text in PATH
    #[arg(help_heading = "Filter", long, num_args = 2, value_names = ["NAME", "PATH"], action = ArgAction::Append)]
    rawfile: Vec<OsString>,
    /// Sort the keys of every object
    #[arg(help_heading = "Filter", short = 'S', long)]
    sort_keys: bool,
    /// Indent by N spaces
    #[arg(help_heading = "Filter", long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=7))]
    indent: Option<u8>,
    /// Indent by tabs
    #[arg(help_heading = "Filter", long, conflicts_with = "indent")]
    tab: bool,
    /// Everything on one line
    #[arg(help_heading = "Filter", short = 'c', long, conflicts_with_all = ["indent", "tab"])]
    compact_output: bool,
    /// With two equal keys in an object let the last one count [default: an update refuses the file, a
    /// read warns]
    #[arg(help_heading = "Filter", long, value_name = "WHICH")]
    duplicate_keys: Option<WhichKey>,
    /// Exit with 1 when the last result is null or false
    #[arg(help_heading = "Filter", short = 'e', long)]
    pub exit_status: bool,
    /// Give up when the filter runs for longer
    #[arg(help_heading = "Filter", long, value_name = "DUR", value_parser = duration::parse)]
    max_time: Option<Duration>,
}

/// Which of two equal keys counts.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum WhichKey {
    /// The last one, as in most programs; an update drops the others
    Last,
}

impl FilterArgs {
    /// Whether the layout of results was asked for.
    pub fn has_layout(&self) -> bool {
        self.sort_keys || self.indent.is_some() || self.tab || self.compact_output
    }

    /// What equal keys are: what was asked for, else `default`.
    pub fn duplicates(&self, default: Duplicates) -> Duplicates {
        match self.duplicate_keys {
            Some(WhichKey::Last) => Duplicates::Last,
            None => default,
        }
    }

    /// How long the filter or the command may run.
    pub fn limits(&self) -> Limits {
        Limits { max_time: self.max_time }
    }

    /// The file as it was given; empty where none was.
    pub fn file(&self) -> PathBuf {
        self.operands.words.first().map(|word| PathBuf::from(&word.text)).unwrap_or_default()
    }

    /// A second filter, with the same arguments as the first one. Its results are laid out as `read`
    /// does.
    ///
    /// # Errors
    /// As [`FilterArgs::program`].
    pub fn beside(&self, source: String) -> Result<Program, CliError> {
        let own = self.program()?.1.unwrap_or_default();
        Ok(Program { source, layout: Layout::default(), duplicates: Duplicates::Last, ..own })
    }

    /// The file, and the program where there is one.
    ///
    /// # Errors
    /// Operands are missing or superfluous, or a file can't be read.
    pub fn program(&self) -> Result<(PathBuf, Option<Program>), CliError> {
        let mut operands = self.operands.words.iter();
        let file = operands.next().filter(|word| !word.text.is_empty()).ok_or_else(|| {
            CliError::usage("which file?").hint("name it first, then the filter; --help shows how")
        })?;
        let file = PathBuf::from(&file.text);
        refuse_dash(&file)?;
        let source = match &self.from_file {
            Some(path) => Some(text_of(path)?),
            None => match operands.next() {
                Some(word) => Some(utf8(&word.text, "the filter")?),
                None => None,
            },
        };
        let mut bindings = self.bindings()?;
        for word in operands {
            bindings.push(match word.role {
                Role::Json => Binding::PositionalJson(utf8(&word.text, "an argument")?.into_bytes()),
                Role::Text => Binding::Positional(utf8(&word.text, "an argument")?),
                Role::Operand => {
                    let text = word.text.to_string_lossy();
                    return Err(
                        CliError::usage(format!("one word too many: {text}")).hint(self.meant_by_words())
                    );
                }
            });
        }
        let program = source.map(|source| Program {
            bindings,
            environment: own_environment(),
            file_name: Some(file.to_string_lossy().into_owned()),
            messages: Some(to_standard_error),
            ..self.laid_out(source)
        });
        Ok((file, program))
    }

    /// What was meant by more words than a file and a filter.
    fn meant_by_words(&self) -> String {
        let words: Vec<_> = self.operands.words.iter().map(|word| word.text.to_string_lossy()).collect();
        let whole = || quote_text(&words[1..].join(" "));
        match &words[..] {
            [file, second, _] if !second.starts_with('.') && Path::new(&**second).exists() => format!(
                "one file at a time: for f in {} {}; do …; done",
                quote_text(file),
                quote_text(second)
            ),
            [_, value, ..] if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("if {value} belongs to an option such as --backup, write --backup={value}")
            }
            [_, value, ..] if value.starts_with(['{', '[']) => {
                format!("if {} belongs to --create, write --create={0}", quote_text(value))
            }
            _ => format!(
                "if they are one filter, quote it: {}; arguments for it follow --args or --jsonargs",
                whole()
            ),
        }
    }

    /// A hint for who has named the filter first and the file second.
    pub fn hint_at_order(&self, error: CliError) -> CliError {
        let words: Vec<&Path> = self.operands.words.iter().map(|word| Path::new(&word.text)).collect();
        match words[..] {
            [first, second, ..] if !first.exists() && second.is_file() => {
                error.hint(format!("the file comes first: {} {}", quote(second), quote(first)))
            }
            _ => error,
        }
    }

    /// A filter without arguments, its results laid out as asked for.
    pub fn laid_out(&self, source: String) -> Program {
        let layout = Layout {
            compact: self.compact_output,
            indent: self.indent.map(usize::from),
            tab: self.tab,
            sort_keys: self.sort_keys,
            joined: false,
        };
        let duplicates = self.duplicates(Duplicates::Refuse);
        let (format, limits) = (self.format.format, self.limits());
        Program { source, format, layout, duplicates, limits, ..Program::default() }
    }

    fn bindings(&self) -> Result<Vec<Binding>, CliError> {
        let mut bindings = Vec::new();
        let names = self.arg.iter().step_by(2).map(|name| ("arg", name));
        for (option, name) in names.chain(self.argjson.iter().step_by(2).map(|name| ("argjson", name))) {
            if let Some((name, value)) = name.split_once('=') {
                return Err(CliError::usage(format!("--{option} {name}={value}: no variable is called so"))
                    .hint(format!("it takes two words: --{option} {name} {}", quote_text(value))));
            }
        }
        for pair in self.arg.chunks_exact(2) {
            bindings.push(Binding::Text(pair[0].clone(), pair[1].clone()));
        }
        for pair in self.argjson.chunks_exact(2) {
            bindings.push(Binding::Json(pair[0].clone(), pair[1].clone().into_bytes()));
        }
        for pair in self.slurpfile.chunks_exact(2) {
            bindings.push(Binding::Slurp(utf8(&pair[0], "a name")?, bytes_of(Path::new(&pair[1]))?));
        }
        for pair in self.rawfile.chunks_exact(2) {
            bindings.push(Binding::Text(utf8(&pair[0], "a name")?, text_of(Path::new(&pair[1]))?));
        }
        Ok(bindings)
    }
}

/// What `$ENV` is: the variables that are text.
pub fn own_environment() -> Vec<(String, String)> {
    let text =
        |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    std::env::vars_os().filter_map(text).collect()
}

/// Where a filter's `debug` and `stderr` write.
pub fn to_standard_error(bytes: &[u8]) {
    let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), bytes);
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, CliError> {
    // What is opened by that name must not be a socket, as programs hand it to those they start.
    if path == Path::new("/dev/stdin") {
        return input::standard();
    }
    std::fs::read(path).map_err(|error| CliError::io(format!("cannot read {}", path.display()), &error))
}

fn text_of(path: &Path) -> Result<String, CliError> {
    String::from_utf8(bytes_of(path)?)
        .map_err(|_| CliError::new(Kind::Data, format!("{} is not UTF-8", path.display())))
}

fn utf8(text: &std::ffi::OsStr, what: &str) -> Result<String, CliError> {
    text.to_str().map(str::to_owned).ok_or_else(|| CliError::usage(format!("{what} is not UTF-8")))
}
