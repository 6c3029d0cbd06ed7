//! Durations as users write them.

use std::time::Duration;

/// The units, the largest first, with their seconds.
const UNITS: [(&str, f64); 5] = [("d", 86400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001)];

/// Nobody waits for longer, and every clock can still say when it ends.
pub const FOREVER: Duration = Duration::from_secs(101 * 365 * 86400);

/// Parses `500ms`, `5s`, `1.5m`, `2h`, `1d`, `1h30m`; a bare number is seconds.
///
/// # Errors
/// A sentence that says what is accepted.
pub fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return times(rest, 1.0);
    }
    let mut units = UNITS.as_slice();
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let (number, after) = split(rest, |letter| letter.is_ascii_alphabetic());
        let (unit, after) = split(after, |letter| !letter.is_ascii_alphabetic());
        let place = units.iter().position(|known| known.0 == unit).ok_or_else(|| no_unit(unit))?;
        total = total.checked_add(times(number, units[place].1)?).ok_or_else(not_one)?;
        // Each is smaller than the one before: `30m1h` is a slip.
        units = &units[place + 1..];
        rest = after;
    }
    Ok(total)
}

fn split(text: &str, at: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(at).unwrap_or(text.len()))
}

fn times(number: &str, seconds: f64) -> Result<Duration, String> {
    let digits = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value = number.parse::<f64>().ok().filter(|_| digits);
    value.and_then(|value| Duration::try_from_secs_f64(value * seconds).ok()).ok_or_else(not_one)
}

fn no_unit(unit: &str) -> String {
    match UNITS.iter().any(|known| known.0 == unit) {
        true => format!("{unit:?} stands behind a unit that is no larger; write 1h30m"),
        false if unit.is_empty() => not_one(),
        false => format!("{unit:?} is no unit; use ms, s, m, h or d"),
    }
}

/// The same for how long to wait, which may be `inf`: as long as it takes.
///
/// # Errors
/// As [`parse`].
pub fn parse_limit(text: &str) -> Result<Duration, String> {
    match text.trim() {
        "inf" => Ok(FOREVER),
        text => parse(text),
    }
}

fn not_one() -> String {
    "not a duration; write 500ms, 5s, 1.5m, 2h, 1d, 1h30m, or seconds as a number".to_owned()
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_limit};

    #[test]
    fn units_fractions_and_bare_numbers() {
        for (text, millis) in [
            ("500ms", 500),
            ("5s", 5000),
            ("1.5m", 90_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
            ("0.2", 200),
            ("0", 0),
            ("3", 3000),
            (".5", 500),
            ("1h30m", 5_400_000),
            ("5m30s", 330_000),
            ("1d2h3m4s5ms", 93_784_005),
            ("1m0.5s", 60_500),
        ] {
            assert_eq!(parse(text).unwrap().as_millis(), millis, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "s",
            "-1",
            "+1",
            "1e3",
            "5 minutes",
            "1w",
            "nan",
            "inf",
            "1..2",
            "0x10",
            "1h30",
            "30m1h",
            "1h2h",
            "5 30",
            "1h 30m",
            "1hm",
            "99999999999999999999d",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_a_wait_may_be_endless() {
        assert!(parse_limit("inf").is_ok_and(|limit| limit > parse("36500d").unwrap()));
        assert_eq!(parse_limit("1m"), parse("1m"));
    }
}
