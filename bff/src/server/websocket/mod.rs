//! `graphql-transport-ws`: any number of operations over one WebSocket.
//!
//! One task a connection: it reads, and writes what the operations bring. While a client takes nothing, its events wait in the
//! bounded queues of their subscriptions.

mod connection;
mod operations;
mod protocol;

use std::sync::Arc;

use axum::{
    extract::{
        FromRequestParts,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use tokio::time::{Instant, timeout};

use super::{Site, caller, config::Origin};
use crate::error::{Code, Error, Result};
use connection::Connection;
use protocol::Close;

/// Whether a client asks for a WebSocket.
pub(super) fn is_meant(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Makes a connection a WebSocket.
///
/// # Errors
///
/// [`Code::PermissionDenied`] for a page of an origin that may not ask, and [`Code::BadRequest`] for headers that cannot be read.
pub(super) async fn upgrade(site: &Arc<Site>, mut parts: Parts) -> Result<Response> {
    check_origin(site, &parts.headers)?;
    // Every operation has a context of its own; here a slip in the headers can still be told.
    drop(caller::context(&site.config, &site.mocking, parts.headers.clone(), Instant::now())?);
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(refused) => return Ok(refused.into_response()),
    };
    let limit = usize::try_from(site.config.max_body_size.0).unwrap_or(usize::MAX);
    let upgrade = upgrade.protocols([protocol::NAME]).max_message_size(limit).max_frame_size(limit);
    let agreed = upgrade.selected_protocol().is_some();
    let (site, headers) = (Arc::clone(site), parts.headers);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let stopping = site.stopping.clone();
        stopping.serve(serve(site, headers, socket, agreed)).await;
    }))
}

/// A page of another origin may open WebSockets with the cookies of its visitor, whatever CORS says: here is where it is refused.
/// A client without an origin is no page.
fn check_origin(site: &Site, headers: &HeaderMap) -> Result<()> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
    let own = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let is_own = own.is_some_and(|(_, authority)| Some(authority.as_bytes()) == host);
    let mut allowed = site.config.cors.origins.iter();
    if is_own
        || allowed.any(|allowed| {
            matches!(allowed, Origin::Any) || *allowed == Origin::Exact(origin.clone())
        })
    {
        return Ok(());
    }
    let message =
        "pages of this origin may not open WebSockets; `server.cors.origins` says which may";
    Err(Error::new(Code::PermissionDenied, message))
}

async fn serve(site: Arc<Site>, headers: HeaderMap, socket: WebSocket, agreed: bool) {
    let patience = site.config.streams.send_timeout.0;
    let mut connection = Connection::new(site, headers, socket);
    let end = if agreed { connection.run().await } else { Some(Close::NO_SUBPROTOCOL) };
    let Some(Close { code, reason }) = end else { return };
    let mut socket = connection.into_socket();
    let frame = CloseFrame { code, reason: (&*reason).into() };
    let goodbye = async {
        // Where the client said goodbye first, the socket has its own answer ready, and sends it when it reads.
        let _ = socket.send(Message::Close(Some(frame))).await;
        // What the client still says is read: a connection with unread bytes would be reset, and the code lost.
        while let Some(Ok(_)) = socket.recv().await {}
    };
    // A client that does not answer is left.
    let _ = timeout(patience, goodbye).await;
}
