//! Which requests take a mask of what is read, and in which message its paths begin.

use anabranch_codegen::Sources;
use anabranch_codegen::contract::Contract;

use crate::bindings::check;
use crate::contracts::{check_references, contract};

const PROTO: &str = r#"
import "google/protobuf/field_mask.proto";
import "google/rpc/status.proto";
service Catalog {
  rpc GetBook(GetBookRequest) returns (Book);
  rpc FetchBook(GetBookRequest) returns (FetchBookResponse);
  rpc ListBooks(GetBookRequest) returns (ListBooksResponse);
  rpc FindBooks(FindBooksRequest) returns (FindBooksResponse);
  rpc BatchGetBooks(BatchRequest) returns (BatchGetBooksResponse);
  rpc BatchGetPrices(BatchRequest) returns (BatchGetPricesResponse);
  rpc ListEditions(BatchRequest) returns (ListEditionsResponse);
  rpc ListShelves(BatchRequest) returns (ListShelvesResponse);
}
message GetBookRequest { string id = 1; google.protobuf.FieldMask read_mask = 2; }
message FindBooksRequest { string id = 1; View view = 2; }
message View { google.protobuf.FieldMask fields = 3; }
message BatchRequest { repeated string ids = 1; google.protobuf.FieldMask read_mask = 2; }
message FetchBookResponse { Book book = 4; string etag = 5; }
message ListBooksResponse { repeated Book books = 1; string next_page_token = 2; }
message FindBooksResponse { repeated Book books = 1; Book best = 2; map<string, Book> by_name = 3; }
message BatchGetBooksResponse { repeated Book books = 1; }
message BatchGetPricesResponse { map<string, Price> prices = 1; }
message ListEditionsResponse { repeated Edition editions = 1; }
message ListShelvesResponse { repeated ShelfResult results = 1; }
message ShelfResult { string book_id = 1; Shelf shelf = 2; google.rpc.Status status = 3; }
message Book {
  string id = 7;
  string title = 8;
  Price price = 9;
  oneof cover { string color = 10; Book sleeve = 11; }
  optional string note = 12;
  repeated Edition editions = 13;
}
message Price { int64 amount = 1; Book book = 2; }
message Edition { string book_id = 1; string sku = 2; }
message Shelf { string name = 1; }
"#;

const STATUS: &str = "syntax = \"proto3\"; package google.rpc; message Status { int32 code = 1; string message = 2; }";

const TYPES: &str = r#"
type Book { id: ID! title: String }
type Price { amount: Int }
type Edition { sku: String }
type Shelf { name: String }
"#;

fn bound(fields: &str) -> Contract {
    let proto = format!("syntax = \"proto3\";\npackage shop.v1;\n{PROTO}");
    let sources = Sources::new()
        .proto_text("google/rpc/status.proto", STATUS)
        .proto_text("shop.proto", proto)
        .schema_text("shop.graphql", format!("{TYPES} {fields}"));
    let contract = contract(&sources);
    check_references(&contract);
    contract
}

/// The binding of a field of `Query`.
#[track_caller]
fn query(field: &str, expected: &str) {
    let name = field.split(['(', ':']).next().unwrap_or_default();
    let contract = bound(&format!("type Query {{ {field} }}"));
    let is_used = contract.optional_features.contains(&"selection".to_owned());
    assert_eq!(is_used, expected.contains(" with mask "));
    check(&contract, &format!("Query.{name}"), expected);
}

/// The binding of a field of `Book`.
#[track_caller]
fn of_book(field: &str, expected: &str) {
    let name = field.split(['(', ':']).next().unwrap_or_default();
    let query = "type Query { books: [Book!] @rpc(method: \"shop.v1.Catalog/ListBooks\") }";
    let contract = bound(&format!("{query} extend type Book {{ {field} }}"));
    check(&contract, &format!("Book.{name}"), expected);
}

#[test]
fn what_get_answers_is_the_resource() {
    query(
        "book(id: ID!): Book",
        "GetBook(1 ← $args.id) says 1 in 7 with mask 2 of whole: whole Book in Book",
    );
    query(
        r#"title(id: ID!): String @rpc(method: "shop.v1.Catalog/GetBook", select: "title")"#,
        "GetBook(1 ← $args.id) with mask 2 of whole: 8 string as string",
    );
}

#[test]
fn each_of_what_list_answers_is_the_resource() {
    query(
        r#"books(id: ID): [Book!] @rpc(method: "shop.v1.Catalog/ListBooks")"#,
        "ListBooks(1 ← $args.id) with mask 2 of 1: 1 list of Book in Book",
    );
}

#[test]
fn a_response_that_holds_one_object_has_it_as_its_resource() {
    query(
        r#"book(id: ID!): Book @rpc(method: "shop.v1.Catalog/FetchBook")"#,
        "FetchBook(1 ← $args.id) says 1 in 4.7 with mask 2 of 4: 4 maybe Book in Book",
    );
}

#[test]
fn the_items_of_a_batch_are_the_resources() {
    of_book(
        r#"twin: Book @rpc(method: "shop.v1.Catalog/BatchGetBooks") @batch(key: "$parent.id", match: "id")"#,
        "BatchGetBooks() by 7→ in 1, items 1 matched 7 with mask 2 of whole: whole Book in Book",
    );
    of_book(
        r#"price: Price @rpc(method: "shop.v1.Catalog/BatchGetPrices") @batch(key: "$parent.id")"#,
        "BatchGetPrices() by 7→ in 1, map 1 matched 1 with mask 2 of whole: whole Price in Price",
    );
    of_book(
        r#"editions: [Edition!] @rpc(method: "shop.v1.Catalog/ListEditions") @batch(keys: "ids", key: "$parent.id", items: "editions", match: "book_id")"#,
        "ListEditions() by 7→ in 1, groups of 1 matched 1 with mask 2 of 1: 1 list of Edition in Edition",
    );
}

#[test]
fn where_a_doubt_is_left_nothing_is_inferred() {
    // What is shown is inside of an item: the mask may begin in either.
    of_book(
        r#"shelf: Shelf @rpc(method: "shop.v1.Catalog/ListShelves") @batch(keys: "ids", key: "$parent.id", items: "results", match: "book_id", select: "shelf", status: "status")"#,
        "ListShelves() by 7→ in 1, items 1 matched 1: 2 maybe Shelf in Shelf",
    );
    // Only `read_mask` is known by its name.
    query(
        r#"find(id: ID): [Book!] @rpc(method: "shop.v1.Catalog/FindBooks", select: "books")"#,
        "FindBooks(1 ← $args.id): 1 list of Book in Book",
    );
}

#[test]
fn a_schema_may_say_where_paths_begin() {
    let find = |mask: &str, select: &str| {
        format!(
            r#"find(id: ID): [Book!] @rpc(method: "shop.v1.Catalog/FindBooks", with: {{view: {{fields: "$selection.{mask}"}}}}, select: "{select}")"#
        )
    };
    let answer = "FindBooks(1 ← $args.id) with mask 2.3 of";
    query(&find("books", "books"), &format!("{answer} 1: 1 list of Book in Book"));
    query(&find("by_name", "books"), &format!("{answer} 3.2: 1 list of Book in Book"));
    query(&find("response", "books"), &format!("{answer} whole: 1 list of Book in Book"));
    of_book(
        r#"shelf: Shelf @rpc(method: "shop.v1.Catalog/ListShelves", with: {read_mask: "$selection.results.shelf"}) @batch(keys: "ids", key: "$parent.id", items: "results", match: "book_id", select: "shelf", status: "status")"#,
        "ListShelves() by 7→ in 1, items 1 matched 1 with mask 2 of 2: 2 maybe Shelf in Shelf",
    );
}

#[test]
fn who_fills_the_mask_keeps_it() {
    query(
        r#"book(id: ID!): Book @rpc(method: "shop.v1.Catalog/GetBook", with: {read_mask: "title"})"#,
        "GetBook( ← [18, 7, 10, 5, 116, 105, 116, 108, 101], 1 ← $args.id) says 1 in 7: whole Book in Book",
    );
    query(
        "book(id: ID!, readMask: FieldMask): Book",
        "GetBook(1 ← $args.id, 2 ← $args.readMask) says 1 in 7: whole Book in Book",
    );
}

#[test]
fn masks_go_into_single_messages_and_name_oneofs_together() {
    let contract = bound("type Query { book(id: ID!): Book }");
    let told = contract.mask_messages.iter().map(|message| {
        let fields = message.fields.iter().map(|field| {
            let inner = field.message.map_or(String::new(), |inner| format!("→{inner}"));
            let oneof = if field.oneof == 0 { String::new() } else { format!("|{}", field.oneof) };
            format!("{} {}{inner}{oneof}", field.number, field.name)
        });
        fields.collect::<Vec<_>>().join(", ")
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "7 id, 8 title, 9 price→1, 10 color|1, 11 sleeve|1, 12 note, 13 editions",
            "1 amount, 2 book→0"
        ]
    );
}
