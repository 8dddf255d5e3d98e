//! Those who wait until a service is back. They leave one after the other: all at once would be its next outage.

use std::time::Duration;

use tokio::{sync::Semaphore, time::sleep};

/// At most a thousand a second.
const APART: Duration = Duration::from_millis(1);

/// A queue in which who gives up leaves no gap.
#[derive(Debug)]
pub(super) struct Herd(Semaphore);

impl Herd {
    /// Done at a moment that nobody else has.
    pub(super) async fn turn(&self) {
        let _turn = self.0.acquire().await;
        sleep(APART).await;
    }
}

impl Default for Herd {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::{StreamExt, stream::FuturesUnordered};
    use tokio::time::Instant;

    use super::*;

    async fn leave_after(herd: Arc<Herd>) -> Duration {
        let began = Instant::now();
        herd.turn().await;
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn many_leave_one_after_the_other_and_who_gives_up_keeps_nobody_waiting() {
        let herd = Arc::<Herd>::default();
        let waiting: Vec<_> =
            (0..1_000).map(|_| tokio::spawn(leave_after(Arc::clone(&herd)))).collect();
        tokio::task::yield_now().await;
        for given_up in waiting.iter().step_by(2) {
            given_up.abort();
        }
        let left: FuturesUnordered<_> = waiting.into_iter().collect();
        let mut left: Vec<_> = left.filter_map(async |left| left.ok()).collect().await;
        left.sort_unstable();
        let moments: Vec<_> = (1..=500).map(|turn| APART * turn).collect();
        assert_eq!(left, moments);
    }
}
