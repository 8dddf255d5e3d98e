//! `/graphql`: one request of GraphQL over HTTP.
//!
//! Source: the GraphQL-over-HTTP specification, draft of 2025-05-08, whose statuses clients and the audit of `graphql-http`
//! know. A later draft says 422 for some of our 400, and 294 for some of our 200.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures::StreamExt;
use http::{Method, Request, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use tokio::time::{Instant, timeout_at};

use super::{
    Site, answer, caller, graphiql,
    media::{self, Media, Subscribing},
    multipart, origin,
    parameters::{self, Parameters},
    single, sse, websocket,
};
use crate::{
    context::{Context, Explain},
    error::{Code, Error, Result},
    executor::Incremental,
    graphql::{self, Allowed, Outcome},
};

/// How a client wants to be answered.
#[derive(Clone, Copy)]
struct Way {
    media: Media,
    /// It reads the answers of subscriptions, perhaps beside JSON.
    subscribing: Option<Subscribing>,
    /// It reads the parts of an answer, perhaps beside JSON.
    parts: Option<Incremental>,
}

/// Any request to `/graphql`.
pub(super) async fn respond(site: Arc<Site>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    if websocket::is_meant(&parts.headers) {
        let upgraded = websocket::upgrade(&site, parts);
        return upgraded.unwrap_or_else(|refused| answer::refusal(Media::Json, &refused));
    }
    if single::is_meant(&parts) {
        return answer::vary_by_accept(single::respond(&site, parts, body).await);
    }
    let Some(media) = negotiate(&site, &parts) else {
        let message = "answers are `application/graphql-response+json`, `application/json`, `text/event-stream` or \
                       `multipart/mixed`";
        return answer::vary_by_accept(answer::refusal(
            Media::Json,
            &Error::new(Code::NotAcceptable, message),
        ));
    };
    let response = if media == Media::Html {
        graphiql::page()
    } else {
        let executed = execute(&site, parts, body, media).await;
        executed.unwrap_or_else(|refused| answer::refusal(media.of_refusals(), &refused))
    };
    answer::vary_by_accept(response)
}

/// A page is offered to whoever reads; JSON to all.
fn negotiate(site: &Site, parts: &Parts) -> Option<Media> {
    let offered = [Media::GraphQl, Media::Json, Media::EventStream, Media::Html];
    let pages = site.config.graphiql && answer::is_safe(&parts.method);
    let offered = if pages { &offered[..] } else { &offered[..3] };
    let in_parts = || {
        media::incremental(&parts.headers).is_some() || media::subscribing(&parts.headers).is_some()
    };
    media::negotiate(&parts.headers, offered).or_else(|| in_parts().then_some(Media::Multipart))
}

async fn execute(site: &Site, parts: Parts, body: Body, media: Media) -> Result<Response> {
    let now = Instant::now();
    let subscribing = media::subscribing(&parts.headers);
    let way = Way { media, subscribing, parts: media::incremental(&parts.headers) };
    if answer::is_safe(&parts.method) {
        if subscribing.is_some() {
            origin::check(site, &parts)?;
        }
        let parameters = parameters::from_query_string(parts.uri.query().unwrap_or_default())?;
        let context = caller::context(&site.config, &site.mocking, parts.headers, now)?;
        return Ok(run(site, parameters, Allowed::Reads, context, way).await);
    }
    let posted = Posted::new(site, &parts, body)?;
    let context = caller::context(&site.config, &site.mocking, parts.headers, now)?;
    let body = posted.read(context.deadline).await?;
    Ok(run(site, parameters::from_body(&body)?, Allowed::Writes, context, way).await)
}

async fn run(
    site: &Site,
    parameters: Parameters<'_>,
    allowed: Allowed,
    context: Context,
    way: Way,
) -> Response {
    let explains = context.explain != Explain::default();
    let response = answered(site, parameters, allowed, context, way).await;
    if explains { answer::never_kept(response) } else { response }
}

async fn answered(
    site: &Site,
    parameters: Parameters<'_>,
    allowed: Allowed,
    context: Context,
    way: Way,
) -> Response {
    let Way { media, subscribing, parts } = way;
    // Events can hold parts too.
    let events = (subscribing == Some(Subscribing::EventStream)).then_some(Incremental::Pending);
    let request = graphql::Request {
        query: parameters.query,
        operation_name: parameters.operation_name,
        variables: parameters.variables.as_deref(),
        allowed,
        streams: subscribing.is_some(),
        incremental: if media == Media::EventStream { events } else { parts.or(events) },
    };
    if request.streams || request.incremental.is_some() {
        return run_for_many(site, &request, context, way).await;
    }
    let graphql::Response { body, outcome } = site.front.execute(request, context).await;
    let refused = match outcome {
        Outcome::Executed { .. } => None,
        Outcome::RequestError { code } => Some(code),
    };
    answer::graphql(media, refused, body)
}

/// As [`run`] for a client that reads more than one answer. Events are for those that like them best, for subscriptions, and for
/// parts where nothing else can hold them.
async fn run_for_many(
    site: &Site,
    request: &graphql::Request<'_>,
    context: Context,
    Way { media, subscribing, parts }: Way,
) -> Response {
    let only_events = media == Media::EventStream;
    match site.front.answers(request, context) {
        Ok(answers) if only_events => sse::answers(site, answers),
        Ok(answers) if answers.subscribed => match subscribing {
            Some(Subscribing::Multipart) => multipart::subscription(site, answers),
            _ => sse::answers(site, answers),
        },
        Ok(answers) if answers.incremental || media == Media::Multipart => {
            match (parts, subscribing) {
                (Some(how), _) => multipart::answers(site, how, answers),
                // It reads nothing but subscriptions: this is one with a single answer.
                (None, Some(Subscribing::Multipart)) => multipart::subscription(site, answers),
                (None, _) => sse::answers(site, answers),
            }
        }
        Ok(mut answers) => {
            answer::graphql(media, None, answers.bodies.next().await.unwrap_or_default())
        }
        Err(graphql::Response { body, outcome }) => match outcome {
            Outcome::RequestError { code: Code::MethodNotAllowed } if only_events => {
                answer::graphql(Media::Json, Some(Code::MethodNotAllowed), body)
            }
            Outcome::RequestError { code } if !only_events => {
                answer::graphql(media.of_refusals(), Some(code), body)
            }
            _ => sse::refusal(site, &body),
        },
    }
}

/// A request's body that has not come yet, and may.
pub(super) struct Posted {
    body: Body,
    limit: usize,
}

impl Posted {
    /// # Errors
    ///
    /// Where the method has no body, the body is no JSON, or says that it is too large.
    pub(super) fn new(
        site: &Site,
        Parts { method, headers, .. }: &Parts,
        body: Body,
    ) -> Result<Self> {
        if *method != Method::POST {
            let message = "send a GraphQL request by GET or POST";
            return Err(Error::new(Code::MethodNotAllowed, message));
        }
        media::check_json(headers)
            .map_err(|reason| Error::new(Code::UnsupportedMediaType, reason))?;
        let limit = usize::try_from(site.config.max_body_size.0).unwrap_or(usize::MAX);
        let announced = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > limit) {
            return Err(too_large(limit));
        }
        Ok(Self { body, limit })
    }

    pub(super) async fn read(self, deadline: Instant) -> Result<Bytes> {
        let Self { body, limit } = self;
        match timeout_at(deadline, Limited::new(body, limit).collect()).await {
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                Err(too_large(limit))
            }
            Ok(Err(error)) => {
                Err(Error::with_source(Code::BadRequest, "the body could not be read", error))
            }
            Err(_) => {
                Err(Error::new(Code::BadRequest, "the body did not come within the request's time"))
            }
        }
    }
}

fn too_large(limit: usize) -> Error {
    Error::new(Code::PayloadTooLarge, format!("the body has more than {limit} bytes"))
}
