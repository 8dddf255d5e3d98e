//! A `google.protobuf.Any` from JSON: as ProtoJSON reads it where the contract knows the type, else with its bytes as base64.

use std::sync::Arc;

use super::{Result, is_zero, message, out_of_range, text};
use crate::{
    contract::{Cardinality, FieldType, Form, Format, MessageType, Scalar, Types},
    operation::{Value, Variables},
    transcoder::{
        json,
        misfit::Misfit,
        scalar::{from_integer, raw, wire_type},
        wire::{DEPTH, END_GROUP, LEN, START_GROUP, put_fixed, put_len, put_nested, put_tag},
    },
};

/// The members that an Any has beside those of its content.
const TYPE: &str = "@type";
const VALUE: &str = "value";

/// An Any in general.
const LIKE: &str = "like {\"@type\": \"type.googleapis.com/a.B\", \"value\": \"CAE=\"}";

/// Appends the content of an Any.
///
/// # Errors
///
/// What does not fit, and where in the value.
pub(super) fn any(
    out: &mut Vec<u8>,
    value: &Value,
    types: &Types,
    variables: &Variables,
) -> Result<()> {
    Reader { types, variables }.any(out, value, DEPTH)
}

/// The members of a JSON object.
type Members = [(Arc<str>, Value)];

struct Reader<'r> {
    types: &'r Types,
    variables: &'r Variables,
}

impl Reader<'_> {
    /// Messages inside nest at most `depth` deep.
    fn any(&self, out: &mut Vec<u8>, whole: &Value, depth: u32) -> Result<()> {
        let Value::Object(members) = whole else {
            return Err(Misfit::new(whole, format!("is not an Any {LIKE}")));
        };
        // What has no type is nothing at all.
        if members.is_empty() {
            return Ok(());
        }
        let Some(Value::String(url)) = self.member(members, TYPE) else {
            return Err(Misfit::new(whole, format!("is not an Any {LIKE}: it has no \"@type\"")));
        };
        put_len(out, 1, url.as_bytes());
        let mut content = Vec::new();
        match self.types.at_url(url) {
            Some(known) => {
                let depth = deeper(whole, depth)?;
                self.content(&mut content, known, whole, members, depth)?;
            }
            None => {
                let why = "is beside the type of an Any that is not in the contract, which takes nothing but its \
                           bytes as base64, {\"@type\": …, \"value\": \"CAE=\"}";
                self.only_value(members, why)?;
                content = self.undecoded(members)?.unwrap_or_default();
            }
        }
        if !content.is_empty() {
            put_len(out, 2, &content);
        }
        Ok(())
    }

    /// The content of an Any of a type that the contract knows.
    fn content(
        &self,
        out: &mut Vec<u8>,
        known: &MessageType,
        whole: &Value,
        members: &Members,
        depth: u32,
    ) -> Result<()> {
        let given = self.member(members, VALUE);
        match known.form {
            Form::Fields => {
                let is_undecoded = matches!(given, Some(Value::String(_)))
                    && known.named(VALUE).is_none()
                    && members.iter().all(|(name, _)| matches!(&**name, TYPE | VALUE));
                if is_undecoded {
                    out.extend_from_slice(&self.undecoded(members)?.unwrap_or_default());
                    return Ok(());
                }
                self.fields(out, known, members, Some(TYPE), depth)
            }
            Form::Wrapper | Form::WellKnown(_) => {
                let name = &known.name;
                self.only_value(members, &format!("is beside the \"value\" of {name}"))?;
                let written = match given {
                    Some(value) => self.message(out, known, value, depth),
                    None if known.form == Form::WellKnown(Format::Empty) => return Ok(()),
                    None => {
                        let why = format!("is an Any of {name} without its \"value\"");
                        return Err(Misfit::new(whole, why));
                    }
                };
                written.map_err(|misfit| misfit.in_field(&VALUE.into()))
            }
        }
    }

    fn member<'v>(&'v self, members: &'v Members, name: &str) -> Option<&'v Value> {
        let (_, value) = members.iter().find(|(other, _)| &**other == name)?;
        value.resolve(self.variables)
    }

    /// Refuses all members but a type and its value.
    fn only_value(&self, members: &Members, why: &str) -> Result<()> {
        for (name, value) in members {
            if let (false, Some(value)) =
                (matches!(&**name, TYPE | VALUE), value.resolve(self.variables))
            {
                return Err(Misfit::new(value, why.to_owned()).in_field(name));
            }
        }
        Ok(())
    }

    /// The bytes of an Any that is given undecoded.
    fn undecoded(&self, members: &Members) -> Result<Option<Vec<u8>>> {
        let Some(value) = self.member(members, VALUE) else { return Ok(None) };
        base64(value).map(Some).map_err(|misfit| misfit.in_field(&VALUE.into()))
    }

    /// The fields of a message. The member `beside` is none of them.
    fn fields(
        &self,
        out: &mut Vec<u8>,
        known: &MessageType,
        members: &Members,
        beside: Option<&str>,
        depth: u32,
    ) -> Result<()> {
        let mut given = Vec::new();
        for (name, value) in members {
            let Some(value) = value.resolve(self.variables) else { continue };
            if Some(&**name) == beside {
                continue;
            }
            let written = named(known, name, value).and_then(|at| {
                let field = &known.fields[at];
                if *value == Value::Null && !self.takes_null(field) {
                    return Ok(());
                }
                let same = |other: &&usize| {
                    field.oneof.is_some() && known.fields[**other].oneof == field.oneof
                };
                match given.iter().find(same) {
                    _ if given.contains(&at) => {
                        let why = format!("is given for \"{}\" a second time", field.json_name);
                        return Err(Misfit::new(value, why));
                    }
                    Some(other) => {
                        return Err(Misfit::beside(value, &known.fields[*other].json_name));
                    }
                    None => given.push(at),
                }
                self.field(out, field, value, depth)
            });
            written.map_err(|misfit| misfit.in_field(name))?;
        }
        Ok(())
    }

    /// Whether JSON's null is one of its values.
    fn takes_null(&self, field: &FieldType) -> bool {
        match field.scalar {
            _ if field.cardinality == Cardinality::Map => false,
            Scalar::Enum => self.types.enum_of(field).is_null(),
            Scalar::Message => self.types.message_of(field).form == Form::WellKnown(Format::Value),
            _ => false,
        }
    }

    fn field(&self, out: &mut Vec<u8>, field: &FieldType, value: &Value, depth: u32) -> Result<()> {
        match (field.cardinality, value) {
            // Nothing but a list is given for one, as ProtoJSON has it.
            (Cardinality::Repeated, Value::List(items)) => self.list(out, field, items, depth),
            (Cardinality::Repeated, Value::Null) => Ok(()),
            (Cardinality::Repeated, value) => Err(Misfit::new(value, "is not a list")),
            (Cardinality::Map, Value::Object(entries)) => self.map(out, field, entries, depth),
            (Cardinality::Map, value) => Err(Misfit::new(value, "is not an object")),
            (cardinality, value) => {
                let start = out.len();
                self.one(out, field, value, depth)?;
                let is_message = matches!(field.scalar, Scalar::Message | Scalar::Group);
                if cardinality == Cardinality::Implicit && !is_message && is_zero(&out[start..]) {
                    out.truncate(start);
                }
                Ok(())
            }
        }
    }

    fn list(
        &self,
        out: &mut Vec<u8>,
        field: &FieldType,
        items: &[Value],
        depth: u32,
    ) -> Result<()> {
        let wire_type = wire_type(field.scalar);
        let is_packed = wire_type != LEN && !items.is_empty();
        let mut packed = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let item = item.resolve(self.variables).unwrap_or(&Value::Null);
            let written = match item {
                Value::Null if !self.takes_null(field) => {
                    Err(Misfit::new(item, "no list in a request can hold"))
                }
                item if is_packed => self.number(field, item).map(|value| {
                    put_fixed(&mut packed, wire_type, raw(field.scalar, value));
                }),
                item => self.one(out, field, item, depth),
            };
            written.map_err(|misfit| misfit.in_item(at))?;
        }
        if is_packed {
            put_len(out, field.number, &packed);
        }
        Ok(())
    }

    fn map(
        &self,
        out: &mut Vec<u8>,
        field: &FieldType,
        entries: &Members,
        depth: u32,
    ) -> Result<()> {
        let [key, of] = &self.types.message_of(field).fields[..] else { return Ok(()) };
        for (name, value) in entries {
            let Some(value) = value.resolve(self.variables) else { continue };
            let written = put_nested(out, field.number, |out| {
                self.key(out, key, name)?;
                if *value == Value::Null && !self.takes_null(of) {
                    return Err(Misfit::new(value, "no map in a request can hold"));
                }
                self.one(out, of, value, depth)
            });
            written.map_err(|misfit| misfit.in_field(name))?;
        }
        Ok(())
    }

    fn key(&self, out: &mut Vec<u8>, key: &FieldType, name: &Arc<str>) -> Result<()> {
        let given = Value::String(Arc::clone(name));
        let given = match (key.scalar, &**name) {
            (Scalar::Bool, "true") => Value::Boolean(true),
            (Scalar::Bool, "false") => Value::Boolean(false),
            _ => given,
        };
        self.one(out, key, &given, 0)
    }

    /// One value as one field.
    fn one(&self, out: &mut Vec<u8>, field: &FieldType, value: &Value, depth: u32) -> Result<()> {
        match field.scalar {
            Scalar::Message => put_nested(out, field.number, |out| {
                self.message(out, self.types.message_of(field), value, depth)
            }),
            Scalar::Group => {
                put_tag(out, field.number, START_GROUP);
                self.message(out, self.types.message_of(field), value, depth)?;
                put_tag(out, field.number, END_GROUP);
                Ok(())
            }
            Scalar::String => {
                let Value::String(text) = value else {
                    return Err(Misfit::new(value, "is not a text"));
                };
                put_len(out, field.number, text.as_bytes());
                Ok(())
            }
            Scalar::Bytes => {
                put_len(out, field.number, &base64(value)?);
                Ok(())
            }
            scalar => {
                let number = self.number(field, value)?;
                put_tag(out, field.number, wire_type(scalar));
                put_fixed(out, wire_type(scalar), raw(scalar, number));
                Ok(())
            }
        }
    }

    /// The content of a message in a field.
    fn message(
        &self,
        out: &mut Vec<u8>,
        known: &MessageType,
        value: &Value,
        depth: u32,
    ) -> Result<()> {
        let depth = deeper(value, depth)?;
        match (known.form, value) {
            (Form::Fields | Form::WellKnown(Format::Empty), Value::Object(members)) => {
                self.fields(out, known, members, None, depth)
            }
            (Form::Fields | Form::WellKnown(Format::Empty), _) => {
                Err(Misfit::new(value, "is not an object"))
            }
            (Form::Wrapper, value) => match known.fields.first() {
                Some(field) => self.field(out, field, value, depth),
                None => Ok(()),
            },
            (Form::WellKnown(Format::Any), value) => self.any(out, value, depth),
            (Form::WellKnown(Format::Timestamp | Format::Duration | Format::FieldMask), value)
                if !matches!(value, Value::String(_)) =>
            {
                Err(Misfit::new(value, "is not a text"))
            }
            (Form::WellKnown(format), value) => message(out, format, value, self.variables),
        }
    }

    /// The value of a number, boolean or enum.
    fn number(&self, field: &FieldType, value: &Value) -> Result<u64> {
        match field.scalar {
            Scalar::Enum => {
                let values = self.types.enum_of(field);
                let number = match value {
                    Value::Null if values.is_null() => Some(0),
                    Value::String(name) => values.number_of(name),
                    _ if values.is_null() => None,
                    value => whole(value).and_then(|number| i32::try_from(number).ok()),
                };
                let why = "is neither the name of one of its enum's values nor a number that the enum takes";
                let number = number.filter(|number| values.takes(*number));
                let number = number.ok_or_else(|| Misfit::new(value, why))?;
                Ok(i64::from(number) as u64)
            }
            Scalar::Bool => match value {
                Value::Boolean(boolean) => Ok(u64::from(*boolean)),
                _ => Err(Misfit::new(value, "is not a boolean")),
            },
            Scalar::Double | Scalar::Float => {
                let number = float(value).ok_or_else(|| Misfit::new(value, "is not a number"))?;
                let fits = field.scalar == Scalar::Double
                    || !number.is_finite()
                    || (number as f32).is_finite();
                if fits { Ok(number.to_bits()) } else { Err(out_of_range(field.scalar, value)) }
            }
            scalar => {
                let number = whole(value).ok_or_else(|| Misfit::new(value, "is not an integer"))?;
                from_integer(scalar, number).ok_or_else(|| out_of_range(scalar, value))
            }
        }
    }
}

/// The position of a field. Which others there are is not told: a client may name any type of the contract, and need not
/// know the protos.
fn named(known: &MessageType, name: &str, value: &Value) -> Result<usize> {
    let why = "is given for a field that its type does not have: names are those of the proto, or in lowerCamelCase";
    known.named(name).ok_or_else(|| Misfit::new(value, why))
}

fn deeper(value: &Value, depth: u32) -> Result<u32> {
    depth.checked_sub(1).ok_or_else(|| Misfit::new(value, "nests deeper than 100 levels"))
}

fn base64(value: &Value) -> Result<Vec<u8>> {
    let bytes = match value {
        Value::String(_) => json::parse_base64(&text(value)?),
        _ => None,
    };
    bytes.ok_or_else(|| Misfit::new(value, "is not base64"))
}

/// An integer, or the digits of one; `1.0` is one too.
fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Int(number) => Some((*number).into()),
        Value::Unsigned(number) => Some((*number).into()),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e20 => {
            Some(*number as i128)
        }
        Value::String(text) => text.parse().ok().filter(|_| !text.starts_with('+')),
        _ => None,
    }
}

/// A number, its digits, or what JSON has no number for.
fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Unsigned(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::String(text) => match &**text {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok().filter(|number: &f64| number.is_finite()),
        },
        _ => None,
    }
}
