//! When a stream that broke is opened again: after a pause that doubles from time to time, and not for ever.

use std::{hash::BuildHasher, time::Duration};

use foldhash::quality::FixedState;

use super::Config;
use crate::context::{Context, RequestId};

/// A stream that was open for so long was well, though it brought nothing: a balancer may have cut it.
const WELL: Duration = Duration::from_secs(1);

/// A stream that is over.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// For how long it was open; zero where it never was.
    pub(super) open: Duration,
    /// Whether it brought anything.
    pub(super) brought: bool,
    /// Whether we ended it ourselves, after its greatest age or its idle timeout.
    pub(super) expired: bool,
}

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

    /// How long to wait after the end of a stream until it is opened again; `None` after too many failures in series.
    pub(super) fn after(&mut self, past: &Past) -> Option<Duration> {
        if past.was_well() {
            self.failures = 0;
        }
        if self.failures == self.most {
            return None;
        }
        if past.expired {
            // No failure, but bounds of ours that are very short must not keep a service busy.
            return Some(self.first_pause.saturating_sub(past.open));
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

impl Past {
    /// Its end begins a new series of failures, or is none.
    fn was_well(&self) -> bool {
        self.expired || self.brought || self.open >= WELL
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

    /// Never open.
    fn refused() -> Past {
        Past::default()
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_half_of_each_is_chance() {
        let mut resume = resume(6);
        for whole in [100, 200, 400, 800, 1000, 1000] {
            let pause = resume.after(&refused()).unwrap();
            let whole = Duration::from_millis(whole);
            assert!(pause >= whole / 2 && pause <= whole, "{pause:?} of {whole:?}");
        }
        assert_eq!(resume.after(&refused()), None);
    }

    #[test]
    fn a_stream_that_was_well_begins_a_new_series() {
        let open_for = |open| Past { open, ..Past::default() };
        let well = [Past { brought: true, ..Past::default() }, open_for(SECOND)];
        for past in well {
            let mut resume = resume(1);
            assert!(resume.after(&refused()).is_some());
            assert!(resume.after(&past).is_some());
            assert_eq!(resume.after(&open_for(SECOND / 2)), None);
        }
    }

    #[test]
    fn a_stream_that_we_ended_has_not_failed_and_the_next_one_may_fail_as_often_as_any() {
        let mut resume = resume(1);
        let expired = |open| Past { open, expired: true, ..Past::default() };
        assert!(resume.after(&refused()).is_some());
        assert_eq!(resume.after(&expired(SECOND)), Some(Duration::ZERO));
        assert_eq!(resume.after(&expired(SECOND / 25)), Some(Duration::from_millis(60)));
        assert!(resume.after(&refused()).is_some());
        assert_eq!(resume.after(&refused()), None);
    }

    #[test]
    fn without_attempts_nothing_is_opened_again() {
        let past = Past { expired: true, open: SECOND, brought: true };
        assert_eq!(resume(0).after(&past), None);
    }

    #[test]
    fn two_subscriptions_do_not_pause_alike() {
        let pause = || resume(1).after(&refused()).unwrap();
        assert_ne!(pause(), pause());
    }
}
