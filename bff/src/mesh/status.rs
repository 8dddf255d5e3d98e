//! From what a service or a connection says to an [`Error`]: a code, a sentence of ours for the client, and the rest for
//! the log.

use std::{fmt, sync::Arc, time::Duration};

use h2::Reason;
use http::StatusCode;
use tokio::time::Instant;
use tonic::Status;

use crate::{
    call::{Call, Stated, TooLarge},
    error::{Code, Error, Origin},
};

/// A service that watches the deadline itself may say `CANCELLED` this long before our own timer rings (tonic's server
/// does, with timers of a millisecond's grain).
const DEADLINE_GRAIN: Duration = Duration::from_millis(5);

/// The connection ended before any of the request went out: another endpoint may be asked without doing anything twice.
#[derive(Debug)]
struct Unsent;

impl fmt::Display for Unsent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection ended before the request was sent")
    }
}

impl std::error::Error for Unsent {}

/// The request went nowhere.
pub(super) fn unsent() -> Status {
    let mut status = Status::unavailable(Unsent.to_string());
    status.set_source(Arc::new(Unsent));
    status
}

/// Whether the service has certainly seen nothing of the request.
pub(super) fn is_unsent(status: &Status) -> bool {
    std::error::Error::source(status).is_some_and(|source| source.is::<Unsent>())
}

/// A connection that breaks, or a stream that is reset, while a call is in flight.
pub(super) fn of_connection(error: h2::Error) -> Status {
    // The service says that it did nothing: RFC 9113, section 8.7.
    if error.is_remote() && error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM) {
        return unsent();
    }
    let status = Status::from_error(Box::new(error));
    match status.code() {
        // A broken connection has no code of its own, and nobody on our side cancels by a reset from over there.
        tonic::Code::Unknown | tonic::Code::Cancelled => {
            Status::unavailable(format!("the connection broke: {}", status.message()))
        }
        _ => status,
    }
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
    let source = std::error::Error::source(status);
    if let Some(too_large) = source.and_then(|source| source.downcast_ref::<TooLarge>()) {
        return failure(call, code, *too_large);
    }
    match source.and_then(|source| source.downcast_ref::<Stated>()) {
        Some(stated) => failure(call, code, stated.clone()),
        None => failure(call, code, short(status.message())),
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
    reason: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::with_source(code, message(code), reason).from_method(origin(call))
}

/// Who fails where a call fails.
pub(super) fn origin(call: &Call) -> Origin {
    Origin {
        service: call.method.service.as_str().into(),
        method: call.method.name.as_str().into(),
    }
}

/// What a client reads. What the service says of itself is for the log.
fn message(code: Code) -> &'static str {
    match code {
        Code::Cancelled => "the service gave the call up",
        Code::InvalidArgument => "the service refused an argument",
        Code::DeadlineExceeded => "the service did not answer in time",
        Code::NotFound => "not found",
        Code::AlreadyExists => "it exists already",
        Code::PermissionDenied => "not permitted",
        Code::ResourceExhausted => "a limit of the service is reached",
        Code::FailedPrecondition => "the service is not in the state that this needs",
        Code::Aborted => "the service gave up because of a conflict",
        Code::OutOfRange => "out of range",
        Code::Unimplemented => "the service does not know this method",
        Code::Unavailable => "the service cannot be reached",
        Code::DataLoss => "the service lost data",
        Code::Unauthenticated => "the caller is not known to the service",
        _ => "the service failed",
    }
}
