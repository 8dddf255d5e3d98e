//! Lists that streams answer.

use super::*;

const STREAMS: &str = "
    service Catalog {
      rpc StreamBooks(StreamBooksRequest) returns (stream Book);
      rpc StreamPages(StreamBooksRequest) returns (stream BookPage);
      rpc StreamHits(StreamBooksRequest) returns (stream Hit);
      rpc BatchGetBooks(BatchGetBooksRequest) returns (BatchGetBooksResponse);
      rpc ListBooks(StreamBooksRequest) returns (BookPage);
    }
    message StreamBooksRequest { string author_id = 1; }
    message BatchGetBooksRequest { repeated string ids = 1; }
    message BatchGetBooksResponse { repeated Book books = 1; }
    message Book { string id = 1; string title = 2; }
    message BookPage { string id = 1; repeated Book books = 2; Inner inner = 3; }
    message Inner { repeated string words = 1; }
    message Hit { double score = 1; Book book = 2; string book_id = 3; optional int32 rank = 4; Part part = 5; }
    message Part { string note = 1; }
    message Author { string id = 1; }
";

fn query(field: &str, expected: &str) {
    let schema = format!("type Query {{ {field} }} type Book {{ id: ID! title: String }}");
    check(&bound(STREAMS, &schema), "Query.it", expected);
}

#[test]
fn messages_that_are_the_type_are_items() {
    query(
        r#"it: [Book!]! @rpc(method: "shop.v1.Catalog/StreamBooks")"#,
        "StreamBooks() gathered maybe message at []: 1 list of Book in Book",
    );
}

#[test]
fn a_list_in_each_message_goes_on() {
    for select in ["", ", select: \"books\""] {
        query(
            &format!(r#"it: [Book!]! @rpc(method: "shop.v1.Catalog/StreamPages"{select})"#),
            "StreamPages() gathered: 2 list of Book in Book",
        );
    }
    query(
        r#"it: [String!]! @rpc(method: "shop.v1.Catalog/StreamPages", select: "inner.words")"#,
        "StreamPages() gathered: 3.1 list of string as string",
    );
}

#[test]
fn a_value_in_each_message_is_an_item() {
    query(
        r#"it: [Book!]! @rpc(method: "shop.v1.Catalog/StreamHits")"#,
        "StreamHits() gathered maybe message at [2]: 1 list of Book in Book",
    );
    let select = |ty: &str, path: &str| {
        format!(r#"it: [{ty}!]! @rpc(method: "shop.v1.Catalog/StreamHits", select: "{path}")"#)
    };
    query(
        &select("Book", "book"),
        "StreamHits() gathered maybe message at [2]: 1 list of Book in Book",
    );
    query(
        &select("String", "part.note"),
        "StreamHits() gathered string at [5.1]: 1 list of string as string",
    );
    query(
        &select("Int", "rank"),
        "StreamHits() gathered maybe int32 at [4]: 1 list of int32 as int",
    );
}

#[test]
fn keys_in_messages_load_their_objects() {
    let schema = r#"
        type Query { it: [Book]! @rpc(method: "shop.v1.Catalog/StreamHits", select: "book_id") }
        type Book @load(method: "shop.v1.Catalog/BatchGetBooks") { id: ID! title: String }"#;
    check(
        &bound(STREAMS, schema),
        "Query.it",
        "StreamHits() gathered string at [3]: BatchGetBooks() by 1→ each in 1, items 1 matched 1: whole Book in Book",
    );
}

#[test]
fn a_field_of_a_type_has_a_stream_for_each_parent() {
    let schema = r#"
        type Query { author: Author @rpc(method: "shop.v1.Catalog/ListBooks", select: "books") }
        type Author { id: ID! books: [Book!]! @rpc(method: "shop.v1.Catalog/StreamBooks", with: {author_id: "$parent.id"}) }
        type Book { id: ID! }"#;
    let schema = schema.replace("author: Author", "author: [Author!]");
    let schema = schema.replace("type Author", "type Author @message(name: \"shop.v1.Book\")");
    let schema = schema.replace("type Book ", "type Book @message(name: \"shop.v1.Book\") ");
    check(
        &bound(STREAMS, &schema),
        "Author.books",
        "StreamBooks() by 1→1 gathered maybe message at []: 1 list of Book in Book",
    );
}

#[test]
fn a_contract_with_a_gathered_stream_needs_a_runtime_that_gathers() {
    let gathers = |method: &str| {
        let field = format!(r#"it: [Book!]! @rpc(method: "shop.v1.Catalog/{method}")"#);
        let schema = format!("type Query {{ {field} }} type Book {{ id: ID! }}");
        bound(STREAMS, &schema).required_features.contains(&"gather".to_owned())
    };
    assert!(gathers("StreamBooks"));
    assert!(!gathers("ListBooks"));
    let fallback = r#"
        type Query { it: [Book!]! @rpc(method: "shop.v1.Catalog/ListBooks") @fallback(rpc: "shop.v1.Catalog/StreamBooks", value: []) }
        type Book { id: ID! }"#;
    assert!(bound(STREAMS, fallback).required_features.contains(&"gather".to_owned()));
}
