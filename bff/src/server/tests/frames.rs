//! What a WebSocket says to frames that RFC 6455 does not have, and to handshakes that are none.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::units::ByteSize;

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x40;

/// A frame as a client sends it, masked by zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = match payload.len() {
        short @ ..126 => vec![0x80 | u8::try_from(short).unwrap()],
        medium => [&[0x80 | 126][..], &u16::try_from(medium).unwrap().to_be_bytes()].concat(),
    };
    [&[first][..], &length, &[0; 4], payload].concat()
}

fn closing(code: u16) -> Vec<u8> {
    frame(FINAL | CLOSE, &code.to_be_bytes())
}

/// What begins the answer to a handshake with these headers, and the connection.
async fn shake(server: &Running, headers: &str) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!("GET /graphql HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
    soon(stream.write_all(head.as_bytes())).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(soon(stream.read_u8()).await.expect("the answer ends early"));
    }
    (String::from_utf8(answer).unwrap().to_ascii_lowercase(), stream)
}

const HANDSHAKE: &str = "connection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\nsec-websocket-version: 13\r\n\
     sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
     sec-websocket-protocol: graphql-ws, graphql-transport-ws\r\n";

async fn open(server: &Running) -> TcpStream {
    let (answer, stream) = shake(server, HANDSHAKE).await;
    assert!(answer.starts_with("http/1.1 101"), "{answer}");
    // RFC 6455, 1.3.
    assert!(answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{answer}");
    assert!(answer.contains("sec-websocket-protocol: graphql-transport-ws"), "{answer}");
    stream
}

/// The code and the reason of the only frame that comes, up to the end of the connection.
async fn goodbye(stream: &mut TcpStream) -> (u16, String) {
    let mut frames = Vec::new();
    soon(stream.read_to_end(&mut frames)).await.expect("the connection is reset");
    let length = usize::from(frames[1]);
    assert_eq!((frames[0], frames.len()), (FINAL | CLOSE, 2 + length), "{frames:?}");
    let reason = String::from_utf8(frames[4..].to_vec()).unwrap();
    (u16::from_be_bytes([frames[2], frames[3]]), reason)
}

#[tokio::test]
async fn a_fault_of_the_frames_closes_with_the_code_of_its_kind_and_one_of_a_message_with_4400() {
    let server =
        Running::start_with(|config| config.max_body_size = ByteSize(300), Vec::new()).await;
    let unmasked = [&[FINAL | TEXT, 2][..], b"{}"].concat();
    let too_large = "Message too long: 301 > 300";
    let rows: [(&str, Vec<u8>, u16, &str); 17] = [
        (
            "a reserved bit",
            frame(FINAL | RESERVED | TEXT, b"{}"),
            1002,
            "Reserved bits are non-zero",
        ),
        ("no mask", unmasked, 1002, "Received an unmasked frame from client"),
        ("a data frame of no kind", frame(FINAL | 3, b""), 1002, "Encountered invalid opcode: 3"),
        (
            "a control frame of no kind",
            frame(FINAL | 11, b""),
            1002,
            "Encountered invalid opcode: 11",
        ),
        ("a ping in parts", frame(PING, b""), 1002, "Fragmented control frame"),
        (
            "a long ping",
            frame(FINAL | PING, &[b'x'; 126]),
            1002,
            "Control frame too big (payload must be 125 bytes or less)",
        ),
        (
            "the middle of nothing",
            frame(FINAL, b"x"),
            1002,
            "Continue frame but nothing to continue",
        ),
        (
            "a text inside of another",
            [frame(TEXT, b"{"), frame(FINAL | TEXT, b"}")].concat(),
            1002,
            "While waiting for more fragments received: TEXT",
        ),
        ("half a code", frame(FINAL | CLOSE, &[3]), 1002, "Invalid close sequence"),
        ("a code that is never sent", closing(1005), 1002, "Protocol violation"),
        ("a code that nobody knows", closing(999), 1002, "Protocol violation"),
        (
            "a reason that is no text",
            frame(FINAL | CLOSE, &[3, 232, 0xff]),
            1007,
            "UTF-8 encoding error: invalid utf-8 sequence of 1 bytes from index 0",
        ),
        (
            "a text that is none",
            frame(FINAL | TEXT, b"{\xff}"),
            1007,
            "UTF-8 encoding error: invalid utf-8 sequence of 1 bytes from index 1",
        ),
        (
            "a text that ends inside of a letter",
            [frame(TEXT, b"{"), frame(FINAL, b"\xc3")].concat(),
            1007,
            "",
        ),
        ("a large message", frame(FINAL | TEXT, &[b' '; 301]), 1009, too_large),
        (
            "a large message in parts",
            [frame(TEXT, &[b' '; 200]), frame(FINAL, &[b' '; 101])].concat(),
            1009,
            too_large,
        ),
        (
            "no message of GraphQL",
            frame(FINAL | TEXT, b"hello"),
            4400,
            "the message cannot be read: expected value at line 1 column 1",
        ),
    ];
    for (fault, bytes, code, reason) in rows {
        let mut stream = open(&server).await;
        soon(stream.write_all(&bytes)).await.unwrap();
        let (told, why) = goodbye(&mut stream).await;
        assert_eq!(told, code, "{fault}: {why}");
        if !reason.is_empty() {
            assert_eq!(why, reason, "{fault}");
        }
        assert!(why.len() <= 123, "{fault}: {why}");
    }
}

#[tokio::test]
async fn who_goes_on_sending_what_is_refused_reads_why() {
    let server = Running::start().await;
    for begun in [
        // It announces 64 MiB, and sends them.
        [&[FINAL | TEXT, 0x80 | 127][..], &(64_u64 << 20).to_be_bytes(), &[0; 4]].concat(),
        frame(FINAL | RESERVED | TEXT, b"{}"),
    ] {
        for _ in 0..5 {
            let mut stream = open(&server).await;
            soon(stream.write_all(&begun)).await.unwrap();
            soon(stream.write_all(&vec![b' '; 20_000_000])).await.expect("it is reset");
            let (code, _) = goodbye(&mut stream).await;
            assert!([1002, 1009].contains(&code), "{code}");
        }
    }
}

#[tokio::test]
async fn a_text_in_parts_with_a_ping_between_is_one_message() {
    let server = Running::start().await;
    let mut stream = open(&server).await;
    let init = json!({"type": "connection_init"}).to_string();
    let (one, two) = init.as_bytes().split_at(9);
    let frames = [frame(TEXT, one), frame(FINAL | PING, b"!"), frame(FINAL, two)].concat();
    soon(stream.write_all(&frames)).await.unwrap();
    let mut answers = vec![0; 3 + 2 + 25];
    soon(stream.read_exact(&mut answers)).await.unwrap();
    assert_eq!(&answers[..3], &[FINAL | 10, 1, b'!']);
    assert_eq!(&answers[5..], br#"{"type":"connection_ack"}"#);
}

#[tokio::test]
async fn a_handshake_that_is_none_is_told_what_it_lacks() {
    let server = Running::start().await;
    for (lacking, replacement, status, told) in [
        ("connection: keep-alive, Upgrade", "connection: keep-alive", "400", "connection: upgrade"),
        ("sec-websocket-key: ", "x-key: ", "400", "sec-websocket-key"),
        ("sec-websocket-version: 13", "sec-websocket-version: 8", "426", "sec-websocket-version"),
    ] {
        let headers = HANDSHAKE.replace(lacking, replacement);
        assert_ne!(headers, HANDSHAKE);
        let (head, mut stream) = shake(&server, &headers).await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{head}");
        let told_version = head.contains("sec-websocket-version: 13\r\n");
        assert_eq!(told_version, status == "426", "{head}");
        let length = head.split_once("content-length: ").unwrap().1;
        let length = length.split_once('\r').unwrap().0.parse().unwrap();
        let mut body = vec![0; length];
        soon(stream.read_exact(&mut body)).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let message = body["errors"][0]["message"].as_str().unwrap().to_ascii_lowercase();
        assert!(message.contains(told), "{message}");
    }
}
