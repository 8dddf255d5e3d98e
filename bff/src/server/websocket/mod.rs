//! `graphql-transport-ws`: any number of operations over one WebSocket.
//!
//! One task a connection: it reads, and writes what the operations bring. While a client takes nothing, its events wait in the
//! bounded queues of their subscriptions.

mod connection;
mod protocol;

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    extract::{
        FromRequestParts,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse, Response},
};
use futures::{FutureExt, SinkExt};
use http::{HeaderMap, header, request::Parts};
use tokio::time::{Instant, timeout};

use super::{Site, caller, origin};
use crate::error::{Code, Result};
use connection::{Connection, Ended};
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
    origin::check(site, &parts)?;
    // Every operation has a context of its own; here a slip in the headers can still be told. That somebody has to be known is
    // told over the WebSocket: of a handshake that fails a page learns nothing.
    let context =
        caller::context(&site.config, &site.mocking, parts.headers.clone(), Instant::now());
    if let Err(refused) = context
        && refused.code() != Code::Unauthenticated
    {
        return Err(refused);
    }
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

async fn serve(site: Arc<Site>, headers: HeaderMap, socket: WebSocket, agreed: bool) {
    let patience = site.config.streams.send_timeout.0;
    let mut connection = Connection::new(site, headers, socket);
    let end =
        if agreed { unless_it_panics(connection.run()).await } else { Some(Close::NO_SUBPROTOCOL) };
    let Some(Close { code, reason }) = end else { return };
    let mut socket = connection.into_socket();
    let frame = CloseFrame { code, reason: (&*reason).into() };
    let goodbye = async {
        // Where the client said goodbye first, the socket has its own answer ready, and sends it when it reads.
        let _ = socket.send(Message::Close(Some(frame))).await;
        // What the client still says is read: a connection with unread bytes would be reset, and the code lost.
        while let Some(Ok(_)) = socket.recv().await {
            // The answers to its pings go out, so that they do not gather.
            let _ = socket.flush().await;
        }
    };
    // A client that does not answer is left.
    let _ = timeout(patience, goodbye).await;
}

/// A client is told of a fault of ours, so that it tries again as it sees fit.
async fn unless_it_panics(run: impl Future<Output = Ended>) -> Ended {
    AssertUnwindSafe(run).catch_unwind().await.unwrap_or(Some(Close::INTERNAL))
}

/// Reads a message as a connection does.
#[cfg(any(test, fuzzing))]
pub(super) fn read(text: &str) {
    drop(protocol::read(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_internal_server_error() {
        let end = unless_it_panics(async { panic!("told to") }).await.unwrap();
        assert_eq!((end.code, &*end.reason), (4500, "Internal server error"));
        assert_eq!(unless_it_panics(async { None }).await, None);
    }
}
