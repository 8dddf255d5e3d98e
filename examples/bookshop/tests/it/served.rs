//! A gateway over HTTP.

use std::net::SocketAddr;
use std::time::Duration;

use anabranch::gateway::Builder;
use bookshop::Running;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Longer than anything here takes; only a test that hangs meets it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The clock's grain: what waits for a span is woken up to so much later.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Does the work while the clock stands still, so that nothing is late on a busy machine. Services, gateway and client live in
/// this one process: [`later`] moves the clock for all of them.
pub(crate) async fn still<T>(work: impl Future<Output = T>) -> T {
    tokio::time::pause();
    // As long as a blocking task runs, tokio does not move a paused clock by itself. This one also ends a test that hangs.
    let (_done, end) = std::sync::mpsc::channel::<()>();
    let watch = tokio::task::spawn_blocking(move || end.recv_timeout(PATIENCE));
    tokio::select! {
        result = work => result,
        _over = watch => panic!("nothing came of it in {PATIENCE:?}"),
    }
}

/// Lets everything under way arrive, and then moves the clock.
pub(crate) async fn later(span: Duration) {
    // Everything is in this thread: what is not done after so many turns waits for the clock.
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(span).await;
}

/// A gateway that serves until its test ends.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
}

/// What a client sees.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    /// The body, byte by byte.
    pub(crate) text: Bytes,
    pub(crate) took: Duration,
}

impl Served {
    pub(crate) async fn start(shop: &Running) -> Self {
        Self::over(bookshop::gateway(shop).expect("a configuration")).await
    }

    /// Any gateway, at a free port.
    pub(crate) async fn over<C>(gateway: Builder<C>) -> Self {
        let gateway = gateway.listen("127.0.0.1:0").expect("an address");
        let gateway = gateway.build().await.expect("it starts");
        let address = gateway.address();
        tokio::spawn(gateway.serve_until(std::future::pending()));
        Self { address }
    }

    /// What comes of a query without variables and headers.
    pub(crate) async fn ask(&self, query: &str) -> Answer {
        self.send(self.post(query)).await
    }

    /// A request that may still be changed.
    pub(crate) fn post(&self, query: &str) -> Request<Full<Bytes>> {
        let body = serde_json::json!({ "query": query }).to_string();
        Request::post("/graphql")
            .header(header::HOST, self.address.to_string())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json")
            .body(Full::from(body))
            .expect("a request")
    }

    /// Sends a request over a connection of its own.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let begin = Instant::now();
        let stream = TcpStream::connect(self.address).await.expect("it listens");
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.expect("it speaks HTTP");
        tokio::spawn(connection);
        let response = sender.send_request(request).await.expect("it answers");
        let status = response.status();
        let body = response.into_body().collect().await.expect("a whole body").to_bytes();
        let (text, body) = (body.clone(), serde_json::from_slice(&body).unwrap_or(Value::Null));
        Answer { status, body, text, took: begin.elapsed() }
    }
}
