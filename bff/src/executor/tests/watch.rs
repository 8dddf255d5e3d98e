//! What a request is told of its own answer.

use serde_json::{Value, json};

use super::*;
use crate::context::Explain;

const PAGE: &str = "{ books { title length price { amount } } }";

fn curious(milliseconds: u64) -> Context {
    Context { explain: Explain { plan: true, timing: true }, ..within(milliseconds) }
}

/// `extensions.timing`.
async fn timing(world: &World, query: &str, context: Context) -> Value {
    let answer: Value = serde_json::from_str(&world.ask_as(query, context).await).unwrap();
    answer["extensions"]["timing"].clone()
}

#[tokio::test(start_paused = true)]
async fn each_step_says_what_it_waited_for_what_it_took_and_where_its_values_came_from() {
    let mut shop = Shop::new();
    shop.policy("Book.price").cache = Some(cached(Scope::Public));
    let world = World::new(shop);
    world.services.set("Catalog/ListBooks", 100, Then::Answer);
    world.services.set("Pricing/BatchGet", 30, Then::Answer);
    world.ask("{ book(id: 2) { price { amount } } }").await;
    let told = timing(&world, PAGE, curious(1_000)).await;
    let call = |keys: u64, bytes: u64, took: f64| json!({"keys": keys, "bytes": bytes, "queued": 0.0, "took": took, "went": "sent"});
    let books = told["steps"][0]["calls"][0]["bytes"].as_u64().unwrap();
    let lengths = told["steps"][1]["calls"][0]["bytes"].as_u64().unwrap();
    let prices = told["steps"][2]["calls"][0]["bytes"].as_u64().unwrap();
    assert!(books > 30 && lengths >= 6 && prices > 6, "{told}");
    assert_eq!(
        told,
        json!({"total": 130.0, "steps": [
            {"step": 1, "target": "Catalog/ListBooks", "source": "service", "keys": 1, "waited": 0.0, "took": 100.0,
             "calls": [call(1, books, 100.0)]},
            {"step": 2, "target": "resolver Book/length", "source": "resolver", "keys": 3, "waited": 100.0, "took": 0.0,
             "calls": [call(3, lengths, 0.0)]},
            {"step": 3, "target": "Pricing/BatchGet", "source": "service", "keys": 3, "waited": 100.0, "took": 30.0,
             "cache": {"hit": 1, "stale": 0, "absent": 0, "miss": 2}, "calls": [call(2, prices, 30.0)]},
        ]})
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_others_began_is_joined_and_tells_only_the_own_part() {
    let mut shop = Shop::new();
    shop.method("Pricing/BatchGet").shareable = true;
    let world = World::new(shop);
    world.services.set("Pricing/BatchGet", 100, Then::Answer);
    let (all, told) = tokio::join!(world.ask("{ books { price { amount } } }"), async {
        sleep(40).await;
        timing(&world, "{ book(id: 2) { price { amount } } }", curious(1_000)).await
    });
    assert!(!all.contains("timing"), "{all}");
    let call = &told["steps"][1]["calls"][0];
    let alone = timing(&world, "{ book(id: 2) { price { amount } } }", curious(1_000)).await;
    let bytes = alone["steps"][1]["calls"][0]["bytes"].clone();
    assert_eq!(
        *call,
        json!({"keys": 1, "bytes": bytes, "queued": 0.0, "took": 60.0, "went": "joined"})
    );
}

#[tokio::test(start_paused = true)]
async fn what_came_too_late_or_from_the_fallback_is_told_too() {
    let world = World::new(Shop::new());
    world.services.set("Pricing/BatchGet", 60_000, Then::Answer);
    let told = timing(&world, "{ book(id: 2) { price { amount } } }", curious(400)).await;
    let step = &told["steps"][1];
    assert_eq!(step["calls"][0]["code"], "DEADLINE_EXCEEDED", "{told}");
    assert!(step["took"].as_f64().unwrap() > 300.0, "{told}");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_ask_is_told_nothing_and_an_answer_with_extensions_keeps_them() {
    let mut shop = Shop::new();
    shop.policy("Book.price").fallback = Some(Box::new(crate::contract::Fallback {
        last: Some(crate::contract::fallback::Last::Null(true)),
        ..crate::contract::Fallback::default()
    }));
    let world = World::new(shop);
    world.services.set("Pricing/BatchGet", 0, Then::Fail(Code::Unavailable));
    let query = "{ book(id: 2) { price { amount } } }";
    let plain: Value = serde_json::from_str(&world.ask(query).await).unwrap();
    let told = world.ask_as(query, curious(1_000)).await;
    let mut told: Value = serde_json::from_str(&told).unwrap();
    let extensions = told["extensions"].as_object_mut().unwrap();
    assert!(extensions.remove("timing").is_some());
    assert_eq!(told, plain);
    assert!(plain["extensions"]["degraded"].is_array(), "{plain}");
}
