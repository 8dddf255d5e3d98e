//! Other encodings of one message.

use super::*;

/// The fields of a message, each with its tag, as far as it is one.
pub(super) fn split(message: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let (mut at, mut fields) = (0, Vec::new());
    while at < message.len() {
        let start = at;
        let Ok(tag) = tag(message, &mut at) else { break };
        // Kept even where its value is damaged.
        let is_whole = skip(message, &mut at, tag).is_ok();
        fields.push((tag, message[start..at].to_vec()));
        if !is_whole {
            break;
        }
    }
    fields
}

/// prost takes a map's field for a map whatever its wire type is; protobuf says that it is then unknown.
pub(super) fn prost_misreads(kind: Kind, message: &[u8]) -> bool {
    split(message).into_iter().any(|(tag, field)| {
        let (number, is_len) = (tag >> 3, tag & 7 == LEN);
        let is_map = kind == Kind::Item && matches!(number, 26 | 27);
        (is_map && !is_len)
            || (is_len
                && inside(kind, number).is_some_and(|kind| prost_misreads(kind, payload(&field))))
    })
}

pub(super) fn payload(field: &[u8]) -> &[u8] {
    let mut at = 0;
    varint(field, &mut at).unwrap();
    let length = varint(field, &mut at).unwrap_or_default() as usize;
    field.get(at..at.saturating_add(length)).unwrap_or_default()
}

/// Another encoding that a writer of protobuf may make of fields like these: shuffled, doubled, in parts, packed and not,
/// with unknown fields in between.
pub(super) fn mutate(random: &mut Random, kind: Kind, message: &[u8]) -> Vec<u8> {
    let mut fields = Vec::new();
    for (tag, field) in split(message) {
        let number = tag >> 3;
        match inside(kind, number) {
            Some(inner) if tag & 7 == LEN => {
                let payload = mutate(random, inner, payload(&field));
                let is_single = !matches!((kind, number), (Kind::Item, 25..=27));
                if is_single && random.once_in(3) {
                    let mut parts = split(&payload);
                    let rest = parts.split_off(random.below(parts.len() + 1));
                    for part in [parts, rest] {
                        fields.push(len(number, &joined(part)));
                    }
                } else {
                    fields.push(len(number, &payload));
                }
            }
            _ if tag & 7 == LEN && matches!((kind, number), (Kind::Item, 21 | 23 | 33)) => {
                unpack(random, number, payload(&field), &mut fields);
            }
            _ => fields.push(field),
        }
        if random.once_in(20) {
            fields.push(fields.last().unwrap().clone());
        }
        if random.once_in(10) {
            fields.push(unknown(random));
        }
    }
    if random.once_in(2) {
        random.shuffle(&mut fields);
    }
    fields.concat()
}

pub(super) fn joined(fields: Vec<(u32, Vec<u8>)>) -> Vec<u8> {
    fields.into_iter().flat_map(|(_, field)| field).collect()
}

pub(super) fn len(number: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_len(&mut out, number, payload);
    out
}

/// Packed numbers, one by one or in two packs.
pub(super) fn unpack(random: &mut Random, number: u32, packed: &[u8], fields: &mut Vec<Vec<u8>>) {
    let wire_type = match number {
        21 => VARINT,
        23 => FIXED64,
        _ => FIXED32,
    };
    let mut at = 0;
    while at < packed.len() {
        let start = at;
        skip(packed, &mut at, number << 3 | wire_type).unwrap();
        if random.once_in(2) {
            fields.push(len(number, &packed[start..at]));
        } else {
            let mut out = Vec::new();
            put_tag(&mut out, number, wire_type);
            out.extend_from_slice(&packed[start..at]);
            fields.push(out);
        }
    }
}

pub(super) fn unknown(random: &mut Random) -> Vec<u8> {
    let number = [40, 127, 128, 4000, 536_870_911][random.below(5)];
    let mut out = Vec::new();
    match random.below(5) {
        0 => return len(number, random.text().as_bytes()),
        1 => {
            put_tag(&mut out, number, START_GROUP);
            out.extend(unknown(random));
            put_tag(&mut out, number, 4);
        }
        wire_type => {
            let wire_type = [VARINT, FIXED32, FIXED64][wire_type - 2];
            put_tag(&mut out, number, wire_type);
            put_fixed(&mut out, wire_type, random.number());
        }
    }
    out
}
