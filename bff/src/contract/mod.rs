//! The contract: what code generation says about a schema, read and checked for consistency once, at start-up.

mod generated;
mod load;
mod names;
mod types;

pub use generated::{
    Batch, Binding, Cache, Cardinality, Contract, Echo, Enum, EnumValue, Fallback, Field, Fill,
    Format, Gather, GatherItem, Input, InputField, InputValue, Join, KeyPart, Leaf, MaskField,
    MaskMessage, Match, Member, Method, Mock, Piece, Policy, Resolver, Scalar, Scope, Selection,
    SideEffects, Source, State, Template, Wire, fallback, fill, input_value, join, piece, source,
    wire,
};
pub use load::{FEATURES, FORMAT, load, load_for_mock};
pub use names::FieldNames;
pub(crate) use types::scalar;
pub use types::{EnumType, FieldType, Form, LazyTypes, MessageType, Types};

impl Join {
    /// Whether its requests say nothing but who asks, and change nothing: then nobody is asked where nobody knows who that is.
    #[must_use]
    pub fn asks_for_the_caller(&self) -> bool {
        let is_identity = |fill: &Fill| matches!(fill.source, Some(fill::Source::Identity(_)));
        self.side_effects() == SideEffects::NoSideEffects
            && self.key.is_empty()
            && !self.fills.is_empty()
            && self.fills.iter().all(is_identity)
    }
}
