//! Rewrites a parsed filter where the engine's way differs from jq's.
//!
//! - Updates (`|=`, `=`, `+=`…) become calls of natives that collect the paths first, as jq does.
//!   The engine's own, which changes in place while it walks, is kept for plain paths such as
//!   `.a[].b`, where both give the same and it saves the memory of the paths.
//! - `a + b`: jq's outer loop is the right side, which is found first. The values of an object are
//!   found in their order. Either matters where there are several results, none, or an error.
//! - What stands in the place of a path and is none is marked ([`paths`](crate::lang::paths)).
//! - `reduce`, `//`, `..`, `$__loc__`: natives, or what they stand for.
//! - What may recurse without end passes a guard, which measures the stack.
//!
//! Names that start with `!` can't be written in a filter, so nothing shadows them.

use crate::error::offset;
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
    arena: &'s Arena,
    /// Every name called, with its number of arguments.
    pub(crate) called: Vec<(&'s str, usize)>,
    /// Names of all definitions seen: they may shadow builtins.
    pub(crate) defined: Vec<&'s str>,
    /// Filter parameters of the definitions around the current place.
    parameters: Vec<&'s str>,
    /// Whether the nesting was too much for the stack.
    pub(crate) too_deep: bool,
}

/// Variables for what has to be found first.
const NAMES: [&str; 8] = ["$!0", "$!1", "$!2", "$!3", "$!4", "$!5", "$!6", "$!7"];

pub(crate) fn call<'s>(name: &'s str, arguments: Vec<Ast<'s>>) -> Ast<'s> {
    Term::Call(name, arguments)
}

pub(crate) fn binary<'s>(left: Ast<'s>, operator: BinaryOp<&'s str>, right: Ast<'s>) -> Ast<'s> {
    Term::BinOp(Box::new(left), operator, Box::new(right))
}

pub(crate) fn pipe<'s>(left: Ast<'s>, right: Ast<'s>) -> Ast<'s> {
    binary(left, BinaryOp::Pipe(None), right)
}

/// `term as $name | rest`
fn bind<'s>(term: Ast<'s>, name: &'static str, rest: Ast<'s>) -> Ast<'s> {
    binary(term, BinaryOp::Pipe(Some(Pattern::Var(name))), rest)
}

fn guarded(term: Ast<'_>) -> Ast<'_> {
    pipe(call("!guard", Vec::new()), term)
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
    pub(crate) fn new(source: &'s str, arena: &'s Arena) -> Self {
        Self {
            source,
            arena,
            called: Vec::new(),
            defined: Vec::new(),
            parameters: Vec::new(),
            too_deep: false,
        }
    }

    /// Rewrites a definition. It is guarded if it may call itself, however indirectly.
    pub(crate) fn definition(&mut self, definition: Def<&'s str>) -> Def<&'s str> {
        let Def { name, args, body } = definition;
        self.defined.push(name);
        let outer = self.parameters.len();
        self.parameters.extend(args.iter().filter(|arg| !arg.starts_with('$')));
        let calls = self.called.len();
        let mut body = self.term(body);
        // A parameter `$b` can be called as `b` too.
        for arg in args.iter().copied().filter(|arg| arg.starts_with('$')) {
            if self.called[calls..].contains(&(&arg[1..], 0)) {
                let value = Def { name: &arg[1..], args: Vec::new(), body: Term::Var(arg) };
                body = Term::Def(vec![value], Box::new(body));
            }
        }
        let recursive = self.called[calls..].iter().any(|(name, _)| self.defined.contains(name));
        self.parameters.truncate(outer);
        Def { name, args, body: if recursive { guarded(body) } else { body } }
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
                let definitions = definitions.into_iter().map(|d| self.definition(d)).collect();
                Term::Def(definitions, self.boxed(*body))
            }
            Term::Call(name, arguments) => {
                self.called.push((name, arguments.len()));
                let mut grows = false;
                let mut argument = |argument| {
                    let (argument, nested) = self.argument(argument);
                    grows |= nested;
                    argument
                };
                let mut arguments: Vec<_> = arguments.into_iter().map(&mut argument).collect();
                if let ("path" | "del" | "pick", [path]) = (name, &mut arguments[..])
                    && !self.is_own(name)
                {
                    *path = self.as_path(std::mem::take(path));
                }
                let call = Term::Call(name, arguments);
                // Not a tail call then: a loop could nest its closures deeper than the stack is,
                // which nothing would notice before they are dropped. A label is no tail position.
                if grows && self.defined.contains(&name) {
                    Term::Label("$!grows", Box::new(call))
                } else {
                    call
                }
            }
            Term::Path(head, path) => {
                let head = self.boxed(*head);
                let mut part = |part: Part<Ast<'s>>| match part {
                    Part::Index(index) => Part::Index(self.term(index)),
                    Part::Range(from, upto) => {
                        Part::Range(from.map(|t| self.term(t)), upto.map(|t| self.term(t)))
                    }
                };
                Term::Path(head, Path(path.0.into_iter().map(|(p, opt)| (part(p), opt)).collect()))
            }
        }
    }

    /// A closure that calls a closure can grow with every recursion: it is guarded. Says so.
    fn argument(&mut self, argument: Ast<'s>) -> (Ast<'s>, bool) {
        let calls = self.called.len();
        let argument = self.term(argument);
        let nested = self.called[calls..].iter().any(|(name, _)| self.parameters.contains(name));
        if nested { (guarded(argument), true) } else { (argument, false) }
    }

    fn line(&self, term: &Ast<'s>) -> &'s str {
        let Term::Var(name) = term else { return "0" };
        let before = &self.source[..offset(self.source, name)];
        self.arena.alloc((before.matches('\n').count() + 1).to_string())
    }

    /// An object. The engine starts with the last value; where that may give nothing, those before
    /// are found first, for they may be errors.
    fn object(&mut self, entries: Vec<(Ast<'s>, Option<Ast<'s>>)>) -> Ast<'s> {
        let mut entries: Vec<_> = entries.into_iter().map(|entry| self.entry(entry)).collect();
        let always = |(key, value): &(Ast<'s>, Option<Ast<'s>>)| {
            self.count(key).max(value.as_ref().map_or(Count::One, |value| self.count(value))) == Count::One
        };
        let last = entries.iter().rposition(|entry| !always(entry)).unwrap_or(0);
        let mut names = NAMES.into_iter();
        let mut bound = Vec::new();
        for (key, value) in &mut entries[..last] {
            let several = Some(key).filter(|key| self.count(key) != Count::One);
            for term in several.into_iter().chain(value) {
                if matches!(term, Term::Num(_) | Term::Var(_)) {
                    continue;
                }
                if let Some(name) = names.next() {
                    bound.push((name, std::mem::replace(term, Term::Var(name))));
                }
            }
        }
        bound.into_iter().rev().fold(Term::Obj(entries), |rest, (name, term)| bind(term, name, rest))
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

    fn pattern(&mut self, pattern: Pattern<&'s str>) -> Pattern<&'s str> {
        match pattern {
            Pattern::Var(name) => Pattern::Var(name),
            Pattern::Arr(parts) => Pattern::Arr(parts.into_iter().map(|part| self.pattern(part)).collect()),
            Pattern::Obj(entries) => Pattern::Obj(
                entries.into_iter().map(|(key, part)| (self.term(key), self.pattern(part))).collect(),
            ),
        }
    }

    /// A string; with several results in several places, jq's outer loop is the last place.
    fn string(&mut self, format: Option<&'s str>, parts: Vec<StrPart<&'s str, Ast<'s>>>) -> Ast<'s> {
        if let Some(format) = format {
            self.called.push((format, 0));
        }
        let mut parts: Vec<_> = parts
            .into_iter()
            .map(|part| match part {
                StrPart::Term(term) => StrPart::Term(self.term(term)),
                other => other,
            })
            .collect();
        let several = |part: &&mut StrPart<&'s str, Ast<'s>>| matches!(part, StrPart::Term(term) if self.count(term) == Count::Any);
        let mut bound = Vec::new();
        let places: Vec<_> = parts.iter_mut().filter(several).collect();
        if places.len() > 1 {
            for (part, name) in places.into_iter().zip(NAMES) {
                if let StrPart::Term(term) = part {
                    bound.push((name, std::mem::replace(term, Term::Var(name))));
                }
            }
        }
        let whole = Term::Str(format, parts);
        bound.into_iter().fold(whole, |rest, (name, term)| bind(term, name, rest))
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
            BinaryOp::Math(_) | BinaryOp::Cmp(_)
                if self.count(&left) != Count::One && !matches!(right, Term::Num(_) | Term::Var(_)) =>
            {
                bind(right, "$!right", binary(left, operator, Term::Var("$!right")))
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
        call(name, vec![self.as_path(left), right])
    }

    /// Whether a name is a definition or a parameter of the filter's own.
    pub(crate) fn is_own(&self, name: &str) -> bool {
        self.defined.iter().chain(&self.parameters).any(|own| *own == name)
    }
}
