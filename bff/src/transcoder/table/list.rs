//! The values of a repeated field, walked inside the span that a scan left: from the first tag to the end of the last
//! value, with other fields in between.

use crate::transcoder::wire::{FIXED32, FIXED64, LEN, Malformed, skip, tag, tag_of, varint};

/// Texts, bytes or messages.
#[derive(Clone, Debug)]
pub(in crate::transcoder) struct Messages<'a> {
    bytes: &'a [u8],
    at: usize,
    tag: u32,
}

impl<'a> Messages<'a> {
    /// The values of field `number` in a slot's part of a message.
    pub(in crate::transcoder) fn of(bytes: &'a [u8], number: u32) -> Self {
        Self { bytes, at: 0, tag: tag_of(number, LEN) }
    }

    /// The next value.
    #[inline]
    pub(in crate::transcoder) fn next(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        while self.at < self.bytes.len() {
            let tag = tag(self.bytes, &mut self.at)?;
            if tag != self.tag {
                skip(self.bytes, &mut self.at, tag)?;
                continue;
            }
            let length = varint(self.bytes, &mut self.at)?;
            let rest = &self.bytes[self.at..];
            let length = usize::try_from(length).map_err(|_| Malformed)?;
            let payload = rest.get(..length).ok_or(Malformed)?;
            self.at += length;
            return Ok(Some(payload));
        }
        Ok(None)
    }
}

/// Raw numbers, packed, unpacked, or both.
#[derive(Clone, Debug)]
pub(in crate::transcoder) struct Numbers<'a> {
    bytes: &'a [u8],
    at: usize,
    packed: &'a [u8],
    number: u32,
    wire_type: u32,
}

impl<'a> Numbers<'a> {
    /// The values of field `number`, whose unpacked wire type is `wire_type`, in a slot's part of a message.
    pub(in crate::transcoder) fn of(bytes: &'a [u8], number: u32, wire_type: u32) -> Self {
        Self { bytes, at: 0, packed: &[], number, wire_type }
    }

    /// The next value.
    #[inline]
    pub(in crate::transcoder) fn next(&mut self) -> Result<Option<u64>, Malformed> {
        loop {
            if !self.packed.is_empty() {
                let mut at = 0;
                let raw = raw(self.packed, &mut at, self.wire_type)?;
                self.packed = &self.packed[at..];
                return Ok(Some(raw));
            }
            if self.at == self.bytes.len() {
                return Ok(None);
            }
            let tag = tag(self.bytes, &mut self.at)?;
            if tag == tag_of(self.number, self.wire_type) {
                return raw(self.bytes, &mut self.at, self.wire_type).map(Some);
            }
            let mut from = self.at;
            skip(self.bytes, &mut self.at, tag)?;
            if tag == tag_of(self.number, LEN) {
                varint(self.bytes, &mut from)?;
                self.packed = &self.bytes[from..self.at];
            }
        }
    }
}

/// The raw number at `at`, which is moved behind it.
#[inline]
pub(in crate::transcoder) fn raw(
    bytes: &[u8],
    at: &mut usize,
    wire_type: u32,
) -> Result<u64, Malformed> {
    match wire_type {
        FIXED64 => {
            let array = bytes[*at..].first_chunk().ok_or(Malformed)?;
            *at += 8;
            Ok(u64::from_le_bytes(*array))
        }
        FIXED32 => {
            let array = bytes[*at..].first_chunk().ok_or(Malformed)?;
            *at += 4;
            Ok(u64::from(u32::from_le_bytes(*array)))
        }
        _ => varint(bytes, at),
    }
}
