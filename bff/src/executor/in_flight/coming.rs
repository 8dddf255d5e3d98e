//! What a step waits for: calls, and keys that have not gone yet.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::FutureExt;
use tokio::{
    sync::oneshot,
    time::{Instant, Sleep, sleep_until},
};

use super::{
    InFlight,
    flight::{Flown, Rest, SharedCall},
};
use crate::{
    call::ShareKey,
    executor::fetch::{Flight, Landing},
};

/// For each key of a step that a call answers: where in what the call brings, and the key's number in the step.
pub(in crate::executor) type Places = Vec<(usize, u32)>;

/// What a step waits for.
pub(in crate::executor) enum Coming {
    /// A call of the step alone.
    Own(Flight, Places),
    /// A call that others may join.
    Begun(SharedCall, Places),
    /// A call that somebody else began.
    Joined(SharedCall, Places),
    /// What is left of such a call, when it is late.
    Late(Rest, Places),
    /// Keys that have not gone yet.
    Waiting(Waiting),
}

/// What came.
pub(in crate::executor) enum Came {
    /// What a call brought.
    Landing(Arc<Landing>, Places),
    /// That a call is late. What it still brings is waited for as before.
    Late {
        rest: Coming,
        /// Whether it has keys of others, which may be to blame.
        has_others: bool,
    },
    /// The keys have gone, with these calls.
    Departed(Vec<Coming>),
}

/// Keys that wait for others. They stay where they are when this is dropped.
pub(in crate::executor) struct Waiting {
    in_flight: Arc<InFlight>,
    share: ShareKey,
    number: u64,
    ticket: oneshot::Receiver<Vec<Coming>>,
    moment: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Coming {
    /// What a call answers; `None` where none was made yet.
    pub(in crate::executor) fn places(&self) -> Option<&Places> {
        match self {
            Self::Own(_, places)
            | Self::Begun(_, places)
            | Self::Joined(_, places)
            | Self::Late(_, places) => Some(places),
            Self::Waiting(_) => None,
        }
    }
}

impl Future for Coming {
    type Output = Came;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Came> {
        let (landing, places) = match self.get_mut() {
            Self::Own(call, places) => (ready!(call.poll_unpin(context)), places),
            Self::Late(call, places) => (ready!(call.poll_unpin(context)), places),
            Self::Begun(call, places) | Self::Joined(call, places) => {
                match ready!(call.poll_unpin(context)) {
                    Flown::Landed(landing) => (landing, places),
                    Flown::Late(rest, keys) => {
                        let has_others = keys > places.len();
                        let rest = Self::Late(rest, std::mem::take(places));
                        return Poll::Ready(Came::Late { rest, has_others });
                    }
                }
            }
            Self::Waiting(waiting) => return waiting.poll_departed(context).map(Came::Departed),
        };
        Poll::Ready(Came::Landing(landing, std::mem::take(places)))
    }
}

impl Waiting {
    /// Keys that go at `moment` at the latest; `None`: they have gone.
    pub(super) fn new(
        in_flight: &Arc<InFlight>,
        share: &ShareKey,
        number: u64,
        ticket: oneshot::Receiver<Vec<Coming>>,
        moment: Option<Instant>,
    ) -> Self {
        let (in_flight, share) = (Arc::clone(in_flight), share.clone());
        Self { in_flight, share, number, ticket, moment, alarm: None }
    }

    fn poll_departed(&mut self, context: &mut Context<'_>) -> Poll<Vec<Coming>> {
        if let Poll::Ready(departed) = self.ticket.poll_unpin(context) {
            self.moment = None;
            return Poll::Ready(departed.unwrap_or_default());
        }
        let Some(moment) = self.moment else { return Poll::Pending };
        ready!(self.alarm.get_or_insert_with(|| Box::pin(sleep_until(moment))).poll_unpin(context));
        self.moment = None;
        self.in_flight.depart_now(&self.share);
        // Told just now, or a moment later by somebody else who let them go.
        self.ticket.poll_unpin(context).map(Result::unwrap_or_default)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.moment.is_some() {
            self.in_flight.forget(&self.share, self.number);
        }
    }
}
