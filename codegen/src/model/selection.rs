//! Masks of what is read: which field of a request takes one, and in which message of the response its paths begin.
//!
//! AIP-157 calls the field `read_mask` and has its paths begin in the resource: in what Get answers, in each of what List
//! and BatchGet answer. Where that leaves a doubt, nothing is inferred: a service refuses paths that it does not know.

use std::collections::HashMap;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};

use super::batch::Items;
use super::binder::{Binder, position};
use super::call::Asking;
use super::directives::Text;
use super::fault::Fault;
use super::leaf::natural;
use super::names::field_of;
use super::path::{numbers, singular_message};
use super::request::Request;
use crate::contract::{Cardinality, MaskField, MaskMessage, Selection, Source, Wire, source, wire};

/// `$selection` in `with`.
pub(super) struct Selecting {
    /// The field of the request.
    pub(super) target: Vec<FieldDescriptor>,
    /// Behind the dot: the message of the response in which paths begin.
    pub(super) within: Option<String>,
    pub(super) text: Text,
}

/// Of a batch: where an item is, and whether all of one key are kept together.
pub(super) struct Itemised<'a> {
    pub(super) items: &'a Items,
    pub(super) group: bool,
}

/// The messages of which masks name fields.
#[derive(Default)]
pub(super) struct MaskMessages {
    pub(super) messages: Vec<MaskMessage>,
    positions: HashMap<String, u32>,
}

impl Binder<'_> {
    /// The mask of a call, where its request takes one that nothing else fills.
    pub(super) fn selection(
        &mut self,
        asking: &Asking<'_>,
        request: &Request,
        then: &Source,
        batch: Option<&Itemised<'_>>,
    ) -> Option<Selection> {
        let (path, resource) = match &request.selecting {
            Some(selecting) => {
                let resource = match &selecting.within {
                    Some(within) => self.resource_at(asking.method, selecting, within)?,
                    None => self.only_resource(asking.method, selecting)?,
                };
                if batch.is_some_and(|batch| !resource.starts_with(&batch.items.path)) {
                    let reason = "the paths of a batch begin in an item, or inside of one";
                    return self.invalid_selection(selecting, reason.to_owned(), Vec::new());
                }
                (numbers(&selecting.target), resource)
            }
            None => {
                let mask = asking.method.input().get_field_by_name("read_mask");
                let mask =
                    mask.filter(is_mask).filter(|mask| !request.fills_field(mask.number()))?;
                let resource = conventional(asking.method)?;
                let is_in_item = |it: &Itemised<'_>| resource.starts_with(&it.items.path);
                if !batch.is_none_or(is_in_item)
                    || !is_certain(asking.method, &resource, then, batch)
                {
                    return None;
                }
                (vec![mask.number()], resource)
            }
        };
        let message = message_at(asking.method, &resource);
        let resource = seen_from_entity(&resource, batch);
        Some(Selection { path, resource, message: self.masks.position(&message) })
    }

    pub(super) fn check_mask(&mut self, selecting: &Selecting) -> Option<()> {
        let field = selecting.target.last()?;
        let reason = if !is_mask(field) {
            format!("`{}` is no `google.protobuf.FieldMask`", field.name())
        } else if field.name() == "update_mask" {
            "`update_mask` says what is changed, not what is answered".to_owned()
        } else {
            return Some(());
        };
        self.invalid_selection(selecting, reason, Vec::new())
    }

    fn resource_at(
        &mut self,
        method: &MethodDescriptor,
        selecting: &Selecting,
        within: &str,
    ) -> Option<Vec<FieldDescriptor>> {
        let mut message = method.output();
        if within == WHOLE && field_of(&message, WHOLE).is_none() {
            return Some(Vec::new());
        }
        let mut path = Vec::new();
        for segment in within.split('.') {
            let field = field_of(&message, segment);
            let Some((field, inner)) = field.and_then(|it| Some((it.clone(), object_in(&it)?)))
            else {
                let reason = format!("`{segment}` is no message in `{}`", message.name());
                let known = message.fields().filter(|field| object_in(field).is_some());
                let known = known.map(|field| field.name().to_owned()).collect();
                return self.invalid_selection(selecting, reason, known);
            };
            path.push(field);
            message = inner;
        }
        Some(path)
    }

    fn only_resource(
        &mut self,
        method: &MethodDescriptor,
        selecting: &Selecting,
    ) -> Option<Vec<FieldDescriptor>> {
        conventional(method).or_else(|| {
            let output = method.output();
            let known = output.fields().filter(|field| object_in(field).is_some());
            let known = known.map(|field| field.name().to_owned()).collect();
            let reason = format!("in which message of `{}` do its paths begin?", output.name());
            self.invalid_selection(selecting, reason, known)
        })
    }

    fn invalid_selection<T>(
        &mut self,
        selecting: &Selecting,
        reason: String,
        known: Vec<String>,
    ) -> Option<T> {
        let proto = selecting.target.last().and_then(|field| self.field_span(field));
        let Text { value: text, span } = selecting.text.clone();
        self.fault(Fault::InvalidSelection { text, reason, known, span, proto });
        None
    }
}

/// Behind `$selection.`: the response itself.
const WHOLE: &str = "response";

impl MaskMessages {
    /// The place of a message in the list, which then has all messages inside it too.
    fn position(&mut self, message: &MessageDescriptor) -> u32 {
        let mut waiting = Vec::new();
        let first = self.place(message, &mut waiting);
        while let Some((place, message)) = waiting.pop() {
            let mut fields: Vec<FieldDescriptor> = message.fields().collect();
            fields.sort_by_key(FieldDescriptor::number);
            let fields = fields.iter().map(|field| {
                let oneof = oneof(field);
                let inner = singular_message(field).filter(|inner| oneof == 0 && is_object(inner));
                MaskField {
                    number: field.number(),
                    name: field.name().to_owned(),
                    message: inner.map(|inner| self.place(&inner, &mut waiting)),
                    oneof,
                }
            });
            let fields = fields.collect();
            self.messages[place as usize].fields = fields;
        }
        first
    }

    fn place(
        &mut self,
        message: &MessageDescriptor,
        waiting: &mut Vec<(u32, MessageDescriptor)>,
    ) -> u32 {
        if let Some(place) = self.positions.get(message.full_name()) {
            return *place;
        }
        let place = position(self.messages.len());
        self.messages.push(MaskMessage::default());
        self.positions.insert(message.full_name().to_owned(), place);
        waiting.push((place, message.clone()));
        place
    }
}

/// The oneof of a field, counted from 1; `optional` makes none.
fn oneof(field: &FieldDescriptor) -> u32 {
    let Some(oneof) = field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) else {
        return 0;
    };
    let message = field.parent_message();
    message.oneofs().position(|other| other == oneof).map_or(0, |place| position(place) + 1)
}

pub(crate) fn is_mask(field: &FieldDescriptor) -> bool {
    let is_mask = |kind: &MessageDescriptor| kind.full_name() == "google.protobuf.FieldMask";
    singular_message(field).as_ref().is_some_and(is_mask)
}

/// A message with fields of its own, and not a value in the shape of one.
fn is_object(message: &MessageDescriptor) -> bool {
    !["google.protobuf", "google.rpc"].contains(&message.package_name())
        && natural(&Kind::Message(message.clone())).is_none()
}

/// The objects that a field holds, one or many.
fn object_in(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let Kind::Message(message) = field.kind() else { return None };
    let message = if field.is_map() {
        message.map_entry_value_field().kind().as_message()?.clone()
    } else {
        message
    };
    is_object(&message).then_some(message)
}

fn message_at(method: &MethodDescriptor, path: &[FieldDescriptor]) -> MessageDescriptor {
    path.last().and_then(object_in).unwrap_or_else(|| method.output())
}

/// The resource of a response: itself, or what its only field of messages holds.
fn conventional(method: &MethodDescriptor) -> Option<Vec<FieldDescriptor>> {
    let output = method.output();
    if !is_wrapper(method, &output) {
        return Some(Vec::new());
    }
    let mut objects = output.fields().filter(|field| object_in(field).is_some());
    let first = objects.next()?;
    objects.next().is_none().then(|| vec![first])
}

/// Whether a response is there only to hold others.
fn is_wrapper(method: &MethodDescriptor, output: &MessageDescriptor) -> bool {
    let by_method = ["List", "Search", "Batch"].iter().any(|verb| method.name().starts_with(verb));
    by_method
        || output.get_field_by_name("next_page_token").is_some()
        || is_named_as_wrapper(output)
}

fn is_named_as_wrapper(message: &MessageDescriptor) -> bool {
    let endings =
        ["Response", "Reply", "Result", "Results", "List", "Page", "Group", "Hit", "Entry"];
    endings.iter().any(|ending| message.name().ends_with(ending))
}

/// Whether what the field shows leaves no doubt that these are the resources: it is one of them, all of them, or, where the
/// response is the resource, any part of it but another list of messages.
fn is_certain(
    method: &MethodDescriptor,
    resource: &[FieldDescriptor],
    then: &Source,
    batch: Option<&Itemised<'_>>,
) -> bool {
    let Some(source::Kind::Wire(wire)) = &then.kind else { return resource.is_empty() };
    if resource.is_empty() {
        let is_object = matches!(wire.value, Some(wire::Value::Binding(_)));
        return !(is_object && wire.cardinality() == Cardinality::Repeated);
    }
    let message = message_at(method, resource);
    let has_status = message.fields().any(|field| {
        field.kind().as_message().is_some_and(|inner| inner.full_name() == "google.rpc.Status")
    });
    !has_status
        && !is_named_as_wrapper(&message)
        && seen_from_entity(resource, batch).starts_with(&shown(wire))
}

/// The way to a value.
fn shown(wire: &Wire) -> Vec<u32> {
    let number = Some(wire.number).filter(|number| *number != 0);
    wire.path.iter().copied().chain(number).collect()
}

/// The way to the resource from what is kept of a response, or of an item.
fn seen_from_entity(resource: &[FieldDescriptor], batch: Option<&Itemised<'_>>) -> Vec<u32> {
    const VALUE_OF_ENTRY: u32 = 2;
    let mut path = Vec::new();
    let mut inside = resource;
    if let Some(Itemised { items, group }) = batch {
        path = if *group { vec![1] } else { items.prefix() };
        inside = &resource[items.path.len()..];
    }
    for field in inside {
        path.push(field.number());
        path.extend(field.is_map().then_some(VALUE_OF_ENTRY));
    }
    path
}
