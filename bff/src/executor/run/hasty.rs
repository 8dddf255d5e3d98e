//! Sites that wait less long than the call of their step lasts.

use std::{collections::HashMap, sync::Arc};

use super::Run;
use crate::{
    executor::{early::shown_to, prepared::Hasty, step::Outcome},
    plan::{SiteId, StepId},
    transcoder::UNFIT_KEY,
};

impl Run {
    /// For each group of hasty sites of a step: which keys it shows.
    pub(super) fn shown_to_hasty(&self, step: StepId) -> Vec<Vec<u32>> {
        let ids = |site: SiteId| self.refs[site.0].all().iter().copied();
        shown_to(&self.request.step(step).hasty, |site| ids(site).filter(|id| *id < UNFIT_KEY))
    }

    /// Where a hasty site did not wait for a key, its places get an entity of their own.
    pub(super) fn set_apart(&mut self, step: StepId, hasty: Vec<Vec<(u32, Outcome)>>) {
        let prepared = Arc::clone(&self.request.prepared);
        for (Hasty { sites, .. }, substitutes) in prepared.step(step).hasty.iter().zip(hasty) {
            let mut others = HashMap::with_capacity(substitutes.len());
            for (id, outcome) in substitutes {
                let entity = self.entity(outcome);
                let entities = &mut self.entities[step.0];
                others.insert(id, u32::try_from(entities.len()).expect("fewer entities than 2^32"));
                entities.push(entity);
            }
            for site in sites.iter().filter(|_| !others.is_empty()) {
                self.refs[site.0].replace(&others);
            }
        }
    }
}
