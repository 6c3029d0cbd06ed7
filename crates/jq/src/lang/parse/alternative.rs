//! `?//`, in terms that the engine knows.

use super::{boxed, with_path};
use crate::lang::rewrite::{Ast, binary, call, pipe, variables};
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::path::{Opt, Part};

/// What `?//` chooses between is bound to this first.
const VALUE: &str = "$!value";
/// And what follows the patterns is this filter, with all their variables as parameters.
const BODY: &str = "!body";

/// `term as pattern ?// pattern | body`
pub(crate) fn bind<'s>(term: Ast<'s>, patterns: Vec<Pattern<&'s str>>, body: Ast<'s>) -> Ast<'s> {
    let (pattern, rest) = match one_or_all(patterns) {
        Ok(pattern) => (pattern, body),
        Err(patterns) => (Pattern::Var(VALUE), alternatives(patterns, body)),
    };
    binary(term, BinaryOp::Pipe(Some(pattern)), rest)
}

fn one_or_all(mut patterns: Vec<Pattern<&str>>) -> Result<Pattern<&str>, Vec<Pattern<&str>>> {
    match patterns.pop() {
        Some(only) if patterns.is_empty() => Ok(only),
        last => {
            patterns.extend(last);
            Err(patterns)
        }
    }
}

/// The body with the first pattern's variables, the others null; when that ends in an error, the
/// same with the next pattern.
fn alternatives<'s>(patterns: Vec<Pattern<&'s str>>, body: Ast<'s>) -> Ast<'s> {
    let mut all = Vec::new();
    patterns.iter().for_each(|pattern| variables(pattern, &mut all));
    all.sort_unstable();
    all.dedup();
    let tried = patterns.into_iter().map(|pattern| {
        let mut bound = Vec::new();
        variables(&pattern, &mut bound);
        let value =
            |name: &&'s str| if bound.contains(name) { Term::Var(*name) } else { call("!null", Vec::new()) };
        let body = call(BODY, all.iter().map(value).collect());
        binary(Term::Var(VALUE), BinaryOp::Pipe(Some(pattern)), body)
    });
    let tried: Vec<_> = tried.collect();
    let chain = tried.into_iter().rev().reduce(|rest, first| call("!otherwise", vec![first, rest]));
    Term::Def(vec![Def { name: BODY, args: all, body }], boxed(chain.unwrap_or_default()))
}

/// `reduce` and `foreach`.
pub(crate) fn fold<'s>(
    word: &'s str,
    source: Ast<'s>,
    patterns: Vec<Pattern<&'s str>>,
    mut arguments: Vec<Ast<'s>>,
) -> Ast<'s> {
    let patterns = match one_or_all(patterns) {
        Ok(pattern) => return Term::Fold(word, boxed(source), pattern, arguments),
        Err(patterns) => patterns,
    };
    if arguments.len() == 3 {
        // The result has to be made with the variables that the update was made with: the state
        // becomes a pair of both.
        let result = Term::Arr(arguments.pop().map(boxed));
        let both = binary(Term::Id, BinaryOp::Comma, result);
        let index = |number| with_path(Term::Id, vec![(Part::Index(Term::Num(number)), Opt::Essential)]);
        arguments[1] = pipe(std::mem::take(&mut arguments[1]), Term::Arr(Some(boxed(both))));
        arguments[0] = pipe(std::mem::take(&mut arguments[0]), Term::Arr(Some(boxed(Term::Id))));
        let update = alternatives(patterns, std::mem::take(&mut arguments[1]));
        arguments[1] = pipe(index("0"), update);
        let each = (Part::Range(None, None), Opt::Essential);
        arguments.push(pipe(index("1"), with_path(Term::Id, vec![each])));
    } else {
        arguments[1] = alternatives(patterns, std::mem::take(&mut arguments[1]));
    }
    Term::Fold(word, boxed(source), Pattern::Var(VALUE), arguments)
}
