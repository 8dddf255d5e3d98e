//! What a request is told of its own answer, if it may ask: how long each step waited and took, and where its values came
//! from. Everything is seen from this request: of a call that it shares with others it learns nothing but its own part.

use std::{
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
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
use crate::{error::Error, plan::StepId};

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

/// One step, by its number in the plan's text. A step that asks for more behind what was guessed is here twice.
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

/// What a call will bring, and how and when the keys went, if that is watched.
pub(super) struct Watched {
    coming: Coming,
    seen: Option<(Went, Instant)>,
}

impl Watched {
    pub(super) fn new(coming: Coming, went: Option<Went>) -> Self {
        let joined = matches!(coming, Coming::Joined(..));
        let seen = |went| (if joined { Went::Joined } else { went }, Instant::now());
        Self { seen: went.map(seen), coming }
    }
}

impl Future for Watched {
    type Output = (Came, Option<(Went, Instant)>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let came = ready!(self.coming.poll_unpin(context));
        Poll::Ready((came, self.seen))
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

/// What a call of one step brought.
pub(super) struct Brought<'a> {
    pub(super) step: StepId,
    pub(super) rung: Rung,
    /// When the step asked.
    pub(super) asked: Instant,
    pub(super) sent: Instant,
    pub(super) went: Went,
    pub(super) items: &'a mut dyn Iterator<Item = &'a Landed>,
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
    pub(super) fn begin(&self, request: &Request, step: StepId, keys: usize) -> usize {
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
        seen.steps.len() - 1
    }

    /// The cache was asked for a step.
    pub(super) fn found(&self, step: StepId, found: Found) {
        self.seen().last(step, |step| step.cache = Some(found));
    }

    /// The step that began at this place is over.
    pub(super) fn end(&self, place: usize) {
        let now = self.began.elapsed();
        let step = &mut self.seen().steps[place];
        step.took = Some(Millis(now.saturating_sub(step.waited.0)));
    }

    /// A call is over.
    pub(super) fn brought(&self, brought: Brought<'_>) {
        let Brought { step, rung, asked, sent, went, items } = brought;
        let (mut keys, mut bytes, mut code) = (0, 0, None);
        for item in items {
            keys += 1;
            match item {
                Landed::Item(item) => bytes += item.len(),
                Landed::Failed(error) => code = Some(error.code().name()),
                Landed::Missing => {}
            }
        }
        self.call(
            step,
            CallSeen {
                keys,
                bytes,
                queued: Millis(sent.saturating_duration_since(asked)),
                took: Millis(sent.elapsed()),
                went,
                fallback: rung == Rung::Fallback,
                code,
            },
        );
    }

    /// So many keys are waited for no longer.
    pub(super) fn gave_up(&self, step: StepId, asked: Instant, keys: usize, why: &Error) {
        self.call(
            step,
            CallSeen {
                keys,
                bytes: 0,
                queued: Millis(std::time::Duration::ZERO),
                took: Millis(asked.elapsed()),
                went: Went::Sent,
                fallback: false,
                code: Some(why.code().name()),
            },
        );
    }

    fn call(&self, step: StepId, call: CallSeen) {
        self.seen().last(step, |step| step.calls.push(call));
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
    /// The last of what a step asked.
    fn last(&mut self, step: StepId, note: impl FnOnce(&mut StepSeen)) {
        let mut seen = self.steps.iter_mut().rev();
        if let Some(step) = seen.find(|seen| seen.step == step.0 + 1) {
            note(step);
        }
    }
}
