//! The distinct keys of a step, and which of them each place of the answer needs.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, Hasher},
    sync::LazyLock,
};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::kept::Kept;

/// In [`Refs`]: no key, so null without a call.
pub const NO_KEY: u32 = u32::MAX;

/// In [`Refs`]: the step's request cannot hold the key, so null without a call, and an error.
pub const UNFIT_KEY: u32 = u32::MAX - 1;

/// The distinct keys of one step, in canonical form, numbered from 0 in the order in which they were met.
///
/// A key of one text or bytes part is these bytes; one of one number, boolean or enum part is its value in 8 bytes, the
/// highest first. Several parts follow each other, each behind its length in 4 bytes. A step without keys has the empty key.
///
/// The hash of a key is the same in all tables of the process, so that it is made once, wherever the key then goes.
#[derive(Clone, Default)]
pub struct KeyTable {
    bytes: Vec<u8>,
    known: Vec<Known>,
    index: HashTable<u32>,
}

/// A key that was met.
#[derive(Clone, Copy)]
struct Known {
    /// Where it ends in the table's bytes. It starts where the one before it ends.
    end: usize,
    hash: u64,
}

impl KeyTable {
    /// An empty table that holds so many keys before it grows.
    #[must_use]
    pub fn with_room(keys: usize) -> Self {
        let (known, index) = (Vec::with_capacity(keys), HashTable::with_capacity(keys));
        Self { known, index, ..Self::default() }
    }

    /// The number of a key, a new one where it was not met before.
    pub fn intern(&mut self, key: &[u8]) -> u32 {
        self.intern_hashed(key, hash(key))
    }

    /// The same for a key of another table.
    pub fn intern_from(&mut self, other: &Self, id: u32) -> u32 {
        self.intern_hashed(other.get(id), other.hash(id))
    }

    #[inline]
    fn intern_hashed(&mut self, key: &[u8], hash: u64) -> u32 {
        let Self { bytes, known, index } = self;
        let is_it = |id: &u32| span(bytes, known, *id) == key;
        match index.entry(hash, is_it, |id| known[*id as usize].hash) {
            hashbrown::hash_table::Entry::Occupied(occupied) => *occupied.get(),
            hashbrown::hash_table::Entry::Vacant(vacant) => {
                let id = u32::try_from(known.len()).expect("fewer keys than 2^32");
                vacant.insert(id);
                bytes.extend_from_slice(key);
                known.push(Known { end: bytes.len(), hash });
                id
            }
        }
    }

    /// The number of a key that was met.
    #[must_use]
    pub fn find(&self, key: &[u8]) -> Option<u32> {
        self.index.find(hash(key), |id| self.get(*id) == key).copied()
    }

    /// The key with this number.
    #[must_use]
    pub fn get(&self, id: u32) -> &[u8] {
        span(&self.bytes, &self.known, id)
    }

    /// The hash of the key with this number: the same in each table of the process.
    #[must_use]
    pub fn hash(&self, id: u32) -> u64 {
        self.known[id as usize].hash
    }

    /// The keys from this number on, numbered anew.
    #[must_use]
    pub fn since(&self, id: u32) -> Self {
        let mut keys = Self::default();
        let ids = 0..u32::try_from(self.len()).expect("fewer keys than 2^32");
        for id in ids.skip(id as usize) {
            keys.intern_from(self, id);
        }
        keys
    }

    /// How many keys were met.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether no key was met.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// All keys by number.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.known.iter().scan(0, |start, Known { end, .. }| {
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

fn span<'a>(bytes: &'a [u8], known: &[Known], id: u32) -> &'a [u8] {
    let id = id as usize;
    let start = if id == 0 { 0 } else { known[id - 1].end };
    &bytes[start..known[id].end]
}

fn hash(key: &[u8]) -> u64 {
    static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    let mut hasher = SEED.build_hasher();
    // Without the length, which says something only where more follows.
    hasher.write(key);
    hasher.finish()
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
    /// What was read of the objects in which the places are.
    pub(super) kept: Kept,
}

/// How much there was before an entity.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    refs: usize,
    spans: usize,
    kept: usize,
}

impl Refs {
    /// No places, and room for so many.
    #[must_use]
    pub fn with_room(places: usize) -> Self {
        Self { refs: Vec::with_capacity(places), ..Self::default() }
    }

    /// How many places there are before it grows.
    pub(super) fn room(&self) -> usize {
        self.refs.capacity()
    }

    /// The places of a parent's entity begin here.
    pub(super) fn begin(&mut self, entity_id: u32, many: bool) -> Mark {
        let index = entity_id as usize;
        if self.starts.len() <= index {
            self.starts.resize(index + 1, u32::MAX);
        }
        let start = if many { self.spans.len() } else { self.refs.len() };
        self.starts[index] = u32::try_from(start).unwrap_or(u32::MAX);
        Mark { refs: self.refs.len(), spans: self.spans.len(), kept: self.kept.len() }
    }

    /// Forgets the places of an entity that cannot be read.
    pub(super) fn undo(&mut self, entity_id: u32, mark: Mark) {
        self.refs.truncate(mark.refs);
        self.spans.truncate(mark.spans);
        self.kept.truncate(mark.kept);
        self.starts[entity_id as usize] = u32::MAX;
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
