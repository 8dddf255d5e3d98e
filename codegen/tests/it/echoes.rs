//! Which lookups say again what they were asked with.

use crate::bindings::{bound, check};

const PROTO: &str = r#"
service Catalog {
  rpc GetBook(GetBookRequest) returns (Book);
  rpc FindBook(FindBookRequest) returns (FindBookResponse);
  rpc GetShelf(GetShelfRequest) returns (Shelf);
  rpc ListBooks(FindBookRequest) returns (ListBooksResponse);
  rpc MoveBook(GetBookRequest) returns (Book);
}
message GetBookRequest { string book_id = 1; }
message FindBookRequest { Where where = 1; string sku = 2; string market = 3; int64 shelf_id = 4; bool lent = 5; }
message Where { string id = 1; }
message FindBookResponse { Found found = 1; }
message Found { Book book = 3; }
message ListBooksResponse { repeated Book books = 1; string sku = 2; }
message GetShelfRequest { string id = 1; repeated string sku = 2; Size size = 3; }
message Book { string id = 7; string sku = 8; string market = 9; string shelf_id = 10; bool lent = 11; Where where = 12; }
message Shelf { int64 id = 1; string sku = 2; Size size = 3; }
enum Size { SIZE_UNSPECIFIED = 0; SIZE_SMALL = 1; }
"#;

const TYPES: &str = r#"
type Book { sku: String }
type Shelf { sku: String }
enum Size { SMALL }
input Where { id: ID }
"#;

/// The binding of the only field of the root type.
#[track_caller]
fn query(field: &str, expected: &str) {
    let name = field.split(['(', ':']).next().unwrap_or_default();
    let contract = bound(PROTO, &format!("{TYPES} type Query {{ {field} }}"));
    let wanted = if expected.contains(" says ") { &["echoes".to_owned()][..] } else { &[] };
    assert_eq!(contract.optional_features, wanted);
    check(&contract, &format!("Query.{name}"), expected);
}

#[test]
fn the_id_of_a_book_is_the_id_by_which_it_was_asked_for() {
    query("book(id: ID!): Book", "GetBook(1 ← $args.id) says 1 in 7: whole Book in Book");
}

#[test]
fn an_object_deeper_in_the_response_is_found_there_part_by_part() {
    query(
        r#"find(sku: ID!, market: String!): Book @rpc(method: "shop.v1.Catalog/FindBook", select: "found.book")"#,
        "FindBook(2 ← $args.sku, 3 ← $args.market) says 2 in 1.3.8 says 3 in 1.3.9: 1.3 maybe Book in Book",
    );
}

#[test]
fn what_names_nothing_is_no_echo() {
    let found = r#"@rpc(method: "shop.v1.Catalog/FindBook", select: "found.book")"#;
    // Another kind of value, a truth, and a message.
    query(
        &format!("find(shelfId: ID!): Book {found}"),
        "FindBook(4 ← $args.shelfId): 1.3 maybe Book in Book",
    );
    query(
        &format!("find(lent: Boolean!): Book {found}"),
        "FindBook(5 ← $args.lent): 1.3 maybe Book in Book",
    );
    query(
        &format!("find(where: Where!): Book {found}"),
        "FindBook(1 ← $args.where): 1.3 maybe Book in Book",
    );
    query(
        "shelf(sku: [ID!], size: Size): Shelf",
        "GetShelf(2 ← $args.sku, 3 ← $args.size): whole Shelf in Shelf",
    );
}

#[test]
fn only_what_the_caller_gives_counts() {
    query(
        r#"book: Book @rpc(method: "shop.v1.Catalog/GetBook", with: {book_id: "1"})"#,
        "GetBook( ← [10, 1, 49]): whole Book in Book",
    );
    query(
        r#"book: Book @rpc(method: "shop.v1.Catalog/GetBook", with: {book_id: "$identity.sub"})"#,
        "GetBook(1 ← $identity.sub): whole Book in Book",
    );
}

#[test]
fn a_list_of_books_says_nothing_again() {
    query(
        r#"books(sku: ID!): [Book!] @rpc(method: "shop.v1.Catalog/ListBooks", select: "books")"#,
        "ListBooks(2 ← $args.sku): 1 list of Book in Book",
    );
}

#[test]
fn a_change_says_nothing_again() {
    let schema = format!(
        "{TYPES} type Query {{ shelf: Shelf }} type Mutation {{ moveBook(id: ID!): Book }}"
    );
    let contract = bound(PROTO, &schema);
    check(&contract, "Mutation.moveBook", "MoveBook(1 ← $args.id): whole Book in Book");
}
