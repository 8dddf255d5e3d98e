//! A plan made ready to run: everything that is the same for all its requests.

use std::{hash::BuildHasher, sync::Arc, time::Duration};

use bytes::Bytes;
use foldhash::quality::FixedState;
use prost::Message;

use super::{
    incremental::Streamed,
    slow::{self, SlowField},
    trust::Trust,
    usual::Usual,
};
use crate::{
    contract::{self, Contract, LazyTypes, fallback, join},
    entity_cache::{Fields, Rules},
    error::{Code, Error, Origin, Result},
    operation::{OperationKind, Variables},
    plan::{self, Mask, Plan, SiteId, Source, Step, StepId},
    transcoder::{self, Program, Refs},
};

/// Room for at most this many keys of a step, or places of a site, is made at once.
const MOST_KEYS: usize = 4096;

/// A plan made ready to run.
#[derive(Debug)]
pub struct Prepared {
    plan: Arc<Plan>,
    pub(super) program: Program,
    pub(super) steps: Vec<PreparedStep>,
    /// By site: the value has further sites inside.
    pub(super) has_sites: Vec<bool>,
    /// How many steps and slow fields the first answer waits for.
    pub(super) first_waits_for: usize,
    pub(super) slow: Vec<SlowField>,
    /// In bytes.
    body_size: Usual,
    /// By site: how many places it has.
    places: Vec<Usual>,
}

/// One step made ready to run.
#[derive(Debug)]
pub(super) struct PreparedStep {
    pub(super) target: Target,
    /// What is asked when the target fails: the `rpc` rung.
    pub(super) fallback: Option<Target>,
    /// The last rung.
    pub(super) last: Option<Last>,
    pub(super) timeout: Option<Duration>,
    /// Who may share what it is answered, and what of it is kept by its rules.
    pub(super) shares: Option<contract::Cache>,
    pub(super) rules: Rules,
    /// What of its entities is read, where the request takes a mask.
    pub(super) mask: Option<Mask>,
    /// Another step of the query asks the same method.
    pub(super) overlaps: bool,
    /// It starts together with those it needs, if its keys can be trusted to be guessed.
    pub(super) early: Option<Trust>,
    /// A root field of a mutation.
    pub(super) acts: bool,
    /// Its request says nothing but who asks.
    pub(super) asks_for_the_caller: bool,
    /// It clears cached items after success.
    pub(super) invalidates: bool,
    pub(super) sites: Vec<SiteId>,
    /// Those that are judged apart from the others, the most hasty first.
    pub(super) apart: Vec<Apart>,
    /// It answers a list that can be told as it comes.
    pub(super) streamed: Option<Streamed>,
    /// How many keys it has.
    pub(super) keys: Usual,
    /// How many steps must be over before this one.
    pub(super) waits_for: usize,
    /// Those that wait for this one.
    pub(super) followers: Vec<Node>,
}

/// What waits for others and is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Step(StepId),
    /// A position in [`Prepared::slow`].
    Slow(usize),
}

/// Sites of a step that wait less long than others, or read less of what is kept.
#[derive(Debug)]
pub(super) struct Apart {
    /// If less than the call lasts.
    pub(super) timeout: Option<Duration>,
    /// If less than the step asks for.
    pub(super) fields: Fields,
    pub(super) sites: Vec<SiteId>,
}

/// What is asked, and how.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) kind: TargetKind,
    /// For a resolver one that no service has, so that its results can be kept and shared.
    pub(super) method: Arc<contract::Method>,
    /// The method's position in the contract.
    pub(super) number: Option<usize>,
    /// How keys are put into a request and items are taken out of a reply.
    pub(super) form: Bytes,
    pub(super) origin: Origin,
    pub(super) side_effects: contract::SideEffects,
    /// How the messages of a stream become one reply.
    pub(super) gather: Option<contract::Gather>,
    /// At most this many keys a call.
    pub(super) chunk: usize,
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetKind {
    /// A method, for all keys at once.
    Batch {
        /// All items of a key together are its value.
        group: bool,
    },
    /// A method, for one key or none.
    Single,
    /// A function of the embedding program: the position in the contract.
    Resolver(usize),
}

/// The last rung of a ladder.
#[derive(Clone, Debug)]
pub(super) enum Last {
    Value(Bytes),
    Null,
    /// Null, and left out where the place is a list of the values of many keys.
    LeftOut,
}

/// Makes a plan ready to run. `contract` is the one that it was made with, and `types` are its own.
///
/// # Errors
///
/// [`Code::FailedPrecondition`] where the plan asks for what this runtime cannot do, and [`Code::ValidationFailed`] where a
/// subscription is not one stream.
pub fn prepare(plan: Plan, contract: &Contract, types: &LazyTypes) -> Result<Arc<Prepared>> {
    let plan = Arc::new(plan);
    let program = transcoder::compile(&plan, contract, types)?;
    let mut steps = (0..plan.steps.len())
        .map(|index| PreparedStep::new(&plan, StepId(index), contract, &program))
        .collect::<Result<Vec<_>>>()?;
    for (index, step) in plan.steps.iter().enumerate() {
        let mut before = [&step.needs[..], &step.after[..]].concat();
        before.sort_unstable();
        before.dedup();
        steps[index].waits_for = before.len();
        for StepId(earlier) in before {
            steps[earlier].followers.push(Node::Step(StepId(index)));
        }
    }
    let mut has_sites = vec![false; plan.sites.len()];
    for SiteId(parent) in plan.sites.iter().filter_map(|site| site.parent) {
        has_sites[parent] = true;
    }
    if plan.kind == OperationKind::Subscription {
        check_stream(&plan)?;
    }
    let slow = slow::fields(&plan, &mut steps);
    let first_waits_for = plan.steps.iter().filter(|step| !step.deferred).count()
        + slow.iter().filter(|field| !field.deferred).count();
    let body_size = Usual::new(1024, usize::MAX);
    let places = (0..program.places()).map(|_| Usual::new(0, MOST_KEYS)).collect();
    Ok(Arc::new(Prepared {
        plan,
        program,
        steps,
        has_sites,
        first_waits_for,
        slow,
        body_size,
        places,
    }))
}

/// That there is one root field, answered by the first step, the only one without a parent, or by the slow lane.
fn check_stream(plan: &Plan) -> Result<()> {
    let root_steps = plan.steps.iter().filter(|step| step.level == 0).count();
    let fields = &plan.shape(plan.root).fields;
    if let [field] = fields.as_slice() {
        match field.source {
            Source::Join { .. } if root_steps == 1 => return Ok(()),
            Source::Slow => return Ok(()),
            _ => {}
        }
    }
    let message = "A subscription selects exactly one field, and not one of introspection.";
    Err(Error::new(Code::ValidationFailed, message))
}

impl Prepared {
    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// [`Program::misfits`]
    pub(crate) fn misfits<'t>(
        &'t self,
        variables: &'t Variables,
        unchecked: bool,
    ) -> impl Iterator<Item = (StepId, Error)> + 't {
        self.program.misfits(variables, unchecked)
    }

    pub(super) fn step(&self, id: StepId) -> &PreparedStep {
        &self.steps[id.0]
    }

    /// A buffer in which the answer will probably fit.
    pub(super) fn buffer(&self) -> Vec<u8> {
        Vec::with_capacity(self.body_size.expected())
    }

    /// References for the places that the sites will probably have.
    pub(super) fn refs(&self) -> Vec<Refs> {
        self.places.iter().map(|places| Refs::with_room(places.expected())).collect()
    }

    /// Remembers how large an answer was.
    pub(super) fn remember_size(&self, size: usize, refs: &[Refs]) {
        self.body_size.learn(size);
        for (places, refs) in self.places.iter().zip(refs) {
            places.learn(refs.all().len());
        }
    }
}

impl PreparedStep {
    fn new(plan: &Plan, id: StepId, contract: &Contract, program: &Program) -> Result<Self> {
        let step = plan.step(id);
        let policy = step.join.policy.as_deref();
        // What a stream sends is shown as it comes: nothing is kept of it, and nothing stands in for it.
        let streams = plan.kind == OperationKind::Subscription && step.level == 0;
        let policy = policy.filter(|_| !streams);
        let cache = policy.and_then(|policy| policy.cache.clone());
        let ladder = policy.and_then(|policy| policy.fallback.as_deref());
        let fallback = ladder.and_then(|ladder| ladder.rpc.as_deref());
        let mutates = plan.kind == OperationKind::Mutation;
        let acts = mutates && step.level == 0;
        let rules = rules(cache.as_ref(), ladder);
        Ok(Self {
            target: Target::new(&step.join, None, streams, contract)?,
            fallback: fallback
                .map(|rpc| Target::new(rpc, Some(&step.join), false, contract))
                .transpose()?,
            last: ladder.and_then(last),
            timeout: step.timeout,
            rules,
            mask: step.mask.clone(),
            shares: cache,
            overlaps: !mutates && overlaps(plan, step),
            early: step.early.then(Trust::default),
            acts,
            asks_for_the_caller: step.join.asks_for_the_caller(),
            invalidates: policy.is_some_and(|policy| !policy.invalidates.is_empty()),
            sites: plan.sites_of(id).collect(),
            apart: apart(plan, id, !acts && rules.keep()),
            streamed: Streamed::of(plan, id, program),
            keys: Usual::new(0, MOST_KEYS),
            waits_for: 0,
            followers: Vec::new(),
        })
    }

    /// Whether anything that it is answered may be shown again.
    pub(super) fn keeps(&self) -> bool {
        self.rules.keep()
    }

    /// Whether something may be shown in place of what failed.
    pub(super) fn has_ladder(&self) -> bool {
        // Who is told that a change was made, or might have been, must not be told something else.
        !self.acts
            && (!self.rules.stale_if_error.is_zero()
                || self.fallback.is_some()
                || self.last.is_some())
    }
}

impl Target {
    /// What `join` asks: that of a step, or one that stands in for `instead_of`.
    fn new(
        join: &contract::Join,
        instead_of: Option<&contract::Join>,
        streams: bool,
        contract: &Contract,
    ) -> Result<Self> {
        let kind = match join.target {
            Some(join::Target::Resolver(index)) => TargetKind::Resolver(index as usize),
            _ => join
                .batch
                .as_ref()
                .map_or(TargetKind::Single, |batch| TargetKind::Batch { group: batch.group }),
        };
        let method = Arc::new(method(join, contract)?);
        if method.server_streaming != (streams || join.gather.is_some()) {
            let what = if method.server_streaming {
                "is a stream: it answers subscriptions, and lists that gather it"
            } else {
                "answers once: a subscription, or a list that gathers, needs a stream"
            };
            let message = format!("`{}/{}` {what}", method.service, method.name);
            return Err(Error::new(Code::FailedPrecondition, message));
        }
        let origin =
            Origin { service: method.service.as_str().into(), method: method.name.as_str().into() };
        let chunk = match kind {
            TargetKind::Single => 1,
            TargetKind::Batch { .. } => join.batch.as_ref().map_or(0, |batch| batch.max as usize),
            TargetKind::Resolver(_) => 0,
        };
        let chunk = if chunk == 0 { usize::MAX } else { chunk };
        let number = match join.target {
            Some(join::Target::Method(number)) => Some(number as usize),
            _ => None,
        };
        let side_effects = instead_of.unwrap_or(join).side_effects();
        let form = form(join, instead_of);
        let gather = join.gather.clone();
        Ok(Self { kind, method, number, form, origin, side_effects, gather, chunk })
    }
}

/// How keys are put into a request and items are taken out of a reply. What a fallback brings is made to look like that for
/// which it stands in.
fn form(join: &contract::Join, instead_of: Option<&contract::Join>) -> Bytes {
    let key = join.key.iter().map(|part| contract::KeyPart {
        target: part.target.clone(),
        target_scalar: part.target_scalar,
        ..contract::KeyPart::default()
    });
    let batch = join.batch.clone().map(|batch| contract::Batch { max: 0, ..batch });
    let (key, gather) = (key.collect(), join.gather.clone());
    let mut form = contract::Join { key, batch, gather, ..contract::Join::default() };
    let mut moved = Vec::new();
    if let Some(own) = instead_of {
        form.then.clone_from(&join.then);
        moved = own.then.as_ref().map(|then| then.encode_to_vec()).unwrap_or_default();
    }
    [form.encode_to_vec(), moved].concat().into()
}

fn method(join: &contract::Join, contract: &Contract) -> Result<contract::Method> {
    let found = match join.target {
        Some(join::Target::Method(index)) => contract.methods.get(index as usize).cloned(),
        Some(join::Target::Resolver(index)) => {
            contract.resolvers.get(index as usize).map(|resolver| contract::Method {
                service: format!("resolver {}", resolver.r#type),
                name: resolver.field.clone(),
                ..contract::Method::default()
            })
        }
        None => None,
    };
    found.ok_or_else(|| Error::new(Code::FailedPrecondition, "a step of the plan asks nobody"))
}

fn apart(plan: &Plan, id: StepId, keeps: bool) -> Vec<Apart> {
    let mut all: Vec<Apart> = Vec::new();
    for site in plan.sites_of(id) {
        let plan::Site { timeout, fields, .. } = plan.site(site);
        let fields = fields.as_ref().filter(|_| keeps);
        if timeout.is_none() && fields.is_none() {
            continue;
        }
        let mut alike = all.iter_mut();
        match alike.find(|it| it.timeout == *timeout && it.fields.as_ref() == fields) {
            Some(apart) => apart.sites.push(site),
            None => {
                all.push(Apart { timeout: *timeout, fields: fields.cloned(), sites: vec![site] });
            }
        }
    }
    all.sort_by_key(|apart| apart.timeout.unwrap_or(Duration::MAX));
    all
}

fn last(ladder: &contract::Fallback) -> Option<Last> {
    match ladder.last.as_ref()? {
        fallback::Last::Null(_) if ladder.leave_out => Some(Last::LeftOut),
        fallback::Last::Value(bytes) => Some(Last::Value(bytes.clone().into())),
        fallback::Last::Null(_) => Some(Last::Null),
    }
}

fn rules(cache: Option<&contract::Cache>, ladder: Option<&contract::Fallback>) -> Rules {
    let Some(cache) = cache else { return Rules::default() };
    Rules {
        max_age: Duration::from_millis(cache.max_age_ms),
        stale_while_revalidate: Duration::from_millis(cache.stale_while_revalidate_ms),
        stale_if_error: Duration::from_millis(ladder.map_or(0, |ladder| ladder.stale_if_error_ms)),
        tagging: tagging(&cache.tags),
    }
}

/// A fingerprint of tag templates that is not 0, and 0 where there are none.
fn tagging(tags: &[contract::Template]) -> u64 {
    if tags.is_empty() {
        return 0;
    }
    let bytes: Vec<u8> = tags.iter().flat_map(Message::encode_length_delimited_to_vec).collect();
    FixedState::default().hash_one(bytes) | 1
}

fn overlaps(plan: &Plan, step: &Step) -> bool {
    let same = |other: &&Step| other.join.target == step.join.target;
    step.join.side_effects() == contract::SideEffects::NoSideEffects
        && matches!(step.join.target, Some(join::Target::Method(_)))
        && plan.steps.iter().filter(same).count() > 1
}
