//! How a connection of HTTP/1.1 becomes a WebSocket (RFC 6455, section 4.2).

use axum::response::Response;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header, request::Parts};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::{
    Error as Failure, error::ProtocolError, handshake::server::create_response_with_body,
};

use super::{
    super::{answer, media::Media},
    protocol,
};
use crate::error::{Code, Error};

/// The answer that agrees, and what comes of it.
pub(super) struct Agreed {
    pub(super) response: Response,
    pub(super) upgrade: OnUpgrade,
    /// The client speaks our subprotocol.
    pub(super) speaks: bool,
}

/// Agrees, or tells what the request lacks.
pub(super) fn shake(parts: Parts) -> Result<Agreed, Failure> {
    let speaks = speaks(&parts.headers);
    let mut request = Request::from_parts(parts, ());
    let mut response = create_response_with_body(&request, Default::default)?;
    if speaks {
        let name = HeaderValue::from_static(protocol::NAME);
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, name);
    }
    Ok(Agreed { response, upgrade: hyper::upgrade::on(&mut request), speaks })
}

/// The answer to a handshake that lacks something.
pub(super) fn refusal(failure: &Failure) -> Response {
    let message = format!("this is no handshake of a WebSocket: {failure}");
    let mut response = answer::refusal(Media::Json, &Error::new(Code::BadRequest, message));
    if let Failure::Protocol(ProtocolError::MissingSecWebSocketVersionHeader) = failure {
        *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
        let version = HeaderValue::from_static("13");
        response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, version);
    }
    response
}

fn speaks(headers: &HeaderMap) -> bool {
    let names = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter();
    let mut names = names.flat_map(|names| names.as_bytes().split(|byte| *byte == b','));
    names.any(|name| name.trim_ascii() == protocol::NAME.as_bytes())
}
