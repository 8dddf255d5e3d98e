//! What each parent gives, and where the request takes it.

use apollo_compiler::ast::Value;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::contract::{KeyPart, Scalar};
use crate::model::binder::{At, Binder};
use crate::model::call::{Asking, Parent};
use crate::model::directives::{Argument, BatchArguments, Text};
use crate::model::fault::{Fault, Side};
use crate::model::leaf::scalar_of;
use crate::model::names::{singular, snake};
use crate::model::path::{Place, has_presence, is_plain, numbers};
use crate::model::{Filler, Filling, Fillings};

/// The repeated field of a request that takes the keys.
pub(super) struct Keys {
    pub(super) path: Vec<FieldDescriptor>,
    /// What one key is called: `book_id` of `book_ids`.
    pub(super) name: String,
}

/// Key parts with the name of each: the one part of a plain key has none.
pub(super) type Parts = Vec<(Option<String>, KeyPart)>;

impl Binder<'_> {
    pub(super) fn keys(&mut self, asking: &Asking<'_>, arguments: &BatchArguments) -> Option<Keys> {
        let message = asking.method.input();
        let path = match &arguments.keys {
            Some(text) => {
                let place = Place { side: Side::Request, argument: "keys", span: text.span };
                let path = self.path(&message, &text.value, place)?;
                let last = path.last()?;
                if !last.is_list() {
                    return self.bad_path(
                        &text.value,
                        "keys go into a repeated field",
                        place,
                        last,
                    );
                }
                path
            }
            None => vec![self.only_repeated(asking, arguments, &message, "keys")?],
        };
        let name = path.last().map(|field| singular(field.name())).unwrap_or_default();
        Some(Keys { path, name })
    }

    pub(super) fn key(
        &mut self,
        asking: &Asking<'_>,
        arguments: &BatchArguments,
        keys: &Keys,
    ) -> Option<(Parts, bool)> {
        let target = keys.path.last()?.clone();
        if let Parent::Key(load) = asking.parent {
            let (target, numbers) = self.key_target(asking, arguments, &target, None)?;
            let part = self.aim(asking, load.part.clone(), &target, numbers, asking.span)?;
            return Some((vec![(None, part)], load.many));
        }
        let Some(key) = &arguments.key else {
            return self.key_by_name(asking, arguments, keys, &target);
        };
        if key.value.as_object().is_some_and(|parts| parts.is_empty()) {
            let text = Text { value: as_written(&key.value), span: key.span };
            self.invalid_source(&text, "a key has parts: `key: {sku: \"$parent.sku\"}`");
            return None;
        }
        let (mut bound, mut fillings) = (Vec::new(), Vec::new());
        let mut many = false;
        for (name, text) in self.key_texts(key) {
            let (part, repeated) = self.key_part(asking.parent, &text)?;
            let (target, numbers) = self.key_target(asking, arguments, &target, name.as_deref())?;
            let part = self.aim(asking, part, &target, numbers, text.span)?;
            let path = part.target.clone();
            fillings.push(Filling { path, filler: Filler::Key, span: text.span });
            bound.push((name, part));
            many |= repeated;
        }
        if let Kind::Message(message) = target.kind() {
            self.model.fillings.push(Fillings { message, fillings });
        }
        if many && bound.len() > 1 {
            let reason = "a composite key has one value in each part".to_owned();
            self.fault(Fault::KeyMismatch {
                coordinate: asking.at.coordinate(),
                reason,
                span: key.span,
                proto: None,
            });
            return None;
        }
        Some((bound, many))
    }

    /// What is wrong with a key in itself, wherever the request may take it.
    pub(in crate::model) fn key_sources<T>(
        &mut self,
        parent: &Parent<'_>,
        arguments: &BatchArguments,
    ) -> Option<T> {
        for (_, text) in arguments.key.as_ref().map(|key| self.key_texts(key)).unwrap_or_default() {
            self.key_part(parent, &text);
        }
        None
    }

    pub(super) fn key_texts(&self, key: &Argument) -> Vec<(Option<String>, Text)> {
        match &*key.value {
            Value::String(text) => vec![(None, Text { value: text.clone(), span: key.span })],
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| {
                    let span = self.span(value.location()).or(key.span);
                    (Some(name.to_string()), Text { value: as_written(value), span })
                })
                .collect(),
            value => vec![(None, Text { value: as_written(value), span: key.span })],
        }
    }

    fn key_part(&mut self, parent: &Parent<'_>, text: &Text) -> Option<(KeyPart, bool)> {
        let Some(path) = text.value.strip_prefix("$parent.") else {
            self.invalid_source(text, "a key comes from the parent: `\"$parent.id\"`");
            return None;
        };
        let place = Place { side: Side::Parent, argument: "key", span: text.span };
        self.parent_part(parent, path, place)
    }

    /// The field that takes a part of the key: the repeated scalar itself, or a field of the repeated message.
    fn key_target(
        &mut self,
        asking: &Asking<'_>,
        arguments: &BatchArguments,
        keys: &FieldDescriptor,
        name: Option<&str>,
    ) -> Option<(FieldDescriptor, Vec<u32>)> {
        let span = arguments.key.as_ref().and_then(|key| key.span).or(arguments.span);
        let Kind::Message(message) = keys.kind() else {
            if name.is_none() {
                return Some((keys.clone(), Vec::new()));
            }
            let reason =
                format!("`{}` takes one plain value for each key, not several", keys.name());
            let proto = self.field_span(keys);
            self.fault(Fault::KeyMismatch {
                coordinate: asking.at.coordinate(),
                reason,
                span,
                proto,
            });
            return None;
        };
        if let Some(name) = name {
            let path =
                self.path(&message, name, Place { side: Side::Request, argument: "key", span })?;
            return Some((path.last()?.clone(), numbers(&path)));
        }
        let plain: Vec<FieldDescriptor> =
            message.fields().filter(|field| is_plain(field) && !field.is_list()).collect();
        let field = plain.first().filter(|_| plain.len() == 1);
        let Some(field) = field.or_else(|| {
            plain.iter().find(|field| field.name() == "id" || field.name().ends_with("_id"))
        }) else {
            let reason = format!(
                "say which field of `{}` takes it: `key: {{name: \"$parent.…\"}}`",
                message.full_name()
            );
            let proto = self.field_span(keys);
            self.fault(Fault::KeyMismatch {
                coordinate: asking.at.coordinate(),
                reason,
                span,
                proto,
            });
            return None;
        };
        Some((field.clone(), vec![field.number()]))
    }

    fn key_by_name(
        &mut self,
        asking: &Asking<'_>,
        arguments: &BatchArguments,
        keys: &Keys,
        target: &FieldDescriptor,
    ) -> Option<(Parts, bool)> {
        let (target, numbers) = self.key_target(asking, arguments, target, None)?;
        let name =
            if is_plain(keys.path.last()?) { keys.name.clone() } else { snake(target.name()) };
        let found = match asking.parent {
            Parent::Message(parent) => conventional_parent(asking.at, parent, &name)
                .or_else(|| many_keys(asking.at, parent))
                .map(|field| {
                    let part = KeyPart {
                        path: vec![field.number()],
                        scalar: scalar_of(&field.kind()) as i32,
                        presence: has_presence(&field),
                        ..Default::default()
                    };
                    (part, field.is_list())
                }),
            Parent::Synthetic(parent) => {
                parent.key_named(&asking.at.type_name, &name).map(|field| {
                    let part = KeyPart {
                        path: vec![field.number],
                        scalar: field.leaf.scalar,
                        presence: field.presence,
                        ..Default::default()
                    };
                    (part, field.repeated)
                })
            }
            Parent::Root | Parent::Key(_) | Parent::Unknown => None,
        };
        let Some((part, many)) = found else {
            let parent = match asking.parent {
                Parent::Message(parent) => self.facts(parent),
                Parent::Synthetic(parent) => parent.facts(),
                Parent::Root | Parent::Key(_) | Parent::Unknown => return None,
            };
            let span = arguments.span.or(asking.span);
            self.fault(Fault::MissingKey {
                coordinate: asking.at.coordinate(),
                span,
                keys: name,
                parent,
            });
            return None;
        };
        let part = self.aim(asking, part, &target, numbers, asking.span)?;
        Some((vec![(None, part)], many))
    }
}

/// A text, or another value in one line.
fn as_written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.serialize().no_indent().to_string(), str::to_owned)
}

/// The field of the parent that gives `key`: `author_id` where the field is `author`; the same name; `id` of a `Book`
/// where the key is `book_id`.
pub(in crate::model) fn conventional_parent(
    at: &At,
    parent: &MessageDescriptor,
    key: &str,
) -> Option<FieldDescriptor> {
    let of_field = format!("{}_id", snake(&at.field.name));
    let of_parent =
        [format!("{}_id", snake(parent.name())), format!("{}_id", snake(&at.type_name))];
    let by_name = parent
        .get_field_by_name(&of_field)
        .or_else(|| parent.get_field_by_name(key).filter(|_| key != "id"));
    let found = by_name.or_else(|| {
        of_parent.iter().any(|name| name == key).then(|| parent.get_field_by_name("id"))?
    });
    found.filter(|field| is_plain(field) && !field.is_list())
}

/// `author_ids` where the field is `authors`.
fn many_keys(at: &At, parent: &MessageDescriptor) -> Option<FieldDescriptor> {
    let name = format!("{}_ids", singular(&snake(&at.field.name)));
    parent
        .get_field_by_name(&name)
        .filter(|field| is_plain(field) && field.is_list() && at.field.ty.is_list())
}

/// Whether a key of one scalar type may be compared with, and sent as, another.
pub(crate) fn same_class(left: Scalar, right: Scalar) -> bool {
    #[derive(PartialEq)]
    enum Class {
        Text,
        Integer,
        Bytes,
        Boolean,
        Other,
    }
    let class = |scalar: Scalar| match scalar {
        Scalar::String => Class::Text,
        Scalar::Bytes => Class::Bytes,
        Scalar::Bool => Class::Boolean,
        Scalar::Int32
        | Scalar::Int64
        | Scalar::Uint32
        | Scalar::Uint64
        | Scalar::Sint32
        | Scalar::Sint64 => Class::Integer,
        Scalar::Fixed32 | Scalar::Fixed64 | Scalar::Sfixed32 | Scalar::Sfixed64 | Scalar::Enum => {
            Class::Integer
        }
        _ => Class::Other,
    };
    let (left, right) = (class(left), class(right));
    left == right && left != Class::Other
}
