//! Many messages for one request. A stream that is open-ended has an idle timeout and a greatest age instead of a deadline.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};
use tonic::Streaming;

use super::{codec::RawCodec, config::Settings, connect, request, status, upstream::Upstream};
use crate::{
    call::{Call, Replies},
    error::{Code, Error, Result},
};

/// Opens the stream. The service may say nothing but "yes" before its first message, so headers are all that is waited for.
pub(super) async fn open(upstream: &Upstream, call: &Call) -> Result<Streaming<Bytes>> {
    let mut grpc = connect(upstream, call).await?;
    let settings = &upstream.settings;
    let request = request::request(call, settings, span(call, settings));
    let codec = RawCodec { request_size: call.message.len() };
    let opened = grpc.server_streaming(request, request::path(call)?, codec).await;
    opened
        .map(tonic::Response::into_inner)
        .map_err(|failed| status::error(call, call.deadline, &failed))
}

/// The messages, up to the first failure, silence that is too long, or the greatest age.
pub(super) fn replies(messages: Streaming<Bytes>, call: Call, settings: &Settings) -> Replies {
    let idle_timeout = settings.stream_idle_timeout.0;
    let end_of_life = Instant::now() + span(&call, settings);
    let state = Some((messages, call));
    let replies = stream::unfold(state, move |state| async move {
        let (mut messages, call) = state?;
        let patience = end_of_life.min(Instant::now() + idle_timeout);
        match timeout_at(patience, messages.message()).await {
            Ok(Ok(Some(message))) => Some((Ok(message), Some((messages, call)))),
            Ok(Ok(None)) => None,
            Ok(Err(failed)) => Some((Err(status::error(&call, end_of_life, &failed)), None)),
            Err(_) => Some((Err(silent(&call, patience == end_of_life)), None)),
        }
    });
    replies.boxed()
}

/// How long the stream may last from now on.
fn span(call: &Call, settings: &Settings) -> Duration {
    let greatest_age = settings.stream_max_age.0;
    if call.open_ended {
        return greatest_age;
    }
    greatest_age.min(call.deadline.saturating_duration_since(Instant::now()))
}

fn silent(call: &Call, too_old: bool) -> Error {
    let reason = if too_old {
        "the stream was not over in the time that it had"
    } else {
        "the stream was silent for too long"
    };
    status::failure(call, Code::DeadlineExceeded, reason)
}
