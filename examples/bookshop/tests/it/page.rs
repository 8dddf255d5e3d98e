//! What the page asks, held against the schema.

use std::fs;
use std::path::Path;

use apollo_compiler::{ExecutableDocument, Schema};

const PAGE: &str = include_str!("../../page/index.html");

fn schema() -> apollo_compiler::validation::Valid<Schema> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema");
    let mut files = vec![folder.join("anabranch.graphql")];
    files.extend(
        fs::read_dir(folder.join("bookshop"))
            .expect("a schema")
            .map(|entry| entry.expect("a file").path()),
    );
    let builder = files.into_iter().fold(Schema::builder(), |builder, file| {
        let text = fs::read_to_string(&file).expect("a schema file");
        builder.parse(text, file)
    });
    builder.build().and_then(Schema::validate).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The text between the backquotes of a constant in the page's script.
fn constant(name: &str) -> String {
    let (_, after) = PAGE.split_once(&format!("const {name} = `")).expect("a constant");
    after.split_once('`').expect("its end").0.to_owned()
}

#[test]
fn the_page_asks_only_what_the_schema_has() {
    let schema = schema();
    let cover = constant("COVER");
    for name in ["BOOK_PAGE", "SEARCH", "ADD_REVIEW"] {
        let document = constant(name).replace("${COVER}", &cover);
        if let Err(faults) = ExecutableDocument::parse_and_validate(&schema, document, name) {
            panic!("{faults}");
        }
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    let links = PAGE
        .match_indices("http")
        .map(|(position, _)| &PAGE[position..(position + 40).min(PAGE.len())]);
    let names = ["http://www.w3.org/"];
    for link in links {
        assert!(names.iter().any(|name| link.starts_with(name)), "{link}");
    }
}
