//! What is under way: the run of the whole answer, those for items of lists that came later, and the lists that may go on.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use bytes::Bytes;

use super::list::{Items, Live};
use crate::{
    error::{Error, Result},
    executor::run::{Run, Work},
    operation::DeferId,
};

/// A run, and its work.
struct Driven {
    run: Run,
    work: Work,
}

/// All runs of an answer.
pub(super) struct Runs {
    /// By [`RunId`]. Those that nothing is written from any more are gone.
    all: Vec<Option<Box<Driven>>>,
    lists: Vec<List>,
}

/// A position in [`Runs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunId(usize);

/// A list that may go on. It is read one step ahead of what is told: what comes meanwhile waits where it is, and goes together.
struct List {
    live: Live,
    /// Whether everything was told that came.
    is_wanted: bool,
    next: Option<Next>,
}

/// Items of a list that are to be told.
pub(super) struct Next {
    pub(super) run: RunId,
    /// The part of a message in which they are.
    pub(super) part: Bytes,
    /// The index of the first.
    pub(super) first: u32,
}

impl RunId {
    /// The run of the whole answer.
    pub(super) const WHOLE: Self = Self(0);
}

impl Runs {
    pub(super) fn new(mut run: Run, work: Work) -> Self {
        let lists = run.take_live().into_iter().map(List::new).collect();
        Self { all: vec![Some(Box::new(Driven { run, work }))], lists }
    }

    /// The run of the whole answer.
    pub(super) fn whole(&self) -> &Run {
        self.get(RunId::WHOLE)
    }

    pub(super) fn get(&self, id: RunId) -> &Run {
        &self.all[id.0].as_ref().expect("something is to be written from it").run
    }

    /// Waits until anything happens. `false`: all is done.
    pub(super) async fn advance(&mut self) -> bool {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        let mut is_over = true;
        for Driven { run, work } in self.all.iter_mut().flatten().map(|driven| &mut **driven) {
            match run.poll_advance(work, context) {
                Poll::Ready(true) => {
                    self.lists.extend(run.take_live().into_iter().map(List::new));
                    return Poll::Ready(true);
                }
                Poll::Ready(false) => {}
                Poll::Pending => is_over = false,
            }
        }
        for at in 0..self.lists.len() {
            if !self.lists[at].is_waiting() {
                continue;
            }
            match self.lists[at].live.poll_items(1, context) {
                Poll::Ready(items) => {
                    self.begin(at, &items);
                    return Poll::Ready(true);
                }
                Poll::Pending => is_over = false,
            }
        }
        if is_over { Poll::Ready(false) } else { Poll::Pending }
    }

    /// Starts a run for items that came.
    fn begin(&mut self, at: usize, items: &Items) {
        if items.count == 0 {
            return;
        }
        let list = &self.lists[at].live;
        let begun = list.streamed().part(&items.message).and_then(|part| {
            let (run, work) = self.whole().of_items(list.streamed(), items)?;
            Ok((part, Driven { run, work }))
        });
        let list = &mut self.lists[at];
        match begun {
            Ok((part, driven)) => {
                let run = RunId(self.all.len());
                self.all.push(Some(Box::new(driven)));
                list.next = Some(Next { run, part, first: items.before });
            }
            Err(failure) => list.live.fail(failure),
        }
    }

    fn list(&self, defer: DeferId) -> Option<&List> {
        self.lists.iter().find(|list| list.live.defer() == defer)
    }

    fn list_mut(&mut self, defer: DeferId) -> Option<&mut List> {
        self.lists.iter_mut().find(|list| list.live.defer() == defer)
    }

    /// Everything was told that came of a list: it goes on.
    pub(super) fn read_on(&mut self, defer: DeferId) {
        if let Some(list) = self.list_mut(defer) {
            list.is_wanted = true;
        }
    }

    /// Whether there is more to be told of a list.
    pub(super) fn has_more(&self, defer: DeferId) -> bool {
        self.list(defer).is_none_or(|list| match &list.next {
            Some(next) => self.get(next.run).has(defer),
            None => list.live.end().is_some(),
        })
    }

    /// The items of a list that came since they were last taken, if all that is told with them is there.
    pub(super) fn take_ready(&mut self, defer: DeferId) -> Option<Next> {
        let next = self.list(defer)?.next.as_ref()?;
        let is_there = self.get(next.run).has(defer);
        self.list_mut(defer)?.next.take_if(|_| is_there)
    }

    /// The index of the item that comes next.
    pub(super) fn index(&self, defer: DeferId) -> Option<u32> {
        self.list(defer).map(|list| list.live.taken())
    }

    /// How a list has ended; `None`: it may go on.
    pub(super) fn end(&self, defer: DeferId) -> Option<Result<(), Error>> {
        let Some(list) = self.list(defer) else { return Some(Ok(())) };
        list.live.end().filter(|_| list.next.is_none()).cloned()
    }

    /// Nothing more of a list is told.
    pub(super) fn close(&mut self, defer: DeferId) {
        self.lists.retain(|list| list.live.defer() != defer);
    }

    /// Forgets the runs for items from which nothing will be written.
    pub(super) fn keep(&mut self, is_needed: impl Fn(RunId) -> bool) {
        let Self { all, lists } = self;
        for (at, driven) in all.iter_mut().enumerate().skip(1).filter(|(_, it)| it.is_some()) {
            let is_next = |list: &List| list.next.as_ref().is_some_and(|next| next.run.0 == at);
            if !lists.iter().any(is_next) && !is_needed(RunId(at)) {
                *driven = None;
            }
        }
    }
}

impl List {
    fn new(live: Live) -> Self {
        Self { live, is_wanted: false, next: None }
    }

    fn is_waiting(&self) -> bool {
        self.is_wanted && self.next.is_none() && self.live.end().is_none()
    }
}
