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

/// A row for a definition, which says the name: `def name: …` or `def name(…): …`.
pub(crate) const fn defined(arguments: &'static str, results: Count, code: &'static str) -> Builtin {
    let start = "def ".len();
    let mut end = start;
    while !matches!(code.as_bytes()[end], b':' | b'(') {
        end += 1;
    }
    let name = code.split_at(end).0.split_at(start).1;
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

#[cfg(test)]
mod tests {
    use super::{Body, Builtin, Count, all};
    use crate::lang::parse;
    use crate::lang::rewrite::Rewriter;
    use crate::{Bindings, Filter, Limits, Value, within};
    use jaq_core::load::Arena;
    use std::collections::HashSet;
    use std::ops::ControlFlow;
    use std::time::Duration;

    const INPUTS: [&str; 10] = [
        "null",
        "true",
        "1",
        "\"a,b\"",
        "[]",
        "{}",
        "[1,2]",
        "[[1,\"a\"],[2]]",
        "{\"a\":1,\"b\":[2]}",
        "[{\"a\":1}]",
    ];
    const ARGUMENTS: [&str; 8] =
        ["empty", "(1,2)", ".", "1", "\"a\"", "[\"a\"]", ".[]?", "(\"a\",empty,\"b\")"];

    /// All calls of a builtin with these in the places of its arguments.
    fn calls(builtin: &Builtin) -> Vec<String> {
        let mut calls = vec![String::new()];
        for place in 0..builtin.arity() {
            let separator = if place == 0 { "" } else { "; " };
            let longer = |call: &String| ARGUMENTS.map(|argument| format!("{call}{separator}{argument}"));
            calls = calls.iter().flat_map(longer).collect();
        }
        // Of three and more arguments some.
        let step = calls.len().div_ceil(64);
        let call = |arguments: &String| match arguments.is_empty() {
            true => builtin.name.to_owned(),
            false => format!("{}({arguments})", builtin.name),
        };
        calls.iter().step_by(step).map(call).collect()
    }

    /// How many results there are; at least two when there are several.
    fn results(filter: &Filter, input: &str) -> (usize, bool) {
        let mut count = 0;
        let ended = filter.run_each(Value::parse(input.as_bytes()).unwrap(), |_| {
            count += 1;
            if count < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        (count, ended.is_err())
    }

    #[test]
    fn what_the_table_says_of_results_is_so() {
        let claims = all().filter(|builtin| builtin.is_public());
        let work = move || {
            let mut tried = 0;
            for builtin in claims {
                for call in calls(builtin) {
                    let arena = Arena::default();
                    let mut rewriter = Rewriter::new(&call, &arena, false);
                    let term = rewriter.term(parse::filter(&call).unwrap());
                    let claim = rewriter.count(&term);
                    if claim == Count::Any {
                        continue;
                    }
                    let filter = Filter::compile(&call, &Bindings::default()).unwrap();
                    for input in INPUTS {
                        tried += 1;
                        match results(&filter, input) {
                            (_, true) | (1, false) => {}
                            (0, false) if claim == Count::AtMostOne => {}
                            (count, _) => panic!("{input} | {call} gives {count} results, not {claim:?}"),
                        }
                    }
                }
            }
            tried
        };
        let limits = Limits { max_time: Some(Duration::from_secs(300)) };
        let tried = within(&limits, || false, work).unwrap();
        assert!(tried > 10_000, "{tried}");
    }

    #[test]
    fn what_the_table_says_of_arguments_is_what_definitions_take() {
        let mut names = HashSet::new();
        for builtin in all() {
            assert!(names.insert((builtin.name, builtin.arity())), "{} is there twice", builtin.name);
            assert!(builtin.arguments.chars().all(|letter| "vcfmpqP".contains(letter)), "{}", builtin.name);
            if let Body::Definition(code) = builtin.body {
                let definition = parse::definitions(code).unwrap().remove(0);
                let values = builtin.arguments.chars().map(|letter| letter == 'v');
                let takes = definition.args.iter().map(|argument| argument.starts_with('$'));
                assert!(definition.name == builtin.name && values.eq(takes), "{code}");
            }
        }
    }

    /// Where its table says that a builtin gives paths, the paths lead to what it gives.
    #[test]
    fn what_gives_paths_gives_those_of_its_results() {
        let work = || {
            let mut tried = 0;
            // These go on without a result.
            let endless = ["repeat", "until"];
            let tested = all().filter(|builtin| builtin.is_public() && !endless.contains(&builtin.name));
            for builtin in tested.filter(|builtin| !matches!(builtin.body, Body::Native(_))) {
                for call in calls(builtin) {
                    let filter = format!(
                        "[limit(5; path({call}))] as $paths | [limit(5; {call})] == [$paths[] as $path | getpath($path)]"
                    );
                    let filter = Filter::compile(&filter, &Bindings::default()).unwrap();
                    for input in INPUTS {
                        match filter.run_one(Value::parse(input.as_bytes()).unwrap()) {
                            Ok(same) => {
                                tried += 1;
                                assert!(same.is_truthy(), "{input} | {call}");
                            }
                            Err(error) => {
                                assert!(!error.to_string().contains("invalid path"), "{call}: {error}")
                            }
                        }
                    }
                }
            }
            tried
        };
        let limits = Limits { max_time: Some(Duration::from_secs(300)) };
        let tried = within(&limits, || false, work).unwrap();
        assert!(tried > 1000, "{tried}");
    }
}
