//! One call: sent, waited for, split into items, kept.

use std::{any::Any, borrow::Cow, ops::Range, panic::AssertUnwindSafe, sync::Arc};

use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use prost::Message;
use tokio::time::Instant;

use super::{
    blame::{Blame, blame},
    engine::Request,
    gather::{self, Gathered},
    lesson::Lesson,
    pace::Pace,
    prepared::{Target, TargetKind},
};
use crate::{
    call::{Call, NoAnswer, ShareKey},
    entity_cache::{Answer, Began, Fields},
    error::{Code, Error, Result},
    plan::StepId,
    resolver,
    transcoder::{CallProgram, KeyTable},
};

/// Whom a step asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rung {
    /// The field's own target.
    Own,
    /// The target of `@fallback(rpc:)`.
    Fallback,
}

/// A call on its way.
pub(super) type Flight = BoxFuture<'static, Arc<Landing>>;

/// What a step asks, but for the keys.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) request: Arc<Request>,
    pub(super) step: StepId,
    pub(super) rung: Rung,
    pub(super) constant: Bytes,
    /// Where the answer is kept, if it may be.
    pub(super) keep: Option<ShareKey>,
    /// What it asks for.
    pub(super) fields: Fields,
}

/// One call that is to be made.
pub(super) struct Fetch {
    question: Question,
    pub(super) keys: Arc<KeyTable>,
    /// Which of the keys, in order.
    pub(super) ids: Arc<[u32]>,
    pub(super) deadline: Instant,
    pub(super) began: Began,
    /// Where several requests ask: who brought which of the keys, in order.
    pub(super) owners: Option<Arc<[Owner]>>,
    /// From when on it is late for those who share it.
    late: Option<Instant>,
}

/// Rings when a call is late that requests with other keys than all of its keys may wait for.
pub(super) struct Alarm {
    pub(super) at: Instant,
    keys: usize,
    /// Whose keys went together.
    company: Option<(Arc<Request>, usize)>,
}

/// Who brought the keys up to a number.
pub(super) struct Owner {
    pub(super) question: Question,
    pub(super) end: u32,
}

/// What a call brought.
#[derive(Debug)]
pub(super) struct Landing {
    /// One for each key that was asked for, in that order.
    pub(super) items: Vec<Landed>,
    /// The call failed as a whole, and not for a single item.
    pub(super) failed: bool,
}

/// What a call brought for one key.
#[derive(Clone, Debug)]
pub(super) enum Landed {
    Item(Bytes),
    /// The reply does not speak of it.
    Missing,
    Failed(Error),
}

impl Rung {
    /// Only steps that have a fallback ask it.
    pub(super) fn target(self, request: &Request, step: StepId) -> &Target {
        let prepared = request.step(step);
        match self {
            Self::Own => &prepared.target,
            Self::Fallback => prepared.fallback.as_ref().expect("the step has a fallback"),
        }
    }

    pub(super) fn program(self, request: &Request, step: StepId) -> &CallProgram {
        let program = &request.prepared.program;
        match self {
            Self::Own => program.call(step),
            Self::Fallback => program.fallback(step).expect("the step has a fallback"),
        }
    }
}

impl Question {
    pub(super) fn target(&self) -> &Target {
        self.rung.target(&self.request, self.step)
    }

    fn program(&self) -> &CallProgram {
        self.rung.program(&self.request, self.step)
    }

    /// What was seen of the method, where it takes many keys at once.
    pub(super) fn pace(&self) -> Option<&Pace> {
        self.request.engine.paces.get(self.pace_number()?)
    }

    fn pace_number(&self) -> Option<usize> {
        let Target { kind, number, .. } = self.target();
        number.filter(|_| matches!(kind, TargetKind::Batch { .. }))
    }

    /// The call with these keys, to be made from now on.
    pub(super) fn fetch(&self, keys: &Arc<KeyTable>, ids: &[u32], deadline: Instant) -> Fetch {
        Fetch {
            question: self.clone(),
            keys: Arc::clone(keys),
            ids: ids.into(),
            deadline,
            began: self.request.engine.entities.begin(),
            owners: None,
            late: None,
        }
    }

    fn attributed(&self, error: Error) -> Error {
        match self.target().kind {
            TargetKind::Resolver(_) => error,
            _ if error.origin().is_some() => error,
            _ => error.from_method(self.target().origin.clone()),
        }
    }
}

impl Alarm {
    /// The call is late. Says how many keys it has.
    pub(super) fn ring(self) -> usize {
        if let Some((request, number)) = self.company {
            request.engine.paces[number].was_shared(false);
        }
        self.keys
    }
}

impl Fetch {
    /// The alarm for those who wait for a call that begins now, of whom none has less time than until `soonest`.
    pub(super) fn alarm(&mut self, soonest: Instant) -> Option<Alarm> {
        let (keys, number) = (self.ids.len(), self.question.pace_number()?);
        if keys < 2 {
            return None;
        }
        let now = Instant::now();
        let at = now + self.question.pace()?.patience(soonest.saturating_duration_since(now));
        self.late = Some(at);
        let company = self.owners.is_some().then(|| (Arc::clone(&self.question.request), number));
        Some(Alarm { at, keys, company })
    }

    pub(super) async fn run(self) -> Arc<Landing> {
        let lesson = self.lesson();
        let answered = AssertUnwindSafe(self.ask()).catch_unwind().await;
        let answered = answered
            .unwrap_or_else(|panic| Err(panicked("the call failed inside the gateway", &*panic)));
        let landing = match answered {
            Ok(items) => Landing { items, failed: false },
            Err(error) => {
                let error = self.question.attributed(error);
                let failures = &self.question.request.engine.failures;
                failures.failed_call(&error, self.question.target(), self.ids.len());
                let items = vec![Landed::Failed(error); self.ids.len()];
                Landing { items, failed: true }
            }
        };
        if let Some(lesson) = lesson {
            lesson.landed(&landing);
        }
        match &self.owners {
            None => self.keep(&self.question, 0..self.ids.len(), &landing),
            Some(owners) => self.keep_for(owners, &landing),
        }
        Arc::new(landing)
    }

    /// The stream of a list that is read as it comes, by this and not by [`Self::run`].
    pub(super) async fn open(&self) -> Result<Gathered> {
        let engine = &self.question.request.engine;
        let how = self.question.target().gather.as_ref();
        let how = how.expect("a list that comes bit by bit is gathered");
        Gathered::open(&*engine.calls, self.call(), how, &engine.gathering).await
    }

    /// Whether what came of such a list may be kept.
    pub(super) fn keeps(&self) -> bool {
        self.question.keep.is_some()
    }

    /// Such a list has ended well.
    pub(super) fn keep_whole(&self, list: Bytes) {
        let landing = Landing { items: vec![Landed::Item(list)], failed: false };
        self.keep(&self.question, 0..1, &landing);
    }

    /// What clients are told of such a list that failed, after the log was.
    pub(super) fn failed(&self, failure: Error) -> Error {
        let failure = self.question.attributed(failure);
        let failures = &self.question.request.engine.failures;
        failures.failed_call(&failure, self.question.target(), self.ids.len());
        let landing = Landing { items: vec![Landed::Failed(failure.clone())], failed: true };
        self.keep(&self.question, 0..1, &landing);
        failure
    }

    fn lesson(&self) -> Option<Lesson<'_>> {
        let (pace, began) = (self.question.pace()?, Instant::now());
        let given = self.deadline.saturating_duration_since(began);
        let late = self.late.unwrap_or_else(|| began + pace.patience(given));
        let is_shared = self.owners.is_some() && self.ids.len() > 1;
        Some(Lesson { pace, began, late, is_shared, is_over: false })
    }

    async fn ask(&self) -> Result<Vec<Landed>> {
        match self.question.target().kind {
            TargetKind::Batch { group } => self.items(&self.reply().await?, group),
            TargetKind::Single => {
                let reply = self.reply().await?;
                Ok(vec![entity(self.question.program(), reply)?])
            }
            TargetKind::Resolver(resolver) => self.resolved(resolver).await,
        }
    }

    async fn reply(&self) -> Result<Bytes> {
        let (engine, call) = (&self.question.request.engine, self.call());
        match &self.question.target().gather {
            None => Ok(engine.calls.unary(call).await?.message),
            Some(how) => gather::gather(&*engine.calls, call, how, &engine.gathering).await,
        }
    }

    fn call(&self) -> Call {
        let Question { request, constant, .. } = &self.question;
        let target = self.question.target();
        let keys = self.ids.iter().map(|id| self.keys.get(*id));
        Call {
            method: Arc::clone(&target.method),
            message: self.question.program().with_keys(constant, keys),
            deadline: self.deadline,
            open_ended: false,
            side_effects: target.side_effects,
            context: Arc::clone(&request.context),
        }
    }

    fn items(&self, reply: &Bytes, group: bool) -> Result<Vec<Landed>> {
        // A group without items is a group.
        let none = if group { Landed::Item(Bytes::new()) } else { Landed::Missing };
        let mut items = vec![none; self.ids.len()];
        // Keys are numbered from 0, and ids are in order.
        let all = self.ids.len() == self.keys.len();
        let place_of = |id: u32| match all {
            true => Some(id as usize),
            false => self.ids.binary_search(&id).ok(),
        };
        // Services mostly answer in the order in which they were asked.
        let mut next = self.ids.iter().copied().enumerate();
        self.question.program().items(reply, &mut |key, item| {
            let place = match next.next() {
                Some((place, id)) if self.keys.get(id) == key => Some(place),
                _ => self.keys.find(key).and_then(place_of),
            };
            let Some(place) = place else { return };
            items[place] = match item {
                Ok(bytes) => Landed::Item(bytes),
                Err(error) => Landed::Failed(self.question.attributed(error)),
            };
        })?;
        Ok(items)
    }

    async fn resolved(&self, resolver: usize) -> Result<Vec<Landed>> {
        let Question { request, constant, .. } = &self.question;
        let engine = &request.engine;
        let context =
            resolver::Context::new(Arc::clone(&request.context), Arc::clone(&engine.calls));
        let program = self.question.program();
        let parent =
            |id: &u32| program.with_keys(&Bytes::new(), std::iter::once(self.keys.get(*id)));
        let parents: Vec<Bytes> = self.ids.iter().map(parent).collect();
        let results =
            engine.resolvers[resolver].resolve(&context, &parents, constant.clone()).await;
        if results.len() != parents.len() {
            return Err(Error::with_source(
                Code::Internal,
                "the field could not be resolved",
                format!("{} results for {} parents", results.len(), parents.len()),
            ));
        }
        Ok(results.into_iter().map(Landed::from).collect())
    }

    /// Each keeps what it brought the keys for, by its own rules.
    fn keep_for(&self, owners: &[Owner], landing: &Landing) {
        let mut from = 0;
        for Owner { question, end } in owners {
            let to = self.ids.partition_point(|id| id < end);
            self.keep(question, from..to, landing);
            from = to;
        }
    }

    /// Copies what came into the cache: an item is a slice of a reply, and would keep all of it. A denial takes out what is there.
    fn keep(&self, question: &Question, places: Range<usize>, landing: &Landing) {
        let Question { request, step, keep, fields, .. } = question;
        let Some(share) = keep else { return };
        let rules = request.step(*step).rules;
        let Some(view) = request.engine.entities.view(share, rules, None) else { return };
        for (id, landed) in self.ids[places.clone()].iter().zip(&landing.items[places]) {
            let key = self.keys.get(*id);
            let answer = match landed {
                Landed::Item(item) => {
                    let tags = request.prepared.program.tags(*step, item, &request.variables);
                    Answer::Item(Bytes::copy_from_slice(item), fields.clone(), tags)
                }
                Landed::Missing => Answer::Missing(None),
                // A batch that fails with NOT_FOUND does not say of which of its keys.
                Landed::Failed(error)
                    if error.code() == Code::NotFound
                        && (self.ids.len() == 1 || !landing.failed) =>
                {
                    Answer::Missing(Some(error.clone()))
                }
                // A call that is denied as a whole does not say which of its keys was meant, so each may be. Whoever shares the
                // entry, be it one user or everybody, is the same caller to the service, and so denied as well. One entry too many
                // that is gone costs a call; one too few is shown to who may not see it.
                Landed::Failed(error) if error.code().is_denial() => {
                    view.deny(key, self.began);
                    continue;
                }
                Landed::Failed(_) => continue,
            };
            view.put(key, answer, self.began);
        }
    }
}

impl Landing {
    /// Whether it failed in a way that speaks against the service, whatever it was asked.
    pub(super) fn accuses_service(&self) -> bool {
        self.blame().is_some_and(|blame| blame != Blame::Key)
    }

    /// What made it fail for all of its keys.
    pub(super) fn blame(&self) -> Option<Blame> {
        match self.items.first() {
            Some(Landed::Failed(error)) if self.failed => Some(blame(error)),
            _ => None,
        }
    }
}

impl Landed {
    /// Whether this failed in a way that speaks against asking for the keys of several requests together. One that has too much to
    /// do would have more to do.
    pub(super) fn warns_of_company(&self) -> bool {
        let Self::Failed(error) = self else { return false };
        match blame(error) {
            Blame::Key => true,
            Blame::KeyOrService => error.code() != Code::ResourceExhausted,
            Blame::Service => matches!(error.code(), Code::Unavailable | Code::DeadlineExceeded),
        }
    }
}

impl From<Result<Bytes>> for Landed {
    fn from(result: Result<Bytes>) -> Self {
        result.map_or_else(Self::Failed, Self::Item)
    }
}

/// What a reply that is not split into items is for its step.
pub(super) fn entity(program: &CallProgram, reply: Bytes) -> Result<Landed> {
    readable(&reply)?;
    Ok(program.entity(reply)?.map_or(Landed::Missing, Landed::Item))
}

/// Whether a reply is a message at all, whichever. Batches are read when they are split.
fn readable(reply: &Bytes) -> Result<()> {
    <() as Message>::decode(reply.clone())
        .map_err(|error| Error::with_source(Code::DataLoss, "the reply could not be read", error))
}

/// What is told of a panic; its own words are for the log.
pub(super) fn panicked(message: &'static str, panic: &(dyn Any + Send)) -> Error {
    let told = panic
        .downcast_ref::<&str>()
        .map(|text| Cow::Borrowed(*text))
        .or_else(|| panic.downcast_ref::<String>().map(|text| Cow::Owned(text.clone())))
        .unwrap_or(Cow::Borrowed("a panic without words"));
    Error::with_source(Code::Internal, message, NoAnswer::Lost(format!("panicked: {told}").into()))
}
