//! Protos and a GraphQL schema to a checked contract and typed Rust.

pub mod against;
pub mod contract;
mod diagnostic;
mod emit;
mod input;
mod model;

pub use diagnostic::{Color, Diagnostic, Diagnostics, Severity};
pub use input::Sources;

/// What came of [`compile`].
#[derive(Debug)]
pub struct Compiled {
    /// Everything found, errors and warnings.
    pub diagnostics: Diagnostics,
    /// The contract; `None` where there are errors.
    pub contract: Option<contract::Contract>,
}

/// Reads the sources, binds the schema to the protos and checks the result. It never fails: what is wrong stands in the
/// diagnostics, all of it.
pub fn compile(sources: &Sources) -> Compiled {
    let input = input::read(sources);
    let model = model::bind(&input);
    let faults: Vec<String> = input
        .faults
        .iter()
        .map(|f| format!("{f:?}"))
        .chain(model.faults.iter().map(|f| format!("{f:?}")))
        .collect();
    let findings =
        faults.iter().map(|f| Diagnostic::new("fault", Severity::Error, f.as_str())).collect();
    let contract = Some(emit::contract(&model));
    let diagnostics = Diagnostics::new(input.files.clone(), findings);
    let contract = contract.filter(|_| diagnostics.errors() == 0);
    Compiled { diagnostics, contract }
}
