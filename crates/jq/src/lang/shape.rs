//! What can be told about a term by its form: how many results it gives, and whether it is a path
//! plain enough for the engine's own updates.

pub(crate) use crate::builtins::table::Count;
use crate::lang::rewrite::{Ast, Rewriter};
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Term};
use jaq_core::path::{Opt, Part};

/// One step of a plain path.
enum Step {
    Key,
    Each,
    EachOptional,
    Select,
}

impl<'s> Rewriter<'s> {
    /// Whether the engine's update gives the same as jq's: no place is met twice, and nothing is
    /// made on the way to a place that turns out not to be wanted. `always` says that every place
    /// gets a value.
    pub(crate) fn is_plain(&self, path: &Ast<'s>, always: bool) -> bool {
        let mut steps = Vec::new();
        if !self.plain_steps(path, &mut steps) {
            return false;
        }
        // The value itself has to get one result, whatever it is.
        if !always && !steps.iter().any(|step| matches!(step, Step::Key | Step::Each | Step::EachOptional)) {
            return false;
        }
        let mut made = 0;
        for step in &steps {
            match step {
                Step::Key => made += 1,
                // Without a value there it is an error for both.
                Step::Each => made = 0,
                Step::EachOptional | Step::Select if made > 0 => return false,
                Step::EachOptional | Step::Select => {}
            }
        }
        always || made <= 1
    }

    fn plain_steps(&self, path: &Ast<'s>, steps: &mut Vec<Step>) -> bool {
        match path {
            Term::Id => true,
            Term::BinOp(left, BinaryOp::Pipe(None), right) => {
                self.plain_steps(left, steps) && self.plain_steps(right, steps)
            }
            Term::Call("select", arguments) if arguments.len() == 1 => {
                steps.push(Step::Select);
                self.scope.builtin("select", 1).is_some()
            }
            Term::Path(head, parts) => {
                self.plain_steps(head, steps)
                    && parts.0.iter().all(|(part, opt)| {
                        let step = match (part, opt) {
                            (Part::Index(Term::Num(_) | Term::Var(_)), _) => Step::Key,
                            (Part::Index(Term::Str(None, text)), _)
                                if !text.iter().any(|part| matches!(part, StrPart::Term(_))) =>
                            {
                                Step::Key
                            }
                            (Part::Range(None, None), Opt::Essential) => Step::Each,
                            (Part::Range(None, None), Opt::Optional) => Step::EachOptional,
                            _ => return false,
                        };
                        steps.push(step);
                        true
                    })
            }
            _ => false,
        }
    }

    /// How many results a rewritten term gives, as far as its form tells.
    pub(crate) fn count(&self, term: &Ast<'s>) -> Count {
        let all = |counts: &mut dyn Iterator<Item = Count>| counts.max().unwrap_or(Count::One);
        match term {
            Term::Id | Term::Num(_) | Term::Var(_) | Term::Arr(_) => Count::One,
            Term::Str(_, parts) => all(&mut parts.iter().map(|part| match part {
                StrPart::Term(term) => self.count(term),
                _ => Count::One,
            })),
            Term::Obj(entries) => all(&mut entries.iter().map(|(key, value)| {
                self.count(key).max(value.as_ref().map_or(Count::One, |value| self.count(value)))
            })),
            Term::Neg(inner) => self.count(inner),
            Term::BinOp(_, BinaryOp::Comma, _) => Count::Any,
            Term::BinOp(_, BinaryOp::Update, _) => Count::One,
            Term::BinOp(_, BinaryOp::Assign | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt, value) => {
                self.count(value)
            }
            Term::BinOp(left, _, right) => self.count(left).max(self.count(right)),
            Term::IfThenElse(branches, otherwise) => {
                let branches = branches.iter().map(|(c, then)| self.count(c).max(self.count(then)));
                let otherwise = otherwise.as_ref().map(|term| self.count(term));
                all(&mut branches.chain(otherwise))
            }
            Term::Fold("reduce", _, _, arguments) => {
                arguments.first().map_or(Count::Any, |start| self.count(start))
            }
            Term::TryCatch(body, handler) => {
                let handler = handler.as_ref().map_or(Count::AtMostOne, |term| self.count(term));
                self.count(body).max(handler)
            }
            Term::Call(name, arguments) => {
                let Some(builtin) = self.scope.builtin(name, arguments.len()) else {
                    return Count::Any;
                };
                let counted = arguments.iter().zip(builtin.arguments.chars());
                let counted = counted.filter(|(_, letter)| matches!(letter, 'v' | 'c' | 'm' | 'q'));
                all(&mut counted.map(|(argument, _)| self.count(argument))).max(builtin.results)
            }
            Term::Path(head, parts) => parts.0.iter().fold(self.count(head), |count, (part, opt)| {
                let part = match part {
                    Part::Range(None, None) => Count::Any,
                    Part::Index(index) => self.count(index),
                    Part::Range(from, upto) => {
                        all(&mut from.iter().chain(upto).map(|bound| self.count(bound)))
                    }
                };
                let opt = if matches!(opt, Opt::Optional) { Count::AtMostOne } else { Count::One };
                count.max(part).max(opt)
            }),
            _ => Count::Any,
        }
    }
}
