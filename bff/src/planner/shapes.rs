//! The objects of the answer: walks the selections beside the bindings of the contract.

use super::{
    MAX_DEPTH, MAX_FIELDS,
    steps::{self, Asked, Steps},
    too_large, unchecked,
};
use crate::{
    contract::{self, Contract},
    error::{Code, Error, Result},
    operation::{Field, Operation, OperationKind, Selection, Type},
    plan::{Member, Shape, ShapeField, ShapeId, Site, SiteId, Source, Value, Wire},
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
    steps: Steps,
    fields: usize,
}

/// Where in the answer a selection stands.
#[derive(Clone, Copy)]
pub(super) struct Position {
    /// The site in whose value it stands.
    parent: Option<SiteId>,
    /// In the subtree of which root field, counted from 0.
    root_field: usize,
    depth: usize,
}

impl Position {
    pub(super) const ROOT: Self = Self { parent: None, root_field: 0, depth: 0 };

    fn deeper(self) -> Result<Self> {
        if self.depth == MAX_DEPTH {
            return Err(too_large("levels inside each other", MAX_DEPTH));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(contract: &'a Contract, operation: &'a Operation) -> Self {
        let Operation { kind, slow, .. } = operation;
        let (shapes, sites, echoes) = (Vec::new(), Vec::new(), Vec::new());
        let steps = Steps::default();
        Self { contract, kind: *kind, slow, shapes, sites, echoes, steps, fields: 0 }
    }

    pub(super) fn finish(self) -> (Vec<Shape>, Vec<Site>, Vec<&'a [contract::Echo]>, Steps) {
        (self.shapes, self.sites, self.echoes, self.steps)
    }

    /// The shape of one object. Without a binding only fields that need none can be selected.
    pub(super) fn shape(
        &mut self,
        type_name: &str,
        binding: Option<&'a contract::Binding>,
        selected: &[Field],
        position: Position,
    ) -> Result<ShapeId> {
        self.fields += selected.len();
        if self.fields > MAX_FIELDS {
            return Err(too_large("fields", MAX_FIELDS));
        }
        let id = ShapeId(self.shapes.len());
        self.shapes.push(Shape { type_name: type_name.to_owned(), fields: Vec::new() });
        let mut fields = Vec::with_capacity(selected.len());
        for (index, field) in selected.iter().enumerate() {
            let root_field = if position.depth == 0 { index } else { position.root_field };
            let position = Position { root_field, ..position };
            fields.push(ShapeField {
                response_key: field.response_key.clone(),
                name: field.name.clone(),
                nullable: field.ty.is_nullable(),
                item_nullable: field.ty.item().is_some_and(Type::is_nullable),
                source: self.field(type_name, binding, field, position)?,
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
        field: &Field,
        position: Position,
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
        field: &Field,
        position: Position,
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
        field: &Field,
        position: Position,
    ) -> Result<Wire> {
        let value = match wire.value {
            Some(contract::wire::Value::Leaf(leaf)) => Value::Leaf(leaf),
            Some(contract::wire::Value::Binding(index)) => {
                self.object(self.binding(index, field)?, field, position)?
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
        })
    }

    /// A message as an object, or as one of several. A concrete type that no member of the binding can have is left out.
    fn object(
        &mut self,
        binding: &'a contract::Binding,
        field: &Field,
        position: Position,
    ) -> Result<Value> {
        if let Some(selection) = selection(field, &binding.r#type) {
            let Selection { type_name, fields } = selection;
            return self.shape(type_name, Some(binding), fields, position).map(Value::Object);
        }
        let mut members = Vec::with_capacity(binding.members.len());
        for member in &binding.members {
            let binding = self.binding(member.binding, field)?;
            let Selection { type_name, fields } =
                selection(field, &binding.r#type).ok_or_else(|| unchecked(&field.name))?;
            let shape = self.shape(type_name, Some(binding), fields, position)?;
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
        field: &Field,
        position: Position,
    ) -> Result<Source> {
        let step = self.steps.ask(Asked {
            join,
            arguments: steps::named_arguments(join, &field.arguments),
            parent: position.parent.map(|site| self.sites[site.0].step),
            mutates: self.kind == OperationKind::Mutation,
            root_field: position.root_field,
        })?;
        let site = SiteId(self.sites.len());
        self.sites.push(Site {
            step,
            parent: position.parent,
            key: steps::key_sources(join),
            many: join.many,
            timeout: steps::timeout(join),
            guess: Vec::new(),
        });
        self.echoes.push(&join.echoes);
        let inside = Position { parent: Some(site), ..position }.deeper()?;
        let then = self.source(join.then.as_deref(), field, inside)?;
        Ok(Source::Join { site, then: Box::new(then) })
    }
}

fn selection<'f>(field: &'f Field, type_name: &str) -> Option<&'f Selection> {
    field.selections.iter().find(|selection| selection.type_name == type_name)
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
