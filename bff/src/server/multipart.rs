//! `multipart/mixed`: an answer in parts, each of them as soon as it is there.
//!
//! Source: `rfcs/IncrementalDelivery.md` of graphql/graphql-over-http, and RFC 2046, 5.1. Clients tell of a part when they
//! have read the boundary behind it: so it goes out with the part.

use std::convert::Infallible;

use axum::{body::Body, response::Response};
use futures::{StreamExt, future, stream};
use http::{HeaderName, HeaderValue, header};

use super::{Site, sse};
use crate::{executor::Incremental, graphql::Answers};

/// In front of the first part: an empty preamble and a boundary.
const FIRST: &[u8] = b"\r\n---";
const HEADERS: &[u8] = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n";
const BOUNDARY: &[u8] = b"\r\n---";
/// Behind the boundary after the last part.
const END: &[u8] = b"--\r\n";

/// All answers, up to the last one.
pub(super) fn answers(site: &Site, how: Incremental, answers: Answers) -> Response {
    let first = stream::once(future::ready(FIRST.to_vec()));
    let parts = answers.bodies.map(|body| [HEADERS, &body, BOUNDARY].concat());
    let end = stream::once(future::ready(END.to_vec()));
    let parts = sse::taken(first.chain(parts).chain(end), site.config.streams.send_timeout.0);
    let mut response = Response::new(Body::from_stream(parts.map(Ok::<_, Infallible>)));
    let headers = response.headers_mut();
    let content_type = match how {
        Incremental::Patches => "multipart/mixed; boundary=\"-\"; deferSpec=20220824",
        Incremental::Pending => "multipart/mixed; boundary=\"-\"; incrementalSpec=v0.2",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    // nginx would gather parts until there are enough of them.
    let buffering = HeaderName::from_static("x-accel-buffering");
    headers.insert(buffering, HeaderValue::from_static("no"));
    response
}
