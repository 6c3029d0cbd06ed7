//! The one table of builtins: what is known of a name is said in its row, and everything that needs
//! to know it asks here.

use super::{arrays, core, dates, math, prelude, regex, strings, update};
use crate::filter::Engine;
use jaq_core::native::Fun;
use jaq_core::{Bind, Native, PathsPtr, RunPtr};

/// How many results there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Count {
    One,
    AtMostOne,
    Any,
}

/// A row of the table.
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    /// A letter an argument:
    ///
    /// - `v`: a value, `$x` in a definition. Several results are taken in turn, those of the first
    ///   argument in the outer loop.
    /// - `c`: the same, with the last argument in the outer loop, as in jq's functions written in C.
    /// - `f`: a filter. How many results it has does not matter to how many there are in the end.
    /// - `m`: a filter, and it does.
    /// - `p` and `q`: as `f` and `m`; it has to be a path where the builtin is used as one.
    /// - `P`: as `f`; it is always a path.
    pub(crate) arguments: &'static str,
    /// How many results there are if `v`, `c`, `m` and `q` give one each. An error or the end of the
    /// program may come instead.
    pub(crate) results: Count,
    pub(crate) body: Body,
}

/// What a builtin does.
pub(crate) enum Body {
    /// Gives values, and never a path.
    Native(RunPtr<Engine>),
    /// Gives values, or paths.
    Paths(RunPtr<Engine>, PathsPtr<Engine>),
    /// What the engine has under this name. It gives paths too.
    Engine(&'static str),
    /// A definition in the language. It gives paths as far as its parts do.
    Definition(&'static str),
}

/// A row for what gives one result for each of its arguments', and no path.
pub(crate) const fn native(name: &'static str, arguments: &'static str, run: RunPtr<Engine>) -> Builtin {
    Builtin { name, arguments, results: Count::One, body: Body::Native(run) }
}

/// A row for what gives paths too.
pub(crate) const fn with_paths(
    name: &'static str,
    arguments: &'static str,
    results: Count,
    run: RunPtr<Engine>,
    paths: PathsPtr<Engine>,
) -> Builtin {
    Builtin { name, arguments, results, body: Body::Paths(run, paths) }
}

/// A row for what the engine has, there under the name `engine`.
pub(crate) const fn of_engine(
    name: &'static str,
    arguments: &'static str,
    results: Count,
    engine: &'static str,
) -> Builtin {
    Builtin { name, arguments, results, body: Body::Engine(engine) }
}

/// A row for a definition.
pub(crate) const fn defined(
    name: &'static str,
    arguments: &'static str,
    results: Count,
    code: &'static str,
) -> Builtin {
    Builtin { name, arguments, results, body: Body::Definition(code) }
}

impl Builtin {
    pub(crate) const fn gives(self, results: Count) -> Self {
        Self { results, ..self }
    }

    /// Whether a filter can name it.
    pub(crate) fn is_public(&self) -> bool {
        !self.name.starts_with(['!', '_'])
    }

    pub(crate) fn arity(&self) -> usize {
        self.arguments.len()
    }
}

/// All rows. A definition uses only natives, and definitions that stand before it.
pub(crate) fn all() -> impl Iterator<Item = &'static Builtin> {
    let tables: [&'static [Builtin]; 11] = [
        core::TABLE,
        update::TABLE,
        arrays::TABLE,
        strings::TABLE,
        regex::TABLE,
        dates::TABLE,
        math::LANGUAGE,
        math::OF_ONE,
        math::PAIRS,
        math::OF_TWO,
        prelude::TABLE,
    ];
    tables.into_iter().flatten()
}

/// The builtin of this name, with so many arguments.
pub(crate) fn find(name: &str, arity: usize) -> Option<&'static Builtin> {
    all().find(|builtin| builtin.name == name && builtin.arity() == arity)
}

/// All natives, for the engine's compiler.
pub(crate) fn natives() -> Vec<Fun<Engine>> {
    let bind = |letter| if matches!(letter, 'v' | 'c') { Bind::Var(()) } else { Bind::Fun(()) };
    let own = all().filter_map(|builtin| {
        let native = match builtin.body {
            Body::Native(run) => Native::<Engine>::new(run),
            Body::Paths(run, paths) => Native::<Engine>::new(run).with_paths(paths),
            Body::Engine(_) | Body::Definition(_) => return None,
        };
        Some((builtin.name, builtin.arguments.chars().map(bind).collect(), native))
    });
    let engine = jaq_core::funs::<Engine>().filter_map(|(name, arguments, native)| {
        let is_it = |builtin: &&Builtin| {
            matches!(builtin.body, Body::Engine(same) if same == name) && builtin.arity() == arguments.len()
        };
        Some((all().find(is_it)?.name, arguments, native))
    });
    own.chain(engine).collect()
}
