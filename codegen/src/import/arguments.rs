//! Requests as arguments: one for each field, or one object where they are many.

use prost_reflect::{FieldDescriptor, Kind as Proto, MethodDescriptor};

use super::fields::{Part, from_directive, named};
use super::inputs::settable;
use super::naming::camel;
use super::plan::Plan;
use super::sdl::{self, Member};
use super::values::{Way, is_id, is_required};
use crate::model::is_mask;
use crate::model::names::{pascal, snake};

/// More arguments than these are easier to give as one object.
const MOST_ARGUMENTS: usize = 10;

/// Name, type and directive of each argument, with its description.
pub(super) fn arguments(plan: &mut Plan<'_>, method: &MethodDescriptor) -> Vec<Member> {
    let request = method.input();
    let fields = settable(&request);
    if fields.len() > MOST_ARGUMENTS
        && let Some(object) = as_one(plan, method, &fields)
    {
        return vec![object];
    }
    flat(plan, method, &fields)
}

/// An argument for each field of the request.
pub(super) fn flat(
    plan: &mut Plan<'_>,
    method: &MethodDescriptor,
    fields: &[FieldDescriptor],
) -> Vec<Member> {
    let request = method.input();
    // What a query reads fills it.
    let is_given = |field: &&FieldDescriptor| field.name() != "read_mask" || !is_mask(field);
    let fields: Vec<FieldDescriptor> = fields.iter().filter(is_given).cloned().collect();
    let pages = fields.iter().any(|field| field.name() == "page_token");
    let has = |name: &str| fields.iter().any(|field| camel(field.name()).as_deref() == Some(name));
    let rename = |field: &FieldDescriptor| match field.name() {
        "page_size" if !has("first") => Some("first"),
        "page_token" if pages && !has("after") => Some("after"),
        _ => None,
    };
    let renames: Vec<Option<&str>> = fields.iter().map(rename).collect();
    let parts = fields.iter().cloned().map(Part::Field).collect();
    let mut arguments = Vec::new();
    for (part, name, from) in named(&request, parts, |_| false) {
        let Part::Field(field) = &part else { continue };
        let renamed = fields.iter().position(|other| other == field).and_then(|at| renames[at]);
        let (name, from) = match renamed {
            Some(renamed) => (renamed.to_owned(), Some(from_directive(field.name()))),
            None => (name, from),
        };
        let Some(typed) = plan.typed(field, Way::In) else { continue };
        let ty = typed.given(is_required(plan, field) || is_key(method, field));
        let file = field.parent_message().parent_file();
        let description = plan.comments.of(file.name(), field.path());
        let text = format!("{name}: {ty}{}", from.unwrap_or_default());
        arguments.push(Member { description, text });
    }
    arguments
}

/// Whether a method makes no sense without the field: the id of what it gets, changes or deletes.
fn is_key(method: &MethodDescriptor, field: &FieldDescriptor) -> bool {
    let name = snake(method.name());
    let (verb, thing) = name.split_once('_').unwrap_or((&name, ""));
    let is_of_one = ["get", "delete", "update"].contains(&verb);
    let is_own = ["id", "name", &format!("{thing}_id")].contains(&field.name());
    is_of_one && is_own && is_id_or_name(field) && !field.is_list() && !field.supports_presence()
}

fn is_id_or_name(field: &FieldDescriptor) -> bool {
    is_id(field) || (field.name() == "name" && field.kind() == Proto::String)
}

/// One input object that is the request.
fn as_one(
    plan: &mut Plan<'_>,
    method: &MethodDescriptor,
    fields: &[FieldDescriptor],
) -> Option<Member> {
    let request = method.input();
    let name = request.name().strip_suffix("Request").unwrap_or(request.name());
    let name = pascal(name);
    // A field that could be meant by the argument itself: the request has to stay in pieces.
    let is_ambiguous = fields.iter().any(|field| {
        let is_same = field.kind().as_message().is_some_and(|inner| {
            pascal(inner.name()) == name || inner.full_name() == request.full_name()
        });
        is_same || camel(field.name()).as_deref() == Some("input")
    });
    if is_ambiguous {
        return None;
    }
    let ty = plan.input(&request, Some(format!("{name}Input")));
    let mark = if fields.iter().any(|field| is_required(plan, field)) { "!" } else { "" };
    Some(Member { description: None, text: format!("input: {ty}{mark}") })
}

/// Arguments in parentheses: in one line where they are few and say nothing.
pub(super) fn written(arguments: &[Member]) -> String {
    if arguments.is_empty() {
        return String::new();
    }
    let line = arguments.iter().map(|argument| argument.text.as_str()).collect::<Vec<_>>();
    let line = line.join(", ");
    let is_described = arguments.iter().any(|argument| argument.description.is_some());
    if !is_described && line.len() <= 80 {
        return format!("({line})");
    }
    format!("(\n{})", sdl::members(arguments))
}
