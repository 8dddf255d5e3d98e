//! What arguments become in a request.

use super::*;

#[test]
fn what_of_the_caller_is_asked_for_is_filled_in_and_what_is_missing_left_out() {
    let text = || input(Cardinality::Explicit, leaf(Scalar::String, Format::String));
    let number = input(Cardinality::Explicit, leaf(Scalar::Int32, Format::Int));
    let mut builder = Builder::new();
    builder.step(filled(vec![
        fill(&[1], fill::Source::Identity("sub".to_owned()), text()),
        fill(&[2], fill::Source::Identity("email".to_owned()), text()),
        fill(&[3], fill::Source::Identity("nothing".to_owned()), text()),
        fill(&[4], fill::Source::Tenant(true), text()),
        fill(&[5, 1], fill::Source::Header("x-page".to_owned()), number),
        fill(&[5, 2], fill::Source::Header("x-nothing".to_owned()), text()),
        fill(&[6, 1], fill::Source::Header("x-nothing".to_owned()), text()),
        Fill { value: None, ..fill(&[7], fill::Source::Context("market".to_owned()), text()) },
        fill(&[5], fill::Source::Constant(message().varint(3, 9).0), text()),
    ]));
    let program = builder.compile();
    let request = program.call(STEP).request(&[], &context()).unwrap();
    let expected = message()
        .len(1, b"ann")
        .len(2, b"a@b.c")
        .len(4, b"acme")
        .message(5, message().varint(1, 7).varint(3, 9))
        .len(7, b"de");
    assert_eq!(request, expected.0);
}

#[test]
fn constants_are_encoded_once() {
    let mut builder = Builder::new();
    let constant = fill::Source::Constant(message().varint(1, 9).0);
    builder.step(filled(vec![fill(&[3, 2], constant, InputValue::default())]));
    let program = builder.compile();
    let request = || program.call(STEP).request(&[], &context()).unwrap();
    assert_eq!(request(), message().message(3, message().message(2, message().varint(1, 9))).0);
    assert_eq!(request().as_ptr(), request().as_ptr());
}

#[test]
fn numbers_go_into_the_types_of_the_request() {
    let implicit = |scalar, format| input(Cardinality::Implicit, leaf(scalar, format));
    let explicit = |scalar, format| input(Cardinality::Explicit, leaf(scalar, format));
    check(implicit(Scalar::Int32, Format::Int), &Value::Int(-1), message().varint(1, u64::MAX));
    check(implicit(Scalar::Int32, Format::Int), &Value::Int(0), message());
    check(explicit(Scalar::Int32, Format::Int), &Value::Int(0), message().varint(1, 0));
    check(explicit(Scalar::Sint32, Format::Int), &Value::Int(-1), message().varint(1, 1));
    let sfixed = raw(Scalar::Sfixed32, -1_i64 as u64);
    check(
        explicit(Scalar::Sfixed32, Format::Int),
        &Value::Int(-1),
        message().number(1, FIXED32, sfixed),
    );
    check(
        explicit(Scalar::Uint64, Format::Decimal),
        &string("18446744073709551615"),
        message().varint(1, u64::MAX),
    );
    let double = message().number(1, FIXED64, 0.5_f64.to_bits());
    check(explicit(Scalar::Double, Format::Float), &Value::Float(0.5), double);
    let float = message().number(1, FIXED32, u64::from(2.0_f32.to_bits()));
    check(explicit(Scalar::Float, Format::Float), &Value::Int(2), float);
    check(explicit(Scalar::Bool, Format::Boolean), &Value::Boolean(true), message().varint(1, 1));
    check(implicit(Scalar::Bool, Format::Boolean), &Value::Boolean(false), message());
    let negative_zero = message().number(1, FIXED64, (-0.0_f64).to_bits());
    check(implicit(Scalar::Double, Format::Float), &Value::Float(-0.0), negative_zero);

    refused(explicit(Scalar::Uint32, Format::Int), &Value::Int(-1));
    refused(explicit(Scalar::Int64, Format::Decimal), &string("9223372036854775808"));
    refused(explicit(Scalar::Int64, Format::Decimal), &string("ten"));
    refused(explicit(Scalar::Float, Format::Float), &Value::Float(1e300));
    refused(explicit(Scalar::Int32, Format::Int), &object(Vec::new()));
    refused(explicit(Scalar::Bool, Format::Boolean), &string("yes"));
}

#[test]
fn texts_bytes_and_enums_go_into_the_types_of_the_request() {
    let explicit = |scalar, format| input(Cardinality::Explicit, leaf(scalar, format));
    check(explicit(Scalar::String, Format::String), &string(""), message().len(1, b""));
    check(
        input(Cardinality::Implicit, leaf(Scalar::String, Format::String)),
        &string(""),
        message(),
    );
    check(explicit(Scalar::Bytes, Format::Base64), &string("-_8"), message().len(1, &[0xfb, 0xff]));
    refused(explicit(Scalar::Bytes, Format::Base64), &string("!"));
    let minus_two = -2_i64 as u64;
    check(
        explicit(Scalar::Enum, Format::Enum),
        &Value::Enum("RED".into()),
        message().varint(1, minus_two),
    );
    refused(explicit(Scalar::Enum, Format::Enum), &Value::Enum("PINK".into()));
    let wrapped = contract::Leaf { wrapped: true, ..leaf(Scalar::Int64, Format::Decimal) };
    check(
        input(Cardinality::Explicit, wrapped),
        &string("0"),
        message().message(1, message().varint(1, 0)),
    );
}

#[test]
fn well_known_messages_are_read_from_their_json() {
    let known = |format| input(Cardinality::Explicit, leaf(Scalar::Message, format));
    let inner = |inner: Message| message().message(1, inner);
    check(
        known(Format::Timestamp),
        &string("1970-01-01T00:00:01.5Z"),
        inner(message().varint(1, 1).varint(2, 500_000_000)),
    );
    refused(known(Format::Timestamp), &string("yesterday"));
    check(known(Format::Duration), &string("-1s"), inner(message().varint(1, u64::MAX)));
    refused(known(Format::Duration), &string("1 second"));
    let mask = inner(message().len(1, b"a_b").len(1, b"c"));
    check(known(Format::FieldMask), &string("aB,c"), mask);
    check(known(Format::Empty), &Value::Boolean(true), inner(message()));
    refused(known(Format::Empty), &Value::Boolean(false));
    let any = object(vec![("@type", string("t")), ("value", string("CAE="))]);
    check(known(Format::Any), &any, inner(message().len(1, b"t").len(2, &[8, 1])));
    check(known(Format::Value), &Value::Null, inner(message().varint(1, 0)));
    check(known(Format::Value), &string("x"), inner(message().len(3, b"x")));
    let list = inner(message().message(1, message().varint(4, 1)));
    check(known(Format::ListValue), &Value::List(vec![Value::Boolean(true)]), list);
    refused(known(Format::ListValue), &Value::Int(1));
    let entry = message().len(1, b"k").message(2, message().varint(4, 0));
    let structure = object(vec![("k", Value::Boolean(false))]);
    check(known(Format::Struct), &structure, inner(message().message(1, entry)));
    refused(known(Format::Struct), &Value::Int(1));
}

#[test]
fn lists_are_packed_where_they_can_be() {
    let list = |scalar, format| input(Cardinality::Repeated, leaf(scalar, format));
    let numbers = Value::List(vec![Value::Int(1), Value::Int(300)]);
    check(list(Scalar::Int32, Format::Int), &numbers, message().len(1, &[1, 0xac, 2]));
    check(list(Scalar::Int32, Format::Int), &Value::Int(1), message().len(1, &[1]));
    check(list(Scalar::Int32, Format::Int), &Value::List(Vec::new()), message());
    check(list(Scalar::Int32, Format::Int), &Value::Null, message());
    let texts = Value::List(vec![string("a"), string("")]);
    check(list(Scalar::String, Format::String), &texts, message().len(1, b"a").len(1, b""));
    refused(list(Scalar::String, Format::String), &Value::List(vec![Value::Null]));
    refused(list(Scalar::Int32, Format::Int), &Value::List(vec![Value::Int(1), Value::Null]));
    let nulls = Value::List(vec![Value::Null]);
    let null = message().message(1, message().varint(1, 0));
    check(list(Scalar::Message, Format::Value), &nulls, null);
}

#[test]
fn maps_are_written_from_objects() {
    let map = InputValue {
        map_key: Some(leaf(Scalar::Int32, Format::Int)),
        ..input(Cardinality::Map, leaf(Scalar::String, Format::String))
    };
    let entry = message().varint(1, 5).len(2, b"x");
    check(map, &object(vec![("5", string("x"))]), message().message(1, entry));
    refused(map, &object(vec![("five", string("x"))]));
    refused(map, &string("x"));
}

#[test]
fn input_objects_become_messages_however_deep() {
    let given = object(vec![
        ("tags", Value::List(vec![string("t")])),
        (
            "next",
            object(vec![("size", Value::Int(2)), ("deep", string("d")), ("tags", Value::Null)]),
        ),
        ("size", Value::Int(0)),
        ("deep", string("")),
        ("unknown", Value::Int(1)),
    ]);
    let next = message().varint(1, 2).message(4, message().len(1, b"d"));
    check(page(), &given, message().message(1, message().len(3, b"t").message(2, next)));
    check(page(), &object(Vec::new()), message().message(1, message()));
    check(page(), &Value::Null, message());
    refused(page(), &Value::Int(1));
}

#[test]
fn long_messages_have_long_lengths() {
    let text = "x".repeat(40_000);
    let given = object(vec![("deep", string(&text))]);
    let expected = message().message(1, message().message(4, message().len(1, text.as_bytes())));
    check(page(), &given, expected);
}

#[test]
fn the_fields_of_a_oneof_stand_in_the_message_of_the_oneof() {
    let given =
        object(vec![("size", Value::Int(5)), ("from", object(vec![("offset", Value::Int(0))]))]);
    check(page(), &given, message().message(1, message().varint(1, 5).varint(6, 0)));
    let given = object(vec![("from", object(vec![("token", string("t"))]))]);
    check(page(), &given, message().message(1, message().len(5, b"t")));
}

#[test]
fn a_json_field_of_an_input_object_is_null_where_null_is_given_and_nothing_where_nothing_is() {
    let json = input(Cardinality::Explicit, leaf(Scalar::Message, Format::Value));
    let fields = vec![InputField { name: "json".to_owned(), path: vec![1], value: Some(json) }];
    let request = |given: Option<Value>| {
        let mut builder = Builder::new();
        builder.contract.inputs = vec![Input { fields: fields.clone(), ..Input::default() }];
        let step = builder.step(filled(vec![argument(&[1], "it", page())]));
        let variable = Value::Variable { index: 0, default: None, never_null: false };
        builder.arguments(step, vec![("it", object(vec![("json", variable)]))]);
        builder.compile().call(STEP).request(&[given], &context()).unwrap()
    };
    let null = message().message(1, message().message(1, message().varint(1, 0)));
    assert_eq!(request(Some(Value::Null)), null.0);
    assert_eq!(request(None), message().message(1, message()).0);
}

#[test]
fn a_path_leads_into_an_argument() {
    let mut builder = Builder::new();
    builder.contract.inputs = inputs();
    let number = || input(Cardinality::Explicit, leaf(Scalar::Int32, Format::Int));
    let step = builder.step(filled(vec![
        argument(&[1, 1], "page.size", number()),
        argument(&[1, 2], "page.next.size", number()),
        argument(&[1, 3], "nothing", number()),
    ]));
    let variable = |index| Value::Variable { index, default: None, never_null: false };
    let page = object(vec![("size", variable(0)), ("next", variable(1))]);
    builder.arguments(step, vec![("page", page)]);
    let program = builder.compile();
    let next = object(vec![("size", Value::Int(6))]);
    let request =
        |variables: [Option<Value>; 2]| program.call(STEP).request(&variables, &context()).unwrap();
    let both = message().message(1, message().varint(1, 5).varint(2, 6));
    assert_eq!(request([Some(Value::Int(5)), Some(next)]), both.0);
    assert_eq!(
        request([Some(Value::Int(5)), None]),
        message().message(1, message().varint(1, 5)).0
    );
    assert_eq!(request([None, None]), Bytes::new(), "an enclosing message of nothing is left out");
}

#[test]
fn an_enclosing_message_of_nothing_is_left_out_whoever_gives_nothing() {
    let number = || input(Cardinality::Implicit, leaf(Scalar::Int32, Format::Int));
    let request = |given: Value, variables: &[Option<Value>]| {
        let mut builder = Builder::new();
        let empty = fill::Source::Constant(Vec::new());
        let empty = Fill { value: None, ..fill(&[2], empty, InputValue::default()) };
        let step = builder.step(filled(vec![argument(&[1, 1], "it", number()), empty]));
        builder.arguments(step, vec![("it", given)]);
        builder.compile().call(STEP).request(variables, &context()).unwrap()
    };
    let variable = Value::Variable { index: 0, default: None, never_null: false };
    assert_eq!(request(variable, &[Some(Value::Int(0))]), Bytes::new());
    assert_eq!(request(Value::Int(0), &[]), Bytes::new(), "of a document");
}

#[test]
fn a_variable_without_value_has_the_default_of_its_place() {
    let number = input(Cardinality::Explicit, leaf(Scalar::Int32, Format::Int));
    let mut builder = Builder::new();
    let step = builder.step(filled(vec![argument(&[1], "it", number)]));
    let default = Some(Box::new(Value::Int(4)));
    builder.arguments(step, vec![("it", Value::Variable { index: 0, default, never_null: false })]);
    let program = builder.compile();
    let request = |value| program.call(STEP).request(&[value], &context()).unwrap();
    assert_eq!(request(None), message().varint(1, 4).0);
    assert_eq!(request(Some(Value::Null)), Bytes::new());
}

#[test]
fn an_argument_of_the_document_that_does_not_fit_fails_its_own_field() {
    let number = input(Cardinality::Explicit, leaf(Scalar::Int64, Format::Decimal));
    refused(number, &string("ten"));
}

/// Which arguments are found before anything is asked, if only those are looked at that may not fit.
#[track_caller]
fn check_doubt(value: InputValue, given: Value, is_found: bool) {
    let mut builder = Builder::new();
    builder.contract.inputs = inputs();
    let step = builder.step(filled(vec![argument(&[3, 1], "it", value)]));
    builder.arguments(
        step,
        vec![("it", Value::Variable { index: 0, default: None, never_null: false })],
    );
    let program = builder.compile();
    let variables = [Some(given)];
    let found = |unchecked| program.misfits(&variables, unchecked).map(|(step, _)| step).collect();
    let all: Vec<StepId> = found(true);
    let doubted: Vec<StepId> = found(false);
    assert_eq!((all, doubted), (vec![STEP], if is_found { vec![STEP] } else { Vec::new() }));
}

#[test]
fn what_may_not_fit_is_found_before_anything_is_asked() {
    let explicit = |scalar, format| input(Cardinality::Explicit, leaf(scalar, format));
    check_doubt(explicit(Scalar::Int64, Format::Decimal), string("ten"), true);
    check_doubt(explicit(Scalar::Uint32, Format::Int), Value::Int(-1), true);
    check_doubt(explicit(Scalar::Float, Format::Float), Value::Float(1e300), true);
    check_doubt(explicit(Scalar::Message, Format::Timestamp), string("today"), true);
    check_doubt(explicit(Scalar::Bytes, Format::Base64), string("!"), true);
    let map = InputValue {
        map_key: Some(leaf(Scalar::String, Format::String)),
        ..input(Cardinality::Map, leaf(Scalar::Bool, Format::Boolean))
    };
    check_doubt(map, object(vec![("a", Value::Int(1))]), true);
    // Only the variable of a custom scalar has such a value.
    check_doubt(explicit(Scalar::String, Format::String), object(Vec::new()), false);
    check_doubt(explicit(Scalar::Int32, Format::Int), Value::Int(1 << 40), false);
    check_doubt(explicit(Scalar::Bool, Format::Boolean), Value::Int(2), false);
}

#[test]
fn a_map_of_json_takes_no_other_form_of_its_values() {
    let of = |scalar, format| InputValue {
        map_key: Some(leaf(Scalar::String, Format::String)),
        ..input(Cardinality::Map, leaf(scalar, format))
    };
    let at = |what: &str, why: &str| {
        format!("argument \"it\" has the value {what} at \"it.a\", which {why}")
    };
    for (scalar, format, value, expected) in [
        (Scalar::Bool, Format::Boolean, Value::Int(1), at("1", "is not true or false")),
        (Scalar::Bool, Format::Boolean, string("true"), at("\"true\"", "is not true or false")),
        (
            Scalar::String,
            Format::String,
            Value::Boolean(true),
            at("true", "is not a text in quotes"),
        ),
        (Scalar::String, Format::String, Value::Int(1), at("1", "is not a text in quotes")),
        (Scalar::Int32, Format::Int, string("1"), at("\"1\"", "is not an integer, without quotes")),
        (
            Scalar::Double,
            Format::Float,
            string("1"),
            at("\"1\"", "is not a number, without quotes"),
        ),
        (Scalar::Enum, Format::Enum, Value::Int(1), at("1", "is not the name of an enum value")),
        (Scalar::Int64, Format::Decimal, Value::Null, at("null", "no map in a request can hold")),
    ] {
        check_misfit(of(scalar, format), object(vec![("a", value)]), &expected);
    }
    let wide = of(Scalar::Int64, Format::Decimal);
    let entry = || message().message(1, message().len(1, b"a").varint(2, 7));
    check(wide, &object(vec![("a", string("7"))]), entry());
    check(wide, &object(vec![("a", Value::Int(7))]), entry());
}

/// What is said of an argument that does not fit.
#[track_caller]
fn check_misfit(value: InputValue, given: Value, expected: &str) {
    let mut builder = Builder::new();
    builder.contract.inputs = inputs();
    let step = builder.step(filled(vec![argument(&[1], "it", value)]));
    builder.arguments(step, vec![("it", given)]);
    let error = builder.compile().call(STEP).request(&[], &context()).unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::BadUserInput, expected));
}

#[test]
fn what_does_not_fit_is_told_with_its_place_and_value() {
    let explicit = |scalar, format| input(Cardinality::Explicit, leaf(scalar, format));
    check_misfit(
        explicit(Scalar::Int64, Format::Decimal),
        string("ten"),
        "argument \"it\" has the value \"ten\", which is not an integer",
    );
    check_misfit(
        explicit(Scalar::Int32, Format::Int),
        Value::Int(1 << 40),
        "argument \"it\" has the value 1099511627776, which is out of the range of int32 (-2147483648 to 2147483647)",
    );
    check_misfit(
        explicit(Scalar::Uint64, Format::Decimal),
        Value::Float(18_446_744_073_709_551_616.0),
        "argument \"it\" has the value 18446744073709551616, which is out of the range of uint64 (0 to 18446744073709551615)",
    );
    check_misfit(
        explicit(Scalar::Int64, Format::Decimal),
        Value::Float(1.0),
        "argument \"it\" has the value 1.0, which is a Float; what is wanted is an integer, without a point or an exponent",
    );
    check_misfit(page(), Value::Int(1), "argument \"it\" has the value 1, which is not an object");
    let deep =
        object(vec![("next", object(vec![("tags", Value::List(vec![string("a"), Value::Null]))]))]);
    check_misfit(
        page(),
        deep,
        "argument \"it\" has the value null at \"it.next.tags[1]\", which no list in a request can hold",
    );
    let json = object(vec![("a", Value::List(vec![Value::Int(9_007_199_254_740_993)]))]);
    check_misfit(
        explicit(Scalar::Message, Format::Value),
        json,
        "argument \"it\" has the value 9007199254740993 at \"it.a[0]\", which is not a number that a double holds exactly: \
         beyond 9007199254740992 give a string",
    );
    let exact = Value::Int(1 << 60);
    let bits = message().message(1, message().number(2, FIXED64, ((1_u64 << 60) as f64).to_bits()));
    check(explicit(Scalar::Message, Format::Value), &exact, bits);
}

/// A request with parts of a caller who says nothing, each with how much of its path is required; and a constant.
fn lacking(
    fills: &[(&[u32], fill::Source, u32)],
    constant: Option<&[u32]>,
) -> Result<Bytes, String> {
    let text = || input(Cardinality::Explicit, leaf(Scalar::String, Format::String));
    let of = |(path, source, required): &(&[u32], fill::Source, u32)| Fill {
        required: *required,
        ..fill(path, source.clone(), text())
    };
    let mut fills: Vec<Fill> = fills.iter().map(of).collect();
    let content = fill::Source::Constant(message().varint(9, 1).0);
    fills.extend(constant.map(|path| fill(path, content, InputValue::default())));
    let mut builder = Builder::new();
    let step = builder
        .step(Join { side_effects: contract::SideEffects::NoSideEffects.into(), ..filled(fills) });
    builder.arguments(step, vec![]);
    let nobody = Context::anonymous(Instant::now());
    let request = builder.compile().call(STEP).request(&[], &nobody);
    request.map_err(|error| format!("{} {}", error.code(), error.message()))
}

#[test]
fn a_request_is_not_made_without_what_it_must_have_of_its_caller() {
    let identity = || fill::Source::Identity("email".to_owned());
    let header = || fill::Source::Header("x-page".to_owned());
    let told = |what: &str| Err(format!("{what} is not there, and the service requires it"));
    let page = told("BAD_USER_INPUT the header \"x-page\"");
    let email = told("UNAUTHENTICATED the caller's \"email\"");
    assert_eq!(lacking(&[(&[1], header(), 0)], None), Ok(Bytes::new()));
    assert_eq!(lacking(&[(&[1], header(), 1)], None), page);
    assert_eq!(lacking(&[(&[1], identity(), 1)], Some(&[])), email);
    // A question about the caller alone is not asked.
    assert_eq!(lacking(&[(&[1], identity(), 1)], None), Ok(Bytes::new()));
    assert_eq!(lacking(&[(&[1], identity(), 1), (&[2], header(), 1)], None), email);

    // A message that may be left out is, and one that is there for another reason must be whole.
    assert_eq!(lacking(&[(&[3, 1], header(), 1)], None), Ok(Bytes::new()));
    let there = message().message(3, message().varint(9, 1));
    assert_eq!(lacking(&[(&[3, 1], header(), 0)], Some(&[3])), Ok(there.0.into()));
    assert_eq!(lacking(&[(&[3, 1], header(), 1)], Some(&[3])), page);
    assert_eq!(lacking(&[(&[3, 1], header(), 2)], None), page, "nor may it be left out");
    let beside = message().varint(9, 1);
    assert_eq!(lacking(&[(&[3, 4, 1], header(), 2)], Some(&[])), Ok(beside.0.into()));
    assert_eq!(lacking(&[(&[3, 4, 1], header(), 2)], Some(&[3])), page);
}

#[test]
fn what_is_filled_in_a_message_that_an_argument_gives_is_merged_into_it() {
    let text = || input(Cardinality::Explicit, leaf(Scalar::String, Format::String));
    let email = fill(&[8, 9], fill::Source::Identity("email".to_owned()), text());
    let sent = |given: Option<Value>, context: &Context| {
        let mut builder = Builder::new();
        builder.contract.inputs = inputs();
        let required = Fill { required: 1, ..email.clone() };
        let step = builder.step(filled(vec![argument(&[8], "it", page()), required]));
        let variable = Value::Variable { index: 0, default: None, never_null: false };
        builder.arguments(step, vec![("it", variable)]);
        let request = builder.compile().call(STEP).request(&[given], context);
        request.map_err(|error| error.code())
    };
    let (given, nothing) = (object(vec![("size", Value::Int(3))]), object(Vec::new()));
    let nobody = Context::anonymous(Instant::now());
    let mail = || message().message(8, message().len(9, b"a@b.c"));
    let both = message().message(8, message().varint(1, 3)).0;
    assert_eq!(sent(Some(given.clone()), &context()), Ok([both, mail().0].concat().into()));
    assert_eq!(sent(None, &context()), Ok(mail().0.into()));
    // A service refuses the message without it: it is refused where it is given, and only there.
    assert_eq!(sent(Some(given), &nobody), Err(Code::Unauthenticated));
    assert_eq!(sent(Some(nothing), &nobody), Err(Code::Unauthenticated));
    assert_eq!(sent(None, &nobody), Ok(Bytes::new()));
}
