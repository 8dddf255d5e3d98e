//! What a document may cost before it is refused, and how much the front keeps.

use serde::Deserialize;

use crate::units::ByteSize;

/// The front's configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether `__schema` and `__type` are answered. Without them clients cannot learn the schema from the server. Errors
    /// then suggest none of its names for one that is misspelled.
    pub introspection: bool,
    /// What one document may cost. One that costs more is refused with `LIMIT_EXCEEDED`.
    pub limits: Limits,
    /// About how many bytes of compiled documents are kept. A document that is not kept is compiled again when it comes
    /// again.
    pub plan_cache: ByteSize,
    /// About how many bytes of refused documents and their errors are kept, apart from the plans, so that faulty
    /// documents cannot push good ones out.
    pub refused_cache: ByteSize,
}

/// What one request may cost.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The length of a document.
    pub document: ByteSize,
    /// How many lexical tokens a document may have: blanks, commas and comments are none.
    pub tokens: usize,
    /// How many fields may stand inside each other, those of spread fragments included.
    pub depth: usize,
    /// How many fields with an alias a document may have.
    pub aliases: usize,
    /// How many directives a document may have.
    pub directives: usize,
    /// How many selections a document may have after its fragments are spread in, and how many the operation may have
    /// where a selection of an interface or a union counts once for each type that it may have.
    pub selections: usize,
    /// How many lists and objects may stand inside each other in the value of a variable.
    pub input_depth: usize,
    /// How many values the variables of a request may hold, on all levels and with defaults.
    pub input_values: usize,
    /// The length of the answer to one introspection field.
    pub introspection: ByteSize,
    /// How many errors are told of one request; the others are counted.
    pub errors: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            introspection: true,
            limits: Limits::default(),
            plan_cache: ByteSize(64 << 20),
            refused_cache: ByteSize(1 << 20),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document: ByteSize(128 << 10),
            tokens: 20_000,
            depth: 32,
            aliases: 200,
            directives: 400,
            selections: 20_000,
            input_depth: 32,
            input_values: 100_000,
            introspection: ByteSize(16 << 20),
            errors: 50,
        }
    }
}
