//! How a document is laid out.

/// Indent, separators, line ends and key order of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    pub(super) indent: Option<String>,
    pub(super) sort_keys: bool,
    pub(super) final_newline: bool,
}

impl Style {
    /// The style that `bytes` are written in.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Self {
        Self { final_newline: bytes.is_empty() || bytes.ends_with(b"\n"), ..Self::pretty() }
    }

    /// Two spaces, keys as they come, a final newline.
    #[must_use]
    pub fn pretty() -> Self {
        Self { indent: Some("  ".to_owned()), sort_keys: false, final_newline: true }
    }

    /// One line without spaces, a final newline.
    #[must_use]
    pub fn compact() -> Self {
        Self { indent: None, ..Self::pretty() }
    }

    /// Indents by `spaces`; 0 is one line.
    #[must_use]
    pub fn indent(self, spaces: usize) -> Self {
        Self { indent: (spaces > 0).then(|| " ".repeat(spaces)), ..self }
    }

    /// Indents by one tab.
    #[must_use]
    pub fn tab(self) -> Self {
        Self { indent: Some("\t".to_owned()), ..self }
    }

    /// Sorts the keys of every object.
    #[must_use]
    pub fn sort_keys(self, sort_keys: bool) -> Self {
        Self { sort_keys, ..self }
    }

    /// Ends with a newline or not.
    #[must_use]
    pub fn final_newline(self, final_newline: bool) -> Self {
        Self { final_newline, ..self }
    }
}
