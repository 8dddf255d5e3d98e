//! Enums, without the prefix that protobuf style asks for.

use std::collections::BTreeSet;

use prost_reflect::{EnumDescriptor, EnumValueDescriptor};

use super::fields::from_directive;
use super::plan::{Plan, message_directive};
use super::sdl::{Definition, Kind, Member};
use crate::model::counterpart;
use crate::model::names::screaming;

pub(super) fn enumeration(plan: &mut Plan<'_>, name: &str, values: &EnumDescriptor) {
    let existing = plan.existing.types.get(name);
    if !plan.may_grow(name) {
        return;
    }
    let shown = |value: &EnumValueDescriptor| {
        existing.is_some_and(|ty| {
            // Who wrote the enum by hand knew that this one is never sent.
            let is_unspecified = value.number() == 0 && value.name().ends_with("UNSPECIFIED");
            let is_left_out = is_unspecified
                || ty.is_left_out(value.name())
                || ty.is_left_out(&short(values, value));
            is_left_out
                || ty.members.iter().any(|member| {
                    let name = member.from.as_deref().unwrap_or(&member.name);
                    counterpart(values, name).is_some_and(|found| found.number() == value.number())
                })
        })
    };
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    let mut members = Vec::new();
    for value in in_order(values) {
        // Of two values with one number the first one names it.
        if !numbers.insert(value.number()) || shown(&value) {
            continue;
        }
        let taken = |name: &str| used.contains(name) || existing.is_some_and(|ty| ty.has(name));
        let names = [short(values, &value), legal(value.name())];
        let name = super::naming::free(&names, taken);
        used.insert(name.clone());
        members.push(member(plan, values, &value, &name));
    }
    plan.definitions.push(Definition {
        kind: Kind::Enum,
        name: name.to_owned(),
        description: plan.comments.of(values.parent_file().name(), values.path()),
        directives: vec![message_directive(values.full_name())],
        members,
        file: Plan::file(values.package_name()),
    });
}

/// As the proto has them, which is not always by number.
fn in_order(values: &EnumDescriptor) -> Vec<EnumValueDescriptor> {
    let mut values: Vec<EnumValueDescriptor> = values.values().collect();
    values.sort_by_key(|value| value.path().last().copied());
    values
}

fn member(
    plan: &Plan<'_>,
    values: &EnumDescriptor,
    value: &EnumValueDescriptor,
    name: &str,
) -> Member {
    let is_found = counterpart(values, name).is_some_and(|found| found.number() == value.number());
    let from = if is_found { String::new() } else { from_directive(value.name()) };
    let options = value.enum_value_descriptor_proto().options.as_ref();
    let is_deprecated = options.is_some_and(|options| options.deprecated());
    let deprecated = if is_deprecated { " @deprecated" } else { "" };
    let description = plan.comments.of(values.parent_file().name(), value.path());
    Member { description, text: format!("{name}{from}{deprecated}") }
}

/// `GENRE_NOVEL` of `Genre` → `NOVEL`.
fn short(values: &EnumDescriptor, value: &EnumValueDescriptor) -> String {
    let prefix = format!("{}_", screaming(values.name()));
    let name = value.name();
    let stripped = name.strip_prefix(&prefix).filter(|rest| !rest.is_empty());
    let begins_well = |name: &&str| !name.starts_with(|first: char| first.is_ascii_digit());
    legal(stripped.filter(begins_well).unwrap_or(name))
}

/// What GraphQL keeps to itself gets another spelling.
fn legal(name: &str) -> String {
    match name {
        "true" | "false" | "null" => name.to_uppercase(),
        _ if name.starts_with("__") => format!("V{name}"),
        _ => name.to_owned(),
    }
}
