//! Who reads a stream. Those who are answered alike are one audience.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::{Notify, futures::Notified};

use super::{
    Subscriber,
    message::{Kept, Message},
    queue::Queue,
};
use crate::{
    call::ShareKey,
    context::Explain,
    error::Error,
    executor::{
        asked,
        engine::Request,
        fetch::Rung,
        prepared::{Prepared, Target},
    },
    operation::Value,
    plan::StepId,
};

/// All who read a stream.
pub(super) struct Audiences {
    /// How many bytes of answers an audience keeps for those who read slowly.
    kept: usize,
    state: Mutex<State>,
    joined: Notify,
}

#[derive(Default)]
struct State {
    audiences: BTreeMap<u64, Audience>,
    next_number: u64,
    over: bool,
}

/// Where a reader sits: the numbers of the audience and of the reader in it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    audience: u64,
    reader: u64,
}

/// Readers who are answered alike.
struct Audience {
    /// Nobody is answered like a reader who has none.
    alike: Option<Alike>,
    kept: Arc<Kept>,
    queues: BTreeMap<u64, Arc<Queue>>,
}

/// Everything that two subscriptions to a stream must have in common before the answer to one is given to the other: what
/// they select, with which variables, and for each call inside that whoever may share it with one may share it with both.
#[derive(Clone)]
pub(super) struct Alike {
    prepared: Arc<Prepared>,
    variables: Arc<[Option<Value>]>,
    shares: Arc<[ShareKey]>,
}

impl Audiences {
    pub(super) fn new(kept: usize) -> Self {
        Self { kept, state: Mutex::default(), joined: Notify::new() }
    }

    /// The place of a new reader; none where the stream is over.
    pub(super) fn admit(&self, alike: Option<Alike>, queue: &Arc<Queue>) -> Option<Place> {
        let mut state = self.state();
        if state.over {
            return None;
        }
        let reader = state.next_number;
        state.next_number += 1;
        let mut audiences = state.audiences.iter();
        let known = alike.as_ref().and_then(|alike| {
            audiences.find(|(_, audience)| audience.alike.as_ref() == Some(alike))
        });
        let audience = known.map_or(reader, |(number, _)| *number);
        let new = || Audience { alike, kept: Kept::new(self.kept), queues: BTreeMap::new() };
        let audience_of = state.audiences.entry(audience).or_insert_with(new);
        audience_of.queues.insert(reader, Arc::clone(queue));
        drop(state);
        self.joined.notify_waiters();
        Some(Place { audience, reader })
    }

    /// Done when somebody is admitted from now on.
    pub(super) fn joined(&self) -> Notified<'_> {
        self.joined.notified()
    }

    pub(super) fn leave(&self, place: Place) {
        let mut state = self.state();
        if let Entry::Occupied(mut audience) = state.audiences.entry(place.audience) {
            audience.get_mut().queues.remove(&place.reader);
            if audience.get().queues.is_empty() {
                audience.remove();
            }
        }
    }

    /// Gives a message to all. It is over where nobody is left who has room for it.
    pub(super) fn put(&self, bytes: &Bytes) -> ControlFlow<()> {
        let mut state = self.state();
        for Audience { kept, queues, .. } in state.audiences.values_mut() {
            let message = Arc::new(Message::new(bytes.clone(), kept));
            queues.retain(|_, queue| queue.put(Arc::clone(&message)).is_continue());
        }
        state.audiences.retain(|_, audience| !audience.queues.is_empty());
        state.over = state.audiences.is_empty();
        if state.over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// The stream broke, and will be opened again: before the next message some may be missing.
    pub(super) fn resumed(&self) {
        self.state().queues().for_each(|queue| queue.resumed());
    }

    /// Nothing comes any more. What was said first holds.
    pub(super) fn end(&self, failure: Option<&Error>) {
        let mut state = self.state();
        state.over = true;
        state.queues().for_each(|queue| queue.end(failure));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn queues(&self) -> impl Iterator<Item = &Arc<Queue>> {
        self.audiences.values().flat_map(|audience| audience.queues.values())
    }
}

impl Alike {
    /// None where something in the answer is for this subscriber alone.
    pub(super) fn new(subscriber: &Subscriber) -> Option<Self> {
        // What one is told of how an answer came about, others must not learn.
        if subscriber.context.explain != Explain::default() {
            return None;
        }
        let prepared = Arc::clone(&subscriber.prepared);
        let request = subscriber.run(Arc::clone(&subscriber.context));
        let joins = (0..prepared.steps.len()).map(StepId).filter(|step| *step != Subscriber::STEP);
        let targets = joins.flat_map(|step| {
            let fallback = prepared.step(step).fallback.as_ref().map(|_| Rung::Fallback);
            [Some(Rung::Own), fallback].into_iter().flatten().map(move |rung| (step, rung))
        });
        let shares = targets
            .map(|(step, rung)| share_key(&request, step, rung))
            .collect::<Option<Arc<[_]>>>()?;
        Some(Self { prepared, variables: subscriber.variables.as_slice().into(), shares })
    }
}

fn share_key(request: &Request, step: StepId, rung: Rung) -> Option<ShareKey> {
    let constant =
        rung.program(request, step).request(&request.variables, &request.context).ok()?;
    let target: &Target = rung.target(request, step);
    asked::share_key(request, request.step(step), target, rung, &constant)
        .filter(ShareKey::outlives_request)
}

impl PartialEq for Alike {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.prepared, &other.prepared)
            && self.variables == other.variables
            && self.shares == other.shares
    }
}
