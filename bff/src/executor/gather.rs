//! A stream as the one response that a list is read from: read to its end, or as far as it came.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use tokio::time::{Sleep, sleep_until, timeout_at};

use super::{config::Gathering, fetch};
use crate::{
    call::{Call, CallService, Replies},
    contract::Gather,
    error::{Code, Error, Result},
    transcoder,
};

/// A stream that is read by its call's deadline, as long as it stays within its bounds.
pub(super) struct Gathered {
    messages: Replies,
    how: Gather,
    bounds: Gathering,
    deadline: Pin<Box<Sleep>>,
    count: usize,
    size: u64,
}

/// All messages of the stream, by the call's deadline. A stream that fails, is late or goes on beyond its bounds has brought
/// nothing: half a list would look like a whole one.
pub(super) async fn gather(
    calls: &dyn CallService,
    call: Call,
    how: &Gather,
    bounds: &Gathering,
) -> Result<Bytes> {
    let mut stream = Gathered::open(calls, call, how, bounds).await?;
    let mut response = Vec::new();
    while poll_fn(|context| stream.poll(&mut response, context)).await? {}
    Ok(response.into())
}

impl Gathered {
    pub(super) async fn open(
        calls: &dyn CallService,
        call: Call,
        how: &Gather,
        bounds: &Gathering,
    ) -> Result<Self> {
        let deadline = call.deadline;
        let opening = AssertUnwindSafe(async { calls.server_stream(call).await }).catch_unwind();
        let opened = timeout_at(deadline, opening).await.map_err(|_| too_late())?;
        Ok(Self {
            messages: opened.unwrap_or_else(|panic| Err(panicked(&*panic)))?,
            how: how.clone(),
            bounds: bounds.clone(),
            deadline: Box::pin(sleep_until(deadline)),
            count: 0,
            size: 0,
        })
    }

    /// Adds the next message to the response. `false`: there is no more.
    pub(super) fn poll(
        &mut self,
        response: &mut Vec<u8>,
        context: &mut Context<'_>,
    ) -> Poll<Result<bool>> {
        let next = AssertUnwindSafe(|| self.messages.poll_next_unpin(context));
        let message = match catch_unwind(next) {
            Ok(Poll::Ready(message)) => message,
            Ok(Poll::Pending) => {
                ready!(self.deadline.as_mut().poll(context));
                return Poll::Ready(Err(too_late()));
            }
            Err(panic) => return Poll::Ready(Err(panicked(&*panic))),
        };
        Poll::Ready(match message {
            Some(message) => message.and_then(|message| self.add(&message, response)),
            None => Ok(false),
        })
    }

    fn add(&mut self, message: &[u8], response: &mut Vec<u8>) -> Result<bool> {
        let Gathering { max_messages, max_size } = self.bounds;
        self.count += 1;
        if self.count > max_messages {
            return Err(too_long(format_args!("{max_messages} messages")));
        }
        let before = response.len();
        transcoder::gather(&self.how, message, response)?;
        self.size += (response.len() - before) as u64;
        if self.size > max_size.0 {
            response.truncate(before);
            return Err(too_long(max_size));
        }
        Ok(true)
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    fetch::panicked("the call failed inside the gateway", panic)
}

fn too_late() -> Error {
    Error::new(Code::DeadlineExceeded, "the service did not end its stream in time")
}

fn too_long(limit: impl std::fmt::Display) -> Error {
    let message = format!("the service's stream has more than {limit}, the limit for a list");
    Error::new(Code::ResourceExhausted, message)
}
