//! What emission reports: errors and degraded places, at most 100 of each for a step, and paths made only for these.

use std::borrow::Cow;

use super::super::{
    answer::{Degraded, Emission, FieldError, Group, Later, PathSegment, Place},
    frame::{Field, Operation},
};
use crate::{
    error::{Code, Error},
    operation::Location,
    plan::StepId,
};

/// So many errors, and so many degraded places, are listed for each step; the others are counted.
const LISTED: u32 = 100;

/// The way from the root to a value, linked on the stack.
pub(super) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    link: Link<'p>,
}

#[derive(Clone, Copy)]
enum Link<'p> {
    /// Adds nothing.
    None,
    Segment(Segment),
    /// The way that another emission went.
    Place(&'p Place),
}

/// One step of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transcoder) enum Segment {
    /// A position in the program's fields.
    Field(u32),
    Index(u32),
}

impl<'p> Path<'p> {
    pub(super) const ROOT: Path<'static> = Path { parent: None, link: Link::None };

    /// The path of an object that another emission met.
    pub(super) fn at(place: &'p Place) -> Self {
        Self { parent: None, link: Link::Place(place) }
    }

    /// The path of a field of the object here.
    #[inline]
    pub(super) fn field(&'p self, operation: &Operation) -> Self {
        let link = if operation.inside_join {
            Link::None
        } else {
            Link::Segment(Segment::Field(operation.field))
        };
        Self { parent: Some(self), link }
    }

    /// The path of an item of the list here.
    #[inline]
    pub(super) fn item(&'p self, index: u32) -> Self {
        Self { parent: Some(self), link: Link::Segment(Segment::Index(index)) }
    }

    /// The path, to be kept.
    pub(super) fn place(&self) -> Place {
        let mut segments = Vec::new();
        let mut here = Some(self);
        while let Some(path) = here {
            match path.link {
                Link::None => {}
                Link::Segment(segment) => segments.push(segment),
                Link::Place(Place(place)) => segments.extend(place.iter().rev()),
            }
            here = path.parent;
        }
        segments.reverse();
        Place(segments.into())
    }

    fn segments(&self, fields: &[Field]) -> Vec<PathSegment> {
        segments(&self.place(), fields)
    }
}

/// A place as clients know it.
pub(in crate::transcoder) fn segments(Place(place): &Place, fields: &[Field]) -> Vec<PathSegment> {
    let segment = |segment: &Segment| match segment {
        Segment::Field(field) => PathSegment::Key(fields[*field as usize].response_key.clone()),
        Segment::Index(index) => PathSegment::Index(*index),
    };
    place.iter().map(segment).collect()
}

/// The error that made a value null: its position. Small, so that results fit into registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cause(u32);

impl Cause {
    /// It is not listed, only counted.
    const COUNTED: Self = Self(u32::MAX);
}

/// How much was reported at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    errors: u32,
    degraded: u32,
    groups: u32,
    later: u32,
    errors_left_out: u64,
    degraded_left_out: u64,
}

/// What was reported so far.
pub(super) struct Report<'a> {
    fields: &'a [Field],
    emission: Emission,
    /// By step, and at last for no step: how many are listed.
    errors: Vec<u32>,
    degraded: Vec<u32>,
    /// By entry of `emission.degraded`: its step.
    degraded_steps: Vec<usize>,
}

impl<'a> Report<'a> {
    pub(super) fn new(fields: &'a [Field], steps: usize) -> Self {
        Self {
            fields,
            emission: Emission::default(),
            errors: vec![0; steps + 1],
            degraded: vec![0; steps + 1],
            degraded_steps: Vec::new(),
        }
    }

    #[cold]
    pub(super) fn error(
        &mut self,
        error: Error,
        path: &Path<'_>,
        field: u32,
        step: Option<StepId>,
    ) -> Cause {
        let path = path.segments(self.fields);
        let location = self.fields[field as usize].location;
        self.list(FieldError { path, location, error, step })
    }

    /// Lists an error, or counts it.
    #[cold]
    pub(super) fn list(&mut self, error: FieldError) -> Cause {
        let index = self.index(error.step);
        let listed = &mut self.errors[index];
        if *listed == LISTED {
            self.emission.errors_left_out += 1;
            return Cause::COUNTED;
        }
        *listed += 1;
        self.emission.errors.push(error);
        self.last()
    }

    /// The error that was listed last.
    fn last(&self) -> Cause {
        // At most LISTED for each step of a plan.
        Cause(self.emission.errors.len() as u32 - 1)
    }

    /// There is no answer at all.
    #[cold]
    pub(super) fn whole(&mut self, code: Code, message: Cow<'static, str>) -> Cause {
        let error = Error::new(code, message);
        let (path, location, step) = (Vec::new(), Location::default(), None);
        self.emission.errors.push(FieldError { path, location, error, step });
        self.last()
    }

    #[cold]
    pub(super) fn degraded(&mut self, note: u32, path: &Path<'_>, step: StepId) {
        let listed = &mut self.degraded[step.0];
        if *listed == LISTED {
            self.emission.degraded_left_out += 1;
            return;
        }
        *listed += 1;
        self.emission.degraded.push(Degraded { path: path.segments(self.fields), note });
        self.degraded_steps.push(step.0);
    }

    #[inline]
    pub(super) fn mark(&self) -> Mark {
        let Emission { errors, degraded, groups, later, .. } = &self.emission;
        // Of the first two at most LISTED for each step of a plan; the others count against the budget.
        Mark {
            errors: errors.len() as u32,
            degraded: degraded.len() as u32,
            groups: groups.len() as u32,
            later: later.len() as u32,
            errors_left_out: self.emission.errors_left_out,
            degraded_left_out: self.emission.degraded_left_out,
        }
    }

    /// Forgets what was reported since the mark, but for the cause of it.
    #[cold]
    pub(super) fn roll_back(&mut self, mark: Mark, cause: Option<Cause>) {
        let errors = mark.errors as usize;
        let kept = match cause {
            Some(cause) if cause != Cause::COUNTED && cause.0 >= mark.errors => {
                self.emission.errors.swap(errors, cause.0 as usize);
                errors + 1
            }
            _ => errors,
        };
        for error in &self.emission.errors[kept..] {
            let index = error.step.map_or(self.errors.len() - 1, |step| step.0);
            self.errors[index] -= 1;
        }
        self.emission.errors.truncate(kept);
        self.emission.errors_left_out =
            mark.errors_left_out + u64::from(cause == Some(Cause::COUNTED));
        for step in self.degraded_steps.drain(mark.degraded as usize..) {
            self.degraded[step] -= 1;
        }
        self.emission.degraded.truncate(mark.degraded as usize);
        self.emission.groups.truncate(mark.groups as usize);
        self.emission.later.truncate(mark.later as usize);
        self.emission.degraded_left_out = mark.degraded_left_out;
    }

    /// A deferred fragment was met. Says which one among all of this emission.
    pub(super) fn group(&mut self, group: Group) -> u32 {
        self.emission.groups.push(group);
        self.emission.groups.len() as u32 - 1
    }

    /// Fields were left for later.
    pub(super) fn later(&mut self, later: Later) {
        self.emission.later.push(later);
    }

    pub(super) fn finish(self, data_is_null: bool) -> Emission {
        Emission { data_is_null, ..self.emission }
    }

    fn index(&self, step: Option<StepId>) -> usize {
        step.map_or(self.errors.len() - 1, |step| step.0)
    }
}
