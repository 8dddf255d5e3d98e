//! Reading. Every function accepts exactly what prost accepts.

use super::{DEPTH, END_GROUP, FIXED32, FIXED64, LEN, Malformed, START_GROUP, VARINT};

/// The varint at `at`, which is moved behind it.
#[inline(always)]
pub(in crate::transcoder) fn varint(bytes: &[u8], at: &mut usize) -> Result<u64, Malformed> {
    match bytes.get(*at) {
        Some(byte) if *byte < 0x80 => {
            *at += 1;
            Ok(u64::from(*byte))
        }
        _ => long_varint(bytes, at),
    }
}

fn long_varint(bytes: &[u8], at: &mut usize) -> Result<u64, Malformed> {
    let rest = bytes.get(*at..).ok_or(Malformed)?;
    if let Some(word) = rest.first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        let ends = !word & 0x8080_8080_8080_8080;
        if ends != 0 {
            *at += ends.trailing_zeros() as usize / 8 + 1;
            // Everything up to the first byte that has no high bit, its own high bit included.
            return Ok(packed(word & (ends ^ (ends - 1))));
        }
    }
    let mut value = 0;
    for (index, byte) in rest.iter().take(10).enumerate() {
        value |= u64::from(*byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            // Ten bytes hold 70 bits; the last byte may carry only the 64th.
            if index == 9 && *byte > 1 {
                return Err(Malformed);
            }
            *at += index + 1;
            return Ok(value);
        }
    }
    Err(Malformed)
}

/// The lower seven bits of each byte, moved together.
#[inline(always)]
pub(in crate::transcoder) fn packed(bytes: u64) -> u64 {
    let sevens = bytes & 0x7f7f_7f7f_7f7f_7f7f;
    let pairs = sevens & 0x007f_007f_007f_007f | (sevens & 0x7f00_7f00_7f00_7f00) >> 1;
    let fours = pairs & 0x0000_3fff_0000_3fff | (pairs & 0x3fff_0000_3fff_0000) >> 2;
    fours & 0x0fff_ffff | (fours & 0x0fff_ffff_0000_0000) >> 4
}

/// The tag at `at`, which is moved behind it.
#[inline(always)]
pub(in crate::transcoder) fn tag(bytes: &[u8], at: &mut usize) -> Result<u32, Malformed> {
    let tag = u32::try_from(varint(bytes, at)?).map_err(|_| Malformed)?;
    if tag < 8 { Err(Malformed) } else { Ok(tag) }
}

/// Moves `at` behind the value of a field with this tag.
#[inline]
pub(in crate::transcoder) fn skip(bytes: &[u8], at: &mut usize, tag: u32) -> Result<(), Malformed> {
    skip_nested(bytes, at, tag, DEPTH)
}

fn skip_nested(bytes: &[u8], at: &mut usize, tag: u32, depth: u32) -> Result<(), Malformed> {
    match tag & 7 {
        VARINT => drop(varint(bytes, at)?),
        FIXED64 => advance(bytes, at, 8)?,
        FIXED32 => advance(bytes, at, 4)?,
        LEN => {
            let length = varint(bytes, at)?;
            advance(bytes, at, usize::try_from(length).map_err(|_| Malformed)?)?;
        }
        START_GROUP => drop(skip_group(bytes, at, tag, depth)?),
        _ => return Err(Malformed),
    }
    Ok(())
}

/// Says where the tag at its end begins.
#[cold]
fn skip_group(bytes: &[u8], at: &mut usize, start: u32, depth: u32) -> Result<usize, Malformed> {
    let depth = depth.checked_sub(1).ok_or(Malformed)?;
    loop {
        let end = *at;
        let inner = tag(bytes, at)?;
        if inner & 7 == END_GROUP {
            return if inner >> 3 == start >> 3 { Ok(end) } else { Err(Malformed) };
        }
        skip_nested(bytes, at, inner, depth)?;
    }
}

#[inline(always)]
fn advance(bytes: &[u8], at: &mut usize, count: usize) -> Result<(), Malformed> {
    if bytes.len() - *at < count {
        return Err(Malformed);
    }
    *at += count;
    Ok(())
}

/// A field of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::transcoder) struct Field<'a> {
    /// Number and wire type.
    pub(in crate::transcoder) tag: u32,
    /// Its value.
    pub(in crate::transcoder) payload: Payload<'a>,
}

impl Field<'_> {
    /// The field's number.
    pub(in crate::transcoder) fn number(&self) -> u32 {
        self.tag >> 3
    }
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::transcoder) enum Payload<'a> {
    /// A varint, or 4 or 8 bytes.
    Number(u64),
    /// What stands behind a length.
    Bytes(&'a [u8]),
    /// What stands between two tags; nothing that a plan shows.
    Group(&'a [u8]),
}

/// The fields of a message, one after the other: for small messages and rare paths.
#[derive(Clone, Debug)]
pub(in crate::transcoder) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    pub(in crate::transcoder) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next field, or nothing at the end.
    pub(in crate::transcoder) fn next(&mut self) -> Result<Option<Field<'a>>, Malformed> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let tag = tag(self.bytes, &mut self.at)?;
        let payload = match tag & 7 {
            VARINT => Payload::Number(varint(self.bytes, &mut self.at)?),
            FIXED64 => Payload::Number(u64::from_le_bytes(self.array()?)),
            FIXED32 => Payload::Number(u64::from(u32::from_le_bytes(self.array()?))),
            LEN => {
                let start = self.at;
                skip(self.bytes, &mut self.at, tag)?;
                let mut payload = start;
                varint(self.bytes, &mut payload)?;
                Payload::Bytes(&self.bytes[payload..self.at])
            }
            START_GROUP => {
                let start = self.at;
                let end = skip_group(self.bytes, &mut self.at, tag, DEPTH)?;
                Payload::Group(&self.bytes[start..end])
            }
            _ => return Err(Malformed),
        };
        Ok(Some(Field { tag, payload }))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let array = *self.bytes[self.at..].first_chunk().ok_or(Malformed)?;
        self.at += N;
        Ok(array)
    }
}

/// A singular message, its parts joined.
pub(in crate::transcoder) fn inside(
    outer: &[u8],
    number: u32,
) -> Result<Option<Vec<u8>>, Malformed> {
    let mut inner: Option<Vec<u8>> = None;
    let mut fields = Fields::of(outer);
    while let Some(field) = fields.next()? {
        if let (true, Payload::Bytes(part)) = (field.number() == number, field.payload) {
            inner.get_or_insert_default().extend_from_slice(part);
        }
    }
    Ok(inner)
}
