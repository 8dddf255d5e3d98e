//! What emission runs: for each object a tag table and a list of operations, in response order.

use super::{
    json,
    leaf::{BytesLeaf, Integer, NumberLeaf},
    map::EntryTags,
    raw::{BLOCK, Room},
    table::TableId,
};
use crate::{
    contract::Scalar,
    operation::{DeferId, Location},
    plan::{SiteId, StepId, StreamId},
};

/// A position in the program's frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameId(pub(super) usize);

/// A position in the program's portions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PortionId(pub(super) usize);

/// A position in the program's choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChoiceId(pub(super) usize);

/// In [`Operation::slot`]: not a field of the message but the message itself.
pub(super) const WHOLE: u32 = u32::MAX;

/// How one message becomes one JSON object, or, for what a join reads from an entity, one value.
#[derive(Debug)]
pub(super) struct Frame {
    /// `None` where nothing of the message is read.
    pub(super) table: Option<TableId>,
    pub(super) slots: usize,
    pub(super) operations: Box<[Operation]>,
    /// What stands behind the last value.
    pub(super) close: Literal,
    /// Where `@defer` stands in it.
    pub(super) divided: Option<Box<Divided>>,
    /// Extraction has filled the slots already, and kept them with the places of this site.
    pub(super) kept: Option<SiteId>,
}

/// What of an object is answered later than itself.
#[derive(Debug)]
pub(super) struct Divided {
    /// The deferred fragments that stand in it.
    pub(super) begins: Box<[DeferId]>,
    pub(super) portions: Box<[PortionId]>,
}

/// Fields of an object, or items of a list, that are answered later than itself.
#[derive(Debug, Default)]
pub(super) struct Portion {
    /// With the first of these deferred fragments.
    pub(super) defers: Box<[DeferId]>,
    pub(super) frame: FrameId,
    /// Where joins stand in it: numbers its places, as a site does those of its entities.
    pub(super) site: Option<SiteId>,
    /// The deferred fragments that begin outside and matter inside.
    pub(super) outer: Box<[DeferId]>,
    /// Its first field, or the list's.
    pub(super) field: u32,
}

/// Which object a value of an abstract type is.
#[derive(Debug)]
pub(super) struct Choice<Id> {
    pub(super) table: Option<TableId>,
    pub(super) slots: usize,
    /// The slot of each member of the oneof, and what is done with it.
    pub(super) members: Box<[(usize, Id)]>,
    /// What is done where no member is set.
    pub(super) otherwise: Option<Id>,
}

/// One field.
#[derive(Debug)]
pub(super) struct Operation {
    /// Everything between the value before and this one.
    pub(super) literal: Literal,
    pub(super) kind: Kind,
    pub(super) slot: u32,
    /// The slot of the message that the value stands in; 0: it is there.
    pub(super) guard: u32,
    /// In [`Field`]s.
    pub(super) field: u32,
    pub(super) nullable: bool,
    pub(super) item_nullable: bool,
    /// The path of the answer is already that of the field: the operation reads an entity for a join.
    pub(super) inside_join: bool,
    /// What an absent value is shown as, if not as null.
    pub(super) default: Option<Box<Default>>,
}

/// The JSON of a field's default, or why there is none.
pub(super) type Default = Result<Vec<u8>, json::Fault>;

impl Operation {
    /// Whether its literal ends with the quote of a text.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text { .. })
    }

    /// Whether its value is more than a number or a text.
    pub(super) fn is_more(&self) -> bool {
        !matches!(self.kind, Kind::Text { .. } | Kind::Number { .. })
    }
}

/// What an operation writes. Its number stands alone, so that it is read at once.
#[derive(Debug)]
#[repr(u8)]
pub(super) enum Kind {
    /// A singular text, whose opening quote is in the literal.
    Text { explicit: bool },
    /// A singular number. With presence the slot is a span.
    Number { leaf: NumberLeaf, scalar: Scalar, explicit: bool },
    /// A singular value behind a length.
    One { value: Value, explicit: bool },
    /// A list of numbers.
    Numbers { leaf: NumberLeaf, number: u32, wire_type: u32 },
    /// A list of values behind lengths. Where they are entries of a map: the type of their keys.
    Items { value: Value, number: u32, entry_key: Option<Scalar>, half: Half },
    /// A map as one JSON object.
    Map { value: Value, number: u32, key: KeyText, tags: EntryTags },
    /// What another step answered.
    /// With `many` a list, one value for each key.
    Join { site: SiteId, step: StepId, many: Option<Half>, then: FrameId },
    /// Bytes of the slow lane.
    Slow,
}

/// Which items of a list, or values of many keys.
#[derive(Clone, Copy, Debug)]
pub(super) enum Half {
    All,
    /// The first ones; what is left are those of the portion.
    First {
        stream: StreamId,
        rest: PortionId,
    },
    /// The others.
    Rest(StreamId),
}

/// A value of any type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    Number(NumberLeaf),
    Bytes(BytesLeaf),
    Object(FrameId),
    Choice(ChoiceId),
}

/// How the key of a map becomes the name of a JSON member.
#[derive(Clone, Copy, Debug)]
pub(super) enum KeyText {
    Text,
    Boolean,
    Whole(Integer),
}

/// A field's place in the document, for errors.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) response_key: Box<str>,
    pub(super) location: Location,
}

const SHORT: usize = BLOCK;

/// What a value may put behind its literal without asking for room again.
pub(super) const VALUE: usize = json::TEXT;

/// Constant bytes. Short ones are copied as a block of fixed size, which costs two stores and no call.
#[derive(Debug)]
pub(super) struct Literal {
    short: [u8; SHORT],
    length: usize,
    /// The literal, if it is not.
    long: Box<[u8]>,
}

impl Literal {
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut short = [0; SHORT];
        match short.get_mut(..bytes.len()) {
            Some(start) => {
                start.copy_from_slice(bytes);
                Self { short, length: bytes.len(), long: Box::default() }
            }
            None => Self { short, length: bytes.len(), long: bytes.into() },
        }
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    #[inline(always)]
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        self.put_before(out).end();
    }

    /// Puts it in place of a value.
    #[inline]
    pub(super) fn put_as_value(&self, room: Room<'_, VALUE>) {
        if self.length > SHORT {
            room.end().extend_from_slice(&self.long);
        } else {
            room.put::<SHORT, 0>(&self.short, self.length).end();
        }
    }

    /// Appends the literal, without the quote at its end if it has one, and null.
    #[inline]
    pub(super) fn put_null(&self, out: &mut Vec<u8>, is_quoted: bool) {
        self.put(out);
        out.truncate(out.len() - usize::from(is_quoted));
        Room::<4>::of(out).put::<4, 0>(b"null", 4).end();
    }

    /// Appends the literal and makes room for a value.
    #[inline(always)]
    pub(super) fn put_before<'o>(&self, out: &'o mut Vec<u8>) -> Room<'o, VALUE> {
        if self.length > SHORT {
            out.extend_from_slice(&self.long);
            return Room::of(out);
        }
        Room::<{ SHORT + VALUE }>::of(out).put(&self.short, self.length)
    }
}
