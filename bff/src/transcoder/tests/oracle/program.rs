//! A plan that selects everything of the message.

use super::*;

pub(super) fn repeated(source: Source) -> Source {
    match source {
        Source::Wire(wire) => Source::Wire(Wire { cardinality: Cardinality::Repeated, ..wire }),
        source => source,
    }
}

pub(super) fn explicit(source: Source) -> Source {
    match source {
        Source::Wire(wire) => Source::Wire(Wire { cardinality: Cardinality::Explicit, ..wire }),
        source => source,
    }
}

pub(super) fn map(number: u32, key: (Scalar, Format), value: Value) -> Source {
    let map_key = Some(leaf(key.0, key.1));
    let cardinality = Cardinality::Map;
    Source::Wire(Wire {
        path: Vec::new(),
        number,
        cardinality,
        value,
        map_key,
        default: Vec::new(),
        stream: None,
    })
}

pub(super) const DEPTH: usize = 3;

/// `{ it { … } }` with all fields of an item, children included as deep as they are made.
pub(super) fn program() -> Program {
    let mut builder = Builder::new();
    let value = |name: &str, number| contract::EnumValue { name: name.to_owned(), number };
    builder.contract.enums = vec![contract::Enum {
        r#type: "Color".to_owned(),
        values: vec![value("RED", 0), value("BLUE", 1), value("MINUS", -1)],
    }];
    builder.contract.descriptor_set = descriptor_set();
    let output = "oracle.Item".to_owned();
    builder.contract.methods = vec![contract::Method { output, ..contract::Method::default() }];
    let pair_fields =
        || vec![field("a", string(1)), field("b", explicit(scalar(2, Scalar::Int32, Format::Int)))];
    let pair = builder.shape("Pair", pair_fields());
    let nest_fields = vec![
        field("pair", object(1, pair)),
        field("c", scalar(2, Scalar::Uint32, Format::Decimal)),
    ];
    let nest = builder.shape("Nest", nest_fields);
    let entry_fields =
        vec![field("key", string(1)), field("value", scalar(2, Scalar::Int32, Format::Int))];
    let count = builder.shape("Count", entry_fields);
    let entry_fields = vec![
        field("key", scalar(1, Scalar::Sint32, Format::Int)),
        field("value", object(2, pair)),
        field("flat", at(&[2], string(1))),
    ];
    let entry = builder.shape("PairEntry", entry_fields);
    let mut item = None;
    for _ in 0..=DEPTH {
        let fields = item_fields([pair, nest, count, entry], item);
        item = Some(builder.shape("Item", fields));
    }
    builder.reads(whole(item.unwrap()), true)
}

pub(super) fn item_fields(shapes: [ShapeId; 4], item: Option<ShapeId>) -> Vec<ShapeField> {
    let [pair, nest, count, entry] = shapes;
    let color = wire(16, Cardinality::Implicit, Value::Leaf(leaf(Scalar::Enum, Format::Enum)));
    let moment = Value::Leaf(leaf(Scalar::Message, Format::Timestamp));
    let wrapped = contract::Leaf { wrapped: true, ..leaf(Scalar::Int64, Format::Decimal) };
    let counts = Value::Leaf(leaf(Scalar::Int32, Format::Int));
    let mut fields = vec![
        field("far", string(3000)),
        field("flatA", at(&[32, 1], string(1))),
        field("int32", scalar(1, Scalar::Int32, Format::Int)),
        field("int64", scalar(2, Scalar::Int64, Format::Decimal)),
        field("uint32", scalar(3, Scalar::Uint32, Format::Int)),
        field("uint64", scalar(4, Scalar::Uint64, Format::Decimal)),
        field("sint32", scalar(5, Scalar::Sint32, Format::Int)),
        field("sint64", scalar(6, Scalar::Sint64, Format::Int)),
        field("fixed32", scalar(7, Scalar::Fixed32, Format::Decimal)),
        field("fixed64", scalar(8, Scalar::Fixed64, Format::Decimal)),
        field("sfixed32", scalar(9, Scalar::Sfixed32, Format::Int)),
        field("sfixed64", scalar(10, Scalar::Sfixed64, Format::Decimal)),
        field("float", scalar(11, Scalar::Float, Format::Float)),
        field("double", scalar(12, Scalar::Double, Format::Float)),
        field("boolean", scalar(13, Scalar::Bool, Format::Boolean)),
        field("string", string(14)),
        field("bytes", scalar(15, Scalar::Bytes, Format::Base64)),
        field("color", color),
        field("maybeInt", explicit(scalar(17, Scalar::Int32, Format::Int))),
        field("maybeString", explicit(string(18))),
        field("maybeDouble", explicit(scalar(19, Scalar::Double, Format::Float))),
        field("ints", repeated(scalar(21, Scalar::Int32, Format::Int))),
        field("sints", repeated(scalar(22, Scalar::Sint64, Format::Decimal))),
        field("doubles", repeated(scalar(23, Scalar::Double, Format::Float))),
        field("strings", repeated(string(24))),
        field("counts", map(26, (Scalar::String, Format::String), counts)),
        field("pairs", map(27, (Scalar::Sint32, Format::Int), Value::Object(pair))),
        field("choice", choice(0, &[(28, pair), (29, nest)])),
        field("moment", wire(30, Cardinality::Explicit, moment)),
        field("wrapped", wire(31, Cardinality::Explicit, Value::Leaf(wrapped))),
        field("flat", object(32, nest)),
        field("flatB", at(&[32, 1], explicit(scalar(2, Scalar::Int32, Format::Int)))),
        field("flatC", at(&[32], scalar(2, Scalar::Uint32, Format::Decimal))),
        field("text", explicit(string(34))),
        field("number", explicit(scalar(35, Scalar::Sint32, Format::Int))),
        field("pair", object(36, pair)),
        field("countEntries", list(26, count)),
        field("pairEntries", list(27, entry)),
        field("fixed", repeated(scalar(33, Scalar::Fixed32, Format::Decimal))),
    ];
    if let Some(item) = item {
        fields.push(field("child", object(20, item)));
        fields.push(field("children", list(25, item)));
    }
    fields
}
