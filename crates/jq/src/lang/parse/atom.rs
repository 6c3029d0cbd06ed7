//! Terms without what follows them: `.`, `[…]`, `if`, `reduce`, a call.

use super::alternative::fold;
use super::{Parsed, Parser, boxed, with_path};
use crate::lang::lex::{Kind, Token};
use crate::lang::rewrite::{Ast, call};
use jaq_core::load::parse::Term;
use jaq_core::path::{Opt, Part};

impl<'s> Parser<'s> {
    pub(crate) fn atom(&mut self) -> Parsed<Ast<'s>> {
        let Token { text: word, kind } = self.token;
        match kind {
            Kind::Number => {
                self.advance()?;
                Ok(Term::Num(word))
            }
            Kind::Variable => {
                self.advance()?;
                Ok(Term::Var(word))
            }
            // What follows the `.` is taken by the caller.
            Kind::Field => Ok(Term::Id),
            Kind::Quote => self.string(None),
            Kind::Format => {
                self.advance()?;
                match self.token.kind {
                    Kind::Quote => self.string(Some(word)),
                    _ => Ok(call(word, Vec::new())),
                }
            }
            Kind::Name => {
                self.advance()?;
                let arguments = if self.token.is("(") { self.arguments()? } else { Vec::new() };
                // No definition shadows these.
                let name = match (word, arguments.is_empty()) {
                    ("null", true) => "!null",
                    ("true", true) => "!true",
                    ("false", true) => "!false",
                    _ => word,
                };
                Ok(call(name, arguments))
            }
            Kind::Symbol => self.symbol(),
            Kind::Keyword => self.keyword(),
            Kind::End => self.expected("a term"),
        }
    }

    fn symbol(&mut self) -> Parsed<Ast<'s>> {
        let open = self.at;
        match self.token.text {
            "." => {
                self.advance()?;
                if !matches!(self.token.kind, Kind::Quote | Kind::Format) {
                    return Ok(Term::Id);
                }
                let key = self.key()?;
                let opt = if self.took("?")? { Opt::Optional } else { Opt::Essential };
                Ok(with_path(Term::Id, vec![(Part::Index(key), opt)]))
            }
            ".." => {
                self.advance()?;
                Ok(Term::Recurse)
            }
            "(" => {
                self.advance()?;
                let inner = self.query()?;
                self.close(open, ")", "")?;
                Ok(inner)
            }
            "[" => {
                self.advance()?;
                if self.took("]")? {
                    return Ok(Term::Arr(None));
                }
                let inner = self.query()?;
                self.close(open, "]", "`,` or ")?;
                Ok(Term::Arr(Some(boxed(inner))))
            }
            "{" => self.object(),
            _ => self.expected("a term"),
        }
    }

    fn keyword(&mut self) -> Parsed<Ast<'s>> {
        let word = self.token.text;
        match word {
            "break" => {
                self.advance()?;
                Ok(Term::Break(self.variable()?))
            }
            "if" => {
                self.advance()?;
                let mut branches = Vec::new();
                loop {
                    let condition = self.query()?;
                    self.expect("then")?;
                    branches.push((condition, self.query()?));
                    if self.took("elif")? {
                        continue;
                    }
                    let otherwise = if self.took("else")? {
                        let otherwise = self.query()?;
                        self.expect("end")?;
                        Some(boxed(otherwise))
                    } else if self.took("end")? {
                        None
                    } else {
                        return self.expected("`else` or `end`");
                    };
                    return Ok(Term::IfThenElse(branches, otherwise));
                }
            }
            "try" => {
                self.advance()?;
                let body = boxed(self.term()?);
                let handler = if self.took("catch")? { Some(boxed(self.term()?)) } else { None };
                Ok(Term::TryCatch(body, handler))
            }
            "reduce" | "foreach" => {
                self.advance()?;
                let source = self.expression(0)?;
                self.expect("as")?;
                let patterns = self.patterns()?;
                if !self.token.is("(") {
                    return self.expected("`(`");
                }
                let open = self.at;
                let arguments = self.arguments()?;
                match (word, arguments.len()) {
                    ("reduce", 2) | ("foreach", 2 | 3) => Ok(fold(word, source, patterns, arguments)),
                    ("reduce", _) => {
                        self.wrong_at(open, 1, "`reduce` takes a start and an update: `(start; update)`")
                    }
                    _ => self.wrong_at(
                        open,
                        1,
                        "`foreach` takes `(start; update)` or `(start; update; result)`",
                    ),
                }
            }
            _ => self.expected("a term"),
        }
    }

    pub(crate) fn variable(&mut self) -> Parsed<&'s str> {
        match self.token.kind {
            Kind::Variable => Ok(self.advance()?.text),
            _ => self.expected("a variable"),
        }
    }

    /// The string that is a key, after a `.`.
    pub(crate) fn key(&mut self) -> Parsed<Ast<'s>> {
        match self.token.kind {
            Kind::Quote => self.string(None),
            Kind::Format => {
                let format = self.advance()?.text;
                match self.token.kind {
                    Kind::Quote => self.string(Some(format)),
                    _ => self.expected("a string"),
                }
            }
            _ => self.expected("a key"),
        }
    }

    /// `(a; b)`
    fn arguments(&mut self) -> Parsed<Vec<Ast<'s>>> {
        let open = self.at;
        self.advance()?;
        let mut arguments = vec![self.query()?];
        while self.took(";")? {
            arguments.push(self.query()?);
        }
        self.close(open, ")", "`;` or ")?;
        Ok(arguments)
    }

    /// `[]`, `[a]`, `[a:]`, `[:b]`, `[a:b]`
    pub(crate) fn brackets(&mut self) -> Parsed<Part<Ast<'s>>> {
        let open = self.at;
        self.advance()?;
        if self.took("]")? {
            return Ok(Part::Range(None, None));
        }
        let from = if self.token.is(":") { None } else { Some(self.query()?) };
        let part = if self.took(":")? {
            let upto = if self.token.is("]") && from.is_some() { None } else { Some(self.query()?) };
            Part::Range(from, upto)
        } else {
            Part::Index(from.unwrap_or_default())
        };
        self.close(open, "]", "")?;
        Ok(part)
    }
}
