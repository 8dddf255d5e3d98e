//! `anabranch build`: the contract, for serving and for comparing with.

use std::path::PathBuf;

use anabranch_codegen::{Output, write};
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
  anabranch serve --contract anabranch.contract")]
pub(crate) struct Arguments {
    #[command(flatten)]
    project: Project,
    /// Where the contract goes
    #[arg(long, value_name = "FILE", default_value = "anabranch.contract")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let compiled = arguments.project.compile()?;
    let rendered = compiled.diagnostics.render(color());
    let Some(contract) = &compiled.contract else { return Err(Failure::Found(rendered)) };
    let bytes = contract.encode_to_vec();
    let said = format!("{} ({} bytes)\n", arguments.out.display(), bytes.len());
    write(&compiled, &[Output { path: arguments.out.clone(), bytes }])?;
    Ok(Outcome::said(said).noting(rendered))
}
