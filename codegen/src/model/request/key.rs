//! What the parent gives to a request that asks for it alone.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{Request, word};
use crate::contract::KeyPart;
use crate::diagnostic::Span;
use crate::model::batch;
use crate::model::binder::Binder;
use crate::model::call::{Asking, Parent};
use crate::model::directives::Text;
use crate::model::fault::{Fault, Side};
use crate::model::leaf::{scalar_of, wrapped};
use crate::model::path::{Place, has_presence, is_plain, numbers};

impl Binder<'_> {
    pub(in crate::model) fn parent_key(
        &mut self,
        asking: &Asking<'_>,
        parent_path: &str,
        span: Option<Span>,
        target: &[FieldDescriptor],
        request: &mut Request,
    ) {
        let place = Place { side: Side::Parent, argument: "with", span };
        let Some((part, repeated)) = self.parent_part(asking.parent, parent_path, place) else {
            return;
        };
        let Some(field) = target.last() else { return };
        let Some(part) = self.aim(asking, part, field, numbers(target), span) else { return };
        request.many |= repeated;
        request.key(part, span);
    }

    /// A part of the key by its path in the parent, and whether the parent holds many of it.
    pub(in crate::model) fn parent_part(
        &mut self,
        parent: &Parent<'_>,
        path: &str,
        place: Place<'_>,
    ) -> Option<(KeyPart, bool)> {
        let mut part = KeyPart::default();
        match parent {
            Parent::Message(message) => {
                let fields = self.path(message, path, place)?;
                let last = fields.last()?;
                if let Kind::Message(inner) = last.kind() {
                    let reason = match wrapped(&inner).filter(|_| !last.is_list()) {
                        Some(_) => format!("it wraps one value, which is `$parent.{path}.value`"),
                        None => "it is a message, and a key is one plain value of it".to_owned(),
                    };
                    return self.bad_path(&format!("$parent.{path}"), &reason, place, last);
                }
                part.path = numbers(&fields);
                part.scalar = scalar_of(&last.kind()) as i32;
                part.presence = has_presence(last);
                Some((part, last.is_list()))
            }
            Parent::Synthetic(message) => {
                let Some(field) = message.field(path) else {
                    let message = message.facts();
                    let (name, argument) = (path.to_owned(), place.argument.to_owned());
                    let side = Side::Parent;
                    self.fault(Fault::UnknownField {
                        side,
                        name,
                        argument,
                        span: place.span,
                        message,
                    });
                    return None;
                };
                part.path = vec![field.number];
                part.scalar = field.leaf.scalar;
                part.presence = field.presence;
                Some((part, field.repeated))
            }
            Parent::Unknown => None,
            Parent::Root | Parent::Key(_) => {
                let text = Text { value: format!("$parent.{path}"), span: place.span };
                self.invalid_source(&text, "there is no parent here; use `$args`");
                None
            }
        }
    }

    /// Says where the request takes a key part, if it takes such a thing.
    pub(in crate::model) fn aim(
        &mut self,
        asking: &Asking<'_>,
        mut part: KeyPart,
        field: &FieldDescriptor,
        target: Vec<u32>,
        span: Option<Span>,
    ) -> Option<KeyPart> {
        let target_scalar = scalar_of(&field.kind());
        if !batch::same_class(part.scalar(), target_scalar) {
            let reason = format!(
                "the parent gives {}, `{}` takes {}",
                word(part.scalar()),
                field.name(),
                word(target_scalar)
            );
            let proto = self.field_span(field);
            self.fault(Fault::KeyMismatch {
                coordinate: asking.at.coordinate(),
                reason,
                span,
                proto,
            });
            return None;
        }
        part.target = target;
        part.target_scalar = target_scalar as i32;
        Some(part)
    }

    /// Where the parent's key goes when there is no batch and no `$parent` in `with`.
    pub(super) fn key_of_one(
        &mut self,
        asking: &Asking<'_>,
        request: &mut Request,
        key: Option<&Text>,
    ) -> Option<()> {
        let message = asking.method.input();
        match asking.parent {
            Parent::Key(load) => {
                let target = match key {
                    Some(text) => {
                        let place =
                            Place { side: Side::Request, argument: "keys", span: text.span };
                        self.path(&message, &text.value, place)?
                    }
                    None => vec![self.only_key(asking, &message, request)?],
                };
                let field = target.last()?;
                let part =
                    self.aim(asking, load.part.clone(), field, numbers(&target), asking.span)?;
                request.key(part, key.map_or(asking.span, |key| key.span));
                request.many = load.many;
            }
            Parent::Message(parent) if request.key.is_empty() => {
                if let Some((from, to)) = self.conventional_key(asking, parent, &message, request) {
                    let part = KeyPart {
                        path: vec![from.number()],
                        scalar: scalar_of(&from.kind()) as i32,
                        presence: has_presence(&from),
                        ..Default::default()
                    };
                    let part = self.aim(asking, part, &to, vec![to.number()], asking.span)?;
                    request.key(part, asking.span);
                    request.many = from.is_list();
                }
            }
            _ => {}
        }
        Some(())
    }

    fn only_key(
        &mut self,
        asking: &Asking<'_>,
        message: &MessageDescriptor,
        request: &Request,
    ) -> Option<FieldDescriptor> {
        let free: Vec<FieldDescriptor> = message
            .fields()
            .filter(|field| {
                is_plain(field) && !field.is_list() && !request.fills_field(field.number())
            })
            .collect();
        let by_name = free.iter().find(|field| field.name() == "id");
        if let Some(field) = by_name.or(free.first().filter(|_| free.len() == 1)) {
            return Some(field.clone());
        }
        let candidates = free.iter().map(|field| field.name().to_owned()).collect();
        let (coordinate, message) = (asking.at.coordinate(), self.facts(message));
        self.fault(Fault::AmbiguousBatch {
            coordinate,
            part: "keys",
            span: asking.span,
            message,
            candidates,
        });
        None
    }

    /// `book_id` of the request from `book_id`, or from `id` of a `Book`; `id` of the request from `author_id` where
    /// the field is `author`.
    fn conventional_key(
        &self,
        asking: &Asking<'_>,
        parent: &MessageDescriptor,
        message: &MessageDescriptor,
        request: &Request,
    ) -> Option<(FieldDescriptor, FieldDescriptor)> {
        let keys = message.fields().filter(|field| is_plain(field) && !field.is_list());
        let keys = keys.filter(|field| !request.fills_field(field.number()));
        let mut keys = keys.filter(|field| field.name() == "id" || field.name().ends_with("_id"));
        let key = keys.next()?;
        if keys.next().is_some() {
            return None;
        }
        let from = batch::conventional_parent(asking.at, parent, key.name())?;
        Some((from, key))
    }
}
