//! One HTTP/2 connection to one endpoint, and what comes over it. Requests are given to `h2` as they are: a client of HTTP above
//! it would have a queue, a task and a channel for each.

use std::{
    fmt, io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures::future::{BoxFuture, poll_fn};
use h2::{
    Reason, RecvStream,
    client::{Builder, SendRequest},
};
use http::{HeaderMap, Uri};
use http_body::{Body, Frame};
use tokio::{net::TcpStream, time::timeout};
use tonic::Status;

use super::{
    config::{Endpoint, Settings},
    driver,
    heard::Heard,
    noted::{self, Noted},
    status,
};
use crate::tcp;

/// One DATA frame holds what most calls answer: fewer frames, and a message in one piece.
const MAX_FRAME_SIZE: u32 = 1 << 20;
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;
/// h2 ends a connection, and with it the calls of everybody, when a header block comes in more frames than a quarter over what
/// this takes of the largest: here 320. Services repeat in `grpc-message` what they were asked for, which may be a body of
/// 1 MiB, three bytes for each after percent-encoding, in frames of 16 KiB.
const MAX_HEADER_LIST_SIZE: u32 = 256 << 20;

/// Where calls of one endpoint go. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connection {
    sender: SendRequest<Bytes>,
    origin: Uri,
    noted: Arc<Noted>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Connection({})", self.origin)
    }
}

impl Connection {
    /// The scheme and authority for requests.
    pub(super) fn origin(&self) -> &Uri {
        &self.origin
    }

    /// A place for a request, as soon as the service takes one more.
    pub(super) async fn place(self) -> Result<Place, Status> {
        let held = self.noted.place().await.map_err(|_| status::unsent())?;
        Ok(Place { connection: self, held })
    }

    /// A place for a request, if the service takes one more now.
    pub(super) fn try_place(&self) -> Option<Place> {
        let held = self.noted.try_place()?;
        Some(Place { connection: self.clone(), held })
    }

    /// What is known of it.
    pub(super) fn noted(&self) -> Arc<Noted> {
        Arc::clone(&self.noted)
    }

    /// Whether it takes requests no more.
    pub(super) fn is_closed(&self) -> bool {
        self.noted.is_closed()
    }
}

/// A connection that has a place for one request, which is free again when the request is over.
#[derive(Debug)]
pub(super) struct Place {
    connection: Connection,
    held: noted::Place,
}

impl Place {
    /// The scheme and authority for the request.
    pub(super) fn origin(&self) -> &Uri {
        self.connection.origin()
    }

    /// Sends a request with one message. Who drops this, or the response's body, cancels the call.
    pub(super) async fn send(
        self,
        head: http::Request<()>,
        message: Bytes,
    ) -> Result<http::Response<Incoming>, Status> {
        let Self { connection: Connection { mut sender, noted, .. }, held } = self;
        let sent = sender.send_request(head, false);
        let (response, mut body) = sent.map_err(|_| status::unsent())?;
        body.send_data(message, true).map_err(status::of_connection)?;
        let response = response.await.map_err(status::of_connection)?;
        noted.answered();
        Ok(response.map(|stream| Incoming { stream, _place: held }))
    }
}

/// The body of a response.
#[derive(Debug)]
pub(super) struct Incoming {
    stream: RecvStream,
    _place: noted::Place,
}

impl Incoming {
    /// The next piece; `None`: trailers follow, or nothing.
    pub(super) async fn data(&mut self) -> Option<Result<Bytes, Status>> {
        poll_fn(|context| self.poll_data(context)).await
    }

    /// What stands behind the body.
    pub(super) async fn trailers(&mut self) -> Result<Option<HeaderMap>, Status> {
        self.stream.trailers().await.map_err(status::of_connection)
    }

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Status>>> {
        Poll::Ready(match ready!(self.stream.poll_data(context)) {
            Some(Ok(data)) => {
                // What came is ours to hold, within the limits of a message: the service may send on.
                let _ = self.stream.flow_control().release_capacity(data.len());
                Some(Ok(data))
            }
            // "I have said all, and need no more of the request": RFC 9113, section 8.1.
            Some(Err(error)) if error.reason() == Some(Reason::NO_ERROR) => None,
            Some(Err(error)) => Some(Err(status::of_connection(error))),
            None => None,
        })
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(data) = ready!(self.poll_data(context)) {
            return Poll::Ready(Some(data.map(Frame::data)));
        }
        let trailers = ready!(self.stream.poll_trailers(context));
        let trailers = trailers.map_err(status::of_connection);
        Poll::Ready(trailers.transpose().map(|trailers| trailers.map(Frame::trailers)))
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream()
    }
}

/// Resolves the name, connects, and waits until the service has said how much it takes. The future says why it takes no more.
pub(super) async fn connect(
    endpoint: &Endpoint,
    settings: &Settings,
) -> io::Result<(Connection, BoxFuture<'static, String>)> {
    let attempt = timeout(settings.connect_timeout.0, attempt(endpoint, settings));
    attempt.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn attempt(
    endpoint: &Endpoint,
    settings: &Settings,
) -> io::Result<(Connection, BoxFuture<'static, String>)> {
    let stream = TcpStream::connect((endpoint.host(), endpoint.port())).await?;
    stream.set_nodelay(true)?;
    tcp::ends_unanswered(&stream, settings.vanished_after());
    let noted = Arc::new(Noted::new());
    let stream = Heard::new(stream, Arc::clone(&noted));
    let (sender, mut wire) = builder().handshake(stream).await.map_err(io::Error::other)?;
    driver::settle(&mut wire).await?;
    let closed = driver::start(wire, sender.clone(), Arc::clone(&noted), settings);
    Ok((Connection { sender, origin: endpoint.origin(), noted }, Box::pin(closed)))
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .enable_push(false)
        // Nothing is sent before the service has said how much it takes.
        .initial_max_send_streams(0)
        .max_frame_size(MAX_FRAME_SIZE)
        .max_header_list_size(MAX_HEADER_LIST_SIZE)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW);
    builder
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper_util::rt::{TokioExecutor, TokioIo};

    use super::*;

    #[tokio::test]
    async fn a_connection_that_has_ended_has_no_place() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let refuse = hyper::service::service_fn(|_| async {
                Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
            });
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), refuse)
                .await;
        });
        let (connection, closed) = connect(&endpoint, &Settings::default()).await.unwrap();
        assert!(!connection.is_closed());
        server.abort();
        timeout(Duration::from_secs(10), closed).await.expect("the end is not noticed");
        assert!(connection.is_closed());
        let place = connection.clone().place().await;
        assert!(place.is_err() && connection.try_place().is_none());
    }
}
