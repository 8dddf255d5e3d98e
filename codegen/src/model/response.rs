//! Which part of a response, or of one item of a batch, is the value of a field.

use apollo_compiler::ast::Type;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::abstract_type::oneof_at;
use super::binder::{At, Binder};
use super::directives::Text;
use super::fault::{Fault, Side};
use super::leaf;
use super::names::{field_of, singular, snake};
use super::path::{Place, is_plain, repeated_message, singular_message};
use crate::contract::Source;

/// Where the value stands.
pub(super) enum Standing {
    /// The message itself.
    Whole,
    /// A field of it.
    Field(FieldDescriptor),
}

impl Binder<'_> {
    /// The value in a response that belongs to one field alone.
    pub(super) fn response(
        &mut self,
        at: &At,
        ty: &Type,
        message: &MessageDescriptor,
        select: Option<&Text>,
    ) -> Option<Source> {
        if let Some(select) = select {
            return self.selected(at, ty, &[], message, select);
        }
        match self.choose(at, ty, message, &[]) {
            Ok(Standing::Whole) => self.whole(at, ty, &[], message),
            Ok(Standing::Field(field)) => self.read(at, ty, &[], &[field]),
            Err(candidates) => self.no_value(at, ty, message, candidates),
        }
    }

    pub(super) fn selected(
        &mut self,
        at: &At,
        ty: &Type,
        prefix: &[u32],
        message: &MessageDescriptor,
        select: &Text,
    ) -> Option<Source> {
        if let Some(oneof) = oneof_at(message, &select.value) {
            return self.oneof_value(ty, prefix, &oneof, select.span);
        }
        let place = Place { side: Side::Response, argument: "select", span: select.span };
        let path = self.path(message, &select.value, place)?;
        self.read(at, ty, prefix, &path)
    }

    pub(super) fn read(
        &mut self,
        at: &At,
        ty: &Type,
        prefix: &[u32],
        path: &[FieldDescriptor],
    ) -> Option<Source> {
        if let Some(call) = &mut self.call {
            call.value = call.value.take().or_else(|| path.last().cloned());
        }
        self.value_at(at, ty, prefix, path)
    }

    pub(super) fn no_value<T>(
        &mut self,
        at: &At,
        ty: &Type,
        message: &MessageDescriptor,
        candidates: Vec<String>,
    ) -> Option<T> {
        // Where nobody defines the type, that is the fault.
        self.type_of(ty.inner_named_type())?;
        let (coordinate, graphql) = (at.coordinate(), ty.to_string());
        let (span, message) = (self.type_span(ty), self.facts(message));
        self.fault(Fault::NoValue { coordinate, graphql, span, message, candidates });
        None
    }

    /// The value that names and types point at; else what could be meant. `keys` are known to be no values.
    pub(super) fn choose(
        &self,
        at: &At,
        ty: &Type,
        message: &MessageDescriptor,
        keys: &[FieldDescriptor],
    ) -> Result<Standing, Vec<String>> {
        let named = ty.inner_named_type().as_str();
        let composite = self.is_composite(named);
        if composite && !ty.is_list() && self.shows(named, message) {
            return Ok(Standing::Whole);
        }
        if !composite && !ty.is_list() && self.is_leaf_message(named, message) {
            return Ok(Standing::Whole);
        }
        let fits: Vec<FieldDescriptor> = message
            .fields()
            .filter(|field| !keys.contains(field) && self.could_be(ty, field))
            .collect();
        if let Some(field) = field_of(message, &at.field.name).filter(|field| fits.contains(field))
        {
            return Ok(Standing::Field(field));
        }
        if !composite {
            return only(&fits);
        }
        let of_type = |field: &&FieldDescriptor| match field.kind() {
            Kind::Message(inner) => self.shows(named, &inner),
            _ => false,
        };
        let same: Vec<FieldDescriptor> = fits.iter().filter(of_type).cloned().collect();
        match same.as_slice() {
            [field] => Ok(Standing::Field(field.clone())),
            [] => self.best(at, ty, message, &fits),
            _ => only(&same),
        }
    }

    /// Where no name helps: the place that has most of the fields of the type.
    fn best(
        &self,
        at: &At,
        ty: &Type,
        message: &MessageDescriptor,
        fits: &[FieldDescriptor],
    ) -> Result<Standing, Vec<String>> {
        let named = ty.inner_named_type().as_str();
        let key = format!("{}_id", singular(&snake(&at.field.name)));
        let loads = |field: &&FieldDescriptor| {
            is_plain(field) && [key.as_str(), &format!("{key}s")].contains(&field.name())
        };
        if let Some(field) = fits.iter().find(loads) {
            return Ok(Standing::Field(field.clone()));
        }
        let messages = fits.iter().filter_map(|field| match field.kind() {
            Kind::Message(inner) => {
                Some((self.likeness(named, &inner), Standing::Field(field.clone())))
            }
            _ => None,
        });
        let whole = (!ty.is_list()).then(|| (self.likeness(named, message), Standing::Whole));
        // Of equals the first one counts: the whole message before its parts.
        let mut best: Option<(usize, Standing)> = None;
        let mut tie = false;
        for (likeness, place) in whole.into_iter().chain(messages) {
            let at_most = best.as_ref().map(|(best, _)| *best);
            if at_most.is_none_or(|best| likeness > best) {
                (best, tie) = (Some((likeness, place)), false);
            } else if at_most == Some(likeness) && !matches!(best, Some((_, Standing::Whole))) {
                tie = true;
            }
        }
        match best {
            Some((likeness, place)) if likeness > 0 && !tie => Ok(place),
            _ => only(fits),
        }
    }

    /// Whether a message is the type by name, or has a oneof whose members are its types.
    pub(super) fn shows(&self, named: &str, message: &MessageDescriptor) -> bool {
        self.is_message_of(named, message)
            || self
                .possible_types(named)
                .iter()
                .any(|possible| self.is_message_of(possible, message))
    }

    pub(super) fn is_leaf_message(&self, named: &str, message: &MessageDescriptor) -> bool {
        leaf::leaf(named, &Kind::Message(message.clone())).is_some()
    }

    /// Whether a value of the type could stand in the field: by listness, and by leaf or message.
    fn could_be(&self, ty: &Type, field: &FieldDescriptor) -> bool {
        let named = ty.inner_named_type().as_str();
        if self.is_composite(named) {
            let message =
                if ty.is_list() { repeated_message(field) } else { singular_message(field) };
            let is_object = message.is_some() && leaf::natural(&field.kind()).is_none();
            // What is being loaded is no key again.
            let is_key = is_plain(field) && self.has_load(named) && !self.is_loading;
            return is_object || is_key && field.is_list() == ty.is_list();
        }
        let listness = ty.is_list() == field.is_list() && !field.is_map();
        let is_enum = self.type_of(named).is_some_and(|ty| ty.is_enum());
        listness
            && if is_enum {
                matches!(field.kind(), Kind::Enum(_))
            } else {
                leaf::leaf(named, &field.kind()).is_some()
            }
    }

    /// How many fields of the type a message has by name.
    pub(super) fn likeness(&self, named: &str, message: &MessageDescriptor) -> usize {
        let Some(object) = self.object_type(named) else { return 0 };
        let plain = object
            .fields
            .values()
            .filter(|field| !field.directives.has("rpc") && !field.directives.has("resolve"));
        plain.filter(|field| field_of(message, &field.name).is_some()).count()
    }
}

fn only(fields: &[FieldDescriptor]) -> Result<Standing, Vec<String>> {
    match fields {
        [field] => Ok(Standing::Field(field.clone())),
        _ => Err(fields.iter().map(|field| field.name().to_owned()).collect()),
    }
}
