//! Values in JSON, and the reading of texts that stand for values.

mod number;
mod structure;
mod text;
mod time;
mod wellknown;

pub(super) use number::{float32, float64, signed, unsigned};
pub(super) use structure::{
    list_value, structure, value, write_list, write_structure, write_value,
};
pub(super) use text::{finish_string, string};
pub(super) use time::{duration, parse_duration, parse_timestamp, timestamp};
pub(super) use wellknown::{any, base64, field_mask, parse_base64, parse_field_mask};

use super::wire::Malformed;

/// Why a value cannot be written. What was appended by then is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The value is understood, but JSON or its GraphQL type has no place for it. The text is for clients.
    Invalid(&'static str),
    /// The bytes are not a message.
    Malformed,
}

impl From<Malformed> for Fault {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

pub(super) const NOT_FINITE: Fault = Fault::Invalid("the number is not finite");
pub(super) const NOT_UTF8: Fault = Fault::Invalid("the text is not valid UTF-8");
