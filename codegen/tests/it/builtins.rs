//! What the crate carries with it is what the repository has.

use std::path::Path;

fn same(carried: &str, original: &str) {
    let carries = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/input/builtin").join(carried);
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(original);
    let read = |path: &Path| std::fs::read_to_string(path).expect("readable");
    assert!(read(&carries) == read(&repository), "{carried} differs from {original}: copy it");
}

#[test]
fn the_directives_are_those_of_the_repository() {
    same("anabranch.graphql", "schema/anabranch.graphql");
}

#[test]
fn the_options_are_those_of_the_repository() {
    same("options.proto", "proto/anabranch/v1/options.proto");
}
