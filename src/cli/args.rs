//! Groups of options that several verbs share.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::error::CliError;
use super::exit::Exit;
use super::{duration, env};
use crate::document::Limits;
use crate::lock::info::describe_command;
use crate::lock::{LockError, LockId, LockRoot, Locker, Patience};
use crate::memory::{Binding, Layout, Program};
use crate::replace::Replace;

/// Opens the lock root that the environment names, making it when it is missing.
///
/// # Errors
/// It can't be made or trusted.
pub fn lock_root() -> Result<LockRoot, CliError> {
    Ok(LockRoot::open(&LockRoot::default_path()?)?.with_reach(env::lock_reach()?))
}

/// The same, but `None` where there is none yet, and so no lock.
///
/// # Errors
/// It can't be trusted.
pub fn existing_lock_root() -> Result<Option<LockRoot>, CliError> {
    let reach = env::lock_reach()?;
    Ok(LockRoot::existing(&LockRoot::default_path()?)?.map(|root| root.with_reach(reach)))
}

/// The lock root that a lock known by its id should be in. It is not made: a lock can't be in a
/// folder that is not there.
///
/// # Errors
/// The lock is lost, or the root can't be trusted.
pub fn lock_root_of_id() -> Result<LockRoot, CliError> {
    let lost = || LockError::Lost { target: None, why: "there is no lock folder".to_owned() };
    existing_lock_root()?.ok_or_else(|| lost().into())
}

/// How long to wait for a lock.
#[derive(Debug, Clone, Args)]
pub struct WaitArgs {
    /// Give up after this long; 0 tries once [default: 30s, or $LOCK_TIMEOUT]
    #[arg(short = 'w', long, value_name = "DUR", value_parser = duration::parse)]
    pub timeout: Option<Duration>,
    /// Do not wait: the same as --timeout 0
    #[arg(short = 'n', long, conflicts_with = "timeout")]
    pub nonblock: bool,
    /// The exit code when the lock was not free in time [default: 75]
    #[arg(short = 'E', long, value_name = "N")]
    pub conflict_exit_code: Option<u8>,
    /// Keep waiting even if others wait for what this process holds
    #[arg(long)]
    pub no_deadlock_check: bool,
}

impl WaitArgs {
    /// The flags, else the environment, else the defaults.
    ///
    /// # Errors
    /// An unusable variable.
    pub fn patience(&self) -> Result<Patience, CliError> {
        let default = Patience::default();
        let from_env = env::lock_timeout()?;
        let limit = match self.timeout {
            _ if self.nonblock => Duration::ZERO,
            Some(limit) => limit,
            None => from_env.unwrap_or(default.limit),
        };
        Ok(Patience { limit, retry: env::lock_retry()?.unwrap_or(default.retry) })
    }

    /// Gives a wait that ended in vain the exit code that the user has chosen.
    pub fn choose_exit(&self, error: impl Into<CliError>) -> CliError {
        let mut error = error.into();
        if let (Exit::Busy, Some(code)) = (error.exit, self.conflict_exit_code) {
            error.exit = Exit::Status(code);
        }
        error
    }
}

/// How a verb that works on a file takes its lock.
#[derive(Debug, Clone, Args)]
pub struct LockArgs {
    #[command(flatten)]
    #[allow(missing_docs, reason = "a flattened group takes its heading from this comment")]
    pub wait: WaitArgs,
    /// Work under this lock, which is already held, instead of taking one
    #[arg(long, value_name = "ID", value_parser = parse_lock_id)]
    pub lock: Option<LockId>,
    /// Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    #[arg(long, value_name = "NAME")]
    pub client: Option<String>,
}

impl LockArgs {
    /// The flags and the environment as a way to take locks.
    ///
    /// # Errors
    /// An unusable variable, or a lock root that can't be used.
    pub fn locker(&self) -> Result<Locker, CliError> {
        locker(&self.wait, self.client.clone(), self.lock.clone())
    }
}

/// See [`LockArgs::locker`].
///
/// # Errors
/// An unusable variable, or a lock root that can't be used.
pub fn locker(wait: &WaitArgs, client: Option<String>, under: Option<LockId>) -> Result<Locker, CliError> {
    Ok(Locker {
        patience: wait.patience()?,
        inherited: env::lock_ids()?,
        under,
        client: client.map_or_else(env::client, |name| Ok(Some(name)))?,
        deadlock_check: !wait.no_deadlock_check,
        command: describe_command(std::env::args_os()),
        root: lock_root()?,
    })
}

/// A lock id as `lock acquire` prints it.
///
/// # Errors
/// It is none.
pub fn parse_lock_id(text: &str) -> Result<LockId, String> {
    text.trim()
        .parse()
        .map_err(|()| "not a lock id; it is the one word that `aimem lock acquire` prints".to_owned())
}

/// How a verb that writes replaces the file.
#[derive(Debug, Clone, Args)]
pub struct ReplaceArgs {
    /// Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or 1]
    #[arg(long, value_name = "K", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    backup: Option<String>,
    /// Do not sync to disk: quicker, and a power cut may lose the file
    #[arg(long)]
    no_sync: bool,
    /// Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it
    #[arg(long)]
    in_place: bool,
}

impl ReplaceArgs {
    /// The flags and the environment as a way to replace.
    ///
    /// # Errors
    /// An unusable number of backups.
    pub fn replace(&self) -> Result<Replace, CliError> {
        let from_env = env::backup()?;
        let backups = match self.backup.as_deref() {
            None => from_env.unwrap_or(0),
            Some("") => from_env.filter(|&count| count > 0).unwrap_or(1),
            Some(text) => text
                .parse()
                .map_err(|_| CliError::usage(format!("--backup={text}: not a number of backups")))?,
        };
        Ok(Replace::new().backups(backups).sync(!self.no_sync).in_place(self.in_place))
    }
}

/// jq's options for what goes into a filter and how its results are laid out.
#[derive(Debug, Clone, Args)]
pub struct FilterArgs {
    #[command(flatten)]
    #[allow(missing_docs, reason = "a flattened group takes its heading from this comment")]
    pub operands: Operands,
    /// Read the filter from a file
    #[arg(short = 'f', long, value_name = "PATH")]
    from_file: Option<PathBuf>,
    /// Set $NAME to the text VALUE
    #[arg(long, num_args = 2, value_names = ["NAME", "VALUE"], action = ArgAction::Append)]
    arg: Vec<String>,
    /// Set $NAME to the JSON value TEXT
    #[arg(long, num_args = 2, value_names = ["NAME", "TEXT"], action = ArgAction::Append)]
    argjson: Vec<String>,
    /// Set $NAME to an array of the JSON documents in PATH
    #[arg(long, num_args = 2, value_names = ["NAME", "PATH"], action = ArgAction::Append)]
    slurpfile: Vec<OsString>,
    /// Set $NAME to the text in PATH
    #[arg(long, num_args = 2, value_names = ["NAME", "PATH"], action = ArgAction::Append)]
    rawfile: Vec<OsString>,
    /// Sort the keys of every object
    #[arg(short = 'S', long)]
    sort_keys: bool,
    /// Indent by N spaces
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=7))]
    indent: Option<u8>,
    /// Indent by tabs
    #[arg(long, conflicts_with = "indent")]
    tab: bool,
    /// Everything on one line
    #[arg(short = 'c', long, conflicts_with_all = ["indent", "tab"])]
    compact_output: bool,
    /// Exit with 1 when the last result is null or false
    #[arg(short = 'e', long)]
    pub exit_status: bool,
    /// Give up when the filter runs for longer
    #[arg(long, value_name = "DUR", value_parser = duration::parse)]
    max_time: Option<Duration>,
}

impl FilterArgs {
    /// Whether the layout of results was asked for.
    pub fn has_layout(&self) -> bool {
        self.sort_keys || self.indent.is_some() || self.tab || self.compact_output
    }

    /// How long the filter or the command may run.
    pub fn limits(&self) -> Limits {
        Limits { max_time: self.max_time }
    }

    /// The file, and the program where there is one.
    ///
    /// # Errors
    /// Operands are missing or superfluous, or a file can't be read.
    pub fn program(&self) -> Result<(PathBuf, Option<Program>), CliError> {
        let mut operands = self.operands.words.iter();
        let file = operands.next().ok_or_else(|| CliError::usage("which file?").hint("see --help"))?;
        let file = PathBuf::from(&file.text);
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
                    return Err(CliError::usage(format!("one word too many: {text}"))
                        .hint("quote the filter; arguments for it follow --args or --jsonargs"));
                }
            });
        }
        let program = source.map(|source| Program {
            bindings,
            file_name: Some(file.to_string_lossy().into_owned()),
            messages: Some(to_standard_error),
            ..self.laid_out(source)
        });
        Ok((file, program))
    }

    /// A filter without arguments, its results laid out as asked for.
    pub fn laid_out(&self, source: String) -> Program {
        let layout = Layout {
            compact: self.compact_output,
            indent: self.indent.map(usize::from),
            tab: self.tab,
            sort_keys: self.sort_keys,
        };
        Program { source, layout, limits: self.limits(), ..Program::default() }
    }

    fn bindings(&self) -> Result<Vec<Binding>, CliError> {
        let mut bindings = Vec::new();
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

fn to_standard_error(bytes: &[u8]) {
    let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), bytes);
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(path).map_err(|error| CliError::io(format!("cannot read {}", path.display()), &error))
}

fn text_of(path: &Path) -> Result<String, CliError> {
    String::from_utf8(bytes_of(path)?)
        .map_err(|_| CliError::new(Exit::Data, format!("{} is not UTF-8", path.display())))
}

fn utf8(text: &std::ffi::OsStr, what: &str) -> Result<String, CliError> {
    text.to_str().map(str::to_owned).ok_or_else(|| CliError::usage(format!("{what} is not UTF-8")))
}

/// What a word on the command line is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Operand,
    Text,
    Json,
}

#[derive(Debug, Clone)]
struct Word {
    text: OsString,
    role: Role,
}

/// The words that are no options, in their order. As in jq, what `--args` or `--jsonargs` make of
/// a word depends on which of them came last before it, which derived arguments can't tell.
#[derive(Debug, Clone, Default)]
pub struct Operands {
    words: Vec<Word>,
    /// What stood behind `--`: words like the others, or a command where the verb wants one.
    behind_dashes: usize,
}

impl Operands {
    /// How many words stand before `--`.
    pub fn before_dashes(&self) -> usize {
        self.words.len() - self.behind_dashes
    }

    /// Takes what stood behind `--` away, as a command.
    pub fn take_command(&mut self) -> Vec<OsString> {
        let command = self.words.split_off(self.before_dashes());
        self.behind_dashes = 0;
        command.into_iter().map(|word| word.text).collect()
    }
}

impl Args for Operands {
    fn augment_args(command: Command) -> Command {
        let words = clap::builder::ValueParser::os_string();
        command
            .arg(Arg::new("operands").value_name("FILE").num_args(0..).value_parser(words.clone()).hide(true))
            .arg(Arg::new("behind").last(true).num_args(0..).value_parser(words).hide(true))
            .arg(
                Arg::new("args")
                    .long("args")
                    .action(ArgAction::Count)
                    .help("The words that follow are texts in $ARGS.positional"),
            )
            .arg(
                Arg::new("jsonargs")
                    .long("jsonargs")
                    .action(ArgAction::Count)
                    .help("The words that follow are JSON values in $ARGS.positional"),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Operands::augment_args(command)
    }
}

impl FromArgMatches for Operands {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Operands, clap::Error> {
        let places = |name: &str| matches.indices_of(name).into_iter().flatten().collect::<Vec<_>>();
        let (texts, jsons) = if matches.get_count("args") + matches.get_count("jsonargs") == 0 {
            (Vec::new(), Vec::new())
        } else {
            let given = |name: &str| if matches.get_count(name) > 0 { places(name) } else { Vec::new() };
            (given("args"), given("jsonargs"))
        };
        let role = |place: usize| {
            let last = |flags: &[usize]| flags.iter().copied().filter(|&flag| flag < place).max();
            match (last(&texts), last(&jsons)) {
                (None, None) => Role::Operand,
                (text, json) if text > json => Role::Text,
                _ => Role::Json,
            }
        };
        let mut words = Vec::new();
        let mut behind_dashes = 0;
        for name in ["operands", "behind"] {
            let texts = matches.get_many::<OsString>(name).into_iter().flatten();
            for (text, place) in texts.zip(places(name)) {
                words.push(Word { text: text.clone(), role: role(place) });
                behind_dashes += usize::from(name == "behind");
            }
        }
        Ok(Operands { words, behind_dashes })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Operands::from_arg_matches(matches)?;
        Ok(())
    }
}
