//! Requests beside a slow and obvious twin: random requests, arguments, variables and keys.
//!
//! The twin sets fields of prost-reflect's messages. It has no template, no holes and no bytes: what we encode, prost-reflect
//! decodes to the message that the twin made.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, Value as Field};

use super::*;
use crate::{
    operation::Variables,
    transcoder::tests::random::{Random, seeds},
};

mod given;
mod keys;
mod replies;
mod schema;
mod slow;
mod wellknown;

use given::*;
use schema::*;
use slow::*;

/// The message that a request is to us: `None` where it is refused, and then its error.
fn ours(program: &Program, variables: &Variables, message: &MessageDescriptor) -> Ours {
    let misfits = |unchecked| -> Vec<String> {
        let misfits = program.misfits(variables, unchecked);
        misfits.map(|(_, error)| error.message().to_owned()).collect()
    };
    let found = misfits(true);
    // Which steps are looked at is known before, and what is found is all or nothing.
    assert!([Vec::new(), found.clone()].contains(&misfits(false)));
    let bytes = program.call(STEP).request(variables, &context()).map_err(|error| {
        assert_eq!(error.code(), Code::BadUserInput);
        let is_of_argument = error.message().starts_with("argument ");
        assert!(!is_of_argument || found.iter().any(|misfit| misfit == error.message()));
        error.message().to_owned()
    })?;
    assert_eq!(found, Vec::<String>::new(), "what is sent was not found to be wrong before");
    Ok(DynamicMessage::decode(message.clone(), bytes).expect("a message"))
}

type Ours = Result<DynamicMessage, String>;

/// The same for a request and keys of which bytes decide.
pub(in crate::transcoder) fn agrees(bytes: &[u8]) {
    let mut random = Random::chosen(bytes);
    let _ = check(&mut random, 0);
    keys::check(&mut random, 0);
    replies::check(&mut random, 0);
}

/// Whether the request is sent, or why it is refused.
fn check(random: &mut Random<'_>, seed: u64) -> Result<(), String> {
    let schema = Schema::random(random);
    let given = Given::random(random, &schema);
    let mut builder = Builder::new();
    schema.declare(&mut builder.contract);
    let step = builder.step(filled(schema.fills.clone()));
    let arguments = given.arguments.iter().map(|(name, value)| (&**name, value.clone()));
    builder.arguments(step, arguments.collect());
    let ours = ours(&builder.compile(), &given.variables, &schema.request());
    match (ours, Slow { schema: &schema, given: &given }.request()) {
        (Ok(ours), Ok(theirs)) => {
            assert!(ours == theirs, "{ours}\nis not\n{theirs}\nseed {seed}");
            Ok(())
        }
        (Err(error), Err(causes)) => {
            // Which of several is told depends on the order in which holes are filled.
            let is_told = causes.iter().any(|cause| error.contains(&cause.told()));
            assert!(is_told, "{error} is none of {causes:?}\nseed {seed}");
            Err(error)
        }
        (ours, theirs) => panic!("{ours:#?}\nis not\n{theirs:#?}\nseed {seed}"),
    }
}

#[test]
fn requests_are_what_their_twin_makes_of_arguments_and_variables() {
    let outcomes: Vec<_> = seeds(600).map(|seed| check(&mut Random::new(seed), seed)).collect();
    let of_600 = |count: usize| count * 600 / outcomes.len();
    let sent = of_600(outcomes.iter().filter(|outcome| outcome.is_ok()).count());
    assert!((200..550).contains(&sent), "{sent} sent");
    let is_beside = |outcome: &&Result<(), String>| {
        outcome.as_ref().is_err_and(|error| error.contains("may not stand beside"))
    };
    let beside = of_600(outcomes.iter().filter(is_beside).count());
    assert!((10..200).contains(&beside), "{beside} with two members of a oneof");
}
