//! The message types of `proto/anabranch/v1/contract.proto`: what code generation hands to the runtime.

#[allow(
    missing_docs,
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    clippy::doc_markdown,
    reason = "written by prost-build from the proto, whose comments are the documentation"
)]
mod generated;

pub use generated::{
    Batch, Binding, Cache, Cardinality, Contract, Echo, Enum, EnumValue, Fallback, Field, Fill,
    Format, Input, InputField, InputValue, Join, KeyPart, Leaf, MaskField, MaskMessage, Match,
    Member, Method, Mock, Piece, Policy, Resolver, Scalar, Scope, Selection, SideEffects, Source,
    State, Template, Wire, fallback, fill, input_value, join, piece, source, wire,
};

#[cfg(test)]
mod tests;
