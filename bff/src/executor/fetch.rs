//! One call: sent, waited for, split into items, kept.

use std::{any::Any, borrow::Cow, panic::AssertUnwindSafe, sync::Arc};

use bytes::Bytes;
use futures::FutureExt;
use prost::Message;
use tokio::time::Instant;

use super::{
    engine::Request,
    in_flight::{Departure, Landed, Landing},
    log,
    prepared::{Target, TargetKind},
};
use crate::{
    call::{Call, ShareKey},
    entity_cache::{Answer, Fields, Generation},
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

/// One call that is to be made.
pub(super) struct Fetch {
    pub(super) request: Arc<Request>,
    pub(super) step: StepId,
    pub(super) rung: Rung,
    pub(super) constant: Bytes,
    pub(super) keys: Arc<KeyTable>,
    /// Which of the keys.
    pub(super) ids: Vec<u32>,
    pub(super) deadline: Instant,
    /// Where the answer is kept, if it may be.
    pub(super) keep: Option<ShareKey>,
    /// What it asks for.
    pub(super) fields: Fields,
    pub(super) began: Generation,
    pub(super) departure: Option<Departure>,
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

impl Fetch {
    pub(super) async fn run(mut self) -> Arc<Landing> {
        let departure = self.departure.take();
        let answered = AssertUnwindSafe(self.ask()).catch_unwind().await;
        let answered = answered
            .unwrap_or_else(|panic| Err(panicked("the call failed inside the gateway", &*panic)));
        let landing = match answered {
            Ok(items) => Landing { items, failed: false },
            Err(error) => {
                let error = self.attributed(error);
                log::failed_call(&error, self.target(), self.ids.len());
                Landing { items: vec![Landed::Failed(error); self.ids.len()], failed: true }
            }
        };
        self.keep(&landing);
        // After what it brought can be found in the cache.
        drop(departure);
        Arc::new(landing)
    }

    fn target(&self) -> &Target {
        self.rung.target(&self.request, self.step)
    }

    fn program(&self) -> &CallProgram {
        self.rung.program(&self.request, self.step)
    }

    async fn ask(&self) -> Result<Vec<Landed>> {
        match self.target().kind {
            TargetKind::Batch { group } => self.items(&self.reply().await?, group),
            TargetKind::Single => {
                let reply = self.reply().await?;
                Ok(vec![entity(self.program(), reply)?])
            }
            TargetKind::Resolver(resolver) => self.resolved(resolver).await,
        }
    }

    async fn reply(&self) -> Result<Bytes> {
        let target = self.target();
        let keys = self.ids.iter().map(|id| self.keys.get(*id));
        let call = Call {
            method: Arc::clone(&target.method),
            message: self.program().with_keys(&self.constant, keys),
            deadline: self.deadline,
            side_effects: target.side_effects,
            context: Arc::clone(&self.request.context),
        };
        Ok(self.request.engine.calls.unary(call).await?.message)
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
        self.program().items(reply, &mut |key, item| {
            let place = match next.next() {
                Some((place, id)) if self.keys.get(id) == key => Some(place),
                _ => self.keys.find(key).and_then(place_of),
            };
            let Some(place) = place else { return };
            items[place] = match item {
                Ok(bytes) => Landed::Item(bytes),
                Err(error) => Landed::Failed(self.attributed(error)),
            };
        })?;
        Ok(items)
    }

    async fn resolved(&self, resolver: usize) -> Result<Vec<Landed>> {
        let engine = &self.request.engine;
        let context =
            resolver::Context::new(Arc::clone(&self.request.context), Arc::clone(&engine.calls));
        let parent =
            |id: &u32| self.program().with_keys(&Bytes::new(), std::iter::once(self.keys.get(*id)));
        let parents: Vec<Bytes> = self.ids.iter().map(parent).collect();
        let results =
            engine.resolvers[resolver].resolve(&context, &parents, self.constant.clone()).await;
        if results.len() != parents.len() {
            return Err(Error::with_source(
                Code::Internal,
                "the field could not be resolved",
                format!("{} results for {} parents", results.len(), parents.len()),
            ));
        }
        Ok(results.into_iter().map(Landed::from).collect())
    }

    fn attributed(&self, error: Error) -> Error {
        match self.target().kind {
            TargetKind::Resolver(_) => error,
            _ if error.origin().is_some() => error,
            _ => error.from_method(self.target().origin.clone()),
        }
    }

    /// Copies what came into the cache: an item is a slice of a reply, and would keep all of it.
    fn keep(&self, landing: &Landing) {
        let Some(share) = &self.keep else { return };
        let request = &self.request;
        let rules = request.step(self.step).rules;
        let entities = &request.engine.entities;
        let Some(view) = entities.view(share, rules, None) else { return };
        for (id, landed) in self.ids.iter().zip(&landing.items) {
            let answer = match landed {
                Landed::Item(item) => {
                    let tags = request.prepared.program.tags(self.step, item, &request.variables);
                    Answer::Item(Bytes::copy_from_slice(item), self.fields.clone(), tags)
                }
                Landed::Missing => Answer::Missing(None),
                // A batch that fails with NOT_FOUND does not say of which of its keys.
                Landed::Failed(error)
                    if error.code() == Code::NotFound
                        && (self.ids.len() == 1 || !landing.failed) =>
                {
                    Answer::Missing(Some(error.clone()))
                }
                Landed::Failed(_) => continue,
            };
            view.put(self.keys.get(*id), answer, self.began);
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
    Error::with_source(Code::Internal, message, format!("panicked: {told}"))
}
