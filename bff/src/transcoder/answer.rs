//! What emission reads and what it reports.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use smallvec::SmallVec;
use tokio::time::Instant;

use super::{Refs, emit::Segment, frame::PortionId};
use crate::{
    error::{Error, Result},
    operation::{DeferId, Location},
    plan::StepId,
};

/// What a step answered for one key.
#[derive(Clone, Debug)]
pub struct Entity {
    /// The answer.
    pub value: EntityValue,
    /// The number of a note of the executor. Emission reports each place that shows the entity.
    pub note: Option<u32>,
}

/// The answer for one key.
#[derive(Clone, Debug)]
pub enum EntityValue {
    /// An encoded message.
    Bytes(Bytes),
    /// There is none.
    Null,
    /// There is none, and a list is shown without it. Elsewhere it is null.
    LeftOut,
    /// It failed. `NOT_FOUND` is null without an error where null may stand.
    Failed(Error),
}

impl EntityValue {
    /// The size of an encoded message, otherwise 0.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Null | Self::LeftOut | Self::Failed(_) => 0,
        }
    }
}

/// The value of a field that no plan answers.
#[derive(Clone, Debug)]
pub struct Spliced {
    /// Its JSON.
    pub json: Bytes,
    /// What was wrong inside.
    pub errors: Vec<FieldError>,
}

/// What the fields of the slow lane are, by response key.
pub type SlowFields = HashMap<String, Result<Spliced>>;

/// Everything that emission reads.
#[derive(Debug)]
pub struct EmitInput<'a> {
    /// By step, then by key number.
    pub steps: &'a [Vec<Entity>],
    /// By site.
    pub refs: &'a [Refs],
    /// What the fields of the slow lane are.
    pub slow: &'a SlowFields,
    /// By stream of the plan: what there is of its list.
    pub lists: &'a [ListPart],
    /// How much may be written, and until when.
    pub budget: Budget,
}

/// What an entity has of a list that comes in parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListPart {
    /// How many of the entity's items come first; the others are left for later.
    pub first: u32,
    /// Whether the list may go on behind the entity's items.
    pub open: bool,
}

/// How much may be written, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// About how many bytes `data` may have. Where it would have more, it is null, with `RESOURCE_EXHAUSTED`.
    pub size: usize,
    /// What has not been begun by then is null, with `DEADLINE_EXCEEDED`. The clock is read once every 32 KiB, so that a
    /// small answer is always whole.
    pub deadline: Instant,
}

/// What emission has to say beside the JSON.
#[derive(Debug, Default)]
pub struct Emission {
    /// At most 100 for each step.
    pub errors: Vec<FieldError>,
    /// How many more there were.
    pub errors_left_out: u64,
    /// The places that show noted entities, at most 100 for each step.
    pub degraded: Vec<Degraded>,
    /// How many more there were.
    pub degraded_left_out: u64,
    /// Whether `data` itself is null.
    pub data_is_null: bool,
    /// The deferred fragments that were met.
    pub groups: Vec<Group>,
    /// What is to be written later with [`super::Program::emit_later`].
    pub later: Vec<Later>,
}

/// A deferred fragment, or the later items of a list, at one place of the answer: what is told of together.
#[derive(Clone, Debug)]
pub struct Group {
    /// In the plan.
    pub defer: DeferId,
    /// The group that it stands in. Groups are numbered in the order in which they were met, over all emissions of an answer.
    pub parent: Option<u32>,
    /// Where its object, or its list, is.
    pub place: Place,
    /// Of a list: the index of the first item.
    pub first_item: Option<u32>,
    /// Of a list: whether more than what is left of it may come.
    pub open: bool,
}

/// Fields of one object, or items of one list, that are not written yet.
#[derive(Clone, Debug)]
pub struct Later {
    /// They belong to the first of these that is answered.
    pub groups: SmallVec<[u32; 2]>,
    /// Where the object, or the list, is.
    pub place: Place,
    pub(super) portion: PortionId,
    /// The object's message.
    pub(super) message: Bytes,
    /// Of items: the index of the first.
    pub(super) from: u32,
    /// Its number among the places of the portion, where that has any.
    pub(super) entity: Option<u32>,
    /// There is no time to write them.
    pub(super) late: bool,
    /// A list that may go on has nothing left for now.
    pub(super) empty: bool,
    /// The groups that further ones inside refer to.
    pub(super) outer: SmallVec<[(DeferId, u32); 2]>,
    /// What answered the message.
    pub(super) step: Option<StepId>,
}

impl Later {
    /// Whether there is nothing to write, but items may come.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.empty
    }

    /// Items of the same list that came later, from this index on: the part of a message in which they stand, whose entity is the
    /// first of its step.
    #[must_use]
    pub fn of_items(&self, message: Bytes, from: u32) -> Self {
        Self { message, from, entity: Some(0), late: false, empty: false, ..self.clone() }
    }

    /// There is no time left: they are reported as what has not been begun in time.
    pub fn give_up(&mut self) {
        self.late = true;
    }
}

/// Where in the answer an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(pub(super) Arc<[Segment]>);

impl Place {
    /// How far below the root.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.0.len()
    }
}

/// A field without its value.
#[derive(Clone, Debug)]
pub struct FieldError {
    /// From the root of `data`.
    pub path: Vec<PathSegment>,
    /// Of the field in the document.
    pub location: Location,
    /// Why.
    pub error: Error,
    /// The step that answered, or should have; `None` for what no step answers.
    pub step: Option<StepId>,
}

/// A place that shows a noted entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Degraded {
    /// From the root of `data`.
    pub path: Vec<PathSegment>,
    /// [`Entity::note`].
    pub note: u32,
}

/// One step of a path into the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathSegment {
    /// A field, by its response key.
    Key(Box<str>),
    /// An item of a list.
    Index(u32),
}
