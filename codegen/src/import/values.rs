//! Which GraphQL type shows a field of a message.

use prost_reflect::{FieldDescriptor, Kind as Proto, MessageDescriptor};

use super::annotations::{Behavior, has_behavior, is_resource_name};
use super::plan::Plan;
use crate::model::leaf::{natural, wrapped};
use crate::model::path::has_presence;

/// Which way values go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Out,
    In,
}

/// What a message is to GraphQL.
pub(super) enum Shown {
    Scalar(&'static str),
    /// An object, or an input object.
    Object,
    /// Nothing of it can be shown.
    Not,
}

/// The type without its exclamation mark: `[Book!]`.
pub(super) struct Typed {
    pub(super) text: String,
    /// A list, or a map as JSON: it is never absent.
    is_many: bool,
}

pub(super) fn shown(message: &MessageDescriptor) -> Shown {
    if let Some(inner) = wrapped(message) {
        return scalar(&inner).map_or(Shown::Not, Shown::Scalar);
    }
    match message.full_name() {
        "google.protobuf.Timestamp" => Shown::Scalar("DateTime"),
        "google.protobuf.Duration" => Shown::Scalar("Duration"),
        "google.protobuf.FieldMask" => Shown::Scalar("FieldMask"),
        "google.protobuf.Struct" | "google.protobuf.Value" | "google.protobuf.ListValue" => {
            Shown::Scalar("JSON")
        }
        "google.protobuf.Any" => Shown::Scalar("Any"),
        // That it was sent is all that it says.
        _ if message.fields().len() == 0 => Shown::Scalar("Boolean"),
        _ if is_showable(message, &mut Vec::new()) => Shown::Object,
        _ => Shown::Not,
    }
}

/// Whether one field at least can be shown. A message inside itself is, if anything beside it is.
fn is_showable(message: &MessageDescriptor, above: &mut Vec<String>) -> bool {
    if above.iter().any(|name| name == message.full_name()) {
        return true;
    }
    above.push(message.full_name().to_owned());
    let showable = message.fields().any(|field| {
        !field.is_group()
            && match field.kind() {
                Proto::Message(inner) => {
                    natural(&field.kind()).is_some()
                        || inner.fields().len() == 0
                        || is_showable(&inner, above)
                }
                Proto::Enum(values) => values.values().len() > 0,
                _ => true,
            }
    });
    above.pop();
    showable
}

/// The scalar of a kind that is no message and no enum.
fn scalar(kind: &Proto) -> Option<&'static str> {
    Some(match kind {
        Proto::Double | Proto::Float => "Float",
        Proto::Int32 | Proto::Sint32 | Proto::Sfixed32 | Proto::Uint32 => "Int",
        Proto::Int64 | Proto::Sint64 | Proto::Sfixed64 => "Int64",
        // Who takes a fixed width expects large numbers: half of them are no GraphQL Int.
        Proto::Fixed32 | Proto::Uint64 | Proto::Fixed64 => "UInt64",
        Proto::Bool => "Boolean",
        Proto::String => "String",
        Proto::Bytes => "Base64",
        Proto::Message(_) | Proto::Enum(_) => return None,
    })
}

/// Whether a field holds the key of a thing.
pub(super) fn is_id(field: &FieldDescriptor) -> bool {
    let holds_keys = matches!(
        field.kind(),
        Proto::String
            | Proto::Int32
            | Proto::Int64
            | Proto::Uint32
            | Proto::Uint64
            | Proto::Fixed64
            | Proto::Sint64
    );
    let name = crate::model::names::snake(field.name());
    let by_name = |name: &str| name == "id" || name.ends_with("_id");
    let by_name =
        by_name(&name) || (field.is_list() && name.strip_suffix('s').is_some_and(by_name));
    holds_keys && (by_name || (field.kind() == Proto::String && is_resource_name(field)))
}

impl Plan<'_> {
    /// `None` where GraphQL, or this program, cannot show the field.
    pub(super) fn typed(&mut self, field: &FieldDescriptor, way: Way) -> Option<Typed> {
        if field.is_group() {
            return None;
        }
        if field.is_map() && is_json_map(field) {
            return Some(Typed { text: "JSON".to_owned(), is_many: true });
        }
        let inner = match field.kind() {
            Proto::Message(message) => self.message(&message, way)?,
            Proto::Enum(values) if values.values().len() == 0 => return None,
            Proto::Enum(values) => self.enumeration(&values),
            _ if is_id(field) => "ID".to_owned(),
            kind => scalar(&kind)?.to_owned(),
        };
        let is_many = field.is_list() || field.is_map();
        let text = match field.kind() {
            // Null is a Value, too.
            Proto::Message(item) if is_many && item.full_name() == "google.protobuf.Value" => {
                format!("[{inner}]")
            }
            _ if is_many => format!("[{inner}!]"),
            _ => inner,
        };
        Some(Typed { text, is_many })
    }

    fn message(&mut self, message: &MessageDescriptor, way: Way) -> Option<String> {
        Some(match (shown(message), way) {
            (Shown::Scalar(scalar), _) => scalar.to_owned(),
            (Shown::Object, Way::Out) => self.object(message, None),
            (Shown::Object, Way::In) => self.input(message, None),
            (Shown::Not, _) => return None,
        })
    }
}

/// A map to plain values is one JSON object; one to messages or enums is a list of entries.
fn is_json_map(field: &FieldDescriptor) -> bool {
    let Proto::Message(entry) = field.kind() else { return false };
    natural(&entry.map_entry_key_field().kind()).is_some()
        && natural(&entry.map_entry_value_field().kind()).is_some()
}

impl Typed {
    /// With `!` where the field always has a value.
    pub(super) fn output(&self, plan: &Plan<'_>, field: &FieldDescriptor) -> String {
        let is_plain = !matches!(field.kind(), Proto::Message(_));
        let is_there = !has_presence(field) || plan.protos.is_required(field) || has_default(field);
        self.with_mark(self.is_many || (is_plain && is_there))
    }

    /// With `!` where a caller has to give it.
    pub(super) fn given(&self, is_required: bool) -> String {
        self.with_mark(is_required)
    }

    fn with_mark(&self, is_non_null: bool) -> String {
        format!("{}{}", self.text, if is_non_null { "!" } else { "" })
    }
}

/// Whether there is a value where none is sent, and one that GraphQL has.
fn has_default(field: &FieldDescriptor) -> bool {
    let default = field.field_descriptor_proto().default_value.as_deref();
    default.is_some_and(|default| !matches!(default, "inf" | "-inf" | "nan"))
}

/// Whether the proto says that a request is wrong without the field.
pub(super) fn is_required(plan: &Plan<'_>, field: &FieldDescriptor) -> bool {
    plan.protos.is_required(field) || has_behavior(field, Behavior::Required)
}
