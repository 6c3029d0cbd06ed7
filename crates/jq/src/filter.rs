//! Filters: the language of jq 1.8 on `jaq-core`.
//!
//! A filter is parsed ([`parse`]), rewritten ([`rewrite`]) where the engine means
//! something else than jq, and compiled with the builtins it reaches ([`builtins`](crate::builtins)).
//!
//! Nothing here ends the process, whatever the filter asks for: `halt` is an error like others.
//! Recursion is bounded by the stack of [`within`](crate::run::within); memory and time are not.

use crate::builtins::Pattern;
use crate::builtins::table::{self, Body, Builtin};
use crate::error::offset;
use crate::lang::rewrite::Rewriter;
use crate::lang::scope::path_name;
use crate::lang::{brief, parse};
use crate::run::context;
use crate::run::stack;
use crate::run::start::Start;
use crate::run::trail::{self, Identity};
use crate::run::within::given_up;
use crate::slips;
use crate::{Bindings, FilterError, FilterErrorKind, Value};
use jaq_core::data::HasLut;
use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, DataT, Exn, Lut, Vars};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// The longest filter, in bytes. A filter may nest with every token, and the engine's compiler
/// recurses without measuring the stack: the thread of [`within`](crate::run::within) has room for a
/// filter of this length, whatever it is. (Unoptimised, every level takes more.)
const LONGEST: usize = if cfg!(debug_assertions) { 16 * 1024 } else { 64 * 1024 };

/// The same on a thread whose stack is unknown.
const LONGEST_ELSEWHERE: usize = 1024;

/// How deep brackets may nest.
const NESTING: usize = 1000;

/// The same on a thread whose stack is unknown, and how many words may wait for what follows them.
const NESTING_ELSEWHERE: usize = 50;

/// How much may be worked on where nobody could give up, in bytes.
const BRIEF_VALUES: usize = 16 * 1024;

/// The name of the whole filter among the definitions. Users can't call it without loops that
/// the guard ends.
const MAIN: &str = "_main";

/// The engine with this project's values.
pub(crate) enum Engine {}

impl DataT for Engine {
    type V<'a> = Value;
    type Data<'a> = &'a Run<'a>;
}

/// What natives find while a filter runs.
pub(crate) struct Run<'a> {
    lut: &'a Lut<Engine>,
    pub(crate) bindings: &'a Bindings,
    halt: RefCell<Option<Halt>>,
    pub(crate) patterns: RefCell<HashMap<(String, String), Pattern>>,
}

impl<'a> HasLut<'a, Engine> for &'a Run<'a> {
    fn lut(&self) -> &'a Lut<Engine> {
        self.lut
    }
}

/// Why a filter was ended so that it can't catch it.
#[derive(Debug, Clone)]
pub(crate) enum Halt {
    Asked(i32, Vec<u8>),
    TooDeep,
}

impl Run<'_> {
    pub(crate) fn message(&self, text: &[u8]) {
        if let Some(sink) = &self.bindings.messages {
            sink(text);
        }
    }

    pub(crate) fn halt<'a>(&self, why: Halt) -> Exn<'a, Value> {
        self.halt.borrow_mut().get_or_insert(why);
        Exn::halt(5)
    }

    /// An error when the stack does not suffice to go deeper, or did not before, or when nobody
    /// waits for the filter any more.
    pub(crate) fn room<'a>(&self) -> Result<(), Exn<'a, Value>> {
        if !given_up() && stack::has_room() && !stack::refused() {
            return Ok(());
        }
        Err(self.halt(Halt::TooDeep))
    }
}

/// A compiled filter.
pub struct Filter {
    compiled: jaq_core::Filter<Engine>,
    bindings: Bindings,
    globals: Vec<Value>,
    start: Start,
}

impl Filter {
    /// Whether `source` surely ends within milliseconds on this document, with these bindings, and on
    /// any stack: then it needs no thread that could be given up (see [`within`](crate::within)).
    /// Doubt is a no.
    pub fn is_brief(source: &str, document: &[u8], bindings: &[&[u8]]) -> bool {
        let values = || std::iter::once(document).chain(bindings.iter().copied());
        let bytes = values().map(<[u8]>::len).sum::<usize>() + source.len();
        source.len() <= LONGEST_ELSEWHERE
            && bytes <= BRIEF_VALUES
            && values().all(|value| nesting(value) <= NESTING_ELSEWHERE)
            && nesting(source.as_bytes()) + prefixes(source) <= NESTING_ELSEWHERE
            && parse::filter(source).is_ok_and(|term| brief::is_brief(&term, bytes))
    }

    /// Compiles `source`.
    ///
    /// # Errors
    ///
    /// [`FilterErrorKind::Compile`], with [`FilterError::details`].
    pub fn compile(source: &str, bindings: &Bindings) -> Result<Self, FilterError> {
        stack::ensure();
        let _context = context::Run::start(Identity::NONE);
        let (longest, deepest) =
            if stack::is_large() { (LONGEST, NESTING) } else { (LONGEST_ELSEWHERE, NESTING_ELSEWHERE) };
        if source.len() > longest {
            let what = format!("longer than {longest} bytes");
            return Err(FilterError::compile(source, 0, 1, &what));
        }
        let words = if stack::is_large() { 0 } else { prefixes(source) };
        if nesting(source.as_bytes()) + words > deepest {
            return Err(FilterError::compile(source, 0, 1, "nested too deeply"));
        }
        if source.trim().is_empty() {
            return Self::compile(".", bindings);
        }
        let arena = Arena::default();
        let term = parse::filter(source)?;
        let start = Start::of(&term);
        let mut rewriter = Rewriter::new(source, &arena, false);
        let mut body = rewriter.term(term.clone());
        if rewriter.wants_marks {
            rewriter = Rewriter::new(source, &arena, true);
            body = rewriter.term(term);
        }
        if rewriter.too_deep {
            return Err(FilterError::compile(source, 0, 1, "nested too deeply"));
        }
        let mut definitions = reached(rewriter.definitions, &arena);
        definitions.push(Def { name: MAIN, args: Vec::new(), body });
        let modules = Loader::new(definitions)
            .load(&arena, File { code: MAIN, path: () })
            .map_err(|_| FilterError::compile(source, 0, 1, "not a filter"))?;
        let globals = bindings.globals();
        let compiled = Compiler::default()
            .with_funs(table::natives())
            .with_global_vars(globals.iter().map(|(name, _)| name.as_str()))
            .compile(modules)
            .map_err(|errors| undefined(source, &errors))?;
        let globals = globals.into_iter().map(|(_, value)| value).collect();
        Ok(Self { compiled, bindings: bindings.clone(), globals, start })
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
                "the filter gives more than one result, one is needed (`[…]` makes an array of them)",
            )),
            Some(value) => Ok(value),
            None => {
                Err(FilterError::new(FilterErrorKind::NoResult, "the filter gives no result, one is needed"))
            }
        }
    }

    /// Gives every result of the filter on `input` to `on_result` until that breaks.
    ///
    /// # Errors
    ///
    /// `Failed`, `TooDeep` or `Halted`; what came before has been given.
    pub fn run_each(
        &self,
        input: Value,
        mut on_result: impl FnMut(Value) -> ControlFlow<()>,
    ) -> Result<(), FilterError> {
        stack::ensure();
        let _context = context::Run::start(Identity::of(&input));
        let run = Run {
            lut: &self.compiled.lut,
            bindings: &self.bindings,
            halt: RefCell::default(),
            patterns: RefCell::default(),
        };
        let kept = (!self.start.is_empty()).then(|| input.clone());
        let ctx = Ctx::<Engine>::new(&run, Vars::new(self.globals.iter().cloned()));
        for result in self.compiled.id.run((ctx, input)) {
            if stack::take_refused() {
                return Err(too_deep());
            }
            let value = match result {
                Ok(value) => value,
                Err(exception) => return Err(self.failed(&run, exception, kept.as_ref())),
            };
            if on_result(value).is_break() {
                break;
            }
        }
        if stack::take_refused() { Err(too_deep()) } else { Ok(()) }
    }

    /// What went wrong, and where in the document, if that is known.
    fn failed(&self, run: &Run<'_>, exception: Exn<'_, Value>, input: Option<&Value>) -> FilterError {
        let value = match exception.get_err() {
            Ok(error) => error.into_val(),
            Err(exception) => {
                return match run.halt.take() {
                    Some(Halt::Asked(code, message)) => {
                        let summary = format!("the filter halted with exit code {code}");
                        FilterError::new(FilterErrorKind::Halted { code, message }, summary)
                    }
                    Some(Halt::TooDeep) => too_deep(),
                    None if exception.get_halt().is_ok() => too_deep(),
                    None => FilterError::new(FilterErrorKind::Failed("break".to_owned()), "break"),
                };
            }
        };
        let message = match value.as_str() {
            Some(text) => text.to_owned(),
            None => format!("(not a string): {value}"),
        };
        let place = trail::of(&value).or_else(|| self.start.place(input?, &message));
        let summary = match &place {
            Some(path) => format!("{message}, at {path}"),
            None => message.clone(),
        };
        FilterError::new(FilterErrorKind::Failed(message), summary).with_path(place)
    }
}

/// How deep brackets nest at most.
fn nesting(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    for byte in text {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// How many words there are that nest what follows them, at most.
fn prefixes(source: &str) -> usize {
    let words = ["if", "try", "reduce", "foreach", "label", "def", "-", " as "];
    words.iter().map(|word| source.matches(word).count()).max().unwrap_or(0)
}

/// The builtin definitions that these calls reach, in their order; as paths under names of their own.
fn reached<'s>(called: Vec<(&'static Builtin, bool)>, arena: &'s Arena) -> Vec<Def<&'s str>> {
    let mut found: Vec<(&'static Builtin, bool, Def<&'s str>)> = Vec::new();
    let mut waiting = called;
    while let Some((builtin, is_path)) = waiting.pop() {
        let Body::Definition(code) = builtin.body else { continue };
        if found.iter().any(|(known, paths, _)| std::ptr::eq(*known, builtin) && *paths == is_path) {
            continue;
        }
        for definition in parse::definitions(code).unwrap_or_default() {
            let mut rewriter = Rewriter::new(code, arena, is_path);
            let mut definition = rewriter.builtin(builtin, definition);
            if is_path {
                definition.name = arena.alloc(path_name(builtin.name));
            }
            found.push((builtin, is_path, definition));
            waiting.append(&mut rewriter.definitions);
        }
    }
    let place = |builtin| table::all().position(|other| std::ptr::eq(other, builtin));
    found.sort_by_key(|(builtin, is_path, _)| (place(*builtin), *is_path));
    found.into_iter().map(|(_, _, definition)| definition).collect()
}

fn undefined(source: &str, errors: &jaq_core::compile::Errors<&str, ()>) -> FilterError {
    use jaq_core::compile::Undefined;
    let first = errors.iter().flat_map(|(_, errors)| errors).next();
    let Some((name, kind)) = first else {
        return FilterError::compile(source, 0, 1, "not a filter");
    };
    let what = match kind {
        Undefined::Filter(arity) if name.starts_with('@') => {
            debug_assert_eq!(*arity, 0);
            format!("`{name}` is not a known format")
        }
        Undefined::Filter(0) => format!("no filter is called `{name}`"),
        Undefined::Filter(1) => format!("no filter is called `{name}` with 1 argument"),
        Undefined::Filter(arity) => format!("no filter is called `{name}` with {arity} arguments"),
        Undefined::Var => format!("the variable `{name}` is not defined"),
        Undefined::Label => format!("the label `{name}` is not defined"),
        _ => format!("`{name}` is not defined"),
    };
    let at = offset(source, name);
    FilterError::compile(source, at, name.chars().count(), &what).with_slip(slips::at(source, at, true))
}

fn too_deep() -> FilterError {
    FilterError::new(
        FilterErrorKind::TooDeep,
        "the filter recurses too deeply, or its values are too deep or too large",
    )
}
