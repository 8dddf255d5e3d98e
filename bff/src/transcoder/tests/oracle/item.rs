//! The message, and random ones.

use super::*;

#[derive(Clone, PartialEq, Message)]
pub(super) struct Item {
    #[prost(int32, tag = "1")]
    pub(super) int32: i32,
    #[prost(int64, tag = "2")]
    pub(super) int64: i64,
    #[prost(uint32, tag = "3")]
    pub(super) uint32: u32,
    #[prost(uint64, tag = "4")]
    pub(super) uint64: u64,
    #[prost(sint32, tag = "5")]
    pub(super) sint32: i32,
    #[prost(sint64, tag = "6")]
    pub(super) sint64: i64,
    #[prost(fixed32, tag = "7")]
    pub(super) fixed32: u32,
    #[prost(fixed64, tag = "8")]
    pub(super) fixed64: u64,
    #[prost(sfixed32, tag = "9")]
    pub(super) sfixed32: i32,
    #[prost(sfixed64, tag = "10")]
    pub(super) sfixed64: i64,
    #[prost(float, tag = "11")]
    pub(super) float: f32,
    #[prost(double, tag = "12")]
    pub(super) double: f64,
    #[prost(bool, tag = "13")]
    pub(super) boolean: bool,
    #[prost(string, tag = "14")]
    pub(super) string: String,
    #[prost(bytes = "vec", tag = "15")]
    pub(super) bytes: Vec<u8>,
    #[prost(int32, tag = "16")]
    pub(super) color: i32,
    #[prost(int32, optional, tag = "17")]
    pub(super) maybe_int: Option<i32>,
    #[prost(string, optional, tag = "18")]
    pub(super) maybe_string: Option<String>,
    #[prost(double, optional, tag = "19")]
    pub(super) maybe_double: Option<f64>,
    #[prost(message, optional, boxed, tag = "20")]
    pub(super) child: Option<Box<Item>>,
    #[prost(int32, repeated, tag = "21")]
    pub(super) ints: Vec<i32>,
    #[prost(sint64, repeated, packed = "false", tag = "22")]
    pub(super) sints: Vec<i64>,
    #[prost(double, repeated, tag = "23")]
    pub(super) doubles: Vec<f64>,
    #[prost(string, repeated, tag = "24")]
    pub(super) strings: Vec<String>,
    #[prost(message, repeated, tag = "25")]
    pub(super) children: Vec<Item>,
    #[prost(btree_map = "string, int32", tag = "26")]
    pub(super) counts: BTreeMap<String, i32>,
    #[prost(btree_map = "sint32, message", tag = "27")]
    pub(super) pairs: BTreeMap<i32, Pair>,
    #[prost(oneof = "Choice", tags = "28, 29")]
    pub(super) choice: Option<Choice>,
    #[prost(message, optional, tag = "30")]
    pub(super) moment: Option<Moment>,
    #[prost(message, optional, tag = "31")]
    pub(super) wrapped: Option<i64>,
    #[prost(message, optional, tag = "32")]
    pub(super) flat: Option<Nest>,
    #[prost(fixed32, repeated, tag = "33")]
    pub(super) fixed: Vec<u32>,
    #[prost(oneof = "Mixed", tags = "34, 35, 36")]
    pub(super) mixed: Option<Mixed>,
    #[prost(string, tag = "3000")]
    pub(super) far: String,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Mixed {
    #[prost(string, tag = "34")]
    Text(String),
    #[prost(sint32, tag = "35")]
    Number(i32),
    #[prost(message, tag = "36")]
    Pair(Pair),
}

/// What of the above only a descriptor says: oneofs whose members are fields of their own, and maps shown as lists.
pub(super) fn descriptor_set() -> Vec<u8> {
    use prost_types::field_descriptor_proto::Type;
    use prost_types::{DescriptorProto, FieldDescriptorProto, MessageOptions};
    let field = |number, kind: Type, of: &str, oneof| FieldDescriptorProto {
        number: Some(number),
        r#type: Some(kind.into()),
        type_name: Some(format!(".oracle.{of}")),
        oneof_index: oneof,
        ..FieldDescriptorProto::default()
    };
    let message = |name: &str, field| DescriptorProto {
        name: Some(name.to_owned()),
        field,
        ..DescriptorProto::default()
    };
    let entry = |name: &str, field| DescriptorProto {
        options: Some(MessageOptions { map_entry: Some(true), ..MessageOptions::default() }),
        ..message(name, field)
    };
    let item = DescriptorProto {
        nested_type: vec![
            entry("Count", vec![field(1, Type::String, "", None), field(2, Type::Int32, "", None)]),
            entry(
                "PairEntry",
                vec![field(1, Type::Sint32, "", None), field(2, Type::Message, "Pair", None)],
            ),
        ],
        ..message(
            "Item",
            vec![
                field(20, Type::Message, "Item", None),
                field(25, Type::Message, "Item", None),
                field(26, Type::Message, "Item.Count", None),
                field(27, Type::Message, "Item.PairEntry", None),
                field(34, Type::String, "", Some(0)),
                field(35, Type::Sint32, "", Some(0)),
                field(36, Type::Message, "Pair", Some(0)),
                field(28, Type::Message, "Pair", Some(1)),
                field(29, Type::Message, "Pair", Some(1)),
            ],
        )
    };
    let file = prost_types::FileDescriptorProto {
        package: Some("oracle".to_owned()),
        message_type: vec![message("Pair", Vec::new()), item],
        ..prost_types::FileDescriptorProto::default()
    };
    prost_types::FileDescriptorSet { file: vec![file] }.encode_to_vec()
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Choice {
    #[prost(message, tag = "28")]
    Pair(Pair),
    #[prost(message, tag = "29")]
    Nest(Nest),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Pair {
    #[prost(string, tag = "1")]
    pub(super) a: String,
    #[prost(int32, optional, tag = "2")]
    pub(super) b: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Nest {
    #[prost(message, optional, tag = "1")]
    pub(super) pair: Option<Pair>,
    #[prost(uint32, tag = "2")]
    pub(super) c: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Moment {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}

/// The fields of [`Item`] that are messages, or lists of them, and what is inside: a table for mutations.
pub(super) fn inside(message: Kind, number: u32) -> Option<Kind> {
    match (message, number) {
        (Kind::Item, 20 | 25) => Some(Kind::Item),
        (Kind::Item, 28 | 36) | (Kind::Nest, 1) => Some(Kind::Pair),
        (Kind::Item, 27) => Some(Kind::PairEntry),
        (Kind::PairEntry, 2) => Some(Kind::Pair),
        (Kind::Item, 29 | 32) => Some(Kind::Nest),
        (Kind::Item, 30 | 31 | 26) => Some(Kind::Other),
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Item,
    Pair,
    PairEntry,
    Nest,
    Other,
}

pub(super) fn random_item(random: &mut Random, depth: usize) -> Item {
    let float = |random: &mut Random| match random.below(4) {
        0 => f64::NAN,
        1 => random.number() as i64 as f64 / 100.0,
        2 => f64::from_bits(random.bits()),
        _ => 0.0,
    };
    let maybe = |random: &mut Random| random.once_in(2);
    let few = |random: &mut Random| random.below(4);
    let pair = |random: &mut Random| Pair {
        a: random.text(),
        b: random.once_in(2).then(|| random.number() as i32),
    };
    let nest = |random: &mut Random| Nest {
        pair: random.once_in(2).then(|| pair(random)),
        c: random.number() as u32,
    };
    let deeper = |random: &mut Random| depth > 0 && random.once_in(2);
    Item {
        int32: random.number() as i32,
        int64: random.number() as i64,
        uint32: random.number() as u32,
        uint64: random.number(),
        sint32: random.number() as i32,
        sint64: random.number() as i64,
        fixed32: random.number() as u32,
        fixed64: random.number(),
        sfixed32: random.number() as i32,
        sfixed64: random.number() as i64,
        float: float(random) as f32,
        double: float(random),
        boolean: maybe(random),
        string: random.text(),
        bytes: random.text().into_bytes(),
        color: random.below(4) as i32 - 1,
        maybe_int: maybe(random).then(|| random.number() as i32),
        maybe_string: maybe(random).then(|| random.text()),
        maybe_double: maybe(random).then(|| float(random)),
        child: deeper(random).then(|| Box::new(random_item(random, depth - 1))),
        ints: (0..few(random)).map(|_| random.number() as i32).collect(),
        sints: (0..few(random)).map(|_| random.number() as i64).collect(),
        doubles: (0..few(random)).map(|_| float(random)).collect(),
        strings: (0..few(random)).map(|_| random.text()).collect(),
        children: (0..if deeper(random) { 2 } else { 0 })
            .map(|_| random_item(random, depth - 1))
            .collect(),
        counts: (0..few(random)).map(|_| (random.text(), random.number() as i32)).collect(),
        pairs: (0..few(random)).map(|_| (random.below(3) as i32 - 1, pair(random))).collect(),
        choice: match random.below(3) {
            0 => None,
            1 => Some(Choice::Pair(pair(random))),
            _ => Some(Choice::Nest(nest(random))),
        },
        moment: maybe(random)
            .then(|| Moment { seconds: random.number() as i64, nanos: random.number() as i32 }),
        wrapped: maybe(random).then(|| random.number() as i64),
        flat: maybe(random).then(|| nest(random)),
        fixed: (0..few(random)).map(|_| random.number() as u32).collect(),
        mixed: match random.below(4) {
            0 => None,
            1 => Some(Mixed::Text(random.text())),
            2 => Some(Mixed::Number(random.number() as i32)),
            _ => Some(Mixed::Pair(pair(random))),
        },
        far: random.text(),
    }
}
