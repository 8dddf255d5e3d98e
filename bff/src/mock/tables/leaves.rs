//! What is in a field that is no object.

use std::sync::Arc;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use super::{Content, Leaf};
use crate::{
    contract::{self, Scalar},
    mock::values::{
        numbers::{Flag, Range},
        texts::Text,
        times::Moment,
        words,
    },
};

/// A scalar whose name says that it names another object: `category_id` of a category that nothing asks for.
pub(super) fn unfollowed(name: &str, leaf: Leaf) -> Content {
    let mut parts = words(name);
    let last = parts.pop();
    let is_id = matches!(last.as_deref(), Some("id" | "ids")) && !parts.is_empty();
    match leaf {
        Leaf::Text(Text::Id) | Leaf::Whole(_) if is_id => {
            let base = name.trim_end_matches('s');
            let base = base.strip_suffix("Id").or_else(|| base.strip_suffix("ID")).unwrap_or(base);
            Content::Reference { field: base.into(), key: Text::Id }
        }
        leaf => Content::Leaf(leaf),
    }
}

pub(super) fn scalar_leaf(
    kind: &Kind,
    name: &str,
    text: Text,
    shown: Option<&contract::Enum>,
) -> Option<Leaf> {
    Some(match kind {
        Kind::Double | Kind::Float => Leaf::Real(Range::of(name)),
        Kind::Bool => Leaf::Flag(Flag::of(name)),
        Kind::String => Leaf::Text(text),
        Kind::Bytes => Leaf::Bytes(text),
        Kind::Enum(values) => Leaf::Enum(enum_values(values, shown)),
        Kind::Message(message) => return well_known(message, name, text),
        _ => Leaf::Whole(Range::of(name)),
    })
}

fn well_known(message: &MessageDescriptor, name: &str, text: Text) -> Option<Leaf> {
    Some(match message.full_name() {
        "google.protobuf.Timestamp" => Leaf::Timestamp(Moment::of(name)),
        "google.protobuf.Duration" => Leaf::Duration(Range::of("seconds")),
        "google.protobuf.Struct" => Leaf::Struct,
        "google.protobuf.Value" => Leaf::Value,
        "google.protobuf.ListValue" => Leaf::ListValue,
        "google.protobuf.Any" => Leaf::Any,
        "google.protobuf.Empty" | "google.protobuf.FieldMask" => Leaf::Empty,
        full_name => {
            let wrapped = full_name.strip_prefix("google.protobuf.")?.ends_with("Value");
            let value = message.get_field(1).filter(|_| wrapped)?;
            Leaf::Wrapped(scalar(&value), Box::new(scalar_leaf(&value.kind(), name, text, None)?))
        }
    })
}

/// What the schema can show; without a schema, what the proto has. Zero says that nothing is known.
fn enum_values(
    descriptor: &EnumDescriptor,
    shown: Option<&contract::Enum>,
) -> Arc<[(String, i32)]> {
    let all: Vec<(String, i32)> = match shown {
        Some(shown) => {
            shown.values.iter().map(|value| (value.name.clone(), value.number)).collect()
        }
        None => {
            descriptor.values().map(|value| (value.name().to_owned(), value.number())).collect()
        }
    };
    let known: Vec<_> = all.iter().filter(|(_, number)| *number != 0).cloned().collect();
    if known.is_empty() { all.into() } else { known.into() }
}

pub(super) fn scalar(field: &FieldDescriptor) -> Scalar {
    contract::scalar(&field.kind(), field.is_group())
}
