//! Every field: real, promised or drifted.

use anabranch_codegen::{FieldState, Sources, compile, status};

const PROTO: &str = r#"
syntax = "proto3";
package shop.v1;
service Catalog { rpc GetBook(GetBookRequest) returns (Book); }
message GetBookRequest { string id = 1; }
message Book { string id = 1; string title = 2; Price price = 3; }
message Price { string amount = 1; }
"#;

fn statuses(schema: &str) -> Vec<String> {
    let sources =
        Sources::new().proto_text("shop.proto", PROTO).schema_text("shop.graphql", schema);
    let state = |state| match state {
        FieldState::Real => "real",
        FieldState::Promised => "promised",
        FieldState::Drifted => "drifted",
    };
    let compiled = compile(&sources);
    let line = |field: anabranch_codegen::FieldStatus| {
        format!("{} {} {}", field.coordinate, state(field.state), field.detail)
            .trim_end()
            .to_owned()
    };
    status(&compiled).into_iter().map(line).collect()
}

#[test]
fn a_real_field_names_what_answers_it() {
    assert_eq!(
        statuses("type Query { book(id: ID!): Book } type Book { id: ID! title: String! }"),
        [
            "Query.book real shop.v1.Catalog/GetBook",
            "Book.id real shop.v1.Book.id",
            "Book.title real shop.v1.Book.title",
        ]
    );
}

#[test]
fn a_field_without_a_counterpart_is_promised() {
    assert_eq!(
        statuses("type Query { book(id: ID!): Book } type Book { id: ID! isbn: String }")[2],
        "Book.isbn promised"
    );
}

#[test]
fn a_value_without_a_counterpart_drifts_and_so_does_the_field_that_shows_it() {
    let schema = "type Query { book(id: ID!): Book } type Book { id: ID! price: Money }
                  type Money { amount: String! currency: String! }";
    let reason = "schema says `Money.currency`, `shop.v1.Price` has no `currency`";
    assert_eq!(
        statuses(schema)[2..],
        [
            format!("Book.price drifted {reason}"),
            "Money.amount real shop.v1.Price.amount".to_owned(),
            format!("Money.currency drifted {reason}"),
        ]
    );
}

#[test]
fn without_protos_everything_is_promised() {
    let sources = Sources::new()
        .schema_text("a.graphql", "type Query { book: Book } type Book { id: ID! next: Book }");
    let statuses = status(&compile(&sources));
    assert_eq!(statuses.len(), 3);
    assert!(statuses.iter().all(|field| field.state == FieldState::Promised));
}
