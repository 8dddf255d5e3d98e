//! Binds the schema to the protos: which message field, method or function answers each field.

use std::collections::BTreeSet;

use apollo_compiler::Node;
use apollo_compiler::ast::{FieldDefinition, OperationType};
use prost_reflect::{EnumDescriptor, FieldDescriptor, MessageDescriptor, MethodDescriptor};

use crate::contract;
use crate::diagnostic::Span;
use crate::input::Input;

mod abstract_type;
mod batch;
mod binder;
mod call;
mod convention;
mod directives;
mod echo;
mod enums;
mod fault;
mod field;
mod gather;
mod input_object;
pub(crate) mod leaf;
mod literal;
mod mock;
pub(crate) mod names;
pub(crate) mod path;
mod policy;
mod promised;
mod request;
mod resolver;
mod response;
mod selection;
mod synthetic;
mod unbound;
mod value;

pub(crate) use abstract_type::oneof_of;
pub(crate) use batch::same_class;
pub(crate) use call::describe;
pub(crate) use enums::counterpart;
pub(crate) use fault::{Fault, MessageFacts, Mismatch, Side};
pub(crate) use request::{Filler, Filling, Fillings};
pub(crate) use selection::is_mask;

/// Everything that was bound, and everything that could not be.
pub(crate) struct Model<'input> {
    pub(crate) input: &'input Input,
    pub(crate) bindings: Vec<contract::Binding>,
    pub(crate) inputs: Vec<contract::Input>,
    pub(crate) enums: Vec<contract::Enum>,
    /// For each of `enums` the protobuf enum; `None` for those that only we have.
    pub(crate) enum_protos: Vec<Option<EnumDescriptor>>,
    pub(crate) methods: Vec<contract::Method>,
    pub(crate) resolvers: Vec<contract::Resolver>,
    pub(crate) mask_messages: Vec<contract::MaskMessage>,
    pub(crate) query: Option<u32>,
    pub(crate) mutation: Option<u32>,
    pub(crate) subscription: Option<u32>,
    /// Encoded file descriptors of the messages that no proto has.
    pub(crate) synthetic_files: Vec<Vec<u8>>,
    /// The files that those import.
    pub(crate) synthetic_imports: BTreeSet<String>,
    /// What fills each request, and the message with each key of a batch.
    pub(crate) fillings: Vec<Fillings>,
    pub(crate) sites: Vec<Site>,
    /// Members of oneofs that the unions and interfaces do not show which are bound to them, by binding.
    pub(crate) uncovered: Vec<(u32, FieldDescriptor)>,
    pub(crate) faults: Vec<Fault>,
}

/// One field of one binding, with what the checks want to know of it.
pub(crate) struct Site {
    pub(crate) binding: u32,
    /// Position in the binding's fields.
    pub(crate) field: usize,
    pub(crate) type_name: String,
    pub(crate) definition: Node<FieldDefinition>,
    /// For a field of a root type.
    pub(crate) operation: Option<OperationType>,
    /// The message that holds the parent; `None` for roots and synthetic messages.
    pub(crate) parent: Option<MessageDescriptor>,
    /// The message field behind a value in the parent.
    pub(crate) wire: Option<FieldDescriptor>,
    /// The call behind the field.
    pub(crate) call: Option<Call>,
    /// Where that one answers with keys alone: the call that loads their objects.
    pub(crate) load: Option<Call>,
    /// How many faults binding this field gave.
    pub(crate) faults: std::ops::Range<usize>,
}

/// What the checks want to know of a call.
#[derive(Clone, Default)]
pub(crate) struct Call {
    /// `None` for promised methods and Rust functions.
    pub(crate) method: Option<MethodDescriptor>,
    /// The directive that names the method, else the field.
    pub(crate) span: Option<Span>,
    pub(crate) item: Option<MessageDescriptor>,
    /// Field numbers from the item to that message.
    pub(crate) item_prefix: Vec<u32>,
    pub(crate) match_fields: Vec<FieldDescriptor>,
    /// The message field that the value is read from.
    pub(crate) value: Option<FieldDescriptor>,
}

impl Site {
    pub(crate) fn coordinate(&self) -> String {
        format!("{}.{}", self.type_name, self.definition.name)
    }
}

impl Model<'_> {
    pub(crate) fn field(&self, site: &Site) -> Option<&contract::Field> {
        self.bindings.get(site.binding as usize)?.fields.get(site.field)
    }

    /// The call that answers a field, if it is not a value in its parent.
    pub(crate) fn join(&self, site: &Site) -> Option<&contract::Join> {
        match self.field(site)?.source.as_ref()?.kind.as_ref()? {
            contract::source::Kind::Join(join) => Some(join),
            contract::source::Kind::Wire(_) => None,
        }
    }

    /// The binding of the objects that the field shows, whatever calls lead to them.
    pub(crate) fn inner_binding(&self, site: &Site) -> Option<u32> {
        let mut source = self.field(site)?.source.as_ref()?;
        loop {
            match source.kind.as_ref()? {
                contract::source::Kind::Join(join) => source = join.then.as_ref()?,
                contract::source::Kind::Wire(wire) => match wire.value.as_ref()? {
                    contract::wire::Value::Binding(id) => return Some(*id),
                    contract::wire::Value::Leaf(_) => return None,
                },
            }
        }
    }

    /// The calls behind a field: the one that answers it, and the one that loads what that one only names.
    pub(crate) fn joins<'a>(
        &'a self,
        site: &'a Site,
    ) -> impl Iterator<Item = (&'a contract::Join, Option<&'a Call>)> {
        let joins = std::iter::successors(self.join(site), |join| loaded(join));
        joins.zip([site.call.as_ref(), site.load.as_ref()])
    }

    /// Where the field, or else its type beside `@load`, has a directive.
    pub(crate) fn policy_span(&self, site: &Site, name: &str) -> Option<Span> {
        let ty = site.definition.ty.inner_named_type();
        let of_type = || {
            let ty = self.input.schema.definitions.types.get(ty)?;
            directives::Reader::find(&self.input.schema, ty.directives(), name)?.span()
        };
        self.directive_span(site, name).or_else(of_type)
    }
}

/// The call whose key the first one answers.
fn loaded(join: &contract::Join) -> Option<&contract::Join> {
    match join.then.as_ref()?.kind.as_ref()? {
        contract::source::Kind::Join(load) => Some(load),
        contract::source::Kind::Wire(_) => None,
    }
}

impl Model<'_> {
    /// Where a directive of the field was written.
    pub(crate) fn directive_span(&self, site: &Site, name: &str) -> Option<Span> {
        directives::Reader::find(&self.input.schema, &site.definition.directives, name)?.span()
    }

    /// Where an argument of a directive of the field was written; `None` where it was not.
    pub(crate) fn argument_span(
        &self,
        site: &Site,
        directive: &str,
        argument: &str,
    ) -> Option<Span> {
        let directive =
            directives::Reader::find(&self.input.schema, &site.definition.directives, directive);
        directive?.argument(argument)?.span
    }
}

/// Binds what can be bound; what was not read as it was meant is left alone.
pub(crate) fn bind(input: &Input) -> Model<'_> {
    binder::Binder::new(input).bind()
}
