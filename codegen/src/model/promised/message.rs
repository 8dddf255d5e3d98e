//! Output types as messages of ours.

use std::rc::Rc;

use apollo_compiler::ast::Type;
use prost_reflect::MessageDescriptor;

use super::{cardinality, presence};
use crate::contract::{Cardinality, EnumValue, Format, Leaf, Member, Scalar, wire};
use crate::model::binder::{At, Binder, Shape};
use crate::model::enums::enum_leaf;
use crate::model::fault::Fault;
use crate::model::synthetic::{
    FieldType, MessageBuilder, Purpose, SyntheticField, SyntheticMessage,
};

/// What identifies an object that has no `id`.
const MOCK_KEY: &str = "mock_key";

/// A value in a synthetic message.
pub(super) struct Value {
    pub(super) ty: FieldType,
    pub(super) wire: wire::Value,
}

impl Binder<'_> {
    /// The value of a field in a synthetic message.
    pub(super) fn checked_value(&mut self, at: &At, purpose: Purpose, ty: &Type) -> Option<Value> {
        self.no_nested_list(&at.coordinate(), ty)?;
        let mut value = self.value(at, purpose, ty.inner_named_type())?;
        value.ty.repeated = ty.is_list();
        value.ty.optional = !ty.is_non_null();
        Some(value)
    }

    /// The type and the reading of a value for the output of a Rust function.
    pub(in crate::model) fn resolved_value(
        &mut self,
        at: &At,
        ty: &Type,
    ) -> Option<(FieldType, wire::Value, Cardinality)> {
        let value = self.checked_value(at, Purpose::Resolved, ty)?;
        let cardinality = cardinality(value.ty.repeated, presence(&value.ty));
        Some((value.ty, value.wire, cardinality))
    }

    pub(in crate::model) fn no_nested_list(&mut self, coordinate: &str, ty: &Type) -> Option<()> {
        if !ty.item_type().is_list() {
            return Some(());
        }
        let span = self.type_span(ty);
        let (coordinate, graphql) = (coordinate.to_owned(), ty.to_string());
        self.fault(Fault::NestedList { coordinate, graphql, span });
        None
    }

    pub(super) fn value(&mut self, at: &At, purpose: Purpose, named: &str) -> Option<Value> {
        if !self.is_composite(named) {
            let (leaf, name) = self.synthetic_leaf(purpose, named)?;
            let ty = FieldType { scalar: leaf.scalar(), name, repeated: false, optional: false };
            return Some(Value { ty, wire: wire::Value::Leaf(leaf) });
        }
        let (full_name, id) = match self.real_message(named) {
            Some(message) => {
                self.synthetics.depend_on(purpose, message.parent_file().name());
                (message.full_name().to_owned(), self.composite(at, named, &message)?)
            }
            None => self.synthetic_composite(at, purpose, named)?,
        };
        let ty = FieldType {
            scalar: Scalar::Message,
            name: Some(full_name),
            repeated: false,
            optional: false,
        };
        Some(Value { ty, wire: wire::Value::Binding(id) })
    }

    /// The first message that is known to be the type.
    fn real_message(&self, named: &str) -> Option<MessageDescriptor> {
        let pool = &self.input.protos.pool;
        let listed = self.listed_messages(named);
        if !listed.is_empty() {
            return listed.iter().find_map(|name| pool.get_message_by_name(name));
        }
        self.object_type(named)?;
        let mut same: Vec<MessageDescriptor> = pool
            .all_messages()
            .filter(|message| {
                message.name() == named && self.input.protos.is_own(message.parent_file().name())
            })
            .collect();
        same.sort_by(|left, right| left.full_name().cmp(right.full_name()));
        same.into_iter().next()
    }

    fn synthetic_composite(
        &mut self,
        at: &At,
        purpose: Purpose,
        named: &str,
    ) -> Option<(String, u32)> {
        if self.object_type(named).is_some() {
            let full_name = self.synthetic_object(at, purpose, named)?;
            let key = (named.to_owned(), full_name.clone());
            let id = match (
                self.binding_ids.get(&key),
                self.synthetics.messages.get(&full_name).cloned(),
            ) {
                (Some(id), _) => *id,
                (None, Some(message)) => self.object(named, &Shape::Synthetic(message)),
                // The message is being put together further up: its binding follows.
                (None, None) => self.new_binding(key),
            };
            return Some((full_name, id));
        }
        self.synthetic_abstract(at, purpose, named)
    }

    fn synthetic_abstract(
        &mut self,
        at: &At,
        purpose: Purpose,
        named: &str,
    ) -> Option<(String, u32)> {
        let key = (purpose, "output", named.to_owned());
        if let Some(full_name) = self.synthetics.names.get(&key).cloned() {
            let id = *self.binding_ids.get(&(named.to_owned(), full_name.clone()))?;
            return Some((full_name, id));
        }
        let (name, full_name) = self.synthetics.claim(purpose, named);
        self.synthetics.names.insert(key, full_name.clone());
        let id = self.new_binding((named.to_owned(), full_name.clone()));
        let mut message = MessageBuilder::new(&name);
        for possible in self.possible_types(named) {
            let value = self.value(at, purpose, &possible)?;
            let (_, number) = message.field(&possible, value.ty);
            if let wire::Value::Binding(binding) = value.wire {
                self.model.bindings[id as usize].members.push(Member { number, binding });
            }
        }
        self.synthetics.add_message(purpose, message.into_oneof("value"));
        Some((full_name, id))
    }

    fn synthetic_object(&mut self, at: &At, purpose: Purpose, named: &str) -> Option<String> {
        let key = (purpose, "output", named.to_owned());
        if let Some(full_name) = self.synthetics.names.get(&key) {
            return Some(full_name.clone());
        }
        let (name, full_name) = self.synthetics.claim(purpose, named);
        self.synthetics.names.insert(key, full_name.clone());
        let is_promised = purpose == Purpose::Promised;
        let mut message = MessageBuilder::new(&name);
        let mut fields = Vec::new();
        if is_promised {
            let ty =
                FieldType { scalar: Scalar::String, name: None, repeated: false, optional: false };
            let (name, number) = message.field(MOCK_KEY, ty);
            let leaf = Leaf {
                scalar: Scalar::String as i32,
                format: Format::String as i32,
                ..Default::default()
            };
            let graphql = String::new();
            fields.push(SyntheticField {
                graphql,
                name,
                number,
                leaf,
                message: None,
                repeated: false,
                presence: false,
            });
        }
        for field in self.object_type(named)?.fields.values() {
            let elsewhere = field.directives.has("rpc") || field.directives.has("resolve");
            let is_call = is_promised
                && (self.is_composite(field.ty.inner_named_type()) || !field.arguments.is_empty());
            if elsewhere || is_call {
                continue;
            }
            let at =
                At { type_name: named.to_owned(), field: field.clone(), operation: at.operation };
            let value = self.checked_value(&at, purpose, &field.ty)?;
            let leaf = match value.wire {
                wire::Value::Leaf(leaf) => leaf,
                wire::Value::Binding(_) => {
                    Leaf { scalar: Scalar::Message as i32, ..Default::default() }
                }
            };
            let is_message = matches!(value.wire, wire::Value::Binding(_));
            let (repeated, presence) = (value.ty.repeated, presence(&value.ty));
            let of_message = value.ty.name.clone().filter(|_| is_message);
            let (name, number) = message.field(&field.name, value.ty);
            let graphql = field.name.to_string();
            fields.push(SyntheticField {
                graphql,
                name,
                number,
                leaf,
                message: of_message,
                repeated,
                presence,
            });
        }
        self.synthetics.add_message(purpose, message.build());
        let message =
            Rc::new(SyntheticMessage { full_name: full_name.clone(), is_promised, fields });
        self.synthetics.messages.insert(full_name.clone(), message.clone());
        self.adopt(named, &full_name, message);
        Some(full_name)
    }

    /// Queues the binding that was handed out while its message was put together.
    fn adopt(&mut self, named: &str, full_name: &str, message: Rc<SyntheticMessage>) {
        let key = (named.to_owned(), full_name.to_owned());
        if let Some(id) = self.binding_ids.get(&key).copied() {
            self.queue_object(id, named, Shape::Synthetic(message));
        }
    }

    /// A leaf in a message of ours: the proto type that a service would have chosen.
    pub(in crate::model) fn synthetic_leaf(
        &mut self,
        purpose: Purpose,
        named: &str,
    ) -> Option<(Leaf, Option<String>)> {
        if let Some(graphql) = self.input.schema.definitions.get_enum(named) {
            if purpose == Purpose::Resolved
                && let Some(proto) = self.real_enum(graphql)
            {
                // Functions take and give the enum that their program already has.
                self.synthetics.depend_on(purpose, proto.parent_file().name());
                return Some((self.enum_leaf(graphql, &proto), Some(proto.full_name().to_owned())));
            }
            let values: Vec<String> = graphql.values.keys().map(ToString::to_string).collect();
            return Some(self.synthetic_enum(purpose, named, &values));
        }
        let (scalar, format, message) = match named {
            "Int" => (Scalar::Int32, Format::Int, None),
            "Float" => (Scalar::Double, Format::Float, None),
            "Boolean" => (Scalar::Bool, Format::Boolean, None),
            "Int64" | "Long" | "BigInt" => (Scalar::Int64, Format::Decimal, None),
            "UInt64" => (Scalar::Uint64, Format::Decimal, None),
            "Base64" | "Bytes" => (Scalar::Bytes, Format::Base64, None),
            "DateTime" | "Timestamp" => {
                (Scalar::Message, Format::Timestamp, Some(("timestamp", "Timestamp")))
            }
            "Duration" => (Scalar::Message, Format::Duration, Some(("duration", "Duration"))),
            "JSON" | "JSONObject" => (Scalar::Message, Format::Value, Some(("struct", "Value"))),
            "FieldMask" => (Scalar::Message, Format::FieldMask, Some(("field_mask", "FieldMask"))),
            "Any" => (Scalar::Message, Format::Any, Some(("any", "Any"))),
            _ => (Scalar::String, Format::String, None),
        };
        let name = message.map(|(file, message)| {
            self.synthetics.depend_on(purpose, &format!("google/protobuf/{file}.proto"));
            format!("google.protobuf.{message}")
        });
        Some((Leaf { scalar: scalar as i32, format: format as i32, ..Default::default() }, name))
    }

    fn synthetic_enum(
        &mut self,
        purpose: Purpose,
        named: &str,
        values: &[String],
    ) -> (Leaf, Option<String>) {
        let key = (purpose, "enum", named.to_owned());
        if let Some(full_name) = self.synthetics.names.get(&key).cloned() {
            let id = self
                .enum_ids
                .get(&(named.to_owned(), full_name.clone()))
                .copied()
                .unwrap_or_default();
            return (enum_leaf(id), Some(full_name));
        }
        let (full_name, numbers) = self.synthetics.add_enum(purpose, named, values);
        self.synthetics.names.insert(key, full_name.clone());
        let id = self.new_enum((named.to_owned(), full_name.clone()), None);
        let values = values
            .iter()
            .zip(numbers)
            .map(|(name, number)| EnumValue { name: name.clone(), number });
        self.model.enums[id as usize].values = values.collect();
        (enum_leaf(id), Some(full_name))
    }
}
