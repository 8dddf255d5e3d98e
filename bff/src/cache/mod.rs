//! A bounded cache, weighed by bytes: the only door of moka.
//!
//! What is kept longest is what is asked for most. Nothing here expires by time: who puts in a thing that ages writes down
//! when it was made, and asks the clock of the request, which tests can stop.

use std::{borrow::Borrow, fmt, hash::Hash};

use foldhash::fast::RandomState;

use crate::units::ByteSize;

/// What one entry costs beside its key and value: moka's own bookkeeping, roughly.
const ENTRY_OVERHEAD: usize = 128;

/// A cache of the process, shared by all threads. Clones are the same cache.
pub struct Cache<K, V>(moka::sync::Cache<K, V, RandomState>);

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A cache that holds at most `capacity`, where `weigh` says how many bytes an entry holds.
    pub fn new(
        capacity: ByteSize,
        weigh: impl Fn(&K, &V) -> usize + Send + Sync + 'static,
    ) -> Self {
        let cache = moka::sync::Cache::builder()
            .max_capacity(capacity.0)
            .weigher(move |key, value| {
                u32::try_from(weigh(key, value).saturating_add(ENTRY_OVERHEAD)).unwrap_or(u32::MAX)
            })
            .build_with_hasher(RandomState::default());
        Self(cache)
    }

    /// The value of a key.
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.get(key)
    }

    /// Keeps a value, in place of an older one. A value that alone is larger than the capacity is not kept.
    pub fn insert(&self, key: K, value: V) {
        self.0.insert(key, value);
    }

    /// Keeps what `change` makes of the value of a key, while nobody else changes it.
    pub fn update(&self, key: K, change: impl FnOnce(Option<V>) -> V) {
        let change = |entry: Option<moka::Entry<K, V>>| change(entry.map(moka::Entry::into_value));
        self.0.entry(key).and_upsert_with(change);
    }

    /// The value of a key; where there is none `make` makes it, once for all threads that ask meanwhile. They wait on
    /// their threads, so `make` must be short and must not wait for anything. Nothing is kept of a failure.
    ///
    /// # Errors
    ///
    /// That of `make`.
    pub fn get_or_try_insert_with<E>(
        &self,
        key: K,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, E>
    where
        E: Clone + Send + Sync + 'static,
    {
        self.0.try_get_with(key, make).map_err(|error| E::clone(&error))
    }

    /// Forgets a key.
    pub fn remove<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.invalidate(key);
    }

    /// About how many bytes are held now.
    #[must_use]
    pub fn weight(&self) -> ByteSize {
        ByteSize(self.0.weighted_size())
    }

    /// Evicts now what is too much, which otherwise happens a moment after it came in.
    #[cfg(test)]
    pub(crate) fn settle(&self) {
        self.0.run_pending_tasks();
    }
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_until_it_is_removed() {
        let cache = Cache::new(ByteSize(1 << 20), |_: &String, value: &Vec<u8>| value.len());
        cache.insert("a".to_owned(), vec![1]);
        assert_eq!(cache.get("a"), Some(vec![1]));
        cache.remove("a");
        assert_eq!(cache.get("a"), None);
    }

    #[test]
    fn what_is_there_can_be_changed() {
        let cache = Cache::new(ByteSize(1 << 20), |_: &u32, _: &u32| 4);
        for _ in 0..2 {
            cache.update(1, |there| there.unwrap_or(3) + 1);
        }
        assert_eq!(cache.get(&1), Some(5));
    }

    #[test]
    fn it_never_holds_more_bytes_than_its_capacity() {
        let cache = Cache::new(ByteSize(100_000), |_: &u32, value: &Vec<u8>| value.len());
        for key in 0..1_000 {
            cache.insert(key, vec![0; 1_000]);
        }
        cache.settle();
        assert!(cache.weight() <= ByteSize(100_000), "{}", cache.weight());
        assert!(cache.weight() > ByteSize(50_000), "{}", cache.weight());
    }

    #[test]
    fn what_is_larger_than_the_cache_is_not_kept() {
        let cache = Cache::new(ByteSize(1_000), |_: &u32, value: &Vec<u8>| value.len());
        cache.insert(1, vec![0; 2_000]);
        cache.settle();
        assert_eq!(cache.get(&1), None);
    }

    #[test]
    fn a_failure_to_make_a_value_is_told_and_not_kept() {
        let cache = Cache::new(ByteSize(1_000), |_: &u32, _: &u32| 4);
        assert_eq!(cache.get_or_try_insert_with(1, || Err("no")), Err("no"));
        assert_eq!(cache.get_or_try_insert_with(1, || Ok::<_, &str>(7)), Ok(7));
        assert_eq!(cache.get_or_try_insert_with(1, || Err("not asked")), Ok(7));
    }
}
