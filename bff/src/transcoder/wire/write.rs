//! Writing.

use super::{FIXED32, FIXED64, LEN, tag_of};

pub(in crate::transcoder) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(in crate::transcoder) fn put_tag(out: &mut Vec<u8>, number: u32, wire_type: u32) {
    put_varint(out, u64::from(tag_of(number, wire_type)));
}

/// A field of text, bytes, or an encoded message.
pub(in crate::transcoder) fn put_len(out: &mut Vec<u8>, number: u32, payload: &[u8]) {
    put_tag(out, number, LEN);
    put_varint(out, payload.len() as u64);
    out.extend_from_slice(payload);
}

/// The bytes of a number that is not a varint.
pub(in crate::transcoder) fn put_fixed(out: &mut Vec<u8>, wire_type: u32, value: u64) {
    match wire_type {
        FIXED32 => out.extend_from_slice(&(value as u32).to_le_bytes()),
        FIXED64 => out.extend_from_slice(&value.to_le_bytes()),
        _ => put_varint(out, value),
    }
}

/// A field whose payload `write` appends; its length is put in front afterwards.
pub(in crate::transcoder) fn put_nested<T>(
    out: &mut Vec<u8>,
    number: u32,
    write: impl FnOnce(&mut Vec<u8>) -> T,
) -> T {
    put_tag(out, number, LEN);
    let start = out.len();
    let result = write(out);
    let mut length = Vec::with_capacity(5);
    put_varint(&mut length, (out.len() - start) as u64);
    out.splice(start..start, length);
    result
}
