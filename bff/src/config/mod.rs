//! The parts' configuration, from a file, the environment and defaults.
//!
//! A file in TOML says what differs from the defaults; an environment variable goes before the file. Its name is
//! `ANABRANCH_` and the path of the key in capitals, `__` between its parts: `ANABRANCH_SERVER__MAX_TIMEOUT=5s`. In names of
//! services `_` stands for a dot and `ALL` for `*`:
//! `ANABRANCH_SERVICES__BOOKSHOP_PRICING_V1_PRICING__ENDPOINTS=http://a:1,http://b:1`. A list may be written with commas.
//!
//! All faults are told at once, each with its place, its key, its value and what would be accepted.

mod check;
mod fault;
mod read;
mod services;
mod sources;

use std::{fmt::Write, path::Path};

use serde::Deserialize;

use self::{fault::Fault, sources::Sources};
use crate::{
    error::{Code, Error, Result},
    executor, graphql, mesh, server,
};

/// Every setting with its default and what it does to a request, as a file that can be used.
pub const REFERENCE: &str = include_str!("reference.toml");

/// What an operator may decide.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The table `server`.
    pub server: server::Config,
    /// The table `services`.
    pub services: mesh::Config,
    /// The table `graphql`.
    pub graphql: graphql::Config,
    /// The table `executor`.
    pub executor: executor::Config,
    /// The table `mock`.
    pub mock: Mock,
}

/// What a mock may answer beside services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mock {
    /// Whether fields that no service answers yet are answered by a mock. Without it a gateway with such fields does not
    /// start, so that made-up values reach nobody by accident.
    pub promised: bool,
    /// Another seed gives other titles, prices and lists.
    pub seed: u64,
}

impl Config {
    /// Reads a file and the environment, usually [`std::env::vars`], of which only names with our prefix are read.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] with all faults, one a line.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        let Some(path) = file else { return Self::parse("", "", environment) };
        let text = std::fs::read_to_string(path).map_err(|error| {
            let message = format!("the configuration `{}` cannot be read: {error}", path.display());
            Error::new(Code::FailedPrecondition, message)
        })?;
        Self::parse(&path.display().to_string(), &text, environment)
    }

    /// Reads the text of a file, which messages call `name`, and the environment.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] with all faults, one a line.
    pub fn parse(
        name: &str,
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        let sources = Sources::parse(name, text);
        let (config, mut faults) = sources.read::<Self>(environment);
        // Beside a setting that is faulty, and so has its default, nothing can be said of how settings go together.
        let is_beside = |fault: &Fault| faults.iter().any(|other| other.table() == fault.table());
        let together = check::check(&config).into_iter().filter(|fault| !is_beside(fault));
        let together: Vec<_> = together.map(|fault| sources.placed(fault)).collect();
        faults.extend(together);
        if faults.is_empty() { Ok(config) } else { Err(refusal(&faults)) }
    }
}

fn refusal(faults: &[Fault]) -> Error {
    let mut message = "the configuration cannot be used".to_owned();
    for fault in faults {
        write!(message, "\n  {fault}").expect("a String takes everything");
    }
    Error::new(Code::FailedPrecondition, message)
}

#[cfg(test)]
mod tests;
