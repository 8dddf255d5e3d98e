//! Answers in parts over `multipart/mixed` and as events, byte by byte.

use hyper::body::Incoming;

use super::*;

const URQL: &str = "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, \
                    multipart/mixed";
const APOLLO_3: &str =
    "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9";
const APOLLO_4: &str =
    "multipart/mixed;incrementalSpec=v0.2,application/graphql-response+json,application/json;q=0.9";
const LATE: &str = r#"{"query":"{ a ... @defer(label: \"late\") { b: echo(text: \"x\") } }"}"#;
const STALLS: &str = r#"{"query":"{ a ... @defer { stall } }"}"#;

/// A response that comes bit by bit.
struct Parts {
    head: http::response::Parts,
    body: Incoming,
    text: String,
}

impl Parts {
    async fn post(server: &Running, accept: &str, timeout: &str, body: &str) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request = post().header("accept", accept).header("x-request-timeout", timeout);
        let request = request.body(full(body)).unwrap();
        let (head, body) = soon(sender.send_request(request)).await.unwrap().into_parts();
        Self { head, body, text: String::new() }
    }

    /// Everything up to and with this text.
    async fn until(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = self.text.find(end) {
                let rest = self.text.split_off(at + end.len());
                return std::mem::replace(&mut self.text, rest);
            }
            let frame = soon(self.body.frame()).await.expect("more comes");
            let data = frame.unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&data).unwrap());
        }
    }
}

/// A multipart body of these parts.
fn parts(bodies: &[&str]) -> String {
    let part = |body: &&str| {
        format!("\r\ncontent-type: application/json; charset=utf-8\r\n\r\n{body}\r\n---")
    };
    format!("\r\n---{}--\r\n", bodies.iter().map(part).collect::<String>())
}

#[tokio::test]
async fn each_client_reads_the_parts_that_it_knows() {
    let server = Running::start().await;
    let patches = [
        r#"{"data":{"a":"ü"},"hasNext":true}"#,
        r#"{"incremental":[{"data":{"b":"x"},"path":[],"label":"late"}],"hasNext":false}"#,
    ];
    let pending = [
        r#"{"data":{"a":"ü"},"pending":[{"id":"0","path":[],"label":"late"}],"hasNext":true}"#,
        r#"{"incremental":[{"data":{"b":"x"},"id":"0"}],"completed":[{"id":"0"}],"hasNext":false}"#,
    ];
    for (accept, kind, bodies) in [
        (APOLLO_3, "deferSpec=20220824", patches),
        (APOLLO_4, "incrementalSpec=v0.2", pending),
        (URQL, "incrementalSpec=v0.2", pending),
        ("multipart/mixed", "incrementalSpec=v0.2", pending),
    ] {
        let answer = server.post(accept, LATE).await;
        assert_eq!(answer.status, 200);
        let content_type = format!("multipart/mixed; boundary=\"-\"; {kind}");
        assert_eq!(answer.header("content-type"), content_type, "{accept}");
        assert_eq!(answer.header("x-accel-buffering"), "no");
        assert_eq!(answer.text(), parts(&bodies), "{accept}");
    }
    let events = server.post("text/event-stream", LATE).await;
    let [first, last] = pending.map(|body| format!("event: next\ndata: {body}\n\n"));
    assert_eq!(events.text(), format!("{first}{last}event: complete\ndata: \ndata: \n\n"));
}

#[tokio::test]
async fn who_reads_no_parts_gets_one_answer() {
    let server = Running::start().await;
    for accept in ["application/json", "*/*", "multipart/mixed;deferSpec=20990101, */*"] {
        let answer = server.post(accept, LATE).await;
        assert_eq!(answer.text(), r#"{"data":{"a":"ü","b":"x"}}"#, "{accept}");
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    }
}

#[tokio::test]
async fn what_is_not_deferred_is_json_for_who_reads_it() {
    let server = Running::start().await;
    let whole = r#"{"data":{"a":"ü"}}"#;
    for (accept, text) in [
        (APOLLO_4, whole.to_owned()),
        (URQL, whole.to_owned()),
        ("multipart/mixed", parts(&[whole])),
    ] {
        assert_eq!(server.post(accept, r#"{"query":"{ a }"}"#).await.text(), text, "{accept}");
        let off = r#"{"query":"query($on: Boolean) { ... @defer(if: $on) { a } }","variables":{"on":false}}"#;
        assert_eq!(server.post(accept, off).await.text(), text, "{accept}");
    }
    let refused = server.post("multipart/mixed", r#"{"query":"{ nope }"}"#).await;
    assert_eq!(refused.header("content-type"), "application/json; charset=utf-8");
}

#[tokio::test]
async fn a_part_leaves_when_it_is_there_and_who_leaves_cancels_the_rest() {
    let server = Running::start().await;
    let (begun, dropped) = server.service.expect_stall();
    let mut answer = Parts::post(&server, APOLLO_3, "9s", STALLS).await;
    assert_eq!(answer.head.status, 200);
    // The boundary behind a part comes with it: before that clients tell nobody.
    let first = answer.until("\r\n---\r\n").await + &answer.until("\r\n---").await;
    assert!(first.ends_with("{\"data\":{\"a\":\"ü\"},\"hasNext\":true}\r\n---"), "{first}");
    soon(begun).await.unwrap();
    drop(answer);
    soon(dropped).await.unwrap();
}

#[tokio::test]
async fn a_server_that_stops_sends_the_parts_that_are_left() {
    let mut server = Running::start().await;
    let mut answer = Parts::post(&server, APOLLO_4, "300ms", STALLS).await;
    answer.until(r#""hasNext":true}"#).await;
    server.stop.take().unwrap().send(()).unwrap();
    let last = answer.until("\r\n-----\r\n").await;
    assert!(
        last.contains(r#""incremental":[{"data":{"stall":null},"id":"0","errors":[{"#),
        "{last}"
    );
    assert!(last.contains(r#""completed":[{"id":"0"}],"hasNext":false}"#), "{last}");
}

const APOLLO_SUBSCRIBES: &str = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9";
const TICKS: &str = r#"{"query":"subscription { ticks }"}"#;

#[tokio::test]
async fn a_subscription_is_parts_for_a_client_that_reads_no_events() {
    let server = Running::start().await;
    let ticks = server.service.offer_stream();
    let mut answer = Parts::post(&server, APOLLO_SUBSCRIBES, "1s", TICKS).await;
    let kind = answer.head.headers["content-type"].to_str().unwrap();
    assert_eq!(kind, "multipart/mixed; boundary=\"-\"; subscriptionSpec=1.0");
    ticks.send("one".to_owned()).await.unwrap();
    let one = r#"{"payload":{"data":{"ticks":"one"}}}"#;
    let whole = parts(&[one]);
    // With the boundary behind it, before anything else comes.
    assert_eq!(answer.until("}\r\n---").await + "--\r\n", whole);
    drop(ticks);
    assert_eq!(answer.until("--\r\n").await, "--\r\n");
    // A query for the same client is JSON, and faults have their status.
    let answer = server.post(APOLLO_SUBSCRIBES, r#"{"query":"{ a }"}"#).await;
    assert_eq!(answer.text(), r#"{"data":{"a":"ü"}}"#);
    let refused = server.post(APOLLO_SUBSCRIBES, r#"{"query":"subscription { nope }"}"#).await;
    assert_eq!(refused.status, 400);
    let only = "multipart/mixed;subscriptionSpec=1.0";
    let answer = server.post(only, r#"{"query":"{ a }"}"#).await;
    assert_eq!(answer.text(), parts(&[r#"{"payload":{"data":{"a":"ü"}}}"#]));
}

#[tokio::test]
async fn a_quiet_subscription_in_parts_has_heartbeats_and_one_that_is_cut_has_no_end() {
    let mut server = Running::start_with(
        |config| config.streams.keepalive = crate::units::Span(Duration::from_millis(20)),
        Vec::new(),
    )
    .await;
    let ticks = server.service.offer_stream();
    let mut answer = Parts::post(&server, APOLLO_SUBSCRIBES, "1s", TICKS).await;
    for _ in 0..2 {
        assert!(answer.until("\r\n\r\n{}\r\n---").await.ends_with("{}\r\n---"));
    }
    server.stop().await;
    soon(ticks.closed()).await;
    while let Some(frame) = soon(answer.body.frame()).await {
        let data = frame.unwrap().into_data().unwrap();
        answer.text.push_str(std::str::from_utf8(&data).unwrap());
    }
    assert!(!answer.text.contains("-----"), "{}", answer.text);
}
