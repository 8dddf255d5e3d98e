//! What stands before every service: it notes each call and does to it what the fault switches say.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures::{Stream, StreamExt, future, stream};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Incoming;
use tonic::body::Body;
use tonic::codegen::Service as _;
use tonic::service::Routes;
use tonic::{Code, Status};

use crate::calls::{Entry, Ledger};
use crate::faults::{Fault, Faults};

/// The flag and the length before each gRPC message.
const FRAME_HEADER: usize = 5;

/// A service that can be watched and broken.
#[derive(Clone, Debug)]
pub(super) struct Instrumented {
    routes: Routes,
    faults: Faults,
    ledger: Ledger,
}

impl Instrumented {
    pub(super) fn new(routes: Routes, faults: Faults, ledger: Ledger) -> Self {
        Self { routes, faults, ledger }
    }
}

impl hyper::service::Service<Request<Incoming>> for Instrumented {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let entry = self.ledger.open(method, request.headers().clone());
        Box::pin(answer(request, entry, self.faults.clone(), self.routes.clone()))
    }
}

async fn answer(
    request: Request<Incoming>,
    entry: Entry,
    faults: Faults,
    mut routes: Routes,
) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        // The client broke off in the middle of its request.
        return Ok(failed(Code::Cancelled));
    };
    let body = body.to_bytes();
    entry.request(body.slice(FRAME_HEADER.min(body.len())..));

    let condition = faults.condition();
    if !condition.latency.is_zero() {
        tokio::time::sleep(condition.latency).await;
    }
    let response = match condition.fault {
        None => routes.call(Request::from_parts(head, Body::new(Full::new(body)))).await?,
        Some(Fault::Break(messages)) => {
            let request = Request::from_parts(head, Body::new(Full::new(body)));
            broken(routes.call(request).await?, messages)
        }
        Some(Fault::Trickle(pause)) => {
            let request = Request::from_parts(head, Body::new(Full::new(body)));
            trickling(routes.call(request).await?, pause)
        }
        Some(Fault::Status(code)) => failed(code),
        Some(Fault::StatusInTrailers(code)) => replied(Bytes::new(), code),
        Some(Fault::Garbage) => replied(garbage(), Code::Ok),
        // The call is not finished: it ends when the client has had enough.
        Some(Fault::StallAfterHeaders) => return Ok(stalled(entry)),
    };
    entry.finish();
    Ok(response)
}

/// A status and nothing else: it goes with the headers.
fn failed(code: Code) -> Response<Body> {
    switched_off(code).into_http()
}

/// Data, then a status in the trailers.
fn replied(data: Bytes, code: Code) -> Response<Body> {
    let mut trailers = HeaderMap::new();
    switched_off(code).add_header(&mut trailers).expect("the message is plain ASCII");
    grpc(Body::new(Full::new(data).with_trailers(std::future::ready(Some(Ok(trailers))))))
}

fn switched_off(code: Code) -> Status {
    Status::new(code, "a fault switch of the bookshop")
}

fn grpc(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// A well-made frame around bytes that are no protobuf: its first tag never ends.
fn garbage() -> Bytes {
    const LENGTH: u8 = 16;
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::from(LENGTH));
    frame.put_bytes(0xff, usize::from(LENGTH));
    frame.freeze()
}

/// The beginning of an answer, and then a status in the trailers.
fn broken(whole: Response<Body>, count: usize) -> Response<Body> {
    let mut trailers = HeaderMap::new();
    let status = switched_off(Code::Unavailable);
    status.add_header(&mut trailers).expect("the message is plain ASCII");
    // All that may come has come; its own trailers are not told.
    let end = stream::once(future::ready(Ok(Frame::trailers(trailers))));
    whole.map(|body| {
        let is_message = |frame: &Result<Frame<Bytes>, Status>| {
            future::ready(frame.as_ref().map_or(true, Frame::is_data))
        };
        Body::new(StreamBody::new(messages(body).take(count).take_while(is_message).chain(end)))
    })
}

/// An answer whose messages come one after the other.
fn trickling(whole: Response<Body>, pause: Duration) -> Response<Body> {
    whole.map(|body| {
        let frames = messages(body).enumerate().then(move |(place, frame)| async move {
            if place > 0 {
                tokio::time::sleep(pause).await;
            }
            frame
        });
        Body::new(StreamBody::new(frames))
    })
}

/// An answer that never comes. The call counts as cancelled when its body is dropped.
fn stalled(entry: Entry) -> Response<Body> {
    let never = async move {
        let _entry = entry;
        future::pending::<Result<Frame<Bytes>, Status>>().await
    };
    grpc(Body::new(StreamBody::new(stream::once(never))))
}

/// The messages of a body, one by one and each with its header, and then its trailers.
fn messages(body: Body) -> impl Stream<Item = Result<Frame<Bytes>, Status>> + Send {
    stream::try_unfold((body, BytesMut::new()), |(mut body, mut buffer)| async move {
        loop {
            if let Some(message) = message(&mut buffer) {
                return Ok(Some((Frame::data(message), (body, buffer))));
            }
            let Some(frame) = body.frame().await.transpose()? else { return Ok(None) };
            match frame.into_data() {
                Ok(data) => buffer.extend_from_slice(&data),
                Err(trailers) => return Ok(Some((trailers, (body, buffer)))),
            }
        }
    })
}

/// What came of the next message, if that is all of it.
fn message(buffer: &mut BytesMut) -> Option<Bytes> {
    let length: [u8; 4] = buffer.get(1..FRAME_HEADER)?.try_into().ok()?;
    let end = FRAME_HEADER + u32::from_be_bytes(length) as usize;
    (buffer.len() >= end).then(|| buffer.split_to(end).freeze())
}
