//! Maps that are given as JSON, where no type of GraphQL has said before what a value may be.

use std::sync::Arc;

use super::{Encoder, Encoders, Kind, Result};
use crate::{
    contract::{Format, Scalar},
    operation::{Value, Variables},
    transcoder::{misfit::Misfit, wire::put_nested},
};

impl Encoders {
    /// Appends the entries of a map as field `number`.
    pub(super) fn map(
        &self,
        out: &mut Vec<u8>,
        number: u32,
        encoder: &Encoder,
        entries: &[(Arc<str>, Value)],
        variables: &Variables,
    ) -> Result<()> {
        let key = encoder.map_key;
        let format = if key == Scalar::Bool { Format::Boolean } else { Format::Decimal };
        let key = Kind::Leaf { scalar: key, format, names: 0, wrapped: false };
        for (name, value) in entries {
            let Some(value) = value.resolve(variables) else { continue };
            let written = put_nested(out, number, |out| {
                self.one(out, 1, key, &Value::String(Arc::clone(name)), variables)?;
                take(encoder.kind, value)?;
                self.one(out, 2, encoder.kind, value, variables)
            });
            written.map_err(|misfit| misfit.in_field(name))?;
        }
        Ok(())
    }
}

/// Refuses what a field or a variable with the type that shows such a value would refuse.
fn take(kind: Kind, value: &Value) -> Result<()> {
    let Kind::Leaf { format, .. } = kind else { return Ok(()) };
    let (is_taken, why) = match format {
        Format::Boolean => (matches!(value, Value::Boolean(_)), "is not true or false"),
        Format::Int => (
            matches!(value, Value::Int(_) | Value::Unsigned(_) | Value::Float(_)),
            "is not an integer, without quotes",
        ),
        Format::Decimal => (
            !matches!(value, Value::Boolean(_) | Value::Enum(_)),
            "is not an integer, with quotes or without",
        ),
        Format::Float => (
            matches!(value, Value::Int(_) | Value::Unsigned(_) | Value::Float(_)),
            "is not a number, without quotes",
        ),
        Format::Enum => {
            (matches!(value, Value::String(_) | Value::Enum(_)), "is not the name of an enum value")
        }
        Format::String | Format::Base64 | Format::Timestamp | Format::Duration => {
            (matches!(value, Value::String(_)), "is not a text in quotes")
        }
        _ => return Ok(()),
    };
    match value {
        Value::Null => Err(Misfit::new(value, "no map in a request can hold")),
        value if !is_taken => Err(Misfit::new(value, why)),
        _ => Ok(()),
    }
}
