//! When a stream that broke is opened again: after a pause that doubles from time to time, and not for ever.

use std::{hash::BuildHasher, time::Duration};

use foldhash::quality::FixedState;
use tokio::time::Instant;

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
    /// Whether nobody was there to be asked for it.
    pub(super) unreached: bool,
}

/// The failures of one subscription's stream in series.
pub(super) struct Resume {
    first_pause: Duration,
    longest_pause: Duration,
    most: u32,
    timeout: Duration,
    seed: RequestId,
    series: Series,
}

/// What failed since the stream was well.
#[derive(Debug, Default)]
struct Series {
    began: Option<Instant>,
    /// Of streams that somebody was asked for.
    failures: u32,
    pauses: u32,
}

impl Resume {
    /// The request is the seed of the pauses: those of many clients of a service that went down must not come together.
    pub(super) fn new(config: &Config, context: &Context) -> Self {
        Self {
            first_pause: config.resume_pause.0,
            longest_pause: config.resume_longest_pause.0,
            most: config.resume_attempts,
            timeout: config.resume_timeout.0,
            seed: context.request,
            series: Series::default(),
        }
    }

    /// How long to wait after the end of a stream until it is opened again; `None` after too many failures in series, or where nobody
    /// was there for too long.
    pub(super) fn after(&mut self, past: &Past) -> Option<Duration> {
        if self.most == 0 {
            return None;
        }
        if past.was_well() {
            self.series = Series::default();
        }
        if past.expired {
            // No failure, but bounds of ours that are very short must not keep a service busy.
            return Some(self.first_pause.saturating_sub(past.open));
        }
        let lasts = self.series.began.get_or_insert_with(Instant::now).elapsed();
        if past.unreached {
            let left = self.timeout.checked_sub(lasts).filter(|left| !left.is_zero())?;
            return Some(self.pause().min(left));
        }
        if self.series.failures == self.most {
            return None;
        }
        self.series.failures += 1;
        Some(self.pause())
    }

    /// The next pause of the series. "Equal jitter": half of it always, the other half by chance.
    fn pause(&mut self) -> Duration {
        let doubled = self.first_pause.saturating_mul(1 << self.series.pauses.min(16));
        self.series.pauses = self.series.pauses.saturating_add(1);
        let bits = FixedState::default().hash_one((self.seed, self.series.pauses));
        let high = u32::try_from(bits >> 32).expect("32 of 64 bits are left");
        let share = 0.5 + f64::from(high) / f64::from(u32::MAX) / 2.0;
        doubled.min(self.longest_pause).mul_f64(share)
    }
}

impl Past {
    /// Its end begins a new series of failures, or is none.
    pub(super) fn was_well(&self) -> bool {
        self.expired || self.brought || self.open >= WELL
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    const SECOND: Duration = Duration::from_secs(1);

    fn resume(attempts: u32) -> Resume {
        let config = Config {
            resume_attempts: attempts,
            resume_pause: Span(Duration::from_millis(100)),
            resume_longest_pause: Span(SECOND),
            resume_timeout: Span(Duration::from_secs(30)),
            ..Config::default()
        };
        Resume::new(&config, &Context::anonymous(Instant::now()))
    }

    /// Never open.
    fn refused() -> Past {
        Past::default()
    }

    /// Nobody was there.
    fn away() -> Past {
        Past { unreached: true, ..Past::default() }
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
        let past = Past { expired: true, open: SECOND, brought: true, unreached: false };
        assert_eq!(resume(0).after(&past), None);
        assert_eq!(resume(0).after(&away()), None);
    }

    /// How often a service that is away is asked for, and the time until it is given up.
    async fn until_given_up(resume: &mut Resume) -> (usize, Duration) {
        let began = Instant::now();
        let mut pauses = 0;
        while let Some(pause) = resume.after(&away()) {
            tokio::time::sleep(pause).await;
            pauses += 1;
        }
        (pauses, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_away_is_waited_for_just_so_long_however_many_attempts_there_are() {
        let mut resume = resume(1);
        let (pauses, waited) = until_given_up(&mut resume).await;
        assert_eq!(waited, Duration::from_secs(30));
        assert!((30..=60).contains(&pauses), "{pauses}");
    }

    #[tokio::test(start_paused = true)]
    async fn failures_of_a_service_that_was_away_count_as_always() {
        let mut resume = resume(2);
        for _ in 0..5 {
            assert!(resume.after(&away()).is_some());
        }
        assert!(resume.after(&refused()).is_some());
        assert!(resume.after(&away()).is_some());
        assert!(resume.after(&refused()).is_some());
        assert_eq!(resume.after(&refused()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_stream_that_was_well_a_service_that_is_away_has_all_its_time_again() {
        let mut resume = resume(1);
        until_given_up(&mut resume).await;
        assert!(resume.after(&Past { brought: true, ..Past::default() }).is_some());
        assert_eq!(until_given_up(&mut resume).await.1, Duration::from_secs(30));
    }

    #[test]
    fn two_subscriptions_do_not_pause_alike() {
        let pause = || resume(1).after(&refused()).unwrap();
        assert_ne!(pause(), pause());
    }
}
