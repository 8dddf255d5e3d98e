//! GraphQL input values as protobuf fields.

use std::{collections::HashMap, sync::Arc};

mod any;
mod doubt;
mod map;
mod object;

use super::{Positions, Sources, oneof::Given};
use crate::{
    contract::{Cardinality, Format, InputValue, Leaf, Scalar, Types, input_value},
    error::{Code, Error},
    operation::{Value, Variables},
    transcoder::{
        json,
        misfit::Misfit,
        scalar::{from_integer, range, raw, wire_type},
        wire::{FIXED64, LEN, VARINT, put_fixed, put_len, put_nested, put_tag},
    },
};
use object::Object;

/// What comes of writing a value.
type Result<T, E = Misfit> = std::result::Result<T, E>;

/// How the input objects and enums of a plan's arguments are written.
#[derive(Debug, Default)]
pub(in crate::transcoder) struct Encoders {
    objects: Vec<Object>,
    object_positions: Positions,
    enums: Vec<HashMap<String, i32>>,
    enum_positions: Positions,
    /// What an Any may name; empty where none is taken.
    types: Arc<Types>,
}

/// How one input value is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoder {
    cardinality: Cardinality,
    kind: Kind,
    /// Of a map.
    map_key: Scalar,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Leaf {
        scalar: Scalar,
        format: Format,
        /// A position in [`Encoders::enums`].
        names: usize,
        wrapped: bool,
    },
    /// A position in [`Encoders::objects`].
    Object(usize),
}

impl Encoder {
    /// A text that has presence.
    pub(super) const TEXT: Self = Self {
        cardinality: Cardinality::Explicit,
        kind: Kind::Leaf {
            scalar: Scalar::String,
            format: Format::String,
            names: 0,
            wrapped: false,
        },
        map_key: Scalar::String,
    };
}

impl Encoders {
    /// The encoder of a value, and of everything inside it.
    pub(super) fn encoder(
        &mut self,
        value: &InputValue,
        sources: Sources<'_>,
    ) -> Result<Encoder, Error> {
        let kind = match &value.value {
            Some(input_value::Value::Leaf(leaf)) => self.leaf(leaf, sources),
            Some(input_value::Value::Input(index)) => Kind::Object(self.object(*index, sources)?),
            None => return Err(refused()),
        };
        let map_key = match &value.map_key {
            Some(leaf) => leaf.scalar(),
            None if value.cardinality() == Cardinality::Map => return Err(refused()),
            None => Scalar::String,
        };
        Ok(Encoder { cardinality: value.cardinality(), kind, map_key })
    }

    fn leaf(&mut self, leaf: &Leaf, sources: Sources<'_>) -> Kind {
        let mut names = 0;
        if leaf.format() == Format::Any {
            self.types = sources.types.of(sources.contract);
        }
        if leaf.format() == Format::Enum {
            let Self { enums, enum_positions, .. } = self;
            names = *enum_positions.entry(leaf.r#enum).or_insert_with(|| {
                let values = sources.contract.enums.get(leaf.r#enum as usize).map(|it| &it.values);
                let names = values.into_iter().flatten();
                enums.push(names.map(|value| (value.name.clone(), value.number)).collect());
                enums.len() - 1
            });
        }
        Kind::Leaf { scalar: leaf.scalar(), format: leaf.format(), names, wrapped: leaf.wrapped }
    }

    /// Appends a value as field `number`. One that is null or not given is left out.
    ///
    /// # Errors
    ///
    /// What does not fit, and where in the value.
    pub(super) fn field(
        &self,
        out: &mut Vec<u8>,
        number: u32,
        encoder: &Encoder,
        value: &Value,
        variables: &Variables,
    ) -> Result<()> {
        let Some(value) = value.resolve(variables) else { return Ok(()) };
        let is_json = matches!(encoder.kind, Kind::Leaf { format: Format::Value, .. });
        match (encoder.cardinality, value) {
            (_, Value::Null) if !is_json => Ok(()),
            (Cardinality::Repeated, Value::List(items)) => {
                self.list(out, number, encoder, items, variables)
            }
            // GraphQL takes a single value for a list of one.
            (Cardinality::Repeated, item) => {
                self.list(out, number, encoder, std::slice::from_ref(item), variables)
            }
            (Cardinality::Map, Value::Object(entries)) => {
                self.map(out, number, encoder, entries, variables)
            }
            (Cardinality::Map, value) => Err(Misfit::new(value, "is not an object")),
            (Cardinality::Explicit, value) => self.one(out, number, encoder.kind, value, variables),
            (_, value) => {
                let start = out.len();
                self.one(out, number, encoder.kind, value, variables)?;
                // Without presence a zero value is not sent.
                if let Kind::Leaf { scalar, .. } = encoder.kind
                    && scalar != Scalar::Message
                    && is_zero(&out[start..])
                {
                    out.truncate(start);
                }
                Ok(())
            }
        }
    }

    fn list(
        &self,
        out: &mut Vec<u8>,
        number: u32,
        encoder: &Encoder,
        items: &[Value],
        variables: &Variables,
    ) -> Result<()> {
        let is_json = matches!(encoder.kind, Kind::Leaf { format: Format::Value, .. });
        let is_null = |item: &Value| item.resolve(variables).is_none_or(|it| *it == Value::Null);
        if !is_json && let Some(at) = items.iter().position(is_null) {
            let misfit = Misfit::new(&Value::Null, "no list in a request can hold");
            return Err(misfit.in_item(at));
        }
        match encoder.kind {
            Kind::Leaf { scalar, format, names, wrapped: false }
                if wire_type(scalar) != LEN && !items.is_empty() =>
            {
                put_nested(out, number, |out| {
                    for (at, item) in items.iter().enumerate() {
                        let item = item.resolve(variables).unwrap_or(&Value::Null);
                        let value = self.number(scalar, format, names, item);
                        let value = value.map_err(|misfit| misfit.in_item(at))?;
                        put_fixed(out, wire_type(scalar), raw(scalar, value));
                    }
                    Ok(())
                })
            }
            kind => {
                for (at, item) in items.iter().enumerate() {
                    let item = item.resolve(variables).unwrap_or(&Value::Null);
                    let written = self.one(out, number, kind, item, variables);
                    written.map_err(|misfit| misfit.in_item(at))?;
                }
                Ok(())
            }
        }
    }

    /// One value as one field.
    fn one(
        &self,
        out: &mut Vec<u8>,
        number: u32,
        kind: Kind,
        value: &Value,
        variables: &Variables,
    ) -> Result<()> {
        match kind {
            Kind::Object(position) => match value {
                Value::Object(fields) => put_nested(out, number, |out| {
                    self.members(out, position, fields, variables, &mut Given::default())
                }),
                value => Err(Misfit::new(value, "is not an object")),
            },
            Kind::Leaf { scalar, format, names, wrapped: true } => {
                let kind = Kind::Leaf { scalar, format, names, wrapped: false };
                put_nested(out, number, |out| self.one(out, 1, kind, value, variables))
            }
            Kind::Leaf { format: Format::Any, .. } => {
                put_nested(out, number, |out| any::any(out, value, &self.types, variables))
            }
            Kind::Leaf { scalar: Scalar::Message, format, .. } => {
                put_nested(out, number, |out| message(out, format, value, variables))
            }
            Kind::Leaf { scalar: Scalar::Bytes, format: Format::Base64, .. } => {
                let text = text(value)?;
                let bytes = json::parse_base64(&text);
                let bytes = bytes.ok_or_else(|| Misfit::new(value, "is not base64"))?;
                put_len(out, number, &bytes);
                Ok(())
            }
            Kind::Leaf { scalar: Scalar::String | Scalar::Bytes, .. } => {
                put_len(out, number, text(value)?.as_bytes());
                Ok(())
            }
            Kind::Leaf { scalar, format, names, .. } => {
                let value = self.number(scalar, format, names, value)?;
                put_tag(out, number, wire_type(scalar));
                put_fixed(out, wire_type(scalar), raw(scalar, value));
                Ok(())
            }
        }
    }

    /// The value of a number, boolean or enum.
    fn number(&self, scalar: Scalar, format: Format, names: usize, value: &Value) -> Result<u64> {
        match (scalar, value) {
            (Scalar::Enum, Value::Enum(name) | Value::String(name)) if format == Format::Enum => {
                let number = self.enums[names].get(&**name);
                let number = number.ok_or_else(|| Misfit::new(value, "is not an enum value"))?;
                Ok(i64::from(*number) as u64)
            }
            (Scalar::Bool, Value::Boolean(boolean)) => Ok(u64::from(*boolean)),
            (Scalar::Bool, Value::String(text)) => match &**text {
                "true" => Ok(1),
                "false" => Ok(0),
                _ => Err(Misfit::new(value, "is not a boolean")),
            },
            (Scalar::Double | Scalar::Float, value) => float(scalar, value),
            (_, Value::Int(number)) => integer(scalar, i128::from(*number), value),
            (_, Value::Unsigned(number)) => integer(scalar, i128::from(*number), value),
            (_, Value::String(text)) => {
                let number = text.parse().ok().filter(|_| !text.starts_with('+'));
                let number = number.ok_or_else(|| Misfit::new(value, "is not an integer"))?;
                integer(scalar, number, value)
            }
            (_, Value::Float(number)) if number.fract() == 0.0 && number.abs() >= HIGHEST => {
                Err(out_of_range(scalar, value))
            }
            (_, Value::Float(_)) => {
                let why =
                    "is a Float; what is wanted is an integer, without a point or an exponent";
                Err(Misfit::new(value, why))
            }
            _ => Err(Misfit::new(value, "is not an integer")),
        }
    }
}

/// No integer of 64 bits is as far from zero as this, 2^64, but for those below 2^63 that a double rounds up to it.
const HIGHEST: f64 = 18_446_744_073_709_551_616.0;

fn integer(scalar: Scalar, number: i128, value: &Value) -> Result<u64> {
    from_integer(scalar, number).ok_or_else(|| out_of_range(scalar, value))
}

fn float(scalar: Scalar, value: &Value) -> Result<u64> {
    let number = match value {
        Value::Int(integer) => *integer as f64,
        Value::Unsigned(integer) => *integer as f64,
        Value::Float(number) => *number,
        Value::String(text) => text.parse().map_err(|_| Misfit::new(value, "is not a number"))?,
        _ => return Err(Misfit::new(value, "is not a number")),
    };
    let fits =
        if scalar == Scalar::Float { (number as f32).is_finite() } else { number.is_finite() };
    if fits { Ok(number.to_bits()) } else { Err(out_of_range(scalar, value)) }
}

fn text(value: &Value) -> Result<Arc<str>> {
    match value {
        Value::String(text) | Value::Enum(text) => Ok(Arc::clone(text)),
        Value::Int(integer) => Ok(integer.to_string().into()),
        Value::Unsigned(integer) => Ok(integer.to_string().into()),
        Value::Boolean(boolean) => Ok(boolean.to_string().into()),
        Value::Float(number) => Ok(number.to_string().into()),
        _ => Err(Misfit::new(value, "is not a text")),
    }
}

/// The content of a well-known message.
fn message(out: &mut Vec<u8>, format: Format, value: &Value, variables: &Variables) -> Result<()> {
    match (format, value) {
        (Format::Value, value) => json::write_value(out, value, variables)?,
        (Format::Struct, Value::Object(fields)) => json::write_structure(out, fields, variables)?,
        (Format::Struct, _) => return Err(Misfit::new(value, "is not an object")),
        (Format::ListValue, Value::List(items)) => json::write_list(out, items, variables)?,
        (Format::ListValue, _) => return Err(Misfit::new(value, "is not a list")),
        (Format::Timestamp, value) => {
            let moment = json::parse_timestamp(&text(value)?);
            let why = "is not a moment like 2026-01-31T09:30:00Z";
            let (seconds, nanos) = moment.ok_or_else(|| Misfit::new(value, why))?;
            seconds_and_nanos(out, seconds, nanos);
        }
        (Format::Duration, value) => {
            let span = json::parse_duration(&text(value)?);
            let why = "is not a duration like 1.5s";
            let (seconds, nanos) = span.ok_or_else(|| Misfit::new(value, why))?;
            seconds_and_nanos(out, seconds, nanos);
        }
        (Format::FieldMask, Value::String(text)) => {
            for path in json::parse_field_mask(text) {
                put_len(out, 1, path.as_bytes());
            }
        }
        (Format::Empty, Value::Boolean(true)) => {}
        (Format::Empty, value) => {
            return Err(Misfit::new(value, "is not true: whether it is there is all that it says"));
        }
        _ => return Err(Misfit::new(value, "is not a value of this type")),
    }
    Ok(())
}

fn seconds_and_nanos(out: &mut Vec<u8>, seconds: i64, nanos: i32) {
    for (number, value) in [(1, seconds), (2, i64::from(nanos))] {
        if value != 0 {
            put_tag(out, number, VARINT);
            put_fixed(out, VARINT, value as u64);
        }
    }
}

/// Whether a field, tag included, holds a zero value.
fn is_zero(field: &[u8]) -> bool {
    let mut at = 0;
    let Ok(tag) = crate::transcoder::wire::tag(field, &mut at) else { return false };
    // -0.0 is not a zero value: its bits are not all 0.
    matches!(tag & 7, LEN | VARINT | FIXED64 | 5) && field[at..].iter().all(|byte| *byte == 0)
}

fn out_of_range(scalar: Scalar, value: &Value) -> Misfit {
    let mut why = format!("is out of the range of {}", scalar.as_str_name()).to_lowercase();
    if let Some((lowest, highest)) = range(scalar) {
        why += &format!(" ({lowest} to {highest})");
    }
    Misfit::new(value, why)
}

fn refused() -> Error {
    Error::new(Code::FailedPrecondition, "the contract fills a request with nothing")
}
