//! Messages that came in parts, made whole: protobuf says that the parts of a singular message merge. And those without what
//! protobuf takes for unknown fields: numbers that a closed enum does not have. Rare, so slow.

use super::{Entry, TableId, Tables, kind};
use crate::transcoder::wire::{LEN, Malformed, put_len, skip, tag, varint};

/// A singular message, with everything that came of it so far.
struct Gathered {
    number: u32,
    entry: Entry,
    payload: Vec<u8>,
}

impl Tables {
    /// The same message, in which each singular message that has a slot stands once, and closed enums have the numbers that
    /// are theirs. One field behind the other is how messages merge, so its parts are just joined.
    pub(super) fn merged(&self, table: TableId, bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
        let mut whole = Vec::with_capacity(bytes.len());
        let mut gathered: Vec<Gathered> = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            let tag = tag(bytes, &mut at)?;
            let value = at;
            skip(bytes, &mut at, tag)?;
            let mut entry = self.tables[table.0 as usize].find(tag);
            if entry.kind() == kind::CLOSED {
                let closed = &self.closed[entry.index()];
                let mut from = value;
                if tag & 7 == LEN {
                    varint(bytes, &mut from)?;
                }
                if !closed.knows(tag, &bytes[from..at])? {
                    closed.put_known(tag, &bytes[from..at], &mut whole)?;
                    continue;
                }
                entry = closed.then;
            }
            if entry.kind() == kind::GUARDED {
                let guard = &self.guards[entry.index()];
                gathered.retain(|other| !guard.clears.contains(&self.slot(other.entry)));
                entry = guard.then;
            }
            if !matches!(entry.kind(), kind::SINGLE | kind::PATH) {
                whole.extend_from_slice(&bytes[start..at]);
                continue;
            }
            let mut from = value;
            varint(bytes, &mut from)?;
            let payload = &bytes[from..at];
            match gathered.iter_mut().find(|other| other.entry == entry) {
                Some(other) => other.payload.extend_from_slice(payload),
                None => {
                    gathered.push(Gathered { number: tag >> 3, entry, payload: payload.to_vec() });
                }
            }
        }
        // At the end: a member of a oneof that is still here was set after the others.
        for Gathered { number, entry, payload } in gathered {
            if entry.kind() == kind::PATH {
                let inner = self.merged(self.paths[entry.index()].table, &payload)?;
                put_len(&mut whole, number, &inner);
            } else {
                put_len(&mut whole, number, &payload);
            }
        }
        Ok(whole)
    }

    fn slot(&self, entry: Entry) -> usize {
        match entry.kind() {
            kind::PATH => self.paths[entry.index()].slot,
            _ => entry.index(),
        }
    }
}
