//! What is kept of items that are asked for with masks, against an executor that asks for everything.

use std::panic::AssertUnwindSafe;

use super::{contracts::book_tag, reference::dice::Dice, service::Masks, *};
use crate::contract::{Cache, Fallback};

fn kept() -> Cache {
    Cache { stale_while_revalidate_ms: 5_000, tags: vec![book_tag()], ..cached(Scope::Public) }
}

/// A shop that keeps books, asked for one by one and in batches.
pub(super) fn world(mut shop: Shop) -> World {
    for field in ["Query.book", "Book.related"] {
        let policy = shop.policy(field);
        policy.cache = Some(kept());
        let stale = Fallback { stale_if_error_ms: 60_000, ..Fallback::default() };
        policy.fallback = Some(Box::new(stale));
    }
    // The tag of a list would be that of its last book.
    shop.policy("Query.books").cache = Some(cached(Scope::Public));
    shop.policy("Mutation.rename").invalidates = vec![book_tag()];
    World::new(shop)
}

#[tokio::test(start_paused = true)]
async fn who_reads_less_asks_nobody_and_who_reads_more_asks_for_the_rest() {
    let world = world(Shop::with_masks());
    world.ask("{ book(id: 2) { title author { name } } }").await;
    assert_eq!(
        world.ask("{ book(id: 2) { title } }").await,
        r#"{"data":{"book":{"title":"Book 2"}}}"#
    );
    let answer = world.ask("{ book(id: 2) { title related { id } } }").await;
    assert_eq!(answer, r#"{"data":{"book":{"title":"Book 2","related":[{"id":"3"},{"id":"4"}]}}}"#);
    world.check_calls(
        "Catalog/GetBook 2 [id,title,author_id]
         Users/BatchGet u2
         Catalog/GetBook 2 [id,related_ids]
         Catalog/BatchGetBooks 3 4 [id,status]",
    );
}

#[tokio::test(start_paused = true)]
async fn keys_that_lack_different_fields_are_asked_for_in_one_call() {
    let world = world(Shop::with_masks());
    // 2 and 3, then 3 and 4.
    world.ask("{ book(id: 1) { related { title } } }").await;
    let answer = world.ask("{ book(id: 2) { related { title author { name } } } }").await;
    assert_eq!(
        answer,
        r#"{"data":{"book":{"related":[{"title":"Book 3","author":{"name":"User u0"}},{"title":"Book 4","author":{"name":"User u1"}}]}}}"#
    );
    world.check_calls(
        "Catalog/GetBook 1 [id,related_ids]
         Catalog/BatchGetBooks 2 3 [id,title,status]
         Catalog/GetBook 2 [id,related_ids]
         Catalog/BatchGetBooks 3 4 [id,title,author_id,status]
         Users/BatchGet u0 u1",
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_stale_is_fetched_again_alone() {
    let world = world(Shop::with_masks());
    world.ask("{ book(id: 2) { title } }").await;
    sleep(6_000).await;
    world.ask("{ book(id: 2) { related { __typename } } }").await;
    sleep(5_000).await;
    world.services.set_edition(" (2nd)");
    let both = "{ book(id: 2) { title related { __typename } } }";
    assert!(world.ask(both).await.contains(r#""title":"Book 2""#));
    sleep(1).await;
    assert!(world.ask(both).await.contains(r#""title":"Book 2 (2nd)""#));
    world.check_calls(
        "Catalog/GetBook 2 [id,title]
         Catalog/GetBook 2 [id,related_ids]
         Catalog/BatchGetBooks 3 4 [id,status]
         Catalog/GetBook 2 [id,title]",
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_the_age_is_that_of_the_oldest_field() {
    let world = world(Shop::with_masks());
    world.ask("{ book(id: 2) { title } }").await;
    sleep(4_000).await;
    world.ask("{ book(id: 2) { id author { name } } }").await;
    sleep(20_000).await;
    world.services.set("Catalog/GetBook", 0, Then::Fail(Code::Unavailable));
    let answer = world.ask("{ book(id: 2) { title author { id } } }").await;
    assert!(answer.contains(r#""title":"Book 2","author":{"id":"u2"}"#), "{answer}");
    assert!(answer.contains(r#""age":"24s""#), "{answer}");
    // Of what was never fetched there is nothing to show.
    let answer = world.ask("{ book(id: 2) { title related { id } } }").await;
    assert!(answer.contains(r#"{"data":{"book":null}"#), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn where_the_rest_cannot_be_had_part_of_an_item_is_no_item_and_is_kept() {
    let world = world(Shop::with_masks());
    world.ask("{ book(id: 2) { title } }").await;
    world.services.set("Catalog/GetBook", 0, Then::Fail(Code::Unavailable));
    // As for who asks first: what is shown does not depend on what others asked.
    let answer = world.ask("{ book(id: 2) { title related { id } } }").await;
    assert!(answer.starts_with(r#"{"data":{"book":null},"errors":[{"#), "{answer}");
    assert!(answer.contains("UNAVAILABLE"), "{answer}");
    let answer = world.ask("{ book(id: 2) { title } }").await;
    assert_eq!(answer, r#"{"data":{"book":{"title":"Book 2"}}}"#);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_sends_everything_is_believed_as_far_as_it_was_asked() {
    let world = world(Shop::with_masks());
    world.services.set_masks(Masks::Ignored);
    world.ask("{ book(id: 2) { title } }").await;
    let answer = world.ask("{ book(id: 2) { title author { name } } }").await;
    assert_eq!(answer, r#"{"data":{"book":{"title":"Book 2","author":{"name":"User u2"}}}}"#);
    world.check_calls(
        "Catalog/GetBook 2 [id,title]
         Catalog/GetBook 2 [id,author_id]
         Users/BatchGet u2",
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_service_does_not_send_is_absent_and_not_asked_for_again() {
    let world = world(Shop::with_masks());
    world.services.set_masks(Masks::Less);
    for _ in 0..2 {
        let answer = world.ask("{ book(id: 2) { title author { name } } }").await;
        assert_eq!(answer, r#"{"data":{"book":{"title":"Book 2","author":null}}}"#);
    }
    world.check_calls("Catalog/GetBook 2 [id,title,author_id]");
}

#[tokio::test(start_paused = true)]
async fn a_book_that_is_gone_is_gone_as_a_whole() {
    let world = world(Shop::with_masks());
    world.ask("{ book(id: 2) { title } }").await;
    world.services.set("Catalog/GetBook", 0, Then::Fail(Code::NotFound));
    let none = r#"{"data":{"book":null}}"#;
    assert_eq!(world.ask("{ book(id: 2) { author { name } } }").await, none);
    assert_eq!(world.ask("{ book(id: 2) { title } }").await, none);
    assert_eq!(world.services.count("Catalog/GetBook"), 2);
}

/// Some of what there is to be read of a book.
pub(super) fn selection(dice: &mut Dice, depth: usize) -> String {
    let mut fields: Vec<String> =
        ["id", "title", "author { name }"].iter().map(|field| (*field).to_owned()).collect();
    fields.retain(|_| dice.often(45));
    if depth > 0 && dice.often(40) {
        fields.push(format!("related {{ {} }}", selection(dice, depth - 1)));
    }
    if fields.is_empty() {
        fields.push("__typename".to_owned());
    }
    fields.join(" ")
}

fn query(dice: &mut Dice) -> String {
    let book = |dice: &mut Dice, name: &str| {
        format!("{name}: book(id: {}) {{ {} }}", dice.roll(4), selection(dice, 2))
    };
    match dice.roll(10) {
        0 => format!("mutation {{ rename(id: {}, title: New) {{ id }} }}", dice.roll(4)),
        1 | 2 => format!("{{ books {{ {} }} }}", selection(dice, 1)),
        3 | 4 => format!("{{ {} {} }}", book(dice, "a"), book(dice, "b")),
        _ => format!("{{ {} }}", book(dice, "a")),
    }
}

async fn check(seed: u64) {
    let mut dice = Dice::new(seed);
    let (masked, whole) = (world(Shop::with_masks()), world(Shop::new()));
    masked.services.set_masks(if dice.often(70) { Masks::Honoured } else { Masks::Ignored });
    for _ in 0..12 {
        let queries: Vec<String> = (0..=dice.roll(2)).map(|_| query(&mut dice)).collect();
        let answers = |world: &World| {
            let answers: Vec<_> =
                queries.iter().map(|query| world.answer(query, within(1_000))).collect();
            futures::future::join_all(answers)
        };
        let (ours, theirs) = (answers(&masked).await, answers(&whole).await);
        for ((ours, theirs), query) in ours.iter().zip(&theirs).zip(&queries) {
            assert_eq!(
                ours.body.escape_ascii().to_string(),
                theirs.body.escape_ascii().to_string(),
                "seed {seed}: with masks on the left; of {query}"
            );
        }
        sleep(dice.roll(6_000) as u64).await;
    }
    assert!(masked.services.seen().len() > 4, "nobody is asked");
}

/// All seeds below 150; with `ANABRANCH_SEEDS=5000` so many, with `ANABRANCH_SEEDS=7..8` those.
#[tokio::test(start_paused = true)]
async fn it_answers_as_an_executor_that_asks_for_everything() {
    let text = std::env::var("ANABRANCH_SEEDS").unwrap_or_else(|_| "150".to_owned());
    let (from, to) = text.split_once("..").unwrap_or(("0", &text));
    for seed in from.parse().unwrap()..to.parse().unwrap() {
        let checked = AssertUnwindSafe(check(seed)).catch_unwind().await;
        if let Err(panic) = checked {
            let told = panic.downcast_ref::<String>().map_or("no words", String::as_str);
            panic!("seed {seed}: {told}");
        }
    }
}
