//! What is deferred: a fragment is, if it needs a step that nothing answered before it needs.

use std::collections::HashSet;

use crate::{
    operation::{Defer, DeferId, outermost},
    plan::{Deferred, Plan, ShapeField, Source, StepId, Stream},
};

/// Marks the steps that only deferred fragments show, and keeps the fragments for which something would have to be waited.
/// The others are answered with what they stand in. `of_sites` are the fragments that each site is answered with.
pub(super) fn mark(plan: &mut Plan, all: &[Defer], of_sites: &[&[DeferId]]) {
    if all.is_empty() {
        return;
    }
    let steps: Vec<HashSet<StepId>> = (0..all.len())
        .map(|id| steps_of(plan, of_sites, |defers| defers.contains(&DeferId(id))))
        .collect();
    let first = steps_of(plan, of_sites, <[DeferId]>::is_empty);
    // By fragment: which one it is answered with, and its number among those that are kept.
    let mut with: Vec<Option<DeferId>> = Vec::with_capacity(all.len());
    for (id, Defer { label, parent, .. }) in all.iter().enumerate() {
        let parent = parent.and_then(|parent| with[parent.0]);
        let mut known = first.clone();
        let mut above = parent;
        while let Some(kept) = above {
            known.extend(&plan.defers[kept.0].steps);
            above = plan.defers[kept.0].parent;
        }
        let slow = slow_of(plan, DeferId(id));
        let comes_later = |stream: &Stream| stream.gathered && stream.defer == DeferId(id);
        let waits = plan.streams.iter().any(comes_later);
        if !waits && slow.is_empty() && steps[id].is_subset(&known) {
            with.push(parent);
            continue;
        }
        with.push(Some(DeferId(plan.defers.len())));
        let mut steps = Vec::from_iter(steps[id].iter().copied());
        steps.sort_unstable();
        plan.defers.push(Deferred { label: label.clone(), parent, steps, slow });
    }
    for (index, step) in plan.steps.iter_mut().enumerate() {
        step.deferred = !first.contains(&StepId(index));
    }
    for stream in &mut plan.streams {
        stream.defer = with[stream.defer.0].expect("no step of a stream is another's");
    }
    let Plan { shapes, defers, .. } = plan;
    let kept = |ids: &[DeferId]| {
        let ids: Option<Vec<DeferId>> = ids.iter().map(|id| with[id.0]).collect();
        outermost(ids.unwrap_or_default(), |id| defers[id.0].parent)
    };
    let is_kept = |id: &&DeferId| with[id.0] != all[id.0].parent.and_then(|parent| with[parent.0]);
    for shape in shapes {
        shape.defers = kept(&shape.defers);
        shape.begins = shape.begins.iter().filter(is_kept).filter_map(|id| with[id.0]).collect();
        for field in &mut shape.fields {
            field.defers = kept(&field.defers);
        }
    }
}

/// The root fields of a fragment that take time though no step answers them.
fn slow_of(plan: &Plan, id: DeferId) -> Vec<String> {
    let is_slow = |field: &&ShapeField| {
        field.source == Source::Slow && !field.name.starts_with("__") && field.defers.contains(&id)
    };
    let fields = plan.shape(plan.root).fields.iter().filter(is_slow);
    fields.map(|field| field.response_key.clone()).collect()
}

/// The steps that answer sites of some fragments.
fn steps_of(
    plan: &Plan,
    of_sites: &[&[DeferId]],
    is_one: impl Fn(&[DeferId]) -> bool,
) -> HashSet<StepId> {
    let sites = plan.sites.iter().zip(of_sites).filter(|(_, defers)| is_one(defers));
    sites.map(|(site, _)| site.step).collect()
}
