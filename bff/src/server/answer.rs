//! What goes out: the HTTP status and the headers of an answer.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::media::Media;
use crate::error::{Code, Error};

/// The methods that `/graphql` has; OPTIONS is answered as a preflight.
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE, OPTIONS");

/// The answer to a request that was executed, or refused by what executes.
pub(super) fn graphql(media: Media, refused: Option<Code>, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    if let Some(code) = refused {
        *response.status_mut() = refused_status(media, code);
        if code == Code::MethodNotAllowed {
            // The other methods cannot run a mutation.
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
    }
    response.headers_mut().insert(header::CONTENT_TYPE, media.content_type());
    response
}

/// A client from before the specification takes every other status than 200 for a fault of the network. What it must not
/// repeat (a mutation by GET), and what is our fault, it has to be told nevertheless.
fn refused_status(media: Media, code: Code) -> StatusCode {
    let status = StatusCode::from_u16(code.http_status()).expect("the table has HTTP statuses");
    let told = status.is_server_error() || code == Code::MethodNotAllowed;
    if media == Media::Json && !told { StatusCode::OK } else { status }
}

/// The answer to what is not a GraphQL request over HTTP: its status is the same in both media types.
pub(super) fn refusal(media: Media, error: &Error) -> Response {
    let mut response = Response::new(Body::from(body(error)));
    *response.status_mut() =
        StatusCode::from_u16(error.code().http_status()).expect("the table has HTTP statuses");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media.content_type());
    match error.code() {
        Code::MethodNotAllowed => drop(headers.insert(header::ALLOW, ALLOWED)),
        Code::UnsupportedMediaType => {
            let accepted = HeaderValue::from_static("application/json");
            headers.insert(header::HeaderName::from_static("accept-post"), accepted);
            // RFC 9110, 15.5.16: what may come instead of a coding.
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        _ => {}
    }
    response
}

/// A response without data.
pub(super) fn body(error: &Error) -> Bytes {
    let body = serde_json::json!({
        "errors": [{ "message": error.message(), "extensions": { "code": error.code().name() } }]
    });
    body.to_string().into()
}

/// Whether the method is one that only reads.
pub(super) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// The answer is for this caller alone, and what makes it so is nothing that caches in between look at.
pub(super) fn never_kept(mut response: Response) -> Response {
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    response
}

/// The answer depends on what the client accepts: caches in between must know.
pub(super) fn vary_by_accept(mut response: Response) -> Response {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    response
}
