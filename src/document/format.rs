//! In which format a document is written. One row a format: its word, and the ends of its files' names.

use std::fmt;
use std::path::Path;

/// In which format a document is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// RFC 8259, strictly.
    #[default]
    Json,
    /// JSON with comments and trailing commas, as editors' settings have them.
    Jsonc,
    /// TOML 1.1.
    Toml,
}

/// Every format, as it is named in a message, as it is typed, and what its files' names end in.
const FORMATS: [(Format, &str, &str, &[&str]); 3] = [
    (Format::Json, "JSON", "json", &["json"]),
    (Format::Jsonc, "JSON with comments and trailing commas", "jsonc", &["jsonc"]),
    (Format::Toml, "TOML", "toml", &["toml"]),
];

impl Format {
    /// Every format.
    pub const ALL: [Format; FORMATS.len()] = [FORMATS[0].0, FORMATS[1].0, FORMATS[2].0];

    /// The format that a file's name tells, if it tells one.
    pub fn of_name(name: &Path) -> Option<Format> {
        let extension = name.extension()?.to_str()?;
        let is_its = |(_, _, _, extensions): &&(Format, &str, &str, &[&str])| {
            extensions.iter().any(|known| known.eq_ignore_ascii_case(extension))
        };
        FORMATS.iter().find(is_its).map(|row| row.0)
    }

    /// What a new document starts from, as its bytes.
    pub fn empty(self) -> &'static str {
        match self {
            Format::Json | Format::Jsonc => "{}",
            Format::Toml => "",
        }
    }

    /// The word for it that is typed.
    pub fn word(self) -> &'static str {
        self.row().2
    }

    /// What it is, in a few words.
    pub fn about(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> &'static (Format, &'static str, &'static str, &'static [&'static str]) {
        FORMATS.iter().find(|row| row.0 == self).unwrap_or(&FORMATS[0])
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.row().1)
    }
}
