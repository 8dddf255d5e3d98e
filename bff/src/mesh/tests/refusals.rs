//! Requests that a service does not take now: they were not looked at, and go out again.

use std::net::SocketAddr;

use h2::Reason;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{service::Scripted, *};

/// A server that refuses so many requests with this reason, and answers the others with an empty message.
async fn refusing(count: usize, reason: Reason) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { serve(&listener, count, reason).await });
    address
}

async fn serve(listener: &TcpListener, count: usize, reason: Reason) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut connection = h2::server::handshake(stream).await.unwrap();
    let mut asked = 0;
    while let Some(Ok((_request, mut respond))) = connection.accept().await {
        asked += 1;
        if asked <= count {
            respond.send_reset(reason);
            continue;
        }
        let response =
            http::Response::builder().header("content-type", "application/grpc").body(()).unwrap();
        let mut body = respond.send_response(response, false).unwrap();
        body.send_data(Bytes::from_static(&[0; 5]), false).unwrap();
        let status = [("grpc-status".parse().unwrap(), "0".parse().unwrap())];
        body.send_trailers(status.into_iter().collect()).unwrap();
    }
}

#[tokio::test]
async fn a_request_that_the_service_refused_unseen_is_sent_again() {
    let mesh = mesh(&[refusing(2, Reason::REFUSED_STREAM).await]);
    assert_eq!(answer(&mesh, call("Any", b"")).await.unwrap(), "");
}

/// A server that says goodbye to its first connection as soon as it has a request, of which it has looked at none, and
/// answers on the next one.
async fn leaving_unseen() -> SocketAddr {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const GOAWAY: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const HEADERS: u8 = 1;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        first.write_all(&SETTINGS).await.unwrap();
        first.read_exact(&mut [0; 24]).await.unwrap();
        loop {
            let mut head = [0; 9];
            first.read_exact(&mut head).await.unwrap();
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            first.read_exact(&mut vec![0; length as usize]).await.unwrap();
            if head[3] == HEADERS {
                break;
            }
        }
        first.write_all(&GOAWAY).await.unwrap();
        serve(&listener, 0, Reason::REFUSED_STREAM).await;
    });
    address
}

#[tokio::test]
async fn a_request_behind_a_goodbye_was_not_looked_at_and_is_sent_again() {
    let mesh = mesh(&[leaving_unseen().await]);
    assert_eq!(answer(&mesh, call("Any", b"")).await.unwrap(), "");
}

#[tokio::test]
async fn a_service_that_refuses_again_and_again_is_unavailable() {
    let mesh = mesh(&[refusing(usize::MAX, Reason::REFUSED_STREAM).await]);
    let error = answer(&mesh, call("Any", b"")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    assert!(matches!(NoAnswer::behind(&error), Some(NoAnswer::Unsent(_))), "{error:?}");
}

#[tokio::test]
async fn a_request_that_may_have_been_seen_is_not_sent_again() {
    let mesh = mesh(&[refusing(1, Reason::INTERNAL_ERROR).await]);
    let error = answer(&mesh, call("Any", b"")).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal, "{error:?}");
    assert!(matches!(NoAnswer::behind(&error), Some(NoAnswer::Lost(_))), "{error:?}");
}

#[tokio::test]
async fn a_reset_is_no_refusal_whatever_its_code() {
    for reason in [Reason::ENHANCE_YOUR_CALM, Reason::INADEQUATE_SECURITY, Reason::CANCEL] {
        let mesh = mesh(&[refusing(1, reason).await]);
        let error = answer(&mesh, call("Any", b"")).await.unwrap_err();
        assert!(matches!(NoAnswer::behind(&error), Some(NoAnswer::Lost(_))), "{error:?}");
    }
}

#[tokio::test]
async fn more_calls_than_a_service_takes_at_a_time_are_answered_in_turn() {
    let server = Scripted::limited(2).await;
    let mesh = mesh(&[server.address]);
    let answers = (0..20).map(|_| answer(&mesh, call("Echo", b"still")));
    for answer in futures::future::join_all(answers).await {
        assert_eq!(answer.unwrap(), "still");
    }
}
