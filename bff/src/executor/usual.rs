//! How large something usually is, so that room for it is made at once.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What the last ones were: a larger one counts at once, smaller ones slowly.
#[derive(Debug)]
pub(super) struct Usual {
    size: AtomicUsize,
    /// One that was far too large once must not cost every other.
    most: usize,
}

impl Usual {
    pub(super) fn new(size: usize, most: usize) -> Self {
        Self { size: AtomicUsize::new(size), most }
    }

    /// What the next one will probably be.
    pub(super) fn expected(&self) -> usize {
        self.size.load(Ordering::Relaxed)
    }

    /// Remembers one.
    pub(super) fn learn(&self, size: usize) {
        let last = self.size.load(Ordering::Relaxed);
        let next = if size > last { size + size / 8 } else { last - (last - size) / 16 };
        if next != last {
            self.size.store(next.min(self.most), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_one_counts_at_once_smaller_ones_slowly_and_none_beyond_the_most() {
        let usual = Usual::new(0, 1000);
        usual.learn(800);
        assert_eq!(usual.expected(), 900);
        usual.learn(100);
        assert_eq!(usual.expected(), 850);
        usual.learn(5000);
        assert_eq!(usual.expected(), 1000);
    }
}
