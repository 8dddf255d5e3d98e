//! Emission beside a slow and obvious twin: random plans, random answers, random faults.
//!
//! The twin builds a tree. It has no cursors, no marks and no truncation: a value is there, is null, or is missing where
//! it may not be, and then whoever may be null becomes so and keeps only the first cause.

use serde_json::{Map, Value as Json};

use super::{
    kit::{self, Builder, Run, call, field, joined, key_part, key_source},
    random::{Random, seeds},
    values::Message,
};
use crate::{
    contract::{Cardinality, Format, Scalar},
    error::{Code, Error},
    plan::{KeySource, Member, Plan, ShapeField, ShapeId, SiteId, Source, StepId, Value, Wire},
    transcoder::{
        EntityValue,
        wire::{Field, Fields, Payload},
    },
};

mod answers;
mod plans;
mod tree;

use answers::*;
use plans::*;
use tree::*;

/// The same for a plan and answers of which bytes decide.
pub(in crate::transcoder) fn agrees(bytes: &[u8]) {
    check(&mut Random::chosen(bytes), 0);
}

fn check(random: &mut Random<'_>, seed: u64) -> (usize, usize) {
    let mut planner = Planner { random, builder: Builder::new() };
    let fields = (1..=2).map(|number| planner.join(number, None, false, 4)).collect();
    planner.builder.root(fields);
    let program = planner.builder.compile();
    let plan = Plan::clone(program.plan());
    let mut run = Run::new(&program);
    let mut answers = Answers { random, plan: plan.clone() };
    // Steps are made before those below them.
    for step in 0..plan.steps.len() {
        run.answer(step, |_| answers.entity(StepId(step)));
        for entity in &mut run.entities[step] {
            entity.note = answers.random.once_in(5).then_some(3);
        }
    }
    let (json, emission) = run.emit();
    let mut twin = Twin { plan: &plan, run: &run, errors: Vec::new(), degraded: Vec::new() };
    let expected = match twin.object(plan.root, b"", "") {
        Ok(value) => value,
        Err(Missing::Null(cause)) => {
            (twin.errors, twin.degraded) = (vec![cause], Vec::new());
            Json::Null
        }
        Err(Missing::Garbage) => panic!("the root has no bytes"),
    };
    let written: Json = serde_json::from_str(&json).unwrap();
    assert_eq!(written, expected, "seed {seed}");
    assert_eq!(kit::shown(&emission), twin.errors, "seed {seed}");
    let degraded: Vec<String> = emission.degraded.iter().map(|it| kit::path(&it.path)).collect();
    assert_eq!(degraded, twin.degraded, "seed {seed}");
    (emission.errors.len(), emission.degraded.len())
}

#[test]
fn emission_agrees_with_its_twin_on_values_errors_and_what_is_degraded() {
    let (mut errors, mut degraded) = (0, 0);
    for seed in seeds(3000) {
        let (more_errors, more_degraded) = check(&mut Random::new(seed), seed);
        errors += more_errors;
        degraded += more_degraded;
    }
    assert!(errors > 500 && degraded > 500, "{errors} errors and {degraded} degraded places");
}
