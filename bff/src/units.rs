//! Numbers with units, as people write them in configuration: `"80ms"`, `"2MiB"`.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, de};

/// A span of time written as `500us`, `80ms`, `2s`, `5m`, `1h` or `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(pub Duration);

/// A number of bytes written as `512B`, `64KiB`, `2MiB`, `1GiB`, or as a plain number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteSize(pub u64);

/// A text that is not a number with a unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind}; write {accepted}")]
pub struct UnitError {
    text: String,
    kind: &'static str,
    accepted: &'static str,
}

const SPANS: [(&str, u64); 6] = [
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60_000_000),
    ("h", 3_600_000_000),
    ("d", 86_400_000_000),
];
const SIZES: [(&str, u64); 5] =
    [("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

impl FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse(text, &SPANS).map(|micros| Self(Duration::from_micros(micros))).ok_or_else(|| {
            UnitError {
                text: text.to_owned(),
                kind: "a span of time",
                accepted: "a whole number with us, ms, s, m, h or d, like `80ms`",
            }
        })
    }
}

impl FromStr for ByteSize {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse(text, &SIZES).map(Self).ok_or_else(|| UnitError {
            text: text.to_owned(),
            kind: "a number of bytes",
            accepted: "a whole number with B, KiB, MiB or GiB, like `2MiB`",
        })
    }
}

fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX);
        let (unit, factor) = SPANS
            .iter()
            .rev()
            .find(|(_, factor)| micros % factor == 0 && micros != 0)
            .unwrap_or(&SPANS[2]);
        write!(formatter, "{}{unit}", micros / factor)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, factor) = SIZES[1..]
            .iter()
            .rev()
            .find(|(_, factor)| self.0.is_multiple_of(*factor) && self.0 != 0)
            .unwrap_or(&SIZES[1]);
        write!(formatter, "{}{unit}", self.0 / factor)
    }
}

/// How a span of time may be written.
const SPAN_FORMS: &str = "a span of time: a whole number with us, ms, s, m, h or d, like `80ms`";
/// How a number of bytes may be written.
const SIZE_FORMS: &str = "a number of bytes: a whole number with B, KiB, MiB or GiB, like `2MiB`";

struct Written<T> {
    forms: &'static str,
    of_number: fn(u64) -> Option<T>,
}

impl<T: FromStr<Err = UnitError>> de::Visitor<'_> for Written<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.forms)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(de::Error::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        (self.of_number)(number)
            .ok_or_else(|| de::Error::invalid_type(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        u64::try_from(number)
            .ok()
            .and_then(self.of_number)
            .ok_or_else(|| de::Error::invalid_type(de::Unexpected::Signed(number), &self))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written { forms: SPAN_FORMS, of_number: |_| None })
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let of_number = |bytes| Some(Self(bytes));
        deserializer.deserialize_any(Written { forms: SIZE_FORMS, of_number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_shown() {
        for text in ["500us", "80ms", "2s", "5m", "1h", "7d", "0s"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        for text in ["1B", "64KiB", "2MiB", "1GiB"] {
            assert_eq!(text.parse::<ByteSize>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_error_names_the_text_and_an_accepted_form() {
        assert_eq!(
            "80".parse::<Span>().unwrap_err().to_string(),
            "`80` is not a span of time; write a whole number with us, ms, s, m, h or d, like `80ms`"
        );
        assert!("99999999999999999999s".parse::<Span>().is_err());
        assert!("300000000000d".parse::<Span>().is_err());
        assert!("2MB".parse::<ByteSize>().is_err());
    }
}
