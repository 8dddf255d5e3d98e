//! `@mock`: how an invented value looks.

use super::binder::{At, Binder};
use super::fault::Fault;
use super::literal::{Deferred, Purpose, to_json};
use crate::contract::Mock;

/// What `as` may say.
const KINDS: [&str; 11] = [
    "name",
    "email",
    "title",
    "sentence",
    "paragraph",
    "url",
    "isbn",
    "city",
    "country",
    "phone",
    "word",
];
/// Codes that a service answers with.
const CODES: [&str; 16] = [
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

impl Binder<'_> {
    pub(super) fn mock(&mut self, at: &At, (binding, field): (u32, usize)) -> Option<Mock> {
        let mock = self.directive(at, "mock")?;
        let (value, kind, latency, error) =
            (mock.argument("value"), mock.text("as"), mock.text("latency"), mock.text("error"));
        for (text, known) in [(&kind, KINDS.as_slice()), (&error, CODES.as_slice())] {
            if let Some(text) = text.as_ref().filter(|text| !known.contains(&text.value.as_str())) {
                let (word, known) = (text.value.clone(), known.join(", "));
                self.fault(Fault::InvalidMock { word, known, span: text.span });
            }
        }
        if let Some(value) = value.clone() {
            let (at, purpose) = (at.clone(), Purpose::Mock);
            self.deferred.push(Deferred { at, binding, field, value, purpose });
        }
        Some(Mock {
            value: value.map(|value| to_json(&value.value).to_string()),
            r#as: kind.map(|kind| kind.value).unwrap_or_default(),
            latency_ms: latency.and_then(|latency| self.duration(&latency)).unwrap_or_default(),
            error: error.map(|error| error.value).unwrap_or_default(),
        })
    }
}
