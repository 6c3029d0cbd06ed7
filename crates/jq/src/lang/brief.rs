//! Which filters end at once, so that they need no thread that could be given up.
//!
//! The estimate is of the number of steps, by form alone, and of what they can make of the values
//! that there are. It may be far too high, which costs a thread.

use crate::lang::rewrite::Ast;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::Part;

/// So many steps take some milliseconds.
const MOST_STEPS: u64 = 20_000;

/// No more than this is made in them.
const MOST_BYTES: u64 = 16 << 20;

/// A higher index in the filter's text may make a long array.
const HIGHEST_NUMBER: f64 = 10_000.0;

/// Builtins that take a step.
const QUICK: &[(&str, usize)] = &[
    ("not", 0),
    ("true", 0),
    ("false", 0),
    ("null", 0),
    ("empty", 0),
    ("type", 0),
    ("now", 0),
    ("length", 0),
    ("floor", 0),
    ("tonumber", 0),
    ("first", 0),
    ("last", 0),
    ("select", 1),
    ("has", 1),
    ("del", 1),
    ("error", 1),
    ("startswith", 1),
    ("endswith", 1),
    ("ltrimstr", 1),
    ("rtrimstr", 1),
];

/// Builtins that look at each element, or each character, some times.
const LINEAR: &[(&str, usize)] = &[
    ("add", 0),
    ("any", 0),
    ("all", 0),
    ("keys", 0),
    ("min", 0),
    ("max", 0),
    ("sort", 0),
    ("unique", 0),
    ("reverse", 0),
    ("tostring", 0),
    ("tojson", 0),
    ("to_entries", 0),
    ("from_entries", 0),
    ("ascii_downcase", 0),
    ("ascii_upcase", 0),
    ("map", 1),
    ("map_values", 1),
    ("with_entries", 1),
    ("sort_by", 1),
    ("unique_by", 1),
    ("any", 1),
    ("all", 1),
    ("join", 1),
    ("split", 1),
];

/// Whether a filter on values of this many bytes in all ends at once, and makes no large value.
pub(crate) fn is_brief(term: &Ast<'_>, bytes: usize) -> bool {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX).max(1);
    steps(term, bytes).is_some_and(|steps| steps <= MOST_STEPS && steps.saturating_mul(bytes) <= MOST_BYTES)
}

/// How many steps a term takes at most, times how often it can make its input larger. `None` where
/// that can't be told.
fn steps(term: &Ast<'_>, bytes: u64) -> Option<u64> {
    let of = |term: &Ast<'_>| steps(term, bytes);
    match term {
        Term::Id | Term::Var(_) | Term::Arr(None) => Some(1),
        Term::Num(text) => text.parse().is_ok_and(|number: f64| number <= HIGHEST_NUMBER).then_some(1),
        Term::Str(None, parts) => {
            let inner = || {
                parts.iter().filter_map(|part| match part {
                    StrPart::Term(term) => Some(term),
                    _ => None,
                })
            };
            let all = product(inner().map(of))?;
            Some(all.saturating_mul(inner().count().max(1) as u64))
        }
        Term::Arr(Some(inner)) | Term::Neg(inner) => of(inner),
        Term::Obj(pairs) => {
            let pair = |(key, value): &(Ast<'_>, Option<Ast<'_>>)| {
                product([of(key), value.as_ref().map_or(Some(1), of)].into_iter())
            };
            let values = product(pairs.iter().map(pair))?;
            Some(values.saturating_mul(pairs.len().max(1) as u64))
        }
        Term::BinOp(left, operator, right) => {
            let (left, right) = (of(left)?, of(right)?);
            match operator {
                BinaryOp::Comma => Some(left.saturating_add(right)),
                // A text is repeated by it.
                BinaryOp::Math(Math::Mul) | BinaryOp::UpdateMath(Math::Mul) => None,
                BinaryOp::Math(_) | BinaryOp::UpdateMath(_) => {
                    Some(left.saturating_mul(right).saturating_mul(2))
                }
                BinaryOp::Pipe(Some(pattern)) if !matches!(pattern, Pattern::Var(_)) => None,
                _ => Some(left.saturating_mul(right)),
            }
        }
        Term::TryCatch(tried, caught) => {
            product([of(tried), caught.as_ref().map_or(Some(1), |caught| of(caught))].into_iter())
        }
        Term::IfThenElse(branches, last) => {
            // Each result of a condition goes its own way.
            let mut all = last.as_ref().map_or(Some(1), |last| of(last))?;
            for (condition, branch) in branches.iter().rev() {
                all = of(condition)?.saturating_mul(of(branch)?.saturating_add(all));
            }
            Some(all)
        }
        Term::Call(name, arguments) => {
            let all = product(arguments.iter().map(of))?;
            let call = (*name, arguments.len());
            if QUICK.contains(&call) {
                return Some(all);
            }
            LINEAR.contains(&call).then(|| all.saturating_mul(bytes))
        }
        Term::Path(head, parts) => {
            let parts = parts.0.iter().map(|(part, _)| match part {
                Part::Index(index @ (Term::Num(_) | Term::Str(None, _))) => of(index),
                // A number that is computed may be any, and make a long array.
                Part::Index(_) => None,
                Part::Range(None, None) => Some(bytes),
                Part::Range(..) => None,
            });
            product(std::iter::once(of(head)).chain(parts))
        }
        _ => None,
    }
}

fn product(mut steps: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    steps.try_fold(1, |all: u64, steps| Some(all.saturating_mul(steps?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::parse;

    #[test]
    fn what_may_run_away_is_never_brief() {
        let is_brief = |source: &str| is_brief(&parse::filter(source).unwrap(), 1000);
        for source in [
            ".n += 1",
            ".sessions += [{id: \"s1\", at: $now}]",
            ".a.b |= map(select(.done | not))",
            "del(.old) | .count = (.items | length)",
            "if .x then .y else \"\\(.z)\" end",
        ] {
            assert!(is_brief(source), "{source}");
        }
        for source in [
            "..",
            "def f: f; f",
            "[range(1e9)]",
            "reduce .[] as $x (0; . + $x)",
            "[.[] as $a | .[] as $b | $a + $b]",
            ".x = \"ab\" * 1000000000",
            ".[100000000] = 1",
            "repeat(1)",
            "label $out | 1, break $out",
            &["(1, 2)"; 30].join(" | "),
            &[".a + .a"; 30].join(" | "),
            &["{a: ., b: .}"; 30].join(" | "),
            &["[., .]"; 30].join(" | "),
            "map(map(map(.)))",
            &format!(
                "[if {0} then 1 elif {0} then 1 elif {0} then 1 elif {0} then 1 else 2 end]",
                ["."; 12].join(",")
            ),
            &["\"\\(.)\\(.)\""; 15].join(" | "),
            ".b[$n] = 1",
            ".a[.n] = 1",
            ".a[5000 + 9000] = 1",
            ".[.n:] = [1]",
            &[". + ."; 15].join(" | "),
            "test(\"(a*)*b\")",
        ] {
            assert!(!is_brief(source), "{source}");
        }
    }
}
