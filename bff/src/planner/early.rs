//! Levels skipped: what is asked for the object of a lookup, by the key with which that was looked up, need not wait for it.

use crate::{
    contract::{Cardinality, Echo, SideEffects, join},
    plan::{Guess, KeySource, Plan, ShapeId, SiteId, Source, Step, Value},
};

/// Marks the steps of a query that can start with the lookups whose objects they are asked for. `echoes` are by site.
///
/// A step starts early only where all of its keys are known then: keys that come later would need a call of their own,
/// and what is one call stays one call.
pub(super) fn mark(plan: &mut Plan, echoes: &[&[Echo]]) {
    let mut guesses = vec![Vec::new(); plan.sites.len()];
    for field in &plan.shape(plan.root).fields {
        if let Source::Join { site, then } = &field.source
            && !echoes[site.0].is_empty()
        {
            Search { plan, echoes: echoes[site.0], guesses: &mut guesses }.look(then, &[]);
        }
    }
    // What comes behind the first items of a list is read where they are shown, and not before.
    let is_told_in_parts = plan.streams.iter().any(|stream| stream.gathered);
    for (index, step) in plan.steps.iter_mut().enumerate() {
        let mut sites = plan.sites.iter().zip(&guesses).filter(|(site, _)| site.step.0 == index);
        let is_whole = !is_told_in_parts || step.join.gather.is_none();
        step.early = is_whole && may_be_early(step) && sites.all(|(_, guess)| !guess.is_empty());
    }
    for (site, guess) in plan.sites.iter_mut().zip(guesses) {
        if plan.steps[site.step.0].early {
            site.guess = guess;
        }
    }
}

/// What is asked may turn out not to be shown. Functions of the program are not asked in vain.
fn may_be_early(step: &Step) -> bool {
    step.join.side_effects() == SideEffects::NoSideEffects
        && matches!(step.join.target, Some(join::Target::Method(_)))
}

/// One lookup, and the sites in its response.
struct Search<'a> {
    plan: &'a Plan,
    echoes: &'a [Echo],
    /// By site.
    guesses: &'a mut [Vec<Guess>],
}

impl Search<'_> {
    /// Goes through what stands at `path` in the response, as long as that is one thing.
    fn look(&mut self, source: &Source, path: &[u32]) {
        match source {
            Source::Join { site, .. } => {
                self.guesses[site.0] = self.guess(*site, path).unwrap_or_default();
            }
            Source::Wire(wire) => {
                if matches!(wire.cardinality, Cardinality::Repeated | Cardinality::Map) {
                    return;
                }
                let path = [path, &wire.path, some(&wire.number)].concat();
                match &wire.value {
                    Value::Leaf(_) => {}
                    Value::Object(shape) => self.object(*shape, &path),
                    Value::Abstract(members) => {
                        for member in members {
                            let path = [&path[..], some(&member.number)].concat();
                            self.object(member.shape, &path);
                        }
                    }
                }
            }
            Source::Typename | Source::Slow => {}
        }
    }

    fn object(&mut self, shape: ShapeId, path: &[u32]) {
        let plan = self.plan;
        for field in &plan.shape(shape).fields {
            self.look(&field.source, path);
        }
    }

    /// Where the request has the key that a site reads from the message at `path`.
    fn guess(&self, site: SiteId, path: &[u32]) -> Option<Vec<Guess>> {
        let site = self.plan.site(site);
        let part = |part: &KeySource| {
            let told = [path, &part.path].concat();
            let echo = self.echoes.iter().find(|echo| echo.response == told)?;
            Some(Guess { number: echo.request, scalar: echo.scalar() })
        };
        if site.many { None } else { site.key.iter().map(part).collect() }
    }
}

/// A field's number; 0 is no field.
fn some(number: &u32) -> &[u32] {
    if *number == 0 { &[] } else { std::slice::from_ref(number) }
}
