//! One answer of several, as it is written.

use tokio::time::Instant;

use super::super::{Answer, Incremental, respond, run::Run};
use crate::transcoder::{Budget, Emission, FieldError, Group, PathSegment, Place};

/// An answer that grows.
pub(super) struct Part {
    /// `{"incremental":[` and what follows.
    pub(super) body: Vec<u8>,
    completed: Vec<u8>,
    /// Groups, with their ids.
    pub(super) announced: Vec<(usize, usize)>,
    /// How many fields were written, of whatever length.
    turns: usize,
    pub(super) errors: u64,
    pub(super) degraded: u64,
}

const LEAD: &[u8] = b"{\"incremental\":[";

impl Part {
    pub(super) fn new() -> Self {
        let (body, completed, announced) = (LEAD.to_vec(), Vec::new(), Vec::new());
        Self { body, completed, announced, turns: 0, errors: 0, degraded: 0 }
    }

    /// Where it ends by now.
    pub(super) fn mark(&self) -> (usize, u64, u64) {
        (self.body.len(), self.errors, self.degraded)
    }

    /// Forgets what was told since the mark.
    pub(super) fn roll_back(&mut self, mark: (usize, u64, u64)) {
        self.body.truncate(mark.0);
        (self.errors, self.degraded) = (mark.1, mark.2);
    }

    /// The start of what is told of a group.
    pub(super) fn begin(&mut self, group: &Group) {
        let separator = if self.body.len() > LEAD.len() { "," } else { "" };
        let name = if group.first_item.is_some() { "items" } else { "data" };
        respond::write(&mut self.body, format_args!("{separator}{{\"{name}\":"));
    }

    /// The end of the answer. `pending` are the groups that were announced.
    pub(super) fn finish(self, how: Incremental, pending: &[u8], has_next: bool) -> Answer {
        let Self { mut body, completed, errors, degraded, .. } = self;
        if body.len() > LEAD.len() {
            body.extend_from_slice(b"],");
        } else {
            body.truncate(1);
        }
        if how == Incremental::Pending {
            for (name, list) in [("pending", pending), ("completed", &completed)] {
                if !list.is_empty() {
                    respond::write(&mut body, format_args!("\"{name}\":["));
                    body.extend_from_slice(list);
                    body.extend_from_slice(b"],");
                }
            }
        }
        respond::write(&mut body, format_args!("\"hasNext\":{has_next}}}"));
        Answer { body: body.into(), data_is_null: false, errors, degraded, extensions_end: None }
    }

    /// Whether the time is over, at every 64th turn: a small part is always whole.
    pub(super) fn is_late(&mut self, run: &Run) -> bool {
        const STRIDE: usize = 64;
        let deadline = run.request.budget().deadline;
        let is_late = self.turns >= STRIDE && Instant::now() >= deadline;
        // What is late stays so.
        self.turns = if is_late { STRIDE } else { self.turns % STRIDE + 1 };
        is_late
    }

    pub(super) fn report(&mut self, emission: &Emission, run: &Run, budget: Budget) {
        respond::report(&mut self.body, emission, &run.notes, budget);
        self.errors += emission.errors.len() as u64 + emission.errors_left_out;
        self.degraded += emission.degraded.len() as u64 + emission.degraded_left_out;
    }

    pub(super) fn complete(&mut self, id: usize, failures: &[FieldError]) {
        let separator = if self.completed.is_empty() { "" } else { "," };
        respond::write(&mut self.completed, format_args!("{separator}{{\"id\":\"{id}\""));
        if !failures.is_empty() {
            self.completed.extend_from_slice(b",\"errors\":");
            respond::errors(&mut self.completed, failures);
        }
        self.completed.push(b'}');
    }
}

/// The path of an object, of a list, or of one of its items, and the label of the directive.
pub(super) fn patch(
    body: &mut Vec<u8>,
    run: &Run,
    group: &Group,
    place: &Place,
    item: Option<u32>,
) {
    let prepared = &run.request.prepared;
    body.extend_from_slice(b",\"path\":");
    let mut path = prepared.program.path(place);
    path.extend(item.map(PathSegment::Index));
    respond::path(body, &path);
    if let Some(label) = &prepared.plan().defers[group.defer.0].label {
        body.extend_from_slice(b",\"label\":");
        respond::string(body, label);
    }
}
