//! What a request costs around the transcoder: finding or making its plan, and encoding the call: `cargo bench --bench request`.
//!
//! `hit` is a whole request whose document is known, answered in memory; `miss` is the same with a document that nobody
//! sent before; `encode` fills a request's template from variables.

#![allow(clippy::unwrap_used, reason = "nothing here may fail")]

mod measure;

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, Instant},
};

use anabranch::{
    call::{Call, CallService, Replies, Reply},
    context::Context,
    contract::{
        Binding, Cardinality, Contract, FORMAT, Field, Fill, Format, InputValue, Join, LazyTypes,
        Leaf, Method, Scalar, Source, State, Wire, fill, input_value, join, source, wire,
    },
    error::{Code, Error, Result},
    executor::{self, Executor},
    graphql::{self, Allowed, Front, Outcome, Request},
    operation::{OperationKind, Value},
    plan::{Plan, Shape, ShapeId, Site, Step, StepId},
    transcoder::compile,
};
use futures::{FutureExt, future, future::BoxFuture};
use measure::Case;
use serde_json::value::RawValue;

const SDL: &str = "type Query { product(id: ID!, market: String, page: Int): Product }
type Product { id: ID name: String brand: String url: String stock: Int }";

const QUERY: &str = "query Product($id: ID!, $market: String, $page: Int = 3) {
  product(id: $id, market: $market, page: $page) { ...short url stock }
}
fragment short on Product { id title: name brand }";

const VARIABLES: &str = r#"{"id": "product-00017", "market": "de"}"#;

/// Answers every call with one product.
struct Memory;

impl CallService for Memory {
    fn unary(&self, _: Call) -> BoxFuture<'static, Result<Reply>> {
        let message = b"\x0a\x02p1\x12\x04Name\x1a\x05Brand\x22\x03url\x28\x07";
        future::ready(Ok(Reply { message: message.as_slice().into() })).boxed()
    }

    fn server_stream(&self, _: Call) -> BoxFuture<'static, Result<Replies>> {
        future::ready(Err(Error::new(Code::Unimplemented, "not here"))).boxed()
    }
}

fn leaf(scalar: Scalar, format: Format) -> Leaf {
    Leaf { scalar: scalar.into(), format: format.into(), ..Leaf::default() }
}

fn text() -> Leaf {
    leaf(Scalar::String, Format::String)
}

fn whole() -> Leaf {
    leaf(Scalar::Int32, Format::Int)
}

fn field(name: &str, source: source::Kind) -> Field {
    Field {
        name: name.to_owned(),
        source: Some(Source { kind: Some(source) }),
        state: State::Real.into(),
        ..Field::default()
    }
}

fn scalar(name: &str, number: u32, leaf: Leaf) -> Field {
    let cardinality = Cardinality::Implicit.into();
    let value = Some(wire::Value::Leaf(leaf));
    field(name, source::Kind::Wire(Wire { number, cardinality, value, ..Wire::default() }))
}

fn join() -> Join {
    let fill = |number, name: &str, leaf| Fill {
        path: vec![number],
        source: Some(fill::Source::Argument(name.to_owned())),
        value: Some(InputValue {
            cardinality: Cardinality::Explicit.into(),
            value: Some(input_value::Value::Leaf(leaf)),
            ..InputValue::default()
        }),
        required: 0,
    };
    let product = Wire {
        cardinality: Cardinality::Explicit.into(),
        value: Some(wire::Value::Binding(1)),
        ..Wire::default()
    };
    Join {
        target: Some(join::Target::Method(0)),
        fills: vec![fill(1, "id", text()), fill(2, "market", text()), fill(3, "page", whole())],
        then: Some(Box::new(Source { kind: Some(source::Kind::Wire(product)) })),
        ..Join::default()
    }
}

fn contract() -> Contract {
    let binding = |name: &str, message: &str, fields| Binding {
        r#type: name.to_owned(),
        message: message.to_owned(),
        fields,
        ..Binding::default()
    };
    let product = vec![
        scalar("id", 1, text()),
        scalar("name", 2, text()),
        scalar("brand", 3, text()),
        scalar("url", 4, text()),
        scalar("stock", 5, whole()),
    ];
    Contract {
        format: FORMAT,
        sdl: SDL.to_owned(),
        bindings: vec![
            binding("Query", "", vec![field("product", source::Kind::Join(Box::new(join())))]),
            binding("Product", "shop.v1.Product", product),
        ],
        methods: vec![Method {
            service: "shop.v1.Shop".to_owned(),
            name: "GetProduct".to_owned(),
            input: "shop.v1.GetProductRequest".to_owned(),
            output: "shop.v1.Product".to_owned(),
            ..Method::default()
        }],
        query: Some(0),
        ..Contract::default()
    }
}

/// A plan of one call whose arguments are variables.
fn plan() -> Plan {
    let variable = |index| Value::Variable { index, default: None, never_null: false };
    let names = ["id", "market", "page"];
    let arguments = names.iter().zip(0..).map(|(name, at)| ((*name).to_owned(), variable(at)));
    let (needs, after, level, timeout) = (Vec::new(), Vec::new(), 0, None);
    Plan {
        kind: OperationKind::Query,
        variables: Vec::new(),
        root: ShapeId(0),
        shapes: vec![Shape { type_name: "Query".to_owned(), ..Shape::default() }],
        sites: vec![Site {
            step: StepId(0),
            parent: None,
            key: Vec::new(),
            many: false,
            timeout: None,
            stream: None,
            guess: Vec::new(),
            fields: None,
        }],
        steps: vec![Step {
            join: join(),
            arguments: arguments.collect(),
            timeout,
            needs,
            after,
            level,
            early: false,
            deferred: false,
            mask: None,
        }],
        defers: Vec::new(),
        streams: Vec::new(),
    }
}

fn context() -> Context {
    Context::anonymous((Instant::now() + Duration::from_secs(60)).into())
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let contract = Arc::new(contract());
    let executor =
        Executor::new(&contract, Arc::new(Memory), Vec::new(), &executor::Config::default());
    let executor = Arc::new(executor.unwrap());
    let front =
        Front::new(Arc::clone(&contract), executor, graphql::Config::default(), None).unwrap();
    let variables = RawValue::from_string(VARIABLES.to_owned()).unwrap();
    let send = |query: &str| {
        let request = Request {
            query: Cow::Borrowed(query),
            operation_name: None,
            variables: Some(&variables),
            allowed: Allowed::Reads,
            streams: false,
            incremental: None,
        };
        let response = runtime.block_on(front.execute(request, context()));
        let is_whole = matches!(response.outcome, Outcome::Executed { errors: 0, .. });
        assert!(is_whole, "{}", String::from_utf8_lossy(&response.body));
        response.body.len()
    };

    let program = compile(&Arc::new(plan()), &contract, &LazyTypes::default()).unwrap();
    let values = [
        Some(Value::String("product-00017".into())),
        Some(Value::String("de".into())),
        Some(Value::Int(3)),
    ];
    let anonymous = context();
    let mut sent = 0;
    measure::run(vec![
        Case::new("hit, a request of one call", 1, || send(QUERY)),
        Case::new("miss, the same", 1, || {
            sent += 1;
            send(&format!("{QUERY} # {sent}"))
        }),
        Case::new("encode, a request of three arguments", 1, || {
            program.call(StepId(0)).request(&values, &anonymous).unwrap().len()
        }),
    ]);
}
