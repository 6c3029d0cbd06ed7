//! A filter as a transaction's way from the old content to the new one.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::apart::apart;
use super::check::refuse_yaml;
use super::update::{Kinds, Made, Transform};
use super::{MemoryError, Subject};
use crate::document::{
    Bindings, EqualKeys, Filter, Format, InvalidJson, Limits, NotStorable, Original, Style, Value, parse_as,
    same_data, serialise,
};
use crate::lock::Waiter;

/// A variable or an argument for a filter, as it was given.
#[derive(Debug, Clone)]
pub enum Binding {
    /// `$name` is this text.
    Text(String, String),
    /// `$name` is this JSON.
    Json(String, Vec<u8>),
    /// `$name` is the array of these JSON documents.
    Slurp(String, Vec<u8>),
    /// One more of `$ARGS.positional`, as text.
    Positional(String),
    /// One more of `$ARGS.positional`, as JSON.
    PositionalJson(Vec<u8>),
}

impl Binding {
    /// What was given.
    fn bytes(&self) -> &[u8] {
        match self {
            Binding::Text(_, text) | Binding::Positional(text) => text.as_bytes(),
            Binding::Json(_, json) | Binding::Slurp(_, json) | Binding::PositionalJson(json) => json,
        }
    }
}

/// What two equal keys in one object of a document are.
#[derive(Debug, Clone, Copy, Default)]
pub enum Duplicates {
    /// An error: a filter keeps one value of two, and nobody asked to drop the other.
    #[default]
    Refuse,
    /// The last one counts, and this is told of two of them, once, with the document's name.
    Tell(fn(&Subject, &EqualKeys)),
    /// The last one counts.
    Last,
}

impl Duplicates {
    /// Refuses, tells or lets pass what was found in the document `what`.
    pub(super) fn judge(self, what: &Subject, found: Option<&EqualKeys>) -> Result<(), MemoryError> {
        match (self, found) {
            (Self::Refuse, Some(keys)) => {
                Err(MemoryError::EqualKeys { what: what.clone(), source: keys.clone() })
            }
            (Self::Tell(tell), Some(keys)) => {
                tell(what, keys);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// How the result is laid out as a whole. Where nothing is set, a file keeps all that did not
/// change as it was.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layout {
    /// Everything on one line.
    pub compact: bool,
    /// So many spaces a level; 0 is one line.
    pub indent: Option<usize>,
    /// A tab a level.
    pub tab: bool,
    /// Keys of objects in order.
    pub sort_keys: bool,
    /// No line end after a result.
    pub joined: bool,
}

impl Layout {
    /// Whether anything is asked for.
    pub fn is_set(self) -> bool {
        self.compact || self.indent.is_some() || self.tab || self.sort_keys
    }

    /// Applies what is set to a style.
    pub fn apply(self, style: Style) -> Style {
        let style = match self.indent {
            _ if self.compact => Style::compact().final_newline(true),
            _ if self.tab => style.tab(),
            Some(spaces) => style.indent(spaces),
            None => style,
        };
        let style = if self.joined { style.final_newline(false) } else { style };
        if self.sort_keys { style.sort_keys(true) } else { style }
    }
}

/// A filter with all that it is given.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The filter's text.
    pub source: String,
    /// The document's format; by default what its name says, else JSON.
    pub format: Option<Format>,
    /// Its variables.
    pub bindings: Vec<Binding>,
    /// What `$ENV` and `env` are: nothing, unless the caller passes its own.
    pub environment: Vec<(String, String)>,
    /// What `input_filename` says.
    pub file_name: Option<String>,
    /// What `debug` and `stderr` write goes here.
    pub messages: Option<fn(&[u8])>,
    /// How the result is laid out.
    pub layout: Layout,
    /// What equal keys in the document are.
    pub duplicates: Duplicates,
    /// How long it may run.
    pub limits: Limits,
}

impl Program {
    /// Reads the document, and judges equal keys in it.
    fn read<'a>(&self, document: &'a [u8], what: Subject) -> Result<(Original<'a>, Value), MemoryError> {
        let format = self.format_of(&what);
        if self.format.is_none() {
            refuse_yaml(&what)?;
        }
        match Original::read(format, document) {
            Ok((original, input)) => {
                self.duplicates.judge(&what, original.equal_keys())?;
                Ok((original, input))
            }
            Err(source) => Err(MemoryError::malformed(format, document, what, source)),
        }
    }

    /// The format of a document.
    fn format_of(&self, what: &Subject) -> Format {
        let by_name = || match what {
            Subject::Document(path) => Format::of_name(path),
            _ => None,
        };
        self.format.or_else(by_name).unwrap_or_default()
    }

    /// The new bytes. What did not change is copied, and comments make it worth a second look that
    /// nothing else did.
    fn new_bytes(
        &self,
        original: &Original<'_>,
        format: Format,
        result: &Value,
    ) -> Result<Vec<u8>, NotStorable> {
        let bytes = original.replaced_by(result)?;
        let is_it = || parse_as(format, &bytes).is_ok_and(|found| same_data(format, &found, result));
        match format == Format::Json || is_it() {
            true => Ok(bytes),
            false => Err(NotStorable::Differs),
        }
    }

    /// Reads one of several documents, and judges equal keys in it.
    pub(super) fn read_value(&self, document: &[u8], what: &Subject) -> Result<Value, MemoryError> {
        self.read(document, what.clone()).map(|(_, value)| value)
    }

    pub(super) fn compile(&self) -> Result<Filter, MemoryError> {
        let mut bindings = Bindings::default();
        let invalid = |name: &str| {
            let what = Subject::Variable(name.to_owned());
            move |source: InvalidJson| MemoryError::InvalidJson { what, source }
        };
        for binding in &self.bindings {
            match binding {
                Binding::Text(name, text) => bindings.arg(name, text),
                Binding::Json(name, json) => bindings.argjson(name, json).map_err(invalid(name))?,
                Binding::Slurp(name, json) => bindings.slurpfile(name, json).map_err(invalid(name))?,
                Binding::Positional(text) => bindings.positional(text),
                Binding::PositionalJson(json) => {
                    bindings.positional_json(json).map_err(invalid("ARGS.positional"))?;
                }
            }
        }
        bindings.environment(self.environment.iter().cloned());
        if let Some(name) = &self.file_name {
            bindings.input_filename(name);
        }
        if let Some(messages) = self.messages {
            bindings.messages(messages);
        }
        Filter::compile(&self.source, &bindings).map_err(|source| MemoryError::Filter { on: None, source })
    }

    /// Runs `work` on a document where it can be given up, and where deep documents have the stack
    /// they need; at once where it is done sooner than a thread is made. What it leaves beside its
    /// result is freed while the caller goes on.
    pub(super) fn bounded<T: Send + 'static, L>(
        &self,
        document: &[u8],
        waiter: &mut dyn Waiter,
        work: impl FnOnce(&Program) -> Result<(T, L), MemoryError> + Send + 'static,
    ) -> Result<T, MemoryError> {
        let bindings: Vec<&[u8]> = self.bindings.iter().map(Binding::bytes).collect();
        if self.limits.max_time.is_none() && Filter::is_brief(&self.source, document, &bindings) {
            return work(self).map(|(result, _)| result);
        }
        self.apart(waiter, work)
    }

    /// The same on a thread of its own, whatever it is.
    pub(super) fn apart<T: Send + 'static, L>(
        &self,
        waiter: &mut dyn Waiter,
        work: impl FnOnce(&Program) -> Result<(T, L), MemoryError> + Send + 'static,
    ) -> Result<T, MemoryError> {
        let program = self.clone();
        apart(&self.limits, waiter, move || work(&program))
    }
}

impl Transform for Program {
    fn apply(
        &mut self,
        path: &Path,
        old: &Arc<Vec<u8>>,
        waiter: &mut dyn Waiter,
    ) -> Result<Made, MemoryError> {
        let (old, what) = (old.clone(), Subject::Document(path.to_owned()));
        self.bounded(&old.clone(), waiter, move |program| {
            // First the document: a file that is broken is the more important news.
            let (path, format) = (what.to_string(), program.format_of(&what));
            let (original, input) = program.read(&old, what.clone())?;
            if program.layout.is_set() && format != Format::Json {
                return Err(MemoryError::Layout { path: path.into(), format });
            }
            let filter = program.compile()?;
            let kind = input.type_name();
            let ran = filter.run_one(input);
            let result = ran.map_err(|source| MemoryError::Filter { on: Some(what), source })?;
            let bytes = match program.layout.is_set() {
                true => {
                    serialise(&result, &program.layout.apply(Style::detect(&old))).map_err(NotStorable::from)
                }
                false => program.new_bytes(&original, format, &result),
            };
            let bytes = bytes.map_err(|source| MemoryError::Unwritable { source })?;
            let filter_text = Some(program.source.clone());
            let kinds = Some(Kinds { old: kind, new: result.type_name(), filter: filter_text });
            Ok((Made { bytes, truthy: result.is_truthy(), kinds }, (result, filter)))
        })
    }
}

/// Runs a filter on a document and hands every result, laid out, to `out` as soon as it is
/// there. Returns whether the last result was neither false nor null; `None` without a result.
///
/// # Errors
/// Not JSON, the filter, or the time limit. What came before has been handed out. An error of
/// `out` ends the run and is returned inside.
pub fn print_results(
    program: &Program,
    document: Arc<Vec<u8>>,
    what: Subject,
    raw: bool,
    waiter: &mut dyn Waiter,
    mut out: impl io::Write + Send + 'static,
) -> Result<io::Result<Option<bool>>, MemoryError> {
    // Nobody knows how long `out` takes.
    program.apart(waiter, move |program| {
        let (_, input) = program.read(&document, what.clone())?;
        drop(document);
        let filter = program.compile()?;
        let style = program.layout.apply(Style::pretty());
        let mut last = None;
        let mut failed = Ok(());
        let ended = filter.run_each(input, |value| {
            last = Some(value.is_truthy());
            failed = crate::document::print(&value, &style, raw, &mut out);
            if failed.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        // What was there before an error is handed out first.
        let flushed = failed.and_then(|()| out.flush());
        ended.map_err(|source| MemoryError::Filter { on: Some(what), source })?;
        Ok((flushed.map(|()| last), ()))
    })
}

/// Runs a filter on a document and returns its results, each laid out on its own.
///
/// # Errors
/// As [`print_results`].
pub fn results(
    program: &Program,
    document: Arc<Vec<u8>>,
    what: Subject,
    waiter: &mut dyn Waiter,
) -> Result<Vec<Vec<u8>>, MemoryError> {
    program.bounded(&document.clone(), waiter, move |program| {
        let (_, input) = program.read(&document, what.clone())?;
        let filter = program.compile()?;
        let style = program.layout.apply(Style::pretty());
        let mut results = Vec::new();
        let ended = filter.run_each(input, |value| {
            let mut text = Vec::new();
            // Writing to memory does not fail.
            let _ = crate::document::print(&value, &style, false, &mut text);
            results.push(text);
            ControlFlow::Continue(())
        });
        ended.map_err(|source| MemoryError::Filter { on: Some(what), source })?;
        Ok((results, filter))
    })
}
