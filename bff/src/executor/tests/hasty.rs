//! Fields that ask the same thing and wait differently.

use super::{contracts::batch, *};
use crate::contract::{Fallback, fallback::Last};

const PAGE: &str = "{ first: book(id: 1) { price { amount } } books { firmPrice { amount } } }";

/// A shop in which prices are waited for 50 ms and firm ones 300 ms.
fn shop(fallback: Option<&Fallback>) -> Shop {
    let mut shop = Shop::new();
    for (field, timeout_ms) in [("Book.price", 50), ("Book.firmPrice", 300)] {
        let policy = shop.policy(field);
        policy.timeout_ms = timeout_ms;
        policy.fallback = fallback.cloned().map(Box::new);
    }
    shop
}

fn price_after(milliseconds: u64, fallback: Option<&Fallback>) -> World {
    let world = World::new(shop(fallback));
    world.services.set("Pricing/BatchGet", milliseconds, Then::Answer);
    world
}

const FIRM: &str = r#""books":[{"firmPrice":{"amount":100}},{"firmPrice":{"amount":200}},{"firmPrice":{"amount":300}}]"#;

#[tokio::test(start_paused = true)]
async fn one_call_lasts_as_long_as_the_most_patient_waits_and_brings_both_in_time() {
    let world = price_after(40, None);
    let began = Instant::now();
    assert_eq!(
        world.ask(PAGE).await,
        format!(r#"{{"data":{{"first":{{"price":{{"amount":100}}}},{FIRM}}}}}"#)
    );
    world.check_calls("Catalog/GetBook 1\nCatalog/ListBooks\nPricing/BatchGet 1 2 3");
    let seen = world.services.seen();
    assert_eq!((seen.last().unwrap().deadline - began).as_millis(), 300);
    assert_eq!(began.elapsed().as_millis(), 40);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_wait_so_long_is_told_so_and_takes_nothing_from_the_other() {
    let world = price_after(100, None);
    let answer = world.ask(PAGE).await;
    assert!(
        answer.starts_with(&format!(r#"{{"data":{{"first":{{"price":null}},{FIRM}}},"errors""#)),
        "{answer}"
    );
    assert_eq!(answer.matches(r#""code":"DEADLINE_EXCEEDED""#).count(), 1, "{answer}");
    assert!(answer.contains(r#""path":["first","price"]"#), "{answer}");
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Replied]);
}

#[tokio::test(start_paused = true)]
async fn when_nothing_comes_each_fails_and_the_call_ends_with_the_last() {
    let world = price_after(60_000, None);
    let began = Instant::now();
    let answer = world.ask(PAGE).await;
    assert!(answer.starts_with(r#"{"data":{"first":{"price":null},"books":null},"#), "{answer}");
    assert_eq!(began.elapsed().as_millis(), 300);
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Dropped]);
}

#[tokio::test(start_paused = true)]
async fn a_hasty_field_climbs_down_its_ladder_at_once_and_for_its_own_keys() {
    let old = batch("Pricing/BatchGetOld", &[1], contracts::object(0, 3));
    let value = wire::Message::new().int(2, 999).encode();
    let fallback =
        Fallback { rpc: Some(old.into()), last: Some(Last::Value(value)), ..Fallback::default() };
    let world = price_after(100, Some(&fallback));
    world.services.set("Pricing/BatchGetOld", 30, Then::Answer);
    let began = Instant::now();
    let answer = world.ask(PAGE).await;
    assert!(
        answer.starts_with(&format!(r#"{{"data":{{"first":{{"price":{{"amount":1}}}},{FIRM}}},"#)),
        "{answer}"
    );
    assert!(
        answer.ends_with(
            r#""degraded":[{"path":["first","price"],"cause":"DEADLINE_EXCEEDED","source":"rpc"}]}}"#
        ),
        "{answer}"
    );
    assert_eq!(began.elapsed().as_millis(), 100);
    let old = |seen: &service::Seen| seen.method == "Pricing/BatchGetOld";
    let asked: Vec<_> = world.services.seen().into_iter().filter(old).collect();
    assert_eq!(asked[0].keys, ["1"]);
    assert_eq!((asked[0].at - began).as_millis(), 50);
    assert_eq!((asked[0].deadline - began).as_millis(), 100, "its own timeout once more");

    // And where the other rung takes too long as well, the next one holds, while the first call still comes.
    let world = price_after(200, Some(&fallback));
    world.services.set("Pricing/BatchGetOld", 80, Then::Answer);
    let answer = world.ask(PAGE).await;
    assert!(
        answer
            .starts_with(&format!(r#"{{"data":{{"first":{{"price":{{"amount":999}}}},{FIRM}}},"#)),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_shown_to_all_however_hasty() {
    let mut shop = shop(None);
    for field in ["Book.price", "Book.firmPrice"] {
        shop.policy(field).cache = Some(cached(crate::contract::Scope::Public));
    }
    let world = World::new(shop);
    world.ask("{ book(id: 1) { price { amount } } }").await;
    world.services.set("Pricing/BatchGet", 100, Then::Answer);
    assert_eq!(
        world.ask(PAGE).await,
        format!(r#"{{"data":{{"first":{{"price":{{"amount":100}}}},{FIRM}}}}}"#)
    );
    world.check_calls(
        "Catalog/GetBook 1\nPricing/BatchGet 1\nCatalog/GetBook 1\nCatalog/ListBooks\nPricing/BatchGet 2 3",
    );
}

#[tokio::test(start_paused = true)]
async fn of_several_chunks_a_hasty_field_shows_those_that_came() {
    let mut shop = shop(None);
    for field in ["Book.price", "Book.firmPrice"] {
        shop.join(field).batch.as_mut().unwrap().max = 2;
    }
    let world = World::with(shop, Config { calls_at_once: 1, ..Config::default() });
    world.services.set("Pricing/BatchGet", 40, Then::Answer);
    let answer = world.ask("{ books { price { amount } firmPrice { amount } } }").await;
    assert!(
        answer.starts_with(concat!(
            r#"{"data":{"books":["#,
            r#"{"price":{"amount":100},"firmPrice":{"amount":100}},"#,
            r#"{"price":{"amount":200},"firmPrice":{"amount":200}},"#,
            r#"{"price":null,"firmPrice":{"amount":300}}]},"#
        )),
        "{answer}"
    );
}
