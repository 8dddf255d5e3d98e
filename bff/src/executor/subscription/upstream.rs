//! Reads a stream to its end, and opens it again where it broke: once for all who subscribed to it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, select},
};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{
    Subscriber,
    audience::Audiences,
    resume::{Past, Resume},
};
use crate::{
    call::{Call, Expired, Replies, Unreached},
    contract::SideEffects,
    error::{Code, Error, Result},
};

/// Whoever comes, a stream is not opened sooner after it was last: neither crowds nor endpoints that come and go at once keep a
/// service busy.
const APART: Duration = Duration::from_millis(100);

/// A stream that is read for everybody who shares it. It is asked for in the name of the first, who may have left.
pub(super) struct Upstream {
    pub(super) first: Arc<Subscriber>,
    pub(super) request: Bytes,
    pub(super) audiences: Arc<Audiences>,
}

/// How a stream ended badly.
struct End<'a> {
    failure: Error,
    past: Past,
    /// Done when it may be opened before its time.
    sooner: BoxFuture<'a, ()>,
}

impl Upstream {
    /// Reads until the stream is over, or nobody listens.
    pub(super) async fn read(self) {
        let mut resume = Resume::new(self.first.config(), &self.first.context);
        let target = &self.first.step().target;
        let mut due = Instant::now();
        loop {
            let began = Instant::now();
            let Err(End { failure, past, sooner }) = self.read_once().await else { return };
            let failure = match failure.origin() {
                Some(_) => failure,
                None => failure.from_method(target.origin.clone()),
            };
            let again = if !self.may_open_again(&failure) {
                None
            } else if began < due && !past.was_well() {
                // Opened before its time, it costs none of the attempts, and the pause goes on.
                Some(due)
            } else {
                resume.after(&past).map(|pause| Instant::now() + pause)
            };
            // What is planned, and goes on, is nothing for the log.
            if !past.expired || again.is_none() {
                self.first.engine.failures.failed_call(&failure, target, 1);
            }
            let Some(again) = again else { return self.audiences.end(Some(&failure)) };
            due = again;
            // Before the pause: who comes in it has missed nothing.
            self.audiences.resumed();
            let _ = timeout_at(due, async {
                sooner.await;
                sleep_until(began + APART).await;
            })
            .await;
        }
    }

    /// Opens the stream and gives everybody what it brings, until the service ends it well or nobody listens.
    async fn read_once(&self) -> std::result::Result<(), End<'_>> {
        // From before the opening: who comes in the meantime is not missed.
        let sooner = self.sooner();
        let mut messages = match self.open().await {
            Ok(messages) => messages,
            Err(failure) => {
                let unreached = Unreached::is_cause_of(&failure);
                return Err(End { failure, past: Past { unreached, ..Past::default() }, sooner });
            }
        };
        drop(sooner);
        let (opened, mut past) = (Instant::now(), Past::default());
        while let Some(message) = messages.next().await {
            match message {
                Ok(message) => {
                    past.brought = true;
                    if self.audiences.put(&message).is_break() {
                        return Ok(());
                    }
                }
                Err(failure) => {
                    past.open = opened.elapsed();
                    past.expired = Expired::is_cause_of(&failure);
                    return Err(End { failure, past, sooner: self.sooner() });
                }
            }
        }
        self.audiences.end(None);
        Ok(())
    }

    /// Done when the service can be reached again, or somebody joins: who comes now shall not wait longer than for a stream of
    /// their own.
    fn sooner(&self) -> BoxFuture<'_, ()> {
        let reconnected = self.first.engine.calls.reconnected(&self.first.step().target.method);
        let joined = self.audiences.joined();
        select(reconnected, Box::pin(joined)).map(drop).boxed()
    }

    async fn open(&self) -> Result<Replies> {
        let step = self.first.step();
        let patience = self.first.config().event_timeout.0;
        let deadline =
            Instant::now() + step.timeout.map_or(patience, |timeout| timeout.min(patience));
        let call = Call {
            method: Arc::clone(&step.target.method),
            message: self.request.clone(),
            deadline,
            open_ended: true,
            side_effects: step.target.side_effects,
            context: Arc::clone(&self.first.context),
        };
        let opened = timeout_at(deadline, self.first.engine.calls.server_stream(call)).await;
        opened.unwrap_or_else(|_| {
            Err(Error::new(Code::DeadlineExceeded, "the service did not begin its stream in time"))
        })
    }

    /// A stream that is opened again is asked for again.
    fn may_open_again(&self, failure: &Error) -> bool {
        self.first.step().target.side_effects == SideEffects::NoSideEffects
            && failure.code().is_endpoint_fault()
    }
}

/// Also where the task that reads is gone without a word, so that nobody waits for nothing.
impl Drop for Upstream {
    fn drop(&mut self) {
        self.audiences
            .end(Some(&Error::new(Code::Internal, "the stream failed inside the gateway")));
    }
}
