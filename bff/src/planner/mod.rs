//! Makes a plan of an operation: which calls, in which order, and how their replies become one answer.
//!
//! Pure: the same operation and contract give the same plan, and nothing is read or asked on the way.

mod defer;
mod early;
mod mask;
mod shapes;
mod steps;

use crate::{
    contract::{self, Contract},
    error::{Code, Error, Result},
    operation::{Operation, OperationKind},
    plan::Plan,
};

use shapes::{Draft, Drafted};

/// The most fields that a plan may have, all shapes together. A field selected of an abstract type counts once for each
/// concrete type.
pub const MAX_FIELDS: usize = 50_000;
/// The most calls that a plan may have, each of which may be many at run time.
pub const MAX_STEPS: usize = 1_000;
/// How many selections, and calls that feed other calls, may stand inside each other.
pub const MAX_DEPTH: usize = 128;

/// The plan of an operation. `contract` must have been checked by [`contract::load`].
///
/// # Errors
///
/// - [`Code::ValidationFailed`] where a selected field has nothing behind it: the contract binds its type to the message
///   at hand, but not the field.
/// - [`Code::LimitExceeded`] where the plan would be larger than [`MAX_FIELDS`], [`MAX_STEPS`] or [`MAX_DEPTH`] allow.
pub fn plan(operation: &Operation, contract: &Contract) -> Result<Plan> {
    let mut draft = Draft::new(contract, operation);
    let root = draft.root(root_binding(operation.kind, contract), operation)?;
    let Drafted { shapes, mut sites, echoes, defers, steps, streams } = draft.finish();
    let (steps, moved) = steps::in_order(steps, operation.kind);
    for site in &mut sites {
        site.step = moved[site.step.0];
        let longest = steps[site.step.0].timeout;
        site.timeout = site.timeout.filter(|timeout| Some(*timeout) != longest);
    }
    let variables = operation.variables.clone();
    let kind = operation.kind;
    let kept = Vec::new();
    let mut plan = Plan { kind, variables, root, shapes, sites, steps, defers: kept, streams };
    defer::mark(&mut plan, &operation.defers, &defers);
    if operation.kind == OperationKind::Query {
        early::mark(&mut plan, &echoes);
    }
    mask::fill(&mut plan, contract);
    Ok(plan)
}

fn root_binding(kind: OperationKind, contract: &Contract) -> Option<&contract::Binding> {
    let index = match kind {
        OperationKind::Query => contract.query,
        OperationKind::Mutation => contract.mutation,
        OperationKind::Subscription => contract.subscription,
    };
    contract.bindings.get(index? as usize)
}

fn too_large(what: &str, most: usize) -> Error {
    Error::new(Code::LimitExceeded, format!("the operation needs more than {most} {what}"))
}

/// A reference that [`contract::load`] would have refused.
fn unchecked(place: &str) -> Error {
    Error::new(Code::FailedPrecondition, format!("the contract says nothing usable of `{place}`"))
}

#[cfg(test)]
mod tests;
