//! Texts. Most are short and need no escape: they are looked over in words of eight bytes and copied.

use super::{Fault, NOT_UTF8};

/// Longer texts go to the vectorised writer, whose start-up they pay for.
const SHORT: usize = 64;

/// Appends a text in quotes.
#[inline]
pub(in crate::transcoder) fn string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    out.push(b'"');
    finish_string(out, text)
}

/// Appends a text and a closing quote; the opening one is there.
#[inline]
pub(in crate::transcoder) fn finish_string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    if text.len() <= SHORT && is_plain(text) {
        out.extend_from_slice(text);
        out.push(b'"');
        return Ok(());
    }
    escaped(out, text)
}

fn escaped(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    let text = simdutf8::basic::from_utf8(text).map_err(|_| NOT_UTF8)?;
    // This writer brings its own quotes.
    out.pop();
    json_escape_simd::escape_into(text, out);
    Ok(())
}

/// Whether these bytes are ASCII that JSON takes as they are.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    if let Some(last) = text.last_chunk::<8>() {
        let mut found = 0;
        let (words, _) = text.as_chunks::<8>();
        for word in words {
            found |= special(u64::from_le_bytes(*word));
        }
        return (found | special(u64::from_le_bytes(*last))) & HIGH == 0;
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        let word =
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
        return special(word) & HIGH == 0;
    }
    text.iter().all(|byte| matches!(byte, 0x20..=0x7f) && !matches!(byte, b'"' | b'\\'))
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;

/// Sets the high bit of a byte that is not plain, and perhaps of one that stands above such a byte. A subtraction
/// borrows only from a byte that is found anyway.
#[inline(always)]
fn special(word: u64) -> u64 {
    let control = word.wrapping_sub(0x20 * ONES);
    let quote = (word ^ (u64::from(b'"') * ONES)).wrapping_sub(ONES);
    let backslash = (word ^ (u64::from(b'\\') * ONES)).wrapping_sub(ONES);
    word | control | quote | backslash
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
            Err(_) => assert_eq!(written, Err(NOT_UTF8)),
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
