//! Entries of protobuf maps: of several with one key the last one holds.

use std::borrow::Cow;

use hashbrown::HashSet;

use super::{
    scalar::{raw, value, wire_type},
    table::Messages,
    wire::{Fields, LEN, Malformed, Payload, tag_of},
};
use crate::contract::Scalar;

/// The key of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum MapKey<'a> {
    /// A raw number, without what its type drops: the same for all writings of one key.
    Number(u64),
    /// A text.
    Text(&'a [u8]),
}

/// The value of an entry.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum MapValue<'a> {
    /// Not sent, which means the zero value.
    Absent,
    /// A raw number.
    Number(u64),
    /// A text, bytes, or a message.
    Bytes(Cow<'a, [u8]>),
}

/// What an entry's fields look like on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EntryTags {
    /// The type of the key, which has the number 1.
    pub(super) key: Scalar,
    /// Number 2 with the wire type of the value.
    pub(super) value: u32,
    /// The value is a message, whose parts merge.
    pub(super) merge: bool,
}

/// Reads one entry.
pub(super) fn entry(
    bytes: &[u8],
    tags: EntryTags,
) -> Result<(MapKey<'_>, MapValue<'_>), Malformed> {
    let key_tag = tag_of(1, wire_type(tags.key));
    let mut key = if key_tag & 7 == LEN { MapKey::Text(b"") } else { MapKey::Number(0) };
    let mut held = MapValue::Absent;
    let mut fields = Fields::of(bytes);
    while let Some(field) = fields.next()? {
        if field.tag == key_tag {
            key = match field.payload {
                Payload::Number(number) => MapKey::Number(raw(tags.key, value(tags.key, number))),
                Payload::Bytes(text) => MapKey::Text(text),
                Payload::Group(_) => key,
            };
        } else if field.tag == tags.value {
            held = match field.payload {
                Payload::Number(number) => MapValue::Number(number),
                Payload::Bytes(part) => MapValue::Bytes(join(held, part, tags.merge)),
                Payload::Group(_) => held,
            };
        }
    }
    Ok((key, held))
}

fn join<'a>(before: MapValue<'a>, part: &'a [u8], merge: bool) -> Cow<'a, [u8]> {
    match before {
        MapValue::Bytes(bytes) if merge => append(bytes, part),
        _ => Cow::Borrowed(part),
    }
}

/// The merge of two encodings of a message: one behind the other.
pub(super) fn append<'a>(before: Cow<'a, [u8]>, part: &'a [u8]) -> Cow<'a, [u8]> {
    if before.is_empty() {
        return Cow::Borrowed(part);
    }
    let mut bytes = before.into_owned();
    bytes.extend_from_slice(part);
    Cow::Owned(bytes)
}

/// Of the entries of a map shown as a list: [`overridden`].
pub(super) fn overridden_entries(
    mut entries: Messages<'_>,
    key: Option<Scalar>,
) -> Result<Option<Vec<bool>>, Malformed> {
    let Some(key) = key else { return Ok(None) };
    let tags = EntryTags { key, value: 0, merge: false };
    let mut keys = Vec::new();
    while let Some(bytes) = entries.next()? {
        keys.push(entry(bytes, tags)?.0);
    }
    Ok(overridden(&keys))
}

/// Up to this many keys are compared each with each; more are hashed.
const FEW: usize = 8;

/// For each entry whether it holds, which is whether no later one has its key. `None`: all hold.
pub(super) fn overridden(keys: &[MapKey<'_>]) -> Option<Vec<bool>> {
    let doubled = if keys.len() <= FEW {
        (1..keys.len()).any(|at| keys[..at].contains(&keys[at]))
    } else {
        let mut seen =
            HashSet::with_capacity_and_hasher(keys.len(), foldhash::fast::RandomState::default());
        !keys.iter().all(|key| seen.insert(*key))
    };
    if !doubled {
        return None;
    }
    let mut seen = HashSet::with_hasher(foldhash::fast::RandomState::default());
    let mut dead: Vec<bool> = keys.iter().rev().map(|key| !seen.insert(*key)).collect();
    dead.reverse();
    Some(dead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_entry_of_a_key_holds() {
        let numbers = |keys: &[u64]| {
            let keys: Vec<_> = keys.iter().map(|key| MapKey::Number(*key)).collect();
            overridden(&keys)
        };
        assert_eq!(numbers(&[1, 2, 3]), None);
        assert_eq!(numbers(&[1, 2, 1, 2, 1]), Some(vec![true, true, true, false, false]));
        assert_eq!(numbers(&(0..100).collect::<Vec<_>>()), None);
        let mut many: Vec<u64> = (0..100).collect();
        many.push(7);
        let dead = numbers(&many).unwrap();
        assert_eq!(dead.iter().filter(|dead| **dead).count(), 1);
        assert!(dead[7]);
    }

    #[test]
    fn an_entry_without_key_and_value_has_zero_values() {
        let tags = EntryTags { key: Scalar::Int32, value: 18, merge: true };
        assert_eq!(entry(b"", tags), Ok((MapKey::Number(0), MapValue::Absent)));
        let merged = MapValue::Bytes(Cow::Owned(vec![8, 1, 16, 2]));
        assert_eq!(
            entry(&[18, 2, 8, 1, 8, 5, 18, 2, 16, 2], tags),
            Ok((MapKey::Number(5), merged))
        );
    }

    #[test]
    fn two_writings_of_a_key_are_one_key() {
        let key = |scalar, bytes: &'static [u8]| {
            entry(bytes, EntryTags { key: scalar, value: 18, merge: false }).unwrap().0
        };
        let far = b"\x08\x81\x80\x80\x80\x10";
        for scalar in [Scalar::Int32, Scalar::Uint32, Scalar::Sint32, Scalar::Bool] {
            assert_eq!(key(scalar, b"\x08\x01"), key(scalar, far), "{scalar:?}");
        }
        assert_ne!(key(Scalar::Int64, b"\x08\x01"), key(Scalar::Int64, far));
    }
}
