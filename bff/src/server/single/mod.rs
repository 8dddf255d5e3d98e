//! The "single connection mode" of graphql-sse: one event stream brings what any number of requests ask for, as browsers have
//! few connections.
//!
//! PUT reserves a stream and says its token. GET that accepts events opens it. GET and POST begin operations, whose answers come
//! over the stream; DELETE ends one. All but the first have the token, in a header or a parameter of the URL.
//!
//! Source: `PROTOCOL.md` of enisdenjo/graphql-sse; the statuses, where it has none, are those of its server.

mod events;
mod reservations;
mod room;

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use tokio::time::Instant;

use super::{
    Site, answer, caller,
    endpoint::Posted,
    media::{self, Media},
    origin, parameters, sse,
};
use crate::{
    context::Context,
    error::{Code, Error, Result},
    graphql::{self, Allowed, Answers, Front, Outcome},
};
use events::Events;
pub(super) use reservations::Reservations;
use reservations::{Reservation, Token};

const TOKEN: HeaderName = HeaderName::from_static("x-graphql-event-stream-token");

/// Whether a request belongs to a stream of this mode, or asks for one.
pub(super) fn is_meant(parts: &Parts) -> bool {
    let takes_text = || media::negotiate(&parts.headers, &[Media::Text]).is_some();
    parts.headers.contains_key(TOKEN)
        || token(parts).is_some()
        || (parts.method == Method::PUT && takes_text())
}

/// Any request for which [`is_meant`] says so.
pub(super) async fn respond(site: &Arc<Site>, parts: Parts, body: Body) -> Response {
    let response = match parts.method {
        Method::PUT => reserve(site, parts),
        Method::DELETE => end(site, parts),
        _ if wants_events(&parts) => open(site, parts),
        _ => operate(site, parts, body).await,
    };
    response.unwrap_or_else(|refused| answer::refusal(Media::Json, &refused))
}

fn reserve(site: &Arc<Site>, parts: Parts) -> Result<Response> {
    let context = context(site, parts)?;
    if site.stopping.has_begun() {
        return Err(stopping());
    }
    let token = reservations::reserve(&site.reservations, &site.config.streams, &context)?;
    let mut response = Response::new(Body::from(token.to_string()));
    *response.status_mut() = StatusCode::CREATED;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, Media::Text.content_type());
    // Whoever has it reads what the stream brings.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn open(site: &Arc<Site>, parts: Parts) -> Result<Response> {
    origin::check(site, &parts)?;
    let (reservation, _) = find(site, parts)?;
    site.reservations.open(&reservation)?;
    Ok(sse::respond(site, Events::new(site, reservation).stream()))
}

fn end(site: &Arc<Site>, parts: Parts) -> Result<Response> {
    let id = parameter(&parts, "operationId").filter(|id| !id.is_empty());
    let (reservation, _) = find(site, parts)?;
    let missing = || Error::new(Code::BadRequest, "the parameter `operationId` is missing");
    // That of one that is over crossed our own.
    reservation.end(&id.ok_or_else(missing)?);
    Ok(Response::new(Body::empty()))
}

async fn operate(site: &Arc<Site>, parts: Parts, body: Body) -> Result<Response> {
    let allowed = if answer::is_safe(&parts.method) { Allowed::Reads } else { Allowed::Writes };
    let Some(media) = media::negotiate(&parts.headers, &[Media::GraphQl, Media::Json]) else {
        let message =
            "faults are told as `application/graphql-response+json` or `application/json`";
        return Err(Error::new(Code::NotAcceptable, message));
    };
    let read = allowed == Allowed::Reads;
    let posted = if read { None } else { Some(Posted::new(site, &parts, body)?) };
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let (reservation, context) = find(site, parts)?;
    let bytes;
    let (parameters, asked) = match posted {
        None => (parameters::from_query_string(&query)?, query.len()),
        Some(posted) => {
            bytes = posted.read(context.deadline).await?;
            (parameters::from_body(&bytes)?, bytes.len())
        }
    };
    let id = parameters.operation_id()?;
    if site.stopping.has_begun() {
        return Err(stopping());
    }
    let place = reservation.place(id, site.config.streams.max_operations)?;
    let request = graphql::Request {
        query: parameters.query,
        operation_name: parameters.operation_name,
        variables: parameters.variables.as_deref(),
        allowed,
        streams: true,
        incremental: None,
    };
    let begin = if place.is_read() { Front::answers } else { Front::answers_when_read };
    let answers = match begin(&site.front, &request, context) {
        Ok(answers) => answers,
        Err(refused) => return Ok(refusal(media, refused)),
    };
    let mut response = Response::new(Body::empty());
    // Where the client has ended it meanwhile nothing comes, and nothing works for it any more.
    let begun = match place.unless_ended(first(answers, asked)).await {
        Some((answers, size)) => place.begin(answers, size),
        None => false,
    };
    *response.status_mut() = if begun { StatusCode::ACCEPTED } else { StatusCode::NO_CONTENT };
    Ok(response)
}

/// What is answered in this request's time is answered before the request is: who leaves it cancels the operation. With the
/// size of what is there. Of a subscription that is the request, until the stream is open and it begins.
async fn first(mut answers: Answers, asked: usize) -> (Answers, usize) {
    if answers.subscribed {
        return (answers, asked);
    }
    let first = answers.bodies.next().await;
    let size = first.as_ref().map_or(0, Bytes::len);
    let bodies = stream::iter(first).chain(answers.bodies.fuse()).boxed();
    (Answers { bodies, ..answers }, size)
}

fn refusal(media: Media, graphql::Response { body, outcome }: graphql::Response) -> Response {
    let refused = match outcome {
        Outcome::RequestError { code } => Some(code),
        Outcome::Executed { .. } => None,
    };
    // Its own status in either media type: 200 would say that the operation had been accepted.
    let mut response = answer::graphql(Media::GraphQl, refused, body);
    response.headers_mut().insert(header::CONTENT_TYPE, media.content_type());
    response
}

/// The stream of a request's token, and who asks.
fn find(site: &Arc<Site>, parts: Parts) -> Result<(Arc<Reservation>, Context)> {
    let token = token(&parts);
    let context = context(site, parts)?;
    let found = token.and_then(|token| site.reservations.find(&token, &context));
    Ok((found.ok_or_else(reservations::unknown)?, context))
}

fn context(site: &Site, parts: Parts) -> Result<Context> {
    caller::context(&site.config, &site.mocking, parts.headers, Instant::now())
}

/// In a parameter that only happens to have this name there is none.
fn token(parts: &Parts) -> Option<Token> {
    match parts.headers.get(TOKEN) {
        Some(value) => Token::read(value.as_bytes()),
        None => parameter(parts, "token").and_then(|text| Token::read(text.as_bytes())),
    }
}

fn parameter(parts: &Parts, name: &str) -> Option<String> {
    let query = parts.uri.query()?;
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    parameters.find_map(|(other, value)| (other == name).then(|| value.into_owned()))
}

fn wants_events(parts: &Parts) -> bool {
    let offered = [Media::GraphQl, Media::Json, Media::EventStream];
    media::negotiate(&parts.headers, &offered) == Some(Media::EventStream)
}

fn stopping() -> Error {
    Error::new(Code::Unavailable, "the server is stopping")
}
