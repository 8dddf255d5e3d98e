//! Calls that are on their way, found by share key and item key, so that what is asked already is not asked again.
//!
//! A shared call lives in those who wait for it: each polls it, each leaves at its own deadline, and when the last one
//! leaves the call is dropped, which cancels it.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use futures::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use tokio::time::Instant;

use crate::{call::ShareKey, entity_cache::Generation, error::Error, transcoder::KeyTable};

/// A call on its way.
pub(super) type Flight = BoxFuture<'static, Arc<Landing>>;

/// A call that several may wait for.
type SharedCall = Shared<Flight>;

/// What a call brought.
#[derive(Debug)]
pub(super) struct Landing {
    /// One for each key that was asked for, in that order.
    pub(super) items: Vec<Landed>,
    /// The call failed as a whole, and not for a single item.
    pub(super) failed: bool,
}

/// What a call brought for one key.
#[derive(Clone, Debug)]
pub(super) enum Landed {
    Item(Bytes),
    /// The reply does not speak of it.
    Missing,
    Failed(Error),
}

/// A part of a call: the keys of one step that it answers.
pub(super) struct Part {
    pub(super) call: Flight,
    /// Where in the call's landing, and the number of the key in the step.
    pub(super) places: Vec<(usize, u32)>,
    /// Somebody else began it.
    pub(super) joined: bool,
}

/// Calls on their way.
pub(super) struct InFlight {
    keeps: bool,
    next_number: AtomicU64,
    seats: Mutex<HashMap<ShareKey, Seats>>,
}

/// The seats of one share key, by item key.
type Seats = HashMap<Box<[u8]>, Seat>;

/// One key of a call.
struct Seat {
    number: u64,
    call: Held,
    place: usize,
    deadline: Instant,
    began: Generation,
}

enum Held {
    Strong(SharedCall),
    Weak(WeakShared<Flight>),
}

/// Which calls may be joined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admission {
    /// Only a call that lasts as long as this, or is over.
    pub(super) deadline: Instant,
    /// Only a call that began in this generation or later.
    pub(super) began: Option<Generation>,
}

/// Gives up the seats of a call when the call is over or dropped.
pub(super) struct Departure {
    in_flight: Arc<InFlight>,
    number: u64,
    share: ShareKey,
    keys: Arc<KeyTable>,
    ids: Vec<u32>,
}

/// A call that is to be made and may then be joined.
pub(super) struct NewCall {
    pub(super) call: Flight,
    /// Until when it may last.
    pub(super) deadline: Instant,
    /// The generation before it.
    pub(super) began: Generation,
}

impl InFlight {
    /// For calls that requests share. They are found while somebody waits for them.
    pub(super) fn across_requests() -> Self {
        Self { keeps: false, next_number: AtomicU64::new(0), seats: Mutex::default() }
    }

    /// For calls of one request. They are found even when they are over: a request asks for a thing once.
    pub(super) fn of_one_request() -> Self {
        Self { keeps: true, ..Self::across_requests() }
    }

    /// Joins the calls that `admission` allows, and starts others for the keys that are left, at most `chunk` in each.
    pub(super) fn join_or_start(
        self: &Arc<Self>,
        share: &ShareKey,
        (keys, ids): (&Arc<KeyTable>, &[u32]),
        admission: Admission,
        chunk: usize,
        mut start: impl FnMut(Vec<u32>, Option<Departure>) -> NewCall,
    ) -> Vec<Part> {
        let mut all_seats = self.lock();
        let seats = all_seats.entry(share.clone()).or_default();
        let (mut parts, left) = join(seats, keys, ids, admission);
        for ids in left.chunks(chunk) {
            let number = self.next_number.fetch_add(1, Ordering::Relaxed);
            let departure = (!self.keeps).then(|| Departure {
                in_flight: Arc::clone(self),
                number,
                share: share.clone(),
                keys: Arc::clone(keys),
                ids: ids.to_vec(),
            });
            let NewCall { call, deadline, began } = start(ids.to_vec(), departure);
            let call = call.shared();
            for (place, id) in ids.iter().enumerate() {
                let held = if self.keeps {
                    Held::Strong(call.clone())
                } else {
                    Held::Weak(call.downgrade().expect("it was not polled yet"))
                };
                let seat = Seat { number, call: held, place, deadline, began };
                seats.insert(keys.get(*id).into(), seat);
            }
            let places = ids.iter().copied().enumerate().collect();
            parts.push(Part { call: call.boxed(), places, joined: false });
        }
        parts
    }

    /// Lets go of the calls for these keys: who stopped waiting does not keep them alive.
    pub(super) fn leave(&self, share: &ShareKey, keys: &KeyTable, ids: &[u32]) {
        let mut gone = Vec::with_capacity(ids.len());
        let mut all_seats = self.lock();
        if let Some(seats) = all_seats.get_mut(share) {
            gone.extend(ids.iter().filter_map(|id| seats.remove(keys.get(*id))));
        }
        // The calls end outside of the lock, because their ends take it.
        drop(all_seats);
        drop(gone);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ShareKey, Seats>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

/// The parts of calls that may be joined, one for each call, and the keys that none of them answers.
fn join(
    seats: &Seats,
    keys: &KeyTable,
    ids: &[u32],
    admission: Admission,
) -> (Vec<Part>, Vec<u32>) {
    let mut parts: HashMap<u64, Part> = HashMap::new();
    let mut left = Vec::with_capacity(ids.len());
    for id in ids {
        let seat = seats.get(keys.get(*id)).filter(|seat| seat.admits(admission));
        let Some((seat, call)) = seat.and_then(|seat| Some((seat, seat.call()?))) else {
            left.push(*id);
            continue;
        };
        let joined = || Part { call: call.boxed(), places: Vec::new(), joined: true };
        parts.entry(seat.number).or_insert_with(joined).places.push((seat.place, *id));
    }
    (parts.into_values().collect(), left)
}

impl Seat {
    fn admits(&self, admission: Admission) -> bool {
        (self.deadline >= admission.deadline || self.has_landed())
            && admission.began.is_none_or(|began| self.began >= began)
    }

    /// Whether there is nothing more to wait for, and all is well.
    fn has_landed(&self) -> bool {
        let Held::Strong(call) = &self.call else { return false };
        call.peek().is_some_and(|landing| !landing.failed)
    }

    fn call(&self) -> Option<SharedCall> {
        match &self.call {
            Held::Strong(call) => Some(call.clone()),
            Held::Weak(call) => call.upgrade(),
        }
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        let mut all_seats = self.in_flight.lock();
        let Some(seats) = all_seats.get_mut(&self.share) else { return };
        for id in &self.ids {
            let key = self.keys.get(*id);
            // A later call may have taken the seat.
            if seats.get(key).is_some_and(|seat| seat.number == self.number) {
                seats.remove(key);
            }
        }
        if seats.is_empty() {
            all_seats.remove(&self.share);
        }
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InFlight").field("keeps", &self.keeps).finish_non_exhaustive()
    }
}
