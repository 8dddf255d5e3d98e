//! The ladder of `@fallback`: an old item, what another RPC says, a value, null; always in this order, each key for
//! itself.

use std::collections::HashSet;

use super::{
    asked::Asked,
    fetch::Rung,
    prepared::Last,
    step::{Note, Outcome, Substitute},
};
use crate::{entity_cache::Lookup, error::Error, transcoder::EntityValue};

/// What is shown for each key that failed. A key that no rung helps stays failed.
pub(super) async fn climb_down(
    asked: &Asked<'_>,
    failed: Vec<(u32, Error)>,
) -> Vec<(u32, Outcome)> {
    let mut found = Vec::with_capacity(failed.len());
    let failed = from_cache(asked, failed, &mut found);
    let failed = from_rpc(asked, failed, &mut found).await;
    match &asked.request.step(asked.step).last {
        None => found.extend(unhelped(failed)),
        Some(last) => found.extend(failed.into_iter().map(|(id, error)| {
            let (value, source) = match last {
                Last::Value(item) => (EntityValue::Bytes(item.clone()), Substitute::Value),
                Last::Null => (EntityValue::Null, Substitute::Null),
                Last::LeftOut => (EntityValue::LeftOut, Substitute::Value),
            };
            (id, instead(&error, value, source))
        })),
    }
    found
}

/// What sites that read less than their step asks for have of keys that failed: each is shown what it would have been
/// shown had it asked alone. Where that is nothing, all sites of a key have the same rungs.
pub(super) fn keep_apart(
    asked: &Asked<'_>,
    outcomes: &[Outcome],
    shown: &[Vec<u32>],
    found: &mut Vec<Vec<(u32, Outcome)>>,
) {
    let groups = &asked.request.step(asked.step).apart;
    found.resize_with(groups.len(), Vec::new);
    for ((apart, shown), found) in groups.iter().zip(shown).zip(found) {
        if apart.fields.is_none() {
            continue;
        }
        // What came too late for them has been judged already.
        let known: HashSet<u32> = found.iter().map(|(id, _)| *id).collect();
        let failed = shown.iter().filter_map(|id| match &outcomes[*id as usize].value {
            EntityValue::Failed(error) if !known.contains(id) => Some((*id, error.clone())),
            _ => None,
        });
        let asked = asked.of_sites(apart);
        let mut failed = in_time(&asked, failed.collect(), found);
        failed.retain(|(_, error)| error.code().may_fall_back());
        from_cache(&asked, failed, found);
    }
}

/// Takes what was good enough when the step began, and is there still, and hands on the rest.
pub(super) fn in_time(
    asked: &Asked<'_>,
    failed: Vec<(u32, Error)>,
    found: &mut Vec<(u32, Outcome)>,
) -> Vec<(u32, Error)> {
    let view = asked.view().filter(|_| !failed.is_empty());
    let Some(view) = view.map(|view| view.at(asked.began)) else { return failed };
    let mut rest = Vec::new();
    for (id, error) in failed {
        match view.get(asked.keys.get(id)) {
            Lookup::Fresh(item) | Lookup::Stale(item, _) => {
                found.push((id, Outcome::new(EntityValue::Bytes(item))));
            }
            Lookup::Missing(_) | Lookup::Absent(..) => rest.push((id, error)),
        }
    }
    rest
}

/// The failures as they are.
pub(super) fn unhelped(failed: Vec<(u32, Error)>) -> Vec<(u32, Outcome)> {
    failed.into_iter().map(|(id, error)| (id, Outcome::failed(error))).collect()
}

fn instead(error: &Error, value: EntityValue, source: Substitute) -> Outcome {
    let note = Note { cause: error.code(), source, age: None };
    Outcome { value, note: Some(Box::new(note)) }
}

/// Each rung takes what it can answer and hands on the rest.
fn from_cache(
    asked: &Asked<'_>,
    failed: Vec<(u32, Error)>,
    found: &mut Vec<(u32, Outcome)>,
) -> Vec<(u32, Error)> {
    let allowed = !asked.request.step(asked.step).rules.stale_if_error.is_zero();
    let Some(view) = asked.view().filter(|_| allowed) else { return failed };
    failed
        .into_iter()
        .filter_map(|(id, error)| match view.stale_if_error(asked.keys.get(id)) {
            Some((item, age)) => {
                let note = Note { cause: error.code(), source: Substitute::Stale, age: Some(age) };
                let note = Some(Box::new(note));
                found.push((id, Outcome { value: EntityValue::Bytes(item), note }));
                None
            }
            None => Some((id, error)),
        })
        .collect()
}

async fn from_rpc(
    asked: &Asked<'_>,
    failed: Vec<(u32, Error)>,
    found: &mut Vec<(u32, Outcome)>,
) -> Vec<(u32, Error)> {
    let Asked { request, own_calls, step, place, keys, timeout, .. } = *asked;
    if failed.is_empty() || request.step(step).fallback.is_none() {
        return failed;
    }
    // Arguments that do not fit the other method leave the first failure as it is.
    let other = Asked::new(request, own_calls, (step, place), keys, Rung::Fallback, timeout);
    let Ok(other) = other else { return failed };
    let ids: Vec<u32> = failed.iter().map(|(id, _)| *id).collect();
    let mut values = vec![None; keys.len()];
    other.fetch(&ids, &mut values).await;
    failed
        .into_iter()
        .filter_map(|(id, error)| match values[id as usize].take() {
            None | Some(EntityValue::Failed(_)) => Some((id, error)),
            Some(value) => {
                found.push((id, instead(&error, value, Substitute::Rpc)));
                None
            }
        })
        .collect()
}
