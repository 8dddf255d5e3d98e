//! First schemas from protos: what is made compiles, and making it again changes nothing.

use std::path::PathBuf;

use anabranch_codegen::{Color, Imported, Severity, Sources, compile, import};

use crate::contracts::repository;

pub(crate) type Files = Vec<(String, String)>;

/// The files of a schema after an import into `existing`.
fn after(existing: &Files, imported: &Imported) -> Files {
    let mut files = existing.clone();
    for output in &imported.files {
        let path = output.path.to_string_lossy().into_owned();
        let text = output.text();
        match files.iter_mut().find(|(file, _)| *file == path) {
            Some((_, old)) => *old = text,
            None => files.push((path, text)),
        }
    }
    files
}

fn sources(protos: &Sources, schema: &Files) -> Sources {
    schema.iter().fold(protos.clone(), |sources, (path, text)| sources.schema_text(path, text))
}

/// Imports, and holds the result against what every import promises: it compiles, and a second one adds nothing.
fn imported(protos: &Sources, existing: &Files) -> Files {
    let imported = import(protos, "", existing);
    assert_eq!(imported.diagnostics.errors(), 0, "{}", imported.diagnostics.render(Color::Never));
    let schema = after(existing, &imported);
    let compiled = compile(&sources(protos, &schema));
    let errors: Vec<_> = compiled
        .diagnostics
        .iter()
        .filter(|found| found.severity() == Severity::Error)
        .map(|found| found.rule())
        .collect();
    assert!(
        errors.is_empty(),
        "{} errors:\n{}",
        errors.len(),
        compiled.diagnostics.render(Color::Never)
    );
    assert!(compiled.contract.is_some());
    let again = import(protos, "", &schema);
    let changed: Vec<_> = again.files.iter().map(|file| &file.path).collect();
    assert!(changed.is_empty(), "a second import changes {changed:?}");
    schema
}

fn text<'a>(schema: &'a Files, file: &str) -> &'a str {
    let found = schema.iter().find(|(path, _)| path == file);
    &found.unwrap_or_else(|| panic!("there is no {file}")).1
}

#[test]
fn the_bookshop_is_imported_from_its_protos_alone() {
    let protos = Sources::new().proto_root(repository().join("proto"));
    let schema = imported(&protos, &Files::new());
    let (query, book) =
        (text(&schema, "query.graphql"), text(&schema, "bookshop.catalog.v1.graphql"));
    assert!(query.contains("  book(id: ID!): Book\n"), "{query}");
    assert!(query.contains("    first: Int @from(path: \"page_size\")\n"), "{query}");
    assert!(query.contains("  ): BookPage\n"), "{query}");
    for join in [
        "authors: [Author]",
        "stock: Stock",
        "promotion: Promotion",
        "rating: Rating",
        "): [Review!]",
    ] {
        assert!(book.contains(&format!("  {join}\n    @rpc(")), "{join} is missing in {book}");
    }
    let review = text(&schema, "bookshop.reviews.v1.graphql");
    assert!(
        review.contains("  authorId: ID!\n") && !review.contains("author:"),
        "it is a reader's id: {review}"
    );
    assert!(text(&schema, "mutation.graphql").contains("    review: ReviewDraft\n"));
}

#[test]
fn a_schema_that_lists_its_roots_lists_those_that_are_added() {
    let protos = Sources::new().proto_text(
        "ticks.proto",
        "syntax = \"proto3\"; package a.v1;
         service Ticks {
           rpc GetTick(Ask) returns (Tick);
           rpc WatchTicks(Ask) returns (stream Tick);
           rpc SetTick(Tick) returns (Tick);
         }
         message Ask { string text = 1; }
         message Tick { string text = 1; }",
    );
    let there = |schema: &str, types: &str| {
        let types = format!("{types} type Root {{ a: Int @mock(value: 1) }}\n");
        let schema = ("a.graphql".to_owned(), schema.to_owned());
        Files::from([schema, ("b.graphql".to_owned(), types)])
    };
    let listed = |existing: &Files| {
        let files = imported(&protos, existing);
        let text = |path: &str| {
            let found = files.iter().find(|(file, _)| file == path);
            found.map(|(_, text)| text.clone()).unwrap_or_default()
        };
        (text("a.graphql"), text("mutation.graphql"), text("subscription.graphql"))
    };
    let (schema, mutation, subscription) =
        listed(&there("# Ours.\nschema {\n  query: Root # The only one.\n}\n", ""));
    assert_eq!(
        schema,
        "# Ours.\nschema {\n  query: Root # The only one.\n  mutation: Mutation\n  subscription: Subscription\n}\n"
    );
    assert!(mutation.contains("type Mutation {\n  setTick("), "{mutation}");
    assert!(subscription.contains("type Subscription {\n  watchTicks("), "{subscription}");
    // A magazine comes by subscription: a type of that name which is not listed is no root.
    let types = "type Magazine { a: Subscription @mock } type Subscription { price: Int } extend schema { mutation: Writes }
                 type Writes { b: Int @mock(value: 1) }";
    let (schema, mutation, subscription) = listed(&there("schema { query: Root }", types));
    assert_eq!(schema, "schema { query: Root\n  subscription: SubscriptionRoot\n }");
    assert_eq!(mutation, "");
    assert!(subscription.contains("type SubscriptionRoot {\n  watchTicks("), "{subscription}");
}

#[test]
fn the_shop_of_the_benchmark_is_imported_from_its_protos_alone() {
    let protos = Sources::new().proto_root(repository().join("bench/proto"));
    let schema = imported(&protos, &Files::new());
    assert!(text(&schema, "query.graphql").contains("  product(id: ID!): Product\n"));
    let product = text(&schema, "shop.catalog.v1.graphql");
    assert!(
        product.contains("  delivery: ProductDelivery\n")
            && product.contains("  attributes: JSON!\n")
    );
    assert!(
        product.contains("  ): ProductReviews\n") && product.contains("  reviews("),
        "{product}"
    );
}

#[test]
fn names_and_shapes_that_graphql_has_not_are_handled() {
    let protos = Sources::new().proto_root(repository().join("codegen/tests/imports"));
    let schema = imported(&protos, &Files::new());
    let golden = repository().join("codegen/tests/imports/expected.graphql");
    let all: String = schema.iter().map(|(file, text)| format!("### {file}\n{text}\n")).collect();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, &all).expect("written");
    }
    let expected = std::fs::read_to_string(&golden).expect("the expected schema");
    assert!(all == expected, "the import has changed; look at it with BLESS=1 and git diff");
}

/// Protos that nobody here wrote: `ANABRANCH_IMPORT` names folders, separated by colons, each a proto root.
#[test]
fn protos_of_others_are_imported_where_there_are_any() {
    let folders = std::env::var("ANABRANCH_IMPORT").unwrap_or_default();
    for folder in folders.split(':').filter(|folder| !folder.is_empty()) {
        let protos = Sources::new().proto_root(PathBuf::from(folder));
        let schema = imported(&protos, &Files::new());
        assert!(!schema.is_empty(), "{folder} gives nothing");
    }
}

const BOOKS: &str = r#"
    syntax = "proto3";
    package shop.books.v1;
    service Books {
      rpc GetBook(GetBookRequest) returns (Book);
      rpc DeleteBook(GetBookRequest) returns (Deleted);
    }
    message GetBookRequest { string id = 1; }
    message Deleted {}
    message Book {
      string id = 1;
      string title = 2;
      Genre genre = 3;
      Cover cover = 4;
      string secret = 5;
    }
    message Cover { string color = 1; }
    enum Genre { GENRE_UNSPECIFIED = 0; GENRE_NOVEL = 1; }
"#;

fn books() -> Sources {
    Sources::new().proto_text("books.proto", BOOKS)
}

/// The books with a field, a value, a method and a type more.
fn more_books() -> Sources {
    let text = BOOKS
        .replace(
            "string secret = 5;",
            "string secret = 5; int32 page_count = 6; Author author = 7;",
        )
        .replace("string color = 1;", "string color = 1; string byline = 2;")
        .replace("GENRE_NOVEL = 1;", "GENRE_NOVEL = 1; GENRE_POEM = 2;")
        .replace(
            "rpc DeleteBook",
            "rpc GetAuthor(GetBookRequest) returns (Author); rpc DeleteBook",
        );
    Sources::new().proto_text("books.proto", text + "message Author { string name = 1; }")
}

#[test]
fn a_later_import_adds_what_is_missing_and_touches_nothing_else() {
    let first = imported(&books(), &Files::new());
    let second = imported(&more_books(), &first);
    let types = text(&second, "shop.books.v1.graphql");
    assert!(
        types.contains("  secret: String!\n  pageCount: Int!\n  author: Author\n}\n"),
        "{types}"
    );
    assert!(types.contains("  color: String!\n  byline: String!\n}\n"), "{types}");
    assert!(types.contains("  NOVEL\n  POEM\n}\n"), "{types}");
    assert!(
        types.ends_with(
            "type Author @message(name: \"shop.books.v1.Author\") {\n  name: String!\n}\n"
        )
    );
    let query = text(&second, "query.graphql");
    assert!(query.contains("  author(id: ID!): Author\n"), "{query}");
    for (file, before) in &first {
        let after = text(&second, file);
        assert!(before.lines().all(|line| after.lines().any(|other| other == line)), "{file}");
    }
}

#[test]
fn what_people_wrote_stays_byte_for_byte() {
    let edited = r#"# Ours, by hand.
type Query { book(id: ID!): Book } # { not a brace }

"A work {with braces}."
type Book
  @message(name: "shop.books.v1.Book") {   # two blanks
  # secret: nobody's business
  id: ID!   @mock(value: "{}")
  name: String! @from(path: "title")
  genre: Kind }

type Art @message(name: "shop.books.v1.Cover") {
    color: String!

    # The last line is a comment: }
}
enum Kind @message(name: "shop.books.v1.Genre") { NOVEL, UNSPECIFIED }"#;
    let existing = vec![("mine.graphql".to_owned(), edited.to_owned())];
    let schema = imported(&more_books(), &existing);
    let mine = text(&schema, "mine.graphql");
    let expected = r#"# Ours, by hand.
type Query { book(id: ID!): Book
  author(id: ID!): Author
    @rpc(method: "shop.books.v1.Books/GetAuthor")
 } # { not a brace }

"A work {with braces}."
type Book
  @message(name: "shop.books.v1.Book") {   # two blanks
  # secret: nobody's business
  id: ID!   @mock(value: "{}")
  name: String! @from(path: "title")
  genre: Kind
  cover: Art
  pageCount: Int!
  author: Author
 }

type Art @message(name: "shop.books.v1.Cover") {
    color: String!

    # The last line is a comment: }
  byline: String!
}
enum Kind @message(name: "shop.books.v1.Genre") { NOVEL, UNSPECIFIED
  POEM
 }"#;
    assert_eq!(mine, expected);
}

#[test]
fn a_stream_that_lists_is_a_list_and_any_other_tells_what_happens() {
    let protos = Sources::new().proto_text(
        "streams.proto",
        r#"syntax = "proto3"; package shop.v1;
           service Shop {
             rpc ListBooks(Ask) returns (stream Book);
             rpc ListPages(Ask) returns (stream ListPagesResponse);
             rpc SearchCounts(Ask) returns (stream SearchCountsResponse);
             rpc WatchBooks(Ask) returns (stream Book);
             rpc StreamBooks(Ask) returns (stream Book);
             rpc ListenToNews(Ask) returns (stream Book);
           }
           message Ask { string shelf = 1; }
           message Book { string id = 1; }
           message ListPagesResponse { repeated Book books = 1; }
           message SearchCountsResponse { map<string, int32> counts = 1; }"#,
    );
    let schema = imported(&protos, &Files::new());
    let (query, subscription) =
        (text(&schema, "query.graphql"), text(&schema, "subscription.graphql"));
    for line in [
        "books(shelf: String): [Book!]\n  @rpc(method: \"shop.v1.Shop/ListBooks\")",
        "pages(shelf: String): [Book!]\n  @rpc(method: \"shop.v1.Shop/ListPages\", select: \"books\")",
        "searchCounts(shelf: String): [SearchCountsResponse!]\n",
    ] {
        assert!(query.replace("\n    ", "\n  ").contains(line), "{line} in\n{query}");
    }
    for name in ["watchBooks", "streamBooks", "listenToNews"] {
        assert!(subscription.contains(&format!("{name}(")), "{name} in\n{subscription}");
    }
}

#[test]
fn a_promised_schema_becomes_real_without_being_changed() {
    let promised = "type Query { book(id: ID!): Book }\ntype Book {\n  id: ID!\n  cover: Art\n  club: String\n}\n\
                    type Art {\n  color: String!\n}\n";
    let existing = vec![("schema.graphql".to_owned(), promised.to_owned())];
    let schema = imported(&books(), &existing);
    let mine = text(&schema, "schema.graphql");
    assert!(mine.starts_with("type Query { book(id: ID!): Book }\ntype Book {\n  id: ID!\n  cover: Art\n  club: String\n  title"));
    let all: String = schema.iter().map(|(_, text)| text.as_str()).collect();
    assert!(!all.contains("type Cover") && !all.contains("Books/GetBook"), "{all}");
}

#[test]
fn who_comes_first_keeps_the_short_name() {
    let other = |package: &str| {
        format!(
            "syntax = \"proto3\"; package {package}; service S {{ rpc GetBook(Ask) returns (Book); }} \
                 message Ask {{ string id = 1; }} message Book {{ string id = 1; }}"
        )
    };
    let first = imported(&books(), &Files::new());
    let both = books().proto_text("a.proto", other("shop.archive.v1"));
    let both = both.proto_text("b.proto", other("shop.archive.v2"));
    let schema = imported(&both, &first);
    assert!(
        text(&schema, "shop.archive.v1.graphql")
            .contains("type ArchiveBook @message(name: \"shop.archive.v1.Book\")")
    );
    assert!(
        text(&schema, "shop.archive.v2.graphql")
            .contains("type ShopArchiveBook @message(name: \"shop.archive.v2.Book\")")
    );
    assert!(text(&schema, "query.graphql").contains("  sGetBook(id: ID!): ArchiveBook\n"));
    let fresh = imported(&both, &Files::new());
    assert!(
        text(&fresh, "shop.archive.v1.graphql")
            .contains("type Book @message(name: \"shop.archive.v1.Book\")")
    );
}

#[test]
fn a_field_behind_a_comment_sign_stays_away() {
    let first = imported(&books(), &Files::new());
    let edited: Files = first
        .iter()
        .map(|(path, text)| {
            let text = text.replace("  secret:", "  # secret:").replace("  NOVEL\n", "  # NOVEL\n");
            (
                path.clone(),
                text.replace(
                    "  deleteBook(id: ID!): Boolean\n    @rpc",
                    "  # deleteBook(id: ID!): Boolean\n  nothing: Boolean # @rpc",
                ),
            )
        })
        .collect();
    assert_ne!(first, edited);
    assert_eq!(imported(&books(), &edited), edited);
}

#[test]
fn protos_that_do_not_parse_give_findings_and_no_files() {
    let broken = books().proto_text("broken.proto", "syntax = \"proto3\"; message {");
    let imported = import(&broken, "", &[]);
    assert!(imported.diagnostics.errors() > 0 && imported.files.is_empty());
    let broken = [("mine.graphql".to_owned(), "type Query {".to_owned())];
    let imported = import(&books(), "", &broken);
    assert!(imported.diagnostics.errors() > 0 && imported.files.is_empty());
}

#[test]
fn the_schema_of_the_bookshop_gets_only_what_it_lacks() {
    let folder = repository().join("schema/bookshop");
    let mut existing: Files = Vec::new();
    for file in ["author", "book", "offer", "query", "review", "scalars"] {
        let path = format!("{file}.graphql");
        existing
            .push((path.clone(), std::fs::read_to_string(folder.join(path)).expect("it is there")));
    }
    let protos = Sources::new().proto_root(repository().join("proto"));
    let schema = imported(&protos, &existing);
    for (path, before) in &existing {
        let after = text(&schema, path);
        let mut rest = after;
        for line in before.lines() {
            let at = rest.find(line).unwrap_or_else(|| panic!("{path} has lost {line}"));
            rest = &rest[at + line.len()..];
        }
    }
    assert_eq!(schema.len(), existing.len(), "nothing needs a file of its own");
    assert!(text(&schema, "review.graphql").contains("  email: String!\n}\n"), "it had no email");
    assert!(!text(&schema, "book.graphql").contains("authorIds"), "a join reads it already");
    let changed =
        |file: &str| existing.iter().any(|(path, old)| path == file && old != text(&schema, file));
    assert!(!changed("query.graphql") && !changed("offer.graphql"), "they lack nothing");
}
