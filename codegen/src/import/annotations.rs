//! What `google/api/*.proto` say of methods and fields, where they are used.

use prost_reflect::{FieldDescriptor, MethodDescriptor, Value};

/// `google.api.FieldBehavior`, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Behavior {
    Required = 2,
    OutputOnly = 3,
    InputOnly = 4,
}

pub(super) fn has_behavior(field: &FieldDescriptor, behavior: Behavior) -> bool {
    let pool = field.parent_message().parent_pool();
    let Some(extension) = pool.get_extension_by_name("google.api.field_behavior") else {
        return false;
    };
    let options = field.options();
    let list = options.get_extension(&extension);
    list.as_list().is_some_and(|list| {
        list.iter().any(|value| value.as_enum_number() == Some(behavior as i32))
    })
}

/// Whether the field holds the name of a resource: its own, or another's.
pub(super) fn is_resource_name(field: &FieldDescriptor) -> bool {
    if has(field, "google.api.resource_reference") {
        return true;
    }
    let message = field.parent_message();
    let Some(extension) = message.parent_pool().get_extension_by_name("google.api.resource") else {
        return false;
    };
    let options = message.options();
    if !options.has_extension(&extension) {
        return false;
    }
    let resource = options.get_extension(&extension);
    let name = resource.as_message().and_then(|resource| resource.get_field_by_name("name_field"));
    let name = name.as_ref().and_then(|name| name.as_str()).filter(|name| !name.is_empty());
    field.name() == name.unwrap_or("name")
}

fn has(field: &FieldDescriptor, extension: &str) -> bool {
    let pool = field.parent_message().parent_pool();
    let found = pool.get_extension_by_name(extension);
    found.is_some_and(|found| field.options().has_extension(&found))
}

/// Whether `google.api.http` maps the method to GET.
pub(super) fn is_http_get(method: &MethodDescriptor) -> bool {
    let pool = method.parent_pool();
    let Some(extension) = pool.get_extension_by_name("google.api.http") else { return false };
    let options = method.options();
    if !options.has_extension(&extension) {
        return false;
    }
    match &*options.get_extension(&extension) {
        Value::Message(rule) => rule.has_field_by_name("get"),
        _ => false,
    }
}
