//! What a step asks of one target: the constant part of the request, until when, and with whom the answer is shared.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    future::{Join, Ready, join, ready},
    stream::FuturesUnordered,
};
use tokio::time::{Instant, timeout_at};

use super::{
    engine::Request,
    fetch::{Fetch, Rung},
    in_flight::{Admission, Departure, Flight, InFlight, Landed, NewCall, Part},
    log,
    prepared::{PreparedStep, Target},
    watch::Brought,
};
use crate::{
    call::{ShareInput, ShareKey},
    entity_cache::{Generation, View},
    error::{Code, Error, Result},
    plan::StepId,
    transcoder::{EntityValue, KeyTable},
};

/// A step that asks one target.
#[derive(Clone)]
pub(super) struct Asked<'a> {
    pub(super) request: &'a Arc<Request>,
    /// What this request shares with itself.
    pub(super) own_calls: &'a Arc<InFlight>,
    pub(super) step: StepId,
    pub(super) keys: &'a Arc<KeyTable>,
    rung: Rung,
    pub(super) timeout: Option<Duration>,
    target: &'a Target,
    constant: Bytes,
    is_for_nobody: bool,
    began: Instant,
    pub(super) deadline: Instant,
    share: Option<ShareKey>,
}

/// The calls of a step that are on their way, and those that wait for their turn.
pub(super) struct Calls<'a> {
    asked: &'a Asked<'a>,
    waiting: VecDeque<Part>,
    running: FuturesUnordered<Join<Flight, Ready<Seats>>>,
}

/// The places of a part, whether somebody else began its call, and since when it is waited for, if that is watched.
type Seats = (Vec<(usize, u32)>, bool, Option<Instant>);

impl<'a> Asked<'a> {
    /// # Errors
    ///
    /// Where the request cannot be made from the arguments.
    pub(super) fn new(
        request: &'a Arc<Request>,
        own_calls: &'a Arc<InFlight>,
        step: StepId,
        keys: &'a Arc<KeyTable>,
        rung: Rung,
        timeout: Option<Duration>,
    ) -> Result<Self> {
        let target = rung.target(request, step);
        let program = rung.program(request, step);
        let constant = program.request(&request.variables, &request.context)?;
        let prepared = request.step(step);
        let is_for_nobody = prepared.asks_for_the_caller && constant.is_empty();
        let constant = match request.prepared.plan().step(step).mask.as_ref() {
            Some(mask) if rung == Rung::Own => program.with_mask(&constant, &mask.fields),
            _ => constant,
        };
        let began = Instant::now();
        let deadline = by(request, began, timeout);
        let share = share_key(request, prepared, target, rung, &constant);
        Ok(Self {
            request,
            own_calls,
            step,
            keys,
            rung,
            timeout,
            target,
            constant,
            is_for_nobody,
            began,
            deadline,
            share,
        })
    }

    /// The same for who waits only so long since it began.
    pub(super) fn hasty(&self, timeout: Duration) -> Self {
        let timeout = Some(timeout);
        Self { timeout, deadline: by(self.request, self.began, timeout), ..self.clone() }
    }

    /// Whether it is a question about the caller, and nobody knows who that is.
    pub(super) fn is_for_nobody(&self) -> bool {
        self.is_for_nobody
    }

    fn prepared(&self) -> &PreparedStep {
        self.request.step(self.step)
    }

    /// What of the cache this step may see.
    pub(super) fn view(&self) -> Option<View<'_>> {
        self.keeps()
            .and_then(|share| self.request.engine.entities.view(share, self.prepared().rules))
    }

    /// Under which key its answers are kept.
    fn keeps(&self) -> Option<&ShareKey> {
        let keeps = self.rung == Rung::Own && self.prepared().cache.is_some();
        self.share.as_ref().filter(|share| keeps && share.outlives_request())
    }

    /// Asks for these keys, and says of each what came until the deadline.
    pub(super) async fn fetch(&self, ids: &[u32], values: &mut [Option<EntityValue>]) {
        let mut calls = self.calls(ids);
        // What has not come by then is seen below.
        let _ = timeout_at(self.deadline, calls.gather(values)).await;
        self.give_up(ids, values);
    }

    /// Asks for these keys.
    pub(super) fn calls(&self, ids: &[u32]) -> Calls<'_> {
        let in_time = Instant::now() < self.deadline;
        let waiting = if in_time { self.parts(ids).into() } else { VecDeque::new() };
        Calls { asked: self, waiting, running: FuturesUnordered::new() }
    }

    /// Of these keys nothing more is waited for.
    pub(super) fn give_up(&self, ids: &[u32], values: &mut [Option<EntityValue>]) {
        let late = missing(ids, values);
        if late.is_empty() {
            return;
        }
        self.leave(&late);
        let error = self.too_late(late.len());
        if let Some(watch) = &self.request.watch {
            watch.gave_up(self.step, self.began, late.len(), &error);
        }
        for id in late {
            values[id as usize] = Some(EntityValue::Failed(error.clone()));
        }
    }

    /// Keeps no call for these keys alive.
    pub(super) fn leave(&self, ids: &[u32]) {
        if let Some(share) = &self.share {
            self.own_calls.leave(share, self.keys, ids);
        }
    }

    /// Fetches these keys into the cache, without waiting for it. Keys that are on their way already are left to those
    /// who asked for them.
    pub(super) fn refresh(&self, ids: &[u32]) {
        let engine = &self.request.engine;
        let Ok(permit) = Arc::clone(&engine.refreshes).try_acquire_owned() else { return };
        let timeout = self.prepared().timeout.unwrap_or(engine.refresh_timeout);
        let mut parts = self.parts_until(ids, Instant::now() + timeout);
        parts.retain(|part| !part.joined);
        if parts.is_empty() {
            return;
        }
        let calls = futures::future::join_all(parts.into_iter().map(|part| part.call));
        tokio::spawn(async move {
            let _ = tokio::time::timeout(timeout, calls).await;
            drop(permit);
        });
    }

    fn parts(&self, ids: &[u32]) -> Vec<Part> {
        self.parts_until(ids, self.deadline)
    }

    /// The calls that answer these keys by `deadline`: joined where somebody has asked already.
    ///
    /// A call that others may join is sent with twice the time that its first waiter has. One sent with exactly that time
    /// could never be joined, because whoever comes later mostly waits until later. Nobody waits longer for that: each
    /// leaves at its own deadline, and the call is cancelled when the last one leaves, so that no service works for
    /// nobody. A later one whose deadline lies after the call's starts its own. A call of one request only ends with the
    /// request at the latest, and a call that nobody may join is sent with exactly what is left.
    fn parts_until(&self, ids: &[u32], deadline: Instant) -> Vec<Part> {
        let Some(share) = &self.share else { return self.apart(ids, deadline) };
        let entities = &self.request.engine.entities;
        let admission = Admission {
            deadline,
            began: (self.prepared().rules.tagging != 0).then(|| entities.generation()),
        };
        let in_flight =
            if share.outlives_request() { &self.request.engine.in_flight } else { self.own_calls };
        let twice = deadline + deadline.saturating_duration_since(Instant::now());
        let latest = if share.outlives_request() { twice } else { twice.min(self.request.cutoff) };
        in_flight.join_or_start(
            share,
            (self.keys, ids),
            admission,
            self.target.chunk,
            |ids, departure| {
                let began = entities.generation();
                let call = self.call(ids, latest, began, departure);
                NewCall { call, deadline: latest, began }
            },
        )
    }

    /// Calls of this step alone.
    fn apart(&self, ids: &[u32], deadline: Instant) -> Vec<Part> {
        let began = self.request.engine.entities.generation();
        ids.chunks(self.target.chunk)
            .map(|ids| Part {
                call: self.call(ids.to_vec(), deadline, began, None),
                places: ids.iter().copied().enumerate().collect(),
                joined: false,
            })
            .collect()
    }

    fn call(
        &self,
        ids: Vec<u32>,
        deadline: Instant,
        began: Generation,
        departure: Option<Departure>,
    ) -> Flight {
        Fetch {
            request: Arc::clone(self.request),
            step: self.step,
            rung: self.rung,
            constant: self.constant.clone(),
            keys: Arc::clone(self.keys),
            ids,
            deadline,
            keep: self.keeps().cloned(),
            began,
            departure,
        }
        .run()
        .boxed()
    }

    /// What so many keys are told that got nothing in time.
    pub(super) fn too_late(&self, keys: usize) -> Error {
        let message = if self.prepared().acts {
            "the service did not answer in time: the outcome is unknown"
        } else {
            "the service did not answer in time"
        };
        let error =
            Error::new(Code::DeadlineExceeded, message).from_method(self.target.origin.clone());
        log::failed_call(&error, self.target, keys);
        error
    }
}

impl Calls<'_> {
    /// Takes what comes until all is there. It may be left and taken up again.
    pub(super) async fn gather(&mut self, values: &mut [Option<EntityValue>]) {
        let Self { asked, waiting, running } = self;
        loop {
            while running.len() < asked.request.engine.calls_at_once
                && let Some(Part { call, places, joined }) = waiting.pop_front()
            {
                let sent = asked.request.watch.as_ref().map(|_| Instant::now());
                running.push(join(call, ready((places, joined, sent))));
            }
            let Some((landing, (places, joined, sent))) = running.next().await else { return };
            if let (Some(watch), Some(sent)) = (&asked.request.watch, sent) {
                watch.brought(Brought {
                    step: asked.step,
                    rung: asked.rung,
                    asked: asked.began,
                    sent,
                    shared: joined,
                    items: &mut places.iter().map(|(place, _)| &landing.items[*place]),
                });
            }
            if joined && landing.failed && landing.items.len() > places.len() {
                // The keys of another request may be to blame: these are asked again, once and apart.
                let blamed = |(place, _): &(usize, u32)| blames_request(&landing.items[*place]);
                if places.iter().all(blamed) {
                    let ids: Vec<u32> = places.iter().map(|(_, id)| *id).collect();
                    waiting.extend(asked.apart(&ids, asked.deadline));
                    continue;
                }
            }
            for (place, id) in places {
                values[id as usize] = Some(landing.items[place].clone().into());
            }
        }
    }
}

/// The keys of which there is nothing yet.
pub(super) fn missing(ids: &[u32], values: &[Option<EntityValue>]) -> Vec<u32> {
    ids.iter().copied().filter(|id| values[*id as usize].is_none()).collect()
}

impl From<Landed> for EntityValue {
    fn from(landed: Landed) -> Self {
        match landed {
            Landed::Item(item) => Self::Bytes(item),
            Landed::Missing => Self::Null,
            Landed::Failed(error) => Self::Failed(error),
        }
    }
}

fn by(request: &Request, began: Instant, timeout: Option<Duration>) -> Instant {
    timeout.map_or(request.cutoff, |timeout| request.cutoff.min(began + timeout))
}

/// Nothing without need: a key is as long as the request, and most steps share with nobody.
pub(super) fn share_key(
    request: &Request,
    step: &PreparedStep,
    target: &Target,
    rung: Rung,
    constant: &Bytes,
) -> Option<ShareKey> {
    let within = rung == Rung::Own && step.overlaps;
    if step.cache.is_none() && !target.method.shareable && !within {
        return None;
    }
    let share = ShareKey::new(ShareInput {
        contract: request.engine.contract,
        method: &target.method,
        request: constant.clone(),
        cache: step.cache.as_ref(),
        side_effects: target.side_effects,
        context: &request.context,
    });
    (within || share.outlives_request()).then_some(share)
}

/// Whether a failed batch may have failed because of what else was in it.
fn blames_request(landed: &Landed) -> bool {
    matches!(landed, Landed::Failed(error) if matches!(
        error.code(),
        Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::OutOfRange
    ))
}
