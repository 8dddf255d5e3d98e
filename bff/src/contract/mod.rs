//! The contract: what code generation says about a schema, read and checked for consistency once, at start-up.

mod generated;
mod load;
mod names;

pub use generated::{
    Batch, Binding, Cache, Cardinality, Contract, Echo, Enum, EnumValue, Fallback, Field, Fill,
    Format, Input, InputField, InputValue, Join, KeyPart, Leaf, MaskField, MaskMessage, Match,
    Member, Method, Mock, Piece, Policy, Resolver, Scalar, Scope, Selection, SideEffects, Source,
    State, Template, Wire, fallback, fill, input_value, join, piece, source, wire,
};
pub use load::{FEATURES, FORMAT, load, load_for_mock};
pub use names::FieldNames;
