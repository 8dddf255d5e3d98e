//! The streams that are read: who asks for what somebody reads already, and may share it, joins.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use bytes::Bytes;
use tokio_util::task::AbortOnDropHandle;

use super::{
    Subscriber,
    audience::{Alike, Audiences, Place},
    queue::Queue,
    upstream::Upstream,
};
use crate::call::{ShareInput, ShareKey};

/// The streams that others may join.
#[derive(Default)]
pub(in crate::executor) struct Streams(Mutex<HashMap<ShareKey, Weak<Stream>>>);

/// A stream that is read as long as somebody sits there.
struct Stream {
    audiences: Arc<Audiences>,
    _reading: AbortOnDropHandle<()>,
    /// Where others find it.
    listed: Option<(Arc<Streams>, ShareKey)>,
}

/// A subscriber's place at a stream, given up when it is dropped.
pub(super) struct Seat {
    stream: Arc<Stream>,
    place: Place,
}

/// Takes a place at the stream that somebody else has opened, or at a new one. What comes from now on comes into the queue.
///
/// # Panics
///
/// Outside of a tokio runtime.
pub(super) fn join(subscriber: &Arc<Subscriber>, request: Bytes, queue: &Arc<Queue>) -> Seat {
    let share = share_key(subscriber, &request);
    if !share.outlives_request() {
        return start(subscriber, request, None, queue, None);
    }
    let alike = Alike::new(subscriber);
    let streams = &subscriber.engine.streams;
    let mut listed = streams.lock();
    let found = listed.get(&share).and_then(Weak::upgrade);
    let place = found.as_ref().and_then(|stream| stream.audiences.admit(alike.clone(), queue));
    let seat = match (&found, place) {
        (Some(stream), Some(place)) => Seat { stream: Arc::clone(stream), place },
        // Nobody has it, or it is over, though its last messages still wait for who reads slowly.
        _ => {
            let seat = start(
                subscriber,
                request,
                alike,
                queue,
                Some((Arc::clone(streams), share.clone())),
            );
            listed.insert(share, Arc::downgrade(&seat.stream));
            seat
        }
    };
    // A stream that ends takes itself out of the list, so that it must not end under the lock.
    drop(listed);
    drop(found);
    seat
}

fn share_key(subscriber: &Subscriber, request: &Bytes) -> ShareKey {
    let step = subscriber.step();
    ShareKey::new(ShareInput {
        contract: subscriber.engine.contract,
        method: &step.target.method,
        form: step.target.form.clone(),
        request: request.clone(),
        cache: None,
        side_effects: step.target.side_effects,
        context: &subscriber.context,
    })
}

fn start(
    subscriber: &Arc<Subscriber>,
    request: Bytes,
    alike: Option<Alike>,
    queue: &Arc<Queue>,
    listed: Option<(Arc<Streams>, ShareKey)>,
) -> Seat {
    let audiences = Arc::new(Audiences::new(subscriber.config().size()));
    let place = audiences.admit(alike, queue).expect("it is not over before it begins");
    let (first, audiences) = (Arc::clone(subscriber), Arc::clone(&audiences));
    let upstream = Upstream { first, request, audiences: Arc::clone(&audiences) };
    let reading = AbortOnDropHandle::new(tokio::spawn(upstream.read()));
    Seat { stream: Arc::new(Stream { audiences, _reading: reading, listed }), place }
}

impl Streams {
    fn lock(&self) -> MutexGuard<'_, HashMap<ShareKey, Weak<Stream>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(in crate::executor) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.stream.audiences.leave(self.place);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let Some((streams, share)) = &self.listed else { return };
        let mut listed = streams.lock();
        // A later one may have its place.
        if listed.get(share).is_some_and(|stream| stream.strong_count() == 0) {
            listed.remove(share);
        }
    }
}
