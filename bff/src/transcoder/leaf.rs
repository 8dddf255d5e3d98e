//! Scalars and enums: what they are on the wire, and how JSON shows them.

use std::collections::HashMap;

use super::{
    frame::{Literal, VALUE},
    json::{self, Fault},
    raw::Room,
    wire::{DEPTH, Fields, LEN, Payload, VARINT, skip, tag, tag_of, varint},
};
use crate::{
    contract::{self, Contract, Format, Scalar},
    error::{Code, Error, Result},
};

/// A scalar or enum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Leaf {
    /// A number on the wire, of this type there.
    Number(NumberLeaf, Scalar),
    /// A text, bytes, or a well-known message.
    Bytes(BytesLeaf),
}

/// How a number is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum NumberLeaf {
    /// As a number of 32 bits.
    Int(Integer),
    /// As a number without limit.
    Whole(Integer),
    /// As a text of digits.
    Decimal(Integer),
    Double,
    Float,
    Boolean,
    /// As a name, from the list with this position.
    Enum(usize),
}

/// What the bits of an integer mean: [`super::scalar::value`], by width and sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Integer {
    Signed32,
    Signed64,
    Unsigned32,
    Unsigned64,
    Zigzag32,
    Zigzag64,
}

impl Integer {
    /// `None` for what is no integer.
    pub(super) fn of(scalar: Scalar) -> Option<Self> {
        Some(match scalar {
            Scalar::Int32 | Scalar::Enum | Scalar::Sfixed32 => Self::Signed32,
            Scalar::Int64 | Scalar::Sfixed64 => Self::Signed64,
            Scalar::Uint32 | Scalar::Fixed32 => Self::Unsigned32,
            Scalar::Uint64 | Scalar::Fixed64 => Self::Unsigned64,
            Scalar::Sint32 => Self::Zigzag32,
            Scalar::Sint64 => Self::Zigzag64,
            _ => return None,
        })
    }
}

/// How bytes are shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum BytesLeaf {
    String,
    Base64,
    Timestamp,
    Duration,
    FieldMask,
    Struct,
    Value,
    ListValue,
    Any,
    Empty,
    WrappedNumber(NumberLeaf, Scalar),
    WrappedString,
    WrappedBase64,
}

/// The enums that a plan shows, each read once.
#[derive(Debug, Default)]
pub(super) struct Enums {
    names: Vec<EnumNames>,
    /// By the position in the contract.
    positions: HashMap<u32, usize>,
}

impl Enums {
    fn position(&mut self, index: u32, contract: &Contract) -> usize {
        let Self { names, positions } = self;
        *positions.entry(index).or_insert_with(|| {
            let values = contract.enums.get(index as usize).map(|list| &*list.values);
            names.push(EnumNames::of(values.unwrap_or_default()));
            names.len() - 1
        })
    }

    pub(super) fn names(&self) -> &[EnumNames] {
        &self.names
    }

    pub(super) fn into_names(self) -> Vec<EnumNames> {
        self.names
    }
}

/// Reads a leaf of the contract.
pub(super) fn leaf(leaf: &contract::Leaf, enums: &mut Enums, contract: &Contract) -> Result<Leaf> {
    let (scalar, format) = (leaf.scalar(), leaf.format());
    let inner = match scalar {
        Scalar::Message => message(format).map(Leaf::Bytes),
        Scalar::String if format == Format::String => Some(Leaf::Bytes(BytesLeaf::String)),
        Scalar::Bytes if format == Format::String => Some(Leaf::Bytes(BytesLeaf::String)),
        Scalar::Bytes if format == Format::Base64 => Some(Leaf::Bytes(BytesLeaf::Base64)),
        Scalar::String | Scalar::Bytes | Scalar::Group | Scalar::Unspecified => None,
        Scalar::Enum if format == Format::Enum => {
            let position = enums.position(leaf.r#enum, contract);
            Some(Leaf::Number(NumberLeaf::Enum(position), scalar))
        }
        _ => number(scalar, format).map(|number| Leaf::Number(number, scalar)),
    };
    let inner = inner.ok_or_else(|| {
        let message = format!("the contract shows {scalar:?} as {format:?}, which it cannot be");
        Error::new(Code::FailedPrecondition, message)
    })?;
    Ok(match inner {
        _ if !leaf.wrapped => inner,
        Leaf::Number(number, scalar) => Leaf::Bytes(BytesLeaf::WrappedNumber(number, scalar)),
        Leaf::Bytes(BytesLeaf::String) => Leaf::Bytes(BytesLeaf::WrappedString),
        Leaf::Bytes(BytesLeaf::Base64) => Leaf::Bytes(BytesLeaf::WrappedBase64),
        Leaf::Bytes(_) => inner,
    })
}

fn number(scalar: Scalar, format: Format) -> Option<NumberLeaf> {
    match (format, scalar) {
        (Format::Float, Scalar::Double) => Some(NumberLeaf::Double),
        (Format::Float, Scalar::Float) => Some(NumberLeaf::Float),
        (Format::Float, _) => Integer::of(scalar).map(NumberLeaf::Whole),
        (Format::Int, _) => Integer::of(scalar).map(NumberLeaf::Int),
        (Format::Decimal | Format::String, _) => Integer::of(scalar).map(NumberLeaf::Decimal),
        (Format::Boolean, Scalar::Bool) => Some(NumberLeaf::Boolean),
        _ => None,
    }
}

fn message(format: Format) -> Option<BytesLeaf> {
    Some(match format {
        Format::Timestamp => BytesLeaf::Timestamp,
        Format::Duration => BytesLeaf::Duration,
        Format::FieldMask => BytesLeaf::FieldMask,
        Format::Struct => BytesLeaf::Struct,
        Format::Value => BytesLeaf::Value,
        Format::ListValue => BytesLeaf::ListValue,
        Format::Any => BytesLeaf::Any,
        Format::Empty => BytesLeaf::Empty,
        _ => return None,
    })
}

impl BytesLeaf {
    /// Whether it is a message on the wire: its parts merge, and absent is null.
    pub(super) fn is_message(self) -> bool {
        !matches!(self, Self::String | Self::Base64)
    }
}

/// The names of an enum's values, in quotes.
#[derive(Debug)]
pub(super) struct EnumNames {
    /// For the numbers from 0 on.
    dense: Vec<Option<Literal>>,
    others: HashMap<i32, Literal>,
}

/// Numbers below are looked up by index.
const DENSE: usize = 256;

impl EnumNames {
    pub(super) fn of(values: &[contract::EnumValue]) -> Self {
        let mut names = Self { dense: Vec::new(), others: HashMap::new() };
        for value in values {
            let name = Literal::of(&format!("\"{}\"", value.name));
            match usize::try_from(value.number) {
                Ok(index) if index < DENSE => {
                    if names.dense.len() <= index {
                        names.dense.resize_with(index + 1, || None);
                    }
                    names.dense[index].get_or_insert(name);
                }
                _ => drop(names.others.entry(value.number).or_insert(name)),
            }
        }
        names
    }

    #[inline]
    fn get(&self, number: i32) -> Option<&Literal> {
        match self.dense.get(number as usize) {
            Some(name) => name.as_ref(),
            None => self.others.get(&number),
        }
    }
}

/// Puts a raw number.
#[inline(always)]
pub(super) fn write_number(
    room: Room<'_, VALUE>,
    leaf: NumberLeaf,
    raw: u64,
    enums: &[EnumNames],
) -> Result<(), Fault> {
    match leaf {
        NumberLeaf::Int(integer) | NumberLeaf::Whole(integer) | NumberLeaf::Decimal(integer) => {
            let (is_negative, magnitude) = integer.read(raw);
            if matches!(leaf, NumberLeaf::Int(_))
                && magnitude > i32::MAX as u64 + u64::from(is_negative)
            {
                return Err(Fault::TooLarge);
            }
            let quotes = usize::from(matches!(leaf, NumberLeaf::Decimal(_)));
            let room = room.put::<1, { VALUE - 1 }>(b"\"", quotes);
            let room = json::put_integer::<{ VALUE - 1 }, 1>(room, is_negative, magnitude);
            room.put::<1, 0>(b"\"", quotes).end();
            Ok(())
        }
        NumberLeaf::Boolean => {
            let text = if raw == 0 { b"false   " } else { b"true    " };
            room.put::<8, 0>(text, 5 - usize::from(raw != 0)).end();
            Ok(())
        }
        _ => write_other(room, leaf, raw, enums),
    }
}

/// A number that is no integer.
#[inline(never)]
fn write_other(
    room: Room<'_, VALUE>,
    leaf: NumberLeaf,
    raw: u64,
    enums: &[EnumNames],
) -> Result<(), Fault> {
    match leaf {
        NumberLeaf::Double => json::put_float64(room, f64::from_bits(raw)),
        NumberLeaf::Float => json::float32(room.end(), f32::from_bits(raw as u32)),
        NumberLeaf::Enum(position) => match enums[position].get(raw as i32) {
            Some(name) => {
                name.put_as_value(room);
                Ok(())
            }
            None => Err(Fault::UnknownEnumValue),
        },
        _ => Err(Fault::Malformed),
    }
}

impl Integer {
    /// Whether it is negative, and how far from zero.
    #[inline(always)]
    fn read(self, raw: u64) -> (bool, u64) {
        let signed = |value: i64| (value < 0, value.unsigned_abs());
        match self {
            Self::Signed32 => signed(i64::from(raw as i32)),
            Self::Signed64 => signed(raw as i64),
            Self::Unsigned32 => (false, u64::from(raw as u32)),
            Self::Unsigned64 => (false, raw),
            Self::Zigzag32 => signed(zigzag(u64::from(raw as u32))),
            Self::Zigzag64 => signed(zigzag(raw)),
        }
    }
}

/// Even numbers are the positive ones.
fn zigzag(raw: u64) -> i64 {
    (raw >> 1) as i64 ^ -((raw & 1) as i64)
}

/// Appends a text, bytes, or a well-known message.
pub(super) fn write_bytes(
    out: &mut Vec<u8>,
    leaf: BytesLeaf,
    bytes: &[u8],
    enums: &[EnumNames],
) -> Result<(), Fault> {
    match leaf {
        BytesLeaf::String => json::string(out, bytes),
        BytesLeaf::Base64 => {
            json::base64(out, bytes);
            Ok(())
        }
        BytesLeaf::Timestamp => {
            let (seconds, nanos) = seconds_and_nanos(bytes)?;
            json::timestamp(out, seconds, nanos)
        }
        BytesLeaf::Duration => {
            let (seconds, nanos) = seconds_and_nanos(bytes)?;
            json::duration(out, seconds, nanos)
        }
        BytesLeaf::FieldMask => field_mask(out, bytes),
        BytesLeaf::Struct => json::structure(out, bytes, DEPTH),
        BytesLeaf::Value => json::value(out, bytes, DEPTH),
        BytesLeaf::ListValue => json::list_value(out, bytes, DEPTH),
        // What it shows the contract's types say: [`super::any`] writes it.
        BytesLeaf::Any => Err(Fault::Malformed),
        BytesLeaf::Empty => {
            out.extend_from_slice(b"true");
            Ok(())
        }
        BytesLeaf::WrappedNumber(number, scalar) => {
            let raw = match last(bytes, tag_of(1, super::scalar::wire_type(scalar)))? {
                Some(Payload::Number(raw)) => raw,
                _ => 0,
            };
            write_number(Room::of(out), number, raw, enums)
        }
        BytesLeaf::WrappedString => json::string(out, wrapped(bytes)?),
        BytesLeaf::WrappedBase64 => {
            json::base64(out, wrapped(bytes)?);
            Ok(())
        }
    }
}

/// The last value of a field.
fn last(bytes: &[u8], tag: u32) -> Result<Option<Payload<'_>>, Fault> {
    let mut last = None;
    let mut fields = Fields::of(bytes);
    while let Some(field) = fields.next()? {
        if field.tag == tag {
            last = Some(field.payload);
        }
    }
    Ok(last)
}

fn wrapped(bytes: &[u8]) -> Result<&[u8], Fault> {
    match last(bytes, tag_of(1, LEN))? {
        Some(Payload::Bytes(payload)) => Ok(payload),
        _ => Ok(b""),
    }
}

/// The two fields that Timestamp and Duration have in common.
pub(super) fn seconds_and_nanos(bytes: &[u8]) -> Result<(i64, i32), Fault> {
    const SECONDS: u32 = tag_of(1, VARINT);
    const NANOS: u32 = tag_of(2, VARINT);
    let (mut seconds, mut nanos, mut at) = (0, 0, 0);
    while at < bytes.len() {
        let tag = tag(bytes, &mut at)?;
        match tag {
            SECONDS => seconds = varint(bytes, &mut at)? as i64,
            NANOS => nanos = varint(bytes, &mut at)? as i32,
            _ => skip(bytes, &mut at, tag)?,
        }
    }
    Ok((seconds, nanos))
}

fn field_mask(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Fault> {
    let mut paths = Vec::new();
    let mut fields = Fields::of(bytes);
    while let Some(field) = fields.next()? {
        if let (1, Payload::Bytes(path)) = (field.number(), field.payload) {
            paths.push(path);
        }
    }
    json::field_mask(out, paths.into_iter())
}
