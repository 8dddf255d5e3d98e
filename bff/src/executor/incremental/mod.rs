//! Answers in parts: the first as soon as everything is there that is not deferred, then what `@defer` and `@stream`
//! left out, as it comes.
//!
//! All of it is one run: its steps start by dataflow as in any other, and whatever is written later is written from the same
//! entities. A step that only deferred fragments show is waited for by nobody else. A list that a service sends bit by bit goes on
//! with runs for the items that came since.

mod delivery;
mod list;
mod part;
mod runs;

use std::{pin::pin, sync::Arc};

use futures::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};
use tokio::{select, sync::mpsc};
use tokio_util::task::AbortOnDropHandle;

use super::{Answer, Beside, engine::Request, respond, run::Run};
use crate::operation::OperationKind;
use delivery::Delivery;
pub(super) use list::{Items, Live, Streamed};
use runs::Runs;

/// How an answer in parts is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Incremental {
    /// Each part names its path: `deferSpec=20220824`, the specification's draft of that day.
    Patches,
    /// Deferred fragments are announced as pending and told of as completed, and no field comes twice: `incrementalSpec=v0.2`,
    /// the draft that graphql-js 17 implements.
    Pending,
}

/// The answers to a query or a mutation, the last one by its deadline. Where nothing is left for later there is one, as
/// any other. Dropping them cancels the calls of a query; what a mutation has begun to change runs on.
pub(super) fn answers(
    request: Arc<Request>,
    beside: Beside,
    how: Incremental,
) -> BoxStream<'static, Answer> {
    let plan = request.prepared.plan();
    let acts = plan.kind == OperationKind::Mutation;
    // Each after the first has at least one deferred fragment: but for lists that go on, nobody waits for a slow client.
    let (sender, answers) = mpsc::channel(plan.defers.len() + 1);
    let telling = tokio::spawn(tell(request, beside, how, sender));
    let telling = (!acts).then(|| AbortOnDropHandle::new(telling));
    let next = |(mut answers, telling): (mpsc::Receiver<Answer>, _)| async move {
        Some((answers.recv().await?, (answers, telling)))
    };
    stream::unfold((answers, telling), next).boxed()
}

async fn tell(
    request: Arc<Request>,
    Beside { slow: lane, plan }: Beside,
    how: Incremental,
    answers: mpsc::Sender<Answer>,
) {
    let watch = |is_last: bool| request.watch.as_ref().filter(|_| is_last);
    let (mut run, mut work) = match Run::new(Arc::clone(&request), lane).in_parts().start() {
        Ok(started) => started,
        // Who has left does not hear it.
        Err(error) => return drop(answers.send(respond::failed(&error)).await),
    };
    while !run.has_first() && run.advance(&mut work).await {}
    let mut runs = Runs::new(run, work);
    let mut delivery = Delivery::new(how);
    let answer = delivery.first(&mut runs);
    let answer = respond::explained(answer, plan, watch(!delivery.has_next()));
    if answers.send(answer).await.is_err() {
        return;
    }
    while delivery.has_next() {
        let mut goes_on = true;
        while goes_on && !delivery.is_ready(&runs) {
            goes_on = runs.advance().await;
        }
        let Some(room) = room(&answers, &mut runs).await else { return };
        // What is there by now goes with it.
        while goes_on && let Some(going) = runs.advance().now_or_never() {
            goes_on = going;
        }
        let answer = delivery.next(&mut runs);
        room.send(respond::explained(answer, None, watch(!delivery.has_next())));
    }
}

/// Room for one more part, once the client has taken others. Meanwhile everything goes on but lists, of which nothing more is read
/// before what came is told. `None`: nobody takes any.
async fn room<'a>(
    answers: &'a mpsc::Sender<Answer>,
    runs: &mut Runs,
) -> Option<mpsc::Permit<'a, Answer>> {
    let mut room = pin!(answers.reserve());
    loop {
        select! {
            biased;
            room = &mut room => return room.ok(),
            true = runs.advance() => {}
        }
    }
}
