//! Interfaces and unions: which concrete type a message shows.

use apollo_compiler::ast::Type;
use apollo_compiler::schema::ExtendedType;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};

use super::binder::{Binder, Shape};
use super::fault::Fault;
use super::names::{field_of, pascal, snake};
use super::path::{numbers, singular_message};
use crate::contract::{Cardinality, Member, Source, Wire, source, wire};
use crate::diagnostic::Span;

/// The oneof of that name; not the one that stands for `optional`.
pub(crate) fn oneof_of(message: &MessageDescriptor, name: &str) -> Option<OneofDescriptor> {
    let name = snake(name);
    message.oneofs().find(|oneof| {
        !oneof.is_synthetic() && (oneof.name() == name || snake(oneof.name()) == name)
    })
}

/// A oneof, and the way to the message that has it.
pub(super) struct OneofAt {
    path: Vec<FieldDescriptor>,
    message: MessageDescriptor,
    oneof: OneofDescriptor,
}

impl OneofAt {
    /// The first of its members.
    pub(super) fn first(&self) -> Option<FieldDescriptor> {
        self.oneof.fields().next()
    }
}

/// The oneof at the end of a path; `None` where there is another thing, or none.
pub(super) fn oneof_at(message: &MessageDescriptor, path: &str) -> Option<OneofAt> {
    let (outer, last) = path.rsplit_once('.').unwrap_or(("", path));
    let (mut path, mut message) = (Vec::new(), message.clone());
    for segment in outer.split('.').filter(|_| !outer.is_empty()) {
        let field = field_of(&message, segment)?;
        message = singular_message(&field)?;
        path.push(field);
    }
    let oneof = oneof_of(&message, last).filter(|_| field_of(&message, last).is_none())?;
    Some(OneofAt { path, message, oneof })
}

impl Binder<'_> {
    /// A oneof as a union or an interface; `prefix` leads to the message where its path begins, which was written
    /// at `span`.
    pub(super) fn oneof_value(
        &mut self,
        ty: &Type,
        prefix: &[u32],
        found: &OneofAt,
        span: Option<Span>,
    ) -> Option<Source> {
        let OneofAt { path, message, oneof } = found;
        let named = ty.inner_named_type().as_str();
        let is_abstract = self.type_of(named).is_some_and(|ty| ty.is_union() || ty.is_interface());
        if ty.is_list() || !is_abstract {
            let reason =
                format!("`{}` is a oneof: one value, of a union or an interface", oneof.name());
            let proto = self.input.protos.oneof_span(oneof);
            self.fault(Fault::BadPath { path: oneof.name().to_owned(), reason, span, proto });
            return None;
        }
        let id = self.abstract_binding(named, message, Some(oneof))?;
        let wire = Wire {
            path: [prefix, &numbers(path)].concat(),
            cardinality: Cardinality::Explicit as i32,
            value: Some(wire::Value::Binding(id)),
            ..Default::default()
        };
        Some(Source { kind: Some(source::Kind::Wire(wire)) })
    }

    /// The object types that a value of this type may have.
    pub(super) fn possible_types(&self, named: &str) -> Vec<String> {
        match self.type_of(named) {
            Some(ExtendedType::Object(_)) => vec![named.to_owned()],
            Some(ExtendedType::Union(union)) => {
                union.members.iter().map(|member| member.to_string()).collect()
            }
            Some(ExtendedType::Interface(_)) => {
                let types = self.schema().definitions.types.values();
                let objects = types.filter_map(ExtendedType::as_object);
                let implementers = objects.filter(|object| {
                    object.implements_interfaces.iter().any(|interface| interface.as_str() == named)
                });
                implementers.map(|object| object.name.to_string()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The binding of an abstract type as `message`, or as one oneof of it.
    pub(super) fn abstract_binding(
        &mut self,
        named: &str,
        message: &MessageDescriptor,
        oneof: Option<&OneofDescriptor>,
    ) -> Option<u32> {
        let place = match oneof {
            Some(oneof) => format!("{}#{}", message.full_name(), oneof.name()),
            None => message.full_name().to_owned(),
        };
        let key = (named.to_owned(), place);
        if let Some(id) = self.binding_ids.get(&key) {
            return Some(*id);
        }
        let possible = self.possible_types(named);
        let shown = self.shown_by_oneof(&possible, message, oneof);
        let itself =
            || possible.iter().find(|possible| self.is_message_of(possible, message)).cloned();
        let shown = match itself().filter(|_| oneof.is_none() && shown.is_empty()) {
            Some(itself) => vec![(0, itself, message.clone())],
            None => shown,
        };
        let is_known = self.missing_members(named, &possible, &shown, message);
        if shown.is_empty() {
            return None;
        }
        let id = self.new_binding(key);
        if is_known {
            let members = uncovered(message, &shown, oneof).map(|member| (id, member));
            self.model.uncovered.extend(members);
        }
        for (number, type_name, message) in shown {
            let binding = self.object(&type_name, &Shape::Message(message));
            self.model.bindings[id as usize].members.push(Member { number, binding });
        }
        Some(id)
    }

    /// Members of oneofs that are known to be one of the types, by message or by name.
    fn shown_by_oneof(
        &self,
        possible: &[String],
        message: &MessageDescriptor,
        oneof: Option<&OneofDescriptor>,
    ) -> Vec<(u32, String, MessageDescriptor)> {
        let oneofs = message.oneofs().filter(|candidate| !candidate.is_synthetic());
        let oneofs =
            oneofs.filter(|candidate| oneof.is_none_or(|oneof| oneof.name() == candidate.name()));
        let mut shown = Vec::new();
        for field in oneofs.flat_map(|oneof| oneof.fields().collect::<Vec<_>>()) {
            let Kind::Message(inner) = field.kind() else { continue };
            if field.is_group() {
                continue;
            }
            let by_message = possible.iter().find(|possible| self.is_message_of(possible, &inner));
            let by_name = || possible.iter().find(|possible| **possible == pascal(field.name()));
            if let Some(type_name) = by_message.or_else(by_name) {
                shown.push((field.number(), type_name.clone(), inner));
            }
        }
        shown
    }

    /// Refuses types that the message never shows; says whether there are none.
    fn missing_members(
        &mut self,
        named: &str,
        possible: &[String],
        shown: &[(u32, String, MessageDescriptor)],
        message: &MessageDescriptor,
    ) -> bool {
        let before = self.model.faults.len();
        let is_union = self.type_of(named).is_some_and(ExtendedType::is_union);
        let of_one = matches!(shown, [(0, ..)]);
        for member in possible {
            let missing = !shown.iter().any(|(_, type_name, _)| type_name == member);
            // An interface may have more implementers than one message shows; a union is written for its message.
            if missing && (shown.is_empty() || (is_union && !of_one)) {
                let span = self.type_of(named).and_then(|ty| self.span(ty.name().location()));
                let message = self.facts(message);
                let (graphql, member) = (named.to_owned(), member.clone());
                self.fault(Fault::UnknownMember { graphql, member, span, message });
            }
        }
        self.model.faults.len() == before
    }
}

/// The members beside those that are shown, of the same oneofs.
fn uncovered(
    message: &MessageDescriptor,
    shown: &[(u32, String, MessageDescriptor)],
    oneof: Option<&OneofDescriptor>,
) -> impl Iterator<Item = FieldDescriptor> {
    let is_shown =
        |field: &FieldDescriptor| shown.iter().any(|(number, ..)| *number == field.number());
    let oneofs = message.oneofs().filter(|candidate| {
        oneof.is_none_or(|oneof| oneof == candidate)
            && candidate.fields().any(|field| is_shown(&field))
    });
    let fields: Vec<FieldDescriptor> =
        oneofs.flat_map(|oneof| oneof.fields().collect::<Vec<_>>()).collect();
    fields.into_iter().filter(move |field| !is_shown(field))
}
