//! Clients that do not read, do not speak, or are too many.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::client::IntoClientRequest};

use super::*;
use crate::units::{ByteSize, Span};

const SHORT: Span = Span(Duration::from_millis(100));
/// What clients wait at least before something counts as not happening.
const LONGER: Duration = Duration::from_millis(100);

/// A server for one connection.
async fn lonely(change: impl FnOnce(&mut Config)) -> Running {
    let only_one = |config: &mut Config| {
        config.max_connections = 1;
        config.max_body_size = ByteSize(64 << 20);
        config.max_timeout = Span(PATIENCE);
        config.default_timeout = Span(PATIENCE);
        change(config);
    };
    Running::start_with(only_one, Vec::new()).await
}

/// A request whose answer has so many bytes, and more than sockets hold.
fn large() -> String {
    let query = "query($t: String) { a: echo(text: $t) b: echo(text: $t) c: echo(text: $t) }";
    let text = "x".repeat(5 << 20);
    format!(r#"{{"query":"{query}","variables":{{"t":"{text}"}}}}"#)
}

async fn open_websocket(server: &Running) -> WebSocketStream<TcpStream> {
    let mut request = format!("ws://{}/graphql", server.address).into_client_request().unwrap();
    let protocol = "graphql-transport-ws".parse().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let stream = TcpStream::connect(server.address).await.unwrap();
    soon(client_async(request, stream)).await.unwrap().0
}

async fn is_answered(server: &Running) {
    assert_eq!(server.post("*/*", r#"{"query":"{a}"}"#).await.status, 200);
}

async fn is_not_answered(server: &Running) {
    assert!(timeout(LONGER, is_answered(server)).await.is_err());
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_gives_its_place_to_the_next() {
    let server = lonely(|config| config.send_timeout = SHORT).await;
    let mut hostile = TcpStream::connect(server.address).await.unwrap();
    let body = large();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    soon(hostile.write_all(head.as_bytes())).await.unwrap();
    soon(hostile.write_all(body.as_bytes())).await.unwrap();
    is_answered(&server).await;
    // What sockets held still comes, and then nothing: the answer is not taken for whole.
    let mut answer = Vec::new();
    let _ = soon(hostile.read_to_end(&mut answer)).await;
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    assert!(answer.len() < 15 << 20, "{}", answer.len());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_client_that_takes_nothing_of_what_fits_into_the_kernel_gives_its_place_to_the_next() {
    let server = lonely(|config| {
        config.send_timeout = SHORT;
        // Nothing else shall end it.
        config.header_timeout = Span(2 * PATIENCE);
    })
    .await;
    let hostile = tokio::net::TcpSocket::new_v4().unwrap();
    hostile.set_recv_buffer_size(4 << 10).unwrap();
    let mut hostile = hostile.connect(server.address).await.unwrap();
    let (query, text) = ("query($t: String) { echo(text: $t) }", "x".repeat(100_000));
    let body = format!(r#"{{"query":"{query}","variables":{{"t":"{text}"}}}}"#);
    let head =
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length:";
    let request = format!("{head} {}\r\n\r\n{body}", body.len());
    soon(hostile.write_all(request.as_bytes())).await.unwrap();
    is_answered(&server).await;
    let mut answer = Vec::new();
    let _ = soon(hostile.read_to_end(&mut answer)).await;
    assert!(answer.len() < text.len(), "{}", answer.len());
}

#[tokio::test]
async fn a_client_of_http_2_that_takes_nothing_of_one_answer_gives_its_place_to_the_next() {
    // Time enough for the other answer on a busy machine.
    let server = lonely(|config| config.send_timeout = Span(Duration::from_secs(3))).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let uri = format!("http://{}/graphql", server.address);
    let ask = |body: &str| post().uri(&uri).body(full(body)).unwrap();
    let stuck = soon(sender.send_request(ask(&large()))).await.unwrap();
    assert_eq!(stuck.status(), 200);
    // Other answers go on until then.
    let small = soon(sender.send_request(ask(r#"{"query":"{a}"}"#))).await.unwrap();
    let small = soon(small.into_body().collect()).await.unwrap().to_bytes();
    assert_eq!(small, r#"{"data":{"a":"ü"}}"#);
    is_answered(&server).await;
    assert!(soon(stuck.into_body().collect()).await.is_err());
    let _ = soon(connection).await;
}

#[tokio::test]
async fn an_answer_over_http_2_comes_whole_to_who_takes_it() {
    let server = lonely(|_| {}).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let uri = format!("http://{}/graphql", server.address);
    let request = post().uri(&uri).body(full(&large())).unwrap();
    let answer = soon(sender.send_request(request)).await.unwrap();
    let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let body = soon(answer.into_body().collect()).await.unwrap().to_bytes();
    assert_eq!(body.len(), length);
    assert!(body.len() > 15 << 20 && body.ends_with(b"x\"}}"));
}

#[tokio::test]
async fn clients_that_say_nothing_give_their_places_to_the_next() {
    let server = lonely(|config| config.header_timeout = SHORT).await;
    for said in ["", "P", "PRI * HTTP/2.0\r\n"] {
        let mut silent = TcpStream::connect(server.address).await.unwrap();
        soon(silent.write_all(said.as_bytes())).await.unwrap();
        is_answered(&server).await;
        assert_eq!(soon(silent.read_to_end(&mut Vec::new())).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_client_of_http_2_that_asks_nothing_is_told_to_leave() {
    let server = lonely(|config| config.idle_timeout = SHORT).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (_sender, connection) =
        http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    // A goodbye, and no error.
    soon(connection).await.unwrap();
    is_answered(&server).await;
}

#[tokio::test]
async fn one_connection_more_waits_until_another_ends_websockets_included() {
    let server = lonely(|_| {}).await;
    let idle = TcpStream::connect(server.address).await.unwrap();
    is_not_answered(&server).await;
    drop(idle);
    is_answered(&server).await;
    let socket = open_websocket(&server).await;
    is_not_answered(&server).await;
    drop(socket);
    is_answered(&server).await;
}

#[tokio::test]
async fn a_client_that_pings_and_does_not_read_fills_no_memory() {
    let server = lonely(|config| {
        config.streams.send_timeout = SHORT;
        // Nothing else shall end it.
        config.streams.init_timeout = Span(PATIENCE);
        config.streams.keepalive = Span(PATIENCE);
    })
    .await;
    let mut hostile = open_websocket(&server).await;
    // A ping of 125 bytes, masked by zeros.
    let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0][..], &[b'x'; 125]].concat();
    let pings = ping.repeat(1_000);
    const MOST: usize = 64 << 20;
    let mut sent = 0;
    // More than sockets hold; at last it is blocked, and then it is cut.
    while sent < MOST && soon(hostile.get_mut().write_all(&pings)).await.is_ok() {
        sent += pings.len();
    }
    assert!(sent < MOST);
    is_answered(&server).await;
}

#[tokio::test]
async fn a_client_that_sends_too_much_can_read_that_it_does() {
    let server = Running::start().await;
    for _ in 0..5 {
        let mut client = TcpStream::connect(server.address).await.unwrap();
        let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 20000000\r\n\r\n";
        soon(client.write_all(head.as_bytes())).await.unwrap();
        soon(client.write_all(&vec![b' '; 20_000_000])).await.unwrap();
        let mut answer = String::new();
        soon(client.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_burst_of_clients_waits_with_the_system_and_none_has_to_come_again() {
    let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
    let count = allowed.trim().parse::<usize>().unwrap().min(500);
    let listener = listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let mut clients = Vec::new();
    while clients.len() < count {
        clients.push(soon(TcpStream::connect(address)).await.unwrap());
    }
}
