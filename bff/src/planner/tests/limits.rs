//! Plans are bounded, and a contract that nobody checked is refused rather than believed.

use std::fmt::Write as _;

use super::{Builder, leaf, list, object, plan, query, shop};
use crate::{
    contract::Contract,
    error::Code,
    planner::{MAX_DEPTH, MAX_FIELDS, MAX_STEPS},
};

#[track_caller]
fn check(contract: &Contract, text: &str, code: Code, message: &str) {
    let error = plan(&query(text), contract).unwrap_err();
    assert_eq!((error.code(), error.to_string()), (code, message.to_owned()));
}

#[test]
fn too_many_calls_are_refused() {
    let mut text = String::new();
    for id in 0..MAX_STEPS {
        write!(text, "book as b{id} (id = {id}) : Book {{ id }} ").unwrap();
    }
    assert_eq!(plan(&query(&text), &shop()).unwrap().steps.len(), MAX_STEPS);
    text += "book(id = x) : Book { id }";
    let message = "the operation needs more than 1000 calls";
    check(&shop(), &text, Code::LimitExceeded, message);
}

/// A person who may be friends with people in five ways, all of them the same type.
fn people() -> Contract {
    let mut people = Builder::default();
    let (person, friend) = (0, 1);
    people.object("Person", "Person", [leaf("name", 1), super::field("friend", object(2, friend))]);
    people.abstract_type("Friend", "Friend", [1, 2, 3, 4, 5].map(|number| (number, person)));
    let me = people.call("people.People/Me").field("me", list(1, person));
    people.contract.query = Some(people.object("Query", "", [me]));
    people.contract
}

fn friends(depth: usize, leaf: &str) -> String {
    let (open, close) = ("friend : Friend { on Person { ", "} } ");
    format!("me : [Person] {{ {}{leaf} {}}}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn a_selection_that_multiplies_is_refused() {
    assert!(plan(&query(&friends(4, "name")), &people()).is_ok());
    let message = format!("the operation needs more than {MAX_FIELDS} fields");
    check(&people(), &friends(20, "name"), Code::LimitExceeded, &message);
}

#[test]
fn a_selection_that_is_too_deep_is_refused() {
    let mut contract = people();
    contract.bindings[1].members.truncate(1);
    assert!(plan(&query(&friends(100, "name")), &contract).is_ok());
    let message = format!("the operation needs more than {MAX_DEPTH} levels inside each other");
    check(&contract, &friends(MAX_DEPTH, "name"), Code::LimitExceeded, &message);
}

#[test]
fn a_reference_that_leads_nowhere_is_an_error_and_not_a_panic() {
    let mut contract = people();
    contract.bindings[1].members[0].binding = 77;
    let message = "the contract says nothing usable of `friend`";
    check(&contract, &friends(1, "name"), Code::FailedPrecondition, message);
}
