//! Values: what each format makes of what is on the wire.

use super::kit::{
    Builder, Run, at, bytes, choice, field, leaf, list, non_null, object, scalar, string, whole,
    wire,
};
use crate::{
    contract::{self, Cardinality, Format, Scalar},
    error::Code,
    operation::Location,
    plan::{Source, Value, Wire},
    transcoder::{
        Program,
        scalar::{raw, wire_type},
        wire::{FIXED32, FIXED64, VARINT, put_fixed, put_len, put_nested, put_tag},
    },
};

mod scalars;
mod shapes;

/// Bytes of a message, written field by field.
#[derive(Default)]
pub(super) struct Message(pub(super) Vec<u8>);

impl Message {
    pub(super) fn len(mut self, number: u32, payload: &[u8]) -> Self {
        put_len(&mut self.0, number, payload);
        self
    }

    pub(super) fn message(self, number: u32, inner: Self) -> Self {
        let Self(inner) = inner;
        self.len(number, &inner)
    }

    pub(super) fn number(mut self, number: u32, wire_type: u32, raw: u64) -> Self {
        put_tag(&mut self.0, number, wire_type);
        put_fixed(&mut self.0, wire_type, raw);
        self
    }

    pub(super) fn varint(self, number: u32, raw: u64) -> Self {
        self.number(number, VARINT, raw)
    }

    fn double(self, number: u32, value: f64) -> Self {
        self.number(number, FIXED64, value.to_bits())
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

fn message() -> Message {
    Message::default()
}

fn explicit(source: Source) -> Source {
    match source {
        Source::Wire(wire) => Source::Wire(Wire { cardinality: Cardinality::Explicit, ..wire }),
        source => source,
    }
}

fn repeated(source: Source) -> Source {
    match source {
        Source::Wire(wire) => Source::Wire(Wire { cardinality: Cardinality::Repeated, ..wire }),
        source => source,
    }
}

fn wrapped(source: Source) -> Source {
    let Source::Wire(Wire { value: Value::Leaf(leaf), number, .. }) = source else { return source };
    let leaf = contract::Leaf { wrapped: true, ..leaf };
    wire(number, Cardinality::Explicit, Value::Leaf(leaf))
}

fn well_known(format: Format) -> Source {
    wire(1, Cardinality::Explicit, Value::Leaf(leaf(Scalar::Message, format)))
}

fn map(key: (Scalar, Format), value: Value) -> Source {
    let Source::Wire(wire) = wire(1, Cardinality::Map, value) else { panic!() };
    Source::Wire(Wire { map_key: Some(leaf(key.0, key.1)), ..wire })
}

/// What a source reads from an entity, in a place that may be null.
fn check(source: Source, entity: Message, value: &str, errors: &[&str]) {
    check_program(&Builder::new().reads(source, true), entity, value, errors);
}

fn check_program(program: &Program, entity: Message, value: &str, errors: &[&str]) {
    let mut run = Run::new(program);
    let mut entity = Some(entity.0);
    run.answer(0, |_| bytes(entity.take().unwrap()));
    run.check(&format!(r#"{{"it":{value}}}"#), errors);
}

const INVALID: &[&str] = &["it: INVALID_VALUE"];
const GARBAGE: &[&str] = &["it: DATA_LOSS"];

fn color() -> contract::Enum {
    let value = |name: &str, number| contract::EnumValue { name: name.to_owned(), number };
    contract::Enum {
        r#type: "Color".to_owned(),
        values: vec![value("RED", 1), value("ROT", 1), value("BLUE", -5), value("SKY", 4000)],
    }
}

fn check_enum(entity: Message, presence: bool, value: &str, errors: &[&str]) {
    let mut builder = Builder::new();
    builder.contract.enums = vec![contract::Enum::default(), color()];
    let leaf = contract::Leaf { r#enum: 1, ..leaf(Scalar::Enum, Format::Enum) };
    let cardinality = if presence { Cardinality::Explicit } else { Cardinality::Implicit };
    let program = builder.reads(wire(1, cardinality, Value::Leaf(leaf)), true);
    check_program(&program, entity, value, errors);
}
