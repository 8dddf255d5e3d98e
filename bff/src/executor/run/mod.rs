//! One operation, as dataflow: a step starts when those it needs are over, whatever the others do.

mod apart;
mod lists;
mod show;

use std::{
    future::poll_fn,
    mem,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::{
    FutureExt, StreamExt,
    future::{self, BoxFuture},
    stream::FuturesUnordered,
};

use super::{
    Answer, doubt,
    early::{self, Early, Guess, shown_at},
    engine::Request,
    in_flight::InFlight,
    incremental::Live,
    prepared::Node,
    respond,
    slow::{self, SlowLane},
    step::{Answered, Note, Outcome, StepRun},
    trust::Trust,
};
use crate::{
    error::{Code, Error, Result},
    operation::DeferId,
    plan::{SiteId, StepId},
    transcoder::{Entity, EntityValue, KeyTable, ListPart, Refs, SlowFields, Spliced},
};

/// What there is of the answer so far.
pub(super) struct Run {
    pub(super) request: Arc<Request>,
    own_calls: Arc<InFlight>,
    lane: Option<Arc<dyn SlowLane>>,
    /// By step: keys met so far, taken when the step begins.
    keys: Vec<KeyTable>,
    /// By step: the keys that it was asked for.
    asked: Vec<Arc<KeyTable>>,
    /// By site.
    refs: Vec<Refs>,
    /// By step.
    entities: Vec<Vec<Entity>>,
    pub(super) notes: Vec<Note>,
    /// By step: how many others must be over first.
    waits_for: Vec<usize>,
    /// The same by slow field.
    slow_waits_for: Vec<usize>,
    ready: Vec<Node>,
    slow: SlowFields,
    /// By stream of the plan: what there is of its list.
    lists: Box<[ListPart]>,
    /// What may come behind the first items of a list. `None` where lists come whole.
    live: Option<Vec<Live>>,
    /// By step.
    over: Vec<bool>,
    /// How many steps and slow fields of the first answer are not over.
    first_waits_for: usize,
    /// By step: what was started before its keys were known.
    early: Vec<Option<Early>>,
    /// A mutation's root field has an unknown outcome, after this: no later one starts.
    halted: Option<Code>,
}

/// What a piece of work brought.
pub(super) enum Done {
    Answered(StepId, Answered),
    Repaired(StepId, Vec<(u32, Outcome)>),
    /// A slow field has its value.
    Spliced(usize, Result<Spliced>),
    /// A step that was started early waits to be begun, or is not needed any more.
    Early,
}

/// All work that is under way.
pub(super) type Work = FuturesUnordered<BoxFuture<'static, Done>>;

/// Answers the request by its deadline.
pub(super) async fn run(request: Arc<Request>, lane: Option<Arc<dyn SlowLane>>) -> Answer {
    let run = match Run::drive(Arc::clone(&request), lane).await {
        Ok(run) => run,
        Err(error) => return respond::failed(&error),
    };
    let mut body = request.prepared.buffer();
    body.extend_from_slice(b"{\"data\":");
    let budget = request.budget();
    let emission = run.emit(budget, &mut body);
    let answer = respond::finish(body, &emission, &run.notes, budget);
    request.prepared.remember_size(answer.body.len(), &run.refs);
    answer
}

impl Run {
    async fn drive(request: Arc<Request>, lane: Option<Arc<dyn SlowLane>>) -> Result<Self> {
        let (mut run, mut work) = Self::new(request, lane).start()?;
        while run.advance(&mut work).await {}
        Ok(run)
    }

    /// Starts everything whose inputs are there.
    pub(super) fn start(mut self) -> Result<(Self, Work)> {
        let prepared = Arc::clone(&self.request.prepared);
        let Self { keys, refs, lists, .. } = &mut self;
        prepared.program.extract(None, (0, &[]), keys, refs, lists)?;
        let work = Work::new();
        self.begin_ready(&work);
        // Behind those they need: what the cache has of these says at once whether the others are needed.
        self.begin_early(&work);
        Ok((self, work))
    }

    /// Waits for one piece of work, and starts what waits for it. `false`: all is done.
    pub(super) async fn advance(&mut self, work: &mut Work) -> bool {
        poll_fn(|context| self.poll_advance(work, context)).await
    }

    pub(super) fn poll_advance(
        &mut self,
        work: &mut Work,
        context: &mut Context<'_>,
    ) -> Poll<bool> {
        let Some(done) = ready!(work.poll_next_unpin(context)) else { return Poll::Ready(false) };
        self.take(done, work);
        // What has nothing to ask is over now, and may be the last that somebody waits for.
        self.begin_ready(work);
        Poll::Ready(true)
    }

    /// Whether everything is there that is not deferred.
    pub(super) fn has_first(&self) -> bool {
        self.first_waits_for == 0
    }

    /// Whether everything is there that a deferred fragment shows.
    pub(super) fn has(&self, defer: DeferId) -> bool {
        let deferred = &self.request.prepared.plan().defers[defer.0];
        deferred.steps.iter().all(|step| self.over[step.0])
            && deferred.slow.iter().all(|response_key| self.slow.contains_key(response_key))
    }

    /// Of which nothing has begun. Lists come whole.
    pub(super) fn new(request: Arc<Request>, lane: Option<Arc<dyn SlowLane>>) -> Self {
        let (steps, slow) = (&request.prepared.steps, &request.prepared.slow);
        let waits_for: Vec<usize> = steps.iter().map(|step| step.waits_for).collect();
        let slow_waits_for: Vec<usize> = slow.iter().map(|field| field.waits_for).collect();
        let steps_ready = (0..steps.len()).filter(|index| waits_for[*index] == 0).map(StepId);
        let slow_ready = (0..slow.len()).filter(|index| slow_waits_for[*index] == 0);
        // The last one begins first: calls go out before a program's own code takes its time.
        // The last one begins first.
        let slow_ready = slow_ready.rev().map(Node::Slow);
        let ready = slow_ready.chain(steps_ready.rev().map(Node::Step)).collect();
        Self {
            own_calls: Arc::new(InFlight::of_one_request()),
            lane,
            keys: steps.iter().map(|step| KeyTable::with_room(step.keys.expected())).collect(),
            asked: vec![Arc::default(); steps.len()],
            refs: request.prepared.refs(),
            entities: vec![Vec::new(); steps.len()],
            notes: Vec::new(),
            waits_for,
            slow_waits_for,
            ready,
            slow: SlowFields::new(),
            lists: request.lists(),
            live: None,
            over: vec![false; steps.len()],
            first_waits_for: request.prepared.first_waits_for,
            early: steps.iter().map(|_| None).collect(),
            halted: None,
            request,
        }
    }

    fn begin_ready(&mut self, work: &Work) {
        while let Some(node) = self.ready.pop() {
            match node {
                Node::Step(step) => self.begin(step, work),
                Node::Slow(field) => self.begin_slow(field, work),
            }
        }
    }

    fn begin_slow(&mut self, field: usize, work: &Work) {
        let prepared = &self.request.prepared.slow[field];
        if let Some(cause) = self.halted.filter(|_| prepared.acts) {
            self.slow.insert(prepared.response_key.clone(), Err(doubt::not_sent(cause)));
        } else if let Some(lane) = self.lane.clone() {
            let answer = slow::answer(Arc::clone(&self.request), lane, field);
            work.push(answer.map(move |answer| Done::Spliced(field, answer)).boxed());
            return;
        }
        self.end_slow(field);
    }

    /// Starts the steps whose keys can be told from the requests of those they need.
    fn begin_early(&mut self, work: &Work) {
        let prepared = Arc::clone(&self.request.prepared);
        let steps = (0..prepared.steps.len()).map(StepId);
        for step in steps.filter(|step| self.waits_for[step.0] > 0) {
            let trusted = prepared.step(step).early.as_ref().is_some_and(Trust::is_given);
            let Some(guess) = trusted.then(|| Guess::of(&self.request, step)).flatten() else {
                continue;
            };
            self.asked[step.0] = Arc::new(guess.keys.clone());
            let (early, run) = Early::start(self.step_run(step), &guess);
            work.push(run.map(|()| Done::Early).boxed());
            // Further keys are numbered behind these.
            self.keys[step.0] = guess.keys;
            self.early[step.0] = Some(early);
        }
    }

    fn begin(&mut self, step: StepId, work: &Work) {
        let keys = Arc::new(mem::take(&mut self.keys[step.0]));
        if !keys.is_empty() {
            self.request.step(step).keys.learn(keys.len());
        }
        self.asked[step.0] = Arc::clone(&keys);
        if let Some(early) = self.early[step.0].take() {
            if self.go_on(step, early, work) {
                return;
            }
        } else if let Some(cause) = self.halted.filter(|_| self.request.step(step).acts) {
            let value = EntityValue::Failed(doubt::not_sent(cause));
            self.entities[step.0] = vec![Entity { value, note: None }; keys.len()];
        } else if let Some(event) = self.event(step) {
            // There already: nobody is asked.
            let outcomes = vec![event; keys.len()];
            work.push(future::ready(Done::Answered(step, Answered::new(outcomes))).boxed());
            return;
        } else if !keys.is_empty() {
            let (mut step_run, apart) = (self.step_run(step), self.shown_apart(step));
            step_run.at_least = self.at_least(step);
            let answer = async move { Done::Answered(step, step_run.answer(&apart).await) };
            work.push(answer.boxed());
            return;
        }
        self.end(step);
    }

    /// Waits for what an early step was asked where that is shown, and asks for what else is. `false`: nothing is.
    fn go_on(&mut self, step: StepId, Early { guessed, answer }: Early, work: &Work) -> bool {
        let ids = |site: &SiteId| self.refs[site.0].all().iter().copied();
        let mut shown = self.request.step(step).sites.iter().flat_map(ids);
        let answer = shown.any(|id| id < guessed).then_some(answer);
        let keys = Arc::new(self.asked[step.0].since(guessed));
        // That nothing is asked for says nothing about the guess.
        if answer.is_none() && keys.is_empty() {
            return false;
        }
        if let Some(trust) = &self.request.step(step).early {
            trust.learn(keys.is_empty());
        }
        let mut apart = self.shown_apart(step);
        for ids in &mut apart {
            ids.retain(|id| *id >= guessed);
            ids.iter_mut().for_each(|id| *id -= guessed);
        }
        let rest = StepRun { keys, ..self.step_run(step) };
        let answer = early::answer(guessed, answer, rest, apart);
        work.push(answer.map(move |answered| Done::Answered(step, answered)).boxed());
        true
    }

    /// What a subscription's first step has.
    fn event(&self, step: StepId) -> Option<Outcome> {
        let event = self.request.event.as_ref().filter(|_| step == StepId(0))?;
        Some(Outcome::new(event.clone()))
    }

    fn take(&mut self, done: Done, work: &Work) {
        match done {
            Done::Early => {}
            Done::Spliced(field, answer) => {
                let prepared = &self.request.prepared.slow[field];
                if let Some(error) = answer.as_ref().err().filter(|_| prepared.acts) {
                    self.halted = self.halted.or(doubt::is_open(error).then(|| error.code()));
                }
                self.slow.insert(prepared.response_key.clone(), answer);
                self.end_slow(field);
            }
            Done::Answered(step, Answered { outcomes, apart, live }) => {
                let entities = outcomes.into_iter().map(|outcome| self.entity(outcome)).collect();
                self.entities[step.0] = entities;
                self.set_apart(step, apart);
                self.consequences(step);
                self.put_live(live);
                // What stands in for a key has no key of its own, and no rung below it.
                let keys = self.asked[step.0].len();
                let (broken, substitutes) = self
                    .extract(step, None)
                    .into_iter()
                    .partition::<Vec<_>, _>(|(id, _)| (*id as usize) < keys);
                self.put_failures(step, substitutes);
                if !broken.is_empty() {
                    self.drop_live(step);
                }
                if !broken.is_empty() && self.request.step(step).has_ladder() {
                    let step_run = self.step_run(step);
                    let repair = async move { Done::Repaired(step, step_run.repair(broken).await) };
                    work.push(repair.boxed());
                    return;
                }
                self.fail(step, broken);
            }
            Done::Repaired(step, outcomes) => {
                let ids: Vec<u32> = outcomes.iter().map(|(id, _)| *id).collect();
                for (id, outcome) in outcomes {
                    self.entities[step.0][id as usize] = self.entity(outcome);
                }
                let broken = self.extract(step, Some(&ids));
                self.fail(step, broken);
            }
        }
    }

    fn entity(&mut self, Outcome { value, note }: Outcome) -> Entity {
        let note = note.map(|note| {
            // Keys that failed together have one note.
            if self.notes.last() != Some(&*note) {
                self.notes.push(*note);
            }
            u32::try_from(self.notes.len() - 1).expect("fewer notes than keys")
        });
        Entity { value, note }
    }

    /// What a change that was made, or may have been, means for what follows.
    fn consequences(&mut self, step: StepId) {
        let prepared = self.request.step(step);
        for Entity { value, .. } in &self.entities[step.0] {
            match value {
                EntityValue::Bytes(response) if prepared.invalidates => {
                    let program = &self.request.prepared.program;
                    let tags = program.invalidates(step, response, &self.request.variables);
                    self.request.engine.entities.invalidate(tags);
                }
                EntityValue::Failed(error) if prepared.acts && doubt::is_open(error) => {
                    self.halted = Some(error.code());
                }
                _ => {}
            }
        }
    }

    /// Reads the keys of the steps below from what a step answered, and says which answers are unreadable.
    fn extract(&mut self, step: StepId, only: Option<&[u32]>) -> Vec<(u32, Error)> {
        let prepared = Arc::clone(&self.request.prepared);
        let entities = &self.entities[step.0];
        let mut broken: Vec<(u32, Error)> = Vec::new();
        let sites = &prepared.step(step).sites;
        for site in sites.iter().copied().filter(|site| prepared.has_sites[site.0]) {
            let shown = shown_at(&self.refs[site.0], entities.len(), sites.len());
            for (id, Entity { value, .. }) in (0_u32..).zip(entities) {
                let EntityValue::Bytes(bytes) = value else { continue };
                if !shown[id as usize] || only.is_some_and(|only| !only.contains(&id)) {
                    continue;
                }
                let site = Some(SiteId(site.0));
                let (keys, refs, lists) = (&mut self.keys, &mut self.refs, &self.lists);
                let read = prepared.program.extract(site, (id, bytes), keys, refs, lists);
                if let Err(error) = read
                    && broken.iter().all(|(other, _)| *other != id)
                {
                    broken.push((id, error.from_method(prepared.step(step).target.origin.clone())));
                }
            }
        }
        if let Some((_, error)) = broken.first() {
            let failures = &self.request.engine.failures;
            failures.failed_call(error, &prepared.step(step).target, broken.len());
        }
        broken
    }

    fn fail(&mut self, step: StepId, broken: Vec<(u32, Error)>) {
        self.put_failures(step, broken);
        self.end(step);
    }

    fn put_failures(&mut self, step: StepId, broken: Vec<(u32, Error)>) {
        for (id, error) in broken {
            self.entities[step.0][id as usize] =
                Entity { value: EntityValue::Failed(error), note: None };
        }
    }

    fn end(&mut self, step: StepId) {
        let prepared = Arc::clone(&self.request.prepared);
        self.over[step.0] = true;
        self.first_waits_for -= usize::from(!prepared.plan().step(step).deferred);
        self.release(&prepared.step(step).followers);
    }

    fn end_slow(&mut self, field: usize) {
        let prepared = Arc::clone(&self.request.prepared);
        self.first_waits_for -= usize::from(!prepared.slow[field].deferred);
        self.release(&prepared.slow[field].followers);
    }

    /// The last one in the list of what is ready begins first: what the first answer shows was planned first.
    fn release(&mut self, followers: &[Node]) {
        for follower in followers.iter().rev() {
            let waits_for = match follower {
                Node::Step(step) => &mut self.waits_for[step.0],
                Node::Slow(field) => &mut self.slow_waits_for[*field],
            };
            *waits_for -= 1;
            if *waits_for == 0 {
                self.ready.push(*follower);
            }
        }
    }

    fn step_run(&self, step: StepId) -> StepRun {
        StepRun {
            request: Arc::clone(&self.request),
            own_calls: Arc::clone(&self.own_calls),
            step,
            keys: Arc::clone(&self.asked[step.0]),
            at_least: None,
        }
    }
}
