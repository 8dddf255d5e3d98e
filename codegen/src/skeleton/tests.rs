//! Skeletons as a backend team gets them.

use super::{NoSkeleton, skeleton};
use crate::{Sources, compile};

const SCHEMA: &str = r#"
    type Query { book(id: ID!): Book search(text: String!, first: Int): [Hit!]! hello: String }
    type Mutation { addReview(input: AddReviewInput!): Review }
    type Subscription { bookAdded: Book }
    input AddReviewInput { bookId: ID! stars: Int! tags: [String!] }
    union Hit = Book | User
    type Book { id: ID! title: String! genre: Genre price: Money reviews(first: Int): [Review!]! since: DateTime }
    type Money { amount: String! currency: String! }
    type Review { stars: Int! author: User! }
    type User { id: ID! name: String! }
    enum Genre { NOVEL POEM }
"#;

const PROTO: &str = r#"
    syntax = "proto3";
    package shop.v1;
    message Author { string id = 1; string name = 4; }
    message GetAuthorRequest { string id = 1; }
    service Authors { rpc GetAuthor(GetAuthorRequest) returns (Author); }
"#;

const ONE_FIELD: &str = r#"syntax = "proto3";

// A beginning: name package and service after what they are.
package todo.v1;

service Todo {
  // Answers `Book.reviews`, for many at once. In the schema:
  //   reviews: … @rpc(method: "todo.v1.Todo/BatchGetBookReviews")
  rpc BatchGetBookReviews(BatchGetBookReviewsRequest) returns (BatchGetBookReviewsResponse);
}

message BatchGetBookReviewsRequest {
  repeated string book_ids = 1;
  optional int32 first = 2;
}

message BatchGetBookReviewsResponse {
  repeated BookReviews book_reviews = 1;
}

message BookReviews {
  string book_id = 1;
  repeated Review reviews = 2;
}

message User {
  string id = 1;
  string name = 2;
}

message Review {
  int32 stars = 1;
  User author = 2;
}
"#;

fn promised(coordinate: Option<&str>) -> Result<String, NoSkeleton> {
    let compiled = compile(&Sources::new().schema_text("schema.graphql", SCHEMA));
    skeleton(&compiled.contract.expect("a good schema"), coordinate)
}

fn half(coordinate: Option<&str>) -> Result<String, NoSkeleton> {
    let schema =
        "type Query { author(id: ID!): Author } type Author { id: ID! name: String! age: Int }";
    let sources =
        Sources::new().schema_text("schema.graphql", schema).proto_text("authors.proto", PROTO);
    skeleton(&compile(&sources).contract.expect("a good schema"), coordinate)
}

fn compiles(proto: &str) {
    let sources = Sources::new()
        .schema_text("schema.graphql", "type Query { a: String }")
        .proto_text("todo.proto", proto)
        .proto_text("authors.proto", PROTO);
    let compiled = compile(&sources);
    assert_eq!(compiled.diagnostics.errors(), 0, "{}\n{proto}", compiled.diagnostics);
}

#[test]
fn one_field_becomes_one_call_for_many_parents() {
    let proto = promised(Some("Book.reviews")).expect("promised");
    compiles(&proto);
    assert_eq!(proto, ONE_FIELD);
}

#[test]
fn a_whole_schema_becomes_a_proto_without_what_only_a_mock_needs() {
    let proto = promised(None).expect("promised");
    compiles(&proto);
    assert!(!proto.contains("mock_key") && !proto.contains("anabranch"), "{proto}");
}

#[test]
fn a_scalar_that_a_real_message_lacks_is_a_line_for_it() {
    let proto = half(None).expect("promised");
    compiles(&proto);
    assert!(
        proto.contains("// `shop.v1.Author` lacks:\n//   optional int32 age = 5;\n"),
        "{proto}"
    );
    assert!(half(Some("Author.age")).expect("promised").contains("rpc BatchGetAuthorAge"));
}

#[test]
fn what_is_real_or_unknown_has_no_skeleton() {
    assert_eq!(half(Some("Author.name")), Err(NoSkeleton::Real("Author.name".to_owned())));
    assert_eq!(half(Some("Autor")), Err(NoSkeleton::Unknown("Autor".to_owned())));
}

#[test]
fn the_schema_finds_the_calls_of_its_skeleton_again() {
    let proto = promised(None).expect("promised");
    let rpc = r#"@rpc(method: "todo.v1.Todo/BatchGetBookReviews")"#;
    let field = "reviews(first: Int): [Review!]!";
    let schema = SCHEMA.replace(field, &format!("{field} {rpc}"));
    let sources = Sources::new()
        .schema_text("schema.graphql", schema)
        .proto_text("todo.proto", proto.clone());
    let compiled = compile(&sources);
    let open: Vec<_> = crate::status(&compiled)
        .into_iter()
        .filter(|field| field.state != crate::FieldState::Real)
        .collect();
    assert!(
        compiled.diagnostics.errors() == 0 && open.is_empty(),
        "{}{open:?}\n{proto}",
        compiled.diagnostics
    );
}
