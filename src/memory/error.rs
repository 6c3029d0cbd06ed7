//! What can go wrong with a transaction.

use std::io;
use std::path::PathBuf;

use super::{Kinds, Subject, is_json};
use crate::document::schema::SchemaError;
use crate::document::text::{NoPlace, NotFound};
use crate::document::{
    EqualKeys, FilterError, FilterErrorKind, Format, InvalidJson, NotStorable, Slip, Stopped, validate_as,
};
use crate::lock::LockError;
use crate::merge::MergeError;
use crate::place::PlaceError;
use crate::place::error::COME_TO_REST;
use crate::sys::failure::{Hint, Kind};

/// An error of a transaction. Unless [`MemoryError::document_may_have_changed`], the file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The place where the document lives.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// There is no such file.
    #[error("{} does not exist", path.display())]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// The file, or what should become its content, is not one JSON document.
    #[error("{what} is not valid JSON: {source}")]
    InvalidJson {
        /// What was read.
        what: Subject,
        /// Where and why.
        source: InvalidJson,
    },
    /// The document is YAML by its name, which is worked on as text only.
    #[error("{} is YAML, whose data are neither read nor changed here", path.display())]
    Yaml {
        /// The document.
        path: PathBuf,
    },
    /// The document is not one, and there is a version of it that was.
    #[error("{} is not valid {format}: {source}", path.display())]
    Broken {
        /// The path as given.
        path: PathBuf,
        /// What it should be.
        format: Format,
        /// Where and why.
        source: InvalidJson,
        /// That version, as `restore --from` has it.
        back: String,
    },
    /// The version that was to be put back is no document.
    #[error("{which} of {} is not valid {format}: {source}", path.display())]
    BrokenVersion {
        /// The path as given.
        path: PathBuf,
        /// Which one.
        which: String,
        /// What it should be.
        format: Format,
        /// Where and why.
        source: InvalidJson,
    },
    /// The same, and it is JSON with comments or trailing commas.
    #[error("{what} is not valid JSON: {source}")]
    Commented {
        /// What was read.
        what: Subject,
        /// Where and why.
        source: InvalidJson,
    },
    /// The file, or what should become its content, is not one document in its format.
    #[error("{what} is not valid {format}: {source}")]
    Malformed {
        /// What was read.
        what: Subject,
        /// What it should be.
        format: Format,
        /// Where and why.
        source: InvalidJson,
    },
    /// A layout for all of a document was asked for, which would cost it more than white space.
    #[error("{} is {format}: a layout for all of it would lose its comments", path.display())]
    Layout {
        /// The path as given.
        path: PathBuf,
        /// What it is.
        format: Format,
    },
    /// An object of the document has two equal keys.
    #[error("{what}: {source}")]
    EqualKeys {
        /// What was read.
        what: Subject,
        /// Which key, and where.
        source: EqualKeys,
    },
    /// The filter.
    #[error("{}{source}", on.as_ref().map(|what| format!("{what}: ")).unwrap_or_default())]
    Filter {
        /// What it ran on, if it ran.
        on: Option<Subject>,
        /// What it says.
        source: FilterError,
    },
    /// The same on a line of a document of lines.
    #[error("line {line} of {}: {source}", path.display())]
    OnLine {
        /// The document.
        path: PathBuf,
        /// The line's number.
        line: u64,
        /// What is wrong there.
        source: Box<MemoryError>,
    },
    /// The result can't be written in the document's format.
    #[error("the filter's result cannot be stored: {source}")]
    Unwritable {
        /// Which value.
        source: NotStorable,
    },
    /// The filter was given up.
    #[error("{source}")]
    Stopped {
        /// Why.
        source: Stopped,
    },
    /// There is nothing to write.
    #[error("nothing to write to {}: the content is empty", path.display())]
    Empty {
        /// The path as given.
        path: PathBuf,
    },
    /// The file is not the version that the caller has read.
    #[error("{} is not what was read: its tag is {found} now", path.display())]
    Mismatch {
        /// The path as given.
        path: PathBuf,
        /// Its tag now; `none` for a missing file.
        found: String,
    },
    /// What was to be changed could not be found in the text, or not in one place only.
    #[error("{}: {source}", path.display())]
    NoPlace {
        /// The path as given.
        path: PathBuf,
        /// What was looked for in vain.
        source: NoPlace,
        /// What is nearly it, in lines.
        details: Option<String>,
    },
    /// A line that was to be added to lines of JSON is none.
    #[error("line {line} of what was to be added to {} is not valid JSON: {source}", path.display())]
    InvalidLine {
        /// The path as given.
        path: PathBuf,
        /// Its number.
        line: usize,
        /// Where and why.
        source: InvalidJson,
    },
    /// A line of a list of edits is none.
    #[error("line {line} of the script is not an edit: {reason}")]
    Script {
        /// Its number.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// There is a document where there must be none.
    #[error("{} exists already", path.display())]
    Exists {
        /// The path as given.
        path: PathBuf,
    },
    /// The new document would be of another kind than the old one.
    #[error("{} is {} and would become {}", path.display(), with_article(kinds.old), with_article(kinds.new))]
    OtherKind {
        /// The path as given.
        path: PathBuf,
        /// What it is and what it would be.
        kinds: Kinds,
    },
    /// Another program replaced the file at every try.
    #[error("{} is replaced again and again by programs that take another lock or none", path.display())]
    Changing {
        /// The path as given.
        path: PathBuf,
    },
    /// The document breaks its schema, or can't be held against it.
    #[error("{}: {source} ({})", path.display(), schema.display())]
    Schema {
        /// The document.
        path: PathBuf,
        /// The schema.
        schema: PathBuf,
        /// What is wrong.
        source: SchemaError,
        /// Each rule that is broken, in lines.
        details: Option<String>,
    },
    /// A folder can't be listed.
    #[error("cannot list {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Two versions can't be merged.
    #[error("cannot merge {} into {}: {source}", theirs.display(), ours.display())]
    Merge {
        /// The document.
        ours: PathBuf,
        /// What was to be merged into it.
        theirs: PathBuf,
        /// Why.
        source: MergeError,
    },
    /// The conflicts of a document can't be listed or resolved.
    #[error("{}: {source}", path.display())]
    Conflicts {
        /// The document.
        path: PathBuf,
        /// Why.
        source: MergeError,
    },
    /// The command of `--pipe` can't be started.
    #[error("cannot run {command}")]
    Spawn {
        /// Its name.
        command: String,
        /// Why.
        source: std::io::Error,
    },
    /// The command of `--pipe` failed, so that its output is not to be trusted.
    #[error("{command} failed with {status}; the file is left as it was")]
    CommandFailed {
        /// Its name.
        command: String,
        /// How it ended, in words.
        status: String,
    },
}

impl MemoryError {
    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        use MemoryError as E;
        match self {
            E::Place(error) => error.kind(),
            E::OnLine { source, .. } => source.kind(),
            E::Missing { .. } => Kind::NoInput,
            E::Mismatch { .. } | E::Exists { .. } | E::Changing { .. } => Kind::Lost,
            E::Spawn { source, .. } if source.kind() == io::ErrorKind::NotFound => Kind::NotFound,
            E::Spawn { .. } => Kind::NotExecutable,
            E::Folder { source, .. } => Kind::of_reading(source),
            E::InvalidJson { .. }
            | E::Broken { .. }
            | E::BrokenVersion { .. }
            | E::EqualKeys { .. }
            | E::Empty { .. }
            | E::OtherKind { .. } => Kind::Data,
            E::Commented { .. } | E::Malformed { .. } => Kind::Data,
            E::Schema { source: SchemaError::NotBuilt, .. } => Kind::Usage,
            E::Merge { .. } | E::Conflicts { .. } | E::Schema { .. } => Kind::Data,
            E::Layout { .. } => Kind::Usage,
            E::NoPlace { .. } | E::Script { .. } | E::InvalidLine { .. } | E::Yaml { .. } => Kind::Data,
            E::Filter { .. } | E::Unwritable { .. } | E::Stopped { .. } | E::CommandFailed { .. } => {
                Kind::Data
            }
        }
    }

    /// What to do about a filter that is not understood, or that fails.
    fn filter_hint(&self) -> Option<Hint> {
        let MemoryError::Filter { on, source } = self else { return None };
        match (source.slip(), on, source.kind()) {
            (Some(Slip::Variable(name)), ..) => Some(Hint::NameVariable(name.clone())),
            (Some(Slip::Write(text)), ..) => Some(Hint::Tell(text.clone())),
            (None, Some(Subject::Document(file)), FilterErrorKind::Failed(_)) => {
                Some(Hint::LookAt(file.clone(), source.path().unwrap_or(".").to_owned()))
            }
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        use MemoryError as E;
        let hint = match self {
            E::Place(error) => return error.hint(),
            E::OnLine { source, .. } => return source.hint(),
            E::Missing { .. } => Hint::Create,
            E::InvalidJson { what: Subject::Document(path), .. } if is_json(path) => {
                Hint::SeeOrRestore(path.clone())
            }
            E::InvalidJson { what: Subject::Document(path), .. } => Hint::WorkOnText(path.clone()),
            E::Broken { path, back, .. } => Hint::GoBack(path.clone(), back.clone()),
            E::BrokenVersion { .. } => Hint::Force,
            E::Yaml { path } => Hint::WorkOnYaml(path.clone()),
            E::Commented { what: Subject::Document(path), .. } => Hint::ReadAsCommented(path.clone()),
            E::Malformed { what: Subject::Document(path), .. } => Hint::SeeOrRestore(path.clone()),
            E::Layout { .. } => Hint::Say(
                "leave the options for indents and order away: what changes is laid out like what is beside it",
            ),
            E::InvalidJson { what: Subject::Default | Subject::Start | Subject::Variable(_), .. } => {
                Hint::Say("nothing was written; a text in JSON stands in double quotes")
            }
            E::InvalidJson { .. } | E::Commented { .. } | E::Malformed { .. } => {
                Hint::Say("nothing was written")
            }
            E::EqualKeys { what: Subject::Document(path), .. } => Hint::LastKeyCounts(path.clone()),
            E::EqualKeys { .. } => Hint::Say("rename or remove one of them"),
            E::Filter { source, .. } => match source.kind() {
                FilterErrorKind::NoResult => {
                    Hint::Say("an update needs exactly one document, for example: . + {…}")
                }
                FilterErrorKind::SeveralResults => Hint::Say("collect them in an array: [ … ]"),
                _ => return self.filter_hint(),
            },
            E::Unwritable { .. } => {
                Hint::Say("nothing was written; let the filter make something that the format has")
            }
            E::Stopped { source: Stopped::TimeLimit(_) } => Hint::RunLonger,
            E::Empty { .. } => Hint::Say(
                "the file was left as it was; to empty it on purpose, write what an empty document is, such as {}",
            ),
            E::NoPlace { source, .. } => Hint::Say(match source.why() {
                NotFound::Empty => "nothing was written; name some of the text",
                NotFound::Nowhere { near } if !near.is_empty() => {
                    "nothing was written; blanks, tabs and line ends count, so take the text from the file as it is"
                }
                NotFound::Nowhere { .. } => {
                    "nothing was written; read the file again, it may be another than you have seen"
                }
                NotFound::Several { .. } => {
                    "nothing was written; give more of the text around the place that is meant"
                }
                NotFound::NoLine { .. } => "nothing was written",
                NotFound::NoHeading { .. } | NotFound::SeveralHeadings { .. } => {
                    "nothing was written; name one heading, with its # marks for one of that level"
                }
            }),
            E::InvalidLine { .. } => Hint::Say(
                "it was not written; each line of such a file is one JSON document, as `jq -c .` prints it",
            ),
            E::Script { .. } => Hint::Say(
                "nothing was written; each line is an object such as {\"old\": \"a\", \"new\": \"b\"}",
            ),
            E::Mismatch { .. } => {
                Hint::Say("nothing was written; read the file again and start from what it holds now")
            }
            E::Exists { .. } => {
                Hint::Say("nothing was written; read it, and name its tag instead of none to replace it")
            }
            E::OtherKind { path, kinds } => {
                let filter = kinds.filter.clone();
                let compares = kinds.new == "boolean"
                    && filter.as_ref().is_some_and(|filter| {
                        ["==", "!=", "<", ">"].iter().any(|sign| filter.contains(sign))
                    });
                Hint::AskOrStore { file: path.clone(), filter, compares }
            }
            E::Changing { .. } => COME_TO_REST,
            E::Schema { source: SchemaError::NotBuilt, .. } => Hint::Say(
                "nothing was written; leave --schema and AIMEM_SCHEMA away, or build it with the feature schema",
            ),
            E::Schema { .. } => Hint::Say("nothing was written"),
            E::Merge { source: MergeError::Alarm, .. } => Hint::Say(
                "nothing was written; two clients have one name, or a program changed one of the files that does not raise _version: name the version that both come from, --base FILE",
            ),
            E::Conflicts { source: MergeError::NoConflict(_), .. } => {
                Hint::Say("nothing was written; aimem conflicts list FILE shows those that there are")
            }
            E::Conflicts { source: MergeError::NoPlace(_), .. } => Hint::Say(
                "nothing was written; put the value where it belongs by aimem update, then resolve the conflict with --ours",
            ),
            E::Merge { .. } | E::Conflicts { .. } => Hint::Say("nothing was written"),
            E::Folder { .. } | E::Stopped { .. } | E::Spawn { .. } | E::CommandFailed { .. } => return None,
        };
        Some(hint)
    }

    /// That these bytes are no document in `format`.
    pub(super) fn malformed(format: Format, bytes: &[u8], what: Subject, source: InvalidJson) -> MemoryError {
        match format {
            Format::Json if validate_as(Format::Jsonc, bytes).is_ok() => {
                MemoryError::Commented { what, source }
            }
            Format::Json => MemoryError::InvalidJson { what, source },
            _ => MemoryError::Malformed { what, format, source },
        }
    }

    /// More lines that belong to the message, such as a filter with a caret.
    pub fn details(&self) -> Option<&str> {
        match self {
            MemoryError::Filter { source, .. } => source.details(),
            MemoryError::OnLine { source, .. } => source.details(),
            MemoryError::NoPlace { details, .. } | MemoryError::Schema { details, .. } => details.as_deref(),
            _ => None,
        }
    }

    /// Whether the document may be another than before. Then the same change must not be made
    /// again without a look at it.
    pub fn document_may_have_changed(&self) -> bool {
        matches!(self, MemoryError::Place(error) if error.document_may_have_changed())
    }
}

impl From<LockError> for MemoryError {
    fn from(error: LockError) -> MemoryError {
        PlaceError::from(error).into()
    }
}

fn with_article(kind: &str) -> String {
    match kind {
        "null" => kind.to_owned(),
        "object" | "array" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}
