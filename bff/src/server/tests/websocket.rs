//! graphql-transport-ws, with a client that knows nothing but WebSockets.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error as Refused, Message, client::IntoClientRequest},
};

use super::*;
use crate::units::Span;

struct Client(WebSocketStream<TcpStream>);

impl Client {
    /// Opens a WebSocket with these headers.
    async fn open(server: &Running, headers: &[(&'static str, &str)]) -> Result<Self, Refused> {
        let mut request = format!("ws://{}/graphql", server.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(server.address).await.unwrap();
        soon(client_async(request, stream)).await.map(|(socket, _)| Self(socket))
    }

    /// A client that has said nothing yet.
    async fn connect(server: &Running) -> Self {
        let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
        Self::open(server, &[protocol]).await.unwrap()
    }

    /// A client that may subscribe.
    async fn start(server: &Running) -> Self {
        let mut client = Self::connect(server).await;
        client.say(json!({"type": "connection_init"})).await;
        client.check(json!({"type": "connection_ack"})).await;
        client
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    async fn frame(&mut self) -> Message {
        soon(self.0.next()).await.expect("the connection is over").unwrap()
    }

    async fn hear(&mut self) -> Value {
        loop {
            match self.frame().await {
                Message::Text(text) => return serde_json::from_str(text.as_str()).unwrap(),
                Message::Ping(_) => {}
                other => panic!("{other:?} is no text"),
            }
        }
    }

    async fn check(&mut self, message: Value) {
        assert_eq!(self.hear().await, message);
    }

    /// The code and the reason of the server's goodbye.
    async fn goodbye(&mut self) -> (u16, String) {
        match self.frame().await {
            Message::Close(Some(frame)) => {
                (u16::from(frame.code), frame.reason.as_str().to_owned())
            }
            other => panic!("{other:?} is no goodbye"),
        }
    }

    async fn check_goodbye(&mut self, code: u16, reason: &str) {
        assert_eq!(self.goodbye().await, (code, reason.to_owned()));
        // Nothing comes after it.
        assert!(!matches!(soon(self.0.next()).await, Some(Ok(_))));
    }
}

fn next(id: &str, data: &Value) -> Value {
    json!({"type": "next", "id": id, "payload": {"data": data}})
}

fn complete(id: &str) -> Value {
    json!({"type": "complete", "id": id})
}

async fn server(change: impl FnOnce(&mut config::Streams)) -> Running {
    Running::start_with(|config| change(&mut config.streams), Vec::new()).await
}

const TICKS: &str = "subscription { ticks }";

#[tokio::test]
async fn subscriptions_share_a_connection_and_each_is_completed() {
    let server = Running::start().await;
    let (one, two) = (server.service.offer_stream(), server.service.offer_stream());
    let mut client = Client::start(&server).await;
    client.subscribe("1", TICKS).await;
    one.send("a".to_owned()).await.unwrap();
    client.check(next("1", &json!({"ticks": "a"}))).await;
    client.subscribe("2", "subscription Named { t: ticks }").await;
    two.send("b".to_owned()).await.unwrap();
    client.check(next("2", &json!({"t": "b"}))).await;
    drop(one);
    client.check(complete("1")).await;
    two.send("c".to_owned()).await.unwrap();
    client.check(next("2", &json!({"t": "c"}))).await;
    drop(two);
    client.check(complete("2")).await;
}

#[tokio::test]
async fn queries_and_mutations_are_answered_once() {
    let server = Running::start().await;
    let mut client = Client::start(&server).await;
    let payload = json!({
        "query": "query A {a} query B($x: String) {echo(text: $x)}",
        "operationName": "B",
        "variables": {"x": "hi"},
        "extensions": {},
    });
    client.say(json!({"type": "subscribe", "id": "q", "payload": payload})).await;
    client.check(next("q", &json!({"echo": "hi"}))).await;
    client.check(complete("q")).await;
    client.subscribe("q", "mutation { a }").await;
    client.check(next("q", &json!({"a": "ü"}))).await;
    client.check(complete("q")).await;
}

#[tokio::test]
async fn what_is_not_executed_is_an_error_of_its_operation() {
    let server = Running::start().await;
    let mut client = Client::start(&server).await;
    client.subscribe("1", "{ nope }").await;
    let error = client.hear().await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    // Its id is free again.
    client.subscribe("1", "{ a }").await;
    client.check(next("1", &json!({"a": "ü"}))).await;
}

#[tokio::test]
async fn a_client_that_completes_a_subscription_drops_its_stream_and_may_use_the_id_again() {
    let server = Running::start().await;
    let ticks = server.service.offer_stream();
    let mut client = Client::start(&server).await;
    client.subscribe("1", TICKS).await;
    ticks.send("a".to_owned()).await.unwrap();
    client.check(next("1", &json!({"ticks": "a"}))).await;
    client.say(complete("1")).await;
    soon(ticks.closed()).await;
    client.say(complete("never begun")).await;
    client.subscribe("1", "{ a }").await;
    client.check(next("1", &json!({"a": "ü"}))).await;
    client.check(complete("1")).await;
}

#[tokio::test]
async fn a_client_that_leaves_drops_all_its_streams() {
    let server = Running::start().await;
    let (one, two) = (server.service.offer_stream(), server.service.offer_stream());
    let mut client = Client::start(&server).await;
    client.subscribe("1", TICKS).await;
    client.subscribe("2", TICKS).await;
    for stream in [&one, &two] {
        stream.send("a".to_owned()).await.unwrap();
        client.hear().await;
    }
    drop(client);
    soon(one.closed()).await;
    soon(two.closed()).await;
}

#[tokio::test]
async fn a_goodbye_is_answered_with_the_same() {
    let server = Running::start().await;
    let ticks = server.service.offer_stream();
    let mut client = Client::start(&server).await;
    client.subscribe("1", TICKS).await;
    ticks.send("a".to_owned()).await.unwrap();
    client.hear().await;
    client.0.close(None).await.unwrap();
    assert!(matches!(client.frame().await, Message::Close(_)));
    assert!(soon(client.0.next()).await.is_none());
    soon(ticks.closed()).await;
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload() {
    let server = Running::start().await;
    let mut client = Client::connect(&server).await;
    client.say(json!({"type": "ping"})).await;
    client.check(json!({"type": "pong"})).await;
    client.say(json!({"type": "ping", "payload": {"at": 1}})).await;
    client.check(json!({"type": "pong", "payload": {"at": 1}})).await;
    client.say(json!({"type": "pong"})).await;
    client.say(json!({"type": "connection_init", "payload": {"token": "x"}})).await;
    client.check(json!({"type": "connection_ack"})).await;
}

#[tokio::test]
async fn a_bad_message_closes_with_4400() {
    let server = Running::start().await;
    for (message, reason) in [
        (Message::text("hello"), "the message cannot be read: expected value at line 1 column 1"),
        (Message::text(r#"{"type":"start"}"#), "`start` is no type of message"),
        (Message::binary(&b"{}"[..]), "messages are texts"),
    ] {
        let mut client = Client::start(&server).await;
        client.0.send(message).await.unwrap();
        client.check_goodbye(4400, reason).await;
    }
}

#[tokio::test]
async fn who_subscribes_before_the_connection_is_acknowledged_is_closed_with_4401() {
    let server = Running::start().await;
    let mut client = Client::connect(&server).await;
    client.subscribe("1", "{ a }").await;
    client.check_goodbye(4401, "Unauthorized").await;
    assert!(!server.service.was_called());
}

#[tokio::test]
async fn who_speaks_another_subprotocol_is_closed_with_4406() {
    let server = Running::start().await;
    for headers in [&[][..], &[("sec-websocket-protocol", "graphql-ws")]] {
        // Clients that asked for a subprotocol may refuse an answer without one.
        if let Ok(mut client) = Client::open(&server, headers).await {
            client.check_goodbye(4406, "Subprotocol not acceptable").await;
        } else {
            assert!(!headers.is_empty());
        }
    }
}

#[tokio::test]
async fn who_does_not_initialise_the_connection_in_time_is_closed_with_4408() {
    let server = server(|streams| streams.init_timeout = Span(Duration::from_millis(50))).await;
    let mut client = Client::connect(&server).await;
    client.check_goodbye(4408, "Connection initialisation timeout").await;
    // Who did so may stay.
    let mut client = Client::start(&server).await;
    let mut silent = Client::connect(&server).await;
    silent.check_goodbye(4408, "Connection initialisation timeout").await;
    client.subscribe("1", "{ a }").await;
    client.check(next("1", &json!({"a": "ü"}))).await;
}

#[tokio::test]
async fn who_has_to_be_known_and_is_not_is_closed_with_4403() {
    let required = |config: &mut Config| {
        config.trusted.subject = Some(Header("x-user-id".parse().unwrap()));
        config.trusted.required = true;
    };
    let server = Running::start_with(required, Vec::new()).await;
    let mut guest = Client::connect(&server).await;
    guest.say(json!({"type": "connection_init"})).await;
    guest.check_goodbye(4403, "Forbidden").await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let mut ann = Client::open(&server, &[protocol, ("x-user-id", "ann")]).await.unwrap();
    ann.say(json!({"type": "connection_init"})).await;
    ann.check(json!({"type": "connection_ack"})).await;
    assert_eq!(server.post("*/*", r#"{"query":"{a}"}"#).await.status, 401);
}

#[tokio::test]
async fn named_members_of_the_payload_are_headers_of_the_connection() {
    let server = server(|streams| {
        streams.init_headers = vec![Header("authorization".parse().unwrap())];
    })
    .await;
    let init = |payload: Value| json!({"type": "connection_init", "payload": payload});
    let mut client = Client::connect(&server).await;
    client.say(init(json!({"Authorization": "Bearer 7", "x-user-id": "ann"}))).await;
    client.check(json!({"type": "connection_ack"})).await;
    client.subscribe("1", "{ a }").await;
    client.check(next("1", &json!({"a": "ü"}))).await;
    let headers = server.service.last().context.headers.clone();
    assert_eq!(headers["authorization"], "Bearer 7");
    assert!(!headers.contains_key("x-user-id"));
    // What the connection came with holds.
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let opened = [protocol, ("authorization", "Bearer 8")];
    let mut client = Client::open(&server, &opened).await.unwrap();
    client.say(init(json!({"authorization": "Bearer 9"}))).await;
    client.check(json!({"type": "connection_ack"})).await;
    client.subscribe("1", "{ a }").await;
    client.check(next("1", &json!({"a": "ü"}))).await;
    assert_eq!(server.service.last().context.headers["authorization"], "Bearer 8");
    for value in [json!(7), json!("two\nlines")] {
        let mut client = Client::connect(&server).await;
        client.say(init(json!({"authorization": value}))).await;
        client.check_goodbye(4400, "`payload.authorization` must be the text of a header").await;
    }
}

#[tokio::test]
async fn an_id_that_is_in_use_closes_with_4409() {
    let server = Running::start().await;
    let ticks = server.service.offer_stream();
    let mut client = Client::start(&server).await;
    client.subscribe("1", TICKS).await;
    client.subscribe("1", TICKS).await;
    client.check_goodbye(4409, "Subscriber for 1 already exists").await;
    soon(ticks.closed()).await;
}

#[tokio::test]
async fn a_second_initialisation_closes_with_4429() {
    let server = Running::start().await;
    let mut client = Client::start(&server).await;
    client.say(json!({"type": "connection_init"})).await;
    client.check_goodbye(4429, "Too many initialisation requests").await;
}

#[tokio::test]
async fn a_stopping_server_lets_single_answers_come_and_closes_with_1001() {
    let mut server = Running::start().await;
    let ticks = server.service.offer_stream();
    let mut client = Client::start(&server).await;
    client.subscribe("1", TICKS).await;
    ticks.send("a".to_owned()).await.unwrap();
    client.check(next("1", &json!({"ticks": "a"}))).await;
    let (began, _dropped) = server.service.expect_stall();
    client.subscribe("2", "{ stall }").await;
    soon(began).await.unwrap();
    server.stop.take().unwrap().send(()).unwrap();
    // Within the second that a request has.
    soon(ticks.closed()).await;
    let answer = client.hear().await;
    assert_eq!((&answer["id"], &answer["payload"]["data"]), (&json!("2"), &json!({"stall": null})));
    client.check(complete("2")).await;
    client.check_goodbye(1001, "Going away").await;
    soon(&mut server.serving).await.unwrap();
}

#[tokio::test]
async fn a_connection_has_so_many_operations_and_no_more() {
    let server = server(|streams| streams.max_operations = 1).await;
    let ticks = server.service.offer_stream();
    let mut client = Client::start(&server).await;
    client.subscribe("1", TICKS).await;
    client.subscribe("2", TICKS).await;
    let error = client.hear().await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("2")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "LIMIT_EXCEEDED");
    drop(ticks);
    client.check(complete("1")).await;
    client.subscribe("3", "{ a }").await;
    client.check(next("3", &json!({"a": "ü"}))).await;
}

#[tokio::test]
async fn a_quiet_connection_is_pinged_and_one_that_does_not_answer_is_dropped() {
    let server = server(|streams| streams.keepalive = Span(Duration::from_millis(100))).await;
    let ticks = server.service.offer_stream();
    let mut client = Client::start(&server).await;
    // The client answers pings as long as it reads.
    for _ in 0..4 {
        assert!(matches!(client.frame().await, Message::Ping(_)));
    }
    client.subscribe("1", TICKS).await;
    soon(ticks.closed()).await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_dropped() {
    let server = server(|streams| streams.send_timeout = Span(Duration::from_millis(100))).await;
    let beats = server.service.offer_stream();
    let mut client = Client::start(&server).await;
    client.subscribe("1", "subscription { beats }").await;
    // Of this field the newest event is shown, so that too many do not end the subscription.
    let large = "x".repeat(256 << 10);
    while soon(beats.send(large.clone())).await.is_ok() {}
}

#[tokio::test]
async fn a_client_that_reads_too_slowly_is_told_after_what_waited() {
    let server = Running::start().await;
    let ticks = server.service.offer_stream();
    let mut client = Client::start(&server).await;
    client.subscribe("1", TICKS).await;
    let large = "x".repeat(256 << 10);
    while soon(ticks.send(large.clone())).await.is_ok() {}
    let mut last = Value::Null;
    loop {
        match client.hear().await {
            message if message == complete("1") => break,
            message => last = message,
        }
    }
    assert_eq!(last["payload"]["errors"][0]["extensions"]["code"], "RESOURCE_EXHAUSTED");
    // The connection and its other operations are well.
    client.subscribe("2", "{ a }").await;
    client.check(next("2", &json!({"a": "ü"}))).await;
}

#[tokio::test]
async fn pages_of_other_origins_may_not_open_websockets_unless_they_are_allowed() {
    let server = Running::start_with(
        |config| {
            let origin = config::Origin::Exact("https://shop.example".parse().unwrap());
            config.cors.origins = vec![origin];
        },
        Vec::new(),
    )
    .await;
    let own = format!("http://{}", server.address);
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    for origin in [own.as_str(), "https://shop.example"] {
        Client::open(&server, &[protocol, ("origin", origin)]).await.unwrap();
    }
    for origin in ["https://evil.example", "null"] {
        let refused = Client::open(&server, &[protocol, ("origin", origin)]).await.err().unwrap();
        let Refused::Http(response) = refused else { panic!("{refused:?}") };
        assert_eq!(response.status(), 403);
    }
}

#[tokio::test]
async fn headers_that_cannot_be_read_are_told_before_the_connection_is_a_websocket() {
    let server = Running::start().await;
    let refused = Client::open(&server, &[("x-request-timeout", "soon")]).await.err().unwrap();
    let Refused::Http(response) = refused else { panic!("{refused:?}") };
    assert_eq!(response.status(), 400);
}
