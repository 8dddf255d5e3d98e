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
use tonic::Status;

use super::{codec::PREFIX_SIZE, connection::Incoming, status};
use crate::call::TooLarge;

/// A response's body that is a sequence of messages, none of them too large.
#[derive(Debug)]
pub(super) struct Guarded {
    body: Incoming,
    messages: Messages,
}

#[derive(Debug)]
pub(super) struct Messages {
    max_size: u64,
    prefix: [u8; PREFIX_SIZE],
    prefix_filled: usize,
    /// Bytes of the message at hand that have not come yet.
    left: u64,
}

/// The response as tonic may see it.
///
/// # Errors
///
/// A status where this is not a gRPC response.
pub(super) fn guard(
    response: http::Response<Incoming>,
    max_size: u64,
) -> Result<http::Response<Guarded>, Status> {
    let (mut parts, body) = response.into_parts();
    check(&mut parts)?;
    Ok(http::Response::from_parts(parts, Guarded { body, messages: Messages::new(max_size) }))
}

/// Refuses a response that is not gRPC, and takes out of its headers what must not be read.
pub(super) fn check(parts: &mut http::response::Parts) -> Result<(), Status> {
    if !parts.headers.contains_key("grpc-status") {
        check_http(parts.status, &parts.headers)?;
    }
    forget_details(&mut parts.headers);
    Ok(())
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
pub(super) fn forget_details(headers: &mut HeaderMap) {
    headers.remove("grpc-status-details-bin");
}

impl Messages {
    pub(super) fn new(max_size: u64) -> Self {
        Self { max_size, prefix: [0; PREFIX_SIZE], prefix_filled: 0, left: 0 }
    }

    /// Follows the boundaries of messages through one piece of the body.
    pub(super) fn follow(&mut self, mut piece: &[u8]) -> Result<(), Status> {
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
        self.left = u64::from(length(self.prefix, self.max_size)?);
        Ok(())
    }
}

/// How long a message is, as the bytes before it say.
pub(super) fn length(prefix: [u8; PREFIX_SIZE], limit: u64) -> Result<u32, Status> {
    let [flag, length @ ..] = prefix;
    let length = u32::from_be_bytes(length);
    match flag {
        0 if u64::from(length) > limit => {
            Err(status::too_large(TooLarge { what: "a message", size: length.into(), limit }))
        }
        0 => Ok(length),
        1 => Err(Status::internal("a message is compressed, which was not asked for")),
        other => Err(Status::internal(format!("a message begins with the byte {other}"))),
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
            Some(Err(failed)) => return Poll::Ready(Some(Err(failed))),
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

    fn check(pieces: &[&[u8]], outcome: Result<(), &str>) {
        let mut messages = Messages::new(3);
        let found = pieces.iter().try_for_each(|piece| messages.follow(piece));
        assert_eq!(
            found.map_err(|status| status.message().to_owned()),
            outcome.map_err(str::to_owned)
        );
    }

    #[test]
    fn a_message_may_come_in_pieces() {
        check(&[b"\0\0", b"\0\0\x03a", b"", b"bc"], Ok(()));
        check(&[b"\0\0\0\0\x01a\0", b"\0\0\0\0\0\0\0\0\x03abc"], Ok(()));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        check(&[b"<html>"], Err("a message begins with the byte 60"));
        check(&[b"\x01\0\0\0\0"], Err("a message is compressed, which was not asked for"));
        check(
            &[b"\0\xff\xff\xff\xff"],
            Err("a message has 4294967295 bytes, more than the limit of 3"),
        );
    }
}
