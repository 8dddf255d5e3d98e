//! The ladder: an old item, another RPC, a value, null; and what never climbs it.

use super::{contracts::batch, *};
use crate::contract::{Fallback, fallback::Last};

const PRICES: &str = "{ books { price { amount } } }";

/// A shop whose `Book.price` falls back like this.
fn shop(fallback: Fallback) -> Shop {
    let mut shop = Shop::new();
    let policy = shop.policy("Book.price");
    policy.cache = Some(cached(Scope::Public));
    policy.fallback = Some(fallback.into());
    shop
}

fn null() -> Fallback {
    Fallback { last: Some(Last::Null(true)), ..Fallback::default() }
}

fn note(index: usize, rest: &str) -> String {
    format!(r#"{{"path":["books",{index},"price"],{rest}}}"#)
}

#[tokio::test(start_paused = true)]
async fn null_is_shown_and_said() {
    let world = World::new(shop(null()));
    world.services.set("Pricing/BatchGet", 0, Then::Fail(Code::Unavailable));
    let nulls = [0, 1, 2].map(|index| note(index, r#""cause":"UNAVAILABLE","source":"null""#));
    assert_eq!(
        world.ask(PRICES).await,
        format!(
            r#"{{"data":{{"books":[{{"price":null}},{{"price":null}},{{"price":null}}]}},"extensions":{{"degraded":[{}]}}}}"#,
            nulls.join(",")
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_stands_for_each_item_that_failed_and_for_no_other() {
    let value = wire::Message::new().int(2, 999).encode();
    let world =
        World::new(shop(Fallback { last: Some(Last::Value(value)), ..Fallback::default() }));
    world.services.set("Pricing/BatchGet", 0, Then::Status("2", 14));
    assert_eq!(
        world.ask(PRICES).await,
        format!(
            r#"{{"data":{{"books":[{{"price":{{"amount":100}}}},{{"price":{{"amount":999}}}},{{"price":{{"amount":300}}}}]}},"extensions":{{"degraded":[{}]}}}}"#,
            note(1, r#""cause":"UNAVAILABLE","source":"value""#)
        )
    );
}

#[tokio::test(start_paused = true)]
async fn another_rpc_is_asked_with_the_same_keys() {
    let mut old = batch("Pricing/BatchGetOld", &[1], contracts::object(0, 3));
    old.policy = None;
    let world = World::new(shop(Fallback { rpc: Some(old.into()), ..null() }));
    world.services.set("Pricing/BatchGet", 0, Then::Fail(Code::Internal));
    let answer = world.ask(PRICES).await;
    assert!(answer.starts_with(r#"{"data":{"books":[{"price":{"amount":1}},{"price":{"amount":2}},{"price":{"amount":3}}]}"#), "{answer}");
    assert!(answer.contains(&note(1, r#""cause":"INTERNAL","source":"rpc""#)), "{answer}");
    world.check_calls("Catalog/ListBooks\nPricing/BatchGet 1 2 3\nPricing/BatchGetOld 1 2 3");
}

#[tokio::test(start_paused = true)]
async fn when_the_other_rpc_fails_too_the_next_rung_holds_and_the_first_cause_is_told() {
    let old = batch("Pricing/BatchGetOld", &[1], contracts::object(0, 3));
    let world = World::new(shop(Fallback { rpc: Some(old.into()), ..null() }));
    world.services.set("Pricing/BatchGet", 0, Then::Fail(Code::Unavailable));
    world.services.set("Pricing/BatchGetOld", 0, Then::Fail(Code::Internal));
    let answer = world.ask(PRICES).await;
    assert!(answer.contains(&note(0, r#""cause":"UNAVAILABLE","source":"null""#)), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn the_other_rpc_has_what_is_left_of_the_time() {
    let old = batch("Pricing/BatchGetOld", &[1], contracts::object(0, 3));
    let mut shop = shop(Fallback { rpc: Some(old.into()), ..null() });
    shop.policy("Book.price").timeout_ms = 80;
    let world = World::new(shop);
    world.services.set("Pricing/BatchGet", 60_000, Then::Answer);
    world.services.set("Pricing/BatchGetOld", 60_000, Then::Answer);
    let began = Instant::now();
    let answer = world.ask_as(PRICES, within(140)).await;
    assert_eq!(began.elapsed(), Duration::from_millis(135));
    assert!(
        answer.contains(&note(0, r#""cause":"DEADLINE_EXCEEDED","source":"null""#)),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_old_item_comes_first_and_tells_its_age() {
    let world = World::new(shop(Fallback { stale_if_error_ms: 60_000, ..null() }));
    world.ask("{ book(id: 2) { price { amount } } }").await;
    sleep(42_000).await;
    world.services.set("Pricing/BatchGet", 60_000, Then::Answer);
    let answer = world.ask(PRICES).await;
    assert!(
        answer.starts_with(
            r#"{"data":{"books":[{"price":null},{"price":{"amount":200}},{"price":null}]}"#
        ),
        "{answer}"
    );
    // The age is told when it is shown: the second of waiting counts.
    assert!(
        answer.contains(&note(1, r#""cause":"DEADLINE_EXCEEDED","source":"stale","age":"42s""#)),
        "{answer}"
    );
    assert!(
        answer.contains(&note(0, r#""cause":"DEADLINE_EXCEEDED","source":"null""#)),
        "{answer}"
    );
    sleep(60_000).await;
    assert!(!world.ask(PRICES).await.contains("stale"));
}

#[tokio::test(start_paused = true)]
async fn after_a_denial_or_a_fault_of_the_caller_nothing_else_is_shown() {
    for code in [
        Code::Unauthenticated,
        Code::PermissionDenied,
        Code::InvalidArgument,
        Code::FailedPrecondition,
        Code::Unimplemented,
    ] {
        let world = World::new(shop(Fallback { stale_if_error_ms: 60_000, ..null() }));
        world.ask(PRICES).await;
        sleep(11_000).await;
        world.services.set("Pricing/BatchGet", 0, Then::Fail(code));
        let answer = world.ask(PRICES).await;
        assert!(answer.contains(code.name()), "{answer}");
        assert!(!answer.contains("degraded"), "{code}: {answer}");
        assert!(!answer.contains("amount"), "{code}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn not_found_is_null_without_error_or_note_and_forgets_what_was_kept() {
    let world = World::new(shop(Fallback { stale_if_error_ms: 60_000, ..null() }));
    world.ask("{ book(id: 2) { price { amount } } }").await;
    sleep(11_000).await;
    world.services.set("Pricing/BatchGet", 0, Then::Fail(Code::NotFound));
    let gone = r#"{"data":{"book":{"price":null}}}"#;
    assert_eq!(world.ask("{ book(id: 2) { price { amount } } }").await, gone);
    sleep(2_000).await;
    world.services.set("Pricing/BatchGet", 0, Then::Fail(Code::Unavailable));
    let answer = world.ask("{ book(id: 2) { price { amount } } }").await;
    assert!(answer.contains(r#""source":"null""#), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn without_a_ladder_a_failure_is_an_error_without_internal_text() {
    let world = World::new(Shop::new());
    world.services.set("Pricing/BatchGet", 0, Then::Fail(Code::Unavailable));
    let answer = world.ask("{ book(id: 1) { title price { amount } } }").await;
    assert_eq!(
        answer,
        concat!(
            r#"{"data":{"book":{"title":"Book 1","price":null}},"errors":[{"message":"it failed","#,
            r#""locations":[{"line":0,"column":0}],"path":["book","price"],"#,
            r#""extensions":{"code":"UNAVAILABLE","service":"Pricing","method":"BatchGet"}}]}"#
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_non_null_field_without_value_voids_its_parent() {
    let world = World::new(Shop::new());
    world.services.set("Pricing/BatchGet", 0, Then::Fail(Code::Unavailable));
    let answer = world.answer("{ book(id: 1) { firmPrice { amount } } }", within(1_000)).await;
    assert!(answer.body.starts_with(br#"{"data":{"book":null},"errors":"#));
    assert_eq!((answer.data_is_null, answer.errors), (false, 1));
}
