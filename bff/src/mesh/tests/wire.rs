//! A server that sends whatever it is told, gRPC or not.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

/// What a response consists of.
#[derive(Clone, Default)]
pub(super) struct Script {
    pub(super) http_status: u16,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) data: Vec<&'static [u8]>,
    pub(super) trailers: Vec<(&'static str, &'static str)>,
    /// After `data` nothing comes any more, neither trailers nor an end.
    pub(super) stall: bool,
}

impl Script {
    /// A gRPC response with these pieces of body and these trailers.
    pub(super) fn grpc(data: &[&'static [u8]], trailers: &[(&'static str, &'static str)]) -> Self {
        Self {
            http_status: 200,
            headers: vec![("content-type", "application/grpc")],
            data: data.to_vec(),
            trailers: trailers.to_vec(),
            stall: false,
        }
    }

    pub(super) fn stalled(self) -> Self {
        Self { stall: true, ..self }
    }
}

/// A server that answers everything with one script.
pub(super) struct Wire {
    pub(super) address: SocketAddr,
    /// A request came.
    pub(super) asked: Arc<Notify>,
    /// A connection was told that the server is going away.
    pub(super) left: Arc<Notify>,
    serving: JoinHandle<()>,
}

/// When a server goes away, and when it answers.
#[derive(Clone, Default)]
struct Moments {
    leave: Option<Arc<Notify>>,
    answer: Option<Arc<Notify>>,
    asked: Arc<Notify>,
    left: Arc<Notify>,
}

impl Wire {
    pub(super) async fn start(script: Script) -> Self {
        Self::serve(script, Moments::default()).await
    }

    /// A server that says goodbye to its connection at `leave`, and answers no request before `answer`.
    pub(super) async fn leaving(script: Script, leave: Arc<Notify>, answer: Arc<Notify>) -> Self {
        let moments = Moments { leave: Some(leave), answer: Some(answer), ..Moments::default() };
        Self::serve(script, moments).await
    }

    async fn serve(script: Script, moments: Moments) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, left) = (Arc::clone(&moments.asked), Arc::clone(&moments.left));
        let script = Arc::new(script);
        let serving = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve_connection(stream, Arc::clone(&script), moments.clone()));
            }
        });
        Self { address, asked, left, serving }
    }
}

async fn serve_connection(stream: TcpStream, script: Arc<Script>, moments: Moments) {
    let Moments { leave, answer, asked, left } = moments;
    let service = service_fn(move |_| {
        let (script, answer) = (Arc::clone(&script), answer.clone());
        asked.notify_one();
        async move {
            if let Some(answer) = answer {
                answer.notified().await;
            }
            Ok::<_, Infallible>(respond(&script))
        }
    });
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let leaving = async {
        match leave {
            Some(leave) => leave.notified().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = &mut connection => return,
        () = leaving => connection.as_mut().graceful_shutdown(),
    }
    left.notify_one();
    // A client that leaves in anger is no fault of the test.
    let _ = connection.await;
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

type Frames = stream::BoxStream<'static, Result<Frame<Bytes>, Infallible>>;

fn respond(script: &Script) -> Response<StreamBody<Frames>> {
    let data: Vec<_> =
        script.data.iter().map(|piece| Ok(Frame::data(Bytes::from_static(piece)))).collect();
    let frames = stream::iter(data);
    let frames = if script.stall {
        frames.chain(stream::pending()).boxed()
    } else if script.trailers.is_empty() {
        frames.boxed()
    } else {
        let trailers: HeaderMap = script
            .trailers
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
            })
            .collect();
        frames.chain(stream::iter([Ok(Frame::trailers(trailers))])).boxed()
    };
    let mut response = Response::builder().status(script.http_status);
    for (name, value) in &script.headers {
        response = response.header(*name, *value);
    }
    response.body(StreamBody::new(frames)).unwrap()
}
