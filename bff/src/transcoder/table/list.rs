//! The values of a repeated field, walked inside the span that a scan left: from the first tag to the end of the last
//! value, with other fields in between.

use super::Window;
use crate::transcoder::{
    raw,
    wire::{FIXED32, FIXED64, LEN, Malformed, skip, tag, tag_of, varint},
};

/// Texts, bytes or messages.
#[derive(Clone, Debug)]
pub(in crate::transcoder) struct Messages<'a> {
    window: Window<'a>,
    at: usize,
    tag: u32,
    /// The tag, if it has one byte; if not, what no byte is.
    short_tag: u64,
}

impl<'a> Messages<'a> {
    /// The values of field `number` in a slot's part of a message.
    pub(in crate::transcoder) fn of(bytes: &'a [u8], number: u32) -> Self {
        Self::within(Window::of(bytes), number)
    }

    /// The same where more stands behind the part.
    pub(in crate::transcoder) fn within(window: Window<'a>, number: u32) -> Self {
        let tag = tag_of(number, LEN);
        let short_tag = if tag < 0x80 { u64::from(tag) } else { u64::MAX };
        Self { window, at: 0, tag, short_tag }
    }

    /// Those that stand before the next one of `other`, which reads the same list.
    pub(in crate::transcoder) fn until(self, other: &Self) -> Self {
        let window = Window { length: other.at, ..self.window };
        Self { window, ..self }
    }

    /// The next value.
    #[inline]
    pub(in crate::transcoder) fn next(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        Ok(self.next_window()?.map(Window::message))
    }

    /// The next value, and what stands behind it.
    #[inline]
    pub(in crate::transcoder) fn next_window(&mut self) -> Result<Option<Window<'a>>, Malformed> {
        let Window { buffer, length: end } = self.window;
        while self.at < end {
            // Most have a short tag, a length of one byte or two, and something behind them.
            let (from, length) = match raw::word(buffer, self.at) {
                Some(word) if word & 0xff == self.short_tag && word & 0x8000 == 0 => {
                    (self.at + 2, (word >> 8 & 0x7f) as usize)
                }
                Some(word) if word & 0xff == self.short_tag && word & 0x80_0000 == 0 => {
                    (self.at + 3, (word >> 8 & 0x7f | word >> 9 & 0x3f80) as usize)
                }
                _ => match self.other()? {
                    Some(found) => found,
                    None => continue,
                },
            };
            self.at = from + length;
            if self.at > end {
                return Err(Malformed);
            }
            return self.window.cut(from, length).ok_or(Malformed).map(Some);
        }
        Ok(None)
    }

    /// Where the value here begins and how long it is, or nothing where it is another field, which is skipped.
    #[inline(never)]
    fn other(&mut self) -> Result<Option<(usize, usize)>, Malformed> {
        let bytes = self.window.message();
        let tag = tag(bytes, &mut self.at)?;
        if tag != self.tag {
            skip(bytes, &mut self.at, tag)?;
            return Ok(None);
        }
        let length = varint(bytes, &mut self.at)?;
        if length > bytes.len() as u64 {
            return Err(Malformed);
        }
        Ok(Some((self.at, length as usize)))
    }
}

/// Raw numbers, packed, unpacked, or both.
#[derive(Clone, Debug)]
pub(in crate::transcoder) struct Numbers<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the packed ones that are being read end.
    packed_end: usize,
    number: u32,
    wire_type: u32,
}

impl<'a> Numbers<'a> {
    /// The values of field `number`, whose unpacked wire type is `wire_type`, in a slot's part of a message.
    pub(in crate::transcoder) fn of(bytes: &'a [u8], number: u32, wire_type: u32) -> Self {
        Self { bytes, at: 0, packed_end: 0, number, wire_type }
    }

    /// The next value.
    #[inline]
    pub(in crate::transcoder) fn next(&mut self) -> Result<Option<u64>, Malformed> {
        loop {
            if self.at < self.packed_end {
                let packed = &self.bytes[..self.packed_end];
                return raw(packed, &mut self.at, self.wire_type).map(Some);
            }
            if self.at == self.bytes.len() {
                return Ok(None);
            }
            let tag = tag(self.bytes, &mut self.at)?;
            if tag == tag_of(self.number, self.wire_type) {
                return raw(self.bytes, &mut self.at, self.wire_type).map(Some);
            }
            if tag == tag_of(self.number, LEN) {
                let length = varint(self.bytes, &mut self.at)?;
                if length > (self.bytes.len() - self.at) as u64 {
                    return Err(Malformed);
                }
                self.packed_end = self.at + length as usize;
            } else {
                skip(self.bytes, &mut self.at, tag)?;
            }
        }
    }
}

/// The raw number at `at`, which is moved behind it.
#[inline(always)]
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
