//! The one pass over a message.

use std::borrow::Cow;

use super::{Entry, ScanFault, Table, TableId, Tables, Window, kind, span};
use crate::transcoder::{
    raw,
    wire::{FIXED32, FIXED64, LEN, Malformed, VARINT, packed, skip, tag, varint},
};

impl Tables {
    /// Fills `slots`, which are all 0, from a message, and returns the message to which their spans belong: `bytes`, or a
    /// copy in which messages that came in parts are whole.
    #[inline(always)]
    pub(in crate::transcoder) fn read<'a>(
        &self,
        table: TableId,
        bytes: &'a [u8],
        slots: &mut [u64],
    ) -> Result<Cow<'a, [u8]>, Malformed> {
        match self.fill(table, Window::of(bytes), slots) {
            Ok(()) => Ok(Cow::Borrowed(bytes)),
            Err(ScanFault::Malformed) => Err(Malformed),
            Err(ScanFault::Split) => self.read_parts(table, bytes, slots).map(Cow::Owned),
        }
    }

    /// Fills `slots`, which are all 0, from a message that did not come in parts.
    #[inline(always)]
    pub(in crate::transcoder) fn fill(
        &self,
        table: TableId,
        window: Window<'_>,
        slots: &mut [u64],
    ) -> Result<(), ScanFault> {
        // Spans hold places in 32 bits.
        if window.length > u32::MAX as usize {
            return Err(ScanFault::Malformed);
        }
        self.scan(&self.tables[table.0 as usize], window.buffer, (0, window.length), slots)
    }

    /// The message that is left of one that came in parts, from which `slots` are filled.
    #[cold]
    pub(in crate::transcoder) fn read_parts(
        &self,
        table: TableId,
        bytes: &[u8],
        slots: &mut [u64],
    ) -> Result<Vec<u8>, Malformed> {
        let whole = self.merged(table, bytes)?;
        slots.fill(0);
        match self.fill(table, Window::of(&whole), slots) {
            Ok(()) => Ok(whole),
            Err(_) => Err(Malformed),
        }
    }

    /// Goes through the part of a buffer that is a message.
    fn scan(
        &self,
        table: &Table,
        bytes: &[u8],
        (mut at, end): (usize, usize),
        slots: &mut [u64],
    ) -> Result<(), ScanFault> {
        while at < end {
            let start = at;
            let word = match raw::word(bytes, at) {
                Some(word) => word,
                None => last_word(bytes, at),
            };
            let (tag, entry, mut from, word) = if word & 0x80 == 0 {
                let tag = word as u32 & 0x7f;
                (tag, table.small[tag as usize], at + 1, word >> 8)
            } else if word & 0x8000 == 0 {
                let tag = (word & 0x7f | (word & 0x7f00) >> 1) as u32;
                (tag, table.find_large(tag), at + 2, word >> 16)
            } else {
                table.long_tag(bytes, at)?
            };
            let value;
            // Asked in the order of what messages are made of.
            if tag & 7 == LEN {
                let length;
                (from, length) = number(bytes, from, word, bytes.len() as u64)?;
                at = from + length as usize;
                value = span(from, at);
            } else if tag & 7 == VARINT {
                (at, value) = number(bytes, from, word, u64::MAX)?;
            } else if tag & 7 == FIXED64 {
                at = from + 8;
                value = raw::word(bytes, from).ok_or(Malformed)?;
            } else {
                (at, value) = rare(bytes, from, tag)?;
            }
            match slots.get_mut(entry.0 as usize) {
                // The kind is the plain store: all others make numbers that are larger than any slot's.
                Some(slot) => *slot = value,
                None if entry.kind() == kind::REPEATED => {
                    let slot = &mut slots[entry.index()];
                    let first = if *slot == 0 { start } else { (*slot >> 32) as usize };
                    *slot = span(first, at);
                }
                None if entry.kind() == kind::SINGLE => {
                    single(&mut slots[entry.index()], from, at)?;
                }
                None => self.note(entry, bytes, [start, from, at.min(end)], slots)?,
            }
        }
        // What goes beyond the end is found only here: its slot is not read.
        if at > end { Err(ScanFault::Malformed) } else { Ok(()) }
    }

    /// Everything but the plain store. Not inlined: it would take the loop's registers. The places are those of the tag, of the value, and of its end.
    #[inline(never)]
    fn note(
        &self,
        entry: Entry,
        bytes: &[u8],
        places: [usize; 3],
        slots: &mut [u64],
    ) -> Result<(), ScanFault> {
        let [start, from, to] = places;
        match entry.kind() {
            kind::REPEATED => {
                let slot = &mut slots[entry.index()];
                let first = if *slot == 0 { start } else { (*slot >> 32) as usize };
                *slot = span(first, to);
            }
            kind::SINGLE => single(&mut slots[entry.index()], from, to)?,
            kind::PATH => {
                let node = &self.paths[entry.index()];
                single(&mut slots[node.slot], from, to)?;
                let table = &self.tables[node.table.0 as usize];
                self.scan(table, bytes, (from, to), slots)?;
            }
            kind::GUARDED => {
                let guard = &self.guards[entry.index()];
                for slot in &guard.clears {
                    slots[*slot] = 0;
                }
                if guard.then.kind() != kind::STORE {
                    return self.note(guard.then, bytes, places, slots);
                }
                slots[guard.then.index()] = span(from, to);
            }
            // The field number 0, which nothing has.
            kind::NOTHING => return Err(ScanFault::Malformed),
            // A number with presence, which the reader of the slot decodes.
            _ => slots[entry.index()] = span(from, to),
        }
        Ok(())
    }
}

/// The last bytes of a message, with zeros behind them.
#[inline(never)]
fn last_word(bytes: &[u8], at: usize) -> u64 {
    let rest = &bytes[at..];
    match bytes.last_chunk::<8>() {
        Some(last) if rest.len() < 8 => u64::from_le_bytes(*last) >> (64 - 8 * rest.len()),
        _ => rest.iter().take(8).rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Where the varint at the beginning of the word ends, and its value, which is not above the limit if it is long.
#[inline(always)]
fn number(bytes: &[u8], at: usize, word: u64, limit: u64) -> Result<(usize, u64), Malformed> {
    if word & 0x80 == 0 {
        Ok((at + 1, word & 0x7f))
    } else if word & 0x8000 == 0 {
        Ok((at + 2, word & 0x7f | (word & 0x7f00) >> 1))
    } else {
        let (end, number) = long_number(bytes, at, word)?;
        if number > limit { Err(Malformed) } else { Ok((end, number)) }
    }
}

/// One of more than two bytes.
#[inline(never)]
fn long_number(bytes: &[u8], at: usize, word: u64) -> Result<(usize, u64), Malformed> {
    let ends = !word & 0x8080_8080_8080;
    if ends == 0 {
        return longer_number(bytes, at);
    }
    let count = ends.trailing_zeros() as usize / 8 + 1;
    // Everything up to the first byte that has no high bit.
    Ok((at + count, packed(word & (ends ^ (ends - 1)))))
}

#[cold]
fn longer_number(bytes: &[u8], mut at: usize) -> Result<(usize, u64), Malformed> {
    let number = varint(bytes, &mut at)?;
    Ok((at, number))
}

/// Numbers of 32 bits, and groups, which are skipped: where it ends, and the value.
#[inline(never)]
fn rare(bytes: &[u8], mut at: usize, tag: u32) -> Result<(usize, u64), Malformed> {
    let from = at;
    if tag < 8 {
        return Err(Malformed);
    }
    skip(bytes, &mut at, tag)?;
    match bytes[from..at] {
        [a, b, c, d] if tag & 7 == FIXED32 => Ok((at, u32::from_le_bytes([a, b, c, d]).into())),
        _ => Ok((at, 0)),
    }
}

#[inline(always)]
fn single(slot: &mut u64, from: usize, to: usize) -> Result<(), ScanFault> {
    if *slot != 0 {
        return Err(ScanFault::Split);
    }
    *slot = span(from, to);
    Ok(())
}

impl Table {
    pub(super) fn find(&self, tag: u32) -> Entry {
        self.find_large(tag)
    }

    #[inline(always)]
    fn find_large(&self, tag: u32) -> Entry {
        match self.large.get((tag as usize).wrapping_sub(super::SMALL)) {
            Some(entry) => *entry,
            // Also one that is written longer than it need be.
            None => self.find_far(tag),
        }
    }

    /// What a tag of more than two bytes is, where its value begins, and the bytes there: at least six of them, or zeros
    /// behind the message's end.
    #[cold]
    fn long_tag(&self, bytes: &[u8], mut at: usize) -> Result<(u32, Entry, usize, u64), Malformed> {
        let tag = tag(bytes, &mut at)?;
        if at == bytes.len() {
            return Err(Malformed);
        }
        Ok((tag, self.find(tag), at, last_word(bytes, at)))
    }

    #[inline(never)]
    fn find_far(&self, tag: u32) -> Entry {
        if let Some(entry) = self.small.get(tag as usize) {
            return *entry;
        }
        let found = self.sparse.binary_search_by_key(&tag, |(tag, _)| *tag);
        found.map_or(Entry::default(), |at| self.sparse[at].1)
    }
}
