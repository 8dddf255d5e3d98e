//! Protobuf bytes to GraphQL JSON in one pass, and arguments to protobuf bytes.
//!
//! A [`Program`] is made once for a plan. For each request it encodes what is asked ([`CallProgram::request`],
//! [`CallProgram::with_keys`]), splits what is answered into **entities** ([`CallProgram::items`]), finds in an entity the
//! keys of the calls below it ([`Program::extract`]), and writes the answer ([`Program::emit`]). An entity is what a step
//! answered for one key: an encoded item of a batch, a whole encoded response, or an encoded result of a resolver.

mod answer;
mod keys;

pub use answer::{Degraded, Emission, EmitInput, Entity, EntityValue, FieldError, PathSegment};
pub use keys::{KeyTable, NO_KEY, Refs};

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    context::Context,
    contract::Contract,
    error::{Error, Result},
    operation::Variables,
    plan::{Plan, SiteId, StepId},
};

/// Tables compiled from a plan.
#[derive(Debug)]
pub struct Program {
    plan: Arc<Plan>,
    calls: Vec<CallProgram>,
}

/// How one call is encoded and its reply split: a step's own, or that of its fallback.
#[derive(Debug)]
pub struct CallProgram {}

/// Compiles a plan.
///
/// # Errors
///
/// [`crate::error::Code::FailedPrecondition`] where the contract binds a value in a way that this runtime cannot write.
pub fn compile(plan: &Arc<Plan>, contract: &Contract) -> Result<Program> {
    let _ = contract;
    Ok(Program { plan: Arc::clone(plan), calls: Vec::new() })
}

impl Program {
    /// The plan that this is.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// A step's own call.
    #[must_use]
    pub fn call(&self, step: StepId) -> &CallProgram {
        &self.calls[step.0]
    }

    /// The call of a step's `@fallback(rpc:)`, if it has one. Its entities are read as the step's own.
    #[must_use]
    pub fn fallback(&self, step: StepId) -> Option<&CallProgram> {
        let _ = step;
        unimplemented!("follows")
    }

    /// Interns the keys of all sites right below `parent` (`None`: the root, whose entity is empty and has the id 0) that
    /// one of its entities names, and notes which entity each place gets. `entity_id` is the entity's key in the parent's
    /// step, `keys` is by step, `refs` by site.
    ///
    /// # Errors
    ///
    /// [`crate::error::Code::DataLoss`] where the entity is not a message. Nothing is noted then.
    pub fn extract(
        &self,
        parent: Option<SiteId>,
        entity_id: u32,
        entity: &[u8],
        keys: &mut [KeyTable],
        refs: &mut [Refs],
    ) -> Result<()> {
        let _ = (parent, entity_id, entity, keys, refs);
        unimplemented!("follows")
    }

    /// The names under which a cached item is forgotten: `Cache.tags`.
    #[must_use]
    pub fn tags(&self, step: StepId, item: &[u8], variables: &Variables) -> Vec<Box<str>> {
        let _ = (step, item, variables);
        unimplemented!("follows")
    }

    /// The names that a successful response forgets: `Policy.invalidates`.
    #[must_use]
    pub fn invalidates(
        &self,
        step: StepId,
        response: &[u8],
        variables: &Variables,
    ) -> Vec<Box<str>> {
        let _ = (step, response, variables);
        unimplemented!("follows")
    }

    /// Writes the value of `data`, without anything around it.
    pub fn emit(&self, input: &EmitInput<'_>, out: &mut Vec<u8>) -> Emission {
        let _ = (input, out);
        unimplemented!("follows")
    }
}

impl CallProgram {
    /// The encoded request without its keys; for a resolver its encoded arguments.
    ///
    /// # Errors
    ///
    /// [`crate::error::Code::BadUserInput`] where an argument does not fit the request's field.
    pub fn request(&self, variables: &Variables, context: &Context) -> Result<Bytes> {
        let _ = (variables, context);
        unimplemented!("follows")
    }

    /// The constant part with keys: in a batch all of them in its repeated field, otherwise the parts of the only key.
    /// A resolver's parent is the empty constant with one key.
    #[must_use]
    pub fn with_keys<'k>(&self, constant: &Bytes, keys: impl Iterator<Item = &'k [u8]>) -> Bytes {
        let _ = (constant, keys);
        unimplemented!("follows")
    }

    /// Splits the reply of a batch: calls `each` with the canonical key of each item, and the item or its own failure.
    ///
    /// # Errors
    ///
    /// [`crate::error::Code::DataLoss`] where the reply is not a message. Some items may have been seen by then.
    pub fn items(
        &self,
        reply: &Bytes,
        each: &mut dyn FnMut(&[u8], Result<Bytes, Error>),
    ) -> Result<()> {
        let _ = (reply, each);
        unimplemented!("follows")
    }
}
