//! Subscriptions: a stream of messages from a service, each of them the root entity of an ordinary run of the plan.
//!
//! One task reads the stream and puts messages into a bounded queue; whoever takes an answer has the plan run for the
//! oldest of them. So what a client does not read costs no calls, and no service waits for a client. The task ends with
//! the subscription, which cancels the stream.
//!
//! Subscriptions that ask the same have a stream each: nothing is shared between them yet. [`Source::open`] is the place
//! for it, as its call could have a share key like any other.

mod config;
mod queue;
mod resume;

use std::sync::Arc;

use bytes::Bytes;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Answer,
    engine::{Engine, Event, Request},
    fetch, log,
    prepared::{Prepared, PreparedStep},
    respond, run,
};
use crate::{
    call::{Call, Replies},
    context::{Context, RequestId},
    contract::SideEffects,
    error::{Code, Error, Result},
    operation::Value,
    plan::StepId,
    transcoder::{CallProgram, EntityValue},
};

pub use config::Config;
pub(super) use queue::Gap;
use queue::{Feed, Policy, Queue, Taken};
use resume::Resume;

/// The answers of a subscription, one for each message of its stream. After a failure that cannot be mended comes an answer
/// that says so, the last one.
pub(super) fn answers(
    engine: Arc<Engine>,
    prepared: Arc<Prepared>,
    variables: Vec<Option<Value>>,
    context: Arc<Context>,
) -> BoxStream<'static, Answer> {
    let source = Arc::new(Source { engine, prepared, variables, context });
    let queue = Arc::new(Queue::new(source.policy()));
    let feed = Feed::new(&queue);
    let reading = Arc::clone(&source);
    let reading = AbortOnDropHandle::new(tokio::spawn(async move { reading.read(feed).await }));
    let state = Some((source, queue, reading));
    let answers = stream::unfold(state, |state| async move {
        let (source, queue, reading) = state?;
        match queue.take().await {
            Taken::Message(message, gap) => {
                let answer = source.answer(message, gap).await;
                Some((answer, Some((source, queue, reading))))
            }
            Taken::End(None) => None,
            Taken::End(Some(failure)) => Some((respond::failed(&failure), None)),
        }
    });
    answers.boxed()
}

/// Where the messages of a subscription come from.
struct Source {
    engine: Arc<Engine>,
    prepared: Arc<Prepared>,
    variables: Vec<Option<Value>>,
    /// Of the request that subscribed. Each event has one of its own, with its own time.
    context: Arc<Context>,
}

impl Source {
    /// Of a subscription's plan the first step is the stream; [`super::prepare`] has seen to it.
    const STEP: StepId = StepId(0);

    fn step(&self) -> &PreparedStep {
        self.prepared.step(Self::STEP)
    }

    fn program(&self) -> &CallProgram {
        self.prepared.program.call(Self::STEP)
    }

    fn config(&self) -> &Config {
        &self.engine.subscriptions
    }

    fn policy(&self) -> Policy {
        let plan = self.prepared.plan();
        let is_latest =
            |name: &String| plan.shape(plan.root).fields.iter().any(|field| field.name == *name);
        self.config().policy(self.config().latest.iter().any(is_latest))
    }

    /// Reads the stream to its end, and opens it again where it broke.
    async fn read(&self, feed: Feed) {
        let request = match self.request() {
            Ok(request) => request,
            Err(refused) => return feed.end(Some(refused)),
        };
        let mut resume = Resume::new(self.config(), &self.context);
        loop {
            let opened = Instant::now();
            let failure = match self.open(&request).await {
                Ok(mut messages) => loop {
                    match messages.next().await {
                        Some(Ok(message)) => {
                            if feed.put(message).is_break() {
                                return;
                            }
                        }
                        Some(Err(failure)) => break failure,
                        None => return feed.end(None),
                    }
                },
                Err(failure) => failure,
            };
            let failure = match failure.origin() {
                Some(_) => failure,
                None => failure.from_method(self.step().target.origin.clone()),
            };
            log::failed_call(&failure, &self.step().target, 1);
            let again =
                if self.may_open_again(&failure) { resume.after(opened.elapsed()) } else { None };
            let Some(pause) = again else { return feed.end(Some(failure)) };
            sleep(pause).await;
            feed.resumed();
        }
    }

    fn request(&self) -> Result<Bytes> {
        let request = self.program().request(&self.variables, &self.context)?;
        if self.step().asks_for_the_caller && request.is_empty() {
            let message = "this is about the caller, and nobody knows who that is";
            return Err(Error::new(Code::Unauthenticated, message));
        }
        let mask = self.step().mask.as_ref();
        Ok(mask.map_or(request.clone(), |mask| self.program().with_mask(&request, &mask.fields)))
    }

    async fn open(&self, request: &Bytes) -> Result<Replies> {
        let step = self.step();
        let patience = self.config().event_timeout.0;
        let deadline =
            Instant::now() + step.timeout.map_or(patience, |timeout| timeout.min(patience));
        let call = Call {
            method: Arc::clone(&step.target.method),
            message: request.clone(),
            deadline,
            side_effects: step.target.side_effects,
            context: Arc::clone(&self.context),
        };
        let opened = timeout_at(deadline, self.engine.calls.server_stream(call)).await;
        opened.unwrap_or_else(|_| {
            Err(Error::new(Code::DeadlineExceeded, "the service did not begin its stream in time"))
        })
    }

    /// A stream that is opened again is asked for again.
    fn may_open_again(&self, failure: &Error) -> bool {
        self.step().target.side_effects == SideEffects::NoSideEffects
            && failure.code().is_endpoint_fault()
    }

    async fn answer(&self, message: Bytes, gap: Gap) -> Answer {
        let value = match fetch::entity(self.program(), message) {
            Ok(landed) => landed.into(),
            Err(failure) => {
                let failure = failure.from_method(self.step().target.origin.clone());
                log::failed_call(&failure, &self.step().target, 1);
                EntityValue::Failed(failure)
            }
        };
        let context = Context {
            request: RequestId::next(),
            deadline: Instant::now() + self.config().event_timeout.0,
            ..Context::clone(&self.context)
        };
        let request = Request {
            event: Some(Event { value, gap }),
            ..Request::new(
                Arc::clone(&self.engine),
                Arc::clone(&self.prepared),
                self.variables.clone(),
                Arc::new(context),
            )
        };
        run::run(Arc::new(request), None).await
    }
}
