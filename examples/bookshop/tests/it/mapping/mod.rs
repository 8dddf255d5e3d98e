//! The mapping between protobuf and GraphQL, a row for each case: a type of protobuf, a type of GraphQL, bytes, JSON.
//!
//! Schema and protos are made from the tables and go through code generation and a gateway, as everybody's do.

mod keys;
mod kit;
mod replies;
mod requests;
