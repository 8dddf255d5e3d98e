//! For build scripts: from directories to files that `anabranch::contract!()` brings into a program.

use std::{
    env, fmt,
    path::{Path, PathBuf},
};

use crate::{
    Color, Compiled, Diagnostics, NotWritten, Output, Severity, Sources, compile,
    emit::rust::CONTRACT_FILE,
};

/// The generated Rust that `anabranch::contract!()` includes.
const RUST_FILE: &str = "anabranch.rs";

/// What a build script compiles; see [`configure`].
#[derive(Clone, Debug, Default)]
pub struct Build {
    protos: Vec<PathBuf>,
    schemas: Vec<PathBuf>,
    server_stubs: bool,
    out_dir: Option<PathBuf>,
}

/// A build that reads nothing yet. In `build.rs`:
///
/// ```no_run
/// fn main() -> Result<(), anabranch_codegen::BuildError> {
///     anabranch_codegen::configure().protos("proto").schema("schema").build()
/// }
/// ```
#[must_use]
pub fn configure() -> Build {
    Build::default()
}

/// Why a build wrote nothing.
pub enum BuildError {
    /// What is wrong with protos and schema, as text for a person.
    Findings(String),
    /// Not run by cargo, and no directory was given.
    NoOutDir,
    /// The files could not be written.
    NotWritten(NotWritten),
}

impl Build {
    /// Reads every `.proto` below `directory`; imports are looked up from there.
    #[must_use]
    pub fn protos(mut self, directory: impl Into<PathBuf>) -> Self {
        self.protos.push(directory.into());
        self
    }

    /// Reads a `.graphql` file, or every one below a directory.
    #[must_use]
    pub fn schema(mut self, path: impl Into<PathBuf>) -> Self {
        self.schemas.push(path.into());
        self
    }

    /// Makes tonic's server traits too, for a program that is a service as well. Without this they are left out.
    #[must_use]
    pub fn server_stubs(mut self, wanted: bool) -> Self {
        self.server_stubs = wanted;
        self
    }

    /// Writes into this directory instead of cargo's `OUT_DIR`.
    #[must_use]
    pub fn out_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(directory.into());
        self
    }

    /// Compiles, tells cargo what was read and what is doubtful, and writes the contract and typed Rust.
    ///
    /// # Errors
    ///
    /// All faults of protos and schema at once; nothing is written then.
    #[expect(clippy::print_stdout, reason = "cargo reads what a build script prints")]
    pub fn build(self) -> Result<(), BuildError> {
        let Self { protos, schemas, server_stubs, out_dir } = self;
        let cargo = env::var_os("OUT_DIR").map(PathBuf::from);
        let out_dir = out_dir.or(cargo).ok_or(BuildError::NoOutDir)?;
        let mut sources = Sources::new();
        for directory in protos {
            println!("cargo::rerun-if-changed={}", directory.display());
            sources = sources.proto_root(directory);
        }
        for path in schemas {
            println!("cargo::rerun-if-changed={}", path.display());
            sources = sources.schema(path);
        }
        let compiled = compile(&sources);
        for warning in compiled.diagnostics.iter().filter(|it| it.severity() == Severity::Warning) {
            println!("cargo::warning={}: {}", warning.rule(), warning.message());
        }
        write(&compiled, &out_dir, RUST_FILE, server_stubs)
    }
}

/// Writes typed Rust as a module, `mod.rs` with the contract beside it, for projects that keep generated code.
///
/// # Errors
///
/// All faults of protos and schema at once; nothing is written then.
pub fn write_rust(
    compiled: &Compiled,
    directory: impl Into<PathBuf>,
    server_stubs: bool,
) -> Result<(), BuildError> {
    write(compiled, &directory.into(), "mod.rs", server_stubs)
}

fn write(
    compiled: &Compiled,
    directory: &Path,
    rust_file: &str,
    server_stubs: bool,
) -> Result<(), BuildError> {
    let findings = |findings: &Diagnostics| BuildError::Findings(findings.render(Color::Never));
    let rust = compiled.rust(server_stubs).map_err(|faults| findings(&faults))?;
    let contract = compiled.contract.as_ref().ok_or_else(|| findings(&compiled.diagnostics))?;
    let contract = prost::Message::encode_to_vec(contract);
    let outputs = [
        Output { path: directory.join(rust_file), bytes: rust.into_bytes() },
        Output { path: directory.join(CONTRACT_FILE), bytes: contract },
    ];
    crate::write(compiled, &outputs).map_err(BuildError::NotWritten)
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Findings(text) => formatter.write_str(text),
            Self::NoOutDir => formatter.write_str(
                "there is no OUT_DIR: call this from a build script, or give it an `out_dir`",
            ),
            Self::NotWritten(error) => error.fmt(formatter),
        }
    }
}

// What a build script returns is printed in this form: it is for people too.
impl fmt::Debug for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\n{self}")
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotWritten(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
