//! How much may be asked of a method twice.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Calls that are made on top of others, because of what may be the fault of one key, or of the whole service: for each five
/// requests one, as Finagle's retry budget allows a fifth, and as many as one full call may need in reserve. None at all
/// while most calls fail: then it is the service.
#[derive(Debug)]
pub(super) struct RetryBudget {
    /// In parts of a call.
    spare: AtomicU32,
    /// The share of calls that failed lately, of [`Self::ALL`].
    failing: AtomicU32,
}

impl RetryBudget {
    /// So many requests allow one call.
    const PRICE: u32 = 5;
    const RESERVE: u32 = 100 * Self::PRICE;
    const ALL: u32 = 1 << 16;

    /// A request asks.
    pub(super) fn earn(&self) {
        if self.spare.load(Relaxed) < Self::RESERVE {
            self.spare.fetch_add(1, Relaxed);
        }
    }

    /// Whether somebody may ask again. What it then costs is [spent](Self::spend).
    pub(super) fn is_there(&self) -> bool {
        self.spare.load(Relaxed) >= Self::PRICE && self.failing.load(Relaxed) * 2 < Self::ALL
    }

    /// So many calls were made.
    pub(super) fn spend(&self, calls: usize) {
        let price = u32::try_from(calls).unwrap_or(u32::MAX).saturating_mul(Self::PRICE);
        let pay = |spare: u32| Some(spare.saturating_sub(price));
        let _ = self.spare.fetch_update(Relaxed, Relaxed, pay);
    }

    /// Whether a call was answered, be it that a key is wrong. Six failures on end say that it is the service.
    pub(super) fn learn(&self, was_answered: bool) {
        let failing = self.failing.load(Relaxed);
        let now = if was_answered {
            failing - failing.div_ceil(8)
        } else {
            failing + (Self::ALL - failing) / 8
        };
        if now != failing {
            self.failing.store(now, Relaxed);
        }
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { spare: AtomicU32::new(Self::RESERVE), failing: AtomicU32::new(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_the_reserve_each_five_requests_allow_one_call() {
        let budget = RetryBudget::default();
        budget.earn();
        budget.spend(99);
        assert!(budget.is_there());
        budget.spend(1);
        assert!(!budget.is_there());
        (0..4).for_each(|_| budget.earn());
        assert!(!budget.is_there());
        budget.earn();
        assert!(budget.is_there());
        budget.spend(usize::MAX);
        assert!(!budget.is_there());
    }

    #[test]
    fn while_most_calls_fail_there_is_none() {
        let budget = RetryBudget::default();
        (0..5).for_each(|_| budget.learn(false));
        assert!(budget.is_there());
        budget.learn(false);
        assert!(!budget.is_there());
        budget.learn(true);
        assert!(budget.is_there());
        (0..1_000).for_each(|_| budget.learn(false));
        assert!(!budget.is_there());
        (0..100).for_each(|_| budget.learn(true));
        assert_eq!(budget.failing.load(Relaxed), 0);
    }
}
