//! `@defer` and `@stream`: objects and lists are divided, and what is left of them is written by emissions of its own.

use bytes::Bytes;
use smallvec::SmallVec;

use super::{Emitter, Path, Report, Stop, budget::Meter, memo::Memos};
use crate::{
    error::{Code, Error},
    operation::DeferId,
    plan::StreamId,
    transcoder::{
        Program,
        answer::{Emission, EmitInput, FieldError, Group, Later, PathSegment, Place},
        emit::segments,
        frame::{Divided, PortionId},
        table::Window,
    },
    units::ByteSize,
};

/// An object that is written in parts.
pub(super) struct Division<'p> {
    divided: &'p Divided,
    place: Place,
}

/// Items of a list that are not written yet.
#[derive(Clone, Copy)]
pub(super) struct Rest<'a> {
    pub(super) stream: StreamId,
    pub(super) portion: PortionId,
    /// The part of the message in which the list is.
    pub(super) part: Window<'a>,
    /// The index of the first of them.
    pub(super) first: u32,
    /// Whether there are none yet.
    pub(super) is_empty: bool,
}

/// Values of keys that are not written yet.
#[derive(Clone, Copy)]
pub(super) struct RestOfValues {
    stream: StreamId,
    portion: PortionId,
    /// The number of their place.
    entity: u32,
}

/// What is left of an object or a list.
struct Left {
    place: Place,
    message: Bytes,
    /// The number of the place.
    entity: Option<u32>,
    /// Of items: the index of the first.
    from: u32,
    empty: bool,
}

/// About how many bytes it takes to remember a group, or fields for later: they count as if they were written.
const REMEMBERED: usize = 128;

impl Program {
    /// Writes the object with the fields that an emission left for later. `known_groups` is how many groups all emissions
    /// before have met. Where the fields cannot be without a value that is missing, the data are null.
    pub fn emit_later<'a>(
        &'a self,
        input: &'a EmitInput<'a>,
        later: &'a Later,
        known_groups: usize,
        out: &'a mut Vec<u8>,
    ) -> Emission {
        let portion = &self.layout.portions[later.portion.0];
        let mut emitter = Emitter {
            program: self,
            input,
            meter: Meter::new(input.budget, out.len()),
            out,
            report: Report::new(&self.layout.fields, self.plan.steps.len()),
            memos: Memos::NONE,
            cursors: vec![u32::MAX; self.places()],
            step: later.step,
            entity: Some(&later.message),
            groups: vec![None; self.plan.defers.len()],
            known_groups: u32::try_from(known_groups).expect("groups count against the budget"),
            first_item: later.from,
        };
        for (defer, group) in &later.outer {
            emitter.groups[defer.0] = Some(*group);
        }
        let path = Path::at(&later.place);
        let mark = emitter.mark();
        let written = if later.late {
            let error = Error::new(Code::DeadlineExceeded, "there was no time to write this");
            Err(Stop::Null(emitter.report.error(error, &path, portion.field, later.step)))
        } else {
            emitter.enter(portion.site, later.entity.unwrap_or_default());
            emitter.object(portion.frame, Window::of(&later.message), &path)
        };
        let Err(stop) = written else { return emitter.report.finish(false) };
        let error = match stop {
            Stop::Null(cause) => {
                emitter.cut(mark, cause);
                return emitter.report.finish(true);
            }
            Stop::Garbage => Error::new(Code::DataLoss, "the reply could not be read"),
            Stop::TooLarge => {
                let size = ByteSize(input.budget.size as u64);
                let message =
                    format!("the rest of the answer is larger than the {size} that are left");
                Error::new(Code::ResourceExhausted, message)
            }
        };
        let cause = emitter.report.error(error, &path, portion.field, later.step);
        emitter.cut(mark, cause);
        emitter.report.finish(true)
    }

    /// An error of the list whose items `later` are.
    #[must_use]
    pub fn error_of_list(&self, later: &Later, error: Error) -> FieldError {
        let field = self.layout.portions[later.portion.0].field;
        let location = self.layout.fields[field as usize].location;
        FieldError { path: self.path(&later.place), location, error, step: later.step }
    }

    /// A place as clients know it.
    #[must_use]
    pub fn path(&self, place: &Place) -> Vec<PathSegment> {
        segments(place, &self.layout.fields)
    }
}

impl<'a> Emitter<'a> {
    /// The start of an object: the deferred fragments that stand in it.
    #[cold]
    pub(super) fn begin<'p>(&mut self, divided: &'p Divided, path: &Path<'_>) -> Division<'p> {
        let place = path.place();
        for defer in &divided.begins {
            let parent = self.program.plan.defers[defer.0].parent;
            let parent = parent.and_then(|parent| self.groups[parent.0]);
            let (place, first_item, open) = (place.clone(), None, false);
            self.group(Group { defer: *defer, parent, place, first_item, open });
        }
        Division { divided, place }
    }

    fn group(&mut self, group: Group) {
        let defer = group.defer;
        self.groups[defer.0] = Some(self.known_groups + self.report.group(group));
        self.meter.set_aside(REMEMBERED);
    }

    /// The end of a list of which more comes. `path` is its own.
    #[cold]
    pub(super) fn leave_rest(&mut self, rest: Rest<'_>, path: &Path<'_>) {
        let Rest { stream, portion, part, first, is_empty } = rest;
        let place = path.place();
        self.list(stream, &place, first);
        // No key was looked for where nothing is.
        let entity = if is_empty { None } else { self.entity_of(portion) };
        let message = self.kept(part);
        self.leave(portion, Left { place, message, entity, from: first, empty: is_empty });
    }

    /// The same of a list of the values of many keys.
    #[cold]
    pub(super) fn leave_values(&mut self, values: RestOfValues, first: u32, path: &Path<'_>) {
        let RestOfValues { stream, portion, entity } = values;
        let place = path.place();
        self.list(stream, &place, first);
        let (message, entity) = (Bytes::new(), Some(entity));
        self.leave(portion, Left { place, message, entity, from: first, empty: false });
    }

    /// Whether keys are left of the list at hand, and where they are. Asked once for each list.
    #[cold]
    pub(super) fn rest_of_values(
        &mut self,
        stream: StreamId,
        portion: PortionId,
    ) -> Option<RestOfValues> {
        let entity = self.entity_of(portion)?;
        let site = self.program.layout.portions[portion.0].site?;
        let rest = self.program.children(Some(site)).first()?;
        let refs = &self.input.refs[rest.0];
        let (start, end) = refs.spans.get(*refs.starts.get(entity as usize)? as usize)?;
        (start < end).then_some(RestOfValues { stream, portion, entity })
    }

    /// The number of the next place of a portion, where those are numbered.
    fn entity_of(&mut self, portion: PortionId) -> Option<u32> {
        let site = self.program.layout.portions[portion.0].site?;
        let place = self.place(site);
        self.input.refs[site.0].refs.get(place).copied()
    }

    /// A list of which more comes.
    fn list(&mut self, stream: StreamId, place: &Place, first: u32) {
        let plan = &self.program.plan;
        let defer = plan.streams[stream.0].defer;
        let parent = plan.defers[defer.0].parent.and_then(|parent| self.groups[parent.0]);
        let (place, first_item) = (place.clone(), Some(first));
        let open = self.input.lists[stream.0].open;
        self.group(Group { defer, parent, place, first_item, open });
    }

    /// The end of an object: the fields that are not written now.
    #[cold]
    pub(super) fn leave_for_later(&mut self, division: Division<'_>, message: Window<'_>) {
        let Division { divided, place } = division;
        for portion in &divided.portions {
            let (entity, message) = (self.entity_of(*portion), self.kept(message));
            let place = place.clone();
            self.leave(*portion, Left { place, message, entity, from: 0, empty: false });
        }
    }

    fn leave(&mut self, portion: PortionId, left: Left) {
        let Left { place, message, entity, from, empty } = left;
        let compiled = &self.program.layout.portions[portion.0];
        // Once the time is over, no cursor is right.
        let late = self.meter.is_late();
        let group = |defer: &DeferId| self.groups[defer.0];
        let groups: SmallVec<[u32; 2]> = compiled.defers.iter().filter_map(group).collect();
        let outer = compiled.outer.iter();
        let outer = outer.filter_map(|defer| Some((*defer, self.groups[defer.0]?))).collect();
        let step = self.step;
        self.report.later(Later {
            groups,
            place,
            portion,
            message,
            from,
            entity,
            late,
            empty,
            outer,
            step,
        });
        self.meter.set_aside(REMEMBERED);
    }

    /// A message, to be read once more: by reference where it is inside the entity, else copied, as it was put together.
    fn kept(&self, message: Window<'_>) -> Bytes {
        let message = message.message();
        let inside = self.entity.and_then(|entity| {
            let start = message.as_ptr().addr().checked_sub(entity.as_ptr().addr())?;
            let end = start.checked_add(message.len()).filter(|end| *end <= entity.len())?;
            Some(entity.slice(start..end))
        });
        inside.unwrap_or_else(|| Bytes::copy_from_slice(message))
    }
}
