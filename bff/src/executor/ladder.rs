//! The ladder of `@fallback`: an old item, what another RPC says, a value, null; always in this order, each key for
//! itself.

use super::{
    asked::Asked,
    fetch::Rung,
    prepared::Last,
    step::{Note, Outcome, Substitute},
};
use crate::{error::Error, transcoder::EntityValue};

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
