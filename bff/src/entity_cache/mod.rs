//! Keeps what services answered, item by item, for those who may share it.
//!
//! An entry is the bytes of one item, found by a [`ShareKey`] and the item's own key. The whole share key is compared, so
//! that who may not share an answer cannot name it. Entries hold no time to live: they know when they were fetched, and
//! each reader judges by its own [`Rules`] whether that is fresh, stale, or of no use.
//!
//! The clock is [`tokio::time::Instant`], which tests stop.

mod config;
mod generations;
mod jitter;
mod key;

use std::{hash::BuildHasher, sync::Arc, time::Duration};

use bytes::Bytes;
use foldhash::fast::RandomState;
use tokio::time::Instant;

use crate::{cache::Cache, call::ShareKey, error::Error};

pub use config::Config;
pub use generations::Generation;

use generations::Generations;
use jitter::{Jitter, Shortening};
use key::{BorrowedKey, EntityKey, KeyParts, Realm};

/// What services answered, bounded by bytes.
#[derive(Debug)]
pub struct EntityCache {
    entries: Cache<EntityKey, Arc<Entry>>,
    generations: Generations,
    jitter: Jitter,
    hasher: RandomState,
    negative_max_age: Duration,
}

/// How a field wants its items kept and shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// How long an item is fresh. An entry's jitter shortens it.
    pub max_age: Duration,
    /// How long after that it may be shown while it is fetched again.
    pub stale_while_revalidate: Duration,
    /// How long after its freshness it may be shown when it cannot be fetched.
    pub stale_if_error: Duration,
    /// A fingerprint of the field's tag templates. Fields that tag differently keep apart: an item that one of them put
    /// in would not be found by the other's `@invalidates`. 0: the field has no tags.
    pub tagging: u64,
}

/// What the cache says of a key.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// Fresh.
    Fresh(Bytes),
    /// To be shown, and to be fetched again meanwhile.
    Stale(Bytes),
    /// A moment ago the service said that there is no such thing, in its words or by leaving it out.
    Missing(Option<Error>),
    /// Nothing that may be shown unless the service fails.
    Absent,
}

/// What is put in for a key.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The item, and the tags under which it can be forgotten.
    Item(Bytes, Vec<Box<str>>),
    /// There is no such thing.
    Missing(Option<Error>),
}

#[derive(Debug)]
struct Entry {
    answer: Answer,
    fetched_at: Instant,
    began: Generation,
    shortening: Shortening,
}

impl EntityCache {
    /// An empty cache.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let hasher = RandomState::default();
        let seed = config.seed.unwrap_or_else(|| hasher.hash_one("seed"));
        Self {
            entries: Cache::new(config.capacity, |key: &EntityKey, entry: &Arc<Entry>| {
                key.weight() + entry.weight()
            }),
            generations: Generations::new(config.max_tags),
            jitter: Jitter::new(config.jitter, seed),
            hasher,
            negative_max_age: config.negative_max_age.0,
        }
    }

    /// The part of the cache that `share` may see; `None` where an answer may not outlive its request.
    #[must_use]
    pub fn view(&self, share: &ShareKey, rules: Rules) -> Option<View<'_>> {
        let realm = || Realm::new(share.clone(), rules.tagging, &self.hasher);
        share.outlives_request().then(|| View { cache: self, realm: realm(), rules })
    }

    /// The moment, in invalidations. What is fetched from now on knows everything that was invalidated before.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generations.current()
    }

    /// Forgets every item with one of these tags, those included whose fetch has begun.
    pub fn invalidate(&self, tags: impl IntoIterator<Item = Box<str>>) {
        self.generations.invalidate(tags);
    }
}

/// The part of a cache that one share key may see, read by the rules of one field.
#[derive(Debug)]
pub struct View<'a> {
    cache: &'a EntityCache,
    realm: Realm,
    rules: Rules,
}

impl View<'_> {
    /// What is known of a key now.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Lookup {
        let Some(entry) = self.entry(key) else { return Lookup::Absent };
        let age = entry.fetched_at.elapsed();
        match &entry.answer {
            Answer::Missing(error) if age < self.cache.negative_max_age => {
                Lookup::Missing(error.clone())
            }
            Answer::Item(bytes, _) if age < self.fresh_for(&entry) => Lookup::Fresh(bytes.clone()),
            Answer::Item(bytes, _)
                if age < self.fresh_for(&entry) + self.rules.stale_while_revalidate =>
            {
                Lookup::Stale(bytes.clone())
            }
            _ => Lookup::Absent,
        }
    }

    /// The item to show after a failure, and its age.
    #[must_use]
    pub fn stale_if_error(&self, key: &[u8]) -> Option<(Bytes, Duration)> {
        let entry = self.entry(key)?;
        let age = entry.fetched_at.elapsed();
        match &entry.answer {
            Answer::Item(bytes, _) if age < self.fresh_for(&entry) + self.rules.stale_if_error => {
                Some((bytes.clone(), age))
            }
            _ => None,
        }
    }

    /// Keeps an answer, in place of an older one. It is refused where one of its tags was invalidated after `began`, the
    /// moment before the call was sent.
    pub fn put(&self, key: &[u8], answer: Answer, began: Generation) {
        let shortening = self.cache.jitter.next();
        let entry = Entry { answer, fetched_at: Instant::now(), began, shortening };
        // Read again when it is looked up: an invalidation may come between these two lines.
        if self.is_valid(&entry) {
            self.cache.entries.insert(self.realm.key(key), Arc::new(entry));
        }
    }

    /// Forgets a key.
    pub fn remove(&self, key: &[u8]) {
        self.cache.entries.remove(&BorrowedKey::new(&self.realm, key) as &dyn KeyParts);
    }

    fn entry(&self, key: &[u8]) -> Option<Arc<Entry>> {
        let key = BorrowedKey::new(&self.realm, key);
        self.cache.entries.get(&key as &dyn KeyParts).filter(|entry| self.is_valid(entry))
    }

    fn is_valid(&self, entry: &Entry) -> bool {
        match &entry.answer {
            Answer::Item(_, tags) => self.cache.generations.is_valid(entry.began, tags),
            // What would have been its tags is not known, so that any invalidation may have meant it.
            Answer::Missing(_) => {
                self.rules.tagging == 0 || entry.began == self.cache.generations.current()
            }
        }
    }

    fn fresh_for(&self, entry: &Entry) -> Duration {
        entry.shortening.of(self.rules.max_age)
    }
}

impl Entry {
    fn weight(&self) -> usize {
        size_of::<Self>()
            + match &self.answer {
                Answer::Item(bytes, tags) => {
                    bytes.len()
                        + tags.iter().map(|tag| tag.len() + size_of::<Box<str>>()).sum::<usize>()
                }
                Answer::Missing(_) => 0,
            }
    }
}

#[cfg(test)]
mod tests;
