//! All parts together, over sockets on both sides.

mod runtimes;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use prost::Message;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

use super::*;
use crate::{
    config::Config,
    contract::{Contract, State},
    error::Code,
    mesh::tests::service::{Scripted, refusing},
    server::tests::graph::{self, Service},
};

const PATIENCE: Duration = Duration::from_secs(30);

fn configuration(text: &str) -> Config {
    Config::parse("test.toml", text, []).unwrap()
}

fn builder(contract: &Contract) -> Builder<File> {
    Gateway::from_bytes(contract.encode_to_vec()).listen("127.0.0.1:0").unwrap()
}

/// A gateway that serves.
struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Running {
    fn start(gateway: Gateway) -> Self {
        let address = gateway.address();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            gateway.serve_until(stop).await.unwrap();
        });
        Self { address, stop: Some(stop), serving }
    }

    /// What a client on a socket sees.
    async fn ask(&self, query: &str) -> String {
        self.ask_with("", query).await
    }

    async fn ask_with(&self, headers: &str, query: &str) -> String {
        self.response(headers, query).await.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    async fn response(&self, headers: &str, query: &str) -> String {
        let body = serde_json::json!({ "query": query }).to_string();
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             {headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let asking = async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };
        timeout(PATIENCE, asking).await.expect("there is no answer")
    }
}

#[tokio::test]
async fn a_query_is_answered_by_a_service() {
    let service = Scripted::start().await;
    let text = format!("[services.\"*\"]\nendpoints = [\"http://{}\"]", service.address);
    let gateway = Gateway::from_bytes(graph::contract().encode_to_vec())
        .configured(configuration(&text))
        .listen("127.0.0.1:0")
        .unwrap();
    let gateway = Running::start(gateway.build().await.unwrap());
    assert_eq!(gateway.ask("{echo(text:\"hi\")}").await, r#"{"data":{"echo":"hi"}}"#);
}

#[tokio::test]
async fn a_service_that_is_down_delays_neither_the_start_nor_the_answer() {
    let (taken, down) = refusing();
    let text = format!("[services.\"test.*\"]\nendpoints = [\"http://{down}\"]");
    let gateway = Gateway::from_bytes(graph::contract().encode_to_vec())
        .configured(configuration(&text))
        .listen("127.0.0.1:0")
        .unwrap();
    let gateway = Running::start(gateway.build().await.unwrap());
    let answer = gateway.ask("{echo}").await;
    assert!(answer.contains(r#""data":{"echo":null}"#), "{answer}");
    assert!(answer.contains(r#""code":"UNAVAILABLE""#), "{answer}");
    assert!(answer.contains("the service cannot be reached"), "{answer}");

    drop(taken);
    let _service = Scripted::start_at(down).await;
    let back = async {
        while gateway.ask("{echo(text:\"hi\")}").await != r#"{"data":{"echo":"hi"}}"# {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, back).await.expect("the service is not found again");
}

#[tokio::test]
async fn a_program_may_bring_what_answers_calls() {
    let gateway = builder(&graph::contract()).call_service(Arc::new(Service::default()));
    let mut gateway = Running::start(gateway.build().await.unwrap());
    assert_eq!(gateway.ask("{a}").await, r#"{"data":{"a":"ü"}}"#);
    gateway.stop.take().unwrap().send(()).unwrap();
    timeout(PATIENCE, &mut gateway.serving).await.expect("it does not stop").unwrap();
}

#[tokio::test]
async fn one_line_says_what_is_served_and_where() {
    let gateway = builder(&graph::contract()).call_service(Arc::new(Service::default()));
    let gateway = gateway.build().await.unwrap();
    assert_ne!(gateway.address().port(), 0);
    let line = format!(
        "anabranch {} · 3 types, 8 fields · http://{}/graphql (GraphiQL in the browser)",
        env!("CARGO_PKG_VERSION"),
        gateway.address()
    );
    assert_eq!(gateway.announcement(), line);
}

#[test]
fn one_of_a_kind_is_told_without_an_s() {
    let mut contract = graph::contract();
    contract.bindings.truncate(1);
    contract.bindings[0].fields.truncate(1);
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let line = builder::announcement(&contract, false, address, false);
    assert!(line.contains(" · 1 type, 1 field · "), "{line}");
}

/// A gateway that refuses to start, and why.
async fn check_refused(builder: Builder<File>, message: &str) {
    let error = builder.build().await.expect_err("it starts");
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert_eq!(error.message(), message);
}

#[tokio::test]
async fn services_that_nobody_can_find_are_refused_with_what_to_write() {
    check_refused(
        builder(&graph::contract()),
        "the configuration does not say where to find `test.Scripted`; write, for example:\n  \
         [services.\"test.Scripted\"]\n  endpoints = [\"http://127.0.0.1:50051\"]",
    )
    .await;
}

#[tokio::test]
async fn promised_fields_are_refused_by_name() {
    let mut contract = graph::contract();
    for field in &mut contract.bindings[0].fields[1..3] {
        field.set_state(State::Promised);
    }
    check_refused(
        builder(&contract).call_service(Arc::new(Service::default())),
        "no service answers `Query.echo`, `Query.fail`; a mock answers them with `mock.promised = true` in the \
         configuration",
    )
    .await;
}

#[tokio::test]
async fn a_directive_that_is_not_enforced_yet_is_refused_by_name() {
    let required_features = vec!["authenticated".to_owned()];
    check_refused(
        builder(&Contract { required_features, ..graph::contract() }),
        "the contract cannot be served: it needs `authenticated`, which this runtime does not have yet",
    )
    .await;
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let error = Gateway::from_bytes(Vec::new()).listen("here").unwrap_err();
    assert!(error.message().contains("write `127.0.0.1:4000`"), "{}", error.message());
}

/// A contract whose field `Query.echo` only a mock can answer.
fn promising() -> Contract {
    let mut contract = graph::contract();
    contract.bindings[0].fields[1].set_state(State::Promised);
    contract.methods[1].promised = true;
    contract
}

#[tokio::test]
async fn promised_fields_are_mocked_where_the_configuration_allows_it_and_others_are_real() {
    let service = Arc::new(Service::default());
    let gateway = Gateway::from_bytes(promising().encode_to_vec())
        .configured(configuration("[mock]\npromised = true"))
        .listen("127.0.0.1:0")
        .unwrap()
        .call_service(Arc::<Service>::clone(&service));
    let gateway = gateway.build().await.unwrap();
    assert!(gateway.announcement().contains("8 fields, 1 promised"), "{}", gateway.announcement());
    let gateway = Running::start(gateway);
    let answer = gateway.ask("{a echo}").await;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["data"]["a"], "ü");
    assert!(!answer["data"]["echo"].as_str().unwrap().is_empty(), "{answer}");
    assert_eq!(service.last().method.name, "a");
    assert!(!service.was_called());
}

#[tokio::test]
async fn a_mock_answers_everything_and_does_as_a_request_asks() {
    let gateway = builder(&promising()).mocked().build().await.unwrap();
    assert!(gateway.announcement().contains(" · mock · "), "{}", gateway.announcement());
    let gateway = Running::start(gateway);
    let answer = gateway.ask("{a echo}").await;
    assert_eq!(gateway.ask("{a echo}").await, answer);
    assert!(!answer.contains("errors"), "{answer}");
    let answer = gateway.ask_with("x-mock: error=echo\r\n", "{a echo}").await;
    assert!(answer.contains(r#""echo":null"#), "{answer}");
}

#[tokio::test]
async fn a_bad_day_that_a_mock_does_not_understand_is_refused_before_anything_is_asked() {
    let gateway = Running::start(builder(&promising()).mocked().build().await.unwrap());
    let forms = "; write `slow=800ms`, `slow=reviews:800ms`, `error=reviews`, `error=reviews:NOT_FOUND`, `empty` or `long`, \
                 several with commas between";
    for (value, fault) in [
        ("eror=echo", "`eror=echo`"),
        ("empty, slow=banana", "`slow=banana`"),
        ("error=ekho", "`ekho`, which no call answers"),
    ] {
        let response = gateway.response(&format!("x-mock: {value}\r\n"), "{a echo}").await;
        assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
        let answer: serde_json::Value =
            serde_json::from_str(response.split_once("\r\n\r\n").unwrap().1).unwrap();
        let message = format!("the header `x-mock` has {fault}{forms}");
        let error = serde_json::json!({"message": message, "extensions": {"code": "BAD_REQUEST"}});
        assert_eq!(answer, serde_json::json!({"errors": [error]}));
    }
}

#[tokio::test]
async fn a_gateway_with_services_does_not_hear_what_shapes_a_mock() {
    let gateway = Gateway::from_bytes(promising().encode_to_vec())
        .configured(configuration("[mock]\npromised = true"))
        .listen("127.0.0.1:0")
        .unwrap()
        .call_service(Arc::new(Service::default()));
    let gateway = Running::start(gateway.build().await.unwrap());
    for value in ["error=echo", "eror=echo", "slow=banana"] {
        let answer = gateway.ask_with(&format!("x-mock: {value}\r\n"), "{echo}").await;
        assert!(!answer.contains("errors"), "{answer}");
    }
}

#[tokio::test]
async fn who_may_ask_is_told_how_an_answer_came_about_and_others_are_not() {
    let text = "[server.explain]\nlocal = true";
    let service = Arc::new(Service::default());
    let gateway = Gateway::from_bytes(graph::contract().encode_to_vec())
        .configured(configuration(text))
        .listen("127.0.0.1:0")
        .unwrap()
        .call_service(Arc::clone(&service) as _);
    let gateway = Running::start(gateway.build().await.unwrap());
    let asked = "x-explain: plan, timing\r\n";
    let answer = gateway.ask_with(asked, "{a s: __schema {queryType {name}}}").await;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let plan = &answer["extensions"]["plan"];
    assert_eq!(plan["steps"][0]["answers"], serde_json::json!(["Query.a"]));
    assert!(plan["text"].as_str().unwrap().contains("1 call in 1 level"), "{plan}");
    let step = &answer["extensions"]["timing"]["steps"][0];
    assert_eq!((&step["step"], &step["source"]), (&1.into(), &"service".into()));
    assert_eq!(plan["steps"][0]["target"], step["target"], "one word for one thing");
    for told in [plan, &answer["extensions"]["timing"]] {
        assert_eq!(told["fields"][0]["field"], "s");
        assert_eq!(told["fields"][0]["source"], "introspection");
    }
    assert!(gateway.response(asked, "{a}").await.contains("cache-control: no-store"));
    assert_eq!(gateway.ask("{a}").await, r#"{"data":{"a":"ü"}}"#);

    let gateway = builder(&graph::contract()).call_service(service).build().await.unwrap();
    let gateway = Running::start(gateway);
    assert_eq!(gateway.ask_with(asked, "{a}").await, r#"{"data":{"a":"ü"}}"#);
    let mocked = Running::start(builder(&graph::contract()).mocked().build().await.unwrap());
    assert!(!mocked.ask_with(asked, "{a}").await.contains("timing"));
}

#[tokio::test]
async fn an_answer_comes_by_its_deadline_with_what_is_there() {
    let gateway = builder(&graph::contract()).call_service(Arc::new(Service::default()));
    let gateway = Running::start(gateway.build().await.unwrap());
    let asked = tokio::time::Instant::now();
    let answer = gateway.ask_with("x-request-timeout: 80ms\r\n", "{a stall}").await;
    assert!(asked.elapsed() < PATIENCE / 10, "{:?}", asked.elapsed());
    assert!(answer.starts_with(r#"{"data":{"a":"ü","stall":null},"#), "{answer}");
    assert!(answer.contains("DEADLINE_EXCEEDED"), "{answer}");
}
