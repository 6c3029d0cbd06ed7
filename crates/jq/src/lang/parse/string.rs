//! Strings, with the terms inside them.

use super::{Parsed, Parser};
use crate::lang::rewrite::Ast;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::Term;

impl<'s> Parser<'s> {
    /// A string from its opening quote on.
    pub(crate) fn string(&mut self, format: Option<&'s str>) -> Parsed<Ast<'s>> {
        let open = self.at;
        let mut parts = Vec::new();
        let mut at = self.end();
        loop {
            let rest = &self.source[at..];
            let length = rest.find(['"', '\\']).unwrap_or(rest.len());
            if length > 0 {
                parts.push(StrPart::Str(&rest[..length]));
            }
            at += length;
            let rest = &rest[length..];
            if rest.is_empty() {
                return self.wrong_at(open, 1, "no closing quote for this `\"`");
            }
            if rest.starts_with('"') {
                self.go_on(at + 1)?;
                return Ok(Term::Str(format, parts));
            }
            if rest.starts_with("\\(") {
                self.go_on(at + 2)?;
                parts.push(StrPart::Term(self.query()?));
                if !self.token.is(")") {
                    return self.close(at + 1, ")", "").map(|()| Term::Id);
                }
                at = self.end();
            } else {
                let (letter, length) = self.escape(at)?;
                parts.push(StrPart::Char(letter));
                at += length;
            }
        }
    }

    /// The character of the escape at `at`, and the length of that.
    fn escape(&self, at: usize) -> Parsed<(char, usize)> {
        let letter = match self.source[at..].chars().nth(1) {
            Some(same @ ('"' | '\\' | '/')) => same,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.unicode(at),
            _ => return self.wrong_at(at, 2, "not an escape of JSON (a backslash is `\\\\`)"),
        };
        Ok((letter, 2))
    }

    /// `\uXXXX`, or two of them for what lies beyond the first plane.
    fn unicode(&self, at: usize) -> Parsed<(char, usize)> {
        let unit = |at: usize| {
            let digits = self.source[at..].strip_prefix("\\u")?.get(..4)?;
            digits
                .bytes()
                .all(|digit| digit.is_ascii_hexdigit())
                .then(|| u16::from_str_radix(digits, 16).ok())?
        };
        let Some(first) = unit(at) else {
            return self.wrong_at(at, 2, "`\\u` needs four hexadecimal digits");
        };
        let second = if (0xd800..0xdc00).contains(&first) { unit(at + 6) } else { None };
        let mut letters = char::decode_utf16([Some(first), second].into_iter().flatten());
        match letters.next() {
            Some(Ok(letter)) => Ok((letter, if second.is_some() { 12 } else { 6 })),
            _ => self.wrong_at(at, 6, "half of a surrogate pair"),
        }
    }
}
