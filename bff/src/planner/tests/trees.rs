//! Which calls there are, and in which order.

use super::{
    check,
    contracts::{Builder, leaf, list, object},
    mutation, query, shop, subscription,
};
use crate::contract::{Gather, SideEffects};

#[test]
fn one_root_field_is_one_call() {
    check(
        &shop(),
        &query("book(id = $0) : Book { id title }"),
        "
            1 shop.Catalog/GetBook  → Query.book  1 call  timeout 100ms
            1 call in 1 level · worst case 100ms
        ",
    );
}

#[test]
fn joins_stand_below_the_call_that_has_their_keys() {
    check(
        &shop(),
        &query(
            "book(id = $0) : Book { title price : Money { amount } reviews : [Review!] { body author : User { name } } readingTime }",
        ),
        "
            1 shop.Catalog/GetBook            → Query.book                     1 call               timeout 100ms
            ├─ 2 shop.Pricing/BatchGetPrices  → Book.price        ← Book.id    1 call per 200 keys  timeout 80ms  cache PUBLIC 30s  fallback stale 10m, null
            ├─ 3 shop.Reviews/ListByBooks     → Book.reviews      ← Book.id    1 call               timeout 120ms
            │  └─ 5 shop.Users/BatchGet       → Review.author     ← Review.#3  1 call               timeout 50ms  cache PUBLIC 5m
            └─ 4 resolver Book/readingTime    → Book.readingTime  ← Book.#4    1 batch
            at least 4 calls in 3 levels · worst case the request's deadline
        ",
    );
}

#[test]
fn a_list_of_keys_is_loaded_by_a_chain_of_calls() {
    check(
        &shop(),
        &query("search(text = tea) : [Book!] { title price : Money { amount } }"),
        "
            1 shop.Search/Search                 → Query.search                1 call
            └─ 2 shop.Catalog/BatchGetBooks      → Query.search  ← reply of 1  1 call per 50 keys
               └─ 3 shop.Pricing/BatchGetPrices  → Book.price    ← Book.id     1 call per 200 keys  timeout 80ms  cache PUBLIC 30s  fallback stale 10m, null
            at least 3 calls in 3 levels · worst case the request's deadline
        ",
    );
}

#[test]
fn root_fields_of_a_mutation_wait_for_all_that_is_below_the_ones_before() {
    check(
        &shop(),
        &mutation(
            "review as a (id = 1) : Book { price : Money { amount } } \
             review as b (id = 2) : Book { reviews : [Review] { author : User { name } } } \
             review as c (id = 3) : Book { id }",
        ),
        "
            1 shop.Reviews/Review             → Mutation.review(id: 1)               1 call               timeout 200ms
            └─ 2 shop.Pricing/BatchGetPrices  → Book.price              ← Book.id    1 call per 200 keys  timeout 80ms  cache PUBLIC 30s  fallback stale 10m, null
            3 shop.Reviews/Review             → Mutation.review(id: 2)               1 call               after 2  timeout 200ms
            └─ 4 shop.Reviews/ListByBooks     → Book.reviews            ← Book.id    1 call               timeout 120ms
               └─ 5 shop.Users/BatchGet       → Review.author           ← Review.#3  1 call               timeout 50ms  cache PUBLIC 5m
            6 shop.Reviews/Review             → Mutation.review(id: 3)               1 call               after 5  timeout 200ms
            at least 6 calls in 6 levels · worst case 850ms
        ",
    );
}

#[test]
fn introspection_is_no_call() {
    check(
        &shop(),
        &query("__schema { queryType } book(id = 1) : Book { id } __typename"),
        "
            1 shop.Catalog/GetBook  → Query.book  1 call  timeout 100ms
            - __schema  introspection
            1 call in 1 level · worst case 100ms
        ",
    );
    check(
        &shop(),
        &query("__typename"),
        "
            0 calls in 0 levels
        ",
    );
}

#[test]
fn a_subscription_is_a_stream_and_what_each_event_needs() {
    check(
        &shop(),
        &subscription(
            "bookChanged (id = $0) : Book { title reviews : [Review] { author : User { name } } }",
        ),
        "
            1 shop.Catalog/WatchBook       → Subscription.bookChanged               1 stream per subscriber
            └─ 2 shop.Reviews/ListByBooks  → Book.reviews              ← Book.id    1 call                   timeout 120ms
               └─ 3 shop.Users/BatchGet    → Review.author             ← Review.#3  1 call                   timeout 50ms  cache PUBLIC 5m
            2 calls in 2 levels for each event · worst case 170ms
        ",
    );
}

#[test]
fn a_stream_that_subscribers_may_share_says_so() {
    let mut shop = Builder::default();
    let book = shop.object("Book", "shop.Book", [leaf("title", 1)]);
    let mut watch = shop.call("shop.Catalog/WatchBook");
    watch.0.set_side_effects(SideEffects::NoSideEffects);
    let changed = watch.field("bookChanged", object(0, book));
    shop.contract.subscription = Some(shop.object("Subscription", "", [changed]));
    shop.contract.methods[0].shareable = true;
    check(
        &shop.contract,
        &subscription("bookChanged : Book { title }"),
        "
            1 shop.Catalog/WatchBook  → Subscription.bookChanged  1 stream, shared
            0 calls in 0 levels for each event
        ",
    );
}

#[test]
fn a_stream_that_a_list_gathers_is_told_from_a_call() {
    let mut shop = Builder::default();
    let book = shop.object("Book", "shop.Book", [leaf("title", 1)]);
    let mut streamed = shop.call("shop.Catalog/StreamBooks").timeout(100);
    streamed.0.gather = Some(Gather::default());
    let of_author = streamed.clone().key(&[1]).field("books", list(1, book));
    let author = shop.object("Author", "shop.Author", [leaf("id", 1), of_author]);
    let authors = shop.call("shop.Catalog/ListAuthors").field("authors", list(1, author));
    let books = streamed.field("books", list(1, book));
    shop.contract.query = Some(shop.object("Query", "", [books, authors]));
    check(
        &shop.contract,
        &query("books : [Book] { title } authors : [Author] { books : [Book] { title } }"),
        "
            1 shop.Catalog/StreamBooks     → Query.books                 1 stream, gathered          timeout 100ms
            2 shop.Catalog/ListAuthors     → Query.authors               1 call
            └─ 3 shop.Catalog/StreamBooks  → Author.books   ← Author.id  1 stream per key, gathered  timeout 100ms
            at least 3 calls in 2 levels · worst case the request's deadline
        ",
    );
}
