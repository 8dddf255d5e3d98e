//! The calls of a plan: one step for all fields that ask the same thing, and their order.

use std::{
    collections::{BTreeSet, HashMap},
    iter,
    time::Duration,
};

use super::{MAX_STEPS, too_large};
use crate::{
    contract::{Join, KeyPart, Policy, Scalar, fill, join, piece},
    error::Result,
    operation::{Defer, DeferId, OperationKind, Value},
    plan::{KeySource, Step, StepId},
};

/// The steps so far.
pub(super) struct Steps<'a> {
    all_defers: &'a [Defer],
    steps: Vec<Entry<'a>>,
    /// Steps that may answer further fields.
    open: HashMap<Place, Vec<StepId>>,
}

struct Entry<'a> {
    step: Step,
    root_field: usize,
    /// The deferred fragments for which it was made.
    defers: &'a [DeferId],
}

/// What steps must have in common before their joins are compared.
#[derive(PartialEq, Eq, Hash)]
struct Place {
    target: Option<join::Target>,
    level: usize,
    /// In a mutation, whose root fields must not wait for each other's subtrees.
    root_field: Option<usize>,
}

/// A field that asks.
pub(super) struct Asked<'a> {
    pub(super) join: &'a Join,
    pub(super) arguments: Vec<(String, Value)>,
    /// The step in whose values the field stands.
    pub(super) parent: Option<StepId>,
    pub(super) mutates: bool,
    pub(super) root_field: usize,
    /// The deferred fragments with which it is answered.
    pub(super) defers: &'a [DeferId],
}

impl<'a> Steps<'a> {
    pub(super) fn new(all_defers: &'a [Defer]) -> Self {
        Self { all_defers, steps: Vec::new(), open: HashMap::new() }
    }

    /// The step that answers a field: one that asks the same already, or a new one.
    pub(super) fn ask(&mut self, asked: Asked<'a>) -> Result<StepId> {
        let Asked { join, arguments, parent, mutates, root_field, defers } = asked;
        let timeout = timeout(join);
        let join = request_side(join);
        let level = parent.map_or(0, |parent| self.steps[parent.0].step.level + 1);
        let place = Place { target: join.target, level, root_field: mutates.then_some(root_field) };
        let known_with = parent.map_or(&[][..], |parent| self.steps[parent.0].defers);
        let open = self.open.entry(place).or_default();
        let same = open.iter().copied().find(|id| {
            let Entry { step, defers: made_for, .. } = &self.steps[id.0];
            step.join == join
                && step.arguments == arguments
                && is_before(self.all_defers, made_for, defers)
                // What is answered first must not wait for keys of what is answered later.
                && is_before(self.all_defers, known_with, made_for)
                && streams(self.all_defers, made_for) == streams(self.all_defers, defers)
        });
        if let Some(id) = same {
            let step = &mut self.steps[id.0].step;
            step.needs.extend(parent.filter(|parent| !step.needs.contains(parent)));
            // Who has none waits to the request's end.
            step.timeout = step.timeout.zip(timeout).map(|(one, other)| one.max(other));
            return Ok(id);
        }
        if self.steps.len() == MAX_STEPS {
            return Err(too_large("calls", MAX_STEPS));
        }
        let id = StepId(self.steps.len());
        // A root field of a mutation acts: two of them are two acts, however alike.
        if !(mutates && level == 0) {
            open.push(id);
        }
        let needs = parent.into_iter().collect();
        let after = Vec::new();
        let (early, deferred, mask) = (false, false, None);
        let step = Step { join, arguments, timeout, needs, after, level, early, deferred, mask };
        self.steps.push(Entry { step, root_field, defers });
        Ok(id)
    }
}

/// Whether everything that is answered with one of `later` comes behind what is answered with one of `sooner`.
fn is_before(all: &[Defer], sooner: &[DeferId], later: &[DeferId]) -> bool {
    let has_one = |id: &DeferId| {
        iter::successors(Some(*id), |id| all[id.0].parent).any(|id| sooner.contains(&id))
    };
    sooner.is_empty() || (!later.is_empty() && later.iter().all(has_one))
}

/// The streams that the deferred fragments are or stand in. Their keys are known as early as those of a list's first items: one
/// call for both would make these wait.
fn streams(all: &[Defer], defers: &[DeferId]) -> BTreeSet<DeferId> {
    let above = |id: &DeferId| iter::successors(Some(*id), |id| all[id.0].parent);
    defers.iter().flat_map(above).filter(|id| all[id.0].stream).collect()
}

/// The steps in an order in which each comes after those it needs, and where each has gone. In a mutation everything
/// below a root field comes before the next root field, but for what is deferred.
pub(super) fn in_order(steps: Steps<'_>, kind: OperationKind) -> (Vec<Step>, Vec<StepId>) {
    let mut entries: Vec<(usize, Entry<'_>)> = steps.steps.into_iter().enumerate().collect();
    let mutates = kind == OperationKind::Mutation;
    entries
        .sort_by_key(|(_, entry)| (if mutates { entry.root_field } else { 0 }, entry.step.level));
    let mut moved = vec![StepId(0); entries.len()];
    for (new, (old, _)) in entries.iter().enumerate() {
        moved[*old] = StepId(new);
    }
    let first: Vec<(usize, bool)> =
        entries.iter().map(|(_, entry)| (entry.root_field, entry.defers.is_empty())).collect();
    let ordered = entries
        .into_iter()
        .map(|(_, Entry { mut step, root_field, .. })| {
            for need in &mut step.needs {
                *need = moved[need.0];
            }
            step.needs.sort_unstable();
            if mutates && step.level == 0 {
                let earlier = first.iter().take_while(|(other, _)| *other < root_field);
                let earlier = earlier.enumerate().filter(|(_, (_, is_first))| *is_first);
                step.after = earlier.map(|(at, _)| StepId(at)).collect();
            }
            step
        })
        .collect();
    (ordered, moved)
}

/// Where the parent has the parts of a join's key.
pub(super) fn key_sources(join: &Join) -> Vec<KeySource> {
    join.key
        .iter()
        .map(|part| KeySource {
            path: part.path.clone(),
            lists: part.lists.iter().map(|position| *position as usize).collect(),
            scalar: part.scalar(),
            presence: part.presence,
        })
        .collect()
}

/// The arguments that a join names, in its fills, its fallback's and its tags.
pub(super) fn named_arguments(join: &Join, arguments: &[(String, Value)]) -> Vec<(String, Value)> {
    let mut names = Vec::new();
    collect_names(join, &mut names);
    arguments.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect()
}

fn collect_names<'a>(join: &'a Join, names: &mut Vec<&'a str>) {
    names.extend(join.fills.iter().filter_map(|fill| match &fill.source {
        Some(fill::Source::Argument(path)) => path.split('.').next(),
        _ => None,
    }));
    let Some(policy) = join.policy.as_deref() else { return };
    let tags = policy.cache.iter().flat_map(|cache| &cache.tags).chain(&policy.invalidates);
    names.extend(tags.flat_map(|tag| &tag.pieces).filter_map(|piece| match &piece.kind {
        Some(piece::Kind::Argument(path)) => path.split('.').next(),
        _ => None,
    }));
    if let Some(rpc) = policy.fallback.as_ref().and_then(|fallback| fallback.rpc.as_deref()) {
        collect_names(rpc, names);
    }
}

/// How long a field waits.
pub(super) fn timeout(join: &Join) -> Option<Duration> {
    let milliseconds = join.policy.as_ref()?.timeout_ms;
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}

/// What of a join the request depends on. Where parents have the key, whether they have many, what is read from the reply
/// and how long it is waited for differ between the sites of one step.
fn request_side(join: &Join) -> Join {
    Join {
        target: join.target,
        fills: join.fills.clone(),
        key: join.key.iter().map(request_part).collect(),
        many: false,
        batch: join.batch.clone(),
        then: None,
        side_effects: join.side_effects,
        policy: join.policy.as_deref().and_then(request_policy).map(Box::new),
        // What a reply says again is seen from the field, as `then` is.
        echoes: Vec::new(),
        selection: join.selection.clone(),
        gather: join.gather.clone(),
    }
}

/// The fallback's RPC has the same key as the call: it too reads it from sites.
fn request_policy(policy: &Policy) -> Option<Policy> {
    let mut policy = Policy { timeout_ms: 0, ..policy.clone() };
    let rpc = policy.fallback.as_mut().and_then(|fallback| fallback.rpc.as_mut());
    for part in rpc.into_iter().flat_map(|rpc| &mut rpc.key) {
        *part = request_part(part);
    }
    // One that said nothing else is none.
    (policy != Policy::default()).then_some(policy)
}

/// Integers of all widths have one canonical form, texts and bytes another: what a key is in the parent matters only
/// that far.
fn request_part(part: &KeyPart) -> KeyPart {
    let scalar = match part.scalar() {
        text @ (Scalar::String | Scalar::Bytes) => text,
        _ => Scalar::Int64,
    };
    KeyPart {
        path: Vec::new(),
        scalar: scalar.into(),
        target: part.target.clone(),
        target_scalar: part.target_scalar,
        presence: false,
        lists: Vec::new(),
    }
}
