//! Breaking changes of protos: what the old side sends, and the new side no longer reads as the same.

use prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
};

use super::{Change, Changes, Unreadable};

/// Synthetic descriptors of promised fields come and go as the schema does.
const SYNTHETIC: &str = "anabranch.";

pub(super) fn compare(old: &[u8], new: &[u8]) -> Result<Vec<Change>, Unreadable> {
    let (old, new) = (read(old, "old")?, read(new, "new")?);
    let mut changes = Changes::default();
    for old in
        old.all_messages().filter(|message| is_ours(message.full_name()) && !message.is_map_entry())
    {
        match new.get_message_by_name(old.full_name()) {
            None => changes.add(old.full_name(), "the message is gone"),
            Some(new) => compare_messages(&old, &new, &mut changes),
        }
    }
    for old in old.all_enums().filter(|old| is_ours(old.full_name())) {
        match new.get_enum_by_name(old.full_name()) {
            None => changes.add(old.full_name(), "the enum is gone"),
            Some(new) => compare_enums(&old, &new, &mut changes),
        }
    }
    for old in old.services().filter(|service| is_ours(service.full_name())) {
        let Some(new) = new.get_service_by_name(old.full_name()) else {
            changes.add(old.full_name(), "the service is gone");
            continue;
        };
        for old in old.methods() {
            match new.methods().find(|method| method.name() == old.name()) {
                None => changes.add(old.full_name(), "the method is gone"),
                Some(new) => compare_methods(&old, &new, &mut changes),
            }
        }
    }
    Ok(changes.0)
}

fn is_ours(name: &str) -> bool {
    !name.starts_with("google.protobuf.") && !name.starts_with(SYNTHETIC)
}

fn read(bytes: &[u8], which: &'static str) -> Result<DescriptorPool, Unreadable> {
    DescriptorPool::decode(bytes).map_err(|error| Unreadable {
        which,
        what: "descriptor set",
        reason: error.to_string(),
    })
}

fn compare_messages(old: &MessageDescriptor, new: &MessageDescriptor, changes: &mut Changes) {
    for old in old.fields() {
        let Some(new_field) = new.get_field(old.number()) else {
            let renumbered = new.get_field_by_name(old.name()).map(|field| field.number());
            match renumbered {
                Some(number) => changes.add(
                    old.full_name(),
                    format!("its number was {} and is {number} now", old.number()),
                ),
                // A reserved number says that the author has thought of the old messages.
                None if new.reserved_ranges().any(|range| range.contains(&old.number())) => {}
                None => changes.add(
                    old.full_name(),
                    format!("the field is gone and its number {} is not reserved", old.number()),
                ),
            }
            continue;
        };
        let (before, after) = (type_name(&old), type_name(&new_field));
        if before != after {
            changes.add(old.full_name(), format!("it was `{before}` and is `{after}` now"));
        }
        if old.name() != new_field.name() {
            changes.add(
                old.full_name(),
                format!("field {} is named `{}` now", old.number(), new_field.name()),
            );
        }
    }
}

fn type_name(field: &FieldDescriptor) -> String {
    let kind = match field.kind() {
        Kind::Message(message) if message.is_map_entry() => {
            let (key, value) = (message.map_entry_key_field(), message.map_entry_value_field());
            return format!("map<{}, {}>", kind_name(&key.kind()), kind_name(&value.kind()));
        }
        kind => kind_name(&kind),
    };
    if field.is_list() { format!("repeated {kind}") } else { kind }
}

fn kind_name(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(descriptor) => descriptor.full_name().to_owned(),
        scalar => format!("{scalar:?}"),
    }
}

fn compare_enums(old: &EnumDescriptor, new: &EnumDescriptor, changes: &mut Changes) {
    for old in old.values() {
        match new.get_value_by_name(old.name()) {
            None if new.get_value(old.number()).is_none() => {
                changes.add(old.full_name(), "the enum value is gone");
            }
            None => changes.add(
                old.full_name(),
                format!("the enum value {} has another name now", old.number()),
            ),
            Some(new) if new.number() != old.number() => {
                changes.add(
                    old.full_name(),
                    format!("its number was {} and is {} now", old.number(), new.number()),
                );
            }
            Some(_) => {}
        }
    }
}

fn compare_methods(old: &MethodDescriptor, new: &MethodDescriptor, changes: &mut Changes) {
    if old.input().full_name() != new.input().full_name() {
        changes.add(
            old.full_name(),
            format!(
                "it took `{}` and takes `{}` now",
                old.input().full_name(),
                new.input().full_name()
            ),
        );
    }
    if old.output().full_name() != new.output().full_name() {
        changes.add(
            old.full_name(),
            format!(
                "it gave `{}` and gives `{}` now",
                old.output().full_name(),
                new.output().full_name()
            ),
        );
    }
    if (old.is_client_streaming(), old.is_server_streaming())
        != (new.is_client_streaming(), new.is_server_streaming())
    {
        changes.add(old.full_name(), "it streams differently now");
    }
}
