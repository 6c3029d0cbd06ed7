//! Dates: seconds since 1970, and times broken down as jq does it: year, month from 0, day, hour,
//! minute, second with its fraction, day of the week from Sunday as 0, day of the year from 0.

use super::{Error, Plain, one, parameters, plain, want_text};
use crate::document::Value;
use crate::document::arithmetic::fail;
use crate::document::filter::Engine;
use jaq_core::ValR;
use jaq_core::native::{Fun, unary};
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

pub(super) fn natives() -> Vec<Fun<Engine>> {
    let natives: [Plain; 6] = [
        ("gmtime", parameters(""), |cv| one(broken_down(&cv.1, &TimeZone::UTC, "gmtime"))),
        ("localtime", parameters(""), |cv| one(broken_down(&cv.1, &TimeZone::system(), "localtime"))),
        ("mktime", parameters(""), |cv| one(seconds(&cv.1))),
        ("strftime", parameters("v"), |cv| {
            unary(cv, |value, format| show(&value, &format, &TimeZone::UTC, "strftime"))
        }),
        ("strflocaltime", parameters("v"), |cv| {
            unary(cv, |value, format| show(&value, &format, &TimeZone::system(), "strflocaltime"))
        }),
        ("strptime", parameters("v"), |cv| unary(cv, |value, format| read(&value, &format))),
    ];
    plain(natives)
}

/// The moment and the part of a second that is left over.
fn moment(number: f64, name: &str) -> Result<(Timestamp, f64), Error> {
    let whole = number.floor();
    #[allow(clippy::cast_possible_truncation, reason = "out of range is refused by the timestamp")]
    match Timestamp::from_second(whole as i64) {
        Ok(moment) if number.is_finite() => Ok((moment, number - whole)),
        _ => fail(format!("{name}/0: error converting number of seconds since epoch to datetime")),
    }
}

fn zoned_parts(zoned: &Zoned, fraction: f64) -> Value {
    parts(zoned.datetime(), fraction)
}

fn parts(time: DateTime, fraction: f64) -> Value {
    let date = time.date();
    let numbers = [
        f64::from(date.year()),
        f64::from(date.month()) - 1.0,
        f64::from(date.day()),
        f64::from(time.hour()),
        f64::from(time.minute()),
        f64::from(time.second()) + fraction,
        f64::from(date.weekday().to_sunday_zero_offset()),
        f64::from(date.day_of_year()) - 1.0,
    ];
    numbers.into_iter().map(Value::from).collect()
}

fn broken_down(value: &Value, zone: &TimeZone, name: &str) -> ValR<Value> {
    let Some(number) = value.as_f64() else {
        return fail(format!("{name}() requires a number"));
    };
    let (moment, fraction) = moment(number, name)?;
    Ok(zoned_parts(&moment.to_zoned(zone.clone()), fraction))
}

/// The time that an array of parts means; `None` if it is none.
fn time_of(value: &Value) -> Option<DateTime> {
    let numbers: Option<Vec<f64>> = value.as_array()?.iter().map(Value::as_f64).collect();
    let numbers = numbers?;
    let part = |place: usize, default: f64| numbers.get(place).copied().unwrap_or(default).floor();
    if numbers.is_empty() || numbers.iter().any(|number| !number.is_finite()) {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, reason = "the calendar refuses what is cut")]
    let whole = |number: f64| number as i64;
    // Months, days and the rest may lie beyond their range, and carry over.
    let months = whole(part(0, 1900.0)).checked_mul(12)?.checked_add(whole(part(1, 0.0)))?;
    let year = i16::try_from(months.div_euclid(12)).ok()?;
    let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
    let start = Date::new(year, month, 1).ok()?.at(0, 0, 0, 0);
    let span = jiff::Span::new()
        .try_days(whole(part(2, 0.0)) - 1)
        .ok()?
        .try_hours(whole(part(3, 0.0)))
        .ok()?
        .try_minutes(whole(part(4, 0.0)))
        .ok()?
        .try_seconds(whole(part(5, 0.0)))
        .ok()?;
    start.checked_add(span).ok()
}

fn seconds(value: &Value) -> ValR<Value> {
    if value.as_array().is_none() {
        return fail("mktime requires array inputs");
    }
    let moment = time_of(value).and_then(|time| TimeZone::UTC.to_timestamp(time).ok());
    match moment {
        #[allow(clippy::cast_precision_loss, reason = "seconds of the calendar are small")]
        Some(moment) => Ok(Value::from(moment.as_second() as f64)),
        None => fail("mktime requires parsed datetime inputs"),
    }
}

fn show(value: &Value, format: &Value, zone: &TimeZone, name: &str) -> ValR<Value> {
    let wrong = || fail(format!("{name}/1 requires parsed datetime inputs"));
    let zoned = if let Some(number) = value.as_f64() {
        moment(number, name)?.0.to_zoned(zone.clone())
    } else {
        match time_of(value).and_then(|time| time.to_zoned(zone.clone()).ok()) {
            Some(zoned) => zoned,
            None => return wrong(),
        }
    };
    let format = want_text(format, || format!("{name}/1 requires a string format"))?;
    match strtime::format(format, &zoned) {
        Ok(text) => Ok(text.into()),
        Err(error) => fail(format!("{name}/1: {error}")),
    }
}

fn read(value: &Value, format: &Value) -> ValR<Value> {
    let wrong = || "strptime/1 requires string inputs and arguments".to_owned();
    let (text, format) = (want_text(value, wrong)?, want_text(format, wrong)?);
    let parsed = BrokenDownTime::parse(format.replace("%Z", "%Q").as_bytes(), text)
        .or_else(|_| BrokenDownTime::parse(format, text));
    let time = parsed.ok().and_then(|mut parsed| {
        if let (None, Some(seconds)) = (parsed.year(), parsed.timestamp()) {
            return Some(TimeZone::UTC.to_datetime(seconds));
        }
        // What the format does not name is the start of 1900.
        if parsed.year().is_none() {
            parsed.set_year(Some(1900)).ok()?;
        }
        let date = parsed.to_date().ok().or_else(|| {
            Date::new(parsed.year()?, parsed.month().unwrap_or(1), parsed.day().unwrap_or(1)).ok()
        })?;
        let part = |part: Option<i8>| part.unwrap_or(0);
        Some(date.at(part(parsed.hour()), part(parsed.minute()), part(parsed.second()), 0))
    });
    match time {
        Some(time) => Ok(parts(time, 0.0)),
        None => {
            fail(format!("date {} does not match format {}", Value::from_str(text), Value::from_str(format)))
        }
    }
}
