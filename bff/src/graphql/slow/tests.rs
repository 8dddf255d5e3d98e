//! A program's own objects beside a contract's, from the text of a request to its answer.

use std::{borrow::Cow, sync::Arc, time::Duration};

use async_graphql::{
    EmptyMutation, EmptySubscription, Enum, Error as OwnError, ErrorExtensions, InputObject,
    Object, Schema, SimpleObject, Subscription, Union,
};
use futures::{FutureExt, StreamExt, future::BoxFuture};
use serde_json::{json, value::RawValue};
use tokio::time::Instant;

use crate::{
    call::{Call, CallService, Replies, Reply},
    context::{Context, Identity},
    error::{Code, Error},
    executor::{self, Executor, Incremental},
    graphql::{Allowed, Config, Front, Request, front::tests::contract},
};

type AsyncResult<T> = async_graphql::Result<T>;

struct Query;

#[derive(SimpleObject)]
struct Cat {
    name: String,
    lives: i32,
}

#[derive(SimpleObject)]
struct Dog {
    name: String,
    barks: bool,
}

#[derive(Union)]
enum Pet {
    Cat(Cat),
    Dog(Dog),
}

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
enum Order {
    Up,
    Down,
}

#[derive(InputObject)]
struct Filter {
    letters: Vec<String>,
    order: Option<Order>,
    #[graphql(default = 7)]
    least: i32,
    ratio: Option<f64>,
}

/// An error that a program made for its clients.
#[derive(Debug, thiserror::Error)]
#[error("sold out")]
struct SoldOut;

impl ErrorExtensions for SoldOut {
    fn extend(&self) -> OwnError {
        OwnError::new("sold out").extend_with(|_, values| {
            values.set("code", "SOLD_OUT");
            values.set("left", 0);
        })
    }
}

/// An error that says more of the program than of the request.
fn internal() -> std::io::Error {
    std::io::Error::other("password=secret")
}

#[Object]
impl Query {
    async fn pets(&self) -> Vec<Pet> {
        let cat = Cat { name: "Tom".to_owned(), lives: 9 };
        vec![Pet::Cat(cat), Pet::Dog(Dog { name: "Rex".to_owned(), barks: true })]
    }

    async fn sorted(&self, filter: Filter, #[graphql(default = "-")] with: String) -> String {
        let Filter { mut letters, order, least, ratio } = filter;
        letters.sort();
        if order == Some(Order::Down) {
            letters.reverse();
        }
        format!("{} {least} {ratio:?}", letters.join(&with))
    }

    async fn who(&self, context: &async_graphql::Context<'_>) -> AsyncResult<Option<String>> {
        let request = context.data::<crate::Context>()?;
        let seen = request.headers.get("x-color").and_then(|value| value.to_str().ok());
        let subject = request.identity.as_ref().map(|it| it.subject.to_string());
        Ok(subject.map(|it| format!("{it} {} {:?}", seen.unwrap_or("-"), request.deadline)))
    }

    async fn by_service(&self, context: &async_graphql::Context<'_>) -> AsyncResult<String> {
        static RPC: crate::generated::Rpc =
            crate::generated::Rpc::new("hello.v1.Hello", "Fail", "Text", "Text");
        let client = crate::generated::Client::new(context.data::<crate::Context>()?);
        Ok(client.unary::<String, String>(&RPC, &"it".to_owned()).await?)
    }

    async fn few(&self, #[graphql(validator(maximum = 3))] how: i32) -> Option<i32> {
        Some(how)
    }

    async fn fails(&self, how: String) -> AsyncResult<Option<i32>> {
        match how.as_str() {
            "made" => Err(SoldOut.extend()),
            "text" => Err("no such cat".into()),
            "code" => Err(OwnError::new("gone").extend_with(|_, it| it.set("code", "NOT_FOUND"))),
            "panic" => panic!("password=secret"),
            _ => Err(internal())?,
        }
    }

    async fn strict(&self) -> AsyncResult<i32> {
        Err(OwnError::new("never"))
    }

    async fn boxes(&self) -> Vec<Crate> {
        vec![Crate, Crate]
    }

    async fn hangs(&self) -> Option<i32> {
        futures::future::pending().await
    }
}

struct Crate;

#[Object]
impl Crate {
    async fn weight(&self) -> Option<AsyncResult<i32>> {
        Some(Err(OwnError::new("no scales")))
    }

    async fn width(&self) -> AsyncResult<Option<i32>> {
        Err(OwnError::new("no ruler"))
    }

    async fn inner(&self) -> Option<Vec<Crate>> {
        Some(vec![Crate])
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn feed(&self, name: String) -> String {
        format!("fed {name}")
    }
}

struct Events;

#[Subscription]
impl Events {
    async fn purrs(&self, from: i32) -> impl futures::Stream<Item = AsyncResult<i32>> {
        let tell = |number| if number == 2 { Err("hiss".into()) } else { Ok(number) };
        futures::stream::iter(from..3).map(tell)
    }
}

/// Every service fails.
struct Down;

impl CallService for Down {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        async move {
            match &*call.method.name {
                "Fail" => Err(Error::new(Code::Unavailable, "it is down")),
                _ => Ok(Reply { message: call.message }),
            }
        }
        .boxed()
    }

    fn server_stream(&self, _: Call) -> BoxFuture<'static, Result<Replies, Error>> {
        async { Err(Error::new(Code::Unavailable, "it is down")) }.boxed()
    }
}

fn front_of(own: impl super::OwnSchema) -> crate::Result<Front> {
    let contract = Arc::new(contract());
    let config = executor::Config::default();
    let executor = Executor::new(&contract, Arc::new(Down), Vec::new(), &config)?;
    Front::new(contract, Arc::new(executor), Config::default(), Some(Arc::new(own)))
}

fn front() -> Front {
    front_of(Schema::build(Query, Mutation, Events).finish()).unwrap()
}

async fn ask(query: &str, variables: &str, context: Context) -> serde_json::Value {
    let variables = RawValue::from_string(variables.to_owned()).unwrap();
    let request = Request {
        query: Cow::Borrowed(query),
        operation_name: None,
        variables: Some(&variables),
        allowed: Allowed::Writes,
        streams: true,
        incremental: None,
    };
    serde_json::from_slice(&front().execute(request, context).await.body).unwrap()
}

fn within(milliseconds: u64) -> Context {
    Context::anonymous(Instant::now() + Duration::from_millis(milliseconds))
}

async fn check(query: &str, variables: &str, expected: serde_json::Value) {
    assert_eq!(ask(query, variables, within(10_000)).await, expected, "{query}");
}

#[tokio::test]
async fn aliases_fragments_and_abstract_types_are_answered_in_the_order_of_the_query() {
    check(
        "query($all: Boolean!) { greeting(name: \"Ann\") mine: pets { __typename ...C ... on Dog { barks name } } \
         pets { ...C @include(if: $all) } } fragment C on Cat { lives called: name }",
        r#"{"all": false}"#,
        json!({"data": {
            "greeting": "Ann",
            "mine": [
                {"__typename": "Cat", "lives": 9, "called": "Tom"},
                {"__typename": "Dog", "barks": true, "name": "Rex"},
            ],
            "pets": [{}, {}],
        }}),
    )
    .await;
}

#[tokio::test]
async fn arguments_are_given_from_the_text_from_variables_and_from_defaults() {
    let query = "query($letters: [String!]!, $order: Order, $ratio: Float, $with: String) \
                 { a: sorted(filter: {letters: $letters, order: $order, ratio: $ratio}, with: $with) \
                   b: sorted(filter: {letters: [\"q\\\"{\", \"a\"], order: DOWN, least: 1}) }";
    check(
        query,
        r#"{"letters": "one", "order": "DOWN", "ratio": 2}"#,
        json!({"data": {"a": "one 7 Some(2.0)", "b": "q\"{-a 1 None"}}),
    )
    .await;
}

#[tokio::test]
async fn a_null_that_only_a_default_lets_stand_fails_its_field_and_no_other() {
    let query = "query($how: String = \"text\") { greeting it: fails(how: $how) }";
    for (variables, message, code) in [
        ("{}", "no such cat", "UNKNOWN"),
        (
            r#"{"how": null}"#,
            "argument \"how\" has the value null, which is not allowed there",
            "BAD_USER_INPUT",
        ),
    ] {
        let error = json!({"message": message, "locations": [{"line": 1, "column": 41}], "path": ["it"],
                           "extensions": {"code": code}});
        let data = json!({"greeting": "world", "it": null});
        check(query, variables, json!({"data": data, "errors": [error]})).await;
    }
}

#[tokio::test]
async fn an_argument_that_a_validator_refuses_is_the_fault_of_who_gave_it() {
    let answer = ask("{ few(how: 9) }", "{}", within(5_000)).await;
    assert_eq!(answer["errors"][0]["extensions"], json!({"code": "BAD_USER_INPUT"}), "{answer}");
    assert_eq!(answer["errors"][0]["path"], json!(["few"]), "{answer}");
}

#[tokio::test]
async fn the_request_is_there_with_who_asks_until_when_and_what_calls_services() {
    let identity = Identity { subject: "ann".into(), claims: Vec::new() };
    let mut context = Context { identity: Some(identity), ..within(5_000) };
    context.headers.insert("x-color", "blue".parse().unwrap());
    let deadline = format!("ann blue {:?}", context.deadline);
    let answer = ask("{ who byService }", "{}", context).await;
    assert_eq!(answer["data"], serde_json::Value::Null);
    let error = json!({"message": "it is down", "locations": [{"line": 1, "column": 7}], "path": ["byService"],
                       "extensions": {"code": "UNAVAILABLE"}});
    assert_eq!(answer["errors"], json!([error]));
    let context = Context {
        identity: Some(Identity { subject: "ann".into(), claims: Vec::new() }),
        ..within(5_000)
    };
    let without = format!("ann - {:?}", context.deadline);
    let answer = ask("{ who }", "{}", context).await;
    assert_eq!(answer, json!({"data": {"who": without}}), "not {deadline}");
}

#[tokio::test]
async fn an_error_is_told_as_it_was_made_and_what_only_came_by_is_not() {
    for (how, message, extensions) in [
        ("made", "sold out", json!({"code": "SOLD_OUT", "left": 0})),
        ("text", "no such cat", json!({"code": "UNKNOWN"})),
        ("code", "gone", json!({"code": "NOT_FOUND"})),
        ("io", "the field could not be answered", json!({"code": "INTERNAL"})),
        ("panic", "the field failed inside the gateway", json!({"code": "INTERNAL"})),
    ] {
        let error = json!({"message": message, "locations": [{"line": 3, "column": 2}], "path": ["it"],
                           "extensions": extensions});
        let query = format!("\n{{ greeting\n it: fails(how: {how:?}) }}");
        let data = json!({"greeting": "world", "it": null});
        check(&query, "{}", json!({"data": data, "errors": [error]})).await;
    }
}

#[tokio::test]
async fn errors_inside_have_their_path_and_a_root_that_is_never_null_voids_the_answer() {
    let error = |index| {
        json!({"message": "no scales", "locations": [{"line": 1, "column": 14}],
               "path": ["b", index, "weight"], "extensions": {"code": "UNKNOWN"}})
    };
    let boxes = json!([{"weight": null}, {"weight": null}]);
    let expected = json!({"data": {"b": boxes}, "errors": [error(0), error(1)]});
    check("{ b: boxes { weight } }", "{}", expected).await;
    let error = json!({"message": "never", "locations": [{"line": 1, "column": 16}], "path": ["strict"],
                       "extensions": {"code": "UNKNOWN"}});
    check("{ greeting     strict }", "{}", json!({"data": null, "errors": [error]})).await;
}

#[tokio::test]
async fn null_stands_only_where_it_may() {
    let error = json!({"message": "no ruler", "locations": [{"line": 1, "column": 19}],
                       "path": ["boxes", 0, "inner", 0, "width"], "extensions": {"code": "UNKNOWN"}});
    let answer = ask("{ boxes { inner { width } } }", "{}", within(10_000)).await;
    assert_eq!(answer["data"], json!({"boxes": [{"inner": null}, {"inner": null}]}));
    assert_eq!(answer["errors"][0], error);
    let answer = ask("{ boxes { width } }", "{}", within(10_000)).await;
    assert_eq!(answer["data"], json!(null));
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_is_null_when_the_time_is_over() {
    let answer = ask("{ hangs greeting }", "{}", within(500)).await;
    assert_eq!(answer["data"], json!({"hangs": null, "greeting": "world"}));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn a_mutation_of_both_is_answered_in_order() {
    check(
        "mutation { a: feed(name: \"Tom\") count b: feed(name: \"Rex\") __typename }",
        "{}",
        json!({"data": {"a": "fed Tom", "count": null, "b": "fed Rex", "__typename": "Mutation"}}),
    )
    .await;
}

#[tokio::test]
async fn a_subscription_of_the_program_is_a_stream_of_answers() {
    let front = front();
    let request = Request {
        query: Cow::Borrowed("subscription($from: Int!) { it: purrs(from: $from) }"),
        operation_name: None,
        variables: Some(serde_json::from_str(r#"{"from": 1}"#).unwrap()),
        allowed: Allowed::Writes,
        streams: true,
        incremental: None,
    };
    let answers = front.answers(&request, within(1_000)).unwrap();
    assert!(answers.subscribed);
    let bodies: Vec<_> = answers.bodies.collect().await;
    assert_eq!(&bodies[0][..], br#"{"data":{"it":1}}"#);
    let last: serde_json::Value = serde_json::from_slice(&bodies[1]).unwrap();
    assert_eq!(last["errors"][0]["message"], "hiss");
    assert_eq!((bodies.len(), &last["data"]), (2, &serde_json::Value::Null));
}

#[tokio::test]
async fn introspection_validation_and_the_schema_show_both() {
    let query = "{ __schema { queryType { name fields { name } } mutationType { name } } \
                 __type(name: \"Pet\") { kind possibleTypes { name } } pets { __typename } }";
    let answer = ask(query, "{}", within(10_000)).await;
    let fields = answer["data"]["__schema"]["queryType"]["fields"].as_array().unwrap();
    let names: Vec<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
    assert_eq!(names[..4], ["greeting", "hail", "pets", "sorted"]);
    let possible = json!([{"name": "Cat"}, {"name": "Dog"}]);
    assert_eq!(answer["data"]["__type"], json!({"kind": "UNION", "possibleTypes": possible}));
    assert_eq!(answer["data"]["pets"][0]["__typename"], "Cat");
    let sdl = front().sdl();
    for line in ["  greeting(", "  pets: [Pet!]!", "union Pet = Cat | Dog", "  feed(name: String!"]
    {
        assert!(sdl.contains(line), "{line} in {sdl}");
    }
    let refused = ask("{ pets { wings } }", "{}", within(10_000)).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
}

#[test]
fn the_plan_says_who_answers() {
    let plan = front().plan_text("{ greeting pets { __typename } }", None).unwrap();
    assert!(plan.contains("1 hello.v1.Hello/Greet"), "{plan}");
    assert!(plan.contains("- pets  async-graphql"), "{plan}");
}

mod clashing {
    use super::*;

    pub(super) struct Query;

    pub(super) struct Greeting;

    #[Object]
    impl Greeting {
        async fn back(&self) -> Query {
            Query
        }
    }

    #[Object]
    impl Query {
        async fn greeting(&self) -> Greeting {
            Greeting
        }
    }

    #[derive(SimpleObject)]
    #[graphql(name = "Mutation")]
    pub(super) struct Wrong {
        pub(super) count: i32,
    }

    pub(super) struct Root;

    #[Object]
    impl Root {
        async fn wrong(&self) -> Wrong {
            Wrong { count: 1 }
        }
    }
}

#[test]
fn names_that_both_have_are_refused_all_at_once() {
    let refused = |own: crate::Result<Front>| own.unwrap_err().to_string();
    let own = Schema::build(clashing::Query, EmptyMutation, EmptySubscription).finish();
    assert_eq!(
        refused(front_of(own)),
        "the schema of async-graphql does not fit beside the contract's: `Greeting.back` leads back to `Query`; \
         `Query.greeting` is a field of both; rename these in Rust with `#[graphql(name = \"…\")]`"
    );
    let own = Schema::build(clashing::Root, EmptyMutation, EmptySubscription).finish();
    assert!(refused(front_of(own)).contains("`Mutation` is a type of both"));
}

#[tokio::test]
async fn a_field_of_its_own_is_deferred_as_any_other_and_introspection_is_not() {
    let parts = async |query: &'static str| -> Vec<serde_json::Value> {
        let request = Request {
            query: Cow::Borrowed(query),
            operation_name: None,
            variables: None,
            allowed: Allowed::Reads,
            streams: false,
            incremental: Some(Incremental::Pending),
        };
        let answers = front().answers(&request, within(10_000)).unwrap();
        let bodies: Vec<_> = answers.bodies.collect().await;
        bodies.iter().map(|body| serde_json::from_slice(body).unwrap()).collect()
    };
    let late = parts(
        "{ __typename ... @defer(label: \"pets\") { pets { ... on Cat { lives ... @defer { name } } } } }",
    );
    assert_eq!(
        late.await,
        [
            json!({
                "data": {"__typename": "Query"},
                "pending": [{"id": "0", "path": [], "label": "pets"}],
                "hasNext": true,
            }),
            json!({
                "incremental": [{"data": {"pets": [{"lives": 9, "name": "Tom"}, {}]}, "id": "0"}],
                "completed": [{"id": "0"}],
                "hasNext": false,
            }),
        ]
    );
    let schema = parts("{ __typename ... @defer { __schema { queryType { name } } } }").await;
    let whole = json!({"__typename": "Query", "__schema": {"queryType": {"name": "Query"}}});
    assert_eq!(schema, [json!({"data": whole})]);
}
