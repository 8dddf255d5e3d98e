//! A random schema over random services, and its contract.

use super::dice::Dice;
use crate::{
    contract::{
        Batch, Binding, Cache, Cardinality, Contract, Enum, EnumValue, Fallback, Field, Fill,
        Format, InputValue, Join, KeyPart, Leaf, Match, Member, Method, Policy, Scalar, Scope,
        SideEffects, Source, Wire, fallback, fill, input_value, join, source, wire,
    },
    operation::Type,
};

/// Every object has its keys here: a text, an integer, and lists of them.
pub(super) const TEXT_KEY: u32 = 51;
pub(super) const INT_KEY: u32 = 52;
pub(super) const TEXT_KEYS: u32 = 53;
pub(super) const INT_KEYS: u32 = 54;
/// Where an item has the parts of its key, and its status.
pub(super) const ITEM_KEY: [u32; 2] = [61, 62];
pub(super) const ITEM_STATUS: u32 = 63;
/// Where a request has its argument.
pub(super) const ARGUMENT: u32 = 9;

/// Longer than some fields wait.
pub(super) const SLOW: u64 = 70;
const TIMEOUTS: [u64; 3] = [50, 50, 100];

/// A schema.
pub(super) struct Model {
    pub(super) objects: Vec<Object>,
    /// Each a union of some objects, as a message with one field for each.
    pub(super) unions: Vec<Vec<usize>>,
    pub(super) asks: Vec<Ask>,
    /// The root fields.
    pub(super) root: Vec<FieldModel>,
}

pub(super) struct Object {
    pub(super) fields: Vec<FieldModel>,
}

#[derive(Clone)]
pub(super) struct FieldModel {
    pub(super) name: String,
    pub(super) nullable: bool,
    pub(super) item_nullable: bool,
    /// How many milliseconds it waits, if it asks.
    pub(super) timeout: u64,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Wire(WireModel),
    Ask(usize),
}

/// A value in a message.
#[derive(Clone, Copy)]
pub(super) struct WireModel {
    /// 0: the message itself.
    pub(super) number: u32,
    pub(super) list: bool,
    pub(super) explicit: bool,
    pub(super) value: ValueModel,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum ValueModel {
    Text,
    Int,
    Enum,
    Object(usize),
    Union(usize),
}

/// What some fields ask.
pub(super) struct Ask {
    /// Whether each part of the key is a text; no parts: the call stands alone.
    pub(super) key: Vec<bool>,
    pub(super) many: bool,
    pub(super) batch: Option<BatchModel>,
    pub(super) argument: bool,
    pub(super) then: WireModel,
    pub(super) ladder: Option<Ladder>,
    pub(super) cached: bool,
    pub(super) shareable: bool,
    /// Its call takes [`SLOW`] milliseconds. Only where nobody else's call can bring the answer sooner.
    pub(super) slow: bool,
}

#[derive(Clone, Copy)]
pub(super) struct BatchModel {
    pub(super) map: bool,
    pub(super) group: bool,
    pub(super) max: u32,
    /// The items are inside a message.
    pub(super) nested: bool,
}

#[derive(Clone, Copy)]
pub(super) struct Ladder {
    pub(super) rpc: bool,
    pub(super) last: LastModel,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum LastModel {
    None,
    Null,
    Value,
}

impl Model {
    pub(super) fn random(dice: &mut Dice) -> Self {
        let mut model =
            Self { objects: Vec::new(), unions: Vec::new(), asks: Vec::new(), root: Vec::new() };
        let objects = 2 + dice.roll(4);
        for _ in 0..dice.roll(3) {
            let members = (0..objects).filter(|_| dice.often(60)).collect::<Vec<_>>();
            if !members.is_empty() {
                model.unions.push(members);
            }
        }
        for _ in 0..2 + dice.roll(6) {
            let ask = model.ask(dice, objects, false);
            model.asks.push(ask);
        }
        let roots = 1 + dice.roll(4);
        for _ in 0..roots {
            let ask = model.ask(dice, objects, true);
            model.asks.push(ask);
        }
        for index in 0..objects {
            let fields = (0..2 + dice.roll(5))
                .map(|number| model.field(dice, index, objects, number))
                .collect();
            model.objects.push(Object { fields });
        }
        let first_root = model.asks.len() - roots;
        // Several fields may ask the same and wait differently.
        let more = dice.roll(3);
        let mut asked: Vec<usize> = (first_root..model.asks.len()).collect();
        asked.extend((0..more).map(|_| first_root + dice.roll(roots)));
        let fields = asked.into_iter().enumerate();
        model.root =
            fields.map(|(position, ask)| field_model(dice, position, Kind::Ask(ask))).collect();
        model
    }

    fn field(&self, dice: &mut Dice, of: usize, objects: usize, position: usize) -> FieldModel {
        let keyed: Vec<usize> =
            (0..self.asks.len()).filter(|ask| !self.asks[*ask].key.is_empty()).collect();
        let kind = if dice.often(40) && !keyed.is_empty() {
            Kind::Ask(dice.pick(&keyed))
        } else {
            let number = u32::try_from(position).unwrap() + 1;
            // Only objects that come later, so that no message contains itself.
            let later: Vec<usize> = (of + 1..objects).collect();
            let value = match dice.roll(6) {
                0 | 1 if !later.is_empty() => ValueModel::Object(dice.pick(&later)),
                2 => ValueModel::Int,
                3 => ValueModel::Enum,
                _ => ValueModel::Text,
            };
            Kind::Wire(wire_model(dice, number, value))
        };
        field_model(dice, position, kind)
    }

    fn ask(&self, dice: &mut Dice, objects: usize, alone: bool) -> Ask {
        let key: Vec<bool> = match dice.roll(4) {
            _ if alone => Vec::new(),
            0 => vec![true, false],
            1 => vec![false],
            _ => vec![true],
        };
        let batch = (!key.is_empty() && dice.often(70)).then(|| BatchModel {
            map: key.len() == 1 && dice.often(25),
            group: dice.often(25),
            max: u32::try_from(dice.roll(4)).unwrap(),
            nested: dice.often(30),
        });
        let batch = batch.map(|batch| BatchModel { group: batch.group && !batch.map, ..batch });
        let many = key.len() == 1 && dice.often(30) && batch.is_none_or(|batch| !batch.group);
        let group = batch.is_some_and(|batch| batch.group);
        let (cached, shareable) = (dice.often(30), dice.often(30));
        Ask {
            then: self.then(dice, objects, group, many),
            many,
            argument: dice.often(40),
            ladder: dice.often(65).then(|| Ladder {
                rpc: dice.often(30),
                last: dice.pick(&[LastModel::None, LastModel::Null, LastModel::Value]),
            }),
            slow: alone && !cached && !shareable && dice.often(25),
            cached,
            shareable,
            key,
            batch,
        }
    }

    fn then(&self, dice: &mut Dice, objects: usize, group: bool, many: bool) -> WireModel {
        let object = ValueModel::Object(dice.roll(objects));
        if group {
            return WireModel { number: 1, list: true, explicit: false, value: object };
        }
        let value = match dice.roll(6) {
            0 if !self.unions.is_empty() => ValueModel::Union(dice.roll(self.unions.len())),
            1 => ValueModel::Text,
            2 => ValueModel::Int,
            3 => return WireModel { number: 0, list: false, explicit: true, value: object },
            _ => object,
        };
        let wire = wire_model(dice, 3, value);
        WireModel { list: wire.list && !many, ..wire }
    }

    /// The GraphQL type of a field.
    pub(super) fn ty(&self, field: &FieldModel) -> Type {
        let (value, list) = match field.kind {
            Kind::Wire(wire) => (wire.value, wire.list),
            Kind::Ask(ask) => {
                let ask = &self.asks[ask];
                (ask.then.value, ask.then.list || ask.many)
            }
        };
        let named = Type::Named(value.type_name());
        let null = |ty, nullable| if nullable { ty } else { Type::NonNull(Box::new(ty)) };
        let inner =
            if list { Type::List(Box::new(null(named, field.item_nullable))) } else { named };
        null(inner, field.nullable)
    }

    pub(super) fn contract(&self, value_of: impl Fn(usize) -> Vec<u8>) -> Contract {
        let mut bindings = vec![binding("Query".to_owned(), &self.root, self, &value_of)];
        for (index, object) in self.objects.iter().enumerate() {
            let name = ValueModel::Object(index).type_name();
            bindings.push(binding(name, &object.fields, self, &value_of));
        }
        for (index, members) in self.unions.iter().enumerate() {
            let member = |(at, object): (usize, &usize)| Member {
                number: u32::try_from(at).unwrap() + 1,
                binding: u32::try_from(*object).unwrap() + 1,
            };
            bindings.push(Binding {
                r#type: ValueModel::Union(index).type_name(),
                message: format!("test.U{index}"),
                members: members.iter().enumerate().map(member).collect(),
                ..Binding::default()
            });
        }
        let methods = (0..self.asks.len()).flat_map(|ask| {
            let shareable = self.asks[ask].shareable;
            ["Ask", "Fallback"].map(|name| Method {
                service: format!("S{ask}"),
                name: name.to_owned(),
                shareable,
                ..Method::default()
            })
        });
        let value = |(number, name): (i32, &str)| EnumValue { name: name.to_owned(), number };
        Contract {
            methods: methods.collect(),
            enums: vec![Enum {
                r#type: "E".to_owned(),
                values: [(0, "A"), (1, "B"), (2, "C")].map(value).to_vec(),
            }],
            query: Some(0),
            mutation: Some(0),
            bindings,
            ..Contract::default()
        }
    }

    fn join(&self, index: usize, timeout_ms: u64, value_of: &impl Fn(usize) -> Vec<u8>) -> Join {
        let ask = &self.asks[index];
        let own = self.side(index, 0);
        let ladder = ask.ladder.map(|ladder| {
            Box::new(Fallback {
                rpc: ladder.rpc.then(|| Box::new(self.side(index, 1))),
                last: match ladder.last {
                    LastModel::None => None,
                    LastModel::Null => Some(fallback::Last::Null(true)),
                    LastModel::Value => Some(fallback::Last::Value(value_of(index))),
                },
                ..Fallback::default()
            })
        });
        let policy = Policy {
            timeout_ms,
            cache: ask.cached.then(|| Cache {
                max_age_ms: 60_000,
                scope: Scope::Public.into(),
                ..Cache::default()
            }),
            fallback: ladder,
            ..Policy::default()
        };
        Join { policy: Some(Box::new(policy)), ..own }
    }

    /// A call of a method: the ask's own, or that of its fallback.
    fn side(&self, index: usize, fallback: usize) -> Join {
        let ask = &self.asks[index];
        Join {
            target: Some(join::Target::Method(u32::try_from(index * 2 + fallback).unwrap())),
            fills: if ask.argument { vec![argument()] } else { Vec::new() },
            key: ask.key_parts(),
            many: ask.many,
            batch: ask.batch.map(|batch| ask.batch(batch)),
            then: Some(Box::new(wire_source(&ask.then, self))),
            side_effects: SideEffects::NoSideEffects.into(),
            policy: None,
            echoes: Vec::new(),
        }
    }
}

impl Ask {
    fn key_parts(&self) -> Vec<KeyPart> {
        let part = |(at, text): (usize, &bool)| {
            let path = match (text, self.many) {
                (true, false) => TEXT_KEY,
                (false, false) => INT_KEY,
                (true, true) => TEXT_KEYS,
                (false, true) => INT_KEYS,
            };
            let scalar = scalar(*text).into();
            // A batch of scalars takes the keys as they are.
            let whole = self.batch.is_some() && self.key.len() == 1;
            let target = if whole { Vec::new() } else { vec![u32::try_from(at).unwrap() + 1] };
            KeyPart { path: vec![path], scalar, target, target_scalar: scalar, presence: false }
        };
        self.key.iter().enumerate().map(part).collect()
    }

    fn batch(&self, batch: BatchModel) -> Batch {
        let key = |(at, text): (usize, &bool)| Match {
            path: if batch.map { vec![1] } else { vec![ITEM_KEY[at]] },
            scalar: scalar(*text).into(),
        };
        Batch {
            keys: vec![1],
            items: if batch.nested { vec![3, 2] } else { vec![2] },
            map: batch.map,
            r#match: self.key.iter().enumerate().map(key).collect(),
            group: batch.group,
            status: if batch.map { Vec::new() } else { vec![ITEM_STATUS] },
            max: batch.max,
        }
    }
}

impl ValueModel {
    pub(super) fn type_name(self) -> String {
        match self {
            Self::Text => "String".to_owned(),
            Self::Int => "Int".to_owned(),
            Self::Enum => "E".to_owned(),
            Self::Object(index) => format!("T{index}"),
            Self::Union(index) => format!("U{index}"),
        }
    }
}

fn field_model(dice: &mut Dice, position: usize, kind: Kind) -> FieldModel {
    FieldModel {
        name: format!("f{position}"),
        nullable: dice.often(88),
        item_nullable: dice.often(75),
        timeout: dice.pick(&TIMEOUTS),
        kind,
    }
}

fn wire_model(dice: &mut Dice, number: u32, value: ValueModel) -> WireModel {
    let message = matches!(value, ValueModel::Object(_) | ValueModel::Union(_));
    WireModel { number, list: dice.often(30), explicit: message || dice.often(40), value }
}

fn binding(
    name: String,
    fields: &[FieldModel],
    model: &Model,
    value_of: &impl Fn(usize) -> Vec<u8>,
) -> Binding {
    let field = |field: &FieldModel| Field {
        name: field.name.clone(),
        source: Some(match &field.kind {
            Kind::Wire(wire) => wire_source(wire, model),
            Kind::Ask(ask) => {
                let join = Box::new(model.join(*ask, field.timeout, value_of));
                Source { kind: Some(source::Kind::Join(join)) }
            }
        }),
        ..Field::default()
    };
    let message = format!("test.{name}");
    let fields = fields.iter().map(field).collect();
    Binding { r#type: name, message, fields, members: Vec::new() }
}

fn wire_source(wire: &WireModel, model: &Model) -> Source {
    let leaf = |scalar: Scalar, format: Format| {
        wire::Value::Leaf(Leaf { scalar: scalar.into(), format: format.into(), ..Leaf::default() })
    };
    let binding = |index: usize| wire::Value::Binding(u32::try_from(index).unwrap());
    let value = match wire.value {
        ValueModel::Text => leaf(Scalar::String, Format::String),
        ValueModel::Int => leaf(Scalar::Int64, Format::Int),
        ValueModel::Enum => leaf(Scalar::Enum, Format::Enum),
        ValueModel::Object(index) => binding(index + 1),
        ValueModel::Union(index) => binding(1 + model.objects.len() + index),
    };
    let cardinality = match (wire.list, wire.explicit) {
        (true, _) => Cardinality::Repeated,
        (false, true) => Cardinality::Explicit,
        (false, false) => Cardinality::Implicit,
    };
    let (number, value) = (wire.number, Some(value));
    let wire = Wire { number, cardinality: cardinality.into(), value, ..Wire::default() };
    Source { kind: Some(source::Kind::Wire(wire)) }
}

fn argument() -> Fill {
    let leaf = Leaf { scalar: Scalar::Int64.into(), format: Format::Int.into(), ..Leaf::default() };
    Fill {
        path: vec![ARGUMENT],
        source: Some(fill::Source::Argument("a".to_owned())),
        value: Some(InputValue {
            cardinality: Cardinality::Implicit.into(),
            value: Some(input_value::Value::Leaf(leaf)),
            map_key: None,
        }),
    }
}

fn scalar(text: bool) -> Scalar {
    if text { Scalar::String } else { Scalar::Int64 }
}
