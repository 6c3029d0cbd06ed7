//! Bytes from users and from other programs, made safe for an info file and for a terminal.

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

/// Escapes control characters, backslashes and what is not UTF-8, so that any bytes fit on one
/// line and [`unescape`] finds them again.
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                letter if is_unsafe(letter) => {
                    push_bytes(&mut text, letter.encode_utf8(&mut [0; 4]).as_bytes())
                }
                letter => text.push(letter),
            }
        }
        push_bytes(&mut text, chunk.invalid());
    }
    text
}

/// The bytes that [`escape`] was given. What is not an escape is left as it is.
pub fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let (byte, used) = match &bytes[at..] {
            [b'\\', b'\\', ..] => (b'\\', 2),
            [b'\\', b'n', ..] => (b'\n', 2),
            [b'\\', b'x', high, low, ..] => match hex::decode([*high, *low]) {
                Ok(byte) => (byte[0], 4),
                Err(_) => (b'\\', 1),
            },
            [byte, ..] => (*byte, 1),
            [] => break,
        };
        plain.push(byte);
        at += used;
    }
    plain
}

/// Text for a terminal: unchanged except for control characters, which are escaped. Backslashes
/// stay single, because people read this.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => safe.push_str("\\n"),
            letter if is_unsafe(letter) => push_bytes(&mut safe, letter.encode_utf8(&mut [0; 4]).as_bytes()),
            letter => safe.push(letter),
        }
    }
    Cow::Owned(safe)
}

/// A path, printable.
pub fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

/// Processes by their numbers, for a message.
pub fn pids(pids: &[u32]) -> String {
    match pids {
        [] => "a process that cannot be named".to_owned(),
        [pid] => format!("pid {pid}"),
        pids => format!("pids {}", pids.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// At most `limit` bytes of `text`, cut between characters, with `…` where something is missing.
pub fn shorten(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    let cut = text.floor_char_boundary(limit.saturating_sub('…'.len_utf8()));
    Cow::Owned(format!("{}…", &text[..cut]))
}

/// A time for a message: `250ms`, `1.2s`, `12s`, `5m 3s`.
pub fn show_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{}ms", duration.as_millis()),
        1..10 => format!("{:.1}s", duration.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3600..86400 => format!("{}h {}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {}h", seconds / 86400, seconds / 3600 % 24),
    }
}

/// Control characters, and the marks that change a line's direction.
pub fn is_unsafe(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn push_bytes(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        text.push_str(&format!("\\x{byte:02x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_survive_and_the_line_stays_one(bytes: Vec<u8>) {
            let text = escape(&bytes);
            prop_assert!(!text.contains(is_unsafe));
            prop_assert_eq!(unescape(&text), bytes);
        }

        #[test]
        fn nothing_unsafe_is_printable(text: String) {
            prop_assert!(!printable(&text).contains(is_unsafe));
        }

        #[test]
        fn short_is_short(text: String, limit in 4usize..40) {
            prop_assert!(shorten(&text, limit).len() <= limit);
        }
    }
}
