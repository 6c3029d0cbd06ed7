//! Numbers: the functions of C's mathematical library, and a few of the language's own.
//!
//! What the standard library has is taken from there, because it calls the C library of the
//! system, as jq does, so that the last digit agrees; the rest comes from the `libm` crate.

use super::table::{Builtin, native};
use super::{Cv, Error, one};
use crate::Value;
use crate::run::arithmetic::fail;
use jaq_core::ValR;

/// A function of the input.
macro_rules! unary {
    ($($name:literal: $function:expr,)*) => {
        &[$(native($name, "", |cv| one(number(&cv.1).map(|x| Value::from($function(x)))))),*]
    };
}

/// A function of the input with two results.
macro_rules! pair {
    ($($name:literal: $function:expr,)*) => {
        &[$(native($name, "", |cv| one(number(&cv.1).map(|x| {
            let (first, second) = $function(x);
            Value::array(vec![first.into(), f64::from(second).into()])
        })))),*]
    };
}

/// A function of two arguments.
macro_rules! binary {
    ($($name:literal: $function:expr,)*) => {
        &[$(native($name, "cc", |cv| one(arguments(cv).map(|[x, y]| Value::from($function(x, y)))))),*]
    };
}

pub(crate) const LANGUAGE: &[Builtin] = &[
    native("abs", "", |cv| one(abs(cv.1))),
    native("nan", "", |_| one(Ok(f64::NAN.into()))),
    native("infinite", "", |_| one(Ok(f64::INFINITY.into()))),
    native("isnan", "", |cv| one(test(&cv.1, f64::is_nan))),
    native("isinfinite", "", |cv| one(test(&cv.1, f64::is_infinite))),
    native("isnormal", "", |cv| one(test(&cv.1, f64::is_normal))),
    native("isfinite", "", |cv| one(Ok(cv.1.as_f64().is_some_and(|number| !number.is_infinite()).into()))),
    native("now", "", |_| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        one(Ok(now.map_or(0.0, |since| since.as_secs_f64()).into()))
    }),
    native("fma", "ccc", |cv| one(arguments(cv).map(|[x, y, z]| Value::from(x.mul_add(y, z))))),
];

pub(crate) const OF_ONE: &[Builtin] = unary! {
        "floor": f64::floor,
        "ceil": f64::ceil,
        "round": f64::round,
        "trunc": f64::trunc,
        "rint": f64::round_ties_even,
        "nearbyint": f64::round_ties_even,
        "sqrt": f64::sqrt,
        "cbrt": f64::cbrt,
        "fabs": f64::abs,
        "sin": f64::sin,
        "cos": f64::cos,
        "tan": f64::tan,
        "asin": f64::asin,
        "acos": f64::acos,
        "atan": f64::atan,
        "sinh": f64::sinh,
        "cosh": f64::cosh,
        "tanh": f64::tanh,
        "asinh": libm::asinh,
        "acosh": libm::acosh,
        "atanh": libm::atanh,
        "exp": f64::exp,
        "exp2": f64::exp2,
        "exp10": exp10,
        "expm1": f64::exp_m1,
        "log": f64::ln,
        "log2": f64::log2,
        "log10": f64::log10,
        "log1p": f64::ln_1p,
        "logb": logb,
        "significand": significand,
        "gamma": libm::lgamma,
        "lgamma": libm::lgamma,
        "tgamma": libm::tgamma,
        "erf": libm::erf,
        "erfc": libm::erfc,
        "j0": libm::j0,
        "j1": libm::j1,
        "y0": libm::y0,
        "y1": libm::y1,
};

pub(crate) const PAIRS: &[Builtin] = pair! {
        "frexp": libm::frexp,
        "modf": modf,
        "lgamma_r": libm::lgamma_r,
};

pub(crate) const OF_TWO: &[Builtin] = binary! {
        "pow": f64::powf,
        "atan2": f64::atan2,
        "hypot": f64::hypot,
        "copysign": f64::copysign,
        "fdim": libm::fdim,
        "fmax": f64::max,
        "fmin": f64::min,
        "fmod": |x: f64, y: f64| x % y,
        "drem": remainder,
        "remainder": remainder,
        "nextafter": libm::nextafter,
        "nexttoward": libm::nextafter,
        "ldexp": |x, exponent| libm::ldexp(x, whole(exponent)),
        "scalbln": scalbln,
        "scalb": scalb,
        "jn": |order, x| bessel(order, x, libm::jn, 0.0),
        "yn": |order, x| bessel(order, x, libm::yn, f64::NEG_INFINITY),
};

fn number(value: &Value) -> Result<f64, Error> {
    match value.as_f64() {
        Some(number) => Ok(number),
        None => fail(format!("{} number required", value.described())),
    }
}

/// The arguments as numbers; the first that is none is the error.
fn arguments<const N: usize>(mut cv: Cv<'_>) -> Result<[f64; N], Error> {
    let mut values: [Value; N] = std::array::from_fn(|_| cv.0.pop_var());
    values.reverse();
    let mut numbers = [0.0; N];
    for (number_of, value) in numbers.iter_mut().zip(&values) {
        *number_of = number(value)?;
    }
    Ok(numbers)
}

/// The whole part, as C on x86 makes an `int` of a float: what does not fit is the smallest.
fn whole(number: f64) -> i32 {
    #[allow(clippy::cast_possible_truncation, reason = "checked")]
    let fits = number > f64::from(i32::MIN) && number < f64::from(i32::MAX) + 1.0;
    if fits { number as i32 } else { i32::MIN }
}

fn exp10(power: f64) -> f64 {
    10f64.powf(power)
}

fn modf(number: f64) -> (f64, f64) {
    if number.is_infinite() {
        return (0f64.copysign(number), number);
    }
    let whole = number.trunc();
    ((number - whole).copysign(number), whole)
}

fn logb(number: f64) -> f64 {
    match number {
        _ if number == 0.0 => f64::NEG_INFINITY,
        _ if !number.is_finite() => number * number,
        _ => f64::from(libm::ilogb(number)),
    }
}

fn significand(number: f64) -> f64 {
    let (fraction, _) = libm::frexp(number);
    if number == 0.0 || !number.is_finite() { number } else { fraction * 2.0 }
}

fn remainder(x: f64, y: f64) -> f64 {
    let remainder = libm::remainder(x, y);
    if remainder == 0.0 { remainder.copysign(x) } else { remainder }
}

/// The same with C's `long`.
fn scalbln(x: f64, exponent: f64) -> f64 {
    const LONGEST: f64 = 9_223_372_036_854_775_808.0;
    let exponent = if exponent.abs() < LONGEST { exponent } else { -LONGEST };
    libm::ldexp(x, whole(exponent.clamp(-10_000.0, 10_000.0)))
}

/// `x` times two to the power of `exponent`, which has to be whole.
fn scalb(x: f64, exponent: f64) -> f64 {
    match exponent {
        f64::INFINITY | f64::NEG_INFINITY => x * exponent.exp2(),
        _ if exponent.fract() != 0.0 || exponent.is_nan() => f64::NAN,
        // Far beyond any exponent it is infinite or zero.
        _ => libm::ldexp(x, whole(exponent.clamp(-10_000.0, 10_000.0))),
    }
}

/// A Bessel function; `limit` for an order so large that it is no more than that. (Its calculation
/// takes as many steps as the order is large.)
fn bessel(order: f64, x: f64, function: fn(i32, f64) -> f64, limit: f64) -> f64 {
    let order = whole(order);
    let far = f64::from(order).abs() > 2.0 * x.abs() + 10_000.0;
    if far { limit } else { function(order, x) }
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
