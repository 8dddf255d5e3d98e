//! `anabranch proto`: what is promised, as a `.proto` to begin with.

use anabranch_codegen::{NoSkeleton, skeleton};

use crate::{
    outcome::{Failure, Outcome, Result},
    project::Origin,
};

/// Print what is promised as a `.proto` that a backend team can begin with
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  anabranch proto                   # everything promised
  anabranch proto Book.reviews      # one field
  anabranch proto Book > proto/book.proto")]
pub(crate) struct Arguments {
    #[command(flatten)]
    origin: Origin,
    /// A type or a field
    #[arg(value_name = "TYPE[.FIELD]")]
    coordinate: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let contract = arguments.origin.contract()?;
    match skeleton(&contract, arguments.coordinate.as_deref()) {
        Ok(text) => Ok(Outcome::said(text)),
        Err(none @ NoSkeleton::Unknown(_)) => Err(Failure::Usage(none.to_string())),
        Err(none) => Ok(Outcome::default().noting(format!("{none}\n")).found()),
    }
}
