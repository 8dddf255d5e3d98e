//! The command as its users meet it: arguments in, text and exit codes out.
#![expect(
    clippy::unwrap_used,
    reason = "tests fail by panicking, and their names are their documentation"
)]

mod check;
mod codes;
mod command;
mod help;
mod import;
mod live;
mod project;
mod service;
mod serving;
