//! Entities that stand at several places are written once and then copied.

use std::ops::Range;

use super::super::{Program, answer::EmitInput};
use crate::plan::SiteId;

/// Where in the output each entity of each site was written last.
pub(super) struct Memos {
    /// By site, then by key number. Empty for a site each of whose entities has one place.
    places: Vec<Vec<Place>>,
    /// What was written before the last cut may be gone.
    cuts: u32,
}

#[derive(Clone, Copy, Default)]
struct Place {
    start: usize,
    /// 0: nowhere.
    end: usize,
    cuts: u32,
}

impl Memos {
    /// Remembers nothing.
    pub(super) const NONE: Self = Self { places: Vec::new(), cuts: 0 };

    pub(super) fn new(program: &Program, input: &EmitInput<'_>) -> Self {
        let sites = program.plan.sites.iter().zip(input.refs);
        let places = sites.map(|(site, refs)| {
            let entities = input.steps.get(site.step.0).map_or(0, Vec::len);
            let repeats = refs.refs.len() > entities;
            if repeats { vec![Place::default(); entities] } else { Vec::new() }
        });
        Self { places: places.collect(), cuts: 0 }
    }

    /// What an entity looks like, if it still stands somewhere.
    #[inline]
    pub(super) fn find(&self, site: SiteId, id: u32) -> Option<Range<usize>> {
        let place = self.places.get(site.0)?.get(id as usize)?;
        (place.end > 0 && place.cuts == self.cuts).then_some(place.start..place.end)
    }

    /// An entity was written without anything to report.
    #[inline]
    pub(super) fn keep(&mut self, site: SiteId, id: u32, written: Range<usize>) {
        let cuts = self.cuts;
        let places = self.places.get_mut(site.0);
        if let Some(place) = places.and_then(|places| places.get_mut(id as usize)) {
            *place = Place { start: written.start, end: written.end, cuts };
        }
    }

    /// Some of the output is being cut off.
    pub(super) fn cut(&mut self) {
        self.cuts += 1;
    }
}
