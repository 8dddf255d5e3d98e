//! Fields that ask the same thing share a call.

use super::{check, mutation, query, shop};
use crate::contract::{Contract, Join, Policy, source};

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
            1 shop.Catalog/GetBook  → Query.book(id: 1)   1 call  timeout 100ms
            2 shop.Catalog/GetBook  → Query.book(id: $a)  1 call  timeout 100ms
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
fn fields_that_wait_differently_share_a_call_that_takes_the_longest() {
    let mut shop = shop();
    let timeouts = [("translator", 20), ("illustrator", 50)];
    for (name, timeout_ms) in timeouts {
        policy(&mut shop, "Book", name).timeout_ms = timeout_ms;
    }
    let both = query("book(id = 1) : Book { translator : User { id } illustrator : User { id } }");
    check(
        &shop,
        &both,
        "
            1 shop.Catalog/GetBook    → Query.book                                               1 call  timeout 100ms
            └─ 2 shop.Users/BatchGet  → Book.translator, Book.illustrator  ← Book.#5, Book.#6.1  1 call  timeout 50ms, Book.translator 20ms  cache PUBLIC 5m
            2 calls in 2 levels · worst case 150ms
        ",
    );
    policy(&mut shop, "Book", "illustrator").timeout_ms = 0;
    check(
        &shop,
        &both,
        "
            1 shop.Catalog/GetBook    → Query.book                                               1 call  timeout 100ms
            └─ 2 shop.Users/BatchGet  → Book.translator, Book.illustrator  ← Book.#5, Book.#6.1  1 call  timeout Book.translator 20ms  cache PUBLIC 5m
            2 calls in 2 levels · worst case the request's deadline
        ",
    );
}

#[test]
fn a_timeout_alone_does_not_keep_fields_apart() {
    let mut shop = shop();
    policy(&mut shop, "Book", "translator").cache = None;
    policy(&mut shop, "Book", "illustrator").cache = None;
    let illustrator = join(&mut shop, "Book", "illustrator");
    illustrator.policy = None;
    check(
        &shop,
        &query("book(id = 1) : Book { translator : User { id } illustrator : User { id } }"),
        "
            1 shop.Catalog/GetBook    → Query.book                                               1 call  timeout 100ms
            └─ 2 shop.Users/BatchGet  → Book.translator, Book.illustrator  ← Book.#5, Book.#6.1  1 call  timeout Book.translator 50ms
            2 calls in 2 levels · worst case the request's deadline
        ",
    );
}

fn join<'a>(shop: &'a mut Contract, of: &str, name: &str) -> &'a mut Join {
    let binding = shop.bindings.iter_mut().find(|binding| binding.r#type == of).unwrap();
    let field = binding.fields.iter_mut().find(|field| field.name == name).unwrap();
    match &mut field.source.as_mut().unwrap().kind {
        Some(source::Kind::Join(join)) => join,
        other => panic!("{other:?} is no join"),
    }
}

fn policy<'a>(shop: &'a mut Contract, of: &str, name: &str) -> &'a mut Policy {
    join(shop, of, name).policy.as_mut().unwrap()
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
            2 calls in 2 levels · worst case 400ms
        ",
    );
}
