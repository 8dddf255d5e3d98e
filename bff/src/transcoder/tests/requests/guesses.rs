//! Keys that are read from a request, as the response is expected to say them again.

use super::*;
use crate::{
    plan::{Guess, SiteId},
    transcoder::{
        Refs,
        tests::kit::{joined, key_source, whole},
    },
};

const LOOKUP: SiteId = SiteId(0);
const BELOW: SiteId = SiteId(1);

/// A lookup with an argument in field 1 for each of `given`, and a join below it that is keyed by these fields.
fn program(given: &[(Scalar, Format, Value)]) -> Program {
    let mut builder = Builder::new();
    let names = ["a", "b"];
    let numbers = [1, 2];
    let arguments =
        given.iter().zip(names).zip(numbers).map(|(((scalar, format, _), name), number)| {
            argument(&[number], name, input(Cardinality::Implicit, leaf(*scalar, *format)))
        });
    let lookup = builder.step(filled(arguments.collect()));
    let values = names.into_iter().zip(given.iter().map(|(_, _, value)| value.clone()));
    builder.arguments(lookup, values.collect());
    builder.site(lookup, None, Vec::new(), false);
    let mut join = batch(Scalar::String);
    let part = |((scalar, ..), number): (&(Scalar, Format, Value), u32)| {
        key_part(&[number], *scalar, &[number])
    };
    join.key = given.iter().zip(numbers).map(part).collect();
    let matching = |(scalar, ..): &(Scalar, Format, Value)| contract::Match {
        path: vec![1],
        scalar: (*scalar).into(),
    };
    join.batch.as_mut().unwrap().r#match = given.iter().map(matching).collect();
    let below = builder.step(join);
    let sources =
        given.iter().zip(numbers).map(|((scalar, ..), number)| key_source(&[number], *scalar));
    let below = builder.site(below, Some(LOOKUP), sources.collect(), false);
    let guess =
        given.iter().zip(numbers).map(|((scalar, ..), number)| Guess { number, scalar: *scalar });
    builder.guess(below, guess.collect());
    let inner = builder.shape("Inner", vec![kit::field("name", kit::string(9))]);
    let object = builder.shape("Object", vec![joined("inner", below, whole(inner))]);
    builder.root(vec![joined("it", LOOKUP, whole(object))]);
    builder.compile()
}

/// The key that a lookup's request tells, and the one that a response tells which says everything again.
fn keys(given: &[(Scalar, Format, Value)]) -> (Option<Vec<u8>>, Vec<Vec<u8>>) {
    let program = program(given);
    let request = program.call(STEP).request(&[], &context()).unwrap();
    let mut guessed = KeyTable::default();
    let id = program.guess(BELOW, &request, &mut guessed);
    let (mut keys, mut refs) =
        ([KeyTable::default(), KeyTable::default()], [Refs::default(), Refs::default()]);
    program.extract(Some(LOOKUP), (0, &request), &mut keys, &mut refs, &[]).unwrap();
    (id.map(|id| guessed.get(id).to_vec()), keys[1].iter().map(<[u8]>::to_vec).collect())
}

#[test]
fn what_a_response_says_again_has_the_key_that_was_guessed() {
    let decimal = |text: &str| Value::String(text.into());
    for (scalar, format, value) in [
        (Scalar::String, Format::String, string("book-1")),
        (Scalar::Bytes, Format::Base64, string("AAH/")),
        (Scalar::Int32, Format::Int, Value::Int(-3)),
        (Scalar::Uint64, Format::Decimal, decimal("18446744073709551615")),
        (Scalar::Sint64, Format::Decimal, decimal("-9223372036854775808")),
        (Scalar::Fixed32, Format::Int, Value::Int(7)),
        (Scalar::Sfixed64, Format::Decimal, decimal("-7")),
    ] {
        let (guessed, told) = keys(&[(scalar, format, value)]);
        assert_eq!((guessed.is_some(), guessed.into_iter().collect()), (true, told), "{scalar:?}");
    }
    let parts = [
        (Scalar::String, Format::String, string("de")),
        (Scalar::Int64, Format::Int, Value::Int(5)),
    ];
    let (guessed, told) = keys(&parts);
    assert_eq!((guessed.is_some(), guessed.into_iter().collect()), (true, told));
}

#[test]
fn what_the_request_lacks_is_not_guessed() {
    assert_eq!(keys(&[(Scalar::String, Format::String, string(""))]).0, None);
    assert_eq!(keys(&[(Scalar::String, Format::String, Value::Null)]).0, None);
    let parts =
        [(Scalar::String, Format::String, string("de")), (Scalar::Int64, Format::Int, Value::Null)];
    assert_eq!(keys(&parts).0, None);
}

#[test]
fn of_several_values_the_last_one_is_the_key() {
    let program = program(&[(Scalar::String, Format::String, string("x"))]);
    let mut keys = KeyTable::default();
    let request = message().len(1, b"a").varint(1, 4).len(2, b"c").len(1, b"b").0;
    let id = program.guess(BELOW, &request, &mut keys).unwrap();
    assert_eq!(keys.get(id), b"b");
    assert_eq!(program.guess(BELOW, b"\xff", &mut keys), None);
}
