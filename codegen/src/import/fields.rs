//! The names of a message's fields in GraphQL, and the `@from` that some of them need.

use std::collections::BTreeSet;

use prost_reflect::{FieldDescriptor, Kind as Proto, MessageDescriptor, OneofDescriptor};

use super::naming::{camel, free};
use super::values::{Shown, shown};
use crate::model::names::field_of;
use crate::model::oneof_of;

/// A field, or a oneof whose members are objects.
#[derive(Clone)]
pub(super) enum Part {
    Field(FieldDescriptor),
    Union(OneofDescriptor),
}

impl Part {
    pub(super) fn proto_name(&self) -> String {
        match self {
            Part::Field(field) => field.name().to_owned(),
            Part::Union(oneof) => oneof.name().to_owned(),
        }
    }

    /// The file and the path of its comment.
    pub(super) fn place(&self) -> (String, Vec<i32>) {
        match self {
            Part::Field(field) => {
                (field.parent_message().parent_file().name().to_owned(), field.path().to_vec())
            }
            Part::Union(oneof) => {
                (oneof.parent_message().parent_file().name().to_owned(), oneof.path().to_vec())
            }
        }
    }

    pub(super) fn is_deprecated(&self) -> bool {
        match self {
            Part::Field(field) => {
                let options = field.field_descriptor_proto().options.as_ref();
                options.is_some_and(|options| options.deprecated())
            }
            Part::Union(_) => false,
        }
    }
}

/// The fields of a message in the order of the proto, with oneofs of messages as one.
pub(super) fn outputs(message: &MessageDescriptor) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut seen = BTreeSet::new();
    for field in in_order(message) {
        let union = field.containing_oneof().filter(|oneof| is_union(message, oneof));
        match union {
            Some(oneof) => {
                if seen.insert(oneof.name().to_owned()) {
                    parts.push(Part::Union(oneof));
                }
            }
            None => parts.push(Part::Field(field)),
        }
    }
    parts
}

/// All fields of a message, in the order of the proto.
pub(super) fn in_order(message: &MessageDescriptor) -> Vec<FieldDescriptor> {
    let mut fields: Vec<FieldDescriptor> = message.fields().collect();
    fields.sort_by_key(|field| field.path().last().copied());
    fields
}

/// Members that are different objects tell by their type which one it is; others need a field each.
fn is_union(message: &MessageDescriptor, oneof: &OneofDescriptor) -> bool {
    let mut messages = BTreeSet::new();
    let members = oneof.fields().filter(|field| match field.kind() {
        Proto::Message(inner) if !field.is_group() && matches!(shown(&inner), Shown::Object) => {
            messages.insert(inner.full_name().to_owned())
        }
        _ => false,
    });
    let is_only_objects = members.count() == oneof.fields().len() && oneof.fields().len() > 1;
    is_only_objects
        && !oneof.is_synthetic()
        && oneof_of(message, oneof.name()).as_ref() == Some(oneof)
}

/// A name for each part, and the directive that says what it means where the name alone does not. `is_taken` knows the
/// names that others have. A part that cannot be named is left out.
pub(super) fn named(
    message: &MessageDescriptor,
    parts: Vec<Part>,
    is_taken: impl Fn(&str) -> bool,
) -> Vec<(Part, String, Option<String>)> {
    let mut used = BTreeSet::new();
    let mut named = Vec::new();
    for part in parts {
        let proto = part.proto_name();
        let short = camel(&proto);
        let names = [short.unwrap_or_else(|| "field".to_owned()), proto.clone()];
        let name =
            free(&names, |name| used.contains(name) || name.starts_with("__") || is_taken(name));
        let from = match meaning(message, &name) {
            found if same(found.as_ref(), &part) => None,
            _ => Some(proto.clone()),
        };
        // A path that a oneof has too means the oneof.
        let is_reachable = match (&part, &from) {
            (Part::Field(_), Some(from)) => oneof_of(message, from).is_none(),
            _ => true,
        };
        if is_reachable {
            used.insert(name.clone());
            named.push((part, name, from.map(|from| from_directive(&from))));
        }
    }
    named
}

pub(super) fn from_directive(path: &str) -> String {
    format!(" @from(path: \"{path}\")")
}

/// What a name without directives means.
pub(super) fn meaning(message: &MessageDescriptor, name: &str) -> Option<Part> {
    field_of(message, name).map(Part::Field).or_else(|| oneof_of(message, name).map(Part::Union))
}

pub(super) fn same(left: Option<&Part>, right: &Part) -> bool {
    match (left, right) {
        (Some(Part::Field(left)), Part::Field(right)) => left == right,
        (Some(Part::Union(left)), Part::Union(right)) => left == right,
        _ => false,
    }
}
