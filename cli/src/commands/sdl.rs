//! `anabranch sdl`: the schema as clients see it.

use crate::{
    outcome::{Outcome, Result},
    project::Origin,
};

/// Print the schema as clients see it, without our directives
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  anabranch sdl > schema.graphql
  anabranch sdl --contract anabranch.contract")]
pub(crate) struct Arguments {
    #[command(flatten)]
    origin: Origin,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let contract = arguments.origin.contract()?;
    Ok(Outcome::said(format!("{}\n", contract.sdl.trim_end())))
}
