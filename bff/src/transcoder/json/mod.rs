//! Values in JSON, and the reading of texts that stand for values.

mod number;
mod structure;
mod text;
mod time;
mod wellknown;

pub(super) use number::{float32, float64, put_float64, put_integer, signed, unsigned};
pub(super) use structure::{
    list_value, structure, value, write_list, write_structure, write_value,
};
pub(super) use text::{TEXT, finish_string, put_string, put_text, string};
pub(super) use time::{canonical_duration, duration, parse_duration, parse_timestamp, timestamp};
pub(super) use wellknown::{any, base64, field_mask, parse_base64, parse_field_mask};

use super::wire::Malformed;

/// Why a value cannot be written. What was appended by then is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The bytes are not a message.
    Malformed,
    NotUtf8,
    NotFinite,
    TooLarge,
    UnknownEnumValue,
    Moment,
    Nanos,
    Span,
    Mask,
    TooDeep,
    NotItsType,
}

impl Fault {
    /// For clients, where the value is understood, but JSON or its GraphQL type has no place for it; `None` where the
    /// bytes are not a message.
    pub(super) fn message(self) -> Option<&'static str> {
        Some(match self {
            Self::Malformed => return None,
            Self::NotUtf8 => "the text is not valid UTF-8",
            Self::NotFinite => "the number is not finite",
            Self::TooLarge => "the number does not fit into 32 bits",
            Self::UnknownEnumValue => "the enum value is not in the schema",
            Self::Moment => "the timestamp is not in the years 1 to 9999",
            Self::Nanos => "the timestamp's nanos are not from 0 to 999999999",
            Self::Span => {
                "the duration is longer than 315576000000 seconds, or its nanos are beyond 999999999 or of another sign"
            }
            Self::Mask => "a path of the mask cannot be written in lowerCamelCase",
            Self::TooDeep => "the value nests deeper than 100 levels",
            Self::NotItsType => "the content is no message of the type that it names",
        })
    }
}

impl From<Malformed> for Fault {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}
