//! Numbers. What has no jq meaning of its own comes from `jaq-std`.

use super::{Plain, one, parameters, plain};
use crate::document::Value;
use crate::document::arithmetic::fail;
use crate::document::filter::Engine;
use jaq_core::ValR;
use jaq_core::native::Fun;

/// The functions of `jaq-std` that do as jq's do.
const SHARED: &[&str] = &[
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "exp",
    "exp10",
    "exp2",
    "expm1",
    "frexp",
    "ilogb",
    "j0",
    "j1",
    "lgamma",
    "log",
    "log10",
    "log1p",
    "log2",
    "modf",
    "rint",
    "nearbyint",
    "sin",
    "sinh",
    "tan",
    "tanh",
    "tgamma",
    "trunc",
    "y0",
    "y1",
    "atan2",
    "copysign",
    "fdim",
    "fmax",
    "fmin",
    "fmod",
    "hypot",
    "jn",
    "ldexp",
    "nextafter",
    "pow",
    "remainder",
    "scalbln",
    "yn",
    "fma",
];

pub(super) fn natives() -> Vec<Fun<Engine>> {
    let own: [Plain; 14] = [
        ("floor", parameters(""), |cv| one(float(&cv.1, f64::floor))),
        ("ceil", parameters(""), |cv| one(float(&cv.1, f64::ceil))),
        ("round", parameters(""), |cv| one(float(&cv.1, f64::round))),
        ("sqrt", parameters(""), |cv| one(float(&cv.1, f64::sqrt))),
        ("fabs", parameters(""), |cv| one(float(&cv.1, f64::abs))),
        ("abs", parameters(""), |cv| one(abs(cv.1))),
        ("nan", parameters(""), |_| one(Ok(f64::NAN.into()))),
        ("infinite", parameters(""), |_| one(Ok(f64::INFINITY.into()))),
        ("isnan", parameters(""), |cv| one(test(&cv.1, f64::is_nan))),
        ("isinfinite", parameters(""), |cv| one(test(&cv.1, f64::is_infinite))),
        ("isnormal", parameters(""), |cv| one(test(&cv.1, f64::is_normal))),
        ("isfinite", parameters(""), |cv| {
            one(Ok(cv.1.as_f64().is_some_and(|number| !number.is_infinite()).into()))
        }),
        ("now", parameters(""), |_| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            one(Ok(now.map_or(0.0, |since| since.as_secs_f64()).into()))
        }),
        ("significand", parameters(""), |cv| {
            one(float(&cv.1, |number| match number {
                _ if number == 0.0 || !number.is_finite() => number,
                _ => number / 2f64.powi(exponent(number)),
            }))
        }),
    ];
    let shared = jaq_std::funs::<Engine>().filter(|(name, ..)| SHARED.contains(name));
    plain(own).into_iter().chain(shared).collect()
}

fn exponent(number: f64) -> i32 {
    #[allow(clippy::cast_possible_truncation, reason = "exponents of floats are small")]
    let exponent = number.abs().log2().floor() as i32;
    exponent
}

fn number(value: &Value) -> Result<f64, super::Error> {
    match value.as_f64() {
        Some(number) => Ok(number),
        None => fail(format!("{} number required", value.described())),
    }
}

fn float(value: &Value, function: fn(f64) -> f64) -> ValR<Value> {
    number(value).map(|number| function(number).into())
}

fn test(value: &Value, function: fn(f64) -> bool) -> ValR<Value> {
    Ok(value.as_f64().is_some_and(function).into())
}

/// Negated if below zero, else as it is.
fn abs(value: Value) -> ValR<Value> {
    if value < Value::from(0.0) {
        return match value.negated() {
            Some(positive) => Ok(positive),
            None => fail(format!("{} cannot be negated", value.described())),
        };
    }
    Ok(value)
}
