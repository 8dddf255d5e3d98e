//! The type system, made of a contract's SDL: what the validator reads, what async-graphql holds, and what variables are
//! coerced by.

mod inputs;
mod registry;

use apollo_compiler::{
    Name, Schema,
    ast::Type,
    collections::HashMap,
    parser::Parser,
    schema::{ExtendedType, Implementers},
    validation::Valid,
};

pub(super) use inputs::{InputObject, InputTypes, input_type};
pub(super) use registry::registry;

use super::slow::{Joined, OwnFields, join};
use crate::{
    error::{Code, Error, Result},
    operation,
};

/// The schema of a contract.
#[derive(Debug)]
pub(super) struct TypeSystem {
    /// As the validator reads it.
    pub(super) schema: Valid<Schema>,
    /// The input objects, for the values of variables.
    pub(super) inputs: InputTypes,
    /// The root fields that are not the contract's.
    pub(super) own: OwnFields,
    implementers: HashMap<Name, Implementers>,
}

impl TypeSystem {
    /// Reads SDL.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`], with all faults of the SDL in the error's source.
    pub(super) fn new(sdl: &str) -> Result<Self> {
        Self::of(sdl, OwnFields::default())
    }

    /// Reads the SDL of a contract, and that of a program's own objects beside it.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] where they do not fit beside each other.
    pub(super) fn joined(sdl: &str, own: &str) -> Result<Self> {
        let Joined { sdl, own } = join(sdl, own)?;
        Self::of(&sdl, own)
    }

    fn of(sdl: &str, own: OwnFields) -> Result<Self> {
        let parsed = Parser::new().parse_schema(sdl, "schema.graphql").map(with_incremental);
        let schema = parsed.and_then(Schema::validate).map_err(|refused| {
            let faults: Vec<String> =
                refused.errors.iter().map(|diagnostic| diagnostic.error.to_string()).collect();
            let message = format!("the contract's schema is not valid: {}", faults.join("; "));
            Error::with_source(Code::FailedPrecondition, message, refused.errors.to_string())
        })?;
        let inputs = InputTypes::new(&schema);
        let implementers = schema.implementers_map();
        Ok(Self { schema, inputs, own, implementers })
    }

    /// The object types that a value of this type may have: itself, or those of an interface or a union. None for
    /// leaves.
    pub(super) fn possible_types(&self, name: &Name) -> Vec<Name> {
        match self.schema.types.get(name) {
            Some(ExtendedType::Object(_)) => vec![name.clone()],
            Some(ExtendedType::Interface(_)) => {
                let objects = self.implementers.get(name).map(|types| types.objects.iter());
                objects.into_iter().flatten().cloned().collect()
            }
            Some(ExtendedType::Union(union)) => {
                union.members.iter().map(|member| (**member).clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether an object type is the type of a condition, or one of its possible types.
    pub(super) fn applies(&self, object: &Name, condition: &Name) -> bool {
        object == condition || self.schema.is_subtype(condition, object)
    }
}

/// What a schema gets that does not define it itself.
const INCREMENTAL: &str = r#"
"Directs the executor to defer this fragment when the `if` argument is true or undefined."
directive @defer("Deferred when true or undefined." if: Boolean! = true, "Unique name" label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
"Directs the executor to stream plural fields when the `if` argument is true or undefined."
directive @stream("Stream when true or undefined." if: Boolean! = true, "Unique name" label: String, "Number of items to return immediately" initialCount: Int! = 0) on FIELD
"#;

/// With the directives of incremental delivery.
fn with_incremental(mut schema: Schema) -> Schema {
    let defined = Parser::new().parse_schema(INCREMENTAL, "incremental.graphql");
    let defined = defined.expect("our own definitions are GraphQL").directive_definitions;
    for (name, definition) in defined.into_iter().filter(|(_, it)| !it.is_built_in()) {
        schema.directive_definitions.entry(name).or_insert(definition);
    }
    schema
}

/// A type as plans know it.
pub(super) fn plain_type(ty: &Type) -> operation::Type {
    use operation::Type::{List, Named, NonNull};
    match ty {
        Type::Named(name) => Named(name.to_string()),
        Type::NonNullNamed(name) => NonNull(Box::new(Named(name.to_string()))),
        Type::List(item) => List(Box::new(plain_type(item))),
        Type::NonNullList(item) => NonNull(Box::new(List(Box::new(plain_type(item))))),
    }
}
