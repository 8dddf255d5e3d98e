//! Other RPCs that say the same in another way, and rungs that follow each other.

use super::{
    contracts::{PRICE, REVIEW, batch, call, int, key_part, list, object},
    wire::Message,
    *,
};
use crate::contract::{Fallback, Join, Source, fallback::Last, source};

/// A world in which `Book.field` has failed and is answered by another RPC with this reply.
fn world(field: &str, method: &str, rpc: Join, reply: &Message) -> World {
    let mut shop = Shop::new();
    let policy = shop.policy(&format!("Book.{field}"));
    policy.fallback = Some(Fallback { rpc: Some(rpc.into()), ..Fallback::default() }.into());
    let world = World::new(shop);
    world.services.set(method, 0, Then::Fail(Code::Unavailable));
    world.services.set("Pricing/BatchGetOld", 0, Then::Reply(reply.encode()));
    world
}

/// Inside these messages.
fn inside(path: &[u32], mut then: Source) -> Source {
    if let Some(source::Kind::Wire(wire)) = &mut then.kind {
        path.clone_into(&mut wire.path);
    }
    then
}

fn item(key: &str) -> Message {
    Message::new().text(1, key)
}

async fn check(world: &World, query: &str, data: &str) {
    let answer = world.ask(query).await;
    assert!(answer.starts_with(&format!(r#"{{"data":{data},"extensions""#)), "{answer}");
    assert!(answer.contains(r#""cause":"UNAVAILABLE","source":"rpc""#), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_message_may_stand_deeper_in_the_other_reply() {
    // A price is the item there, and here inside of it.
    let price = |amount| Message::new().message(5, &Message::new().int(2, amount));
    let reply = Message::new()
        .message(1, &item("2").message(6, &price(20)))
        .message(1, &item("1").message(6, &price(10)))
        .message(1, &item("3"));
    let rpc = batch("Pricing/BatchGetOld", &[1], inside(&[6], object(5, PRICE)));
    check(
        &world("price", "Pricing/BatchGet", rpc, &reply),
        "{ books { price { amount } } }",
        concat!(
            r#"{"books":[{"price":{"amount":10}},{"price":{"amount":20}},"#,
            // Where it has none there is none.
            r#"{"price":null}]}"#
        ),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_number_of_a_reply_may_be_one_of_a_message_of_the_other() {
    let rpc = Join {
        key: vec![key_part(&[1], &[1])],
        ..call("Pricing/BatchGetOld", inside(&[3], int(7)))
    };
    let reply = Message::new().message(3, &Message::new().int(2, 1).int(7, 42));
    let world = world("stock", "Inventory/Get", rpc, &reply);
    check(&world, "{ book(id: 1) { stock } }", r#"{"book":{"stock":42}}"#).await;
}

#[tokio::test(start_paused = true)]
async fn items_of_groups_may_be_a_list_in_the_others_item() {
    let review = |id: &str| Message::new().text(1, id).text(4, "u1");
    let of_first = item("1").message(4, &review("a")).message(4, &review("b"));
    let reply = Message::new().message(1, &item("2")).message(1, &of_first);
    let rpc = batch("Pricing/BatchGetOld", &[1], list(4, REVIEW));
    // What is asked inside of it is asked as ever.
    check(
        &world("reviews", "Reviews/ListByBooks", rpc, &reply),
        "{ book(id: 1) { reviews { id author { name } } } }",
        r#"{"book":{"reviews":[{"id":"a","author":{"name":"User u1"}},{"id":"b","author":{"name":"User u1"}}]}}"#,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn each_key_stops_at_the_first_rung_that_holds() {
    let mut shop = Shop::new();
    let policy = shop.policy("Book.price");
    policy.cache = Some(cached(crate::contract::Scope::Public));
    let old = batch("Pricing/BatchGetOld", &[1], object(0, PRICE));
    policy.fallback = Some(Box::new(Fallback {
        stale_if_error_ms: 60_000,
        rpc: Some(old.into()),
        last: Some(Last::Value(Message::new().int(2, 999).encode())),
        ..Fallback::default()
    }));
    let world = World::new(shop);
    world.ask("{ book(id: 2) { price { amount } } }").await;
    sleep(42_000).await;
    world.services.set("Pricing/BatchGet", 0, Then::Fail(Code::Unavailable));
    world.services.set("Pricing/BatchGetOld", 0, Then::Status("3", 13));
    let note = |index: usize, source: &str| {
        format!(r#"{{"path":["books",{index},"price"],"cause":"UNAVAILABLE","source":{source}}}"#)
    };
    let notes = [note(0, r#""rpc""#), note(1, r#""stale","age":"42s""#), note(2, r#""value""#)];
    assert_eq!(
        world.ask("{ books { price { amount } } }").await,
        format!(
            r#"{{"data":{{"books":[{{"price":{{"amount":1}}}},{{"price":{{"amount":200}}}},{{"price":{{"amount":999}}}}]}},"extensions":{{"degraded":[{}]}}}}"#,
            notes.join(",")
        )
    );
    // Who has an old price is not asked about again.
    let seen = world.services.seen();
    assert_eq!(seen.last().unwrap().keys, ["1", "3"]);

    // Nothing is kept of what stood in: when the old price is too old, the value stands for all three.
    sleep(60_000).await;
    world.services.set("Pricing/BatchGetOld", 0, Then::Fail(Code::Internal));
    let answer = world.ask("{ books { price { amount } } }").await;
    assert_eq!(answer.matches(r#"{"price":{"amount":999}}"#).count(), 3, "{answer}");
    assert_eq!(answer.matches(r#""cause":"UNAVAILABLE","source":"value""#).count(), 3, "{answer}");
}

#[tokio::test(start_paused = true)]
async fn an_rpc_that_says_something_else_is_as_one_that_failed() {
    let text = inside(&[], list(4, REVIEW));
    let mut shop = Shop::new();
    let policy = shop.policy("Book.stock");
    let rpc = Join { key: vec![key_part(&[1], &[1])], ..call("Pricing/BatchGetOld", text) };
    policy.fallback = Some(Box::new(Fallback {
        rpc: Some(rpc.into()),
        last: Some(Last::Value(Message::new().int(2, 7).encode())),
        ..Fallback::default()
    }));
    let world = World::new(shop);
    world.services.set("Inventory/Get", 0, Then::Fail(Code::Unavailable));
    world.services.set("Pricing/BatchGetOld", 0, Then::Reply(item("1").encode()));
    let answer = world.ask("{ book(id: 1) { stock } }").await;
    assert!(answer.starts_with(r#"{"data":{"book":{"stock":7}},"#), "{answer}");
    assert!(answer.contains(r#""cause":"UNAVAILABLE","source":"value""#), "{answer}");
}
