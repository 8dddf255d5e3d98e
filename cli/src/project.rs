//! Where protos, schema and configuration of a project are.

use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use anabranch::config::Config;
use anabranch_codegen::{Compiled, Sources, compile, contract::Contract};
use clap::Args;
use prost::Message as _;

use crate::outcome::{Failure, color};

/// The sources of a contract.
#[derive(Debug, Args)]
pub(crate) struct Project {
    /// A folder of protos, from which their imports are looked up [default: `proto`, if it is there]
    #[arg(long, value_name = "DIR")]
    pub(crate) proto: Vec<PathBuf>,
    /// A `.graphql` file, or a folder of them [default: `schema`]
    #[arg(long, value_name = "PATH")]
    pub(crate) schema: Vec<PathBuf>,
}

/// The sources of a contract, or the contract itself.
#[derive(Debug, Args)]
pub(crate) struct Origin {
    #[command(flatten)]
    project: Project,
    /// A contract that `anabranch build` wrote, instead of protos and schema
    #[arg(long, value_name = "FILE", conflicts_with_all = ["proto", "schema"])]
    contract: Option<PathBuf>,
}

/// The configuration file.
#[derive(Debug, Args)]
pub(crate) struct Configuration {
    /// The configuration [default: `anabranch.toml`, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What a gateway is told beside its contract.
#[derive(Debug, Args)]
pub(crate) struct Setting {
    #[command(flatten)]
    configuration: Configuration,
    /// Where requests come in, whatever the configuration says; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    listen: Option<SocketAddr>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "write an IP address and a port, like `127.0.0.1:4000` or `[::]:4000`".to_owned()
    })
}

impl Project {
    /// What there is to read.
    pub(crate) fn sources(&self) -> Result<Sources, Failure> {
        let mut sources = Sources::new();
        for folder in folders(&self.proto, "proto") {
            sources = sources.proto_root(folder);
        }
        let schemas = folders(&self.schema, "schema");
        if schemas.is_empty() {
            let text = "there is no folder `schema` here; name one with `--schema`, or begin with `anabranch new`";
            return Err(Failure::Usage(text.to_owned()));
        }
        for path in schemas {
            sources = sources.schema(path);
        }
        Ok(sources)
    }

    pub(crate) fn compile(&self) -> Result<Compiled, Failure> {
        Ok(compile(&self.sources()?))
    }

    /// The contract; everything found where there is none.
    pub(crate) fn contract(&self) -> Result<Contract, Failure> {
        let compiled = self.compile()?;
        let found = || Failure::Found(compiled.diagnostics.render(color()));
        compiled.contract.clone().ok_or_else(found)
    }
}

impl Origin {
    /// The encoded contract.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Failure> {
        match &self.contract {
            Some(path) => read(path),
            None => Ok(self.project.contract()?.encode_to_vec()),
        }
    }

    /// The encoded contract and the configuration. Where both are faulty, both are told.
    pub(crate) fn with(
        &self,
        config: Result<Config, Failure>,
    ) -> Result<(Vec<u8>, Config), Failure> {
        match (self.bytes(), config) {
            (Ok(bytes), Ok(config)) => Ok((bytes, config)),
            (Err(one), Err(other)) => Err(Failure::Both(Box::new(one), Box::new(other))),
            (Err(failure), Ok(_)) | (Ok(_), Err(failure)) => Err(failure),
        }
    }

    /// The contract as code generation has it.
    pub(crate) fn contract(&self) -> Result<Contract, Failure> {
        match &self.contract {
            Some(path) => decode(path),
            None => self.project.contract(),
        }
    }
}

impl Configuration {
    /// What the file says, with the environment over it.
    pub(crate) fn read(&self) -> Result<Config, Failure> {
        let default = Some(PathBuf::from("anabranch.toml")).filter(|path| path.exists());
        let file = self.config.clone().or(default);
        Ok(Config::load(file.as_deref(), std::env::vars())?)
    }
}

impl Setting {
    /// The configuration, with what was given beside it.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let mut config = self.configuration.read()?;
        if let Some(listen) = self.listen {
            config.server.listen = listen;
        }
        // A thread for each core that this process may use.
        config.server.threads = config.server.threads.or_else(|| {
            let cores = std::thread::available_parallelism().ok()?;
            NonZeroU16::new(u16::try_from(cores.get()).unwrap_or(u16::MAX))
        });
        Ok(config)
    }
}

/// A contract from a file.
pub(crate) fn decode(path: &Path) -> Result<Contract, Failure> {
    Contract::decode(read(path)?.as_slice()).map_err(|_| {
        Failure::Found(format!(
            "error: `{}` is not a contract; `anabranch build` writes one",
            path.display()
        ))
    })
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::File(format!("cannot read `{}`", path.display()), error))
}

/// What was given, or else the folder of this name, if it is here.
pub(crate) fn folders(given: &[PathBuf], default: &str) -> Vec<PathBuf> {
    if given.is_empty() && Path::new(default).is_dir() {
        return vec![PathBuf::from(default)];
    }
    given.to_vec()
}

/// The `.graphql` files of a folder and below, in an order that is always the same. A folder that is not there has none.
pub(crate) fn graphql_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    let refused = |error| Failure::File(format!("cannot read `{}`", folder.display()), error);
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(files),
        entries => entries.map_err(refused)?,
    };
    for entry in entries {
        let path = entry.map_err(refused)?.path();
        if path.is_dir() {
            files.extend(graphql_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "graphql") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
