//! Keys in requests, items in replies.

use super::*;

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
        vec![(
            "in",
            object(vec![("id", Value::Variable { index: 0, default: None, never_null: false })]),
        )],
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
