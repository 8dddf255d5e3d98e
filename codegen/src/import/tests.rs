//! Names, comments, and which joins are certain.

use super::comments::cleaned;
use super::import;
use super::naming::{camel, free, type_names};
use crate::Sources;

#[test]
fn fields_are_spelled_as_graphql_spells_them() {
    for (proto, expected) in [
        ("price_cents", Some("priceCents")),
        ("PriceCents", Some("priceCents")),
        ("PRICE_CENTS", Some("priceCents")),
        ("peerURLs", Some("peerURLs")),
        ("HTTPStatus", Some("httpStatus")),
        ("HashKV", Some("hashKV")),
        ("TTL", Some("ttl")),
        ("__x", Some("x")),
        ("_1", Some("_1")),
        ("_", None),
    ] {
        assert_eq!(camel(proto).as_deref(), expected, "{proto}");
    }
}

#[test]
fn a_type_gets_the_shortest_name_that_is_free() {
    let names = type_names("bookshop.catalog.v1", "bookshop.catalog.v1.Book.Format", "");
    assert_eq!(
        names,
        [
            "BookFormat",
            "CatalogBookFormat",
            "BookshopCatalogBookFormat",
            "BookshopCatalogV1BookFormat"
        ]
    );
    assert_eq!(free(&names, |name| name.len() < 20), "BookshopCatalogBookFormat");
    assert_eq!(free(&names, |name| !name.ends_with('3')), "BookFormat3");
    assert_eq!(type_names("", "Status.StatusCode", "")[0], "StatusCode");
    assert_eq!(type_names("a", "a.BookInput", "Input")[0], "BookInput");
}

#[test]
fn comments_keep_what_is_for_readers() {
    assert_eq!(
        cleaned(" A book.\n\n   Indented. (-- api-linter: off\n --) \n"),
        "A book.\n\n  Indented."
    );
    assert_eq!(cleaned(" (-- all of it"), "");
}

fn schema(protos: &Sources) -> String {
    schema_beside(protos, &[])
}

fn schema_beside(protos: &Sources, there: &[(String, String)]) -> String {
    let imported = import(protos, "", there);
    imported.files.iter().map(crate::Grown::text).collect()
}

const AUTHORS: &str = r#"
    syntax = "proto3";
    package shop.catalog.v1;
    service Catalog {
      rpc GetBook(GetBookRequest) returns (Book);
      rpc BatchGetAuthors(BatchGetAuthorsRequest) returns (BatchGetAuthorsResponse);
    }
    message GetBookRequest { string id = 1; }
    message Book { string id = 1; string author_id = 2; repeated string author_ids = 3; int32 page_count = 4; }
    message Author { string id = 1; string name = 2; }
    message BatchGetAuthorsRequest { repeated string ids = 1; }
    message BatchGetAuthorsResponse { repeated Author authors = 1; }
"#;

#[test]
fn a_key_beside_what_it_is_the_key_of_becomes_a_join() {
    let schema = schema(&Sources::new().proto_text("catalog.proto", AUTHORS));
    let batch = |key: &str| {
        format!(
            "\n    @rpc(method: \"shop.catalog.v1.Catalog/BatchGetAuthors\")\n    \
             @batch(keys: \"ids\", key: \"$parent.{key}\", items: \"authors\", match: \"id\")\n"
        )
    };
    assert!(schema.contains(&format!("  author: Author{}", batch("author_id"))), "{schema}");
    assert!(schema.contains(&format!("  authors: [Author]{}", batch("author_ids"))), "{schema}");
    assert!(!schema.contains("batchGetAuthors"), "{schema}");
}

#[test]
fn a_key_of_another_package_or_of_another_type_is_no_join() {
    let reviews = r#"
        syntax = "proto3";
        package shop.reviews.v1;
        service Reviews { rpc GetReview(Ask) returns (Review); }
        message Ask { string id = 1; }
        message Review { string id = 1; string author_id = 2; }
    "#;
    let numbers = AUTHORS.replace("string author_id", "int64 author_id");
    let sources =
        Sources::new().proto_text("catalog.proto", numbers).proto_text("reviews.proto", reviews);
    let schema = schema(&sources);
    assert!(!schema.contains("  author: Author"), "{schema}");
    assert!(schema.contains("  authorId: ID!"), "{schema}");
}

#[test]
fn what_many_things_have_becomes_a_field_of_the_only_thing_of_that_name() {
    let prices = r#"
        syntax = "proto3";
        package shop.pricing.v1;
        service Pricing { rpc BatchGetPrices(Ask) returns (Prices); }
        message Ask { repeated string book_ids = 1; string currency = 2; }
        message Prices { repeated Price prices = 1; }
        message Price { string book_id = 1; int64 cents = 2; string currency = 3; }
    "#;
    let sources = Sources::new().proto_text("a.proto", AUTHORS).proto_text("b.proto", prices);
    let one = schema(&sources);
    assert!(one.contains("  price(currency: String): Price\n"), "{one}");
    let archive = AUTHORS.replace("shop.catalog", "shop.archive");
    let two = schema(&sources.proto_text("c.proto", archive));
    assert!(!two.contains("  price(") && two.contains("batchGetPrices("), "{two}");
}

#[test]
fn what_streams_is_a_subscription_or_a_list_and_one_that_is_there_by_name_is_not_added() {
    let sources = Sources::new().proto_text(
        "a.proto",
        r#"
        syntax = "proto3";
        service S {
          rpc GetTick(Ask) returns (Tick);
          rpc WatchTicks(Ask) returns (stream Tick);
          rpc ListTocks(Ask) returns (stream Tick);
        }
        message Ask { string text = 1; }
        message Tick { string text = 1; }
    "#,
    );
    let all = schema(&sources);
    let (query, subscription) = all.split_once("type Subscription").expect("a third root");
    assert!(subscription.contains("  watchTicks(text: String): Tick"), "{all}");
    assert!(query.contains("  tocks(text: String): [Tick!]"), "{all}");
    let there = "type Subscription { ticks(text: String): Tick } type Tick { text: String }";
    let added = schema_beside(&sources, &[("mine.graphql".to_owned(), there.to_owned())]);
    assert!(!added.contains("WatchTicks") && added.contains("ListTocks"), "{added}");
}

#[test]
fn what_the_options_say_goes_before_what_the_name_says() {
    let schema = schema(&Sources::new().proto_text(
        "a.proto",
        r#"
        syntax = "proto3";
        service S {
          rpc PurgeThings(Ask) returns (Answer) { option idempotency_level = NO_SIDE_EFFECTS; }
          rpc GetOrMakeThing(Ask) returns (Answer) { option idempotency_level = IDEMPOTENT; }
        }
        message Ask { string text = 1; }
        message Answer { string text = 1; }
    "#,
    ));
    let (mutation, query) = schema.split_once("type Query").expect("both roots");
    assert!(mutation.contains("  getOrMakeThing(text: String): Answer"), "{schema}");
    assert!(query.contains("  purgeThings(text: String): Answer"), "{schema}");
}

#[test]
fn a_mask_of_what_is_read_is_no_argument() {
    let proto = "syntax = \"proto3\"; package shop.v1; import \"google/protobuf/field_mask.proto\";
        service Catalog { rpc GetBook(GetBookRequest) returns (Book); }
        message GetBookRequest {
          string id = 1;
          google.protobuf.FieldMask read_mask = 2;
          google.protobuf.FieldMask other_mask = 3;
        }
        message Book { string id = 1; }";
    let schema = schema(&Sources::new().proto_text("shop.proto", proto));
    assert!(schema.contains("book(id: ID!, otherMask: FieldMask): Book"), "{schema}");
}
