//! What is known of a connection, by those who send over it and by the task that drives it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError},
    time::Instant,
};

/// What is known of a connection.
#[derive(Debug)]
pub(super) struct Noted {
    /// One for each request that the service takes now. Closed when it takes no more.
    places: Arc<Semaphore>,
    /// How many requests the service takes at a time; 0 until it has said so.
    max_streams: AtomicUsize,
    in_flight: AtomicUsize,
    /// Some call was answered.
    has_answered: AtomicBool,
    since: Instant,
    /// When something came last, and when the first of the requests that are in flight went out: microseconds.
    heard_at: AtomicU64,
    busy_at: AtomicU64,
}

/// The place of one request, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    noted: Arc<Noted>,
    _permit: OwnedSemaphorePermit,
}

/// The connection takes no more requests.
#[derive(Debug)]
pub(super) struct Closed;

impl Noted {
    pub(super) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(0)),
            max_streams: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            has_answered: AtomicBool::new(false),
            since: Instant::now(),
            heard_at: AtomicU64::new(0),
            busy_at: AtomicU64::new(0),
        }
    }

    /// A place for a request, as soon as there is one.
    pub(super) async fn place(self: &Arc<Self>) -> Result<Place, Closed> {
        let permit = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(permit) => permit,
            Err(TryAcquireError::Closed) => return Err(Closed),
            Err(TryAcquireError::NoPermits) => {
                Arc::clone(&self.places).acquire_owned().await.map_err(|_| Closed)?
            }
        };
        Ok(self.taken(permit))
    }

    /// A place for a request, if there is one now.
    pub(super) fn try_place(self: &Arc<Self>) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(self.taken(permit))
    }

    fn taken(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Place {
        if self.in_flight.fetch_add(1, Ordering::Relaxed) == 0 {
            self.busy_at.store(self.now(), Ordering::Relaxed);
        }
        Place { noted: Arc::clone(self), _permit: permit }
    }

    /// The service takes so many requests at a time. Only the task that drives the connection says so. `owed` are places
    /// that were in use when there came to be fewer.
    pub(super) fn set_max_streams(&self, count: usize, owed: &mut usize) {
        let count = count.min(Semaphore::MAX_PERMITS);
        let before = self.max_streams.swap(count, Ordering::Relaxed);
        if count > before {
            let paid = (*owed).min(count - before);
            *owed -= paid;
            self.places.add_permits(count - before - paid);
        } else {
            *owed += before - count;
        }
        if *owed > 0 {
            *owed -= self.places.forget_permits(*owed);
        }
    }

    /// No further request goes out.
    pub(super) fn close(&self) {
        self.places.close();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.places.is_closed()
    }

    /// A call was answered.
    pub(super) fn answered(&self) {
        self.has_answered.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_answered(&self) -> bool {
        self.has_answered.load(Ordering::Relaxed)
    }

    /// Something came.
    pub(super) fn heard(&self) {
        self.heard_at.store(self.now(), Ordering::Relaxed);
    }

    /// Since when a request waits and nothing came: now, where none waits.
    pub(super) fn silent_since(&self) -> Instant {
        if self.in_flight.load(Ordering::Relaxed) == 0 {
            return Instant::now();
        }
        self.last_used()
    }

    /// For how long no request was in flight, but for one that was cancelled in silence.
    pub(super) fn idle_for(&self) -> Duration {
        let is_idle = self.in_flight.load(Ordering::Relaxed) == 0;
        if is_idle { self.last_used().elapsed() } else { Duration::ZERO }
    }

    /// When something came last, or went out though nothing was in flight.
    fn last_used(&self) -> Instant {
        let (heard, busy) = (&self.heard_at, &self.busy_at);
        let at = heard.load(Ordering::Relaxed).max(busy.load(Ordering::Relaxed));
        self.since + Duration::from_micros(at)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.noted.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn there_are_as_many_places_as_the_service_says_last() {
        let (noted, mut owed) = (Arc::new(Noted::new()), 0);
        let free = |noted: &Noted| noted.places.available_permits();
        noted.set_max_streams(3, &mut owed);
        let (one, two) = (noted.place().await.unwrap(), noted.place().await.unwrap());
        noted.set_max_streams(1, &mut owed);
        assert_eq!((free(&noted), owed), (0, 1));
        drop(one);
        noted.set_max_streams(1, &mut owed);
        assert_eq!((free(&noted), owed), (0, 0));
        drop(two);
        assert_eq!(free(&noted), 1);
        noted.set_max_streams(usize::MAX, &mut owed);
        assert_eq!(free(&noted), Semaphore::MAX_PERMITS);
    }

    #[tokio::test]
    async fn who_waits_for_a_place_is_told_when_none_comes_any_more() {
        let noted = Arc::new(Noted::new());
        let waiting = Arc::clone(&noted);
        let waiting = tokio::spawn(async move { waiting.place().await.is_err() });
        tokio::task::yield_now().await;
        noted.close();
        assert!(waiting.await.unwrap() && noted.place().await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn silence_begins_with_a_request_and_ends_with_what_comes() {
        let (noted, mut owed) = (Arc::new(Noted::new()), 0);
        noted.set_max_streams(9, &mut owed);
        let second = Duration::from_secs(1);
        let silence = |noted: &Noted| noted.silent_since().elapsed().as_secs();
        tokio::time::advance(5 * second).await;
        assert_eq!(silence(&noted), 0);
        let place = noted.place().await.unwrap();
        tokio::time::advance(2 * second).await;
        let _another = noted.place().await.unwrap();
        assert_eq!(silence(&noted), 2);
        noted.heard();
        tokio::time::advance(second).await;
        drop(place);
        assert_eq!(silence(&noted), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_when_its_last_request_is_over() {
        let (noted, mut owed) = (Arc::new(Noted::new()), 0);
        noted.set_max_streams(1, &mut owed);
        let second = Duration::from_secs(1);
        tokio::time::advance(5 * second).await;
        let place = noted.try_place().unwrap();
        assert!(noted.try_place().is_none());
        tokio::time::advance(5 * second).await;
        assert_eq!(noted.idle_for(), Duration::ZERO);
        noted.heard();
        drop(place);
        tokio::time::advance(2 * second).await;
        assert_eq!(noted.idle_for().as_secs(), 2);
    }
}
