//! The single connection mode of graphql-sse: one event stream for many requests.

use serde_json::{Value, json};

use super::{sse::Events, *};
use crate::units::Span;

const TOKEN: &str = "x-graphql-event-stream-token";
const TICKS: &str = "subscription { ticks }";

/// A client with a token.
pub(super) struct Client<'a> {
    server: &'a Running,
    token: String,
    headers: Vec<(&'static str, &'static str)>,
}

impl<'a> Client<'a> {
    pub(super) async fn reserve(server: &'a Running) -> Self {
        Self::reserve_as(server, Vec::new()).await
    }

    async fn reserve_as(server: &'a Running, headers: Vec<(&'static str, &'static str)>) -> Self {
        let reserved = server.ask(request("PUT", "/graphql", None, &headers)).await;
        assert_eq!(reserved.status, 201, "{reserved:?}");
        assert_eq!(reserved.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(reserved.header("cache-control"), "no-store");
        Self { server, token: reserved.text().to_owned(), headers }
    }

    fn request(&self, method: &str, path: &str, body: &str) -> http::Request<Full<Bytes>> {
        let mut request = request(method, path, Some(&self.token), &self.headers);
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        *request.body_mut() = full(body);
        request
    }

    pub(super) async fn open(&self) -> Events {
        let mut request = self.request("GET", "/graphql", "");
        request.headers_mut().insert("accept", "text/event-stream".parse().unwrap());
        let mut events = Events::open(self.server, request).await;
        assert_eq!(events.head.status, 200);
        assert_eq!(events.head.headers["content-type"], "text/event-stream");
        events.check(": \n\n").await;
        events
    }

    async fn operate(&self, id: &str, query: &str) -> Answer {
        let body = json!({"query": query, "extensions": {"operationId": id}}).to_string();
        self.server.ask(self.request("POST", "/graphql", &body)).await
    }

    pub(super) async fn accepted(&self, id: &str, query: &str) {
        let answer = self.operate(id, query).await;
        assert_eq!((answer.status, answer.text()), (202, ""));
    }

    async fn end(&self, path: &str) -> Answer {
        self.server.ask(self.request("DELETE", path, "")).await
    }
}

fn request(
    method: &str,
    path: &str,
    token: Option<&str>,
    headers: &[(&'static str, &'static str)],
) -> http::Request<Full<Bytes>> {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(token) = token {
        request = request.header(TOKEN, token);
    }
    request.body(full("")).unwrap()
}

fn next(id: &str, data: &Value) -> String {
    format!("event: next\ndata: {{\"id\":\"{id}\",\"payload\":{{\"data\":{data}}}}}\n\n")
}

fn complete(id: &str) -> String {
    format!("event: complete\ndata: {{\"id\":\"{id}\"}}\n\n")
}

fn check_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let body: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], code, "{answer:?}");
}

pub(super) async fn server(change: impl FnOnce(&mut config::Streams)) -> Running {
    Running::start_with(|config| change(&mut config.streams), Vec::new()).await
}

/// A server where a request has more time than any test takes.
async fn patient() -> Running {
    let long = Span(PATIENCE * 10);
    let change = |config: &mut Config| {
        config.default_timeout = long;
        config.max_timeout = long;
    };
    Running::start_with(change, Vec::new()).await
}

#[tokio::test]
async fn one_stream_brings_what_many_requests_ask_for() {
    let server = Running::start().await;
    let (one, two) = (server.service.offer_stream(), server.service.offer_stream());
    let client = Client::reserve(&server).await;
    let mut events = client.open().await;
    client.accepted("1", TICKS).await;
    one.send("a".to_owned()).await.unwrap();
    events.check(&next("1", &json!({"ticks": "a"}))).await;
    client.accepted("2", "subscription Named { t: ticks }").await;
    two.send("b".to_owned()).await.unwrap();
    events.check(&next("2", &json!({"t": "b"}))).await;
    client.accepted("q", "{ a }").await;
    events.check(&next("q", &json!({"a": "ü"}))).await;
    events.check(&complete("q")).await;
    client.accepted("m", "mutation { a }").await;
    events.check(&next("m", &json!({"a": "ü"}))).await;
    events.check(&complete("m")).await;
    drop(one);
    events.check(&complete("1")).await;
    // The id is free again.
    client.accepted("1", "{ a }").await;
    events.check(&next("1", &json!({"a": "ü"}))).await;
}

#[tokio::test]
async fn what_is_asked_before_the_stream_is_open_waits_for_it() {
    let server = Running::start().await;
    let ticks = server.service.offer_stream();
    let client = Client::reserve(&server).await;
    client.accepted("q", "{ a }").await;
    let mut events = client.open().await;
    events.check(&next("q", &json!({"a": "ü"}))).await;
    events.check(&complete("q")).await;
    client.accepted("s", TICKS).await;
    ticks.send("a".to_owned()).await.unwrap();
    events.check(&next("s", &json!({"ticks": "a"}))).await;
}

#[tokio::test]
async fn a_token_may_stand_in_the_url_and_a_query_may_come_by_get() {
    let server = Running::start().await;
    let client = Client::reserve(&server).await;
    let path = format!("/graphql?token={}", client.token);
    let open = request("GET", &path, None, &[("accept", "text/event-stream")]);
    let mut events = Events::open(&server, open).await;
    events.check(": \n\n").await;
    let query = "&query=%7Ba%7D&extensions=%7B%22operationId%22%3A%22q%22%7D";
    assert_eq!(server.get("*/*", &format!("{path}{query}")).await.status, 202);
    events.check(&next("q", &json!({"a": "ü"}))).await;
    let query = query.replace("query=", "query=mutation");
    let refused = server.get("*/*", &format!("{path}{query}")).await;
    assert_eq!(refused.header("allow"), "POST");
    check_refused(&refused, 405, "METHOD_NOT_ALLOWED");
    // A parameter of the same name that is no token is nobody's business.
    for key in ["abc", &"0".repeat(64)] {
        let path = format!("/graphql?token={key}&query=%7Ba%7D");
        let answer = server.get("application/json", &path).await;
        assert_eq!(answer.text(), r#"{"data":{"a":"ü"}}"#);
    }
}

#[tokio::test]
async fn an_operation_that_is_ended_is_dropped_without_a_word() {
    let server = Running::start().await;
    let ticks = server.service.offer_stream();
    let client = Client::reserve(&server).await;
    let mut events = client.open().await;
    client.accepted("1", TICKS).await;
    ticks.send("a".to_owned()).await.unwrap();
    events.check(&next("1", &json!({"ticks": "a"}))).await;
    assert_eq!(client.end("/graphql?operationId=1").await.status, 200);
    soon(ticks.closed()).await;
    // That of one that is over is no fault.
    assert_eq!(client.end("/graphql?operationId=1").await.status, 200);
    client.accepted("1", "{ a }").await;
    events.check(&next("1", &json!({"a": "ü"}))).await;
    check_refused(&client.end("/graphql").await, 400, "BAD_REQUEST");
}

#[tokio::test]
async fn an_operation_that_is_ended_before_it_is_answered_is_dropped() {
    let server = patient().await;
    let client = Client::reserve(&server).await;
    let mut events = client.open().await;
    let (began, dropped) = server.service.expect_stall();
    let (asked, ()) = tokio::join!(client.operate("1", "{ stall }"), async {
        soon(began).await.unwrap();
        assert_eq!(client.end("/graphql?operationId=1").await.status, 200);
        soon(dropped).await.unwrap();
        // Somebody else may have the id by then.
        client.accepted("1", "{ a }").await;
    });
    assert_eq!(asked.status, 204);
    events.check(&next("1", &json!({"a": "ü"}))).await;
    events.check(&complete("1")).await;
}

#[tokio::test]
async fn a_client_that_leaves_its_stream_ends_what_is_not_answered_yet() {
    let server = patient().await;
    let client = Client::reserve(&server).await;
    let events = client.open().await;
    let (began, dropped) = server.service.expect_stall();
    let (asked, ()) = tokio::join!(client.operate("1", "{ stall }"), async {
        soon(began).await.unwrap();
        drop(events);
        soon(dropped).await.unwrap();
    });
    assert_eq!(asked.status, 204);
}

#[tokio::test]
async fn who_leaves_a_request_ends_its_operation() {
    let server = Running::start().await;
    let client = Client::reserve(&server).await;
    let (began, dropped) = server.service.expect_stall();
    tokio::select! {
        _ = client.operate("1", "{ stall }") => panic!("it is answered"),
        began = soon(began) => began.unwrap(),
    }
    soon(dropped).await.unwrap();
    client.accepted("1", "{ a }").await;
}

#[tokio::test]
async fn what_cannot_be_begun_is_told_to_who_asked() {
    let server = server(|streams| streams.max_operations = 2).await;
    let client = Client::reserve(&server).await;
    let _ticks = [(); 2].map(|()| server.service.offer_stream());
    check_refused(&client.operate("1", "{ nope }").await, 400, "GRAPHQL_VALIDATION_FAILED");
    client.accepted("1", TICKS).await;
    check_refused(&client.operate("1", "{ a }").await, 409, "ALREADY_EXISTS");
    client.accepted("2", TICKS).await;
    check_refused(&client.operate("3", "{ a }").await, 400, "LIMIT_EXCEEDED");
    let ask = |body: &str| server.ask(client.request("POST", "/graphql", body));
    for extensions in ["{}", r#"{"operationId":""}"#, r#"{"operationId":7}"#] {
        let body = format!(r#"{{"query":"{{a}}","extensions":{extensions}}}"#);
        check_refused(&ask(&body).await, 400, "BAD_REQUEST");
    }
    check_refused(&ask(r#"{"query":"{a}"}"#).await, 400, "BAD_REQUEST");
    check_refused(&client.operate(&"x".repeat(129), "{ a }").await, 400, "BAD_REQUEST");
    let mut text = client.request("POST", "/graphql", "{}");
    text.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    check_refused(&server.ask(text).await, 415, "UNSUPPORTED_MEDIA_TYPE");
    let mut html = client.request("POST", "/graphql", "{}");
    html.headers_mut().insert("accept", "text/html".parse().unwrap());
    check_refused(&server.ask(html).await, 406, "NOT_ACCEPTABLE");
    let patch = client.request("PATCH", "/graphql", "{}");
    check_refused(&server.ask(patch).await, 405, "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn a_stream_is_opened_once_and_gone_with_its_client() {
    let server = Running::start().await;
    let ticks = server.service.offer_stream();
    let client = Client::reserve(&server).await;
    let events = client.open().await;
    client.accepted("1", TICKS).await;
    let mut again = client.request("GET", "/graphql", "");
    again.headers_mut().insert("accept", "text/event-stream".parse().unwrap());
    check_refused(&server.ask(again).await, 409, "ALREADY_EXISTS");
    drop(events);
    soon(ticks.closed()).await;
    check_refused(&client.operate("2", "{ a }").await, 404, "NOT_FOUND");
}

#[tokio::test]
async fn a_reservation_that_nobody_takes_is_given_up_with_what_it_has() {
    let server =
        server(|streams| streams.reservation_timeout = Span(Duration::from_millis(200))).await;
    let (_began, dropped) = server.service.expect_stall();
    let client = Client::reserve(&server).await;
    let opened = Client::reserve(&server).await;
    let mut events = opened.open().await;
    assert_eq!(client.operate("1", "{ stall }").await.status, 204);
    soon(dropped).await.unwrap();
    check_refused(&client.operate("2", "{ a }").await, 404, "NOT_FOUND");
    // One that was opened lasts.
    opened.accepted("1", "{ a }").await;
    events.check(&next("1", &json!({"a": "ü"}))).await;
}

#[tokio::test]
async fn the_oldest_reservation_that_nobody_opened_gives_way_and_open_streams_do_not() {
    let server = server(|streams| streams.max_reservations = 2).await;
    let opened = Client::reserve(&server).await;
    let mut events = opened.open().await;
    let (began, dropped) = server.service.expect_stall();
    let oldest = Client::reserve(&server).await;
    let stalling = oldest.operate("1", "{ stall }");
    let reserving = async {
        soon(began).await.unwrap();
        Client::reserve(&server).await
    };
    let (stalled, newest) = tokio::join!(stalling, reserving);
    // What worked for it is over.
    assert_eq!(stalled.status, 204);
    soon(dropped).await.unwrap();
    check_refused(&oldest.operate("2", "{ a }").await, 404, "NOT_FOUND");
    opened.accepted("1", "{ a }").await;
    events.check(&next("1", &json!({"a": "ü"}))).await;
    let newest = newest.open().await;
    let refused = server.ask(request("PUT", "/graphql", None, &[])).await;
    check_refused(&refused, 429, "RESOURCE_EXHAUSTED");
    drop(newest);
    // The server learns of it by and by.
    while server.ask(request("PUT", "/graphql", None, &[])).await.status != 201 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn tokens_do_not_resemble_each_other_and_one_stream_shows_nothing_of_another() {
    let server = Running::start().await;
    let (one, other) = (Client::reserve(&server).await, Client::reserve(&server).await);
    assert_eq!((one.token.len(), one.token == other.token), (7 + 64, false));
    let (mut ones, mut others) = (one.open().await, other.open().await);
    let (first, second) = (server.service.offer_stream(), server.service.offer_stream());
    one.accepted("1", TICKS).await;
    first.send("first".to_owned()).await.unwrap();
    ones.check(&next("1", &json!({"ticks": "first"}))).await;
    other.accepted("1", TICKS).await;
    // Whoever ends one of the same name does not end it.
    assert_eq!(other.end("/graphql?operationId=1").await.status, 200);
    soon(second.closed()).await;
    first.send("still".to_owned()).await.unwrap();
    ones.check(&next("1", &json!({"ticks": "still"}))).await;
    other.accepted("2", "{ a }").await;
    others.check(&next("2", &json!({"a": "ü"}))).await;
}

#[tokio::test]
async fn a_token_is_of_no_use_to_another_caller_and_unknown_ones_to_nobody() {
    let trusting = |config: &mut Config| {
        config.trusted.subject = Some(Header("x-user-id".parse().unwrap()));
    };
    let server = Running::start_with(trusting, Vec::new()).await;
    let ann = Client::reserve_as(&server, vec![("x-user-id", "ann")]).await;
    let bob =
        Client { token: ann.token.clone(), headers: vec![("x-user-id", "bob")], server: &server };
    check_refused(&bob.operate("1", "{ a }").await, 404, "NOT_FOUND");
    check_refused(&bob.end("/graphql?operationId=1").await, 404, "NOT_FOUND");
    let guess = Client { token: format!("stream-{}", "0".repeat(64)), headers: Vec::new(), ..bob };
    check_refused(&guess.operate("1", "{ a }").await, 404, "NOT_FOUND");
    // Who says nothing of himself is another caller too.
    let nobody = Client { token: ann.token.clone(), headers: Vec::new(), server: &server };
    check_refused(&nobody.operate("1", "{ a }").await, 404, "NOT_FOUND");
    let path = format!("/graphql?token={}", ann.token);
    let opening = server.get("text/event-stream", &path).await;
    check_refused(&opening, 404, "NOT_FOUND");
    drop(ann.open().await);
    let short = Client { token: "abc".to_owned(), ..guess };
    check_refused(&short.operate("1", "{ a }").await, 404, "NOT_FOUND");
}

#[tokio::test]
async fn a_stopping_server_brings_what_is_begun_and_cuts_subscriptions() {
    let mut server = Running::start().await;
    let stop = server.stop.take().unwrap();
    let ticks = server.service.offer_stream();
    let client = Client::reserve(&server).await;
    let mut events = client.open().await;
    client.accepted("1", TICKS).await;
    ticks.send("a".to_owned()).await.unwrap();
    events.check(&next("1", &json!({"ticks": "a"}))).await;
    let (began, _dropped) = server.service.expect_stall();
    let stalled = client.request(
        "POST",
        "/graphql",
        r#"{"query":"{ stall }","extensions":{"operationId":"2"}}"#,
    );
    let asking = server.ask(stalled);
    let (asked, ()) = tokio::join!(asking, async {
        soon(began).await.unwrap();
        stop.send(()).unwrap();
        soon(ticks.closed()).await;
    });
    assert_eq!(asked.status, 202);
    let answer = events.next().await.unwrap();
    assert!(answer.contains(r#""id":"2","payload":{"data":{"stall":null}"#), "{answer}");
    events.check(&complete("2")).await;
    assert_eq!(events.next().await, None);
    soon(&mut server.serving).await.unwrap();
}

#[tokio::test]
async fn pages_of_other_origins_may_not_open_event_streams_unless_they_are_allowed() {
    let server = Running::start_with(
        |config| {
            let origin = config::Origin::Exact("https://shop.example".parse().unwrap());
            config.cors.origins = vec![origin];
        },
        Vec::new(),
    )
    .await;
    let client = Client::reserve(&server).await;
    let path = format!("/graphql?token={}", client.token);
    for path in [path.as_str(), "/graphql?query=subscription%7Bticks%7D"] {
        let headers = [("accept", "text/event-stream"), ("origin", "https://evil.example")];
        check_refused(
            &server.ask(request("GET", path, None, &headers)).await,
            403,
            "PERMISSION_DENIED",
        );
        let _ticks = server.service.offer_stream();
        let headers = [("accept", "text/event-stream"), ("origin", "https://shop.example")];
        let events = Events::open(&server, request("GET", path, None, &headers)).await;
        assert_eq!(events.head.status, 200);
    }
}
