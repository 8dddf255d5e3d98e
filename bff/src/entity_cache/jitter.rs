//! Random shortening of life times, from a seed.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Where shortenings come from.
#[derive(Debug)]
pub(super) struct Jitter {
    share: f64,
    state: AtomicU64,
}

/// What one entry loses of its life: a factor between 0 and 1, in 2^32 parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shortening(u32);

impl Jitter {
    /// Shortenings up to `share` of a life. A share outside 0 to 1 is brought inside.
    pub(super) fn new(share: f64, seed: u64) -> Self {
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        Self { share, state: AtomicU64::new(seed) }
    }

    pub(super) fn next(&self) -> Shortening {
        // SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut bits = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = u32::try_from((bits ^ (bits >> 31)) >> 32).expect("32 of 64 bits are left");
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 2^32 - 1"
        )]
        Shortening((f64::from(high) * self.share) as u32)
    }
}

impl Shortening {
    /// What is left of a life.
    pub(super) fn of(self, life: Duration) -> Duration {
        life.saturating_sub(life.mul_f64(f64::from(self.0) / f64::from(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_shortened_by_at_most_the_share_and_not_all_alike() {
        let jitter = Jitter::new(0.1, 7);
        let lives: Vec<_> =
            (0..100).map(|_| jitter.next().of(Duration::from_secs(100)).as_millis()).collect();
        assert!(lives.iter().all(|life| (90_000..=100_000).contains(life)), "{lives:?}");
        assert!(lives.iter().max().unwrap() - lives.iter().min().unwrap() > 8_000, "{lives:?}");
    }

    #[test]
    fn the_same_seed_shortens_alike() {
        let lives = |seed| {
            let jitter = Jitter::new(0.5, seed);
            [(); 4].map(|()| jitter.next().of(Duration::from_secs(100)))
        };
        assert_eq!(lives(1), lives(1));
        assert_ne!(lives(1), lives(2));
    }

    #[test]
    fn without_a_share_nothing_is_shortened() {
        let life = Duration::from_secs(3);
        assert_eq!(Jitter::new(0.0, 1).next().of(life), life);
        assert_eq!(Jitter::new(f64::NAN, 1).next().of(life), life);
    }
}
