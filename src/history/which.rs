//! Naming a version: `@{-1}`, `@{yesterday}`, `@{2h}`, a date, or the first digits of a tag.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::HistoryError;

const DAY: i64 = 24 * 3600;
/// Fewer digits than this are a slip of the finger.
const FEWEST_DIGITS: usize = 4;

/// Which version is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// What is there now.
    Now,
    /// What was there before so many changes, 1 being the last one.
    Back(u32),
    /// What was there at that time.
    At(Timestamp),
    /// The one whose tag or id begins so.
    Prefix(String),
}

impl Which {
    /// Reads a spelling. `now` is what `@{2h}` counts back from.
    ///
    /// # Errors
    /// [`HistoryError::Spelling`].
    pub fn parse(text: &str, now: Timestamp) -> Result<Which, HistoryError> {
        let spelling = || HistoryError::Spelling(text.to_owned());
        let Some(inner) = text.strip_prefix("@{").and_then(|rest| rest.strip_suffix('}')) else {
            let is_id = |letter: u8| letter.is_ascii_hexdigit() || b"TZ.-".contains(&letter);
            let is_prefix = text.len() >= FEWEST_DIGITS && text.bytes().all(is_id);
            return if is_prefix { Ok(Which::Prefix(text.to_owned())) } else { Err(spelling()) };
        };
        let inner = inner.trim();
        if let Some(number) = inner.strip_prefix('-') {
            let number = number.parse().map_err(|_| spelling())?;
            return Ok(if number == 0 { Which::Now } else { Which::Back(number) });
        }
        let ago = |seconds: i64| now.checked_sub(SignedDuration::from_secs(seconds)).map_err(|_| spelling());
        match inner {
            "now" | "0" => return Ok(Which::Now),
            "yesterday" => return Ok(Which::At(ago(DAY)?)),
            _ => {}
        }
        if let Some(seconds) = seconds_of(inner.strip_suffix("ago").unwrap_or(inner).trim()) {
            return Ok(Which::At(ago(seconds)?));
        }
        let zoned = || {
            if let Ok(time) = inner.parse::<Timestamp>() {
                return Some(time);
            }
            let time = inner.parse::<DateTime>().or_else(|_| inner.parse::<Date>().map(DateTime::from));
            Some(time.ok()?.to_zoned(TimeZone::system()).ok()?.timestamp())
        };
        zoned().map(Which::At).ok_or_else(spelling)
    }
}

/// `90s`, `2h`, `1d12h`, `3w`.
fn seconds_of(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let scale = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => DAY,
            'w' => 7 * DAY,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(scale)?)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Option<Which> {
        Which::parse(text, "2026-01-25T10:30:00Z".parse().unwrap()).ok()
    }

    #[test]
    fn spellings() {
        let at = |text: &str| Some(Which::At(text.parse().unwrap()));
        assert_eq!(parse("@{-1}"), Some(Which::Back(1)));
        assert_eq!(parse("@{0}"), Some(Which::Now));
        assert_eq!(parse("@{yesterday}"), at("2026-01-24T10:30:00Z"));
        assert_eq!(parse("@{2h}"), at("2026-01-25T08:30:00Z"));
        assert_eq!(parse("@{1d12h ago}"), at("2026-01-23T22:30:00Z"));
        assert_eq!(parse("@{2026-01-20T01:02:03Z}"), at("2026-01-20T01:02:03Z"));
        assert!(matches!(parse("@{2026-01-20}"), Some(Which::At(_))));
        assert!(matches!(parse("@{2026-01-20 10:30}"), Some(Which::At(_))));
        assert_eq!(parse("abcd12"), Some(Which::Prefix("abcd12".to_owned())));
        for text in
            ["", "abc", "@{", "@{}", "@{x}", "@{-x}", "@{2y}", "HEAD", "@{99999999999999999999d}", "../x"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text: String) {
            let _ = parse(&text);
            let _ = parse(&format!("@{{{text}}}"));
        }
    }
}
