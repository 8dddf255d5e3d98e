//! The server over real sockets, with a service in memory behind it.

mod frames;
pub(crate) mod graph;
mod lifecycle;
mod multipart;
mod pages;
mod reserved;
mod single;
mod slow_clients;
mod specification;
mod sse;
mod threads;
mod websocket;

use std::time::Duration;

use http::HeaderMap;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, sync::oneshot, task::JoinHandle, time::timeout};

use self::graph::Service;
use super::*;
use crate::{call::CallService, executor, executor::Executor, graphql};

/// Longer than anything here takes; only a test that hangs meets it.
const PATIENCE: Duration = Duration::from_secs(30);

fn front(service: &Arc<Service>) -> Front {
    let contract = Arc::new(graph::contract());
    let calls: Arc<dyn CallService> = Arc::<Service>::clone(service);
    let mut config = executor::Config::default();
    config.subscriptions.latest = vec!["beats".to_owned()];
    let executor = Executor::new(&contract, calls, Vec::new(), &config).unwrap();
    Front::new(contract, Arc::new(executor), graphql::Config::default(), None).unwrap()
}

/// A running server.
struct Running {
    address: SocketAddr,
    service: Arc<Service>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Running {
    async fn start() -> Self {
        Self::start_with(|_| {}, Vec::new()).await
    }

    async fn start_with(change: impl FnOnce(&mut Config), pages: Vec<Page>) -> Self {
        let mut config = Config { listen: "127.0.0.1:0".parse().unwrap(), ..Config::default() };
        change(&mut config);
        let service = Arc::new(Service::default());
        let server = Server::bind(config, front(&service), Mocking::Ignored, pages).await.unwrap();
        Self::serve(server, service)
    }

    fn serve(server: Server, service: Arc<Service>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let address = server.address();
        let serving = tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            server.serve(stop).await.unwrap();
        });
        Self { address, service, stop: Some(stop), serving }
    }

    /// What comes of a request over a connection of its own.
    async fn ask(&self, request: http::Request<Full<Bytes>>) -> Answer {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let asking = async {
            let response = sender.send_request(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            Answer { status: parts.status.as_u16(), headers: parts.headers, body }
        };
        timeout(PATIENCE, asking).await.expect("there is no answer")
    }

    async fn post(&self, accept: &str, body: &str) -> Answer {
        self.ask(post().header("accept", accept).body(full(body)).unwrap()).await
    }

    async fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        soon(&mut self.serving).await.unwrap();
    }

    async fn get(&self, accept: &str, path: &str) -> Answer {
        let request = http::Request::get(path).header("accept", accept);
        self.ask(request.body(full("")).unwrap()).await
    }
}

async fn soon<T>(event: impl Future<Output = T>) -> T {
    timeout(PATIENCE, event).await.expect("it does not happen")
}

fn post() -> http::request::Builder {
    http::Request::post("/graphql").header("content-type", "application/json")
}

fn full(body: &str) -> Full<Bytes> {
    Full::new(Bytes::copy_from_slice(body.as_bytes()))
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}
