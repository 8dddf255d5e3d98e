//! Files as an editor or a system hands them out.

use std::fs;

use anabranch_codegen::{Color, Sources, compile};

#[test]
fn bytes_that_are_no_utf8_are_told_with_their_line_and_hide_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).unwrap();
    write("a.graphql", b"type Query {\n  # caf\xe9 \xff\n  hello: Nothing\n}\n");
    write(
        "a.proto",
        b"syntax = \"proto3\";\npackage a;\n// \xc3\nmessage M {\n  Nobody n = 1;\n}\n",
    );
    let compiled = compile(&Sources::new().proto_root(folder.path()).schema(folder.path()));
    let text = compiled.diagnostics.render(Color::Never);
    for place in ["a.graphql:2:8", "a.graphql:3:10", "a.proto:3:4", "a.proto:5:3"] {
        assert!(text.contains(place), "{place}: {text}");
    }
    assert_eq!(compiled.diagnostics.errors(), 4, "{text}");
    assert!(text.contains("save it as UTF-8") && !text.contains("permissions"), "{text}");
}
