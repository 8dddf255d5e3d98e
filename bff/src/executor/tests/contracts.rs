//! The bookshop of these tests: its schema, its contract, and what its services know.

use super::{document::Schema, wire::Message};
use crate::contract::{
    Batch, Binding, Cardinality, Contract, Echo, Field, Fill, Format, Gather, GatherItem,
    InputValue, Join, KeyPart, Leaf, MaskField, MaskMessage, Match, Method, Piece, Policy,
    Resolver, Scalar, Selection, SideEffects, Source, Template, Wire, fill, input_value, join,
    piece, source, wire,
};

pub(super) const SDL: &str = "
type Query {
  book(id: ID!): Book
  books: [Book!]
  me: User
}
type Mutation {
  rename(id: ID!, title: String!): Book
}
type Subscription {
  bookChanged(id: ID!): Book
  bookSold(id: ID!): Book
}
type Book {
  id: ID!
  title: String
  price: Price
  firmPrice: Price!
  author: User
  stock: Int
  related: [Book]
  reviews: [Review!]
  length: Int
}
type Price {
  amount: Int
}
type Review {
  id: ID!
  body: String
  author: User
}
type User {
  id: ID!
  name: String
}
";

const BOOK: u32 = 2;
pub(super) const PRICE: u32 = 3;
pub(super) const REVIEW: u32 = 4;
const USER: u32 = 5;

const METHODS: [&str; 10] = [
    "Catalog/GetBook",
    "Catalog/ListBooks",
    "Catalog/BatchGetBooks",
    "Catalog/Rename",
    "Pricing/BatchGet",
    "Users/BatchGet",
    "Inventory/Get",
    "Reviews/ListByBooks",
    "Catalog/WatchBook",
    "Catalog/WatchSales",
];
const MORE_METHODS: [&str; 3] = ["Accounts/Me", "Pricing/BatchGetOld", "Catalog/StreamBooks"];

/// A contract that tests change before they use it.
pub(super) struct Shop {
    pub(super) contract: Contract,
    pub(super) schema: Schema,
}

impl Shop {
    pub(super) fn new() -> Self {
        let methods = METHODS.iter().chain(&MORE_METHODS).map(|name| method(name)).collect();
        let contract = Contract {
            bindings: vec![query(), mutation(), book(), price(), review(), user(), subscription()],
            methods,
            resolvers: vec![Resolver {
                r#type: "Book".to_owned(),
                field: "length".to_owned(),
                fingerprint: "1".to_owned(),
                ..Resolver::default()
            }],
            query: Some(0),
            mutation: Some(1),
            subscription: Some(6),
            ..Contract::default()
        };
        Self { contract, schema: Schema::parse(SDL) }
    }

    /// A shop whose lookups of one book say its id again.
    pub(super) fn with_echoes() -> Self {
        let mut shop = Self::new();
        for field in ["Query.book", "Mutation.rename"] {
            let scalar = Scalar::String.into();
            shop.join(field).echoes = vec![Echo { request: 1, scalar, response: vec![1] }];
        }
        shop
    }

    /// A shop whose requests for books take masks in field 9.
    pub(super) fn with_masks() -> Self {
        let mut shop = Self::new();
        let fields = BOOK_FIELDS.map(|(number, name)| MaskField {
            number,
            name: name.to_owned(),
            ..MaskField::default()
        });
        shop.contract.mask_messages = vec![MaskMessage { fields: fields.into() }];
        let mut masked = |field: &str, resource: &[u32]| {
            let resource = resource.to_vec();
            shop.join(field).selection = Some(Selection { path: vec![9], resource, message: 0 });
        };
        for field in ["Query.book", "Book.related", "Mutation.rename", "Subscription.bookChanged"] {
            masked(field, &[]);
        }
        masked("Query.books", &[1]);
        shop
    }

    /// A shop whose list of books is a stream. Each message is a book, or a page that repeats some in field 1.
    pub(super) fn with_gathering(each_is_a_book: bool) -> Self {
        let mut shop = Self::new();
        let books = shop.join("Query.books");
        books.target = Some(target("Catalog/StreamBooks"));
        let whole = GatherItem { path: Vec::new(), scalar: Scalar::Message.into(), presence: true };
        books.gather = Some(Gather { item: each_is_a_book.then_some(whole) });
        shop
    }

    pub(super) fn method(&mut self, name: &str) -> &mut Method {
        self.contract.methods.iter_mut().find(|method| full_name(method) == name).unwrap()
    }

    /// The join behind a field: `Book.price`.
    pub(super) fn join(&mut self, field: &str) -> &mut Join {
        let (of, name) = field.split_once('.').unwrap();
        let binding =
            self.contract.bindings.iter_mut().find(|binding| binding.r#type == of).unwrap();
        let field = binding.fields.iter_mut().find(|field| field.name == name).unwrap();
        match &mut field.source.as_mut().unwrap().kind {
            Some(source::Kind::Join(join)) => join,
            other => panic!("{other:?} is no join"),
        }
    }

    /// The policy behind a field.
    pub(super) fn policy(&mut self, field: &str) -> &mut Policy {
        self.join(field).policy.get_or_insert_default()
    }
}

pub(super) fn full_name(method: &Method) -> String {
    format!("{}/{}", method.service, method.name)
}

/// The join of a batch whose items are in field 1 and name their key in field 1.
pub(super) fn batch(method: &str, key: &[u32], then: Source) -> Join {
    Join {
        key: vec![key_part(key, &[])],
        batch: Some(Batch {
            keys: vec![1],
            items: vec![1],
            r#match: vec![match_text(&[1])],
            status: vec![15],
            ..Batch::default()
        }),
        ..call(method, then)
    }
}

pub(super) fn object(number: u32, binding: u32) -> Source {
    value(number, Cardinality::Explicit, wire::Value::Binding(binding))
}

/// The tag `book-{id}`, where the id is field 1 of an item.
pub(super) fn book_tag() -> Template {
    let text = Piece { kind: Some(piece::Kind::Text("book-".to_owned())) };
    let id = Piece { kind: Some(piece::Kind::Path(match_text(&[1]))) };
    Template { pieces: vec![text, id] }
}

/// What masks call the fields of a book.
pub(super) const BOOK_FIELDS: [(u32, &str); 5] =
    [(1, "id"), (2, "title"), (3, "author_id"), (4, "related_ids"), (15, "status")];

/// What each book is.
pub(super) fn book_message(id: &str) -> Message {
    let number: u32 = id.parse().unwrap_or(0);
    Message::new()
        .text(1, id)
        .text(2, &format!("Book {id}"))
        .text(3, &format!("u{}", number % 3))
        .text(4, &(number + 1).to_string())
        .text(4, &(number + 2).to_string())
}

fn query() -> Binding {
    let book = Join { fills: vec![argument("id", 1)], ..call("Catalog/GetBook", object(0, BOOK)) };
    let books = call("Catalog/ListBooks", list(1, BOOK));
    let me = call("Accounts/Me", object(0, USER));
    binding("Query", [("book", joined(book)), ("books", joined(books)), ("me", joined(me))])
}

fn mutation() -> Binding {
    let rename = Join {
        fills: vec![argument("id", 1), argument("title", 2)],
        side_effects: SideEffects::Any.into(),
        ..call("Catalog/Rename", object(0, BOOK))
    };
    binding("Mutation", [("rename", joined(rename))])
}

fn subscription() -> Binding {
    let watch = |name| Join { fills: vec![argument("id", 1)], ..call(name, object(0, BOOK)) };
    let sales =
        Join { side_effects: SideEffects::Idempotent.into(), ..watch("Catalog/WatchSales") };
    binding(
        "Subscription",
        [("bookChanged", joined(watch("Catalog/WatchBook"))), ("bookSold", joined(sales))],
    )
}

fn book() -> Binding {
    let prices = || joined(batch("Pricing/BatchGet", &[1], object(0, PRICE)));
    let stock = Join { key: vec![key_part(&[1], &[1])], ..call("Inventory/Get", int(2)) };
    let related = Join { many: true, ..batch("Catalog/BatchGetBooks", &[4], object(0, BOOK)) };
    let mut reviews = batch("Reviews/ListByBooks", &[1], list(1, REVIEW));
    let grouped = reviews.batch.as_mut().unwrap();
    grouped.group = true;
    grouped.r#match = vec![match_text(&[2])];
    let length = Join {
        target: Some(join::Target::Resolver(0)),
        key: vec![key_part(&[2], &[1])],
        ..call("Catalog/GetBook", int(1))
    };
    binding(
        "Book",
        [
            ("id", text(1)),
            ("title", text(2)),
            ("price", prices()),
            ("firmPrice", prices()),
            ("author", author(3)),
            ("stock", joined(stock)),
            ("related", joined(related)),
            ("reviews", joined(reviews)),
            ("length", joined(length)),
        ],
    )
}

fn price() -> Binding {
    binding("Price", [("amount", int(2))])
}

fn review() -> Binding {
    binding("Review", [("id", text(1)), ("body", text(3)), ("author", author(4))])
}

fn user() -> Binding {
    binding("User", [("id", text(1)), ("name", text(2))])
}

fn author(key: u32) -> Source {
    joined(batch("Users/BatchGet", &[key], object(0, USER)))
}

fn binding<const N: usize>(name: &str, fields: [(&str, Source); N]) -> Binding {
    let field = |(name, source): (&str, Source)| Field {
        name: name.to_owned(),
        source: Some(source),
        ..Field::default()
    };
    Binding {
        r#type: name.to_owned(),
        message: format!("shop.{name}"),
        fields: fields.map(field).into(),
        members: Vec::new(),
    }
}

fn method(name: &str) -> Method {
    let (service, name) = name.split_once('/').unwrap();
    Method {
        service: service.to_owned(),
        name: name.to_owned(),
        server_streaming: name.starts_with("Watch") || name.starts_with("Stream"),
        ..Method::default()
    }
}

pub(super) fn target(method: &str) -> join::Target {
    let position = METHODS.iter().chain(&MORE_METHODS).position(|name| *name == method).unwrap();
    join::Target::Method(u32::try_from(position).unwrap())
}

pub(super) fn call(method: &str, then: Source) -> Join {
    Join {
        target: Some(target(method)),
        then: Some(Box::new(then)),
        side_effects: SideEffects::NoSideEffects.into(),
        ..Join::default()
    }
}

fn joined(join: Join) -> Source {
    Source { kind: Some(source::Kind::Join(Box::new(join))) }
}

pub(super) fn key_part(path: &[u32], target: &[u32]) -> KeyPart {
    KeyPart {
        path: path.to_vec(),
        scalar: Scalar::String.into(),
        target: target.to_vec(),
        target_scalar: Scalar::String.into(),
        ..KeyPart::default()
    }
}

fn match_text(path: &[u32]) -> Match {
    Match { path: path.to_vec(), scalar: Scalar::String.into() }
}

fn argument(name: &str, number: u32) -> Fill {
    Fill {
        path: vec![number],
        source: Some(fill::Source::Argument(name.to_owned())),
        value: Some(InputValue {
            cardinality: Cardinality::Implicit.into(),
            value: Some(input_value::Value::Leaf(leaf(Scalar::String, Format::String))),
            map_key: None,
        }),
        required: 0,
    }
}

fn leaf(scalar: Scalar, format: Format) -> Leaf {
    Leaf { scalar: scalar.into(), format: format.into(), ..Leaf::default() }
}

fn text(number: u32) -> Source {
    let leaf = leaf(Scalar::String, Format::String);
    value(number, Cardinality::Implicit, wire::Value::Leaf(leaf))
}

pub(super) fn int(number: u32) -> Source {
    let leaf = leaf(Scalar::Int32, Format::Int);
    value(number, Cardinality::Implicit, wire::Value::Leaf(leaf))
}

pub(super) fn list(number: u32, binding: u32) -> Source {
    value(number, Cardinality::Repeated, wire::Value::Binding(binding))
}

fn value(number: u32, cardinality: Cardinality, value: wire::Value) -> Source {
    Source {
        kind: Some(source::Kind::Wire(Wire {
            number,
            cardinality: cardinality.into(),
            value: Some(value),
            ..Wire::default()
        })),
    }
}
