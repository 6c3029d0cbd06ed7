//! Changes to a text of any kind, without I/O: replace what occurs once, insert lines at a place
//! that is named.
//!
//! All of it works on bytes, so that an unknown encoding, a missing last newline and a byte order
//! mark are kept. Only line ends, white space and the marks of Markdown are looked at, which are
//! ASCII.

mod find;
mod insert;
mod lines;
mod markdown;
mod near;
mod replace;

use std::fmt;

pub use insert::{Spot, insert};
pub use near::Near;
pub use replace::{NoPlace, Replacement, replace};

/// So many line numbers and headings are named.
const NAMED: usize = 10;

/// Why a place in a text could not be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// Nothing was to be found, and that is everywhere.
    #[error("the text to look for is empty")]
    Empty,
    /// The text does not occur.
    #[error("the text to look for does not occur")]
    Nowhere {
        /// Places that differ from it in white space or line ends only.
        near: Vec<Near>,
    },
    /// The text occurs more than once, and which place is meant can't be told.
    #[error("the text to look for occurs {places} times, on {lines}")]
    Several {
        /// How often.
        places: usize,
        /// On which lines.
        lines: LineNumbers,
    },
    /// The text ends before that line.
    #[error("there is no place for line {wanted}: there are {lines} lines, counted from 1")]
    NoLine {
        /// The line that was asked for.
        wanted: usize,
        /// How many there are.
        lines: usize,
    },
    /// No heading reads like this.
    #[error("there is no heading {heading}")]
    NoHeading {
        /// The heading that was asked for.
        heading: String,
        /// Some of those that there are.
        headings: Vec<String>,
    },
    /// More than one heading reads like this.
    #[error("{places} headings read {heading}, on {lines}")]
    SeveralHeadings {
        /// How many.
        places: usize,
        /// The heading that was asked for.
        heading: String,
        /// On which lines.
        lines: LineNumbers,
    },
}

impl NotFound {
    /// More lines for the message: what is nearly it.
    pub fn details(&self) -> Option<String> {
        match self {
            NotFound::Nowhere { near } if !near.is_empty() => {
                Some(near.iter().map(Near::to_string).collect::<Vec<_>>().join("\n"))
            }
            NotFound::NoHeading { headings, .. } if !headings.is_empty() => {
                Some(format!("the headings are:\n{}", headings.join("\n")))
            }
            _ => None,
        }
    }
}

/// The numbers of some lines, for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineNumbers(Vec<usize>);

impl LineNumbers {
    /// These, in order.
    pub fn new(lines: Vec<usize>) -> LineNumbers {
        LineNumbers(lines)
    }
}

impl fmt::Display for LineNumbers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = |lines: &[usize]| lines.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        match &self.0[..] {
            [line] => write!(out, "line {line}"),
            [first @ .., last] if first.len() < NAMED => write!(out, "lines {} and {last}", numbers(first)),
            lines => {
                let (shown, more) = lines.split_at(NAMED.min(lines.len()));
                write!(out, "lines {} and {} more", numbers(shown), more.len())
            }
        }
    }
}
