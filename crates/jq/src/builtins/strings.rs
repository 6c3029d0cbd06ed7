//! Strings: conversion, trimming, splitting, the `@` formats.

use super::table::{Builtin, native};
use super::{Error, one, want_array, want_text};
use crate::json::number::spelling_end;
use crate::json::value::{Node, Value};
use crate::run::arithmetic::{fail, split};
use base64::Engine as _;
use base64::engine::{GeneralPurpose, general_purpose};
use jaq_core::native::unary;
use jaq_core::{ValR, ValT};

pub(crate) const TABLE: &[Builtin] = &[
    native("tostring", "", |cv| one(Ok(cv.1.into_string()))),
    native("fromjson", "", |cv| one(from_json(&cv.1))),
    native("tonumber", "", |cv| one(to_number(cv.1))),
    native("toboolean", "", |cv| one(to_boolean(cv.1))),
    native("utf8bytelength", "", |cv| {
        let wrong = || format!("{} only strings have UTF-8 byte length", cv.1.described());
        one(want_text(&cv.1, wrong).map(|text| text.len().into()))
    }),
    native("explode", "", |cv| {
        let wrong = || "explode input must be a string".to_owned();
        let code = |character| Value::from(f64::from(u32::from(character)));
        one(want_text(&cv.1, wrong).map(|text| text.chars().map(code).collect()))
    }),
    native("ascii_downcase", "", |cv| {
        let wrong = || "explode input must be a string".to_owned();
        one(want_text(&cv.1, wrong).map(|text| text.to_ascii_lowercase().into()))
    }),
    native("ascii_upcase", "", |cv| {
        let wrong = || "explode input must be a string".to_owned();
        one(want_text(&cv.1, wrong).map(|text| text.to_ascii_uppercase().into()))
    }),
    native("startswith", "v", |cv| {
        unary(cv, |value, part| affix(&value, &part, "startswith").map(|(t, p)| t.starts_with(p).into()))
    }),
    native("endswith", "v", |cv| {
        unary(cv, |value, part| affix(&value, &part, "endswith").map(|(t, p)| t.ends_with(p).into()))
    }),
    native("ltrimstr", "v", |cv| unary(cv, |value, part| trim_start(value, &part))),
    native("rtrimstr", "v", |cv| unary(cv, |value, part| trim_end(value, &part))),
    native("trimstr", "v", |cv| unary(cv, |value, part| trim_end(trim_start(value, &part)?, &part))),
    native("trim", "", |cv| one(trim(&cv.1, str::trim))),
    native("ltrim", "", |cv| one(trim(&cv.1, str::trim_start))),
    native("rtrim", "", |cv| one(trim(&cv.1, str::trim_end))),
    native("split", "v", |cv| {
        unary(cv, |value, separator| match (value.as_str(), separator.as_str()) {
            (Some(text), Some(separator)) => Ok(split(text, separator)),
            _ => fail("split input and separator must be strings"),
        })
    }),
    native("format", "v", |cv| unary(cv, |value, name| format(value, &name))),
    native("@text", "", |cv| one(format(cv.1, &Value::from_str("text")))),
    native("@json", "", |cv| one(format(cv.1, &Value::from_str("json")))),
    native("@csv", "", |cv| one(format(cv.1, &Value::from_str("csv")))),
    native("@tsv", "", |cv| one(format(cv.1, &Value::from_str("tsv")))),
    native("@html", "", |cv| one(format(cv.1, &Value::from_str("html")))),
    native("@uri", "", |cv| one(format(cv.1, &Value::from_str("uri")))),
    native("@urid", "", |cv| one(format(cv.1, &Value::from_str("urid")))),
    native("@sh", "", |cv| one(format(cv.1, &Value::from_str("sh")))),
    native("@base64", "", |cv| one(format(cv.1, &Value::from_str("base64")))),
    native("@base64d", "", |cv| one(format(cv.1, &Value::from_str("base64d")))),
    native("have_literal_numbers", "", |_| one(Ok(true.into()))),
    native("have_decnum", "", |_| one(Ok(true.into()))),
];

fn text_of(value: Value) -> String {
    value.into_string().as_str().unwrap_or_default().to_owned()
}

fn from_json(value: &Value) -> ValR<Value> {
    let text = want_text(value, || format!("{} only strings can be parsed", value.described()))?;
    match text.trim() {
        "nan" | "NaN" => Ok(Value::from(f64::NAN)),
        _ => Value::parse(text.as_bytes()).or_else(|wrong| {
            let shown = Value::from_str(text);
            fail(format!("{wrong} (while parsing {})", shown.shortened()))
        }),
    }
}

fn to_number(value: Value) -> ValR<Value> {
    if value.is_number() {
        return Ok(value);
    }
    if let Some(text) = value.as_str() {
        if spelling_end(text.as_bytes()) == Ok(text.len()) {
            return Ok(Value::spelled(text));
        }
        // `.5`, `5.`, `+5`, zeros in front, `nan` and `infinity` are fine in text.
        if let Ok(number) = text.parse::<f64>() {
            return Ok(Value::from(number));
        }
    }
    fail(format!("{} cannot be parsed as a number", value.described()))
}

fn to_boolean(value: Value) -> ValR<Value> {
    match (&value.0, value.as_str()) {
        (Node::Bool(_), _) => Ok(value),
        (_, Some("true")) => Ok(true.into()),
        (_, Some("false")) => Ok(false.into()),
        _ => fail(format!("{} cannot be parsed as a boolean", value.described())),
    }
}

fn affix<'v>(value: &'v Value, part: &'v Value, name: &str) -> Result<(&'v str, &'v str), Error> {
    match (value.as_str(), part.as_str()) {
        (Some(text), Some(part)) => Ok((text, part)),
        _ => fail(format!("{name}() requires string inputs")),
    }
}

fn trim_start(value: Value, part: &Value) -> ValR<Value> {
    let (text, part) = affix(&value, part, "startswith")?;
    let rest = text.strip_prefix(part).map(Value::from_str);
    Ok(rest.unwrap_or(value))
}

fn trim_end(value: Value, part: &Value) -> ValR<Value> {
    let (text, part) = affix(&value, part, "endswith")?;
    let rest = text.strip_suffix(part).map(Value::from_str);
    Ok(rest.unwrap_or(value))
}

fn trim(value: &Value, trim: for<'t> fn(&'t str) -> &'t str) -> ValR<Value> {
    want_text(value, || "trim input must be a string".to_owned()).map(|text| Value::from_str(trim(text)))
}

fn csv_field(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn tsv_field(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\t', "\\t");
    text.replace('\n', "\\n").replace('\r', "\\r")
}

fn row(value: &Value, format: &str, separator: &str, quote: fn(&str) -> String) -> ValR<Value> {
    let wrong = || format!("{} cannot be {format}-formatted, only array", value.described());
    let mut fields = Vec::new();
    for field in want_array(value, wrong)? {
        fields.push(match &field.0 {
            Node::Null => String::new(),
            Node::String(text) => quote(text.as_str()),
            Node::Array(_) | Node::Object(_) => {
                return fail(format!("{} is not valid in a csv row", field.described()));
            }
            _ if field.as_f64().is_some_and(f64::is_nan) => String::new(),
            _ => field.to_string(),
        });
    }
    Ok(fields.join(separator).into())
}

fn escape_html(text: &str) -> Value {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\'' => escaped.push_str("&apos;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped.into()
}

fn escape_uri(text: &str) -> Value {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped.into()
}

fn unescape_uri(text: &str) -> ValR<Value> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let hex = tail.get(..2).filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        let code = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        let Some(code) = code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) else {
            let shown = Value::from_str(text).described();
            return fail(format!("{shown} is not a valid uri encoding"));
        };
        bytes.push(code);
        rest = &tail[2..];
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(_) => fail(format!("{} is not a valid uri encoding", Value::from_str(text).described())),
    }
}

fn shell(value: &Value) -> ValR<Value> {
    let word = |value: &Value| match &value.0 {
        Node::String(text) => Ok(format!("'{}'", text.as_str().replace('\'', "'\\''"))),
        Node::Array(_) | Node::Object(_) => {
            fail(format!("{} can not be escaped for shell", value.described()))
        }
        _ => Ok(value.to_string()),
    };
    let words = match value.as_array() {
        Some(elements) => elements.iter().map(word).collect::<Result<Vec<_>, _>>()?,
        None => vec![word(value)?],
    };
    Ok(words.join(" ").into())
}

/// Six bits a digit, up to the first `=`.
fn decode_base64(text: &str) -> ValR<Value> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
    );
    let digits = text.split('=').next().unwrap_or_default();
    let wrong = |what| fail(format!("{} {what}", Value::from_str(text).described()));
    if digits.bytes().any(|byte| !byte.is_ascii_alphanumeric() && byte != b'+' && byte != b'/') {
        return wrong("is not valid base64 data");
    }
    match LENIENT.decode(digits) {
        Ok(bytes) => Ok(readable(&bytes).into()),
        Err(_) => wrong("trailing base64 byte found"),
    }
}

/// Bytes as text. Each run that is none becomes one replacement character: a byte that says how
/// many follow, with those that do follow.
fn readable(mut bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    while let Some(first) = bytes.first() {
        let length = match first {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => 1,
        };
        let following = bytes[1..].iter().take(length - 1).take_while(|byte| **byte & 0xC0 == 0x80).count();
        let whole = following == length - 1;
        // What is cut off at the end goes with the rest, whatever that is.
        let length = if bytes.len() < length { bytes.len() } else { 1 + following };
        let (character, rest) = bytes.split_at(length);
        match std::str::from_utf8(character) {
            Ok(character) if whole => text.push_str(character),
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
        bytes = rest;
    }
    text
}

/// `format(name)`: the same as `@name`.
fn format(value: Value, name: &Value) -> ValR<Value> {
    match want_text(name, || format!("{} is not a valid format", name.described()))? {
        "text" => Ok(value.into_string()),
        "json" => Ok(value.to_string().into()),
        "csv" => row(&value, "csv", ",", csv_field),
        "tsv" => row(&value, "tsv", "\t", tsv_field),
        "html" => Ok(escape_html(&text_of(value))),
        "uri" => Ok(escape_uri(&text_of(value))),
        "urid" => unescape_uri(&text_of(value)),
        "sh" => shell(&value),
        "base64" => Ok(general_purpose::STANDARD.encode(text_of(value)).into()),
        "base64d" => decode_base64(&text_of(value)),
        other => fail(format!("{other} is not a valid format")),
    }
}
