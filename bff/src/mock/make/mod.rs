//! Makes messages, each field from what is said about it or else from its object's identity.

mod lists;
mod room;

use self::lists::joined;
pub(super) use self::room::Room;
use super::{
    given::{self, Given, Said},
    identity::{Identity, Origin},
    request::Request,
    scenario::Scenario,
    tables::{Body, Content, Leaf, Rule, Slot, Table, TableId, Tables},
    values::{Subject, texts::Text, words},
    wire::{Datum, put},
};
use crate::contract::Scalar;

/// How many messages one object may have inside. Each part of it has its share, so that messages which contain each
/// other come to an end, and wide ones come to it sooner.
const SIZE: usize = 256;

/// What one call's answer is made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Maker<'a> {
    pub(super) tables: &'a Tables,
    pub(super) seed: u64,
    pub(super) scenario: &'a Scenario,
    pub(super) request: &'a Request<'a>,
    pub(super) room: &'a Room,
}

/// What is known while a message is made.
#[derive(Clone, Copy)]
struct Frame<'a> {
    identity: &'a Identity,
    /// Where the identity comes from, for messages that only say of which type the object is.
    origin: Option<Origin<'a>>,
    given: &'a Given<'a>,
    /// The key of the batch that the message answers, in its parts.
    parts: &'a [Datum],
    size: usize,
}

impl Frame<'_> {
    /// The key of the object that this one belongs to, if that is of this type.
    fn parent_of_type(&self, type_name: &str) -> Option<String> {
        match self.origin {
            Some(Origin::Child { of, .. }) => {
                (words(&of.type_name) == words(type_name)).then(|| of.key.clone())
            }
            _ => self
                .identity
                .parent()
                .filter(|(parent, _)| words(parent) == words(type_name))
                .map(|(_, key)| key.to_owned()),
        }
    }
}

impl Maker<'_> {
    /// The response of a method.
    pub(super) fn response(&self, body: &Body) -> Vec<u8> {
        let Request { role, key, question, message, .. } = self.request;
        let key = key.as_ref().filter(|_| !role.on_root).unwrap_or(question);
        let mut owner = Identity::parse(&role.owner, key);
        owner.written = role.mutation.then(|| self.request.written()).flatten();
        let given = if role.mutation { Given::written(message) } else { Given::asked(message) };
        let frame = Frame { identity: &owner, origin: None, given: &given, parts: &[], size: SIZE };
        self.body(body, &role.field, None, frame)
    }

    fn body(&self, body: &Body, field: &str, index: Option<usize>, frame: Frame<'_>) -> Vec<u8> {
        match body {
            Body::Same(table) => self.message(*table, frame),
            Body::Leaf(_) => Vec::new(),
            Body::Object { table, rule } => {
                let asked =
                    self.asked_key(frame).filter(|_| *rule == Rule::Asked && index.is_none());
                let known = asked.or_else(|| self.known(*table, field, index, frame));
                let origin = known
                    .as_deref()
                    .map_or_else(|| self.child(frame, field, index, true), Origin::Key);
                self.object(*table, origin, index, frame)
            }
        }
    }

    /// The key that the request names: that of the batch's item, or its own.
    fn asked_key(&self, frame: Frame<'_>) -> Option<String> {
        match frame.parts {
            [] => self.request.key.clone(),
            parts => Some(joined(parts)),
        }
    }

    /// The key of the one object that a field leads to, where it is known: what is written names it, or it is the object
    /// that this one belongs to, as a book's review belongs to the book.
    fn known(
        &self,
        table: TableId,
        field: &str,
        index: Option<usize>,
        frame: Frame<'_>,
    ) -> Option<String> {
        let described = self.tables.table(table);
        described.key.filter(|_| index.is_none())?;
        let is_other = described.type_name != frame.identity.type_name;
        let parent = || frame.parent_of_type(&described.type_name).filter(|_| is_other);
        frame.given.reference(field).or_else(parent)
    }

    fn child<'b>(
        &self,
        frame: Frame<'b>,
        field: &'b str,
        index: Option<usize>,
        asked_for: bool,
    ) -> Origin<'b> {
        let page = self.request.page.filter(|_| asked_for);
        let of_many = index.is_some() || (asked_for && self.request.role.mutation);
        Origin::Child { of: frame.identity, field, index, page, of_many }
    }

    fn object(
        &self,
        table: TableId,
        origin: Origin<'_>,
        index: Option<usize>,
        frame: Frame<'_>,
    ) -> Vec<u8> {
        let described = self.tables.table(table);
        let is_meant = described.key.is_none() || (self.request.role.on_root && index.is_none());
        let given = if is_meant { frame.given.clone() } else { frame.given.narrowed() };
        let keys = described.slots.iter().filter(|slot| matches!(slot.content, Content::Key));
        let said = keys.filter_map(|slot| given.about(slot)?.key()).find(|key| !key.is_empty());
        let by_key =
            said.as_deref().filter(|_| matches!(origin, Origin::Child { .. })).map(Origin::Key);
        let mut identity = Identity::new(self.seed, described, by_key.unwrap_or(origin));
        if let Origin::Child { of, .. } = origin
            && (of.is_payload() || self.is_root(of))
        {
            identity.written.clone_from(&of.written);
        }
        self.message(
            table,
            Frame { identity: &identity, origin: Some(origin), given: &given, ..frame },
        )
    }

    fn is_root(&self, identity: &Identity) -> bool {
        self.request.role.on_root && identity.type_name == self.request.role.owner
    }

    fn message(&self, table: TableId, frame: Frame<'_>) -> Vec<u8> {
        let table = self.tables.table(table);
        let chosen = self.chosen(table, frame);
        let sent = || {
            table.slots.iter().filter(|slot| slot.oneof.is_none() || chosen.contains(&slot.number))
        };
        let weight: usize = sent().map(weight).sum();
        let size = (frame.size.saturating_sub(1)) / weight.max(2);
        let before = self.room.made();
        let mut out = Vec::new();
        for slot in sent() {
            let size = match slot.content {
                Content::Same(_) => frame.size,
                _ if slot.asked_for => SIZE,
                Content::Object { rule: Rule::Itself, .. } => frame.size,
                _ => size,
            };
            self.field(table, slot, Frame { size, ..frame }, &mut out);
        }
        self.room.take(before, out.len());
        out
    }

    /// For each oneof the number of the member that is sent: one of which something is said, else one that the schema
    /// shows, else any.
    fn chosen(&self, table: &Table, frame: Frame<'_>) -> Vec<u32> {
        let last = table.slots.iter().filter_map(|slot| slot.oneof).max();
        let one = |oneof: usize| {
            let members = || table.slots.iter().filter(move |slot| slot.oneof == Some(oneof));
            if let Some(said) = members().find(|slot| frame.given.about(slot).is_some()) {
                return Some(said.number);
            }
            let shown: Vec<u32> =
                members().filter(|slot| slot.shown).map(|slot| slot.number).collect();
            let all: Vec<u32> = members().map(|slot| slot.number).collect();
            let choices = if shown.is_empty() { all } else { shown };
            let mut draw = self.subject(frame).draw("@oneof", oneof);
            (!choices.is_empty()).then(|| *draw.pick(&choices))
        };
        (0..last.map_or(0, |last| last + 1)).filter_map(one).collect()
    }

    fn subject(&self, frame: Frame<'_>) -> Subject {
        frame.identity.subject(self.seed, self.scenario.long)
    }

    fn field(&self, table: &Table, slot: &Slot, frame: Frame<'_>, out: &mut Vec<u8>) {
        match &slot.content {
            Content::Items(items) => self.items(slot, items, frame, out),
            Content::Key => {
                put(slot.number, slot.scalar, Datum::Text(frame.identity.key.clone()), out);
            }
            Content::HiddenKey => {
                put(slot.number, slot.scalar, Datum::Text(frame.identity.text()), out);
            }
            Content::Part(index) => {
                if let Some(part) = frame.parts.get(*index) {
                    put(slot.number, slot.scalar, part.clone(), out);
                }
            }
            _ if slot.map_key.is_some() => self.map(slot, frame, out),
            _ if slot.repeated => self.list(slot, frame, out),
            _ => {
                let said = frame.given.about(slot);
                if said.is_some_and(Said::is_null) {
                    return;
                }
                let total = said.is_none().then(|| self.total(table, slot, frame)).flatten();
                if let Some(value) = total.or_else(|| self.value(slot, said, None, frame)) {
                    put(slot.number, slot.scalar, value, out);
                }
            }
        }
    }

    /// One value of a field; `None` where there is none.
    fn value(
        &self,
        slot: &Slot,
        said: Option<Said<'_>>,
        index: Option<usize>,
        frame: Frame<'_>,
    ) -> Option<Datum> {
        match &slot.content {
            Content::Reference { field, key } => {
                let said = said.and_then(Said::key).filter(|key| !key.is_empty());
                let known =
                    said.or_else(|| frame.parent_of_type(field).filter(|_| index.is_none()));
                Some(Datum::Text(known.unwrap_or_else(|| {
                    frame.identity.reference(self.seed, field, index, index.is_some(), *key)
                })))
            }
            Content::Leaf(leaf) => {
                let given = said.and_then(|said| said.leaf(leaf));
                Some(
                    given.unwrap_or_else(|| self.leaf(leaf, &slot.name, index.unwrap_or(0), frame)),
                )
            }
            Content::Same(table) => Some(Datum::Message(self.message(*table, frame))),
            Content::Object { table, rule } => {
                self.inner((slot, *table, *rule), said, index, frame)
            }
            Content::Key | Content::HiddenKey | Content::Part(_) | Content::Items(_) => None,
        }
    }

    fn inner(
        &self,
        (slot, table, rule): (&Slot, TableId, Rule),
        said: Option<Said<'_>>,
        index: Option<usize>,
        frame: Frame<'_>,
    ) -> Option<Datum> {
        if frame.size == 0 {
            return None;
        }
        let carries_on = slot.asked_for || rule == Rule::Itself || frame.identity.is_payload();
        let given = match said {
            Some(said) if carries_on => frame.given.behind(said),
            Some(said) => said.object(),
            None if carries_on => frame.given.clone(),
            None => Given::default(),
        };
        let asked = match index {
            _ if rule != Rule::Asked => None,
            None => self.asked_key(frame),
            Some(index) => self.request.keys.as_ref().and_then(|keys| keys.get(index)).cloned(),
        };
        let known = asked.or_else(|| self.known(table, &slot.name, index, frame));
        let origin = match (&known, frame.origin) {
            (Some(key), _) => Origin::Key(key),
            (None, Some(origin)) if rule == Rule::Itself => origin,
            (None, _) => self.child(frame, &slot.name, index, slot.asked_for),
        };
        Some(Datum::Message(self.object(table, origin, index, Frame { given: &given, ..frame })))
    }

    fn leaf(&self, leaf: &Leaf, field: &str, index: usize, frame: Frame<'_>) -> Datum {
        let subject = self.subject(frame);
        let sample = || serde_json::json!({ field: Text::Word.write(&subject, field, index) });
        match leaf {
            Leaf::Whole(range) => Datum::Number(i128::from(range.whole(&subject, field, index))),
            Leaf::Real(range) => Datum::Real(range.real(&subject, field, index)),
            Leaf::Flag(flag) => Datum::Flag(flag.value(&subject, field, index)),
            Leaf::Text(text) => Datum::Text(text.write(&subject, field, index)),
            Leaf::Bytes(text) => Datum::Bytes(text.write(&subject, field, index).into_bytes()),
            Leaf::Enum(values) => {
                let number =
                    (!values.is_empty()).then(|| subject.draw(field, index).pick(values).1);
                Datum::Number(i128::from(number.unwrap_or(0)))
            }
            Leaf::Timestamp(moment) => {
                Datum::Message(given::seconds(moment.seconds(&subject, field, index)))
            }
            Leaf::Duration(range) => {
                Datum::Message(given::seconds(range.whole(&subject, field, index)))
            }
            Leaf::Wrapped(scalar, inner) => {
                given::wrap(*scalar, self.leaf(inner, field, index, frame))
            }
            Leaf::Struct => Datum::Message(given::json_struct(&sample())),
            Leaf::Value => Datum::Message(given::json_value(&sample())),
            Leaf::ListValue => Datum::Message(given::json_list(&serde_json::json!([sample()]))),
            Leaf::Any => Datum::Message(any(&Text::Word.write(&subject, field, index))),
            Leaf::Empty => Datum::Message(Vec::new()),
        }
    }
}

/// How much of a message's share a field takes.
fn weight(slot: &Slot) -> usize {
    match slot.content {
        Content::Object { .. } if slot.repeated || slot.map_key.is_some() => 3,
        Content::Object { .. } => 1,
        _ => 0,
    }
}

/// A `google.protobuf.Any` that holds a `google.protobuf.StringValue`.
fn any(text: &str) -> Vec<u8> {
    let Datum::Message(value) = given::wrap(Scalar::String, Datum::Text(text.to_owned())) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let url = "type.googleapis.com/google.protobuf.StringValue".to_owned();
    put(1, Scalar::String, Datum::Text(url), &mut out);
    put(2, Scalar::Bytes, Datum::Bytes(value), &mut out);
    out
}
