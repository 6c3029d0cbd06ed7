//! `strptime`: a time from text by a format, as the C library reads it in the C locale.

use super::calendar::{Time, days, days_before};
use super::show::{DAYS, MONTHS, SHORT};

/// Reads `text` by `format`; also gives what is left of the text. Seconds since 1970 (`%s`) become
/// parts by `local`. What the format does not name is the start of 1900, with 0 for the day, 8 for
/// the day of the week and 367 for the day of the year: numbers that no day has.
pub(crate) fn read<'t>(text: &'t str, format: &str, local: fn(i64) -> Time) -> Option<(Time, &'t str)> {
    let time = Time { year: 1900, weekday: 8, yearday: 367, ..Time::default() };
    let mut reader = Reader { rest: text, time, named: Named::default(), local };
    reader.format(format)?;
    reader.complete();
    Some((reader.time, reader.rest))
}

/// What the text has named.
#[derive(Default)]
struct Named {
    month: bool,
    day: bool,
    weekday: bool,
    yearday: bool,
    /// Something that asks for the day of the week and of the year.
    date: bool,
    /// The year without its century.
    short_year: bool,
    century: Option<i64>,
    half_day: bool,
    afternoon: bool,
    /// The week, and the day it begins with.
    week: Option<(i64, i64)>,
}

struct Reader<'t> {
    rest: &'t str,
    time: Time,
    named: Named,
    local: fn(i64) -> Time,
}

impl Reader<'_> {
    fn format(&mut self, format: &str) -> Option<()> {
        let mut letters = format.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '%' => {
                    let ignored = |letter: &char| matches!(letter, '-' | '_' | '^' | '#' | '0'..='9');
                    while letters.next_if(ignored).is_some() {}
                    letters.next_if(|letter| matches!(letter, 'E' | 'O'));
                    self.field(letters.next()?)?;
                }
                _ if is_space(letter) => self.spaces(),
                _ => self.rest = self.rest.strip_prefix(letter)?,
            }
        }
        Some(())
    }

    fn spaces(&mut self) {
        self.rest = self.rest.trim_start_matches(is_space);
    }

    /// A number of at most so many digits.
    fn number(&mut self, least: i64, most: i64, digits: usize) -> Option<i64> {
        self.rest = self.rest.trim_start_matches(' ');
        let mut number = 0;
        let mut length = 0;
        for byte in self.rest.bytes().take(digits).take_while(u8::is_ascii_digit) {
            if length > 0 && number * 10 > most {
                break;
            }
            number = number * 10 + i64::from(byte - b'0');
            length += 1;
        }
        self.rest = &self.rest[length..];
        (length > 0 && (least..=most).contains(&number)).then_some(number)
    }

    /// The place of a name, in full or short, whatever its case.
    fn name(&mut self, names: &[&str]) -> Option<i64> {
        for (place, name) in (0..).zip(names) {
            for name in [*name, &name[..SHORT.min(name.len())]] {
                if self.rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
                    self.rest = &self.rest[name.len()..];
                    return Some(place);
                }
            }
        }
        None
    }

    fn field(&mut self, letter: char) -> Option<()> {
        match letter {
            '%' => self.rest = self.rest.strip_prefix('%')?,
            'n' | 't' => self.spaces(),
            'a' | 'A' => self.weekday(&mut |reader| reader.name(&DAYS))?,
            'w' => self.weekday(&mut |reader| reader.number(0, 6, 1))?,
            'u' => self.weekday(&mut |reader| Some(reader.number(1, 7, 1)? % 7))?,
            'b' | 'B' | 'h' => {
                self.time.month = self.name(&MONTHS)?;
                (self.named.month, self.named.date) = (true, true);
            }
            'm' => {
                self.time.month = self.number(1, 12, 2)? - 1;
                (self.named.month, self.named.date) = (true, true);
            }
            'd' | 'e' => {
                self.time.day = self.number(1, 31, 2)?;
                (self.named.day, self.named.date) = (true, true);
            }
            'j' => {
                self.time.yearday = self.number(1, 366, 3)? - 1;
                self.named.yearday = true;
            }
            'C' => {
                self.named.century = Some(self.number(0, 99, 2)?);
                self.named.date = true;
            }
            'y' => {
                let year = self.number(0, 99, 2)?;
                self.time.year = if year < 69 { 2000 + year } else { 1900 + year };
                (self.named.short_year, self.named.date) = (true, true);
            }
            'Y' => {
                self.time.year = self.number(0, 9999, 4)?;
                (self.named.short_year, self.named.century) = (false, None);
                self.named.date = true;
            }
            'H' | 'k' => {
                self.time.hour = self.number(0, 23, 2)?;
                self.named.half_day = false;
            }
            'I' | 'l' => {
                self.time.hour = self.number(1, 12, 2)? % 12;
                self.named.half_day = true;
            }
            'p' => self.named.afternoon = self.name(&["AM", "PM"])? == 1,
            'M' => self.time.minute = self.number(0, 59, 2)?,
            'S' => self.time.second = self.number(0, 61, 2)?,
            'U' => self.named.week = Some((self.number(0, 53, 2)?, 0)),
            'W' => self.named.week = Some((self.number(0, 53, 2)?, 1)),
            'V' => drop(self.number(0, 53, 2)?),
            'g' => drop(self.number(0, 99, 2)?),
            'G' => drop(self.number(0, 9999, 4)?),
            's' => self.moment()?,
            'z' => self.offset()?,
            'Z' => {
                self.spaces();
                self.rest = self.rest.trim_start_matches(|letter| !is_space(letter));
            }
            'c' => self.format("%a %b %e %H:%M:%S %Y")?,
            'D' | 'x' => self.format("%m/%d/%y")?,
            'F' => self.format("%Y-%m-%d")?,
            'r' => self.format("%I:%M:%S %p")?,
            'R' => self.format("%H:%M")?,
            'T' | 'X' => self.format("%H:%M:%S")?,
            _ => return None,
        }
        Some(())
    }

    fn weekday(&mut self, read: &mut dyn FnMut(&mut Self) -> Option<i64>) -> Option<()> {
        self.time.weekday = read(self)?;
        self.named.weekday = true;
        Some(())
    }

    fn moment(&mut self) -> Option<()> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at(digits);
        self.time = (self.local)(number.parse().ok().filter(|seconds| *seconds < 1 << 55)?);
        self.rest = rest;
        Some(())
    }

    /// An offset from Greenwich, which changes nothing.
    fn offset(&mut self) -> Option<()> {
        self.spaces();
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Some(());
        }
        self.rest = self.rest.strip_prefix(['+', '-'])?;
        let hours = self.rest.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        self.rest = &self.rest[hours.len()..];
        let minutes = self.rest.strip_prefix(':').unwrap_or(self.rest);
        let digits = minutes.bytes().take(2).take_while(u8::is_ascii_digit).count();
        match digits {
            0 => Some(()),
            2 if minutes.as_bytes()[0] < b'6' => {
                self.rest = &minutes[2..];
                Some(())
            }
            _ => None,
        }
    }

    /// What follows from what was named.
    fn complete(&mut self) {
        let (time, named) = (&mut self.time, &mut self.named);
        if named.half_day && named.afternoon {
            time.hour += 12;
        }
        if let Some(century) = named.century {
            let year = if named.short_year { time.year.rem_euclid(100) } else { 0 };
            time.year = century * 100 + year;
        }
        if named.date && !named.weekday {
            if !(named.month && named.day) && named.yearday {
                from_yearday(time, named);
            }
            time.weekday = (days(time.year, time.month, time.day) + 4).rem_euclid(7);
        }
        if named.date && !named.yearday {
            time.yearday = days_before(time.year, time.month) + time.day - 1;
        }
        if let (Some((week, first)), true) = (named.week, named.weekday) {
            let new_year = (days(time.year, 0, 1) + 4).rem_euclid(7);
            if !named.yearday {
                let in_week = (time.weekday - first + 7) % 7;
                time.yearday = (7 - (new_year - first)) % 7 + (week - 1) * 7 + in_week;
            }
            if !named.month || !named.day {
                from_yearday(time, named);
            }
        }
    }
}

/// Month and day by the day of the year, each unless it was named.
fn from_yearday(time: &mut Time, named: &mut Named) {
    let month = (0..12).rfind(|month| days_before(time.year, *month) <= time.yearday).unwrap_or(0);
    if !named.month {
        time.month = month;
    }
    if !named.day {
        time.day = time.yearday - days_before(time.year, month) + 1;
    }
    (named.month, named.day) = (true, true);
}

/// C's white space.
pub(crate) fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t'..='\r')
}
