//! Protobuf's wire format: reading fields from bytes, and writing them.

mod read;
mod write;

#[cfg(any(test, fuzzing))]
pub(super) use read::Field;
pub(super) use read::{Fields, Payload, inside, packed, skip, tag, varint};
pub(super) use write::{put_fixed, put_len, put_nested, put_tag};

/// The wire types of protobuf, as the low three bits of a tag have them.
pub(super) const VARINT: u32 = 0;
pub(super) const FIXED64: u32 = 1;
pub(super) const LEN: u32 = 2;
pub(super) const START_GROUP: u32 = 3;
pub(super) const END_GROUP: u32 = 4;
pub(super) const FIXED32: u32 = 5;

/// How deep groups and values of `google.protobuf.Struct` may nest; prost's own limit.
pub(super) const DEPTH: u32 = 100;

/// These bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// The tag of a field, as one number.
pub(super) const fn tag_of(number: u32, wire_type: u32) -> u32 {
    number << 3 | wire_type
}
