//! How a document is laid out, found from its bytes so that an update keeps it.

/// Indent, separators, line ends and key order of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    layout: Layout,
    carriage_return: bool,
    pub(crate) ascii: bool,
    pub(crate) sort_keys: bool,
    pub(crate) final_newline: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Layout {
    /// One line; with blanks after `,` and `:` or not.
    OneLine { after_comma: bool, after_colon: bool },
    /// An element a line, indented by this a level.
    Indented(String),
}

impl Style {
    /// The style that `bytes`, a valid document, are written in. What they don't show is as
    /// [`Style::pretty`] has it; so is everything for an empty file.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Self {
        let final_newline = bytes.last().is_none_or(|last| *last == b'\n');
        let body = bytes.trim_ascii();
        let carriage_return = match bytes.iter().position(|byte| *byte == b'\n') {
            Some(at) => at > 0 && bytes[at - 1] == b'\r',
            None => false,
        };
        let layout = Self::layout(body);
        Self { layout, carriage_return, ascii: is_ascii_escaped(bytes), sort_keys: false, final_newline }
    }

    fn layout(body: &[u8]) -> Layout {
        let pretty = || Layout::Indented("  ".to_owned());
        let Some((b'{' | b'[', inside)) = body.split_first() else {
            return pretty();
        };
        let blanks = inside.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if blanks + 1 >= inside.len() {
            return pretty();
        }
        let (gap, _) = inside.split_at(blanks);
        if let Some(line) = gap.iter().rposition(|byte| *byte == b'\n') {
            let indent = String::from_utf8_lossy(&gap[line + 1..]).into_owned();
            return Layout::Indented(indent);
        }
        if body.contains(&b'\n') {
            return pretty();
        }
        let (after_comma, after_colon) = blanks_after(body, false);
        Layout::OneLine { after_comma, after_colon }
    }

    /// Two spaces, keys as they come, a final newline.
    #[must_use]
    pub fn pretty() -> Self {
        Self {
            layout: Layout::Indented("  ".to_owned()),
            carriage_return: false,
            ascii: false,
            sort_keys: false,
            final_newline: true,
        }
    }

    /// One line without blanks, a final newline.
    #[must_use]
    pub fn compact() -> Self {
        let layout = Layout::OneLine { after_comma: false, after_colon: false };
        Self { layout, ..Self::pretty() }
    }

    /// Indents by `spaces`; 0 is one line without blanks.
    #[must_use]
    pub fn indent(self, spaces: usize) -> Self {
        match spaces {
            0 => Self { layout: Self::compact().layout, ..self },
            _ => Self { layout: Layout::Indented(" ".repeat(spaces)), ..self },
        }
    }

    /// Indents by one tab.
    #[must_use]
    pub fn tab(self) -> Self {
        Self { layout: Layout::Indented("\t".to_owned()), ..self }
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

    pub(crate) fn line_end(&self) -> &'static str {
        if self.carriage_return { "\r\n" } else { "\n" }
    }

    /// What a line is indented by, a level; `None` for one line.
    pub(crate) fn indent_text(&self) -> Option<&str> {
        match &self.layout {
            Layout::Indented(indent) => Some(indent),
            Layout::OneLine { .. } => None,
        }
    }

    pub(crate) fn comma(&self) -> &'static str {
        match self.layout {
            Layout::OneLine { after_comma: true, .. } => ", ",
            _ => ",",
        }
    }

    pub(crate) fn colon(&self) -> &'static str {
        match self.layout {
            Layout::OneLine { after_colon: false, .. } => ":",
            _ => ": ",
        }
    }
}

/// Whether blanks follow the commas and the colons of a document that starts with `bytes`: those
/// outside of strings, and of the commas those that don't end a line. The first ones show it. With
/// one of the two not to be seen, the other decides, else `unseen`.
pub(crate) fn blanks_after(bytes: &[u8], unseen: bool) -> (bool, bool) {
    let (mut comma, mut colon) = (None, None);
    let mut in_string = false;
    let mut at = 0;
    while at < bytes.len() && (comma.is_none() || colon.is_none()) {
        let next = bytes.get(at + 1);
        match bytes[at] {
            b'"' => in_string = !in_string,
            b'\\' => at += 1,
            b',' if !in_string && comma.is_none() && !matches!(next, None | Some(b'\n' | b'\r')) => {
                comma = Some(next == Some(&b' '));
            }
            b':' if !in_string && colon.is_none() => colon = Some(next == Some(&b' ')),
            _ => {}
        }
        at += 1;
    }
    let either = comma.or(colon).unwrap_or(unseen);
    (comma.unwrap_or(either), colon.unwrap_or(either))
}

/// Whether all characters beyond ASCII are escaped, as many writers do, and at least one is there.
pub(crate) fn is_ascii_escaped(bytes: &[u8]) -> bool {
    bytes.is_ascii() && has_unicode_escape(bytes)
}

/// Whether a character beyond ASCII is written as `\uXXXX`.
fn has_unicode_escape(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| *byte == b'\\') {
        at += next;
        match bytes.get(at + 1..at + 6) {
            Some([b'u', b'0', b'0', high, _]) if *high < b'8' => {}
            Some([b'u', ..]) => return true,
            _ => {}
        }
        at = (at + 2).min(bytes.len());
    }
    false
}
