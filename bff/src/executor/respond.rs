//! The response around `data`: errors, and what is degraded.

use std::{io::Write, time::Duration};

use bytes::Bytes;

use super::{
    Answer,
    step::{Note, Substitute},
    subscription::Gap,
    watch::Watch,
};
use crate::{
    error::{Error, Origin},
    operation::Location,
    plan::ShapeField,
    transcoder::{Budget, Degraded, Emission, FieldError, Meter, PathSegment},
};

/// Completes a body that holds `{"data":` and the data.
pub(super) fn finish(
    mut body: Vec<u8>,
    emission: &Emission,
    notes: &[Note],
    budget: Budget,
) -> Answer {
    let extensions_end = report(&mut body, emission, notes, budget);
    body.push(b'}');
    answer(body, emission, extensions_end)
}

/// An answer whose body is complete.
pub(super) fn answer(body: Vec<u8>, emission: &Emission, extensions_end: Option<usize>) -> Answer {
    Answer {
        body: body.into(),
        data_is_null: emission.data_is_null,
        errors: emission.errors.len() as u64 + emission.errors_left_out,
        degraded: emission.degraded.len() as u64 + emission.degraded_left_out,
        extensions_end,
    }
}

/// Puts errors and notes behind data, and says where the `extensions` end if there are some now. Those for which the budget
/// leaves nothing are counted.
pub(super) fn report(
    body: &mut Vec<u8>,
    emission: &Emission,
    notes: &[Note],
    budget: Budget,
) -> Option<usize> {
    let size = budget.size.saturating_sub(body.len());
    let mut meter = Meter::new(Budget { size, ..budget }, body.len());
    let mut errors_left_out = emission.errors_left_out;
    if !emission.errors.is_empty() {
        body.extend_from_slice(b",\"errors\":");
        errors_left_out += list_within(&mut meter, body, &emission.errors, field_error);
    }
    extensions(&mut meter, body, emission, notes, errors_left_out)
}

/// A list of errors.
pub(super) fn errors(body: &mut Vec<u8>, errors: &[FieldError]) {
    list(body, errors, field_error);
}

/// A path of the answer.
pub(super) fn path(body: &mut Vec<u8>, path: &[PathSegment]) {
    list(body, path, segment);
}

/// The same answer for a reader who did not see everything before it.
pub(super) fn after(gap: Gap, answer: Answer) -> Answer {
    if gap == Gap::default() {
        return answer;
    }
    let skipped = (gap.skipped > 0).then(|| ("skipped", gap.skipped.to_string().into()));
    let resumed = gap.resumed.then(|| ("resumed", Bytes::from_static(b"true")));
    with(answer, skipped.into_iter().chain(resumed))
}

/// The same answer with further members in its `extensions`: their names and their JSON.
pub(super) fn with(
    answer: Answer,
    members: impl IntoIterator<Item = (&'static str, Bytes)>,
) -> Answer {
    let mut members = members.into_iter().peekable();
    if members.peek().is_none() {
        return answer;
    }
    let (before, behind) =
        answer.body.split_at(answer.extensions_end.unwrap_or(answer.body.len() - 1));
    let mut body = before.to_vec();
    let mut lead: &[u8] = if answer.extensions_end.is_some() { b"," } else { b",\"extensions\":{" };
    for (name, json) in members {
        body.extend_from_slice(lead);
        write(&mut body, format_args!("\"{name}\":"));
        body.extend_from_slice(&json);
        lead = b",";
    }
    let end = body.len();
    if answer.extensions_end.is_none() {
        body.push(b'}');
    }
    body.extend_from_slice(behind);
    Answer { body: body.into(), extensions_end: Some(end), ..answer }
}

/// The same answer with what its caller may know of how it came about.
pub(super) fn explained(answer: Answer, plan: Option<Bytes>, watch: Option<&Watch>) -> Answer {
    let timing = watch.map(|watch| ("timing", Bytes::from(watch.told())));
    with(answer, plan.map(|plan| ("plan", plan)).into_iter().chain(timing))
}

/// The answer of an operation that could not be run at all.
pub(super) fn failed(error: &Error) -> Answer {
    let mut body = b"{\"data\":null,\"errors\":[{\"message\":".to_vec();
    string(&mut body, error.message());
    error_extensions(&mut body, error);
    body.extend_from_slice(b"}]}");
    let body = body.into();
    Answer { body, data_is_null: true, errors: 1, degraded: 0, extensions_end: None }
}

/// The answer of an operation whose only field could not be begun, or does not go on.
pub(super) fn failed_at(field: &ShapeField, error: Error) -> Answer {
    let path = vec![PathSegment::Key(field.response_key.as_str().into())];
    let mut body = b"{\"data\":null,\"errors\":".to_vec();
    errors(&mut body, &[FieldError { path, location: field.location, error, step: None }]);
    body.push(b'}');
    let body = body.into();
    Answer { body, data_is_null: true, errors: 1, degraded: 0, extensions_end: None }
}

fn field_error(body: &mut Vec<u8>, failure: &FieldError) {
    body.extend_from_slice(b"{\"message\":");
    string(body, failure.error.message());
    // What is wrong with the answer as a whole stands nowhere.
    if !failure.path.is_empty() {
        let Location { line, column } = failure.location;
        let place =
            format_args!(",\"locations\":[{{\"line\":{line},\"column\":{column}}}],\"path\":");
        write(body, place);
        path(body, &failure.path);
    }
    error_extensions(body, &failure.error);
    body.push(b'}');
}

fn error_extensions(body: &mut Vec<u8>, error: &Error) {
    body.extend_from_slice(b",\"extensions\":{\"code\":");
    match error.extensions().iter().find(|(name, _)| name == "code") {
        Some((_, code)) => body.extend_from_slice(code.get().as_bytes()),
        None => write(body, format_args!("\"{}\"", error.code())),
    }
    if let Some(Origin { service, method }) = error.origin() {
        body.extend_from_slice(b",\"service\":");
        string(body, service);
        body.extend_from_slice(b",\"method\":");
        string(body, method);
    }
    let ours = ["code", "service", "method"];
    for (name, value) in error.extensions().iter().filter(|(name, _)| !ours.contains(&&**name)) {
        body.push(b',');
        string(body, name);
        body.push(b':');
        body.extend_from_slice(value.get().as_bytes());
    }
    body.push(b'}');
}

/// Nothing where there is nothing to say. Where they end if something was.
fn extensions(
    meter: &mut Meter,
    body: &mut Vec<u8>,
    emission: &Emission,
    notes: &[Note],
    errors_left_out: u64,
) -> Option<usize> {
    let mut lead: &[u8] = b",\"extensions\":{";
    let mut degraded_left_out = emission.degraded_left_out;
    if !emission.degraded.is_empty() {
        body.extend_from_slice(lead);
        body.extend_from_slice(b"\"degraded\":");
        let write = |body: &mut Vec<u8>, place: &Degraded| degraded(body, place, notes);
        degraded_left_out += list_within(meter, body, &emission.degraded, write);
        lead = b",";
    }
    let left_out = [("degradedLeftOut", degraded_left_out), ("errorsLeftOut", errors_left_out)];
    for (name, count) in left_out.into_iter().filter(|(_, count)| *count > 0) {
        body.extend_from_slice(lead);
        write(body, format_args!("\"{name}\":{count}"));
        lead = b",";
    }
    let is_extended = lead == b",";
    is_extended.then(|| {
        body.push(b'}');
        body.len() - 1
    })
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
    path(body, &place.path);
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

/// The first item, and those others for which there is room and time. Says how many are left out.
fn list_within<T>(
    meter: &mut Meter,
    body: &mut Vec<u8>,
    items: &[T],
    item: impl Fn(&mut Vec<u8>, &T),
) -> u64 {
    let mut listed = 0;
    body.push(b'[');
    for each in items {
        if listed > 0 {
            if meter.is_due(body.len()) && meter.look(body.len()).is_err() {
                break;
            }
            body.push(b',');
        }
        item(body, each);
        listed += 1;
    }
    body.push(b']');
    (items.len() - listed) as u64
}

pub(super) fn string(body: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(body, text).expect("a text is JSON, and a Vec takes all");
}

pub(super) fn write(body: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    body.write_fmt(text).expect("a Vec takes all");
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::error::Code;

    fn path() -> Vec<PathSegment> {
        vec![PathSegment::Key("books".into()), PathSegment::Index(3)]
    }

    fn budget(size: usize) -> Budget {
        Budget { size, deadline: Instant::now() + Duration::from_secs(3600) }
    }

    fn check(emission: &Emission, notes: &[Note], expected: &str) {
        let answer = finish(b"{\"data\":{}".to_vec(), emission, notes, budget(1 << 20));
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
    fn an_error_may_say_more_and_have_a_code_of_its_own() {
        let error = Error::new(Code::FailedPrecondition, "three are left");
        let error = error.with_extension("left", 3).with_extension("code", "OUT_OF_STOCK");
        let error = error.with_extension("left", [3]).with_extension("service", "mine");
        let error =
            FieldError { path: Vec::new(), location: Location::default(), error, step: None };
        check(
            &Emission { errors: vec![error], ..Emission::default() },
            &[],
            r#"{"data":{},"errors":[{"message":"three are left","extensions":{"code":"OUT_OF_STOCK","left":[3]}}]}"#,
        );
    }

    #[test]
    fn an_error_of_the_whole_answer_has_no_place() {
        let error = Error::new(Code::ResourceExhausted, "too large");
        let location = Location { line: 0, column: 0 };
        let error = FieldError { path: Vec::new(), location, error, step: None };
        check(
            &Emission { errors: vec![error], ..Emission::default() },
            &[],
            r#"{"data":{},"errors":[{"message":"too large","extensions":{"code":"RESOURCE_EXHAUSTED"}}]}"#,
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
    fn what_one_reader_did_not_see_stands_in_the_extensions_of_its_own_answer() {
        let note = Note { cause: Code::Unavailable, source: Substitute::Null, age: None };
        let degraded = Emission {
            degraded: vec![Degraded { path: Vec::new(), note: 0 }],
            ..Emission::default()
        };
        let stands = r#"{"degraded":[{"path":[],"cause":"UNAVAILABLE","source":"null"}]"#;
        for (emission, before) in [(Emission::default(), ""), (degraded, stands)] {
            let data = b"{\"data\":{}".to_vec();
            let notes = std::slice::from_ref(&note);
            let answer = finish(data, &emission, notes, budget(1 << 20));
            for (skipped, resumed, said) in [
                (0, true, r#""resumed":true"#),
                (3, false, r#""skipped":3"#),
                (3, true, r#""skipped":3,"resumed":true"#),
            ] {
                let told = after(Gap { skipped, resumed }, answer.clone());
                let lead = if before.is_empty() { "{" } else { "," };
                let expected = format!(r#"{{"data":{{}},"extensions":{before}{lead}{said}}}}}"#);
                assert_eq!(std::str::from_utf8(&told.body).unwrap(), expected);
            }
            assert_eq!(after(Gap::default(), answer.clone()).body, answer.body);
        }
    }

    #[test]
    fn errors_and_notes_without_room_or_time_are_counted_but_for_the_first() {
        let error = Error::new(Code::Unavailable, "x".repeat(100));
        let error = FieldError { path: path(), location: Location::default(), error, step: None };
        let emission = Emission {
            errors: vec![error; 1_000],
            errors_left_out: 7,
            degraded: vec![Degraded { path: path(), note: 0 }; 1_000],
            ..Emission::default()
        };
        let note = Note { cause: Code::Unavailable, source: Substitute::Null, age: None };
        let late = Budget { size: usize::MAX, deadline: Instant::now() };
        // Ten bytes are written; the clock is first read after 32 KiB.
        for (budget, most) in [(budget(10), 400), (budget(5_000), 5_400), (late, 34_000)] {
            let data = b"{\"data\":{}".to_vec();
            let answer = finish(data, &emission, std::slice::from_ref(&note), budget);
            assert!(answer.body.len() < most, "{}", answer.body.len());
            assert_eq!((answer.errors, answer.degraded), (1_007, 1_000));
            let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            let listed = |list: &serde_json::Value| list.as_array().unwrap().len() as u64;
            let extensions = &body["extensions"];
            let left_out = |name: &str| extensions[name].as_u64().unwrap();
            assert_eq!(listed(&body["errors"]) + left_out("errorsLeftOut"), 1_007);
            assert_eq!(listed(&extensions["degraded"]) + left_out("degradedLeftOut"), 1_000);
        }
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
