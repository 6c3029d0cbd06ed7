//! Rewrites a parsed filter where the engine's way differs from jq's.
//!
//! - Updates (`|=`, `=`, `+=`…) become calls of natives that collect the paths first, as jq does.
//!   The engine's own, which changes in place while it walks, is kept for plain paths such as
//!   `.a[].b`, where both give the same and it saves the memory of the paths.
//! - `a + b` with several results on both sides: jq's outer loop is the right side.
//! - `reduce`, `//`, `..`, `$__loc__`: natives, or what they stand for.
//! - What may recurse without end passes a guard, which measures the stack.
//!
//! Names that start with `!` can't be written in a filter, so nothing shadows them.

use super::error::offset;
use crate::document::stack;
use jaq_core::load::Arena;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::{Opt, Part, Path};

type Ast<'s> = Term<&'s str>;

/// How many results a term gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Count {
    One,
    AtMostOne,
    Any,
}

/// Builtins that give one result for one result of each argument.
const SINGLE: &[&str] = &[
    "abs",
    "add",
    "all",
    "any",
    "ascii_downcase",
    "ascii_upcase",
    "ceil",
    "contains",
    "endswith",
    "explode",
    "false",
    "first",
    "flatten",
    "floor",
    "fromdate",
    "fromjson",
    "group_by",
    "has",
    "implode",
    "index",
    "indices",
    "inside",
    "isempty",
    "join",
    "keys",
    "keys_unsorted",
    "last",
    "length",
    "ltrimstr",
    "map",
    "map_values",
    "max",
    "max_by",
    "min",
    "min_by",
    "not",
    "now",
    "null",
    "nan",
    "infinite",
    "range_",
    "reverse",
    "rindex",
    "round",
    "rtrimstr",
    "setpath",
    "sort",
    "sort_by",
    "split",
    "sqrt",
    "startswith",
    "test",
    "to_entries",
    "from_entries",
    "with_entries",
    "todate",
    "tojson",
    "tonumber",
    "tostring",
    "trim",
    "true",
    "type",
    "unique",
    "unique_by",
    "utf8bytelength",
    "walk",
    "transpose",
    "del",
    "delpaths",
];

/// One step of a plain path.
enum Step {
    Key,
    Each,
    EachOptional,
    Select,
}

pub(super) struct Rewriter<'s> {
    source: &'s str,
    arena: &'s Arena,
    /// Every name called, with its number of arguments.
    pub(super) called: Vec<(&'s str, usize)>,
    /// Names of all definitions seen: they may shadow builtins.
    defined: Vec<&'s str>,
    /// Filter parameters of the definitions around the current place.
    parameters: Vec<&'s str>,
    /// Whether the nesting was too much for the stack.
    pub(super) too_deep: bool,
}

fn call<'s>(name: &'static str, arguments: Vec<Ast<'s>>) -> Ast<'s> {
    Term::Call(name, arguments)
}

fn binary<'s>(left: Ast<'s>, operator: BinaryOp<&'s str>, right: Ast<'s>) -> Ast<'s> {
    Term::BinOp(Box::new(left), operator, Box::new(right))
}

/// `term as $name | rest`
fn bind<'s>(term: Ast<'s>, name: &'static str, rest: Ast<'s>) -> Ast<'s> {
    binary(term, BinaryOp::Pipe(Some(Pattern::Var(name))), rest)
}

fn guarded(term: Ast<'_>) -> Ast<'_> {
    binary(call("!guard", Vec::new()), BinaryOp::Pipe(None), term)
}

/// The arguments of a `foreach` whose step may give no result or several: all are given, and the
/// last is the next state. (The engine would go on from each of them.)
fn foreach(arguments: Vec<Ast<'_>>) -> Vec<Ast<'_>> {
    let mut arguments = arguments.into_iter();
    let mut next = || arguments.next().unwrap_or_default();
    let (start, step, last) = (next(), next(), next());
    let pipe = |left, right| binary(left, BinaryOp::Pipe(None), right);
    vec![
        pipe(start, call("!foreach_start", Vec::new())),
        call("!foreach_step", vec![step]),
        pipe(call("!foreach_results", Vec::new()), last),
    ]
}

fn text<'s>(text: &'s str) -> Ast<'s> {
    Term::Str(None, vec![StrPart::Str(text)])
}

impl<'s> Rewriter<'s> {
    pub(super) fn new(source: &'s str, arena: &'s Arena) -> Self {
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
    pub(super) fn definition(&mut self, definition: Def<&'s str>) -> Def<&'s str> {
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

    pub(super) fn term(&mut self, term: Ast<'s>) -> Ast<'s> {
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
            Term::Var("$__prog_args") => Term::Var("$__prog_args"),
            Term::Var(_) => term,
            Term::Recurse => call("!recurse", Vec::new()),
            Term::Str(format, parts) => self.string(format, parts),
            Term::Arr(Some(inner)) => Term::Arr(Some(self.boxed(*inner))),
            Term::Obj(entries) => Term::Obj(entries.into_iter().map(|e| self.entry(e)).collect()),
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
                let arguments = arguments.into_iter().map(&mut argument).collect();
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
        const NAMES: [&str; 8] = ["$!0", "$!1", "$!2", "$!3", "$!4", "$!5", "$!6", "$!7"];
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
            BinaryOp::Math(_) | BinaryOp::Cmp(_)
                if self.count(&left) == Count::Any && self.count(&right) == Count::Any =>
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
            BinaryOp::Update => "!modify",
            BinaryOp::UpdateAlt => "!update_alternative",
            BinaryOp::UpdateMath(Math::Add) => "!update_add",
            BinaryOp::UpdateMath(Math::Sub) => "!update_subtract",
            BinaryOp::UpdateMath(Math::Mul) => "!update_multiply",
            BinaryOp::UpdateMath(Math::Div) => "!update_divide",
            BinaryOp::UpdateMath(Math::Rem) => "!update_remainder",
            _ => "!assign",
        };
        call(name, vec![left, right])
    }

    /// Whether the engine's update gives the same as jq's: no place is met twice, and nothing is
    /// made on the way to a place that turns out not to be wanted. `always` says that every place
    /// gets a value.
    fn is_plain(&self, path: &Ast<'s>, always: bool) -> bool {
        let mut steps = Vec::new();
        if !self.plain_steps(path, &mut steps) {
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
                !self.defined.contains(&"select")
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

    fn count(&self, term: &Ast<'s>) -> Count {
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
            Term::Call("!last_or_null" | "!modify", _) => Count::One,
            Term::Call("empty", _) => Count::AtMostOne,
            Term::Call("select", arguments) if !self.defined.contains(&"select") => {
                all(&mut arguments.iter().map(|term| self.count(term))).max(Count::AtMostOne)
            }
            Term::Call(
                "map" | "map_values" | "with_entries" | "sort_by" | "group_by" | "unique_by" | "min_by"
                | "max_by" | "walk" | "del",
                _,
            ) if !self.defined.iter().any(|name| SINGLE.contains(name)) => Count::One,
            Term::Call(name, arguments) if SINGLE.contains(name) && !self.defined.contains(name) => {
                all(&mut arguments.iter().map(|term| self.count(term)))
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
