//! Numbers on the wire: what the bits of each scalar type mean.
//!
//! A number has two forms. **Raw** is what stands on the wire: the varint, or the bytes of a fixed type. **Value** is what
//! it means, in 64 bits: integers, booleans and enums extended by their sign, floats as the bits of a double.

use super::wire::{FIXED32, FIXED64, LEN, VARINT};
use crate::contract::Scalar;

/// The wire type that a field of this type has when it is not packed.
pub(super) fn wire_type(scalar: Scalar) -> u32 {
    match scalar {
        Scalar::Double | Scalar::Fixed64 | Scalar::Sfixed64 => FIXED64,
        Scalar::Float | Scalar::Fixed32 | Scalar::Sfixed32 => FIXED32,
        Scalar::String | Scalar::Bytes | Scalar::Message | Scalar::Group | Scalar::Unspecified => {
            LEN
        }
        _ => VARINT,
    }
}

/// Whether the value is read as a signed number.
pub(super) fn is_signed(scalar: Scalar) -> bool {
    matches!(
        scalar,
        Scalar::Int32
            | Scalar::Int64
            | Scalar::Sint32
            | Scalar::Sint64
            | Scalar::Sfixed32
            | Scalar::Sfixed64
            | Scalar::Enum
    )
}

/// What a raw number means. Types of 32 bits drop higher bits, as every reader of protobuf does.
#[inline]
pub(super) fn value(scalar: Scalar, raw: u64) -> u64 {
    match scalar {
        Scalar::Int32 | Scalar::Enum | Scalar::Sfixed32 => i64::from(raw as i32) as u64,
        Scalar::Uint32 | Scalar::Fixed32 => u64::from(raw as u32),
        Scalar::Sint32 => {
            let raw = raw as u32;
            i64::from((raw >> 1) as i32 ^ -((raw & 1) as i32)) as u64
        }
        Scalar::Sint64 => ((raw >> 1) as i64 ^ -((raw & 1) as i64)) as u64,
        Scalar::Bool => u64::from(raw != 0),
        Scalar::Float => f64::from(f32::from_bits(raw as u32)).to_bits(),
        _ => raw,
    }
}

/// The raw number that means `value`, which fits the type.
pub(super) fn raw(scalar: Scalar, value: u64) -> u64 {
    match scalar {
        Scalar::Sint32 => {
            let value = value as i32;
            u64::from((value << 1 ^ value >> 31) as u32)
        }
        Scalar::Sint64 => {
            let value = value as i64;
            (value << 1 ^ value >> 63) as u64
        }
        Scalar::Sfixed32 => u64::from(value as u32),
        Scalar::Float => u64::from((f64::from_bits(value) as f32).to_bits()),
        _ => value,
    }
}

/// The value that an integer has in this type; `None` where the type has no such value.
pub(super) fn from_integer(scalar: Scalar, integer: i128) -> Option<u64> {
    let (lowest, highest) = range(scalar)?;
    (lowest..=highest).contains(&integer).then_some(integer as u64)
}

/// The least and the greatest integer of this type, if it has integers.
pub(super) fn range(scalar: Scalar) -> Option<(i128, i128)> {
    Some(match scalar {
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 | Scalar::Enum => {
            (i32::MIN.into(), i32::MAX.into())
        }
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => (i64::MIN.into(), i64::MAX.into()),
        Scalar::Uint32 | Scalar::Fixed32 => (0, u32::MAX.into()),
        Scalar::Uint64 | Scalar::Fixed64 => (0, u64::MAX.into()),
        Scalar::Bool => (0, 1),
        _ => return None,
    })
}

/// The integer that a value of this type is.
pub(super) fn to_integer(scalar: Scalar, value: u64) -> i128 {
    if is_signed(scalar) { i128::from(value as i64) } else { i128::from(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTEGERS: [Scalar; 12] = [
        Scalar::Int32,
        Scalar::Int64,
        Scalar::Uint32,
        Scalar::Uint64,
        Scalar::Sint32,
        Scalar::Sint64,
        Scalar::Fixed32,
        Scalar::Fixed64,
        Scalar::Sfixed32,
        Scalar::Sfixed64,
        Scalar::Bool,
        Scalar::Enum,
    ];

    #[test]
    fn what_is_written_is_what_is_read() {
        for scalar in INTEGERS {
            for integer in [
                0,
                1,
                -1,
                i128::from(i32::MIN),
                i128::from(i32::MAX),
                i128::from(u32::MAX),
                i128::from(i64::MIN),
                i128::from(i64::MAX),
                i128::from(u64::MAX),
            ] {
                let Some(written) = from_integer(scalar, integer) else { continue };
                let read = value(scalar, raw(scalar, written));
                assert_eq!(to_integer(scalar, read), integer, "{scalar:?}");
            }
        }
    }

    #[test]
    fn a_number_that_does_not_fit_has_no_value() {
        assert_eq!(from_integer(Scalar::Int32, 1 << 31), None);
        assert_eq!(from_integer(Scalar::Uint64, -1), None);
        assert_eq!(from_integer(Scalar::Bool, 2), None);
        assert_eq!(from_integer(Scalar::String, 1), None);
    }

    #[test]
    fn bits_above_the_type_are_dropped_but_any_bit_makes_a_boolean_true() {
        assert_eq!(to_integer(Scalar::Int32, value(Scalar::Int32, 0x1_0000_0001)), 1);
        assert_eq!(value(Scalar::Bool, 0x1_0000_0000), 1);
    }
}
