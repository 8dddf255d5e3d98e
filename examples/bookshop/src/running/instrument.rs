//! What stands before every service: it notes each call and does to it what the fault switches say.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::time::Sleep;
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
        Some(Fault::StallAfterHeaders) => return Ok(grpc(Body::new(Stalled { _entry: entry }))),
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
fn broken(whole: Response<Body>, messages: usize) -> Response<Body> {
    whole.map(|body| Body::new(Broken { body: Messages::of(body), left: messages, is_over: false }))
}

/// The messages of a body, one by one.
struct Messages {
    body: Body,
    /// What came of the next messages.
    buffer: BytesMut,
}

impl Messages {
    fn of(body: Body) -> Self {
        Self { body, buffer: BytesMut::new() }
    }

    /// The next message with its header, or the trailers.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            if let Some(message) = self.message() {
                return Poll::Ready(Some(Ok(Frame::data(message))));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.buffer.extend_from_slice(&data),
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return Poll::Ready(other),
            }
        }
    }

    fn message(&mut self) -> Option<Bytes> {
        let length: [u8; 4] = self.buffer.get(1..FRAME_HEADER)?.try_into().ok()?;
        let end = FRAME_HEADER + u32::from_be_bytes(length) as usize;
        (self.buffer.len() >= end).then(|| self.buffer.split_to(end).freeze())
    }
}

/// A body that ends after some messages.
struct Broken {
    body: Messages,
    left: usize,
    is_over: bool,
}

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if this.is_over {
            return Poll::Ready(None);
        }
        let next = if this.left > 0 { ready!(this.body.poll(context)) } else { None };
        match next {
            Some(Ok(frame)) if frame.is_data() => {
                this.left -= 1;
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(status)) => Poll::Ready(Some(Err(status))),
            // All that may come has come; its own trailers are not told.
            Some(Ok(_)) | None => {
                this.is_over = true;
                let mut trailers = HeaderMap::new();
                let status = switched_off(Code::Unavailable);
                status.add_header(&mut trailers).expect("the message is plain ASCII");
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
        }
    }
}

/// An answer whose messages come one after the other.
fn trickling(whole: Response<Body>, pause: Duration) -> Response<Body> {
    whole.map(|body| {
        let (body, next) = (Messages::of(body), None);
        Body::new(Trickling { body, pause, next })
    })
}

/// A body that takes its time after each message.
struct Trickling {
    body: Messages,
    pause: Duration,
    /// Over when more may come.
    next: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for Trickling {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if let Some(next) = &mut this.next {
            ready!(next.as_mut().poll(context));
        }
        this.next = None;
        let frame = ready!(this.body.poll(context));
        this.next = Some(Box::pin(tokio::time::sleep(this.pause)));
        Poll::Ready(frame)
    }
}

/// A body that never comes. The call counts as cancelled when it is dropped.
struct Stalled {
    _entry: Entry,
}

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
