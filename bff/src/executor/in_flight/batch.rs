//! Keys of several requests that wait, and the calls in which they go.

use std::sync::Arc;

use tokio::{sync::oneshot, time::Instant};

use super::{Coming, InFlight, Wanted, flight::SharedCall, traffic::Traffic};
use crate::{
    call::ShareKey,
    executor::fetch::{Owner, Question},
    transcoder::KeyTable,
};

/// What one step waits for: its keys, and the way to tell it with which calls they went.
pub(super) struct Group {
    pub(super) number: u64,
    question: Question,
    keys: Arc<KeyTable>,
    ids: Vec<u32>,
    deadline: Instant,
    until: Instant,
    ticket: oneshot::Sender<Vec<Coming>>,
}

/// A group that has left, and the calls that answer it.
pub(super) type Departed = (oneshot::Sender<Vec<Coming>>, Vec<Coming>);

impl Group {
    pub(super) fn new(
        number: u64,
        wanted: &Wanted<'_>,
        ids: Vec<u32>,
    ) -> (Self, oneshot::Receiver<Vec<Coming>>) {
        let (ticket, receiver) = oneshot::channel();
        let (question, keys) = (wanted.question.clone(), Arc::clone(wanted.keys));
        let (deadline, until) = (wanted.admission.deadline, wanted.until);
        (Self { number, question, keys, ids, deadline, until, ticket }, receiver)
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }
}

impl InFlight {
    /// Lets all that wait go, each key once, in as few calls as may be.
    pub(super) fn depart(
        self: &Arc<Self>,
        share: &ShareKey,
        traffic: &mut Traffic,
    ) -> Vec<Departed> {
        let groups = std::mem::take(&mut traffic.waiting);
        let Some(first) = groups.first() else { return Vec::new() };
        let mut keys = KeyTable::default();
        let mut owners = Vec::with_capacity(groups.len());
        let mut numbers = Vec::with_capacity(groups.iter().map(Group::len).sum());
        for group in &groups {
            numbers.extend(group.ids.iter().map(|id| keys.intern_from(&group.keys, *id)));
            owners.push(Owner { question: group.question.clone(), end: count(&keys) });
        }
        let size = first.question.target().chunk.min(self.max_keys);
        let until = groups.iter().map(|group| group.until).max().unwrap_or(first.until);
        let soonest = groups.iter().map(|group| group.deadline).min().unwrap_or(first.deadline);
        let (question, keys) = (first.question.clone(), Arc::new(keys));
        let owners: Option<Arc<[Owner]>> = (groups.len() > 1).then(|| owners.into());
        let ids: Vec<u32> = (0..count(&keys)).collect();
        let calls: Vec<SharedCall> = ids
            .chunks(size)
            .map(|ids| {
                let mut fetch = question.fetch(&keys, ids, until);
                fetch.owners.clone_from(&owners);
                self.start(traffic, share, fetch, soonest)
            })
            .collect();
        let mut numbers = numbers.into_iter().map(|number| number as usize);
        let groups = groups.into_iter();
        groups
            .map(|Group { ticket, ids, .. }| {
                (ticket, coming(&calls, size, ids.into_iter().zip(&mut numbers)))
            })
            .collect()
    }

    /// As [`Self::depart`], for who has waited long enough.
    pub(super) fn depart_now(self: &Arc<Self>, share: &ShareKey) {
        let mut all = self.lock();
        let departed = all.get_mut(share).map(|traffic| self.depart(share, traffic));
        drop(all);
        tell(departed.unwrap_or_default());
    }

    /// Forgets who does not wait any more.
    pub(super) fn forget(&self, share: &ShareKey, number: u64) {
        let mut all = self.lock();
        let Some(traffic) = all.get_mut(share) else { return };
        let at = traffic.waiting.iter().position(|group| group.number == number);
        let gone = at.map(|at| traffic.waiting.remove(at));
        drop(all);
        drop(gone);
    }
}

/// Tells those who waited. Outside of the lock: a call that nobody takes any more ends here, and its end takes the lock.
pub(super) fn tell(departed: Vec<Departed>) {
    for (ticket, coming) in departed {
        drop(ticket.send(coming));
    }
}

/// The calls that have some of these keys, of which each is told with its number among all.
fn coming(
    calls: &[SharedCall],
    size: usize,
    keys: impl Iterator<Item = (u32, usize)>,
) -> Vec<Coming> {
    let mut places: Vec<Vec<(usize, u32)>> = vec![Vec::new(); calls.len()];
    for (id, number) in keys {
        places[number / size].push((number % size, id));
    }
    let parts = calls.iter().zip(places).filter(|(_, places)| !places.is_empty());
    parts.map(|(call, places)| Coming::Begun(call.clone(), places)).collect()
}

fn count(keys: &KeyTable) -> u32 {
    u32::try_from(keys.len()).expect("keys are numbered in 32 bits")
}
