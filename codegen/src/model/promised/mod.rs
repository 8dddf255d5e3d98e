//! Fields that nobody answers yet: synthetic messages and methods, so that a mock can.

use apollo_compiler::ast::OperationType;
use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::binder::{At, Binder};
use super::fault::Fault;
use super::leaf::scalar_of;
use super::path::is_plain;
use super::synthetic::{FieldType, MessageBuilder, Purpose, SyntheticMessage};
use crate::contract::{
    Batch, Cardinality, Join, KeyPart, Match, Method, Scalar, SideEffects, Source, Wire, join,
    source, wire,
};

mod input;
mod message;

impl Binder<'_> {
    pub(super) fn promised_root(&mut self, at: &At, operation: OperationType) -> Option<Source> {
        self.promised(at, None, operation == OperationType::Subscription)
    }

    /// A field that the message does not have: promised where the object has a key to ask by, else drifted.
    pub(super) fn promised_on_message(
        &mut self,
        at: &At,
        message: &MessageDescriptor,
    ) -> Option<Source> {
        let has_mock = at.field.directives.has("mock");
        let key = self.identity(at, message).or_else(|| has_mock.then(|| any_key(message))?);
        let part = key.map(|key| KeyPart {
            path: vec![key.number()],
            scalar: scalar_of(&key.kind()) as i32,
            presence: key.supports_presence(),
            ..Default::default()
        });
        if part.is_none() && !has_mock {
            let (coordinate, field) = (at.coordinate(), at.field.name.to_string());
            let (span, message) = (self.name_span(at), self.facts(message));
            self.fault(Fault::Drifted { coordinate, field, span, message });
            return None;
        }
        self.promised(at, part, false)
    }

    pub(super) fn synthetic_field(
        &mut self,
        at: &At,
        message: &SyntheticMessage,
    ) -> Option<Source> {
        if let Some(from) = self.directive(at, "from").map(|from| from.span()) {
            let reason = format!("no proto has a message for `{}`", at.type_name);
            let directive = "from".to_owned();
            self.fault(Fault::MisplacedDirective {
                coordinate: at.coordinate(),
                directive,
                reason,
                span: from,
            });
        }
        let Some(field) =
            message.fields.iter().find(|field| field.graphql == at.field.name.as_str())
        else {
            let key = message.key().map(|key| KeyPart {
                path: vec![key.number],
                scalar: key.leaf.scalar,
                presence: key.presence,
                ..Default::default()
            });
            return self.promised(at, key, false);
        };
        self.useless_arguments(at);
        let value = match &field.message {
            None => wire::Value::Leaf(field.leaf),
            Some(_) => {
                let named = at.field.ty.inner_named_type().to_string();
                self.value(at, Purpose::Resolved, &named)?.wire
            }
        };
        let wire = Wire {
            number: field.number,
            cardinality: cardinality(field.repeated, field.presence) as i32,
            value: Some(value),
            ..Default::default()
        };
        Some(Source { kind: Some(source::Kind::Wire(wire)) })
    }

    /// A call of a method that does not exist, by the parent's key where there is one.
    fn promised(&mut self, at: &At, key: Option<KeyPart>, streaming: bool) -> Option<Source> {
        let value = self.checked_value(at, Purpose::Promised, &at.field.ty.clone())?;
        let (name, full_name) = self
            .synthetics
            .claim(Purpose::Promised, &format!("{}_{}", at.type_name, at.field.name));
        let mut request = MessageBuilder::new("Request");
        let mut message = MessageBuilder::new(&name).build();
        let mut response = MessageBuilder::new("Response");
        if let Some(key) = &key {
            let ty = FieldType {
                scalar: key_type(key.scalar()),
                name: None,
                repeated: true,
                optional: false,
            };
            request.field("keys", ty.clone());
            let mut item = MessageBuilder::new("Item");
            item.field("key", FieldType { repeated: false, ..ty });
            item.field(if value.ty.repeated { "values" } else { "value" }, value.ty.clone());
            message.nested_type.push(item.build());
            let name = Some(format!("{full_name}.Item"));
            response.field(
                "items",
                FieldType { scalar: Scalar::Message, name, repeated: true, optional: false },
            );
        } else {
            response.field(if value.ty.repeated { "values" } else { "value" }, value.ty.clone());
        }
        let fills = self.synthetic_arguments(at, Purpose::Promised, &mut request);
        message.nested_type.extend([request.build(), response.build()]);
        self.synthetics.add_message(Purpose::Promised, message);
        let method = self.promised_method(&name, &full_name, streaming);
        self.call = Some(super::Call { span: self.name_span(at), ..Default::default() });
        let wire = Wire {
            number: if key.is_some() { 2 } else { 1 },
            cardinality: cardinality(value.ty.repeated, presence(&value.ty)) as i32,
            value: Some(value.wire),
            ..Default::default()
        };
        let key = key.map(|key| KeyPart { target_scalar: key_type(key.scalar()) as i32, ..key });
        let is_mutation = at.operation == Some(OperationType::Mutation);
        let side_effects = if is_mutation { SideEffects::Any } else { SideEffects::NoSideEffects };
        let join = Join {
            target: Some(join::Target::Method(method)),
            fills: fills?,
            batch: key.as_ref().map(|key| Batch {
                keys: vec![1],
                items: vec![1],
                r#match: vec![Match { path: vec![1], scalar: key.target_scalar }],
                ..Default::default()
            }),
            key: key.into_iter().collect(),
            then: Some(Box::new(Source { kind: Some(source::Kind::Wire(wire)) })),
            side_effects: side_effects as i32,
            ..Default::default()
        };
        Some(Source { kind: Some(source::Kind::Join(Box::new(join))) })
    }

    fn promised_method(&mut self, name: &str, full_name: &str, streaming: bool) -> u32 {
        let (input, output) = (format!("{full_name}.Request"), format!("{full_name}.Response"));
        let (service, name) = self.synthetics.add_method(name, &input, &output, streaming);
        self.method_entry(&format!("{service}.{name}"), || Method {
            service,
            name,
            input,
            output,
            server_streaming: streaming,
            promised: true,
            ..Default::default()
        })
    }

    /// The field by which an object can be asked for again: the one that the schema shows as an ID.
    fn identity(&self, at: &At, message: &MessageDescriptor) -> Option<FieldDescriptor> {
        let object = self.object_type(&at.type_name)?;
        let ids = object
            .fields
            .values()
            .filter(|field| field.ty.inner_named_type() == "ID" && !field.ty.is_list());
        let ids = ids.filter_map(|field| super::names::field_of(message, &field.name));
        let mut ids = ids.filter(|field| is_plain(field) && !field.is_list());
        ids.clone().find(|field| field.name() == "id").or_else(|| ids.next())
    }
}

/// For a field that says `@mock`: whatever may tell objects apart.
fn any_key(message: &MessageDescriptor) -> Option<FieldDescriptor> {
    let plain = || message.fields().filter(|field| is_plain(field) && !field.is_list());
    let texts = || plain().filter(|field| scalar_of(&field.kind()) == Scalar::String);
    let id = plain().find(|field| field.name() == "id" || field.name().ends_with("_id"));
    id.filter(|field| super::batch::same_class(scalar_of(&field.kind()), scalar_of(&field.kind())))
        .or_else(|| texts().next())
}

/// An enum cannot be a key of a message that does not know it.
fn key_type(scalar: Scalar) -> Scalar {
    if scalar == Scalar::Enum { Scalar::Int32 } else { scalar }
}

fn presence(ty: &FieldType) -> bool {
    !ty.repeated && (ty.optional || ty.scalar == Scalar::Message)
}

fn cardinality(repeated: bool, presence: bool) -> Cardinality {
    match (repeated, presence) {
        (true, _) => Cardinality::Repeated,
        (false, true) => Cardinality::Explicit,
        (false, false) => Cardinality::Implicit,
    }
}
