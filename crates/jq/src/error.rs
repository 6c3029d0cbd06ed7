//! Why a filter has no result.

use crate::slips::Slip;

/// What went wrong with a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterErrorKind {
    /// The filter is not understood.
    Compile,
    /// It ended in an error, with this message.
    Failed(String),
    /// It recursed deeper than there is room for.
    TooDeep,
    /// It gave no result where one is needed.
    NoResult,
    /// It gave several results where one is needed.
    SeveralResults,
    /// It called `halt` or `halt_error`.
    Halted {
        /// The exit code asked for.
        code: i32,
        /// What `halt_error` wanted on standard error, as it is.
        message: Vec<u8>,
    },
}

/// Why a filter has no result. Displayed as one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{summary}")]
pub struct FilterError {
    kind: FilterErrorKind,
    summary: String,
    /// Apart, so that a result is small where nothing goes wrong.
    more: Box<More>,
}

/// What is known besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct More {
    details: Option<String>,
    slip: Option<Slip>,
    path: Option<String>,
}

impl FilterError {
    pub(crate) fn new(kind: FilterErrorKind, summary: impl Into<String>) -> Self {
        Self { kind, summary: summary.into().replace(['\n', '\r'], " "), more: Box::default() }
    }

    /// A filter that is not understood: what is wrong at `at` (a byte offset), and for how long.
    pub(crate) fn compile(source: &str, at: usize, length: usize, what: &str) -> Self {
        let at = source.floor_char_boundary(at.min(source.len()));
        let before = &source[..at];
        let line_number = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = source[start..].lines().next().unwrap_or_default();
        let column = source[start..at].chars().count();
        let rest = line.chars().count().saturating_sub(column);
        let number = line_number.to_string();
        let (gutter, blank, carets) =
            (" ".repeat(number.len()), " ".repeat(column), "^".repeat(length.clamp(1, rest.max(1))));
        // Tabs are as wide as a terminal makes them: keep them under the caret too.
        let shown = line.replace('\t', " ");
        let details = format!("{gutter} |\n{number} | {shown}\n{gutter} | {blank}{carets} {what}");
        let place = if line_number == 1 {
            format!("column {}", column + 1)
        } else {
            format!("line {line_number}, column {}", column + 1)
        };
        let mut error = Self::new(FilterErrorKind::Compile, format!("filter, {place}: {what}"));
        error.more.details = Some(details);
        error
    }

    /// The same, and what was probably meant there.
    pub(crate) fn with_slip(mut self, slip: Option<Slip>) -> Self {
        self.more.slip = slip;
        self
    }

    /// The same with the place in the document.
    pub(crate) fn with_path(mut self, path: Option<String>) -> Self {
        self.more.path = path;
        self
    }

    /// What was probably meant where the filter is not understood.
    #[must_use]
    pub fn slip(&self) -> Option<&Slip> {
        self.more.slip.as_ref()
    }

    /// The path in the document at which the filter failed, if that is known.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.more.path.as_deref()
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> &FilterErrorKind {
        &self.kind
    }

    /// For a compile error: the filter's line, a caret under the place and what was expected.
    #[must_use]
    pub fn details(&self) -> Option<&str> {
        self.more.details.as_deref()
    }
}

/// Where `part`, a slice of `source`, starts; the end if it is none.
pub(crate) fn offset(source: &str, part: &str) -> usize {
    let (whole, part) = (source.as_ptr().addr(), part.as_ptr().addr());
    part.checked_sub(whole).filter(|at| *at <= source.len()).unwrap_or(source.len())
}
