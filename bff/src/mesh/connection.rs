//! One connection to one endpoint, and the task that keeps it.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::{
    future::{BoxFuture, poll_fn},
    poll,
};
use http::Uri;
use hyper::{
    body::{Frame, Incoming},
    client::conn::http2,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    net::TcpStream,
    sync::oneshot,
    time::{Instant, sleep, timeout},
};
use tonic::{Status, body::Body, client::GrpcService};

use super::{
    config::{Endpoint, Settings},
    guard::{Guarded, guard},
    heard::Heard,
    status,
    upstream::Slot,
};

/// One DATA frame holds what most calls answer: fewer frames, and a message in one piece.
const MAX_FRAME_SIZE: u32 = 1 << 20;
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;
/// h2 ends a connection, and with it the calls of everybody, when a header block comes in more frames than a quarter over what
/// this takes of the largest: here 320. Services repeat in `grpc-message` what they were asked for, which may be a body of
/// 1 MiB, three bytes for each after percent-encoding, in frames of 16 KiB.
const MAX_HEADER_LIST_SIZE: u32 = 256 << 20;

/// Between two looks whether the settings of a service, which have begun to come, are all there.
const UNTIL_SETTLED: Duration = Duration::from_millis(1);

/// A connection that ends sooner, and never answered a call, counts as a failure to connect from the second time on:
/// something accepts connections that it does not want.
const STEADY: Duration = Duration::from_secs(1);

/// Where calls of one endpoint go. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connection {
    sender: http2::SendRequest<Outgoing>,
    origin: Uri,
    noted: Arc<Noted>,
}

/// What is known of a connection.
#[derive(Default)]
struct Noted {
    /// Some call was answered.
    has_answered: AtomicBool,
    /// How many requests the service takes at a time; 0 until it has said so.
    max_streams: AtomicUsize,
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

    /// Sends a request.
    pub(super) fn send(
        &mut self,
        request: http::Request<Outgoing>,
    ) -> impl Future<Output = Result<http::Response<Incoming>, Status>> + use<> {
        let answer = self.sender.try_send_request(request);
        let noted = Arc::clone(&self.noted);
        async move {
            let response = answer.await.map_err(|mut error| {
                if error.take_message().is_some() {
                    status::unsent()
                } else {
                    status::of_connection(error.into_error())
                }
            })?;
            noted.has_answered.store(true, Ordering::Relaxed);
            Ok(response)
        }
    }

    /// How many requests the service takes at a time, as it said when this last sent one.
    pub(super) fn max_streams(&self) -> usize {
        self.noted.max_streams.load(Ordering::Relaxed)
    }

    /// Whether it takes requests no more.
    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

/// A connection for one call, as tonic's client needs it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) connection: Connection,
    pub(super) max_response_size: u64,
}

impl GrpcService<Body> for Line {
    type ResponseBody = Guarded;
    type Error = Status;
    type Future = BoxFuture<'static, Result<http::Response<Guarded>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let max_size = self.max_response_size;
        let answer = self.connection.send(request.map(Outgoing::Tonic));
        Box::pin(async move { guard(answer.await?, max_size) })
    }
}

/// What goes out with a request.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// One message with its prefix, until it is sent.
    Message(Option<Bytes>),
    /// Whatever tonic sends.
    Tonic(Body),
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match &mut *self {
            Self::Message(message) => Poll::Ready(message.take().map(|it| Ok(Frame::data(it)))),
            Self::Tonic(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Message(message) => message.is_none(),
            Self::Tonic(body) => body.is_end_stream(),
        }
    }
}

/// Connects, and connects again whenever the connection ends. Never returns.
pub(super) async fn keep(endpoint: Endpoint, settings: Arc<Settings>, slot: Slot) {
    let (mut failures, mut told) = (0, false);
    loop {
        match connect(&endpoint, &settings).await {
            Ok((connection, closed)) => {
                tracing::info!(service = slot.name(), %endpoint, "connected");
                told = false;
                let (since, noted) = (Instant::now(), Arc::clone(&connection.noted));
                slot.ready(connection);
                let reason = closed.await;
                tracing::info!(service = slot.name(), %endpoint, reason, "disconnected");
                let has_answered = noted.has_answered.load(Ordering::Relaxed);
                let was_good = has_answered || since.elapsed() >= STEADY;
                failures = if was_good { 0 } else { failures + 1 };
                if failures <= 1 {
                    slot.connecting();
                    continue;
                }
            }
            Err(error) => {
                failures += 1;
                // Once, and not at every attempt: the next line about it says that it is back.
                if !told {
                    tracing::warn!(service = slot.name(), %endpoint, %error, "cannot connect; trying again");
                    told = true;
                }
            }
        }
        slot.down();
        sleep(backoff(failures, jitter(&endpoint))).await;
    }
}

/// Resolves the name, connects, and waits for the first bytes of the service: a proxy accepts for a service that is not
/// there, and a hung process by its kernel. The future drives the connection, and says why it ended.
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
    let (heard, first_bytes) = oneshot::channel();
    let stream = TokioIo::new(Heard::new(stream, heard));
    let (sender, mut connection) =
        builder(settings).handshake(stream).await.map_err(io::Error::other)?;
    let noted = Arc::<Noted>::default();
    let noting = Arc::clone(&noted);
    let driven = poll_fn(move |context| {
        let ended = Pin::new(&mut connection).poll(context);
        noting.max_streams.store(connection.current_max_send_streams(), Ordering::Relaxed);
        ended
    });
    let mut closed: BoxFuture<'static, String> = Box::pin(async move {
        match driven.await {
            Ok(()) => "the service ended it".to_owned(),
            Err(error) => format!("{error:?}"),
        }
    });
    tokio::select! {
        reason = &mut closed => return Err(io::Error::other(reason)),
        heard = first_bytes => heard.map_err(io::Error::other)?,
    }
    let connection = Connection { sender, origin: endpoint.origin(), noted };
    // The first bytes are the service's settings. Another task takes them, at once where they came whole.
    while connection.max_streams() == 0 {
        if let Poll::Ready(reason) = poll!(&mut closed) {
            return Err(io::Error::other(reason));
        }
        if connection.max_streams() == 0 {
            sleep(UNTIL_SETTLED).await;
        }
    }
    Ok((connection, closed))
}

fn builder(settings: &Settings) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        // Nothing is sent before the service has said how much it takes.
        .initial_max_send_streams(0)
        .max_frame_size(MAX_FRAME_SIZE)
        .max_header_list_size(MAX_HEADER_LIST_SIZE)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW);
    if !settings.keepalive_interval.0.is_zero() {
        builder
            .keep_alive_interval(settings.keepalive_interval.0)
            .keep_alive_timeout(settings.keepalive_timeout.0);
    }
    builder
}

/// How long to wait after so many failures in a row: 50 ms, doubled each time, at most 3 s; of that between a half and the
/// whole, so that many gateways do not come back in step. `jitter` is between 0 and 1.
fn backoff(failures: u32, jitter: f64) -> Duration {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(3);
    let whole = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST);
    whole.mul_f64(0.5 + jitter / 2.0)
}

/// Different for each endpoint, attempt and process.
fn jitter(endpoint: &Endpoint) -> f64 {
    let random = RandomState::new().hash_one(endpoint);
    f64::from(u32::try_from(random >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_50_milliseconds_to_3_seconds() {
        let waits: Vec<_> = (1..=9).map(|failures| backoff(failures, 1.0).as_millis()).collect();
        assert_eq!(waits, [50, 100, 200, 400, 800, 1600, 3000, 3000, 3000]);
    }

    #[test]
    fn jitter_takes_at_most_a_half_off() {
        assert_eq!(backoff(1, 0.0).as_millis(), 25);
        let endpoint: Endpoint = "http://127.0.0.1:1".parse().unwrap();
        for _ in 0..100 {
            assert!((0.0..=1.0).contains(&jitter(&endpoint)));
        }
    }

    #[tokio::test]
    async fn a_request_for_a_connection_that_has_ended_was_not_sent() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let refuse = hyper::service::service_fn(|_| async {
                Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
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
        let mut connection = connection;
        let request = http::Request::post("http://x/y").body(Outgoing::Message(None)).unwrap();
        let error = connection.send(request).await.expect_err("there is an answer");
        assert!(status::is_unsent(&error), "{error:?}");
    }
}
