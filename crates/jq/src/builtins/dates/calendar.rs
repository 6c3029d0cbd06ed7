//! The calendar: seconds since 1970 and the parts of a date, for any year.

/// A time in parts, numbered as in C. What was made of an array may lie beyond its range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Time {
    /// As it is written: 2015.
    pub(crate) year: i64,
    /// From 0.
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    /// From Sunday as 0.
    pub(crate) weekday: i64,
    /// Day of the year, from 0.
    pub(crate) yearday: i64,
}

const DAY: i64 = 24 * 60 * 60;

/// Days from 1970 to a day; month from 0, the day may lie beyond the month.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    // The year begins in March, so that a leap day is its last.
    let months = (month - 2).rem_euclid(12);
    let year = year + (month - 2).div_euclid(12);
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * months + 2) / 5 + day - 719_469
}

/// The days of a year before a month (from 0).
pub(crate) fn days_before(year: i64, month: i64) -> i64 {
    days(year, month, 1) - days(year, 0, 1)
}

impl Time {
    /// Parts of a moment, in seconds since 1970.
    pub(crate) fn new(seconds: i64) -> Self {
        let (day, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        // A guess from the mean length of a year is at most one off.
        let mut year = 1970 + (day * 400).div_euclid(146_097);
        while days(year, 0, 1) > day {
            year -= 1;
        }
        while days(year + 1, 0, 1) <= day {
            year += 1;
        }
        let yearday = day - days(year, 0, 1);
        let month = (0..12).rfind(|month| days_before(year, *month) <= yearday).unwrap_or(0);
        Self {
            year,
            month,
            day: yearday - days_before(year, month) + 1,
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
            weekday: (day + 4).rem_euclid(7),
            yearday,
        }
    }

    /// Seconds since 1970. What lies beyond its range is carried over.
    pub(crate) fn seconds(&self) -> i64 {
        let days = days(self.year, self.month, self.day);
        days * DAY + self.hour * 3600 + self.minute * 60 + self.second
    }

    /// The ISO week and the year that it belongs to.
    pub(crate) fn iso_week(&self) -> (i64, i64) {
        // A week belongs to the year of its Thursday.
        let thursday = self.yearday - (self.weekday + 6) % 7 + 3;
        let year = match thursday {
            ..0 => self.year - 1,
            _ if thursday >= days_before(self.year, 12) => self.year + 1,
            _ => self.year,
        };
        let first = days(year, 0, 1) - days(self.year, 0, 1);
        (year, (thursday - first) / 7 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Time, days};

    #[test]
    fn moments_come_back() {
        for seconds in (-70_000_000_000_000..70_000_000_000_000).step_by(1_234_567_890_123) {
            assert_eq!(Time::new(seconds).seconds(), seconds);
        }
        for day in -800_000..800_000 {
            let time = Time::new(day * 86_400);
            assert_eq!(days(time.year, time.month, time.day), day);
            assert!((1..=31).contains(&time.day) && (0..366).contains(&time.yearday), "{time:?}");
        }
    }
}
