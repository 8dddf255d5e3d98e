//! Fields that ask the same thing share a call.

use super::{check, mutation, query, shop};

#[test]
fn the_same_lookup_under_two_names_is_one_call() {
    check(
        &shop(),
        &query("book as a (id = 1) : Book { id } book as b (id = 1) : Book { title }"),
        "
            1 shop.Catalog/GetBook  → Query.book  1 call  timeout 100ms
            1 call in 1 level · worst case 100ms
        ",
    );
}

#[test]
fn other_arguments_are_another_call() {
    check(
        &shop(),
        &query("book as a (id = 1) : Book { id } book as b (id = $0) : Book { id }"),
        "
            1 shop.Catalog/GetBook  → Query.book  1 call  timeout 100ms
            2 shop.Catalog/GetBook  → Query.book  1 call  timeout 100ms
            2 calls in 1 level · worst case 100ms
        ",
    );
}

#[test]
fn branches_share_a_batch_on_the_same_level() {
    check(
        &shop(),
        &query(
            "book(id = 1) : Book { price : Money { amount } reviews : [Review] { author : User { name } } } \
             topBooks(first = 3) : [Book] { price : Money { amount } reviews : [Review] { author : User { id } } }",
        ),
        "
            1 shop.Catalog/GetBook            → Query.book                   1 call               timeout 100ms
            ├─ 3 shop.Pricing/BatchGetPrices  → Book.price      ← Book.id    1 call per 200 keys  needs 2 too  timeout 80ms  cache PUBLIC 30s  fallback stale 10m, null
            └─ 4 shop.Reviews/ListByBooks     → Book.reviews    ← Book.id    1 call               needs 2 too  timeout 120ms
               └─ 5 shop.Users/BatchGet       → Review.author   ← Review.#3  1 call               timeout 50ms  cache PUBLIC 5m
            2 shop.Catalog/TopBooks           → Query.topBooks               1 call               timeout 100ms
            at least 5 calls in 3 levels · worst case 270ms
        ",
    );
}

#[test]
fn keys_from_other_paths_share_a_batch_too() {
    check(
        &shop(),
        &query("book(id = 1) : Book { translator : User { id } illustrator : User { id } }"),
        "
            1 shop.Catalog/GetBook    → Query.book                                               1 call  timeout 100ms
            └─ 2 shop.Users/BatchGet  → Book.translator, Book.illustrator  ← Book.#5, Book.#6.1  1 call  timeout 50ms  cache PUBLIC 5m
            2 calls in 2 levels · worst case 150ms
        ",
    );
}

#[test]
fn another_level_is_another_call() {
    check(
        &shop(),
        &query(
            "book(id = 1) : Book { translator : User { id } reviews : [Review] { author : User { name } } }",
        ),
        "
            1 shop.Catalog/GetBook         → Query.book                    1 call  timeout 100ms
            ├─ 2 shop.Users/BatchGet       → Book.translator  ← Book.#5    1 call  timeout 50ms  cache PUBLIC 5m
            └─ 3 shop.Reviews/ListByBooks  → Book.reviews     ← Book.id    1 call  timeout 120ms
               └─ 4 shop.Users/BatchGet    → Review.author    ← Review.#3  1 call  timeout 50ms  cache PUBLIC 5m
            4 calls in 3 levels · worst case 270ms
        ",
    );
}

#[test]
fn a_mutation_acts_as_often_as_it_is_asked_to() {
    check(
        &shop(),
        &mutation("review as a (id = 1) : Book { id } review as b (id = 1) : Book { id }"),
        "
            1 shop.Reviews/Review  → Mutation.review  1 call  timeout 200ms
            2 shop.Reviews/Review  → Mutation.review  1 call  after 1  timeout 200ms
            2 calls in 1 level · worst case 400ms
        ",
    );
}
