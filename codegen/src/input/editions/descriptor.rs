//! An encoded descriptor by the names of its fields: prost's own types drop what they do not know, features among it.

use prost_reflect::{DynamicMessage, Value};

/// As google.protobuf.FieldDescriptorProto.Type and .Label number them.
pub(super) const GROUP: i32 = 10;
pub(super) const MESSAGE: i32 = 11;
pub(super) const LABEL_OPTIONAL: i32 = 1;
pub(super) const LABEL_REQUIRED: i32 = 2;
pub(super) const LABEL_REPEATED: i32 = 3;
/// Texts, bytes and messages.
pub(super) const UNPACKABLE: [i32; 4] = [9, GROUP, MESSAGE, 12];

/// A field's value, if it is set.
pub(super) fn own(message: &DynamicMessage, name: &str) -> Option<Value> {
    message
        .has_field_by_name(name)
        .then(|| message.get_field_by_name(name))?
        .map(|it| it.into_owned())
}

pub(super) fn number(message: &DynamicMessage, name: &str) -> Option<i32> {
    match own(message, name)? {
        Value::EnumNumber(number) | Value::I32(number) => Some(number),
        _ => None,
    }
}

pub(super) fn text(message: &DynamicMessage, name: &str) -> String {
    match own(message, name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}

pub(super) fn is_true(message: &DynamicMessage, name: &str) -> bool {
    own(message, name) == Some(Value::Bool(true))
}

/// The messages in a repeated field.
pub(super) fn each<'m>(
    message: &'m mut DynamicMessage,
    name: &str,
) -> impl Iterator<Item = &'m mut DynamicMessage> {
    let list = message.get_field_by_name_mut(name).and_then(Value::as_list_mut);
    list.into_iter().flatten().filter_map(Value::as_message_mut)
}

pub(super) fn is_entry(message: &DynamicMessage) -> bool {
    matches!(own(message, "options"), Some(Value::Message(options)) if is_true(&options, "map_entry"))
}

pub(super) fn inside(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
