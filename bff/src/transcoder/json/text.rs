//! Texts. Most are short and need no escape: they are looked over and copied in blocks.

use super::Fault;
use crate::transcoder::{
    frame::VALUE,
    raw::{BLOCK, Room, high, special},
    table::part,
};

/// Appends a text in quotes.
#[inline]
pub(in crate::transcoder) fn string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    out.push(b'"');
    finish_string(out, text)
}

/// Appends a text inside a message, and a closing quote; the opening one is there. Where the message goes on behind it, this
/// costs a few vector instructions and no call.
#[inline(always)]
pub(in crate::transcoder) fn finish_part(
    room: Room<'_, VALUE>,
    message: &[u8],
    span: u64,
) -> Result<(), Fault> {
    let from = (span >> 32) as usize;
    let length = (span & 0xffff_ffff) as usize - from;
    let block = message.get(from..).and_then(<[u8]>::first_chunk::<BLOCK>);
    match block {
        Some(block) if length <= BLOCK && special(block) & first(length) == 0 => {
            room.put::<BLOCK, 1>(block, length).put::<1, 0>(b"\"", 1).end();
            Ok(())
        }
        _ => finish_string(room.end(), part(message, span)),
    }
}

/// The bits of the first bytes of a block.
#[inline(always)]
fn first(count: usize) -> u32 {
    ((1_u64 << count) - 1) as u32
}

/// Appends a text and a closing quote; the opening one is there.
#[inline(never)]
pub(in crate::transcoder) fn finish_string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    let mut rest = text;
    while let Some((block, behind)) = rest.split_first_chunk::<BLOCK>() {
        if special(block) != 0 {
            return finish_special(out, rest);
        }
        Room::<BLOCK>::of(out).put::<BLOCK, 0>(block, BLOCK).end();
        rest = behind;
    }
    let block = padded(rest);
    let found = special(&block);
    if found & high(&block) != found || !is_utf8(rest, found) {
        return finish_special(out, rest);
    }
    Room::<{ BLOCK + 1 }>::of(out).put::<BLOCK, 1>(&block, rest.len()).put::<1, 0>(b"\"", 1).end();
    Ok(())
}

/// A short text with blanks behind it.
#[inline(always)]
fn padded(text: &[u8]) -> [u8; BLOCK] {
    let mut block = [b' '; BLOCK];
    block[..text.len()].copy_from_slice(text);
    block
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

    #[test]
    fn plain_texts_are_copied() {
        let mut out = Vec::new();
        string(&mut out, b"").unwrap();
        string(&mut out, b"plain").unwrap();
        assert_eq!(out, br#""""plain""#);
    }
}
