//! Keys: from the messages that have them to the requests that ask with them.

use prost::Message as _;
use prost_reflect::{Kind, ReflectMessage as _};

use super::*;
use crate::{
    plan::KeySource,
    transcoder::tests::kit::{key_source, list, string},
};

/// What a key is, whatever its types are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Integer(i128),
    Text(Vec<u8>),
}

/// One part of a key: its types where it comes from and where it goes.
pub(super) struct Part {
    pub(super) from: Scalar,
    pub(super) to: Scalar,
    pub(super) presence: bool,
    /// In each parent.
    pub(super) source: Vec<u32>,
    /// In the request, or in a batch in one key.
    target: Vec<u32>,
}

/// How a request takes keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Batching {
    None,
    Values,
    Messages,
}

/// A request with keys, and who has them.
pub(super) struct Keyed {
    pub(super) parts: Vec<Part>,
    batching: Batching,
    /// Of the repeated field of a batch.
    keys: Vec<u32>,
    parent: MessageDescriptor,
    request: MessageDescriptor,
}

/// What stands in the request beside its keys.
const CONSTANT: u32 = 9;

impl Keyed {
    fn random(random: &mut Random<'_>) -> Self {
        let batching = [Batching::None, Batching::Values, Batching::Messages][random.below(3)];
        Self::with(random, batching)
    }

    pub(super) fn batch(random: &mut Random<'_>) -> Self {
        let batching = [Batching::Values, Batching::Messages][random.below(2)];
        Self::with(random, batching)
    }

    fn with(random: &mut Random<'_>, batching: Batching) -> Self {
        let count = if batching == Batching::Values { 1 } else { 1 + random.below(3) };
        let (mut parent, mut taker) = (Node::default(), Node::default());
        let parts = (1..=count as u32).map(|number| {
            let (from, to) = (scalar(random), scalar(random));
            let source = parent.take(random, number, &input(Cardinality::Explicit, type_of(from)));
            let target = match batching {
                Batching::Values => Vec::new(),
                _ => taker.take(random, number, &input(Cardinality::Explicit, type_of(to))),
            };
            let presence = random.once_in(2);
            Part { from, to, presence, source, target }
        });
        let parts: Vec<Part> = parts.collect();
        let (mut request, taker) = match batching {
            Batching::None => (taker, Node::default()),
            _ => (Node::default(), taker),
        };
        let keys = match batching {
            Batching::None => Vec::new(),
            Batching::Values => {
                request.take(random, 1, &input(Cardinality::Repeated, type_of(parts[0].to)))
            }
            Batching::Messages => request.take_messages(random, 1, taker),
        };
        // Beside the keys, in the messages around them too.
        let beside = keys.split_last().map_or(&[][..], |(_, around)| around);
        request.put(beside, CONSTANT, &input(Cardinality::Explicit, type_of(Scalar::Int32)));
        let pool = pool(vec![parent.message("Parent"), request.message("Request")]);
        let message = |name| pool.get_message_by_name(name).expect("it is there");
        Self { parts, batching, keys, parent: message("t.Parent"), request: message("t.Request") }
    }

    pub(super) fn join(&self) -> Join {
        let part = |part: &Part| contract::KeyPart {
            target_scalar: part.to.into(),
            presence: part.presence,
            ..key_part(&part.source, part.from, &part.target)
        };
        let matching = (1..)
            .zip(&self.parts)
            .map(|(number, part)| contract::Match { path: vec![number], scalar: part.to.into() });
        let batch = contract::Batch {
            keys: self.keys.clone(),
            items: vec![1],
            r#match: matching.collect(),
            ..Default::default()
        };
        let beside = self.keys.split_last().map_or(&[][..], |(_, around)| around);
        let constant = fill::Source::Constant(message().varint(CONSTANT, 5).0);
        Join {
            batch: Some(batch).filter(|_| self.batching != Batching::None),
            fills: vec![Fill {
                path: beside.to_vec(),
                source: Some(constant),
                value: None,
                required: 0,
            }],
            ..call(self.parts.iter().map(part).collect())
        }
    }

    fn program(&self) -> Program {
        let mut builder = Builder::new();
        let parents = builder.step(call(Vec::new()));
        let children = builder.step(self.join());
        let parent = builder.site(parents, None, Vec::new(), false);
        let sources = self.parts.iter().map(|part| KeySource {
            presence: part.presence,
            ..key_source(&part.source, part.from)
        });
        let child = builder.site(children, Some(parent), sources.collect(), false);
        let item = builder.shape("Item", vec![joined("child", child, string(3))]);
        builder.root(vec![joined("it", parent, list(1, item))]);
        builder.compile()
    }

    /// A message with keys, mostly.
    pub(super) fn filled(
        &self,
        random: &mut Random<'_>,
        message: &MessageDescriptor,
    ) -> DynamicMessage {
        let mut parent = DynamicMessage::new(message.clone());
        for part in &self.parts {
            if random.once_in(8) {
                continue;
            }
            let (number, around) = part.source.split_last().expect("a place");
            let field = inside_of(&parent.descriptor(), around).get_field(*number);
            let value = held(&field.expect("a field").kind(), &meaning(random, part.from));
            inside(&mut parent, around).set_field_by_number(*number, value.expect("made so"));
        }
        parent
    }

    /// What the key of a parent means; `None` where it has none, or one that the request cannot hold. Of an item what is
    /// absent is zero, `wherever` it is absent.
    pub(super) fn key(&self, parent: &DynamicMessage, wherever: bool) -> Option<Vec<Meaning>> {
        let part = |part: &Part| {
            let (number, around) = part.source.split_last().expect("a place");
            let mut message = parent.clone();
            for number in around {
                let is_there = wherever || message.has_field_by_number(*number);
                let inner = message.get_field_by_number(*number).filter(|_| is_there)?;
                message = inner.as_message()?.clone();
            }
            let is_there = message.has_field_by_number(*number);
            let given = match message.get_field_by_number(*number)?.as_ref() {
                _ if !is_there && part.presence => return None,
                Field::String(text) => Meaning::Text(text.clone().into()),
                Field::Bytes(text) => Meaning::Text(text.to_vec()),
                Field::Bool(boolean) => Meaning::Integer((*boolean).into()),
                Field::I32(integer) => Meaning::Integer((*integer).into()),
                Field::U32(integer) => Meaning::Integer((*integer).into()),
                Field::I64(integer) => Meaning::Integer((*integer).into()),
                Field::U64(integer) => Meaning::Integer((*integer).into()),
                other => unreachable!("{other}"),
            };
            let given = Some(given).filter(|given| *given != Meaning::Text(Vec::new()))?;
            converted(given, part.to)
        };
        self.parts.iter().map(part).collect()
    }

    /// The request that asks with these keys.
    fn request(&self, keys: &[Vec<Meaning>]) -> DynamicMessage {
        let mut request = DynamicMessage::new(self.request.clone());
        let set = |message: &mut DynamicMessage, key: &[Meaning]| {
            for (part, meaning) in self.parts.iter().zip(key) {
                let (number, around) = part.target.split_last().expect("a place");
                let kind = inside_of(&message.descriptor(), around).get_field(*number);
                let value = held(&kind.expect("a field").kind(), meaning).expect("it fits");
                inside(message, around).set_field_by_number(*number, value);
            }
        };
        let Some((number, around)) = self.keys.split_last() else {
            request.set_field_by_number(CONSTANT, Field::I32(5));
            set(&mut request, &keys[0]);
            return request;
        };
        let message = inside(&mut request, around);
        message.set_field_by_number(CONSTANT, Field::I32(5));
        let kind = message.descriptor().get_field(*number).expect("a field").kind();
        let list = keys.iter().map(|key| match self.batching {
            Batching::Messages => {
                let mut made = DynamicMessage::new(kind.as_message().expect("a message").clone());
                set(&mut made, key);
                Field::Message(made)
            }
            _ => held(&kind, &key[0]).expect("it fits"),
        });
        message.set_field_by_number(*number, Field::List(list.collect()));
        request
    }
}

pub(super) fn scalar(random: &mut Random<'_>) -> Scalar {
    match random.below(4) {
        0 => Scalar::String,
        1 => [Scalar::Bytes, Scalar::Bool, Scalar::String][random.below(3)],
        _ => INTEGERS[random.below(INTEGERS.len())],
    }
}

pub(super) fn type_of(scalar: Scalar) -> contract::Leaf {
    leaf(scalar, Format::Unspecified)
}

fn is_text(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::String | Scalar::Bytes)
}

/// What a field of this type may hold.
fn meaning(random: &mut Random<'_>, scalar: Scalar) -> Meaning {
    let text = match scalar {
        Scalar::Bytes if random.once_in(6) => return Meaning::Text(b"\xff".to_vec()),
        _ if is_text(scalar) => ["", "a", "7", "-7", "007", "99999999999", "\u{fc}"],
        _ => {
            let integer = match random.below(3) {
                0 => i128::from(random.number() as i64),
                1 => i128::from(random.number()),
                _ => random.below(9) as i128 - 4,
            };
            let fits =
                |integer: &i128| held(&kind_of(scalar), &Meaning::Integer(*integer)).is_some();
            return Meaning::Integer(Some(integer).filter(fits).unwrap_or(1));
        }
    };
    Meaning::Text(text[random.below(text.len())].into())
}

/// The same as another type, if that can hold it.
fn converted(meaning: Meaning, to: Scalar) -> Option<Meaning> {
    let converted = match meaning {
        Meaning::Integer(integer) if is_text(to) => Meaning::Text(integer.to_string().into()),
        Meaning::Text(text) if !is_text(to) => {
            Meaning::Integer(String::from_utf8(text).ok()?.parse().ok()?)
        }
        meaning => meaning,
    };
    held(&kind_of(to), &converted).map(|_| converted)
}

fn kind_of(scalar: Scalar) -> Kind {
    match scalar {
        Scalar::String => Kind::String,
        Scalar::Bytes => Kind::Bytes,
        Scalar::Bool => Kind::Bool,
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => Kind::Int32,
        Scalar::Uint32 | Scalar::Fixed32 => Kind::Uint32,
        Scalar::Uint64 | Scalar::Fixed64 => Kind::Uint64,
        _ => Kind::Int64,
    }
}

/// The value of a field.
fn held(kind: &Kind, meaning: &Meaning) -> Option<Field> {
    let integer = match meaning {
        Meaning::Text(text) if *kind == Kind::Bytes => {
            return Some(Field::Bytes(text.clone().into()));
        }
        Meaning::Text(text) => return String::from_utf8(text.clone()).ok().map(Field::String),
        Meaning::Integer(integer) => *integer,
    };
    Some(match kind {
        Kind::Bool => Field::Bool(u8::try_from(integer).ok().filter(|it| *it < 2)? == 1),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Field::I32(integer.try_into().ok()?),
        Kind::Uint32 | Kind::Fixed32 => Field::U32(integer.try_into().ok()?),
        Kind::Uint64 | Kind::Fixed64 => Field::U64(integer.try_into().ok()?),
        _ => Field::I64(integer.try_into().ok()?),
    })
}

/// How many keys are asked, and how many parents have none.
pub(super) fn check(random: &mut Random<'_>, seed: u64) -> (usize, usize) {
    let keyed = Keyed::random(random);
    let program = keyed.program();
    let (mut parents, mut expected, mut keyless) = (Message::default(), Vec::new(), 0);
    for _ in 0..random.below(6) {
        let parent = keyed.filled(random, &keyed.parent);
        let key = keyed.key(&parent, false);
        parents = parents.len(1, &parent.encode_to_vec());
        keyless += usize::from(key.is_none());
        expected.extend(key.filter(|key| !expected.contains(key)));
    }
    let mut run = kit::Run::new(&program);
    let mut parents = Some(parents.0);
    run.answer(0, |_| kit::bytes(parents.take().expect("asked once")));
    let keys: Vec<&[u8]> = run.keys[1].iter().collect();
    assert_eq!(keys.len(), expected.len(), "{expected:?}\nseed {seed}");
    let call = program.call(StepId(1));
    let constant = call.request(&[], &context()).unwrap();
    let at_once = if keyed.batching == Batching::None { 1 } else { keys.len().max(1) };
    for (keys, expected) in keys.chunks(at_once).zip(expected.chunks(at_once)) {
        let bytes = call.with_keys(&constant, keys.iter().copied());
        let ours = DynamicMessage::decode(keyed.request.clone(), bytes).expect("a message");
        let theirs = keyed.request(expected);
        assert!(ours == theirs, "{ours}\nis not\n{theirs}\nseed {seed}");
    }
    (keys.len(), keyless)
}

#[test]
fn keys_are_read_from_parents_and_written_into_requests_as_their_twin_does_it() {
    let (mut asked, mut keyless) = (0, 0);
    for seed in seeds(600) {
        let (more_asked, more_keyless) = check(&mut Random::new(seed), seed);
        asked += more_asked;
        keyless += more_keyless;
    }
    assert!(asked > 500 && keyless > 100, "{asked} asked, {keyless} parents without a key");
}
