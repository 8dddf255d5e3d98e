//! Calls that start together with the lookup whose object they are asked for.

use super::{
    check,
    contracts::{Ask, Builder, leaf, list, object},
    mutation, plan, query,
};
use crate::contract::{Contract, Scalar};

/// A shop that looks up books by id, and by shelf and place; `change` may spoil the call for prices.
fn shop_with(change: impl FnOnce(Ask) -> Ask) -> Contract {
    let mut shop = Builder::default();
    let price = shop.object("Price", "shop.Price", [leaf("amount", 2)]);
    let user = shop.object("User", "shop.User", [leaf("name", 2)]);
    let authors = shop.call("shop.Users/BatchGet").key(&[4]).batch(0).reads().timeout(50);
    let review = shop.object(
        "Review",
        "shop.Review",
        [leaf("body", 1), authors.field("author", object(0, user))],
    );
    let prices = shop.call("shop.Pricing/BatchGet").key(&[1]).batch(200).reads().timeout(80);
    let prices = change(prices);
    let stock = shop.call("shop.Inventory/Get").key(&[1]).reads().timeout(50);
    let reviews = shop.call("shop.Reviews/ListByBooks").key(&[1]).batch(0).reads().timeout(120);
    let place = shop.call("shop.Places/BatchGet").key(&[5]).key(&[6, 1]).batch(0).reads();
    let length = shop.resolver("Book", "length").key(&[1]).reads();
    let book = shop.object(
        "Book",
        "shop.Book",
        [
            leaf("title", 2),
            prices.field("price", object(0, price)),
            stock.field("stock", object(0, price)),
            reviews.field("reviews", list(1, review)),
            place.field("place", object(0, price)),
            length.field("length", object(0, price)),
        ],
    );
    let node = shop.abstract_type("Node", "shop.Book", [(0, book)]);
    let get = shop.call("shop.Catalog/GetBook").argument("id", 1).reads().timeout(100);
    let find = shop.call("shop.Catalog/FindBook").argument("shelf", 1).argument("place.row", 2);
    let find = find.echo(1, &[3, 5]).echo(2, &[3, 6, 1]).reads();
    let list_books = shop.call("shop.Catalog/ListBooks").argument("id", 1).echo(1, &[1, 1]).reads();
    let query = [
        get.clone().echo(1, &[1]).field("book", object(0, book)),
        get.echo(1, &[1]).field("node", object(0, node)),
        find.field("find", object(3, book)),
        list_books.field("books", list(1, book)),
    ];
    shop.contract.query = Some(shop.object("Query", "", query));
    let moved = shop.call("shop.Catalog/Move").argument("id", 1).echo(1, &[1]);
    let moved = moved.field("move", object(0, book));
    shop.contract.mutation = Some(shop.object("Mutation", "", [moved]));
    shop.contract
}

fn shop() -> Contract {
    shop_with(|prices| prices)
}

#[test]
fn what_is_asked_by_the_key_of_a_lookup_starts_with_it() {
    check(
        &shop(),
        &query(
            "book(id = $0) : Book { price : Price { amount } stock : Price { amount } reviews : [Review!] { author : User { name } } }",
        ),
        "
            1 shop.Catalog/GetBook         → Query.book                     1 call  timeout 100ms
            ├─ 2 shop.Pricing/BatchGet     → Book.price     ← Book.#1 = $a  1 call  timeout 80ms  starts with 1
            ├─ 3 shop.Inventory/Get        → Book.stock     ← Book.#1 = $a  1 call  timeout 50ms  starts with 1
            └─ 4 shop.Reviews/ListByBooks  → Book.reviews   ← Book.#1 = $a  1 call  timeout 120ms  starts with 1
               └─ 5 shop.Users/BatchGet    → Review.author  ← Review.#4     1 call  timeout 50ms
            5 calls in 2 levels · worst case 270ms (170ms where early calls have the right keys)
        ",
    );
}

#[test]
fn all_parts_of_a_key_have_to_be_known() {
    check(
        &shop(),
        &query(
            "find(shelf = tea, place = $1) : Book { place : Price { amount } price : Price { amount } }",
        ),
        "
            1 shop.Catalog/FindBook     → Query.find                                       1 call
            ├─ 2 shop.Places/BatchGet   → Book.place  ← Book.{#5, #6.1} = {\"tea\", $b.row}  1 call               starts with 1
            └─ 3 shop.Pricing/BatchGet  → Book.price  ← Book.#1                            1 call per 200 keys  timeout 80ms
            at least 3 calls in 2 levels · worst case the request's deadline
        ",
    );
}

#[test]
fn a_lookup_may_be_of_an_interface() {
    check(&shop(), &query("node(id = 7) : Node { on Book { price : Price { amount } } }"), "
            1 shop.Catalog/GetBook      → Query.node                 1 call  timeout 100ms
            └─ 2 shop.Pricing/BatchGet  → Book.price  ← Book.#1 = 7  1 call  timeout 80ms  starts with 1
            2 calls in 1 level · worst case 180ms (100ms where early calls have the right keys)
        ");
}

#[test]
fn two_lookups_and_their_calls_all_start_at_once() {
    check(
        &shop(),
        &query(
            "book as a (id = 1) : Book { price : Price { amount } } book as b (id = 2) : Book { price : Price { amount } stock : Price { amount } }",
        ),
        "
            1 shop.Catalog/GetBook      → Query.book(id: 1)                              1 call  timeout 100ms
            └─ 3 shop.Pricing/BatchGet  → Book.price         ← Book.#1 = 1, Book.#1 = 2  1 call  timeout 80ms  starts with 1, 2
            2 shop.Catalog/GetBook      → Query.book(id: 2)                              1 call  timeout 100ms
            └─ 4 shop.Inventory/Get     → Book.stock         ← Book.#1 = 2               1 call  timeout 50ms  starts with 2
            4 calls in 1 level · worst case 180ms (100ms where early calls have the right keys)
        ",
    );
}

#[test]
fn what_is_one_call_stays_one_call() {
    // The prices of the list's books come in the same call, and are known only after it.
    check(
        &shop(),
        &query(
            "book(id = 1) : Book { price : Price { amount } } books : [Book] { price : Price { amount } }",
        ),
        "
            1 shop.Catalog/GetBook      → Query.book              1 call               timeout 100ms
            └─ 3 shop.Pricing/BatchGet  → Book.price   ← Book.#1  1 call per 200 keys  needs 2 too  timeout 80ms
            2 shop.Catalog/ListBooks    → Query.books             1 call
            at least 3 calls in 2 levels · worst case the request's deadline
        ",
    );
}

#[test]
fn functions_changes_and_what_is_asked_for_a_list_wait() {
    check(
        &shop(),
        &query(
            "book(id = 1) : Book { length : Price { amount } } books(id = 1) : [Book] { price : Price { amount } }",
        ),
        "
            1 shop.Catalog/GetBook      → Query.book              1 call               timeout 100ms
            └─ 3 resolver Book/length   → Book.length  ← Book.#1  1 batch
            2 shop.Catalog/ListBooks    → Query.books             1 call
            └─ 4 shop.Pricing/BatchGet  → Book.price   ← Book.#1  1 call per 200 keys  timeout 80ms
            at least 3 calls in 2 levels · worst case the request's deadline
        ",
    );
    check(&shop(), &mutation("move(id = 1) : Book { price : Price { amount } }"), "
            1 shop.Catalog/Move         → Mutation.move             1 call
            └─ 2 shop.Pricing/BatchGet  → Book.price     ← Book.#1  1 call per 200 keys  timeout 80ms
            at least 2 calls in 2 levels · worst case the request's deadline
        ");
    let writes = shop_with(|mut prices| {
        prices.0.side_effects = crate::contract::SideEffects::Idempotent.into();
        prices
    });
    check(
        &writes,
        &query("book(id = 1) : Book { price : Price { amount } }"),
        "
            1 shop.Catalog/GetBook      → Query.book             1 call               timeout 100ms
            └─ 2 shop.Pricing/BatchGet  → Book.price  ← Book.#1  1 call per 200 keys  timeout 80ms
            at least 2 calls in 2 levels · worst case 180ms
        ",
    );
}

#[test]
fn a_site_knows_where_the_request_has_its_key() {
    let operation = query("find(shelf = 1, place = $1) : Book { place : Price { amount } }");
    let plan = plan(&operation, &shop()).unwrap();
    let guesses: Vec<Vec<(u32, Scalar)>> = plan
        .sites
        .iter()
        .map(|site| site.guess.iter().map(|part| (part.number, part.scalar)).collect())
        .collect();
    assert_eq!(guesses, [vec![], vec![(1, Scalar::String), (2, Scalar::String)]]);
}
