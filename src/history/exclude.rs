//! Files of which no version is kept.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A pattern for paths: `*` stands for anything within a name, `?` for one byte of it, and `**` for
/// any folders. `**/secrets*` matches every file whose name begins with `secrets`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Byte(u8),
    /// One byte of a name.
    One,
    /// Any bytes of a name.
    Name,
    /// Any bytes.
    Any,
}

impl Pattern {
    /// Reads a pattern.
    pub fn new(text: &str) -> Pattern {
        let mut parts = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((&first, after)) = rest.split_first() {
            let (part, after) = match (first, after) {
                // No folder at all is among any folders.
                (b'*', [b'*', b'/', after @ ..]) => (Part::Any, after),
                (b'*', [b'*', after @ ..]) => (Part::Any, after),
                (b'*', _) => (Part::Name, after),
                (b'?', _) => (Part::One, after),
                (byte, _) => (Part::Byte(byte), after),
            };
            parts.push(part);
            rest = after;
        }
        // Without a folder in front the pattern is for names in any folder.
        if !text.starts_with(['/', '*']) {
            parts.splice(0..0, [Part::Any, Part::Byte(b'/')]);
        }
        Pattern(parts)
    }

    /// Whether an absolute path matches. It takes time in proportion to both lengths, whatever they
    /// hold.
    pub fn matches(&self, path: &Path) -> bool {
        let bytes = path.as_os_str().as_bytes();
        // Which beginnings of the path are matched by the parts so far.
        let mut reached = vec![false; bytes.len() + 1];
        reached[0] = true;
        for part in &self.0 {
            let mut next = vec![false; bytes.len() + 1];
            for at in 0..=bytes.len() {
                let goes_on = at > 0 && next[at - 1];
                next[at] = match part {
                    Part::Byte(byte) => at > 0 && reached[at - 1] && bytes[at - 1] == *byte,
                    Part::One => at > 0 && reached[at - 1] && bytes[at - 1] != b'/',
                    Part::Name => reached[at] || goes_on && bytes[at - 1] != b'/',
                    Part::Any => reached[at] || goes_on,
                };
            }
            reached = next;
        }
        reached[bytes.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stay_in_their_names_and_two_of_them_do_not() {
        for (pattern, path, wanted) in [
            ("**/secrets*", "/home/u/secrets.json", true),
            ("**/secrets*", "/secrets", true),
            ("**/secrets*", "/home/u/secrets.d/key", false),
            ("**/secrets*/**", "/home/u/secrets.d/a/key", true),
            ("/home/*/key.json", "/home/u/key.json", true),
            ("/home/*/key.json", "/home/u/v/key.json", false),
            ("*.env", "/home/u/prod.env", false),
            ("**/*.env", "/home/u/prod.env", true),
            ("token?.txt", "/home/u/token1.txt", true),
            ("token?.txt", "/home/u/token/.txt", false),
            ("/a", "/a/b", false),
            ("", "/a", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(Path::new(path)), wanted, "{pattern} {path}");
        }
    }
}
