//! How what is no array or object is spelled.

use crate::json::number::write_float;
use crate::json::parse::plain_length;
use crate::json::print::NotJson;
use crate::json::value::Node;

/// Appends a value that is no array or object. With `ascii` what is beyond it is escaped. A file is
/// written `strict`ly: a number that JSON can't spell is refused.
pub(crate) fn write_atom(node: &Node, ascii: bool, strict: bool, out: &mut Vec<u8>) -> Result<(), NotJson> {
    match node {
        Node::Null => out.extend_from_slice(b"null"),
        Node::Bool(true) => out.extend_from_slice(b"true"),
        Node::Bool(false) => out.extend_from_slice(b"false"),
        Node::Number(number) => {
            if strict && !number.is_finite() {
                let what = if number.is_nan() { "NaN" } else { "an infinity" };
                return Err(NotJson::NotFinite(what));
            }
            write_float(*number, out);
        }
        Node::Spelled(short) => out.extend_from_slice(short.as_bytes()),
        Node::SpelledLong(long) => out.extend_from_slice(long.as_bytes()),
        Node::String(text) => write_string(text.as_str(), ascii, strict, out),
        Node::Array(_) | Node::Object(_) => {}
    }
    Ok(())
}

/// Appends a string in quotes.
pub(crate) fn write_string(text: &str, ascii: bool, strict: bool, out: &mut Vec<u8>) {
    out.push(b'"');
    if ascii {
        escape_to_ascii(text, out);
    } else {
        escape(text.as_bytes(), strict, out);
    }
    out.push(b'"');
}

fn escape(mut bytes: &[u8], strict: bool, out: &mut Vec<u8>) {
    loop {
        let (plain, rest) = bytes.split_at(plain_length(bytes));
        // jq escapes DEL as well. JSON does not ask for it, and in a file it would be a change.
        if !strict && plain.contains(&0x7F) {
            for (place, part) in plain.split(|byte| *byte == 0x7F).enumerate() {
                if place > 0 {
                    out.extend_from_slice(b"\\u007f");
                }
                out.extend_from_slice(part);
            }
        } else {
            out.extend_from_slice(plain);
        }
        let Some((special, rest)) = rest.split_first() else {
            return;
        };
        escape_special(*special, out);
        bytes = rest;
    }
}

fn escape_to_ascii(text: &str, out: &mut Vec<u8>) {
    let mut units = [0u16; 2];
    for character in text.chars() {
        match u8::try_from(character) {
            Ok(byte @ (b'"' | b'\\' | 0..=0x1F)) => escape_special(byte, out),
            Ok(byte) if byte.is_ascii() => out.push(byte),
            _ => {
                for unit in character.encode_utf16(&mut units) {
                    out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
            }
        }
    }
}

fn escape_special(byte: u8, out: &mut Vec<u8>) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0C => b'f',
        _ => {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
            return;
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}
