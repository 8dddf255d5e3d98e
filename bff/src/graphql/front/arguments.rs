//! Arguments whose values only the requests to services show to be wrong: those of custom scalars, and of types that are
//! narrower in protobuf. They are checked before anything is sent, so that no part of an operation runs whose other part
//! cannot; the specification makes such a value an error of the whole request.

use super::Ready;
use crate::{
    error::{Code, Error},
    graphql::{
        config::Limits,
        refusal::{Fault, Refusal},
    },
    operation::Variables,
    plan::{Plan, ShapeField, Source, StepId},
};

/// Refuses a request with such arguments, all of them at once.
pub(super) fn check(ready: &Ready, variables: &Variables, limits: &Limits) -> Result<(), Refusal> {
    let mut misfits = ready.prepared.misfits(variables, ready.unchecked).peekable();
    if misfits.peek().is_none() {
        return Ok(());
    }
    let plan = ready.prepared.plan();
    let faults = misfits.by_ref().take(limits.errors).map(|misfit| fault(plan, &misfit)).collect();
    Err(Refusal { code: Code::BadUserInput, faults, left_out: misfits.count() })
}

fn fault(plan: &Plan, (step, error): &(StepId, Error)) -> Fault {
    let fields = plan.shapes.iter().flat_map(|shape| &shape.fields);
    let asking = fields.filter(|field| asks(plan, field, *step));
    let locations: Vec<_> = asking.map(|field| field.location).take(1).collect();
    Fault { message: format!("The {}.", error.message()), locations }
}

/// Whether a field is answered by the step, or by what the step is asked for.
fn asks(plan: &Plan, field: &ShapeField, step: StepId) -> bool {
    let mut source = &field.source;
    while let Source::Join { site, then } = source {
        if plan.site(*site).step == step {
            return true;
        }
        source = then;
    }
    false
}
