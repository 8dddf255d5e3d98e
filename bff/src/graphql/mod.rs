//! The front: type system, validation, plans. The only door of async-graphql and of the validator.

mod coerce;
mod config;
mod document;
mod documents;
mod front;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod introspection;
mod limits;
mod lines;
mod literal;
mod lower;
mod refusal;
mod rules;
mod schema;
mod slow;
mod stream;
mod syntax;
mod validate;
mod wording;

pub use config::{Config, Limits};
pub use front::{Allowed, Answers, Front, Outcome, Request, Response, plan_text};
pub use slow::OwnSchema;

#[cfg(test)]
mod tests;
