//! Replies of batches: split into items, each known by its key.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};

use super::{
    KeyTable,
    descriptor::Descriptors,
    finder::{Part, payload},
    keyform::{KeyForm, kind_of},
    request::CallProgram,
    scalar::wire_type,
    table::{Messages, TableBuilder, TableId, Tables, Window},
    wire::{Fields, LEN, Malformed, Payload, put_len, tag_of},
};
use crate::{
    contract::{Batch, Scalar},
    error::{Code, Error, Result},
};

/// Where the items of a reply are, and where an item has its key.
#[derive(Debug)]
pub(super) struct Items {
    /// The messages around the items.
    path: Box<[u32]>,
    number: u32,
    kind: ItemKind,
    group: bool,
    tables: Tables,
    table: TableId,
    slots: usize,
    matches: Box<[Part]>,
    status: Option<StatusSlots>,
    form: KeyForm,
}

#[derive(Clone, Copy, Debug)]
enum ItemKind {
    List,
    /// The type of the map's key.
    Map(Scalar),
}

/// Where an item has the two fields of its `google.rpc.Status`.
#[derive(Clone, Copy, Debug)]
struct StatusSlots {
    code: usize,
    message: usize,
}

/// What becomes of each item: its canonical key, and the item or its own failure.
pub type EachItem<'e> = dyn FnMut(&[u8], Result<Bytes>) + 'e;

impl Items {
    pub(super) fn of(batch: &Batch, form: &KeyForm) -> Result<Self> {
        let refuse = |message| Err(Error::new(Code::FailedPrecondition, message));
        let Some((number, path)) = batch.items.split_last() else {
            return refuse("the contract has a batch without a field for items");
        };
        let descriptors = Descriptors::of(b"");
        let mut builder = TableBuilder::new(descriptors.nothing());
        let mut matches = Vec::new();
        let mut kind = ItemKind::List;
        if batch.map {
            let scalar = batch.r#match.first().map_or(form.parts[0], |key| key.scalar());
            kind = ItemKind::Map(scalar);
            if form.parts.len() != 1 {
                return refuse("the contract has a map of items by a key of more than one part");
            }
        } else {
            for key in &batch.r#match {
                matches.push(match_part(&mut builder, key)?);
            }
            if matches.len() != form.parts.len() {
                return refuse("the contract matches items by another key than it asks with");
            }
        }
        let status = match &*batch.status {
            [] => None,
            path => {
                let (node, _) = builder.descend(path)?;
                let code = builder.number(node, 1, Scalar::Int32, false)?;
                Some(StatusSlots { code, message: builder.bytes(node, 2)? })
            }
        };
        let slots = builder.slots();
        let mut tables = Tables::default();
        let table = builder.finish(&mut tables);
        let (path, group, form) = (path.into(), batch.group, form.clone());
        let matches = matches.into();
        Ok(Self { path, number: *number, kind, group, tables, table, slots, matches, status, form })
    }

    fn walk(&self, reply: &Bytes, each: &mut EachItem<'_>) -> Result<(), Malformed> {
        if !self.group {
            return self.inside(reply, &self.path, Window::of(reply), each);
        }
        let mut keys = KeyTable::default();
        let mut groups: Vec<BytesMut> = Vec::new();
        self.inside(reply, &self.path, Window::of(reply), &mut |key, item| match item {
            Ok(item) => {
                let id = keys.intern(key) as usize;
                if groups.len() <= id {
                    groups.resize_with(id + 1, BytesMut::new);
                }
                let mut field = Vec::with_capacity(item.len() + 6);
                put_len(&mut field, 1, &item);
                groups[id].extend_from_slice(&field);
            }
            Err(error) => each(key, Err(error)),
        })?;
        for (key, group) in keys.iter().zip(groups) {
            each(key, Ok(group.freeze()));
        }
        Ok(())
    }

    /// Goes through the messages around the items. One that came in parts has items in each.
    fn inside(
        &self,
        reply: &Bytes,
        path: &[u32],
        within: Window<'_>,
        each: &mut EachItem<'_>,
    ) -> Result<(), Malformed> {
        let (number, rest) = match path.split_first() {
            Some((number, rest)) => (*number, Some(rest)),
            None => (self.number, None),
        };
        let mut key = Vec::new();
        let mut messages = Messages::within(within, number);
        while let Some(message) = messages.next_window()? {
            match rest {
                Some(rest) => self.inside(reply, rest, message, each)?,
                None => self.item(reply, message, &mut key, each)?,
            }
        }
        Ok(())
    }

    fn item(
        &self,
        reply: &Bytes,
        message: Window<'_>,
        key: &mut Vec<u8>,
        each: &mut EachItem<'_>,
    ) -> Result<(), Malformed> {
        key.clear();
        let item = match self.kind {
            ItemKind::List => message,
            ItemKind::Map(scalar) => {
                let entry = map_entry(message.message(), scalar)?;
                let Some((payload, value)) = entry else { return Ok(()) };
                if self.form.push(key, 0, scalar, Some(payload)).is_err() {
                    return Ok(());
                }
                Window::of(value)
            }
        };
        let run =
            |slots: &[u64], whole: Window<'_>| self.known(reply, item, (slots, whole), key, each);
        match self.slots {
            0..=16 => self.tables.with_slots(self.table, &mut [0; 16], item, run),
            count => self.tables.with_slots(self.table, &mut vec![0; count], item, run),
        }?
    }

    /// Hands over an item whose slots are filled.
    fn known(
        &self,
        reply: &Bytes,
        item: Window<'_>,
        (slots, whole): (&[u64], Window<'_>),
        key: &mut Vec<u8>,
        each: &mut EachItem<'_>,
    ) -> Result<(), Malformed> {
        let whole = whole.message();
        let failure = self.status.and_then(|status| status.failure(slots, whole));
        let answer = || failure.map_or_else(|| Ok(owned(reply, item.message())), Err);
        if let [part] = &*self.matches
            && let Some(key) = self.form.as_it_stands(payload(part, slots, whole)?)
        {
            each(key, answer());
            return Ok(());
        }
        for (at, part) in self.matches.iter().enumerate() {
            let payload = payload(part, slots, whole)?;
            // An item whose key nobody can have asked for.
            if self.form.push(key, at, part.scalar, payload).is_err() {
                return Ok(());
            }
        }
        each(key, answer());
        Ok(())
    }
}

/// The bytes of the reply, shared.
fn owned(reply: &Bytes, item: &[u8]) -> Bytes {
    if item.is_empty() { Bytes::new() } else { reply.slice_ref(item) }
}

impl StatusSlots {
    fn failure(self, slots: &[u64], bytes: &[u8]) -> Option<Error> {
        let code = Code::from_grpc(slots[self.code] as i32)?;
        let text = match slots[self.message] {
            0 => Cow::Borrowed(""),
            span => String::from_utf8_lossy(super::table::part(bytes, span)),
        };
        Some(Error::with_source(code, "the service has no answer for this item", text))
    }
}

fn match_part(builder: &mut TableBuilder<'_>, key: &crate::contract::Match) -> Result<Part> {
    let scalar = key.scalar();
    let Some((number, path)) = key.path.split_last() else {
        let message = "the contract matches items by no field";
        return Err(Error::new(Code::FailedPrecondition, message));
    };
    let (node, _) = builder.descend(path)?;
    let slot = match wire_type(scalar) {
        LEN if kind_of(scalar)?.is_message() => builder.message(node, *number)?,
        LEN => builder.bytes(node, *number)?,
        _ => builder.number(node, *number, scalar, false)?,
    };
    let slot = u32::try_from(slot).expect("an item has few fields of interest");
    // An absent field is its zero value, wherever it is absent.
    Ok(Part { slot, guard: 0, number: *number, scalar, presence: false })
}

/// The key of a map's entry, and the value's message.
fn map_entry(bytes: &[u8], scalar: Scalar) -> Result<Option<(Payload<'_>, &[u8])>, Malformed> {
    const VALUE: u32 = tag_of(2, LEN);
    let key_tag = tag_of(1, wire_type(scalar));
    let mut key = if key_tag & 7 == LEN { Payload::Bytes(b"") } else { Payload::Number(0) };
    let mut value = None;
    let mut fields = Fields::of(bytes);
    while let Some(field) = fields.next()? {
        match field.payload {
            payload if field.tag == key_tag => key = payload,
            Payload::Bytes(bytes) if field.tag == VALUE => value = Some(bytes),
            _ => {}
        }
    }
    Ok(Some((key, value.unwrap_or_default())))
}

impl CallProgram {
    /// Splits the reply of a batch: calls `each` with the canonical key of each item, and the item or its own failure.
    /// Where a key comes more than once, the last item holds. Items that cannot have been asked for are passed over.
    ///
    /// # Errors
    ///
    /// [`Code::DataLoss`] where the reply is not a message. Some items may have been seen by then.
    pub fn items(&self, reply: &Bytes, each: &mut EachItem<'_>) -> Result<()> {
        let Some(items) = &self.items else { return Ok(()) };
        let entities = &self.entities;
        items
            .walk(reply, &mut |key, item| {
                // An item without the value says nothing of its key.
                if let Some(item) = item.and_then(|item| entities.entity(item)).transpose() {
                    each(key, item);
                }
            })
            .map_err(|_| Error::new(Code::DataLoss, "the reply could not be read"))
    }
}
