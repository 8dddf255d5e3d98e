//! What a fuzzer runs, and the tests replay.

use crate::{Color, Sources, compile, import};

/// A proto and, behind a zero, a schema: they are compiled, or everything is told that is wrong with them.
pub fn sources(bytes: &[u8]) {
    let mut texts = bytes.splitn(2, |byte| *byte == 0).map(String::from_utf8_lossy);
    let protos = Sources::new().proto_text("p.proto", texts.next().unwrap_or_default());
    drop(import(&protos, &[]));
    let schema = texts.next().unwrap_or_default();
    let compiled = compile(&protos.schema_text("s.graphql", schema));
    assert_eq!(compiled.contract.is_some(), compiled.diagnostics.errors() == 0);
    drop(compiled.diagnostics.render(Color::Never));
}

#[cfg(test)]
mod tests {
    use super::sources;

    #[test]
    #[expect(clippy::print_stdout, reason = "whoever fails is the last one named")]
    fn what_fuzzing_found_in_sources_does_no_harm() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/sources");
        let mut paths: Vec<_> =
            std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert!(!paths.is_empty());
        for path in paths {
            println!("{}", path.display());
            sources(&std::fs::read(path).unwrap());
        }
    }
}
