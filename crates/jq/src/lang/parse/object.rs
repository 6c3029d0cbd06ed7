//! Objects, and the patterns that take them and arrays apart.

use super::{Parsed, Parser};
use crate::lang::lex::{Kind, Token};
use crate::lang::rewrite::{Ast, pipe, text};
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::ops::Math;

impl<'s> Parser<'s> {
    pub(crate) fn object(&mut self) -> Parsed<Ast<'s>> {
        let open = self.at;
        self.advance()?;
        let mut entries = Vec::new();
        while !self.token.is("}") {
            let Token { text: word, kind } = self.token;
            let key = match kind {
                Kind::Variable => {
                    self.advance()?;
                    Term::Var(word)
                }
                Kind::Name | Kind::Keyword => {
                    self.advance()?;
                    text(word)
                }
                _ if self.token.is("(") => self.computed_key()?,
                Kind::End => return self.close(open, "}", "").map(|()| Term::Id),
                _ => self.key()?,
            };
            let value = if self.took(":")? { Some(self.object_value()?) } else { None };
            entries.push((key, value));
            if !self.took(",")? {
                break;
            }
        }
        self.close(open, "}", "`,` or ")?;
        Ok(Term::Obj(entries))
    }

    /// `(key)`, which a `:` has to follow.
    fn computed_key(&mut self) -> Parsed<Ast<'s>> {
        let open = self.at;
        self.advance()?;
        let key = self.query()?;
        let what = match constant(&key) {
            Some(Constant::String) | None => None,
            Some(Constant::Number) => Some("a number"),
            Some(Constant::Boolean) => Some("a boolean"),
            Some(Constant::Null) => Some("null"),
            Some(Constant::Array) => Some("an array"),
            Some(Constant::Object) => Some("an object"),
        };
        if let Some(what) = what {
            return self.wrong_at(open + 1, 1, &format!("{what} can't be the key of an object"));
        }
        self.close(open, ")", "")?;
        if self.token.is(":") { Ok(key) } else { self.expected("`:`") }
    }

    /// The value of an entry: a `,` would end it.
    fn object_value(&mut self) -> Parsed<Ast<'s>> {
        let mut stages = vec![self.expression(0)?];
        while self.took("|")? {
            stages.push(self.expression(0)?);
        }
        let last = stages.pop().unwrap_or_default();
        Ok(stages.into_iter().rev().fold(last, |rest, stage| pipe(stage, rest)))
    }

    /// Whether the next word starts `?//`.
    fn at_alternative(&self) -> bool {
        self.source[self.at..].starts_with("?//")
    }

    /// `pattern ?// pattern …`
    pub(crate) fn patterns(&mut self) -> Parsed<Vec<Pattern<&'s str>>> {
        let mut patterns = vec![self.pattern()?];
        while self.at_alternative() {
            self.go_on(self.at + "?//".len())?;
            patterns.push(self.pattern()?);
        }
        Ok(patterns)
    }

    fn pattern(&mut self) -> Parsed<Pattern<&'s str>> {
        self.room()?;
        let open = self.at;
        if self.token.kind == Kind::Variable {
            return Ok(Pattern::Var(self.advance()?.text));
        }
        if self.took("[")? {
            let mut elements = vec![self.pattern()?];
            while self.took(",")? {
                elements.push(self.pattern()?);
            }
            self.close(open, "]", "`,` or ")?;
            return Ok(Pattern::Arr(elements));
        }
        if !self.took("{")? {
            return self.expected("a pattern");
        }
        let mut entries = Vec::new();
        loop {
            self.entry_pattern(&mut entries)?;
            if !self.took(",")? {
                break;
            }
        }
        self.close(open, "}", "`,` or ")?;
        Ok(Pattern::Obj(entries))
    }

    fn entry_pattern(&mut self, entries: &mut Vec<(Ast<'s>, Pattern<&'s str>)>) -> Parsed<()> {
        let Token { text: word, kind } = self.token;
        let key = match kind {
            Kind::Variable => {
                self.advance()?;
                entries.push((text(&word[1..]), Pattern::Var(word)));
                if !self.token.is(":") {
                    return Ok(());
                }
                text(&word[1..])
            }
            Kind::Name | Kind::Keyword => {
                self.advance()?;
                text(word)
            }
            _ if self.token.is("(") => self.computed_key()?,
            _ => self.key()?,
        };
        self.expect(":")?;
        entries.push((key, self.pattern()?));
        Ok(())
    }
}

/// What a key is that can be told without running it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Constant {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

/// jq works out constants as it compiles, and refuses there a key that is none.
fn constant(term: &Ast<'_>) -> Option<Constant> {
    match term {
        Term::Num(_) => Some(Constant::Number),
        Term::Str(None, parts) => {
            let plain = !parts.iter().any(|part| matches!(part, StrPart::Term(_)));
            plain.then_some(Constant::String)
        }
        Term::Call("!true" | "!false", _) => Some(Constant::Boolean),
        Term::Call("!null", _) => Some(Constant::Null),
        Term::Arr(None) => Some(Constant::Array),
        Term::Arr(Some(inner)) => are_constant(inner).then_some(Constant::Array),
        Term::Obj(entries) => {
            let known = |(key, value): &(Ast<'_>, Option<Ast<'_>>)| {
                constant(key).is_some() && value.as_ref().and_then(constant).is_some()
            };
            entries.iter().all(known).then_some(Constant::Object)
        }
        Term::BinOp(left, BinaryOp::Pipe(None), right) if matches!(**right, Term::Id) => constant(left),
        Term::BinOp(left, BinaryOp::Math(Math::Add), right) => {
            constant(left).filter(|kind| *kind != Constant::Boolean && constant(right) == Some(*kind))
        }
        Term::BinOp(left, BinaryOp::Cmp(_), right) => {
            constant(left).and(constant(right)).map(|_| Constant::Boolean)
        }
        _ => None,
    }
}

/// The same for what stands between commas in an array.
fn are_constant(term: &Ast<'_>) -> bool {
    match term {
        Term::BinOp(left, BinaryOp::Comma, right) => are_constant(left) && are_constant(right),
        other => constant(other).is_some(),
    }
}
