//! What is made of an Any that is given.

use super::{given::content, *};

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let any = InputValue {
        cardinality: Cardinality::Explicit.into(),
        value: Some(input_value::Value::Leaf(leaf(Scalar::Message, Format::Any))),
        map_key: None,
    };
    let source = fill::Source::Argument("it".to_owned());
    let fill = Fill { path: vec![1], source: Some(source), value: Some(any), required: 0 };
    let mut builder = builder();
    let step = builder.step(Join { fills: vec![fill], ..call(Vec::new()) });
    let variable = Given::Variable { index: 0, default: None, never_null: false };
    builder.arguments(step, vec![("it", variable)]);
    builder.compile()
});

/// The encoded Any, or why there is none.
fn read(json: &Json) -> Result<Vec<u8>, String> {
    let variables = [Some(given(json))];
    let context = Context::anonymous(Instant::now());
    let request = PROGRAM.call(STEP).request(&variables, &context);
    let request = request.map_err(|error| error.message().to_owned())?;
    Ok(inside(&request, 1).unwrap().unwrap())
}

/// As variables are coerced.
fn given(json: &Json) -> Given {
    match json {
        Json::Null => Given::Null,
        Json::Bool(boolean) => Given::Boolean(*boolean),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Given::Int(number),
            (None, Some(number)) => Given::Unsigned(number),
            _ => Given::Float(number.as_f64().unwrap()),
        },
        Json::String(text) => Given::String(text.as_str().into()),
        Json::Array(items) => Given::List(items.iter().map(given).collect()),
        Json::Object(members) => Given::Object(
            members.iter().map(|(name, value)| (Arc::from(&**name), given(value))).collect(),
        ),
    }
}

fn any(url: &str, members: Json) -> Json {
    let (mut any, Json::Object(members)) = (json!({ "@type": url }), members) else {
        panic!("they are members");
    };
    any.as_object_mut().unwrap().extend(members);
    any
}

/// What a known type, or another one, makes of the members beside it.
fn check(url: &str, members: Json, expected: Message) {
    let any = any(url, members);
    let content =
        if expected.0.is_empty() { Message::default() } else { message().message(2, expected) };
    let expected = [message().len(1, url.as_bytes()).0, content.0].concat();
    assert_eq!(read(&any).as_deref(), Ok(&expected[..]), "{any}");
}

fn refused(members: Json, error: &str) {
    let any = any("x/t.Every", members);
    assert_eq!(read(&any).unwrap_err(), format!("argument \"it\" has the value {error}"), "{any}");
}

fn message() -> Message {
    Message::default()
}

#[test]
fn the_fields_of_a_known_type_are_read_by_either_name() {
    // serde_json has the names in the order of the alphabet.
    let book = || message().len(1, b"b1").varint(4, 1).len(3, b"\xfb\xff").varint(2, 1999);
    let members =
        json!({"bookId": "b1", "priceCents": "1999", "cover": "-_8", "color": "COLOR_RED"});
    check("x/t.Book", members, book());
    check(
        "x/t.Book",
        json!({"book_id": "b1", "price_cents": 1999, "cover": "+/8=", "color": 1}),
        book(),
    );
    check("x/t.Book", json!({"bookId": "", "tags": [], "color": null}), message());
    check("x/t.Book", json!({}), message());
    check("x/old.Old", json!({"[old.note]": "n"}), message().len(100, b"n"));
}

#[test]
fn a_well_known_type_is_read_from_its_value() {
    let known = |name: &str, value: Json, expected| {
        check(&format!("x/google.protobuf.{name}"), json!({ "value": value }), expected);
    };
    known("Timestamp", json!("1970-01-01T00:00:01Z"), message().varint(1, 1));
    known("Duration", json!("1.500s"), message().varint(1, 1).varint(2, 500_000_000));
    known("FieldMask", json!("aB"), message().len(1, b"a_b"));
    known("Value", json!(null), message().varint(1, 0));
    known("ListValue", json!([true]), message().message(1, message().varint(4, 1)));
    known("BytesValue", json!("CAE="), message().len(1, &[8, 1]));
    known("UInt64Value", json!("18446744073709551615"), message().varint(1, u64::MAX));
    known("Empty", json!({}), message());
    check("x/google.protobuf.Empty", json!({}), message());
    let inner = json!({"@type": "y/t.Book", "bookId": "b"});
    known("Any", inner, Message(any_of("y/t.Book", &message().len(1, b"b").0)));
}

#[test]
fn a_value_alone_is_the_content_undecoded_unless_the_type_has_such_a_field() {
    check("x/no.Type", json!({"value": "CAE="}), message().varint(1, 1));
    check("x/no.Type", json!({}), message());
    check("x/t.Book", json!({"value": "EAU="}), message().varint(2, 5));
    check("x/t.Boxed", json!({"value": "EAU="}), message().len(1, b"EAU="));
}

#[test]
fn what_does_not_fit_is_told_with_its_place_and_what_fits() {
    let no_field = "which is given for a field that its type does not have: names are those of the proto, or in \
                    lowerCamelCase";
    refused(json!({"bookId": 5}), &format!("5 at \"it.bookId\", {no_field}"));
    let nested = format!("5 at \"it.books[0].BookId\", {no_field}");
    refused(json!({"books": [{"BookId": 5}]}), &nested);
    refused(
        json!({"books": [{}, {"bookId": 5}]}),
        "5 at \"it.books[1].bookId\", which is not a text",
    );
    refused(json!({"byText": {"a": 1.5}}), "1.5 at \"it.byText.a\", which is not an integer");
    refused(json!({"byNumber": {"a": {}}}), "\"a\" at \"it.byNumber.a\", which is not an integer");
    refused(
        json!({"byText": {"a": null}}),
        "null at \"it.byText.a\", which no map in a request can hold",
    );
    refused(
        json!({"int32Field": 1_u64 << 31}),
        "2147483648 at \"it.int32Field\", which is out of the range of int32 (-2147483648 to 2147483647)",
    );
    refused(
        json!({"floatField": 1e39}),
        "1e39 at \"it.floatField\", which is out of the range of float",
    );
    refused(json!({"boolField": "true"}), "\"true\" at \"it.boolField\", which is not a boolean");
    refused(json!({"bytesField": "!"}), "\"!\" at \"it.bytesField\", which is not base64");
    refused(
        json!({"color": "PINK"}),
        "\"PINK\" at \"it.color\", which is neither the name of one of its enum's values nor a number that the enum takes",
    );
    refused(json!({"texts": "a"}), "\"a\" at \"it.texts\", which is not a list");
    refused(
        json!({"texts": [null]}),
        "null at \"it.texts[0]\", which no list in a request can hold",
    );
    refused(json!({"inner": []}), "[…] at \"it.inner\", which is not an object");
    refused(json!({"moment": 5}), "5 at \"it.moment\", which is not a text");
    refused(
        json!({"int32Field": 1, "int32_field": 2}),
        "2 at \"it.int32_field\", which is given for \"int32Field\" a second time",
    );
    refused(
        json!({"number": 1, "text": "a"}),
        "\"a\" at \"it.text\", which may not stand beside \"number\": they are members of one oneof, of which exactly one \
         may be given",
    );
    refused(
        json!({"any": {"@type": "x/no.Type", "bookId": 1}}),
        "1 at \"it.any.bookId\", which is beside the type of an Any that is not in the contract, which takes nothing but \
         its bytes as base64, {\"@type\": …, \"value\": \"CAE=\"}",
    );
    refused(
        json!({"any": {"@type": "x/google.protobuf.Duration"}}),
        "{…} at \"it.any\", which is an Any of google.protobuf.Duration without its \"value\"",
    );
    refused(
        json!({"any": {"@type": "x/google.protobuf.Duration", "value": "1h"}}),
        "\"1h\" at \"it.any.value\", which is not a duration like 1.5s",
    );
    refused(
        json!({"any": {"value": "CAE="}}),
        "{…} at \"it.any\", which is not an Any like {\"@type\": \"type.googleapis.com/a.B\", \"value\": \"CAE=\"}: it has no \
         \"@type\"",
    );
}

#[test]
fn what_nests_too_deep_is_refused() {
    let nested = |levels| {
        let any = json!({"@type": "x/google.protobuf.Empty"});
        (0..levels).fold(any, |it, _| json!({"@type": "x/google.protobuf.Any", "value": it}))
    };
    assert!(read(&nested(40)).is_ok());
    assert!(read(&nested(60)).unwrap_err().ends_with("which nests deeper than 100 levels"));
}

#[test]
fn what_prost_reflect_writes_is_read_as_the_message_that_it_was() {
    for seed in seeds(400) {
        let mut random = Random::new(seed);
        let any = Giver { random: &mut random, pool: &POOL }.any(3);
        let options = SerializeOptions::new()
            .stringify_64_bit_integers(random.once_in(2))
            .use_enum_numbers(random.once_in(2))
            .use_proto_field_name(random.once_in(2))
            .skip_default_fields(random.once_in(2));
        let Ok(json) = any.serialize_with_options(serde_json::value::Serializer, &options) else {
            continue;
        };
        let theirs = DynamicMessage::deserialize(any.descriptor(), &json);
        match (read(&json), theirs) {
            (Ok(ours), Ok(theirs)) => check_same(&ours, &theirs, seed),
            // A wrapper's number that JSON does not have is written as null.
            (Err(_), Err(_)) => {}
            (ours, theirs) => panic!("{ours:?}\nis not\n{theirs:?}\n{json:#}\nseed {seed}"),
        }
    }
}

fn check_same(ours: &[u8], theirs: &DynamicMessage, seed: u64) {
    let ours = decoded(ours);
    let shown = |any: &DynamicMessage| serde_json::to_value(any).unwrap();
    let is_same = same(&shown(&ours), &shown(theirs));
    assert!(is_same, "{}\nis not\n{}\nseed {seed}", content(&ours), content(theirs));
}

#[test]
fn what_is_changed_is_refused_where_prost_reflect_refuses_it() {
    let mut refusals = 0;
    for seed in seeds(600) {
        let mut random = Random::new(seed);
        let any = Giver { random: &mut random, pool: &POOL }.any(2);
        let Ok(mut json) = serde_json::to_value(&any) else { continue };
        change(&mut random, &mut json);
        let options = DeserializeOptions::new().deny_unknown_fields(true);
        let theirs = DynamicMessage::deserialize_with_options(any.descriptor(), &json, &options);
        match (read(&json), theirs) {
            (Ok(ours), Ok(theirs)) => check_same(&ours, &theirs, seed),
            (Err(_), Err(_)) => refusals += 1,
            // It takes all enums for open ones.
            (Err(error), Ok(_))
                if error.contains("at \"it") && error.contains("a number that the enum takes") =>
            {
                refusals += 1;
            }
            (ours, theirs) => panic!("{ours:?}\nis not\n{theirs:?}\n{json:#}\nseed {seed}"),
        }
    }
    assert!(refusals > 50, "{refusals} refused");
}

/// Puts something else in one place, but for types.
fn change(random: &mut Random<'_>, json: &mut Json) {
    let inner: Vec<&mut Json> = match json {
        Json::Array(items) => items.iter_mut().collect(),
        Json::Object(members) => {
            members.iter_mut().filter(|(name, _)| *name != "@type").map(|(_, it)| it).collect()
        }
        _ => Vec::new(),
    };
    let count = inner.len();
    match inner.into_iter().nth(random.below(count.max(1))) {
        Some(inner) if !random.once_in(6) => change(random, inner),
        _ => {
            let others =
                [json!(true), json!(7), json!(1.5), json!("x?"), json!([]), json!({"no": 1})];
            *json = others[random.below(others.len())].clone();
        }
    }
}
