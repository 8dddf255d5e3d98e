//! Calls that are on their way, found by share key and item key, so that what is asked already is not asked again; and keys
//! that wait a moment to go together.
//!
//! A shared call lives in those who wait for it: each polls it, each leaves at its own deadline, and when the last one
//! leaves the call is dropped, which cancels it. When it is late, those are told whose keys went with those of others.
//!
//! Keys wait only while a call like theirs is on its way, as bytes do in Nagle's algorithm (RFC 896), and leave all together:
//! when such a call ends, when they have waited for their share of what a call takes, or when they fill one. So what waits is
//! always less than one call, and nobody waits behind anybody.

mod batch;
mod coming;
mod flight;
mod traffic;

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use foldhash::fast::RandomState;
use tokio::time::Instant;

use super::fetch::Question;
use crate::{call::ShareKey, entity_cache::Generation, transcoder::KeyTable};

pub(super) use coming::{Came, Coming, Places};

use batch::{Group, tell};
use coming::Waiting;
use traffic::Traffic;

/// Calls on their way.
pub(super) struct InFlight {
    keeps: bool,
    /// So many keys of several requests go in one call at most.
    max_keys: usize,
    next_number: AtomicU64,
    traffic: Mutex<HashMap<ShareKey, Traffic, RandomState>>,
}

/// Keys that a step asks for.
pub(super) struct Wanted<'a> {
    pub(super) share: &'a ShareKey,
    pub(super) question: &'a Question,
    pub(super) keys: &'a Arc<KeyTable>,
    /// Which of the keys, in order.
    pub(super) ids: &'a [u32],
    pub(super) admission: Admission,
    /// Until when a new call may last.
    pub(super) until: Instant,
    /// How long after the last call like theirs they may go at the latest. `None`: they go at once.
    pub(super) wait: Option<Duration>,
}

/// Which calls may be joined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admission {
    /// Only a call that lasts as long as this, or is over.
    pub(super) deadline: Instant,
    /// Only a call that began in this generation or later.
    pub(super) began: Option<Generation>,
    /// Only a call without other keys.
    pub(super) alone: bool,
}

impl InFlight {
    /// For calls that requests share. They are found while somebody waits for them.
    pub(super) fn across_requests(max_keys: usize) -> Self {
        let (next_number, traffic) = (AtomicU64::new(0), Mutex::default());
        Self { keeps: false, max_keys, next_number, traffic }
    }

    /// For calls of one request. They are found even when they are over: a request asks for a thing once.
    pub(super) fn of_one_request() -> Self {
        Self { keeps: true, ..Self::across_requests(0) }
    }

    /// Joins the calls that are on their way and admitted. The keys that are left go at once, or wait for others.
    pub(super) fn ask(self: &Arc<Self>, wanted: &Wanted<'_>) -> Vec<Coming> {
        let mut all = self.lock();
        let traffic = all.entry(wanted.share.clone()).or_default();
        let (mut coming, left) = traffic.join(wanted);
        if left.is_empty() {
            return coming;
        }
        let chunk = wanted.question.target().chunk;
        let full = chunk.min(self.max_keys);
        // Who fills a call alone goes alone: nobody with a few keys is to wait for the answer to many.
        let wait = wanted.wait.filter(|_| left.len() < full);
        let Some(wait) = wait.filter(|wait| traffic.gathers(*wait)) else {
            for ids in left.chunks(chunk) {
                let fetch = wanted.question.fetch(wanted.keys, ids, wanted.until);
                let places = ids.iter().copied().enumerate().collect();
                let call = self.start(traffic, wanted.share, fetch, wanted.admission.deadline);
                coming.push(Coming::Begun(call, places));
            }
            return coming;
        };
        let number = self.next_number();
        let (group, ticket) = Group::new(number, wanted, left);
        let moment = traffic.wait(group, wait, full);
        let departures = match moment {
            Some(_) => Vec::new(),
            None => self.depart(wanted.share, traffic),
        };
        drop(all);
        tell(departures);
        let waiting = Waiting::new(self, wanted.share, number, ticket, moment);
        coming.push(Coming::Waiting(waiting));
        coming
    }

    /// Lets go of the calls for these keys: who stopped waiting does not keep them alive.
    pub(super) fn leave(&self, share: &ShareKey, keys: &KeyTable, ids: &[u32]) {
        let mut all = self.lock();
        let gone = all.get_mut(share).map(|traffic| traffic.take_seats(keys, ids));
        // The calls end outside of the lock, because their ends take it.
        drop(all);
        drop(gone);
    }

    fn next_number(&self) -> u64 {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ShareKey, Traffic, RandomState>> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InFlight").field("keeps", &self.keeps).finish_non_exhaustive()
    }
}
