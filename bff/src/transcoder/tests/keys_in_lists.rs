//! Keys that stand in repeated messages: `$parent.lines.sku`.

use super::{
    kit::{Builder, Run, batch, bytes, call, field, joined, key_source, string, whole},
    random::{Random, seeds},
    values::Message,
};
use crate::{
    contract::Scalar,
    plan::KeySource,
    transcoder::{Program, Refs},
};

/// `{ it { many } }`, with keys at the end of a path in which `lists` are repeated.
fn program(path: &[u32], lists: &[usize], presence: bool) -> Program {
    let mut builder = Builder::new();
    let parent_step = builder.step(call(Vec::new()));
    let parent = builder.site(parent_step, None, Vec::new(), false);
    let step = builder.step(batch(Scalar::String));
    let source = key_source(path, Scalar::String);
    let source = KeySource { lists: lists.to_vec(), presence, ..source };
    let site = builder.site(step, Some(parent), vec![source], true);
    let item = builder.shape("Item", vec![field("name", string(2))]);
    let shape = builder.shape("Parent", vec![joined("many", site, whole(item))]);
    builder.root(vec![joined("it", parent, whole(shape))]);
    builder.compile()
}

fn check(program: &Program, parent: &Message, keys: &[&str], expected: &str) {
    let mut run = Run::new(program);
    run.answer(0, |_| bytes(parent.0.clone()));
    let asked: Vec<_> = run.keys[1].iter().map(String::from_utf8_lossy).collect();
    assert_eq!(asked, keys);
    run.answer(1, |key| bytes(Message::default().len(2, key).0));
    run.check(&format!("{{\"it\":{{\"many\":{expected}}}}}"), &[]);
}

fn message() -> Message {
    Message::default()
}

#[test]
fn each_message_of_a_list_gives_its_key_in_order() {
    let line = |sku: &[u8]| message().len(2, sku);
    let order = message().message(1, line(b"b")).varint(9, 1).message(1, line(b"a"));
    let order = order.message(1, message()).message(1, line(b"b"));
    let expected = r#"[{"name":"b"},{"name":"a"},null,{"name":"b"}]"#;
    for presence in [false, true] {
        check(&program(&[1, 2], &[0], presence), &order, &["b", "a"], expected);
    }
    check(&program(&[1, 2], &[0], false), &message(), &[], "[]");
}

#[test]
fn lists_in_lists_are_one_list() {
    let line = |skus: &[&[u8]]| skus.iter().fold(message(), |line, sku| line.len(3, sku));
    // Inside a singular message, which comes in two parts.
    let one = message().message(1, line(&[b"a", b"b"])).message(1, message());
    let other = message().message(1, line(&[b"c"]));
    let order = message().message(4, one).message(4, other);
    let expected = r#"[{"name":"a"},{"name":"b"},{"name":"c"}]"#;
    check(&program(&[4, 1, 3], &[1, 2], false), &order, &["a", "b", "c"], expected);
}

#[test]
fn the_keys_of_random_lists_are_those_that_a_walk_finds() {
    let program = program(&[1, 2, 3], &[0, 1], true);
    for seed in seeds(300) {
        let mut random = Random::new(seed);
        let (mut parent, mut expected) = (message(), Vec::new());
        for _ in 0..random.below(4) {
            let mut outer = message();
            for _ in 0..random.below(4) {
                let mut inner = message();
                let mut key = String::new();
                for _ in 0..random.below(3) {
                    key = random.text();
                    inner = inner.len(3, key.as_bytes());
                }
                expected.push(key);
                outer = outer.varint(7, 1).message(2, inner);
            }
            parent = parent.message(1, outer);
        }
        let mut run = Run::new(&program);
        run.answer(0, |_| bytes(parent.0.clone()));
        let keys: Vec<_> = run.keys[1].iter().collect();
        let of = |id: &u32| keys.get(*id as usize).map_or(&b""[..], |key| *key);
        let refs: &Refs = &run.refs[1];
        let found: Vec<&[u8]> = refs.all().iter().map(of).collect();
        let expected: Vec<&[u8]> = expected.iter().map(String::as_bytes).collect();
        assert_eq!(found, expected, "seed {seed}");
    }
}
