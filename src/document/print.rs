//! Writing values.

use super::{Style, Value};
use std::io::{self, Write};

/// A number that JSON can't spell: NaN or an infinity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the result holds a number that JSON can't spell (NaN or infinity)")]
pub struct NotFinite;

/// The bytes of `value` for a file in `style`.
///
/// # Errors
///
/// [`NotFinite`]: JSON has no NaN and no infinity.
pub fn serialise(value: &Value, style: &Style) -> Result<Vec<u8>, NotFinite> {
    let mut out = Vec::new();
    write(value, style, &mut out).map_err(|_| NotFinite)?;
    if style.final_newline {
        out.push(b'\n');
    }
    Ok(out)
}

/// Prints `value` for a person, as jq does; ends with a newline when the style says so. With
/// `raw_strings` a string is printed as it is.
///
/// # Errors
///
/// Those of `out`.
pub fn print(value: &Value, style: &Style, raw_strings: bool, out: &mut impl Write) -> io::Result<()> {
    match &value.0 {
        jaq_json::Val::TStr(text) if raw_strings => out.write_all(text)?,
        _ => write(value, style, out)?,
    }
    if style.final_newline { out.write_all(b"\n") } else { Ok(()) }
}

fn write(value: &Value, style: &Style, out: &mut impl Write) -> io::Result<()> {
    let pp = jaq_json::write::Pp {
        indent: style.indent.clone(),
        sort_keys: style.sort_keys,
        sep_space: style.indent.is_some(),
        ..Default::default()
    };
    jaq_json::write::write(out, &pp, 0, &value.0)
}
