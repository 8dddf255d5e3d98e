//! What a service may do wrong, and the code that comes of it.

use super::{
    service::{Event, Scripted},
    wire::{Script, Wire},
    *,
};
use crate::call::Stated;

const OK: (&str, &str) = ("grpc-status", "0");

/// One unary call to a server that answers with `script`.
async fn check(script: Script, outcome: Result<&[u8], Code>) {
    let server = Wire::start(script).await;
    let mesh = mesh_with(&[server.address], |service| {
        service.max_response_size = Some(crate::units::ByteSize(8));
    });
    let answer = answer(&mesh, call_within("Any", b"", Duration::from_millis(300))).await;
    let answer = answer.as_ref().map(|bytes| &bytes[..]).map_err(Error::code);
    assert_eq!(answer, outcome);
}

#[tokio::test]
async fn a_message_and_a_status_in_trailers_are_an_answer() {
    check(Script::grpc(&[b"\0\0\0\0\x03abc"], &[OK]), Ok(b"abc")).await;
}

#[tokio::test]
async fn a_message_may_come_in_any_pieces() {
    check(Script::grpc(&[b"\0\0", b"\0\0\x03a", b"b", b"c"], &[OK]), Ok(b"abc")).await;
}

#[tokio::test]
async fn an_empty_message_is_an_answer() {
    check(Script::grpc(&[b"\0\0\0\0\0"], &[OK]), Ok(b"")).await;
}

#[tokio::test]
async fn a_status_in_trailers_goes_before_the_message() {
    let trailers = [("grpc-status", "5"), ("grpc-message", "no%20such%20row")];
    check(Script::grpc(&[b"\0\0\0\0\x03abc"], &trailers), Err(Code::NotFound)).await;
}

#[tokio::test]
async fn a_status_in_headers_is_read() {
    let mut script = Script::grpc(&[], &[]);
    script.headers.push(("grpc-status", "8"));
    check(script, Err(Code::ResourceExhausted)).await;
}

#[tokio::test]
async fn an_unknown_status_is_unknown() {
    check(Script::grpc(&[], &[("grpc-status", "77")]), Err(Code::Unknown)).await;
    check(Script::grpc(&[], &[("grpc-status", "fine")]), Err(Code::Unknown)).await;
}

#[tokio::test]
async fn a_service_that_answers_unavailable_was_reached() {
    let server = Wire::start(Script::grpc(&[], &[("grpc-status", "14")])).await;
    let error = answer(&mesh(&[server.address]), call("Any", b"")).await.unwrap_err();
    assert_eq!(error.message(), "the service answered UNAVAILABLE");
    assert!(NoAnswer::behind(&error).is_none(), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_no_refusal() {
    let server = Wire::start(Script::grpc(&[b"\0\xff\xff\xff\xff"], &[]).stalled()).await;
    let error = answer(&mesh(&[server.address]), call("Any", b"")).await.unwrap_err();
    assert!(matches!(NoAnswer::behind(&error), Some(NoAnswer::Lost(_))), "{error:?}");
    assert!(TooLarge::is_cause_of(&error));
}

#[tokio::test]
async fn a_missing_status_is_unknown() {
    check(Script::grpc(&[b"\0\0\0\0\x03abc"], &[]), Err(Code::Unknown)).await;
    check(Script::grpc(&[b"\0\0\0\0\x03abc"], &[("x-other", "1")]), Err(Code::Unknown)).await;
}

#[tokio::test]
async fn a_status_without_a_message_is_internal() {
    check(Script::grpc(&[], &[OK]), Err(Code::Internal)).await;
}

#[tokio::test]
async fn two_messages_are_internal() {
    check(Script::grpc(&[b"\0\0\0\0\x01a\0\0\0\0\x01b"], &[OK]), Err(Code::Internal)).await;
}

#[tokio::test]
async fn a_message_that_ends_early_is_internal() {
    check(Script::grpc(&[b"\0\0\0\0\x05abc"], &[OK]), Err(Code::Internal)).await;
    check(Script::grpc(&[b"\0\0"], &[OK]), Err(Code::Internal)).await;
}

#[tokio::test]
async fn garbage_is_internal() {
    check(Script::grpc(&[b"\xff\xfe\xfd\xfc\xfb\xfa"], &[OK]), Err(Code::Internal)).await;
}

#[tokio::test]
async fn a_compressed_message_is_internal_as_none_was_asked_for() {
    check(Script::grpc(&[b"\x01\0\0\0\x03abc"], &[OK]), Err(Code::Internal)).await;
    let mut script = Script::grpc(&[b"\x01\0\0\0\x03abc"], &[OK]);
    script.headers.push(("grpc-encoding", "gzip"));
    check(script, Err(Code::Internal)).await;
}

#[tokio::test]
async fn a_message_that_is_too_large_exhausts_a_limit_and_is_not_read() {
    let script = Script::grpc(&[b"\0\xff\xff\xff\xff"], &[]).stalled();
    check(script, Err(Code::ResourceExhausted)).await;
    check(Script::grpc(&[b"\0\0\0\0\x08abcdefgh"], &[OK]), Ok(b"abcdefgh")).await;
    check(Script::grpc(&[b"\0\0\0\0\x09abcdefghi"], &[OK]), Err(Code::ResourceExhausted)).await;
}

#[tokio::test]
async fn details_that_are_not_base64_do_no_harm() {
    let details = ("grpc-status-details-bin", "!!! not base64 !!!");
    check(Script::grpc(&[], &[("grpc-status", "9"), details]), Err(Code::FailedPrecondition)).await;
    let mut script = Script::grpc(&[], &[]);
    script.headers.extend([("grpc-status", "9"), details]);
    check(script, Err(Code::FailedPrecondition)).await;
}

#[tokio::test]
async fn what_a_proxy_says_instead_of_the_service_keeps_its_meaning() {
    for (http_status, code) in [
        (200, Code::Unknown),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (500, Code::Unknown),
        (502, Code::Unavailable),
        (503, Code::Unavailable),
    ] {
        let headers = vec![("content-type", "text/html")];
        let data: Vec<&'static [u8]> = vec![b"<html>oops</html>"];
        check(Script { http_status, headers, data, ..Script::default() }, Err(code)).await;
    }
}

#[tokio::test]
async fn a_stall_after_headers_ends_at_the_deadline() {
    check(Script::grpc(&[], &[]).stalled(), Err(Code::DeadlineExceeded)).await;
}

#[tokio::test]
async fn a_stall_in_the_message_ends_at_the_deadline() {
    check(Script::grpc(&[b"\0\0\0\0\x05ab"], &[]).stalled(), Err(Code::DeadlineExceeded)).await;
}

#[tokio::test]
async fn a_stall_before_trailers_ends_at_the_deadline() {
    check(Script::grpc(&[b"\0\0\0\0\x02ab"], &[]).stalled(), Err(Code::DeadlineExceeded)).await;
}

#[tokio::test]
async fn a_stall_before_headers_ends_at_the_deadline() {
    let server = Scripted::start().await;
    let mesh = mesh(&[server.address]);
    let within = Duration::from_millis(100);
    let started = Instant::now();
    let error = answer(&mesh, call_within("Stall", b"", within)).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert_eq!(error.message(), "the service did not answer in time");
    assert!(matches!(NoAnswer::behind(&error), Some(NoAnswer::Lost(_))), "{error:?}");
    assert!(started.elapsed() >= within);
}

#[tokio::test]
async fn a_deadline_that_is_over_sends_nothing() {
    let mut server = Scripted::start().await;
    let mesh = mesh(&[server.address]);
    answer(&mesh, call("Echo", b"connected")).await.unwrap();
    server.called().await;
    let error = answer(&mesh, call_within("Echo", b"", Duration::ZERO)).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert_eq!(error.message(), "the time was over before the service was asked");
    answer(&mesh, call("Echo", b"after")).await.unwrap();
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn what_a_service_says_in_words_is_for_the_log() {
    let server = Scripted::start().await;
    let error = answer(&mesh(&[server.address]), call("Refuse", b"")).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert_eq!(error.message(), "the service refused an argument");
    assert!(format!("{error:?}").contains("row 7 of table secrets"));
    assert_eq!(&*error.origin().unwrap().method, "Refuse");
}

#[tokio::test]
async fn a_service_that_cancels_long_before_the_deadline_gave_up() {
    let server = Scripted::start().await;
    let error = answer(&mesh(&[server.address]), call("GiveUp", b"")).await.unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
}

#[tokio::test]
async fn a_service_that_cancels_at_the_deadline_was_late() {
    let call = call_within("GiveUp", b"", Duration::from_millis(3));
    let error = status::error(&call, call.deadline, &tonic::Status::cancelled("Timeout expired"));
    assert_eq!(error.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_dropped_call_is_cancelled_at_the_service() {
    let mut server = Scripted::start().await;
    let mesh = mesh(&[server.address]);
    let waiting = tokio::spawn(mesh.unary(call("Stall", b"")));
    server.called().await;
    waiting.abort();
    assert!(matches!(server.event().await, Event::Cancelled));
}

#[tokio::test]
async fn a_call_cut_by_its_deadline_is_cancelled_at_the_service() {
    let server = Wire::start(Script::grpc(&[], &[]).stalled()).await;
    let mesh = mesh(&[server.address]);
    let error =
        answer(&mesh, call_within("Any", b"", Duration::from_millis(50))).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    let mut server = Scripted::start().await;
    let mesh = super::mesh(&[server.address]);
    let _ = answer(&mesh, call_within("Stall", b"", Duration::from_millis(50))).await;
    server.called().await;
    assert!(matches!(server.event().await, Event::Cancelled));
}

#[tokio::test]
async fn a_request_that_is_too_large_is_not_sent() {
    let mut server = Scripted::start().await;
    let mesh = mesh_with(&[server.address], |service| {
        service.max_request_size = Some(crate::units::ByteSize(4));
    });
    assert_eq!(answer(&mesh, call("Echo", b"1234")).await.unwrap(), "1234");
    let error = answer(&mesh, call("Echo", b"12345")).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert!(matches!(NoAnswer::behind(&error), Some(NoAnswer::Unsent(_))), "{error:?}");
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_in_a_call_makes_the_service_unavailable() {
    let mut server = Scripted::start().await;
    let mesh = mesh(&[server.address]);
    let waiting = tokio::spawn(mesh.unary(call("Stall", b"")));
    server.called().await;
    drop(server);
    let error = timeout(PATIENCE, waiting).await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    assert_eq!(error.message(), "the connection to the service broke");
    assert!(matches!(NoAnswer::behind(&error), Some(NoAnswer::Lost(_))), "{error:?}");
    assert!(!Stated::is_cause_of(&error), "{error:?}");
}

#[tokio::test]
async fn what_the_service_itself_says_is_told_apart_from_what_is_said_for_it() {
    let is_stated = async |script| {
        let server = Wire::start(script).await;
        let error = answer(&mesh(&[server.address]), call("Any", b"")).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable, "{error:?}");
        Stated::is_cause_of(&error)
    };
    let unavailable = ("grpc-status", "14");
    assert!(is_stated(Script::grpc(&[], &[unavailable])).await);
    let mut in_headers = Script::grpc(&[], &[]);
    in_headers.headers.push(unavailable);
    assert!(is_stated(in_headers).await);
    let in_between = Script { http_status: 503, ..Script::default() };
    assert!(!is_stated(in_between).await);
}

#[tokio::test]
async fn a_service_without_endpoints_is_unavailable_at_once() {
    let mesh = Mesh::new(&Config::default(), 0);
    let error = answer(&mesh, call("Echo", b"")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(error.message(), "the service cannot be reached");
    assert!(matches!(NoAnswer::behind(&error), Some(NoAnswer::Unsent(_))), "{error:?}");
    assert!(!mesh.knows("test.Scripted"));
}

#[tokio::test]
async fn a_service_may_say_much_and_harms_only_its_own_call() {
    for bytes in [30_000, 100_000, 3_000_000] {
        let message: &'static str = "z".repeat(bytes).leak();
        let trailers = [("grpc-status", "5"), ("grpc-message", message)];
        let server = Wire::start(Script::grpc(&[], &trailers)).await;
        let mesh = mesh(&[server.address]);
        let (one, other) =
            tokio::join!(answer(&mesh, call("One", b"")), answer(&mesh, call("Another", b"")));
        for outcome in [one, other] {
            assert_eq!(outcome.unwrap_err().code(), Code::NotFound, "{bytes} bytes");
        }
    }
}
