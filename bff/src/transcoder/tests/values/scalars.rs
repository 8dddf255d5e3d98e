//! One value of each format.

use super::*;

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
    let nested = |levels| {
        (1..levels).fold(message(), |inner, _| message().message(6, message().message(1, inner)))
    };
    let lists = format!("{}null{}", "[".repeat(99), "]".repeat(99));
    check(well_known(Format::Value), message().message(1, nested(100)), &lists, &[]);
    check(well_known(Format::Value), message().message(1, nested(101)), "null", INVALID);
}

#[test]
fn an_absent_value_is_the_default_of_the_contract() {
    let default = |source, bytes: Message| match source {
        Source::Wire(wire) => Source::Wire(Wire { default: bytes.0, ..wire }),
        source => source,
    };
    let number =
        || default(explicit(scalar(1, Scalar::Sint32, Format::Int)), message().varint(1, 3));
    check(number(), message(), "-2", &[]);
    check(number(), message().varint(1, 0), "0", &[]);
    check(default(explicit(string(1)), message().len(1, b"\"")), message(), r#""\"""#, &[]);
    let bytes = explicit(scalar(1, Scalar::Bytes, Format::Base64));
    check(default(bytes, message().len(1, b"a")), message(), r#""YQ==""#, &[]);
    let double = explicit(scalar(1, Scalar::Double, Format::Float));
    check(default(double.clone(), message().double(1, f64::INFINITY)), message(), "null", INVALID);
    // In a message that is absent nothing is.
    check(at(&[2], number()), message(), "null", &[]);
    check(at(&[2], number()), message().message(2, message()), "-2", &[]);
    let mut builder = Builder::new();
    builder.root(vec![field("a", default(double, message().len(1, b"")))]);
    assert_eq!(builder.try_compile().unwrap_err().code(), Code::FailedPrecondition);
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
