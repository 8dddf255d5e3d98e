//! `google.protobuf.Any` beside prost-reflect's ProtoJSON, both ways: random messages of types that are known.

use std::sync::{Arc, LazyLock};

use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, ReflectMessage as _, SerializeOptions,
};
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::{
    kit::{self, Builder, Run, call, leaf, wire},
    random::{Random, seeds},
    values::Message,
};
use crate::{
    context::Context,
    contract::{
        Cardinality, Contract, Fill, Format, InputValue, Join, LazyTypes, Scalar, fill, input_value,
    },
    operation::Value as Given,
    plan::{StepId, Value},
    transcoder::{Program, compile, wire::inside},
};
use given::Giver;

mod given;
mod reading;
mod showing;

const STEP: StepId = StepId(0);

static SET: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in
        [("types.proto", include_str!("types.proto")), ("old.proto", include_str!("old.proto"))]
    {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let mut compiler = protox::Compiler::new([directory.path()]).unwrap();
    compiler.include_imports(true).open_file("types.proto").unwrap().encode_file_descriptor_set()
});

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(SET.as_slice()).unwrap());

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.contract = Contract { descriptor_set: SET.clone(), ..Contract::default() };
    builder
}

fn any_of(url: &str, content: &[u8]) -> Vec<u8> {
    Message::default().len(1, url.as_bytes()).len(2, content).0
}

fn decoded(any: &[u8]) -> DynamicMessage {
    let known = POOL.get_message_by_name("google.protobuf.Any").unwrap();
    DynamicMessage::decode(known, any).unwrap()
}

/// The same JSON, but for how numbers are written. Of wrapped numbers that JSON does not have prost-reflect makes null.
fn same(ours: &Json, theirs: &Json) -> bool {
    match (ours, theirs) {
        (Json::Number(ours), Json::Number(theirs)) => ours.as_f64() == theirs.as_f64(),
        (Json::Array(ours), Json::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| same(a, b))
        }
        (Json::Object(ours), Json::Object(theirs)) => {
            let is_same = |(name, ours)| theirs.get(name).is_some_and(|theirs| same(ours, theirs));
            ours.len() == theirs.len() && ours.iter().all(is_same)
        }
        (Json::String(ours), Json::Null) => ours == "NaN" || ours.ends_with("Infinity"),
        _ => ours == theirs,
    }
}

#[test]
fn a_plan_without_an_any_does_not_have_the_types_of_the_contract_read() {
    let contract = Contract { descriptor_set: SET.clone(), ..Contract::default() };
    let reads = |format| {
        let types = LazyTypes::default();
        let leaf = Value::Leaf(leaf(Scalar::Message, format));
        let program = Builder::new().reads(wire(1, Cardinality::Explicit, leaf), true);
        compile(program.plan(), &contract, &types).unwrap();
        !format!("{types:?}").contains("<uninit>")
    };
    assert_eq!([Format::Struct, Format::Any].map(reads), [false, true]);
}
