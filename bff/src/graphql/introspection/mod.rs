//! Answers `__schema` and `__type`: async-graphql is asked once for everything it knows of the schema, what it leaves out
//! is read from the SDL, and each introspection field is then written from these tables.
//!
//! No document of a client reaches async-graphql, which refuses some that are valid.

mod ask;
mod default;
mod from_sdl;
mod tables;
mod write;

use std::collections::HashMap;

use apollo_compiler::ast::OperationType;
use bytes::Bytes;

use self::tables::{Tables, TypeInfo};
use super::{
    refusal::Refusal,
    schema::{TypeSystem, registry},
};
use crate::{
    error::Result,
    operation::{Field, Variables},
};

/// Everything that introspection can tell.
#[derive(Debug)]
pub(super) struct Introspection {
    tables: Tables,
    limit: usize,
}

impl Introspection {
    /// Asks async-graphql, and completes its answer with what it leaves out: our directives, the fields and interfaces of
    /// interfaces, the description of the schema, types that nothing leads to, and what the newest edition of the
    /// specification adds to the introspection types. Defaults are told as they are coerced.
    ///
    /// # Errors
    ///
    /// [`crate::error::Code::FailedPrecondition`] where async-graphql cannot hold the schema.
    pub(super) fn new(types: &TypeSystem, limit: usize) -> Result<Self> {
        let known = ask::ask(&registry(&types.schema)?)?.into_iter();
        let mut known: HashMap<String, TypeInfo> =
            known.map(|info| (info.name.clone(), info)).collect();
        let mut tables = Tables::default();
        for (name, ty) in &types.schema.types {
            let from_sdl = ty.is_interface() || ty.is_built_in();
            let info = match known.remove(name.as_str()) {
                Some(mut info) if !from_sdl => {
                    default::complete(&mut info, &types.schema, ty);
                    info
                }
                _ => from_sdl::type_info(types, ty),
            };
            tables.add(info);
        }
        let definition = &types.schema.schema_definition;
        let root = |kind| types.schema.root_operation(kind).map(ToString::to_string);
        tables.description = definition.description.as_ref().map(ToString::to_string);
        tables.query = root(OperationType::Query);
        tables.mutation = root(OperationType::Mutation);
        tables.subscription = root(OperationType::Subscription);
        let directives = types.schema.directive_definitions.values();
        tables.directives =
            directives.map(|it| from_sdl::directive_info(&types.schema, it)).collect();
        Ok(Self { tables, limit })
    }

    /// The JSON of one introspection field of the root type.
    ///
    /// # Errors
    ///
    /// [`crate::error::Code::LimitExceeded`] where the answer would be longer than the limit.
    pub(super) fn answer(&self, field: &Field, variables: &Variables) -> Result<Bytes, Refusal> {
        write::write(&self.tables, field, variables, self.limit).map(Bytes::from)
    }
}

#[cfg(test)]
mod tests;
