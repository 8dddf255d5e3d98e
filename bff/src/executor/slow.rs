//! Root fields that no plan answers: those of async-graphql, introspection included.

use std::{panic::AssertUnwindSafe, sync::Arc};

use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, ready},
    stream::{self, BoxStream},
};
use tokio::{
    task::yield_now,
    time::{Instant, timeout_at},
};

use super::{
    Answer, doubt,
    engine::{Engine, Request},
    fetch,
    prepared::{Node, Prepared, PreparedStep},
    respond, run,
};
use crate::{
    context::{Context, RequestId},
    error::{Code, Error, Result},
    operation::OperationKind,
    plan::{Plan, Source},
    resolver,
    transcoder::Spliced,
};

/// What answers the root fields that a plan marks as [`Source::Slow`].
pub trait SlowLane: Send + Sync {
    /// Begins to answer the field with this response key. The future is dropped at the deadline.
    fn answer(
        &self,
        response_key: &str,
        context: resolver::Context,
    ) -> BoxFuture<'static, Result<Spliced>>;
}

/// One root field of the slow lane.
#[derive(Debug)]
pub(super) struct SlowField {
    pub(super) response_key: String,
    /// Who answers it.
    pub(super) lane: &'static str,
    /// It may change something.
    pub(super) acts: bool,
    /// The first answer does not wait for it.
    pub(super) deferred: bool,
    /// How many others must be over before this one.
    pub(super) waits_for: usize,
    /// Those that wait for this one.
    pub(super) followers: Vec<Node>,
}

/// The slow root fields of a plan. Those of a mutation have their turn among its steps, which stand in the order of its
/// root fields.
pub(super) fn fields(plan: &Plan, steps: &mut [PreparedStep]) -> Vec<SlowField> {
    let acts = plan.kind == OperationKind::Mutation;
    let mut slow: Vec<SlowField> = Vec::new();
    let mut steps_before = 0;
    for field in &plan.shape(plan.root).fields {
        match &field.source {
            Source::Slow => {
                let this = Node::Slow(slow.len());
                let waits_for = if acts { steps_before + slow.len() } else { 0 };
                if acts {
                    steps[..steps_before].iter_mut().for_each(|step| step.followers.push(this));
                    slow.iter_mut().for_each(|field| field.followers.push(this));
                }
                slow.push(SlowField {
                    response_key: field.response_key.clone(),
                    lane: field.slow_lane(),
                    acts,
                    deferred: !field.defers.is_empty(),
                    waits_for,
                    followers: Vec::new(),
                });
            }
            Source::Join { site, .. } if acts => {
                let step = plan.site(*site).step;
                steps[step.0].waits_for += slow.len();
                slow.iter_mut().for_each(|field| field.followers.push(Node::Step(step)));
                let below = plan.steps[step.0 + 1..].iter().take_while(|step| step.level > 0);
                steps_before = step.0 + 1 + below.count();
            }
            _ => {}
        }
    }
    slow
}

/// Answers a field by the request's cutoff, whatever it does.
pub(super) async fn answer(
    request: Arc<Request>,
    lane: Arc<dyn SlowLane>,
    place: usize,
) -> Result<Spliced> {
    let SlowField { response_key, lane: source, acts, .. } = &request.prepared.slow[place];
    let calls = Arc::clone(&request.engine.calls);
    let context = resolver::Context::new(Arc::clone(&request.context), calls);
    // What a function does before it first waits would hold back the calls that the steps beside it have begun, whose bytes the
    // connections' own tasks send.
    if !acts && !request.prepared.steps.is_empty() {
        yield_now().await;
    }
    let began = Instant::now();
    let answering = AssertUnwindSafe(async { lane.answer(response_key, context).await });
    let answer = match timeout_at(request.cutoff, answering.catch_unwind()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(panic)) => Err(fetch::panicked("the field failed inside the gateway", &*panic)),
        Err(_) => Err(Error::new(Code::DeadlineExceeded, "the field was not answered in time")),
    };
    let answer = if *acts { answer.map_err(doubt::told) } else { answer };
    if let Some(watch) = &request.watch {
        watch.field(response_key, source, began);
    }
    let failures = &request.engine.failures;
    match &answer {
        Ok(spliced) => {
            let errors = spliced.errors.iter();
            errors.for_each(|error| failures.failed_field(&error.error, response_key));
        }
        Err(error) => failures.failed_field(error, response_key),
    }
    answer
}

/// The answers of a subscription of the slow lane. After a panic comes one that says so, the last one.
pub(super) fn show(
    engine: Arc<Engine>,
    prepared: Arc<Prepared>,
    context: Arc<Context>,
    plan: Option<Bytes>,
    begin: impl FnOnce(resolver::Context) -> BoxStream<'static, Result<Spliced>>,
) -> BoxStream<'static, Answer> {
    let calls = Arc::clone(&engine.calls);
    let of_all = resolver::Context::new(Arc::clone(&context), calls);
    let begun = std::panic::catch_unwind(AssertUnwindSafe(|| begin(of_all)));
    let events = match begun {
        Ok(events) => AssertUnwindSafe(events).catch_unwind().boxed(),
        Err(panic) => stream::once(ready(Err(panic))).boxed(),
    };
    let answer = move |event: std::thread::Result<Result<Spliced>>| {
        let told = |panic: Box<dyn std::any::Any + Send>| {
            Err(fetch::panicked("the subscription failed inside the gateway", &*panic))
        };
        let context = Context {
            request: RequestId::next(),
            deadline: Instant::now() + engine.subscriptions.event_timeout.0,
            ..Context::clone(&context)
        };
        let lane: Arc<dyn SlowLane> = Arc::new(Event(event.unwrap_or_else(told)));
        let (engine, prepared) = (Arc::clone(&engine), Arc::clone(&prepared));
        let request = Arc::new(Request::new(engine, prepared, Vec::new(), Arc::new(context)));
        let plan = plan.clone();
        async move {
            let answer = run::run(Arc::clone(&request), Some(lane)).await;
            respond::explained(answer, plan, request.watch.as_ref())
        }
    };
    events.then(answer).boxed()
}

/// A value that is there already.
struct Event(Result<Spliced>);

impl SlowLane for Event {
    fn answer(&self, _: &str, _: resolver::Context) -> BoxFuture<'static, Result<Spliced>> {
        ready(self.0.clone()).boxed()
    }
}
