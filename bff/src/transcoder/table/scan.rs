//! The one pass over a message.

use std::borrow::Cow;

use super::{Entry, ScanFault, Table, TableId, Tables, kind, span};
use crate::transcoder::wire::{FIXED32, FIXED64, LEN, Malformed, VARINT, skip, varint};

impl Tables {
    /// Fills `slots`, which are all 0, from a message, and returns the message to which their spans belong: `bytes`, or a
    /// copy in which messages that came in parts are whole.
    #[inline]
    pub(in crate::transcoder) fn read<'a>(
        &self,
        table: TableId,
        bytes: &'a [u8],
        slots: &mut [u64],
    ) -> Result<Cow<'a, [u8]>, Malformed> {
        // Spans hold places in 32 bits.
        if bytes.len() > u32::MAX as usize {
            return Err(Malformed);
        }
        match self.scan(&self.tables[table.0 as usize], bytes, 0, slots) {
            Ok(()) => Ok(Cow::Borrowed(bytes)),
            Err(ScanFault::Malformed) => Err(Malformed),
            Err(ScanFault::Split) => self.read_parts(table, bytes, slots).map(Cow::Owned),
        }
    }

    #[cold]
    fn read_parts(
        &self,
        table: TableId,
        bytes: &[u8],
        slots: &mut [u64],
    ) -> Result<Vec<u8>, Malformed> {
        let whole = self.merged(table, bytes)?;
        slots.fill(0);
        match self.scan(&self.tables[table.0 as usize], &whole, 0, slots) {
            Ok(()) => Ok(whole),
            Err(_) => Err(Malformed),
        }
    }

    fn scan(
        &self,
        table: &Table,
        bytes: &[u8],
        mut at: usize,
        slots: &mut [u64],
    ) -> Result<(), ScanFault> {
        while at < bytes.len() {
            let start = at;
            let (tag, mut from) = short_number(bytes, at)?;
            // Also the field number 0, which nothing has.
            if !(8..=u64::from(u32::MAX)).contains(&tag) {
                return Err(ScanFault::Malformed);
            }
            let tag = tag as u32;
            let entry = table.find(tag);
            let wire_type = tag & 7;
            // Asked in the order of what messages are made of.
            let value = if wire_type == LEN {
                let length;
                (length, from) = short_number(bytes, from)?;
                if length > (bytes.len() - from) as u64 {
                    return Err(ScanFault::Malformed);
                }
                at = from + length as usize;
                span(from, at)
            } else if wire_type == VARINT {
                let value;
                (value, at) = short_number(bytes, from)?;
                value
            } else if wire_type == FIXED64 {
                at = from + 8;
                fixed64(bytes, from)?
            } else if wire_type == FIXED32 {
                at = from + 4;
                fixed32(bytes, from)?
            } else {
                at = behind(bytes, from, tag)?;
                continue;
            };
            if entry.kind() == kind::STORE {
                slots[entry.index()] = value;
            } else {
                self.note(entry, bytes, [start, from, at], slots)?;
            }
        }
        Ok(())
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
                self.scan(table, &bytes[..to], from, slots)?;
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
            // A number with presence, which the reader of the slot decodes.
            _ => slots[entry.index()] = span(from, to),
        }
        Ok(())
    }
}

/// A varint, which mostly has one byte or two, and where it ends. Places are passed by value here: one that others may
/// write to would live in memory, not in a register.
#[inline(always)]
fn short_number(bytes: &[u8], at: usize) -> Result<(u64, usize), Malformed> {
    let Some(first) = bytes.get(at) else { return Err(Malformed) };
    if *first < 0x80 {
        return Ok((u64::from(*first), at + 1));
    }
    match bytes.get(at + 1) {
        Some(second) if *second < 0x80 => {
            Ok((u64::from(first & 0x7f) | u64::from(*second) << 7, at + 2))
        }
        _ => long_number(bytes, at),
    }
}

#[inline(never)]
fn long_number(bytes: &[u8], mut at: usize) -> Result<(u64, usize), Malformed> {
    let number = varint(bytes, &mut at)?;
    Ok((number, at))
}

#[cold]
fn behind(bytes: &[u8], mut at: usize, tag: u32) -> Result<usize, Malformed> {
    skip(bytes, &mut at, tag)?;
    Ok(at)
}

#[inline(always)]
fn single(slot: &mut u64, from: usize, to: usize) -> Result<(), ScanFault> {
    if *slot != 0 {
        return Err(ScanFault::Split);
    }
    *slot = span(from, to);
    Ok(())
}

#[inline(always)]
fn fixed64(bytes: &[u8], at: usize) -> Result<u64, Malformed> {
    let array = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(Malformed)?;
    Ok(u64::from_le_bytes(*array))
}

#[inline(always)]
fn fixed32(bytes: &[u8], at: usize) -> Result<u64, Malformed> {
    let array = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(Malformed)?;
    Ok(u64::from(u32::from_le_bytes(*array)))
}

impl Table {
    #[inline(always)]
    pub(super) fn find(&self, tag: u32) -> Entry {
        let index = tag as usize;
        if let Some(entry) = self.small.get(index) {
            return *entry;
        }
        match self.large.get(index - super::SMALL) {
            Some(entry) => *entry,
            None => self.find_far(tag),
        }
    }

    #[inline(never)]
    fn find_far(&self, tag: u32) -> Entry {
        let found = self.sparse.binary_search_by_key(&tag, |(tag, _)| *tag);
        found.map_or(Entry::default(), |at| self.sparse[at].1)
    }
}
