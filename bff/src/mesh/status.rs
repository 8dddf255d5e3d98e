//! From what a service or a connection says to an [`Error`]: a code, a sentence of ours for the client, and the rest for
//! the log.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use h2::Reason;
use http::StatusCode;
use tokio::time::Instant;
use tonic::Status;

use super::pool::NoPlace;
use crate::{
    call::{Call, NoAnswer, Stated, TooLarge, Unreached},
    error::{Code, Error, Origin},
};

/// A service that watches the deadline itself may say `CANCELLED` this long before our own timer rings (tonic's server
/// does, with timers of a millisecond's grain).
const DEADLINE_GRAIN: Duration = Duration::from_millis(5);

/// The connection ended before any of the request went out: another endpoint may be asked without doing anything twice.
pub(super) fn unsent() -> Status {
    unseen("the connection ended before the request was sent".to_owned())
}

fn unseen(reason: String) -> Status {
    let mut status = Status::unavailable(reason);
    status.set_source(Arc::new(NoAnswer::Unsent("no connection".into())));
    status
}

/// Whether the service has certainly seen nothing of the request.
pub(super) fn is_unsent(status: &Status) -> bool {
    matches!(no_answer(status), Some(NoAnswer::Unsent(_)))
}

fn no_answer(status: &Status) -> Option<&NoAnswer> {
    status.source()?.downcast_ref()
}

/// A connection that breaks, or a stream that is reset, while a call is in flight.
pub(super) fn of_connection(error: h2::Error) -> Status {
    // The service says that it did nothing, by a reset or by its goodbye, which h2 hands only to streams behind the last one that
    // the service looked at: RFC 9113, sections 8.7 and 6.8.
    let is_refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    if error.is_remote() && (is_refused || error.is_go_away()) {
        return unseen(error.to_string());
    }
    let status = Status::from_error(Box::new(error));
    let mut status = match status.code() {
        // A broken connection has no code of its own, and nobody on our side cancels by a reset from over there.
        tonic::Code::Unknown | tonic::Code::Cancelled => {
            Status::unavailable(format!("the connection broke: {}", status.message()))
        }
        _ => status,
    };
    status.set_source(Arc::new(NoAnswer::Lost("no connection".into())));
    status
}

/// A response without a gRPC status. Source: `doc/http-grpc-status-mapping.md` of grpc/grpc.
pub(super) fn of_http(status: StatusCode) -> Status {
    let code = match status.as_u16() {
        400 => tonic::Code::Internal,
        401 => tonic::Code::Unauthenticated,
        403 => tonic::Code::PermissionDenied,
        404 => tonic::Code::Unimplemented,
        429 | 502 | 503 | 504 => tonic::Code::Unavailable,
        _ => tonic::Code::Unknown,
    };
    Status::new(code, format!("the response is not gRPC: HTTP status {status}"))
}

/// Whether a service that watches the deadline itself may say so by now.
pub(super) fn is_over(deadline: Instant) -> bool {
    Instant::now() + DEADLINE_GRAIN >= deadline
}

/// The failure of `call` that a service, or the connection to it, reported. The service was given time until `deadline`.
pub(super) fn error(call: &Call, deadline: Instant, status: &Status) -> Error {
    let code = match status.code() {
        tonic::Code::Cancelled if is_over(deadline) => Code::DeadlineExceeded,
        code => Code::from_grpc(code as i32).unwrap_or(Code::Unknown),
    };
    failure(call, code, reason(status))
}

/// What the log should know.
fn reason(status: &Status) -> Box<dyn StdError + Send + Sync> {
    if let Some(too_large) = status.source().and_then(|source| source.downcast_ref::<TooLarge>()) {
        return NoAnswer::Lost((*too_large).into()).into();
    }
    if let Some(stated) = status.source().and_then(|source| source.downcast_ref::<Stated>()) {
        return stated.clone().into();
    }
    let text = short(status.message()).into();
    match no_answer(status) {
        Some(NoAnswer::Unsent(_)) => NoAnswer::Unsent(text).into(),
        Some(NoAnswer::Lost(_)) => NoAnswer::Lost(text).into(),
        None => text,
    }
}

/// What the service itself says.
pub(super) fn stated(mut status: Status) -> Status {
    let stated = Stated(short(status.message()).to_owned());
    status.set_source(Arc::new(stated));
    status
}

/// A message that is not read.
pub(super) fn too_large(found: TooLarge) -> Status {
    let mut status = Status::resource_exhausted(found.to_string());
    status.set_source(Arc::new(found));
    status
}

/// A service may repeat a whole request in its message; the log has no room for that.
fn short(reason: &str) -> &str {
    const LONGEST: usize = 1 << 10;
    &reason[..reason.floor_char_boundary(LONGEST)]
}

/// The failure of `call` with a code that we give, and what the log should know.
pub(super) fn failure(
    call: &Call,
    code: Code,
    reason: impl Into<Box<dyn StdError + Send + Sync>>,
) -> Error {
    let reason = reason.into();
    let message = message(code, reason.downcast_ref());
    Error::with_source(code, message, reason).from_method(origin(call))
}

/// The failure of `call`, of which nothing went out.
pub(super) fn failure_unsent(
    call: &Call,
    code: Code,
    reason: impl Into<Box<dyn StdError + Send + Sync>>,
) -> Error {
    failure(call, code, NoAnswer::Unsent(reason.into()))
}

/// The failure of `call` where nobody was there whom it could go to.
pub(super) fn unreached(call: &Call, none: &NoPlace) -> Error {
    failure_unsent(call, Code::Unavailable, Unreached(none.to_string().into()))
}

/// Who fails where a call fails.
pub(super) fn origin(call: &Call) -> Origin {
    Origin {
        service: call.method.service.as_str().into(),
        method: call.method.name.as_str().into(),
    }
}

/// What a client reads. What the service says of itself is for the log.
fn message(code: Code, no_answer: Option<&NoAnswer>) -> &'static str {
    match (code, no_answer) {
        (Code::Cancelled, _) => "the service gave the call up",
        (Code::InvalidArgument, _) => "the service refused an argument",
        (Code::DeadlineExceeded, Some(NoAnswer::Unsent(_))) => {
            "the time was over before the service was asked"
        }
        (Code::DeadlineExceeded, _) => "the service did not answer in time",
        (Code::NotFound, _) => "not found",
        (Code::AlreadyExists, _) => "it exists already",
        (Code::PermissionDenied, _) => "not permitted",
        (Code::ResourceExhausted, _) => "a limit of the service is reached",
        (Code::FailedPrecondition, _) => "the service is not in the state that this needs",
        (Code::Aborted, _) => "the service gave up because of a conflict",
        (Code::OutOfRange, _) => "out of range",
        (Code::Unimplemented, _) => "the service does not know this method",
        (Code::Unavailable, Some(NoAnswer::Unsent(_))) => "the service cannot be reached",
        (Code::Unavailable, Some(NoAnswer::Lost(_))) => "the connection to the service broke",
        (Code::Unavailable, None) => "the service answered UNAVAILABLE",
        (Code::DataLoss, _) => "the service lost data",
        (Code::Unauthenticated, _) => "the caller is not known to the service",
        _ => "the service failed",
    }
}
