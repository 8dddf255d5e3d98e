//! From the first connection to the last: who leaves, who may stay, and for how long.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const STALL: &str = r#"{"query":"{stall}"}"#;

/// A server where a stalling request has more time than any test takes.
async fn patient() -> Running {
    let long = crate::units::Span(PATIENCE * 10);
    let change = |config: &mut Config| {
        config.default_timeout = long;
        config.max_timeout = long;
        config.drain_timeout = crate::units::Span(DRAIN);
    };
    Running::start_with(change, Vec::new()).await
}

const DRAIN: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_client_that_leaves_drops_what_works_for_it() {
    let server = patient().await;
    let (began, dropped) = server.service.expect_stall();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let asking = tokio::spawn(sender.send_request(post().body(full(STALL)).unwrap()));
    soon(began).await.unwrap();
    asking.abort();
    connection.abort();
    soon(dropped).await.unwrap();
}

#[tokio::test]
async fn a_client_of_http_2_that_resets_its_stream_drops_what_works_for_it() {
    let server = patient().await;
    let (began, dropped) = server.service.expect_stall();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let uri = format!("http://{}/graphql", server.address);
    let request = post().uri(uri).body(full(STALL)).unwrap();
    let asking = tokio::spawn(sender.send_request(request));
    soon(began).await.unwrap();
    asking.abort();
    soon(dropped).await.unwrap();
    // The connection goes on.
    let uri = format!("http://{}/graphql", server.address);
    let request = post().uri(uri).body(full(r#"{"query":"{a}"}"#)).unwrap();
    assert_eq!(soon(sender.send_request(request)).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_stopping_server_is_not_ready_but_alive_and_still_answers() {
    let mut server =
        Running::start_with(|config| config.drain_delay = crate::units::Span(PATIENCE), Vec::new())
            .await;
    assert_eq!(server.get("*/*", "/ready").await.status, 200);
    assert_eq!(server.get("*/*", "/live").await.status, 200);
    server.stop.take().unwrap().send(()).unwrap();
    let unready = async {
        while server.get("*/*", "/ready").await.status != 503 {
            tokio::task::yield_now().await;
        }
    };
    soon(unready).await;
    assert_eq!(server.get("*/*", "/live").await.status, 200);
    assert_eq!(server.post("*/*", r#"{"query":"{a}"}"#).await.status, 200);
}

#[tokio::test]
async fn a_server_without_requests_stops_at_once() {
    let mut server = Running::start().await;
    server.post("*/*", r#"{"query":"{a}"}"#).await;
    server.stop.take().unwrap().send(()).unwrap();
    soon(&mut server.serving).await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn an_idle_connection_does_not_delay_the_stop() {
    let mut server = Running::start().await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /live HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    soon(idle.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    server.stop.take().unwrap().send(()).unwrap();
    soon(&mut server.serving).await.unwrap();
}

#[tokio::test]
async fn requests_in_flight_are_cut_when_the_time_to_stop_is_over() {
    let mut server = patient().await;
    let (began, dropped) = server.service.expect_stall();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let asking = tokio::spawn(sender.send_request(post().body(full(STALL)).unwrap()));
    soon(began).await.unwrap();
    let stopped = tokio::time::Instant::now();
    server.stop.take().unwrap().send(()).unwrap();
    soon(&mut server.serving).await.unwrap();
    assert!(stopped.elapsed() >= DRAIN);
    soon(dropped).await.unwrap();
    assert!(soon(asking).await.unwrap().is_err());
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_headers_is_disconnected() {
    let server = Running::start_with(
        |config| config.header_timeout = crate::units::Span(Duration::from_millis(50)),
        Vec::new(),
    )
    .await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"POST /graphql HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
    let mut rest = Vec::new();
    soon(slow.read_to_end(&mut rest)).await.unwrap();
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for_beyond_the_deadline() {
    let server = Running::start().await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(
        b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\nx-request-timeout: 50ms\r\n\r\n{",
    )
    .await
    .unwrap();
    let mut answer = [0; 12];
    soon(slow.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
}

#[tokio::test]
async fn a_taken_port_is_a_fault_that_names_it() {
    let server = Running::start().await;
    let config = Config { listen: server.address, ..Config::default() };
    let refused = Server::bind(config, front(&server.service), Mocking::Ignored, Vec::new()).await;
    let error = refused.unwrap_err();
    assert_eq!(error.message(), format!("cannot listen at {}", server.address));
}
