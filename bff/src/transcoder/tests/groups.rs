//! Groups of proto2, and fields that editions call `DELIMITED`: they stand between two tags, and wherever a message is read
//! they are passed over, with everything inside them.

use bytes::Bytes;

use super::{
    joins::library,
    kit::{Builder, Run, bytes, call},
};
use crate::{
    contract::{self, Gather, GatherItem, Scalar, piece::Kind},
    error::Code,
    plan::StepId,
    transcoder::{
        Program, gather,
        map::{EntryTags, MapKey, MapValue, entry},
        wire::{END_GROUP, Fields, LEN, Payload, START_GROUP, VARINT, put_len, put_tag, tag_of},
    },
};

/// A group that has in it whatever the messages of these tests have, and another group, and what looks like its end.
fn group(number: u32) -> Vec<u8> {
    let mut out = Vec::new();
    put_tag(&mut out, number, START_GROUP);
    put_len(&mut out, 1, b"of the group");
    put_len(&mut out, 2, &[9, 9, 9]);
    put_tag(&mut out, 1, START_GROUP);
    put_len(&mut out, 2, b"deeper");
    put_tag(&mut out, 1, END_GROUP);
    // A number that looks like the end.
    put_tag(&mut out, 5, VARINT);
    out.push(4 << 3 | 4);
    put_tag(&mut out, number, END_GROUP);
    out
}

fn message(fields: &[(u32, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, payload) in fields {
        put_len(&mut out, *number, payload);
    }
    out
}

/// The same with a group before, between and behind all fields of the message and of the messages in it, as far as `levels`
/// go: numbers of message fields.
fn with_groups(message: &[u8], levels: &[&[u32]]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut fields = Fields::of(message);
    for number in 1.. {
        // Numbers that fields have, small and large ones.
        out.extend(group(if number % 2 == 0 { 3000 } else { number % 3 + 1 }));
        let Some(field) = fields.next().unwrap() else { return out };
        let Payload::Bytes(payload) = field.payload else { panic!("these have texts alone") };
        match levels.split_first() {
            Some((numbers, inner)) if numbers.contains(&field.number()) => {
                put_len(&mut out, field.number(), &with_groups(payload, inner));
            }
            _ => put_len(&mut out, field.number(), payload),
        }
    }
    out
}

/// `shelf { name books { title author { name } } }`, from messages that `change` may alter.
fn read(program: &Program, change: impl Fn(Vec<u8>, &[&[u32]]) -> Vec<u8>) -> (String, Vec<Bytes>) {
    let book = |title: &[u8], author: &[u8]| message(&[(1, title), (2, author)]);
    let (first, second) = (book(b"Emma", b"jane"), book(b"Kim", b"rudyard"));
    // It comes in two parts, which merge.
    let (name, books) = (message(&[(1, b"old")]), message(&[(2, &first), (2, &second)]));
    let reply = change(message(&[(1, &name), (1, &books)]), &[&[1], &[2]]);
    let authors = ["jane", "rudyard"].map(|id| message(&[(1, id.as_bytes()), (2, b"A. Name")]));
    let batch = change(message(&[(1, &authors[1]), (1, &authors[0])]), &[&[1]]);
    let mut run = Run::new(program);
    run.answer(0, |_| bytes(reply.clone()));
    let mut keys = Vec::new();
    let mut items = std::collections::HashMap::new();
    let each = &mut |key: &[u8], item: crate::Result<Bytes>| {
        keys.push(Bytes::copy_from_slice(key));
        items.insert(key.to_vec(), item.unwrap());
    };
    program.call(StepId(1)).items(&batch.into(), each).unwrap();
    run.answer(1, |key| bytes(items[key].to_vec()));
    (run.emit().0, keys)
}

#[test]
fn they_are_passed_over_in_scans_keys_items_and_parts_that_merge() {
    let program = library(|it| it, |it| it);
    let plain = read(&program, |message, _| message);
    assert!(
        plain.0.contains(r#""books":[{"title":"Emma","author":{"name":"A. Name"}}"#),
        "{plain:?}"
    );
    assert_eq!(plain, read(&program, |message, levels| with_groups(&message, levels)));
}

fn tagged() -> Program {
    let path = contract::Match { path: vec![2, 1], scalar: Scalar::String.into() };
    let piece = contract::Piece { kind: Some(Kind::Path(path)) };
    let tags = vec![contract::Template { pieces: vec![piece] }];
    let cache = contract::Cache { tags: tags.clone(), ..Default::default() };
    let mut builder = Builder::new();
    let step = builder.step(call(Vec::new()));
    let policy = contract::Policy { cache: Some(cache), invalidates: tags, ..Default::default() };
    builder.policy(step, policy);
    builder.compile()
}

#[test]
fn they_are_passed_over_in_tags_maps_and_gathered_messages() {
    let inner = message(&[(1, b"x")]);
    let outer = message(&[(1, b"no"), (2, &inner)]);
    let grouped = with_groups(&outer, &[&[2]]);
    let program = tagged();
    for message in [&outer, &grouped] {
        assert_eq!(program.tags(StepId(0), message, &[]), [Box::from("x")]);
        assert_eq!(program.invalidates(StepId(0), message, &[]), [Box::from("x")]);
    }

    let tags = EntryTags { key: Scalar::String, value: tag_of(2, LEN), merge: false };
    let value = MapValue::Bytes(inner.clone().into());
    assert_eq!(entry(&with_groups(&outer, &[]), tags), Ok((MapKey::Text(b"no"), value)));

    let how = |path: &[u32]| {
        let (path, scalar) = (path.to_vec(), Scalar::String.into());
        Gather { item: Some(GatherItem { path, scalar, presence: true }) }
    };
    let mut response = Vec::new();
    for message in [&outer, &grouped] {
        gather(&how(&[2, 1]), message, &mut response).unwrap();
    }
    assert_eq!(response, message(&[(1, b"x"), (1, b"x")]));
}

/// Messages whose group does not end as it must.
fn broken() -> Vec<Vec<u8>> {
    let whole = group(4);
    let mut other_end = whole.clone();
    *other_end.last_mut().unwrap() = 5 << 3 | 4;
    let deep = vec![4 << 3 | 3; 200];
    let open = whole[..whole.len() - 1].to_vec();
    [open, other_end, vec![4 << 3 | 4], vec![4 << 3 | 3], deep].into()
}

#[test]
fn one_that_does_not_end_is_no_message_wherever_it_stands() {
    let program = library(|it| it, |it| it);
    for broken in broken() {
        let shelf = |inside: bool| {
            let book = [&*message(&[(2, b"jane")]), if inside { &broken } else { b"" }].concat();
            let books = message(&[(2, &book)]);
            [&*message(&[(1, &books)]), if inside { b"" } else { &broken }].concat()
        };
        for inside in [true, false] {
            let mut run = Run::new(&program);
            run.answer(0, |_| bytes(shelf(inside)));
            let emission = run.emit().1;
            assert_eq!(emission.errors[0].error.code(), Code::DataLoss, "{broken:?} {inside}");
        }
        let batch = [&*message(&[(1, &message(&[(1, b"jane")]))]), &broken].concat();
        let items = program.call(StepId(1)).items(&batch.into(), &mut |_, _| {});
        assert_eq!(items.unwrap_err().code(), Code::DataLoss, "{broken:?}");
        let item = [&*message(&[(1, b"jane")]), &broken].concat();
        let batch = message(&[(1, &item)]);
        let items = program.call(StepId(1)).items(&batch.into(), &mut |_, _| {});
        assert_eq!(items.unwrap_err().code(), Code::DataLoss, "{broken:?}");
        assert!(tagged().tags(StepId(0), &broken, &[]).is_empty());
        for item in [None, Some(GatherItem::default())] {
            let failed = gather(&Gather { item }, &broken, &mut Vec::new());
            assert_eq!(failed.unwrap_err().code(), Code::DataLoss, "{broken:?}");
        }
        let tags = EntryTags { key: Scalar::String, value: tag_of(2, LEN), merge: false };
        assert!(entry(&broken, tags).is_err());
    }
}
