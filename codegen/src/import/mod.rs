//! A first schema from protos, by the conventions of the AIPs; later ones add to it and change nothing.
//!
//! The phases, in order: `existing` reads the schema that is there, `services` says what each method becomes, `roots`,
//! `objects`, `unions`, `inputs` and `enums` make definitions of it, and `merge` puts them between the bytes that people wrote.

use std::path::Path;

use crate::diagnostic::Diagnostics;
use crate::input::{self, Sources};
use crate::{Grown, check, model};

mod annotations;
mod arguments;
mod comments;
mod enums;
mod existing;
mod fields;
mod inputs;
mod joins;
mod merge;
mod naming;
mod objects;
mod plan;
mod roots;
mod sdl;
mod services;
mod unions;
mod values;

#[cfg(test)]
mod tests;

/// What came of [`import`].
#[derive(Debug)]
pub struct Imported {
    /// The files that are new or have grown, for [`grow`](crate::grow()).
    pub files: Vec<Grown>,
    /// What was left out, and why, a sentence each.
    pub notes: Vec<String>,
    /// What could not be read. Where there are errors, there are no files.
    pub diagnostics: Diagnostics,
}

/// Makes a schema from `protos` in `folder`, beside the `existing` files of one, each a path and its text. New files are
/// directly in the folder, and what belongs in one that is there already is put into that.
///
/// Only what is missing is added: types that no file has, fields that a type lacks, and members that a union lacks. A
/// name once written stays, so that a type may be renamed as long as its `@message` stays. What a comment inside a type
/// names (`# email: String!`, `# | Shelf`) is not added again.
///
/// ```
/// use anabranch_codegen::{Sources, import};
///
/// let protos = Sources::new().proto_text("shop.proto", r#"
///     syntax = "proto3";
///     package shop.v1;
///     service Catalog { rpc GetBook(GetBookRequest) returns (Book); }
///     message GetBookRequest { string id = 1; }
///     message Book { string id = 1; string title = 2; }
/// "#);
/// let imported = import(&protos, "schema", &[]);
/// let query = imported.files.iter().find(|file| file.path.ends_with("schema/query.graphql")).expect("it is made");
/// assert!(query.text().contains("book(id: ID!): Book"));
/// ```
pub fn import(
    protos: &Sources,
    folder: impl AsRef<Path>,
    existing: &[(String, String)],
) -> Imported {
    let mut sources = protos.without_schemas();
    for (path, text) in existing {
        sources = sources.schema_text(path, text);
    }
    let mut input = input::read(&sources);
    // A schema may still lack what it gets now: a Query, the types of its fields.
    input.faults.retain(input::Fault::is_fatal);
    if !input.faults.is_empty() {
        let findings = check::check(&model::bind(&input));
        let diagnostics = Diagnostics::new(input.files, findings);
        return Imported { files: Vec::new(), notes: Vec::new(), diagnostics };
    }
    let existing_types = existing::read(existing);
    let made = services::services(&input.protos, &existing_types);
    let (definitions, notes) = (made.definitions, made.notes);
    let files = merge::merge(folder.as_ref(), existing, &existing_types, &definitions);
    let diagnostics = Diagnostics::new(input.files, Vec::new());
    Imported { files, notes, diagnostics }
}
