//! What generated Rust stands on: typed clients, parents of resolvers read from the wire, and answers written to it.
//!
//! Programs use what is generated, not this module; its items may change with any version.

mod client;
mod resolvers;
mod view;

pub use client::{Client, Rpc, Stream};
pub use resolvers::{Parents, arguments, refuse, repeat};
pub use view::{Fields, Value, View};

#[cfg(test)]
mod tests;
