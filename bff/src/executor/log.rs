//! One line in the log for each failed call.

use std::{error::Error as _, fmt::Write};

use tracing::{Level, debug, error, info, warn};

use super::prepared::Target;
use crate::error::Error;

/// Says that a call failed, as loud as its code is, with everything that clients are not told.
pub(super) fn failed_call(failure: &Error, target: &Target, keys: usize) {
    let (service, method) = (&*target.origin.service, &*target.origin.method);
    let code = failure.code().name();
    let cause = chain(failure);
    match failure.code().level() {
        Level::ERROR => error!(service, method, code, keys, cause, "a call failed"),
        Level::WARN => warn!(service, method, code, keys, cause, "a call failed"),
        Level::INFO => info!(service, method, code, keys, cause, "a call failed"),
        _ => debug!(service, method, code, keys, cause, "a call failed"),
    }
}

/// The same of a field that no call answers.
pub(super) fn failed_field(failure: &Error, field: &str) {
    let (code, cause) = (failure.code().name(), chain(failure));
    match failure.code().level() {
        Level::ERROR => error!(field, code, cause, "a field failed"),
        Level::WARN => warn!(field, code, cause, "a field failed"),
        Level::INFO => info!(field, code, cause, "a field failed"),
        _ => debug!(field, code, cause, "a field failed"),
    }
}

/// The message and those of all causes behind it.
fn chain(failure: &Error) -> String {
    let mut text = failure.to_string();
    let mut source = failure.source();
    while let Some(cause) = source {
        let told = cause.to_string();
        // An error that was only given an origin says the same again.
        if !text.ends_with(&told) {
            let _ = write!(text, ": {told}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Origin};

    #[test]
    fn the_log_has_the_causes_and_each_once() {
        let inner = Error::with_source(Code::Unavailable, "it cannot be reached", "refused");
        let shared = inner.clone();
        let origin = Origin { service: "S".into(), method: "M".into() };
        assert_eq!(chain(&inner.from_method(origin)), "it cannot be reached: refused");
        assert_eq!(chain(&shared), "it cannot be reached: refused");
    }
}
