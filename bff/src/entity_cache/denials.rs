//! Which keys were denied when, counted in calls.
//!
//! A denial evicts what is kept, but a call that began before it may still be on its way and bring the item: that is refused.
//! Keys share a fixed number of slots, so that nobody fills a memory with keys that he may not have; where two meet, what is
//! refused is fetched once more.

use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::Generation;

const SLOTS: usize = 4096;

/// The moment before a call was sent: among invalidations, and among all calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Began {
    generation: Generation,
    turn: u64,
}

#[derive(Debug)]
pub(super) struct Denials {
    calls: AtomicU64,
    slots: Box<[Slot]>,
}

/// The last call that was denied one of some keys, by its turn; 0: none was.
#[derive(Debug, Default)]
pub(super) struct Slot(AtomicU64);

impl Began {
    pub(crate) fn generation(self) -> Generation {
        self.generation
    }

    pub(super) fn is_after(self, other: Self) -> bool {
        self.turn > other.turn
    }
}

impl Default for Denials {
    fn default() -> Self {
        let slots = std::iter::repeat_with(Slot::default).take(SLOTS).collect();
        Self { calls: AtomicU64::new(0), slots }
    }
}

impl Denials {
    pub(super) fn begin(&self, generation: Generation) -> Began {
        Began { generation, turn: self.calls.fetch_add(1, Ordering::Relaxed) + 1 }
    }

    /// The slot of the keys with this hash.
    pub(super) fn of(&self, hash: u64) -> &Slot {
        let slots = SLOTS as u64;
        &self.slots[usize::try_from(hash % slots).unwrap_or_default()]
    }
}

impl Slot {
    /// To be called before what is kept is looked at. The fences pair: of a denial and a fill at the same time, at least one
    /// sees the other.
    pub(super) fn note(&self, denied: Began) {
        self.0.fetch_max(denied.turn, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Whether a call that began later was denied.
    pub(super) fn are_any_since(&self, began: Began) -> bool {
        fence(Ordering::SeqCst);
        self.0.load(Ordering::Relaxed) > began.turn
    }
}
