//! One step: what the cache has, what is asked, and the ladder for what fails.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{
    asked::Asked,
    doubt,
    engine::Request,
    fetch::{Landed, Rung},
    hasty,
    in_flight::InFlight,
    incremental::Live,
    ladder,
    watch::{Found, Went},
};
use crate::{
    entity_cache::{Fields, Lookup},
    error::{Code, Error},
    plan::StepId,
    transcoder::{EntityValue, KeyTable},
};

/// What a step has for one key.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) value: EntityValue,
    /// Why it is not what it should be.
    pub(super) note: Option<Box<Note>>,
}

/// Why something else is shown than what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) cause: Code,
    pub(super) source: Substitute,
    /// Of what is shown, where it was kept.
    pub(super) age: Option<Duration>,
}

/// What is shown instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Substitute {
    Stale,
    Rpc,
    Value,
    Null,
}

/// One step of one request.
#[derive(Clone)]
pub(super) struct StepRun {
    pub(super) request: Arc<Request>,
    /// What the request shares with itself.
    pub(super) own_calls: Arc<InFlight>,
    pub(super) step: StepId,
    pub(super) keys: Arc<KeyTable>,
    /// Of a list that is told as it comes: how many items are waited for.
    pub(super) at_least: Option<u32>,
}

/// What a step has for its keys.
pub(super) struct Answered {
    /// For each key.
    pub(super) outcomes: Vec<Outcome>,
    /// For each of [`super::prepared::PreparedStep::apart`]: what its sites show instead.
    pub(super) apart: Vec<Vec<(u32, Outcome)>>,
    /// Where more may come behind what there is for the only key.
    pub(super) live: Option<Box<Live>>,
}

impl Answered {
    pub(super) fn new(outcomes: Vec<Outcome>) -> Self {
        Self { outcomes, apart: Vec::new(), live: None }
    }
}

impl StepRun {
    /// What there is for each key, at the latest at the request's cutoff. `shown` are the keys that each of
    /// [`super::prepared::PreparedStep::apart`] shows.
    pub(super) async fn answer(&self, shown: &[Vec<u32>]) -> Answered {
        let watch = self.request.watch.as_ref();
        let running = watch.map(|watch| watch.begin(&self.request, self.step, self.keys.len()));
        self.answered(shown, running.as_ref().map(|running| running.place)).await
    }

    async fn answered(&self, shown: &[Vec<u32>], seen: Option<usize>) -> Answered {
        let of_all = |outcome| Answered::new(vec![outcome; self.keys.len()]);
        let asked = match self.asked(seen) {
            Ok(asked) => asked,
            Err(error) => return of_all(Outcome::failed(error)),
        };
        // As a key that is absent: null without a call.
        if asked.is_for_nobody() {
            return of_all(Outcome::new(EntityValue::Null));
        }
        let (mut apart, mut live) = (Vec::new(), None);
        let mut values = vec![None; self.keys.len()];
        let (misses, asked) = look_up(asked, &mut values);
        let list = self.at_least.filter(|_| !misses.is_empty());
        if let Some((at_least, fetch)) = list.zip(asked.alone()) {
            let going = asked.going(Went::Sent);
            let opened = Live::open(&self.request, self.step, fetch, at_least).await;
            let first = opened.map(|(first, more)| {
                live = more.map(Box::new);
                first
            });
            let first = Landed::from(first);
            if let Some(going) = going {
                going.brought(std::iter::once(&first));
            }
            values[0] = Some(first.into());
        } else if !misses.is_empty() && shown.is_empty() {
            asked.fetch(&misses, &mut values).await;
        } else if !misses.is_empty() {
            apart = hasty::fetch(&asked, &misses, &mut values, shown).await;
        }
        let mut outcomes: Vec<Outcome> = values
            .into_iter()
            .map(|value| Outcome::new(value.expect("each was fetched")))
            .collect();
        let step = self.request.step(self.step);
        if step.acts {
            outcomes.iter_mut().for_each(Outcome::doubt);
        }
        if !shown.is_empty() {
            ladder::keep_apart(&asked, &outcomes, shown, &mut apart);
        }
        if step.has_ladder() {
            let failed = failures(&outcomes);
            place(&mut outcomes, ladder::climb_down(&asked, failed).await);
        }
        Answered { outcomes, apart, live }
    }

    /// What is shown instead of answers that could not be read. They are forgotten.
    pub(super) async fn repair(&self, broken: Vec<(u32, Error)>) -> Vec<(u32, Outcome)> {
        self.forget(broken.iter().map(|(id, _)| *id));
        match self.asked(None) {
            Ok(asked) => ladder::climb_down(&asked, broken).await,
            Err(_) => ladder::unhelped(broken),
        }
    }

    /// Takes keys out of the cache.
    pub(super) fn forget(&self, ids: impl IntoIterator<Item = u32>) {
        let Ok(asked) = self.asked(None) else { return };
        let Some(view) = asked.view() else { return };
        for id in ids {
            view.remove(self.keys.get(id));
        }
    }

    /// Lets go of calls that other steps of the request could join.
    pub(super) fn leave(&self) {
        if self.request.step(self.step).overlaps
            && let Ok(asked) = self.asked(None)
        {
            let everything = asked.wanted().cloned();
            let asked = asked.asking_for(everything, HashMap::new());
            asked.leave(&Vec::from_iter(0..u32::try_from(self.keys.len()).unwrap_or(u32::MAX)));
        }
    }

    fn asked(&self, place: Option<usize>) -> Result<Asked<'_>, Error> {
        let timeout = self.request.step(self.step).timeout;
        let step = (self.step, place);
        Asked::new(&self.request, &self.own_calls, step, &self.keys, Rung::Own, timeout)
    }
}

impl Outcome {
    pub(super) fn new(value: EntityValue) -> Self {
        Self { value, note: None }
    }

    pub(super) fn failed(error: Error) -> Self {
        Self::new(EntityValue::Failed(error))
    }

    /// Says of a change whether it may have been made though it failed.
    fn doubt(&mut self) {
        if let EntityValue::Failed(error) = &mut self.value {
            *error = doubt::told(error.clone());
        }
    }
}

/// Fills in what the cache has, has what is stale fetched again, and says what must be asked for which keys. What keys lack is
/// asked for all of them in one call, though some may have part of it.
fn look_up<'a>(asked: Asked<'a>, values: &mut [Option<EntityValue>]) -> (Vec<u32>, Asked<'a>) {
    let ids = 0..u32::try_from(values.len()).expect("keys are numbered in 32 bits");
    let everything = asked.wanted().cloned();
    let Some(view) = asked.view() else {
        return (ids.collect(), asked.asking_for(everything, HashMap::new()));
    };
    let (mut misses, mut stale) = (Lacking::default(), Lacking::default());
    let (mut there, mut absent) = (HashMap::new(), 0);
    for id in ids {
        let known = match view.get(asked.keys.get(id)) {
            Lookup::Fresh(item) => EntityValue::Bytes(item),
            Lookup::Stale(item, fields) => {
                stale.add(id, fields);
                EntityValue::Bytes(item)
            }
            Lookup::Missing(known) => {
                absent += 1;
                known.map_or(EntityValue::Null, EntityValue::Failed)
            }
            Lookup::Absent(fields, kept) => {
                misses.add(id, fields);
                there.extend(kept.map(|kept| (id, kept)));
                continue;
            }
        };
        values[id as usize] = Some(known);
    }
    drop(view);
    if let Some(watch) = &asked.request.watch {
        let (stale, miss) = (stale.ids.len(), misses.ids.len());
        let hit = values.len() - stale - absent - miss;
        watch.found(asked.step, asked.place, Found { hit, stale, absent, miss });
    }
    if !stale.ids.is_empty() {
        asked.clone().asking_for(stale.fields, HashMap::new()).refresh(&stale.ids);
    }
    if misses.ids.is_empty() {
        return (misses.ids, asked);
    }
    (misses.ids, asked.asking_for(misses.fields, there))
}

/// Keys, and fields that any of them lacks.
#[derive(Default)]
struct Lacking {
    ids: Vec<u32>,
    fields: Fields,
}

impl Lacking {
    fn add(&mut self, id: u32, fields: Fields) {
        self.ids.push(id);
        match (&mut self.fields, fields) {
            (Some(all), Some(fields)) if !Arc::ptr_eq(all, &fields) => {
                Arc::make_mut(all).extend(&fields);
            }
            (Some(_), _) => {}
            (all, fields) => *all = fields,
        }
    }
}

/// The keys that failed in a way that allows something else to be shown.
fn failures(outcomes: &[Outcome]) -> Vec<(u32, Error)> {
    let ids = 0..u32::try_from(outcomes.len()).expect("keys are numbered in 32 bits");
    ids.zip(outcomes)
        .filter_map(|(id, outcome)| match &outcome.value {
            EntityValue::Failed(error) if error.code().may_fall_back() => Some((id, error.clone())),
            _ => None,
        })
        .collect()
}

/// Puts outcomes in the places of their keys.
pub(super) fn place(outcomes: &mut [Outcome], found: Vec<(u32, Outcome)>) {
    for (id, outcome) in found {
        outcomes[id as usize] = outcome;
    }
}
