//! What a field costs from the wire to JSON, beside prost with serde_json on the same bytes: `cargo bench --bench transcode`.
//!
//! Each case is timed as the shortest of many rounds, all cases in turn in each round, so that a busy machine disturbs
//! them alike. `flat` is 100 products with 10 selected fields of 17 on the wire; `nest` has escapes, lists, a moment and
//! nested messages; `join` has a batched call per product.

#![allow(clippy::print_stdout, reason = "a report is what this is for")]
#![allow(clippy::unwrap_used, reason = "nothing here may fail")]

use std::{
    collections::HashMap,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use anabranch::{
    contract::{self, Batch, Cardinality, Contract, Format, Join, Scalar, join},
    operation::{Location, OperationKind},
    plan::{
        KeySource, Plan, Shape, ShapeField, ShapeId, Site, SiteId, Source, Step, StepId, Value,
        Wire,
    },
    transcoder::{Budget, EmitInput, Entity, EntityValue, KeyTable, Program, Refs, compile},
};
use bytes::Bytes;
use prost::Message;
use serde::Serialize;

const ITEMS: usize = 100;
const ROUNDS: usize = 1000;

#[derive(Clone, PartialEq, Message, Serialize)]
struct Product {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    description: String,
    #[prost(int32, tag = "4")]
    stock: i32,
    #[prost(int64, tag = "5")]
    price_cents: i64,
    #[prost(uint64, tag = "6")]
    views: u64,
    #[prost(double, tag = "7")]
    rating: f64,
    #[prost(bool, tag = "8")]
    active: bool,
    #[prost(int32, tag = "9")]
    status: i32,
    #[prost(string, repeated, tag = "10")]
    tags: Vec<String>,
    #[prost(int32, repeated, tag = "11")]
    sizes: Vec<i32>,
    #[prost(message, optional, tag = "12")]
    size: Option<Dimensions>,
    #[prost(message, optional, tag = "13")]
    created: Option<Moment>,
    #[prost(string, tag = "14")]
    brand: String,
    #[prost(string, tag = "15")]
    url: String,
    #[prost(string, tag = "16")]
    sku: String,
}

#[derive(Clone, PartialEq, Message, Serialize)]
struct Dimensions {
    #[prost(double, tag = "1")]
    width: f64,
    #[prost(double, tag = "2")]
    height: f64,
    #[prost(string, tag = "3")]
    unit: String,
}

#[derive(Clone, PartialEq, Message, Serialize)]
struct Moment {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Products {
    #[prost(message, repeated, tag = "1")]
    items: Vec<Product>,
}

#[derive(Clone, PartialEq, Message)]
struct Price {
    #[prost(string, tag = "1")]
    product_id: String,
    #[prost(int64, tag = "2")]
    amount: i64,
    #[prost(string, tag = "3")]
    currency: String,
}

#[derive(Clone, PartialEq, Message)]
struct Prices {
    #[prost(message, repeated, tag = "1")]
    items: Vec<Price>,
}

fn products() -> Products {
    let item = |number: usize| Product {
        id: format!("product-{number:05}"),
        name: format!("Näme of thing {number}"),
        description: format!(
            "A \"quoted\" description, line one\nline two, of product {number}, with ünïcode"
        ),
        stock: (number * 37 % 1000) as i32,
        price_cents: (number * 7919 % 100_000) as i64,
        views: (number as u64) * 1_000_003,
        rating: (number % 50) as f64 / 10.0,
        active: number.is_multiple_of(3),
        status: (number % 3) as i32,
        tags: vec!["new".to_owned(), "sale".to_owned(), format!("tag{number}")],
        sizes: vec![1, 20, 300],
        size: Some(Dimensions { width: 12.5, height: 0.75, unit: "cm".to_owned() }),
        created: Some(Moment { seconds: 1_700_000_000 + number as i64, nanos: 250_000_000 }),
        brand: "Brandname".to_owned(),
        url: format!("https://example.com/products/{number:05}"),
        sku: format!("SKU-{number}"),
    };
    Products { items: (0..ITEMS).map(item).collect() }
}

fn prices() -> Vec<Price> {
    let item = |number: usize| Price {
        product_id: format!("product-{number:05}"),
        amount: (number * 7919 % 100_000) as i64,
        currency: "EUR".to_owned(),
    };
    (0..ITEMS).map(item).collect()
}

fn field(response_key: &str, source: Source) -> ShapeField {
    ShapeField {
        response_key: response_key.to_owned(),
        name: response_key.to_owned(),
        nullable: true,
        item_nullable: true,
        source,
        location: Location::default(),
    }
}

fn wire(number: u32, cardinality: Cardinality, value: Value) -> Source {
    Source::Wire(Wire { path: Vec::new(), number, cardinality, value, map_key: None })
}

fn leaf(scalar: Scalar, format: Format) -> Value {
    let (scalar, format) = (scalar.into(), format.into());
    Value::Leaf(contract::Leaf { scalar, format, ..contract::Leaf::default() })
}

fn scalar(number: u32, scalar: Scalar, format: Format) -> Source {
    wire(number, Cardinality::Implicit, leaf(scalar, format))
}

fn string(number: u32) -> Source {
    scalar(number, Scalar::String, Format::String)
}

fn flat() -> Vec<ShapeField> {
    vec![
        field("id", string(1)),
        field("sku", string(16)),
        field("name", string(2)),
        field("url", string(15)),
        field("brand", string(14)),
        field("priceCents", scalar(5, Scalar::Int64, Format::Int)),
        field("stock", scalar(4, Scalar::Int32, Format::Int)),
        field("views", scalar(6, Scalar::Uint64, Format::Decimal)),
        field("rating", scalar(7, Scalar::Double, Format::Float)),
        field("active", scalar(8, Scalar::Bool, Format::Boolean)),
    ]
}

fn nest(plan: &mut Plan) -> Vec<ShapeField> {
    plan.shapes.push(Shape {
        type_name: "Dimensions".to_owned(),
        fields: vec![
            field("width", scalar(1, Scalar::Double, Format::Float)),
            field("height", scalar(2, Scalar::Double, Format::Float)),
            field("unit", string(3)),
        ],
    });
    let size = ShapeId(plan.shapes.len() - 1);
    let ints = wire(11, Cardinality::Repeated, leaf(Scalar::Int32, Format::Int));
    let tags = wire(10, Cardinality::Repeated, leaf(Scalar::String, Format::String));
    let created = leaf(Scalar::Message, Format::Timestamp);
    vec![
        field("id", string(1)),
        field("name", string(2)),
        field("description", string(3)),
        field("tags", tags),
        field("created", wire(13, Cardinality::Explicit, created)),
        field("size", wire(12, Cardinality::Explicit, Value::Object(size))),
        field("sizes", ints),
        field("rating", scalar(7, Scalar::Double, Format::Float)),
        field("active", scalar(8, Scalar::Bool, Format::Boolean)),
        field("url", string(15)),
    ]
}

fn step(join: Join) -> Step {
    let (needs, after, level, timeout, arguments) = (Vec::new(), Vec::new(), 0, None, Vec::new());
    Step { join, arguments, timeout, needs, after, level, early: false }
}

/// `{ products { … } }` from one call that answers with all of them.
fn plan(fields: impl FnOnce(&mut Plan) -> Vec<ShapeField>) -> Plan {
    let mut plan = Plan {
        kind: OperationKind::Query,
        variables: Vec::new(),
        root: ShapeId(0),
        shapes: vec![Shape { type_name: "Query".to_owned(), fields: Vec::new() }],
        sites: vec![Site {
            step: StepId(0),
            parent: None,
            key: Vec::new(),
            many: false,
            timeout: None,
            guess: Vec::new(),
        }],
        steps: vec![step(Join { target: Some(join::Target::Method(0)), ..Join::default() })],
    };
    let fields = fields(&mut plan);
    plan.shapes.push(Shape { type_name: "Product".to_owned(), fields });
    let product = Value::Object(ShapeId(plan.shapes.len() - 1));
    let then = Box::new(wire(1, Cardinality::Repeated, product));
    plan.shapes[0].fields = vec![field("products", Source::Join { site: SiteId(0), then })];
    plan
}

fn joined(plan: &mut Plan) -> Vec<ShapeField> {
    let matching = contract::Match { path: vec![1], scalar: Scalar::String.into() };
    let batch =
        Batch { keys: vec![1], items: vec![1], r#match: vec![matching], ..Batch::default() };
    let key = contract::KeyPart {
        scalar: Scalar::String.into(),
        target_scalar: Scalar::String.into(),
        ..contract::KeyPart::default()
    };
    let target = Some(join::Target::Method(1));
    plan.steps.push(step(Join { target, key: vec![key], batch: Some(batch), ..Join::default() }));
    let key = vec![KeySource { path: vec![1], scalar: Scalar::String, presence: false }];
    plan.sites.push(Site {
        step: StepId(1),
        parent: Some(SiteId(0)),
        key,
        many: false,
        timeout: None,
        guess: Vec::new(),
    });
    plan.shapes.push(Shape {
        type_name: "Price".to_owned(),
        fields: vec![
            field("amount", scalar(2, Scalar::Int64, Format::Int)),
            field("currency", string(3)),
        ],
    });
    let price = Value::Object(ShapeId(plan.shapes.len() - 1));
    let then = Box::new(wire(0, Cardinality::Explicit, price));
    vec![
        field("id", string(1)),
        field("stock", scalar(4, Scalar::Int32, Format::Int)),
        field("price", Source::Join { site: SiteId(1), then }),
    ]
}

struct Request<'p> {
    program: &'p Program,
    keys: Vec<KeyTable>,
    refs: Vec<Refs>,
    entities: Vec<Vec<Entity>>,
}

impl<'p> Request<'p> {
    fn new(program: &'p Program) -> Self {
        let plan = program.plan();
        Self {
            program,
            keys: plan.steps.iter().map(|_| KeyTable::default()).collect(),
            refs: vec![Refs::default(); plan.sites.len()],
            entities: vec![Vec::new(); plan.steps.len()],
        }
    }

    fn extract(&mut self, parent: Option<SiteId>, entity: &[u8]) {
        self.program.extract(parent, 0, entity, &mut self.keys, &mut self.refs).unwrap();
    }

    fn emit(&self, out: &mut Vec<u8>, slow: &HashMap<String, Bytes>) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(3600);
        let budget = Budget { size: usize::MAX, deadline };
        let input = EmitInput { steps: &self.entities, refs: &self.refs, slow, budget };
        let emission = self.program.emit(&input, out);
        assert!(emission.errors.is_empty());
    }
}

fn entity(bytes: Bytes) -> Entity {
    Entity { value: EntityValue::Bytes(bytes), note: None }
}

fn answered(program: &Program, reply: Bytes) -> Request<'_> {
    let mut request = Request::new(program);
    request.extract(None, b"");
    request.entities[0].push(entity(reply));
    request
}

#[derive(Serialize)]
struct Flat<'a> {
    id: &'a str,
    sku: &'a str,
    name: &'a str,
    url: &'a str,
    brand: &'a str,
    #[serde(rename = "priceCents")]
    price_cents: i64,
    stock: i32,
    views: String,
    rating: f64,
    active: bool,
}

#[derive(Serialize)]
struct Data<'a> {
    products: Vec<Flat<'a>>,
}

fn prost_and_serde(reply: &Bytes, out: &mut Vec<u8>) {
    let products = Products::decode(reply.clone()).unwrap();
    let products = products.items.iter().map(|item| Flat {
        id: &item.id,
        sku: &item.sku,
        name: &item.name,
        url: &item.url,
        brand: &item.brand,
        price_cents: item.price_cents,
        stock: item.stock,
        views: item.views.to_string(),
        rating: item.rating,
        active: item.active,
    });
    serde_json::to_writer(out, &Data { products: products.collect() }).unwrap();
}

struct Case<'a> {
    name: &'static str,
    fields: usize,
    run: Box<dyn FnMut() -> usize + 'a>,
    best: Duration,
}

fn main() {
    let contract = Contract::default();
    let slow = HashMap::new();
    let reply = Bytes::from(products().encode_to_vec());
    let compile = |plan: Plan| compile(&Arc::new(plan), &contract).unwrap();
    let (flat, nest, join) =
        (compile(plan(|_| flat())), compile(plan(nest)), compile(plan(joined)));
    let flat = answered(&flat, reply.clone());
    let nest = answered(&nest, reply.clone());
    let prices = Bytes::from(Prices { items: prices() }.encode_to_vec());

    let mut out = Vec::new();
    let mut expected = Vec::new();
    flat.emit(&mut out, &slow);
    prost_and_serde(&reply, &mut expected);
    assert_eq!(out, expected, "both write the same");

    // Buffers are kept, as a server would.
    let mut buffers = [const { Vec::new() }; 3];
    let [first, second, third] = &mut buffers;
    let mut cases = vec![
        Case {
            name: "flat, emit",
            fields: 10 * ITEMS,
            run: Box::new(|| {
                first.clear();
                flat.emit(first, &slow);
                first.len()
            }),
            best: Duration::MAX,
        },
        Case {
            name: "nest, emit",
            fields: 10 * ITEMS,
            run: Box::new(|| {
                second.clear();
                nest.emit(second, &slow);
                second.len()
            }),
            best: Duration::MAX,
        },
        Case {
            name: "join, extract + request + items + emit",
            fields: ITEMS,
            run: Box::new(|| {
                let mut request = answered(&join, reply.clone());
                request.extract(Some(SiteId(0)), &reply);
                let call = join.call(StepId(1));
                black_box(call.with_keys(&Bytes::new(), request.keys[1].iter()));
                let none = Entity { value: EntityValue::Null, note: None };
                let mut entities = vec![none; request.keys[1].len()];
                let keys = &request.keys[1];
                let mut each = |key: &[u8], item| {
                    if let (Some(id), Ok(item)) = (keys.find(key), item) {
                        entities[id as usize] = entity(item);
                    }
                };
                call.items(&prices, &mut each).unwrap();
                request.entities[1] = entities;
                third.clear();
                request.emit(third, &slow);
                third.len()
            }),
            best: Duration::MAX,
        },
        Case {
            name: "flat, prost + serde_json",
            fields: 10 * ITEMS,
            run: Box::new(|| {
                let mut out = Vec::new();
                prost_and_serde(&reply, &mut out);
                out.len()
            }),
            best: Duration::MAX,
        },
    ];
    // `cargo bench --bench transcode -- flat` runs only the cases that begin so.
    if let Some(name) = std::env::args().nth(1).filter(|argument| !argument.starts_with('-')) {
        cases.retain(|case| case.name.starts_with(&name));
    }
    for _ in 0..ROUNDS {
        for case in &mut cases {
            let start = Instant::now();
            black_box((case.run)());
            case.best = case.best.min(start.elapsed());
        }
    }
    for case in &mut cases {
        let micros = case.best.as_secs_f64() * 1e6;
        let each = micros * 1e3 / case.fields as f64;
        println!("{:40} {micros:8.1} us {each:8.1} ns each {:8} bytes", case.name, (case.run)());
    }
}
