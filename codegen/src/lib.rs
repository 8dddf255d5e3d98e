//! Protos and a GraphQL schema to a checked contract and typed Rust.

pub mod against;
