//! What is shown of an Any.

use super::*;
use crate::error::Code;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let any = wire(1, Cardinality::Explicit, Value::Leaf(leaf(Scalar::Message, Format::Any)));
    builder().reads(any, true)
});

/// By way of a text: a tree of values would have the digits that a float has as a double.
fn their_json(any: &DynamicMessage) -> serde_json::Result<Json> {
    serde_json::from_str(&serde_json::to_string(any)?)
}

/// The JSON, or the code of its error.
fn shown(any: &[u8]) -> Result<Json, Code> {
    let mut run = Run::new(&PROGRAM);
    run.answer(0, |_| kit::bytes(Message::default().len(1, any).0));
    let (json, emission) = run.emit();
    match &emission.errors[..] {
        [] => Ok(serde_json::from_str::<Json>(&json).unwrap()["it"].take()),
        [error] => Err(error.error.code()),
        errors => panic!("{errors:?}"),
    }
}

fn check(name: &str, content: Message, expected: &str) {
    let Message(content) = content;
    let url = format!("type.googleapis.com/{name}");
    let mut run = Run::new(&PROGRAM);
    run.answer(0, |_| kit::bytes(Message::default().len(1, &any_of(&url, &content)).0));
    let members = expected.trim_start_matches('{');
    let comma = if members == "}" { "" } else { "," };
    run.check(&format!("{{\"it\":{{\"@type\":\"{url}\"{comma}{members}}}"), &[]);
}

fn message() -> Message {
    Message::default()
}

#[test]
fn a_known_type_is_shown_with_its_fields() {
    let book = message().len(1, b"b1").varint(2, 1999).len(3, b"\xfb\xff").varint(4, 1);
    let json =
        r#"{"bookId":"b1","priceCents":"1999","cover":"+/8=","color":"COLOR_RED","tags":["a"]}"#;
    check("t.Book", book.len(5, b"a"), json);
    check("t.Book", message(), "{}");
    // In the order of numbers, whatever that of the wire is.
    check("t.Book", message().varint(2, 1).len(1, b"b"), r#"{"bookId":"b","priceCents":"1"}"#);
}

#[test]
fn zeros_without_presence_are_left_out_and_with_presence_shown() {
    check("t.Book", message().len(1, b"").varint(2, 0).varint(4, 0), "{}");
    check("t.Every", message().varint(18, 0).len(19, b""), r#"{"maybe":0,"maybeText":""}"#);
    check("t.Every", message().varint(22, 0), r#"{"number":0}"#);
    check("t.Every", message().len(17, b"").len(30, b"").len(34, b""), r#"{"inner":{}}"#);
}

#[test]
fn an_enum_value_without_a_name_is_its_number() {
    check("t.Book", message().varint(4, 9), r#"{"color":9}"#);
    check(
        "t.Every",
        message().len(37, &[0, 1, 9]),
        r#"{"colors":["COLOR_UNSPECIFIED","COLOR_RED",9]}"#,
    );
}

#[test]
fn a_number_that_a_closed_enum_does_not_have_is_passed_over() {
    check("old.Old", message().varint(2, 1).varint(2, 9), r#"{"shade":"LIGHT"}"#);
    check("old.Old", message().varint(2, 9), "{}");
}

#[test]
fn well_known_types_stand_beside_their_type() {
    let known = |name: &str, content, json: &str| {
        check(&format!("google.protobuf.{name}"), content, &format!("{{\"value\":{json}}}"));
    };
    let half = || message().varint(1, 1).varint(2, 500_000_000);
    known("Timestamp", half(), r#""1970-01-01T00:00:01.500Z""#);
    known("Duration", half(), r#""1.500s""#);
    known("FieldMask", message().len(1, b"a_b").len(1, b"c"), r#""aB,c""#);
    known("Int64Value", message().varint(1, 5), r#""5""#);
    known("Int32Value", message(), "0");
    known("StringValue", message(), r#""""#);
    known("BoolValue", message().varint(1, 1), "true");
    known("DoubleValue", message().number(1, 1, f64::NAN.to_bits()), r#""NaN""#);
    known("Value", message().varint(1, 0), "null");
    known("Struct", message(), "{}");
    known("ListValue", message().message(1, message().varint(4, 1)), "[true]");
    known("Empty", message(), "{}");
    let inner = any_of("x/t.Book", &message().len(1, b"b1").0);
    known("Any", Message(inner), r#"{"@type":"x/t.Book","bookId":"b1"}"#);
}

#[test]
fn what_is_not_known_is_passed_over() {
    // A number that the type does not have, and one that comes as another type.
    check("t.Book", message().varint(99, 1).varint(1, 5).varint(2, 3), r#"{"priceCents":"3"}"#);
    let unknown = message().len(1, b"x/no.Type").len(2, b"\x08\x01");
    assert_eq!(shown(&unknown.0), Ok(json!({"@type": "x/no.Type", "value": "CAE="})));
    assert_eq!(shown(b""), Ok(json!({"@type": "", "value": ""})));
}

#[test]
fn only_the_last_member_of_a_oneof_is_set() {
    let book = |content: &[u8]| message().len(23, content).0;
    let parts =
        [book(b"\x0a\x01a"), message().varint(22, 5).0, book(b"\x10\x01"), book(b"\x22\x00")];
    check("t.Every", Message(parts[..3].concat()), r#"{"book":{"priceCents":"1"}}"#);
    // One that is set twice in a row merges.
    let twice = [book(b"\x0a\x01a"), book(b"\x10\x01")].concat();
    check("t.Every", Message(twice), r#"{"book":{"bookId":"a","priceCents":"1"}}"#);
}

#[test]
fn lists_come_packed_and_not_and_groups_are_messages() {
    let mut old = message().varint(3, 1).len(3, &[2, 3]).0;
    old.extend([0x23, 0x0a, 1, b'a', 0x24, 0x23, 0x24, 0x33, 0x38, 5, 0x34]);
    let old = Message(old).len(100, b"n");
    let json = r#"{"unpacked":[1,2,3],"item":[{"name":"a"},{}],"only":{"largeNumber":"5"},"[old.note]":"n"}"#;
    check("old.Old", old, json);
}

#[test]
fn content_that_is_no_message_of_its_type_is_an_error_of_the_field_alone() {
    let invalid = |content: &[u8]| {
        assert_eq!(shown(&any_of("x/t.Every", content)), Err(Code::InvalidValue), "{content:?}");
    };
    invalid(b"\xff");
    invalid(&message().len(17, b"\x08").0);
    invalid(&message().len(14, b"\xff").0);
    invalid(&message().len(33, b"\x01").0);
    invalid(&message().len(51, &message().varint(1, 1 << 50).0).0);
    // An Any that is none is no reply at all.
    assert_eq!(shown(b"\x0a"), Err(Code::DataLoss));
}

#[test]
fn types_nest_a_hundred_deep_and_no_deeper() {
    let messages = |levels| (0..levels).fold(Vec::new(), |it: Vec<u8>, _| message().len(17, &it).0);
    assert!(shown(&any_of("x/t.Every", &messages(99))).is_ok());
    assert_eq!(shown(&any_of("x/t.Every", &messages(100))), Err(Code::InvalidValue));
    let anys = |levels| {
        let url = "x/google.protobuf.Any";
        (0..levels).fold(any_of("x/google.protobuf.Empty", b""), |it, _| any_of(url, &it))
    };
    assert!(shown(&anys(49)).is_ok());
    assert_eq!(shown(&anys(200)), Err(Code::InvalidValue));
    // What JSON values nest counts as well.
    let values =
        (0..60).fold(Vec::new(), |it: Vec<u8>, _| message().message(6, message().len(1, &it)).0);
    let deep = (0..60).fold(message().len(55, &values).0, |it, _| message().len(17, &it).0);
    assert_eq!(shown(&any_of("x/t.Every", &deep)), Err(Code::InvalidValue));
}

#[test]
fn an_any_keeps_to_the_size_of_an_answer_and_to_its_time() {
    // 2 bytes on the wire, and 2 of JSON with a name of 60 around them.
    let books = (0..100_000).fold(message(), |it, _| it.len(38, b""));
    let any = any_of("x/t.Every", &books.0);
    let emitted = |size, deadline| {
        let mut run = Run::new(&PROGRAM);
        run.answer(0, |_| kit::bytes(message().len(1, &any).0));
        run.budget.size = size;
        run.budget.deadline = deadline;
        let mut out = Vec::new();
        let emission = run.emit_into(&mut out);
        (out.len(), kit::shown(&emission))
    };
    let hour = Instant::now() + std::time::Duration::from_secs(3600);
    assert_eq!(emitted(400_000, hour).1, [""; 0]);
    assert_eq!(emitted(200_000, hour), (4, vec![": RESOURCE_EXHAUSTED".to_owned()]));
    assert_eq!(emitted(400_000, Instant::now()).1, ["it: DEADLINE_EXCEEDED"]);
}

#[test]
fn any_message_is_shown_as_prost_reflect_shows_it() {
    let (mut refused, cases) = (0, seeds(400));
    for seed in cases.clone() {
        let mut random = Random::new(seed);
        let any = Giver { random: &mut random, pool: &POOL }.any(3).encode_to_vec();
        match (shown(&any), their_json(&decoded(&any))) {
            (Ok(ours), Ok(theirs)) => {
                assert!(same(&ours, &theirs), "{ours:#}\nis not\n{theirs:#}\nseed {seed}");
            }
            // An Any in two parts has the type of one and the content of the other. To prost-reflect a field of another
            // wire type is no unknown one.
            (_, Err(_)) => refused += 1,
            (ours, theirs) => panic!("{ours:?}\nis not\n{theirs:?}\nseed {seed}"),
        }
    }
    let count = cases.count();
    assert!(refused * 10 < count, "{refused} of {count} refused");
}

#[test]
fn whatever_is_changed_is_shown_alike_or_refused() {
    for seed in seeds(400) {
        let mut random = Random::new(seed);
        let any = Giver { random: &mut random, pool: &POOL }.any(3);
        let mut any = any.encode_to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(any.len());
            any[at] = random.bits() as u8;
        }
        let known = POOL.get_message_by_name("google.protobuf.Any").unwrap();
        let theirs = DynamicMessage::decode(known, &any[..]).map(|any| their_json(&any));
        if let (Ok(ours), Ok(Ok(theirs))) = (shown(&any), theirs) {
            assert!(same(&ours, &theirs), "{ours:#}\nis not\n{theirs:#}\nseed {seed}");
        }
    }
}
