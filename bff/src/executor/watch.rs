//! What a request is told of its own answer, if it may ask: how long each step waited and took, and where its values came
//! from. Everything is seen from this request: of a call that it shares with others it learns nothing but its own part.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use futures::FutureExt;

use serde::{Serialize, Serializer};
use tokio::time::Instant;

use super::{
    engine::Request,
    fetch::{Landed, Rung},
    in_flight::{Came, Coming},
    prepared::TargetKind,
};
use crate::{error::Code, plan::StepId};

/// What was seen so far.
#[derive(Debug)]
pub(super) struct Watch {
    began: Instant,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    steps: Vec<StepSeen>,
    fields: Vec<FieldSeen>,
}

/// One step, by its number in the plan's text. A step that asks for more behind what was guessed is here twice, each time
/// with its own calls.
#[derive(Clone, Debug, Serialize)]
struct StepSeen {
    step: usize,
    target: String,
    source: &'static str,
    keys: usize,
    /// Until what it needs was there.
    waited: Millis,
    took: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<Found>,
    calls: Vec<CallSeen>,
}

/// How many keys the entity cache had.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Found {
    pub(super) hit: usize,
    pub(super) stale: usize,
    /// Known to have no value.
    pub(super) absent: usize,
    pub(super) miss: usize,
}

/// One call, as far as it is this request's.
#[derive(Clone, Debug, Serialize)]
struct CallSeen {
    keys: usize,
    /// Of the items for these keys.
    bytes: usize,
    /// Until it had its turn.
    queued: Millis,
    took: Millis,
    went: Went,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fallback: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

/// How keys went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Went {
    /// At once, in a call of their own.
    Sent,
    /// Not at all: somebody had asked already, in this request or in another one.
    Joined,
    /// After they had waited for others.
    Gathered,
}

/// Which part of a request a call is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) step: StepId,
    /// Where [`Watch::begin`] put it. `None`: it belongs to what the step asked last.
    pub(super) place: Option<usize>,
    pub(super) rung: Rung,
    /// When the step asked.
    pub(super) asked: Instant,
    /// Until when it waits.
    pub(super) deadline: Instant,
}

/// A call that is under way, and watched.
pub(super) struct Going {
    request: Arc<Request>,
    part: Part,
    went: Went,
    sent: Instant,
}

/// What a call will bring, and what is seen of it, if it is watched. It is also seen that nobody waits any more.
pub(super) struct Watched {
    coming: Coming,
    going: Option<Going>,
}

impl Watched {
    pub(super) fn new(coming: Coming, mut going: Option<Going>) -> Self {
        if let (Coming::Joined(..), Some(going)) = (&coming, &mut going) {
            going.went = Went::Joined;
        }
        Self { coming, going }
    }
}

impl Future for Watched {
    type Output = (Came, Option<Going>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let came = ready!(self.coming.poll_unpin(context));
        Poll::Ready((came, self.going.take()))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let (Some(going), Some(places)) = (self.going.take(), self.coming.places()) {
            going.left(places.len());
        }
    }
}

impl Going {
    /// A call begins now. `None` where nobody watches.
    pub(super) fn begin(request: &Arc<Request>, part: Part, went: Went) -> Option<Self> {
        let request = request.watch.is_some().then(|| Arc::clone(request))?;
        Some(Self { request, part, went, sent: Instant::now() })
    }

    /// The call is over.
    pub(super) fn brought<'a>(self, items: impl Iterator<Item = &'a Landed>) {
        let (mut keys, mut bytes, mut code) = (0, 0, None);
        for item in items {
            keys += 1;
            match item {
                Landed::Item(item) => bytes += item.len(),
                Landed::Failed(error) => code = Some(error.code()),
                Landed::Missing => {}
            }
        }
        self.over(keys, bytes, code);
    }

    /// So many keys are waited for no longer: it is too late, or they are not needed.
    fn left(self, keys: usize) {
        let in_time = Instant::now() < self.part.deadline;
        self.over(keys, 0, Some(if in_time { Code::Cancelled } else { Code::DeadlineExceeded }));
    }

    fn over(self, keys: usize, bytes: usize, code: Option<Code>) {
        let Self { request, part, went, sent } = self;
        let Some(watch) = &request.watch else { return };
        let call = CallSeen {
            keys,
            bytes,
            queued: Millis(sent.saturating_duration_since(part.asked)),
            took: Millis(sent.elapsed()),
            went,
            fallback: part.rung == Rung::Fallback,
            code: code.map(Code::name),
        };
        watch.seen().of(part.step, part.place, |step| step.calls.push(call));
    }
}

/// One field of the slow lane.
#[derive(Clone, Debug, Serialize)]
struct FieldSeen {
    field: String,
    source: &'static str,
    waited: Millis,
    took: Millis,
}

/// A span of time, as milliseconds with three decimals.
#[derive(Clone, Copy, Debug)]
struct Millis(std::time::Duration);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_precision_loss, reason = "no request takes 285 years")]
        serializer.serialize_f64(self.0.as_micros() as f64 / 1_000.0)
    }
}

/// A step that is under way. It is over when this is dropped, whether it was answered or left.
pub(super) struct Running<'a> {
    watch: &'a Watch,
    pub(super) place: usize,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let now = self.watch.began.elapsed();
        let step = &mut self.watch.seen().steps[self.place];
        step.took = Some(Millis(now.saturating_sub(step.waited.0)));
    }
}

#[derive(Serialize)]
struct Told<'a> {
    total: Millis,
    steps: Vec<&'a StepSeen>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    fields: &'a [FieldSeen],
}

impl Watch {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), seen: Mutex::default() }
    }

    /// A step begins, with so many keys.
    pub(super) fn begin(&self, request: &Request, step: StepId, keys: usize) -> Running<'_> {
        let target = &request.step(step).target;
        let method = &target.method;
        let source = match target.kind {
            TargetKind::Resolver(_) => "resolver",
            _ => request.engine.calls.source(method),
        };
        let mut seen = self.seen();
        seen.steps.push(StepSeen {
            step: step.0 + 1,
            target: format!("{}/{}", method.service, method.name),
            source,
            keys,
            waited: Millis(self.began.elapsed()),
            took: None,
            cache: None,
            calls: Vec::new(),
        });
        Running { watch: self, place: seen.steps.len() - 1 }
    }

    /// The cache was asked for a step.
    pub(super) fn found(&self, step: StepId, place: Option<usize>, found: Found) {
        self.seen().of(step, place, |step| step.cache = Some(found));
    }

    /// A field of the slow lane, which began at this moment, has its value.
    pub(super) fn field(&self, response_key: &str, source: &'static str, began: Instant) {
        self.seen().fields.push(FieldSeen {
            field: response_key.to_owned(),
            source,
            waited: Millis(began.saturating_duration_since(self.began)),
            took: Millis(began.elapsed()),
        });
    }

    /// All of it, as JSON.
    pub(super) fn told(&self) -> Vec<u8> {
        let seen = self.seen();
        let mut steps: Vec<&StepSeen> = seen.steps.iter().collect();
        steps.sort_by_key(|step| step.step);
        let told = Told { total: Millis(self.began.elapsed()), steps, fields: &seen.fields };
        serde_json::to_vec(&told).expect("texts and numbers are always JSON")
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// What a step asked: at this place, or else the last.
    fn of(&mut self, step: StepId, place: Option<usize>, note: impl FnOnce(&mut StepSeen)) {
        let last = || self.steps.iter().rposition(|seen| seen.step == step.0 + 1);
        if let Some(place) = place.or_else(last) {
            note(&mut self.steps[place]);
        }
    }
}
