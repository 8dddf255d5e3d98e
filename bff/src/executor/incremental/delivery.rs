//! What was told of deferred fragments, and what is told next.
//!
//! A **group** is a deferred fragment, or what `@stream` leaves of a list, at one place. It is announced when what it stands in was
//! answered, and told whole, when all its fields are there. Fields of several groups are told with the first of them. A list that may
//! go on is told bit by bit: what of it is there by now, until it has ended.
//!
//! Source: `WorkQueue` and `IncrementalPublisher` of graphql-js 17; the payloads of 2022 are those of the specification's draft
//! of 2022-08-24.

use std::mem;

use super::{
    super::{Answer, Incremental, respond, run::Run},
    part::{Part, patch},
    runs::{Next, RunId, Runs},
};
use crate::transcoder::{Budget, FieldError, Group, Later, PathSegment};

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
    run: RunId,
    /// Positions in [`Delivery::fields`].
    fields: Vec<usize>,
    /// Of a list that may go on: how its items are written.
    items: Option<Later>,
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
    /// They are written from a run.
    Waiting(RunId, Later),
    Written,
    /// Where null may not stand nothing came: so it is for every group that they belong to.
    Failed(Vec<FieldError>),
}

/// A group that is told of, by its id.
#[derive(Clone, Copy)]
struct Telling {
    at: usize,
    id: usize,
}

/// What is written with a group.
struct Piece<'a> {
    run: RunId,
    fields: &'a Later,
    /// Of items: the index of the first.
    first: Option<u32>,
}

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
    pub(super) fn is_ready(&self, runs: &Runs) -> bool {
        !self.ready(runs).is_empty()
    }

    /// Everything that is not deferred.
    pub(super) fn first(&mut self, runs: &mut Runs) -> Answer {
        let run = runs.whole();
        let budget = run.request.budget();
        let mut body = run.request.prepared.buffer();
        body.extend_from_slice(b"{\"data\":");
        let mut emission = run.emit(budget, &mut body);
        let (groups, later) = (mem::take(&mut emission.groups), mem::take(&mut emission.later));
        self.met(groups, later, RunId::WHOLE);
        let extensions_end = respond::report(&mut body, &emission, &run.notes, budget);
        let announced = self.announce();
        if !announced.is_empty() {
            if self.how == Incremental::Pending {
                body.extend_from_slice(b",\"pending\":[");
                self.list_announced(&mut body, run, &announced);
                body.push(b']');
            }
            body.extend_from_slice(b",\"hasNext\":true");
        }
        body.push(b'}');
        self.sent += body.len();
        self.read_on(runs);
        respond::answer(body, &emission, extensions_end)
    }

    /// Everything else that is there.
    pub(super) fn next(&mut self, runs: &mut Runs) -> Answer {
        let mut part = Part::new();
        loop {
            let ready = self.ready(runs);
            if ready.is_empty() {
                break;
            }
            for telling in ready {
                self.tell(telling, &mut part, runs);
            }
            part.announced.extend(self.announce());
            self.read_on(runs);
        }
        runs.keep(|run| {
            let is_from = |fields: &Fields| matches!(fields, Fields::Waiting(of, _) if *of == run);
            self.fields.iter().any(is_from)
        });
        let mut pending = Vec::new();
        self.list_announced(&mut pending, runs.whole(), &part.announced);
        let answer = part.finish(self.how, &pending, self.has_next());
        self.sent += answer.body.len();
        answer
    }

    /// The groups of which something is there.
    fn ready(&self, runs: &Runs) -> Vec<Telling> {
        let ready = self.groups.iter().enumerate().filter_map(|(at, told)| match told.status {
            Status::Announced(id) if self.is_there(told, runs) => Some(Telling { at, id }),
            _ => None,
        });
        ready.collect()
    }

    fn is_there(&self, told: &Told, runs: &Runs) -> bool {
        let defer = told.group.defer;
        let waits_for_items = told.items.is_some() && self.is_written(told);
        runs.get(told.run).has(defer) && (!waits_for_items || runs.has_more(defer))
    }

    /// Has the lists read of which everything was told.
    fn read_on(&self, runs: &mut Runs) {
        let is_announced = |told: &&Told| matches!(told.status, Status::Announced(_));
        let lists = self.groups.iter().filter(is_announced).filter(|told| told.items.is_some());
        for told in lists.filter(|told| self.is_written(told)) {
            runs.read_on(told.group.defer);
        }
    }

    /// Remembers what an emission of a run has met.
    fn met(&mut self, groups: Vec<Group>, later: Vec<Later>, run: RunId) {
        let told = |group| {
            let (fields, items, status) = (Vec::new(), None, Status::Hidden);
            Told { group, run, fields, items, status }
        };
        self.groups.extend(groups.into_iter().map(told));
        for later in later {
            for group in &later.groups {
                let told = &mut self.groups[*group as usize];
                told.fields.push(self.fields.len());
                if told.group.open {
                    told.items = Some(later.clone());
                }
            }
            let is_empty = later.is_empty();
            self.fields.push(if is_empty { Fields::Written } else { Fields::Waiting(run, later) });
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
        told.items.is_none() && self.is_written(told)
    }

    /// Whether all was told that was met of the group.
    fn is_written(&self, told: &Told) -> bool {
        told.fields.iter().all(|at| matches!(self.fields[*at], Fields::Written))
    }

    /// Whether what the group stands in was told, or has nothing to be told.
    fn is_open(&self, group: &Group) -> bool {
        let Some(parent) = group.parent else { return true };
        let parent = &self.groups[parent as usize];
        match parent.status {
            Status::Completed => true,
            Status::Hidden => self.is_empty(parent) && self.is_open(&parent.group),
            // What was met in items of a list that may go on was told with them.
            Status::Announced(_) => parent.items.is_some(),
            Status::Failed => false,
        }
    }

    /// Tells of a group: all its fields that were not told with others, or that it has failed.
    fn tell(&mut self, telling: Telling, part: &mut Part, runs: &mut Runs) {
        let mark = part.mark();
        let known = (self.groups.len(), self.fields.len());
        let (mut written, mut failures) = (Vec::new(), Vec::new());
        let mut turn = 0;
        // More of the group may be found inside.
        while let Some(index) = self.groups[telling.at].fields.get(turn).copied() {
            turn += 1;
            let (run, mut fields) = match mem::replace(&mut self.fields[index], Fields::Written) {
                Fields::Written => continue,
                Fields::Waiting(run, fields) => (run, fields),
                Fields::Failed(errors) => {
                    failures.extend_from_slice(&errors);
                    self.fields[index] = Fields::Failed(errors);
                    continue;
                }
            };
            if part.is_late(runs.get(run)) {
                fields.give_up();
            }
            let first = self.groups[telling.at].group.first_item;
            match self.write(telling, &Piece { run, fields: &fields, first }, part, runs) {
                Ok(()) => written.push((index, run, fields)),
                Err(errors) => {
                    failures.extend_from_slice(&errors);
                    self.fields[index] = Fields::Failed(errors);
                }
            }
        }
        if !failures.is_empty() {
            part.roll_back(mark);
            self.forget(known);
            // Other groups may show them.
            for (index, run, fields) in written.into_iter().filter(|(index, ..)| *index < known.1) {
                self.fields[index] = Fields::Waiting(run, fields);
            }
            let first = self.groups[telling.at].group.first_item;
            return self.fail(telling, &failures, first, part, runs);
        }
        if self.groups[telling.at].items.is_some() {
            return self.tell_items(telling, part, runs);
        }
        self.complete(telling, part);
    }

    /// Tells of a list that may go on what came since, and how it has ended.
    fn tell_items(&mut self, telling: Telling, part: &mut Part, runs: &mut Runs) {
        let Told { group, items, .. } = &self.groups[telling.at];
        let Some(items) = items.clone() else { return };
        let defer = group.defer;
        if let Some(Next { run, part: message, first }) = runs.take_ready(defer) {
            let (mark, known) = (part.mark(), (self.groups.len(), self.fields.len()));
            let mut fields = items.of_items(message, first);
            if part.is_late(runs.get(run)) {
                fields.give_up();
            }
            let piece = Piece { run, fields: &fields, first: Some(first) };
            if let Err(failures) = self.write(telling, &piece, part, runs) {
                part.roll_back(mark);
                self.forget(known);
                return self.fail(telling, &failures, Some(first), part, runs);
            }
        }
        match runs.end(defer) {
            None => {}
            Some(Ok(())) => self.complete(telling, part),
            Some(Err(failure)) => {
                let failure = runs.whole().request.prepared.program.error_of_list(&items, failure);
                let index = runs.index(defer);
                self.fail(telling, &[failure], index, part, runs);
            }
        }
    }

    /// Writes fields, or items, that are told with a group.
    ///
    /// # Errors
    ///
    /// Why they cannot be shown. Nothing is written then.
    fn write(
        &mut self,
        telling: Telling,
        piece: &Piece<'_>,
        part: &mut Part,
        runs: &Runs,
    ) -> Result<(), Vec<FieldError>> {
        let run = runs.get(piece.run);
        let start = part.body.len();
        part.begin(&self.groups[telling.at].group);
        let budget = self.left(run, part.body.len());
        let known_groups = self.groups.len();
        let mut emission = run.emit_later(budget, piece.fields, known_groups, &mut part.body);
        if emission.data_is_null {
            part.body.truncate(start);
            return Err(emission.errors);
        }
        let (groups, later) = (mem::take(&mut emission.groups), mem::take(&mut emission.later));
        self.met(groups, later, piece.run);
        self.place(telling, piece, run, &mut part.body);
        part.report(&emission, run, budget);
        part.body.push(b'}');
        Ok(())
    }

    /// Everything of a group was told.
    fn complete(&mut self, Telling { at, id }: Telling, part: &mut Part) {
        self.pending -= 1;
        self.groups[at].status = Status::Completed;
        part.complete(id, &[]);
    }

    /// Nothing more of a group is told. Of a list: of the items from `first` on.
    fn fail(
        &mut self,
        Telling { at, id }: Telling,
        failures: &[FieldError],
        first: Option<u32>,
        part: &mut Part,
        runs: &mut Runs,
    ) {
        self.pending -= 1;
        let told = &mut self.groups[at];
        told.status = Status::Failed;
        part.errors += failures.len() as u64;
        match self.how {
            Incremental::Pending => part.complete(id, failures),
            Incremental::Patches => {
                part.begin(&told.group);
                part.body.extend_from_slice(b"null");
                patch(&mut part.body, runs.whole(), &told.group, &told.group.place, first);
                part.body.extend_from_slice(b",\"errors\":");
                respond::errors(&mut part.body, failures);
                part.body.push(b'}');
            }
        }
        if told.items.take().is_some() {
            runs.close(told.group.defer);
        }
    }

    /// What is left of the answer's budget behind what is written.
    fn left(&self, run: &Run, written: usize) -> Budget {
        let budget = run.request.budget();
        Budget { size: budget.size.saturating_sub(self.sent + written), ..budget }
    }

    /// Where fields belong, that are told with a group.
    fn place(&self, Telling { at, id }: Telling, piece: &Piece<'_>, run: &Run, body: &mut Vec<u8>) {
        let (group, fields) = (&self.groups[at].group, piece.fields);
        if self.how == Incremental::Patches {
            return patch(body, run, group, &fields.place, piece.first);
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
        if let Some(first) = piece.first {
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
        for (index, (at, id)) in announced.iter().enumerate() {
            let group = &self.groups[*at].group;
            let separator = if index > 0 { "," } else { "" };
            respond::write(body, format_args!("{separator}{{\"id\":\"{id}\""));
            patch(body, run, group, &group.place, None);
            body.push(b'}');
        }
    }
}
