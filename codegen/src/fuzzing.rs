//! What a fuzzer runs, and the tests replay.

use crate::{Color, Sources, compile, import};

/// A proto and, behind a zero, a schema: they are compiled, or everything is told that is wrong with them.
pub fn sources(bytes: &[u8]) {
    let mut texts = bytes.splitn(2, |byte| *byte == 0).map(String::from_utf8_lossy);
    let protos = Sources::new().proto_text("p.proto", texts.next().unwrap_or_default());
    compiled(&protos.clone().schema_text("s.graphql", texts.next().unwrap_or_default()));
    imported(&protos);
}

/// A file of descriptors: what is imported from them builds.
///
/// # Panics
///
/// Where the file cannot be written.
pub fn descriptors(bytes: &[u8]) {
    let name = format!("anabranch-{}-{:?}.binpb", std::process::id(), std::thread::current().id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, bytes).expect("a temporary file");
    imported(&Sources::new().proto_root(&path));
    std::fs::remove_file(&path).expect("it is there");
}

/// There is a contract, and Rust for it, or a reason why not. Gives what is wrong.
fn compiled(sources: &Sources) -> String {
    let compiled = compile(sources);
    assert_eq!(compiled.contract.is_some(), compiled.diagnostics.errors() == 0);
    drop(compiled.rust(true));
    if compiled.contract.is_some() {
        return String::new();
    }
    compiled.diagnostics.render(Color::Never)
}

/// An import makes a schema that builds, and the next one finds nothing to add.
fn imported(protos: &Sources) {
    let made = import(protos, "", &[]);
    let text = |file: &crate::Grown| (file.path.to_string_lossy().into_owned(), file.text());
    let files: Vec<(String, String)> = made.files.iter().map(text).collect();
    let mut sources = protos.clone();
    for (path, text) in &files {
        sources = sources.schema_text(path, text);
    }
    if files.is_empty() {
        return;
    }
    let wrong = compiled(&sources);
    assert!(wrong.is_empty(), "{files:#?}\n{wrong}");
    let again = import(protos, "", &files).files;
    assert!(again.is_empty(), "{again:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::replay;

    #[test]
    fn what_fuzzing_found_in_sources_does_no_harm() {
        replay("sources", 30, sources);
    }

    #[test]
    fn what_fuzzing_found_in_descriptors_does_no_harm() {
        replay("descriptors", 30, descriptors);
    }
}
