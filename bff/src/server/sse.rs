//! `text/event-stream`: the "distinct connections mode" of graphql-sse. Each answer is an event `next`, and after the last one
//! comes `complete`; a stream that ends without it was cut.
//!
//! Source: `PROTOCOL.md` of enisdenjo/graphql-sse, and `rfcs/GraphQLOverSSE.md` of graphql/graphql-over-http, which has faults of
//! a document come as an event too, since browsers show nothing of another status than 200.

use std::{convert::Infallible, pin::pin, time::Duration};

use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt, future, stream};
use http::{HeaderName, HeaderValue};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::{Site, stopping::Stopping};
use crate::graphql::Answers;

/// Answers until the last one, or until the server stops.
pub(super) fn answers(site: &Site, answers: Answers) -> Response {
    let Answers { subscribed, bodies, .. } = answers;
    let whole = bodies.map(|body| next(&body)).chain(stream::once(future::ready(complete())));
    if subscribed {
        respond(site, whole.take_until(cut(&site.stopping)))
    } else {
        respond(site, whole)
    }
}

/// The answer to what is not executed.
pub(super) fn refusal(site: &Site, body: &[u8]) -> Response {
    respond(site, stream::iter([next(body), complete()]))
}

/// Events as they come.
pub(super) fn respond(site: &Site, events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let keep_alive = KeepAlive::new().interval(site.config.streams.keepalive.0);
    let events = taken(events, site.config.streams.send_timeout.0);
    let events = Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(keep_alive);
    let mut response = events.into_response();
    // nginx would gather events until there are enough of them.
    let buffering = HeaderName::from_static("x-accel-buffering");
    response.headers_mut().insert(buffering, HeaderValue::from_static("no"));
    response
}

/// Ends where nobody takes an event for so long: nothing works any more for a client that has stopped to read, though its
/// connection lasts.
pub(super) fn taken<T: Send + 'static>(
    events: impl Stream<Item = T> + Send + 'static,
    patience: Duration,
) -> impl Stream<Item = T> + Send + 'static {
    let (sender, taker) = mpsc::channel(1);
    let giving = tokio::spawn(async move {
        let mut events = pin!(events);
        while let Some(event) = events.next().await {
            if sender.send_timeout(event, patience).await.is_err() {
                return;
            }
        }
    });
    let state = (taker, AbortOnDropHandle::new(giving));
    stream::unfold(state, |(mut taker, giving)| async move {
        Some((taker.recv().await?, (taker, giving)))
    })
}

fn next(body: &[u8]) -> Event {
    Event::default().event("next").data(String::from_utf8_lossy(body))
}

/// With an empty line of data: without one browsers would not tell of it.
fn complete() -> Event {
    Event::default().event("complete").data("\n")
}

fn cut(stopping: &Stopping) -> impl Future<Output = ()> + Send + 'static {
    let stopping = stopping.clone();
    async move { stopping.begun().await }
}
