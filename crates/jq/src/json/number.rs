//! Numbers: kept as spelled, calculated as floats, printed as jq prints them.

use crate::json::text::Short;
use crate::json::value::{Node, Value};
use std::cmp::Ordering;
use std::fmt::Write;

/// The longest whole number whose digits a float always keeps.
const EXACT_DIGITS: usize = 15;

/// From how many digits on two spellings of a float can be equally near to it.
const TIE_DIGITS: usize = 16;

impl Value {
    /// A number in this spelling, which follows JSON's grammar.
    pub(crate) fn spelled(spelling: &str) -> Self {
        if let Some(number) = plain_whole(spelling.as_bytes()) {
            return Self(Node::Number(number));
        }
        Self(match Short::new(spelling) {
            Some(short) => Node::Spelled(short),
            None => Node::SpelledLong(spelling.into()),
        })
    }

    /// How a number was spelled, if it has a spelling of its own.
    pub(crate) fn spelling(&self) -> Option<&str> {
        match &self.0 {
            Node::Spelled(short) => std::str::from_utf8(short.as_bytes()).ok(),
            Node::SpelledLong(long) => Some(long),
            _ => None,
        }
    }

    /// The number as a float; beyond its range an infinity.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        match &self.0 {
            Node::Number(number) => Some(*number),
            _ => self.spelling().map(|spelling| spelling.parse().unwrap_or(f64::NAN)),
        }
    }

    /// The same number with the opposite sign, its digits kept. Zero has none.
    pub(crate) fn negated(&self) -> Option<Self> {
        match self.spelling() {
            Some(spelling) if Decimal::new(spelling).digits.is_empty() => {
                Some(Self::spelled(spelling.trim_start_matches('-')))
            }
            Some(spelling) => Some(match spelling.strip_prefix('-') {
                Some(positive) => Self::spelled(positive),
                None => Self::spelled(&format!("-{spelling}")),
            }),
            None => self.as_f64().map(|number| Self::from(0.0 - number)),
        }
    }
}

/// The number in this spelling, if printing the float gives it again: a whole one, not too long.
pub(crate) fn plain_whole(spelling: &[u8]) -> Option<f64> {
    let digits = spelling.strip_prefix(b"-").unwrap_or(spelling);
    if digits.len() > EXACT_DIGITS || !digits.iter().all(u8::is_ascii_digit) || spelling == b"-0" {
        return None;
    }
    let magnitude = digits.iter().fold(0i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    #[allow(clippy::cast_precision_loss, reason = "at most EXACT_DIGITS digits")]
    let magnitude = magnitude as f64;
    Some(if digits.len() < spelling.len() { -magnitude } else { magnitude })
}

/// Appends a float as jq prints it: the shortest digits that read back as the same float, with an
/// exponent when there would be many zeros; NaN as `null`, an infinity as the largest float.
pub(crate) fn write_float(number: f64, out: &mut Vec<u8>) {
    if number.is_nan() {
        out.extend_from_slice(b"null");
        return;
    }
    if number.fract() == 0.0 && number.abs() < 1e15 {
        #[allow(clippy::cast_possible_truncation, reason = "whole and below 1e15")]
        let whole = number as i64;
        if whole == 0 && number.is_sign_negative() {
            out.push(b'-');
        }
        write_whole(whole, out);
        return;
    }
    let number = number.clamp(f64::MIN, f64::MAX);
    let mut text = String::with_capacity(32);
    // A `String` takes everything.
    let _ = write!(text, "{number:e}");
    let digits = text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    if digits >= TIE_DIGITS {
        // Of two that are equally short and near the even one, where the standard library may
        // give the other.
        let even = format!("{number:.0$e}", digits - 1);
        if even.parse() == Ok(number) {
            text = even;
        }
    }
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    // The value is 0.DIGITS times ten to the power of `point`.
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    out.extend_from_slice(sign.as_bytes());
    let zeros = |out: &mut Vec<u8>, count: i32| {
        out.extend(std::iter::repeat_n(b'0', usize::try_from(count).unwrap_or(0)));
    };
    if point <= -4 || point > count + 15 {
        out.extend_from_slice(&digits[..1]);
        if digits.len() > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        let exponent = point - 1;
        out.extend_from_slice(format!("e{exponent:+03}").as_bytes());
    } else if point <= 0 {
        out.extend_from_slice(b"0.");
        zeros(out, -point);
        out.extend_from_slice(&digits);
    } else if point >= count {
        out.extend_from_slice(&digits);
        zeros(out, point - count);
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(fraction);
    }
}

fn write_whole(whole: i64, out: &mut Vec<u8>) {
    let mut buffer = [0u8; 20];
    let mut start = buffer.len();
    let mut rest = whole.unsigned_abs();
    loop {
        start -= 1;
        buffer[start] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if whole < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&buffer[start..]);
}

/// Compares two numbers. Spelled ones that are the same float are compared by their digits. A NaN
/// is below every number.
///
/// To be `sorted`, numbers need a total order: a NaN is equal to a NaN then, and a float that has no
/// spelling is compared by the one that printing it gives. jq's `<` puts a NaN below a NaN too, and
/// a float beside all spellings of it.
pub(crate) fn compare(left: &Value, right: &Value, sorted: bool) -> Ordering {
    let (a, b) = (left.as_f64().unwrap_or(f64::NAN), right.as_f64().unwrap_or(f64::NAN));
    match a.partial_cmp(&b) {
        Some(Ordering::Equal) => match (left.spelling(), right.spelling()) {
            (Some(left), Some(right)) if left != right => compare_spellings(left, right),
            (Some(left), None) if sorted => compare_spellings(left, &printed(b)),
            (None, Some(right)) if sorted => compare_spellings(&printed(a), right),
            _ => Ordering::Equal,
        },
        Some(order) => order,
        None if a.is_nan() && b.is_nan() && sorted => Ordering::Equal,
        None if a.is_nan() => Ordering::Less,
        None => Ordering::Greater,
    }
}

fn printed(number: f64) -> String {
    let mut text = Vec::new();
    write_float(number, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

fn compare_spellings(left: &str, right: &str) -> Ordering {
    let (left, right) = (Decimal::new(left), Decimal::new(right));
    let magnitude = (left.point.cmp(&right.point)).then_with(|| left.digits.cmp(&right.digits));
    match (left.digits.is_empty(), right.digits.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) if right.negative => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, true) if left.negative => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => match (left.negative, right.negative) {
            (false, false) => magnitude,
            (true, true) => magnitude.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        },
    }
}

/// 0.DIGITS times ten to the power of `point`, without zeros at either end of the digits.
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    fn new(spelling: &str) -> Self {
        let (negative, rest) = spelling.strip_prefix('-').map_or((false, spelling), |s| (true, s));
        let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let exponent: i64 = exponent.parse().unwrap_or(if exponent.starts_with('-') {
            i64::from(i32::MIN)
        } else {
            i64::from(i32::MAX)
        });
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let leading = all.iter().take_while(|digit| **digit == b'0').count();
        let trailing = all[leading..].iter().rev().take_while(|digit| **digit == b'0').count();
        let digits = all[leading..all.len() - trailing].to_vec();
        let length = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let point = exponent.saturating_add(length(whole.len()) - length(leading));
        Self { negative, digits, point }
    }
}

/// Where the number at the start of `bytes` ends, by JSON's grammar; else the place and the reason.
pub(crate) fn spelling_end(bytes: &[u8]) -> Result<usize, (usize, &'static str)> {
    let digits = |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let start = usize::from(bytes.first() == Some(&b'-'));
    let mut end = digits(start);
    if end == start {
        return Err((end, "a number needs a digit here"));
    }
    if bytes[start] == b'0' && end > start + 1 {
        return Err((start, "a number can't start with `0`"));
    }
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if fraction == end + 1 {
            return Err((fraction, "a number needs a digit here"));
        }
        end = fraction;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent == end + 1 + sign {
            return Err((exponent, "a number needs a digit here"));
        }
        end = exponent;
    }
    Ok(end)
}
