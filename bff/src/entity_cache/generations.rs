//! Which tags were invalidated when, counted in invalidations.
//!
//! An entry remembers the generation in which its fetch began, and is of no use once one of its tags has a later one:
//! nothing has to find the entries of a tag, and a fetch that is still on its way is caught like one that has ended.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// A moment, counted in invalidations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(u64);

#[derive(Debug)]
pub(super) struct Generations {
    current: AtomicU64,
    tags: Mutex<Tags>,
}

#[derive(Debug)]
struct Tags {
    max: usize,
    last: HashMap<Arc<str>, u64>,
    /// Oldest first. A tag that was invalidated again stands here more than once.
    order: VecDeque<(u64, Arc<str>)>,
    /// What is not known by name any more was invalidated in this generation or before.
    forgotten: u64,
}

impl Generations {
    /// Knows the last `max` invalidated tags by name.
    pub(super) fn new(max: usize) -> Self {
        let (last, order) = (HashMap::new(), VecDeque::new());
        let tags = Mutex::new(Tags { max, last, order, forgotten: 0 });
        Self { current: AtomicU64::new(0), tags }
    }

    pub(super) fn current(&self) -> Generation {
        Generation(self.current.load(Ordering::Acquire))
    }

    pub(super) fn invalidate(&self, tags: impl IntoIterator<Item = Box<str>>) {
        let mut known = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = self.current.load(Ordering::Acquire) + 1;
        let mut any = false;
        for tag in tags {
            known.invalidate(tag.into(), generation);
            any = true;
        }
        // Last, so that who reads the new generation finds the tags.
        if any {
            self.current.store(generation, Ordering::Release);
        }
    }

    /// Whether none of the tags was invalidated since a fetch began.
    pub(super) fn is_valid(&self, began: Generation, tags: &[Box<str>]) -> bool {
        if tags.is_empty() || began == self.current() {
            return true;
        }
        let known = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        began.0 >= known.forgotten
            && tags.iter().all(|tag| known.last.get(&**tag).is_none_or(|last| *last <= began.0))
    }
}

impl Tags {
    fn invalidate(&mut self, tag: Arc<str>, generation: u64) {
        self.order.push_back((generation, Arc::clone(&tag)));
        self.last.insert(tag, generation);
        while self.order.len() > self.max {
            let Some((generation, tag)) = self.order.pop_front() else { break };
            if self.last.get(&tag) == Some(&generation) {
                self.last.remove(&tag);
                self.forgotten = generation;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags<const N: usize>(names: [&str; N]) -> Vec<Box<str>> {
        names.map(Into::into).to_vec()
    }

    #[test]
    fn what_began_before_an_invalidation_is_not_valid_after_it() {
        let generations = Generations::new(8);
        let before = generations.current();
        generations.invalidate(tags(["a"]));
        assert!(!generations.is_valid(before, &tags(["b", "a"])));
        assert!(generations.is_valid(before, &tags(["b"])));
        assert!(generations.is_valid(before, &[]));
        assert!(generations.is_valid(generations.current(), &tags(["a"])));
    }

    #[test]
    fn tags_that_are_forgotten_count_as_invalidated() {
        let generations = Generations::new(2);
        let before = generations.current();
        for tag in ["a", "b", "c"] {
            generations.invalidate(tags([tag]));
        }
        assert!(!generations.is_valid(before, &tags(["never invalidated"])));
        let known = generations.tags.lock().unwrap();
        assert_eq!((known.last.len(), known.order.len()), (2, 2));
    }

    #[test]
    fn a_tag_invalidated_again_and_again_forgets_no_other() {
        let generations = Generations::new(2);
        generations.invalidate(tags(["a"]));
        let after_first = generations.current();
        for _ in 0..9 {
            generations.invalidate(tags(["a"]));
        }
        assert!(generations.is_valid(after_first, &tags(["b"])));
        assert!(!generations.is_valid(after_first, &tags(["a"])));
    }

    #[test]
    fn an_invalidation_without_tags_changes_nothing() {
        let generations = Generations::new(2);
        let before = generations.current();
        generations.invalidate([]);
        assert_eq!(generations.current(), before);
    }
}
