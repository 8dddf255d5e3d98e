//! What is on its way, and what waits, under one share key.

use std::{collections::HashMap, hash::BuildHasher, sync::Arc, time::Duration};

use foldhash::fast::RandomState;
use futures::{FutureExt, future::WeakShared};
use hashbrown::HashTable;
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
    /// One for each key that is on its way.
    seats: HashTable<Seat>,
    hasher: RandomState,
    /// How many calls are on their way.
    running: usize,
    /// When the last one began.
    left_at: Option<Instant>,
    pub(super) waiting: Vec<Group>,
}

/// One key of a call.
struct Seat {
    call: Arc<OnItsWay>,
    place: usize,
}

/// A call that may be joined.
struct OnItsWay {
    number: u64,
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
            let seat = self.seat(wanted.keys.get(*id));
            let seat = seat.filter(|seat| seat.call.admits(wanted.admission));
            let Some((seat, call)) = seat.and_then(|seat| Some((seat, seat.call.get()?))) else {
                left.push(*id);
                continue;
            };
            let places = &mut joined.entry(seat.call.number).or_insert((call, Vec::new())).1;
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

    fn seat(&self, key: &[u8]) -> Option<&Seat> {
        self.seats.find(self.hasher.hash_one(key), |seat| seat.key() == key)
    }

    /// Takes the seats of these keys away.
    pub(super) fn take_seats(&mut self, keys: &KeyTable, ids: &[u32]) -> impl Drop + use<> {
        ids.iter().filter_map(|id| self.take_seat(keys.get(*id), |_| true)).collect::<Vec<_>>()
    }

    fn take_seat(&mut self, key: &[u8], is_meant: impl Fn(&Seat) -> bool) -> Option<Seat> {
        let hash = self.hasher.hash_one(key);
        let entry = self.seats.find_entry(hash, |seat| seat.key() == key).ok()?;
        is_meant(entry.get()).then(|| entry.remove().0)
    }

    fn put_seat(&mut self, seat: Seat) {
        let Self { seats, hasher, .. } = self;
        let hash = hasher.hash_one(seat.key());
        let entry = seats.entry(
            hash,
            |other| other.key() == seat.key(),
            |other| hasher.hash_one(other.key()),
        );
        entry.insert(seat);
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
        let on_its_way = Arc::new(OnItsWay { number, call: held, keys, ids, deadline, began });
        traffic.running += 1;
        traffic.left_at = Some(Instant::now());
        for place in 0..on_its_way.ids.len() {
            traffic.put_seat(Seat { call: Arc::clone(&on_its_way), place });
        }
        call
    }
}

impl Seat {
    fn key(&self) -> &[u8] {
        self.call.keys.get(self.call.ids[self.place])
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
        for id in &*self.ids {
            // A later call may have taken the seat.
            traffic.take_seat(self.keys.get(*id), |seat| seat.call.number == self.number);
        }
        traffic.running -= 1;
        let departed = self.in_flight.depart(&self.share, traffic);
        if traffic.running == 0 {
            all.remove(&self.share);
        }
        drop(all);
        tell(departed);
    }
}
