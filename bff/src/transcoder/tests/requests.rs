//! Requests: templates, arguments, keys.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use tokio::time::Instant;

use super::{
    kit::{self, Builder, at, batch, call, joined, key_part, leaf},
    values::Message,
};
use crate::{
    context::{Context, Identity},
    contract::{
        self, Cardinality, Fill, Format, Input, InputField, InputValue, Join, Scalar, fill,
        input_value, join,
    },
    error::Code,
    operation::Value,
    plan::{Source, StepId},
    transcoder::{
        KeyTable, Program,
        scalar::raw,
        wire::{FIXED32, FIXED64},
    },
};

const STEP: StepId = StepId(0);

fn context() -> Context {
    let mut context = Context::anonymous(Instant::now());
    let claims = vec![("email".into(), "a@b.c".into())];
    context.identity = Some(Identity { subject: "ann".into(), claims });
    context.tenant = Some("acme".into());
    context.headers.insert("x-page", HeaderValue::from_static("7"));
    context.values.set("market", "de");
    context
}

fn input(cardinality: Cardinality, leaf: contract::Leaf) -> InputValue {
    InputValue {
        cardinality: cardinality.into(),
        value: Some(input_value::Value::Leaf(leaf)),
        map_key: None,
    }
}

fn fill(path: &[u32], source: fill::Source, value: InputValue) -> Fill {
    Fill { path: path.to_vec(), source: Some(source), value: Some(value) }
}

fn argument(path: &[u32], name: &str, value: InputValue) -> Fill {
    fill(path, fill::Source::Argument(name.to_owned()), value)
}

fn filled(fills: Vec<Fill>) -> Join {
    Join { fills, ..call(Vec::new()) }
}

fn string(text: &str) -> Value {
    Value::String(text.into())
}

fn object(fields: Vec<(&str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

/// The message that an argument makes of field 1; as a constant of the document and as a variable.
fn encoded(value: InputValue, argument_value: &Value) -> Result<Bytes, Code> {
    let program = |value: InputValue, given: Value| {
        let mut builder = Builder::new();
        builder.contract.enums = vec![contract::Enum {
            r#type: "Color".to_owned(),
            values: vec![contract::EnumValue { name: "RED".to_owned(), number: -2 }],
        }];
        builder.contract.inputs = inputs();
        let step = builder.step(filled(vec![argument(&[1], "it", value)]));
        builder.arguments(step, vec![("it", given)]);
        builder.compile()
    };
    let variable = Value::Variable { index: 0, default: None };
    let constant = program(value, argument_value.clone());
    let dynamic = program(value, variable);
    let none = context();
    let constant = constant.call(STEP).request(&[], &none).map_err(|error| error.code());
    let variables = [Some(argument_value.clone())];
    let dynamic = dynamic.call(STEP).request(&variables, &none).map_err(|error| error.code());
    assert_eq!(constant, dynamic);
    constant
}

/// Input 0 is `Page {size: Int, next: Page, tags: [String], deep: String, from: From}`; `deep` stands in message 4. Input 1
/// is `From @oneOf {token: String, offset: Int}`, a oneof of the same message.
fn inputs() -> Vec<Input> {
    let field = |name: &str, path: &[u32], value| InputField {
        name: name.to_owned(),
        path: path.to_vec(),
        value: Some(value),
    };
    let text = |cardinality| input(cardinality, leaf(Scalar::String, Format::String));
    let page_input = Input {
        r#type: "Page".to_owned(),
        message: "test.Page".to_owned(),
        fields: vec![
            field("size", &[1], input(Cardinality::Implicit, leaf(Scalar::Int32, Format::Int))),
            field("next", &[2], page()),
            field("tags", &[3], text(Cardinality::Repeated)),
            field("deep", &[4, 1], text(Cardinality::Implicit)),
            field("from", &[], InputValue { value: Some(input_value::Value::Input(1)), ..page() }),
        ],
    };
    let from = Input {
        r#type: "From".to_owned(),
        message: "test.Page".to_owned(),
        fields: vec![
            field("token", &[5], text(Cardinality::Explicit)),
            field("offset", &[6], input(Cardinality::Explicit, leaf(Scalar::Int32, Format::Int))),
        ],
    };
    vec![page_input, from]
}

fn page() -> InputValue {
    InputValue {
        cardinality: Cardinality::Explicit.into(),
        value: Some(input_value::Value::Input(0)),
        map_key: None,
    }
}

fn check(value: InputValue, given: &Value, expected: Message) {
    assert_eq!(encoded(value, given), Ok(Bytes::from(expected.0)), "{given:?}");
}

fn refused(value: InputValue, given: &Value) {
    assert_eq!(encoded(value, given), Err(Code::BadUserInput), "{given:?}");
}

fn message() -> Message {
    Message::default()
}

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
fn a_path_leads_into_an_argument() {
    let mut builder = Builder::new();
    builder.contract.inputs = inputs();
    let number = || input(Cardinality::Explicit, leaf(Scalar::Int32, Format::Int));
    let step = builder.step(filled(vec![
        argument(&[1, 1], "page.size", number()),
        argument(&[1, 2], "page.next.size", number()),
        argument(&[1, 3], "nothing", number()),
    ]));
    let variable = |index| Value::Variable { index, default: None };
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
fn a_variable_without_value_has_the_default_of_its_place() {
    let number = input(Cardinality::Explicit, leaf(Scalar::Int32, Format::Int));
    let mut builder = Builder::new();
    let step = builder.step(filled(vec![argument(&[1], "it", number)]));
    let default = Some(Box::new(Value::Int(4)));
    builder.arguments(step, vec![("it", Value::Variable { index: 0, default })]);
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

fn keyed(program: &Program, constant: Message, keys: &[&[u8]]) -> Bytes {
    let constant = Bytes::from(constant.0);
    program.call(STEP).with_keys(&constant, keys.iter().copied())
}

fn calling(join: Join) -> Program {
    let mut builder = Builder::new();
    builder.step(join);
    builder.compile()
}

#[test]
fn keys_stand_behind_the_constant_part() {
    let program = calling(batch(Scalar::String));
    let expected = message().varint(2, 5).len(1, b"a").len(1, b"b");
    assert_eq!(keyed(&program, message().varint(2, 5), &[b"a", b"b"]), expected.0);
    let program = calling(batch(Scalar::Sint32));
    let keys = [(-1_i64).to_be_bytes(), 2_i64.to_be_bytes()];
    let expected = message().len(1, &[1, 4]);
    assert_eq!(keyed(&program, message(), &[&keys[0], &keys[1]]), expected.0);
    let program = calling(batch(Scalar::Fixed32));
    assert_eq!(
        keyed(&program, message(), &[&2_i64.to_be_bytes()]),
        message().len(1, &[2, 0, 0, 0]).0
    );
}

#[test]
fn keys_may_be_messages_inside_messages() {
    let parts = vec![key_part(&[1], Scalar::String, &[2]), key_part(&[2], Scalar::Uint64, &[3, 1])];
    let mut join = batch(Scalar::String);
    join.key = parts;
    let batch = join.batch.as_mut().unwrap();
    batch.keys = vec![5, 6];
    let part =
        |number, scalar: Scalar| contract::Match { path: vec![number], scalar: scalar.into() };
    batch.r#match = vec![part(1, Scalar::String), part(2, Scalar::Uint64)];
    let program = calling(join);
    let mut key = Vec::new();
    key.extend(3_u32.to_be_bytes());
    key.extend(b"sku");
    key.extend(8_u32.to_be_bytes());
    key.extend(u64::MAX.to_be_bytes());
    let one = || message().len(2, b"sku").message(3, message().varint(1, u64::MAX));
    let expected = message().message(5, message().message(6, one()).message(6, one()));
    assert_eq!(keyed(&program, message(), &[&key, &key]), expected.0);
}

#[test]
fn a_call_without_batch_takes_one_key_and_one_without_key_is_its_constant_part() {
    let program = calling(call(vec![key_part(&[1], Scalar::Int64, &[2, 1])]));
    let expected = message().varint(9, 1).message(2, message().varint(1, 7));
    assert_eq!(keyed(&program, message().varint(9, 1), &[&7_i64.to_be_bytes()]), expected.0);
    let program = calling(call(Vec::new()));
    assert_eq!(keyed(&program, message().varint(9, 1), &[b""]), message().varint(9, 1).0);
}

#[test]
fn a_resolvers_parent_has_what_is_there() {
    let parts = vec![key_part(&[1], Scalar::String, &[1]), key_part(&[2], Scalar::Double, &[2])];
    let join = Join { target: Some(join::Target::Resolver(0)), ..call(parts) };
    let program = calling(join);
    let mut key = Vec::new();
    key.extend(u32::MAX.to_be_bytes());
    key.extend(8_u32.to_be_bytes());
    key.extend(0.5_f64.to_bits().to_be_bytes());
    let expected = message().number(2, FIXED64, 0.5_f64.to_bits());
    assert_eq!(keyed(&program, message(), &[&key]), expected.0);
}

#[test]
fn a_fallback_takes_the_keys_of_its_step_in_its_own_types() {
    let mut builder = Builder::new();
    let step = builder.step(batch(Scalar::Int64));
    let mut other = call(vec![key_part(&[1], Scalar::String, &[4])]);
    other.fills = vec![fill(&[5], fill::Source::Constant(vec![0x28, 1]), InputValue::default())];
    other.fills[0].path.clear();
    let fallback = contract::Fallback { rpc: Some(Box::new(other)), ..Default::default() };
    let fallback = Some(Box::new(fallback));
    builder.policy(step, contract::Policy { fallback, ..Default::default() });
    let program = builder.compile();
    let call = program.fallback(step).unwrap();
    let constant = call.request(&[], &context()).unwrap();
    let request = call.with_keys(&constant, std::iter::once(&(-7_i64).to_be_bytes()[..]));
    assert_eq!(request, message().varint(5, 1).len(4, b"-7").0);
    assert!(calling(batch(Scalar::Int64)).fallback(STEP).is_none());
}

type Item = (Vec<u8>, Result<Bytes, Code>);

#[test]
fn a_fallbacks_answer_is_read_where_the_fields_own_is() {
    let answered = |own: Source, other: contract::Wire, reply: Message| {
        let mut builder = Builder::new();
        let step = builder.step(call(Vec::new()));
        let then = contract::Source { kind: Some(contract::source::Kind::Wire(other)) };
        let rpc = Join { then: Some(Box::new(then)), ..call(Vec::new()) };
        let fallback = contract::Fallback { rpc: Some(Box::new(rpc)), ..Default::default() };
        let fallback = Some(Box::new(fallback));
        builder.policy(step, contract::Policy { fallback, ..Default::default() });
        let site = builder.site(step, None, Vec::new(), false);
        builder.root(vec![joined("it", site, own)]);
        let program = builder.compile();
        let entity = program.fallback(step).unwrap().entity(reply.0.clone().into());
        let own = program.call(step).entity(reply.0.clone().into()).unwrap();
        assert_eq!(own.as_deref(), Some(&*reply.0));
        entity.map_err(|error| error.code())
    };
    let text = |path: &[u32], number, format| contract::Wire {
        path: path.to_vec(),
        number,
        value: Some(contract::wire::Value::Leaf(leaf(Scalar::String, format))),
        ..contract::Wire::default()
    };
    let own = || at(&[2], kit::string(3));
    let reply = || message().len(1, b"x");
    assert_eq!(
        answered(own(), text(&[], 1, Format::String), reply()),
        Ok(Some(message().message(2, message().len(3, b"x")).0.into()))
    );
    assert_eq!(answered(own(), text(&[2], 3, Format::String), reply()), Ok(Some(reply().0.into())));
    let foreign = answered(own(), text(&[], 1, Format::Enum), reply());
    assert_eq!(foreign, Err(Code::FailedPrecondition));
}

/// The items of a reply: key, and content or code.
fn items(program: &Program, reply: Message) -> Result<Vec<Item>, Code> {
    let mut items = Vec::new();
    let reply = Bytes::from(reply.0);
    let each = &mut |key: &[u8], item: Result<Bytes, crate::error::Error>| {
        items.push((key.to_vec(), item.map_err(|error| error.code())));
    };
    program.call(STEP).items(&reply, each).map_err(|error| error.code())?;
    Ok(items)
}

#[test]
fn items_are_known_by_their_keys_wherever_they_stand() {
    let mut join = batch(Scalar::String);
    join.batch.as_mut().unwrap().items = vec![3, 1];
    let program = calling(join);
    let item = |key: &[u8]| message().len(1, b"overridden").len(1, key).varint(2, 1);
    let reply = message()
        .message(3, message().message(1, item(b"a")).varint(9, 1))
        .message(3, message().message(1, item(b"b")).message(1, message()));
    let found = items(&program, reply).unwrap();
    assert_eq!(
        found,
        [(b"a".to_vec(), Ok(item(b"a").0.into())), (b"b".to_vec(), Ok(item(b"b").0.into()))]
    );
}

#[test]
fn keys_of_items_are_compared_by_value() {
    let mut join = batch(Scalar::Int64);
    let matching = &mut join.batch.as_mut().unwrap().r#match[0];
    (matching.scalar, matching.path) = (Scalar::Sint32.into(), vec![2, 1]);
    let program = calling(join);
    let reply =
        message().message(1, message().message(2, message().varint(1, 1))).message(1, message());
    let keys: Vec<_> = items(&program, reply).unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, [(-1_i64).to_be_bytes(), 0_i64.to_be_bytes()]);
}

#[test]
fn items_of_one_key_may_be_one_group() {
    let mut join = batch(Scalar::String);
    join.batch.as_mut().unwrap().group = true;
    let program = calling(join);
    let item = |key: &[u8], value| message().len(1, key).varint(2, value);
    let reply =
        message().message(1, item(b"a", 1)).message(1, item(b"b", 2)).message(1, item(b"a", 3));
    let a = message().message(1, item(b"a", 1)).message(1, item(b"a", 3));
    let b = message().message(1, item(b"b", 2));
    let found = items(&program, reply).unwrap();
    assert_eq!(found, [(b"a".to_vec(), Ok(a.0.into())), (b"b".to_vec(), Ok(b.0.into()))]);
}

#[test]
fn items_may_be_the_values_of_a_map() {
    let mut join = batch(Scalar::Int32);
    let batch = join.batch.as_mut().unwrap();
    (batch.map, batch.r#match) = (true, Vec::new());
    let program = calling(join);
    let entry = message().varint(1, 5).message(2, message().len(3, b"x"));
    let found = items(&program, message().message(1, entry)).unwrap();
    assert_eq!(found, [(5_i64.to_be_bytes().to_vec(), Ok(message().len(3, b"x").0.into()))]);
}

#[test]
fn an_item_may_fail_by_itself() {
    let mut join = batch(Scalar::String);
    join.batch.as_mut().unwrap().status = vec![4];
    let program = calling(join);
    let failed = message().len(1, b"a").message(4, message().varint(1, 5).len(2, b"secret"));
    let fine = message().len(1, b"b").message(4, message());
    let reply = message().message(1, failed).message(1, fine);
    let found = items(&program, reply).unwrap();
    assert_eq!(found[0], (b"a".to_vec(), Err(Code::NotFound)));
    assert!(found[1].1.is_ok());
}

#[test]
fn a_reply_that_is_garbage_is_data_loss() {
    let program = calling(batch(Scalar::String));
    assert_eq!(items(&program, Message(vec![0x0a, 5])), Err(Code::DataLoss));
    assert_eq!(items(&program, message().len(1, &[0x0a])), Err(Code::DataLoss));
}

fn template(pieces: Vec<contract::piece::Kind>) -> contract::Template {
    let piece = |kind| contract::Piece { kind: Some(kind) };
    contract::Template { pieces: pieces.into_iter().map(piece).collect() }
}

#[test]
fn tags_are_filled_from_the_item_and_from_arguments() {
    use contract::piece::Kind;
    let path = |number, scalar: Scalar| {
        Kind::Path(contract::Match { path: vec![number], scalar: scalar.into() })
    };
    let text = |text: &str| Kind::Text(text.to_owned());
    let mut builder = Builder::new();
    let step = builder.step(call(Vec::new()));
    builder.arguments(
        step,
        vec![("in", object(vec![("id", Value::Variable { index: 0, default: None })]))],
    );
    let cache = contract::Cache {
        tags: vec![
            template(vec![text("book-"), path(1, Scalar::String)]),
            template(vec![text("n"), path(2, Scalar::Sint32)]),
            template(vec![text("all")]),
        ],
        ..Default::default()
    };
    let invalidates = vec![template(vec![text("book-"), Kind::Argument("in.id".to_owned())])];
    builder
        .policy(step, contract::Policy { cache: Some(cache), invalidates, ..Default::default() });
    let program = builder.compile();
    let tags = |item: Message| program.tags(STEP, &item.0, &[]);
    assert_eq!(
        tags(message().len(1, b"42").varint(2, 3)),
        ["book-42".into(), "n-2".into(), Box::from("all")]
    );
    assert_eq!(tags(message()), ["n0".into(), Box::from("all")], "an empty hole makes no tag");
    assert_eq!(program.invalidates(STEP, b"", &[Some(string("7"))]), [Box::from("book-7")]);
    assert_eq!(program.invalidates(STEP, b"", &[None]), []);
}

#[test]
fn keys_are_numbered_as_they_come_and_found_again() {
    let mut keys = KeyTable::default();
    let ids: Vec<u32> = [&b"a"[..], b"", b"b", b"a"].iter().map(|key| keys.intern(key)).collect();
    assert_eq!(ids, [0, 1, 2, 0]);
    assert_eq!((keys.get(1), keys.get(2)), (&b""[..], &b"b"[..]));
    assert_eq!((keys.find(b"b"), keys.find(b"c")), (Some(2), None));
    assert_eq!(keys.iter().count(), keys.len());
    let many: Vec<Arc<str>> = (0..1000).map(|number| number.to_string().into()).collect();
    let first: Vec<u32> = many.iter().map(|key| keys.intern(key.as_bytes())).collect();
    let again: Vec<u32> = many.iter().map(|key| keys.intern(key.as_bytes())).collect();
    assert_eq!(first, again);
    assert_eq!(keys.len(), 1003);
}
