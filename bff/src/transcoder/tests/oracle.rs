//! prost as the oracle: what it reads from any encoding of a message, we write as JSON.

use std::collections::BTreeMap;

use prost::Message;
use serde_json::{Value as Json, json};

use super::{
    kit::{
        Builder, Run, at, bytes, choice, field, leaf, list, object, scalar, string, whole, wire,
    },
    random::{Random, seeds},
};
use crate::{
    contract::{self, Cardinality, Format, Scalar},
    plan::{ShapeField, ShapeId, Source, Value, Wire},
    transcoder::{
        Program,
        wire::{
            FIXED32, FIXED64, LEN, START_GROUP, VARINT, put_fixed, put_len, put_tag, skip, tag,
            varint,
        },
    },
};

#[derive(Clone, PartialEq, Message)]
struct Item {
    #[prost(int32, tag = "1")]
    int32: i32,
    #[prost(int64, tag = "2")]
    int64: i64,
    #[prost(uint32, tag = "3")]
    uint32: u32,
    #[prost(uint64, tag = "4")]
    uint64: u64,
    #[prost(sint32, tag = "5")]
    sint32: i32,
    #[prost(sint64, tag = "6")]
    sint64: i64,
    #[prost(fixed32, tag = "7")]
    fixed32: u32,
    #[prost(fixed64, tag = "8")]
    fixed64: u64,
    #[prost(sfixed32, tag = "9")]
    sfixed32: i32,
    #[prost(sfixed64, tag = "10")]
    sfixed64: i64,
    #[prost(float, tag = "11")]
    float: f32,
    #[prost(double, tag = "12")]
    double: f64,
    #[prost(bool, tag = "13")]
    boolean: bool,
    #[prost(string, tag = "14")]
    string: String,
    #[prost(bytes = "vec", tag = "15")]
    bytes: Vec<u8>,
    #[prost(int32, tag = "16")]
    color: i32,
    #[prost(int32, optional, tag = "17")]
    maybe_int: Option<i32>,
    #[prost(string, optional, tag = "18")]
    maybe_string: Option<String>,
    #[prost(double, optional, tag = "19")]
    maybe_double: Option<f64>,
    #[prost(message, optional, boxed, tag = "20")]
    child: Option<Box<Item>>,
    #[prost(int32, repeated, tag = "21")]
    ints: Vec<i32>,
    #[prost(sint64, repeated, packed = "false", tag = "22")]
    sints: Vec<i64>,
    #[prost(double, repeated, tag = "23")]
    doubles: Vec<f64>,
    #[prost(string, repeated, tag = "24")]
    strings: Vec<String>,
    #[prost(message, repeated, tag = "25")]
    children: Vec<Item>,
    #[prost(btree_map = "string, int32", tag = "26")]
    counts: BTreeMap<String, i32>,
    #[prost(btree_map = "sint32, message", tag = "27")]
    pairs: BTreeMap<i32, Pair>,
    #[prost(oneof = "Choice", tags = "28, 29")]
    choice: Option<Choice>,
    #[prost(message, optional, tag = "30")]
    moment: Option<Moment>,
    #[prost(message, optional, tag = "31")]
    wrapped: Option<i64>,
    #[prost(message, optional, tag = "32")]
    flat: Option<Nest>,
    #[prost(fixed32, repeated, tag = "33")]
    fixed: Vec<u32>,
    #[prost(oneof = "Mixed", tags = "34, 35, 36")]
    mixed: Option<Mixed>,
    #[prost(string, tag = "3000")]
    far: String,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Mixed {
    #[prost(string, tag = "34")]
    Text(String),
    #[prost(sint32, tag = "35")]
    Number(i32),
    #[prost(message, tag = "36")]
    Pair(Pair),
}

/// What of the above only a descriptor says: oneofs whose members are fields of their own, and maps shown as lists.
const PROTO: &str = r#"
    syntax = "proto3";
    package oracle;
    message Pair {}
    message Item {
      Item child = 20;
      repeated Item children = 25;
      map<string, int32> counts = 26;
      map<sint32, Pair> pairs = 27;
      oneof mixed { string text = 34; sint32 number = 35; Pair pair = 36; }
      oneof choice { Pair one = 28; Pair other = 29; }
    }
"#;

fn descriptor_set() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("oracle.proto"), PROTO).unwrap();
    let mut compiler = protox::Compiler::new([directory.path()]).unwrap();
    compiler.open_file("oracle.proto").unwrap().encode_file_descriptor_set()
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Choice {
    #[prost(message, tag = "28")]
    Pair(Pair),
    #[prost(message, tag = "29")]
    Nest(Nest),
}

#[derive(Clone, PartialEq, Message)]
struct Pair {
    #[prost(string, tag = "1")]
    a: String,
    #[prost(int32, optional, tag = "2")]
    b: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct Nest {
    #[prost(message, optional, tag = "1")]
    pair: Option<Pair>,
    #[prost(uint32, tag = "2")]
    c: u32,
}

#[derive(Clone, PartialEq, Message)]
struct Moment {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// The fields of [`Item`] that are messages, or lists of them, and what is inside: a table for mutations.
fn inside(message: Kind, number: u32) -> Option<Kind> {
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
enum Kind {
    Item,
    Pair,
    PairEntry,
    Nest,
    Other,
}

fn random_item(random: &mut Random, depth: usize) -> Item {
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

/// The fields of a message, each with its tag, as far as it is one.
fn split(message: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let (mut at, mut fields) = (0, Vec::new());
    while at < message.len() {
        let start = at;
        let Ok(tag) = tag(message, &mut at) else { break };
        // Kept even where its value is damaged.
        let is_whole = skip(message, &mut at, tag).is_ok();
        fields.push((tag, message[start..at].to_vec()));
        if !is_whole {
            break;
        }
    }
    fields
}

/// prost takes a map's field for a map whatever its wire type is; protobuf says that it is then unknown.
fn prost_misreads(kind: Kind, message: &[u8]) -> bool {
    split(message).into_iter().any(|(tag, field)| {
        let (number, is_len) = (tag >> 3, tag & 7 == LEN);
        let is_map = kind == Kind::Item && matches!(number, 26 | 27);
        (is_map && !is_len)
            || (is_len
                && inside(kind, number).is_some_and(|kind| prost_misreads(kind, payload(&field))))
    })
}

fn payload(field: &[u8]) -> &[u8] {
    let mut at = 0;
    varint(field, &mut at).unwrap();
    let length = varint(field, &mut at).unwrap_or_default() as usize;
    field.get(at..at.saturating_add(length)).unwrap_or_default()
}

/// Another encoding that a writer of protobuf may make of fields like these: shuffled, doubled, in parts, packed and not,
/// with unknown fields in between.
fn mutate(random: &mut Random, kind: Kind, message: &[u8]) -> Vec<u8> {
    let mut fields = Vec::new();
    for (tag, field) in split(message) {
        let number = tag >> 3;
        match inside(kind, number) {
            Some(inner) if tag & 7 == LEN => {
                let payload = mutate(random, inner, payload(&field));
                let is_single = !matches!((kind, number), (Kind::Item, 25..=27));
                if is_single && random.once_in(3) {
                    let mut parts = split(&payload);
                    let rest = parts.split_off(random.below(parts.len() + 1));
                    for part in [parts, rest] {
                        fields.push(len(number, &joined(part)));
                    }
                } else {
                    fields.push(len(number, &payload));
                }
            }
            _ if tag & 7 == LEN && matches!((kind, number), (Kind::Item, 21 | 23 | 33)) => {
                unpack(random, number, payload(&field), &mut fields);
            }
            _ => fields.push(field),
        }
        if random.once_in(20) {
            fields.push(fields.last().unwrap().clone());
        }
        if random.once_in(10) {
            fields.push(unknown(random));
        }
    }
    if random.once_in(2) {
        random.shuffle(&mut fields);
    }
    fields.concat()
}

fn joined(fields: Vec<(u32, Vec<u8>)>) -> Vec<u8> {
    fields.into_iter().flat_map(|(_, field)| field).collect()
}

fn len(number: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_len(&mut out, number, payload);
    out
}

/// Packed numbers, one by one or in two packs.
fn unpack(random: &mut Random, number: u32, packed: &[u8], fields: &mut Vec<Vec<u8>>) {
    let wire_type = match number {
        21 => VARINT,
        23 => FIXED64,
        _ => FIXED32,
    };
    let mut at = 0;
    while at < packed.len() {
        let start = at;
        skip(packed, &mut at, number << 3 | wire_type).unwrap();
        if random.once_in(2) {
            fields.push(len(number, &packed[start..at]));
        } else {
            let mut out = Vec::new();
            put_tag(&mut out, number, wire_type);
            out.extend_from_slice(&packed[start..at]);
            fields.push(out);
        }
    }
}

fn unknown(random: &mut Random) -> Vec<u8> {
    let number = [40, 127, 128, 4000, 536_870_911][random.below(5)];
    let mut out = Vec::new();
    match random.below(5) {
        0 => return len(number, random.text().as_bytes()),
        1 => {
            put_tag(&mut out, number, START_GROUP);
            out.extend(unknown(random));
            put_tag(&mut out, number, 4);
        }
        wire_type => {
            let wire_type = [VARINT, FIXED32, FIXED64][wire_type - 2];
            put_tag(&mut out, number, wire_type);
            put_fixed(&mut out, wire_type, random.number());
        }
    }
    out
}

fn repeated(source: Source) -> Source {
    match source {
        Source::Wire(wire) => Source::Wire(Wire { cardinality: Cardinality::Repeated, ..wire }),
        source => source,
    }
}

fn explicit(source: Source) -> Source {
    match source {
        Source::Wire(wire) => Source::Wire(Wire { cardinality: Cardinality::Explicit, ..wire }),
        source => source,
    }
}

fn map(number: u32, key: (Scalar, Format), value: Value) -> Source {
    let map_key = Some(leaf(key.0, key.1));
    let cardinality = Cardinality::Map;
    Source::Wire(Wire { path: Vec::new(), number, cardinality, value, map_key })
}

const DEPTH: usize = 3;

/// `{ it { … } }` with all fields of an item, children included as deep as they are made.
fn program() -> Program {
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

fn item_fields(shapes: [ShapeId; 4], item: Option<ShapeId>) -> Vec<ShapeField> {
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

/// Through text, as what we write is read: serde_json does not always read the nearest double.
fn float64(number: f64) -> Json {
    if number.is_finite() {
        serde_json::from_str(&format!("{number:?}")).unwrap()
    } else {
        Json::Null
    }
}

/// A float is the shortest text that reads back as this float.
fn float32(number: f32) -> Json {
    if number.is_finite() {
        serde_json::from_str(&format!("{number:?}")).unwrap()
    } else {
        Json::Null
    }
}

fn int(number: i128) -> Json {
    i32::try_from(number).map_or(Json::Null, |number| json!(number))
}

fn text<T: ToString + ?Sized>(number: &T) -> Json {
    Json::String(number.to_string())
}

fn pair(pair: &Pair) -> Json {
    json!({ "a": pair.a, "b": pair.b })
}

fn pair_entry((key, it): (&i32, &Pair)) -> Json {
    json!({ "key": key, "value": pair(it), "flat": it.a })
}

fn nest(nest: &Nest) -> Json {
    json!({ "pair": nest.pair.as_ref().map(pair), "c": text(&nest.c) })
}

/// The days since 1970 as a date, year by year.
fn moment(moment: &Moment) -> Json {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    if !(FIRST..=LAST).contains(&moment.seconds) || !(0..1_000_000_000).contains(&moment.nanos) {
        return Json::Null;
    }
    let mut days = (moment.seconds - FIRST) / 86_400;
    let second = (moment.seconds - FIRST) % 86_400;
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let mut year = 1;
    while days >= 365 + i64::from(leap(year)) {
        days -= 365 + i64::from(leap(year));
        year += 1;
    }
    let months = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= months[month] {
        days -= months[month];
        month += 1;
    }
    let mut fraction = match moment.nanos {
        0 => String::new(),
        nanos => format!(".{nanos:09}"),
    };
    while fraction.ends_with("000") {
        fraction.truncate(fraction.len() - 3);
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let (month, day) = (month + 1, days + 1);
    text(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
}

/// The same answer by way of prost and a tree: slow and obvious.
fn slow(item: &Item, depth: usize) -> Json {
    let color = match item.color {
        0 => json!("RED"),
        1 => json!("BLUE"),
        -1 => json!("MINUS"),
        _ => Json::Null,
    };
    let flat = item.flat.as_ref();
    let flat_pair = flat.and_then(|flat| flat.pair.as_ref());
    let mut json = json!({
        "far": item.far,
        "flatA": flat_pair.map(|pair| &pair.a),
        "int32": item.int32,
        "int64": text(&item.int64),
        "uint32": int(item.uint32.into()),
        "uint64": text(&item.uint64),
        "sint32": item.sint32,
        "sint64": int(item.sint64.into()),
        "fixed32": text(&item.fixed32),
        "fixed64": text(&item.fixed64),
        "sfixed32": item.sfixed32,
        "sfixed64": text(&item.sfixed64),
        "float": float32(item.float),
        "double": float64(item.double),
        "boolean": item.boolean,
        "string": item.string,
        "bytes": base64_simd::STANDARD.encode_to_string(&item.bytes),
        "color": color,
        "maybeInt": item.maybe_int,
        "maybeString": item.maybe_string,
        "maybeDouble": item.maybe_double.map_or(Json::Null, float64),
        "ints": item.ints,
        "sints": item.sints.iter().map(text).collect::<Vec<_>>(),
        "doubles": item.doubles.iter().map(|number| float64(*number)).collect::<Vec<_>>(),
        "strings": item.strings,
    });
    let rest = json!({
        "counts": item.counts,
        "pairs": item.pairs.iter().map(|(key, it)| (key.to_string(), pair(it))).collect::<Json>(),
        "choice": match &item.choice {
            None => Json::Null,
            Some(Choice::Pair(it)) => pair(it),
            Some(Choice::Nest(it)) => nest(it),
        },
        "moment": item.moment.as_ref().map_or(Json::Null, moment),
        "wrapped": item.wrapped.as_ref().map(text),
        "flat": flat.map(nest),
        "flatB": flat_pair.map(|pair| pair.b),
        "flatC": flat.map(|flat| text(&flat.c)),
        "text": match &item.mixed { Some(Mixed::Text(text)) => json!(text), _ => Json::Null },
        "number": match &item.mixed { Some(Mixed::Number(number)) => json!(number), _ => Json::Null },
        "pair": match &item.mixed { Some(Mixed::Pair(it)) => pair(it), _ => Json::Null },
        "countEntries": item.counts.iter().map(|(key, value)| json!({"key": key, "value": value})).collect::<Json>(),
        "pairEntries": item.pairs.iter().map(pair_entry).collect::<Json>(),
        "fixed": item.fixed.iter().map(text).collect::<Vec<_>>(),
    });
    let fields = json.as_object_mut().unwrap();
    fields.extend(rest.as_object().unwrap().clone());
    if depth > 0 {
        let child = item.child.as_ref().map(|child| slow(child, depth - 1));
        fields.insert("child".to_owned(), json!(child));
        let children: Vec<_> = item.children.iter().map(|child| slow(child, depth - 1)).collect();
        fields.insert("children".to_owned(), json!(children));
    }
    json
}

/// A map has no order.
fn sort_entries(json: &mut Json) {
    match json {
        Json::Object(fields) => {
            for (key, value) in fields {
                if let (true, Json::Array(entries)) = (key.ends_with("Entries"), &mut *value) {
                    entries.sort_by(|one, other| {
                        let key = |entry: &Json| {
                            (entry["key"].as_i64(), entry["key"].as_str().map(str::to_owned))
                        };
                        key(one).cmp(&key(other))
                    });
                }
                sort_entries(value);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(sort_entries),
        _ => {}
    }
}

/// What we write, and whether we could read it.
fn ours(program: &Program, message: &[u8]) -> (Json, bool) {
    let mut run = Run::new(program);
    run.answer(0, |_| bytes(message.to_vec()));
    let (json, emission) = run.emit();
    let mut json: Json = serde_json::from_str(&json).unwrap();
    let unread =
        |error: &crate::transcoder::FieldError| error.error.code() == crate::error::Code::DataLoss;
    sort_entries(&mut json);
    (json["it"].clone(), !emission.errors.iter().any(unread))
}

fn near(ours: &serde_json::Number, theirs: &serde_json::Number, path: &str) -> bool {
    let (Some(ours), Some(theirs)) = (ours.as_f64(), theirs.as_f64()) else { return false };
    let is_float = path.ends_with(".float") && ours as f32 == theirs as f32;
    is_float || (ours - theirs).abs() <= theirs.abs() * 4.0 * f64::EPSILON
}

/// The first place where two values differ.
fn difference(written: &Json, expected: &Json, path: &str) -> Option<String> {
    match (written, expected) {
        (Json::Object(ours), Json::Object(theirs)) if ours.len() == theirs.len() => {
            theirs.iter().find_map(|(key, value)| {
                let written = ours.get(key).unwrap_or(&Json::Null);
                difference(written, value, &format!("{path}.{key}"))
            })
        }
        (Json::Array(ours), Json::Array(theirs)) if ours.len() == theirs.len() => {
            let pairs = ours.iter().zip(theirs).enumerate();
            pairs.into_iter().find_map(|(at, (written, expected))| {
                difference(written, expected, &format!("{path}.{at}"))
            })
        }
        _ if written == expected => None,
        // Of two shortest texts for one number both are right, and serde_json does not always read the nearest double.
        (Json::Number(ours), Json::Number(theirs)) if near(ours, theirs, path) => None,
        _ => Some(format!("{path}: {written} is not {expected}")),
    }
}

fn check(written: &Json, expected: &Json, seed: u64, message: &[u8]) {
    if let Some(difference) = difference(written, expected, "it") {
        panic!("{difference}\nseed {seed}, {message:02x?}");
    }
}

#[test]
fn every_encoding_of_a_message_is_read_as_prost_reads_it() {
    let program = program();
    for seed in seeds(60) {
        let mut random = Random::new(seed);
        let item = random_item(&mut random, DEPTH);
        let plain = item.encode_to_vec();
        check(&ours(&program, &plain).0, &slow(&item, DEPTH), seed, &plain);
        for _ in 0..3 {
            let message = mutate(&mut random, Kind::Item, &plain);
            let decoded = Item::decode(&*message).unwrap();
            check(&ours(&program, &message).0, &slow(&decoded, DEPTH), seed, &message);
        }
        let twice = [plain, random_item(&mut random, 1).encode_to_vec()].concat();
        let decoded = Item::decode(&*twice).unwrap();
        check(&ours(&program, &twice).0, &slow(&decoded, DEPTH), seed, &twice);
    }
}

#[test]
fn no_damage_crashes_and_what_prost_still_reads_we_read_alike() {
    let program = program();
    let mut read = 0;
    for seed in seeds(400) {
        let mut random = Random::new(seed ^ 0x5eed);
        let mut message = random_item(&mut random, 1).encode_to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(message.len());
            match random.below(4) {
                0 => message.truncate(at + 1),
                1 => message[at] = random.bits() as u8,
                _ => message[at] ^= 1 << random.below(8),
            }
        }
        let (json, could_read) = ours(&program, &message);
        if let Ok(decoded) = Item::decode(&*message)
            && !prost_misreads(Kind::Item, &message)
        {
            assert!(could_read, "seed {seed}, {message:02x?}");
            check(&json, &slow(&decoded, DEPTH), seed, &message);
            read += 1;
        }
    }
    assert!(read > 20, "damage that prost can read is what this compares: {read}");
}
