//! Protos and a GraphQL schema to a checked contract and typed Rust.

mod build;
pub mod contract;
mod diagnostic;
mod emit;
mod input;
mod model;
mod write;

pub use build::{Build, BuildError, configure, write_rust};
pub use diagnostic::{Color, Diagnostic, Diagnostics, Severity};
pub use input::Sources;

/// What came of [`compile`].
#[derive(Debug)]
pub struct Compiled {
    /// Everything found, errors and warnings.
    pub diagnostics: Diagnostics,
    /// The contract; `None` where there are errors.
    pub contract: Option<contract::Contract>,
    protos: input::Protos,
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
            let findings = clashes.iter().map(|clash| clash.diagnostic(&self.protos)).collect();
            self.diagnostics.with(findings)
        })
    }
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
    Compiled { diagnostics, contract, protos: input.protos }
}
