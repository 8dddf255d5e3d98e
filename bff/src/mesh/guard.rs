//! Stands between a connection and tonic: what a service may not send ends here, with a code of ours.
//!
//! tonic calls a message that is too large `OUT_OF_RANGE`, and panics at a `grpc-status-details-bin` that is not base64.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use tonic::Status;

use super::{codec::PREFIX_SIZE, status};

/// How many messages a response may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One.
    Unary,
    /// Any number.
    Stream,
}

/// A response's body that is a sequence of messages, none of them too large.
#[derive(Debug)]
pub(super) struct Guarded {
    body: Incoming,
    messages: Messages,
}

#[derive(Debug)]
struct Messages {
    shape: Shape,
    max_size: u64,
    prefix: [u8; PREFIX_SIZE],
    prefix_filled: usize,
    /// Bytes of the message at hand that have not come yet.
    left: u64,
    begun: u64,
}

/// The response as tonic may see it.
///
/// # Errors
///
/// A status where this is not a gRPC response.
pub(super) fn guard(
    response: http::Response<Incoming>,
    shape: Shape,
    max_size: u64,
) -> Result<http::Response<Guarded>, Status> {
    let (mut parts, body) = response.into_parts();
    if !parts.headers.contains_key("grpc-status") {
        check_http(parts.status, &parts.headers)?;
    }
    forget_details(&mut parts.headers);
    let messages =
        Messages { shape, max_size, prefix: [0; PREFIX_SIZE], prefix_filled: 0, left: 0, begun: 0 };
    Ok(http::Response::from_parts(parts, Guarded { body, messages }))
}

fn check_http(status: StatusCode, headers: &HeaderMap) -> Result<(), Status> {
    if status != StatusCode::OK {
        return Err(status::of_http(status));
    }
    let is_grpc = headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
    if is_grpc {
        return Ok(());
    }
    let found = headers.get(CONTENT_TYPE);
    Err(Status::unknown(format!("the response is not gRPC: its content type is {found:?}")))
}

/// Nobody reads details yet, and tonic panics where they are not base64.
fn forget_details(headers: &mut HeaderMap) {
    headers.remove("grpc-status-details-bin");
}

impl Messages {
    /// Follows the boundaries of messages through one piece of the body.
    fn follow(&mut self, mut piece: &[u8]) -> Result<(), Status> {
        while !piece.is_empty() {
            if self.left > 0 {
                let skipped = piece.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                piece.advance(skipped);
                self.left -= skipped as u64;
                continue;
            }
            self.prefix[self.prefix_filled] = piece.get_u8();
            self.prefix_filled += 1;
            if self.prefix_filled == PREFIX_SIZE {
                self.prefix_filled = 0;
                self.begin()?;
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Status> {
        let [flag, length @ ..] = self.prefix;
        let length = u64::from(u32::from_be_bytes(length));
        self.begun += 1;
        match flag {
            0 => {}
            1 => return Err(Status::internal("a message is compressed, which was not asked for")),
            other => {
                return Err(Status::internal(format!("a message begins with the byte {other}")));
            }
        }
        if self.shape == Shape::Unary && self.begun > 1 {
            return Err(Status::internal("there is more than one message"));
        }
        if length > self.max_size {
            let limit = self.max_size;
            return Err(Status::resource_exhausted(format!(
                "a message has {length} bytes, more than the limit of {limit}"
            )));
        }
        self.left = length;
        Ok(())
    }
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(status::of_connection(error)))),
            None => return Poll::Ready(None),
        };
        if let Some(data) = frame.data_ref()
            && let Err(status) = self.messages.follow(data)
        {
            return Poll::Ready(Some(Err(status)));
        }
        Poll::Ready(Some(Ok(match frame.into_trailers() {
            Ok(mut trailers) => {
                forget_details(&mut trailers);
                Frame::trailers(trailers)
            }
            Err(frame) => frame,
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shape: Shape, pieces: &[&[u8]], outcome: Result<(), &str>) {
        let mut messages = Messages {
            shape,
            max_size: 3,
            prefix: [0; PREFIX_SIZE],
            prefix_filled: 0,
            left: 0,
            begun: 0,
        };
        let found = pieces.iter().try_for_each(|piece| messages.follow(piece));
        assert_eq!(
            found.map_err(|status| status.message().to_owned()),
            outcome.map_err(str::to_owned)
        );
    }

    #[test]
    fn a_message_may_come_in_pieces() {
        check(Shape::Unary, &[b"\0\0", b"\0\0\x03a", b"", b"bc"], Ok(()));
        check(Shape::Stream, &[b"\0\0\0\0\x01a\0", b"\0\0\0\0\0\0\0\0\x03abc"], Ok(()));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        check(Shape::Stream, &[b"<html>"], Err("a message begins with the byte 60"));
        check(
            Shape::Unary,
            &[b"\x01\0\0\0\0"],
            Err("a message is compressed, which was not asked for"),
        );
        check(
            Shape::Unary,
            &[b"\0\xff\xff\xff\xff"],
            Err("a message has 4294967295 bytes, more than the limit of 3"),
        );
        check(Shape::Unary, &[b"\0\0\0\0\0\0\0\0\0\0"], Err("there is more than one message"));
    }
}
