//! Fields that a call answers: keys, batches, loading.

use super::*;

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

#[test]
fn what_loads_one_object_may_say_where_it_stands() {
    let contract = bound(
        "service Catalog { rpc GetBook(GetBookRequest) returns (GetBookResponse); rpc GetShelf(GetShelfRequest) returns (Shelf); }
         message GetBookRequest { string id = 1; }
         message GetBookResponse { Book old = 1; Book new = 2; }
         message Book { string id = 1; }
         message GetShelfRequest { string id = 1; }
         message Shelf { string book_id = 1; }",
        r#"type Query { shelf(id: ID!): Shelf } type Shelf { book: Book }
           type Book @load(method: "shop.v1.Catalog/GetBook", select: "new") { id: ID }"#,
    );
    check(&contract, "Shelf.book", "GetBook() by 1→1: 2 maybe Book in Book");
}

#[test]
fn what_is_loaded_may_say_its_own_key_again() {
    let contract = bound(
        "service Catalog { rpc GetAuthor(GetAuthorRequest) returns (GetAuthorResponse); rpc GetShelf(GetShelfRequest) returns (Shelf); }
         message GetAuthorRequest { string id = 1; }
         message GetAuthorResponse { string author_id = 1; string name = 2; }
         message GetShelfRequest { string id = 1; }
         message Shelf { string author_id = 1; }",
        r#"type Query { shelf(id: ID!): Shelf } type Shelf { author: Author }
           type Author @load(method: "shop.v1.Catalog/GetAuthor") { name: String }"#,
    );
    check(&contract, "Shelf.author", "GetAuthor() by 1→1: whole Author in GetAuthorResponse");
}
