//! Members of oneofs: one of them is sent, and none is lost.

use super::*;

const PROTO: &str = r#"
    syntax = "proto3";
    package t;
    message Page {
      oneof from { string token = 5; int32 offset = 6; Place place = 7; Page page = 8; }
      optional int32 size = 1;
      optional int32 limit = 2;
    }
    message Place { oneof at { string before = 1; string after = 2; } string of = 3; }
"#;

fn descriptor_set() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("t.proto"), PROTO).unwrap();
    let mut compiler = protox::Compiler::new([directory.path()]).unwrap();
    compiler.open_file("t.proto").unwrap().encode_file_descriptor_set()
}

/// Input 0 is `Page {token, size, limit, before, after, of, from: From}`, of which three stand in message 7. Input 1 is
/// `From {offset}`, in the same message.
fn inputs() -> Vec<Input> {
    let text = || input(Cardinality::Explicit, leaf(Scalar::String, Format::String));
    let number = || input(Cardinality::Explicit, leaf(Scalar::Int32, Format::Int));
    let field = |name: &str, path: &[u32], value| InputField {
        name: name.to_owned(),
        path: path.to_vec(),
        value: Some(value),
    };
    let from = InputValue { value: Some(input_value::Value::Input(1)), ..page() };
    let fields = vec![
        field("token", &[5], text()),
        field("size", &[1], number()),
        field("limit", &[2], number()),
        field("before", &[7, 1], text()),
        field("after", &[7, 2], text()),
        field("of", &[7, 3], text()),
        field("from", &[], from),
    ];
    let message = "t.Page".to_owned();
    let page = Input { r#type: "Page".to_owned(), message: message.clone(), fields };
    let fields = vec![field("offset", &[6], number())];
    vec![page, Input { r#type: "From".to_owned(), message, fields }]
}

/// What is sent, or told, where an argument is a message: as a constant of the document and as a variable.
fn sent(fills: &[Fill], arguments: &[(&str, Value)]) -> Result<Bytes, String> {
    let request = |arguments: Vec<(&str, Value)>, variables: &[Option<Value>]| {
        let mut builder = Builder::new();
        builder.contract.descriptor_set = descriptor_set();
        builder.contract.inputs = inputs();
        let method = contract::Method { input: "t.Page".to_owned(), ..Default::default() };
        builder.contract.methods = vec![method];
        let step = builder.step(filled(fills.to_vec()));
        builder.arguments(step, arguments);
        let request = builder.compile().call(STEP).request(variables, &context());
        request.map_err(|error| format!("{}: {}", error.code(), error.message()))
    };
    let variable = |index| Value::Variable { index, default: None, never_null: false };
    let names = arguments.iter().enumerate().map(|(at, (name, _))| (*name, variable(at)));
    let values: Vec<_> = arguments.iter().map(|(_, value)| Some(value.clone())).collect();
    let constant = request(arguments.to_vec(), &[]);
    assert_eq!(request(names.collect(), &values), constant);
    constant
}

#[track_caller]
fn check(given: Vec<(&str, Value)>, expected: Result<Message, &str>) {
    let expected = expected.map(|page| Bytes::from(message().message(8, page).0));
    let fills = [argument(&[8], "it", page())];
    assert_eq!(sent(&fills, &[("it", object(given))]), expected.map_err(str::to_owned));
}

#[test]
fn two_members_of_a_oneof_are_not_given_together() {
    check(
        vec![("token", string("t")), ("of", string("o"))],
        Err(
            "BAD_USER_INPUT: argument \"it\" has the value \"o\" at \"it.of\", which may not stand beside \"token\": \
             they are members of one oneof, of which exactly one may be given",
        ),
    );
    check(
        vec![("of", string("o")), ("after", string("a")), ("before", string(""))],
        Err(
            "BAD_USER_INPUT: argument \"it\" has the value \"\" at \"it.before\", which may not stand beside \"after\": \
             they are members of one oneof, of which exactly one may be given",
        ),
    );
    check(
        vec![("token", string("t")), ("from", object(vec![("offset", Value::Int(0))]))],
        Err(
            "BAD_USER_INPUT: argument \"it\" has the value 0 at \"it.from.offset\", which may not stand beside \"token\": \
             they are members of one oneof, of which exactly one may be given",
        ),
    );
}

#[test]
fn a_member_stands_beside_what_is_null_or_no_member_or_in_the_same_one() {
    let null = || Value::Null;
    check(
        vec![("of", null()), ("token", string("t")), ("from", null())],
        Ok(message().len(5, b"t")),
    );
    check(
        vec![("token", null()), ("from", object(vec![("offset", Value::Int(0))]))],
        Ok(message().varint(6, 0)),
    );
    check(
        vec![("size", Value::Int(1)), ("limit", Value::Int(2))],
        Ok(message().varint(1, 1).varint(2, 2)),
    );
    let (of, after) = (message().len(3, b"o"), message().len(2, b"a"));
    check(
        vec![("of", string("o")), ("after", string("a"))],
        Ok(message().message(7, of).message(7, after)),
    );
}

#[test]
fn two_arguments_that_are_members_of_a_oneof_are_not_given_together() {
    let text = || input(Cardinality::Explicit, leaf(Scalar::String, Format::String));
    let fills = [
        argument(&[5], "token", text()),
        argument(&[7, 1], "place.before", text()),
        argument(&[7, 3], "of", text()),
    ];
    let place = |before: Value| ("place", object(vec![("before", before)]));
    assert_eq!(
        sent(&fills, &[place(string("b")), ("of", string("o"))]),
        Ok(message().message(7, message().len(1, b"b").len(3, b"o")).0.into())
    );
    assert_eq!(
        sent(&fills, &[place(Value::Null), ("token", string("t"))]),
        Ok(message().len(5, b"t").0.into())
    );
    let told = "BAD_USER_INPUT: argument \"place\" has the value \"b\" at \"place.before\", which may not stand beside \"token\": \
                they are members of one oneof, of which exactly one may be given";
    let both = [("token", string("t")), place(string("b"))];
    assert_eq!(sent(&fills, &both), Err(told.to_owned()));
    // Whichever of the two waits for a variable.
    for first in [&fills[..2], &[fills[1].clone(), fills[0].clone()]] {
        for at in 0..2 {
            let mut builder = Builder::new();
            builder.contract.descriptor_set = descriptor_set();
            let method = contract::Method { input: "t.Page".to_owned(), ..Default::default() };
            builder.contract.methods = vec![method];
            let step = builder.step(filled(first.to_vec()));
            let mut arguments = both.to_vec();
            let variable = Value::Variable { index: 0, default: None, never_null: false };
            let value = std::mem::replace(&mut arguments[at].1, variable);
            builder.arguments(step, arguments);
            let request = builder.compile().call(STEP).request(&[Some(value)], &context());
            assert_eq!(request.map_err(|error| error.code()), Err(Code::BadUserInput));
        }
    }
}
