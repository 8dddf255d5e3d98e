//! Requests from text to answer, over a contract with two methods.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, future::BoxFuture, stream};
use serde_json::{Value, json, value::RawValue};
use tokio::time::Instant;

use super::{Allowed, Front, Outcome, Request, Response, plan_text};
use crate::{
    call::{Call, CallService, Replies, Reply},
    context::{Context, Explain},
    contract::{
        Binding, Cardinality, Contract, Field, Fill, Format, InputValue, Join, Leaf, Method,
        Scalar, SideEffects, Source, State, Wire, fill, input_value, join, source, wire,
    },
    error::{Code, Error},
    executor::{self, Executor},
    graphql::config::Config,
};

const SDL: &str = "type Query { greeting(name: String = \"world\"): String hail(name: String! = \"you\"): String } type Mutation { count: String } \
                   type Subscription { ticks: String }";

/// Answers every call with its request: both have a text in field 1.
struct Echo {
    calls: AtomicUsize,
}

impl CallService for Echo {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(Reply { message: call.message }) })
    }

    fn server_stream(&self, _: Call) -> BoxFuture<'static, Result<Replies, Error>> {
        let ticks =
            ["\n\x04tick", "\n\x04tock"].map(|tick| Ok(Bytes::from_static(tick.as_bytes())));
        Box::pin(async { Ok(stream::iter(ticks).boxed()) })
    }
}

struct Bench {
    front: Front,
    echo: Arc<Echo>,
}

impl Bench {
    fn new(config: Config) -> Self {
        let contract = Arc::new(contract());
        let echo = Arc::new(Echo { calls: AtomicUsize::new(0) });
        let calls: Arc<dyn CallService> = Arc::clone(&echo) as _;
        let config_of_executor = executor::Config::default();
        let executor = Executor::new(&contract, calls, Vec::new(), &config_of_executor).unwrap();
        Self { front: Front::new(contract, Arc::new(executor), config, None).unwrap(), echo }
    }

    async fn send(&self, query: &str, variables: &str, allowed: Allowed) -> Response {
        let variables = RawValue::from_string(variables.to_owned()).unwrap();
        let request = Request {
            query: Cow::Borrowed(query),
            operation_name: None,
            variables: Some(&variables),
            allowed,
            streams: false,
            incremental: None,
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        self.front.execute(request, Context::anonymous(deadline)).await
    }

    async fn run(&self, query: &str, variables: &str) -> Value {
        let response = self.send(query, variables, Allowed::Writes).await;
        assert!(matches!(response.outcome, Outcome::Executed { .. }), "{response:?}");
        serde_json::from_slice(&response.body).unwrap()
    }

    async fn check_refused(&self, query: &str, variables: &str, allowed: Allowed, error: Value) {
        let response = self.send(query, variables, allowed).await;
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        let code = Code::from_name(error["extensions"]["code"].as_str().unwrap()).unwrap();
        assert_eq!(body, json!({"errors": [error]}));
        assert_eq!(response.outcome, Outcome::RequestError { code });
        assert_eq!(self.echo.calls.load(Ordering::SeqCst), 0);
    }
}

pub(in crate::graphql) fn contract() -> Contract {
    let root = |ty: &str, field: Field| Binding {
        r#type: ty.to_owned(),
        fields: vec![field],
        ..Binding::default()
    };
    let method = |name: &str| Method {
        service: "hello.v1.Hello".to_owned(),
        name: name.to_owned(),
        input: "hello.v1.Text".to_owned(),
        output: "hello.v1.Text".to_owned(),
        ..Method::default()
    };
    Contract {
        format: crate::contract::FORMAT,
        sdl: SDL.to_owned(),
        bindings: vec![
            Binding {
                r#type: "Query".to_owned(),
                fields: ["greeting", "hail"]
                    .map(|name| field(name, 0, SideEffects::NoSideEffects, Some("name")))
                    .into(),
                ..Binding::default()
            },
            root("Mutation", field("count", 1, SideEffects::Any, None)),
            root("Subscription", field("ticks", 2, SideEffects::NoSideEffects, None)),
        ],
        methods: vec![
            method("Greet"),
            method("Count"),
            Method { server_streaming: true, ..method("Tick") },
        ],
        query: Some(0),
        mutation: Some(1),
        subscription: Some(2),
        ..Contract::default()
    }
}

fn field(name: &str, method: u32, side_effects: SideEffects, argument: Option<&str>) -> Field {
    let text =
        Leaf { scalar: Scalar::String.into(), format: Format::String.into(), ..Leaf::default() };
    let then = Wire {
        number: 1,
        cardinality: Cardinality::Explicit.into(),
        value: Some(wire::Value::Leaf(text)),
        ..Wire::default()
    };
    let fills = argument.map(|argument| Fill {
        path: vec![1],
        source: Some(fill::Source::Argument(argument.to_owned())),
        value: Some(InputValue {
            cardinality: Cardinality::Explicit.into(),
            value: Some(input_value::Value::Leaf(text)),
            ..InputValue::default()
        }),
        required: 0,
    });
    let then = Source { kind: Some(source::Kind::Wire(then)) };
    let join = Join {
        target: Some(join::Target::Method(method)),
        fills: fills.into_iter().collect(),
        then: Some(Box::new(then)),
        side_effects: side_effects.into(),
        ..Join::default()
    };
    Field {
        name: name.to_owned(),
        source: Some(Source { kind: Some(source::Kind::Join(Box::new(join))) }),
        state: State::Real.into(),
        ..Field::default()
    }
}

#[tokio::test]
async fn a_field_is_answered_with_arguments_variables_and_defaults() {
    let bench = Bench::new(Config::default());
    let query = "query($who: String) { a: greeting b: greeting(name: \"Ada\") c: greeting(name: $who) __typename }";
    let answer = bench.run(query, "{\"who\": \"Bea\"}").await;
    let data = json!({"a": "world", "b": "Ada", "c": "Bea", "__typename": "Query"});
    assert_eq!(answer, json!({"data": data}));
    let answer = bench.run(query, "{}").await;
    assert_eq!(answer["data"]["c"], "world");
}

#[tokio::test]
async fn a_null_that_only_a_default_lets_stand_is_an_error_at_its_field_alone() {
    let bench = Bench::new(Config::default());
    let query = "query($n: String, $t: String = \"Query\") { greeting hail(name: $n) \
                 t: __type(name: $t) { name } m: __type(name: \"Query\") { name } }";
    let told = json!({"name": "Query"});
    let answer = bench.run(query, "{}").await;
    let data = json!({"greeting": "world", "hail": "you", "t": told, "m": told});
    assert_eq!(answer, json!({"data": data}));
    let answer = bench.run(query, "{\"n\": null, \"t\": null}").await;
    let error = |column: u32, path: &str| {
        json!({
            "message": "argument \"name\" has the value null, which is not allowed there",
            "locations": [{"line": 1, "column": column}],
            "path": [path],
            "extensions": {"code": "BAD_USER_INPUT"},
        })
    };
    let data = json!({"greeting": "world", "hail": null, "t": null, "m": told});
    assert_eq!(answer, json!({"data": data, "errors": [error(52, "hail"), error(67, "t")]}));
    let given = bench.run(query, "{\"n\": \"Ann\"}").await;
    assert_eq!(given["data"]["hail"], "Ann");
}

#[tokio::test]
async fn introspection_stands_beside_other_fields() {
    let bench = Bench::new(Config::default());
    let query = "query($name: String!) { greeting t: __type(name: $name) { name fields { name } } \
                 __schema { mutationType { name } } }";
    let answer = bench.run(query, "{\"name\": \"Mutation\"}").await;
    assert_eq!(
        answer,
        json!({"data": {
            "greeting": "world",
            "t": {"name": "Mutation", "fields": [{"name": "count"}]},
            "__schema": {"mutationType": {"name": "Mutation"}},
        }})
    );
    let answer = bench.run(query, "{\"name\": \"Nope\"}").await;
    assert_eq!(answer["data"]["t"], Value::Null);
}

#[tokio::test]
async fn conditions_decide_what_is_asked() {
    let bench = Bench::new(Config::default());
    let query = "query($no: Boolean!) { __typename greeting @skip(if: $no) }";
    assert_eq!(bench.run(query, "{\"no\": true}").await, json!({"data": {"__typename": "Query"}}));
    assert_eq!(bench.echo.calls.load(Ordering::SeqCst), 0);
    assert_eq!(bench.run(query, "{\"no\": false}").await["data"]["greeting"], "world");
}

#[tokio::test]
async fn a_mutation_needs_post() {
    let bench = Bench::new(Config::default());
    let message = "A mutation cannot be sent with GET; send it with POST.";
    let error = json!({"message": message, "extensions": {"code": "METHOD_NOT_ALLOWED"}});
    bench.check_refused("mutation { count }", "{}", Allowed::Reads, error).await;
    bench.run("mutation { count }", "{}").await;
    assert_eq!(bench.echo.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_subscription_needs_a_way_for_many_answers() {
    let bench = Bench::new(Config::default());
    let message = "A subscription has many answers; send it with \"accept: text/event-stream\", or over a WebSocket with \
                   the subprotocol \"graphql-transport-ws\".";
    let error = json!({"message": message, "extensions": {"code": "BAD_REQUEST"}});
    bench.check_refused("subscription { ticks }", "{}", Allowed::Writes, error).await;
}

/// All answers to an operation, and whether it is a subscription.
async fn answers(query: &'static str) -> (bool, Vec<String>) {
    let request = Request {
        query: Cow::Borrowed(query),
        operation_name: None,
        variables: None,
        allowed: Allowed::Reads,
        streams: true,
        incremental: None,
    };
    let context = Context::anonymous(Instant::now() + Duration::from_secs(10));
    let answers = match Bench::new(Config::default()).front.answers(&request, context) {
        Ok(answers) => answers,
        Err(refused) => return (false, vec![text(&refused.body)]),
    };
    let bodies = answers.bodies.map(|body| text(&body)).collect().await;
    (answers.subscribed, bodies)
}

fn text(body: &[u8]) -> String {
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn a_subscription_has_an_answer_for_each_message_and_a_query_has_one() {
    let ticks = [r#"{"data":{"ticks":"tick"}}"#, r#"{"data":{"ticks":"tock"}}"#];
    assert_eq!(answers("subscription { ticks }").await, (true, ticks.map(str::to_owned).into()));
    let greeting = r#"{"data":{"greeting":"world"}}"#.to_owned();
    assert_eq!(answers("{ greeting }").await, (false, vec![greeting]));
}

#[tokio::test]
async fn a_subscription_selects_one_field_that_is_a_stream() {
    for query in [
        "subscription { __typename }",
        "subscription { ticks more: ticks }",
        "subscription { ticks @skip(if: true) }",
    ] {
        let (_, bodies) = answers(query).await;
        assert!(bodies[0].contains("GRAPHQL_VALIDATION_FAILED"), "{bodies:?}");
    }
}

#[tokio::test]
async fn an_answer_in_parts_explains_itself_in_the_first_and_the_last() {
    let request = Request {
        query: Cow::Borrowed("{ __typename ... @defer { greeting } }"),
        operation_name: None,
        variables: None,
        allowed: Allowed::Reads,
        streams: false,
        incremental: Some(executor::Incremental::Pending),
    };
    let mut context = Context::anonymous(Instant::now() + Duration::from_secs(10));
    context.explain = Explain { timing: true, plan: true };
    let bench = Bench::new(Config::default());
    let answers = bench.front.answers(&request, context).unwrap();
    assert!(answers.incremental);
    let bodies: Vec<Bytes> = answers.bodies.collect().await;
    let bodies: Vec<Value> =
        bodies.iter().map(|body| serde_json::from_slice(body).unwrap()).collect();
    let [first, last] = &bodies[..] else { panic!("{bodies:?}") };
    assert_eq!(first["data"], json!({"__typename": "Query"}));
    assert_eq!(first["hasNext"], true);
    let names = |body: &Value| body["extensions"].as_object().unwrap().keys().cloned().collect();
    let (of_first, of_last): (Vec<String>, Vec<String>) = (names(first), names(last));
    assert_eq!((of_first, of_last), (vec!["plan".to_owned()], vec!["timing".to_owned()]));
    assert_eq!(last["incremental"][0]["data"], json!({"greeting": "world"}));
}

#[tokio::test]
async fn request_errors_have_no_data_and_call_nobody() {
    let bench = Bench::new(Config::default());
    let check = |query: &'static str, variables: &'static str, error: Value| {
        bench.check_refused(query, variables, Allowed::Reads, error)
    };
    let error = json!({
        "message": "Cannot query field \"nope\" on type \"Query\".",
        "locations": [{"line": 1, "column": 3}],
        "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
    });
    check("{ nope }", "{}", error).await;
    let error = json!({
        "message": "Syntax error: expected `}`, got `EOF`.",
        "locations": [{"line": 1, "column": 11}],
        "extensions": {"code": "GRAPHQL_PARSE_FAILED"},
    });
    check("{ greeting", "{}", error).await;
    let error = json!({
        "message": "Variable \"$who\" got the invalid value 1; String takes a text.",
        "locations": [{"line": 1, "column": 7}],
        "extensions": {"code": "BAD_USER_INPUT"},
    });
    check("query($who: String) { greeting(name: $who) }", "{\"who\": 1}", error).await;
}

#[test]
fn a_plan_is_shown_as_text() {
    let bench = Bench::new(Config::default());
    let query = "query($no: Boolean!) { greeting @skip(if: $no) }";
    let text = bench.front.plan_text(query, None).unwrap();
    assert!(text.contains("hello.v1.Hello/Greet"), "{text}");
    assert_eq!(plan_text(&contract(), query, None, &Config::default()).unwrap(), text);
    let error = bench.front.plan_text("{ nope nada }", None).unwrap_err();
    assert_eq!(error.code(), Code::ValidationFailed);
    assert_eq!(
        error.message(),
        "1:3: Cannot query field \"nope\" on type \"Query\".\n1:8: Cannot query field \"nada\" on type \"Query\"."
    );
}

#[test]
fn a_schema_that_is_not_valid_is_refused_with_all_its_faults() {
    let broken = Contract { sdl: "type Query { a: Nope b: Nada }".to_owned(), ..contract() };
    let calls = Arc::new(Echo { calls: AtomicUsize::new(0) });
    let executor = Executor::new(&broken, calls, Vec::new(), &executor::Config::default()).unwrap();
    let error =
        Front::new(Arc::new(broken), Arc::new(executor), Config::default(), None).unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert_eq!(
        error.message(),
        "the contract's schema is not valid: cannot find type `Nope` in this document; cannot find type `Nada` in this document"
    );
}

#[test]
fn bytes_of_introspection_count_in_the_cache() {
    let bench = Bench::new(Config::default());
    let lower = |text: &str| {
        let (types, config) = (&bench.front.types, &bench.front.config);
        let document = super::Document::new(text, None, types, config).unwrap();
        document.lower(types, config, &|_| None, false).unwrap().operation
    };
    let (ready, weight) = bench.front.compile(lower("{ __schema { types { name } } }")).unwrap();
    let super::Introspected::Answered(answers) = ready.slow.unwrap().introspection else {
        panic!("it depends on nothing")
    };
    let told: &Bytes = answers["__schema"].as_ref().unwrap();
    assert_eq!(weight, told.len());
    assert!(told.starts_with(b"{\"types\":[{\"name\":"));
}
