//! Rewrites a parsed filter where the engine's way differs from jq's.
//!
//! - Updates (`|=`, `=`, `+=`…) become calls of natives that collect the paths first, as jq does.
//!   The engine's own, which changes in place while it walks, is kept for plain paths such as
//!   `.a[].b`, where both give the same and it saves the memory of the paths.
//! - `a + b`: jq's outer loop is the right side, which is found first. The values of an object are
//!   found in their order, those of a string and the keys of a path in the opposite one. That
//!   matters where there are several results, none, or an error.
//! - What stands in the place of a path and is none is marked ([`paths`](crate::lang::paths)).
//! - `reduce`, `//`, `..`, `$__loc__`: natives, or what they stand for.
//! - What may recurse without end passes a guard, which measures the stack.
//!
//! Names that start with `!` can't be written in a filter, so nothing shadows them.

use crate::builtins::table::{Body, Builtin};
use crate::error::offset;
use crate::lang::scope::{Owner, Scope};
use crate::lang::shape::Count;
use crate::run::stack;
use jaq_core::load::Arena;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::{Part, Path};

pub(crate) type Ast<'s> = Term<&'s str>;

pub(crate) struct Rewriter<'s> {
    source: &'s str,
    pub(crate) arena: &'s Arena,
    pub(crate) scope: Scope<'s>,
    /// The builtins called that are definitions, and whether as paths.
    pub(crate) definitions: Vec<(&'static Builtin, bool)>,
    /// The numbers of the filter's own names called.
    called: Vec<usize>,
    /// How many of those calls were of filters that are parameters.
    closures: usize,
    /// How many variables were made.
    variables: usize,
    /// Whether the filter's own definitions are made paths, so that they can be called as such.
    pub(crate) marks: bool,
    /// Whether they would have to be.
    pub(crate) wants_marks: bool,
    /// Whether the nesting was too much for the stack.
    pub(crate) too_deep: bool,
}

pub(crate) fn call<'s>(name: &'s str, arguments: Vec<Ast<'s>>) -> Ast<'s> {
    Term::Call(name, arguments)
}

pub(crate) fn binary<'s>(left: Ast<'s>, operator: BinaryOp<&'s str>, right: Ast<'s>) -> Ast<'s> {
    Term::BinOp(Box::new(left), operator, Box::new(right))
}

pub(crate) fn pipe<'s>(left: Ast<'s>, right: Ast<'s>) -> Ast<'s> {
    binary(left, BinaryOp::Pipe(None), right)
}

/// `term as $name | …`, the first one outside.
pub(crate) fn bind_all<'s>(bound: Vec<(Ast<'s>, &'s str)>, rest: Ast<'s>) -> Ast<'s> {
    let bind = |rest, (term, name)| binary(term, BinaryOp::Pipe(Some(Pattern::Var(name))), rest);
    bound.into_iter().rev().fold(rest, bind)
}

fn guarded(term: Ast<'_>) -> Ast<'_> {
    pipe(call("!guard", Vec::new()), term)
}

fn guard(definition: Def<&str>) -> Def<&str> {
    Def { body: guarded(definition.body), ..definition }
}

/// The arguments of a `foreach` whose step may give no result or several: all are given, and the
/// last is the next state. (The engine would go on from each of them.)
fn foreach(arguments: Vec<Ast<'_>>) -> Vec<Ast<'_>> {
    let mut arguments = arguments.into_iter();
    let mut next = || arguments.next().unwrap_or_default();
    let (start, step, last) = (next(), next(), next());
    vec![
        pipe(start, call("!foreach_start", Vec::new())),
        call("!foreach_step", vec![step]),
        pipe(call("!foreach_results", Vec::new()), last),
    ]
}

pub(crate) fn text<'s>(text: &'s str) -> Ast<'s> {
    Term::Str(None, vec![StrPart::Str(text)])
}

impl<'s> Rewriter<'s> {
    pub(crate) fn new(source: &'s str, arena: &'s Arena, marks: bool) -> Self {
        Self {
            source,
            arena,
            scope: Scope::default(),
            definitions: Vec::new(),
            called: Vec::new(),
            closures: 0,
            variables: 0,
            marks,
            wants_marks: false,
            too_deep: false,
        }
    }

    /// Rewrites the definition of a builtin.
    pub(crate) fn builtin(&mut self, builtin: &'static Builtin, definition: Def<&'s str>) -> Def<&'s str> {
        let definition = self.inside(definition);
        let is_it = |(called, _): &(&'static Builtin, bool)| std::ptr::eq(*called, builtin);
        if self.definitions.iter().any(is_it) { guard(definition) } else { definition }
    }

    /// Rewrites a definition. It is guarded if it calls itself.
    fn definition(&mut self, definition: Def<&'s str>) -> Def<&'s str> {
        let calls = self.called.len();
        let id = self.scope.add(definition.name, definition.args.len(), false);
        let definition = self.inside(definition);
        if self.called[calls..].contains(&id) { guard(definition) } else { definition }
    }

    fn inside(&mut self, definition: Def<&'s str>) -> Def<&'s str> {
        let Def { name, mut args, body } = definition;
        let (level, calls) = (self.scope.level(), self.called.len());
        let mut values = Vec::new();
        for arg in &mut args {
            let id = self.scope.add(arg.trim_start_matches('$'), 0, true);
            values.extend(arg.starts_with('$').then_some((id, arg)));
        }
        let mut body = self.term(body);
        if self.marks {
            body = self.as_path(body, false);
        }
        self.scope.leave(level);
        // `def f($a): …` stands for `def f(a): a as $a | …`, which matters where `a` is called.
        if values.iter().any(|(id, _)| self.called[calls..].contains(id)) {
            let bound = values.into_iter().map(|(_, arg)| {
                let variable = std::mem::replace(arg, &arg[1..]);
                (call(arg, Vec::new()), variable)
            });
            body = bind_all(bound.collect(), body);
        }
        Def { name, args, body }
    }

    /// A variable that nobody else has.
    fn variable(&mut self) -> &'s str {
        self.variables += 1;
        self.arena.alloc(format!("$!{}", self.variables))
    }

    /// Takes a term out of its place, for a variable that it is bound to first.
    pub(crate) fn take(&mut self, term: &mut Ast<'s>) -> (Ast<'s>, &'s str) {
        let name = self.variable();
        (std::mem::replace(term, Term::Var(name)), name)
    }

    fn boxed(&mut self, term: Ast<'s>) -> Box<Ast<'s>> {
        Box::new(self.term(term))
    }

    fn terms(&mut self, terms: Vec<Ast<'s>>) -> Vec<Ast<'s>> {
        terms.into_iter().map(|term| self.term(term)).collect()
    }

    pub(crate) fn term(&mut self, term: Ast<'s>) -> Ast<'s> {
        if self.too_deep || !stack::has_room() {
            self.too_deep = true;
            return Term::Id;
        }
        match term {
            Term::Id | Term::Num(_) | Term::Break(_) | Term::Arr(None) => term,
            Term::Var("$__loc__") => Term::Obj(vec![
                (text("file"), Some(text("<top-level>"))),
                (text("line"), Some(Term::Num(self.line(&term)))),
            ]),
            Term::Var(_) => term,
            Term::Recurse => call("!recurse", Vec::new()),
            Term::Str(format, parts) => self.string(format, parts),
            Term::Arr(Some(inner)) => Term::Arr(Some(self.boxed(*inner))),
            Term::Obj(entries) => self.object(entries),
            Term::Neg(inner) => Term::Neg(self.boxed(*inner)),
            Term::BinOp(left, operator, right) => self.operation(*left, operator, *right),
            Term::Label(name, inner) => Term::Label(name, self.boxed(*inner)),
            Term::Fold(name, source, pattern, arguments) => {
                let source = self.boxed(*source);
                let pattern = self.pattern(pattern);
                let mut arguments = self.terms(arguments);
                if let ("reduce", Some(update)) = (name, arguments.get_mut(1))
                    && self.count(update) != Count::One
                {
                    *update = call("!last_or_null", vec![std::mem::take(update)]);
                }
                if name == "foreach"
                    && (2..=3).contains(&arguments.len())
                    && self.count(&arguments[1]) != Count::One
                {
                    arguments = foreach(arguments);
                }
                Term::Fold(name, source, pattern, arguments)
            }
            Term::TryCatch(body, handler) => {
                let body = self.boxed(*body);
                Term::TryCatch(body, handler.map(|handler| self.boxed(*handler)))
            }
            Term::IfThenElse(branches, otherwise) => {
                let branch = |(condition, then)| (self.term(condition), self.term(then));
                let branches = branches.into_iter().map(branch).collect();
                Term::IfThenElse(branches, otherwise.map(|term| self.boxed(*term)))
            }
            Term::Def(definitions, body) => {
                let level = self.scope.level();
                let definitions = definitions.into_iter().map(|d| self.definition(d)).collect();
                let body = self.boxed(*body);
                self.scope.leave(level);
                Term::Def(definitions, body)
            }
            Term::Call(name, arguments) => self.call(name, arguments),
            Term::Path(head, path) => self.path(*head, path),
        }
    }

    fn call(&mut self, name: &'s str, arguments: Vec<Ast<'s>>) -> Ast<'s> {
        let (mut own, mut builtin) = (None, None);
        match self.scope.owner(name, arguments.len()) {
            Owner::Own(found) => own = Some(found),
            Owner::Builtin(found) => builtin = Some(found),
            Owner::Nobody => {}
        }
        if let Some(own) = own {
            self.called.push(own.id);
            self.closures += usize::from(own.is_parameter);
        }
        if let Some(builtin) = builtin.filter(|builtin| matches!(builtin.body, Body::Definition(_))) {
            self.definitions.push((builtin, false));
        }
        let closures = self.closures;
        let mut arguments: Vec<_> = arguments.into_iter().map(|argument| self.argument(argument)).collect();
        for (place, argument) in arguments.iter_mut().enumerate() {
            let is_path = builtin.is_some_and(|builtin| builtin.arguments[place..].starts_with('P'));
            if is_path || own.is_some() && self.marks {
                *argument = self.as_path(std::mem::take(argument), own.is_none());
            }
        }
        let mut bound = Vec::new();
        if builtin.is_some_and(|builtin| builtin.arguments.starts_with("cc")) {
            let strict = arguments.iter_mut().rev().filter(|argument| is_strict(argument));
            bound.extend(strict.map(|argument| self.take(argument)));
        }
        let grows = self.closures > closures && own.is_some_and(|own| !own.is_parameter);
        let call = bind_all(bound, Term::Call(name, arguments));
        // Not a tail call then: a loop could nest its closures deeper than the stack is, which
        // nothing would notice before they are dropped. A label is no tail position.
        if grows { Term::Label("$!grows", Box::new(call)) } else { call }
    }

    /// A path. Its keys are found before what they are looked up in, the last one first.
    fn path(&mut self, head: Ast<'s>, path: Path<Ast<'s>>) -> Ast<'s> {
        let head = self.term(head);
        let mut parts = Vec::new();
        for (part, opt) in path.0 {
            let part = match part {
                Part::Index(index) => Part::Index(self.term(index)),
                Part::Range(from, upto) => {
                    Part::Range(from.map(|t| self.term(t)), upto.map(|t| self.term(t)))
                }
            };
            parts.push((part, opt));
        }
        let mut bound = Vec::new();
        let simple = !is_strict(&head);
        for (place, (part, _)) in parts.iter_mut().enumerate().rev() {
            if place == 0 && simple && bound.is_empty() {
                break;
            }
            let keys = match part {
                Part::Index(index) => [Some(index), None],
                Part::Range(from, upto) => [from.as_mut(), upto.as_mut()],
            };
            for key in keys.into_iter().flatten().filter(|key| is_strict(key)) {
                bound.push(self.take(key));
            }
        }
        bind_all(bound, Term::Path(Box::new(head), Path(parts)))
    }

    /// A closure that calls a closure can grow with every recursion: it is guarded.
    fn argument(&mut self, argument: Ast<'s>) -> Ast<'s> {
        let closures = self.closures;
        let argument = self.term(argument);
        if self.closures > closures { guarded(argument) } else { argument }
    }

    fn line(&self, term: &Ast<'s>) -> &'s str {
        let Term::Var(name) = term else { return "0" };
        let before = &self.source[..offset(self.source, name)];
        self.arena.alloc((before.matches('\n').count() + 1).to_string())
    }

    /// An object. Keys and values are found in their order, and a key is looked at once its value is
    /// found.
    fn object(&mut self, entries: Vec<(Ast<'s>, Option<Ast<'s>>)>) -> Ast<'s> {
        let mut entries: Vec<_> = entries.into_iter().map(|entry| self.entry(entry)).collect();
        let strict = |(key, value): &(Ast<'s>, Option<Ast<'s>>)| {
            usize::from(is_strict(key)) + usize::from(value.as_ref().is_some_and(is_strict))
        };
        let mut bound = Vec::new();
        if entries.iter().map(strict).sum::<usize>() > 1 {
            for (key, value) in &mut entries {
                // Of `{$x}` the key is the variable's name.
                let is_text = value.is_none() || matches!(key, Term::Str(..));
                if is_strict(key) {
                    bound.push(self.take(key));
                }
                bound.extend(value.as_mut().filter(|value| is_strict(value)).map(|value| self.take(value)));
                if !is_text {
                    let checked = pipe(key.clone(), call("!key", Vec::new()));
                    bound.push((checked, self.variable()));
                }
            }
        }
        bind_all(bound, Term::Obj(entries))
    }

    fn entry(&mut self, entry: (Ast<'s>, Option<Ast<'s>>)) -> (Ast<'s>, Option<Ast<'s>>) {
        match entry {
            (Term::Var("$__loc__"), None) => {
                let key = Term::Var("$__loc__");
                (text("__loc__"), Some(self.term(key)))
            }
            (key, value) => (self.term(key), value.map(|value| self.term(value))),
        }
    }

    /// A pattern. The elements of an array are found from the last one on.
    fn pattern(&mut self, pattern: Pattern<&'s str>) -> Pattern<&'s str> {
        let entries = match pattern {
            Pattern::Var(name) => return Pattern::Var(name),
            Pattern::Arr(parts) => {
                let index = |place: usize| Term::Num(&**self.arena.alloc(place.to_string()));
                let entries = parts.into_iter().enumerate().map(|(place, part)| (index(place), part));
                let mut entries: Vec<_> = entries.collect();
                // Of two variables of one name the last one counts.
                let mut names = Vec::new();
                entries.iter().for_each(|(_, part)| variables(part, &mut names));
                let count = names.len();
                names.sort_unstable();
                names.dedup();
                if names.len() == count {
                    entries.reverse();
                }
                entries
            }
            Pattern::Obj(entries) => entries,
        };
        Pattern::Obj(entries.into_iter().map(|(key, part)| (self.term(key), self.pattern(part))).collect())
    }

    /// A string. What is in it is found from the last place on.
    fn string(&mut self, format: Option<&'s str>, parts: Vec<StrPart<&'s str, Ast<'s>>>) -> Ast<'s> {
        let mut parts: Vec<_> = parts
            .into_iter()
            .map(|part| match part {
                StrPart::Term(term) => StrPart::Term(self.term(term)),
                other => other,
            })
            .collect();
        let strict = parts.iter_mut().rev().filter_map(|part| match part {
            StrPart::Term(term) if is_strict(term) => Some(term),
            _ => None,
        });
        let strict: Vec<_> = strict.collect();
        let mut bound = Vec::new();
        if strict.len() > 1 {
            bound.extend(strict.into_iter().map(|term| self.take(term)));
        }
        bind_all(bound, Term::Str(format, parts))
    }

    fn operation(&mut self, left: Ast<'s>, operator: BinaryOp<&'s str>, right: Ast<'s>) -> Ast<'s> {
        match operator {
            BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt => {
                let (left, right) = (self.term(left), self.term(right));
                return self.update(left, operator, right);
            }
            _ => {}
        }
        let left = self.term(left);
        let operator = match operator {
            BinaryOp::Pipe(Some(pattern)) => BinaryOp::Pipe(Some(self.pattern(pattern))),
            other => other,
        };
        let right = self.term(right);
        match operator {
            BinaryOp::Alt => call("!alternative", vec![left, right]),
            // The right side first, also when the left one gives nothing: it may be an error.
            BinaryOp::Math(_) | BinaryOp::Cmp(_) if is_strict(&left) && is_strict(&right) => {
                let mut right = right;
                let bound = vec![self.take(&mut right)];
                bind_all(bound, binary(left, operator, right))
            }
            _ => binary(left, operator, right),
        }
    }

    fn update(&mut self, left: Ast<'s>, operator: BinaryOp<&'s str>, right: Ast<'s>) -> Ast<'s> {
        let always = !matches!(operator, BinaryOp::Update) || self.count(&right) == Count::One;
        if self.is_plain(&left, always) {
            return binary(left, operator, right);
        }
        let name = match operator {
            BinaryOp::Update if self.count(&right) == Count::One => "!modify",
            BinaryOp::Update => "!modify_or_delete",
            BinaryOp::UpdateAlt => "!update_alternative",
            BinaryOp::UpdateMath(Math::Add) => "!update_add",
            BinaryOp::UpdateMath(Math::Sub) => "!update_subtract",
            BinaryOp::UpdateMath(Math::Mul) => "!update_multiply",
            BinaryOp::UpdateMath(Math::Div) => "!update_divide",
            BinaryOp::UpdateMath(Math::Rem) => "!update_remainder",
            _ => "!assign",
        };
        call(name, vec![self.as_path(left, true), right])
    }
}

/// The variables of a pattern, each as often as it is there.
pub(crate) fn variables<'s>(pattern: &Pattern<&'s str>, names: &mut Vec<&'s str>) {
    match pattern {
        Pattern::Var(name) => names.push(name),
        Pattern::Arr(parts) => parts.iter().for_each(|part| variables(part, names)),
        Pattern::Obj(entries) => entries.iter().for_each(|(_, part)| variables(part, names)),
    }
}

/// Whether it matters when a term is found: it may give no result, several, or an error.
pub(crate) fn is_strict(term: &Ast<'_>) -> bool {
    match term {
        Term::Id | Term::Num(_) | Term::Var(_) | Term::Arr(None) => false,
        Term::Str(_, parts) => parts.iter().any(|part| matches!(part, StrPart::Term(_))),
        _ => true,
    }
}
