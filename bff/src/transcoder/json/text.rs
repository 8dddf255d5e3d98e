//! Texts. Most are short and need no escape: they are looked over and copied in blocks.

use super::Fault;
use crate::transcoder::{
    raw::{BLOCK, Room, block, high, special},
    table::Window,
};

/// Room for a text of one block, its opening quote perhaps, and the closing one.
pub(in crate::transcoder) const TEXT: usize = BLOCK + 2;

/// Appends a text in quotes.
#[inline]
pub(in crate::transcoder) fn string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    put_string(Room::of(out), Window::of(text))
}

/// Puts a text in quotes.
#[inline(always)]
pub(in crate::transcoder) fn put_string(
    room: Room<'_, TEXT>,
    text: Window<'_>,
) -> Result<(), Fault> {
    put_text(room.put::<1, { TEXT - 1 }>(b"\"", 1), text.buffer(), 0, text.length())
}

/// Puts a text of this length that begins at `from`, and a closing quote; the opening one is there. Where the buffer goes on
/// behind it, this costs a few vector instructions and no call.
#[inline(always)]
pub(in crate::transcoder) fn put_text<const LEFT: usize>(
    room: Room<'_, LEFT>,
    buffer: &[u8],
    from: usize,
    length: usize,
) -> Result<(), Fault> {
    match block(buffer, from) {
        Some(block) if length <= BLOCK && special(block) & first(length) == 0 => {
            room.put::<BLOCK, 1>(block, length).put::<1, 0>(b"\"", 1).end();
            Ok(())
        }
        _ => finish_blocks(room.end(), buffer, from, length),
    }
}

/// The bits of the first bytes of a block.
#[inline(always)]
fn first(count: usize) -> u32 {
    ((1_u64 << count) - 1) as u32
}

/// Appends a text and a closing quote; the opening one is there.
pub(in crate::transcoder) fn finish_string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    finish_blocks(out, text, 0, text.len())
}

/// The same block by block.
#[inline(never)]
fn finish_blocks(
    out: &mut Vec<u8>,
    buffer: &[u8],
    from: usize,
    length: usize,
) -> Result<(), Fault> {
    let mut rest = &buffer[from..];
    let mut length = length;
    loop {
        let block = rest.first_chunk().copied().unwrap_or_else(|| padded(rest));
        let count = length.min(BLOCK);
        let found = special(&block) & first(count);
        if found != 0 && (found & !high(&block) != 0 || !is_utf8(&rest[..count], found)) {
            return finish_special(out, &rest[..length]);
        }
        let room = Room::<{ BLOCK + 1 }>::of(out).put::<BLOCK, 1>(&block, count);
        if length == count {
            room.put::<1, 0>(b"\"", 1).end();
            return Ok(());
        }
        room.end();
        rest = &rest[count..];
        length -= count;
    }
}

/// A short text with anything behind it. Its two ends, which may lap over each other, are copied as wholes.
#[inline(always)]
fn padded(text: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    if !(ends::<16>(text, &mut block) || ends::<8>(text, &mut block) || ends::<4>(text, &mut block))
    {
        block.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
    }
    block
}

#[inline(always)]
fn ends<const SIZE: usize>(text: &[u8], block: &mut [u8; BLOCK]) -> bool {
    let (Some(first), Some(last)) = (text.first_chunk::<SIZE>(), text.last_chunk::<SIZE>()) else {
        return false;
    };
    block[..SIZE].copy_from_slice(first);
    block[text.len() - SIZE..text.len()].copy_from_slice(last);
    true
}

/// Whether a short text is UTF-8. Only the bytes above ASCII, which have a bit each, are looked at.
#[inline(always)]
fn is_utf8(text: &[u8], mut high: u32) -> bool {
    while high != 0 {
        let at = high.trailing_zeros();
        let count = match text[at as usize..] {
            [0xc2..=0xdf, 0x80..=0xbf, ..] => 2,
            [0xe0, 0xa0..=0xbf, 0x80..=0xbf, ..]
            | [0xe1..=0xec | 0xee | 0xef, 0x80..=0xbf, 0x80..=0xbf, ..]
            | [0xed, 0x80..=0x9f, 0x80..=0xbf, ..] => 3,
            [0xf0, 0x90..=0xbf, 0x80..=0xbf, 0x80..=0xbf, ..]
            | [0xf1..=0xf3, 0x80..=0xbf, 0x80..=0xbf, 0x80..=0xbf, ..]
            | [0xf4, 0x80..=0x8f, 0x80..=0xbf, 0x80..=0xbf, ..] => 4,
            _ => return false,
        };
        // What continues it is above ASCII too.
        high &= !(((1 << count) - 1) << at);
    }
    true
}

/// The same for a text in which something is not ASCII or needs an escape.
#[inline(never)]
fn finish_special(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    let text = simdutf8::basic::from_utf8(text).map_err(|_| Fault::NotUtf8)?;
    // This writer brings its own quotes: the first one takes the place of the byte before.
    let start = out.len() - 1;
    let before = out[start];
    out.truncate(start);
    json_escape_simd::escape_into(text, out);
    out[start] = before;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcoder::tests::random::{Random, seeds};

    fn check(text: &[u8]) {
        let mut out = Vec::new();
        let written = string(&mut out, text);
        match std::str::from_utf8(text) {
            Ok(text) => {
                written.unwrap();
                assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
            }
            Err(_) => assert_eq!(written, Err(Fault::NotUtf8)),
        }
    }

    #[test]
    fn every_byte_at_every_place_is_read_back_or_refused() {
        for length in (0..20).chain([31, 32, 63, 64, 65, 72]) {
            for at in 0..length {
                for byte in 0..=255 {
                    let mut text = vec![b'a'; length];
                    text[at] = byte;
                    check(&text);
                }
            }
        }
    }

    /// As [`check`], of a part of a larger buffer.
    fn check_inside(buffer: &[u8], from: usize, to: usize, seed: u64) {
        let text = Window::of(buffer).part((from as u64) << 32 | to as u64);
        let mut out = b"before".to_vec();
        let written = put_string(Room::of(&mut out), text);
        match std::str::from_utf8(text.message()) {
            Ok(text) => {
                written.unwrap();
                let json = out.strip_prefix(b"before").unwrap();
                assert_eq!(serde_json::from_slice::<String>(json).unwrap(), text, "seed {seed}");
            }
            Err(_) => assert_eq!(written, Err(Fault::NotUtf8), "seed {seed}"),
        }
    }

    #[test]
    fn texts_are_read_back_whatever_stands_around_them() {
        for seed in seeds(2000) {
            let mut random = Random::new(seed);
            let mut buffer = vec![b'a'; random.below(40)];
            let from = buffer.len();
            while random.below(6) > 0 {
                buffer.extend(vec![b'a'; random.below(30)]);
                buffer.extend(random.text().bytes());
                match random.below(20) {
                    0 => buffer.push(random.bits() as u8),
                    1 => drop(buffer.pop()),
                    _ => {}
                }
            }
            let to = buffer.len().max(from);
            buffer.resize(to + random.below(70), 0xc3);
            check_inside(&buffer, from.min(to), to, seed);
        }
    }

    #[test]
    fn plain_texts_are_copied() {
        let mut out = Vec::new();
        string(&mut out, b"").unwrap();
        string(&mut out, b"plain").unwrap();
        assert_eq!(out, br#""""plain""#);
    }
}
