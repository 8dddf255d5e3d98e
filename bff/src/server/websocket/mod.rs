//! `graphql-transport-ws`: any number of operations over one WebSocket.
//!
//! One task a connection: it reads, and writes what the operations bring. While a client takes nothing, its events wait in the
//! bounded queues of their subscriptions.

mod connection;
mod handshake;
mod protocol;

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::response::Response;
use futures::{FutureExt, SinkExt, StreamExt};
use http::{HeaderMap, header, request::Parts};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{self, AsyncWriteExt},
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

use super::{Site, caller, origin};
use crate::error::{Code, Result};
use connection::{Connection, Ended};
use handshake::Agreed;
use protocol::Close;

/// A connection on which frames are read and written.
type WebSocket = WebSocketStream<TokioIo<Upgraded>>;

/// So much is read at a time. The library clears as much before each time, and keeps it for each connection: most messages
/// are shorter.
const READ_SIZE: usize = 8 << 10;

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
pub(super) fn upgrade(site: &Arc<Site>, parts: Parts) -> Result<Response> {
    origin::check(site, &parts)?;
    // Every operation has a context of its own; here a slip in the headers can still be told. That somebody has to be known is
    // told over the WebSocket: of a handshake that fails a page learns nothing.
    let headers = parts.headers.clone();
    let context = caller::context(&site.config, &site.mocking, headers.clone(), Instant::now());
    if let Err(refused) = context
        && refused.code() != Code::Unauthenticated
    {
        return Err(refused);
    }
    let Agreed { response, upgrade, speaks } = match handshake::shake(parts) {
        Ok(agreed) => agreed,
        Err(failure) => return Ok(handshake::refusal(&failure)),
    };
    let limit = usize::try_from(site.config.max_body_size.0).unwrap_or(usize::MAX);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_SIZE)
        .max_message_size(Some(limit))
        .max_frame_size(Some(limit));
    let site = Arc::clone(site);
    tokio::spawn(async move {
        // Where the client left meanwhile there is nothing to do.
        let Ok(stream) = upgrade.await else { return };
        let stream = TokioIo::new(stream);
        let socket = WebSocket::from_raw_socket(stream, Role::Server, Some(config)).await;
        let stopping = site.stopping.clone();
        stopping.serve(serve(site, headers, socket, speaks)).await;
    });
    Ok(response)
}

async fn serve(site: Arc<Site>, headers: HeaderMap, socket: WebSocket, speaks: bool) {
    let patience = site.config.streams.send_timeout.0;
    let mut connection = Connection::new(site, headers, socket);
    let end =
        if speaks { unless_it_panics(connection.run()).await } else { Some(Close::NO_SUBPROTOCOL) };
    let Some(close) = end else { return };
    // A client that does not answer is left.
    let _ = timeout(patience, say_goodbye(connection.into_socket(), close)).await;
}

async fn say_goodbye(mut socket: WebSocket, Close { code, reason }: Close) {
    let frame = CloseFrame { code: code.into(), reason: (&*reason).into() };
    // Where the client said goodbye first, the socket has its own answer ready, and sends it when it reads.
    let _ = socket.send(Message::Close(Some(frame))).await;
    // What the client still says is read: a connection with unread bytes would be reset, and the code lost.
    while let Some(Ok(_)) = socket.next().await {
        // The answers to its pings go out, so that they do not gather.
        let _ = socket.flush().await;
    }
    // What is no frame too, or comes behind it.
    let mut stream = socket.into_inner();
    let _ = stream.shutdown().await;
    let _ = io::copy(&mut stream, &mut io::sink()).await;
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
