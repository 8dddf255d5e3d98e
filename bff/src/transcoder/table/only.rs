//! The pass over a message of which one field is read, as where only its key is sought: all others are just passed over.

use std::collections::BTreeMap;

use super::{Entry, SMALL, kind, span};
use crate::transcoder::{
    raw,
    wire::{FIXED32, FIXED64, LEN, VARINT, packed},
};

/// The only field of a table: a plain store, with a tag of one byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Only {
    tag: u8,
    slot: usize,
}

impl Only {
    pub(super) fn of(entries: &BTreeMap<u32, Entry>) -> Option<Self> {
        let (tag, entry) = entries.first_key_value().filter(|_| entries.len() == 1)?;
        let fits = (8..SMALL as u32).contains(tag)
            && [VARINT, FIXED64, LEN].contains(&(tag & 7))
            && entry.kind() == kind::STORE;
        fits.then_some(Self { tag: *tag as u8, slot: entry.index() })
    }

    /// Goes through the fields of which nothing is special, and says where the first other one begins.
    #[inline(never)]
    pub(super) fn plain(
        self,
        bytes: &[u8],
        (mut at, end): (usize, usize),
        slots: &mut [u64],
    ) -> usize {
        let Some(slot) = slots.get_mut(self.slot) else { return at };
        let mut value = *slot;
        while at < end {
            // As in the pass over all fields: zeros behind the end, and a field that needs them ends beyond it.
            let Some(word) = raw::word(bytes, at).or_else(|| raw::last_word(bytes, at)) else {
                break;
            };
            let tag = word as u8;
            let (from, rest) = match word {
                _ if tag < 8 => break,
                _ if tag < 0x80 => (at + 1, word >> 8),
                // A tag of two bytes is another field, unless it could have been said in one.
                _ if word & 0x8000 == 0 && word & 0x7f00 != 0 => (at + 2, word >> 16),
                _ => break,
            };
            let is_it = tag == self.tag;
            at = match u32::from(tag & 7) {
                LEN => {
                    let (start, length) = match rest {
                        _ if rest & 0x80 == 0 => (from + 1, rest & 0x7f),
                        _ if rest & 0x8000 == 0 => (from + 2, rest & 0x7f | (rest & 0x7f00) >> 1),
                        _ => break,
                    };
                    let next = start + length as usize;
                    if is_it {
                        value = span(start, next);
                    }
                    next
                }
                VARINT => {
                    // Six bytes are there.
                    let ends = !rest & 0x8080_8080_8080;
                    if ends == 0 {
                        break;
                    }
                    if is_it {
                        value = packed(rest & (ends ^ (ends - 1)));
                    }
                    from + ends.trailing_zeros() as usize / 8 + 1
                }
                FIXED64 if is_it => {
                    let Some(word) = raw::word(bytes, from) else { break };
                    value = word;
                    from + 8
                }
                FIXED64 => from + 8,
                FIXED32 => from + 4,
                _ => break,
            };
        }
        *slot = value;
        at
    }
}
