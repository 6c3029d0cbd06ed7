//! Filters: the jq language.

use super::{InvalidJson, Value};
use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars};
use jaq_json::Val;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;

/// Takes what `debug` and `stderr` write.
type Sink = Rc<dyn Fn(&[u8])>;

/// What a filter finds besides its input: `$name`, `$ARGS`, `$ENV`, and where messages go.
#[derive(Clone, Default)]
pub struct Bindings {
    pub(super) named: Vec<(String, Value)>,
    pub(super) positional: Vec<Value>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) input_filename: Option<String>,
    pub(super) messages: Option<Sink>,
}

impl Bindings {
    /// `--arg NAME TEXT`: `$NAME` is a string. (`--rawfile` too, with the file's text.)
    pub fn arg(&mut self, name: &str, text: &str) {
        self.bind(name, Value::from_str(text));
    }

    /// `--argjson NAME JSON`: `$NAME` is a value.
    ///
    /// # Errors
    ///
    /// [`InvalidJson`] when `json` is not one JSON document.
    pub fn argjson(&mut self, name: &str, json: &[u8]) -> Result<(), InvalidJson> {
        self.bind(name, Value::parse(json)?);
        Ok(())
    }

    /// `--slurpfile NAME FILE`: `$NAME` is an array of all the documents in `json`.
    ///
    /// # Errors
    ///
    /// [`InvalidJson`] when `json` is not a sequence of JSON documents.
    pub fn slurpfile(&mut self, name: &str, json: &[u8]) -> Result<(), InvalidJson> {
        let values: Vec<Val> = jaq_json::read::parse_many(json)
            .collect::<Result<_, _>>()
            .map_err(|error| InvalidJson { line: 1, column: 1, reason: error.to_string() })?;
        self.bind(name, Value(values.into_iter().collect()));
        Ok(())
    }

    /// Binds `$name` to any value.
    pub fn bind(&mut self, name: &str, value: Value) {
        self.named.retain(|(bound, _)| bound != name);
        self.named.push((name.to_owned(), value));
    }

    /// `--args TEXT`: one more string in `$ARGS.positional`.
    pub fn positional(&mut self, text: &str) {
        self.positional.push(Value::from_str(text));
    }

    /// `--jsonargs JSON`: one more value in `$ARGS.positional`.
    ///
    /// # Errors
    ///
    /// [`InvalidJson`] when `json` is not one JSON document.
    pub fn positional_json(&mut self, json: &[u8]) -> Result<(), InvalidJson> {
        self.positional.push(Value::parse(json)?);
        Ok(())
    }

    /// `$ENV` and `env`. Without a call they are empty objects.
    pub fn environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        self.environment = variables.into_iter().collect();
    }

    /// What `input_filename` gives; null without a call.
    pub fn input_filename(&mut self, name: &str) {
        self.input_filename = Some(name.to_owned());
    }

    /// Where `debug` and `stderr` write (whole messages; `debug` with its newline). Without a
    /// call they are dropped.
    pub fn messages(&mut self, sink: impl Fn(&[u8]) + 'static) {
        self.messages = Some(Rc::new(sink));
    }
}

/// What went wrong with a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterErrorKind {
    /// The filter is not understood.
    Compile,
    /// It ended in an error, with this message.
    Failed(String),
    /// It gave no result where one is needed.
    NoResult,
    /// It gave several results where one is needed.
    SeveralResults,
    /// It called `halt` or `halt_error`.
    Halted {
        /// The exit code asked for.
        code: i32,
        /// What `halt_error` wanted on standard error, as it is.
        message: Vec<u8>,
    },
}

/// Why a filter has no result. Displayed as one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{summary}")]
pub struct FilterError {
    kind: FilterErrorKind,
    summary: String,
    details: Option<String>,
}

impl FilterError {
    fn new(kind: FilterErrorKind, summary: impl Into<String>) -> Self {
        Self { kind, summary: summary.into(), details: None }
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> &FilterErrorKind {
        &self.kind
    }

    /// For a compile error: the filter's line, a caret under the place and what was expected.
    #[must_use]
    pub fn details(&self) -> Option<&str> {
        self.details.as_deref()
    }
}

/// A compiled filter.
pub struct Filter {
    compiled: jaq_core::Filter<JustLut<Val>>,
    globals: Vec<Val>,
}

impl Filter {
    /// Compiles `source`.
    ///
    /// # Errors
    ///
    /// [`FilterErrorKind::Compile`], with [`FilterError::details`].
    pub fn compile(source: &str, bindings: &Bindings) -> Result<Self, FilterError> {
        let names: Vec<String> = bindings.named.iter().map(|(name, _)| format!("${name}")).collect();
        let globals = bindings.named.iter().map(|(_, value)| value.0.clone()).collect();
        let arena = Arena::default();
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let wrong = |details: String| FilterError {
            details: Some(details),
            ..FilterError::new(FilterErrorKind::Compile, "the filter is not valid")
        };
        let modules = Loader::new(defs)
            .load(&arena, File { code: source, path: () })
            .map_err(|errors| wrong(format!("{errors:?}")))?;
        let compiled = Compiler::default()
            .with_funs(funs)
            .with_global_vars(names.iter().map(String::as_str))
            .compile(modules)
            .map_err(|errors| wrong(format!("{errors:?}")))?;
        Ok(Self { compiled, globals })
    }

    /// The one result of the filter on `input`.
    ///
    /// # Errors
    ///
    /// Every [`FilterErrorKind`] but `Compile`.
    pub fn run_one(&self, input: Value) -> Result<Value, FilterError> {
        let mut result = None;
        let mut several = false;
        self.run_each(input, |value| {
            several = result.is_some();
            result = Some(value);
            if several { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        match result {
            Some(_) if several => Err(FilterError::new(
                FilterErrorKind::SeveralResults,
                "the filter gave more than one result, one is needed",
            )),
            Some(value) => Ok(value),
            None => {
                Err(FilterError::new(FilterErrorKind::NoResult, "the filter gave no result, one is needed"))
            }
        }
    }

    /// Gives every result of the filter on `input` to `on_result` until that breaks.
    ///
    /// # Errors
    ///
    /// `Failed` or `Halted`; what came before has been given.
    pub fn run_each(
        &self,
        input: Value,
        mut on_result: impl FnMut(Value) -> ControlFlow<()>,
    ) -> Result<(), FilterError> {
        let vars = Vars::new(self.globals.iter().cloned());
        let ctx = Ctx::<JustLut<Val>>::new(&self.compiled.lut, vars);
        for result in self.compiled.id.run((ctx, input.0)) {
            let value = result.map_err(|exception| match exception.get_err() {
                Ok(error) => {
                    let message = error.to_string();
                    FilterError::new(FilterErrorKind::Failed(message.clone()), message)
                }
                Err(exception) => FilterError::new(
                    FilterErrorKind::Halted { code: exception.get_halt().unwrap_or(5), message: Vec::new() },
                    "the filter halted",
                ),
            })?;
            if on_result(Value(value)).is_break() {
                break;
            }
        }
        Ok(())
    }
}
