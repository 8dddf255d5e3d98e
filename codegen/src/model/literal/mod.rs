//! Values written in the schema, as the bytes that a service would have sent.

use apollo_compiler::Node;
use apollo_compiler::ast::Value;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::binder::{At, Binder};
use super::directives::Argument;
use super::fault::Fault;
use super::leaf::natural;
use super::names::field_of;
use super::path::numbers;
use super::request::{Filling, Request};
use crate::contract::{Fill, fallback, fill, source};
use crate::diagnostic::Span;

mod leaf;
mod output;

pub(super) use leaf::to_json;

/// Why a literal has no bytes.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It does not fit the type.
    Mismatch(String),
    /// It fits GraphQL, but protobuf has no bytes for it.
    Unholdable(String),
}

impl Refusal {
    /// The same, said of a field.
    fn of(self, coordinate: &str) -> Refusal {
        match self {
            Refusal::Mismatch(reason) => Refusal::Mismatch(format!("`{coordinate}`: {reason}")),
            Refusal::Unholdable(reason) => Refusal::Unholdable(format!("`{coordinate}`: {reason}")),
        }
    }

    fn mismatch<T>(reason: impl Into<String>) -> Result<T, Refusal> {
        Err(Refusal::Mismatch(reason.into()))
    }
}

/// A value that can only be encoded when everything is bound.
pub(super) struct Deferred {
    pub(super) at: At,
    pub(super) binding: u32,
    pub(super) field: usize,
    pub(super) value: Argument,
    pub(super) purpose: Purpose,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The last rung of the field's fallback.
    Fallback,
    /// Only checked: a mock keeps its value as JSON.
    Mock,
}

impl Binder<'_> {
    /// Encodes what had to wait for the bindings of nested objects.
    pub(super) fn encode_deferred(&mut self) {
        for deferred in std::mem::take(&mut self.deferred) {
            let field = self.model.bindings.get(deferred.binding as usize);
            let field = field.and_then(|binding| binding.fields.get(deferred.field));
            let Some(source) = field.and_then(|field| field.source.clone()) else { continue };
            let then = match source.kind {
                Some(source::Kind::Join(join)) if join.many => {
                    if stands_for_elements(&deferred.value.value) {
                        continue;
                    }
                    let reason =
                        "the elements come by key: only `[]` and `null` can stand for them"
                            .to_owned();
                    self.refused(
                        &deferred.at.coordinate(),
                        Refusal::Mismatch(reason),
                        deferred.value.span,
                        None,
                    );
                    continue;
                }
                Some(source::Kind::Join(join)) => join.then.map(|then| *then),
                Some(source::Kind::Wire(_)) => Some(source),
                None => None,
            };
            let Some(then) = then else { continue };
            match output::encode(&self.model, &then, &deferred.at.field.ty, &deferred.value.value) {
                Ok(bytes) if deferred.purpose == Purpose::Fallback => {
                    self.last_rung(&deferred, bytes);
                }
                Ok(_) => {}
                Err(refusal) => {
                    self.refused(&deferred.at.coordinate(), refusal, deferred.value.span, None);
                }
            }
        }
    }

    fn last_rung(&mut self, deferred: &Deferred, bytes: Vec<u8>) {
        let field = &mut self.model.bindings[deferred.binding as usize].fields[deferred.field];
        let Some(source::Kind::Join(join)) =
            field.source.as_mut().and_then(|source| source.kind.as_mut())
        else {
            return;
        };
        let fallback = join.policy.as_mut().and_then(|policy| policy.fallback.as_mut());
        if let Some(fallback) = fallback {
            fallback.last = Some(fallback::Last::Value(bytes));
        }
    }

    pub(super) fn refused(
        &mut self,
        coordinate: &str,
        refusal: Refusal,
        span: Option<Span>,
        proto: Option<Span>,
    ) {
        let coordinate = coordinate.to_owned();
        self.fault(match refusal {
            Refusal::Mismatch(reason) => Fault::ValueMismatch { coordinate, reason, span, proto },
            Refusal::Unholdable(reason) => Fault::UnholdableValue { coordinate, reason, span },
        });
    }

    /// A literal in `with`: the encoded field, in front of which `path` names only the enclosing messages.
    pub(super) fn constant_fill(
        &mut self,
        at: &At,
        value: &Node<Value>,
        span: Option<Span>,
        path: &[FieldDescriptor],
        request: &mut Request,
    ) {
        let Some((field, through)) = path.split_last() else { return };
        let mut bytes = Vec::new();
        match constant(field, value, &mut bytes) {
            Ok(()) => {
                let fill = Fill {
                    path: numbers(through),
                    source: Some(fill::Source::Constant(bytes)),
                    value: None,
                    required: 0,
                };
                request.fill(Filling::constant(path, value, span), fill);
            }
            Err(refusal) => {
                let proto = self.field_span(field);
                self.refused(&at.coordinate(), refusal, span, proto);
            }
        }
    }
}

/// Elements that come by key are all there or, as a whole, not.
fn stands_for_elements(value: &Value) -> bool {
    value.is_null() || value.as_list().is_some_and(<[_]>::is_empty)
}

fn constant(field: &FieldDescriptor, value: &Value, out: &mut Vec<u8>) -> Result<(), Refusal> {
    if let (true, Kind::Message(entry)) = (field.is_map(), field.kind()) {
        let Some(fields) = value.as_object() else {
            return Refusal::mismatch("a map is written as an object");
        };
        for (key, value) in fields {
            let mut bytes = Vec::new();
            constant(&entry.map_entry_key_field(), &Value::String(key.to_string()), &mut bytes)?;
            constant(&entry.map_entry_value_field(), value, &mut bytes)?;
            leaf::message(out, field.number(), &bytes);
        }
        return Ok(());
    }
    if !field.is_list() {
        return constant_item(field, value, out);
    }
    let Some(values) = value.as_list() else {
        return Refusal::mismatch("a repeated field takes a list");
    };
    values.iter().try_for_each(|value| constant_item(field, value, out))
}

fn constant_item(field: &FieldDescriptor, value: &Value, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let kind = field.kind();
    match &kind {
        Kind::Enum(descriptor) => {
            let name = value
                .as_enum()
                .map(ToString::to_string)
                .or_else(|| value.as_str().map(str::to_owned));
            let Some(known) = name.and_then(|name| descriptor.get_value_by_name(&name)) else {
                let names: Vec<String> =
                    descriptor.values().map(|value| value.name().to_owned()).collect();
                return Refusal::mismatch(format!("`{value}` is none of {}", names.join(", ")));
            };
            leaf::enumeration(out, field.number(), known.number());
            Ok(())
        }
        Kind::Message(message) if natural(&kind).is_none() => {
            let bytes = constant_message(message, value)?;
            leaf::message(out, field.number(), &bytes);
            Ok(())
        }
        _ => match natural(&kind) {
            Some(natural) => leaf::write(out, field.number(), &natural, &unescaped(value)),
            None => Refusal::mismatch("a constant of this type cannot be written"),
        },
    }
}

fn constant_message(message: &MessageDescriptor, value: &Value) -> Result<Vec<u8>, Refusal> {
    let Some(fields) = value.as_object() else {
        return Refusal::mismatch(format!("`{}` is written as an object", message.full_name()));
    };
    let (mut bytes, mut written) = (Vec::new(), Vec::<FieldDescriptor>::new());
    for (name, value) in fields {
        let Some(field) = field_of(message, name) else {
            return Refusal::mismatch(format!("`{}` has no field `{name}`", message.full_name()));
        };
        let oneof = field.containing_oneof();
        let excludes = |other: &&FieldDescriptor| {
            **other == field || oneof.is_some() && other.containing_oneof() == oneof
        };
        if let Some(other) = written.iter().find(excludes) {
            let (field, other) = (field.name(), other.name());
            return Refusal::mismatch(format!("of `{other}` and `{field}` only one has a value"));
        }
        constant(&field, value, &mut bytes)?;
        written.push(field);
    }
    Ok(bytes)
}

/// `$$x` is the text `$x`, in JSON too.
fn unescaped(value: &Value) -> Value {
    let inner = |value: &Node<Value>| Node::new(unescaped(value));
    match value {
        Value::String(text) => match text.strip_prefix("$$") {
            Some(rest) => Value::String(format!("${rest}")),
            None => value.clone(),
        },
        Value::List(values) => Value::List(values.iter().map(inner).collect()),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), inner(value)));
            Value::Object(fields.collect())
        }
        value => value.clone(),
    }
}
