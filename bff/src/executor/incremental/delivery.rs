//! What was told of deferred fragments, and what is told next.
//!
//! A **group** is a deferred fragment, or what `@stream` leaves of a list, at one place. It is announced when what it stands in was answered, and told whole, when all
//! its fields are there. Fields of several groups are told with the first of them.
//!
//! Source: `WorkQueue` and `IncrementalPublisher` of graphql-js 17; the payloads of 2022 are those of the specification's draft
//! of 2022-08-24.

use std::mem;

use tokio::time::Instant;

use super::super::{Answer, Incremental, respond, run::Run};
use crate::transcoder::{Budget, Emission, FieldError, Group, Later, PathSegment, Place};

/// The state of an answer in parts.
pub(super) struct Delivery {
    how: Incremental,
    groups: Vec<Told>,
    fields: Vec<Fields>,
    /// How many groups are announced and not told.
    pending: usize,
    next_id: usize,
    /// How many bytes all answers before have.
    sent: usize,
}

/// A group, and what was told of it.
struct Told {
    group: Group,
    /// Positions in [`Delivery::fields`].
    fields: Vec<usize>,
    status: Status,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Hidden,
    /// By this id.
    Announced(usize),
    Completed,
    Failed,
}

/// Fields of an object.
enum Fields {
    Waiting(Later),
    Written,
    /// Where null may not stand nothing came: so it is for every group that they belong to.
    Failed(Vec<FieldError>),
}

/// An answer that grows.
struct Part {
    /// `{"incremental":[` and what follows.
    body: Vec<u8>,
    completed: Vec<u8>,
    /// Groups, with their ids.
    announced: Vec<(usize, usize)>,
    /// How many fields were written, of whatever length.
    turns: usize,
    errors: u64,
    degraded: u64,
}

const LEAD: &[u8] = b"{\"incremental\":[";

impl Delivery {
    pub(super) fn new(how: Incremental) -> Self {
        let (groups, fields) = (Vec::new(), Vec::new());
        Self { how, groups, fields, pending: 0, next_id: 0, sent: 0 }
    }

    /// Whether something is left to be told.
    pub(super) fn has_next(&self) -> bool {
        self.pending > 0
    }

    /// Whether some of that is there.
    pub(super) fn is_ready(&self, run: &Run) -> bool {
        let is_announced = |told: &&Told| matches!(told.status, Status::Announced(_));
        self.groups.iter().filter(is_announced).any(|told| run.has(told.group.defer))
    }

    /// Everything that is not deferred.
    pub(super) fn first(&mut self, run: &Run) -> Answer {
        let budget = run.request.budget();
        let mut body = run.request.prepared.buffer();
        body.extend_from_slice(b"{\"data\":");
        let mut emission = run.emit(budget, &mut body);
        self.met(mem::take(&mut emission.groups), mem::take(&mut emission.later));
        let extended = respond::report(&mut body, &emission, &run.notes, budget);
        let announced = self.announce();
        if !announced.is_empty() {
            if self.how == Incremental::Pending {
                body.extend_from_slice(b",\"pending\":");
                self.list_announced(&mut body, run, &announced);
            }
            body.extend_from_slice(b",\"hasNext\":true");
        }
        body.push(b'}');
        self.sent += body.len();
        respond::answer(body, &emission, extended)
    }

    /// Everything else that is there.
    pub(super) fn next(&mut self, run: &Run) -> Answer {
        let (body, completed, announced) = (LEAD.to_vec(), Vec::new(), Vec::new());
        let mut part = Part { body, completed, announced, turns: 0, errors: 0, degraded: 0 };
        loop {
            let ready = (0..self.groups.len()).filter_map(|at| match self.groups[at].status {
                Status::Announced(id) if run.has(self.groups[at].group.defer) => Some((at, id)),
                _ => None,
            });
            let ready: Vec<(usize, usize)> = ready.collect();
            if ready.is_empty() {
                return self.finish(part, run);
            }
            for (at, id) in ready {
                self.tell(at, id, &mut part, run);
            }
            part.announced.extend(self.announce());
        }
    }

    fn finish(&mut self, part: Part, run: &Run) -> Answer {
        let Part { mut body, completed, announced, errors, degraded, .. } = part;
        if body.len() > LEAD.len() {
            body.extend_from_slice(b"],");
        } else {
            body.truncate(1);
        }
        if self.how == Incremental::Pending {
            if !announced.is_empty() {
                body.extend_from_slice(b"\"pending\":");
                self.list_announced(&mut body, run, &announced);
                body.push(b',');
            }
            if !completed.is_empty() {
                body.extend_from_slice(b"\"completed\":[");
                body.extend_from_slice(&completed);
                body.extend_from_slice(b"],");
            }
        }
        respond::write(&mut body, format_args!("\"hasNext\":{}}}", self.has_next()));
        self.sent += body.len();
        Answer { body: body.into(), data_is_null: false, errors, degraded, extended: false }
    }

    /// Remembers what an emission has met.
    fn met(&mut self, groups: Vec<Group>, later: Vec<Later>) {
        let told = |group| Told { group, fields: Vec::new(), status: Status::Hidden };
        self.groups.extend(groups.into_iter().map(told));
        for later in later {
            for group in &later.groups {
                self.groups[*group as usize].fields.push(self.fields.len());
            }
            self.fields.push(Fields::Waiting(later));
        }
    }

    /// Forgets what was met since there were so many groups and fields.
    fn forget(&mut self, (groups, fields): (usize, usize)) {
        self.groups.truncate(groups);
        if self.fields.len() == fields {
            return;
        }
        self.fields.truncate(fields);
        for told in &mut self.groups {
            told.fields.retain(|index| *index < fields);
        }
    }

    /// Announces the groups that have something to be told and stand in nothing that is still to be told.
    fn announce(&mut self) -> Vec<(usize, usize)> {
        let is_next = |at: &usize| {
            let told = &self.groups[*at];
            told.status == Status::Hidden && !self.is_empty(told) && self.is_open(&told.group)
        };
        let next: Vec<usize> = (0..self.groups.len()).filter(is_next).collect();
        let announced: Vec<(usize, usize)> = next.into_iter().zip(self.next_id..).collect();
        for (at, id) in &announced {
            self.groups[*at].status = Status::Announced(*id);
        }
        self.next_id += announced.len();
        self.pending += announced.len();
        announced
    }

    /// Whether nothing of the group is left.
    fn is_empty(&self, told: &Told) -> bool {
        told.fields.iter().all(|at| matches!(self.fields[*at], Fields::Written))
    }

    /// Whether what the group stands in was told, or has nothing to be told.
    fn is_open(&self, group: &Group) -> bool {
        let Some(parent) = group.parent else { return true };
        let parent = &self.groups[parent as usize];
        match parent.status {
            Status::Completed => true,
            Status::Hidden => self.is_empty(parent) && self.is_open(&parent.group),
            Status::Announced(_) | Status::Failed => false,
        }
    }

    /// Tells of a group: all its fields that were not told with others, or that it has failed.
    fn tell(&mut self, at: usize, id: usize, part: &mut Part, run: &Run) {
        let mark = (part.body.len(), part.errors, part.degraded);
        let known = (self.groups.len(), self.fields.len());
        let (mut written, mut failures) = (Vec::new(), Vec::new());
        let mut turn = 0;
        // More of the group may be found inside.
        while let Some(index) = self.groups[at].fields.get(turn).copied() {
            turn += 1;
            let fields = match mem::replace(&mut self.fields[index], Fields::Written) {
                Fields::Written => continue,
                Fields::Waiting(mut fields) => {
                    if part.is_late(run) {
                        fields.give_up();
                    }
                    fields
                }
                Fields::Failed(errors) => {
                    failures.extend_from_slice(&errors);
                    self.fields[index] = Fields::Failed(errors);
                    continue;
                }
            };
            let start = part.body.len();
            self.groups[at].begin(&mut part.body);
            let budget = self.left(run, part.body.len());
            let known_groups = self.groups.len();
            let mut emission = run.emit_later(budget, &fields, known_groups, &mut part.body);
            if emission.data_is_null {
                part.body.truncate(start);
                failures.extend_from_slice(&emission.errors);
                self.fields[index] = Fields::Failed(emission.errors);
                continue;
            }
            self.met(mem::take(&mut emission.groups), mem::take(&mut emission.later));
            self.place(at, id, &fields, run, &mut part.body);
            part.report(&emission, run, budget);
            part.body.push(b'}');
            written.push((index, fields));
        }
        self.pending -= 1;
        if failures.is_empty() {
            self.groups[at].status = Status::Completed;
            return part.complete(id, &[]);
        }
        self.groups[at].status = Status::Failed;
        (part.errors, part.degraded) = (mark.1 + failures.len() as u64, mark.2);
        part.body.truncate(mark.0);
        self.forget(known);
        // Other groups may show them.
        for (index, fields) in written.into_iter().filter(|(index, _)| *index < known.1) {
            self.fields[index] = Fields::Waiting(fields);
        }
        match self.how {
            Incremental::Pending => part.complete(id, &failures),
            Incremental::Patches => {
                self.groups[at].begin(&mut part.body);
                part.body.extend_from_slice(b"null");
                let group = &self.groups[at].group;
                patch(&mut part.body, run, group, &group.place, group.first_item);
                part.body.extend_from_slice(b",\"errors\":");
                respond::errors(&mut part.body, &failures);
                part.body.push(b'}');
            }
        }
    }

    /// What is left of the answer's budget behind what is written.
    fn left(&self, run: &Run, written: usize) -> Budget {
        let budget = run.request.budget();
        Budget { size: budget.size.saturating_sub(self.sent + written), ..budget }
    }

    /// Where fields belong, that are told with a group.
    fn place(&self, at: usize, id: usize, fields: &Later, run: &Run, body: &mut Vec<u8>) {
        let group = &self.groups[at].group;
        if self.how == Incremental::Patches {
            return patch(body, run, group, &fields.place, group.first_item);
        }
        let known = |group: &u32| {
            let told = &self.groups[*group as usize];
            match told.status {
                Status::Announced(id) => Some((told.group.place.depth(), id)),
                _ => None,
            }
        };
        // The nearest makes the shortest path.
        let own = (group.place.depth(), id);
        let nearest = fields.groups.iter().filter_map(known).max_by_key(|(depth, _)| *depth);
        let (depth, id) = nearest.filter(|(depth, _)| *depth > own.0).unwrap_or(own);
        respond::write(body, format_args!(",\"id\":\"{id}\""));
        let mut path = run.request.prepared.program.path(&fields.place);
        if let Some(first) = group.first_item {
            // Not in the draft, whose clients count. urql looks here for where items belong, and else puts them elsewhere.
            path.push(PathSegment::Index(first));
            body.extend_from_slice(b",\"path\":");
            respond::path(body, &path);
        } else if path.len() > depth {
            body.extend_from_slice(b",\"subPath\":");
            respond::path(body, &path[depth..]);
        }
    }

    fn list_announced(&self, body: &mut Vec<u8>, run: &Run, announced: &[(usize, usize)]) {
        body.push(b'[');
        for (index, (at, id)) in announced.iter().enumerate() {
            let group = &self.groups[*at].group;
            let separator = if index > 0 { "," } else { "" };
            respond::write(body, format_args!("{separator}{{\"id\":\"{id}\""));
            patch(body, run, group, &group.place, None);
            body.push(b'}');
        }
        body.push(b']');
    }
}

impl Told {
    /// The start of what is told of it.
    fn begin(&self, body: &mut Vec<u8>) {
        let separator = if body.len() > LEAD.len() { "," } else { "" };
        let name = if self.group.first_item.is_some() { "items" } else { "data" };
        respond::write(body, format_args!("{separator}{{\"{name}\":"));
    }
}

impl Part {
    /// Whether the time is over, at every 64th turn: a small part is always whole.
    fn is_late(&mut self, run: &Run) -> bool {
        const STRIDE: usize = 64;
        let deadline = run.request.budget().deadline;
        let is_late = self.turns >= STRIDE && Instant::now() >= deadline;
        // What is late stays so.
        self.turns = if is_late { STRIDE } else { self.turns % STRIDE + 1 };
        is_late
    }

    fn report(&mut self, emission: &Emission, run: &Run, budget: Budget) {
        respond::report(&mut self.body, emission, &run.notes, budget);
        self.errors += emission.errors.len() as u64 + emission.errors_left_out;
        self.degraded += emission.degraded.len() as u64 + emission.degraded_left_out;
    }

    fn complete(&mut self, id: usize, failures: &[FieldError]) {
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
fn patch(body: &mut Vec<u8>, run: &Run, group: &Group, place: &Place, item: Option<u32>) {
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
