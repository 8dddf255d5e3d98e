//! What the planner makes of an operation: which calls, in which order, and how their replies become one answer.
//!
//! A plan has two halves. **Steps** are the calls, a graph. **Shapes** are the objects of the answer: for each the fields
//! in response order, and where in a protobuf message their values are. A **site** is a field whose value another step
//! answers: the place where the halves meet. Plans are data and print as text; they hold no bytes of any request.

mod display;
mod field_set;

use std::{sync::Arc, time::Duration};

use crate::{
    contract,
    operation::{DeferId, Location, OperationKind, Value as Argument, VariableDefinition},
};

pub use display::PlanText;
pub use field_set::FieldSet;

/// A compiled operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What the operation does.
    pub kind: OperationKind,
    /// The operation's variables; [`Argument::Variable`] counts in this list.
    pub variables: Vec<VariableDefinition>,
    /// The shape of `data`. It has no message: its fields are joins, names of types, and fields of the slow lane.
    pub root: ShapeId,
    /// All shapes. Each stands at exactly one position of the answer, so that a site does too.
    pub shapes: Vec<Shape>,
    /// All sites, parents before children.
    pub sites: Vec<Site>,
    /// All steps, in an order in which each comes after those it needs.
    pub steps: Vec<Step>,
    /// The deferred fragments, and what of lists comes later, parents before children. Those for which nothing would have to be
    /// waited are none.
    pub defers: Vec<Deferred>,
    /// The lists whose items do not all come at once.
    pub streams: Vec<Stream>,
}

/// The items of a list behind its first ones, or the values of the keys behind the first ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// What they are answered with.
    pub defer: DeferId,
    /// How many items come first.
    pub initial_count: Argument,
    /// Where the others come from, as the list itself says it: they have shapes, sites and steps of their own.
    pub rest: Source,
    /// The list is one that a service sends bit by bit.
    pub gathered: bool,
}

/// A position in [`Plan::streams`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub usize);

/// A fragment with `@defer`, in one object of the answer, or the later items of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deferred {
    /// What its `label` says.
    pub label: Option<Arc<str>>,
    /// The deferred fragment that it stands in.
    pub parent: Option<DeferId>,
    /// The steps that answer it.
    pub steps: Vec<StepId>,
    /// The root fields of async-graphql in it, by response key, but for introspection, which is there at once.
    pub slow: Vec<String>,
}

/// A position in [`Plan::shapes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(pub usize);

/// A position in [`Plan::sites`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteId(pub usize);

/// A position in [`Plan::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepId(pub usize);

/// How one message becomes one JSON object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// The concrete GraphQL type.
    pub type_name: String,
    /// In response order.
    pub fields: Vec<ShapeField>,
    /// The deferred fragments with the first of which the object is answered; empty: it is in the first answer.
    pub defers: Vec<DeferId>,
    /// The deferred fragments that stand in the object.
    pub begins: Vec<DeferId>,
}

/// One field of a JSON object.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeField {
    /// The name in the answer.
    pub response_key: String,
    /// The name in the schema, for messages.
    pub name: String,
    /// Whether null may stand here.
    pub nullable: bool,
    /// For lists: whether null may stand in the list.
    pub item_nullable: bool,
    /// Where the value comes from.
    pub source: Source,
    /// As [`Shape::defers`], of the field alone.
    pub defers: Vec<DeferId>,
    /// Where the field stands in the document, for errors.
    pub location: Location,
}

impl ShapeField {
    /// Who answers a root field that no call answers, as plans and times name it.
    #[must_use]
    pub fn slow_lane(&self) -> &'static str {
        if self.name.starts_with("__") { "introspection" } else { "async-graphql" }
    }
}

/// Where a value comes from, seen from a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// `__typename`: the name of the shape's type.
    Typename,
    /// A value in the message.
    Wire(Wire),
    /// A value that another step answers. With [`Site::many`] a list, one value for each key.
    Join {
        /// Which keys, and which step.
        site: SiteId,
        /// The value, seen from what the step answered for a key. Never [`Source::Typename`] or [`Source::Slow`].
        then: Box<Source>,
    },
    /// A root field that no call answers. See [`ShapeField::slow_lane`].
    Slow,
}

/// A value inside a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    /// Singular message fields to go through first; one of them absent makes the value null.
    pub path: Vec<u32>,
    /// The field that holds the value; 0: the message reached by `path` is itself the value.
    pub number: u32,
    /// How often, and what absence means.
    pub cardinality: contract::Cardinality,
    /// What the value is.
    pub value: Value,
    /// For maps shown as one JSON object: the keys.
    pub map_key: Option<contract::Leaf>,
    /// What holds where the field is absent: the encoded field, tag included. Empty: nothing.
    pub default: Vec<u8>,
    /// For lists: what becomes of items that come later.
    pub stream: Option<StreamId>,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A scalar or an enum.
    Leaf(contract::Leaf),
    /// A message that is always of one type.
    Object(ShapeId),
    /// A message whose oneof says of which type it is; null where no member is set.
    Abstract(Vec<Member>),
}

/// One concrete type of an abstract value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The number of the oneof's field that holds the object; 0: the message itself, always.
    pub number: u32,
    /// Its shape.
    pub shape: ShapeId,
}

/// A field, at one position of the answer, whose value a step answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// The step that answers it.
    pub step: StepId,
    /// The site whose value the field stands in; `None` for root fields.
    pub parent: Option<SiteId>,
    /// For each part of the step's key: where the message has it. Empty where the step needs no key.
    pub key: Vec<KeySource>,
    /// The message has a list of keys, and the value is a list.
    pub many: bool,
    /// For such lists: what becomes of values that come later.
    pub stream: Option<StreamId>,
    /// Shorter than that of the step: what has not come by then is not shown here, though others may wait for it.
    pub timeout: Option<Duration>,
    /// Where the step is early: for each part of the key, where the request of the parent's call has it.
    pub guess: Vec<Guess>,
    /// Where the request takes a mask: what is read here, if that is less than what the step asks for.
    pub fields: Option<Arc<FieldSet>>,
}

/// A field of a lookup's request that its response is expected to hold again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The field's number in the request.
    pub number: u32,
    /// Its type there.
    pub scalar: contract::Scalar,
}

/// Where a message has one part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySource {
    /// Message fields, the key's own field last.
    pub path: Vec<u32>,
    /// Where messages on the path are repeated: the positions in it of all repeated fields.
    pub lists: Vec<usize>,
    /// Its type on the wire.
    pub scalar: contract::Scalar,
    /// Absent is null without a call.
    pub presence: bool,
}

/// One call, or as many as it has keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is called and how: target, fills, batch, policy, and for each part of the key where the request takes it.
    /// `then`, `many` and the key's paths in the parent are empty: sites have their own.
    pub join: contract::Join,
    /// The values of the GraphQL arguments that the fills name.
    pub arguments: Vec<(String, Argument)>,
    /// At most this long for the call, inside the request's deadline: as long as the most patient of its sites waits.
    pub timeout: Option<Duration>,
    /// Steps whose values must be there: those of the parents of its sites.
    pub needs: Vec<StepId>,
    /// Steps that must be over, whatever came of them: for a mutation's root field, all of the root fields before it.
    pub after: Vec<StepId>,
    /// How many steps are above it: 0 for those of root fields.
    pub level: usize,
    /// It starts together with those it needs, because their requests have its keys. What came is shown only where the
    /// values of those steps have the same keys.
    pub early: bool,
    /// Only deferred fragments show what it answers: the first answer does not wait for it.
    pub deferred: bool,
    /// Where the request takes a mask: what it says. `None`: everything is asked for.
    pub mask: Option<Mask>,
}

/// What of its entities a step reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    /// All of it.
    pub fields: Arc<FieldSet>,
    /// Those of them that an answer to anything less has to have too: what tells whose it is, and how it is tagged.
    pub always: FieldSet,
}

impl Shape {
    /// Its parts that are answered later than itself, each with its fields.
    #[must_use]
    pub fn later(&self) -> Vec<(&[DeferId], Vec<&ShapeField>)> {
        let mut parts: Vec<(&[DeferId], Vec<&ShapeField>)> = Vec::new();
        for field in self.fields.iter().filter(|field| field.defers != self.defers) {
            match parts.iter_mut().find(|(defers, _)| *defers == field.defers) {
                Some((_, fields)) => fields.push(field),
                None => parts.push((&field.defers, vec![field])),
            }
        }
        parts
    }
}

impl Plan {
    /// Where the values of all fields come from, and those of lists that come later.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        let fields = self.shapes.iter().flat_map(|shape| &shape.fields);
        let rests = self.streams.iter().map(|stream| &stream.rest);
        fields.map(|field| &field.source).chain(rests)
    }

    /// The shape with this position.
    #[must_use]
    pub fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.0]
    }

    /// The site with this position.
    #[must_use]
    pub fn site(&self, id: SiteId) -> &Site {
        &self.sites[id.0]
    }

    /// The step with this position.
    #[must_use]
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.0]
    }

    /// The sites that a step answers.
    pub fn sites_of(&self, step: StepId) -> impl Iterator<Item = SiteId> + '_ {
        self.sites
            .iter()
            .enumerate()
            .filter(move |(_, site)| site.step == step)
            .map(|(index, _)| SiteId(index))
    }

    /// The longest that all calls together may take, if each has a timeout. Early steps may have asked for other keys than
    /// what they need has, and ask again. Of a subscription: those for one event.
    #[must_use]
    pub fn worst_case(&self) -> Option<Duration> {
        self.longest(|_| false)
    }

    /// The same where early steps have asked for the right keys.
    #[must_use]
    pub fn worst_case_as_guessed(&self) -> Option<Duration> {
        self.longest(|step| step.early)
    }

    /// `starts_first`: whether a step starts together with those it needs.
    fn longest(&self, starts_first: impl Fn(&Step) -> bool) -> Option<Duration> {
        let mut ends: Vec<Option<Duration>> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let before = step.needs.iter().chain(&step.after).map(|id| ends[id.0]);
            let inputs = latest(before);
            let is_there = self.kind == OperationKind::Subscription && step.level == 0;
            let timeout = if is_there { Some(Duration::ZERO) } else { step.timeout };
            ends.push(if starts_first(step) {
                // Those it needs start at once.
                latest([inputs, timeout].into_iter())
            } else {
                inputs.and_then(|start| start.checked_add(timeout?))
            });
        }
        latest(ends.into_iter())
    }

    /// How many calls go out one after the other at most. An early step is on the level of those it needs, a root field of a
    /// mutation below all that is before it.
    #[must_use]
    pub fn levels(&self) -> usize {
        let mut levels: Vec<usize> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let before = step.needs.iter().chain(&step.after);
            let above = before.map(|id| levels[id.0]).max().unwrap_or_default();
            levels.push(above + usize::from(!step.early));
        }
        levels.into_iter().max().unwrap_or_default()
    }
}

fn latest(mut times: impl Iterator<Item = Option<Duration>>) -> Option<Duration> {
    times.try_fold(Duration::ZERO, |latest, time| Some(latest.max(time?)))
}
