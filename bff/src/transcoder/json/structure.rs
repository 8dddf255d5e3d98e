//! `google.protobuf.Struct`, `Value` and `ListValue`: the JSON that they mean, and back.

use std::{borrow::Cow, sync::Arc};

use super::{Fault, float64, signed, string};
use crate::{
    contract::Scalar,
    operation::{Value, Variables},
    transcoder::{
        map::{EntryTags, MapKey, MapValue, append, entry, overridden},
        misfit::Misfit,
        wire::{FIXED64, Fields, LEN, Payload, VARINT, put_len, put_nested, put_tag, tag_of},
    },
};

const NULL: u32 = tag_of(1, VARINT);
const NUMBER: u32 = tag_of(2, FIXED64);
const TEXT: u32 = tag_of(3, LEN);
const BOOLEAN: u32 = tag_of(4, VARINT);
const STRUCT: u32 = tag_of(5, LEN);
const LIST: u32 = tag_of(6, LEN);
/// `Struct.fields` and `ListValue.values`.
const CONTENT: u32 = tag_of(1, LEN);
const ENTRY: EntryTags = EntryTags { key: Scalar::String, value: tag_of(2, LEN), merge: true };

/// Appends an encoded Struct as an object. Values inside nest at most `depth` deep.
pub(in crate::transcoder) fn structure(
    out: &mut Vec<u8>,
    bytes: &[u8],
    depth: u32,
) -> Result<(), Fault> {
    let mut keys = Vec::new();
    let mut values = Vec::new();
    let mut fields = Fields::of(bytes);
    while let Some(field) = fields.next()? {
        if let (CONTENT, Payload::Bytes(bytes)) = (field.tag, field.payload) {
            let (key, value) = entry(bytes, ENTRY)?;
            keys.push(key);
            values.push(value);
        }
    }
    let dead = overridden(&keys);
    out.push(b'{');
    let mut first = true;
    for (at, (key, held)) in keys.iter().zip(&values).enumerate() {
        if dead.as_ref().is_some_and(|dead| dead[at]) {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        let MapKey::Text(key) = key else { continue };
        string(out, key)?;
        out.push(b':');
        match held {
            MapValue::Bytes(bytes) => value(out, bytes, depth)?,
            _ => out.extend_from_slice(b"null"),
        }
    }
    out.push(b'}');
    Ok(())
}

/// Appends an encoded ListValue as an array. Values inside nest at most `depth` deep.
pub(in crate::transcoder) fn list_value(
    out: &mut Vec<u8>,
    bytes: &[u8],
    depth: u32,
) -> Result<(), Fault> {
    out.push(b'[');
    let mut first = true;
    let mut fields = Fields::of(bytes);
    while let Some(field) = fields.next()? {
        if let (CONTENT, Payload::Bytes(bytes)) = (field.tag, field.payload) {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            value(out, bytes, depth)?;
        }
    }
    out.push(b']');
    Ok(())
}

enum Kind<'a> {
    Null,
    Number(u64),
    Text(&'a [u8]),
    Boolean(bool),
    Struct(Cow<'a, [u8]>),
    List(Cow<'a, [u8]>),
}

/// Appends an encoded Value. One without a kind is null.
pub(in crate::transcoder) fn value(
    out: &mut Vec<u8>,
    bytes: &[u8],
    depth: u32,
) -> Result<(), Fault> {
    let depth = depth.checked_sub(1).ok_or(Fault::TooDeep)?;
    match kind(bytes)? {
        Kind::Null => out.extend_from_slice(b"null"),
        Kind::Number(bits) => number(out, f64::from_bits(bits))?,
        Kind::Text(text) => string(out, text)?,
        Kind::Boolean(true) => out.extend_from_slice(b"true"),
        Kind::Boolean(false) => out.extend_from_slice(b"false"),
        Kind::Struct(bytes) => structure(out, &bytes, depth)?,
        Kind::List(bytes) => list_value(out, &bytes, depth)?,
    }
    Ok(())
}

/// Whole numbers are what JSON calls integers, as long as a double holds them exactly.
fn number(out: &mut Vec<u8>, number: f64) -> Result<(), Fault> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        signed(out, number as i64);
        return Ok(());
    }
    float64(out, number)
}

/// The member of the oneof that was set last; parts of one message merge.
fn kind(bytes: &[u8]) -> Result<Kind<'_>, Fault> {
    let mut kind = Kind::Null;
    let mut fields = Fields::of(bytes);
    while let Some(field) = fields.next()? {
        kind = match (field.tag, field.payload, kind) {
            (NULL, _, _) => Kind::Null,
            (NUMBER, Payload::Number(bits), _) => Kind::Number(bits),
            (BOOLEAN, Payload::Number(raw), _) => Kind::Boolean(raw != 0),
            (TEXT, Payload::Bytes(text), _) => Kind::Text(text),
            (STRUCT, Payload::Bytes(part), Kind::Struct(before)) => {
                Kind::Struct(append(before, part))
            }
            (STRUCT, Payload::Bytes(part), _) => Kind::Struct(Cow::Borrowed(part)),
            (LIST, Payload::Bytes(part), Kind::List(before)) => Kind::List(append(before, part)),
            (LIST, Payload::Bytes(part), _) => Kind::List(Cow::Borrowed(part)),
            (_, _, kind) => kind,
        };
    }
    Ok(kind)
}

/// Appends the content of a Struct.
///
/// # Errors
///
/// Those of [`write_value`].
pub(in crate::transcoder) fn write_structure(
    out: &mut Vec<u8>,
    object: &[(Arc<str>, Value)],
    variables: &Variables,
) -> Result<(), Misfit> {
    for (name, value) in object {
        let Some(value) = value.resolve(variables) else { continue };
        let written = put_nested(out, 1, |out| {
            put_len(out, 1, name.as_bytes());
            put_nested(out, 2, |out| write_value(out, value, variables))
        });
        written.map_err(|misfit| misfit.in_field(name))?;
    }
    Ok(())
}

/// Appends the content of a ListValue.
///
/// # Errors
///
/// Those of [`write_value`].
pub(in crate::transcoder) fn write_list(
    out: &mut Vec<u8>,
    list: &[Value],
    variables: &Variables,
) -> Result<(), Misfit> {
    for (at, value) in list.iter().enumerate() {
        let written = put_nested(out, 1, |out| write_value(out, value, variables));
        written.map_err(|misfit| misfit.in_item(at))?;
    }
    Ok(())
}

/// Appends the content of a Value.
///
/// # Errors
///
/// Integers that no double holds exactly: the service would get another number than was given.
pub(in crate::transcoder) fn write_value(
    out: &mut Vec<u8>,
    value: &Value,
    variables: &Variables,
) -> Result<(), Misfit> {
    let value = value.resolve(variables).unwrap_or(&Value::Null);
    match value {
        Value::Null | Value::Variable { .. } => {
            put_tag(out, 1, VARINT);
            out.push(0);
        }
        Value::Int(number) => write_number(out, exact(value, i128::from(*number))?),
        Value::Unsigned(number) => write_number(out, exact(value, i128::from(*number))?),
        Value::Float(number) => write_number(out, *number),
        Value::String(text) | Value::Enum(text) => put_len(out, 3, text.as_bytes()),
        Value::Boolean(boolean) => {
            put_tag(out, 4, VARINT);
            out.push(u8::from(*boolean));
        }
        Value::Object(object) => {
            put_nested(out, 5, |out| write_structure(out, object, variables))?;
        }
        Value::List(list) => put_nested(out, 6, |out| write_list(out, list, variables))?,
    }
    Ok(())
}

fn exact(value: &Value, integer: i128) -> Result<f64, Misfit> {
    let number = integer as f64;
    let why = "is not a number that a double holds exactly: beyond 9007199254740992 give a string";
    if number as i128 == integer { Ok(number) } else { Err(Misfit::new(value, why)) }
}

fn write_number(out: &mut Vec<u8>, number: f64) {
    put_tag(out, 2, FIXED64);
    out.extend_from_slice(&number.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcoder::wire::DEPTH;

    fn round(value: &Value) -> Result<String, Fault> {
        let mut bytes = Vec::new();
        write_value(&mut bytes, value, &[]).unwrap();
        let mut out = Vec::new();
        super::value(&mut out, &bytes, DEPTH)?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn nested(levels: usize) -> Value {
        (0..levels).fold(Value::Null, |inner, _| Value::List(vec![inner]))
    }

    #[test]
    fn json_values_are_read_back() {
        let object = Value::Object(vec![
            ("a".into(), Value::List(vec![Value::Int(1), Value::Float(0.5), Value::Null])),
            ("b\"".into(), Value::Object(vec![("".into(), Value::Boolean(true))])),
            ("c".into(), Value::String("ü\n".into())),
        ]);
        assert_eq!(round(&object).unwrap(), r#"{"a":[1,0.5,null],"b\"":{"":true},"c":"ü\n"}"#);
    }

    #[test]
    fn values_nest_a_hundred_deep_and_no_deeper() {
        assert!(round(&nested(99)).is_ok());
        assert_eq!(round(&nested(100)), Err(Fault::TooDeep));
    }

    #[test]
    fn the_last_member_of_the_oneof_holds_and_a_struct_sent_in_parts_is_one() {
        let mut bytes = Vec::new();
        let part = |name: &str| vec![(Arc::from(name), Value::Int(1))];
        put_nested(&mut bytes, 5, |out| write_structure(out, &part("lost"), &[])).unwrap();
        put_len(&mut bytes, 3, b"lost too");
        put_nested(&mut bytes, 5, |out| write_structure(out, &part("a"), &[])).unwrap();
        put_nested(&mut bytes, 5, |out| write_structure(out, &part("b"), &[])).unwrap();
        put_nested(&mut bytes, 5, |out| write_structure(out, &part("a"), &[])).unwrap();
        let mut out = Vec::new();
        super::value(&mut out, &bytes, DEPTH).unwrap();
        assert_eq!(out, br#"{"b":1,"a":1}"#);
    }
}
