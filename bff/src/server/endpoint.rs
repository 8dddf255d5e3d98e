//! `/graphql`: one request of GraphQL over HTTP.
//!
//! Source: the GraphQL-over-HTTP specification, draft of 2025-05-08, whose statuses clients and the audit of `graphql-http`
//! know. A later draft says 422 for some of our 400, and 294 for some of our 200.

use std::{borrow::Cow, sync::Arc};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Method, Request, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

use super::{
    Site, answer, caller, graphiql,
    media::{self, Media},
    parameters::{self, Parameters},
};
use crate::{
    context::Context,
    error::{Code, Error, Result},
};

/// One GraphQL request, as it came.
#[derive(Debug)]
pub struct Query<'a> {
    /// The document.
    pub document: Cow<'a, str>,
    /// Which of its operations is meant.
    pub operation_name: Option<Cow<'a, str>>,
    /// A JSON object, unread.
    pub variables: Option<&'a RawValue>,
    /// Which operations may run.
    pub allowed: Allowed,
}

/// Which operations may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Queries and mutations.
    All,
    /// Only queries: a GET must have no effects. A mutation is refused with [`Code::MethodNotAllowed`].
    Queries,
}

/// What came of a GraphQL request.
#[derive(Debug)]
pub struct Outcome {
    /// The whole answer as JSON.
    pub body: Bytes,
    /// Why nothing was executed; `None` where the answer has `data`, be it null.
    pub refused: Option<Code>,
}

/// Whatever executes GraphQL requests. Dropping the future means that the client has left.
pub trait GraphQl: Send + Sync + 'static {
    /// The answer, by the context's deadline.
    fn execute<'a>(&'a self, query: Query<'a>, context: Context) -> BoxFuture<'a, Outcome>;
}

/// Any request to `/graphql`.
pub(super) async fn graphql(site: Arc<Site>, request: Request<Body>) -> Response {
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
        let context = caller::context(&site.config, site.mocking, parts.headers, now)?;
        return Ok(run(site, parameters, Allowed::Queries, context, media).await);
    }
    if parts.method != Method::POST {
        let message = "send a GraphQL request by GET or POST";
        return Err(Error::new(Code::MethodNotAllowed, message));
    }
    media::check_json(&parts.headers)
        .map_err(|reason| Error::new(Code::UnsupportedMediaType, reason))?;
    let limit = usize::try_from(site.config.max_body_size.0).unwrap_or(usize::MAX);
    check_announced_length(&parts.headers, limit)?;
    let context = caller::context(&site.config, site.mocking, parts.headers, now)?;
    let body = read(body, limit, context.deadline).await?;
    Ok(run(site, parameters::from_body(&body)?, Allowed::All, context, media).await)
}

async fn run(
    site: &Site,
    parameters: Parameters<'_>,
    allowed: Allowed,
    context: Context,
    media: Media,
) -> Response {
    let query = Query {
        document: parameters.query,
        operation_name: parameters.operation_name,
        variables: parameters.variables.as_deref(),
        allowed,
    };
    let Outcome { body, refused } = site.graphql.execute(query, context).await;
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
