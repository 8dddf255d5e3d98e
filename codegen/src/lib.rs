//! Protos and a GraphQL schema to a checked contract and typed Rust.
//!
//! ```
//! use anabranch_codegen::{Color, Sources, compile};
//!
//! let sources = Sources::new()
//!     .proto_text("shop.proto", r#"
//!         syntax = "proto3";
//!         package shop.v1;
//!         service Catalog { rpc GetBook(GetBookRequest) returns (Book); }
//!         message GetBookRequest { string id = 1; }
//!         message Book { string id = 1; string title = 2; }
//!     "#)
//!     .schema_text("shop.graphql", "type Query { book(id: ID!): Book } type Book { id: ID! title: String! }");
//! let compiled = compile(&sources);
//! assert!(compiled.contract.is_some(), "{}", compiled.diagnostics.render(Color::Never));
//! ```
//!
//! The phases, in order: `input` reads texts into trees with places, `model` binds the schema to the protos, `check` says
//! what is wrong with it, `emit` makes the contract, and [`write()`] puts files where they belong. Only the first one reads
//! and only the last one writes; nothing is written where there are errors.
//!
//! [`import`] goes the other way: it makes a first schema from protos, and adds to one that is there.

pub mod against;
mod build;
mod check;
pub mod contract;
mod diagnostic;
mod emit;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod import;
mod input;
mod model;
#[cfg(test)]
#[path = "../../fuzz/replay.rs"]
mod replay;
mod skeleton;
mod status;
mod write;

pub use build::{Build, BuildError, configure, write_rust};
pub use diagnostic::{Color, Diagnostic, Diagnostics, Severity};
pub use import::{Imported, import};
pub use input::Sources;
pub use skeleton::{NoSkeleton, skeleton};
pub use status::{FieldState, FieldStatus};
pub use write::{Grown, NotWritten, Output, grow, is_special, write};

/// What came of [`compile`].
#[derive(Debug)]
pub struct Compiled {
    /// Everything found, errors and warnings.
    pub diagnostics: Diagnostics,
    /// The contract; `None` where there are errors.
    pub contract: Option<contract::Contract>,
    fields: Vec<FieldStatus>,
    protos: input::Protos,
    schema: input::Schema,
}

impl Compiled {
    /// Typed Rust for the contract, as one file that expects the encoded contract beside it as `anabranch.contract`:
    /// messages, clients, resolver traits, and tonic's server traits where `server_stubs` are wanted.
    ///
    /// # Errors
    ///
    /// What is wrong: the findings of [`compile`], or names that Rust cannot tell apart.
    pub fn rust(&self, server_stubs: bool) -> Result<String, Diagnostics> {
        let contract = self.contract.as_ref().ok_or_else(|| self.diagnostics.clone())?;
        let input = emit::rust::Input { contract, protos: &self.protos.pool, server_stubs };
        emit::rust::rust(&input).map_err(|clashes| {
            let finding = |clash: &emit::rust::Clash| clash.diagnostic(&self.protos, &self.schema);
            let findings = clashes.iter().map(finding).collect();
            self.diagnostics.with(findings)
        })
    }
}

/// Reads the sources, binds the schema to the protos and checks the result. It never fails: what is wrong stands in the
/// diagnostics, all of it.
pub fn compile(sources: &Sources) -> Compiled {
    let input = input::read(sources);
    let model = model::bind(&input);
    let findings = check::check(&model);
    let fields = status::status(&model);
    let has_errors = findings.iter().any(|finding| finding.severity() == Severity::Error);
    let contract = (!has_errors).then(|| emit::contract(&model));
    let diagnostics = Diagnostics::new(input.files, findings);
    Compiled { diagnostics, contract, fields, protos: input.protos, schema: input.schema }
}

/// Every field that a root type leads to, in the order of the schema: real, promised or drifted. There is a status
/// even where there are errors, as long as everything could be read.
pub fn status(compiled: &Compiled) -> Vec<FieldStatus> {
    compiled.fields.clone()
}

/// What a rule is about: why, what is wrong, what is right. `None` for a name that no rule has.
pub fn explain(rule: &str) -> Option<String> {
    check::explain(rule)
}

/// The directives of schemas, each described, as `schema/anabranch.graphql` has them.
pub const DIRECTIVES: &str = input::DIRECTIVES;

/// The options of protos, each described, as `proto/anabranch/v1/options.proto` has them.
pub const OPTIONS: &str = input::OPTIONS.1;

/// The names of all rules, in the order in which `anabranch explain` lists them.
pub fn rules() -> impl Iterator<Item = &'static str> {
    check::RULES.iter().map(|rule| rule.name)
}
