//! One call for all parents: keys, items, and how they find each other again.

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::binder::{At, Binder};
use super::call::{Asking, Parent};
use super::directives::BatchArguments;
use super::fault::{Fault, Side};
use super::leaf::scalar_of;
use super::names::snake;
use super::path::{Place, numbers, repeated_message, singular_message};
use super::request::Keyed;
use super::selection::Itemised;
use crate::contract::{Batch, Join, Match, Scalar};
pub(super) use items::Items;

mod items;
mod keys;

pub(super) use keys::conventional_parent;
pub(crate) use keys::same_class;

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
        if let (Some(items), Some(call)) = (&items, &mut self.call) {
            call.item = Some(items.inner().clone());
            call.item_prefix = items.prefix();
        }
        let request =
            self.request(asking, Keyed::Batch(keys.as_ref().map_or(&[], |keys| &*keys.path)));
        let max = self.max(asking.at, arguments);
        let status = items.as_ref().and_then(|items| self.status(arguments, items));
        let key = match &keys {
            Some(keys) => self.key(asking, arguments, keys),
            None => self.key_sources(asking.parent, arguments),
        };
        let (Some(keys), Some(items), Some((parts, many))) = (keys, &items, key) else {
            return items.as_ref().and_then(|items| self.item_paths(asking, arguments, items));
        };
        let Some(matches) = self.matches(asking, arguments, &keys, items, &parts) else {
            return self.selected_path(asking, arguments, items);
        };
        let (then, group) = self.item_value(asking, arguments, items, &matches, many)?;
        if let Some(call) = &mut self.call {
            if group {
                call.item_prefix = vec![1];
            }
            call.match_fields = matches.iter().filter_map(|path| path.last().cloned()).collect();
        }
        let matched = |path: &Vec<FieldDescriptor>| {
            let of_entry =
                path.first().is_some_and(|field| field.parent_message() == &items.message);
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
            max,
        };
        let request = request?;
        let itemised = Itemised { items, group };
        let selection = self.selection(asking, &request, &then, Some(&itemised));
        (self.model.faults.len() == before).then(|| Join {
            fills: request.fills,
            key: parts.into_iter().map(|(_, part)| part).collect(),
            many,
            batch: Some(batch),
            then: Some(Box::new(then)),
            selection,
            ..Default::default()
        })
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
        // The only one there is takes the keys, even where `with` speaks of it: then that is the fault, and told there.
        let mut lists = message.fields().filter(|field| part == "keys" && field.is_list());
        let only = lists.next().filter(|_| candidates.is_empty() && lists.next().is_none());
        if let Some(field) = only.filter(|field| with.iter().any(|(name, _)| name == field.name()))
        {
            return Some(field);
        }
        let candidates = candidates.iter().map(|field| field.name().to_owned()).collect();
        let (coordinate, message) = (asking.at.coordinate(), self.facts(message));
        let span = arguments.span.or(asking.span);
        self.fault(Fault::AmbiguousBatch { coordinate, part, span, message, candidates });
        None
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

    pub(super) fn max(&mut self, at: &At, arguments: &BatchArguments) -> u32 {
        let Some(max) = &arguments.max else { return 0 };
        let number =
            max.value.to_i32().and_then(|max| u32::try_from(max).ok()).filter(|max| *max > 0);
        if number.is_none() {
            let reason = "a call takes at least one key".to_owned();
            self.fault(Fault::ValueMismatch {
                coordinate: at.coordinate(),
                reason,
                span: max.span,
                proto: None,
            });
        }
        number.unwrap_or_default()
    }
}
