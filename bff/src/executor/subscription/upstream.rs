//! Reads a stream to its end, and opens it again where it broke: once for all who subscribed to it.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Subscriber,
    audience::Audiences,
    resume::{Past, Resume},
};
use crate::{
    call::{Call, Expired, Replies},
    contract::SideEffects,
    error::{Code, Error, Result},
};

/// A stream that is read for everybody who shares it. It is asked for in the name of the first, who may have left.
pub(super) struct Upstream {
    pub(super) first: Arc<Subscriber>,
    pub(super) request: Bytes,
    pub(super) audiences: Arc<Audiences>,
}

impl Upstream {
    /// Reads until the stream is over, or nobody listens.
    pub(super) async fn read(self) {
        let mut resume = Resume::new(self.first.config(), &self.first.context);
        let target = &self.first.step().target;
        while let Err((failure, past)) = self.read_once().await {
            let failure = match failure.origin() {
                Some(_) => failure,
                None => failure.from_method(target.origin.clone()),
            };
            let again = if self.may_open_again(&failure) { resume.after(&past) } else { None };
            // What is planned, and goes on, is nothing for the log.
            if !past.expired || again.is_none() {
                self.first.engine.failures.failed_call(&failure, target, 1);
            }
            let Some(pause) = again else { return self.audiences.end(Some(&failure)) };
            sleep(pause).await;
            self.audiences.resumed();
        }
    }

    /// Opens the stream and gives everybody what it brings, until the service ends it well or nobody listens.
    async fn read_once(&self) -> std::result::Result<(), (Error, Past)> {
        let mut messages = self.open().await.map_err(|failure| (failure, Past::default()))?;
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
                    return Err((failure, past));
                }
            }
        }
        self.audiences.end(None);
        Ok(())
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
