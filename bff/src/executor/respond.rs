//! The response around `data`: errors, and what is degraded.

use std::{io::Write, time::Duration};

use bytes::Bytes;

use super::{
    Answer,
    step::{Note, Substitute},
};
use crate::{
    error::{Error, Origin},
    operation::Location,
    transcoder::{Degraded, Emission, FieldError, PathSegment},
};

/// Completes a body that holds `{"data":` and the data.
pub(super) fn finish(mut body: Vec<u8>, emission: &Emission, notes: &[Note]) -> Answer {
    if !emission.errors.is_empty() {
        body.extend_from_slice(b",\"errors\":");
        list(&mut body, &emission.errors, field_error);
    }
    extensions(&mut body, emission, notes);
    body.push(b'}');
    Answer {
        body: body.into(),
        data_is_null: emission.data_is_null,
        errors: emission.errors.len() as u64 + emission.errors_left_out,
        degraded: emission.degraded.len() as u64 + emission.degraded_left_out,
    }
}

/// The answer of an operation that could not be run at all.
pub(super) fn failed(error: &Error) -> Answer {
    let mut body = b"{\"data\":null,\"errors\":[{\"message\":".to_vec();
    string(&mut body, error.message());
    error_extensions(&mut body, error);
    body.extend_from_slice(b"}]}");
    Answer { body: Bytes::from(body), data_is_null: true, errors: 1, degraded: 0 }
}

fn field_error(body: &mut Vec<u8>, failure: &FieldError) {
    body.extend_from_slice(b"{\"message\":");
    string(body, failure.error.message());
    let Location { line, column } = failure.location;
    write(body, format_args!(",\"locations\":[{{\"line\":{line},\"column\":{column}}}],\"path\":"));
    list(body, &failure.path, segment);
    error_extensions(body, &failure.error);
    body.push(b'}');
}

fn error_extensions(body: &mut Vec<u8>, error: &Error) {
    write(body, format_args!(",\"extensions\":{{\"code\":\"{}\"", error.code()));
    if let Some(Origin { service, method }) = error.origin() {
        body.extend_from_slice(b",\"service\":");
        string(body, service);
        body.extend_from_slice(b",\"method\":");
        string(body, method);
    }
    body.push(b'}');
}

/// Nothing where there is nothing to say.
fn extensions(body: &mut Vec<u8>, emission: &Emission, notes: &[Note]) {
    let mut lead: &[u8] = b",\"extensions\":{";
    if !emission.degraded.is_empty() {
        body.extend_from_slice(lead);
        body.extend_from_slice(b"\"degraded\":");
        list(body, &emission.degraded, |body, place| degraded(body, place, notes));
        lead = b",";
    }
    let left_out = [
        ("degradedLeftOut", emission.degraded_left_out),
        ("errorsLeftOut", emission.errors_left_out),
    ];
    for (name, count) in left_out.into_iter().filter(|(_, count)| *count > 0) {
        body.extend_from_slice(lead);
        write(body, format_args!("\"{name}\":{count}"));
        lead = b",";
    }
    if lead == b"," {
        body.push(b'}');
    }
}

fn degraded(body: &mut Vec<u8>, place: &Degraded, notes: &[Note]) {
    let Note { cause, source, age } = &notes[place.note as usize];
    let source = match source {
        Substitute::Stale => "stale",
        Substitute::Rpc => "rpc",
        Substitute::Value => "value",
        Substitute::Null => "null",
    };
    body.extend_from_slice(b"{\"path\":");
    list(body, &place.path, segment);
    write(body, format_args!(",\"cause\":\"{cause}\",\"source\":\"{source}\""));
    if let Some(age) = age {
        write(body, format_args!(",\"age\":\"{}\"", rounded(*age)));
    }
    body.push(b'}');
}

/// In whole seconds, below one in milliseconds.
fn rounded(age: Duration) -> String {
    match age.as_secs() {
        0 => format!("{}ms", age.as_millis()),
        seconds => format!("{seconds}s"),
    }
}

fn segment(body: &mut Vec<u8>, segment: &PathSegment) {
    match segment {
        PathSegment::Key(key) => string(body, key),
        PathSegment::Index(index) => write(body, format_args!("{index}")),
    }
}

fn list<T>(body: &mut Vec<u8>, items: &[T], item: impl Fn(&mut Vec<u8>, &T)) {
    body.push(b'[');
    for (index, each) in items.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        item(body, each);
    }
    body.push(b']');
}

fn string(body: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(body, text).expect("a text is JSON, and a Vec takes all");
}

fn write(body: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    body.write_fmt(text).expect("a Vec takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn path() -> Vec<PathSegment> {
        vec![PathSegment::Key("books".into()), PathSegment::Index(3)]
    }

    fn check(emission: &Emission, notes: &[Note], expected: &str) {
        let answer = finish(b"{\"data\":{}".to_vec(), emission, notes);
        assert_eq!(std::str::from_utf8(&answer.body).unwrap(), expected);
        serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap();
    }

    #[test]
    fn a_good_answer_is_data_alone() {
        check(&Emission::default(), &[], r#"{"data":{}}"#);
    }

    #[test]
    fn an_error_has_a_place_and_an_origin_and_no_internal_text() {
        let origin = Origin { service: "shop.Prices".into(), method: "Get".into() };
        let error = Error::with_source(Code::Unavailable, "not \"there\"", "10.0.0.7 refused");
        let error = FieldError {
            path: path(),
            location: Location { line: 1, column: 9 },
            error: error.from_method(origin),
            step: None,
        };
        check(
            &Emission { errors: vec![error], errors_left_out: 7, ..Emission::default() },
            &[],
            concat!(
                r#"{"data":{},"errors":[{"message":"not \"there\"","locations":[{"line":1,"column":9}],"#,
                r#""path":["books",3],"extensions":{"code":"UNAVAILABLE","service":"shop.Prices","method":"Get"}}],"#,
                r#""extensions":{"errorsLeftOut":7}}"#
            ),
        );
    }

    #[test]
    fn what_is_degraded_is_listed_with_cause_source_and_age() {
        let stale = Note {
            cause: Code::DeadlineExceeded,
            source: Substitute::Stale,
            age: Some(Duration::from_millis(42_900)),
        };
        let value = Note { cause: Code::Unavailable, source: Substitute::Value, age: None };
        let degraded =
            vec![Degraded { path: path(), note: 0 }, Degraded { path: Vec::new(), note: 1 }];
        check(
            &Emission { degraded, degraded_left_out: 2, ..Emission::default() },
            &[stale, value],
            concat!(
                r#"{"data":{},"extensions":{"degraded":["#,
                r#"{"path":["books",3],"cause":"DEADLINE_EXCEEDED","source":"stale","age":"42s"},"#,
                r#"{"path":[],"cause":"UNAVAILABLE","source":"value"}],"degradedLeftOut":2}}"#
            ),
        );
    }

    #[test]
    fn an_operation_that_did_not_run_has_null_data() {
        let answer = failed(&Error::new(Code::Internal, "stopped"));
        assert_eq!(
            &answer.body[..],
            br#"{"data":null,"errors":[{"message":"stopped","extensions":{"code":"INTERNAL"}}]}"#
        );
        assert!(answer.data_is_null);
    }
}
