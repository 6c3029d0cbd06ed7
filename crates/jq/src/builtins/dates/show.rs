//! `strftime`: a time by a format, as the C library writes it in the C locale.

use super::calendar::Time;

pub(crate) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The short form of a name of a day or month.
pub(crate) const SHORT: usize = 3;

/// The widest field that is padded.
const WIDEST: usize = 1000;

/// A time in a zone.
pub(crate) struct Zoned<'a> {
    pub(crate) time: Time,
    /// Seconds since 1970.
    pub(crate) moment: i64,
    /// Seconds east of Greenwich.
    pub(crate) offset: i64,
    pub(crate) zone: &'a str,
}

/// How a field is written: `%`, flags, width, a letter.
#[derive(Default, Clone, Copy)]
struct Spec {
    /// `-`, `_` or `0`.
    pad: Option<char>,
    upper: bool,
    swap: bool,
    width: usize,
}

impl Spec {
    fn text(self, text: &str) -> String {
        let text = if self.upper { text.to_ascii_uppercase() } else { text.to_owned() };
        let missing = self.width.saturating_sub(text.len());
        let pad = if self.pad == Some('0') { "0" } else { " " };
        pad.repeat(missing) + &text
    }

    fn name(self, text: &str) -> String {
        Self { upper: self.upper || self.swap, ..self }.text(text)
    }

    fn number(self, number: i64, digits: usize, pad: char) -> String {
        let width = digits.max(self.width);
        match self.pad.unwrap_or(pad) {
            '-' => format!("{number:0$}", self.width),
            '_' => format!("{number:width$}"),
            _ => format!("{number:0width$}"),
        }
    }
}

/// The time by `format`. What is no directive is copied.
pub(crate) fn show(at: &Zoned<'_>, format: &str) -> String {
    let mut text = String::new();
    let mut rest = format;
    while let Some(start) = rest.find('%') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let mut spec = Spec::default();
        let mut end = 1;
        let bytes = rest.as_bytes();
        while let Some(flag @ (b'-' | b'_' | b'0' | b'^' | b'#')) = bytes.get(end) {
            match flag {
                b'^' => spec.upper = true,
                b'#' => spec.swap = true,
                pad => spec.pad = Some(char::from(*pad)),
            }
            end += 1;
        }
        while let Some(digit) = bytes.get(end).filter(|byte| byte.is_ascii_digit()) {
            spec.width = (spec.width * 10 + usize::from(digit - b'0')).min(WIDEST);
            end += 1;
        }
        let modifier = bytes.get(end).copied().filter(|byte| matches!(byte, b'E' | b'O'));
        end += usize::from(modifier.is_some());
        let letter = rest[end..].chars().next();
        end += letter.map_or(0, char::len_utf8);
        let allowed = match modifier {
            Some(b'E') => "cCyYxX",
            Some(_) => "bBdehHImMSuUVwWy",
            None => "",
        };
        let field = letter.filter(|letter| modifier.is_none() || allowed.contains(*letter));
        match field.and_then(|letter| field_of(at, letter, spec)) {
            Some(field) => text.push_str(&field),
            None => text.push_str(&rest[..end]),
        }
        rest = &rest[end..];
    }
    text + rest
}

fn named<'n>(names: &[&'n str], place: i64) -> &'n str {
    usize::try_from(place).ok().and_then(|place| names.get(place)).unwrap_or(&"???")
}

/// One field; `None` if the letter means nothing.
fn field_of(at: &Zoned<'_>, letter: char, spec: Spec) -> Option<String> {
    let time = &at.time;
    let (day, month) = (named(&DAYS, time.weekday), named(&MONTHS, time.month));
    let half = (time.hour + 11) % 12 + 1;
    let noon = if time.hour < 12 { "AM" } else { "PM" };
    let number = |number, digits| Some(spec.number(number, digits, '0'));
    let parts = |format| Some(spec.text(&show(at, format)));
    match letter {
        'a' => Some(spec.name(&day[..SHORT])),
        'A' => Some(spec.name(day)),
        'b' | 'h' => Some(spec.name(&month[..SHORT])),
        'B' => Some(spec.name(month)),
        'c' => parts("%a %b %e %H:%M:%S %Y"),
        'C' => number(time.year.div_euclid(100), 1),
        'd' => number(time.day, 2),
        'D' | 'x' => parts("%m/%d/%y"),
        'e' => Some(spec.number(time.day, 2, '_')),
        'F' => parts("%Y-%m-%d"),
        'g' => number(time.iso_week().0.rem_euclid(100), 2),
        'G' => number(time.iso_week().0, 1),
        'H' => number(time.hour, 2),
        'I' => number(half, 2),
        'j' => number(time.yearday + 1, 3),
        'k' => Some(spec.number(time.hour, 2, '_')),
        'l' => Some(spec.number(half, 2, '_')),
        'm' => number(time.month + 1, 2),
        'M' => number(time.minute, 2),
        'n' => Some(spec.text("\n")),
        'p' if spec.swap => Some(Spec { upper: false, ..spec }.text(&noon.to_ascii_lowercase())),
        'p' => Some(spec.text(noon)),
        'P' => Some(Spec { upper: false, ..spec }.text(&noon.to_ascii_lowercase())),
        'r' => parts("%I:%M:%S %p"),
        'R' => parts("%H:%M"),
        's' => Some(spec.number(at.moment, 1, '_')),
        'S' => number(time.second, 2),
        't' => Some(spec.text("\t")),
        'T' | 'X' => parts("%H:%M:%S"),
        'u' => number((time.weekday + 6) % 7 + 1, 1),
        'U' => number((time.yearday - time.weekday + 7) / 7, 2),
        'V' => number(time.iso_week().1, 2),
        'w' => number(time.weekday, 1),
        'W' => number((time.yearday - (time.weekday + 6) % 7 + 7) / 7, 2),
        'y' => number(time.year.rem_euclid(100), 2),
        'Y' => number(time.year, 1),
        'z' => {
            let minutes = at.offset.abs() / 60;
            let digits = spec.number(minutes / 60 * 100 + minutes % 60, 4, '0');
            Some(format!("{}{digits}", if at.offset < 0 { '-' } else { '+' }))
        }
        'Z' if spec.swap => Some(Spec { upper: false, ..spec }.text(&at.zone.to_ascii_lowercase())),
        'Z' => Some(spec.text(at.zone)),
        '%' => Some(spec.text("%")),
        _ => None,
    }
}
