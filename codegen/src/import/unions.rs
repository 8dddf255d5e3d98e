//! Oneofs of messages as unions, and what a union lacks that is there.

use std::collections::BTreeMap;

use prost_reflect::{FieldDescriptor, MessageDescriptor, OneofDescriptor};

use super::existing::ExistingType;
use super::plan::{Plan, message_directive};
use super::sdl::{Definition, Kind, Member};
use super::values::{Shown, shown};
use crate::model::names::pascal;

/// A union that nobody has written yet.
pub(super) fn union(plan: &mut Plan<'_>, name: &str, oneof: &OneofDescriptor) {
    if !plan.existing.types.contains_key(name) {
        let members = objects(oneof).map(|(_, message)| plan.object(&message, None)).collect();
        define(plan, name, oneof, members);
    }
}

/// The members that unions lack which are there: what each oneof has that the union shows.
pub(super) fn grow(plan: &mut Plan<'_>, shown: BTreeMap<String, Vec<OneofDescriptor>>) {
    let existing = plan.existing;
    for (name, oneofs) in shown {
        let (Some(union), Some(first)) = (existing.types.get(&name), oneofs.first()) else {
            continue;
        };
        let is_of = |message: &String| {
            oneofs.iter().any(|oneof| oneof.parent_message().full_name() == message)
        };
        // What a message never sends is no member of its union.
        let is_of_all = |message: &MessageDescriptor| {
            oneofs.iter().all(|oneof| objects(oneof).any(|(_, other)| other == *message))
        };
        if !union.messages.iter().all(is_of) {
            continue;
        }
        let mut members = Vec::new();
        for (field, message) in objects(first).filter(|(_, message)| is_of_all(message)) {
            let member = pascal(field.name());
            if union.has(&member) {
                plan.adopt(Kind::Object, message.full_name(), &member);
            } else if !is_left_out(plan, union, &field, &message) {
                let object = plan.object(&message, None);
                if !union.has(&object) && !members.contains(&object) {
                    members.push(object);
                }
            }
        }
        define(plan, &name, first, members);
    }
}

/// Unions that no field of an object has told of: those of messages whose only oneof they show, by `@message` or by name.
pub(super) fn by_message(plan: &Plan<'_>) -> BTreeMap<String, Vec<OneofDescriptor>> {
    let unions = plan.existing.types.iter().filter(|(_, ty)| ty.kind == Kind::Union);
    let unions = unions.filter(|(name, _)| !plan.has_shown(name));
    let found = unions.filter_map(|(name, union)| {
        let message = match union.messages.as_slice() {
            [message] => plan.protos.pool.get_message_by_name(message)?,
            [] => plan.output_named(name)?,
            _ => return None,
        };
        let oneof = only_oneof(&message)?;
        is_shown(plan, union, &oneof).then(|| (name.clone(), vec![oneof]))
    });
    found.collect()
}

/// The oneof by which a message tells what it is.
pub(super) fn only_oneof(message: &MessageDescriptor) -> Option<OneofDescriptor> {
    let mut oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
    oneofs.next().filter(|_| oneofs.next().is_none())
}

/// Whether one member at least is of the oneof. A union may as well show a message that has a oneof beside other things.
pub(super) fn is_shown(plan: &Plan<'_>, union: &ExistingType, oneof: &OneofDescriptor) -> bool {
    objects(oneof).any(|(field, message)| {
        let claimed = plan.claimed(Kind::Object, message.full_name());
        union.has(claimed.unwrap_or(message.name())) || union.has(&pascal(field.name()))
    })
}

/// The members that a union can have.
fn objects(
    oneof: &OneofDescriptor,
) -> impl Iterator<Item = (FieldDescriptor, MessageDescriptor)> + use<> {
    let fields: Vec<FieldDescriptor> = oneof.fields().collect();
    fields.into_iter().filter_map(|field| object_of(&field).map(|message| (field, message)))
}

/// The message of a field that a union can show.
pub(super) fn object_of(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let message = field.kind().as_message().cloned()?;
    (!field.is_group() && matches!(shown(&message), Shown::Object)).then_some(message)
}

/// A comment names the type, the message or the field.
fn is_left_out(
    plan: &Plan<'_>,
    union: &ExistingType,
    field: &FieldDescriptor,
    message: &MessageDescriptor,
) -> bool {
    let claimed = plan.claimed(Kind::Object, message.full_name());
    let names = [Some(field.name()), Some(message.name()), claimed];
    names.into_iter().flatten().any(|name| union.is_left_out(name))
}

fn define(plan: &mut Plan<'_>, name: &str, oneof: &OneofDescriptor, members: Vec<String>) {
    let message = oneof.parent_message();
    let member = |text| Member { description: None, text };
    plan.definitions.push(Definition {
        kind: Kind::Union,
        name: name.to_owned(),
        description: plan.comments.of(message.parent_file().name(), oneof.path()),
        directives: vec![message_directive(message.full_name())],
        members: members.into_iter().map(member).collect(),
        file: Plan::file(message.package_name()),
    });
}
