//! What is deferred, and what only says so.

use super::{query, shop};
use crate::{
    operation::{Defer, DeferId, Field, Operation},
    plan::Plan,
    planner,
};

const ID: DeferId = DeferId(0);

/// Puts root fields into a fragment with `@defer`.
fn defer(operation: &mut Operation, response_keys: &[&str]) {
    operation.defers = vec![Defer { label: Some("late".into()), parent: None, stream: false }];
    operation.begins = vec![ID];
    let fields = operation.fields.iter_mut();
    fields
        .filter(|field| response_keys.contains(&field.response_key.as_str()))
        .for_each(put_into_it);
}

fn put_into_it(field: &mut Field) {
    field.defers = vec![ID];
    field.selections.iter_mut().flat_map(|selection| &mut selection.fields).for_each(put_into_it);
}

fn plan(text: &str, deferred: &[&str]) -> Plan {
    let mut operation = query(text);
    defer(&mut operation, deferred);
    planner::plan(&operation, &shop()).unwrap()
}

fn deferred_steps(plan: &Plan) -> Vec<bool> {
    plan.steps.iter().map(|step| step.deferred).collect()
}

#[test]
fn a_step_is_not_shared_where_what_comes_first_would_wait_for_what_comes_later() {
    let text = "topBooks(first = 3) : [Book] { price : Money { amount } } book(id = 1) : Book { price : Money { amount } }";
    assert_eq!(plan(text, &[]).steps.len(), 3);
    let plan = plan(text, &["topBooks"]);
    assert_eq!(deferred_steps(&plan), [false, true, false, true]);
    assert_eq!(plan.defers[0].steps.iter().map(|step| step.0).collect::<Vec<_>>(), [1, 3]);
    let text = plan.display(&shop()).to_string();
    assert_eq!(text.matches("deferred").count(), 2, "{text}");
}

#[test]
fn what_the_first_answer_asks_anyway_is_asked_once_and_not_deferred() {
    let text = "book as a (id = 1) : Book { price : Money { amount } } book as b (id = 1) : Book { title price : Money { amount } }";
    let plan = plan(text, &["b"]);
    assert_eq!(deferred_steps(&plan), [false, false]);
    assert_eq!(plan.defers, []);
    let is_whole = |shape: &crate::plan::Shape| {
        shape.begins.is_empty()
            && shape.defers.is_empty()
            && shape.fields.iter().all(|it| it.defers.is_empty())
    };
    assert!(plan.shapes.iter().all(is_whole), "{:?}", plan.shapes);
}
