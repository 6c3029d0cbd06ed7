//! What is no path in the place of a path.
//!
//! jq evaluates it all the same, and complains once it is used as a path: with the result, and not
//! at all if there is none or if it is the very value that it started from. The engine refuses such
//! a term unseen. So a term of this kind passes `!value`, which gives its results with a mark in
//! their path ([`marks`](crate::run::marks)); who collects paths finds it.
//!
//! A builtin that is a definition, and gives paths, is compiled a second time with all in it marked.

use crate::builtins::table::Body;
use crate::lang::rewrite::{Ast, Rewriter, bind_all, call, is_strict, pipe, text};
use crate::lang::scope::{Owner, path_name};
use crate::run::stack;
use jaq_core::load::parse::{BinaryOp, Term};
use jaq_core::path::{Part, Path};

impl<'s> Rewriter<'s> {
    /// A rewritten term that stands where a path is wanted. `intact` says that its input is a path
    /// for sure: else every step looks first.
    pub(crate) fn as_path(&mut self, term: Ast<'s>, intact: bool) -> Ast<'s> {
        if !stack::has_room() {
            return term;
        }
        match term {
            Term::Id | Term::Recurse | Term::Break(_) => term,
            Term::Path(head, parts) => {
                let head = self.as_path(*head, intact);
                if intact && is_intact(&head) {
                    Term::Path(Box::new(head), parts)
                } else {
                    self.look(head, parts)
                }
            }
            Term::BinOp(left, BinaryOp::Pipe(None), right) => {
                let left = self.as_path(*left, intact);
                let right = self.as_path(*right, intact && is_intact(&left));
                pipe(left, right)
            }
            // jq looks into values of its own here, which are no paths.
            Term::BinOp(_, BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt, _) => {
                no_path(term)
            }
            Term::Call(name, _) if name.starts_with("!modify") || name.starts_with("!update_") => {
                no_path(term)
            }
            Term::BinOp(left, BinaryOp::Comma, right) => {
                Term::BinOp(self.boxed_path(*left, intact), BinaryOp::Comma, self.boxed_path(*right, intact))
            }
            Term::BinOp(left, operator @ BinaryOp::Pipe(Some(_)), right) => {
                Term::BinOp(left, operator, self.boxed_path(*right, intact))
            }
            Term::Label(name, inner) => Term::Label(name, self.boxed_path(*inner, intact)),
            Term::TryCatch(body, handler) => {
                let handler = handler.map_or_else(|| call("!none", Vec::new()), |handler| *handler);
                call("!try", vec![self.as_path(*body, intact), handler])
            }
            Term::Arr(Some(inner)) => call("!array", vec![self.as_path(*inner, intact)]),
            Term::IfThenElse(branches, otherwise) => {
                let branch = |(condition, then)| (condition, self.as_path(then, intact));
                let branches = branches.into_iter().map(branch).collect();
                Term::IfThenElse(branches, otherwise.map(|term| self.boxed_path(*term, intact)))
            }
            Term::Fold(name, source, pattern, arguments) => {
                let arguments = arguments.into_iter().map(|argument| self.as_path(argument, false)).collect();
                Term::Fold(name, source, pattern, arguments)
            }
            Term::Def(definitions, body) => {
                let level = self.scope.level();
                for definition in &definitions {
                    self.scope.add(definition.name, definition.args.len(), false);
                }
                let body = self.boxed_path(*body, intact);
                self.scope.leave(level);
                Term::Def(definitions, body)
            }
            // Made a path already.
            Term::Call(name, arguments) if name.ends_with('!') => Term::Call(name, arguments),
            Term::Call(name, arguments) => self.call_as_path(name, arguments, intact),
            other => call("!value", vec![other]),
        }
    }

    /// A step that looks first whether it starts from a path.
    fn look(&mut self, head: Ast<'s>, mut parts: Path<Ast<'s>>) -> Ast<'s> {
        let Some((part, _)) = parts.0.first_mut() else {
            return head;
        };
        let mut bound = Vec::new();
        // A key that has to be worked out is named twice: it is bound.
        let mut key = |term: &mut Ast<'s>| {
            bound.extend(is_strict(term).then(|| self.take(term)));
            term.clone()
        };
        let none = || call("!null", Vec::new());
        let key = match part {
            Part::Index(index) => key(index),
            Part::Range(None, None) => none(),
            Part::Range(from, upto) => {
                let from = from.as_mut().map_or_else(none, &mut key);
                let upto = upto.as_mut().map_or_else(none, key);
                Term::Obj(vec![(text("start"), Some(from)), (text("end"), Some(upto))])
            }
        };
        let head = pipe(head, call("!look", vec![key]));
        bind_all(bound, Term::Path(Box::new(head), parts))
    }

    fn boxed_path(&mut self, term: Ast<'s>, intact: bool) -> Box<Ast<'s>> {
        Box::new(self.as_path(term, intact))
    }

    fn call_as_path(&mut self, name: &'s str, arguments: Vec<Ast<'s>>, intact: bool) -> Ast<'s> {
        let builtin = match self.scope.owner(name, arguments.len()) {
            Owner::Builtin(builtin) => builtin,
            Owner::Own(_) => {
                self.wants_marks |= !self.marks;
                return call(name, arguments);
            }
            Owner::Nobody => return call(name, arguments),
        };
        if matches!(builtin.body, Body::Native(_)) {
            return call("!value", vec![call(name, arguments)]);
        }
        let path = |(argument, letter)| {
            let intact = intact && matches!(builtin.body, Body::Paths(..) | Body::Engine(_));
            if matches!(letter, 'p' | 'q') { self.as_path(argument, intact) } else { argument }
        };
        let arguments = arguments.into_iter().zip(builtin.arguments.chars()).map(path).collect();
        if matches!(builtin.body, Body::Definition(_)) {
            self.definitions.push((builtin, true));
            return call(self.arena.alloc(path_name(name)), arguments);
        }
        call(name, arguments)
    }
}

/// A term that never gives a path.
fn no_path(term: Ast<'_>) -> Ast<'_> {
    pipe(call("!value", vec![term]), call("!no_path", Vec::new()))
}

/// Whether a term, made a path, surely leaves its input one.
fn is_intact(term: &Ast<'_>) -> bool {
    match term {
        Term::Id | Term::Recurse => true,
        Term::Path(head, _) => is_intact(head),
        Term::BinOp(left, BinaryOp::Pipe(None) | BinaryOp::Comma, right) => {
            is_intact(left) && is_intact(right)
        }
        Term::BinOp(_, BinaryOp::Pipe(Some(_)), right) => is_intact(right),
        Term::IfThenElse(branches, otherwise) => {
            branches.iter().all(|(_, then)| is_intact(then))
                && otherwise.as_ref().is_none_or(|term| is_intact(term))
        }
        Term::Label(_, inner) => is_intact(inner),
        Term::Call("!try", arguments) => arguments.first().is_some_and(is_intact),
        Term::Call("!recurse" | "recurse" | "!guard" | "getpath" | "select!" | "empty!", _) => true,
        Term::Call("!alternative" | "!otherwise" | "first", arguments) => arguments.iter().all(is_intact),
        _ => false,
    }
}
