//! The plain path that a filter starts with, so that an error in it can say where it was: the path
//! is walked again, as far as the same error.

use crate::Value;
use crate::lang::rewrite::Ast;
use crate::run::{path, trail};
use jaq_core::ValT;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Term};
use jaq_core::path::{Opt, Part};

/// The longest path that is followed.
const LONGEST: usize = 100;

/// One step of a path; with `true` it is no error when there is nothing.
#[derive(Debug, Clone)]
enum Step {
    Key(Value, bool),
    Each(bool),
}

/// The steps before anything else.
#[derive(Debug, Clone, Default)]
pub(crate) struct Start(Vec<Step>);

impl Start {
    pub(crate) fn of(term: &Ast<'_>) -> Self {
        let mut start = Self::default();
        start.collect(term);
        start
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Collects the steps of a term; whether that was all of it.
    fn collect(&mut self, term: &Ast<'_>) -> bool {
        match term {
            Term::Id => true,
            Term::BinOp(left, BinaryOp::Pipe(None), right) => self.collect(left) && self.collect(right),
            Term::Path(head, parts) => {
                self.collect(head)
                    && parts.0.iter().all(|(part, opt)| {
                        let optional = matches!(opt, Opt::Optional);
                        let step = match part {
                            Part::Range(None, None) => Some(Step::Each(optional)),
                            Part::Index(index) => literal(index).map(|key| Step::Key(key, optional)),
                            Part::Range(..) => None,
                        };
                        let step = step.filter(|_| self.0.len() < LONGEST);
                        let known = step.is_some();
                        self.0.extend(step);
                        known
                    })
            }
            _ => false,
        }
    }

    /// The path to the first place in `input` where a step fails with this message.
    pub(crate) fn place(&self, input: &Value, message: &str) -> Option<String> {
        let mut keys = Vec::new();
        let found = fails(input, &self.0, message, &mut keys) && !keys.is_empty();
        found.then(|| trail::spelled(keys.iter()))
    }
}

fn literal(term: &Ast<'_>) -> Option<Value> {
    match term {
        Term::Num(number) => Value::from_num(number).ok(),
        Term::Str(None, parts) => {
            let mut text = String::new();
            for part in parts {
                match part {
                    StrPart::Str(part) => text.push_str(part),
                    StrPart::Char(letter) => text.push(*letter),
                    StrPart::Term(_) => return None,
                }
            }
            Some(Value::from_str(&text))
        }
        _ => None,
    }
}

/// Whether a step fails with this message; `keys` is the way there then.
fn fails(value: &Value, steps: &[Step], message: &str, keys: &mut Vec<Value>) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return false;
    };
    let is_it = |error: jaq_core::Error<Value>| error.into_val().as_str() == Some(message);
    let mut go_on = |key: Value, value: &Value| {
        keys.push(key);
        let found = fails(value, rest, message, keys);
        if !found {
            keys.pop();
        }
        found
    };
    match step {
        Step::Key(key, optional) => match path::get(value, key) {
            Ok(below) => go_on(key.clone(), &below),
            Err(error) => !optional && is_it(error),
        },
        Step::Each(optional) => value.clone().key_values().any(|entry| match entry {
            Ok((key, below)) => go_on(key, &below),
            Err(error) => !optional && is_it(error),
        }),
    }
}
