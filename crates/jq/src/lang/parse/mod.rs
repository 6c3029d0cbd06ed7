//! The grammar of jq 1.8.
//!
//! The engine has a parser of its own; its operators bind differently (`2 * 5 % 3`,
//! `.a // .b = 1`), and an updater must not guess. This one gives the engine's terms.
//!
//! It recurses only while the stack has room.

mod alternative;
mod atom;
mod object;
mod string;

use crate::error::FilterError;
use crate::lang::lex::{self, Kind, Token};
use crate::lang::rewrite::{Ast, binary, pipe, text};
use crate::run::stack;
use crate::slips;
use alternative::bind;
use jaq_core::load::parse::{BinaryOp, Def, Term};
use jaq_core::ops::{Cmp, Math};
use jaq_core::path::{Opt, Part, Path};

type Parsed<T> = Result<T, FilterError>;

/// The term of a whole filter.
pub(crate) fn filter(source: &str) -> Parsed<Ast<'_>> {
    let mut parser = Parser::new(source)?;
    if ["import", "include", "module"].iter().any(|word| parser.token.is(word)) {
        return parser.wrong("there are no modules: a filter holds all that it needs");
    }
    let term = parser.query()?;
    match parser.token.kind {
        Kind::End => Ok(term),
        _ => parser.wrong(&format!("{} does not belong here", parser.found())),
    }
}

/// Definitions alone.
pub(crate) fn definitions(source: &str) -> Parsed<Vec<Def<&str>>> {
    Parser::new(source)?.definitions()
}

struct Parser<'s> {
    source: &'s str,
    /// The next word, and where it starts.
    token: Token<'s>,
    at: usize,
}

/// On which side an operator's neighbour of the same level is its operand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Neither,
}

/// How tightly an operator binds, and to which side.
fn operator<'s>(token: &Token<'s>) -> Option<(u8, Side, BinaryOp<&'s str>)> {
    use BinaryOp::{Assign, Update, UpdateAlt, UpdateMath};
    if !matches!(token.kind, Kind::Symbol | Kind::Keyword) {
        return None;
    }
    Some(match token.text {
        "//" => (1, Side::Right, BinaryOp::Alt),
        "=" => (2, Side::Neither, Assign),
        "|=" => (2, Side::Neither, Update),
        "//=" => (2, Side::Neither, UpdateAlt),
        "+=" => (2, Side::Neither, UpdateMath(Math::Add)),
        "-=" => (2, Side::Neither, UpdateMath(Math::Sub)),
        "*=" => (2, Side::Neither, UpdateMath(Math::Mul)),
        "/=" => (2, Side::Neither, UpdateMath(Math::Div)),
        "%=" => (2, Side::Neither, UpdateMath(Math::Rem)),
        "or" => (3, Side::Left, BinaryOp::Or),
        "and" => (4, Side::Left, BinaryOp::And),
        "==" => (5, Side::Neither, BinaryOp::Cmp(Cmp::Eq)),
        "!=" => (5, Side::Neither, BinaryOp::Cmp(Cmp::Ne)),
        "<" => (5, Side::Neither, BinaryOp::Cmp(Cmp::Lt)),
        "<=" => (5, Side::Neither, BinaryOp::Cmp(Cmp::Le)),
        ">" => (5, Side::Neither, BinaryOp::Cmp(Cmp::Gt)),
        ">=" => (5, Side::Neither, BinaryOp::Cmp(Cmp::Ge)),
        "+" => (6, Side::Left, BinaryOp::Math(Math::Add)),
        "-" => (6, Side::Left, BinaryOp::Math(Math::Sub)),
        "*" => (7, Side::Left, BinaryOp::Math(Math::Mul)),
        "/" => (7, Side::Left, BinaryOp::Math(Math::Div)),
        "%" => (7, Side::Left, BinaryOp::Math(Math::Rem)),
        _ => return None,
    })
}

fn boxed<T>(value: T) -> Box<T> {
    Box::new(value)
}

impl<'s> Parser<'s> {
    fn new(source: &'s str) -> Parsed<Self> {
        let mut parser = Self { source, token: Token { text: "", kind: Kind::End }, at: 0 };
        parser.go_on(0)?;
        Ok(parser)
    }

    /// Reads the word at or after `at`.
    fn go_on(&mut self, at: usize) -> Parsed<()> {
        match lex::next(self.source, at) {
            Ok((token, at)) => {
                (self.token, self.at) = (token, at);
                Ok(())
            }
            Err(at) => self.wrong_at(at, 1, "this character has no meaning here"),
        }
    }

    fn end(&self) -> usize {
        self.at + self.token.text.len()
    }

    /// Takes the next word.
    fn advance(&mut self) -> Parsed<Token<'s>> {
        let token = self.token;
        self.go_on(self.end())?;
        Ok(token)
    }

    /// Takes the next word if it is this one.
    fn took(&mut self, word: &str) -> Parsed<bool> {
        let same = self.token.is(word);
        if same {
            self.advance()?;
        }
        Ok(same)
    }

    fn expect(&mut self, word: &str) -> Parsed<()> {
        if self.took(word)? { Ok(()) } else { self.expected(&format!("`{word}`")) }
    }

    /// Takes the bracket that closes the one at `open`.
    fn close(&mut self, open: usize, bracket: &str, or: &str) -> Parsed<()> {
        if self.token.kind == Kind::End {
            let (opening, name) = match bracket {
                ")" => ("(", "parenthesis"),
                "]" => ("[", "bracket"),
                _ => ("{", "brace"),
            };
            return self.wrong_at(open, 1, &format!("no closing {name} for this `{opening}`"));
        }
        if self.took(bracket)? { Ok(()) } else { self.expected(&format!("{or}`{bracket}`")) }
    }

    fn wrong_at<T>(&self, at: usize, length: usize, what: &str) -> Parsed<T> {
        let slip = slips::at(self.source, at, false);
        Err(FilterError::compile(self.source, at, length, what).with_slip(slip))
    }

    /// The next word is wrong.
    fn wrong<T>(&self, what: &str) -> Parsed<T> {
        match self.token.kind {
            Kind::End => self.wrong_at(self.source.trim_end().len(), 1, what),
            _ => self.wrong_at(self.at, self.token.text.chars().count(), what),
        }
    }

    fn expected<T>(&self, what: &str) -> Parsed<T> {
        self.wrong(&format!("expected {what}, found {}", self.found()))
    }

    fn found(&self) -> String {
        match self.token.kind {
            Kind::End => "the end of the filter".to_owned(),
            _ => format!("`{}`", self.token.text),
        }
    }

    fn room(&self) -> Parsed<()> {
        if stack::has_room() {
            return Ok(());
        }
        self.wrong_at(0, 1, "nested too deeply")
    }

    /// Everything up to the end or to a closing word: `|` binds least, then `,`. A definition, a
    /// label and a binding reach to the end.
    fn query(&mut self) -> Parsed<Ast<'s>> {
        self.room()?;
        let mut stages = Vec::new();
        let mut before = None;
        loop {
            let item = if self.token.is("def") {
                let definitions = self.definitions()?;
                Term::Def(definitions, boxed(self.query()?))
            } else if self.took("label")? {
                let name = self.variable()?;
                self.expect("|")?;
                Term::Label(name, boxed(self.query()?))
            } else {
                let expression = self.expression(0)?;
                if self.took("as")? {
                    let patterns = self.patterns()?;
                    self.expect("|")?;
                    let body = self.query()?;
                    bind(expression, patterns, body)
                } else {
                    expression
                }
            };
            let whole = match before.take() {
                Some(before) => binary(before, BinaryOp::Comma, item),
                None => item,
            };
            if self.took(",")? {
                before = Some(whole);
            } else if self.took("|")? {
                stages.push(whole);
            } else {
                return Ok(stages.into_iter().rev().fold(whole, |rest, stage| pipe(stage, rest)));
            }
        }
    }

    /// Terms between operators that bind at least as tightly as `least`.
    fn expression(&mut self, least: u8) -> Parsed<Ast<'s>> {
        let mut left = self.term()?;
        let mut last = None;
        while let Some((level, side, operator)) = operator(&self.token).filter(|(level, ..)| *level >= least)
        {
            if side == Side::Neither && last == Some(level) {
                let what = format!("{} can't follow another one: it needs parentheses", self.found());
                return self.wrong(&what);
            }
            self.advance()?;
            let right = self.expression(if side == Side::Right { level } else { level + 1 })?;
            left = binary(left, operator, right);
            last = Some(level);
        }
        Ok(left)
    }

    /// An atom with what follows it: `.a`, `[…]`, `?`.
    fn term(&mut self) -> Parsed<Ast<'s>> {
        self.room()?;
        if self.took("-")? {
            return Ok(Term::Neg(boxed(self.term()?)));
        }
        let mut head = self.atom()?;
        let mut parts: Vec<(Part<Ast<'s>>, Opt)> = Vec::new();
        loop {
            if self.token.kind == Kind::Field {
                let field = self.advance()?.text;
                parts.push((Part::Index(text(&field[1..])), Opt::Essential));
            } else if self.token.is("[") {
                parts.push((self.brackets()?, Opt::Essential));
            } else if self.token.is(".") {
                self.advance()?;
                let part = if self.token.is("[") { self.brackets()? } else { Part::Index(self.key()?) };
                parts.push((part, Opt::Essential));
            } else if self.token.is("?") {
                self.advance()?;
                match parts.last_mut() {
                    Some((_, opt @ Opt::Essential)) => *opt = Opt::Optional,
                    _ => {
                        let whole = with_path(head, std::mem::take(&mut parts));
                        head = Term::TryCatch(boxed(whole), None);
                    }
                }
            } else {
                return Ok(with_path(head, parts));
            }
        }
    }

    /// `def name: body;` and `def name(parameters): body;`, as many as there are.
    pub(crate) fn definitions(&mut self) -> Parsed<Vec<Def<&'s str>>> {
        let mut definitions = Vec::new();
        while self.took("def")? {
            if self.token.kind != Kind::Name {
                return self.expected("a name");
            }
            let name = self.advance()?.text;
            let open = self.at;
            let mut args = Vec::new();
            if self.took("(")? {
                loop {
                    if !matches!(self.token.kind, Kind::Name | Kind::Variable) {
                        return self.expected("a parameter");
                    }
                    args.push(self.advance()?.text);
                    if !self.took(";")? {
                        break;
                    }
                }
                self.close(open, ")", "`;` or ")?;
            }
            self.expect(":")?;
            let body = self.query()?;
            self.expect(";")?;
            definitions.push(Def { name, args, body });
        }
        Ok(definitions)
    }
}

fn with_path<'s>(head: Ast<'s>, parts: Vec<(Part<Ast<'s>>, Opt)>) -> Ast<'s> {
    if parts.is_empty() { head } else { Term::Path(boxed(head), Path(parts)) }
}
