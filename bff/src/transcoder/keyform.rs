//! Keys in canonical form: equal keys are equal bytes, whichever scalar types two messages give them.

use super::{
    scalar::{from_integer, to_integer, value},
    wire::Payload,
};
use crate::{
    contract::Scalar,
    error::{Code, Error, Result},
    transcoder::json::unsigned,
};

/// The canonical form of one step's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyForm {
    /// The types of the parts in the request.
    pub(super) parts: Box<[Scalar]>,
    /// A resolver's parent: any part may be absent, and the resolver is asked nevertheless.
    pub(super) of_resolver: bool,
}

/// What a part of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    Number,
    Text,
    Message,
}

impl PartKind {
    pub(super) fn is_message(self) -> bool {
        self == Self::Message
    }
}

/// The length of a part that is absent.
const ABSENT: u32 = u32::MAX;

/// What a scalar is in a key.
pub(super) fn kind_of(scalar: Scalar) -> Result<PartKind> {
    match scalar {
        Scalar::String | Scalar::Bytes => Ok(PartKind::Text),
        Scalar::Message => Ok(PartKind::Message),
        Scalar::Group | Scalar::Unspecified => Err(Error::new(
            Code::FailedPrecondition,
            format!("the contract has a key of type {scalar:?}"),
        )),
        _ => Ok(PartKind::Number),
    }
}

impl KeyForm {
    /// The key that one part is as it stands in a message, so that nothing is written; `None`: see [`Self::push`].
    #[inline(always)]
    pub(super) fn as_it_stands<'a>(&self, payload: Option<Payload<'a>>) -> Option<&'a [u8]> {
        match payload {
            Some(Payload::Bytes(bytes)) if self.is_one_text() && !bytes.is_empty() => Some(bytes),
            _ => None,
        }
    }

    /// Whether keys are the bytes of one text.
    #[inline(always)]
    pub(super) fn is_one_text(&self) -> bool {
        matches!(&*self.parts, [Scalar::String | Scalar::Bytes]) && !self.of_resolver
    }

    /// Whether each part stands behind its length.
    fn has_lengths(&self) -> bool {
        self.parts.len() > 1 || self.of_resolver
    }

    /// Appends part `at`, which a message has as `scalar`; `None` is absent. `false`: there is no key.
    pub(super) fn push(
        &self,
        key: &mut Vec<u8>,
        at: usize,
        scalar: Scalar,
        payload: Option<Payload<'_>>,
    ) -> bool {
        if !self.has_lengths() {
            return self.push_part(key, at, scalar, payload);
        }
        let start = key.len();
        key.extend_from_slice(&ABSENT.to_be_bytes());
        if !self.push_part(key, at, scalar, payload) {
            key.truncate(start + 4);
            return self.of_resolver;
        }
        let Ok(length) = u32::try_from(key.len() - start - 4) else { return false };
        key[start..start + 4].copy_from_slice(&length.to_be_bytes());
        true
    }

    fn push_part(
        &self,
        key: &mut Vec<u8>,
        at: usize,
        scalar: Scalar,
        payload: Option<Payload<'_>>,
    ) -> bool {
        let to = self.parts[at];
        let wants_text = kind_of(to).is_ok_and(|kind| kind != PartKind::Number);
        match payload {
            Some(Payload::Bytes(bytes)) if bytes.is_empty() && !self.of_resolver => false,
            Some(Payload::Bytes(bytes)) if wants_text => {
                key.extend_from_slice(bytes);
                true
            }
            Some(Payload::Bytes(bytes)) => push_integer(key, to, parse(bytes)),
            Some(Payload::Number(raw)) => {
                let value = value(scalar, raw);
                if matches!(scalar, Scalar::Double | Scalar::Float) {
                    key.extend_from_slice(&value.to_be_bytes());
                    return true;
                }
                let integer = to_integer(scalar, value);
                if !wants_text {
                    return push_integer(key, to, Some(integer));
                }
                if integer < 0 {
                    key.push(b'-');
                }
                unsigned(key, integer.unsigned_abs() as u64);
                true
            }
            Some(Payload::Group) | None => false,
        }
    }

    /// The parts of a canonical key; `None` for one that is absent.
    pub(super) fn parts<'k>(&self, mut key: &'k [u8]) -> impl Iterator<Item = Option<&'k [u8]>> {
        let (count, has_lengths) = (self.parts.len(), self.has_lengths());
        (0..count).map(move |_| {
            if !has_lengths {
                return Some(key);
            }
            let (length, rest) = key.split_first_chunk::<4>()?;
            let length = u32::from_be_bytes(*length);
            if length == ABSENT {
                key = rest;
                return None;
            }
            let (part, rest) = rest.split_at_checked(length as usize)?;
            key = rest;
            Some(part)
        })
    }
}

fn push_integer(key: &mut Vec<u8>, to: Scalar, integer: Option<i128>) -> bool {
    match integer.and_then(|integer| from_integer(to, integer)) {
        Some(value) => {
            key.extend_from_slice(&value.to_be_bytes());
            true
        }
        None => false,
    }
}

/// The integer that a text is.
fn parse(text: &[u8]) -> Option<i128> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The value of a part that is a number.
pub(super) fn number(part: &[u8]) -> Option<u64> {
    part.try_into().ok().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(parts: &[Scalar]) -> KeyForm {
        KeyForm { parts: parts.into(), of_resolver: false }
    }

    fn key(form: &KeyForm, parts: &[(Scalar, Option<Payload<'_>>)]) -> Option<Vec<u8>> {
        let mut key = Vec::new();
        let has_key = parts
            .iter()
            .enumerate()
            .all(|(at, (scalar, payload))| form.push(&mut key, at, *scalar, *payload));
        has_key.then_some(key)
    }

    #[test]
    fn one_integer_is_one_key_whatever_its_types_are() {
        let form = form(&[Scalar::Int64]);
        let minus_one = key(&form, &[(Scalar::Int32, Some(Payload::Number(u64::MAX)))]);
        assert_eq!(minus_one.as_deref(), Some(&[0xff; 8][..]));
        assert_eq!(key(&form, &[(Scalar::Sint32, Some(Payload::Number(1)))]), minus_one);
        assert_eq!(
            key(&form, &[(Scalar::Sfixed32, Some(Payload::Number(0xffff_ffff)))]),
            minus_one
        );
        assert_eq!(key(&form, &[(Scalar::String, Some(Payload::Bytes(b"-1")))]), minus_one);
    }

    #[test]
    fn a_key_that_the_request_cannot_hold_is_none() {
        let form = form(&[Scalar::Uint32]);
        assert_eq!(key(&form, &[(Scalar::Int32, Some(Payload::Number(u64::MAX)))]), None);
        assert_eq!(key(&form, &[(Scalar::String, Some(Payload::Bytes(b"x")))]), None);
        assert_eq!(key(&form, &[(Scalar::Uint64, Some(Payload::Number(1 << 32)))]), None);
    }

    #[test]
    fn absent_and_empty_texts_are_no_keys_but_zero_is_one() {
        let text = form(&[Scalar::String]);
        assert_eq!(key(&text, &[(Scalar::String, Some(Payload::Bytes(b"")))]), None);
        assert_eq!(key(&text, &[(Scalar::String, None)]), None);
        assert!(
            key(&form(&[Scalar::Int32]), &[(Scalar::Int32, Some(Payload::Number(0)))]).is_some()
        );
    }

    #[test]
    fn parts_are_told_apart_by_their_lengths() {
        let form = form(&[Scalar::String, Scalar::String]);
        let pair = |one: &'static [u8], two: &'static [u8]| {
            let text = |text| (Scalar::String, Some(Payload::Bytes(text)));
            key(&form, &[text(one), text(two)]).unwrap()
        };
        assert_ne!(pair(b"ab", b"c"), pair(b"a", b"bc"));
        let written = pair(b"ab", b"c");
        let parts: Vec<_> = form.parts(&written).collect();
        assert_eq!(parts, [Some(&b"ab"[..]), Some(b"c")]);
    }

    #[test]
    fn a_resolver_is_asked_with_absent_and_empty_parts_which_differ() {
        let form = KeyForm { parts: [Scalar::String].into(), of_resolver: true };
        let absent = key(&form, &[(Scalar::String, None)]).unwrap();
        let empty = key(&form, &[(Scalar::String, Some(Payload::Bytes(b"")))]).unwrap();
        assert_eq!(form.parts(&absent).collect::<Vec<_>>(), [None]);
        assert_eq!(form.parts(&empty).collect::<Vec<_>>(), [Some(&b""[..])]);
    }

    #[test]
    fn an_integer_asked_as_a_text_is_its_digits() {
        let form = form(&[Scalar::String]);
        let written = key(&form, &[(Scalar::Sint64, Some(Payload::Number(u64::MAX)))]);
        assert_eq!(written.as_deref(), Some(&b"-9223372036854775808"[..]));
    }
}
