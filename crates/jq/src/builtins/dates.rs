//! Dates: seconds since 1970, and times broken down as jq does it: year, month from 0, day, hour,
//! minute, second with its fraction, day of the week from Sunday as 0, day of the year from 0.
//!
//! Formats are those of the C library in the C locale, whatever the locale is.

mod calendar;
mod read;
mod show;

use super::table::{Builtin, native};
use super::{Error, one, want_text};
use crate::Value;
use crate::run::arithmetic::fail;
use calendar::Time;
use jaq_core::ValR;
use jaq_core::native::unary;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use show::Zoned;

pub(crate) const TABLE: &[Builtin] = &[
    native("gmtime", "", |cv| one(broken_down(&cv.1, Time::new, "gmtime"))),
    native("localtime", "", |cv| one(broken_down(&cv.1, local, "localtime"))),
    native("mktime", "", |cv| one(seconds(&cv.1))),
    native("strftime", "v", |cv| unary(cv, |value, format| show_utc(&value, &format))),
    native("strflocaltime", "v", |cv| unary(cv, |value, format| show_local(&value, &format))),
    native("strptime", "v", |cv| unary(cv, |value, format| read(&value, &format))),
];

/// The whole seconds of a moment whose year C can count.
fn moment(number: f64) -> Result<i64, Error> {
    /// The first and the last second of the years that C's `int` can count from 1900.
    const YEARS: std::ops::RangeInclusive<f64> = -67_768_040_609_740_800.0..=67_768_036_191_676_799.0;
    #[allow(clippy::cast_possible_truncation, reason = "checked")]
    match number.trunc() {
        whole if YEARS.contains(&whole) => Ok(whole as i64),
        _ => fail("error converting number of seconds since epoch to datetime"),
    }
}

/// The nearest moment whose zone can be looked up.
fn timestamp(seconds: i64) -> Timestamp {
    let bounds = Timestamp::MIN.as_second()..=Timestamp::MAX.as_second();
    let nearest = seconds.clamp(*bounds.start(), *bounds.end());
    Timestamp::from_second(nearest).unwrap_or_default()
}

fn local(seconds: i64) -> Time {
    let offset = TimeZone::system().to_offset(timestamp(seconds));
    Time::new(seconds + i64::from(offset.seconds()))
}

fn parts(time: &Time, fraction: f64) -> Vec<Value> {
    #[allow(clippy::cast_precision_loss, reason = "parts of dates are small")]
    let number = |part: i64| part as f64;
    let second = number(time.second) + fraction;
    let numbers = [time.year, time.month, time.day, time.hour, time.minute].map(number);
    let days = [time.weekday, time.yearday].map(number);
    numbers.into_iter().chain([second]).chain(days).map(Value::from).collect()
}

fn broken_down(value: &Value, split: fn(i64) -> Time, name: &str) -> ValR<Value> {
    let Some(number) = value.as_f64() else {
        return fail(format!("{name}() requires numeric inputs"));
    };
    let fraction = number - number.floor();
    Ok(Value::array(parts(&split(moment(number)?), fraction)))
}

/// The time that an array of parts means, the start of 1900 where there are none; `None` if there
/// is something else in it. Whatever lies beyond its range is carried over.
fn time_of(value: &Value) -> Option<Time> {
    let mut parts = [1900, 0, 0, 0, 0, 0, 0, 0];
    for (place, part) in value.as_array()?.iter().take(parts.len()).enumerate() {
        let number = part.as_f64().filter(|number| !number.is_nan())?;
        #[allow(clippy::cast_possible_truncation, reason = "clamped")]
        let whole = number.clamp(f64::from(i32::MIN), f64::from(i32::MAX)) as i64;
        parts[place] = whole;
    }
    let [year, month, day, hour, minute, second, weekday, yearday] = parts;
    Some(Time { year, month, day, hour, minute, second, weekday, yearday })
}

fn seconds(value: &Value) -> ValR<Value> {
    if value.as_array().is_none() {
        return fail("mktime requires array inputs");
    }
    match time_of(value) {
        #[allow(clippy::cast_precision_loss, reason = "the numbers of the language are floats")]
        Some(time) => Ok(Value::from(time.seconds() as f64)),
        None => fail("mktime requires parsed datetime inputs"),
    }
}

/// The seconds of a number or of an array of parts, as if in UTC, and the format.
fn to_show<'f>(value: &Value, format: &'f Value, name: &str) -> Result<(i64, &'f str), Error> {
    let format = || want_text(format, || format!("{name}/1 requires a string format"));
    if let Some(number) = value.as_f64() {
        return Ok((moment(number)?, format()?));
    }
    let format = if value.as_array().is_some() { format()? } else { "" };
    match time_of(value) {
        Some(time) => Ok((time.seconds(), format)),
        None => fail(format!("{name}/1 requires parsed datetime inputs")),
    }
}

fn show_utc(value: &Value, format: &Value) -> ValR<Value> {
    let (moment, format) = to_show(value, format, "strftime")?;
    let zoned = Zoned { time: Time::new(moment), moment, offset: 0, zone: "GMT" };
    Ok(show::show(&zoned, format).into())
}

fn show_local(value: &Value, format: &Value) -> ValR<Value> {
    let (seconds, format) = to_show(value, format, "strflocaltime")?;
    let zone = TimeZone::system();
    // Parts are already local.
    let (time, at) = if value.is_number() {
        (local(seconds), timestamp(seconds))
    } else {
        let civil: DateTime = timestamp(seconds).to_zoned(TimeZone::UTC).datetime();
        let at = zone.to_ambiguous_timestamp(civil).compatible();
        (Time::new(seconds), at.unwrap_or_else(|_| timestamp(seconds)))
    };
    let info = zone.to_offset_info(at);
    let offset = i64::from(info.offset().seconds());
    let zoned = Zoned { time, moment: time.seconds() - offset, offset, zone: info.abbreviation() };
    Ok(show::show(&zoned, format).into())
}

fn read(value: &Value, format: &Value) -> ValR<Value> {
    let wrong = || "strptime/1 requires string inputs and arguments".to_owned();
    let (text, format) = (want_text(value, wrong)?, want_text(format, wrong)?);
    match read::read(text, format, local) {
        Some((time, "")) => Ok(Value::array(parts(&time, 0.0))),
        Some((time, rest)) if rest.starts_with(read::is_space) => {
            let mut parts = parts(&time, 0.0);
            parts.push(Value::from_str(rest));
            Ok(Value::array(parts))
        }
        _ => fail(format!("date \"{text}\" does not match format \"{format}\"")),
    }
}
