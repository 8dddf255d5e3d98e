//! Sites that are judged apart from the others of their step.

use std::{collections::HashMap, sync::Arc};

use super::Run;
use crate::{
    executor::{early::shown_to, prepared::Apart, step::Outcome},
    plan::{SiteId, StepId},
    transcoder::UNFIT_KEY,
};

impl Run {
    /// For each group of such sites: which keys it shows.
    pub(super) fn shown_apart(&self, step: StepId) -> Vec<Vec<u32>> {
        let ids = |site: SiteId| self.refs[site.0].all().iter().copied();
        shown_to(&self.request.step(step).apart, |site| ids(site).filter(|id| *id < UNFIT_KEY))
    }

    /// Where such a site shows something else of a key than the others, its places get an entity of their own.
    pub(super) fn set_apart(&mut self, step: StepId, apart: Vec<Vec<(u32, Outcome)>>) {
        let prepared = Arc::clone(&self.request.prepared);
        for (Apart { sites, .. }, substitutes) in prepared.step(step).apart.iter().zip(apart) {
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
