//! Steps that start together with those they need. Their keys are read from the requests of those, and compared when the
//! values are there: what was asked with another key is not shown, and asked again with the right one.

use futures::future::OptionFuture;
use tokio::{join, select, sync::oneshot};

use super::{
    engine::Request,
    prepared::Apart,
    step::{Answered, Outcome, StepRun},
};
use crate::{
    plan::{SiteId, StepId},
    transcoder::{EntityValue, KeyTable, Refs},
};

/// The keys that a step will probably be asked for.
pub(super) struct Guess {
    pub(super) keys: KeyTable,
    /// The key of each of its sites.
    shown: Vec<(SiteId, u32)>,
}

/// A step that was started with a guess.
pub(super) struct Early {
    /// Its keys with lower numbers were guessed.
    pub(super) guessed: u32,
    /// What there is for them. Where this is dropped, nobody waits any more.
    pub(super) answer: oneshot::Receiver<Answered>,
}

impl Guess {
    /// `None` where not all keys can be told: those that come later would need a call of their own.
    pub(super) fn of(request: &Request, step: StepId) -> Option<Self> {
        let (plan, program) = (request.prepared.plan(), &request.prepared.program);
        let (mut keys, mut shown) = (KeyTable::default(), Vec::new());
        for site in &request.step(step).sites {
            let parent = plan.site(plan.site(*site).parent?).step;
            let asked = program.call(parent).request(&request.variables, &request.context).ok()?;
            shown.push((*site, program.guess(*site, &asked, &mut keys)?));
        }
        Some(Self { keys, shown })
    }

    fn of_site(&self, site: SiteId) -> Option<u32> {
        self.shown.iter().find(|(other, _)| *other == site).map(|(_, id)| *id)
    }
}

impl Early {
    /// Starts a step. What is returned beside must be polled, and asks nobody where nobody waits for it by then.
    pub(super) fn start(step: StepRun, guess: &Guess) -> (Self, impl Future<Output = ()> + use<>) {
        let apart = shown_to(&step.request.step(step.step).apart, |site| guess.of_site(site));
        let guessed = u32::try_from(step.keys.len()).expect("keys are numbered in 32 bits");
        let (mut sender, answer) = oneshot::channel();
        let run = async move {
            select! {
                biased;
                () = sender.closed() => step.leave(),
                // Nobody may wait any more.
                answered = step.answer(&apart) => drop(sender.send(answered)),
            }
        };
        (Self { guessed, answer }, run)
    }
}

/// What there is for the keys that were guessed, where any of them is shown, and for those that were not.
pub(super) async fn answer(
    guessed: u32,
    early: Option<oneshot::Receiver<Answered>>,
    rest: StepRun,
    apart: Vec<Vec<u32>>,
) -> Answered {
    let early = OptionFuture::from(early);
    let rest = OptionFuture::from((!rest.keys.is_empty()).then(|| rest.answer(&apart)));
    let (early, rest) = join!(early, rest);
    let mut answered = match early {
        Some(early) => early.expect("it is polled beside this, and answers"),
        None => {
            // Nobody shows these.
            let outcomes = vec![Outcome::new(EntityValue::Null); guessed as usize];
            Answered::new(outcomes)
        }
    };
    if let Some(Answered { outcomes, apart, .. }) = rest {
        answered.outcomes.extend(outcomes);
        answered.apart.resize_with(answered.apart.len().max(apart.len()), Vec::new);
        for (all, rest) in answered.apart.iter_mut().zip(apart) {
            all.extend(rest.into_iter().map(|(id, outcome)| (id + guessed, outcome)));
        }
    }
    answered
}

/// For each group of sites that are judged apart: which keys they show, in order.
pub(super) fn shown_to<I: IntoIterator<Item = u32>>(
    apart: &[Apart],
    shown: impl Fn(SiteId) -> I,
) -> Vec<Vec<u32>> {
    let groups = apart.iter().map(|Apart { sites, .. }| {
        let mut ids: Vec<u32> = sites.iter().flat_map(|site| shown(*site)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    });
    groups.collect()
}

/// By key number: whether a site shows it. Where a step has one site, its keys all come from there.
pub(super) fn shown_at(refs: &Refs, keys: usize, sites: usize) -> Vec<bool> {
    let mut shown = vec![sites == 1; keys];
    if sites > 1 {
        for id in refs.all() {
            // Also skips places without a key.
            if let Some(shown) = shown.get_mut(*id as usize) {
                *shown = true;
            }
        }
    }
    shown
}
