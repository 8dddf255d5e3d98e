//! The one pass over a message.

use std::borrow::Cow;

use super::{Entry, ScanFault, Table, TableId, Tables, kind, span};
use crate::transcoder::wire::{
    self, FIXED32, FIXED64, LEN, Malformed, START_GROUP, VARINT, skip, varint,
};

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
            let first = bytes[at];
            let (tag, entry) = if first < 0x80 {
                at += 1;
                (u32::from(first), table.small[usize::from(first)])
            } else {
                let tag = wire::tag(bytes, &mut at)?;
                (tag, table.find(tag))
            };
            if tag < 8 {
                return Err(ScanFault::Malformed);
            }
            match tag & 7 {
                VARINT => {
                    let from = at;
                    let raw = varint(bytes, &mut at)?;
                    if entry.kind() == kind::STORE {
                        slots[entry.index()] = raw;
                    } else {
                        self.note(entry, bytes, [start, from, at], slots)?;
                    }
                }
                LEN => {
                    let length = varint(bytes, &mut at)?;
                    let from = at;
                    if length > (bytes.len() - at) as u64 {
                        return Err(ScanFault::Malformed);
                    }
                    at += length as usize;
                    if entry.kind() == kind::STORE {
                        slots[entry.index()] = span(from, at);
                    } else {
                        self.note(entry, bytes, [start, from, at], slots)?;
                    }
                }
                FIXED64 => {
                    let raw = u64::from_le_bytes(fixed(bytes, at)?);
                    at += 8;
                    if entry.kind() == kind::STORE {
                        slots[entry.index()] = raw;
                    } else {
                        self.note(entry, bytes, [start, at - 8, at], slots)?;
                    }
                }
                FIXED32 => {
                    let raw = u32::from_le_bytes(fixed(bytes, at)?);
                    at += 4;
                    if entry.kind() == kind::STORE {
                        slots[entry.index()] = u64::from(raw);
                    } else {
                        self.note(entry, bytes, [start, at - 4, at], slots)?;
                    }
                }
                START_GROUP => skip(bytes, &mut at, tag)?,
                _ => return Err(ScanFault::Malformed),
            }
        }
        Ok(())
    }

    /// Everything but the plain store. The places are those of the tag, of the value, and of its end.
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

#[inline(always)]
fn single(slot: &mut u64, from: usize, to: usize) -> Result<(), ScanFault> {
    if *slot != 0 {
        return Err(ScanFault::Split);
    }
    *slot = span(from, to);
    Ok(())
}

#[inline(always)]
fn fixed<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], ScanFault> {
    bytes[at..].first_chunk().copied().ok_or(ScanFault::Malformed)
}

impl Table {
    pub(super) fn find(&self, tag: u32) -> Entry {
        let index = tag as usize;
        if index < super::SMALL {
            return self.small[index];
        }
        if let Some(entry) = self.large.get(index - super::SMALL) {
            return *entry;
        }
        let found = self.sparse.binary_search_by_key(&tag, |(tag, _)| *tag);
        found.map_or(Entry::default(), |at| self.sparse[at].1)
    }
}
