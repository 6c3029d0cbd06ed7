//! Durations as users write them.

use std::time::Duration;

/// Parses `500ms`, `5s`, `1.5m`, `2h`, `1d`; a bare number is seconds.
///
/// # Errors
/// A sentence that says what is accepted.
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let scale = match unit {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return Err(format!("{unit:?} is no unit; use ms, s, m, h or d")),
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value = number.parse::<f64>().ok().filter(|_| digits && !number.is_empty());
    value
        .and_then(|value| Duration::try_from_secs_f64(value * scale).ok())
        .ok_or_else(|| "not a duration; write 500ms, 5s, 1.5m, 2h, 1d, or seconds as a number".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

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
            "99999999999999999999d",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
