//! What is kept of one item: fields that were fetched at several times, beside each other in one message.
//!
//! Each field of the message is of one **segment**, which knows when it was fetched and what it is tagged with. So a
//! segment that grows old, or is invalidated, is fetched again alone, and whoever shows the item reads one message.

use std::sync::Arc;

use bytes::{Buf, Bytes};
use prost::encoding::{DecodeContext, decode_key, skip_field};

use super::{Began, jitter::Shortening};
use crate::plan::FieldSet;
use tokio::time::Instant;

/// Fields of an item; `None`: all of them.
pub type Fields = Option<Arc<FieldSet>>;

/// More segments than these are fetched again as one.
pub(super) const MAX_SEGMENTS: usize = 4;

/// What is kept of one item.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) bytes: Bytes,
    /// No two have the same part.
    pub(super) segments: Vec<Segment>,
}

/// What was fetched at one time.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) fields: Fields,
    pub(super) tags: Arc<[Box<str>]>,
    pub(super) fetched: Fetched,
}

/// When something was fetched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fetched {
    pub(super) at: Instant,
    pub(super) began: Began,
    pub(super) shortening: Shortening,
}

impl Kept {
    pub(super) fn one(bytes: Bytes, segment: Segment) -> Self {
        Self { bytes, segments: vec![segment] }
    }

    /// The segment that a part of the message belongs to.
    pub(super) fn owner(&self, part: u32) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.has_part(part))
    }

    /// The same with what was fetched now. `may_take` says whether a part that a segment has becomes one of the new
    /// segment, `may_stay` whether a segment is of any use still.
    pub(super) fn with(
        &self,
        bytes: Bytes,
        mut new: Segment,
        may_take: impl Fn(&Segment, u32) -> bool,
        may_stay: impl Fn(&Segment) -> bool,
    ) -> Self {
        let held = |part| self.owner(part).is_some_and(|owner| !may_take(owner, part));
        if let Some(fields) = &mut new.fields
            && fields.parts().any(held)
        {
            Arc::make_mut(fields).retain_parts(|part| !held(part));
            if fields.is_empty() {
                return self.clone();
            }
        }
        let mut segments: Vec<Segment> = self
            .segments
            .iter()
            .filter(|segment| may_stay(segment))
            .filter_map(|segment| segment.without(&new))
            .collect();
        segments.sort_by_key(|segment| std::cmp::Reverse(segment.fetched.at));
        segments.truncate(MAX_SEGMENTS - 1);
        let merged = merged(&self.bytes, &bytes, |part| {
            if new.has_part(part) {
                Pick::Newer
            } else if segments.iter().any(|segment| segment.has_part(part)) {
                Pick::Older
            } else {
                Pick::Neither
            }
        });
        match merged {
            Some(merged) if !segments.is_empty() => {
                segments.push(new);
                // A copy, because the merged one has room for all of both.
                Self { bytes: Bytes::copy_from_slice(&merged), segments }
            }
            // What cannot be read stands alone, and is found out by whoever shows it.
            _ => Self::one(bytes, new),
        }
    }

    pub(super) fn weight(&self) -> usize {
        self.bytes.len() + self.segments.iter().map(Segment::weight).sum::<usize>()
    }
}

impl Segment {
    fn has_part(&self, part: u32) -> bool {
        self.fields.as_ref().is_none_or(|fields| fields.has_part(part))
    }

    pub(super) fn covers(&self, wanted: &Fields) -> bool {
        match (&self.fields, wanted) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(fields), Some(wanted)) => Arc::ptr_eq(fields, wanted) || fields.covers(wanted),
        }
    }

    pub(super) fn covers_part(&self, wanted: &FieldSet, part: u32) -> bool {
        self.fields.as_ref().is_none_or(|fields| fields.covers_part(wanted, part))
    }

    /// What is left of it beside a newer one. Of a segment that has everything nothing can be taken out.
    fn without(&self, newer: &Self) -> Option<Self> {
        let mut fields = Arc::clone(self.fields.as_ref()?);
        if fields.parts().any(|part| newer.has_part(part)) {
            Arc::make_mut(&mut fields).retain_parts(|part| !newer.has_part(part));
        }
        (!fields.is_empty()).then(|| Self { fields: Some(fields), ..self.clone() })
    }

    fn weight(&self) -> usize {
        size_of::<Self>()
            + self.fields.as_ref().map_or(0, |fields| fields.weight())
            + self.tags.iter().map(|tag| tag.len() + size_of::<Box<str>>()).sum::<usize>()
    }
}

/// From which of two messages a field is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The one that was there.
    Older,
    /// The one that came.
    Newer,
    /// It is left out.
    Neither,
}

/// A message with fields of two, each field whole from one of them. `None` where either cannot be read.
#[must_use]
pub fn merged(older: &[u8], newer: &[u8], pick: impl Fn(u32) -> Pick) -> Option<Bytes> {
    let mut merged = Vec::with_capacity(older.len() + newer.len());
    for (mut message, from) in [(older, Pick::Older), (newer, Pick::Newer)] {
        while message.has_remaining() {
            let start = message;
            let (number, wire_type) = decode_key(&mut message).ok()?;
            skip_field(wire_type, number, &mut message, DecodeContext::default()).ok()?;
            if pick(number) == from {
                merged.extend_from_slice(&start[..start.len() - message.len()]);
            }
        }
    }
    Some(merged.into())
}
