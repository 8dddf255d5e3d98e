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
        let plan = &self.program.plan;
        let defer = plan.streams[stream.0].defer;
        let parent = plan.defers[defer.0].parent.and_then(|parent| self.groups[parent.0]);
        let place = path.place();
        let (list, open) = (place.clone(), self.input.lists[stream.0].open);
        self.group(Group { defer, parent, place: list, first_item: Some(first), open });
        self.leave(portion, place, part, is_empty);
    }

    /// The end of an object: the fields that are not written now.
    #[cold]
    pub(super) fn leave_for_later(&mut self, division: Division<'_>, message: Window<'_>) {
        let Division { divided, place } = division;
        for portion in &divided.portions {
            self.leave(*portion, place.clone(), message, false);
        }
    }

    fn leave(&mut self, id: PortionId, place: Place, message: Window<'_>, empty: bool) {
        let portion = &self.program.layout.portions[id.0];
        // No key was looked for where nothing is.
        let site = portion.site.filter(|_| !empty);
        let refs = site.map(|site| (self.place(site), &self.input.refs[site.0].refs));
        let entity = refs.and_then(|(place, refs)| refs.get(place).copied());
        // Once the time is over, no cursor is right.
        let late = self.meter.is_late();
        let group = |defer: &DeferId| self.groups[defer.0];
        let groups: SmallVec<[u32; 2]> = portion.defers.iter().filter_map(group).collect();
        let outer = portion.outer.iter();
        let outer = outer.filter_map(|defer| Some((*defer, self.groups[defer.0]?))).collect();
        let (step, message) = (self.step, self.kept(message));
        let portion = id;
        let later = Later { groups, place, portion, message, entity, late, empty, outer, step };
        self.report.later(later);
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
