//! A real tonic server whose methods do what a test needs.

use std::{convert::Infallible, io, net::SocketAddr, task, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, future::BoxFuture, stream::BoxStream};
use http::HeaderMap;
use tokio::{
    net::{TcpListener, TcpSocket},
    runtime::{Builder, Runtime},
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, body::Body, codegen::Service, server};

use super::PATIENCE;
use crate::mesh::codec::RawCodec;

/// What a test can see from outside.
#[derive(Debug)]
pub(crate) enum Event {
    Called(HeaderMap),
    /// The future or stream of a call was dropped before it was done.
    Cancelled,
}

/// A server on a port of its own. It ends, connections included, when it is dropped.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    events: mpsc::UnboundedReceiver<Event>,
    /// tonic gives each connection a task of its own; they end with the runtime.
    runtime: Option<Runtime>,
}

/// An address of this machine where nobody listens, and what keeps it from everybody else.
pub(crate) fn refusing() -> (TcpSocket, SocketAddr) {
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = taken.local_addr().unwrap();
    (taken, address)
}

impl Scripted {
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap()).await
    }

    /// One that takes so many requests at a time over a connection.
    pub(crate) async fn limited(max_streams: u32) -> Self {
        Self::serve("127.0.0.1:0".parse().unwrap(), Some(max_streams)).await
    }

    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        Self::serve(address, None).await
    }

    async fn serve(address: SocketAddr, max_streams: Option<u32>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sender, events) = mpsc::unbounded_channel();
        let (tell, bound) = oneshot::channel();
        runtime.spawn(async move {
            let listener = bind(address).await;
            tell.send(listener.local_addr().unwrap()).unwrap();
            tonic::transport::Server::builder()
                .max_concurrent_streams(max_streams)
                .add_service(Methods { events: sender })
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await
        });
        let address = timeout(PATIENCE, bound).await.expect("the port stays taken").unwrap();
        Self { address, events, runtime: Some(runtime) }
    }

    /// The next thing that happens.
    pub(crate) async fn event(&mut self) -> Event {
        timeout(PATIENCE, self.events.recv()).await.expect("nothing happens").unwrap()
    }

    /// The headers of the next call.
    pub(crate) async fn called(&mut self) -> HeaderMap {
        match self.event().await {
            Event::Called(headers) => headers,
            Event::Cancelled => panic!("a call was cancelled"),
        }
    }

    /// How many calls came since this was last asked.
    pub(crate) fn calls(&mut self) -> usize {
        std::iter::from_fn(|| self.events.try_recv().ok())
            .filter(|event| matches!(event, Event::Called(_)))
            .count()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A server that was here before may need a moment to be gone.
async fn bind(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[derive(Clone)]
struct Methods {
    events: mpsc::UnboundedSender<Event>,
}

impl server::NamedService for Methods {
    const NAME: &'static str = "test.Scripted";
}

impl Service<http::Request<Body>> for Methods {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<Result<(), Infallible>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let name = request.uri().path().rsplit('/').next().unwrap().to_owned();
        let method = Method { name, events: self.events.clone() };
        Box::pin(async move {
            let mut grpc = server::Grpc::new(RawCodec { request_size: 0 });
            Ok(if method.name.starts_with("Stream") {
                grpc.server_streaming(method, request).await
            } else {
                grpc.unary(method, request).await
            })
        })
    }
}

struct Method {
    name: String,
    events: mpsc::UnboundedSender<Event>,
}

/// Tells when it is dropped before its time.
struct Unfinished(Option<mpsc::UnboundedSender<Event>>);

impl Unfinished {
    fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(events) = &self.0 {
            // The test may be over.
            let _ = events.send(Event::Cancelled);
        }
    }
}

impl server::UnaryService<Bytes> for Method {
    type Response = Bytes;
    type Future = BoxFuture<'static, Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let _ = self.events.send(Event::Called(request.metadata().clone().into_headers()));
        let unfinished = Unfinished(Some(self.events.clone()));
        let name = self.name.clone();
        Box::pin(async move {
            if name == "Stall" {
                std::future::pending::<()>().await;
            }
            unfinished.done();
            match name.as_str() {
                "Echo" | "echo" => Ok(Response::new(request.into_inner())),
                "Refuse" => Err(Status::invalid_argument("row 7 of table secrets")),
                "GiveUp" => Err(Status::cancelled("not our day")),
                _ => Err(Status::unimplemented(name)),
            }
        })
    }
}

impl server::ServerStreamingService<Bytes> for Method {
    type Response = Bytes;
    type ResponseStream = BoxStream<'static, Result<Bytes, Status>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let _ = self.events.send(Event::Called(request.metadata().clone().into_headers()));
        let unfinished = Unfinished(Some(self.events.clone()));
        let parts = ["one", "two"].map(|part| Ok(Bytes::from_static(part.as_bytes())));
        let parts = futures::stream::iter(parts);
        let replies = match self.name.as_str() {
            "StreamTwo" => {
                unfinished.done();
                parts.boxed()
            }
            "StreamFail" => {
                unfinished.done();
                parts.chain(futures::stream::iter([Err(Status::data_loss("disk 3"))])).boxed()
            }
            "StreamInTime" => {
                let told = request.metadata().get("grpc-timeout").unwrap().to_str().unwrap();
                let time = Duration::from_micros(told.trim_end_matches('u').parse().unwrap());
                let late = async move {
                    tokio::time::sleep(time).await;
                    unfinished.done();
                    Err(Status::deadline_exceeded("the context is over"))
                };
                parts.chain(futures::stream::once(late)).boxed()
            }
            "StreamTooLate" => {
                unfinished.done();
                let late = Status::deadline_exceeded("the database is slow");
                futures::stream::iter([Err(late)]).boxed()
            }
            _ => parts
                .chain(futures::stream::pending())
                .inspect(move |_| {
                    let _ = &unfinished;
                })
                .boxed(),
        };
        Box::pin(async move { Ok(Response::new(replies)) })
    }
}
