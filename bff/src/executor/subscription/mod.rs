//! Subscriptions: a stream of messages from a service, each of them the root entity of an ordinary run of the plan.
//!
//! One task reads a stream and puts each message into the bounded queue of every subscriber; whoever takes an answer has the
//! plan run for the oldest of its own. So what no client reads costs no calls, no service waits for a client, and no client
//! for another. Subscribers who may share a call share the stream, and those among them who are answered alike also share
//! each answer. The task ends with the last of them, which cancels the stream.

mod audience;
mod config;
mod message;
mod queue;
mod resume;
mod streams;
mod upstream;

use std::sync::Arc;

use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use tokio::time::Instant;

use super::{
    Answer,
    engine::{Engine, Request},
    fetch,
    prepared::{Prepared, PreparedStep},
    respond, run,
};
use crate::{
    context::{Context, RequestId},
    error::{Code, Error, Result},
    operation::Value,
    plan::StepId,
    transcoder::{CallProgram, EntityValue},
};

pub use config::Config;
pub(super) use queue::Gap;
use queue::{Policy, Queue, Taken};
pub(super) use streams::Streams;

/// The answers of a subscription, one for each message of its stream. After a failure that cannot be mended comes an answer
/// that says so, the last one.
pub(super) fn answers(
    engine: Arc<Engine>,
    prepared: Arc<Prepared>,
    variables: Vec<Option<Value>>,
    context: Arc<Context>,
    plan: Option<Bytes>,
) -> BoxStream<'static, Answer> {
    let subscriber = Arc::new(Subscriber { engine, prepared, variables, context, plan });
    let request = match subscriber.request() {
        Ok(request) => request,
        Err(refused) => return stream::once(ready(subscriber.failed(refused))).boxed(),
    };
    let queue = Arc::new(Queue::new(subscriber.policy()));
    let seat = streams::join(&subscriber, request, &queue);
    let answers = stream::unfold(Some((subscriber, queue, seat)), |state| async move {
        let (subscriber, queue, seat) = state?;
        match queue.take().await {
            Taken::Message(message, gap) => {
                let told = message.answer(|bytes| subscriber.answer(bytes).boxed()).await;
                Some((respond::after(gap, told), Some((subscriber, queue, seat))))
            }
            Taken::End(None) => None,
            Taken::End(Some(failure)) => Some((subscriber.failed(failure), None)),
        }
    });
    answers.boxed()
}

/// Who subscribed, and to what.
struct Subscriber {
    engine: Arc<Engine>,
    prepared: Arc<Prepared>,
    variables: Vec<Option<Value>>,
    /// Of the request that subscribed. Each event has one of its own, with its own time.
    context: Arc<Context>,
    /// What each answer says of how it comes about.
    plan: Option<Bytes>,
}

impl Subscriber {
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

    fn request(&self) -> Result<Bytes> {
        let request = self.program().request(&self.variables, &self.context)?;
        if self.step().asks_for_the_caller && request.is_empty() {
            let message = "this is about the caller, and nobody knows who that is";
            return Err(Error::new(Code::Unauthenticated, message));
        }
        let mask = self.step().mask.as_ref();
        Ok(mask.map_or(request.clone(), |mask| self.program().with_mask(&request, &mask.fields)))
    }

    /// Runs the plan for one message. It holds the subscriber, since others may wait for the answer when this one has left.
    fn answer(self: &Arc<Self>, message: Bytes) -> impl Future<Output = Answer> + use<> {
        let subscriber = Arc::clone(self);
        async move {
            let context = Context {
                request: RequestId::next(),
                deadline: Instant::now() + subscriber.config().event_timeout.0,
                ..Context::clone(&subscriber.context)
            };
            let request = Request {
                event: Some(subscriber.entity(message)),
                ..subscriber.run(Arc::new(context))
            };
            let request = Arc::new(request);
            let answer = run::run(Arc::clone(&request), None).await;
            respond::explained(answer, subscriber.plan.clone(), request.watch.as_ref())
        }
    }

    /// The last answer: the only field has no more events.
    fn failed(&self, error: Error) -> Answer {
        let plan = self.prepared.plan();
        match plan.shape(plan.root).fields.first() {
            Some(field) => respond::failed_at(field, error),
            None => respond::failed(&error),
        }
    }

    fn entity(&self, message: Bytes) -> EntityValue {
        match fetch::entity(self.program(), message) {
            Ok(landed) => landed.into(),
            Err(failure) => {
                let failure = failure.from_method(self.step().target.origin.clone());
                self.engine.failures.failed_call(&failure, &self.step().target, 1);
                EntityValue::Failed(failure)
            }
        }
    }

    fn run(&self, context: Arc<Context>) -> Request {
        let (engine, prepared) = (Arc::clone(&self.engine), Arc::clone(&self.prepared));
        Request::new(engine, prepared, self.variables.clone(), context)
    }
}
