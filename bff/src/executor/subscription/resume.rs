//! When a stream that broke is opened again: after a pause that doubles from time to time, and not for ever.

use std::{hash::BuildHasher, time::Duration};

use foldhash::quality::FixedState;

use super::Config;
use crate::context::{Context, RequestId};

/// The failures of one subscription's stream in series.
pub(super) struct Resume {
    first_pause: Duration,
    longest_pause: Duration,
    most: u32,
    failures: u32,
    seed: RequestId,
}

impl Resume {
    /// The request is the seed of the pauses: those of many clients of a service that went down must not come together.
    pub(super) fn new(config: &Config, context: &Context) -> Self {
        Self {
            first_pause: config.resume_pause.0,
            longest_pause: config.resume_longest_pause.0,
            most: config.resume_attempts,
            failures: 0,
            seed: context.request,
        }
    }

    /// How long to wait after a failure of a stream that lived so long; `None` after too many in series. A stream that lived
    /// longer than the longest pause was well, and its failure begins a new series.
    pub(super) fn after(&mut self, lived: Duration) -> Option<Duration> {
        if lived > self.longest_pause {
            self.failures = 0;
        }
        if self.failures == self.most {
            return None;
        }
        let doubled = self.first_pause.saturating_mul(1 << self.failures.min(16));
        self.failures += 1;
        let bits = FixedState::default().hash_one((self.seed, self.failures));
        let high = u32::try_from(bits >> 32).expect("32 of 64 bits are left");
        // "Equal jitter": half of it always, the other half by chance.
        let share = 0.5 + f64::from(high) / f64::from(u32::MAX) / 2.0;
        Some(doubled.min(self.longest_pause).mul_f64(share))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::units::Span;

    const SECOND: Duration = Duration::from_secs(1);

    fn resume(attempts: u32) -> Resume {
        let config = Config {
            resume_attempts: attempts,
            resume_pause: Span(Duration::from_millis(100)),
            resume_longest_pause: Span(SECOND),
            ..Config::default()
        };
        Resume::new(&config, &Context::anonymous(Instant::now()))
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_half_of_each_is_chance() {
        let mut resume = resume(6);
        for whole in [100, 200, 400, 800, 1000, 1000] {
            let pause = resume.after(Duration::ZERO).unwrap();
            let whole = Duration::from_millis(whole);
            assert!(pause >= whole / 2 && pause <= whole, "{pause:?} of {whole:?}");
        }
        assert_eq!(resume.after(Duration::ZERO), None);
    }

    #[test]
    fn a_stream_that_was_well_begins_a_new_series() {
        let mut resume = resume(1);
        assert!(resume.after(Duration::ZERO).is_some());
        assert!(resume.after(SECOND * 2).is_some());
        assert_eq!(resume.after(SECOND), None);
    }

    #[test]
    fn two_subscriptions_do_not_pause_alike() {
        let pause = || resume(1).after(Duration::ZERO).unwrap();
        assert_ne!(pause(), pause());
    }
}
