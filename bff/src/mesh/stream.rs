//! Many messages for one request. A stream that is open-ended has an idle timeout and a greatest age instead of a deadline.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};
use tonic::{Streaming, client::Grpc};

use super::{
    codec::RawCodec, config::Settings, connection::Place, line::Line, pool::NoPlace, request,
    status, unary::MAX_UNSENT, upstream::Upstream,
};
use crate::{
    call::{Call, Expired, Replies},
    error::{Code, Error, Result},
};

/// Opens the stream. The service may say nothing but "yes" before its first message, so headers are all that is waited for.
pub(super) async fn open(upstream: &Upstream, call: &Call) -> Result<Opened> {
    let settings = &upstream.settings;
    let request_size = call.message.len();
    let mut unsent = 0;
    loop {
        let place = upstream.place(call.deadline).await.map_err(|none| refusal(call, none))?;
        let span = span(call, settings);
        // From here on, as the service counts from when it hears of it: where it keeps to the time too, ours ends first.
        let end_of_life = Instant::now() + span;
        let request = request::request(call, settings, span);
        let opened = client(place, settings)
            .server_streaming(request, request::path(call)?, RawCodec { request_size })
            .await;
        match opened {
            Ok(messages) => {
                return Ok(Opened { messages: messages.into_inner(), end_of_life });
            }
            Err(failed) if status::is_unsent(&failed) && unsent < MAX_UNSENT => unsent += 1,
            Err(failed) => return Err(status::error(call, call.deadline, &failed)),
        }
    }
}

/// A stream.
pub(super) struct Opened {
    messages: Streaming<Bytes>,
    end_of_life: Instant,
}

/// tonic's client for one stream.
fn client(place: Place, settings: &Settings) -> Grpc<Line> {
    let (origin, max_response_size) = (place.origin().clone(), settings.max_response_size.0);
    // The guard holds the limit; tonic's own would answer with another code.
    Grpc::with_origin(Line { place: Some(place), max_response_size }, origin)
        .max_decoding_message_size(usize::MAX)
}

fn refusal(call: &Call, none: NoPlace) -> Error {
    match none {
        NoPlace::NotConnected | NoPlace::Unreachable(_) => status::unreached(call, &none),
        NoPlace::Full { .. } => {
            let message = "too many streams of the service are open";
            let refused = Error::with_source(Code::ResourceExhausted, message, none);
            refused.from_method(status::origin(call))
        }
    }
}

/// The messages, up to the first failure, silence that is too long, or the greatest age.
pub(super) fn replies(opened: Opened, call: Call, settings: &Settings) -> Replies {
    let idle_timeout = settings.stream_idle_timeout.0;
    let state = Some((opened, call));
    let replies = stream::unfold(state, move |state| async move {
        let (mut opened, call) = state?;
        let end_of_life = opened.end_of_life;
        let patience = end_of_life.min(Instant::now() + idle_timeout);
        match timeout_at(patience, opened.messages.message()).await {
            Ok(Ok(Some(message))) => Some((Ok(message), Some((opened, call)))),
            Ok(Ok(None)) => None,
            Ok(Err(failed)) => {
                let failure = status::error(&call, end_of_life, &failed);
                let of_age =
                    failure.code() == Code::DeadlineExceeded && status::is_over(end_of_life);
                Some((Err(if of_age { expired(&call, Expired::Age) } else { failure }), None))
            }
            Err(_) if patience == end_of_life => Some((Err(expired(&call, Expired::Age)), None)),
            Err(_) => Some((Err(expired(&call, Expired::Silence)), None)),
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

fn expired(call: &Call, why: Expired) -> Error {
    status::failure(call, Code::DeadlineExceeded, why)
}
