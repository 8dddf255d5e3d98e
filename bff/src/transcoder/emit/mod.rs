//! Emission: one pass that writes JSON in response order.
//!
//! A field without a value where none may be missing ends no loop: the rest of its object is still gone through, so that
//! the cursors of joins stay right, and the nearest field that may be null cuts off what was written since it began.
//!
//! Fields of deferred fragments and later items of lists are left out, and what they stand in remembered: [`Program::emit_later`] writes them from the same
//! bytes.
//!
//! When the time is over, nothing but the scalars of objects at hand is begun: each list item, object and join is such a
//! field without a value. From then on no cursor is read, so that they need not stay right.

mod budget;
mod join;
mod later;
mod memo;
mod object;
mod report;
mod value;

use bytes::Bytes;

use super::{
    Program,
    answer::{Budget, Emission, EmitInput},
    frame::Operation,
    table::Window,
    wire::Malformed,
};
use crate::{
    error::{Code, Error},
    plan::StepId,
    units::ByteSize,
};
pub use budget::{Meter, Spent};
use memo::Memos;
use report::{Cause, Mark, Path, Report};
pub(super) use report::{Segment, segments};

/// One emission.
struct Emitter<'a> {
    program: &'a Program,
    input: &'a EmitInput<'a>,
    out: &'a mut Vec<u8>,
    report: Report<'a>,
    memos: Memos,
    meter: Meter,
    /// By site: the next place of its [`super::Refs`].
    cursors: Vec<u32>,
    /// What answered the entity at hand.
    step: Option<StepId>,
    /// The entity at hand, in which the messages of its objects are.
    entity: Option<&'a Bytes>,
    /// By deferred fragment: its group at the object at hand.
    groups: Vec<Option<u32>>,
    /// How many groups emissions before this one have met.
    known_groups: u32,
    /// Of items that were left for later: the index of the first.
    first_item: u32,
}

/// Why a value was not written.
#[derive(Clone, Copy, Debug)]
enum Stop {
    /// Null stands where it may not.
    Null(Cause),
    /// The entity at hand is not what the contract says.
    Garbage,
    /// The answer is larger than allowed: all of it ends here.
    TooLarge,
}

impl From<Malformed> for Stop {
    fn from(_: Malformed) -> Self {
        Self::Garbage
    }
}

type Flow = Result<(), Stop>;

impl Program {
    /// Writes the value of `data`, without anything around it.
    pub fn emit<'a>(&'a self, input: &'a EmitInput<'a>, out: &'a mut Vec<u8>) -> Emission {
        let Budget { size, .. } = input.budget;
        let meter = Meter::new(input.budget, out.len());
        make_room(out, input);
        let mut emitter = Emitter {
            program: self,
            input,
            out,
            report: Report::new(&self.layout.fields, self.plan.steps.len()),
            memos: Memos::new(self, input),
            meter,
            cursors: vec![u32::MAX; self.places()],
            step: None,
            entity: None,
            groups: vec![None; self.plan.defers.len()],
            known_groups: 0,
            first_item: 0,
        };
        let root = self.layout.root.expect("a compiled program has a root");
        emitter.enter(None, 0);
        let mark = emitter.mark();
        let mut data_is_null = false;
        if let Err(stop) = emitter.object(root, Window::default(), &Path::ROOT) {
            let cause = match stop {
                Stop::Null(cause) => cause,
                Stop::Garbage => {
                    emitter.report.whole(Code::DataLoss, "the reply could not be read".into())
                }
                Stop::TooLarge => emitter.report.whole(
                    Code::ResourceExhausted,
                    format!("the answer is larger than {}", ByteSize(size as u64)).into(),
                ),
            };
            emitter.cut(mark, cause);
            data_is_null = true;
        }
        emitter.report.finish(data_is_null)
    }
}

/// JSON is rarely more than twice its wire form; a guess that is too low costs a copy. A buffer that has room for a fair
/// part of it was made by someone who remembers how large such answers are.
fn make_room(out: &mut Vec<u8>, input: &EmitInput<'_>) {
    let entities = input.steps.iter().flatten();
    let wire: usize = entities.map(|entity| entity.value.len()).sum();
    let slow: usize = input.slow.values().flatten().map(|field| field.json.len()).sum();
    if out.capacity() - out.len() < wire / 8 + slow + 64 {
        let expected = wire.saturating_mul(2).saturating_add(slow).saturating_add(256);
        out.reserve(expected.min(input.budget.size));
    }
}

impl Emitter<'_> {
    /// Whether there is room and time for a value. `path` is its own.
    #[inline]
    fn within_budget(&mut self, operation: &Operation, path: &Path<'_>) -> Flow {
        if self.meter.is_due(self.out.len()) { self.look(operation, path) } else { Ok(()) }
    }

    #[cold]
    fn look(&mut self, operation: &Operation, path: &Path<'_>) -> Flow {
        let looked = self.meter.look(self.out.len());
        looked.map_err(|spent| self.spent(spent, operation, path))
    }

    #[cold]
    fn spent(&mut self, spent: Spent, operation: &Operation, path: &Path<'_>) -> Stop {
        match spent {
            Spent::Size => Stop::TooLarge,
            Spent::Time => {
                let error = Error::new(Code::DeadlineExceeded, "there was no time to write this");
                Stop::Null(self.report.error(error, path, operation.field, self.step))
            }
        }
    }

    /// Whether it is time to look at the budget before a field.
    #[inline]
    fn is_due(&self, operation: &Operation) -> bool {
        self.meter.is_due(self.out.len() + operation.literal.length())
    }

    /// A field, if there is room and time for it.
    #[cold]
    fn look_before(
        &mut self,
        operation: &Operation,
        slots: &[u64],
        message: Window<'_>,
        path: &Path<'_>,
    ) -> Flow {
        let start = self.out.len();
        operation.literal.put(self.out);
        match self.look(operation, &path.field(operation)) {
            Ok(()) => {
                self.out.truncate(start);
                self.operation(operation, slots, message, path)
            }
            Err(Stop::Null(_)) if operation.nullable => {
                self.null(self.start(operation));
                Ok(())
            }
            stop => stop,
        }
    }

    /// Where the value of a field begins, of which only the literal is written.
    fn start(&self, operation: &Operation) -> usize {
        self.out.len() - usize::from(operation.is_text())
    }

    /// Reports an error at a field.
    fn fail(&mut self, operation: &Operation, error: Error, path: &Path<'_>) -> Stop {
        let path = path.field(operation);
        Stop::Null(self.report.error(error, &path, operation.field, self.step))
    }

    /// Puts null in place of whatever stands behind `start`.
    fn null(&mut self, start: usize) {
        self.out.truncate(start);
        self.out.extend_from_slice(b"null");
    }

    fn mark(&self) -> (usize, Mark) {
        (self.out.len(), self.report.mark())
    }

    /// Puts null in place of a value that could not be written, and forgets what was reported inside, but for the cause.
    #[cold]
    fn cut(&mut self, mark: (usize, Mark), cause: Cause) {
        self.memos.cut();
        self.meter.charge(self.out.len() - mark.0);
        self.null(mark.0);
        self.report.roll_back(mark.1, Some(cause));
    }

    /// The end of a value: where null may stand, a missing one is null.
    #[inline]
    fn settle(&mut self, nullable: bool, mark: (usize, Mark), flow: Flow) -> Flow {
        match flow {
            Err(Stop::Null(cause)) if nullable => {
                self.cut(mark, cause);
                Ok(())
            }
            flow => flow,
        }
    }
}
