//! What finds keys in a message: made when a plan is compiled, run by extraction.

use super::{
    frame::ChoiceId,
    map::EntryTags,
    scalar::wire_type,
    table::{TableId, part, raw},
    wire::{LEN, Malformed, Payload},
};
use crate::{
    contract::Scalar,
    plan::{SiteId, StepId, StreamId},
};

/// A position in the program's finders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FinderId(pub(super) usize);

/// Finds the keys in one message.
#[derive(Debug)]
pub(super) struct Finder {
    /// `None` where nothing of the message is read.
    pub(super) table: Option<TableId>,
    pub(super) slots: usize,
    /// In response order.
    pub(super) finds: Box<[Find]>,
    /// The site with whose places the slots are kept for the object's frame.
    pub(super) keeps: Option<SiteId>,
}

/// One place of a message that leads to keys.
#[derive(Debug)]
pub(super) enum Find {
    /// A site's key.
    Key { site: SiteId, step: StepId, parts: Box<[Part]> },
    /// A site's list of keys.
    Keys { site: SiteId, step: StepId, half: Half, keys: Keys },
    /// Messages with sites.
    Inside { inside: Inside, slot: u32, guard: u32, look: Look },
    /// The same message, of which a portion with sites is answered later.
    Portion { site: SiteId, finder: FinderId },
}

impl Find {
    /// The site of one key: it has one place in each message.
    pub(super) fn only_site(&self) -> Option<SiteId> {
        match self {
            Self::Key { site, .. } => Some(*site),
            _ => None,
        }
    }
}

/// One part of a key.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) slot: u32,
    pub(super) guard: u32,
    pub(super) number: u32,
    pub(super) scalar: Scalar,
    pub(super) presence: bool,
}

/// Where a message has keys.
#[derive(Debug)]
pub(super) enum Keys {
    One(Part),
    /// The field repeats them.
    Many(Part),
    /// The field repeats messages that have them.
    Inside {
        slot: u32,
        number: u32,
        /// Of the message inside.
        table: Option<TableId>,
        slots: usize,
        keys: Box<Keys>,
    },
}

/// How often a message is there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inside {
    One {
        /// Absent is empty.
        always: bool,
    },
    Items {
        number: u32,
        /// Where they are entries of a map: the type of their keys.
        entry_key: Option<Scalar>,
        half: Half,
    },
    Map {
        number: u32,
        tags: EntryTags,
    },
}

/// Which items of a list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Half {
    All,
    First(StreamId),
    /// The others, whose sites are below this one.
    Rest(StreamId, SiteId),
}

/// What looks into it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    Object(FinderId),
    Choice(ChoiceId),
}

/// The value of a singular part; `None` where it is absent.
pub(super) fn payload<'a>(
    key: &Part,
    slots: &[u64],
    bytes: &'a [u8],
) -> Result<Option<Payload<'a>>, Malformed> {
    if key.guard != 0 && slots[key.guard as usize] == 0 {
        return Ok(None);
    }
    let slot = slots[key.slot as usize];
    let wire_type = wire_type(key.scalar);
    Ok(match (wire_type, key.presence) {
        (LEN, presence) if slot == 0 => (!presence).then_some(Payload::Bytes(b"")),
        (LEN, _) => Some(Payload::Bytes(part(bytes, slot))),
        (_, false) => Some(Payload::Number(slot)),
        (_, true) if slot == 0 => None,
        (_, true) => Some(Payload::Number(raw(part(bytes, slot), &mut 0, wire_type)?)),
    })
}
