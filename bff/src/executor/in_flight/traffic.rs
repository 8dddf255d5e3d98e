//! What is on its way, and what waits, under one share key.

use std::{collections::HashMap, hash::BuildHasher, sync::Arc, time::Duration};

use foldhash::fast::RandomState;
use futures::{FutureExt, future::WeakShared};
use hashbrown::{HashTable, hash_table::Entry};
use tokio::time::Instant;

use super::{
    Admission, Coming, InFlight, Wanted,
    batch::{Group, tell},
    coming::{Places, SharedCall},
};
use crate::{
    call::ShareKey,
    entity_cache::Generation,
    executor::fetch::{Fetch, Flight},
    transcoder::KeyTable,
};

/// What is on its way, and what waits, under one share key.
#[derive(Default)]
pub(super) struct Traffic {
    calls: Calls,
    /// One for each key that is on its way.
    seats: HashTable<Seat>,
    hasher: RandomState,
    /// How many calls are on their way.
    running: usize,
    /// When the last one began.
    left_at: Option<Instant>,
    pub(super) waiting: Vec<Group>,
}

/// The calls that have seats.
#[derive(Default)]
struct Calls {
    places: Vec<Option<OnItsWay>>,
    free: Vec<usize>,
}

/// One key of a call.
#[derive(Clone, Copy)]
struct Seat {
    /// A position in [`Calls`].
    call: usize,
    place: usize,
}

/// A call that may be joined.
struct OnItsWay {
    number: u64,
    /// How many seats it has.
    seats: usize,
    call: Held,
    keys: Arc<KeyTable>,
    ids: Arc<[u32]>,
    deadline: Instant,
    began: Generation,
}

enum Held {
    Strong(SharedCall),
    Weak(WeakShared<Flight>),
}

/// Gives up the seats of a call when the call is over or dropped, and lets those go who waited for that.
struct Departure {
    in_flight: Arc<InFlight>,
    number: u64,
    share: ShareKey,
    keys: Arc<KeyTable>,
    ids: Arc<[u32]>,
}

impl Traffic {
    /// The calls that may be joined, each once, and the keys that none of them answers.
    pub(super) fn join(&self, wanted: &Wanted<'_>) -> (Vec<Coming>, Vec<u32>) {
        if self.seats.is_empty() {
            return (Vec::new(), wanted.ids.to_vec());
        }
        let mut joined: HashMap<u64, (SharedCall, Places), RandomState> = HashMap::default();
        let mut left = Vec::new();
        for id in wanted.ids {
            let seat = self.seat(wanted.keys.get(*id)).map(|seat| (seat, self.calls.of(seat)));
            let seat = seat.filter(|(_, call)| call.admits(wanted.admission));
            let Some((seat, on_its_way, call)) =
                seat.and_then(|(seat, call)| Some((seat, call, call.get()?)))
            else {
                left.push(*id);
                continue;
            };
            let places = &mut joined.entry(on_its_way.number).or_insert((call, Vec::new())).1;
            places.push((seat.place, *id));
        }
        let joined = joined.into_values();
        (joined.map(|(call, places)| Coming::Joined(call, places)).collect(), left)
    }

    /// Whether keys have anything to wait for, or others who would go with them.
    pub(super) fn gathers(&self, wait: Duration) -> bool {
        self.running > 0 && (!self.waiting.is_empty() || self.moment(wait).is_some())
    }

    /// Has keys wait until the moment that is returned; `None`: all that wait are to go now.
    pub(super) fn wait(&mut self, group: Group, wait: Duration, full: usize) -> Option<Instant> {
        self.waiting.push(group);
        let waiting: usize = self.waiting.iter().map(Group::len).sum();
        self.moment(wait).filter(|_| waiting < full)
    }

    /// When the next call may go though one is on its way, unless that is now.
    fn moment(&self, wait: Duration) -> Option<Instant> {
        self.left_at.map(|left_at| left_at + wait).filter(|moment| Instant::now() < *moment)
    }

    fn seat(&self, key: &[u8]) -> Option<Seat> {
        let is_its = |seat: &Seat| self.calls.key(*seat) == key;
        self.seats.find(self.hasher.hash_one(key), is_its).copied()
    }

    /// Takes the seats of these keys away. What is returned is dropped outside of the lock.
    pub(super) fn take_seats(&mut self, keys: &KeyTable, ids: &[u32]) -> impl Drop + use<> {
        ids.iter().filter_map(|id| self.take_seat(keys.get(*id), |_| true)).collect::<Vec<_>>()
    }

    /// Takes a seat away, and the call that has none any more.
    fn take_seat(&mut self, key: &[u8], is_meant: impl Fn(&OnItsWay) -> bool) -> Option<OnItsWay> {
        let Self { calls, seats, hasher, .. } = self;
        let hash = hasher.hash_one(key);
        let entry = seats.find_entry(hash, |seat| calls.key(*seat) == key).ok()?;
        if !is_meant(calls.of(*entry.get())) {
            return None;
        }
        let (seat, _) = entry.remove();
        calls.leave(seat)
    }

    /// Gives a call a seat for each of its keys.
    fn seat_all(&mut self, call: OnItsWay) {
        let Self { calls, seats, hasher, .. } = self;
        let (keys, ids) = (Arc::clone(&call.keys), Arc::clone(&call.ids));
        let call = calls.add(call);
        seats.reserve(ids.len(), |seat| hasher.hash_one(calls.key(*seat)));
        for (place, id) in ids.iter().enumerate() {
            let key = keys.get(*id);
            let rehash = |seat: &Seat| hasher.hash_one(calls.key(*seat));
            let is_its = |seat: &Seat| calls.key(*seat) == key;
            match seats.entry(hasher.hash_one(key), is_its, rehash) {
                Entry::Vacant(vacant) => drop(vacant.insert(Seat { call, place })),
                Entry::Occupied(mut occupied) => {
                    let before = std::mem::replace(occupied.get_mut(), Seat { call, place });
                    drop(calls.leave(before));
                }
            }
        }
    }
}

impl Calls {
    fn of(&self, seat: Seat) -> &OnItsWay {
        self.places[seat.call].as_ref().expect("a call is there while it has seats")
    }

    fn key(&self, seat: Seat) -> &[u8] {
        let call = self.of(seat);
        call.keys.get(call.ids[seat.place])
    }

    fn add(&mut self, call: OnItsWay) -> usize {
        let at = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        self.places[at] = Some(call);
        at
    }

    /// A seat is given up. The call, if it was its last one.
    fn leave(&mut self, seat: Seat) -> Option<OnItsWay> {
        let place = &mut self.places[seat.call];
        let call = place.as_mut().expect("a call is there while it has seats");
        call.seats -= 1;
        if call.seats > 0 {
            return None;
        }
        self.free.push(seat.call);
        place.take()
    }
}

impl InFlight {
    /// Begins a call that may then be joined.
    pub(super) fn start(
        self: &Arc<Self>,
        traffic: &mut Traffic,
        share: &ShareKey,
        fetch: Fetch,
    ) -> SharedCall {
        let number = self.next_number();
        let (keys, ids) = (Arc::clone(&fetch.keys), Arc::clone(&fetch.ids));
        let (deadline, began) = (fetch.deadline, fetch.began);
        let departure = (!self.keeps).then(|| Departure {
            in_flight: Arc::clone(self),
            number,
            share: share.clone(),
            keys: Arc::clone(&keys),
            ids: Arc::clone(&ids),
        });
        let call = async move {
            let landing = fetch.run().await;
            // After what it brought can be found in the cache.
            drop(departure);
            landing
        };
        let call = call.boxed().shared();
        let held = if self.keeps {
            Held::Strong(call.clone())
        } else {
            Held::Weak(call.downgrade().expect("it was not polled yet"))
        };
        let seats = ids.len();
        traffic.running += 1;
        traffic.left_at = Some(Instant::now());
        if seats > 0 {
            let call = OnItsWay { number, seats, call: held, keys, ids, deadline, began };
            traffic.seat_all(call);
        }
        call
    }
}

impl OnItsWay {
    fn admits(&self, admission: Admission) -> bool {
        (self.deadline >= admission.deadline || self.has_landed())
            && admission.began.is_none_or(|began| self.began >= began)
    }

    /// Whether there is nothing more to wait for, and all is well.
    fn has_landed(&self) -> bool {
        let Held::Strong(call) = &self.call else { return false };
        call.peek().is_some_and(|landing| !landing.failed)
    }

    fn get(&self) -> Option<SharedCall> {
        match &self.call {
            Held::Strong(call) => Some(call.clone()),
            Held::Weak(call) => call.upgrade(),
        }
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        let mut all = self.in_flight.lock();
        let Some(traffic) = all.get_mut(&self.share) else { return };
        traffic.running -= 1;
        // The last one takes all with it.
        let is_last = traffic.running == 0 && traffic.waiting.is_empty();
        for id in self.ids.iter().filter(|_| !is_last) {
            // A later call may have taken the seat.
            traffic.take_seat(self.keys.get(*id), |call| call.number == self.number);
        }
        let departed = self.in_flight.depart(&self.share, traffic);
        if traffic.running == 0 {
            all.remove(&self.share);
        }
        drop(all);
        tell(departed);
    }
}
