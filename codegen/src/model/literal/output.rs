//! A literal as the message from which a field reads its value.

use apollo_compiler::Node;
use apollo_compiler::ast::{Type, Value};
use prost_reflect::MessageDescriptor;

use super::super::Model;
use super::Refusal;
use super::leaf;
use crate::contract::{Binding, Cardinality, Join, Leaf, Scalar, Source, Wire, source, wire};

/// The bytes of a message from which `source` reads `value`.
pub(super) fn encode(
    model: &Model<'_>,
    source: &Source,
    ty: &Type,
    value: &Value,
) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    field(model, source, ty, value, &mut out)?;
    Ok(out)
}

fn field(
    model: &Model<'_>,
    source: &Source,
    ty: &Type,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    match &source.kind {
        Some(source::Kind::Wire(wire)) => at_path(model, wire, ty, value, &wire.path, out),
        Some(source::Kind::Join(join)) => loaded(join, value),
        None => Ok(()),
    }
}

/// Objects behind keys: without keys there are none, and other objects would need a call.
fn loaded(join: &Join, value: &Value) -> Result<(), Refusal> {
    match value {
        Value::List(values) if join.many && values.is_empty() => Ok(()),
        Value::Null if !join.many => Ok(()),
        _ => Refusal::mismatch("another call answers this field: its value can only be empty"),
    }
}

fn at_path(
    model: &Model<'_>,
    wire: &Wire,
    ty: &Type,
    value: &Value,
    path: &[u32],
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let Some((number, rest)) = path.split_first() else { return here(model, wire, ty, value, out) };
    let mut inner = Vec::new();
    at_path(model, wire, ty, value, rest, &mut inner)?;
    if !matches!(value, Value::Null) {
        leaf::message(out, *number, &inner);
    }
    Ok(())
}

fn here(
    model: &Model<'_>,
    wire: &Wire,
    ty: &Type,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    if matches!(value, Value::Null) && ty.is_non_null() {
        return Refusal::mismatch(format!("null does not fit `{ty}`"));
    }
    match (wire.cardinality(), value) {
        (Cardinality::Repeated | Cardinality::Map, Value::Null) => Err(Refusal::Unholdable(
            "protobuf has no null in place of a list; write `[]`".to_owned(),
        )),
        (Cardinality::Implicit, Value::Null) => Err(Refusal::Unholdable(
            "the field has no presence in the proto: it cannot be null".to_owned(),
        )),
        (_, Value::Null) => Ok(()),
        (Cardinality::Repeated, Value::List(values)) => {
            for value in values {
                if matches!(**value, Value::Null) {
                    return Err(Refusal::Unholdable(
                        "protobuf has no null inside a list".to_owned(),
                    ));
                }
                single(model, wire, value, out)?;
            }
            Ok(())
        }
        (Cardinality::Repeated, _) => Err(leaf::expected("a list", value)),
        (Cardinality::Map, Value::Object(entries)) => map(wire, entries, out),
        (Cardinality::Map, _) => Err(leaf::expected("an object", value)),
        _ => single(model, wire, value, out),
    }
}

fn single(model: &Model<'_>, wire: &Wire, value: &Value, out: &mut Vec<u8>) -> Result<(), Refusal> {
    match &wire.value {
        Some(wire::Value::Leaf(leaf)) => scalar(model, leaf, wire.number, value, out),
        Some(wire::Value::Binding(id)) => {
            let Some(binding) = model.bindings.get(*id as usize) else { return Ok(()) };
            let mut bytes = Vec::new();
            object(model, binding, value, &mut bytes)?;
            if wire.number == 0 {
                out.extend_from_slice(&bytes);
            } else {
                leaf::message(out, wire.number, &bytes);
            }
            Ok(())
        }
        None => Ok(()),
    }
}

fn scalar(
    model: &Model<'_>,
    leaf: &Leaf,
    number: u32,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    if leaf.scalar() != Scalar::Enum {
        return leaf::write(out, number, leaf, value);
    }
    let values = model
        .enums
        .get(leaf.r#enum as usize)
        .map(|known| known.values.as_slice())
        .unwrap_or_default();
    let name = value.as_enum().map(|name| name.as_str()).or_else(|| value.as_str());
    match values.iter().find(|known| Some(known.name.as_str()) == name) {
        Some(known) => {
            leaf::enumeration(out, number, known.number);
            Ok(())
        }
        None => Err(leaf::expected("a value of the enum", value)),
    }
}

fn map(
    wire: &Wire,
    entries: &[(apollo_compiler::Name, Node<Value>)],
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let (Some(key), Some(wire::Value::Leaf(leaf))) = (&wire.map_key, &wire.value) else {
        return Refusal::mismatch("a map of messages cannot be written");
    };
    for (name, value) in entries {
        let mut entry = Vec::new();
        leaf::write(&mut entry, 1, key, &Value::String(name.to_string()))?;
        leaf::write(&mut entry, 2, leaf, value)?;
        leaf::message(out, wire.number, &entry);
    }
    Ok(())
}

fn object(
    model: &Model<'_>,
    binding: &Binding,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let Some(fields) = value.as_object() else {
        return Err(leaf::expected(&format!("an object of type `{}`", binding.r#type), value));
    };
    if !binding.members.is_empty() {
        return member(model, binding, fields, value, out);
    }
    for (name, _) in fields {
        if name != "__typename" && !binding.fields.iter().any(|field| field.name == name.as_str()) {
            return Refusal::mismatch(format!("`{}` has no field `{name}`", binding.r#type));
        }
    }
    let Some(definition) = model.input.schema.definitions.get_object(&binding.r#type) else {
        return Ok(());
    };
    let mut written: Vec<Written<'_>> = Vec::new();
    for bound in &binding.fields {
        let (Some(source), Some(definition)) =
            (&bound.source, definition.fields.get(bound.name.as_str()))
        else {
            continue;
        };
        let given = fields.iter().find(|(name, _)| *name == bound.name.as_str());
        let coordinate = format!("{}.{}", binding.r#type, bound.name);
        match (given, &source.kind) {
            (Some(_), Some(source::Kind::Join(_))) => {
                return Refusal::mismatch(format!(
                    "`{coordinate}` is answered by another call and cannot be part of it"
                ));
            }
            (Some((_, value)), _) => {
                let mut bytes = Vec::new();
                let held = field(model, source, &definition.ty, value, &mut bytes);
                held.map_err(|refusal| refusal.of(&coordinate))?;
                let fresh = Written { name: &bound.name, source, bytes };
                let message = model.input.protos.pool.get_message_by_name(&binding.message);
                if let Some(message) = message.filter(|_| !fresh.bytes.is_empty()) {
                    match written.iter().find_map(|other| fresh.beside(other, &message)) {
                        Some(Beside::Same) => continue,
                        Some(Beside::Lost(reason)) => {
                            return Err(Refusal::Unholdable(reason).of(&coordinate));
                        }
                        None => {}
                    }
                }
                out.extend_from_slice(&fresh.bytes);
                written.push(fresh);
            }
            (None, Some(source::Kind::Wire(wire)))
                if definition.ty.is_non_null() && wire.cardinality() == Cardinality::Explicit =>
            {
                return Refusal::mismatch(format!(
                    "`{coordinate}` is missing, and it is never null"
                ));
            }
            (None, _) => {}
        }
    }
    Ok(())
}

/// A field of an object as it was written.
struct Written<'m> {
    name: &'m str,
    source: &'m Source,
    bytes: Vec<u8>,
}

/// How a field goes together with one that was written before.
enum Beside {
    /// The proto has one field for both, and it has the value already.
    Same,
    /// The value of one of them would be lost.
    Lost(String),
}

impl Written<'_> {
    fn path(&self) -> Vec<u32> {
        let Some(source::Kind::Wire(wire)) = &self.source.kind else { return Vec::new() };
        let number = Some(wire.number).filter(|number| *number != 0);
        wire.path.iter().copied().chain(number).collect()
    }

    /// `None`: each has a place of its own.
    fn beside(&self, other: &Written<'_>, message: &MessageDescriptor) -> Option<Beside> {
        let (path, others) = (self.path(), other.path());
        if path.is_empty() || others.is_empty() {
            return None;
        }
        if path == others {
            let reason = || format!("it is the same field of the proto as `{}`", other.name);
            let is_same = self.bytes == other.bytes;
            return Some(if is_same { Beside::Same } else { Beside::Lost(reason()) });
        }
        let same = path.iter().zip(&others).take_while(|(one, other)| one == other).count();
        let inner = path[..same].iter().try_fold(message.clone(), |message, number| {
            message.get_field(*number)?.kind().as_message().cloned()
        })?;
        let oneof = inner.get_field(*path.get(same)?)?.containing_oneof()?;
        let is_member = inner.get_field(*others.get(same)?)?.containing_oneof()? == oneof;
        is_member.then(|| {
            let (name, oneof) = (other.name, oneof.name());
            Beside::Lost(format!(
                "of it and `{name}`, which are members of `{oneof}`, one has a value"
            ))
        })
    }
}

/// A value of an abstract type says which type it has.
fn member(
    model: &Model<'_>,
    binding: &Binding,
    fields: &[(apollo_compiler::Name, Node<Value>)],
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let typename = fields.iter().find(|(name, _)| name == "__typename");
    let typename = typename.map(|(_, value)| value.as_str().unwrap_or_default().to_owned());
    let of_type = |id: u32| model.bindings.get(id as usize);
    let found = binding.members.iter().find_map(|member| {
        of_type(member.binding)
            .filter(|bound| match &typename {
                Some(name) => bound.r#type == *name,
                None => binding.members.len() == 1,
            })
            .map(|bound| (member.number, bound))
    });
    let Some((number, bound)) = found else {
        return Refusal::mismatch(format!(
            "say which `{}` it is: `__typename: \"…\"`",
            binding.r#type
        ));
    };
    let mut bytes = Vec::new();
    object(model, bound, value, &mut bytes)?;
    if number == 0 {
        out.extend_from_slice(&bytes);
    } else {
        leaf::message(out, number, &bytes);
    }
    Ok(())
}
