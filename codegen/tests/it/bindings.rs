//! Bindings one by one, each as a line that a person can read.

use anabranch_codegen::Sources;
use anabranch_codegen::contract::{
    Cardinality, Contract, Fallback, Fill, Input, InputValue, Join, KeyPart, Leaf, Policy, Scalar,
    SideEffects, Source, Template, fallback, fill, input_value, join, piece, source, wire,
};

use crate::contracts::{check_references, contract};

pub(crate) fn bound(proto: &str, schema: &str) -> Contract {
    let proto = format!("syntax = \"proto3\";\npackage shop.v1;\n{proto}");
    let contract = contract(
        &Sources::new().proto_text("shop.proto", proto).schema_text("shop.graphql", schema),
    );
    check_references(&contract);
    contract
}

fn source_of<'a>(contract: &'a Contract, coordinate: &str) -> &'a Source {
    let (type_name, name) = coordinate.split_once('.').expect("Type.field");
    let bindings = contract.bindings.iter().filter(|binding| binding.r#type == type_name);
    let mut fields =
        bindings.flat_map(|binding| &binding.fields).filter(|field| field.name == name);
    fields
        .next()
        .and_then(|field| field.source.as_ref())
        .unwrap_or_else(|| panic!("{coordinate} is bound"))
}

fn join_of<'a>(contract: &'a Contract, coordinate: &str) -> &'a Join {
    match &source_of(contract, coordinate).kind {
        Some(source::Kind::Join(join)) => join,
        _ => panic!("{coordinate} is no join"),
    }
}

#[track_caller]
pub(crate) fn check(contract: &Contract, coordinate: &str, expected: &str) {
    assert_eq!(show(contract, source_of(contract, coordinate)), expected, "{coordinate}");
}

/// `2 int64 as decimal`, `Pricing/BatchGetPrices(2 ← $args.currency) by 1→ in 1, items 1 matched 1: whole Money`.
fn show(contract: &Contract, source: &Source) -> String {
    match source.kind.as_ref().expect("a kind") {
        source::Kind::Wire(wire) => {
            let path = [wire.path.as_slice(), &[wire.number]].concat();
            let list = match wire.cardinality() {
                Cardinality::Repeated => " list of",
                Cardinality::Map => " map to",
                Cardinality::Explicit if wire.number != 0 => " maybe",
                _ => "",
            };
            let value = match wire.value.as_ref().expect("a value") {
                wire::Value::Leaf(leaf) => show_leaf(contract, leaf),
                wire::Value::Binding(id) => {
                    let binding = &contract.bindings[*id as usize];
                    let message = binding.message.rsplit('.').next().unwrap_or_default();
                    format!("{} in {message}", binding.r#type)
                }
            };
            format!(
                "{}{list} {value}",
                if wire.number == 0 && wire.path.is_empty() {
                    "whole".to_owned()
                } else {
                    dotted(&path)
                }
            )
        }
        source::Kind::Join(join) => show_join(contract, join),
    }
}

fn show_join(contract: &Contract, join: &Join) -> String {
    let target = match join.target.expect("a target") {
        join::Target::Method(id) => contract.methods[id as usize].name.clone(),
        join::Target::Resolver(id) => format!("resolver {}", contract.resolvers[id as usize].field),
    };
    let fills: Vec<String> = join.fills.iter().map(show_fill).collect();
    let key: Vec<String> = join.key.iter().map(show_part).collect();
    let mut text = format!("{target}({})", fills.join(", "));
    if !key.is_empty() {
        text += &format!(" by {}{}", key.join(" + "), if join.many { " each" } else { "" });
    }
    if let Some(batch) = &join.batch {
        let matched: Vec<String> = batch.r#match.iter().map(|part| dotted(&part.path)).collect();
        let kind = if batch.map {
            "map"
        } else if batch.group {
            "groups of"
        } else {
            "items"
        };
        text += &format!(
            " in {}, {kind} {} matched {}",
            dotted(&batch.keys),
            dotted(&batch.items),
            matched.join(" + ")
        );
    }
    for echo in &join.echoes {
        text += &format!(" says {} in {}", echo.request, dotted(&echo.response));
    }
    text + ": " + &show(contract, join.then.as_ref().expect("a value"))
}

fn show_part(part: &KeyPart) -> String {
    let target = if part.target.is_empty() { String::new() } else { dotted(&part.target) };
    format!("{}→{target}", dotted(&part.path))
}

fn show_fill(fill: &Fill) -> String {
    let source = match fill.source.as_ref().expect("a source") {
        fill::Source::Argument(path) => format!("$args.{path}"),
        fill::Source::Constant(bytes) => format!("{bytes:?}"),
        fill::Source::Identity(claim) => format!("$identity.{claim}"),
        fill::Source::Tenant(_) => "$tenant".to_owned(),
        fill::Source::Header(name) => format!("$header.{name}"),
        fill::Source::Context(key) => format!("$context.{key}"),
    };
    format!("{} ← {source}", dotted(&fill.path))
}

fn show_leaf(contract: &Contract, leaf: &Leaf) -> String {
    let wrapped = if leaf.wrapped { "wrapped " } else { "" };
    if leaf.scalar() == Scalar::Enum {
        return format!("{wrapped}enum {}", contract.enums[leaf.r#enum as usize].r#type);
    }
    let format = leaf.format().as_str_name().trim_start_matches("FORMAT_").to_lowercase();
    format!("{wrapped}{} as {format}", leaf.scalar().as_str_name().to_lowercase())
}

fn dotted(path: &[u32]) -> String {
    path.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

fn show_template(template: &Template) -> String {
    let piece =
        |piece: &anabranch_codegen::contract::Piece| match piece.kind.as_ref().expect("a kind") {
            piece::Kind::Text(text) => text.clone(),
            piece::Kind::Path(path) => format!("{{{}}}", dotted(&path.path)),
            piece::Kind::Argument(path) => format!("{{$args.{path}}}"),
        };
    template.pieces.iter().map(piece).collect()
}

fn show_input(contract: &Contract, input: &Input) -> Vec<String> {
    let value = |value: &InputValue| match value.value.as_ref().expect("a value") {
        input_value::Value::Leaf(leaf) => show_leaf(contract, leaf),
        input_value::Value::Input(id) => contract.inputs[*id as usize].r#type.clone(),
    };
    let line = |field: &anabranch_codegen::contract::InputField| {
        let of = field.value.as_ref().expect("a value");
        let list = if of.cardinality() == Cardinality::Repeated { "list of " } else { "" };
        format!("{} → {} {list}{}", field.name, dotted(&field.path), value(of))
    };
    input.fields.iter().map(line).collect()
}

const SCALARS: &str = r#"
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
service Things { rpc GetThing(GetThingRequest) returns (Thing); }
message GetThingRequest { string thing_id = 1; }
enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; }
message Box { string label = 1; }
message Thing {
  int32 i32 = 1; int64 i64 = 2; uint32 u32 = 3; uint64 u64 = 4; sint32 s32 = 5; sint64 s64 = 6;
  fixed32 f32 = 7; fixed64 f64 = 8; sfixed32 sf32 = 9; sfixed64 sf64 = 10; float fl = 11; double db = 12;
  bool ok = 13; string text = 14; bytes raw = 15; Color color = 16; repeated Color colors = 17;
  google.protobuf.Timestamp at = 18; google.protobuf.Duration span = 19; google.protobuf.Int64Value wide = 20;
  google.protobuf.StringValue maybe = 21; google.protobuf.Struct data = 22; google.protobuf.Value value = 23;
  google.protobuf.ListValue list = 24; google.protobuf.Any any = 25; google.protobuf.FieldMask mask = 26;
  google.protobuf.Empty empty = 27; map<string, int32> counts = 28; map<string, Box> boxes = 29;
  optional string note = 30; oneof place { string shelf = 31; Box box = 32; } repeated google.protobuf.Timestamp times = 33;
}
"#;

/// The mapping of scalars, row by row: a proto field, the type in the schema, and how it is read.
#[test]
fn every_scalar_is_shown_as_its_type_says() {
    for (field, graphql, expected) in [
        ("i32", "Int", "1 int32 as int"),
        ("i32", "ID", "1 int32 as decimal"),
        ("i64", "Int64", "2 int64 as decimal"),
        ("i64", "ID", "2 int64 as decimal"),
        ("i64", "String", "2 int64 as decimal"),
        ("i64", "Int", "2 int64 as int"),
        ("u32", "Int", "3 uint32 as int"),
        ("u64", "UInt64", "4 uint64 as decimal"),
        ("s32", "Int", "5 sint32 as int"),
        ("s64", "String", "6 sint64 as decimal"),
        ("f32", "Int", "7 fixed32 as int"),
        ("f64", "ID", "8 fixed64 as decimal"),
        ("sf32", "Int", "9 sfixed32 as int"),
        ("sf64", "Int64", "10 sfixed64 as decimal"),
        ("fl", "Float", "11 float as float"),
        ("db", "Float", "12 double as float"),
        ("ok", "Boolean", "13 bool as boolean"),
        ("text", "String", "14 string as string"),
        ("text", "Mine", "14 string as string"),
        ("i64", "Mine", "2 int64 as decimal"),
        ("raw", "Base64", "15 bytes as base64"),
        ("raw", "String", "15 bytes as base64"),
        ("color", "Color", "16 enum Color"),
        ("colors", "[Color!]!", "17 list of enum Color"),
        ("at", "DateTime", "18 maybe message as timestamp"),
        ("at", "String", "18 maybe message as timestamp"),
        ("span", "Duration", "19 maybe message as duration"),
        ("wide", "Int64", "20 maybe wrapped int64 as decimal"),
        ("maybe", "String", "21 maybe wrapped string as string"),
        ("data", "JSON", "22 maybe message as struct"),
        ("value", "JSON", "23 maybe message as value"),
        ("list", "JSON", "24 maybe message as list_value"),
        ("any", "Any", "25 maybe message as any"),
        ("mask", "FieldMask", "26 maybe message as field_mask"),
        ("empty", "Boolean", "27 maybe message as empty"),
        ("counts", "JSON", "28 map to int32 as int"),
        ("counts", "[Count!]!", "28 list of Count in CountsEntry"),
        ("boxes", "[BoxEntry!]!", "29 list of BoxEntry in BoxesEntry"),
        ("note", "String", "30 maybe string as string"),
        ("shelf", "String", "31 maybe string as string"),
        ("box", "Box", "32 maybe Box in Box"),
        ("times", "[DateTime!]!", "33 list of message as timestamp"),
    ] {
        let schema = format!(
            "type Query {{ thing(id: ID!): Thing }} type Thing {{ shown: {graphql} @from(path: \"{field}\") }}
             scalar Mine enum Color {{ UNSPECIFIED RED }} type Box {{ label: String }}
             type Count {{ key: String! value: Int! }} type BoxEntry {{ key: String! value: Box }}"
        );
        check(&bound(SCALARS, &schema), "Thing.shown", expected);
    }
}

const BOOKS: &str = r#"
service Catalog {
  rpc GetBook(GetBookRequest) returns (Book);
  rpc BatchGetBooks(BatchGetBooksRequest) returns (BatchGetBooksResponse);
  rpc BatchGetAuthors(BatchGetAuthorsRequest) returns (BatchGetAuthorsResponse);
}
message GetBookRequest { string id = 1; }
message BatchGetBooksRequest { repeated string ids = 1; }
message BatchGetBooksResponse { repeated Book books = 1; }
message BatchGetAuthorsRequest { repeated string ids = 1; }
message BatchGetAuthorsResponse { repeated Author authors = 1; }
message Author { string id = 1; string name = 2; }
message Book { string id = 1; string sku = 2; string market = 3; string author_id = 4; repeated string editor_ids = 5; Links links = 6; int64 shelf = 7; }
message Links { repeated string similar_ids = 1; string next_id = 2; }
"#;

fn with_service(service: &str) -> String {
    format!("{BOOKS}\n{service}")
}

#[test]
fn an_author_is_found_by_the_field_that_is_named_after_it() {
    let contract = bound(
        BOOKS,
        r#"type Query { book(id: ID!): Book } type Author { id: ID! name: String }
           type Book { id: ID!
             author: Author @rpc(method: "shop.v1.Catalog/BatchGetAuthors")
             editors: [Author!] @rpc(method: "shop.v1.Catalog/BatchGetAuthors") }"#,
    );
    check(&contract, "Query.book", "GetBook(1 ← $args.id) says 1 in 1: whole Book in Book");
    check(
        &contract,
        "Book.author",
        "BatchGetAuthors() by 4→ in 1, items 1 matched 1: whole Author in Author",
    );
    check(
        &contract,
        "Book.editors",
        "BatchGetAuthors() by 5→ each in 1, items 1 matched 1: whole Author in Author",
    );
}

#[test]
fn a_type_that_loads_itself_needs_only_its_key() {
    let contract = bound(
        &with_service(
            "service Likes { rpc BatchListSimilar(BatchListSimilarRequest) returns (BatchListSimilarResponse); }
             message BatchListSimilarRequest { repeated string book_ids = 1; }
             message BatchListSimilarResponse { repeated Similar similar = 1; }
             message Similar { string book_id = 1; repeated string similar_book_ids = 2; }",
        ),
        r#"type Query { book(id: ID!): Book }
           type Author @load(method: "shop.v1.Catalog/BatchGetAuthors") { id: ID! name: String }
           type Book @load(method: "shop.v1.Catalog/BatchGetBooks", max: 50) { id: ID!
             author: Author
             editors: [Author!]
             next: Book @from(path: "links.next_id")
             similar: [Book!] @rpc(method: "shop.v1.Likes/BatchListSimilar", select: "similar_book_ids") }"#,
    );
    check(
        &contract,
        "Book.author",
        "BatchGetAuthors() by 4→ in 1, items 1 matched 1: whole Author in Author",
    );
    check(
        &contract,
        "Book.editors",
        "BatchGetAuthors() by 5→ each in 1, items 1 matched 1: whole Author in Author",
    );
    check(
        &contract,
        "Book.next",
        "BatchGetBooks() by 6.2→ in 1, items 1 matched 1: whole Book in Book",
    );
    check(
        &contract,
        "Book.similar",
        "BatchListSimilar() by 1→ in 1, items 1 matched 1: \
         BatchGetBooks() by 2→ each in 1, items 1 matched 1: whole Book in Book",
    );
    assert_eq!(join_of(&contract, "Book.next").batch.as_ref().map(|batch| batch.max), Some(50));
}

#[test]
fn what_a_type_says_beside_load_and_what_the_field_says_hold_for_the_call_that_loads() {
    let contract = bound(
        &with_service(
            "service Likes { rpc BatchListSimilar(BatchListSimilarRequest) returns (BatchListSimilarResponse); }
             message BatchListSimilarRequest { repeated string book_ids = 1; }
             message BatchListSimilarResponse { repeated Similar similar = 1; }
             message Similar { string book_id = 1; repeated string similar_book_ids = 2; }",
        ),
        r#"type Query { book(id: ID!): Book }
           type Book @load(method: "shop.v1.Catalog/BatchGetBooks")
             @cache(maxAge: "1s", scope: PUBLIC, tags: ["book-{id}"]) @timeout(after: "9ms") { id: ID!
             next: Book @from(path: "links.next_id") @fallback(value: null)
             plain: [Book!] @rpc(method: "shop.v1.Likes/BatchListSimilar", select: "similar_book_ids")
             similar: [Book!] @rpc(method: "shop.v1.Likes/BatchListSimilar", select: "similar_book_ids")
               @cache(maxAge: "7s", scope: TENANT) @timeout(after: "5ms") @fallback(staleIfError: "3s", value: []) }"#,
    );
    let policy = |join: &Join| join.policy.as_deref().cloned().unwrap_or_default();
    let loads = |coordinate: &str| match &join_of(&contract, coordinate)
        .then
        .as_ref()
        .expect("a value")
        .kind
    {
        Some(source::Kind::Join(load)) => policy(load),
        _ => panic!("{coordinate} loads nothing"),
    };
    let tag = |policy: &Policy| show_template(&policy.cache.as_ref().expect("a cache").tags[0]);

    let next = policy(join_of(&contract, "Book.next"));
    assert_eq!((next.timeout_ms, tag(&next)), (9, "book-{1}".to_owned()));
    assert_eq!(next.fallback.and_then(|fallback| fallback.last), Some(fallback::Last::Null(true)));

    assert_eq!(policy(join_of(&contract, "Book.plain")), Policy::default());
    let plain = loads("Book.plain");
    assert_eq!((plain.timeout_ms, tag(&plain), plain.fallback), (9, "book-{1}".to_owned(), None));

    let own = policy(join_of(&contract, "Book.similar")).cache.expect("a cache");
    assert_eq!((own.max_age_ms, own.tags.len()), (7_000, 0));
    let similar = loads("Book.similar");
    assert_eq!((similar.timeout_ms, tag(&similar)), (5, "book-{1}".to_owned()));
    let fallback = similar.fallback.expect("a fallback");
    assert_eq!((fallback.stale_if_error_ms, fallback.leave_out), (3_000, true));
}

#[test]
fn a_type_may_be_loaded_one_by_one() {
    let contract = bound(
        BOOKS,
        r#"type Query { book(id: ID!): Book }
           type Book @load(method: "shop.v1.Catalog/GetBook") { id: ID! next: Book @from(path: "links.next_id") }"#,
    );
    check(&contract, "Book.next", "GetBook() by 6.2→1: whole Book in Book");
}

#[test]
fn a_composite_key_has_its_parts_in_parent_request_and_item() {
    let contract = bound(
        &with_service(
            "service Stock { rpc BatchGetStock(BatchGetStockRequest) returns (BatchGetStockResponse); }
             message StockKey { string market = 1; string sku = 2; }
             message BatchGetStockRequest { repeated StockKey keys = 1; }
             message BatchGetStockResponse { repeated StockItem items = 1; }
             message StockItem { StockKey key = 1; int32 count = 2; }",
        ),
        r#"type Query { book(id: ID!): Book }
           type Book { id: ID! stock: Int @rpc(method: "shop.v1.Stock/BatchGetStock")
             @batch(key: {sku: "$parent.sku", market: "$parent.market"}, match: {sku: "key.sku", market: "key.market"}) }"#,
    );
    check(
        &contract,
        "Book.stock",
        "BatchGetStock() by 2→2 + 3→1 in 1, items 1 matched 1.2 + 1.1: 2 int32 as int",
    );
}

#[test]
fn items_in_a_map_are_found_by_its_key() {
    let contract = bound(
        &with_service(
            "service Stock { rpc BatchGetStock(BatchGetStockRequest) returns (BatchGetStockResponse); }
             message BatchGetStockRequest { repeated string book_ids = 1; }
             message BatchGetStockResponse { map<string, Level> levels = 1; map<string, int32> counts = 2; }
             message Level { int32 count = 1; }",
        ),
        r#"type Query { book(id: ID!): Book } type Level { count: Int! }
           type Book { id: ID!
             level: Level @rpc(method: "shop.v1.Stock/BatchGetStock") @batch(items: "levels")
               @cache(maxAge: "1s", scope: PUBLIC, tags: ["level-{count}"])
             count: Int @rpc(method: "shop.v1.Stock/BatchGetStock") @batch(items: "counts") @fallback(value: 7) }"#,
    );
    check(
        &contract,
        "Book.level",
        "BatchGetStock() by 1→ in 1, map 1 matched 1: whole Level in Level",
    );
    check(&contract, "Book.count", "BatchGetStock() by 1→ in 1, items 2 matched 1: 2 int32 as int");
    let cache = join_of(&contract, "Book.level")
        .policy
        .as_ref()
        .and_then(|policy| policy.cache.as_ref())
        .expect("a cache");
    assert_eq!(show_template(&cache.tags[0]), "level-{1}");
    assert_eq!(last(&contract, "Book.count"), [0x10, 7]);
}

const REVIEWS: &str = "
service Reviews {
  rpc BatchListReviews(BatchListReviewsRequest) returns (BatchListReviewsResponse);
  rpc ListByBooks(BatchListReviewsRequest) returns (ListByBooksResponse);
  rpc AddReview(AddReviewRequest) returns (AddReviewResponse);
}
message BatchListReviewsRequest { repeated string book_ids = 1; int32 page_size = 2; }
message BatchListReviewsResponse { repeated Review reviews = 1; }
message ListByBooksResponse { repeated BookReviews groups = 1; }
message BookReviews { string book_id = 1; repeated Review reviews = 2; }
message Review { string id = 1; string book_id = 2; int32 stars = 3; repeated string tags = 4; Author author = 5; }
message AddReviewRequest { string book_id = 1; int32 stars = 2; string viewer = 3; Options options = 4; repeated string labels = 5; }
message Options { bool loud = 1; Mode mode = 2; repeated int64 numbers = 3; }
enum Mode { MODE_UNSPECIFIED = 0; MODE_FAST = 1; }
message AddReviewResponse { Review review = 1; }
";

#[test]
fn items_that_share_a_key_are_grouped_into_one_list() {
    let contract = bound(
        &with_service(REVIEWS),
        r#"type Query { book(id: ID!): Book } type Review { stars: Int! tags: [String!]! author: Author } type Author { name: String! }
           type Book { id: ID!
             flat(first: Int @from(path: "page_size")): [Review!]! @rpc(method: "shop.v1.Reviews/BatchListReviews")
               @fallback(value: [{stars: 5, tags: ["a"], author: {name: "b"}}])
             nested: [Review!]! @rpc(method: "shop.v1.Reviews/ListByBooks", with: {page_size: 9})
               @batch(select: "reviews") @fallback(value: [{stars: -1}]) }"#,
    );
    check(
        &contract,
        "Book.flat",
        "BatchListReviews(2 ← $args.first) by 1→ in 1, groups of 1 matched 2: 1 list of Review in Review",
    );
    let review = [0x18, 5, 0x22, 1, b'a', 0x2a, 3, 0x12, 1, b'b'];
    assert_eq!(last(&contract, "Book.flat"), [[0x0a, 10].as_slice(), &review].concat());
    check(
        &contract,
        "Book.nested",
        "ListByBooks( ← [16, 9]) by 1→ in 1, items 1 matched 1: 2 list of Review in Review",
    );
    let minus_one = [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    assert_eq!(last(&contract, "Book.nested"), [[0x12, 11].as_slice(), &minus_one].concat());
}

fn fallback_of<'a>(contract: &'a Contract, coordinate: &str) -> &'a Fallback {
    let policy = join_of(contract, coordinate).policy.as_ref();
    policy.and_then(|policy| policy.fallback.as_deref()).expect("a fallback")
}

fn last<'a>(contract: &'a Contract, coordinate: &str) -> &'a [u8] {
    match &fallback_of(contract, coordinate).last {
        Some(fallback::Last::Value(bytes)) => bytes,
        other => panic!("{coordinate} falls back to {other:?}"),
    }
}

#[test]
fn a_request_is_filled_from_everywhere() {
    let contract = bound(
        &with_service(REVIEWS),
        r#"type Query { hello: String }
           type Mutation { addReview(input: AddReviewInput!): AddReviewPayload
             @rpc(method: "shop.v1.Reviews/AddReview", with: {
               viewer: "$identity.sub", options: {loud: true, mode: MODE_FAST, numbers: [1, -1]}, labels: ["$$x", "y"]})
             @invalidates(tags: ["book-{review.book_id}", "new-{$args.input.stars}"]) }
           input AddReviewInput { bookId: ID! stars: Int! }
           type AddReviewPayload { review: Review } type Review { stars: Int! }"#,
    );
    check(
        &contract,
        "Mutation.addReview",
        "AddReview(3 ← $identity.sub, 4 ← [8, 1], 4 ← [16, 1], \
         4 ← [24, 1, 24, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],  ← [42, 2, 36, 120, 42, 1, 121], \
         1 ← $args.input.bookId, 2 ← $args.input.stars): whole AddReviewPayload in AddReviewResponse",
    );
    let join = join_of(&contract, "Mutation.addReview");
    assert_eq!(join.side_effects(), SideEffects::Any);
    let tags = &join.policy.as_ref().expect("a policy").invalidates;
    assert_eq!(
        tags.iter().map(show_template).collect::<Vec<_>>(),
        ["book-{1.2}", "new-{$args.input.stars}"]
    );
}

#[test]
fn input_objects_follow_the_messages_that_they_fill() {
    let contract = bound(
        "service Shelf { rpc PutThing(PutThingRequest) returns (Thing); }
         message PutThingRequest { Thing thing = 1; }
         message Thing { string id = 1; map<string, int32> counts = 2; oneof place { string shelf = 3; Box box = 4; } repeated Thing parts = 5; }
         message Box { string label = 1; }",
        r#"type Query { hello: String } type Mutation { putThing(thing: ThingInput!): Thing } type Thing { id: ID! }
           input ThingInput { id: ID! counts: [CountInput!] place: PlaceInput parts: [ThingInput!] tag: String @from(path: "box.label") }
           input CountInput { key: String! value: Int! } input PlaceInput @oneOf { shelf: String box: BoxInput } input BoxInput { label: String! }"#,
    );
    let shown = |name: &str| {
        show_input(
            &contract,
            contract.inputs.iter().find(|input| input.r#type == name).expect("bound"),
        )
    };
    assert_eq!(
        shown("ThingInput"),
        [
            "id → 1 string as string",
            "counts → 2 list of CountInput",
            "place →  PlaceInput",
            "parts → 5 list of ThingInput",
            "tag → 4.1 string as string",
        ]
    );
    assert_eq!(shown("PlaceInput"), ["shelf → 3 string as string", "box → 4 BoxInput"]);
    assert_eq!(shown("CountInput"), ["key → 1 string as string", "value → 2 int32 as int"]);
}

#[test]
fn another_rpc_is_asked_for_the_same_parents() {
    let contract = bound(
        &with_service(
            "service Prices { rpc BatchGetPrices(BatchGetPricesRequest) returns (BatchGetPricesResponse); }
             message BatchGetPricesRequest { repeated string book_ids = 1; string currency = 2; }
             message BatchGetPricesResponse { repeated Price prices = 1; }
             message Price { string book_id = 1; string amount = 2; }
             service Archive { rpc BatchGetOldPrices(BatchGetOldPricesRequest) returns (BatchGetOldPricesResponse); }
             message BatchGetOldPricesRequest { string currency = 1; repeated string book_ids = 4; }
             message BatchGetOldPricesResponse { repeated Price old = 1; }",
        ),
        r#"type Query { book(id: ID!): Book } type Money { amount: String! }
           type Book { id: ID! price(currency: String): Money
             @rpc(method: "shop.v1.Prices/BatchGetPrices")
             @batch(keys: "book_ids", key: "$parent.id", items: "prices", match: "book_id")
             @fallback(rpc: "shop.v1.Archive/BatchGetOldPrices", value: {amount: "0"}) }"#,
    );
    let rpc = fallback_of(&contract, "Book.price").rpc.as_ref().expect("an rpc");
    assert_eq!(
        show_join(&contract, rpc),
        "BatchGetOldPrices(1 ← $args.currency) by 1→ in 4, items 1 matched 1: whole Money in Price"
    );
    assert_eq!(last(&contract, "Book.price"), [0x12, 1, b'0']);
}

#[test]
fn elements_that_come_by_key_can_only_be_left_out() {
    let contract = bound(
        BOOKS,
        r#"type Query { book(id: ID!): Book } type Author { id: ID! }
           type Book { id: ID! editors: [Author!]! @rpc(method: "shop.v1.Catalog/BatchGetAuthors") @fallback(value: []) }"#,
    );
    let fallback = fallback_of(&contract, "Book.editors");
    assert!(fallback.leave_out);
    assert_eq!(fallback.last, Some(fallback::Last::Null(true)));
}

#[test]
fn interfaces_and_unions_show_what_the_message_holds() {
    let contract = bound(
        "service Search { rpc Search(SearchRequest) returns (SearchResponse); rpc GetBook(SearchRequest) returns (Book); }
         message SearchRequest { string id = 1; } message SearchResponse { repeated Hit hits = 1; }
         message Hit { double score = 3; oneof result { Book book = 1; Person author = 2; } }
         message Book { string id = 1; } message Person { string id = 1; }",
        r#"type Query { search: [Hit!]! @fallback(value: [{__typename: "Author", id: "x"}]) node(id: ID!): Node @rpc(method: "shop.v1.Search/GetBook") }
           union Hit = Book | Author interface Node { id: ID! }
           type Book implements Node { id: ID! } type Author implements Node { id: ID! }"#,
    );
    check(&contract, "Query.search", "Search(): 1 list of Hit in Hit");
    check(&contract, "Query.node", "GetBook(1 ← $args.id) says 1 in 1: whole Node in Book");
    let members = |name: &str| {
        let binding =
            contract.bindings.iter().find(|binding| binding.r#type == name).expect("bound");
        let of = |id: u32| contract.bindings[id as usize].r#type.clone();
        binding.members.iter().map(|member| (member.number, of(member.binding))).collect::<Vec<_>>()
    };
    assert_eq!(members("Hit"), [(1, "Book".to_owned()), (2, "Author".to_owned())]);
    assert_eq!(members("Node"), [(0, "Book".to_owned())]);
    assert_eq!(last(&contract, "Query.search"), [0x0a, 5, 0x12, 3, 0x0a, 1, b'x']);
}

#[test]
fn responses_that_are_well_known_messages_are_the_value() {
    let contract = bound(
        r#"import "google/protobuf/empty.proto"; import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto";
           service Clock { rpc GetNow(google.protobuf.Empty) returns (google.protobuf.Timestamp);
             rpc GetName(google.protobuf.Empty) returns (google.protobuf.StringValue);
             rpc Stop(google.protobuf.Empty) returns (google.protobuf.Empty);
             rpc New(google.protobuf.Empty) returns (google.protobuf.Int64Value); }"#,
        r#"type Query { now: DateTime! @rpc(method: "shop.v1.Clock/GetNow") name: String new: Int64 @rpc(method: "shop.v1.Clock/New") }
           type Mutation { stop: Boolean }"#,
    );
    check(&contract, "Query.now", "GetNow(): whole message as timestamp");
    check(&contract, "Query.name", "GetName(): 1 string as string");
    check(&contract, "Query.new", "New(): 1 int64 as decimal");
    check(&contract, "Mutation.stop", "Stop(): whole message as empty");
}

#[test]
fn what_goes_upstream_is_said_in_the_proto() {
    let contract = bound(
        r#"import "anabranch/v1/options.proto";
           service Me { rpc GetMe(GetMeRequest) returns (User) {
             option idempotency_level = NO_SIDE_EFFECTS;
             option (anabranch.v1.forward) = { identity: true headers: "X-Locale" };
             option (anabranch.v1.shareable) = true; } }
           message GetMeRequest { string id = 1; string locale = 2; string shop = 3; string flag = 4; } message User { string id = 1; }"#,
        r#"type Query { me: User @rpc(method: "shop.v1.Me/GetMe", with: {id: "$identity.sub", locale: "$header.X-Locale", shop: "$tenant", flag: "$context.flag"})
             @cache(maxAge: "1m", scope: USER) }
           type User { id: ID! }"#,
    );
    let method = &contract.methods[0];
    assert!(method.forward_identity && method.shareable && !method.forward_tenant);
    assert_eq!(method.forward_headers, ["x-locale"]);
    check(
        &contract,
        "Query.me",
        "GetMe(1 ← $identity.sub, 2 ← $header.x-locale, 3 ← $tenant, 4 ← $context.flag): whole User in User",
    );
    assert_eq!(join_of(&contract, "Query.me").side_effects(), SideEffects::NoSideEffects);
}

#[test]
fn a_join_without_batch_takes_its_key_where_names_say_so() {
    let contract = bound(
        &with_service(
            "service Prices { rpc GetPrice(GetPriceRequest) returns (Price); }
             message GetPriceRequest { string book_id = 1; string currency = 2; } message Price { string amount = 1; }",
        ),
        r#"type Query { book(id: ID!): Book } type Money { amount: String! }
           type Book { id: ID! price(currency: String): Money @rpc(method: "shop.v1.Prices/GetPrice")
             sku: Money @rpc(method: "shop.v1.Prices/GetPrice", with: {book_id: "$parent.sku"}) }"#,
    );
    check(&contract, "Book.price", "GetPrice(2 ← $args.currency) by 1→1: whole Money in Price");
    check(&contract, "Book.sku", "GetPrice() by 2→1: whole Money in Price");
}

#[test]
fn a_subscription_is_a_stream_and_a_feature() {
    let contract = bound(
        "service Books { rpc WatchBooks(WatchBooksRequest) returns (stream Book); }
         message WatchBooksRequest { string shelf = 1; } message Book { string id = 1; }",
        "type Query { hello: String } type Subscription { books(shelf: String): Book } type Book { id: ID! }",
    );
    check(&contract, "Subscription.books", "WatchBooks(1 ← $args.shelf): whole Book in Book");
    assert!(contract.methods.iter().any(|method| method.server_streaming));
    assert_eq!(contract.required_features, ["promised", "subscriptions"]);
}

#[test]
fn a_rust_function_gets_what_it_requires_and_its_fingerprint_follows_its_types() {
    let resolved = |argument: &str| {
        bound(
            BOOKS,
            &format!(
                r#"type Query {{ book(id: ID!): Book }} type Slot {{ row: Int! side: Side inner: [Slot!] }} enum Side {{ LEFT RIGHT }}
                   type Book {{ id: ID! slot(near: {argument}): [Slot!] @resolve(requires: "sku links.next_id shelf") }}"#
            ),
        )
    };
    let contract = resolved("String");
    check(
        &contract,
        "Book.slot",
        "resolver slot(1 ← $args.near) by 2→1 + 6.2→2 + 7→3: 1 list of Slot in Slot",
    );
    check(&contract, "Slot.inner", "3 list of Slot in Slot");
    assert_eq!(contract.required_features, ["resolve"]);
    let fingerprint = |contract: &Contract| contract.resolvers[0].fingerprint.clone();
    assert_eq!(fingerprint(&contract), fingerprint(&resolved("String")));
    assert_ne!(fingerprint(&contract), fingerprint(&resolved("Int")));
}

#[test]
fn what_a_gateway_must_enforce_is_a_required_feature() {
    let schema = "type Query { a: Int @authenticated b: Int @requiresScopes(scopes: [[\"x\"]]) @tag(name: \"t\") c: Int @cost(weight: 2) }";
    let contract = contract(&Sources::new().schema_text("a.graphql", schema));
    assert_eq!(contract.required_features, ["authenticated", "cost", "promised", "requiresScopes"]);
}
