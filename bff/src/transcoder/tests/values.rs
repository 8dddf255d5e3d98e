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

#[test]
fn integers_that_fit_are_numbers_and_others_are_errors() {
    for (scalar_type, value, written) in [
        (Scalar::Int32, -5_i64, Some("-5")),
        (Scalar::Sint32, -5, Some("-5")),
        (Scalar::Sfixed32, i64::from(i32::MIN), Some("-2147483648")),
        (Scalar::Uint32, 7, Some("7")),
        (Scalar::Uint32, 1 << 31, None),
        (Scalar::Fixed32, 1 << 31, None),
        (Scalar::Int64, i64::from(i32::MAX), Some("2147483647")),
        (Scalar::Int64, 1 << 31, None),
        (Scalar::Sint64, -(1 << 31) - 1, None),
        (Scalar::Sfixed64, -1, Some("-1")),
        (Scalar::Uint64, -1, None),
        (Scalar::Fixed64, 1 << 40, None),
    ] {
        let raw = raw(scalar_type, value as u64);
        let entity = || message().number(1, wire_type(scalar_type), raw);
        let errors = if written.is_some() { &[][..] } else { INVALID };
        let source = scalar(1, scalar_type, Format::Int);
        check(source.clone(), entity(), written.unwrap_or("null"), errors);
        check(explicit(source), entity(), written.unwrap_or("null"), errors);
    }
}

#[test]
fn large_integers_are_texts() {
    let source = |scalar_type| scalar(1, scalar_type, Format::Decimal);
    check(source(Scalar::Uint64), message().varint(1, u64::MAX), r#""18446744073709551615""#, &[]);
    check(source(Scalar::Int64), message().varint(1, u64::MAX), r#""-1""#, &[]);
    check(source(Scalar::Int64), message(), r#""0""#, &[]);
    check(explicit(source(Scalar::Int64)), message(), "null", &[]);
    check(explicit(source(Scalar::Int64)), message().varint(1, 0), r#""0""#, &[]);
}

#[test]
fn floats_are_finite() {
    let double = || scalar(1, Scalar::Double, Format::Float);
    check(double(), message().double(1, 12.9), "12.9", &[]);
    check(double(), message().double(1, f64::NAN), "null", INVALID);
    check(double(), message().double(1, f64::INFINITY), "null", INVALID);
    let float = scalar(1, Scalar::Float, Format::Float);
    check(float, message().number(1, FIXED32, u64::from(0.1_f32.to_bits())), "0.1", &[]);
    check(
        scalar(1, Scalar::Int64, Format::Float),
        message().varint(1, 1 << 40),
        "1099511627776",
        &[],
    );
}

#[test]
fn absent_scalars_are_zero_values_and_null_with_presence() {
    for (source, zero) in [
        (string(1), r#""""#),
        (scalar(1, Scalar::Bytes, Format::Base64), r#""""#),
        (scalar(1, Scalar::Bool, Format::Boolean), "false"),
        (scalar(1, Scalar::Sint32, Format::Int), "0"),
        (scalar(1, Scalar::Double, Format::Float), "0.0"),
    ] {
        check(source.clone(), message(), zero, &[]);
        check(explicit(source), message(), "null", &[]);
    }
}

#[test]
fn zero_values_that_were_sent_are_there() {
    check(explicit(string(1)), message().len(1, b""), r#""""#, &[]);
    check(explicit(scalar(1, Scalar::Bool, Format::Boolean)), message().varint(1, 0), "false", &[]);
    let fixed = explicit(scalar(1, Scalar::Fixed32, Format::Int));
    check(fixed, message().number(1, FIXED32, 0), "0", &[]);
}

#[test]
fn texts_are_escaped_and_valid() {
    check(string(1), message().len(1, b"a\"b\\\n\x01"), r#""a\"b\\\n\u0001""#, &[]);
    check(string(1), message().len(1, "Grüße, 世界".as_bytes()), r#""Grüße, 世界""#, &[]);
    check(string(1), message().len(1, b"\xff"), "null", INVALID);
    let program = Builder::new().reads(string(1), false);
    let mut run = Run::new(&program);
    run.answer(0, |_| bytes(message().len(1, b"\xff").0));
    run.check("null", INVALID);
}

#[test]
fn bytes_are_base64() {
    let source = scalar(1, Scalar::Bytes, Format::Base64);
    check(source, message().len(1, &[0xfb, 0xff]), r#""+/8=""#, &[]);
    check(scalar(1, Scalar::Bytes, Format::String), message().len(1, b"x"), r#""x""#, &[]);
}

#[test]
fn any_number_but_zero_is_true() {
    let source = scalar(1, Scalar::Bool, Format::Boolean);
    check(source, message().varint(1, 1 << 40), "true", &[]);
}

#[test]
fn enums_are_names_and_the_first_one_counts() {
    check_enum(message().varint(1, 1), false, r#""RED""#, &[]);
    check_enum(message().varint(1, -5_i64 as u64), false, r#""BLUE""#, &[]);
    check_enum(message().varint(1, 4000), true, r#""SKY""#, &[]);
    check_enum(message().varint(1, 2), false, "null", INVALID);
    check_enum(message().varint(1, u64::from(u32::MAX)), false, "null", INVALID);
}

#[test]
fn a_zero_that_the_schema_does_not_name_is_null_without_an_error_unless_it_was_sent() {
    check_enum(message(), false, "null", &[]);
    check_enum(message().varint(1, 0), true, "null", INVALID);
}

#[test]
fn moments_and_spans_come_from_their_messages() {
    let moment = || well_known(Format::Timestamp);
    check(moment(), message(), "null", &[]);
    check(moment(), message().message(1, message()), r#""1970-01-01T00:00:00Z""#, &[]);
    let half = message().varint(1, 1).varint(2, 500_000_000);
    check(moment(), message().message(1, half), r#""1970-01-01T00:00:01.500Z""#, &[]);
    check(moment(), message().message(1, message().varint(1, 1 << 50)), "null", INVALID);
    check(moment(), message().len(1, b"\x08"), "null", GARBAGE);
    let span = message().varint(1, 1).varint(2, 500_000_000);
    check(well_known(Format::Duration), message().message(1, span), r#""1.5s""#, &[]);
    let wrong = message().varint(1, 1).varint(2, u64::MAX);
    check(well_known(Format::Duration), message().message(1, wrong), "null", INVALID);
}

#[test]
fn the_other_well_known_messages_have_their_json() {
    let mask = message().len(1, b"title").len(1, b"list_price.amount_minor");
    check(
        well_known(Format::FieldMask),
        message().message(1, mask),
        r#""title,listPrice.amountMinor""#,
        &[],
    );
    let any = message().len(1, b"type.googleapis.com/a.B").len(2, b"\x08\x01");
    check(
        well_known(Format::Any),
        message().message(1, any),
        r#"{"@type":"type.googleapis.com/a.B","value":"CAE="}"#,
        &[],
    );
    check(well_known(Format::Empty), message().message(1, message()), "true", &[]);
    check(well_known(Format::Empty), message(), "null", &[]);
    let value = || message().double(2, 1.5);
    check(well_known(Format::Value), message().message(1, value()), "1.5", &[]);
    check(well_known(Format::Value), message().message(1, message()), "null", &[]);
    let list = message().message(1, value()).message(1, message().varint(4, 1));
    check(well_known(Format::ListValue), message().message(1, list), "[1.5,true]", &[]);
    let entry = message().len(1, b"k").message(2, message().len(3, b"v"));
    let structure = message().message(1, entry);
    check(well_known(Format::Struct), message().message(1, structure), r#"{"k":"v"}"#, &[]);
    let nan = message().double(2, f64::NAN);
    check(well_known(Format::Value), message().message(1, nan), "null", INVALID);
}

#[test]
fn wrappers_are_what_they_hold() {
    let number = || wrapped(scalar(1, Scalar::Int64, Format::Decimal));
    check(number(), message(), "null", &[]);
    check(number(), message().message(1, message()), r#""0""#, &[]);
    check(number(), message().message(1, message().varint(1, 4).varint(1, 5)), r#""5""#, &[]);
    let text = message().message(1, message().len(1, b"t"));
    check(wrapped(string(1)), text, r#""t""#, &[]);
    let base64 = wrapped(scalar(1, Scalar::Bytes, Format::Base64));
    check(base64, message().message(1, message().len(1, b"t")), r#""dA==""#, &[]);
}

#[test]
fn the_entity_itself_may_be_the_value() {
    let source = at(&[], well_known(Format::Timestamp));
    let Source::Wire(wire) = source else { panic!() };
    let source = Source::Wire(Wire { number: 0, ..wire });
    check(source, message().varint(1, 1), r#""1970-01-01T00:00:01Z""#, &[]);
    let Source::Wire(wire) = well_known(Format::Timestamp) else { panic!() };
    let source = Source::Wire(Wire { path: vec![3, 4], number: 0, ..wire });
    check(source.clone(), message().message(3, message()), "null", &[]);
    let inside = message().message(3, message().message(4, message().varint(1, 1)));
    check(source, inside, r#""1970-01-01T00:00:01Z""#, &[]);
}

#[test]
fn the_last_of_doubled_scalars_holds() {
    check(string(1), message().len(1, b"a").len(1, b"b"), r#""b""#, &[]);
    let number = scalar(1, Scalar::Int32, Format::Int);
    check(number.clone(), message().varint(1, 1).varint(1, 2), "2", &[]);
    check(explicit(number), message().varint(1, 1).varint(1, 2), "2", &[]);
}

#[test]
fn unknown_fields_wrong_wire_types_and_groups_are_passed_over() {
    let number = || scalar(1, Scalar::Int32, Format::Int);
    let noise = message()
        .len(1, b"text")
        .number(1, FIXED32, 9)
        .number(1, FIXED64, 9)
        .varint(5000, 3)
        .varint(536_870_911, 3)
        .raw(&[0x1b, 0x08, 0x07, 0x1b, 0x1c, 0x1c])
        .varint(1, 4);
    check(number(), noise, "4", &[]);
    let far = scalar(5000, Scalar::Int32, Format::Int);
    check(far, message().varint(5000, 3).varint(16, 1), "3", &[]);
    let near = scalar(300, Scalar::Int32, Format::Int);
    check(near, message().varint(5000, 3).varint(300, 1).varint(16, 1), "1", &[]);
}

#[test]
fn what_prost_refuses_is_refused() {
    let number = || scalar(1, Scalar::Int32, Format::Int);
    for garbage in [
        &b"\x08"[..],
        b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
        b"\x12\x05ab",
        b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x0d\x01\x02",
        b"\x09\x01",
        b"\x0e",
        b"\x0f",
        b"\x00\x01",
        b"\x02\x00",
        b"\x0c",
        b"\x0b",
        b"\x0b\x14",
        b"\xff\xff\xff\xff\xff\x01\x01",
    ] {
        check(number(), message().raw(garbage), "null", GARBAGE);
    }
    let mut deep = vec![0x0b; 101];
    deep.extend([0x0c; 101]);
    check(number(), message().raw(&deep), "null", GARBAGE);
    check(number(), message().raw(&deep[1..201]), "0", &[]);
}

#[test]
fn lists_of_numbers_are_packed_unpacked_or_both() {
    let numbers = || repeated(scalar(1, Scalar::Sint32, Format::Int));
    check(numbers(), message(), "[]", &[]);
    let mixed = message().varint(1, 1).len(2, b"noise").len(1, &[2, 3]).varint(1, 4).len(1, b"");
    check(numbers(), mixed, "[-1,1,-2,2]", &[]);
    let fixed = repeated(scalar(1, Scalar::Fixed64, Format::Decimal));
    check(fixed.clone(), message().len(1, &[1, 0, 0, 0, 0, 0, 0, 0]), r#"["1"]"#, &[]);
    check(fixed, message().len(1, &[1, 0, 0]), "null", GARBAGE);
    let wide = repeated(scalar(1, Scalar::Int64, Format::Int));
    let entity = || message().varint(1, 1).varint(1, 1 << 40).varint(1, 2);
    check(wide.clone(), entity(), "[1,null,2]", &["it.1: INVALID_VALUE"]);
    let program = Builder::new().reads(wide, false);
    check_null(&program, entity(), &["it.1: INVALID_VALUE"]);
}

fn check_null(program: &Program, entity: Message, errors: &[&str]) {
    let mut run = Run::new(program);
    let mut entity = Some(entity.0);
    run.answer(0, |_| bytes(entity.take().unwrap()));
    run.check("null", errors);
}

#[test]
fn lists_of_texts_keep_their_order_around_other_fields() {
    let texts = repeated(string(1));
    let entity = message().len(2, b"x").len(1, b"a").varint(3, 1).len(1, b"").len(1, b"\xff");
    check(texts, entity, r#"["a","",null]"#, &["it.2: INVALID_VALUE"]);
    let moments = repeated(well_known(Format::Timestamp));
    check(moments, message().message(1, message()), r#"["1970-01-01T00:00:00Z"]"#, &[]);
}

#[test]
fn maps_are_objects_in_which_the_last_entry_of_a_key_holds() {
    let source =
        map((Scalar::String, Format::String), Value::Leaf(leaf(Scalar::Int32, Format::Int)));
    let entry = |key: &[u8], value| message().len(1, key).varint(2, value);
    let entity = message()
        .message(1, entry(b"a", 1))
        .message(1, entry(b"b", 2))
        .message(1, entry(b"a", 3))
        .message(1, message());
    check(source.clone(), entity, r#"{"b":2,"a":3,"":0}"#, &[]);
    check(source.clone(), message(), "{}", &[]);
    check(source, message().message(1, entry(b"\xff", 1)), "null", &["it.0: INVALID_VALUE"]);
}

#[test]
fn the_keys_of_maps_become_texts() {
    let text = || Value::Leaf(leaf(Scalar::String, Format::String));
    let entity = |raw| message().message(1, message().varint(1, raw).len(2, b"v"));
    let sint = map((Scalar::Sint32, Format::Int), text());
    check(sint, entity(3), r#"{"-2":"v"}"#, &[]);
    let boolean = map((Scalar::Bool, Format::Boolean), text());
    check(boolean, entity(2), r#"{"true":"v"}"#, &[]);
    let wide = map((Scalar::Uint64, Format::Decimal), text());
    check(wide, entity(u64::MAX), r#"{"18446744073709551615":"v"}"#, &[]);
}

#[test]
fn maps_hold_objects() {
    let mut builder = Builder::new();
    let shape = builder.shape("Stock", vec![non_null(field("text", explicit(string(1))))]);
    let source = map((Scalar::String, Format::String), Value::Object(shape));
    let program = builder.reads(source, true);
    let entry = |key: &[u8], value| message().len(1, key).message(2, value);
    let entity = message()
        .message(1, entry(b"a", message().len(1, b"x")))
        .message(1, entry(b"b", message()));
    check_program(&program, entity, r#"{"a":{"text":"x"},"b":null}"#, &["it.1.text: NULL_VALUE"]);
}

#[test]
fn messages_that_come_in_parts_are_one() {
    let mut builder = Builder::new();
    let inner = builder.shape("Inner", vec![field("a", string(1)), field("b", string(2))]);
    let outer =
        builder.shape("Outer", vec![field("inner", object(1, inner)), field("c", string(2))]);
    let program = builder.reads(object(1, outer), true);
    let entity = message()
        .message(1, message().message(1, message().len(1, b"lost")).len(2, b"c"))
        .varint(9, 9)
        .message(1, message().message(1, message().len(1, b"a")))
        .message(1, message().message(1, message().len(2, b"b")));
    check_program(&program, entity, r#"{"inner":{"a":"a","b":"b"},"c":"c"}"#, &[]);
}

#[test]
fn an_abstract_value_is_the_member_that_was_set_last() {
    let mut builder = Builder::new();
    let cat = builder.shape(
        "Cat",
        vec![field("__typename", Source::Typename), field("a", string(1)), field("b", string(2))],
    );
    let dog =
        builder.shape("Dog", vec![field("d", string(1)), field("__typename", Source::Typename)]);
    let program = builder.reads(choice(1, &[(1, cat), (2, dog)]), true);
    let set = |number, inner| message().message(number, inner);
    let check = |inner: Message, value: &str| {
        check_program(&program, message().message(1, inner), value, &[]);
    };
    check(message(), "null");
    check(set(2, message().len(1, b"x")), r#"{"d":"x","__typename":"Dog"}"#);
    check(
        set(1, message().len(1, b"x")).raw(&set(2, message()).0),
        r#"{"d":"","__typename":"Dog"}"#,
    );
    let parts = set(1, message().len(1, b"lost"))
        .message(2, message())
        .message(1, message().len(1, b"x"))
        .message(1, message().len(2, b"y"));
    check(parts, r#"{"__typename":"Cat","a":"x","b":"y"}"#);
}

#[test]
fn an_abstract_value_may_always_be_one_type_or_stand_in_its_parent() {
    let mut builder = Builder::new();
    let cat = builder.shape("Cat", vec![field("a", string(1))]);
    let program = builder.reads(choice(1, &[(0, cat)]), true);
    check_program(&program, message().message(1, message()), r#"{"a":""}"#, &[]);
    let mut builder = Builder::new();
    let cat = builder.shape("Cat", vec![field("a", string(1))]);
    let program = builder.reads(choice(0, &[(7, cat)]), true);
    check_program(&program, message().message(7, message()), r#"{"a":""}"#, &[]);
    check_program(&program, message(), "null", &[]);
}

#[test]
fn a_list_of_abstract_values_has_null_where_no_member_is_set() {
    let mut builder = Builder::new();
    let cat = builder.shape("Cat", vec![field("a", string(1))]);
    let Source::Wire(wire) = choice(1, &[(1, cat)]) else { panic!() };
    let source = Source::Wire(Wire { cardinality: Cardinality::Repeated, ..wire });
    let program = builder.reads(source, true);
    let entity = || message().message(1, message().message(1, message())).message(1, message());
    check_program(&program, entity(), r#"[{"a":""},null]"#, &[]);
}

#[test]
fn one_field_may_be_selected_whole_in_part_and_twice() {
    let mut builder = Builder::new();
    let inner = builder.shape("Inner", vec![field("x", string(1))]);
    let shape = builder.shape(
        "Outer",
        vec![
            field("inner", object(1, inner)),
            field("again", object(1, inner)),
            field("flat", at(&[1], string(1))),
        ],
    );
    let program = builder.reads(whole(shape), true);
    let entity = message().message(1, message().len(1, b"v"));
    check_program(&program, entity, r#"{"inner":{"x":"v"},"again":{"x":"v"},"flat":"v"}"#, &[]);
}

#[test]
fn an_object_without_fields_and_one_with_many_are_written() {
    let mut builder = Builder::new();
    let empty = builder.shape("Empty", Vec::new());
    check_program(&builder.reads(object(1, empty), true), message().len(1, b""), "{}", &[]);
    let mut builder = Builder::new();
    let fields: Vec<_> = (1..=200)
        .map(|number| field(&format!("a_rather_long_name_of_a_field_{number}"), string(number)))
        .collect();
    let many = builder.shape("Many", fields);
    let program = builder.reads(whole(many), true);
    let entity = (1..=200_u32).fold(message(), |message, number| {
        message.len(201 - number, (201 - number).to_string().as_bytes())
    });
    let expected: Vec<String> = (1..=200)
        .map(|number| format!(r#""a_rather_long_name_of_a_field_{number}":"{number}""#))
        .collect();
    check_program(&program, entity, &format!("{{{}}}", expected.join(",")), &[]);
}

#[test]
fn the_slow_lane_is_put_in_by_response_key() {
    let mut builder = Builder::new();
    builder.root(vec![field("a", Source::Slow), field("b", Source::Slow)]);
    let program = builder.compile();
    let mut run = Run::new(&program);
    run.slow.insert("a".to_owned(), r#"{"x":1}"#.into());
    run.check(r#"{"a":{"x":1},"b":null}"#, &[]);
}

#[test]
fn errors_have_the_place_of_their_field_in_the_document() {
    let mut builder = Builder::new();
    let mut bad = field("bad", string(1));
    bad.location = Location { line: 3, column: 5 };
    let shape = builder.shape("Outer", vec![bad]);
    let program = builder.reads(list(1, shape), true);
    let mut run = Run::new(&program);
    let mut entity = Vec::new();
    put_nested(&mut entity, 1, |out| put_len(out, 1, b"\xff"));
    run.answer(0, |_| bytes(entity.clone()));
    let (_, emission) = run.emit();
    assert_eq!(emission.errors[0].location, Location { line: 3, column: 5 });
}

#[test]
fn a_contract_that_cannot_be_is_refused() {
    for source in [
        scalar(1, Scalar::String, Format::Int),
        scalar(1, Scalar::Double, Format::Decimal),
        scalar(1, Scalar::Message, Format::Int),
        scalar(0, Scalar::Int32, Format::Int),
        wire(1, Cardinality::Map, Value::Leaf(leaf(Scalar::String, Format::String))),
    ] {
        let mut builder = Builder::new();
        builder.root(vec![field("a", source)]);
        assert_eq!(builder.try_compile().unwrap_err().code(), Code::FailedPrecondition);
    }
}
