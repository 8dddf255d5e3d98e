//! How far something that is usually right, and costs a call when it is not, can be relied on.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Trust in a guess, or in a batch over several requests. What is always wrong would cost each request a call in vain: so
/// after a failure the next requests do without, the more of them the more failures there were. Each success makes up for one
/// failure and not for all: what goes wrong every second time is not worth it.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// Failures that nothing made up for yet.
    wrongs: AtomicU32,
    /// How many requests do without.
    pause: AtomicU32,
}

impl Trust {
    /// At most 64 requests do without.
    const DOUBLINGS: u32 = 6;

    /// Whether this request may rely on it.
    pub(super) fn is_given(&self) -> bool {
        self.pause.fetch_update(Relaxed, Relaxed, |pause| pause.checked_sub(1)).is_err()
    }

    /// Whether it was right.
    pub(super) fn learn(&self, was_right: bool) {
        let wrong = self.wrongs.load(Relaxed);
        if !was_right {
            let wrong = (wrong + 1).min(Self::DOUBLINGS);
            self.wrongs.store(wrong, Relaxed);
            self.pause.store(1 << wrong, Relaxed);
        } else if wrong > 0 {
            self.wrongs.store(wrong - 1, Relaxed);
        }
    }
}
