//! One call for all parents: keys, items, and how they find each other again.

use apollo_compiler::ast::Value;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::binder::{At, Binder};
use super::call::{Asking, Parent};
use super::directives::{Argument, BatchArguments, Text};
use super::fault::{Fault, Side};
use super::leaf::scalar_of;
use super::names::{singular, snake};
use super::path::{Place, is_plain, numbers, repeated_message, singular_message};
use super::request::{Request, word};
use super::response::Standing;
use crate::contract::{
    Batch, Cardinality, Join, KeyPart, Match, Scalar, Source, Wire, source, wire,
};

/// The repeated field of a request that takes the keys.
struct Keys {
    path: Vec<FieldDescriptor>,
    /// What one key is called: `book_id` of `book_ids`.
    name: String,
}

/// The repeated field of a response that holds the items.
struct Items {
    path: Vec<FieldDescriptor>,
    message: MessageDescriptor,
    /// Items that are entries of a map carry their message in field 2.
    in_entry: Option<MessageDescriptor>,
    /// The map's own key is the key: an item is then the entry's message, even where the entry leaves it out.
    by_map_key: bool,
}

impl Items {
    /// The message that paths in `@batch` start from.
    fn inner(&self) -> &MessageDescriptor {
        self.in_entry.as_ref().unwrap_or(&self.message)
    }

    fn prefix(&self) -> Vec<u32> {
        if self.in_entry.is_some() { vec![2] } else { Vec::new() }
    }
}

/// Key parts with the name of each: the one part of a plain key has none.
type Parts = Vec<(Option<String>, KeyPart)>;

impl Binder<'_> {
    /// What `@batch` says, or what the conventions of BatchGet say without it; `None`: no batch.
    pub(super) fn batch_arguments(
        &self,
        asking: &Asking<'_>,
        batch: Option<&BatchArguments>,
    ) -> Option<BatchArguments> {
        let has_keys = || asking.method.input().fields().any(|field| field.is_list());
        let has_items =
            || asking.method.output().fields().any(|field| repeated_message(&field).is_some());
        let conventional =
            || asking.method.name().starts_with("Batch") && has_keys() && has_items();
        let batched = match (asking.parent, batch) {
            (Parent::Root, _) => false,
            // `@load` names a key field in both cases: a repeated one makes a batch.
            (Parent::Key(_), Some(batch)) => batch.items.is_some() || conventional(),
            (_, Some(_)) => true,
            (_, None) => conventional(),
        };
        batched.then(|| batch.cloned()).map(|batch| {
            batch.unwrap_or(BatchArguments {
                span: asking.span,
                keys: None,
                key: None,
                items: None,
                matching: None,
                select: None,
                status: None,
                max: None,
            })
        })
    }

    pub(super) fn batched(
        &mut self,
        asking: &Asking<'_>,
        arguments: &BatchArguments,
    ) -> Option<Join> {
        let before = self.model.faults.len();
        let keys = self.keys(asking, arguments);
        let items = self.items(asking, arguments);
        let request = self.request(asking, keys.as_ref().and_then(|keys| keys.path.first()));
        let (keys, items) = (keys?, items?);
        let (parts, many) = self.key(asking, arguments, &keys)?;
        let matches = self.matches(asking, arguments, &keys, &items, &parts)?;
        let status = self.status(arguments, &items);
        let (then, group) = self.item_value(asking, arguments, &items, &matches, many)?;
        if let Some(call) = self.call.as_mut().filter(|call| call.item.is_none()) {
            call.item = Some(items.inner().clone());
            call.item_prefix = if group { vec![1] } else { items.prefix() };
            call.match_fields = matches.iter().filter_map(|path| path.last().cloned()).collect();
        }
        let matched = |path: &Vec<FieldDescriptor>| {
            let of_entry = path.first().is_some_and(|field| field.parent_message() == &items.message);
            let prefix = if of_entry { Vec::new() } else { items.prefix() };
            let scalar = path.last().map_or(Scalar::Unspecified, |field| scalar_of(&field.kind()));
            Match { path: [prefix, numbers(path)].concat(), scalar: scalar as i32 }
        };
        let batch = Batch {
            keys: numbers(&keys.path),
            items: numbers(&items.path),
            map: items.by_map_key,
            r#match: matches.iter().map(matched).collect(),
            group,
            status: status.unwrap_or_default(),
            max: self.max(asking, arguments),
        };
        let Request { fills, .. } = request?;
        (self.model.faults.len() == before).then(|| Join {
            fills,
            key: parts.into_iter().map(|(_, part)| part).collect(),
            many,
            batch: Some(batch),
            then: Some(Box::new(then)),
            ..Default::default()
        })
    }

    fn keys(&mut self, asking: &Asking<'_>, arguments: &BatchArguments) -> Option<Keys> {
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

    fn items(&mut self, asking: &Asking<'_>, arguments: &BatchArguments) -> Option<Items> {
        let response = asking.method.output();
        let path = match &arguments.items {
            Some(text) => {
                let place = Place { side: Side::Response, argument: "items", span: text.span };
                let path = self.path(&response, &text.value, place)?;
                let last = path.last()?;
                if repeated_message(last).is_none() {
                    return self.bad_path(
                        &text.value,
                        "items are a repeated message or a map",
                        place,
                        last,
                    );
                }
                path
            }
            None => vec![self.only_repeated(asking, arguments, &response, "items")?],
        };
        let field = path.last()?;
        let message = repeated_message(field)?;
        let in_entry = field.is_map().then(|| message.map_entry_value_field().kind());
        let in_entry = in_entry.and_then(|kind| kind.as_message().cloned());
        let by_map_key = in_entry.is_some() && arguments.matching.is_none();
        Some(Items { path, message, in_entry, by_map_key })
    }

    /// The only repeated field that can be meant: for items a message, for keys one that nothing else fills.
    fn only_repeated(
        &mut self,
        asking: &Asking<'_>,
        arguments: &BatchArguments,
        message: &MessageDescriptor,
        part: &'static str,
    ) -> Option<FieldDescriptor> {
        let with =
            asking.rpc.with.as_ref().and_then(|with| with.value.as_object()).unwrap_or_default();
        let filled = |field: &FieldDescriptor| {
            let by_with = with.iter().any(|(name, _)| name == field.name());
            let mut arguments = asking.at.field.arguments.iter().filter(|_| asking.with_arguments);
            by_with || arguments.any(|argument| snake(&argument.name) == field.name())
        };
        let candidates: Vec<FieldDescriptor> = message
            .fields()
            .filter(|field| match part {
                "items" => repeated_message(field).is_some(),
                _ => field.is_list() && !filled(field),
            })
            .collect();
        if let [field] = candidates.as_slice() {
            return Some(field.clone());
        }
        let candidates = candidates.iter().map(|field| field.name().to_owned()).collect();
        let (coordinate, message) = (asking.at.coordinate(), self.facts(message));
        let span = arguments.span.or(asking.span);
        self.fault(Fault::AmbiguousBatch { coordinate, part, span, message, candidates });
        None
    }

    fn key(
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
        let parts: Vec<(Option<String>, Text)> = match &*key.value {
            Value::String(text) => vec![(None, Text { value: text.clone(), span: key.span })],
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| {
                    let span = self.span(value.location()).or(key.span);
                    (
                        Some(name.to_string()),
                        Text { value: value.as_str().unwrap_or_default().to_owned(), span },
                    )
                })
                .collect(),
            _ => vec![(None, Text { value: key.value.to_string(), span: key.span })],
        };
        let mut bound = Vec::new();
        let mut many = false;
        for (name, text) in parts {
            let Some(path) = text.value.strip_prefix("$parent.") else {
                self.invalid_source(&text, "a key comes from the parent: `\"$parent.id\"`");
                return None;
            };
            let place = Place { side: Side::Parent, argument: "key", span: text.span };
            let (part, repeated) = self.parent_part(asking, path, place)?;
            let (target, numbers) = self.key_target(asking, arguments, &target, name.as_deref())?;
            bound.push((name, self.aim(asking, part, &target, numbers, text.span)?));
            many |= repeated;
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
                        presence: field.supports_presence(),
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
            Parent::Root | Parent::Key(_) => None,
        };
        let Some((part, many)) = found else {
            let parent = match asking.parent {
                Parent::Message(parent) => self.facts(parent),
                Parent::Synthetic(parent) => parent.facts(),
                Parent::Root | Parent::Key(_) => return None,
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

    fn matches(
        &mut self,
        asking: &Asking<'_>,
        arguments: &BatchArguments,
        keys: &Keys,
        items: &Items,
        parts: &Parts,
    ) -> Option<Vec<Vec<FieldDescriptor>>> {
        let mut matches = Vec::new();
        for (name, part) in parts {
            let path = match &arguments.matching {
                Some(matching) => self.match_path(asking, matching, items, name.as_deref())?,
                None => self.match_by_name(asking, arguments, keys, items, part)?,
            };
            let last = path.last()?;
            if !same_class(part.target_scalar(), scalar_of(&last.kind())) {
                let reason = format!(
                    "keys are {}, `{}` of an item is {}",
                    word(part.target_scalar()),
                    last.name(),
                    word(scalar_of(&last.kind()))
                );
                let span =
                    arguments.matching.as_ref().and_then(|matching| matching.span).or(asking.span);
                let proto = self.field_span(last);
                self.fault(Fault::KeyMismatch {
                    coordinate: asking.at.coordinate(),
                    reason,
                    span,
                    proto,
                });
                return None;
            }
            matches.push(path);
        }
        Some(matches)
    }

    fn match_path(
        &mut self,
        asking: &Asking<'_>,
        matching: &Argument,
        items: &Items,
        name: Option<&str>,
    ) -> Option<Vec<FieldDescriptor>> {
        let text = match (&*matching.value, name) {
            (Value::String(text), _) => Some(text.clone()),
            (Value::Object(fields), Some(name)) => {
                let field = fields.iter().find(|(field, _)| field == name);
                field.and_then(|(_, value)| value.as_str()).map(str::to_owned)
            }
            _ => None,
        };
        let Some(text) = text else {
            let reason = match name {
                Some(name) => format!("`match` has to say where an item has `{name}`"),
                None => "`match` is the path of the key in an item, as a text".to_owned(),
            };
            self.fault(Fault::KeyMismatch {
                coordinate: asking.at.coordinate(),
                reason,
                span: matching.span,
                proto: None,
            });
            return None;
        };
        let place = Place { side: Side::Response, argument: "match", span: matching.span };
        let path = self.path(items.inner(), &text, place)?;
        let last = path.last()?;
        if last.is_list() || !is_plain(last) {
            return self.bad_path(&text, "a key is one plain value", place, last);
        }
        Some(path)
    }

    fn match_by_name(
        &mut self,
        asking: &Asking<'_>,
        arguments: &BatchArguments,
        keys: &Keys,
        items: &Items,
        part: &KeyPart,
    ) -> Option<Vec<FieldDescriptor>> {
        if items.path.last()?.is_map() {
            return Some(vec![items.message.map_entry_key_field()]);
        }
        let name = match keys.path.last()?.kind() {
            Kind::Message(key) => {
                let field = part.target.last().and_then(|number| key.get_field(*number));
                field.map(|field| snake(field.name())).unwrap_or_default()
            }
            _ => keys.name.clone(),
        };
        let message = items.inner();
        let own_id = format!("{}_id", snake(message.name()));
        let type_id = format!("{}_id", snake(asking.ty.inner_named_type()));
        let found = message.get_field_by_name(&name).or_else(|| match name.as_str() {
            // `authorIds` and the like still are the ids of the items where an item has nothing else by that name.
            name if name == own_id || name == type_id => message.get_field_by_name("id"),
            "id" => message.get_field_by_name(&own_id),
            _ => None,
        });
        let found = found.filter(|field| is_plain(field) && !field.is_list());
        if found.is_none() {
            let span = arguments.span.or(asking.span);
            let item = self.facts(message);
            self.fault(Fault::MissingMatch {
                coordinate: asking.at.coordinate(),
                span,
                key: name,
                item,
            });
        }
        found.map(|field| vec![field])
    }

    fn status(&mut self, arguments: &BatchArguments, items: &Items) -> Option<Vec<u32>> {
        let text = arguments.status.as_ref()?;
        let place = Place { side: Side::Response, argument: "status", span: text.span };
        let path = self.path(items.inner(), &text.value, place)?;
        let last = path.last()?;
        if singular_message(last).is_none_or(|message| message.full_name() != "google.rpc.Status") {
            return self.bad_path(&text.value, "it is no google.rpc.Status", place, last);
        }
        Some([items.prefix(), numbers(&path)].concat())
    }

    fn max(&mut self, asking: &Asking<'_>, arguments: &BatchArguments) -> u32 {
        let Some(max) = &arguments.max else { return 0 };
        let number =
            max.value.to_i32().and_then(|max| u32::try_from(max).ok()).filter(|max| *max > 0);
        if number.is_none() {
            let reason = "a call takes at least one key".to_owned();
            self.fault(Fault::ValueMismatch {
                coordinate: asking.at.coordinate(),
                reason,
                span: max.span,
                proto: None,
            });
        }
        number.unwrap_or_default()
    }

    /// The value seen from one item, and whether all items of a key together are the value.
    fn item_value(
        &mut self,
        asking: &Asking<'_>,
        arguments: &BatchArguments,
        items: &Items,
        matches: &[Vec<FieldDescriptor>],
        many: bool,
    ) -> Option<(Source, bool)> {
        let ty = if many && asking.ty.is_list() { asking.ty.item_type() } else { asking.ty };
        let (at, message, prefix) = (asking.at, items.inner().clone(), items.prefix());
        if let Some(select) = arguments.select.as_ref().or(asking.rpc.select.as_ref()) {
            return Some((self.selected(at, ty, &prefix, &message, select)?, false));
        }
        let named = ty.inner_named_type().as_str();
        if items.path.last()?.is_map() && items.in_entry.is_none() {
            // A map to plain values: its entry's field 2 is the value.
            return Some((
                self.read(at, ty, &[], &[items.message.map_entry_value_field()])?,
                false,
            ));
        }
        let groups = ty.is_list() && self.is_composite(named);
        if groups && self.is_message_of(named, &message) {
            return Some((self.group(at, named, &message)?, true));
        }
        let keys: Vec<FieldDescriptor> =
            matches.iter().filter_map(|path| path.last().cloned()).collect();
        match self.choose(at, ty, &message, &keys) {
            Ok(Standing::Whole) => Some((self.whole(at, ty, &prefix, &message)?, false)),
            Ok(Standing::Field(field)) => Some((self.read(at, ty, &prefix, &[field])?, false)),
            Err(_) if groups && self.likeness(named, &message) > 0 => {
                Some((self.group(at, named, &message)?, true))
            }
            Err(candidates) => self.no_value(at, ty, &message, candidates),
        }
    }

    /// All items of one key, as the repeated field 1 of a message that only we know.
    fn group(&mut self, at: &At, named: &str, message: &MessageDescriptor) -> Option<Source> {
        let wire = Wire {
            number: 1,
            cardinality: Cardinality::Repeated as i32,
            value: Some(wire::Value::Binding(self.composite(at, named, message)?)),
            ..Default::default()
        };
        Some(Source { kind: Some(source::Kind::Wire(wire)) })
    }
}

/// The field of the parent that gives `key`: `author_id` where the field is `author`; the same name; `id` of a `Book`
/// where the key is `book_id`.
pub(super) fn conventional_parent(
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
pub(super) fn same_class(left: Scalar, right: Scalar) -> bool {
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
