//! Tests of the runtime from outside, in one binary.
#![expect(
    clippy::unwrap_used,
    reason = "tests fail by panicking, and their names are their documentation"
)]

mod generated_contract;
mod generated_rust;
mod rows;
