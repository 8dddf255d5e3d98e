//! Services that break their word, and functions that panic.

use super::{wire::Message, *};
use crate::contract::{Fallback, fallback::Last};

const GARBAGE: [u8; 3] = [0xff, 0xff, 0xff];

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_service_is_an_error_of_its_field() {
    let world = World::new(Shop::new());
    world.services.set("Pricing/BatchGet", 0, Then::Panic);
    let answer = world.ask("{ book(id: 1) { title price { amount } } }").await;
    assert!(
        answer.starts_with(r#"{"data":{"book":{"title":"Book 1","price":null}},"errors":"#),
        "{answer}"
    );
    assert!(
        answer.contains(r#""code":"INTERNAL","service":"Pricing","method":"BatchGet""#),
        "{answer}"
    );
    assert!(!answer.contains("told to"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_resolver_is_an_error_of_its_field() {
    let world = World::new(Shop::new());
    let answer = world.ask("{ book(id: 13) { title length } }").await;
    assert!(
        answer.starts_with(r#"{"data":{"book":{"title":"Book 13","length":null}},"errors":"#),
        "{answer}"
    );
    assert!(!answer.contains("nobody counts"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_cannot_be_read_is_a_failed_call() {
    let mut shop = Shop::new();
    let fallback = Fallback { last: Some(Last::Null(true)), ..Fallback::default() };
    shop.policy("Book.price").fallback = Some(fallback.into());
    let world = World::new(shop);
    world.services.set("Pricing/BatchGet", 0, Then::Reply(GARBAGE.into()));
    assert_eq!(
        world.ask("{ book(id: 1) { price { amount } } }").await,
        concat!(
            r#"{"data":{"book":{"price":null}},"#,
            r#""extensions":{"degraded":[{"path":["book","price"],"cause":"DATA_LOSS","source":"null"}]}}"#
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_single_reply_that_cannot_be_read_is_a_failed_call_and_is_not_kept() {
    let mut shop = Shop::new();
    let policy = shop.policy("Query.book");
    let fallback = Fallback { last: Some(Last::Null(true)), ..Fallback::default() };
    policy.fallback = Some(fallback.into());
    policy.cache = Some(cached(Scope::Public));
    let world = World::new(shop);
    world.services.set("Catalog/GetBook", 0, Then::Reply(GARBAGE.into()));
    let degraded = r#""degraded":[{"path":["book"],"cause":"DATA_LOSS","source":"null"}]"#;
    for query in ["{ book(id: 1) { title } }", "{ book(id: 1) { price { amount } } }"] {
        let answer = world.ask(query).await;
        assert!(answer.contains(degraded), "{query}: {answer}");
    }
    world.services.set("Catalog/GetBook", 0, Then::Answer);
    assert_eq!(
        world.ask("{ book(id: 1) { title } }").await,
        r#"{"data":{"book":{"title":"Book 1"}}}"#
    );
}

#[tokio::test(start_paused = true)]
async fn garbage_in_one_item_leaves_the_others_alone() {
    let world = World::new(Shop::new());
    // The second book has a title that is no text.
    let bad = Message::new().text(1, "2").with(2, wire::Value::Bytes(GARBAGE.into()));
    let list = Message::new()
        .message(1, &contracts::book_message("1"))
        .message(1, &bad)
        .message(1, &contracts::book_message("3"));
    world.services.set("Catalog/ListBooks", 0, Then::Reply(list.encode()));
    let answer = world.ask("{ books { title price { amount } } }").await;
    assert!(
        answer.starts_with(concat!(
            r#"{"data":{"books":[{"title":"Book 1","price":{"amount":100}},"#,
            r#"{"title":null,"price":{"amount":200}},{"title":"Book 3","price":{"amount":300}}]},"#
        )),
        "{answer}"
    );
    assert!(answer.contains(r#""path":["books",1,"title"]"#), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn items_that_nobody_asked_for_or_that_come_twice_do_no_harm() {
    let world = World::new(Shop::new());
    let item = |key: &str, amount| Message::new().text(1, key).int(2, amount);
    let reply = Message::new()
        .message(1, &item("9", 1))
        .message(1, &item("1", 2))
        .message(1, &item("1", 3));
    world.services.set("Pricing/BatchGet", 0, Then::Reply(reply.encode()));
    let answer = world.ask("{ book(id: 1) { price { amount } } }").await;
    assert_eq!(answer, r#"{"data":{"book":{"price":{"amount":3}}}}"#);
}

/// A list whose second book is garbage: the list is a message, the book is none.
fn list_with_garbage() -> Vec<u8> {
    let garbage = wire::Value::Bytes(GARBAGE.into());
    Message::new().message(1, &contracts::book_message("1")).with(1, garbage).encode()
}

#[tokio::test(start_paused = true)]
async fn garbage_deep_in_a_reply_is_not_kept_either() {
    for query in ["{ books { id price { amount } } }", "{ books { id } }"] {
        for ladder in [true, false] {
            let mut shop = Shop::new();
            let policy = shop.policy("Query.books");
            policy.cache = Some(cached(Scope::Public));
            let fallback = Fallback { last: Some(Last::Null(true)), ..Fallback::default() };
            policy.fallback = ladder.then(|| fallback.into());
            let world = World::new(shop);
            world.services.set("Catalog/ListBooks", 0, Then::Reply(list_with_garbage()));
            let bad = world.ask(query).await;
            assert!(bad.contains(r#"{"books":null}"#) && bad.contains("DATA_LOSS"), "{bad}");
            world.services.set("Catalog/ListBooks", 0, Then::Answer);
            let good = world.ask(query).await;
            assert!(good.starts_with(r#"{"data":{"books":[{"id":"1""#), "{query} {ladder}: {good}");
        }
    }
}
