//! A stream read to its end, as the one response that a list is read from.

use bytes::Bytes;
use futures::StreamExt;
use tokio::time::timeout_at;

use super::config::Gathering;
use crate::{
    call::{Call, CallService},
    contract::Gather,
    error::{Code, Error, Result},
    transcoder,
};

/// All messages of the stream, by the call's deadline. A stream that fails, is late or goes on beyond its bounds has brought
/// nothing: half a list would look like a whole one.
pub(super) async fn gather(
    calls: &dyn CallService,
    call: Call,
    how: &Gather,
    bounds: &Gathering,
) -> Result<Bytes> {
    let deadline = call.deadline;
    let whole = async {
        let mut messages = calls.server_stream(call).await?;
        let mut response = Vec::new();
        let mut count = 0;
        while let Some(message) = messages.next().await {
            let message = message?;
            count += 1;
            if count > bounds.max_messages {
                return Err(too_long(format_args!("{} messages", bounds.max_messages)));
            }
            transcoder::gather(how, &message, &mut response)?;
            if response.len() as u64 > bounds.max_size.0 {
                return Err(too_long(bounds.max_size));
            }
        }
        Ok(response.into())
    };
    timeout_at(deadline, whole).await.unwrap_or_else(|_| {
        Err(Error::new(Code::DeadlineExceeded, "the service did not end its stream in time"))
    })
}

fn too_long(limit: impl std::fmt::Display) -> Error {
    let message = format!("the service's stream has more than {limit}, the limit for a list");
    Error::new(Code::ResourceExhausted, message)
}
