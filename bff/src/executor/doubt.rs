//! Changes that failed, and may have been made for all that.

use crate::{
    call::NoAnswer,
    error::{Code, Error},
};

const UNKNOWN: &str = ": the outcome is unknown";

/// Whether a change that failed like this may have been made: the request went out and no answer came, or the service said
/// what leaves it open. What a resolver says in words of its own is what it means, unless its time was over.
pub(super) fn is_open(error: &Error) -> bool {
    match NoAnswer::behind(error) {
        Some(NoAnswer::Unsent(_)) => false,
        Some(NoAnswer::Lost(_)) => true,
        None if error.origin().is_none() => error.code() == Code::DeadlineExceeded,
        None => error.code().leaves_the_outcome_open(),
    }
}

/// What is told of the failure of a change.
pub(super) fn told(error: Error) -> Error {
    if !is_open(&error) || error.message().ends_with(UNKNOWN) {
        return error;
    }
    let message = format!("{}{UNKNOWN}", error.message());
    error.with_message(message)
}

/// What is told of a change that waited for one of which nobody knows whether it was made. `cause` is what became of that one.
pub(super) fn not_sent(cause: Code) -> Error {
    Error::new(cause, "this was not sent: the outcome of the field before it is unknown")
}
