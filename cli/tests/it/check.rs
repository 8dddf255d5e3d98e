//! Findings: told all at once, with exit code 1, and nothing is written.

use std::fs;

use crate::command::{folder, run};

const PROTO: &str = r#"
syntax = "proto3";
package shop.v1;
service Shop { rpc GetBook(GetBookRequest) returns (Book); }
message GetBookRequest { string id = 1; }
message Book { string id = 1; string title = 2; }
"#;

#[test]
fn every_fault_is_told_at_once_with_its_place() {
    let schema = "type Query {\n  book(id: ID!): Book @rpc(method: \"shop.v1.Shop/GetBok\")\n  other: Nothing\n}\n\
                  type Book { title: String! }\n";
    let folder = folder(&[("proto/shop.proto", PROTO), ("schema/shop.graphql", schema)]);
    let run = run(folder.path(), &["check"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(run.out, "2 errors, no warnings\n");
    assert!(run.err.contains("error[unknown-method]"), "{}", run.err);
    assert!(run.err.contains("schema/shop.graphql:2:"), "{}", run.err);
    assert!(run.err.contains("Nothing"), "{}", run.err);
    assert!(!run.err.contains('\u{1b}'), "no colours where there is no terminal: {}", run.err);
}

#[test]
fn faults_of_protos_schema_and_configuration_are_told_in_one_run() {
    let folder = folder(&[
        ("proto/a.proto", "syntax = \"proto3\";\nmessage A { string id = ; }\n"),
        ("proto/b.proto", "syntax = \"proto3\";\nmessage B { Nothing id = 1; }\n"),
        ("schema/shop.graphql", "type Query {\n  book: Nothing\n  a: ID @mock(as: \"poem\")\n}\n"),
        ("anabranch.toml", "[server]\nlisten = here\nlissten = 1\n"),
    ]);
    for command in ["serve", "mock"] {
        let run = run(folder.path(), &[command]);
        assert_eq!(run.code, 1, "{run:?}");
        for place in [
            "proto/a.proto:2:",
            "proto/b.proto:2:",
            "schema/shop.graphql:2:",
            "schema/shop.graphql:3:",
            "anabranch.toml:2: server.listen:",
            "anabranch.toml:3: server.lissten:",
        ] {
            assert!(run.err.contains(place), "{command}, {place}: {}", run.err);
        }
    }
}

#[test]
fn a_warning_that_is_accepted_is_silent() {
    let schema = "type Query { book(id: ID!): Book! books: [Book!]! @rpc(method: \"shop.v1.Shop/ListBooks\") }\n\
                  type Book { id: ID! title: String }\n";
    let proto = PROTO.replace("rpc GetBook", "rpc ListBooks(Nothing) returns (Books); rpc GetBook")
        + "message Nothing {} message Books { repeated Book books = 1; }";
    let folder = folder(&[("proto/shop.proto", &proto), ("schema/shop.graphql", schema)]);
    let loud = run(folder.path(), &["check"]);
    assert_eq!(loud.out, "no errors, 2 warnings\n", "{}", loud.err);
    let allowed = format!("# anabranch: allow(fragile-non-null)\n{schema}");
    fs::write(folder.path().join("schema/shop.graphql"), allowed).unwrap();
    let silent = run(folder.path(), &["check"]);
    assert_eq!((silent.out.as_str(), silent.err.as_str()), ("no errors, no warnings\n", ""));
    let explained = run(folder.path(), &["explain", "fragile-non-null"]).well();
    assert!(explained.contains("# anabranch: allow(fragile-non-null)"), "{explained}");
    assert!(run(folder.path(), &["check", "--help"]).well().contains("# anabranch: allow("));
}

#[test]
fn a_build_with_errors_writes_nothing() {
    let schema = "type Query { book: Nothing }";
    let folder = folder(&[("schema/shop.graphql", schema)]);
    let run = run(folder.path(), &["build", "--rust", "generated"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("error["), "{}", run.err);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_contract_for_standard_output_is_all_that_goes_there() {
    let folder = folder(&[("schema/shop.graphql", "type Query { hello: String }\n")]);
    run(folder.path(), &["build", "--out", "file.contract"]).well();
    let wanted = fs::read(folder.path().join("file.contract")).unwrap();
    let piped = run(folder.path(), &["build", "--out", "/dev/stdout"]);
    assert_eq!(piped.code, 0, "{piped:?}");
    assert_eq!(piped.out, String::from_utf8_lossy(&wanted));
    assert!(piped.err.starts_with("/dev/stdout ("), "{}", piped.err);
}

#[test]
fn names_that_rust_cannot_tell_apart_are_told_as_other_findings_are() {
    let schema = "type Query { helloWorld: Int @resolve  hello_world: Int @resolve }\n";
    let folder = folder(&[("schema/shop.graphql", schema)]);
    let run = run(folder.path(), &["build", "--rust", "generated"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.starts_with("error[rust-name-clash]: "), "{}", run.err);
    assert!(run.err.contains("schema/shop.graphql:1:14"), "{}", run.err);
    assert!(run.err.ends_with("rust-name-clash`\n"), "{}", run.err);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_would_break_clients_is_found_before_it_does() {
    let schema = "type Query { book(id: ID!): Book }\ntype Book { id: ID! title: String! }\n";
    let folder = folder(&[("proto/shop.proto", PROTO), ("schema/shop.graphql", schema)]);
    run(folder.path(), &["build", "--out", "old.contract"]).well();
    assert_eq!(
        run(folder.path(), &["check", "--against", "old.contract"]).well(),
        "no errors, no warnings\nno breaking changes\n"
    );
    fs::write(folder.path().join("schema/shop.graphql"), schema.replace("title: String!", ""))
        .unwrap();
    let broken = run(folder.path(), &["check", "--against", "old.contract"]);
    assert_eq!(broken.code, 1, "{broken:?}");
    assert!(broken.out.contains("Book.title: "), "{}", broken.out);
    assert!(broken.out.ends_with("1 breaking change\n"), "{}", broken.out);
    let with_enum = |values: &str| {
        let schema = schema.replace("title: String!", "title: String! size: Size @mock");
        let schema = format!("{schema}enum Size {{ {values} }}\n");
        fs::write(folder.path().join("schema/shop.graphql"), schema).unwrap();
    };
    with_enum("LARGE");
    run(folder.path(), &["build", "--out", "old.contract"]).well();
    with_enum("LARGE SMALL");
    let said = run(folder.path(), &["check", "--against", "old.contract"]).well();
    assert!(
        said.ends_with(
            "dangerous: Size.SMALL: the enum value is new\nno breaking changes, 1 dangerous one\n"
        ),
        "{said}"
    );
}

#[test]
fn something_else_than_a_contract_is_not_compared_with() {
    let folder =
        folder(&[("schema/a.graphql", "type Query { a: String }"), ("old", "\u{7}nonsense")]);
    let run = run(folder.path(), &["check", "--against", "old"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(run.err, "error: `old` is not a contract; `anabranch build` writes one\n");
}

#[test]
fn rules_are_explained() {
    let folder = folder(&[]);
    let rules = run(folder.path(), &["explain"]).well();
    assert!(rules.lines().any(|rule| rule == "fragile-non-null"), "{rules}");
    for rule in rules.lines() {
        assert!(!run(folder.path(), &["explain", rule]).well().trim().is_empty(), "{rule}");
    }
    for (what, said) in [
        ("directives", "directive @rpc("),
        ("options", "sends from then on: not what it"),
        ("settings", "[server]"),
    ] {
        let explained = run(folder.path(), &["explain", what]).well();
        assert!(explained.contains(said), "{explained}");
    }
    let unknown = run(folder.path(), &["explain", "fragile"]);
    assert_eq!(
        (unknown.code, unknown.err.as_str()),
        (2, "error: there is no rule `fragile`; `anabranch explain` lists all\n")
    );
}
