//! `/graphql`: one request of GraphQL over HTTP.
//!
//! Source: the GraphQL-over-HTTP specification, draft of 2025-05-08, whose statuses clients and the audit of `graphql-http`
//! know. A later draft says 422 for some of our 400, and 294 for some of our 200.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use tokio::time::{Instant, timeout_at};

use super::{
    Site, answer, caller, graphiql,
    media::{self, Media},
    parameters::{self, Parameters},
};
use crate::{
    context::Context,
    error::{Code, Error, Result},
    graphql::{self, Allowed, Outcome},
};

/// Any request to `/graphql`.
pub(super) async fn respond(site: Arc<Site>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Some(media) = negotiate(&site, &parts) else {
        let message = "answers are `application/graphql-response+json` or `application/json`";
        return answer::vary_by_accept(answer::refusal(
            Media::Json,
            &Error::new(Code::NotAcceptable, message),
        ));
    };
    let response = if media == Media::Html {
        graphiql::page()
    } else {
        let executed = execute(&site, parts, body, media).await;
        executed.unwrap_or_else(|refused| answer::refusal(media, &refused))
    };
    answer::vary_by_accept(response)
}

/// A page is offered to whoever reads; JSON to all.
fn negotiate(site: &Site, parts: &Parts) -> Option<Media> {
    let offered = [Media::GraphQl, Media::Json, Media::Html];
    let pages = site.config.graphiql && answer::is_safe(&parts.method);
    let offered = if pages { &offered[..] } else { &offered[..2] };
    media::negotiate(&parts.headers, offered)
}

async fn execute(site: &Site, parts: Parts, body: Body, media: Media) -> Result<Response> {
    let now = Instant::now();
    if answer::is_safe(&parts.method) {
        let parameters = parameters::from_query_string(parts.uri.query().unwrap_or_default())?;
        let context = caller::context(&site.config, &site.mocking, parts.headers, now)?;
        return Ok(run(site, parameters, Allowed::Reads, context, media).await);
    }
    if parts.method != Method::POST {
        let message = "send a GraphQL request by GET or POST";
        return Err(Error::new(Code::MethodNotAllowed, message));
    }
    media::check_json(&parts.headers)
        .map_err(|reason| Error::new(Code::UnsupportedMediaType, reason))?;
    let limit = usize::try_from(site.config.max_body_size.0).unwrap_or(usize::MAX);
    check_announced_length(&parts.headers, limit)?;
    let context = caller::context(&site.config, &site.mocking, parts.headers, now)?;
    let body = read(body, limit, context.deadline).await?;
    Ok(run(site, parameters::from_body(&body)?, Allowed::Writes, context, media).await)
}

async fn run(
    site: &Site,
    parameters: Parameters<'_>,
    allowed: Allowed,
    context: Context,
    media: Media,
) -> Response {
    let request = graphql::Request {
        query: parameters.query,
        operation_name: parameters.operation_name,
        variables: parameters.variables.as_deref(),
        allowed,
    };
    let graphql::Response { body, outcome } = site.front.execute(request, context).await;
    let refused = match outcome {
        Outcome::Executed { .. } => None,
        Outcome::RequestError { code } => Some(code),
    };
    answer::graphql(media, refused, body)
}

/// A body that says that it is too large is refused before it comes.
fn check_announced_length(headers: &HeaderMap, limit: usize) -> Result<()> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    Ok(())
}

async fn read(body: Body, limit: usize, deadline: Instant) -> Result<Bytes> {
    match timeout_at(deadline, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large(limit)),
        Ok(Err(error)) => {
            Err(Error::with_source(Code::BadRequest, "the body could not be read", error))
        }
        Err(_) => {
            Err(Error::new(Code::BadRequest, "the body did not come within the request's time"))
        }
    }
}

fn too_large(limit: usize) -> Error {
    Error::new(Code::PayloadTooLarge, format!("the body has more than {limit} bytes"))
}
