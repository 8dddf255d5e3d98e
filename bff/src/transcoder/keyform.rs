//! Keys in canonical form: equal keys are equal bytes, whichever scalar types two messages give them.

use super::{
    scalar::{from_integer, to_integer, value},
    wire::Payload,
};
use crate::{
    contract::Scalar,
    error::{Code, Error},
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

/// Why a place has no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyless {
    /// A part is absent, or an empty text.
    Absent,
    /// The request cannot hold a part: a text that is not UTF-8, a number out of range. Services refuse such a request as a
    /// whole, and all other keys with it.
    Unfit,
}

/// The length of a part that is absent.
const ABSENT: u32 = u32::MAX;

/// What a scalar is in a key.
pub(super) fn kind_of(scalar: Scalar) -> Result<PartKind, Error> {
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
    /// The key that one part is as it stands in a message, so that nothing is written; `None`: see [`Self::push`]. Whether
    /// a request can hold it says [`Self::holds`].
    #[inline(always)]
    pub(super) fn as_it_stands<'a>(&self, payload: Option<Payload<'a>>) -> Option<&'a [u8]> {
        match payload {
            Some(Payload::Bytes(bytes)) if self.is_one_text() && !bytes.is_empty() => Some(bytes),
            _ => None,
        }
    }

    /// Whether a request can hold a key that is one text.
    #[inline(always)]
    pub(super) fn holds(&self, key: &[u8]) -> bool {
        self.parts[0] != Scalar::String || key.is_ascii() || std::str::from_utf8(key).is_ok()
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

    /// Appends part `at`, which a message has as `scalar`; `None` is absent.
    pub(super) fn push(
        &self,
        key: &mut Vec<u8>,
        at: usize,
        scalar: Scalar,
        payload: Option<Payload<'_>>,
    ) -> Result<(), Keyless> {
        if !self.has_lengths() {
            return self.push_part(key, at, scalar, payload);
        }
        let start = key.len();
        key.extend_from_slice(&ABSENT.to_be_bytes());
        match self.push_part(key, at, scalar, payload) {
            Err(Keyless::Absent) if self.of_resolver => return Ok(()),
            pushed => pushed?,
        }
        let length = u32::try_from(key.len() - start - 4).map_err(|_| Keyless::Unfit)?;
        key[start..start + 4].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    fn push_part(
        &self,
        key: &mut Vec<u8>,
        at: usize,
        scalar: Scalar,
        payload: Option<Payload<'_>>,
    ) -> Result<(), Keyless> {
        let to = self.parts[at];
        let wants_text = kind_of(to).is_ok_and(|kind| kind != PartKind::Number);
        match payload {
            Some(Payload::Bytes(bytes)) if bytes.is_empty() && !self.of_resolver => {
                return Err(Keyless::Absent);
            }
            Some(Payload::Bytes(bytes)) if wants_text => {
                if to == Scalar::String && std::str::from_utf8(bytes).is_err() {
                    return Err(Keyless::Unfit);
                }
                key.extend_from_slice(bytes);
            }
            Some(Payload::Bytes(bytes)) => push_integer(key, to, parse(bytes))?,
            Some(Payload::Number(raw)) => {
                let value = value(scalar, raw);
                if matches!(scalar, Scalar::Double | Scalar::Float) {
                    key.extend_from_slice(&value.to_be_bytes());
                    return Ok(());
                }
                let integer = to_integer(scalar, value);
                if !wants_text {
                    return push_integer(key, to, Some(integer));
                }
                if integer < 0 {
                    key.push(b'-');
                }
                unsigned(key, integer.unsigned_abs() as u64);
            }
            Some(Payload::Group(_)) | None => return Err(Keyless::Absent),
        }
        Ok(())
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

fn push_integer(key: &mut Vec<u8>, to: Scalar, integer: Option<i128>) -> Result<(), Keyless> {
    let value = integer.and_then(|integer| from_integer(to, integer)).ok_or(Keyless::Unfit)?;
    key.extend_from_slice(&value.to_be_bytes());
    Ok(())
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

    fn key(form: &KeyForm, parts: &[(Scalar, Option<Payload<'_>>)]) -> Result<Vec<u8>, Keyless> {
        let mut key = Vec::new();
        for (at, (scalar, payload)) in parts.iter().enumerate() {
            form.push(&mut key, at, *scalar, *payload)?;
        }
        Ok(key)
    }

    #[test]
    fn one_integer_is_one_key_whatever_its_types_are() {
        let form = form(&[Scalar::Int64]);
        let minus_one = key(&form, &[(Scalar::Int32, Some(Payload::Number(u64::MAX)))]);
        assert_eq!(minus_one.as_deref(), Ok(&[0xff; 8][..]));
        assert_eq!(key(&form, &[(Scalar::Sint32, Some(Payload::Number(1)))]), minus_one);
        assert_eq!(
            key(&form, &[(Scalar::Sfixed32, Some(Payload::Number(0xffff_ffff)))]),
            minus_one
        );
        assert_eq!(key(&form, &[(Scalar::String, Some(Payload::Bytes(b"-1")))]), minus_one);
    }

    #[test]
    fn a_key_that_the_request_cannot_hold_does_not_fit() {
        let number = form(&[Scalar::Uint32]);
        let unfit = Err(Keyless::Unfit);
        assert_eq!(key(&number, &[(Scalar::Int32, Some(Payload::Number(u64::MAX)))]), unfit);
        assert_eq!(key(&number, &[(Scalar::String, Some(Payload::Bytes(b"x")))]), unfit);
        assert_eq!(key(&number, &[(Scalar::Uint64, Some(Payload::Number(1 << 32)))]), unfit);
    }

    #[test]
    fn a_text_that_is_not_utf_8_fits_only_where_bytes_are_asked() {
        let (one, two) = ([Scalar::String], [Scalar::String, Scalar::String]);
        let part = |bytes| (Scalar::Bytes, Some(Payload::Bytes(bytes)));
        let of_resolver = KeyForm { parts: one.into(), of_resolver: true };
        assert_eq!(key(&form(&one), &[part(b"\xff")]), Err(Keyless::Unfit));
        assert!(!form(&one).holds(b"\xff") && form(&one).holds("\u{e4}".as_bytes()));
        assert_eq!(key(&of_resolver, &[part(b"\xff")]), Err(Keyless::Unfit));
        assert_eq!(key(&form(&two), &[part(b"a"), part(b"\xff")]), Err(Keyless::Unfit));
        assert_eq!(key(&form(&[Scalar::Bytes]), &[part(b"\xff")]), Ok(b"\xff".to_vec()));
        assert!(form(&[Scalar::Bytes]).holds(b"\xff"));
    }

    #[test]
    fn absent_and_empty_texts_are_no_keys_but_zero_is_one() {
        let text = form(&[Scalar::String]);
        let absent = Err(Keyless::Absent);
        assert_eq!(key(&text, &[(Scalar::String, Some(Payload::Bytes(b"")))]), absent);
        assert_eq!(key(&text, &[(Scalar::String, None)]), absent);
        assert!(key(&form(&[Scalar::Int32]), &[(Scalar::Int32, Some(Payload::Number(0)))]).is_ok());
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
        assert_eq!(written.as_deref(), Ok(&b"-9223372036854775808"[..]));
    }
}
