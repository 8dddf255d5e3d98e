//! `anabranch build`: the contract, for serving and for comparing with.

use std::path::PathBuf;

use anabranch_codegen::{BuildError, Output, is_special, write, write_rust};
use prost::Message as _;

use crate::{
    outcome::{Failure, Outcome, Result, color},
    project::Project,
};

/// Write the contract, and typed Rust where it is wanted
///
/// The contract is one file with everything that `serve` needs. Where there are errors, nothing is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  anabranch build                            # writes anabranch.contract
  anabranch build --out release/shop.contract
  anabranch build --rust src/generated       # messages, clients and resolver traits too
  anabranch serve --contract anabranch.contract")]
pub(crate) struct Arguments {
    #[command(flatten)]
    project: Project,
    /// Where the contract goes
    #[arg(long, value_name = "FILE", default_value = "anabranch.contract")]
    out: PathBuf,
    /// Write typed Rust too: a module with the contract beside it, for projects that keep generated code
    #[arg(long, value_name = "DIR")]
    rust: Option<PathBuf>,
    /// With `--rust`: server traits for tonic too
    #[arg(long, requires = "rust")]
    server_stubs: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let compiled = arguments.project.compile()?;
    let rendered = compiled.diagnostics.render(color());
    let Some(contract) = &compiled.contract else { return Err(Failure::Found(rendered)) };
    let bytes = contract.encode_to_vec();
    let mut said = format!("{} ({} bytes)\n", arguments.out.display(), bytes.len());
    // Rust first: names that it cannot tell apart are found there, and nothing is written then.
    if let Some(folder) = &arguments.rust {
        write_rust(&compiled, folder, arguments.server_stubs).map_err(refused)?;
        said.push_str(&format!("{}\n", folder.join("mod.rs").display()));
    }
    let is_special = is_special(&arguments.out);
    write(&compiled, &[Output { path: arguments.out.clone(), bytes }])?;
    // The contract may have gone to standard output: then nothing else may.
    Ok(if is_special {
        Outcome::default().noting(said + &rendered)
    } else {
        Outcome::said(said).noting(rendered)
    })
}

/// Findings are told as those of `check` are.
fn refused(error: BuildError) -> Failure {
    match error {
        BuildError::Findings(text) => Failure::Found(text),
        other => other.into(),
    }
}
