//! `anabranch new`: a project that runs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::outcome::{Failure, Outcome, Result};

/// The files of a new project.
const FILES: &[(&str, &str)] = &[
    ("README.md", include_str!("../../template/README.md")),
    ("anabranch.toml", include_str!("../../template/anabranch.toml")),
    ("proto/library/v1/library.proto", include_str!("../../template/library.proto")),
    ("schema/library.graphql", include_str!("../../template/library.graphql")),
    ("queries/book.graphql", include_str!("../../template/book.graphql")),
];

/// Begin a project: a proto, a schema, a configuration and a README
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  anabranch new shop && cd shop && anabranch mock")]
pub(crate) struct Arguments {
    /// A folder that is not there yet, or is empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let folder = &arguments.folder;
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Usage(format!("`{}` has something in it already", folder.display())));
    }
    for (name, text) in FILES {
        write(&folder.join(name), text)?;
    }
    let next = format!("{}: next, `cd {0} && anabranch mock`\n", folder.display());
    Ok(Outcome::said(next))
}

fn write(path: &Path, text: &str) -> std::result::Result<(), Failure> {
    let refused = |error| Failure::File(format!("cannot write `{}`", path.display()), error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(refused)?;
    }
    fs::write(path, text).map_err(refused)
}
