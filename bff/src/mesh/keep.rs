//! Who keeps an endpoint connected.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    config::{Endpoint, Settings},
    connection::connect,
    upstream::Slot,
};

/// A connection that ends sooner, and never answered a call, counts as a failure to connect from the second time on:
/// something accepts connections that it does not want.
const STEADY: Duration = Duration::from_secs(1);

/// Connects, and connects again whenever the connection ends. Never returns.
pub(super) async fn keep(endpoint: Endpoint, settings: Arc<Settings>, slot: Slot) {
    let (mut failures, mut told) = (0, false);
    loop {
        match connect(&endpoint, &settings).await {
            Ok((connection, closed)) => {
                tracing::info!(service = slot.name(), %endpoint, "connected");
                told = false;
                let (since, noted) = (Instant::now(), connection.noted());
                slot.ready(connection);
                let reason = closed.await;
                tracing::info!(service = slot.name(), %endpoint, reason, "disconnected");
                let was_good = noted.has_answered() || since.elapsed() >= STEADY;
                failures = if was_good { 0 } else { failures + 1 };
                if failures <= 1 {
                    slot.connecting();
                    continue;
                }
            }
            Err(error) => {
                failures += 1;
                // Once, and not at every attempt: the next line about it says that it is back.
                if !told {
                    tracing::warn!(service = slot.name(), %endpoint, %error, "cannot connect; trying again");
                    told = true;
                }
            }
        }
        slot.down();
        sleep(backoff(failures, jitter(&endpoint))).await;
    }
}

/// How long to wait after so many failures in a row: 50 ms, doubled each time, at most 3 s; of that between a half and the
/// whole, so that many gateways do not come back in step. `jitter` is between 0 and 1.
fn backoff(failures: u32, jitter: f64) -> Duration {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(3);
    let whole = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST);
    whole.mul_f64(0.5 + jitter / 2.0)
}

/// Different for each endpoint, attempt and process.
fn jitter(endpoint: &Endpoint) -> f64 {
    let random = RandomState::new().hash_one(endpoint);
    f64::from(u32::try_from(random >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_50_milliseconds_to_3_seconds() {
        let waits: Vec<_> = (1..=9).map(|failures| backoff(failures, 1.0).as_millis()).collect();
        assert_eq!(waits, [50, 100, 200, 400, 800, 1600, 3000, 3000, 3000]);
    }

    #[test]
    fn jitter_takes_at_most_a_half_off() {
        assert_eq!(backoff(1, 0.0).as_millis(), 25);
        let endpoint: Endpoint = "http://127.0.0.1:1".parse().unwrap();
        for _ in 0..100 {
            assert!((0.0..=1.0).contains(&jitter(&endpoint)));
        }
    }
}
