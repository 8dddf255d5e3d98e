//! What a failure says of the one call that many keys shared.

use crate::{
    call::{Stated, TooLarge},
    error::{Code, Error},
};

/// What may have made a call fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// What was asked for.
    Key,
    /// The service says that it is down, late, or has too much to do, and may say so because of a key.
    KeyOrService,
    /// It fails whatever it is asked.
    Service,
}

/// A service that stumbles over a key may say so, have no word for it, or a wrong one; one that cannot be reached says nothing.
pub(super) fn blame(error: &Error) -> Blame {
    match error.code() {
        // An item that cannot be read is no reason to lose the others.
        Code::DataLoss
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unknown
        | Code::Internal => Blame::Key,
        Code::ResourceExhausted if TooLarge::is_cause_of(error) => Blame::Key,
        Code::Unavailable
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::Cancelled
            if Stated::is_cause_of(error) =>
        {
            Blame::KeyOrService
        }
        _ => Blame::Service,
    }
}
