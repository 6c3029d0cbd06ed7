//! `+ - * / %` on values, with jq's meanings and messages.

use crate::json::object::Object;
use crate::json::value::{Node, Value, into_elements, into_object};
use crate::run::stack;
use jaq_core::ValR;
use std::rc::Rc;

/// The longest string that repeating one may give, in bytes.
const LONGEST: usize = 1 << 28;

/// The longest string that joining two may give, in bytes. Doubling gets there quickly.
const LONGEST_SUM: usize = 1 << 30;

/// The longest array that joining two may give.
const LONGEST_ARRAY: usize = 1 << 27;

/// How much of a value an error message shows, in bytes.
const SHOWN: usize = 30;

type Error = jaq_core::Error<Value>;

/// An error with this message.
pub(crate) fn fail<T>(message: impl Into<String>) -> Result<T, Error> {
    Err(Error::new(Value::string(message.into())))
}

impl Value {
    /// Type and shortened content, for messages: `object ({"a":1})`.
    pub(crate) fn described(&self) -> String {
        format!("{} ({})", self.type_name(), self.shortened())
    }

    /// Its JSON, cut to [`SHOWN`] bytes with the last bracket or quote kept.
    pub(crate) fn shortened(&self) -> String {
        let json = crate::json::print::to_json_start(&self.0, SHOWN);
        if json.len() < SHOWN {
            return json;
        }
        let (closing, kept) = match self.0 {
            Node::String(_) => ("\"", SHOWN - 5),
            Node::Array(_) => ("]", SHOWN - 5),
            Node::Object(_) => ("}", SHOWN - 5),
            _ => ("", SHOWN - 4),
        };
        format!("{}...{closing}", &json[..json.floor_char_boundary(kept)])
    }
}

fn refuse(left: &Value, right: &Value, what: &str) -> ValR<Value> {
    fail(format!("{} and {} cannot be {what}", left.described(), right.described()))
}

impl std::ops::Add for Value {
    type Output = ValR<Self>;

    fn add(self, other: Self) -> Self::Output {
        Ok(match (self.0, other.0) {
            (Node::Null, other) => Self(other),
            (this, Node::Null) => Self(this),
            (Node::String(left), Node::String(right)) => {
                if right.len() == 0 {
                    return Ok(Self(Node::String(left)));
                }
                if left.len() + right.len() > LONGEST_SUM {
                    return fail("String too long");
                }
                let mut text = String::with_capacity(left.len() + right.len());
                text.push_str(left.as_str());
                text.push_str(right.as_str());
                Self::string(text)
            }
            (Node::Array(mut left), Node::Array(right)) => {
                if left.len() + right.len() > LONGEST_ARRAY {
                    return fail("Array too long");
                }
                let elements = Rc::make_mut(&mut left).elements_mut();
                match Rc::try_unwrap(right) {
                    Ok(right) => elements.extend(right.into_elements()),
                    Err(right) => elements.extend_from_slice(&right),
                }
                Self(Node::Array(left))
            }
            (Node::Object(mut left), Node::Object(right)) => {
                let object = Rc::make_mut(&mut left);
                for (key, value) in into_object(right).into_entries() {
                    object.insert(&key, value);
                }
                Self(Node::Object(left))
            }
            (left, right) => {
                let (left, right) = (Self(left), Self(right));
                match (left.as_f64(), right.as_f64()) {
                    (Some(a), Some(b)) => Self::from(a + b),
                    _ => return refuse(&left, &right, "added"),
                }
            }
        })
    }
}

impl std::ops::Sub for Value {
    type Output = ValR<Self>;

    fn sub(self, other: Self) -> Self::Output {
        match (self.0, other.0) {
            (Node::Array(left), Node::Array(right)) => {
                let mut elements = into_elements(left);
                elements.retain(|element| !right.contains(element));
                Ok(Self::array(elements))
            }
            (left, right) => {
                let (left, right) = (Self(left), Self(right));
                match (left.as_f64(), right.as_f64()) {
                    (Some(a), Some(b)) => Ok(Self::from(a - b)),
                    _ => refuse(&left, &right, "subtracted"),
                }
            }
        }
    }
}

impl std::ops::Mul for Value {
    type Output = ValR<Self>;

    fn mul(self, other: Self) -> Self::Output {
        match (&self.0, &other.0) {
            (Node::String(text), _) if other.is_number() => repeat(text.as_str(), &other),
            (_, Node::String(text)) if self.is_number() => repeat(text.as_str(), &self),
            (Node::Object(_), Node::Object(_)) => Ok(merge(self, other)),
            _ => match (self.as_f64(), other.as_f64()) {
                (Some(a), Some(b)) => Ok(Self::from(a * b)),
                _ => refuse(&self, &other, "multiplied"),
            },
        }
    }
}

fn repeat(text: &str, times: &Value) -> ValR<Value> {
    let times = times.as_f64().unwrap_or(f64::NAN);
    if times.is_nan() || times < 0.0 {
        return Ok(Value::null());
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and a float beyond the range becomes the largest"
    )]
    let times = times as usize;
    if text.len().saturating_mul(times) > LONGEST {
        return fail("Repeat string result too long");
    }
    Ok(Value::string(text.repeat(times)))
}

/// Merges objects, and the objects in them.
fn merge(left: Value, right: Value) -> Value {
    match (left.0, right.0) {
        (Node::Object(mut left), Node::Object(right)) => {
            if !stack::has_room() {
                return Value::null();
            }
            let object: &mut Object = Rc::make_mut(&mut left);
            for (key, value) in into_object(right).into_entries() {
                let place = object.entry(&key);
                *place = if value.as_object().is_some() && place.as_object().is_some() {
                    merge(std::mem::take(place), value)
                } else {
                    value
                };
            }
            Value(Node::Object(left))
        }
        (_, right) => Value(right),
    }
}

impl std::ops::Div for Value {
    type Output = ValR<Self>;

    fn div(self, other: Self) -> Self::Output {
        if let (Some(text), Some(separator)) = (self.as_str(), other.as_str()) {
            return Ok(split(text, separator));
        }
        match (self.as_f64(), other.as_f64()) {
            (Some(_), Some(0.0)) => refuse(&self, &other, "divided because the divisor is zero"),
            (Some(a), Some(b)) => Ok(Self::from(a / b)),
            _ => refuse(&self, &other, "divided"),
        }
    }
}

/// The parts of `text` between the separators; its characters if the separator is empty.
pub(crate) fn split(text: &str, separator: &str) -> Value {
    if text.is_empty() {
        return Value::array(Vec::new());
    }
    if separator.is_empty() {
        let mut buffer = [0; 4];
        return text.chars().map(|c| Value::from_str(c.encode_utf8(&mut buffer))).collect();
    }
    text.split(separator).map(Value::from_str).collect()
}

impl std::ops::Rem for Value {
    type Output = ValR<Self>;

    fn rem(self, other: Self) -> Self::Output {
        let (Some(a), Some(b)) = (self.as_f64(), other.as_f64()) else {
            return refuse(&self, &other, "divided (remainder)");
        };
        if a.is_nan() || b.is_nan() {
            return Ok(Self::from(f64::NAN));
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "the remainder is one of whole numbers; what is beyond their range is cut"
        )]
        let remainder = match (a as i64, (b as i64).unsigned_abs()) {
            (_, 0) => {
                let what = "divided (remainder) because the divisor is zero";
                return refuse(&self, &other, what);
            }
            (a, b) => (i128::from(a) % i128::from(b)) as f64,
        };
        Ok(Self::from(remainder))
    }
}

impl std::ops::Neg for Value {
    type Output = ValR<Self>;

    fn neg(self) -> Self::Output {
        match self.negated() {
            Some(value) => Ok(value),
            None => fail(format!("{} cannot be negated", self.described())),
        }
    }
}
