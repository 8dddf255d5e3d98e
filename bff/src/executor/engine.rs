//! What all requests share, and what all steps of one request share.

use std::{fmt, hash::BuildHasher, sync::Arc, time::Duration};

use foldhash::quality::FixedState;
use prost::Message;
use tokio::{sync::Semaphore, time::Instant};

use super::{
    config::{Batching, Config, Gathering},
    in_flight::InFlight,
    log::FailureLog,
    pace::Pace,
    prepared::{Prepared, PreparedStep},
    subscription,
    watch::Watch,
};
use crate::{
    call::CallService,
    context::Context,
    contract::Contract,
    entity_cache::EntityCache,
    error::{Code, Error, Result},
    operation::Value,
    plan::{StepId, Stream},
    resolver::{Registration, Resolve},
    transcoder::{Budget, EntityValue, ListPart},
};

/// What all requests share.
pub(super) struct Engine {
    /// The fingerprint of the contract.
    pub(super) contract: u64,
    pub(super) calls: Arc<dyn CallService>,
    /// In the order of the contract.
    pub(super) resolvers: Vec<Box<dyn Resolve>>,
    pub(super) entities: EntityCache,
    pub(super) in_flight: Arc<InFlight>,
    pub(super) batching: Batching,
    pub(super) gathering: Gathering,
    /// In the order of the contract's methods.
    pub(super) paces: Box<[Pace]>,
    pub(super) calls_at_once: usize,
    pub(super) refreshes: Arc<Semaphore>,
    pub(super) refresh_timeout: Duration,
    pub(super) max_answer_size: usize,
    pub(super) subscriptions: subscription::Config,
    pub(super) streams: Arc<subscription::Streams>,
    pub(super) failures: Arc<FailureLog>,
    reserve: Duration,
}

/// What all steps of one request share. A call that is shared with other requests holds that of its first.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) engine: Arc<Engine>,
    pub(super) prepared: Arc<Prepared>,
    pub(super) variables: Vec<Option<Value>>,
    pub(super) context: Arc<Context>,
    /// When the answer begins to be written.
    pub(super) cutoff: Instant,
    /// Of a subscription: the message that is answered, as the root entity.
    pub(super) event: Option<EntityValue>,
    /// What is to be told of the answer; mostly nothing.
    pub(super) watch: Option<Watch>,
}

impl Engine {
    pub(super) fn new(
        contract: &Contract,
        calls: Arc<dyn CallService>,
        resolvers: Vec<Registration>,
        config: &Config,
    ) -> Result<Self> {
        config.subscriptions.check(contract)?;
        Ok(Self {
            contract: FixedState::default().hash_one(contract.encode_to_vec()),
            calls,
            resolvers: in_contract_order(contract, resolvers)?,
            entities: EntityCache::new(&config.entity_cache),
            in_flight: Arc::new(InFlight::across_requests(config.batching.max_keys.max(1))),
            batching: config.batching.clone(),
            gathering: config.gathering.clone(),
            paces: contract.methods.iter().map(|_| Pace::default()).collect(),
            calls_at_once: config.calls_at_once.max(1),
            refreshes: Arc::new(Semaphore::new(
                config.refreshes_at_once.min(Semaphore::MAX_PERMITS),
            )),
            refresh_timeout: config.refresh_timeout.0,
            max_answer_size: usize::try_from(config.max_answer_size.0).unwrap_or(usize::MAX),
            subscriptions: config.subscriptions.clone(),
            streams: Arc::default(),
            failures: Arc::default(),
            reserve: config.reserve.0,
        })
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Engine").field("contract", &self.contract).finish_non_exhaustive()
    }
}

impl Request {
    /// By stream of the plan: what there is of a list before any of it came.
    pub(super) fn lists(&self) -> Box<[ListPart]> {
        let first = |stream: &Stream| match stream.initial_count.resolve(&self.variables) {
            Some(Value::Int(count)) => u32::try_from(*count).unwrap_or_default(),
            _ => 0,
        };
        let list = |stream| ListPart { first: first(stream), ..ListPart::default() };
        self.prepared.plan().streams.iter().map(list).collect()
    }

    pub(super) fn new(
        engine: Arc<Engine>,
        prepared: Arc<Prepared>,
        variables: Vec<Option<Value>>,
        context: Arc<Context>,
    ) -> Self {
        let left = context.deadline.saturating_duration_since(Instant::now());
        let cutoff = context.deadline - engine.reserve.min(left / 4);
        let watch = context.explain.timing.then(Watch::new);
        Self { engine, prepared, variables, context, cutoff, event: None, watch }
    }

    /// Of the answer.
    pub(super) fn budget(&self) -> Budget {
        Budget { size: self.engine.max_answer_size, deadline: self.context.deadline }
    }

    pub(super) fn step(&self, id: StepId) -> &PreparedStep {
        self.prepared.step(id)
    }
}

fn in_contract_order(
    contract: &Contract,
    mut registered: Vec<Registration>,
) -> Result<Vec<Box<dyn Resolve>>> {
    let mut faults = Vec::new();
    let mut found = Vec::with_capacity(contract.resolvers.len());
    for wanted in &contract.resolvers {
        let place = format!("`{}.{}`", wanted.r#type, wanted.field);
        let position = registered.iter().position(|registration| {
            registration.type_name == wanted.r#type && registration.field == wanted.field
        });
        match position.map(|position| registered.swap_remove(position)) {
            Some(registration) if registration.fingerprint == wanted.fingerprint => {
                found.push(registration.resolve);
            }
            Some(_) => faults.push(format!("{place} was compiled against another contract")),
            None => faults.push(format!("{place} has no resolver in this program")),
        }
    }
    if faults.is_empty() {
        return Ok(found);
    }
    Err(Error::new(
        Code::FailedPrecondition,
        format!("the contract does not fit the program: {}", faults.join("; ")),
    ))
}
