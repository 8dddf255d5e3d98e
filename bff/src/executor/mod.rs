//! Runs plans: a step starts when its inputs are there, and the answer leaves in time with what is there.
//!
//! For each step the keys are read from what the parents' steps answered. What the entity cache does not have is joined
//! to calls that are on their way, or asked in batches; what fails climbs down the ladder of `@fallback`; then the
//! transcoder writes the answer.

mod asked;
mod blame;
mod calls;
mod config;
mod doubt;
mod early;
mod engine;
mod fetch;
mod gather;
mod hasty;
mod in_flight;
mod incremental;
mod ladder;
mod lesson;
mod log;
mod pace;
mod prepared;
mod respond;
mod retry_budget;
mod run;
mod slow;
mod step;
mod subscription;
mod trust;
mod usual;
mod watch;

use std::{fmt, sync::Arc};

use bytes::Bytes;
use futures::stream::BoxStream;

use crate::{
    call::CallService,
    context::Context,
    contract::Contract,
    error::{Code, Error, Result},
    operation::{OperationKind, Value},
    resolver::Registration,
    transcoder::Spliced,
};

pub use config::{Batching, Config, Gathering};
pub use incremental::Incremental;
pub use prepared::{Prepared, prepare};
pub use slow::SlowLane;
pub use subscription::Config as Subscriptions;

use engine::{Engine, Request};

/// What an answer has beside the values of the plan's calls.
#[derive(Clone, Default)]
pub struct Beside {
    /// What answers the plan's slow fields, if it has any.
    pub slow: Option<Arc<dyn SlowLane>>,
    /// The JSON of `extensions.plan`, for a caller who asks for it and may.
    pub plan: Option<Bytes>,
}

/// What runs plans for all requests. Clones are the same executor.
#[derive(Clone)]
pub struct Executor(Arc<Engine>);

/// The answer to one operation.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The whole response: `{"data":…,"errors":…,"extensions":…}`.
    pub body: Bytes,
    /// Whether `data` is null.
    pub data_is_null: bool,
    /// How many errors there were, those included that the body leaves out.
    pub errors: u64,
    /// How many places show something degraded, those included that the body leaves out.
    pub degraded: u64,
    /// Where in the body its `extensions` end, if it has some.
    extensions_end: Option<usize>,
}

impl Executor {
    /// An executor of one contract.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] where the contract names a resolver that `resolvers` lacks, or has with another
    /// fingerprint, as the program was compiled against another contract; or `config` names a subscription that the
    /// contract lacks.
    pub fn new(
        contract: &Contract,
        calls: Arc<dyn CallService>,
        resolvers: Vec<Registration>,
        config: &Config,
    ) -> Result<Self> {
        Engine::new(contract, calls, resolvers, config).map(|engine| Self(Arc::new(engine)))
    }

    /// Answers one query or mutation by its context's deadline. `variables` are coerced, in the order of the plan's.
    ///
    /// Dropping the future cancels the calls of a query. A mutation that has begun runs on to its deadline.
    pub async fn execute(
        &self,
        prepared: &Arc<Prepared>,
        variables: Vec<Option<Value>>,
        context: Arc<Context>,
        beside: Beside,
    ) -> Answer {
        let Beside { slow, plan } = beside;
        let engine = Arc::clone(&self.0);
        let request = Arc::new(Request::new(engine, Arc::clone(prepared), variables, context));
        let running = run::run(Arc::clone(&request), slow);
        let answer = if prepared.plan().kind == OperationKind::Mutation {
            tokio::spawn(running).await.unwrap_or_else(|stopped| {
                let message =
                    "the operation was stopped inside the gateway: the outcome is unknown";
                respond::failed(&Error::with_source(Code::Internal, message, stopped))
            })
        } else {
            running.await
        };
        respond::explained(answer, plan, request.watch.as_ref())
    }

    /// As [`Self::execute`], in as many answers as `@defer` and `@stream` ask for. Of a plan without either there is one. The plan is told
    /// with the first, the timing with the last.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn execute_incrementally(
        &self,
        prepared: &Arc<Prepared>,
        variables: Vec<Option<Value>>,
        context: Arc<Context>,
        beside: Beside,
        how: Incremental,
    ) -> BoxStream<'static, Answer> {
        let engine = Arc::clone(&self.0);
        let request = Arc::new(Request::new(engine, Arc::clone(prepared), variables, context));
        incremental::answers(request, beside, how)
    }

    /// Answers a subscription: each message of its stream with an answer, in time of its own. The stream of answers is over
    /// when the service ends its own, or after an answer with the reason why nothing more comes. `variables` are coerced, in
    /// the order of the plan's.
    ///
    /// Subscriptions whose callers may share the service's stream have one together, and those of them that are answered
    /// alike have the same answers. A later one gets what comes from then on. Dropping the last one cancels the stream. Whoever is told
    /// how an answer came about has answers of its own, each with `plan`, if that is there.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn subscribe(
        &self,
        prepared: &Arc<Prepared>,
        variables: Vec<Option<Value>>,
        context: Arc<Context>,
        plan: Option<Bytes>,
    ) -> BoxStream<'static, Answer> {
        subscription::answers(Arc::clone(&self.0), Arc::clone(prepared), variables, context, plan)
    }

    /// Answers a subscription whose events are values of the plan's only field, a slow one: each event with an answer, in
    /// time of its own. `begin` opens the stream; it is asked for an event when somebody takes the answer.
    #[must_use]
    pub fn show(
        &self,
        prepared: &Arc<Prepared>,
        context: Arc<Context>,
        plan: Option<Bytes>,
        begin: impl FnOnce(crate::resolver::Context) -> BoxStream<'static, Result<Spliced>>,
    ) -> BoxStream<'static, Answer> {
        slow::show(Arc::clone(&self.0), Arc::clone(prepared), context, plan, begin)
    }
}

impl fmt::Debug for Beside {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Beside").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Executor").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
