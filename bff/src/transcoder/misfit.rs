//! Why a value does not go into a field of a request, in a sentence that names the place, the value and what is wrong.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
    sync::Arc,
};

use crate::{
    error::{Code, Error},
    operation::Value,
};

/// How much of a text an error shows.
const SHOWN: usize = 80;

/// A value that a field of a request does not take.
#[derive(Debug)]
pub(super) struct Misfit {
    /// Where inside of what was given, the innermost step first.
    path: Vec<Segment>,
    value: String,
    why: Cow<'static, str>,
}

#[derive(Debug)]
enum Segment {
    Field(Arc<str>),
    Item(usize),
}

impl Misfit {
    /// `why` goes on with "the value …".
    pub(super) fn new(value: &Value, why: impl Into<Cow<'static, str>>) -> Self {
        Self { path: Vec::new(), value: Shown(value).to_string(), why: why.into() }
    }

    /// The value and what was given for another field are members of one oneof.
    pub(super) fn beside(value: &Value, other: &str) -> Self {
        let why = "are members of one oneof, of which exactly one may be given";
        Self::new(value, format!("may not stand beside \"{other}\": they {why}"))
    }

    /// The value stands in this field of an object.
    pub(super) fn in_field(mut self, name: &Arc<str>) -> Self {
        self.path.push(Segment::Field(Arc::clone(name)));
        self
    }

    /// The value stands in a list.
    pub(super) fn in_item(mut self, at: usize) -> Self {
        self.path.push(Segment::Item(at));
        self
    }

    /// The value is an argument's, or stands where `names` lead into it.
    pub(super) fn of_argument(self, argument: &str, names: &[String]) -> Error {
        let mut place = argument.to_owned();
        let written = names
            .iter()
            .try_for_each(|name| write!(place, ".{name}"))
            .and_then(|()| self.path.iter().rev().try_for_each(|step| write!(place, "{step}")));
        written.expect("writing to a String never fails");
        let Self { value, why, .. } = self;
        let at = if place == argument { String::new() } else { format!(" at \"{place}\"") };
        let message = format!("argument \"{argument}\" has the value {value}{at}, which {why}");
        Error::new(Code::BadUserInput, message)
    }

    /// The value was not in the document, and is not shown: `what` is where it came from.
    pub(super) fn of(self, what: &str) -> Error {
        Error::new(Code::BadUserInput, format!("{what} {}", self.why))
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(formatter, ".{name}"),
            Self::Item(at) => write!(formatter, "[{at}]"),
        }
    }
}

struct Shown<'v>(&'v Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null | Value::Variable { .. } => formatter.write_str("null"),
            Value::Int(number) => number.fmt(formatter),
            Value::Unsigned(number) => number.fmt(formatter),
            Value::Float(number) => write!(formatter, "{}", written(*number)),
            Value::Boolean(boolean) => boolean.fmt(formatter),
            Value::Enum(name) => formatter.write_str(name),
            Value::String(text) => match text.char_indices().nth(SHOWN) {
                Some((at, _)) => write!(formatter, "{:?}…", &text[..at]),
                None => write!(formatter, "{text:?}"),
            },
            Value::List(_) => formatter.write_str("[…]"),
            Value::Object(_) => formatter.write_str("{…}"),
        }
    }
}

/// A float as it was probably written. Integers that 64 bits do not hold are floats here, if that changes no digit; all
/// their digits are told.
fn written(number: f64) -> String {
    const ALL: usize = 17;
    let shortest = format!("{number:?}");
    let digits = shortest.split('e').next().unwrap_or_default();
    let is_long = digits.bytes().filter(u8::is_ascii_digit).count() >= ALL;
    if is_long && number.fract() == 0.0 { format!("{number:.0}") } else { shortest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_told_as_they_were_written() {
        for text in ["1.0", "0.1", "1e39", "1e300", "-0.0", "18446744073709551616"] {
            let number = text.parse().unwrap();
            assert_eq!(Shown(&Value::Float(number)).to_string(), text);
        }
    }
}
