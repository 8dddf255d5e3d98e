//! Masks: behind what else a request says.

use super::*;
use crate::{contract::Selection, plan::FieldSet};

fn masked(path: &[u32], fills: Vec<Fill>) -> Bytes {
    let mut builder = Builder::new();
    let selection = Some(Selection { path: path.to_vec(), ..Selection::default() });
    builder.step(Join { selection, ..filled(fills) });
    let program = builder.compile();
    let mut fields = FieldSet::default();
    fields.insert(2, "price.amount");
    fields.insert(1, "id");
    let constant = program.call(STEP).request(&[], &context()).unwrap();
    program.call(STEP).with_mask(&constant, &fields)
}

fn tenant(path: &[u32]) -> Fill {
    let text = input(Cardinality::Explicit, leaf(Scalar::String, Format::String));
    fill(path, fill::Source::Tenant(true), text)
}

fn mask() -> Message {
    message().len(1, b"id").len(1, b"price.amount")
}

#[test]
fn a_mask_has_its_paths_in_order() {
    let expected = message().len(3, b"acme").message(2, mask());
    assert_eq!(masked(&[2], vec![tenant(&[3])]), expected.0);
}

#[test]
fn a_mask_inside_a_message_merges_with_what_else_is_there() {
    let outer = message().message(5, message().len(1, b"acme"));
    let expected = outer.message(5, message().message(2, mask()));
    assert_eq!(masked(&[5, 2], vec![tenant(&[5, 1])]), expected.0);
}

#[test]
fn a_request_that_takes_no_mask_stays_as_it_is() {
    assert_eq!(masked(&[], vec![tenant(&[3])]), message().len(3, b"acme").0);
}
