//! One request and one response, straight on a connection: most calls are this. tonic's machinery for streams of any length
//! would cost a third of the call's instructions again, and copy the response once more.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, Response};
use tokio::time::Instant;
use tonic::Status;

use super::{
    codec::PREFIX_SIZE,
    connection::{Connection, Incoming},
    guard, late, request, status,
    upstream::Upstream,
};
use crate::{
    call::{Call, Reply},
    error::Result,
};

/// How often a request that certainly did not go out is given to another connection.
pub(super) const MAX_UNSENT: usize = 3;

/// Sends the call to the connection whose turn it is. `is_sent` tells who stops waiting whether it may have gone out.
pub(super) async fn unary(upstream: &Upstream, call: &Call, is_sent: &AtomicBool) -> Result<Reply> {
    let (settings, mut unsent) = (&upstream.settings, 0);
    loop {
        let connection = super::connection(upstream, call).await?;
        let timeout = call.deadline.saturating_duration_since(Instant::now());
        if timeout.is_zero() {
            return Err(late(call, false));
        }
        let request = request::http(call, settings, connection.origin(), timeout)?;
        match exchange(connection, request, settings.max_response_size.0, is_sent).await {
            Ok(message) => return Ok(Reply { message }),
            Err(failed) if status::is_unsent(&failed) && unsent < MAX_UNSENT => {
                is_sent.store(false, Ordering::Relaxed);
                unsent += 1;
            }
            Err(failed) => return Err(status::error(call, call.deadline, &failed)),
        }
    }
}

/// The message of the response, if that is what the service says.
async fn exchange(
    connection: Connection,
    (head, message): (http::Request<()>, Bytes),
    max_size: u64,
    is_sent: &AtomicBool,
) -> Result<Bytes, Status> {
    let place = connection.place().await?;
    is_sent.store(true, Ordering::Relaxed);
    let response = place.send(head, message).await?;
    let (headers, mut body) = checked(response)?;
    let mut outcome = outcome(&headers)?;
    let mut message = Message::new(max_size);
    while let Some(data) = body.data().await {
        message.take(data?)?;
    }
    if let Some(mut trailers) = body.trailers().await? {
        guard::forget_details(&mut trailers);
        outcome = self::outcome(&trailers)?.or(outcome);
    }
    match outcome {
        Some(Success) => message.whole(),
        None => Err(Status::unknown("the response has no status")),
    }
}

/// The headers of a gRPC response and its body.
fn checked(response: Response<Incoming>) -> Result<(HeaderMap, Incoming), Status> {
    let (mut parts, body) = response.into_parts();
    guard::check(&mut parts)?;
    match parts.headers.get("grpc-encoding") {
        Some(encoding) if encoding != "identity" => {
            let message =
                format!("the response is compressed by {encoding:?}, which was not asked for");
            Err(Status::internal(message))
        }
        _ => Ok((parts.headers, body)),
    }
}

/// The service says that all is well.
#[derive(Clone, Copy, Debug)]
pub(super) struct Success;

/// What the service says of the call, if it does so here.
pub(super) fn outcome(headers: &HeaderMap) -> Result<Option<Success>, Status> {
    match headers.get("grpc-status") {
        None => Ok(None),
        Some(ok) if ok == "0" => Ok(Some(Success)),
        Some(_) => match Status::from_header_map(headers) {
            Some(status) if status.code() == tonic::Code::Ok => Ok(Some(Success)),
            Some(status) => Err(status::stated(status)),
            None => Ok(None),
        },
    }
}

/// The only message of a response: mostly all of it comes in one piece, which is kept as it is.
pub(super) struct Message {
    max_size: u64,
    /// The first piece, if it is all that came.
    bytes: Bytes,
    /// Otherwise the pieces.
    parts: BytesMut,
}

impl Message {
    pub(super) fn new(max_size: u64) -> Self {
        Self { max_size, bytes: Bytes::new(), parts: BytesMut::new() }
    }

    pub(super) fn take(&mut self, data: Bytes) -> Result<(), Status> {
        if self.bytes.is_empty() && self.parts.is_empty() {
            self.bytes = data;
        } else {
            let first = std::mem::take(&mut self.bytes);
            self.parts.extend_from_slice(&first);
            self.parts.extend_from_slice(&data);
        }
        let so_far = self.so_far();
        let Some(size) = size(so_far, self.max_size)? else { return Ok(()) };
        let missing = (PREFIX_SIZE + size).saturating_sub(so_far.len());
        if missing > 0 && !self.parts.is_empty() {
            self.parts.reserve(missing);
        }
        Ok(())
    }

    fn so_far(&self) -> &[u8] {
        if self.parts.is_empty() { &self.bytes } else { &self.parts }
    }

    pub(super) fn whole(self) -> Result<Bytes, Status> {
        let so_far = self.so_far();
        if so_far.is_empty() {
            return Err(Status::internal("there is no message"));
        }
        let size = size(so_far, self.max_size)?;
        match size.map(|size| so_far.len().cmp(&(PREFIX_SIZE + size))) {
            Some(std::cmp::Ordering::Equal) => {}
            Some(std::cmp::Ordering::Greater) => {
                return Err(Status::internal("there is more than one message"));
            }
            Some(std::cmp::Ordering::Less) | None => {
                return Err(Status::internal("the message ends early"));
            }
        }
        let bytes = if self.parts.is_empty() { self.bytes } else { self.parts.freeze() };
        Ok(bytes.slice(PREFIX_SIZE..))
    }
}

/// What the prefix says of the length, once it is there.
fn size(so_far: &[u8], max_size: u64) -> Result<Option<usize>, Status> {
    match so_far.first_chunk::<PREFIX_SIZE>() {
        Some(prefix) => guard::length(*prefix, max_size).map(|length| Some(length as usize)),
        None => Ok(None),
    }
}

/// A message with its prefix, as it goes out.
pub(super) fn framed(message: &Bytes) -> Option<Bytes> {
    let length = u32::try_from(message.len()).ok()?;
    let mut framed = BytesMut::with_capacity(PREFIX_SIZE + message.len());
    framed.put_u8(0);
    framed.put_u32(length);
    framed.extend_from_slice(message);
    Some(framed.freeze())
}
