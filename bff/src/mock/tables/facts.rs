//! What the contract says about the fields of a message, seen from that message.

use std::{borrow::Cow, sync::Arc};

use super::{Items, Rule};
use crate::{
    contract::{self, Batch, Contract, Source, Wire, source, wire},
    mock::values::texts::Text,
};

/// One field, found by its path.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) path: Vec<u32>,
    /// In the schema.
    pub(super) name: Arc<str>,
    pub(super) mock: Option<contract::Mock>,
    /// It is what the method was asked for.
    pub(super) asked_for: bool,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Leaf(contract::Leaf),
    /// An object of this binding.
    Object(u32, Rule),
    /// A key by which the field of this name finds its object.
    Reference(Text),
    /// A part of the key that a batch asks for.
    Part(usize),
    /// Not sent: what it would say, `x-mock` says.
    Hidden,
    Items(Items),
}

impl Fact {
    /// The same fact, seen from the message in the first field of its path.
    pub(super) fn inside(&self, number: u32) -> Option<Self> {
        let (first, rest) = self.path.split_first()?;
        (*first == number && !rest.is_empty()).then(|| Self { path: rest.to_vec(), ..self.clone() })
    }

    pub(super) fn is_at(&self, number: u32) -> bool {
        self.path == [number]
    }
}

/// The fields of an object, those its joins take their keys from among them. `key_of` says what names the objects that
/// a join finds.
pub(super) fn of_binding(
    contract: &Contract,
    binding: u32,
    key_of: &dyn Fn(&contract::Join) -> Text,
) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut seen = vec![binding];
    collect(contract, binding, &[], key_of, &mut seen, &mut facts);
    facts
}

fn collect(
    contract: &Contract,
    binding: u32,
    prefix: &[u32],
    key_of: &dyn Fn(&contract::Join) -> Text,
    seen: &mut Vec<u32>,
    facts: &mut Vec<Fact>,
) {
    let binding = &contract.bindings[binding as usize];
    for member in binding.members.iter().filter(|member| member.number != 0) {
        facts.push(Fact {
            path: [prefix, &[member.number]].concat(),
            name: contract.bindings[member.binding as usize].r#type.as_str().into(),
            mock: None,
            asked_for: false,
            kind: Kind::Object(member.binding, Rule::Itself),
        });
    }
    for field in &binding.fields {
        let name: Arc<str> = field.name.as_str().into();
        match field.source.as_ref().and_then(|source| source.kind.as_ref()) {
            Some(source::Kind::Wire(wire)) => {
                let path = [prefix, &path_of(wire)].concat();
                match wire.value {
                    // The same message once more, as another type.
                    Some(wire::Value::Binding(inner)) if wire.number == 0 => {
                        if seen.contains(&inner) {
                            continue;
                        }
                        seen.push(inner);
                        collect(contract, inner, &path, key_of, seen, facts);
                    }
                    Some(value) => {
                        let (mock, kind) = (field.mock.clone(), kind_of(value, Rule::Child));
                        facts.push(Fact { path, name, mock, asked_for: false, kind });
                    }
                    None => {}
                }
            }
            Some(source::Kind::Join(join)) => {
                facts.extend(references(join, prefix, &name, false, key_of(join)));
            }
            None => {}
        }
    }
}

/// The value that a method is asked for, seen from its response or from one item. `None` where the message itself is
/// the value.
pub(super) fn of_value(
    then: &Source,
    field: &contract::Field,
    rule: Rule,
    key_of: &dyn Fn(&contract::Join) -> Text,
) -> Option<Vec<Fact>> {
    let name: Arc<str> = field.name.as_str().into();
    match then.kind.as_ref() {
        Some(source::Kind::Wire(wire)) => {
            let path = path_of(wire);
            if path.is_empty() {
                return None;
            }
            let kind = kind_of(wire.value?, rule);
            Some(vec![Fact { path, name, mock: field.mock.clone(), asked_for: true, kind }])
        }
        Some(source::Kind::Join(join)) => {
            Some(references(join, &[], &name, true, key_of(join)).collect())
        }
        None => Some(Vec::new()),
    }
}

/// What a method is asked for, seen from its response, or from one message of its stream.
pub(super) fn seen_from_message(join: &contract::Join) -> Option<Cow<'_, Source>> {
    let then = join.then.as_deref()?;
    let Some(item) = join.gather.as_ref().and_then(|gather| gather.item.as_ref()) else {
        return Some(Cow::Borrowed(then));
    };
    let kind = match then.kind.clone()? {
        source::Kind::Wire(wire) => {
            let (number, path) =
                item.path.split_last().map_or((0, &[][..]), |(last, path)| (*last, path));
            source::Kind::Wire(Wire { path: path.to_vec(), number, ..wire })
        }
        source::Kind::Join(mut load) => {
            load.key.first_mut()?.path.clone_from(&item.path);
            source::Kind::Join(load)
        }
    };
    Some(Cow::Owned(Source { kind: Some(kind) }))
}

/// What every item of a batch has beside its value.
pub(super) fn of_batch(batch: &Batch) -> Vec<Fact> {
    let hidden = |path: &[u32], kind: Kind| Fact {
        path: path.to_vec(),
        name: "".into(),
        mock: None,
        asked_for: false,
        kind,
    };
    let mut facts: Vec<Fact> = Vec::new();
    if !batch.status.is_empty() {
        facts.push(hidden(&batch.status, Kind::Hidden));
    }
    if !batch.map {
        let parts = batch.r#match.iter().enumerate();
        facts.extend(parts.map(|(index, part)| hidden(&part.path, Kind::Part(index))));
    }
    facts
}

fn references<'a>(
    join: &'a contract::Join,
    prefix: &'a [u32],
    name: &'a Arc<str>,
    asked_for: bool,
    key: Text,
) -> impl Iterator<Item = Fact> + 'a {
    // What a function requires of its parent names nothing.
    let is_call = matches!(join.target, Some(contract::join::Target::Method(_)));
    join.key.iter().filter(move |_| is_call).map(move |part| Fact {
        path: [prefix, &part.path].concat(),
        name: Arc::clone(name),
        mock: None,
        asked_for,
        kind: Kind::Reference(key),
    })
}

fn path_of(wire: &Wire) -> Vec<u32> {
    let mut path = wire.path.clone();
    if wire.number != 0 {
        path.push(wire.number);
    }
    path
}

fn kind_of(value: wire::Value, rule: Rule) -> Kind {
    match value {
        wire::Value::Leaf(leaf) => Kind::Leaf(leaf),
        wire::Value::Binding(binding) => Kind::Object(binding, rule),
    }
}
