//! First schemas from protos: what is made compiles, and making it again changes nothing.

use std::path::PathBuf;

use anabranch_codegen::{Color, Imported, Severity, Sources, compile, import};

use crate::contracts::repository;

type Files = Vec<(String, String)>;

/// The files of a schema after an import into `existing`.
fn after(existing: &Files, imported: &Imported) -> Files {
    let mut files = existing.clone();
    for output in &imported.files {
        let path = output.path.to_string_lossy().into_owned();
        let text = String::from_utf8(output.bytes.clone()).expect("text");
        match files.iter_mut().find(|(file, _)| *file == path) {
            Some((_, old)) => *old = text,
            None => files.push((path, text)),
        }
    }
    files
}

fn sources(protos: &Sources, schema: &Files) -> Sources {
    schema.iter().fold(protos.clone(), |sources, (path, text)| sources.schema_text(path, text))
}

/// Imports, and holds the result against what every import promises: it compiles, and a second one adds nothing.
fn imported(protos: &Sources, existing: &Files) -> Files {
    let imported = import(protos, existing);
    assert_eq!(imported.diagnostics.errors(), 0, "{}", imported.diagnostics.render(Color::Never));
    let schema = after(existing, &imported);
    let compiled = compile(&sources(protos, &schema));
    let errors: Vec<_> = compiled
        .diagnostics
        .iter()
        .filter(|found| found.severity() == Severity::Error)
        .map(|found| found.rule())
        .collect();
    assert!(
        errors.is_empty(),
        "{} errors:\n{}",
        errors.len(),
        compiled.diagnostics.render(Color::Never)
    );
    assert!(compiled.contract.is_some());
    let again = import(protos, &schema);
    let changed: Vec<_> = again.files.iter().map(|file| &file.path).collect();
    assert!(changed.is_empty(), "a second import changes {changed:?}");
    schema
}

fn text<'a>(schema: &'a Files, file: &str) -> &'a str {
    let found = schema.iter().find(|(path, _)| path == file);
    &found.unwrap_or_else(|| panic!("there is no {file}")).1
}

#[test]
fn the_bookshop_is_imported_from_its_protos_alone() {
    let protos = Sources::new().proto_root(repository().join("proto"));
    let schema = imported(&protos, &Files::new());
    for (file, text) in &schema {
        println!("=== {file}\n{text}");
    }
    assert!(text(&schema, "query.graphql").contains("  book(id: ID!): Book\n"));
}

#[test]
fn the_shop_of_the_benchmark_is_imported_from_its_protos_alone() {
    let protos = Sources::new().proto_root(repository().join("bench/proto"));
    let schema = imported(&protos, &Files::new());
    for (file, text) in &schema {
        println!("=== {file}\n{text}");
    }
    assert!(text(&schema, "query.graphql").contains("  product(id: ID!): Product\n"));
}

/// Protos that nobody here wrote: `ANABRANCH_IMPORT` names folders, separated by colons, each a proto root.
#[test]
fn protos_of_others_are_imported_where_there_are_any() {
    let folders = std::env::var("ANABRANCH_IMPORT").unwrap_or_default();
    for folder in folders.split(':').filter(|folder| !folder.is_empty()) {
        let protos = Sources::new().proto_root(PathBuf::from(folder));
        let schema = imported(&protos, &Files::new());
        let bytes: usize = schema.iter().map(|(_, text)| text.len()).sum();
        println!("{folder}: {} files, {bytes} bytes", schema.len());
        if let Ok(target) = std::env::var("ANABRANCH_IMPORT_TO") {
            for (path, text) in &schema {
                std::fs::write(PathBuf::from(&target).join(path), text).expect("written");
            }
        }
    }
}
