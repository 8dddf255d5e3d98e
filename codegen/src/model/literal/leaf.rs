//! One scalar as a protobuf field.

use apollo_compiler::ast::Value;
use prost_reflect::prost::Message;
use prost_reflect::prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::prost_types::{self, ListValue, Struct, value::Kind};

use super::Refusal;
use crate::contract::{Format, Leaf, Scalar};

/// A length-delimited field.
pub(super) fn message(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

pub(super) fn enumeration(out: &mut Vec<u8>, number: u32, value: i32) {
    encode_key(number, WireType::Varint, out);
    encode_varint(i64::from(value).cast_unsigned(), out);
}

/// Writes the field; number 0 writes the bare message that the leaf is. Enums are the caller's business.
pub(super) fn write(
    out: &mut Vec<u8>,
    number: u32,
    leaf: &Leaf,
    value: &Value,
) -> Result<(), Refusal> {
    if leaf.wrapped {
        let mut inner = Vec::new();
        write(&mut inner, 1, &Leaf { wrapped: false, ..*leaf }, value)?;
        message(out, number, &inner);
        return Ok(());
    }
    match leaf.format() {
        Format::Int => integer(
            out,
            number,
            leaf.scalar(),
            int(value).ok_or_else(|| expected("an integer", value))?,
        ),
        Format::Decimal => {
            let text = value.as_str().and_then(|text| text.parse().ok());
            let number_of =
                text.or_else(|| int(value)).ok_or_else(|| expected("an integer", value))?;
            integer(out, number, leaf.scalar(), number_of)
        }
        Format::Float => float(
            out,
            number,
            leaf.scalar(),
            value.to_f64().ok_or_else(|| expected("a number", value))?,
        ),
        Format::Boolean => {
            encode_key(number, WireType::Varint, out);
            encode_varint(
                u64::from(value.to_bool().ok_or_else(|| expected("true or false", value))?),
                out,
            );
            Ok(())
        }
        Format::String => {
            // An ID may be written as a number.
            let text =
                value.as_str().map(str::to_owned).or_else(|| int(value).map(|int| int.to_string()));
            message(out, number, text.ok_or_else(|| expected("a text", value))?.as_bytes());
            Ok(())
        }
        Format::Base64 => {
            let bytes = value
                .as_str()
                .and_then(base64)
                .ok_or_else(|| expected("a text in base64", value))?;
            message(out, number, &bytes);
            Ok(())
        }
        _ => {
            let bytes = well_known(leaf.format(), value)?;
            if number == 0 {
                out.extend_from_slice(&bytes);
            } else {
                message(out, number, &bytes);
            }
            Ok(())
        }
    }
}

pub(super) fn expected(what: &str, value: &Value) -> Refusal {
    Refusal::Mismatch(format!("expected {what}, found `{}`", value.serialize().no_indent()))
}

fn int(value: &Value) -> Option<i128> {
    match value {
        Value::Int(int) => int.as_str().parse().ok(),
        _ => None,
    }
}

fn integer(out: &mut Vec<u8>, number: u32, scalar: Scalar, value: i128) -> Result<(), Refusal> {
    let range = match scalar {
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => {
            i128::from(i32::MIN)..=i128::from(i32::MAX)
        }
        Scalar::Uint32 | Scalar::Fixed32 => 0..=i128::from(u32::MAX),
        Scalar::Uint64 | Scalar::Fixed64 => 0..=i128::from(u64::MAX),
        _ => i128::from(i64::MIN)..=i128::from(i64::MAX),
    };
    if !range.contains(&value) {
        return Refusal::mismatch(format!(
            "{value} is outside {} to {}",
            range.start(),
            range.end()
        ));
    }
    // In range: the low 64 bits are the number in two's complement.
    let bits = value as u64;
    match scalar {
        Scalar::Fixed32 | Scalar::Sfixed32 => {
            encode_key(number, WireType::ThirtyTwoBit, out);
            out.extend_from_slice(&bits.to_le_bytes()[..4]);
        }
        Scalar::Fixed64 | Scalar::Sfixed64 => {
            encode_key(number, WireType::SixtyFourBit, out);
            out.extend_from_slice(&bits.to_le_bytes());
        }
        Scalar::Sint32 | Scalar::Sint64 => {
            encode_key(number, WireType::Varint, out);
            encode_varint((bits << 1) ^ (bits.cast_signed() >> 63).cast_unsigned(), out);
        }
        _ => {
            encode_key(number, WireType::Varint, out);
            encode_varint(bits, out);
        }
    }
    Ok(())
}

fn float(out: &mut Vec<u8>, number: u32, scalar: Scalar, value: f64) -> Result<(), Refusal> {
    if scalar == Scalar::Float {
        encode_key(number, WireType::ThirtyTwoBit, out);
        #[allow(clippy::cast_possible_truncation, reason = "a float of the proto holds no more")]
        out.extend_from_slice(&(value as f32).to_le_bytes());
    } else {
        encode_key(number, WireType::SixtyFourBit, out);
        out.extend_from_slice(&value.to_le_bytes());
    }
    Ok(())
}

fn well_known(format: Format, value: &Value) -> Result<Vec<u8>, Refusal> {
    let text = || value.as_str();
    let encoded = match format {
        Format::Timestamp => text()
            .and_then(|text| text.parse::<prost_types::Timestamp>().ok())
            .map(|it| it.encode_to_vec()),
        Format::Duration => text()
            .and_then(|text| text.parse::<prost_types::Duration>().ok())
            .map(|it| it.encode_to_vec()),
        Format::FieldMask => text().map(|text| field_mask(text).encode_to_vec()),
        Format::Value => Some(json_value(value).encode_to_vec()),
        Format::Struct => value.as_object().map(|_| json_struct(value).encode_to_vec()),
        Format::ListValue => value.as_list().map(|_| json_list(value).encode_to_vec()),
        Format::Empty => value.to_bool().filter(|set| *set).map(|_| Vec::new()),
        _ => return Refusal::mismatch("a value of this type cannot be written here"),
    };
    let what = match format {
        Format::Timestamp => "a moment such as \"2024-02-29T12:00:00Z\"",
        Format::Duration => "a duration such as \"1.5s\"",
        Format::FieldMask => "paths, separated by commas",
        Format::Struct => "an object",
        Format::ListValue => "a list",
        _ => "`true`",
    };
    encoded.ok_or_else(|| expected(what, value))
}

fn field_mask(text: &str) -> prost_types::FieldMask {
    let paths = text.split(',').map(str::trim).filter(|path| !path.is_empty());
    let snake =
        |path: &str| path.split('.').map(super::super::names::snake).collect::<Vec<_>>().join(".");
    prost_types::FieldMask { paths: paths.map(snake).collect() }
}

fn json_value(value: &Value) -> prost_types::Value {
    let kind = match value {
        Value::Null | Value::Variable(_) => Kind::NullValue(0),
        Value::Enum(name) => Kind::StringValue(name.to_string()),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Int(_) | Value::Float(_) => Kind::NumberValue(value.to_f64().unwrap_or_default()),
        Value::Boolean(value) => Kind::BoolValue(*value),
        Value::List(_) => Kind::ListValue(json_list(value)),
        Value::Object(_) => Kind::StructValue(json_struct(value)),
    };
    prost_types::Value { kind: Some(kind) }
}

fn json_list(value: &Value) -> ListValue {
    ListValue {
        values: value.as_list().unwrap_or_default().iter().map(|value| json_value(value)).collect(),
    }
}

fn json_struct(value: &Value) -> Struct {
    let fields = value.as_object().unwrap_or_default().iter();
    Struct { fields: fields.map(|(name, value)| (name.to_string(), json_value(value))).collect() }
}

/// A literal as JSON.
pub(in super::super) fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Variable(_) => serde_json::Value::Null,
        Value::Enum(name) => name.as_str().into(),
        Value::String(text) => text.as_str().into(),
        Value::Int(int) => {
            let small = int.as_str().parse::<i64>().map(serde_json::Value::from);
            small
                .or_else(|_| int.as_str().parse::<u64>().map(serde_json::Value::from))
                .unwrap_or_else(|_| int.as_str().into())
        }
        Value::Float(_) => value.to_f64().into(),
        Value::Boolean(value) => (*value).into(),
        Value::List(values) => values.iter().map(|value| to_json(value)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.to_string(), to_json(value))).collect()
        }
    }
}

/// Both alphabets of RFC 4648, with or without padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    if text.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0u32);
    for letter in text.bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_le_bytes()[0]);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_read_in_both_alphabets() {
        assert_eq!(base64("aGk="), Some(b"hi".to_vec()));
        assert_eq!(base64("aGk"), Some(b"hi".to_vec()));
        assert_eq!(base64("-_8="), Some(vec![0xfb, 0xff]));
        assert_eq!(base64("a"), None);
        assert_eq!(base64("%%%%"), None);
    }
}
