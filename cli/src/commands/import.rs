//! `anabranch import`: a first schema from protos.

use crate::outcome::{Outcome, Result};

/// Write a first schema from protos
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result {
    Ok(Outcome::default())
}
