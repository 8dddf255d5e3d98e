//! Tag tables: one pass over a message puts what is selected of it into slots.
//!
//! A slot is a `u64`; 0 is absent. It holds a raw number, or a **span** of the message: start and end. The wire type is
//! part of the index, so a field with another wire type than declared is an unknown field by itself, and packed and
//! unpacked lists are two tags for one slot. Whatever is not selected goes to slot 0, which nobody reads.

mod build;
mod closed;
mod list;
mod merge;
mod scan;

pub(super) use build::{Oneof, TableBuilder};
pub(super) use list::{Messages, Numbers, raw};

use super::{descriptor::ClosedEnum, wire::Malformed};

/// A position in [`Tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TableId(u32);

/// All tag tables of a program.
#[derive(Debug, Default)]
pub(super) struct Tables {
    tables: Vec<Table>,
    paths: Vec<PathNode>,
    guards: Vec<Guard>,
    closed: Vec<Closed>,
}

/// What happens to each tag of one message.
#[derive(Debug)]
struct Table {
    /// Tags of one byte: field numbers up to 15.
    small: [Entry; SMALL],
    /// Tags from [`SMALL`] on, up to a cap.
    large: Box<[Entry]>,
    /// Tags above the cap, sorted.
    sparse: Box<[(u32, Entry)]>,
}

const SMALL: usize = 128;
/// Field numbers below 512 are looked up by index.
const LARGE: usize = 4096;

/// What happens to one tag: a kind, and a slot or a position in another list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Entry(u32);

/// The kinds of [`Entry`]. The first is 0 so that the entry 0 stores into slot 0: an unknown field.
mod kind {
    /// The raw number, or the span behind a length. The last one wins.
    pub(super) const STORE: u32 = 0;
    /// The span of a number that may be absent.
    pub(super) const SPAN: u32 = 1;
    /// From the first tag to the end of the last value.
    pub(super) const REPEATED: u32 = 2;
    /// The span of a message, which may come in parts.
    pub(super) const SINGLE: u32 = 3;
    /// A message whose fields have slots here; a position in `paths`.
    pub(super) const PATH: u32 = 4;
    /// A member of a oneof; a position in `guards`.
    pub(super) const GUARDED: u32 = 5;
    /// No field at all.
    pub(super) const NOTHING: u32 = 6;
    /// A closed enum, or what holds its numbers; a position in `closed`.
    pub(super) const CLOSED: u32 = 7;
}

impl Entry {
    const INDEX_BITS: u32 = 29;

    fn new(kind: u32, index: usize) -> Self {
        let index = u32::try_from(index).ok().filter(|index| index >> Self::INDEX_BITS == 0);
        Self(kind << Self::INDEX_BITS | index.expect("a plan has fewer than 2^29 fields"))
    }

    #[inline(always)]
    fn kind(self) -> u32 {
        self.0 >> Self::INDEX_BITS
    }

    #[inline(always)]
    fn index(self) -> usize {
        (self.0 & ((1 << Self::INDEX_BITS) - 1)) as usize
    }
}

/// A message inside a message, scanned in place.
#[derive(Debug)]
struct PathNode {
    /// Holds the span of the inner message.
    slot: usize,
    table: TableId,
}

/// A member of a oneof: setting it unsets the others.
#[derive(Debug)]
struct Guard {
    clears: Box<[usize]>,
    then: Entry,
}

/// A field of a closed enum: a number that the enum does not have is an unknown field, in a map its whole entry.
#[derive(Debug)]
struct Closed {
    numbers: ClosedEnum,
    /// The field is a map, whose values are of the enum.
    is_map: bool,
    then: Entry,
}

/// Why a scan ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanFault {
    Malformed,
    /// A singular message came in parts, or a list has numbers that its closed enum does not have.
    Split,
}

impl From<Malformed> for ScanFault {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// A span as a slot holds it.
#[inline(always)]
fn span(start: usize, end: usize) -> u64 {
    (start as u64) << 32 | end as u64
}

/// Where a span starts and ends.
#[inline(always)]
pub(super) fn ends(span: u64) -> (usize, usize) {
    ((span >> 32) as usize, (span & 0xffff_ffff) as usize)
}

/// A message, and the bytes that stand behind it in the same buffer. Those may be looked at, and mean nothing: whoever
/// reads in blocks need not stop in front of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window<'a> {
    buffer: &'a [u8],
    length: usize,
}

impl<'a> Window<'a> {
    /// A message with nothing behind it.
    #[inline(always)]
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self { buffer: message, length: message.len() }
    }

    /// The message, and what stands behind it.
    #[inline(always)]
    pub(super) fn buffer(self) -> &'a [u8] {
        self.buffer
    }

    /// The length of the message.
    #[inline(always)]
    pub(super) fn length(self) -> usize {
        self.length
    }

    /// The message alone.
    #[inline(always)]
    pub(super) fn message(self) -> &'a [u8] {
        &self.buffer[..self.length]
    }

    /// The part of the message that a slot's span names.
    #[inline(always)]
    pub(super) fn part(self, span: u64) -> Self {
        let (start, end) = ends(span);
        self.cut(start, end - start).expect("a span is inside its message")
    }

    #[inline(always)]
    fn cut(self, start: usize, length: usize) -> Option<Self> {
        let buffer = self.buffer.get(start..)?;
        (length <= buffer.len()).then_some(Self { buffer, length })
    }
}

/// The part of `bytes` that a slot's span names.
#[inline(always)]
pub(super) fn part(bytes: &[u8], span: u64) -> &[u8] {
    let (start, end) = ends(span);
    &bytes[start..end]
}
