//! Protobuf bytes to GraphQL JSON in one pass, and arguments to protobuf bytes.
//!
//! A [`Program`] is made once for a plan. For each request it encodes what is asked ([`CallProgram::request`],
//! [`CallProgram::with_keys`]), splits what is answered into **entities** ([`CallProgram::items`]), finds in an entity the
//! keys of the calls below it ([`Program::extract`]), and writes the answer ([`Program::emit`]). An entity is what a step
//! answered for one key: an encoded item of a batch, a whole encoded response, or an encoded result of a resolver.

mod answer;
mod any;
mod choose;
mod compile;
mod descriptor;
mod emit;
mod finder;
mod frame;
mod gather;
mod guess;
mod halves;
mod json;
mod kept;
mod keyform;
mod keys;
mod leaf;
mod locate;
mod map;
mod misfit;
mod moved;
mod raw;
mod reply;
mod request;
mod scalar;
mod table;
mod tags;
mod wire;

pub use answer::{
    Budget, Degraded, Emission, EmitInput, Entity, EntityValue, FieldError, Group, Later, ListPart,
    PathSegment, Place, SlowFields, Spliced,
};
pub use emit::{Meter, Spent};
pub use gather::{count_items, gather, list_within};
pub use keys::{KeyTable, NO_KEY, Refs, UNFIT_KEY};
pub use reply::EachItem;
pub use request::CallProgram;

use std::sync::Arc;

use crate::{
    contract::{Contract, Join, LazyTypes, join},
    error::{Error, Result},
    operation::Variables,
    plan::{Plan, Step, StepId, StreamId},
};
use compile::Layout;
use descriptor::Descriptors;
use frame::Kind;
use keyform::KeyForm;
use leaf::EnumNames;
use moved::Entities;
use request::CallDraft;
use tags::TagPrograms;

/// Tables compiled from a plan.
#[derive(Debug)]
pub struct Program {
    plan: Arc<Plan>,
    layout: Layout,
    enums: Vec<EnumNames>,
    /// By step.
    forms: Vec<KeyForm>,
    calls: Vec<CallProgram>,
    /// The steps whose arguments may not fit, though their variables have values that GraphQL takes.
    doubtful: Box<[StepId]>,
    fallbacks: Vec<Option<CallProgram>>,
    tags: Vec<TagPrograms>,
}

/// Compiles a plan. `types` are those of the contract.
///
/// # Errors
///
/// [`crate::error::Code::FailedPrecondition`] where the contract binds a value in a way that this runtime cannot write.
pub fn compile(plan: &Arc<Plan>, contract: &Contract, types: &LazyTypes) -> Result<Program> {
    let descriptors = Descriptors::of(&contract.descriptor_set);
    let forms: Vec<KeyForm> = plan.steps.iter().map(|step| key_form(&step.join)).collect();
    let mut calls = request::Calls::new(contract, &descriptors, types);
    let (mut own, mut fallbacks, mut tags) = (Vec::new(), Vec::new(), Vec::new());
    for (id, (step, form)) in plan.steps.iter().zip(&forms).enumerate() {
        own.push(calls.draft(&step.join, &step.arguments, form, Entities::Same)?);
        let fallback = fallback_join(step).map(|join| {
            let known = compile::entity_of(&step.join, contract, &descriptors);
            let entities = Entities::of(join, plan, StepId(id), &known, contract);
            calls.draft(join, &step.arguments, form, entities)
        });
        fallbacks.push(fallback.transpose()?);
        tags.push(TagPrograms::of(step.join.policy.as_deref(), &step.arguments)?);
    }
    let encoders = calls.finish();
    let mut layout = compile::layout(plan, contract, &descriptors, types, &forms)?;
    let finish = |call: CallDraft| call.finish(&encoders);
    let calls: Vec<CallProgram> = own.into_iter().map(finish).collect();
    let may_refuse = |id: &StepId| calls[id.0].may_refuse();
    Ok(Program {
        doubtful: (0..calls.len()).map(StepId).filter(may_refuse).collect(),
        calls,
        enums: std::mem::take(&mut layout.enums).into_names(),
        layout,
        forms,
        fallbacks: fallbacks.into_iter().map(|call| call.map(finish)).collect(),
        tags,
        plan: Arc::clone(plan),
    })
}

fn key_form(join: &Join) -> KeyForm {
    KeyForm {
        parts: join.key.iter().map(request::scalar_of).collect(),
        of_resolver: matches!(join.target, Some(join::Target::Resolver(_))),
    }
}

fn fallback_join(step: &Step) -> Option<&Join> {
    step.join.policy.as_ref()?.fallback.as_ref()?.rpc.as_deref()
}

impl Program {
    /// The plan that this is.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Whether a later item of a list may stand for an earlier one, as entries of a map do.
    #[must_use]
    pub fn overrides_items(&self, stream: StreamId) -> bool {
        let Layout { portions, frames, .. } = &self.layout;
        let rest = &portions[portions.len() - self.plan.streams.len() + stream.0];
        let operation = frames[rest.frame.0].operations.first();
        let items = operation.map(|operation| &operation.kind);
        matches!(items, Some(Kind::Items { entry_key: Some(_), .. }))
    }

    /// The arguments that do not fit the requests of these variables, with the steps that they are given to. Where variables
    /// have values that GraphQL does not check (`unchecked`), all are looked at, and else those that may not fit nevertheless.
    /// An argument of a fallback's own call is an error of that call.
    pub fn misfits<'t>(
        &'t self,
        variables: &'t Variables,
        unchecked: bool,
    ) -> impl Iterator<Item = (StepId, Error)> + 't {
        let all = 0..if unchecked { self.calls.len() } else { 0 };
        let doubtful = if unchecked { &[][..] } else { &self.doubtful };
        let steps = all.map(StepId).chain(doubtful.iter().copied());
        steps.flat_map(move |id| self.calls[id.0].misfits(variables).map(move |error| (id, error)))
    }

    /// A step's own call.
    #[must_use]
    pub fn call(&self, step: StepId) -> &CallProgram {
        &self.calls[step.0]
    }

    /// The call of a step's `@fallback(rpc:)`, if it has one. It takes the keys of the step as they are, and its entities
    /// are read as the step's own.
    #[must_use]
    pub fn fallback(&self, step: StepId) -> Option<&CallProgram> {
        self.fallbacks[step.0].as_ref()
    }
}

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
mod tests;
#[cfg(all(fuzzing, not(test)))]
#[allow(dead_code, unused_imports, reason = "fuzzing runs a part of the tests")]
mod tests;
