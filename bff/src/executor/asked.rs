//! What a step asks of one target: the constant part of the request, until when, and with whom the answer is shared.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::time::{Instant, timeout_at};

use super::{
    blame::Blame,
    calls::Calls,
    engine::Request,
    fetch::{Fetch, Landed, Question, Rung},
    in_flight::{Admission, Came, Coming, InFlight, Wanted},
    prepared::{Apart, PreparedStep, Target},
    watch::{Going, Part, Watched, Went},
};
use crate::{
    call::{NoAnswer, ShareInput, ShareKey},
    entity_cache::{self, Fields, Pick, View},
    error::{Code, Error, Result},
    plan::{FieldSet, StepId},
    transcoder::{EntityValue, KeyTable},
};

/// A step that asks one target.
#[derive(Clone)]
pub(super) struct Asked<'a> {
    pub(super) request: &'a Arc<Request>,
    /// What this request shares with itself.
    pub(super) own_calls: &'a Arc<InFlight>,
    pub(super) step: StepId,
    /// See [`Part::place`].
    pub(super) place: Option<usize>,
    pub(super) keys: &'a Arc<KeyTable>,
    rung: Rung,
    pub(super) timeout: Option<Duration>,
    target: &'a Target,
    constant: Bytes,
    is_for_nobody: bool,
    pub(super) began: Instant,
    pub(super) deadline: Instant,
    /// With whom calls are shared.
    share: Option<ShareKey>,
    /// Where answers are kept: whatever a mask says, in one place.
    keep: Option<ShareKey>,
    wanted: Fields,
    /// What is asked for.
    fields: Fields,
    /// What is there already of keys that are asked for.
    there: Option<Arc<HashMap<u32, Bytes>>>,
}

impl<'a> Asked<'a> {
    /// # Errors
    ///
    /// Where the request cannot be made from the arguments.
    pub(super) fn new(
        request: &'a Arc<Request>,
        own_calls: &'a Arc<InFlight>,
        (step, place): (StepId, Option<usize>),
        keys: &'a Arc<KeyTable>,
        rung: Rung,
        timeout: Option<Duration>,
    ) -> Result<Self> {
        let target = rung.target(request, step);
        let program = rung.program(request, step);
        let constant = program.request(&request.variables, &request.context)?;
        let prepared = request.step(step);
        let is_for_nobody = prepared.asks_for_the_caller && constant.is_empty();
        let began = Instant::now();
        let deadline = by(request, began, timeout);
        let share = share_key(request, prepared, target, rung, &constant);
        let keeps = rung == Rung::Own && prepared.keeps();
        let mask = prepared.mask.as_ref().filter(|_| rung == Rung::Own);
        Ok(Self {
            request,
            own_calls,
            step,
            place,
            keys,
            rung,
            timeout,
            target,
            constant,
            is_for_nobody,
            began,
            deadline,
            keep: share.clone().filter(|share| keeps && share.outlives_request()),
            share,
            wanted: mask.map(|mask| Arc::clone(&mask.fields)),
            fields: None,
            there: None,
        })
    }

    /// The same for sites that wait less long since it began, or read less.
    pub(super) fn of_sites(&self, apart: &Apart) -> Self {
        let deadline = apart.timeout.map(|timeout| by(self.request, self.began, Some(timeout)));
        Self {
            timeout: apart.timeout.or(self.timeout),
            deadline: deadline.unwrap_or(self.deadline),
            wanted: apart.fields.clone().or_else(|| self.wanted.clone()),
            ..self.clone()
        }
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
        let entities = &self.request.engine.entities;
        let rules = self.prepared().rules;
        self.keep.as_ref().and_then(|share| entities.view(share, rules, self.wanted.clone()))
    }

    /// What of its entities is read; `None`: everything may be.
    pub(super) fn wanted(&self) -> Option<&Arc<FieldSet>> {
        self.wanted.as_ref()
    }

    /// The same for these fields, where a mask can say so. `there` is what is there of the others.
    pub(super) fn asking_for(mut self, fields: Fields, there: HashMap<u32, Bytes>) -> Self {
        let (Some(mut fields), Some(mask)) = (fields, &self.prepared().mask) else { return self };
        if !Arc::ptr_eq(&fields, &mask.fields) {
            Arc::make_mut(&mut fields).extend(&mask.always);
        }
        let program = self.rung.program(self.request, self.step);
        self.constant = program.with_mask(&self.constant, &fields);
        if self.share.is_some() {
            let (prepared, target) = (self.prepared(), self.target);
            self.share = share_key(self.request, prepared, target, self.rung, &self.constant);
        }
        let there = (!there.is_empty()).then(|| Arc::new(there));
        Self { fields: Some(fields), there, ..self }
    }

    /// What came of a key, with what was there before.
    pub(super) fn whole(&self, id: u32, landed: Landed) -> EntityValue {
        let there = self.there.as_ref().and_then(|there| there.get(&id));
        let (Landed::Item(item), Some(there)) = (&landed, there) else {
            return landed.into();
        };
        let (Some(asked), Some(wanted)) = (&self.fields, self.wanted()) else {
            return landed.into();
        };
        let pick = |part| match asked.has_part(part) && asked.covers_part(wanted, part) {
            true => Pick::Newer,
            false => Pick::Older,
        };
        let whole = entity_cache::merged(there, item, pick);
        whole.map_or_else(|| EntityValue::Failed(self.unreadable()), EntityValue::Bytes)
    }

    fn unreadable(&self) -> Error {
        let error = Error::new(Code::DataLoss, "the reply could not be read");
        error.from_method(self.target.origin.clone())
    }

    /// Asks for these keys, and says of each what came until the deadline.
    pub(super) async fn fetch(&self, ids: &[u32], values: &mut [Option<EntityValue>]) {
        let mut calls = self.calls(ids);
        // What has not come by then is seen below.
        let _ = timeout_at(self.deadline, calls.gather(values)).await;
        self.give_up(ids, values);
    }

    /// The call for the only key, where all of its answer is asked for, to be read as it comes.
    pub(super) fn alone(&self) -> Option<Fetch> {
        let is_whole = self.there.is_none() && self.rung == Rung::Own;
        is_whole.then(|| self.question().fetch(self.keys, &[0], self.deadline))
    }

    /// Asks for these keys.
    pub(super) fn calls(&self, ids: &[u32]) -> Calls<'_> {
        let waiting =
            if self.has_time() { self.ask(ids, self.deadline).into() } else { VecDeque::new() };
        Calls::new(self, waiting, ids.len())
    }

    /// Whether there is any time to ask.
    fn has_time(&self) -> bool {
        self.began < self.deadline
    }

    /// Of these keys nothing more is waited for.
    pub(super) fn give_up(&self, ids: &[u32], values: &mut [Option<EntityValue>]) {
        let late = missing(ids, values);
        if late.is_empty() {
            return;
        }
        self.leave(&late);
        let error = self.too_late(late.len());
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
        let mut calls: FuturesUnordered<Coming> = self
            .ask(ids, Instant::now() + timeout)
            .into_iter()
            .filter(|coming| !matches!(coming, Coming::Joined(..)))
            .collect();
        if calls.is_empty() {
            return;
        }
        tokio::spawn(async move {
            let all = async {
                while let Some(came) = calls.next().await {
                    match came {
                        Came::Landing(..) => {}
                        Came::Late { rest, .. } => calls.push(rest),
                        Came::Departed(departed) => calls.extend(departed),
                    }
                }
            };
            let _ = tokio::time::timeout(timeout, all).await;
            drop(permit);
        });
    }

    /// The calls that answer these keys by `deadline`: joined where somebody has asked already.
    ///
    /// A call that others may join is sent with twice the time that its first waiter has. One sent with exactly that time
    /// could never be joined, because whoever comes later mostly waits until later. Nobody waits longer for that: each
    /// leaves at its own deadline, and the call is cancelled when the last one leaves, so that no service works for
    /// nobody. A later one whose deadline lies after the call's starts its own. A call of one request only ends with the
    /// request at the latest, and a call that nobody may join is sent with exactly what is left.
    fn ask(&self, ids: &[u32], deadline: Instant) -> Vec<Coming> {
        let Some(share) = &self.share else { return self.apart(ids, deadline) };
        let engine = &self.request.engine;
        let left = deadline.saturating_duration_since(Instant::now());
        let twice = deadline + left;
        let question = self.question();
        let (in_flight, until, wait) = if share.outlives_request() {
            let pace = question.pace().inspect(|pace| pace.again.earn());
            let wait = pace.and_then(|pace| pace.wait(&engine.batching, left));
            (&engine.in_flight, twice, wait)
        } else {
            (self.own_calls, twice.min(self.request.cutoff), None)
        };
        let (question, keys) = (&question, self.keys);
        let admission = self.admission(deadline, false);
        in_flight.ask(&Wanted { share, question, keys, ids, admission, until, wait })
    }

    /// Keys that failed or are late in the company of others, which may be to blame, are asked for without them. Requests
    /// that ask for the same keys do so together. Where it may be the service, there is a bound.
    pub(super) fn ask_alone(&self, ids: &[u32], blame: Blame) -> Vec<Coming> {
        let Some(share) = self.share.as_ref().filter(|share| share.outlives_request()) else {
            return if blame == Blame::Key { self.apart(ids, self.deadline) } else { Vec::new() };
        };
        let (question, keys) = (&self.question(), self.keys);
        let budget = question.pace().map(|pace| &pace.again).filter(|_| blame != Blame::Key);
        if blame == Blame::Service || budget.is_some_and(|budget| !budget.is_there()) {
            return Vec::new();
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        let (admission, until) = (self.admission(self.deadline, true), self.deadline + left);
        let in_flight = &self.request.engine.in_flight;
        let wanted = Wanted { share, question, keys, ids, admission, until, wait: None };
        let coming = in_flight.ask(&wanted);
        if let Some(budget) = budget {
            budget.spend(coming.iter().filter(|it| matches!(it, Coming::Begun(..))).count());
        }
        coming
    }

    fn admission(&self, deadline: Instant, alone: bool) -> Admission {
        let tags = self.prepared().rules.tagging != 0;
        let began = tags.then(|| self.request.engine.entities.generation());
        Admission { deadline, began, alone }
    }

    /// Calls of this step alone.
    fn apart(&self, ids: &[u32], deadline: Instant) -> Vec<Coming> {
        let question = self.question();
        ids.chunks(self.target.chunk)
            .map(|ids| {
                let call = question.fetch(self.keys, ids, deadline).run().boxed();
                Coming::Own(call, ids.iter().copied().enumerate().collect())
            })
            .collect()
    }

    pub(super) fn watched(&self, coming: Coming, went: Went) -> Watched {
        Watched::new(coming, self.going(went))
    }

    /// A call that begins now, if that is watched.
    pub(super) fn going(&self, went: Went) -> Option<Going> {
        let Self { step, place, rung, began: asked, deadline, .. } = *self;
        Going::begin(self.request, Part { step, place, rung, asked, deadline }, went)
    }

    fn question(&self) -> Question {
        Question {
            request: Arc::clone(self.request),
            step: self.step,
            rung: self.rung,
            constant: self.constant.clone(),
            keep: self.keep.clone(),
            fields: self.fields.clone(),
        }
    }

    /// What so many keys are told that got nothing in time.
    pub(super) fn too_late(&self, keys: usize) -> Error {
        let error = if self.has_time() {
            Error::new(Code::DeadlineExceeded, "the service did not answer in time")
        } else {
            let reason = NoAnswer::Unsent("it was too late to ask".into());
            let message = "the time was over before the service was asked";
            Error::with_source(Code::DeadlineExceeded, message, reason)
        };
        let error = error.from_method(self.target.origin.clone());
        self.request.engine.failures.failed_call(&error, self.target, keys);
        error
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
    if step.shares.is_none() && !target.method.shareable && !within {
        return None;
    }
    let share = ShareKey::new(ShareInput {
        contract: request.engine.contract,
        method: &target.method,
        form: target.form.clone(),
        request: constant.clone(),
        cache: step.shares.as_ref(),
        side_effects: target.side_effects,
        context: &request.context,
    });
    (within || share.outlives_request()).then_some(share)
}
