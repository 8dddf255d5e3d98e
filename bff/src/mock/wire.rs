//! Protobuf's wire format, written field by field.

use prost::encoding::{WireType, encode_key, encode_varint};

use crate::contract::Scalar;

/// A value before it has a wire type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Datum {
    Number(i128),
    Real(f64),
    Flag(bool),
    Text(String),
    Bytes(Vec<u8>),
    /// An encoded message.
    Message(Vec<u8>),
}

impl Datum {
    /// The text that names an object by this key.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Real(real) => real.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Text(text) => text.clone(),
            Self::Bytes(bytes) | Self::Message(bytes) => {
                String::from_utf8_lossy(bytes).into_owned()
            }
        }
    }

    /// The value as a number, where it is one or its text is one.
    pub(super) fn number(&self) -> Option<i128> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Flag(flag) => Some(i128::from(*flag)),
            Self::Text(text) => text.parse().ok(),
            #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
            Self::Real(real) => Some(*real as i128),
            Self::Bytes(_) | Self::Message(_) => None,
        }
    }

    fn real(&self) -> f64 {
        match self {
            Self::Real(real) => *real,
            Self::Text(text) => text.parse().unwrap_or(0.0),
            #[expect(
                clippy::cast_precision_loss,
                reason = "a mocked number loses nothing that matters"
            )]
            other => other.number().unwrap_or(0) as f64,
        }
    }

    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) | Self::Message(bytes) => bytes,
            other => other.key().into_bytes(),
        }
    }
}

/// Writes one field. The value takes the type that the field has.
pub(super) fn put(number: u32, scalar: Scalar, value: Datum, out: &mut Vec<u8>) {
    let whole = |value: &Datum| value.number().unwrap_or(0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number that does not fit wraps, as the wire format has it"
    )]
    match scalar {
        Scalar::Double => {
            encode_key(number, WireType::SixtyFourBit, out);
            out.extend_from_slice(&value.real().to_le_bytes());
        }
        Scalar::Float => {
            encode_key(number, WireType::ThirtyTwoBit, out);
            out.extend_from_slice(&(value.real() as f32).to_le_bytes());
        }
        Scalar::Fixed64 | Scalar::Sfixed64 => {
            encode_key(number, WireType::SixtyFourBit, out);
            out.extend_from_slice(&(whole(&value) as u64).to_le_bytes());
        }
        Scalar::Fixed32 | Scalar::Sfixed32 => {
            encode_key(number, WireType::ThirtyTwoBit, out);
            out.extend_from_slice(&(whole(&value) as u32).to_le_bytes());
        }
        Scalar::Int64 | Scalar::Uint64 => varint(number, whole(&value) as u64, out),
        // Negative numbers of 32 bits are written with 64.
        Scalar::Int32 | Scalar::Enum => varint(number, i64::from(whole(&value) as i32) as u64, out),
        Scalar::Uint32 => varint(number, u64::from(whole(&value) as u32), out),
        Scalar::Bool => varint(number, u64::from(whole(&value) != 0), out),
        Scalar::Sint64 | Scalar::Sint32 => {
            let signed = whole(&value) as i64;
            varint(number, ((signed << 1) ^ (signed >> 63)) as u64, out);
        }
        Scalar::Group => {
            encode_key(number, WireType::StartGroup, out);
            out.extend_from_slice(&value.bytes());
            encode_key(number, WireType::EndGroup, out);
        }
        Scalar::String | Scalar::Bytes | Scalar::Message | Scalar::Unspecified => {
            let bytes = value.bytes();
            encode_key(number, WireType::LengthDelimited, out);
            encode_varint(bytes.len() as u64, out);
            out.extend_from_slice(&bytes);
        }
    }
}

fn varint(number: u32, value: u64, out: &mut Vec<u8>) {
    encode_key(number, WireType::Varint, out);
    encode_varint(value, out);
}
