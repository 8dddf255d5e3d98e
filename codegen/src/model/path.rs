//! Dotted paths of proto names.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::binder::Binder;
use super::fault::{Fault, Side};
use super::names::field_of;
use crate::diagnostic::Span;

/// Where a path was written.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) side: Side,
    /// `keys`, `select`, …: what the help shows in front of the right name.
    pub(super) argument: &'a str,
    pub(super) span: Option<Span>,
}

impl Binder<'_> {
    /// The fields that `path` goes through; all but the last are singular messages.
    pub(super) fn path(
        &mut self,
        message: &MessageDescriptor,
        path: &str,
        place: Place<'_>,
    ) -> Option<Vec<FieldDescriptor>> {
        let mut fields: Vec<FieldDescriptor> = Vec::new();
        let mut message = message.clone();
        let segments: Vec<&str> = path.split('.').collect();
        for (index, segment) in segments.iter().enumerate() {
            let Some(field) = field_of(&message, segment) else {
                let (name, argument) = ((*segment).to_owned(), place.argument.to_owned());
                let facts = self.facts(&message);
                self.fault(Fault::UnknownField {
                    side: place.side,
                    name,
                    argument,
                    span: place.span,
                    message: facts,
                });
                return None;
            };
            if field.is_group() {
                let reason = "it stands between two tags, and only what has a length is read";
                return self.bad_path(path, reason, place, &field);
            }
            if index + 1 < segments.len() {
                match singular_message(&field) {
                    Some(inner) => message = inner,
                    None => {
                        return self.bad_path(
                            path,
                            "only singular messages have fields to go through",
                            place,
                            &field,
                        );
                    }
                }
            }
            fields.push(field);
        }
        Some(fields)
    }

    pub(super) fn bad_path<T>(
        &mut self,
        path: &str,
        reason: &str,
        place: Place<'_>,
        field: &FieldDescriptor,
    ) -> Option<T> {
        let proto = self.field_span(field);
        let reason = format!("`{}`: {reason}", field.name());
        self.fault(Fault::BadPath { path: path.to_owned(), reason, span: place.span, proto });
        None
    }
}

pub(super) fn numbers(fields: &[FieldDescriptor]) -> Vec<u32> {
    fields.iter().map(FieldDescriptor::number).collect()
}

/// The field at the end of a path of numbers.
pub(super) fn field_at(message: &MessageDescriptor, path: &[u32]) -> Option<FieldDescriptor> {
    let (last, through) = path.split_last()?;
    let inner = through.iter().try_fold(message.clone(), |message, number| {
        message.get_field(*number)?.kind().as_message().cloned()
    });
    inner?.get_field(*last)
}

/// The message of a field that holds at most one. Groups, and fields that are `DELIMITED`, are not read.
pub(super) fn singular_message(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(message) if !field.is_list() && !field.is_map() && !field.is_group() => {
            Some(message)
        }
        _ => None,
    }
}

/// The message of a field that holds many; a map holds its entries.
pub(super) fn repeated_message(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(message) if (field.is_list() || field.is_map()) && !field.is_group() => {
            Some(message)
        }
        _ => None,
    }
}

/// Whether a message says that it does not have the field. An entry of a map has a key and a value, sent or not.
pub(crate) fn has_presence(field: &FieldDescriptor) -> bool {
    field.supports_presence() && !(field.parent_message().is_map_entry() && is_plain(field))
}

/// Whether a field holds one or many values that are no messages.
pub(super) fn is_plain(field: &FieldDescriptor) -> bool {
    !matches!(field.kind(), Kind::Message(_))
}
