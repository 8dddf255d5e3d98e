//! Reads the fields of a message where they lie, for structs that borrow from it.

use prost::encoding::{self, DecodeContext, WireType};

use crate::error::{Code, Error, Result};

/// A generated struct that borrows from an encoded message.
pub trait View<'a>: Sized {
    /// Reads the message.
    ///
    /// # Errors
    ///
    /// [`Code::DataLoss`] where it is no message of this type, [`Code::InvalidValue`] where a text is not UTF-8.
    fn read(message: &'a [u8]) -> Result<Self>;
}

/// The fields of a message, in the order of the wire.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

/// One value on the wire. Which one it is depends on the field's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Integers of variable length, booleans and enums.
    Varint(u64),
    /// `fixed64`, `sfixed64` and `double`.
    Fixed64([u8; 8]),
    /// `fixed32`, `sfixed32` and `float`.
    Fixed32([u8; 4]),
    /// Texts, bytes and messages.
    Bytes(&'a [u8]),
    /// Groups, which nobody reads.
    Group,
}

impl<'a> Fields<'a> {
    /// The fields of `message`.
    #[must_use]
    pub fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn field(&mut self) -> Result<(u32, Value<'a>)> {
        let (number, wire_type) = encoding::decode_key(&mut self.rest).map_err(unreadable)?;
        let value = match wire_type {
            WireType::Varint => {
                Value::Varint(encoding::decode_varint(&mut self.rest).map_err(unreadable)?)
            }
            WireType::SixtyFourBit => Value::Fixed64(self.fixed()?),
            WireType::ThirtyTwoBit => Value::Fixed32(self.fixed()?),
            WireType::LengthDelimited => {
                let length = encoding::decode_varint(&mut self.rest).map_err(unreadable)?;
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(cut)?;
                self.rest = rest;
                Value::Bytes(bytes)
            }
            WireType::StartGroup | WireType::EndGroup => {
                let context = DecodeContext::default();
                encoding::skip_field(wire_type, number, &mut self.rest, context)
                    .map_err(unreadable)?;
                Value::Group
            }
        };
        Ok((number, value))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(cut)?;
        self.rest = rest;
        Ok(*bytes)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Value<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// Readings as the types of protobuf.
///
/// # Errors
///
/// [`Code::DataLoss`] where the wire has another type, [`Code::InvalidValue`] where a text is not UTF-8.
impl<'a> Value<'a> {
    /// `int32` and enums, cut as protobuf says.
    #[expect(clippy::cast_possible_truncation, reason = "protobuf cuts numbers that are too long")]
    pub fn int32(self) -> Result<i32> {
        self.varint().map(|value| value as i32)
    }

    /// `int64`
    pub fn int64(self) -> Result<i64> {
        self.varint().map(u64::cast_signed)
    }

    /// `uint32`, cut as protobuf says.
    #[expect(clippy::cast_possible_truncation, reason = "protobuf cuts numbers that are too long")]
    pub fn uint32(self) -> Result<u32> {
        self.varint().map(|value| value as u32)
    }

    /// `uint64`
    pub fn uint64(self) -> Result<u64> {
        self.varint()
    }

    /// `sint32`
    pub fn sint32(self) -> Result<i32> {
        let value = self.uint32()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// `sint64`
    pub fn sint64(self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// `bool`
    pub fn bool(self) -> Result<bool> {
        self.varint().map(|value| value != 0)
    }

    /// `fixed32`
    pub fn fixed32(self) -> Result<u32> {
        self.four().map(u32::from_le_bytes)
    }

    /// `sfixed32`
    pub fn sfixed32(self) -> Result<i32> {
        self.four().map(i32::from_le_bytes)
    }

    /// `float`
    pub fn float(self) -> Result<f32> {
        self.four().map(f32::from_le_bytes)
    }

    /// `fixed64`
    pub fn fixed64(self) -> Result<u64> {
        self.eight().map(u64::from_le_bytes)
    }

    /// `sfixed64`
    pub fn sfixed64(self) -> Result<i64> {
        self.eight().map(i64::from_le_bytes)
    }

    /// `double`
    pub fn double(self) -> Result<f64> {
        self.eight().map(f64::from_le_bytes)
    }

    /// `bytes`
    pub fn bytes(self) -> Result<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(mistyped()),
        }
    }

    /// `string`
    pub fn string(self) -> Result<&'a str> {
        simdutf8::basic::from_utf8(self.bytes()?)
            .map_err(|error| Error::with_source(Code::InvalidValue, "a text is not UTF-8", error))
    }

    fn varint(self) -> Result<u64> {
        match self {
            Self::Varint(value) => Ok(value),
            _ => Err(mistyped()),
        }
    }

    fn four(self) -> Result<[u8; 4]> {
        match self {
            Self::Fixed32(bytes) => Ok(bytes),
            _ => Err(mistyped()),
        }
    }

    fn eight(self) -> Result<[u8; 8]> {
        match self {
            Self::Fixed64(bytes) => Ok(bytes),
            _ => Err(mistyped()),
        }
    }
}

fn unreadable(error: prost::DecodeError) -> Error {
    Error::with_source(Code::DataLoss, "the parent could not be read", error)
}

fn cut() -> Error {
    Error::new(Code::DataLoss, "the parent could not be read: it is cut short")
}

fn mistyped() -> Error {
    Error::new(Code::DataLoss, "the parent could not be read: a field has another type")
}
