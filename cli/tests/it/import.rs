//! Protos become a schema that can be served, and what people wrote stays.

use std::fs;

use crate::command::{folder, run};

const PROTO: &str = r#"
syntax = "proto3";
package shop.v1;
service Shop {
  rpc GetBook(GetBookRequest) returns (Book);
  rpc DeleteBook(DeleteBookRequest) returns (DeleteBookResponse);
}
message GetBookRequest { string id = 1; }
message DeleteBookRequest { string id = 1; }
message DeleteBookResponse {}
message Book { string id = 1; string title = 2; Genre genre = 3; map<string, string> labels = 4; }
enum Genre { GENRE_UNSPECIFIED = 0; GENRE_NOVEL = 1; }
"#;

#[test]
fn a_schema_from_protos_fits_them() {
    let folder = folder(&[("proto/shop.proto", PROTO)]);
    let said = run(folder.path(), &["import"]).well();
    assert!(said.contains("schema/query.graphql\n"), "{said}");
    assert_eq!(run(folder.path(), &["check"]).well(), "no errors, no warnings\n");
    let status = run(folder.path(), &["status"]).well();
    assert!(!status.contains("promised") && !status.contains("drifted"), "{status}");
    assert_eq!(run(folder.path(), &["import"]).well(), "the schema has everything already\n");
}

#[test]
fn where_all_methods_write_a_placeholder_says_what_to_do() {
    let proto = "syntax = \"proto3\"; package logs.v1; message Export { string line = 1; } message Done { bool ok = 1; }
                 service Logs { rpc Export(Export) returns (Done); }";
    let folder = folder(&[("proto/logs.proto", proto)]);
    let imported = run(folder.path(), &["import"]);
    assert!(
        imported.err.lines().filter(|line| line.contains("`Query.placeholder`")).count() == 1,
        "{}",
        imported.err
    );
    let written = fs::read_to_string(folder.path().join("schema/query.graphql")).unwrap();
    assert!(written.contains("  # GraphQL wants a field here"), "{written}");
    assert_eq!(run(folder.path(), &["check"]).well(), "no errors, no warnings\n");
    let status = run(folder.path(), &["status", "Query"]).well();
    assert!(status.starts_with("Query.placeholder  promised  mocked"), "{status}");
    let own = "type Query {\n  hello: String @resolve\n}\n";
    fs::write(folder.path().join("schema/query.graphql"), own).unwrap();
    assert_eq!(run(folder.path(), &["import"]).well(), "the schema has everything already\n");
}

#[test]
fn protos_that_nobody_can_ask_say_so() {
    let folder =
        folder(&[("proto/shop.proto", "syntax = \"proto3\"; message Book { string id = 1; }")]);
    let run = run(folder.path(), &["import"]);
    let note = "note: the protos have no service: nothing can be asked\n";
    assert_eq!((run.code, &*run.out, &*run.err), (0, "nothing to write\n", note));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_dry_run_prints_and_writes_nothing() {
    let folder = folder(&[("proto/shop.proto", PROTO)]);
    let said = run(folder.path(), &["import", "--dry-run"]).well();
    assert!(said.contains("# schema/query.graphql\n"), "{said}");
    assert!(said.contains("book(id: ID!): Book"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_people_wrote_is_not_touched() {
    let mine = "type Query {\n  # The best one.\n  theBook(id: ID!): Book @rpc(method: \"shop.v1.Shop/GetBook\")\n}\n\n\
                type Book {\n  id: ID!\n  name: String! @from(path: \"title\")\n}\n";
    let folder = folder(&[("proto/shop.proto", PROTO), ("schema/mine.graphql", mine)]);
    run(folder.path(), &["import"]).well();
    let now = fs::read_to_string(folder.path().join("schema/mine.graphql")).unwrap();
    for line in mine.lines() {
        assert!(now.lines().any(|kept| kept == line), "{line:?} is gone:\n{now}");
    }
    assert_eq!(run(folder.path(), &["check"]).code, 0);
}

#[test]
fn a_second_service_of_a_package_goes_beside_what_is_there() {
    let of = |service: &str, message: &str| {
        format!(
            "syntax = \"proto3\"; package a.v1; service {service} {{ rpc Get{message}(Ask{message}) returns ({message}); }} \
             message Ask{message} {{ string id = 1; }} message {message} {{ string id = 1; }}"
        )
    };
    let folder = folder(&[("proto/a.proto", &of("S", "A"))]);
    run(folder.path(), &["import"]).well();
    let types = folder.path().join("schema/a.v1.graphql");
    let edited = fs::read_to_string(&types).unwrap().replace("  id: ID!", "  # Ours.\n  id: ID!");
    fs::write(&types, &edited).unwrap();
    fs::write(folder.path().join("proto/b.proto"), of("T", "B")).unwrap();
    let dry = run(folder.path(), &["import", "--dry-run"]).well();
    assert_eq!(fs::read_to_string(&types).unwrap(), edited);
    assert!(dry.contains("# Ours.") && dry.contains("type B"), "{dry}");
    let said = run(folder.path(), &["import"]).well();
    assert_eq!(said, "schema/a.v1.graphql\nschema/query.graphql\n");
    let now = fs::read_to_string(&types).unwrap();
    assert_eq!(now, format!("{edited}\ntype B @message(name: \"a.v1.B\") {{\n  id: ID!\n}}\n"));
    assert_eq!(run(folder.path(), &["check"]).well(), "no errors, no warnings\n");
    assert_eq!(run(folder.path(), &["import"]).well(), "the schema has everything already\n");
}

#[test]
fn a_proto_that_cannot_be_read_stops_it_before_anything_is_written() {
    let folder = folder(&[("proto/shop.proto", "syntax = \"proto3\"; message {")]);
    let run = run(folder.path(), &["import"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("proto/shop.proto:1:"), "{}", run.err);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn without_protos_the_way_on_is_shown() {
    let folder = folder(&[]);
    let run = run(folder.path(), &["import"]);
    assert_eq!(
        (run.code, run.err.as_str()),
        (2, "error: there is no folder `proto` here; name one with `--proto`\n")
    );
}
