//! The calls of a step, and what they bring.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use foldhash::fast::RandomState;
use futures::{StreamExt, stream::FuturesUnordered};

use super::{
    asked::Asked,
    blame::Blame,
    fetch::{Landed, Landing},
    in_flight::{Came, Coming, Places},
    watch::{Watched, Went},
};
use crate::transcoder::EntityValue;

/// The calls of a step that are on their way, and those that wait for their turn.
pub(super) struct Calls<'a> {
    asked: &'a Asked<'a>,
    waiting: VecDeque<Coming>,
    running: FuturesUnordered<Watched>,
    /// How many keys have no answer yet.
    open: usize,
    /// Keys that were asked for again, and whether they have their answer.
    again: HashMap<u32, bool, RandomState>,
}

impl<'a> Calls<'a> {
    /// Those that are to be made for so many keys.
    pub(super) fn new(asked: &'a Asked<'a>, waiting: VecDeque<Coming>, open: usize) -> Self {
        Self { asked, waiting, running: FuturesUnordered::new(), open, again: HashMap::default() }
    }

    /// Takes what comes until all is there. It may be left and taken up again.
    pub(super) async fn gather(&mut self, values: &mut [Option<EntityValue>]) {
        while self.open > 0 {
            while self.running.len() < self.asked.request.engine.calls_at_once
                && let Some(coming) = self.waiting.pop_front()
            {
                self.running.push(self.asked.watched(coming, Went::Sent));
            }
            match self.running.next().await {
                Some((Came::Landing(landing, places), going)) => {
                    if let Some(going) = going {
                        going.brought(places.iter().map(|(place, _)| &landing.items[*place]));
                    }
                    self.take(landing, places, values);
                }
                Some((Came::Late { rest, has_others }, going)) => {
                    if has_others {
                        let ids = rest.places().into_iter().flatten().map(|(_, id)| *id).collect();
                        // At once, whatever is still on its way: that may be what they wait for.
                        let again = self.ask_again(ids, Blame::KeyOrService);
                        self.run(again, Went::Sent);
                    }
                    self.running.push(Watched::new(rest, going));
                }
                Some((Came::Departed(departed), _)) => self.run(departed, Went::Gathered),
                None => return,
            }
        }
        // What is late, and not needed any more.
        self.running.clear();
    }

    fn run(&mut self, coming: Vec<Coming>, went: Went) {
        self.running.extend(coming.into_iter().map(|coming| self.asked.watched(coming, went)));
    }

    /// Asks for keys without those of others. Each is asked for again once at most.
    fn ask_again(&mut self, mut ids: Vec<u32>, blame: Blame) -> Vec<Coming> {
        ids.retain(|id| !self.again.contains_key(id));
        if ids.is_empty() {
            return Vec::new();
        }
        let coming = self.asked.ask_alone(&ids, blame);
        if !coming.is_empty() {
            self.again.extend(ids.into_iter().map(|id| (id, false)));
        }
        coming
    }

    /// What came of some keys. The first answer counts; but a failure for which keys of others may be to blame is told only if
    /// nothing better comes in time.
    fn take(&mut self, landing: Arc<Landing>, places: Places, values: &mut [Option<EntityValue>]) {
        let has_others = landing.items.len() > places.len();
        let blame = landing.blame().filter(|_| has_others);
        if let Some(blame) = blame {
            let ids = places.iter().map(|(_, id)| *id).collect();
            let again = self.ask_again(ids, blame);
            self.waiting.extend(again);
        }
        // Who has it alone takes it as it is.
        let mut landing = Arc::try_unwrap(landing);
        for (place, id) in places {
            match self.again.get_mut(&id) {
                Some(true) => continue,
                Some(_) if blame.is_some() => {}
                Some(is_answered) => {
                    *is_answered = true;
                    self.open -= 1;
                }
                None => self.open -= 1,
            }
            let item = match &mut landing {
                Ok(own) => std::mem::replace(&mut own.items[place], Landed::Missing),
                Err(shared) => shared.items[place].clone(),
            };
            values[id as usize] = Some(self.asked.whole(id, item));
        }
    }
}
