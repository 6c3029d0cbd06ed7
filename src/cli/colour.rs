//! Colours for JSON and differences, as `jq` and `git` have them.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use clap::ValueEnum;

use crate::settings;

/// When there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

static CHOSEN: OnceLock<When> = OnceLock::new();

/// Says when there are colours for the rest of this command line. What was said first counts.
pub fn choose(when: When) {
    let _ = CHOSEN.set(when);
}

/// Whether there are colours on this stream.
pub fn on(stream: &impl IsTerminal) -> bool {
    match CHOSEN.get() {
        Some(When::Always) => true,
        Some(When::Never) => false,
        Some(When::Auto) | None => stream.is_terminal() && !settings::no_color(),
    }
}

const KEY: &[u8] = b"\x1b[34;1m";
const TEXT: &[u8] = b"\x1b[32m";
const NULL: &[u8] = b"\x1b[90m";
const END: &[u8] = b"\x1b[0m";

/// Colours the JSON that is written through it, piece by piece.
pub struct Json<W> {
    out: W,
    inside: Inside,
    /// What is open, the innermost last: whether each is an object.
    open: Vec<bool>,
    /// Whether the next string is a key.
    key_next: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Nothing,
    Text { escaped: bool },
    Null,
}

impl<W: Write> Json<W> {
    /// In front of `out`.
    pub fn new(out: W) -> Json<W> {
        Json { out, inside: Inside::Nothing, open: Vec::new(), key_next: false }
    }

    fn byte(&mut self, byte: u8, painted: &mut Vec<u8>) {
        match (self.inside, byte) {
            (Inside::Text { escaped: true }, _) => self.inside = Inside::Text { escaped: false },
            (Inside::Text { .. }, b'\\') => self.inside = Inside::Text { escaped: true },
            (Inside::Text { .. }, b'"') => {
                painted.push(byte);
                painted.extend(END);
                self.inside = Inside::Nothing;
                return;
            }
            (Inside::Text { .. }, _) => {}
            (Inside::Null, letter) if letter.is_ascii_alphabetic() => {}
            (Inside::Null | Inside::Nothing, _) => {
                if self.inside == Inside::Null {
                    painted.extend(END);
                    self.inside = Inside::Nothing;
                }
                self.between(byte, painted);
            }
        }
        painted.push(byte);
    }

    /// A byte that stands in no string.
    fn between(&mut self, byte: u8, painted: &mut Vec<u8>) {
        match byte {
            b'"' => {
                painted.extend(if self.key_next { KEY } else { TEXT });
                self.inside = Inside::Text { escaped: false };
            }
            b'n' => {
                painted.extend(NULL);
                self.inside = Inside::Null;
            }
            b'{' | b'[' => {
                self.open.push(byte == b'{');
                self.key_next = byte == b'{';
            }
            b'}' | b']' => drop(self.open.pop()),
            b',' => self.key_next = self.open.last() == Some(&true),
            b':' => self.key_next = false,
            _ => {}
        }
    }
}

impl<W: Write> Write for Json<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut painted = Vec::with_capacity(bytes.len() * 2);
        bytes.iter().for_each(|&byte| self.byte(byte, &mut painted));
        self.out.write_all(&painted)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A difference in the unified form: what goes is red, what comes is green.
pub fn diff(text: &str) -> String {
    let paint = |line: &str| {
        let colour = match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => "1",
            [b'@', ..] => "36",
            [b'+', ..] => "32",
            [b'-', ..] => "31",
            _ => return line.to_owned(),
        };
        let content = line.trim_end_matches('\n');
        format!("\x1b[{colour}m{content}\x1b[0m{}", &line[content.len()..])
    };
    text.split_inclusive('\n').map(paint).collect()
}

#[cfg(test)]
mod tests {
    use super::{Json, diff};
    use std::io::Write;

    /// With the escapes as letters.
    fn painted(json: &str, piece: usize) -> String {
        let mut out = Vec::new();
        let mut colour = Json::new(&mut out);
        json.as_bytes().chunks(piece).for_each(|piece| colour.write_all(piece).unwrap());
        let text = String::from_utf8(out).unwrap();
        text.replace("\x1b[34;1m", "K<")
            .replace("\x1b[32m", "T<")
            .replace("\x1b[90m", "N<")
            .replace("\x1b[0m", ">")
    }

    #[test]
    fn keys_texts_and_null_are_told_apart_in_pieces_of_any_size() {
        let json = r#"{"a": ["b", {"c\"": null}], "d": "x: \\", "n": -1, "t": true}"#;
        let expected =
            r#"{K<"a">: [T<"b">, {K<"c\"">: N<null>}], K<"d">: T<"x: \\">, K<"n">: -1, K<"t">: true}"#;
        for piece in 1..json.len() {
            assert_eq!(painted(json, piece), expected);
        }
        assert_eq!(painted("\"nan\"\nnull\n", 3), "T<\"nan\">\nN<null>\n");
    }

    #[test]
    fn lines_that_go_and_come_have_their_colours() {
        let text = "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z\n";
        let painted = diff(text);
        assert!(painted.contains("\x1b[31m-x\x1b[0m\n\x1b[32m+y\x1b[0m\n z\n"), "{painted:?}");
        assert!(painted.starts_with("\x1b[1m--- a\x1b[0m\n"), "{painted:?}");
    }
}
