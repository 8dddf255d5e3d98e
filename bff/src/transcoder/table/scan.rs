//! The one pass over a message.

use std::borrow::Cow;

use super::{Entry, ScanFault, Table, TableId, Tables, Window, kind, list::raw as number, span};
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

    /// Fills `slots`, which are all 0, and hands them over, with the message to which their spans belong.
    #[inline]
    pub(in crate::transcoder) fn with_slots<T>(
        &self,
        table: TableId,
        slots: &mut [u64],
        message: Window<'_>,
        run: impl FnOnce(&[u64], Window<'_>) -> T,
    ) -> Result<T, Malformed> {
        match self.fill(table, message, slots) {
            Ok(()) => Ok(run(slots, message)),
            Err(ScanFault::Malformed) => Err(Malformed),
            Err(ScanFault::Split) => {
                let whole = self.read_parts(table, message.message(), slots)?;
                Ok(run(slots, Window::of(&whole)))
            }
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
            at = table.plain(bytes, (at, end), slots);
            if at < end {
                at = self.field(table, bytes, (at, end), slots)?;
            }
        }
        // What goes beyond the end is found only here: its slot is not read.
        if at > end { Err(ScanFault::Malformed) } else { Ok(()) }
    }

    /// Any field, and where it ends.
    #[inline(never)]
    fn field(
        &self,
        table: &Table,
        bytes: &[u8],
        (start, end): (usize, usize),
        slots: &mut [u64],
    ) -> Result<usize, ScanFault> {
        let mut at = start;
        let tag = tag(bytes, &mut at)?;
        let entry = table.find(tag);
        let mut from = at;
        let value = match tag & 7 {
            LEN => {
                let length = varint(bytes, &mut at)?;
                if length > (bytes.len() - at) as u64 {
                    return Err(ScanFault::Malformed);
                }
                from = at;
                at += length as usize;
                span(from, at)
            }
            VARINT | FIXED64 | FIXED32 => number(bytes, &mut at, tag & 7)?,
            _ => {
                skip(bytes, &mut at, tag)?;
                // A group is not shown, and unsets the others of its oneof.
                if entry.kind() == kind::GUARDED {
                    self.note(entry, bytes, [start, from, at.min(end)], slots)?;
                }
                return Ok(at);
            }
        };
        match slots.get_mut(entry.0 as usize) {
            Some(slot) => *slot = value,
            None => self.note(entry, bytes, [start, from, at.min(end)], slots)?,
        }
        Ok(at)
    }

    /// A field of a closed enum, if its numbers are the enum's.
    fn note_closed(
        &self,
        entry: Entry,
        bytes: &[u8],
        places: [usize; 3],
        slots: &mut [u64],
    ) -> Result<(), ScanFault> {
        let [start, from, to] = places;
        let closed = &self.closed[entry.index()];
        let tag = tag(bytes, &mut { start })?;
        if closed.knows(tag, &bytes[from..to])? {
            if closed.then.kind() == kind::STORE && tag & 7 == VARINT {
                slots[closed.then.index()] = varint(bytes, &mut { from })?;
                return Ok(());
            }
            return self.note(closed.then, bytes, places, slots);
        }
        // Inside a list that goes on it cannot be left out here.
        if closed.then.kind() == kind::REPEATED { Err(ScanFault::Split) } else { Ok(()) }
    }

    /// Puts into slots what is more than a plain store. The places are those of the tag, of the value, and of its end.
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
            kind::CLOSED => return self.note_closed(entry, bytes, places, slots),
            // The field number 0, which nothing has.
            kind::NOTHING => return Err(ScanFault::Malformed),
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

impl Table {
    /// Goes through the fields of which nothing is special, and says where the first other one begins. It calls nothing, so
    /// that all it works with stays in registers.
    #[inline(never)]
    fn plain(&self, bytes: &[u8], (mut at, end): (usize, usize), slots: &mut [u64]) -> usize {
        // Up to there a whole word can be read: one look for both ends.
        let whole = end.min(bytes.len().saturating_sub(7));
        loop {
            let word = if at < whole {
                raw::word(bytes, at)
            } else if at < end {
                // What is missing of a word at the end of the buffer is read as zeros; a field that needs them ends beyond it.
                raw::last_word(bytes, at)
            } else {
                return at;
            };
            let Some(mut word) = word else { return at };
            let (tag, entry);
            if word & 0x80 == 0 {
                tag = word as u32 & 0x7f;
                entry = self.small[tag as usize];
            } else if word & 0x8000 == 0 {
                tag = two_bytes(word) as u32;
                let Some(found) = self.find_large(tag) else { return at };
                entry = found;
                at += 1;
                word >>= 8;
            } else {
                return at;
            }
            // Where the field begins is known from its tag: one place less to keep.
            at += 1;
            word >>= 8;
            let Some(next) = plain_value(bytes, at, (tag, entry, word), slots) else {
                return begin(at, tag);
            };
            at = next;
        }
    }

    pub(super) fn find(&self, tag: u32) -> Entry {
        if let Some(entry) = self.small.get(tag as usize) {
            return *entry;
        }
        self.find_large(tag).unwrap_or_else(|| {
            let found = self.sparse.binary_search_by_key(&tag, |(tag, _)| *tag);
            found.map_or(Entry::default(), |at| self.sparse[at].1)
        })
    }

    /// A tag of two bytes, if it is not among the sparse ones.
    #[inline(always)]
    fn find_large(&self, tag: u32) -> Option<Entry> {
        let index = (tag as usize).checked_sub(super::SMALL)?;
        match self.large.get(index) {
            Some(entry) => Some(*entry),
            None => self.sparse.is_empty().then(Entry::default),
        }
    }
}

/// Where a field begins whose value is at `from`, with a tag of at most two bytes.
#[inline(always)]
fn begin(from: usize, tag: u32) -> usize {
    from - if tag < 0x80 { 1 } else { 2 }
}

/// Puts the value at `from`, with `word`, of a field into its slot, and says where it ends; `None` if it is a special one.
#[inline(always)]
fn plain_value(
    bytes: &[u8],
    from: usize,
    (tag, entry, word): (u32, Entry, u64),
    slots: &mut [u64],
) -> Option<usize> {
    let (mut start, value, next);
    // Asked in the order of what messages are made of.
    if tag & 7 == LEN {
        let length;
        (start, length) = match word {
            _ if word & 0x80 == 0 => (from + 1, word & 0x7f),
            _ if word & 0x8000 == 0 => (from + 2, two_bytes(word)),
            _ => return None,
        };
        next = start + length as usize;
        value = span(start, next);
    } else if tag & 7 == VARINT {
        start = from;
        (next, value) = match word {
            _ if word & 0x80 == 0 => (from + 1, word & 0x7f),
            _ if word & 0x8000 == 0 => (from + 2, two_bytes(word)),
            _ => {
                // Six bytes are there.
                let ends = !word & 0x8080_8080_8080;
                if ends == 0 {
                    return None;
                }
                let count = ends.trailing_zeros() as usize / 8 + 1;
                (from + count, packed(word & (ends ^ (ends - 1))))
            }
        };
    } else if tag & 7 == FIXED64 {
        (start, next, value) = (from, from + 8, raw::word(bytes, from)?);
    } else {
        return None;
    }
    match slots.get_mut(entry.0 as usize) {
        // The kind is the plain store: all others make numbers that are larger than any slot's.
        Some(slot) => *slot = value,
        None => {
            let slot = slots.get_mut(entry.index())?;
            match entry.kind() {
                kind::REPEATED if *slot == 0 => start = begin(from, tag),
                kind::REPEATED => start = (*slot >> 32) as usize,
                kind::SINGLE if *slot == 0 => {}
                kind::SPAN => {}
                _ => return None,
            }
            *slot = span(start, next);
        }
    }
    Some(next)
}

/// The varint of two bytes that begins a word.
#[inline(always)]
fn two_bytes(word: u64) -> u64 {
    word & 0x7f | (word & 0x7f00) >> 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        contract::Scalar,
        transcoder::{
            descriptor::Descriptors,
            table::TableBuilder,
            tests::random::{Random, seeds},
            wire::{put_fixed, put_len, put_tag},
        },
    };

    /// The scan without the loop of plain fields, of a message with nothing behind it.
    fn twin(tables: &Tables, table: TableId, message: &[u8], slots: &mut [u64]) -> bool {
        let table = &tables.tables[table.0 as usize];
        let mut at = 0;
        while at < message.len() {
            match tables.field(table, message, (at, message.len()), slots) {
                Ok(end) => at = end,
                Err(_) => return false,
            }
        }
        true
    }

    /// Fields of all kinds, in each of the three lists of a table.
    fn tables() -> (Tables, TableId, usize) {
        let descriptors = Descriptors::of(b"");
        let mut builder = TableBuilder::new(descriptors.nothing());
        for base in [0, 15, 600] {
            builder.number(0, base + 1, Scalar::Uint64, false).unwrap();
            builder.number(0, base + 2, Scalar::Double, false).unwrap();
            builder.number(0, base + 3, Scalar::Fixed32, false).unwrap();
            builder.number(0, base + 4, Scalar::Int32, true).unwrap();
            builder.bytes(0, base + 5).unwrap();
            builder.message(0, base + 6).unwrap();
            builder.repeated(0, base + 7, VARINT).unwrap();
            builder.repeated(0, base + 8, LEN).unwrap();
            let (inner, _) = builder.descend(&[base + 9]).unwrap();
            builder.number(inner, 1, Scalar::Uint64, false).unwrap();
        }
        builder.oneof(vec![5 << 3 | LEN, 20 << 3 | LEN, 606 << 3 | LEN]);
        let slots = builder.slots();
        let mut tables = Tables::default();
        let table = builder.finish(&mut tables);
        (tables, table, slots)
    }

    fn message(random: &mut Random) -> Vec<u8> {
        let mut message = Vec::new();
        for _ in 0..random.below(12) {
            let number = [0, 15, 600][random.below(3)] + 1 + random.below(12) as u32;
            match random.below(8) {
                0 => {
                    put_tag(&mut message, number, FIXED32);
                    put_fixed(&mut message, FIXED32, random.bits());
                }
                1 => {
                    put_tag(&mut message, number, FIXED64);
                    put_fixed(&mut message, FIXED64, random.bits());
                }
                2..5 => {
                    put_tag(&mut message, number, VARINT);
                    put_fixed(&mut message, VARINT, random.number());
                }
                5 => put_len(&mut message, number, &[8, random.below(128) as u8]),
                _ => {
                    let length = [0, 3, 127, 128, 20_000][random.below(5)];
                    put_len(&mut message, number, &vec![b'a'; length]);
                }
            }
        }
        if random.once_in(4) {
            message.truncate(random.below(message.len() + 1));
        }
        if random.once_in(4) && !message.is_empty() {
            let at = random.below(message.len().min(100));
            message[at] = random.bits() as u8;
        }
        message
    }

    #[test]
    fn plain_fields_are_scanned_as_all_others_whatever_stands_behind_the_message() {
        let (tables, table, count) = tables();
        for seed in seeds(1000) {
            let mut random = Random::new(seed);
            let message = message(&mut random);
            let mut buffer = message.clone();
            buffer.extend((0..random.below(12)).map(|_| random.bits() as u8));
            let window = Window { buffer: &buffer, length: message.len() };
            let (mut ours, mut theirs) = (vec![0; count], vec![0; count]);
            let is_read = tables.fill(table, window, &mut ours).is_ok();
            assert_eq!(is_read, twin(&tables, table, &message, &mut theirs), "seed {seed}");
            if is_read {
                // The first slot is where all goes that nobody reads.
                assert_eq!(ours[1..], theirs[1..], "seed {seed}");
            }
        }
    }
}
