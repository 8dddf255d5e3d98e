//! Messages as input objects.

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::annotations::{Behavior, has_behavior};
use super::fields::{Part, in_order, meaning, named, same};
use super::plan::{Plan, message_directive};
use super::sdl::{Definition, Kind, Member};
use super::values::{Way, is_required};

pub(super) fn input(plan: &mut Plan<'_>, name: &str, message: &MessageDescriptor) {
    let existing = plan.existing.types.get(name);
    if !plan.may_grow(name) {
        return;
    }
    let fields = settable(message).into_iter().map(Part::Field);
    let missing = fields.filter(|part| {
        let is_left_out = existing.is_some_and(|ty| ty.is_left_out(&part.proto_name()));
        let is_there = existing.is_some_and(|ty| {
            ty.members.iter().any(|member| {
                let path = member.from.as_deref().unwrap_or(&member.name);
                let first = path.split('.').next().unwrap_or(path);
                same(meaning(message, first).as_ref(), part)
            })
        });
        !is_left_out && !is_there
    });
    let missing: Vec<Part> = missing.collect();
    let taken = |name: &str| existing.is_some_and(|ty| ty.has(name));
    let left_out = |name: &str| existing.is_some_and(|ty| ty.is_left_out(name));
    let mut members = Vec::new();
    for (part, name, from) in named(message, missing, taken) {
        let Part::Field(field) = &part else { continue };
        if left_out(&name) {
            continue;
        }
        members.push(member(plan, field, &name, from.as_deref()));
    }
    plan.definitions.push(Definition {
        kind: Kind::Input,
        name: name.to_owned(),
        description: plan.comments.of(message.parent_file().name(), message.path()),
        directives: vec![message_directive(message.full_name())],
        members,
        file: Plan::file(message.package_name()),
    });
}

/// What a caller may set; all of it where the proto says that nothing is, since an input object has fields.
pub(super) fn settable(message: &MessageDescriptor) -> Vec<FieldDescriptor> {
    let fields = in_order(message);
    let is_settable = |field: &&FieldDescriptor| !has_behavior(field, Behavior::OutputOnly);
    let settable: Vec<FieldDescriptor> = fields.iter().filter(is_settable).cloned().collect();
    if settable.is_empty() { fields } else { settable }
}

fn member(plan: &mut Plan<'_>, field: &FieldDescriptor, name: &str, from: Option<&str>) -> Member {
    let description = plan.comments.of(field.parent_message().parent_file().name(), field.path());
    let Some(typed) = plan.typed(field, Way::In) else {
        return Member::comment(&format!("{name}: GraphQL cannot give it"));
    };
    // Input objects inside each other could demand each other for ever.
    let may_be_required =
        !matches!(field.kind(), prost_reflect::Kind::Message(_)) || field.is_list();
    let is_key = field.parent_message().is_map_entry() && field.number() == 1;
    let is_required = may_be_required && (is_required(plan, field) || is_key);
    let ty = typed.given(is_required);
    Member { description, text: format!("{name}: {ty}{}", from.unwrap_or_default()) }
}
