//! What a field costs from the wire to JSON, beside prost with serde_json on the same bytes: `cargo bench --bench transcode`.
//!
//! `scan` is `flat` with one small field selected, so that little but the reading is left; `flat` is 100 products with 10
//! selected fields of 18 on the wire; `large` is 1000 of them into a buffer that is not there yet; `nest` has escapes,
//! lists, a moment and nested messages; `join` has a batched call for the product's price.

#![allow(clippy::unwrap_used, reason = "nothing here may fail")]

#[path = "../measure/mod.rs"]
mod measure;
mod plans;
mod products;

use std::{hint::black_box, sync::Arc, time::Duration};

use anabranch::{
    contract::{Contract, LazyTypes},
    plan::{Plan, SiteId, StepId},
    transcoder::{
        Budget, EmitInput, Entity, EntityValue, KeyTable, Program, Refs, SlowFields, compile,
    },
};
use bytes::Bytes;
use measure::Case;
use prost::Message;
use serde::Serialize;

use plans::{flat, joined, nest, plan};
use products::{Prices, Products, prices, products};

const ITEMS: usize = 100;

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
        self.program.extract(parent, (0, entity), &mut self.keys, &mut self.refs, &[]).unwrap();
    }

    fn emit(&self, out: &mut Vec<u8>, slow: &SlowFields) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(3600);
        let budget = Budget { size: usize::MAX, deadline };
        let input = EmitInput { steps: &self.entities, refs: &self.refs, slow, lists: &[], budget };
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

/// Buffers are kept, as a server would.
fn emission<'a>(name: &'static str, request: Request<'a>, slow: &'a SlowFields) -> Case<'a> {
    let mut buffer = Vec::new();
    Case::new(name, 10 * ITEMS, move || {
        buffer.clear();
        request.emit(&mut buffer, slow);
        buffer.len()
    })
}

fn main() {
    let contract = Contract::default();
    let slow = SlowFields::new();
    let reply = Bytes::from(products(ITEMS).encode_to_vec());
    let large_reply = Bytes::from(products(10 * ITEMS).encode_to_vec());
    let compile = |plan: Plan| compile(&Arc::new(plan), &contract, &LazyTypes::default()).unwrap();
    let (one, ten) = (compile(plan(|_| flat().split_off(9))), compile(plan(|_| flat())));
    let (nest, join) = (compile(plan(nest)), compile(plan(joined)));
    let scan = answered(&one, reply.clone());
    let flat = answered(&ten, reply.clone());
    let large = answered(&ten, large_reply);
    let nest = answered(&nest, reply.clone());
    let prices = Bytes::from(Prices { items: prices(ITEMS) }.encode_to_vec());

    let mut out = Vec::new();
    let mut expected = Vec::new();
    flat.emit(&mut out, &slow);
    prost_and_serde(&reply, &mut expected);
    assert_eq!(out, expected, "both write the same");

    let mut buffer = Vec::new();
    measure::run(vec![
        emission("scan, emit one field of ten", scan, &slow),
        emission("flat, emit", flat, &slow),
        emission("nest, emit", nest, &slow),
        Case::new("large, emit into a new buffer", 100 * ITEMS, || {
            let mut buffer = Vec::new();
            large.emit(&mut buffer, &slow);
            buffer.len()
        }),
        Case::new("join, extract + request + items + emit", ITEMS, || {
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
            buffer.clear();
            request.emit(&mut buffer, &slow);
            buffer.len()
        }),
        Case::new("prost + serde_json, as flat", 10 * ITEMS, || {
            let mut out = Vec::new();
            prost_and_serde(&reply, &mut out);
            out.len()
        }),
    ]);
}
