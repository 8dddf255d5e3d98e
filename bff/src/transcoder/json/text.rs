//! Texts. Most are short and need no escape: they are looked over and copied in blocks.

use super::Fault;
use crate::transcoder::table::part;

/// Longer texts go to the vectorised writer, whose start-up they pay for. Not more than two blocks.
const SHORT: usize = 2 * BLOCK;

/// Appends a text in quotes.
#[inline]
pub(in crate::transcoder) fn string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    out.push(b'"');
    finish_string(out, text)
}

/// Appends a text and a closing quote; the opening one is there.
#[inline]
pub(in crate::transcoder) fn finish_string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    if text.len() > SHORT {
        return escaped(out, text);
    }
    let found = match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => special(first) | special(last),
        _ => {
            let mut block = [b' '; BLOCK];
            block[..text.len()].copy_from_slice(text);
            special(&block)
        }
    };
    if found != 0 {
        return finish_special(out, text, found);
    }
    out.extend_from_slice(text);
    out.push(b'"');
    Ok(())
}

/// The same for a text inside a message: where the message goes on behind it, a block of fixed size is looked over and
/// copied, which costs a few vector instructions and no call.
#[inline]
pub(in crate::transcoder) fn finish_part(
    out: &mut Vec<u8>,
    message: &[u8],
    span: u64,
) -> Result<(), Fault> {
    let text = part(message, span);
    let from = (span >> 32) as usize;
    let Some(block) = message[from..].first_chunk::<BLOCK>() else {
        return finish_string(out, text);
    };
    let Some(mask) = MASKS.get(BLOCK.wrapping_sub(text.len())..).and_then(<[u8]>::first_chunk)
    else {
        return finish_string(out, text);
    };
    let found = special(&blanked(block, mask));
    if found != 0 {
        return finish_special(out, text, found);
    }
    let end = out.len() + text.len();
    out.extend_from_slice(block);
    out.truncate(end);
    out.push(b'"');
    Ok(())
}

const BLOCK: usize = 32;

/// From `BLOCK - n` on, `n` bytes of ones and then zeros.
const MASKS: [u8; 2 * BLOCK] = {
    let mut masks = [0; 2 * BLOCK];
    let mut at = 0;
    while at < BLOCK {
        masks[at] = 0xff;
        at += 1;
    }
    masks
};

/// The block with blanks where the mask has zeros.
#[inline(always)]
fn blanked(block: &[u8; BLOCK], mask: &[u8; BLOCK]) -> [u8; BLOCK] {
    let mut blanked = [0; BLOCK];
    for ((blanked, byte), mask) in blanked.iter_mut().zip(block).zip(mask) {
        *blanked = (byte & mask) | (b' ' & !mask);
    }
    blanked
}

#[inline(never)]
fn finish_special(out: &mut Vec<u8>, text: &[u8], found: u64) -> Result<(), Fault> {
    if found & ESCAPE != 0 {
        return escaped(out, text);
    }
    std::str::from_utf8(text).map_err(|_| Fault::NotUtf8)?;
    out.extend_from_slice(text);
    out.push(b'"');
    Ok(())
}

#[inline(never)]
fn escaped(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    let text = simdutf8::basic::from_utf8(text).map_err(|_| Fault::NotUtf8)?;
    // This writer brings its own quotes.
    out.pop();
    json_escape_simd::escape_into(text, out);
    Ok(())
}

/// Something needs an escape.
const ESCAPE: u64 = 0x0101_0101_0101_0101;

/// 0 for ASCII that JSON takes as it is; [`ESCAPE`] bits where something must be escaped, others where there is more than
/// ASCII. Compilers make vector instructions of it.
#[inline(always)]
fn special(block: &[u8; BLOCK]) -> u64 {
    let mut found = [0; BLOCK];
    for (found, byte) in found.iter_mut().zip(block) {
        let escape = (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\');
        *found = u8::from(escape) | (byte & 0x80);
    }
    let (words, _) = found.as_chunks::<8>();
    words.iter().fold(0, |found, word| found | u64::from_le_bytes(*word))
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
