//! What is on its way, and what waits, under one share key.

use std::{collections::HashMap, sync::Arc, time::Duration};

use foldhash::fast::RandomState;
use futures::future::{BoxFuture, WeakShared};
use hashbrown::{HashTable, hash_table::Entry};
use tokio::time::Instant;

use super::{
    Coming, InFlight, Wanted,
    batch::{Group, tell},
    coming::Places,
    flight::{self, Flown, SharedCall},
};
use crate::{
    call::ShareKey, entity_cache::Generation, executor::fetch::Fetch, transcoder::KeyTable,
};

/// What is on its way, and what waits, under one share key.
#[derive(Default)]
pub(super) struct Traffic {
    calls: Calls,
    /// One for each key that is on its way.
    seats: HashTable<Seat>,
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
    free: Vec<u32>,
}

/// One key of a call.
#[derive(Clone, Copy)]
struct Seat {
    hash: u64,
    /// A position in [`Calls`].
    call: u32,
    place: u32,
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
    /// When those are told that it is late whose keys are not all that it has.
    late: Option<Instant>,
}

enum Held {
    Strong(SharedCall),
    Weak(WeakShared<BoxFuture<'static, Flown>>),
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
        let (mut left, mut refused) = (Vec::new(), Vec::new());
        for id in wanted.ids {
            let seat = self.seat(wanted.keys, *id).map(|seat| (seat, self.calls.of(seat)));
            let seat = seat.filter(|(_, call)| {
                let number = &call.number;
                // Each call is looked at once.
                if joined.contains_key(number) || refused.contains(number) {
                    return joined.contains_key(number);
                }
                let admits = call.admits(wanted);
                if !admits {
                    refused.push(*number);
                }
                admits
            });
            let Some((seat, on_its_way, call)) =
                seat.and_then(|(seat, call)| Some((seat, call, call.get()?)))
            else {
                left.push(*id);
                continue;
            };
            let places = &mut joined.entry(on_its_way.number).or_insert((call, Vec::new())).1;
            places.push((seat.place as usize, *id));
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

    fn seat(&self, keys: &KeyTable, id: u32) -> Option<Seat> {
        let hash = keys.hash(id);
        self.seats.find(hash, |seat| self.calls.has(*seat, keys.get(id), hash)).copied()
    }

    /// Takes the seats of these keys away. What is returned is dropped outside of the lock.
    pub(super) fn take_seats(&mut self, keys: &KeyTable, ids: &[u32]) -> impl Drop + use<> {
        let take = |id: &u32| {
            let (key, hash) = (keys.get(*id), keys.hash(*id));
            self.take_seat(hash, |calls, seat| calls.has(seat, key, hash))
        };
        ids.iter().filter_map(take).collect::<Vec<_>>()
    }

    /// Takes a seat away, and the call that has none any more.
    fn take_seat(
        &mut self,
        hash: u64,
        is_meant: impl Fn(&Calls, Seat) -> bool,
    ) -> Option<OnItsWay> {
        let Self { calls, seats, .. } = self;
        let entry = seats.find_entry(hash, |seat| is_meant(calls, *seat)).ok()?;
        let (seat, _) = entry.remove();
        calls.leave(seat)
    }

    /// Gives a call a seat for each of its keys.
    fn seat_all(&mut self, call: OnItsWay) {
        let Self { calls, seats, .. } = self;
        let (keys, ids) = (Arc::clone(&call.keys), Arc::clone(&call.ids));
        let call = calls.add(call);
        seats.reserve(ids.len(), |seat| seat.hash);
        for (place, id) in (0..).zip(&*ids) {
            let (key, hash) = (keys.get(*id), keys.hash(*id));
            let seat = Seat { hash, call, place };
            match seats.entry(hash, |seat| calls.has(*seat, key, hash), |seat| seat.hash) {
                Entry::Vacant(vacant) => drop(vacant.insert(seat)),
                Entry::Occupied(mut occupied) => {
                    drop(calls.leave(std::mem::replace(occupied.get_mut(), seat)));
                }
            }
        }
    }
}

impl Calls {
    fn of(&self, seat: Seat) -> &OnItsWay {
        self.places[seat.call as usize].as_ref().expect("a call is there while it has seats")
    }

    /// Whether this is the seat of a key.
    fn has(&self, seat: Seat, key: &[u8], hash: u64) -> bool {
        seat.hash == hash && {
            let call = self.of(seat);
            call.keys.get(call.ids[seat.place as usize]) == key
        }
    }

    fn add(&mut self, call: OnItsWay) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            u32::try_from(self.places.len() - 1).expect("fewer calls than 2^32")
        });
        self.places[at as usize] = Some(call);
        at
    }

    /// A seat is given up. The call, if it was its last one.
    fn leave(&mut self, seat: Seat) -> Option<OnItsWay> {
        let place = &mut self.places[seat.call as usize];
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
    /// Begins a call that may then be joined. None of those who wait for it now has less time than until `soonest`.
    pub(super) fn start(
        self: &Arc<Self>,
        traffic: &mut Traffic,
        share: &ShareKey,
        mut fetch: Fetch,
        soonest: Instant,
    ) -> SharedCall {
        let number = self.next_number();
        let alarm = if self.keeps { None } else { fetch.alarm(soonest) };
        let late = alarm.as_ref().map(|alarm| alarm.at);
        let (keys, ids) = (Arc::clone(&fetch.keys), Arc::clone(&fetch.ids));
        let (deadline, began) = (fetch.deadline, fetch.began.generation());
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
        let call = flight::shared(call, alarm);
        let held = if self.keeps {
            Held::Strong(call.clone())
        } else {
            Held::Weak(call.downgrade().expect("it was not polled yet"))
        };
        let seats = ids.len();
        traffic.running += 1;
        traffic.left_at = Some(Instant::now());
        if seats > 0 {
            let call = OnItsWay { number, seats, call: held, keys, ids, deadline, began, late };
            traffic.seat_all(call);
        }
        call
    }
}

impl OnItsWay {
    fn admits(&self, Wanted { admission, keys, ids, .. }: &Wanted<'_>) -> bool {
        let is_wanted = |id: &u32| {
            let id = keys.find(self.keys.get(*id));
            id.is_some_and(|id| ids.binary_search(&id).is_ok())
        };
        (self.deadline >= admission.deadline || self.has_landed())
            && admission.began.is_none_or(|began| self.began >= began)
            && (!admission.alone && self.is_soon_late(admission.deadline)
                || self.ids.len() <= ids.len() && self.ids.iter().all(is_wanted))
    }

    /// Whether somebody who waits with others until `deadline` is told in time that it is late.
    fn is_soon_late(&self, deadline: Instant) -> bool {
        let half = |now| now + deadline.saturating_duration_since(now) / 2;
        self.late.is_none_or(|late| late <= half(Instant::now()))
    }

    /// Whether there is nothing more to wait for, and all is well.
    fn has_landed(&self) -> bool {
        let Held::Strong(call) = &self.call else { return false };
        let landed = call.peek();
        landed.is_some_and(|flown| matches!(flown, Flown::Landed(landing) if !landing.failed))
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
            let hash = self.keys.hash(*id);
            // A later call may have taken the seat.
            let is_own = |calls: &Calls, seat| calls.of(seat).number == self.number;
            traffic.take_seat(hash, |calls, seat| seat.hash == hash && is_own(calls, seat));
        }
        let departed = self.in_flight.depart(&self.share, traffic);
        if traffic.running == 0 {
            all.remove(&self.share);
        }
        drop(all);
        tell(departed);
    }
}
