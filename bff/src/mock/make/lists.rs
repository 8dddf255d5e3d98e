//! Lists, maps and the items of batches: how many there are, and which.

use super::{Frame, Maker, SIZE};
use crate::{
    contract::Scalar,
    mock::{
        given::{Given, Said},
        identity::Identity,
        request::Request,
        tables::{Body, Content, Items, Leaf, Slot, Table},
        values::{texts::Text, words},
        wire::{Datum, put},
    },
};

impl Maker<'_> {
    pub(super) fn list(&self, slot: &Slot, frame: Frame<'_>, out: &mut Vec<u8>) {
        let said = frame.given.about(slot);
        let items = said.and_then(Said::items).filter(|_| !self.scenario.empty);
        let length = items.as_ref().map_or_else(|| self.length(slot, frame), Vec::len);
        for index in (0..length).take_while(|_| !self.room.is_spent()) {
            let said = items.as_ref().map(|items| items[index]);
            if let Some(value) = self.value(slot, said, Some(index), frame) {
                put(slot.number, slot.scalar, value, out);
            }
        }
    }

    pub(super) fn map(&self, slot: &Slot, frame: Frame<'_>, out: &mut Vec<u8>) {
        let key_scalar = slot.map_key.unwrap_or(Scalar::String);
        let said = frame.given.about(slot).and_then(Said::entries);
        let entries: Vec<(Datum, Option<Said<'_>>)> = match said {
            Some(entries) => entries.into_iter().map(|(key, said)| (key, Some(said))).collect(),
            None => (0..self.length(slot, frame))
                .map(|index| (self.map_key(key_scalar, index, frame), None))
                .collect(),
        };
        for (index, (key, said)) in entries.into_iter().enumerate() {
            let Some(value) = self.value(slot, said, Some(index), frame) else { continue };
            put(
                slot.number,
                Scalar::Message,
                Datum::Message(entry(key_scalar, key, slot.scalar, value)),
                out,
            );
        }
    }

    fn map_key(&self, scalar: Scalar, index: usize, frame: Frame<'_>) -> Datum {
        match scalar {
            Scalar::String => Datum::Text(Text::Word.write(
                &frame.identity.subject(self.seed, false),
                "@key",
                index,
            )),
            _ => Datum::Number(index as i128),
        }
    }

    /// How long a list is that nobody has given.
    fn length(&self, slot: &Slot, frame: Frame<'_>) -> usize {
        let is_leaf = matches!(slot.content, Content::Leaf(_));
        let keys =
            self.request.keys.as_ref().filter(|_| slot.asked_for && self.request.role.on_root);
        self.length_of(&slot.name, slot.asked_for, is_leaf, keys.map(Vec::len), frame)
    }

    fn length_of(
        &self,
        field: &str,
        asked_for: bool,
        is_leaf: bool,
        keys: Option<usize>,
        frame: Frame<'_>,
    ) -> usize {
        if self.scenario.empty {
            return 0;
        }
        let page = if asked_for { keys.or(self.request.page) } else { None };
        if let Some(length) = page.or(frame.identity.page) {
            return length;
        }
        let (low, high) = match (asked_for && self.request.role.on_root, is_leaf) {
            (_, true) => (1, 4),
            (true, false) => (6, 12),
            (false, false) => (2, 5),
        };
        let drawn = self.subject(frame).draw(field, usize::MAX).between(low, high);
        usize::try_from(drawn).unwrap_or(0)
    }

    /// `totalCount` beside the only list of a message counts the list.
    pub(super) fn total(&self, table: &Table, slot: &Slot, frame: Frame<'_>) -> Option<Datum> {
        const TOTALS: &[&str] = &["total", "total count", "total size", "count"];
        let is_total = table.key.is_none()
            && matches!(slot.content, Content::Leaf(Leaf::Whole(_)))
            && TOTALS.contains(&words(&slot.name).join(" ").as_str());
        let mut lists = table
            .slots
            .iter()
            .filter(|slot| slot.repeated && matches!(slot.content, Content::Object { .. }));
        let list = lists.next().filter(|_| is_total && lists.next().is_none())?;
        Some(Datum::Number(self.length(list, frame) as i128))
    }

    /// The items of a batch, at least one for each key unless they are groups.
    pub(super) fn items(&self, slot: &Slot, items: &Items, frame: Frame<'_>, out: &mut Vec<u8>) {
        for parts in self.request.batch.iter().take_while(|_| !self.room.is_spent()) {
            let owner = Identity::parse(&self.request.role.owner, &joined(parts));
            let written =
                owner.written.as_deref().and_then(|text| Request::rewritten(self.tables, text));
            let given = match &written {
                Some(message) if owner.is_payload() => Given::written(message),
                Some(message) => Given::written(message).references(),
                None => frame.given.clone(),
            };
            let frame = Frame { identity: &owner, origin: None, given: &given, parts, size: SIZE };
            let many = items.group.then(|| self.length_of(&items.field, true, false, None, frame));
            for index in many.map_or(0..1, |many| 0..many).take_while(|_| !self.room.is_spent()) {
                let index = items.group.then_some(index);
                let value = match &items.body {
                    Body::Leaf(leaf) => self.leaf(leaf, &items.field, 0, frame),
                    body => Datum::Message(self.body(body, &items.field, index, frame)),
                };
                match (slot.map_key, parts.first()) {
                    (Some(key_scalar), Some(key)) => {
                        let entry = entry(key_scalar, key.clone(), slot.scalar, value);
                        put(slot.number, Scalar::Message, Datum::Message(entry), out);
                    }
                    _ => put(slot.number, slot.scalar, value, out),
                }
            }
        }
    }
}

/// The key of several parts as one text.
pub(super) fn joined(parts: &[Datum]) -> String {
    parts.iter().map(Datum::key).collect::<Vec<_>>().join("/")
}

fn entry(key_scalar: Scalar, key: Datum, scalar: Scalar, value: Datum) -> Vec<u8> {
    let mut entry = Vec::new();
    put(1, key_scalar, key, &mut entry);
    put(2, scalar, value, &mut entry);
    entry
}
