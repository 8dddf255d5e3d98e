//! Messages as object types.

use prost_reflect::{Kind as Proto, MessageDescriptor};

use super::annotations::{Behavior, has_behavior};
use super::existing::{ExistingMember, ExistingType};
use super::fields::{Part, meaning, named, outputs, same};
use super::plan::{Plan, message_directive};
use super::sdl::{Definition, Kind, Member};
use super::unions;
use super::values::Way;

pub(super) fn object(plan: &mut Plan<'_>, name: &str, message: &MessageDescriptor) {
    let existing = plan.existing.types.get(name);
    if !plan.may_grow(name) {
        return;
    }
    let mut missing = Vec::new();
    let parts = readable(message).into_iter().flat_map(|part| as_shown(existing, message, part));
    for part in parts {
        match existing.and_then(|ty| Some((ty, shows(ty, message, &part)?))) {
            Some((_, member)) => adopt(plan, member, &part),
            None if existing.is_some_and(|ty| is_left_out(ty, &part)) => {}
            None => missing.push(part),
        }
    }
    let taken = |name: &str| existing.is_some_and(|ty| ty.has(name) || ty.is_left_out(name));
    let mut members = Vec::new();
    let mut names = Vec::new();
    for (part, field_name, from) in named(message, missing, taken) {
        names.push(field_name.clone());
        members.push(field(plan, &part, &field_name, from.as_deref()));
    }
    let taken = |name: &str| taken(name) || names.iter().any(|used| used == name);
    members.extend(super::joins::members(plan, message, &taken));
    if members.is_empty() && existing.is_none() {
        // Groups and the like alone: the caller has left the message out.
        return;
    }
    plan.definitions.push(Definition {
        kind: Kind::Object,
        name: name.to_owned(),
        description: plan.comments.of(message.parent_file().name(), message.path()),
        directives: vec![message_directive(message.full_name())],
        members,
        file: Plan::file(message.package_name()),
    });
}

/// A oneof as the type shows it, if it does: as a union, or each member by itself. What no union can show is a field
/// beside it.
fn as_shown(existing: Option<&ExistingType>, message: &MessageDescriptor, part: Part) -> Vec<Part> {
    let Some(ty) = existing else { return vec![part] };
    let is_shown = |part: &Part| shows(ty, message, part).is_some();
    match &part {
        Part::Union(oneof) if !is_shown(&part) => {
            let members: Vec<Part> = oneof.fields().map(Part::Field).collect();
            if members.iter().any(is_shown) { members } else { vec![part] }
        }
        Part::Field(field) if unions::object_of(field).is_some() => {
            let union = field.containing_oneof().map(Part::Union).filter(is_shown);
            vec![union.unwrap_or(part)]
        }
        _ => vec![part],
    }
}

/// The field of an existing type that shows a part, by `@from` or by name.
fn shows<'t>(
    ty: &'t ExistingType,
    message: &MessageDescriptor,
    part: &Part,
) -> Option<&'t ExistingMember> {
    ty.members.iter().filter(|member| !member.has_call).find(|member| {
        let path = member.from.as_deref().unwrap_or(&member.name);
        let first = path.split('.').next().unwrap_or(path);
        same(meaning(message, first).as_ref(), part)
    })
}

/// A comment names the field, or a directive uses it as a key.
fn is_left_out(ty: &ExistingType, part: &Part) -> bool {
    let proto = part.proto_name();
    let name = super::naming::camel(&proto);
    ty.reads(&proto) || ty.is_left_out(&proto) || name.is_some_and(|name| ty.is_left_out(&name))
}

/// What an existing field shows is known to be of its type, if nobody has said what that type is.
fn adopt(plan: &mut Plan<'_>, member: &ExistingMember, part: &Part) {
    let Some(named) = &member.named else { return };
    match part {
        Part::Field(field) => match field.kind() {
            Proto::Message(message) => {
                plan.adopt(Kind::Object, message.full_name(), named);
                plan.show_message(named, &message);
            }
            Proto::Enum(values) => plan.adopt(Kind::Enum, values.full_name(), named),
            _ => {}
        },
        Part::Union(oneof) => {
            plan.adopt(Kind::Union, oneof.full_name(), named);
            plan.show(named, oneof);
        }
    }
}

/// What a service shows; all of it where the proto says that nothing is, since an object has fields.
fn readable(message: &MessageDescriptor) -> Vec<Part> {
    let is_readable = |part: &&Part| !matches!(part, Part::Field(field) if has_behavior(field, Behavior::InputOnly));
    let parts = outputs(message);
    let readable: Vec<Part> = parts.iter().filter(is_readable).cloned().collect();
    if readable.is_empty() { parts } else { readable }
}

fn field(plan: &mut Plan<'_>, part: &Part, name: &str, from: Option<&str>) -> Member {
    let (file, path) = part.place();
    let description = plan.comments.of(&file, &path);
    let ty = match part {
        Part::Field(field) => plan.typed(field, Way::Out).map(|typed| typed.output(plan, field)),
        Part::Union(oneof) => Some(plan.union(oneof)),
    };
    let Some(ty) = ty else {
        return Member::comment(&format!("{name}: GraphQL cannot show it"));
    };
    let deprecated = if part.is_deprecated() { " @deprecated" } else { "" };
    Member { description, text: format!("{name}: {ty}{}{deprecated}", from.unwrap_or_default()) }
}
