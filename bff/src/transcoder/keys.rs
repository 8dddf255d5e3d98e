//! The distinct keys of a step, and which of them each place of the answer needs.

use std::{collections::HashMap, fmt};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// In [`Refs`]: no key, so null without a call.
pub const NO_KEY: u32 = u32::MAX;

/// In [`Refs`]: the step's request cannot hold the key, so null without a call, and an error.
pub const UNFIT_KEY: u32 = u32::MAX - 1;

/// The distinct keys of one step, in canonical form, numbered from 0 in the order in which they were met.
///
/// A key of one text or bytes part is these bytes; one of one number, boolean or enum part is its value in 8 bytes, the
/// highest first. Several parts follow each other, each behind its length in 4 bytes. A step without keys has the empty key.
#[derive(Clone, Default)]
pub struct KeyTable {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    index: HashTable<u32>,
    hasher: RandomState,
}

impl KeyTable {
    /// An empty table that holds so many keys before it grows.
    #[must_use]
    pub fn with_room(keys: usize) -> Self {
        let (ends, index) = (Vec::with_capacity(keys), HashTable::with_capacity(keys));
        Self { ends, index, ..Self::default() }
    }

    /// The number of a key, a new one where it was not met before.
    pub fn intern(&mut self, key: &[u8]) -> u32 {
        let hash = self.hasher.hash_one(key);
        let (bytes, ends, hasher) = (&self.bytes, &self.ends, &self.hasher);
        let entry = self.index.entry(
            hash,
            |id| span(bytes, ends, *id) == key,
            |id| hasher.hash_one(span(bytes, ends, *id)),
        );
        match entry {
            hashbrown::hash_table::Entry::Occupied(occupied) => *occupied.get(),
            hashbrown::hash_table::Entry::Vacant(vacant) => {
                let id = u32::try_from(self.ends.len()).expect("fewer keys than 2^32");
                vacant.insert(id);
                self.bytes.extend_from_slice(key);
                self.ends.push(self.bytes.len());
                id
            }
        }
    }

    /// The number of a key that was met.
    #[must_use]
    pub fn find(&self, key: &[u8]) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        self.index.find(hash, |id| self.get(*id) == key).copied()
    }

    /// The key with this number.
    #[must_use]
    pub fn get(&self, id: u32) -> &[u8] {
        span(&self.bytes, &self.ends, id)
    }

    /// The keys from this number on, numbered anew.
    #[must_use]
    pub fn since(&self, id: u32) -> Self {
        let mut keys = Self::default();
        for key in self.iter().skip(id as usize) {
            keys.intern(key);
        }
        keys
    }

    /// How many keys were met.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no key was met.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All keys by number.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.ends.iter().scan(0, |start, end| {
            let key = &self.bytes[*start..*end];
            *start = *end;
            Some(key)
        })
    }
}

impl fmt::Debug for KeyTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter().map(<[u8]>::escape_ascii)).finish()
    }
}

fn span<'a>(bytes: &'a [u8], ends: &[usize], id: u32) -> &'a [u8] {
    let id = id as usize;
    let start = if id == 0 { 0 } else { ends[id - 1] };
    &bytes[start..ends[id]]
}

/// For one site: which entities the places in each parent get, in the order in which emission meets the places.
#[derive(Clone, Debug, Default)]
pub struct Refs {
    /// By the number of the parent's entity: where its places begin in `refs`, or in `spans` for a site with many.
    /// `u32::MAX` where the parent was not looked at.
    pub(super) starts: Vec<u32>,
    /// Key numbers in the site's step, [`NO_KEY`] or [`UNFIT_KEY`].
    pub(super) refs: Vec<u32>,
    /// For a site with many: the part of `refs` that is the list of one place.
    pub(super) spans: Vec<(u32, u32)>,
}

impl Refs {
    /// The places of a parent's entity begin here.
    pub(super) fn begin(&mut self, entity_id: u32, many: bool) {
        let index = entity_id as usize;
        if self.starts.len() <= index {
            self.starts.resize(index + 1, u32::MAX);
        }
        let start = if many { self.spans.len() } else { self.refs.len() };
        self.starts[index] = u32::try_from(start).unwrap_or(u32::MAX);
    }

    /// Gives the places of these entities others.
    pub fn replace(&mut self, others: &HashMap<u32, u32>) {
        for id in &mut self.refs {
            *id = others.get(id).copied().unwrap_or(*id);
        }
    }

    /// All key numbers, [`NO_KEY`] and [`UNFIT_KEY`] among them.
    #[must_use]
    pub fn all(&self) -> &[u32] {
        &self.refs
    }
}
