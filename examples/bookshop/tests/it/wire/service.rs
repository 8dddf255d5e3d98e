//! A gRPC server whose answers are the test's own, down to the bytes.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Status};

/// The flag and the length before each gRPC message.
const FRAME_HEADER: usize = 5;

/// What a call gets.
pub(super) enum Reply {
    /// A message in protobuf's text format.
    Text(String),
    /// These bytes, in a frame of their own, as if they were a message.
    Message(&'static [u8]),
    /// These bytes where frames should be.
    Data(&'static [u8]),
    /// A status and nothing else, in the headers.
    InHeaders(Code),
    /// A status in the trailers, without a message.
    InTrailers(Code),
    /// Headers, and then nothing more.
    Stall,
    /// An answer that takes its time.
    Later(Duration, Box<Reply>),
}

impl Reply {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A call that has come.
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) request: DynamicMessage,
    /// For whom the gateway asks.
    pub(super) reader: Option<String>,
}

impl Asked {
    /// A field of texts, or of messages as text.
    pub(super) fn keys(&self, field: &str) -> Vec<String> {
        let value = self.request.get_field_by_name(field).expect("the request has the field");
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Message(message) => message.to_text_format(),
            other => panic!("{other:?} is no key"),
        };
        match value.as_ref() {
            Value::List(values) => values.iter().map(text).collect(),
            one => vec![text(one)],
        }
    }
}

type Answer = dyn Fn(&Asked) -> Reply + Send + Sync;

/// The service of one descriptor pool.
#[derive(Clone)]
pub(super) struct Service {
    pool: DescriptorPool,
    answer: Arc<Answer>,
    /// The requests of each method, in the text format.
    asked: watch::Sender<BTreeMap<String, Vec<String>>>,
}

impl Service {
    /// Listens until the test ends.
    pub(super) async fn start(pool: DescriptorPool, answer: Arc<Answer>) -> (Self, SocketAddr) {
        let service = Self { pool, answer, asked: watch::Sender::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server = tonic::transport::Server::builder().add_service(service.clone());
        tokio::spawn(
            server.serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true))),
        );
        (service, address)
    }

    /// The calls of a method: for whom, and the requests in the text format, sorted.
    pub(super) fn asked(&self, method: &str) -> Vec<String> {
        let mut calls = self.asked.borrow().get(method).cloned().unwrap_or_default();
        calls.sort_unstable();
        calls
    }

    /// Comes back when so many calls of a method have come.
    pub(super) async fn until(&self, method: &str, calls: usize) {
        let mut changes = self.asked.subscribe();
        let enough = changes.wait_for(|all| all.get(method).is_some_and(|all| all.len() >= calls));
        enough.await.expect("the service outlives whoever waits for it");
    }

    fn note(&self, asked: &Asked) {
        let reader = asked.reader.as_ref().map(|reader| format!("{reader}: ")).unwrap_or_default();
        let call = format!("{reader}{}", asked.request.to_text_format());
        self.asked.send_modify(|all| all.entry(asked.method.clone()).or_default().push(call));
    }

    async fn respond(self, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else {
            return Status::cancelled("the client left").into_http();
        };
        let path = head.uri.path().trim_start_matches('/');
        let (service, method) = path.split_once('/').expect("a method has a service");
        let service = self.pool.get_service_by_name(service).expect("the service is known");
        let method = service.methods().find(|known| known.name() == method).expect("a method");
        let request = body.to_bytes().slice(FRAME_HEADER..);
        let asked = Asked {
            method: method.name().to_owned(),
            request: DynamicMessage::decode(method.input(), request).expect("a request"),
            reader: head.headers.get("x-identity-sub").map(text),
        };
        self.note(&asked);
        let mut reply = (self.answer)(&asked);
        while let Reply::Later(span, then) = reply {
            tokio::time::sleep(span).await;
            reply = *then;
        }
        let message = |text: &str| DynamicMessage::parse_text_format(method.output(), text);
        match reply {
            Reply::Text(text) => {
                let message = message(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                ended(framed(&message.encode_to_vec()), Code::Ok)
            }
            Reply::Message(bytes) => ended(framed(bytes), Code::Ok),
            Reply::Data(bytes) => ended(Bytes::from_static(bytes), Code::Ok),
            Reply::InHeaders(code) => Status::new(code, "row 7 of table secrets").into_http(),
            Reply::InTrailers(code) => ended(Bytes::new(), code),
            Reply::Stall => grpc(Body::new(Stalled)),
            Reply::Later(..) => unreachable!("what is later is now"),
        }
    }
}

fn text(value: &HeaderValue) -> String {
    value.to_str().expect("a plain text").to_owned()
}

fn framed(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).expect("a short message"));
    frame.put_slice(message);
    frame.freeze()
}

/// Data, then a status in the trailers.
fn ended(data: Bytes, code: Code) -> Response<Body> {
    let mut trailers = HeaderMap::new();
    Status::new(code, "row 7 of table secrets").add_header(&mut trailers).expect("plain ASCII");
    grpc(Body::new(Full::new(data).with_trailers(std::future::ready(Some(Ok(trailers))))))
}

fn grpc(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let content_type = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// A body that never comes.
struct Stalled;

impl http_body::Body for Stalled {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

impl NamedService for Service {
    const NAME: &'static str = "test.shelf.v1.Shelf";
}

impl tonic::codegen::Service<Request<Body>> for Service {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(service.respond(request).await) })
    }
}
