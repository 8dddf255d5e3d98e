//! Lists, maps, messages and abstract values.

use super::*;
use crate::transcoder::Spliced;

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
    check(source, message().message(1, entry(b"\xff", 1)), "null", &["it: INVALID_VALUE"]);
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
    check_program(&program, entity, r#"{"a":{"text":"x"},"b":null}"#, &["it.text: NULL_VALUE"]);
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
    let spliced = Spliced { json: r#"{"x":1}"#.into(), errors: Vec::new() };
    run.slow.insert("a".to_owned(), Ok(spliced));
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
