//! How long keys of several requests wait for each other, so that they go to a method in one call.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::{config::Batching, retry_budget::RetryBudget, trust::Trust};

/// What takes less is late for nobody: where services answer within microseconds, four times the usual is chance.
const LATE: Duration = Duration::from_millis(20);

/// Who has less than so many times the usual goes alone: what went with others could not be asked again in time.
const AMPLE: u32 = 3;

/// What was seen of one method.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// How long its calls take lately, in microseconds; 0 before the first.
    latency: AtomicU64,
    /// That the keys of one request do not fail those of others.
    company: Trust,
    /// For keys that went with others, and may be asked again without them.
    pub(super) again: RetryBudget,
}

impl Pace {
    /// How long keys may wait while a call like theirs is on its way, of somebody who has `left`. `None`: they go at once.
    pub(super) fn wait(&self, config: &Batching, left: Duration) -> Option<Duration> {
        let usual = self.usual();
        let wait = usual.mul_f64(config.wait).min(config.longest_wait.0);
        let is_ample = wait + AMPLE * usual <= left;
        (!wait.is_zero() && is_ample && self.company.is_given()).then_some(wait)
    }

    /// How long somebody who has `left` waits for a call with the keys of others, before it asks for its own without them: until
    /// the call takes several times the usual, but not longer than for half of the time, and always so long that most calls are over.
    pub(super) fn patience(&self, left: Duration) -> Duration {
        let usual = self.usual();
        let half = left / 2;
        if usual.is_zero() {
            return half;
        }
        (4 * usual).max(LATE).min(half).max(usual * AMPLE / 2)
    }

    fn usual(&self) -> Duration {
        Duration::from_micros(self.latency.load(Relaxed))
    }

    /// What a call took that was answered. Eight calls make an old figure a third, as round trips are smoothed by TCP (RFC 6298).
    pub(super) fn took(&self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let latency = match self.latency.load(Relaxed) {
            0 => time,
            latency => latency - latency / 8 + time / 8,
        };
        self.latency.store(latency, Relaxed);
    }

    /// Whether a call with the keys of several requests went well, or failed or was late in a way for which one of them may be
    /// to blame.
    pub(super) fn was_shared(&self, went_well: bool) {
        self.company.learn(went_well);
    }
}
