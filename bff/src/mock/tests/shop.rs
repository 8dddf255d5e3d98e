//! A small contract, bound by hand: a shop whose services exist, and one that is promised.

use std::{fs, sync::LazyLock};

use prost_reflect::DescriptorPool;

use crate::contract::{
    Batch, Binding, Cardinality, Contract, Enum, EnumValue, Field, Fill, Format, Join, KeyPart,
    Leaf, Match, Member, Method, Mock, Resolver, Scalar, SideEffects, Source, Wire, fill, join,
    source, wire,
};

const PROTO: &str = r#"
syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
import "google/rpc/status.proto";

message Book {
  string id = 1;
  string title = 2;
  int32 page_count = 3;
  Genre genre = 4;
  string author_id = 5;
  google.protobuf.Timestamp create_time = 6;
  google.protobuf.Timestamp update_time = 7;
  google.protobuf.StringValue first_sentence = 8;
  map<string, string> identifiers = 9;
  google.protobuf.Struct extra = 10;
  repeated string tags = 11;
  Book sequel = 12;
  repeated Book editions = 13;
  Cover cover = 14;
  map<string, Cover> covers = 15;
}
message Cover { string color = 1; }
enum Genre { GENRE_UNSPECIFIED = 0; GENRE_NOVEL = 1; GENRE_POETRY = 2; }
message Review { string id = 1; string book_id = 2; string text = 3; int32 stars = 4; repeated string tags = 5; Genre genre = 6; }
message Author { int64 id = 1; string name = 2; string email = 3; }

message GetBookRequest { string id = 1; }
message ListBooksRequest { int32 page_size = 1; string genre = 2; }
message ListBooksResponse { repeated Book books = 1; string next_page_token = 2; int32 total_size = 3; }
message BatchGetBooksRequest { repeated string ids = 1; }
message BatchGetBooksResponse { repeated Book books = 1; }
message BatchReviewsRequest { repeated string book_ids = 1; int32 page_size = 2; }
message BatchReviewsResponse { repeated Group groups = 1; message Group { string book_id = 1; repeated Review reviews = 2; } }
message BatchAuthorsRequest { repeated int64 ids = 1; }
message BatchAuthorsResponse { map<int64, Author> authors = 1; }
message FlatReviewsResponse { repeated Review reviews = 1; }
message StockKey { string sku = 1; string market = 2; }
message BatchStockRequest { repeated StockKey keys = 1; }
message BatchStockResponse { repeated Stock stocks = 1; }
message Stock { string sku = 1; string market = 2; int32 on_hand = 3; google.rpc.Status status = 4; }
message Draft { string text = 1; int32 stars = 2; repeated string tags = 3; Genre genre = 4; }
message CreateReviewRequest { string book_id = 1; Draft review = 2; }
message CreateReviewResponse { Review review = 1; }
message SearchResponse { repeated Hit hits = 1; }
message Hit { oneof result { Book book = 1; Author author = 2; } double score = 3; }
message Empty {}
"#;

const STATUS: &str = r#"
syntax = "proto3";
package google.rpc;
message Status { int32 code = 1; string message = 2; }
"#;

const PROMISED: &str = r#"
syntax = "proto3";
package anabranch.promised.v1;
message Book { string mock_key = 1; string id = 2; string title = 3; }
message Review { string mock_key = 1; string id = 2; int32 stars = 3; string text = 4; }
message Money { string mock_key = 1; string amount = 2; string currency = 3; }
message Connection { string mock_key = 1; int32 total_count = 2; }
message Edge { string mock_key = 1; string cursor = 2; }
message Payload { string mock_key = 1; bool success = 2; }
message BookRequest { string id = 1; }
message ReadingTime {
  message Parent { int32 page_count = 1; string id = 2; }
  message Arguments {}
  message Output { int32 value = 1; }
}
message BookResponse { Book value = 1; }
message PriceRequest { repeated string keys = 1; string currency = 2; }
message PriceResponse { repeated Item items = 1; message Item { string key = 1; Money value = 2; } }
message ReviewsRequest { repeated string keys = 1; int32 first = 2; }
message ReviewsResponse { repeated Item items = 1; message Item { string key = 1; repeated Review values = 2; } }
message ReviewBookResponse { repeated Item items = 1; message Item { string key = 1; Book value = 2; } }
message PageRequest { int32 first = 1; }
message PageResponse { Connection value = 1; }
message KeysRequest { repeated string keys = 1; }
message EdgesResponse { repeated Item items = 1; message Item { string key = 1; repeated Edge values = 2; } }
message WriteRequest { Input input = 1; message Input { string book_id = 1; int32 stars = 2; string text = 3; } }
message WriteResponse { Payload value = 1; }
message WrittenResponse { repeated Item items = 1; message Item { string key = 1; Review value = 2; } }
"#;

const QUERY: u32 = 0;
const MUTATION: u32 = 1;
pub(super) const BOOK: u32 = 2;
const REVIEW: u32 = 3;
const AUTHOR: u32 = 4;
const HIT: u32 = 5;
const HIT_BOOK: u32 = 6;
const HIT_AUTHOR: u32 = 7;
const PROMISED_BOOK: u32 = 8;
const PROMISED_REVIEW: u32 = 9;
const MONEY: u32 = 10;
const CONNECTION: u32 = 11;
const EDGE: u32 = 12;
const PAYLOAD: u32 = 13;
const STOCK: u32 = 14;
const COVER_ENTRY: u32 = 15;
const COVER: u32 = 16;

/// Methods: their name, request and response.
const METHODS: &[(&str, &str, &str)] = &[
    ("GetBook", "shop.v1.GetBookRequest", "shop.v1.Book"),
    ("ListBooks", "shop.v1.ListBooksRequest", "shop.v1.ListBooksResponse"),
    ("BatchGetBooks", "shop.v1.BatchGetBooksRequest", "shop.v1.BatchGetBooksResponse"),
    ("BatchReviews", "shop.v1.BatchReviewsRequest", "shop.v1.BatchReviewsResponse"),
    ("BatchAuthors", "shop.v1.BatchAuthorsRequest", "shop.v1.BatchAuthorsResponse"),
    ("FlatReviews", "shop.v1.BatchReviewsRequest", "shop.v1.FlatReviewsResponse"),
    ("BatchStock", "shop.v1.BatchStockRequest", "shop.v1.BatchStockResponse"),
    ("CreateReview", "shop.v1.CreateReviewRequest", "shop.v1.CreateReviewResponse"),
    ("EntryAuthors", "shop.v1.BatchAuthorsRequest", "shop.v1.BatchAuthorsResponse"),
    ("Search", "shop.v1.ListBooksRequest", "shop.v1.SearchResponse"),
    ("Ping", "shop.v1.Empty", "shop.v1.Empty"),
    ("Query_book", "anabranch.promised.v1.BookRequest", "anabranch.promised.v1.BookResponse"),
    ("Book_price", "anabranch.promised.v1.PriceRequest", "anabranch.promised.v1.PriceResponse"),
    (
        "Book_reviews",
        "anabranch.promised.v1.ReviewsRequest",
        "anabranch.promised.v1.ReviewsResponse",
    ),
    (
        "Review_book",
        "anabranch.promised.v1.KeysRequest",
        "anabranch.promised.v1.ReviewBookResponse",
    ),
    ("Query_page", "anabranch.promised.v1.PageRequest", "anabranch.promised.v1.PageResponse"),
    (
        "Connection_edges",
        "anabranch.promised.v1.KeysRequest",
        "anabranch.promised.v1.EdgesResponse",
    ),
    ("Edge_node", "anabranch.promised.v1.KeysRequest", "anabranch.promised.v1.ReviewBookResponse"),
    ("Mutation_write", "anabranch.promised.v1.WriteRequest", "anabranch.promised.v1.WriteResponse"),
    (
        "Payload_review",
        "anabranch.promised.v1.KeysRequest",
        "anabranch.promised.v1.WrittenResponse",
    ),
];

fn method(name: &str) -> Option<join::Target> {
    let index = METHODS.iter().position(|(method, ..)| *method == name).unwrap();
    Some(join::Target::Method(u32::try_from(index).unwrap()))
}

fn wire(number: u32, cardinality: Cardinality, value: wire::Value) -> Source {
    let wire =
        Wire { number, cardinality: cardinality.into(), value: Some(value), ..Wire::default() };
    Source { kind: Some(source::Kind::Wire(wire)) }
}

fn one(number: u32, binding: u32) -> Source {
    wire(number, Cardinality::Explicit, wire::Value::Binding(binding))
}

fn many(number: u32, binding: u32) -> Source {
    wire(number, Cardinality::Repeated, wire::Value::Binding(binding))
}

fn field(name: &str, source: Source) -> Field {
    Field { name: name.to_owned(), source: Some(source), ..Field::default() }
}

fn leaf(name: &str, number: u32) -> Field {
    field(name, wire(number, Cardinality::Implicit, wire::Value::Leaf(Leaf::default())))
}

fn genre(number: u32) -> Field {
    let leaf = Leaf { scalar: Scalar::Enum.into(), format: Format::Enum.into(), ..Leaf::default() };
    field("genre", wire(number, Cardinality::Implicit, wire::Value::Leaf(leaf)))
}

fn asks(name: &str, join: Join) -> Field {
    field(name, Source { kind: Some(source::Kind::Join(Box::new(join))) })
}

fn root(name: &str, then: Source) -> Join {
    let side_effects = SideEffects::NoSideEffects.into();
    Join { target: method(name), then: Some(Box::new(then)), side_effects, ..Join::default() }
}

/// A join by one field of the parent; `matched` is the key inside an item.
fn batch(name: &str, key: u32, matched: &[u32], then: Source) -> Join {
    let part = KeyPart { path: vec![key], ..KeyPart::default() };
    let matched =
        matched.iter().map(|number| Match { path: vec![*number], ..Match::default() }).collect();
    let batch = Batch { keys: vec![1], items: vec![1], r#match: matched, ..Batch::default() };
    Join { key: vec![part], batch: Some(batch), ..root(name, then) }
}

fn binding(type_name: &str, message: &str, fields: Vec<Field>) -> Binding {
    Binding {
        r#type: type_name.to_owned(),
        message: message.to_owned(),
        fields,
        ..Binding::default()
    }
}

fn queries() -> Vec<Field> {
    vec![
        asks("book", root("GetBook", one(0, BOOK))),
        asks("books", root("ListBooks", many(1, BOOK))),
        asks("search", root("Search", many(1, HIT))),
        asks("promisedBook", root("Query_book", one(1, PROMISED_BOOK))),
        asks("page", root("Query_page", one(1, CONNECTION))),
    ]
}

fn book() -> Vec<Field> {
    let grouped = batch("FlatReviews", 1, &[2], many(1, REVIEW));
    let flat = Join {
        batch: grouped.batch.clone().map(|batch| Batch { group: true, ..batch }),
        ..grouped
    };
    let mut authors = batch("BatchAuthors", 5, &[], one(0, AUTHOR));
    if let Some(batch) = &mut authors.batch {
        batch.map = true;
    }
    // The same map, its items matched inside of the values.
    let mut entries = batch("EntryAuthors", 5, &[], one(2, AUTHOR));
    if let Some(batch) = &mut entries.batch {
        batch.r#match = vec![Match { path: vec![2, 1], ..Match::default() }];
    }
    let part = |path: u32, target: u32| KeyPart {
        path: vec![path],
        target: vec![target],
        ..KeyPart::default()
    };
    let mut stock = Join {
        key: vec![part(1, 1), part(5, 2)],
        ..batch("BatchStock", 1, &[1, 2], one(0, STOCK))
    };
    if let Some(batch) = &mut stock.batch {
        batch.status = vec![4];
    }
    vec![
        leaf("id", 1),
        leaf("title", 2),
        leaf("pageCount", 3),
        genre(4),
        leaf("createTime", 6),
        leaf("updateTime", 7),
        leaf("firstSentence", 8),
        leaf("tags", 11),
        one_of_itself(),
        reading_time(),
        field("covers", many(15, COVER_ENTRY)),
        asks("again", batch("BatchGetBooks", 1, &[1], one(0, BOOK))),
        asks("reviews", batch("BatchReviews", 1, &[1], many(2, REVIEW))),
        asks("flatReviews", flat),
        asks("author", authors),
        asks("entryAuthor", entries),
        asks("stock", stock),
        asks("price", batch("Book_price", 1, &[1], one(2, MONEY))),
    ]
}

fn reading_time() -> Field {
    let part = |path: u32, target: u32| KeyPart {
        path: vec![path],
        target: vec![target],
        ..KeyPart::default()
    };
    let value = wire(1, Cardinality::Implicit, wire::Value::Leaf(Leaf::default()));
    let target = Some(join::Target::Resolver(0));
    asks("readingTime", Join { target, key: vec![part(3, 1), part(1, 2)], ..root("Ping", value) })
}

fn one_of_itself() -> Field {
    field("sequel", one(12, BOOK))
}

fn bindings() -> Vec<Binding> {
    let member = |number, binding| Member { number, binding };
    let hit = Binding {
        members: vec![member(1, HIT_BOOK), member(2, HIT_AUTHOR)],
        ..binding("Hit", "shop.v1.Hit", vec![])
    };
    let review =
        |text| vec![leaf("id", 1), leaf("text", text), leaf("stars", 4), leaf("tags", 5), genre(6)];
    let author = || vec![leaf("id", 1), leaf("name", 2), leaf("email", 3)];
    let arguments = |join: Join, argument: &str| {
        let source = Some(fill::Source::Argument(argument.to_owned()));
        Join { fills: vec![Fill { path: vec![1], source, ..Fill::default() }], ..join }
    };
    let create = arguments(root("CreateReview", one(1, REVIEW)), "bookId");
    vec![
        binding("Query", "", queries()),
        binding(
            "Mutation",
            "",
            vec![
                asks("createReview", create),
                asks("write", root("Mutation_write", one(1, PAYLOAD))),
            ],
        ),
        binding("Book", "shop.v1.Book", book()),
        binding("Review", "shop.v1.Review", review(3)),
        binding("Author", "shop.v1.Author", author()),
        hit,
        binding("Book", "shop.v1.Book", book()),
        binding("Author", "shop.v1.Author", author()),
        binding(
            "Book",
            "anabranch.promised.v1.Book",
            vec![
                leaf("id", 2),
                leaf("title", 3),
                asks("reviews", batch("Book_reviews", 1, &[1], many(2, PROMISED_REVIEW))),
            ],
        ),
        binding(
            "Review",
            "anabranch.promised.v1.Review",
            vec![
                leaf("id", 2),
                leaf("stars", 3),
                leaf("text", 4),
                asks("book", batch("Review_book", 1, &[1], one(2, PROMISED_BOOK))),
            ],
        ),
        binding(
            "Money",
            "anabranch.promised.v1.Money",
            vec![leaf("amount", 2), leaf("currency", 3)],
        ),
        binding(
            "BookConnection",
            "anabranch.promised.v1.Connection",
            vec![
                leaf("totalCount", 2),
                asks("edges", batch("Connection_edges", 1, &[1], many(2, EDGE))),
            ],
        ),
        binding(
            "BookEdge",
            "anabranch.promised.v1.Edge",
            vec![
                leaf("cursor", 2),
                asks("node", batch("Edge_node", 1, &[1], one(2, PROMISED_BOOK))),
            ],
        ),
        binding(
            "WritePayload",
            "anabranch.promised.v1.Payload",
            vec![
                leaf("success", 2),
                asks("review", batch("Payload_review", 1, &[1], one(2, PROMISED_REVIEW))),
            ],
        ),
        binding("Stock", "shop.v1.Stock", vec![leaf("onHand", 3)]),
        binding(
            "CoverEntry",
            "shop.v1.Book.CoversEntry",
            vec![leaf("kind", 1), field("cover", one(2, COVER))],
        ),
        binding("Cover", "shop.v1.Cover", vec![leaf("color", 1)]),
    ]
}

/// Compiled once for all tests.
static DESCRIPTORS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("google/rpc")).unwrap();
    for (path, text) in
        [("shop.proto", PROTO), ("google/rpc/status.proto", STATUS), ("promised.proto", PROMISED)]
    {
        fs::write(directory.path().join(path), text).unwrap();
    }
    let set = protox::compile(["shop.proto", "promised.proto"], [directory.path()]).unwrap();
    prost::Message::encode_to_vec(&set)
});

/// The contract, with `shape` as the `@mock` of one field.
pub(super) fn contract_with(type_name: &str, name: &str, shape: &Mock) -> Contract {
    let mut contract = contract();
    let bindings = contract.bindings.iter_mut().filter(|binding| binding.r#type == type_name);
    for field in bindings.flat_map(|binding| &mut binding.fields).filter(|field| field.name == name)
    {
        field.mock = Some(shape.clone());
    }
    contract
}

pub(super) fn contract() -> Contract {
    let methods = METHODS.iter().map(|(name, input, output)| {
        let promised = input.starts_with("anabranch");
        let service = if promised { "anabranch.promised.v1.Promised" } else { "shop.v1.Shop" };
        Method {
            service: service.to_owned(),
            name: (*name).to_owned(),
            input: (*input).to_owned(),
            output: (*output).to_owned(),
            promised,
            ..Method::default()
        }
    });
    let value = |name: &str, number| EnumValue { name: name.to_owned(), number };
    Contract {
        descriptor_set: DESCRIPTORS.clone(),
        bindings: bindings(),
        methods: methods.collect(),
        enums: vec![Enum {
            r#type: "Genre".to_owned(),
            values: vec![value("NOVEL", 1), value("POETRY", 2)],
        }],
        resolvers: vec![Resolver {
            r#type: "Book".to_owned(),
            field: "readingTime".to_owned(),
            fingerprint: "f".to_owned(),
            parent: "anabranch.promised.v1.ReadingTime.Parent".to_owned(),
            arguments: "anabranch.promised.v1.ReadingTime.Arguments".to_owned(),
            output: "anabranch.promised.v1.ReadingTime.Output".to_owned(),
        }],
        query: Some(QUERY),
        mutation: Some(MUTATION),
        ..Contract::default()
    }
}

pub(super) fn pool(contract: &Contract) -> DescriptorPool {
    DescriptorPool::decode(contract.descriptor_set.as_slice()).unwrap()
}
