//! Keeps what services answered, item by item, for those who may share it.
//!
//! An entry is what is known of one item, found by a [`ShareKey`] and the item's own key. The whole share key is compared, so
//! that who may not share an answer cannot name it. Entries hold no time to live: they know when they were fetched, and
//! each reader judges by its own [`Rules`] whether that is fresh, stale, or of no use.
//!
//! Where requests take masks, an item is kept in segments: what was fetched at one time. A reader who wants less than is
//! there is served, one who wants more is told what is missing.
//!
//! The clock is [`tokio::time::Instant`], which tests stop.

mod config;
mod denials;
mod generations;
mod jitter;
mod key;
mod segments;

use std::{hash::BuildHasher, sync::Arc, time::Duration};

use bytes::Bytes;
use foldhash::fast::RandomState;
use tokio::time::Instant;

use crate::{cache::Cache, call::ShareKey, error::Error, plan::FieldSet};

pub use config::Config;
pub use denials::Began;
pub use generations::Generation;
pub use segments::{Fields, Pick, merged};

use denials::{Denials, Slot};
use generations::Generations;
use jitter::Jitter;
use key::{BorrowedKey, EntityKey, KeyParts, Realm};
use segments::{Fetched, Kept, MAX_SEGMENTS, Segment};

/// What services answered, bounded by bytes.
#[derive(Debug)]
pub struct EntityCache {
    entries: Cache<EntityKey, Arc<Entry>>,
    generations: Generations,
    denials: Denials,
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

impl Rules {
    /// Whether anything may be shown again.
    #[must_use]
    pub fn keep(&self) -> bool {
        !(self.max_age + self.stale_while_revalidate + self.stale_if_error).is_zero()
    }
}

/// What the cache says of a key.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// Fresh.
    Fresh(Bytes),
    /// To be shown, and these fields of it to be fetched again meanwhile.
    Stale(Bytes, Fields),
    /// A moment ago the service said that there is no such thing, in its words or by leaving it out.
    Missing(Option<Error>),
    /// Not to be shown before these fields are fetched. The others are in the message, if there is one.
    Absent(Fields, Option<Bytes>),
}

/// What is put in for a key.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Fields of the item, and the tags under which they can be forgotten.
    Item(Bytes, Fields, Vec<Box<str>>),
    /// There is no such thing.
    Missing(Option<Error>),
}

#[derive(Debug)]
enum Entry {
    Item(Kept),
    Missing(Option<Error>, Fetched),
}

/// Of what use a segment is to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Fresh,
    Stale,
    None,
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
            denials: Denials::default(),
            jitter: Jitter::new(config.jitter, seed),
            hasher,
            negative_max_age: config.negative_max_age.0,
        }
    }

    /// The part of the cache that `share` may see, for who reads these fields; `None` where an answer may not outlive its
    /// request.
    #[must_use]
    pub fn view(&self, share: &ShareKey, rules: Rules, wanted: Fields) -> Option<View<'_>> {
        let realm = || Realm::new(share.clone(), rules.tagging, &self.hasher);
        let view = || View { cache: self, realm: realm(), rules, wanted, at: None };
        share.outlives_request().then(view)
    }

    /// The moment, in invalidations. What is fetched from now on knows everything that was invalidated before.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generations.current()
    }

    /// The moment before a call is sent, among those of all calls.
    #[must_use]
    pub fn begin(&self) -> Began {
        self.denials.begin(self.generation())
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
    wanted: Fields,
    /// When items are judged; `None`: when they are looked up.
    at: Option<Instant>,
}

impl View<'_> {
    /// The same, for who shows items that were fresh at that moment.
    #[must_use]
    pub fn at(self, moment: Instant) -> Self {
        Self { at: Some(moment), ..self }
    }

    /// What is known of a key now.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Lookup {
        let absent = || Lookup::Absent(self.wanted.clone(), None);
        match self.entry(key).as_deref() {
            Some(Entry::Item(kept)) => self.look_up(kept),
            Some(Entry::Missing(error, fetched)) => {
                // What would have been its tags is not known, so that any invalidation may have meant it.
                let is_valid = self.rules.tagging == 0
                    || fetched.began.generation() == self.cache.generations.current();
                if is_valid && fetched.at.elapsed() < self.cache.negative_max_age {
                    Lookup::Missing(error.clone())
                } else {
                    absent()
                }
            }
            None => absent(),
        }
    }

    fn look_up(&self, kept: &Kept) -> Lookup {
        let bytes = || kept.bytes.clone();
        // Mostly there is one segment, and it has everything.
        if let Some(segment) = kept.segments.iter().find(|segment| segment.covers(&self.wanted)) {
            return match self.use_of(segment, self.rules.stale_while_revalidate) {
                Use::Fresh => Lookup::Fresh(bytes()),
                Use::Stale => Lookup::Stale(bytes(), self.wanted.clone()),
                Use::None => Lookup::Absent(self.wanted.clone(), None),
            };
        }
        let Some(wanted) = &self.wanted else { return Lookup::Absent(None, None) };
        let (mut missing, mut stale) = (FieldSet::default(), FieldSet::default());
        let mut is_any_fresh = false;
        for part in wanted.parts() {
            let owner = kept.owner(part);
            let owner = owner.map(|it| (self.use_of(it, self.rules.stale_while_revalidate), it));
            match owner {
                Some((Use::Fresh, owner)) if owner.covers_part(wanted, part) => is_any_fresh = true,
                Some((Use::Stale, owner)) if owner.covers_part(wanted, part) => {
                    stale.extend_part(wanted, part);
                }
                Some((Use::Fresh, Segment { fields: Some(fields), .. })) => {
                    // What is shown of one part is of one moment.
                    missing.extend_part(fields, part);
                    missing.extend_part(wanted, part);
                }
                _ => missing.extend_part(wanted, part),
            }
        }
        if missing.is_empty() && stale.is_empty() {
            return Lookup::Fresh(bytes());
        }
        if missing.is_empty() {
            return Lookup::Stale(bytes(), Some(Arc::new(stale)));
        }
        if kept.segments.len() >= MAX_SEGMENTS {
            return Lookup::Absent(Some(Arc::new(self.everything_fresh(kept, wanted))), None);
        }
        // One call brings both.
        missing.extend(&stale);
        Lookup::Absent(Some(Arc::new(missing)), is_any_fresh.then(bytes))
    }

    /// What is wanted, and all that is fresh: to be fetched and kept as one from now on.
    fn everything_fresh(&self, kept: &Kept, wanted: &FieldSet) -> FieldSet {
        let mut all = wanted.clone();
        for segment in &kept.segments {
            if let (Use::Fresh, Some(fields)) =
                (self.use_of(segment, Duration::ZERO), &segment.fields)
            {
                all.extend(fields);
            }
        }
        all
    }

    /// The item to show after a failure, and the age of the oldest field that is wanted of it.
    #[must_use]
    pub fn stale_if_error(&self, key: &[u8]) -> Option<(Bytes, Duration)> {
        let entry = self.entry(key)?;
        let Entry::Item(kept) = &*entry else { return None };
        let age = |segment: &Segment| {
            let is_of_use = self.use_of(segment, self.rules.stale_if_error) != Use::None;
            is_of_use.then(|| segment.fetched.at.elapsed())
        };
        let age = match kept.segments.iter().find(|segment| segment.covers(&self.wanted)) {
            Some(segment) => age(segment)?,
            None => {
                let wanted = self.wanted.as_ref()?;
                let age_of =
                    |part| age(kept.owner(part).filter(|it| it.covers_part(wanted, part))?);
                wanted
                    .parts()
                    .try_fold(Duration::ZERO, |oldest, part| Some(oldest.max(age_of(part)?)))?
            }
        };
        Some((kept.bytes.clone(), age))
    }

    /// Keeps an answer, in place of an older one or beside it. It is refused where one of its tags was invalidated after
    /// `began`, the moment before the call was sent, or the key denied by a call that began later.
    pub fn put(&self, key: &[u8], answer: Answer, began: Began) {
        let denials = self.denials_of(key);
        if denials.are_any_since(began) {
            return;
        }
        self.keep(key, answer, began);
        // A denial between these lines may have found nothing to forget.
        if denials.are_any_since(began) {
            self.remove(key);
        }
    }

    /// Forgets a key that a call was denied, and refuses what calls bring of it that began earlier. What a later one brought
    /// stays, but for an item of which only some segments are later: that goes whole.
    pub fn deny(&self, key: &[u8], began: Began) {
        self.denials_of(key).note(began);
        let is_later = |fetched: &Fetched| fetched.began.is_after(began);
        let stays = match self.entry(key).as_deref() {
            Some(Entry::Item(kept)) => {
                kept.segments.iter().all(|segment| is_later(&segment.fetched))
            }
            Some(Entry::Missing(_, fetched)) => is_later(fetched),
            None => true,
        };
        if !stays {
            self.remove(key);
        }
    }

    fn denials_of(&self, key: &[u8]) -> &Slot {
        let key = BorrowedKey::new(&self.realm, key);
        self.cache.denials.of(self.cache.hasher.hash_one(&key as &dyn KeyParts))
    }

    fn keep(&self, key: &[u8], answer: Answer, began: Began) {
        let fetched = Fetched { at: Instant::now(), began, shortening: self.cache.jitter.next() };
        let entries = &self.cache.entries;
        let (bytes, segment) = match answer {
            Answer::Item(bytes, fields, tags) => {
                (bytes, Segment { fields, tags: tags.into(), fetched })
            }
            Answer::Missing(error) => {
                // What a service said in its words may be long, and nobody reads it again.
                let error = error.map(Error::without_source);
                if self.rules.tagging == 0 || began.generation() == self.cache.generations.current()
                {
                    entries.insert(self.realm.key(key), Arc::new(Entry::Missing(error, fetched)));
                }
                return;
            }
        };
        // Read again when it is looked up: an invalidation may come between these two lines.
        if !self.is_valid(&segment) {
            return;
        }
        if segment.fields.is_none() {
            let kept = Kept::one(bytes, segment);
            return entries.insert(self.realm.key(key), Arc::new(Entry::Item(kept)));
        }
        entries.update(self.realm.key(key), |there| {
            Arc::new(Entry::Item(self.beside(there.as_deref(), bytes, segment)))
        });
    }

    /// What was fetched now, with what is there. A part that is fresh and has more than came stays as it is.
    fn beside(&self, there: Option<&Entry>, bytes: Bytes, new: Segment) -> Kept {
        let Some(Entry::Item(kept)) = there else { return Kept::one(bytes, new) };
        let fields = new.fields.clone();
        let may_take = |owner: &Segment, part| {
            let covers = |owned| fields.as_ref().is_none_or(|new| new.covers_part(owned, part));
            owner.fields.as_ref().is_some_and(|owned| covers(owned))
                || self.use_of(owner, Duration::ZERO) != Use::Fresh
        };
        let longest = self.rules.stale_while_revalidate.max(self.rules.stale_if_error);
        kept.with(bytes, new, may_take, |segment| self.use_of(segment, longest) != Use::None)
    }

    /// Forgets a key.
    pub fn remove(&self, key: &[u8]) {
        self.cache.entries.remove(&BorrowedKey::new(&self.realm, key) as &dyn KeyParts);
    }

    fn entry(&self, key: &[u8]) -> Option<Arc<Entry>> {
        self.cache.entries.get(&BorrowedKey::new(&self.realm, key) as &dyn KeyParts)
    }

    /// `longer` is how long after its freshness it may be shown.
    fn use_of(&self, segment: &Segment, longer: Duration) -> Use {
        let now = self.at.unwrap_or_else(Instant::now);
        let age = now.saturating_duration_since(segment.fetched.at);
        let fresh_for = segment.fetched.shortening.of(self.rules.max_age);
        if age >= fresh_for + longer || !self.is_valid(segment) {
            Use::None
        } else if age >= fresh_for {
            Use::Stale
        } else {
            Use::Fresh
        }
    }

    fn is_valid(&self, segment: &Segment) -> bool {
        self.cache.generations.is_valid(segment.fetched.began.generation(), &segment.tags)
    }
}

impl Entry {
    fn weight(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Item(kept) => kept.weight(),
                Self::Missing(error, _) => error.as_ref().map_or(0, Error::weight),
            }
    }
}

#[cfg(test)]
mod tests;
