//! Subscriptions over `text/event-stream`, as browsers and graphql-sse read it.

use hyper::body::Incoming;

use super::*;

const EVENTS: &str = "text/event-stream";
const TICKS: &str = r#"{"query":"subscription { ticks }"}"#;
const COMPLETE: &str = "event: complete\ndata: \ndata: \n\n";

/// A response that comes bit by bit.
pub(super) struct Events {
    pub(super) head: http::response::Parts,
    body: Incoming,
    text: String,
}

impl Events {
    pub(super) async fn open(server: &Running, request: http::Request<Full<Bytes>>) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let (head, body) = soon(sender.send_request(request)).await.unwrap().into_parts();
        Self { head, body, text: String::new() }
    }

    pub(super) async fn post(server: &Running, accept: &str, body: &str) -> Self {
        Self::open(server, post().header("accept", accept).body(full(body)).unwrap()).await
    }

    /// The next event or comment, with its empty line; `None` where the response is over.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let rest = self.text.split_off(end + 2);
                return Some(std::mem::replace(&mut self.text, rest));
            }
            let frame = soon(self.body.frame()).await?.unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&frame).unwrap());
        }
    }

    pub(super) async fn check(&mut self, event: &str) {
        assert_eq!(self.next().await.as_deref(), Some(event));
    }
}

fn next(body: &str) -> String {
    format!("event: next\ndata: {body}\n\n")
}

fn tick(text: &str) -> String {
    next(&format!(r#"{{"data":{{"ticks":"{text}"}}}}"#))
}

#[tokio::test]
async fn each_answer_is_an_event_and_the_end_is_one_too() {
    let server = Running::start().await;
    let ticks = server.service.offer_stream();
    let mut events = Events::post(&server, EVENTS, TICKS).await;
    assert_eq!(events.head.status, 200);
    let header = |name: &str| events.head.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), EVENTS);
    assert_eq!(header("cache-control"), "no-cache");
    assert_eq!(header("x-accel-buffering"), "no");
    ticks.send("one".to_owned()).await.unwrap();
    events.check(&tick("one")).await;
    ticks.send("two\nlines".to_owned()).await.unwrap();
    events.check(&tick("two\\nlines")).await;
    drop(ticks);
    events.check(COMPLETE).await;
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_browser_may_subscribe_by_get() {
    let server = Running::start().await;
    let ticks = server.service.offer_stream();
    let request = http::Request::get("/graphql?query=subscription%7Bticks%7D");
    let request = request.header("accept", EVENTS).body(full("")).unwrap();
    let mut events = Events::open(&server, request).await;
    ticks.send("one".to_owned()).await.unwrap();
    events.check(&tick("one")).await;
}

#[tokio::test]
async fn a_query_is_an_event_for_who_reads_only_events() {
    let server = Running::start().await;
    let answer = server.post(EVENTS, r#"{"query":"{a}"}"#).await;
    assert_eq!(answer.text(), next(r#"{"data":{"a":"ü"}}"#) + COMPLETE);
    let answer = server.post(EVENTS, r#"{"query":"mutation{a}"}"#).await;
    assert_eq!(answer.text(), next(r#"{"data":{"a":"ü"}}"#) + COMPLETE);
}

#[tokio::test]
async fn who_reads_json_as_well_gets_events_for_subscriptions_only() {
    let server = Running::start().await;
    let both =
        "application/graphql-response+json, application/json, text/event-stream, multipart/mixed";
    let answer = server.post(both, r#"{"query":"{a}"}"#).await;
    assert_eq!(answer.header("content-type"), "application/graphql-response+json; charset=utf-8");
    assert_eq!(answer.text(), r#"{"data":{"a":"ü"}}"#);
    assert_eq!(server.post(both, r#"{"query":"{nope}"}"#).await.status, 400);
    drop(server.service.offer_stream());
    let answer = server.post(both, TICKS).await;
    assert_eq!((answer.header("content-type"), answer.text()), (EVENTS, COMPLETE));
}

#[tokio::test]
async fn who_reads_only_json_is_told_how_to_subscribe() {
    let server = Running::start().await;
    for accept in ["application/graphql-response+json", "*/*", "text/event-stream;q=0, */*"] {
        let answer = server.post(accept, TICKS).await;
        assert!(
            answer.text().contains(r#"send it with \"accept: text/event-stream\""#),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn faults_of_a_document_are_an_event_as_browsers_show_no_other_status() {
    let server = Running::start().await;
    let answer = server.post(EVENTS, r#"{"query":"subscription { nope }"}"#).await;
    assert_eq!(answer.status, 200);
    let (event, complete) = answer.text().split_at(answer.text().find("event: c").unwrap());
    assert!(
        event.starts_with(
            r#"event: next
data: {"errors":[{"message":"Cannot query"#
                .replace("\\n", "\n")
                .as_str()
        ),
        "{event}"
    );
    assert_eq!(complete, COMPLETE);
}

#[tokio::test]
async fn what_is_no_graphql_request_has_its_status_and_json() {
    let server = Running::start().await;
    let answer = server.post(EVENTS, "nonsense").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (400, "application/json; charset=utf-8")
    );
    let answer = server.get(EVENTS, "/graphql?query=mutation%7Ba%7D").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn a_quiet_stream_has_comments() {
    let server = Running::start_with(
        |config| config.streams.keepalive = crate::units::Span(Duration::from_millis(20)),
        Vec::new(),
    )
    .await;
    let ticks = server.service.offer_stream();
    let mut events = Events::post(&server, EVENTS, TICKS).await;
    events.check(":\n\n").await;
    events.check(":\n\n").await;
    ticks.send("one".to_owned()).await.unwrap();
    while events.next().await.unwrap() != tick("one") {}
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_stream_at_the_service() {
    let server = Running::start().await;
    let ticks = server.service.offer_stream();
    let mut events = Events::post(&server, EVENTS, TICKS).await;
    ticks.send("one".to_owned()).await.unwrap();
    events.check(&tick("one")).await;
    drop(events);
    soon(ticks.closed()).await;
}

#[tokio::test]
async fn a_stopping_server_ends_subscriptions_without_saying_that_they_are_complete() {
    let mut server = Running::start().await;
    let ticks = server.service.offer_stream();
    let mut events = Events::post(&server, EVENTS, TICKS).await;
    ticks.send("one".to_owned()).await.unwrap();
    events.check(&tick("one")).await;
    server.stop().await;
    assert_eq!(events.next().await, None);
    soon(ticks.closed()).await;
}

#[tokio::test]
async fn a_client_that_reads_too_slowly_is_told_after_what_waited() {
    let server = Running::start().await;
    let ticks = server.service.offer_stream();
    let mut events = Events::post(&server, EVENTS, TICKS).await;
    // More than sockets hold, until the subscription is over.
    let large = "x".repeat(256 << 10);
    while soon(ticks.send(large.clone())).await.is_ok() {}
    let mut last = String::new();
    loop {
        match events.next().await.unwrap() {
            complete if complete == COMPLETE => break,
            event => last = event,
        }
    }
    assert!(last.contains(r#""code":"RESOURCE_EXHAUSTED""#), "{}", &last[..100]);
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_left() {
    let server = Running::start_with(
        |config| config.streams.send_timeout = crate::units::Span(Duration::from_millis(100)),
        Vec::new(),
    )
    .await;
    let beats = server.service.offer_stream();
    let query = r#"{"query":"subscription { beats }"}"#;
    let mut events = Events::post(&server, EVENTS, query).await;
    // Of this field the newest event is shown, so that too many do not end the subscription.
    let large = "x".repeat(256 << 10);
    while soon(beats.send(large.clone())).await.is_ok() {}
    // What sockets held still comes, but not that it is complete.
    while let Some(event) = events.next().await {
        assert_ne!(event, COMPLETE);
    }
}
