//! Tags: texts with holes for what is in the item.

use prost_reflect::MessageDescriptor;

use crate::contract::{Join, Match, Piece, Template, piece};
use crate::model::binder::{At, Binder};
use crate::model::directives::Text;
use crate::model::fault::{Fault, Side};
use crate::model::leaf::scalar_of;
use crate::model::path::{Place, is_plain, numbers};

/// Where paths in tags begin.
pub(in crate::model) enum Ground {
    /// The message, and how to get there from the item.
    Message(MessageDescriptor, Vec<u32>),
    /// No proto has a message yet.
    Promised,
    /// Many messages of a stream are one list.
    Gathered,
    /// The call could not be bound: whether a path leads anywhere is not to be judged.
    Unknown,
}

/// What a tag may have holes for.
pub(super) struct Holes {
    pub(super) ground: Ground,
    /// Whether there is a field whose arguments a tag may have.
    pub(super) has_arguments: bool,
}

impl Binder<'_> {
    pub(in crate::model) fn ground(&self, join: &Join) -> Ground {
        let Some(call) = &self.call else { return Ground::Promised };
        if join.gather.is_some() {
            return Ground::Gathered;
        }
        match (call.item.clone().filter(|_| join.batch.is_some()), &call.method) {
            (Some(item), _) => Ground::Message(item, call.item_prefix.clone()),
            (None, Some(method)) => Ground::Message(method.output(), Vec::new()),
            (None, None) => Ground::Promised,
        }
    }

    /// Where paths begin though the call is refused: its items are known, and something else of it is wrong.
    pub(in crate::model) fn ground_of_refused(&self, is_root: bool) -> Ground {
        let call = self.call.as_ref();
        let item = call
            .and_then(|call| Some(Ground::Message(call.item.clone()?, call.item_prefix.clone())));
        item.or_else(|| {
            // A field of a root is asked for once, and never in a batch.
            let method = call?.method.as_ref().filter(|it| is_root && !it.is_server_streaming())?;
            Some(Ground::Message(method.output(), Vec::new()))
        })
        .unwrap_or(Ground::Unknown)
    }

    /// "book-{book_id}" as pieces.
    pub(super) fn template(&mut self, at: &At, tag: &Text, holes: &Holes) -> Option<Template> {
        let mut pieces = Vec::new();
        let mut rest = tag.value.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((hole, after)) = after.split_once('}') else {
                return self.invalid_tag(tag, "a `{` is not closed");
            };
            pieces.extend(
                (!before.is_empty())
                    .then(|| Piece { kind: Some(piece::Kind::Text(before.to_owned())) }),
            );
            pieces.push(Piece { kind: Some(self.hole(at, tag, hole.trim(), holes)?) });
            rest = after;
        }
        if rest.contains('}') {
            return self.invalid_tag(tag, "a `}` closes nothing");
        }
        pieces.extend(
            (!rest.is_empty()).then(|| Piece { kind: Some(piece::Kind::Text(rest.to_owned())) }),
        );
        if pieces.is_empty() {
            return self.invalid_tag(tag, "it is empty");
        }
        Some(Template { pieces })
    }

    pub(super) fn hole(
        &mut self,
        at: &At,
        tag: &Text,
        hole: &str,
        holes: &Holes,
    ) -> Option<piece::Kind> {
        if let Some(argument) = hole.strip_prefix("$args.") {
            if !holes.has_arguments {
                return self
                    .invalid_tag(tag, "a type has no arguments; `{id}` is a path in the item");
            }
            let ty = self.argument_type(at, argument);
            let is_leaf = ty.as_ref().is_ok_and(|ty| {
                !ty.is_list() && self.type_of(ty.inner_named_type()).is_some_and(|ty| ty.is_leaf())
            });
            if !is_leaf {
                return self
                    .invalid_tag(tag, &format!("`{hole}` is no scalar argument of the field"));
            }
            return Some(piece::Kind::Argument(argument.to_owned()));
        }
        let (message, prefix) = match &holes.ground {
            Ground::Message(message, prefix) => (message, prefix),
            Ground::Promised => {
                return self.invalid_tag(tag, "no proto has a message to read it from yet");
            }
            Ground::Gathered => {
                let reason = "no message of a stream speaks for the whole list; write a constant, or `{$args.…}`";
                return self.invalid_tag(tag, reason);
            }
            Ground::Unknown => return None,
        };
        let place = Place { side: Side::Response, argument: "tags", span: tag.span };
        let path = self.path(message, hole, place)?;
        let last = path.last()?;
        if last.is_list() || !is_plain(last) {
            return self.bad_path(hole, "a tag takes one plain value", place, last);
        }
        let path = [prefix.as_slice(), &numbers(&path)].concat();
        Some(piece::Kind::Path(Match { path, scalar: scalar_of(&last.kind()) as i32 }))
    }

    pub(super) fn invalid_tag<T>(&mut self, tag: &Text, reason: &str) -> Option<T> {
        self.fault(Fault::InvalidTag {
            text: tag.value.clone(),
            reason: reason.to_owned(),
            span: tag.span,
        });
        None
    }
}
