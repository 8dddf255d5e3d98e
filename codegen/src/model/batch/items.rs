//! What a batch answers: items with their keys, and the value in each.

use apollo_compiler::ast::Value;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::keys::{Keys, Parts, same_class};
use crate::contract::{Cardinality, KeyPart, Source, Wire, source, wire};
use crate::diagnostic::Span;
use crate::model::abstract_type::oneof_at;
use crate::model::binder::{At, Binder};
use crate::model::call::Asking;
use crate::model::directives::{Argument, BatchArguments};
use crate::model::fault::{Fault, Side};
use crate::model::leaf::scalar_of;
use crate::model::names::snake;
use crate::model::path::{Place, is_plain, repeated_message};
use crate::model::request::word;
use crate::model::response::Standing;

/// The repeated field of a response that holds the items.
pub(in crate::model) struct Items {
    pub(in crate::model) path: Vec<FieldDescriptor>,
    pub(super) message: MessageDescriptor,
    /// Items that are entries of a map carry their message in field 2.
    in_entry: Option<MessageDescriptor>,
    /// The map's own key is the key: an item is then the entry's message, even where the entry leaves it out.
    pub(super) by_map_key: bool,
}

impl Items {
    /// The message that paths in `@batch` start from.
    pub(super) fn inner(&self) -> &MessageDescriptor {
        self.in_entry.as_ref().unwrap_or(&self.message)
    }

    /// Field numbers from an item to that message.
    pub(in crate::model) fn prefix(&self) -> Vec<u32> {
        let inside = self.in_entry.is_some() && !self.by_map_key;
        if inside { vec![2] } else { Vec::new() }
    }
}

impl Binder<'_> {
    pub(super) fn items(
        &mut self,
        asking: &Asking<'_>,
        arguments: &BatchArguments,
    ) -> Option<Items> {
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

    pub(super) fn matches(
        &mut self,
        asking: &Asking<'_>,
        arguments: &BatchArguments,
        keys: &Keys,
        items: &Items,
        parts: &Parts,
    ) -> Option<Vec<Vec<FieldDescriptor>>> {
        if let Some(matching) = &arguments.matching {
            self.match_of_parts(asking, matching, parts)?;
        }
        let mut matches: Vec<Vec<FieldDescriptor>> = Vec::new();
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
                return self.key_mismatch(asking, reason, span, proto);
            }
            if matches.contains(&path) {
                let reason = format!("two parts are matched by `{}`", last.name());
                let span = arguments.matching.as_ref().map_or(asking.span, |it| it.span);
                let proto = self.field_span(last);
                return self.key_mismatch(asking, reason, span, proto);
            }
            matches.push(path);
        }
        Some(matches)
    }

    /// `match` speaks of the parts of the key, and of nothing else.
    fn match_of_parts(
        &mut self,
        asking: &Asking<'_>,
        matching: &Argument,
        parts: &Parts,
    ) -> Option<()> {
        let names: Vec<&str> = parts.iter().filter_map(|(name, _)| name.as_deref()).collect();
        match &*matching.value {
            Value::String(_) if names.len() > 1 => {
                let each = names.iter().map(|name| format!("{name}: \"…\"")).collect::<Vec<_>>();
                let reason =
                    format!("it is matched part by part, `match: {{{}}}`", each.join(", "));
                self.key_mismatch(asking, reason, matching.span, None)
            }
            Value::Object(fields) if !names.is_empty() => {
                match fields.iter().find(|(name, _)| !names.contains(&name.as_str())) {
                    Some((name, value)) => {
                        let span = self.span(value.location()).or(matching.span);
                        let reason = format!("`match` has `{name}`, which is no part of it");
                        self.key_mismatch(asking, reason, span, None)
                    }
                    None => Some(()),
                }
            }
            _ => Some(()),
        }
    }

    fn key_mismatch<T>(
        &mut self,
        asking: &Asking<'_>,
        reason: String,
        span: Option<Span>,
        proto: Option<Span>,
    ) -> Option<T> {
        let coordinate = asking.at.coordinate();
        self.fault(Fault::KeyMismatch { coordinate, reason, span, proto });
        None
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
            return self.key_mismatch(asking, reason, matching.span, None);
        };
        let place = Place { side: Side::Response, argument: "match", span: matching.span };
        let path = self.path(items.inner(), &text, place)?;
        let last = path.last()?;
        if last.is_list() || !is_plain(last) {
            return self.bad_path(&text, "a key is one plain value", place, last);
        }
        Some(path)
    }

    /// What is wrong with the paths in an item where its key could not be found out.
    pub(super) fn item_paths<T>(
        &mut self,
        asking: &Asking<'_>,
        arguments: &BatchArguments,
        items: &Items,
    ) -> Option<T> {
        if let Some(matching) = &arguments.matching {
            let parts = arguments.key.as_ref().map(|key| self.key_texts(key)).unwrap_or_default();
            let names: Vec<Option<String>> = parts.into_iter().map(|(name, _)| name).collect();
            for name in if names.is_empty() { vec![None] } else { names } {
                self.match_path(asking, matching, items, name.as_deref());
            }
        }
        self.selected_path(asking, arguments, items)
    }

    /// Whether `select` leads anywhere, where the rest is faulty.
    pub(super) fn selected_path<T>(
        &mut self,
        asking: &Asking<'_>,
        arguments: &BatchArguments,
        items: &Items,
    ) -> Option<T> {
        let select = arguments.select.as_ref().or(asking.rpc.select.as_ref())?;
        let place = Place { side: Side::Response, argument: "select", span: select.span };
        if oneof_at(items.inner(), &select.value).is_none() {
            self.path(items.inner(), &select.value, place);
        }
        None
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

    /// The value seen from one item, and whether all items of a key together are the value.
    pub(super) fn item_value(
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
