//! The contract of a random schema.

use super::model::{
    ARGUMENT, Ask, BatchModel, FieldModel, INT_KEY, INT_KEYS, ITEM_KEY, ITEM_STATUS, Kind,
    LastModel, Model, TEXT_KEY, TEXT_KEYS, ValueModel, WireModel,
};
use crate::contract::{
    Batch, Binding, Cache, Cardinality, Contract, Echo, Enum, EnumValue, Fallback, Field, Fill,
    Format, Gather, InputValue, Join, KeyPart, Leaf, Match, Member, Method, Policy, Scalar, Scope,
    SideEffects, Source, Wire, fallback, fill, input_value, join, source, wire,
};

impl Model {
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
            let streams = self.asks[ask].streams();
            [("Ask", streams), ("Fallback", false)].map(|(name, server_streaming)| Method {
                service: format!("S{ask}"),
                name: name.to_owned(),
                shareable,
                server_streaming,
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
            echoes: if ask.echoes {
                vec![ask.echo(TEXT_KEY), ask.echo(INT_KEY)]
            } else {
                Vec::new()
            },
            selection: None,
            gather: (fallback == 0 && ask.streams()).then(Gather::default),
        }
    }
}

impl Ask {
    /// The object's field `key` is said to be the argument.
    fn echo(&self, key: u32) -> Echo {
        let path = Some(self.then.number).filter(|number| *number != 0);
        let response = path.into_iter().chain([key]).collect();
        Echo { request: ARGUMENT, scalar: Scalar::Int64.into(), response }
    }

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
            KeyPart {
                path: vec![path],
                scalar,
                target,
                target_scalar: scalar,
                ..KeyPart::default()
            }
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
        required: 0,
    }
}

fn scalar(text: bool) -> Scalar {
    if text { Scalar::String } else { Scalar::Int64 }
}
