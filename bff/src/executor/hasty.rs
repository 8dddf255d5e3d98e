//! Sites that wait less long than others of their step do: the call goes on for those, and at its own timeout a hasty one
//! climbs down the ladder by itself. What is asked inside the values still waits for the step to be over.

use std::pin::pin;

use futures::{StreamExt, stream::FuturesUnordered};
use tokio::time::timeout_at;

use super::{
    asked::{Asked, missing},
    ladder,
    step::Outcome,
};
use crate::transcoder::EntityValue;

/// Asks for these keys as [`Asked::fetch`] does. `shown` are the keys that each group of the step's sites shows;
/// returned is what each shows instead of those that came too late for it.
pub(super) async fn fetch(
    asked: &Asked<'_>,
    ids: &[u32],
    values: &mut [Option<EntityValue>],
    shown: &[Vec<u32>],
) -> Vec<Vec<(u32, Outcome)>> {
    let mut found = vec![Vec::new(); shown.len()];
    let mut take = |(group, outcomes): (usize, _)| found[group] = outcomes;
    let mut substitutes = FuturesUnordered::new();
    let mut calls = asked.calls(ids);
    let groups = asked.request.step(asked.step).apart.iter().zip(shown);
    for (group, (apart, shown)) in groups.enumerate() {
        if apart.timeout.is_none() {
            break;
        }
        let hasty = asked.of_sites(apart);
        if hasty.deadline == asked.deadline {
            break;
        }
        let gathered = timeout_at(hasty.deadline, calls.gather(values));
        let _ = beside(gathered, &mut substitutes, &mut take).await;
        let late = missing(shown, values);
        if !late.is_empty() {
            substitutes.push(async move { (group, instead(&hasty, late).await) });
        }
    }
    let gathered = timeout_at(asked.deadline, calls.gather(values));
    let _ = beside(gathered, &mut substitutes, &mut take).await;
    asked.give_up(ids, values);
    while let Some(substitute) = substitutes.next().await {
        take(substitute);
    }
    found
}

async fn instead(asked: &Asked<'_>, late: Vec<u32>) -> Vec<(u32, Outcome)> {
    let error = asked.too_late(late.len());
    let mut found = Vec::new();
    let failed = late.into_iter().map(|id| (id, error.clone())).collect();
    let failed = ladder::in_time(asked, failed, &mut found);
    found.extend(if asked.request.step(asked.step).has_ladder() {
        ladder::climb_down(asked, failed).await
    } else {
        ladder::unhelped(failed)
    });
    found
}

/// Waits for the first, and meanwhile for what the others bring.
async fn beside<T, F: Future>(
    first: impl Future<Output = T>,
    others: &mut FuturesUnordered<F>,
    mut take: impl FnMut(F::Output),
) -> T {
    let mut first = pin!(first);
    loop {
        tokio::select! {
            biased;
            done = &mut first => return done,
            Some(other) = others.next() => take(other),
        }
    }
}
