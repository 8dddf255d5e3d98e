//! Joins: the place of a site gets what its step answered for the place's key.

use super::{Emitter, Flow, Path, Stop};
use crate::{
    error::{Code, Error},
    plan::{SiteId, StepId},
    transcoder::{
        NO_KEY, UNFIT_KEY,
        answer::EntityValue,
        frame::{FrameId, Half, Operation},
        table::Window,
    },
};

/// A site, as its operation knows it.
#[derive(Clone, Copy)]
pub(super) struct Joined {
    pub(super) site: SiteId,
    pub(super) step: StepId,
    pub(super) then: FrameId,
}

impl Emitter<'_> {
    /// Sets the cursors of the sites right below `site` to the places of one of its entities.
    pub(super) fn enter(&mut self, site: Option<SiteId>, entity_id: u32) {
        for child in self.program.children(site) {
            let starts = &self.input.refs[child.0].starts;
            self.cursors[child.0] = starts.get(entity_id as usize).copied().unwrap_or(u32::MAX);
        }
    }

    /// The next place of a site.
    pub(super) fn place(&mut self, site: SiteId) -> usize {
        let cursor = &mut self.cursors[site.0];
        let place = *cursor;
        // A parent that nobody looked at stays so.
        *cursor = place.saturating_add(1);
        place as usize
    }

    pub(super) fn join(&mut self, operation: &Operation, joined: Joined, path: &Path<'_>) -> Flow {
        let place = self.place(joined.site);
        let path = path.field(operation);
        let id = self.input.refs[joined.site.0].refs.get(place).copied();
        let mark = self.mark();
        let flow = match id {
            Some(id) => self.entity(operation, operation.nullable, joined, id, &path),
            None => Err(self.not_asked(operation, joined, &path)),
        };
        self.settle(operation.nullable, mark, flow)
    }

    /// One value for each key of a list.
    pub(super) fn join_many(
        &mut self,
        operation: &Operation,
        joined: Joined,
        half: Half,
        path: &Path<'_>,
    ) -> Flow {
        let (from, rest) = match half {
            Half::All => (0, None),
            Half::First { stream, rest } => (0, self.rest_of_values(stream, rest)),
            Half::Rest(_) => (self.first_item, None),
        };
        let place = self.place(joined.site);
        let path = path.field(operation);
        let input = self.input;
        let refs = &input.refs[joined.site.0];
        let mark = self.mark();
        let Some((start, end)) = refs.spans.get(place) else {
            let stop = self.not_asked(operation, joined, &path);
            return self.settle(operation.nullable, mark, Err(stop));
        };
        let mut flow = Ok(());
        let mut index = from;
        let mut told = None;
        self.out.push(b'[');
        for id in &refs.refs[*start as usize..*end as usize] {
            if let Some(note) = self.left_out(joined, *id) {
                // The list stands in the report for all that it lacks for one reason.
                if told.replace(note) != Some(note) {
                    self.report.degraded(note, &path, joined.step);
                }
                continue;
            }
            if index > from {
                self.out.push(b',');
            }
            let item_mark = self.mark();
            let item =
                self.entity(operation, operation.item_nullable, joined, *id, &path.item(index));
            match self.settle(operation.item_nullable, item_mark, item) {
                Err(stop @ (Stop::Garbage | Stop::TooLarge)) => return Err(stop),
                item => flow = flow.and(item),
            }
            index += 1;
        }
        self.out.push(b']');
        if let Some(rest) = rest {
            self.leave_values(rest, index, &path);
        }
        self.settle(operation.nullable, mark, flow)
    }

    /// The note of a key whose value a list is shown without.
    fn left_out(&self, joined: Joined, id: u32) -> Option<u32> {
        let entity = self.input.steps.get(joined.step.0)?.get(id as usize)?;
        match entity.value {
            EntityValue::LeftOut => entity.note,
            _ => None,
        }
    }

    /// What the step answered for one key. `path` is that of the place.
    fn entity(
        &mut self,
        operation: &Operation,
        nullable: bool,
        joined: Joined,
        id: u32,
        path: &Path<'_>,
    ) -> Flow {
        let Joined { site, step, then } = joined;
        self.within_budget(operation, path)?;
        if id == NO_KEY {
            return self.nothing(operation, nullable, joined, path);
        }
        if id == UNFIT_KEY {
            return Err(self.unfit(operation, path));
        }
        let input = self.input;
        let Some(entity) = input.steps.get(step.0).and_then(|step| step.get(id as usize)) else {
            return Err(self.not_asked(operation, joined, path));
        };
        let mark = self.report.mark();
        if let Some(note) = entity.note
            && !matches!(entity.value, EntityValue::Failed(_))
        {
            self.report.degraded(note, path, step);
        }
        let bytes = match &entity.value {
            EntityValue::Bytes(bytes) => bytes,
            EntityValue::Null | EntityValue::LeftOut => {
                return self.nothing(operation, nullable, joined, path);
            }
            EntityValue::Failed(error) if nullable && error.code() == Code::NotFound => {
                return self.nothing(operation, nullable, joined, path);
            }
            EntityValue::Failed(error) => {
                return Err(self.failed(operation, joined, error.clone(), path));
            }
        };
        if let Some(written) = self.memos.find(site, id) {
            self.out.extend_from_within(written);
            return Ok(());
        }
        let start = self.out.len();
        let shown = self.mark();
        let outer = self.step.replace(step);
        let outer_entity = self.entity.replace(bytes);
        self.enter(Some(site), id);
        let flow = match self.object(then, Window::of(bytes), path) {
            Err(Stop::Garbage) => {
                // What was reported inside says nothing about a reply that is garbage.
                self.report.roll_back(mark, None);
                let error = Error::new(Code::DataLoss, "the reply could not be read");
                Err(self.failed(operation, joined, error, path))
            }
            // Null because of what stands inside is still what the entity made of the place: its note stays.
            flow => self.settle(nullable, shown, flow),
        };
        self.step = outer;
        self.entity = outer_entity;
        // What cannot be copied is read again at each of its places.
        self.meter.charge(bytes.len());
        if flow.is_ok() && self.report.mark() == mark {
            self.memos.keep(site, id, start..self.out.len());
        }
        flow
    }

    /// The step has nothing for this place.
    fn nothing(
        &mut self,
        operation: &Operation,
        nullable: bool,
        joined: Joined,
        path: &Path<'_>,
    ) -> Flow {
        if nullable {
            self.out.extend_from_slice(b"null");
            return Ok(());
        }
        let error = Error::new(Code::NullValue, "there is no value, and null may not stand here");
        Err(self.failed(operation, joined, error, path))
    }

    /// The message that names the key is at fault, not the step, which was not asked.
    #[cold]
    fn unfit(&mut self, operation: &Operation, path: &Path<'_>) -> Stop {
        let message = "the key of this field does not fit its request: a text that is not valid UTF-8, or a number \
            out of range";
        let error = Error::new(Code::InvalidValue, message);
        Stop::Null(self.report.error(error, path, operation.field, self.step))
    }

    fn failed(
        &mut self,
        operation: &Operation,
        joined: Joined,
        error: Error,
        path: &Path<'_>,
    ) -> Stop {
        Stop::Null(self.report.error(error, path, operation.field, Some(joined.step)))
    }

    /// Only a fault of ours leads here: the keys of the parent were not extracted.
    #[cold]
    fn not_asked(&mut self, operation: &Operation, joined: Joined, path: &Path<'_>) -> Stop {
        let error = Error::new(Code::Internal, "the field was not asked for");
        self.failed(operation, joined, error, path)
    }
}
