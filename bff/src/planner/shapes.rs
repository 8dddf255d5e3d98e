//! The objects of the answer: walks the selections beside the bindings of the contract.

use std::{collections::VecDeque, slice};

use super::{
    MAX_DEPTH, MAX_FIELDS,
    steps::{self, Asked, Steps},
    too_large, unchecked,
};
use crate::{
    contract::{self, Contract},
    error::{Code, Error, Result},
    operation::{self, DeferId, Field, Operation, OperationKind, Selection, Type},
    plan::{
        Member, Shape, ShapeField, ShapeId, Site, SiteId, Source, Stream, StreamId, Value, Wire,
    },
};

/// A plan that grows.
pub(super) struct Draft<'a> {
    contract: &'a Contract,
    kind: OperationKind,
    /// The names of root fields that no call answers.
    slow: &'a [String],
    shapes: Vec<Shape>,
    sites: Vec<Site>,
    /// By site.
    echoes: Vec<&'a [contract::Echo]>,
    /// By site: the deferred fragments with which its field is answered.
    defers: Vec<&'a [DeferId]>,
    steps: Steps<'a>,
    streams: Vec<Stream>,
    fields: usize,
    /// What is answered later than what it stands in.
    later: VecDeque<Later<'a>>,
}

/// What is planned when everything is that is answered before it, so that no step of that waits for its steps.
struct Later<'a> {
    what: Target<'a>,
    field: &'a Field,
    position: Position<'a>,
}

enum Target<'a> {
    /// A field of an object.
    Field { shape: ShapeId, index: usize, binding: Option<&'a contract::Binding> },
    /// What of a list comes behind its first items.
    Rest { stream: StreamId, of: Listed<'a> },
}

/// Where a list is.
#[derive(Clone, Copy)]
enum Listed<'a> {
    /// In a message.
    Items(&'a contract::Wire),
    /// In the answers to many keys.
    Values(&'a contract::Join),
}

/// What is finished.
pub(super) struct Drafted<'a> {
    pub(super) shapes: Vec<Shape>,
    pub(super) sites: Vec<Site>,
    /// By site.
    pub(super) echoes: Vec<&'a [contract::Echo]>,
    /// By site.
    pub(super) defers: Vec<&'a [DeferId]>,
    pub(super) steps: Steps<'a>,
    pub(super) streams: Vec<Stream>,
}

/// What is selected of one object.
#[derive(Clone, Copy)]
pub(super) struct Selected<'a> {
    pub(super) fields: &'a [Field],
    pub(super) begins: &'a [DeferId],
}

/// Where in the answer a selection stands.
#[derive(Clone, Copy)]
pub(super) struct Position<'a> {
    /// The site in whose value it stands.
    parent: Option<SiteId>,
    /// In the subtree of which root field, counted from 0.
    root_field: usize,
    depth: usize,
    /// The deferred fragments with which it is answered.
    defers: &'a [DeferId],
    /// What the field here says of the items of its list.
    stream: Option<&'a operation::Stream>,
    /// Whether a service sends the list here bit by bit.
    gathered: bool,
    /// What is selected here, if not what the field says.
    selections: Option<&'a [Selection]>,
}

impl Position<'_> {
    const ROOT: Self = Self {
        parent: None,
        root_field: 0,
        depth: 0,
        defers: &[],
        stream: None,
        gathered: false,
        selections: None,
    };

    fn deeper(self) -> Result<Self> {
        if self.depth == MAX_DEPTH {
            return Err(too_large("levels inside each other", MAX_DEPTH));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(contract: &'a Contract, operation: &'a Operation) -> Self {
        let Operation { kind, slow, defers, .. } = operation;
        Self {
            contract,
            kind: *kind,
            slow,
            shapes: Vec::new(),
            sites: Vec::new(),
            echoes: Vec::new(),
            defers: Vec::new(),
            steps: Steps::new(defers),
            streams: Vec::new(),
            fields: 0,
            later: VecDeque::new(),
        }
    }

    pub(super) fn finish(self) -> Drafted<'a> {
        let Self { shapes, sites, echoes, defers, steps, streams, .. } = self;
        Drafted { shapes, sites, echoes, defers, steps, streams }
    }

    /// The shape of `data`.
    pub(super) fn root(
        &mut self,
        binding: Option<&'a contract::Binding>,
        operation: &'a Operation,
    ) -> Result<ShapeId> {
        let Operation { root, fields, begins, .. } = operation;
        let id = self.shape(root, binding, Selected { fields, begins }, Position::ROOT)?;
        while let Some(Later { what, field, position }) = self.later.pop_front() {
            match what {
                Target::Field { shape, index, binding } => {
                    let type_name = self.shapes[shape.0].type_name.clone();
                    let source = self.field(&type_name, binding, field, position)?;
                    self.shapes[shape.0].fields[index].source = source;
                }
                Target::Rest { stream, of } => {
                    self.streams[stream.0].rest = match of {
                        Listed::Items(wire) => Source::Wire(self.wire(wire, field, position)?),
                        Listed::Values(join) => self.join(join, field, position)?,
                    };
                }
            }
        }
        Ok(id)
    }

    /// The shape of one object. Without a binding only fields that need none can be selected.
    fn shape(
        &mut self,
        type_name: &str,
        binding: Option<&'a contract::Binding>,
        selected: Selected<'a>,
        position: Position<'a>,
    ) -> Result<ShapeId> {
        self.fields += selected.fields.len();
        if self.fields > MAX_FIELDS {
            return Err(too_large("fields", MAX_FIELDS));
        }
        let id = ShapeId(self.shapes.len());
        self.shapes.push(Shape {
            type_name: type_name.to_owned(),
            fields: Vec::new(),
            defers: position.defers.to_vec(),
            begins: selected.begins.to_vec(),
        });
        let mut fields = Vec::with_capacity(selected.fields.len());
        for (index, field) in selected.fields.iter().enumerate() {
            let root_field = if position.depth == 0 { index } else { position.root_field };
            let (defers, stream) = (&*field.defers, field.stream.as_deref());
            let (gathered, selections) = (false, None);
            let inside = Position { root_field, defers, stream, gathered, selections, ..position };
            let source = if field.defers == position.defers {
                self.field(type_name, binding, field, inside)?
            } else {
                let what = Target::Field { shape: id, index, binding };
                self.later.push_back(Later { what, field, position: inside });
                Source::Typename
            };
            fields.push(ShapeField {
                response_key: field.response_key.clone(),
                name: field.name.clone(),
                nullable: field.ty.is_nullable(),
                item_nullable: field.ty.item().is_some_and(Type::is_nullable),
                source,
                defers: field.defers.clone(),
                location: field.location,
            });
        }
        self.shapes[id.0].fields = fields;
        Ok(id)
    }

    fn field(
        &mut self,
        type_name: &str,
        binding: Option<&'a contract::Binding>,
        field: &'a Field,
        position: Position<'a>,
    ) -> Result<Source> {
        if field.name == "__typename" {
            return Ok(Source::Typename);
        }
        if position.depth == 0 && self.slow.contains(&field.name) {
            return Ok(Source::Slow);
        }
        let bound = binding
            .and_then(|binding| binding.fields.iter().find(|bound| bound.name == field.name))
            .ok_or_else(|| unanswered(type_name, binding, field))?;
        self.source(bound.source.as_ref(), field, position.deeper()?)
    }

    fn source(
        &mut self,
        source: Option<&'a contract::Source>,
        field: &'a Field,
        position: Position<'a>,
    ) -> Result<Source> {
        match source.and_then(|source| source.kind.as_ref()) {
            Some(contract::source::Kind::Wire(wire)) => {
                self.wire(wire, field, position).map(Source::Wire)
            }
            Some(contract::source::Kind::Join(join)) => self.join(join, field, position),
            None => Err(unchecked(&field.name)),
        }
    }

    fn wire(
        &mut self,
        wire: &'a contract::Wire,
        field: &'a Field,
        position: Position<'a>,
    ) -> Result<Wire> {
        let mut stream = None;
        let value = match wire.value {
            Some(contract::wire::Value::Leaf(leaf)) => Value::Leaf(leaf),
            Some(contract::wire::Value::Binding(index)) => {
                let binding = self.binding(index, field)?;
                let before = self.sites.len();
                let selections = position.selections.unwrap_or(&field.selections);
                let value = self.object(binding, selections, field, position)?;
                let is_list = wire.cardinality() == contract::Cardinality::Repeated;
                // Items for which nothing has to be waited come at once.
                if is_list && (position.gathered || self.sites.len() > before) {
                    let of = Listed::Items(wire);
                    stream = position.stream.map(|it| self.stream(it, of, field, position));
                }
                value
            }
            None => return Err(unchecked(&field.name)),
        };
        Ok(Wire {
            path: wire.path.clone(),
            number: wire.number,
            cardinality: wire.cardinality(),
            value,
            map_key: wire.map_key,
            default: wire.default.clone(),
            stream,
        })
    }

    /// Leaves the items of a list behind its first ones for later.
    fn stream(
        &mut self,
        stream: &'a operation::Stream,
        of: Listed<'a>,
        field: &'a Field,
        position: Position<'a>,
    ) -> StreamId {
        let operation::Stream { defer, initial_count, selections } = stream;
        let id = StreamId(self.streams.len());
        let (initial_count, rest) = (initial_count.clone(), Source::Typename);
        let gathered = position.gathered && matches!(of, Listed::Items(_));
        self.streams.push(Stream { defer: *defer, initial_count, rest, gathered });
        let what = Target::Rest { stream: id, of };
        let position = Position {
            defers: slice::from_ref(defer),
            stream: None,
            gathered: false,
            selections: Some(selections),
            ..position
        };
        self.later.push_back(Later { what, field, position });
        id
    }

    /// A message as an object, or as one of several. A concrete type that no member of the binding can have is left out.
    fn object(
        &mut self,
        binding: &'a contract::Binding,
        selections: &'a [Selection],
        field: &'a Field,
        position: Position<'a>,
    ) -> Result<Value> {
        if let Some(selection) = selection(selections, &binding.r#type) {
            let Selection { type_name, fields, begins } = selection;
            let selected = Selected { fields, begins };
            return self.shape(type_name, Some(binding), selected, position).map(Value::Object);
        }
        let mut members = Vec::with_capacity(binding.members.len());
        for member in &binding.members {
            let binding = self.binding(member.binding, field)?;
            let Selection { type_name, fields, begins } =
                selection(selections, &binding.r#type).ok_or_else(|| unchecked(&field.name))?;
            let selected = Selected { fields, begins };
            let shape = self.shape(type_name, Some(binding), selected, position)?;
            members.push(Member { number: member.number, shape });
        }
        Ok(Value::Abstract(members))
    }

    fn binding(&self, index: u32, field: &Field) -> Result<&'a contract::Binding> {
        self.contract.bindings.get(index as usize).ok_or_else(|| unchecked(&field.name))
    }

    fn join(
        &mut self,
        join: &'a contract::Join,
        field: &'a Field,
        position: Position<'a>,
    ) -> Result<Source> {
        let step = self.steps.ask(Asked {
            join,
            arguments: steps::named_arguments(join, &field.arguments),
            parent: position.parent.map(|site| self.sites[site.0].step),
            mutates: self.kind == OperationKind::Mutation,
            root_field: position.root_field,
            defers: position.defers,
        })?;
        let site = SiteId(self.sites.len());
        self.sites.push(Site {
            step,
            parent: position.parent,
            key: steps::key_sources(join),
            many: join.many,
            stream: None,
            timeout: steps::timeout(join),
            guess: Vec::new(),
            fields: None,
        });
        self.echoes.push(&join.echoes);
        self.defers.push(position.defers);
        if join.many {
            let of = Listed::Values(join);
            let stream = position.stream.map(|it| self.stream(it, of, field, position));
            self.sites[site.0].stream = stream;
        }
        let stream = position.stream.filter(|_| !join.many);
        let gathered = join.gather.is_some();
        let inside = Position { parent: Some(site), stream, gathered, ..position }.deeper()?;
        let then = self.source(join.then.as_deref(), field, inside)?;
        Ok(Source::Join { site, then: Box::new(then) })
    }
}

fn selection<'f>(selections: &'f [Selection], type_name: &str) -> Option<&'f Selection> {
    selections.iter().find(|selection| selection.type_name == type_name)
}

fn unanswered(type_name: &str, binding: Option<&contract::Binding>, field: &Field) -> Error {
    let message = format!("`{type_name}.{}` has nothing behind it here", field.name);
    match binding.filter(|binding| !binding.message.is_empty()) {
        Some(binding) => Error::with_source(
            Code::ValidationFailed,
            format!("{message}: select it where `{type_name}` comes from a service that has it"),
            format!("the contract binds `{type_name}` to `{}` without this field", binding.message),
        ),
        None => Error::new(Code::ValidationFailed, message),
    }
}
