//! `anabranch import`: a first schema from protos, and what later protos add to it.

use std::path::PathBuf;

use anabranch_codegen::{Sources, grow, import};

use crate::{
    outcome::{Failure, Outcome, Result, color},
    project::{folders, graphql_files, read},
};

/// Write a first schema from protos, or add to the one that is there
///
/// Nothing that people wrote is changed: types, fields and members of unions that are missing are added, in the files
/// that are there; a name once given stays. What a comment inside a type names (`# email: String!`, `# | Shelf`) is not
/// added again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  anabranch import                              # proto/ to schema/
  anabranch import --proto vendor/protos --schema schema --dry-run
  anabranch import && anabranch check")]
pub(crate) struct Arguments {
    /// A folder of protos, from which their imports are looked up, or a file of their descriptors [default: `proto`]
    #[arg(long, value_name = "DIR")]
    proto: Vec<PathBuf>,
    /// The folder of the schema, which is made if it is not there
    #[arg(long, value_name = "DIR", default_value = "schema")]
    schema: PathBuf,
    /// Print the files that would be written
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let protos = folders(&arguments.proto, "proto");
    if protos.is_empty() {
        let text = "there is no folder `proto` here; name one with `--proto`";
        return Err(Failure::Usage(text.to_owned()));
    }
    let sources = protos.into_iter().fold(Sources::new(), Sources::proto_root);
    let mut existing = Vec::new();
    for path in graphql_files(&arguments.schema)? {
        let text = String::from_utf8(read(&path)?)
            .map_err(|_| Failure::Found(format!("`{}` is not text", path.display())))?;
        existing.push((path.display().to_string(), text));
    }
    let imported = import(&sources, &arguments.schema, &existing);
    if imported.diagnostics.errors() > 0 {
        return Err(Failure::Found(imported.diagnostics.render(color())));
    }
    if !arguments.dry_run {
        grow(&imported.files)?;
    }
    let mut said = String::new();
    for file in &imported.files {
        let path = file.path.display();
        if arguments.dry_run {
            said.push_str(&format!("# {path}\n{}\n", file.text()));
        } else {
            said.push_str(&format!("{path}\n"));
        }
    }
    if imported.files.is_empty() {
        let is_there = !existing.is_empty();
        let text =
            if is_there { "the schema has everything already\n" } else { "nothing to write\n" };
        said.push_str(text);
    }
    let notes: String = imported.notes.iter().map(|note| format!("note: {note}\n")).collect();
    Ok(Outcome::said(said).noting(notes))
}
