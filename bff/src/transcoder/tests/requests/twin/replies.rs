//! Replies: items are known by the keys that were asked with, whatever the types of both are.

use prost::Message as _;

use super::{
    keys::{Keyed, Meaning, Part, scalar, type_of},
    *,
};
use crate::transcoder::tests::values;

/// How a reply has its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    List,
    /// All items of one key are one.
    Groups,
    /// By a key that stands beside the item.
    Map,
}

/// A batch that is answered.
struct Answered {
    keyed: Keyed,
    shape: Shape,
    items: Vec<u32>,
    status: Vec<u32>,
    /// The message of an item; of a map, of an entry.
    item: MessageDescriptor,
}

/// What stands in an item beside its key, and in its status.
const VALUE: u32 = 30;
const STATUS: u32 = 31;
const CODE: u32 = 1;

impl Answered {
    fn random(random: &mut Random<'_>) -> Self {
        let mut keyed = Keyed::batch(random);
        let shape = match random.below(4) {
            0 => Shape::Groups,
            1 if keyed.parts.len() == 1 => Shape::Map,
            _ => Shape::List,
        };
        // From here on a part comes from an item, not from a parent.
        let mut node = Node::default();
        for (number, part) in (1..).zip(&mut keyed.parts) {
            (part.from, part.presence) = (scalar(random), false);
            let of = input(Cardinality::Explicit, type_of(part.from));
            part.source = match shape {
                // Keys of maps are no bytes.
                Shape::Map if part.from == Scalar::Bytes => {
                    part.from = Scalar::String;
                    let of = input(Cardinality::Explicit, type_of(part.from));
                    node.put(&[], number, &of);
                    vec![number]
                }
                Shape::Map => {
                    node.put(&[], number, &of);
                    vec![number]
                }
                _ => node.take(random, number, &of),
            };
        }
        let number = input(Cardinality::Explicit, type_of(Scalar::Int32));
        node.put(&[], VALUE, &number);
        let status =
            if shape != Shape::Map && random.once_in(2) { vec![STATUS] } else { Vec::new() };
        if !status.is_empty() {
            node.put(&status, CODE, &number);
        }
        let items = [vec![1], vec![3, 1], vec![40, 3, 1]][random.below(3)].clone();
        let pool = pool(vec![node.message("Item")]);
        let item = pool.get_message_by_name("t.Item").expect("it is there");
        Self { keyed, shape, items, status, item }
    }

    fn program(&self) -> Program {
        let mut builder = Builder::new();
        let mut join = self.keyed.join();
        let batch = join.batch.as_mut().expect("a batch");
        batch.items.clone_from(&self.items);
        batch.status.clone_from(&self.status);
        (batch.map, batch.group) = (self.shape == Shape::Map, self.shape == Shape::Groups);
        let matching =
            |part: &Part| contract::Match { path: part.source.clone(), scalar: part.from.into() };
        batch.r#match = self.keyed.parts.iter().map(matching).collect();
        builder.step(join);
        builder.compile()
    }

    fn item(&self, random: &mut Random<'_>) -> DynamicMessage {
        let mut item = self.keyed.filled(random, &self.item);
        if !random.once_in(4) {
            item.set_field_by_number(VALUE, Field::I32(random.below(9) as i32));
        }
        if !self.status.is_empty() && random.once_in(3) {
            let code = Field::I32([0, 5, 14][random.below(3)]);
            inside(&mut item, &self.status).set_field_by_number(CODE, code);
        }
        item
    }

    /// An item as the reply has it, and as it is handed over.
    fn encoded(&self, item: &DynamicMessage) -> (Vec<u8>, Vec<u8>) {
        let bytes = item.encode_to_vec();
        if self.shape != Shape::Map {
            return (bytes.clone(), bytes);
        }
        // The value of an entry is a message with what stands beside the key.
        let value = match item.get_field_by_number(VALUE).as_deref() {
            Some(Field::I32(number)) if item.has_field_by_number(VALUE) => {
                values::Message::default().varint(7, *number as u64)
            }
            _ => values::Message::default(),
        };
        let mut key = item.clone();
        key.clear_field_by_number(VALUE);
        let entry = values::Message(key.encode_to_vec()).len(2, &value.0);
        (entry.0, value.0)
    }
}

/// A key in canonical form, and the bytes of its item or the code of its failure.
type Seen = (Vec<u8>, Result<Vec<u8>, Code>);

/// How many items are seen, and how many are passed over.
pub(super) fn check(random: &mut Random<'_>, seed: u64) -> (usize, usize) {
    let answered = Answered::random(random);
    let program = answered.program();
    let (mut reply, mut expected, mut passed) = (values::Message::default(), Vec::new(), 0);
    for _ in 0..random.below(6) {
        let item = answered.item(random);
        let (written, handed) = answered.encoded(&item);
        let around = answered
            .items
            .iter()
            .rev()
            .skip(1)
            .fold(values::Message::default().len(1, &written), |inner, number| {
                values::Message::default().message(*number, inner)
            });
        reply.0.extend_from_slice(&around.0);
        let Some(key) = answered.keyed.key(&item, true) else {
            passed += 1;
            continue;
        };
        let status = answered.status.first().map(|number| item.get_field_by_number(*number));
        let code = status.flatten().and_then(|status| {
            status.as_message()?.get_field_by_number(CODE)?.as_i32().and_then(Code::from_grpc)
        });
        expected.push((canonical(&answered.keyed.parts, &key), code.map_or(Ok(handed), Err)));
    }
    if answered.shape == Shape::Groups {
        expected = grouped(expected);
    }
    let mut seen: Vec<Seen> = Vec::new();
    let read = program.call(STEP).items(&reply.0.into(), &mut |key, item| {
        seen.push((key.to_vec(), item.map(|item| item.to_vec()).map_err(|error| error.code())));
    });
    read.expect("a reply");
    // A key of one text is handed over as it stands; one that is not UTF-8 nobody has asked with.
    if let [Part { to: Scalar::String, .. }] = &*answered.keyed.parts {
        seen.retain(|(key, _)| std::str::from_utf8(key).is_ok());
    }
    assert_eq!(seen, expected, "seed {seed}");
    (seen.len(), passed)
}

/// Failures as they come, and behind them all items of each key in one.
fn grouped(items: Vec<Seen>) -> Vec<Seen> {
    let (mut grouped, mut groups): (Vec<Seen>, Vec<Seen>) = (Vec::new(), Vec::new());
    for (key, item) in items {
        let Ok(item) = item else {
            grouped.push((key, item));
            continue;
        };
        let field = values::Message::default().len(1, &item).0;
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, group)) => group.as_mut().expect("no failure").extend_from_slice(&field),
            None => groups.push((key, Ok(field))),
        }
    }
    grouped.extend(groups);
    grouped
}

/// The documented form: texts as they are, numbers in eight bytes, and of several parts each behind its length.
fn canonical(parts: &[Part], key: &[Meaning]) -> Vec<u8> {
    let one = |meaning: &Meaning| match meaning {
        Meaning::Text(text) => text.clone(),
        Meaning::Integer(integer) => (*integer as u64).to_be_bytes().to_vec(),
    };
    if let ([_], [meaning]) = (parts, key) {
        return one(meaning);
    }
    let each = key.iter().map(one);
    each.flat_map(|part| [(part.len() as u32).to_be_bytes().to_vec(), part].concat()).collect()
}

#[test]
fn items_are_known_by_their_keys_as_their_twin_knows_them() {
    let (mut seen, mut passed) = (0, 0);
    for seed in seeds(600) {
        let (more_seen, more_passed) = check(&mut Random::new(seed), seed);
        seen += more_seen;
        passed += more_passed;
    }
    assert!(seen > 500 && passed > 50, "{seen} seen, {passed} passed over");
}
