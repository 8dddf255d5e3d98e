//! `multipart/mixed`: an answer in parts, each of them as soon as it is there, or a subscription whose answers are parts.
//!
//! Source: `rfcs/IncrementalDelivery.md` of graphql/graphql-over-http, RFC 2046, 5.1, and for subscriptions "Multipart HTTP
//! protocol for GraphQL subscriptions" of Apollo. Clients tell of a part when they have read the boundary behind it: so it
//! goes out with the part.

use std::convert::Infallible;

use axum::{body::Body, response::Response};
use futures::{Stream, StreamExt, future, stream};
use http::{HeaderName, HeaderValue, header};
use tokio::time::timeout;

use super::{Site, sse};
use crate::{executor::Incremental, graphql::Answers};

/// In front of the first part: an empty preamble and a boundary.
const FIRST: &[u8] = b"\r\n---";
const HEADERS: &[u8] = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n";
const BOUNDARY: &[u8] = b"\r\n---";
/// Behind the boundary after the last part.
const END: &[u8] = b"--\r\n";

/// What is sent in place of silence, and means nothing.
const HEARTBEAT: &[u8] = b"{}";

/// All answers, up to the last one.
pub(super) fn answers(site: &Site, how: Incremental, answers: Answers) -> Response {
    let content_type = match how {
        Incremental::Patches => "multipart/mixed; boundary=\"-\"; deferSpec=20220824",
        Incremental::Pending => "multipart/mixed; boundary=\"-\"; incrementalSpec=v0.2",
    };
    let parts = answers.bodies.map(|body| part(&[&body]));
    respond(site, content_type, whole(parts))
}

/// The answers of a subscription until the last one, or until the server stops: a client sees from the missing end that it was
/// cut.
pub(super) fn subscription(site: &Site, answers: Answers) -> Response {
    let content_type = "multipart/mixed; boundary=\"-\"; subscriptionSpec=1.0";
    let keepalive = site.config.streams.keepalive.0;
    let parts = answers.bodies.map(|body| part(&[b"{\"payload\":", &body, b"}"]));
    let parts = stream::unfold(parts, move |mut parts| async move {
        let next = timeout(keepalive, parts.next()).await;
        Some((next.unwrap_or_else(|_silence| Some(part(&[HEARTBEAT])))?, parts))
    });
    let stopping = site.stopping.clone();
    let cut = Box::pin(async move { stopping.begun().await });
    respond(site, content_type, whole(parts).take_until(cut))
}

fn part(body: &[&[u8]]) -> Vec<u8> {
    [HEADERS, &body.concat(), BOUNDARY].concat()
}

fn whole(parts: impl Stream<Item = Vec<u8>>) -> impl Stream<Item = Vec<u8>> {
    let [first, end] = [FIRST, END].map(|bytes| stream::once(future::ready(bytes.to_vec())));
    first.chain(parts).chain(end)
}

fn respond(
    site: &Site,
    content_type: &'static str,
    whole: impl Stream<Item = Vec<u8>> + Send + 'static,
) -> Response {
    let whole = sse::taken(whole, site.config.streams.send_timeout.0);
    let mut response = Response::new(Body::from_stream(whole.map(Ok::<_, Infallible>)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    // nginx would gather parts until there are enough of them.
    let buffering = HeaderName::from_static("x-accel-buffering");
    headers.insert(buffering, HeaderValue::from_static("no"));
    response
}
