//! Text that is kept inside the value while it is short, unless it is marked.

use std::cmp::Ordering;
use std::rc::Rc;

/// The longest text that needs no allocation.
const INLINE: usize = 22;

/// Up to [`INLINE`] bytes of UTF-8. The bytes after `len` are zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Short {
    len: u8,
    bytes: [u8; INLINE],
}

impl Short {
    /// `text` if it is short enough.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; INLINE];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { len: u8::try_from(text.len()).ok()?, bytes })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// A string of a document: a key or a value. Cheap to clone.
#[derive(Clone)]
pub(crate) enum Text {
    Short(Short),
    Long(Rc<str>),
    /// A text that has a meaning elsewhere, and means that still wherever it goes as a whole.
    Marked(Rc<str>),
}

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        Short::new(text).map_or_else(|| Self::Long(text.into()), Self::Short)
    }

    /// A text with a mark. It is equal to one without.
    pub(crate) fn marked(text: &str) -> Self {
        Self::Marked(text.into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short(short) => short.as_bytes(),
            Self::Long(long) | Self::Marked(long) => long.as_bytes(),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            // Made from a `str`; checking again is what it costs to do without `unsafe`.
            Self::Short(short) => std::str::from_utf8(short.as_bytes()).unwrap_or_default(),
            Self::Long(long) | Self::Marked(long) => long,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.as_bytes().len()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Short::new(&text).map_or_else(|| Self::Long(text.into()), Self::Short)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Short(left), Self::Short(right)) => left == right,
            (Self::Long(left), Self::Long(right)) => Rc::ptr_eq(left, right) || left == right,
            (Self::Marked(_), _) | (_, Self::Marked(_)) => self.as_bytes() == other.as_bytes(),
            // Without a mark a text has one form only, chosen by its length.
            _ => false,
        }
    }
}

impl Eq for Text {}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::hash::Hash for Text {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_str().fmt(formatter)
    }
}
