//! What a request is told of its own answer.

use futures::StreamExt;
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
    assert_eq!(step["took"], 395.0, "{told}");
    assert_eq!(step["calls"].as_array().unwrap().len(), 1, "{told}");
}

/// For each time that a step began: how long it took, and of each call its keys, how long it took, and its code.
fn runs(told: &Value, step: u64) -> Vec<String> {
    let steps = told["steps"].as_array().unwrap().iter();
    let call = |call: &Value| format!("{} {} {}", call["keys"], call["took"], call["code"]);
    steps
        .filter(|run| run["step"] == step)
        .map(|run| {
            let calls: Vec<String> = run["calls"].as_array().unwrap().iter().map(call).collect();
            format!("{}: {}", run["took"], calls.join(", "))
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_early_call_that_is_not_needed_was_made_and_cancelled() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Catalog/GetBook", 50, Then::Fail(Code::NotFound));
    world.services.set("Pricing/BatchGet", 300, Then::Answer);
    let told = timing(&world, "{ book(id: 1) { price { amount } } }", curious(1_000)).await;
    assert_eq!(told["total"], 50.0, "{told}");
    assert_eq!(runs(&told, 2), [r#"50.0: 1 50.0 "CANCELLED""#]);
    assert_eq!(told["steps"][1]["waited"], 0.0);
    assert_eq!(told["steps"][1]["calls"][0]["went"], "sent");
}

#[tokio::test(start_paused = true)]
async fn an_early_call_for_another_key_was_cancelled_and_the_right_one_follows() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Catalog/GetBook", 50, Then::Answer);
    world.services.set("Pricing/BatchGet", 80, Then::Answer);
    let page = r#"{ book(id: "x2") { price { amount } } }"#;
    let told = timing(&world, page, curious(1_000)).await;
    assert_eq!(runs(&told, 2), [r#"50.0: 1 50.0 "CANCELLED""#, "80.0: 1 80.0 null"]);
}

#[tokio::test(start_paused = true)]
async fn an_early_call_and_the_one_for_the_other_keys_have_their_own_times() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Catalog/GetBook", 50, Then::Answer);
    world.services.set("Pricing/BatchGet", 80, Then::Answer);
    let page = r#"{ a: book(id: 1) { price { amount } } b: book(id: "x2") { price { amount } } }"#;
    let told = timing(&world, page, curious(1_000)).await;
    let step = told["steps"].as_array().unwrap().last().unwrap()["step"].as_u64().unwrap();
    assert_eq!(runs(&told, step), ["80.0: 2 80.0 null", "80.0: 1 80.0 null"]);
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

/// What each part says in its extensions: the plan, or the steps with what they waited for and took.
async fn told_in_parts(world: &World, query: &str) -> Vec<Value> {
    let plan = Some(Bytes::from_static(b"\"the plan\""));
    let answers = world.executor.execute_incrementally(
        &world.prepared(query),
        Vec::new(),
        Arc::new(curious(1_000)),
        Beside { plan, ..Beside::default() },
        Incremental::Pending,
    );
    let bodies: Vec<Answer> = answers.collect().await;
    let extensions = bodies.iter().map(|answer| {
        let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
        let mut extensions = body["extensions"].take();
        if let Some(steps) = extensions["timing"]["steps"].as_array() {
            let told = |step: &Value| json!([step["step"], step["waited"], step["took"]]);
            extensions = steps.iter().map(told).collect();
        }
        extensions
    });
    extensions.collect()
}

#[tokio::test(start_paused = true)]
async fn of_an_answer_in_parts_the_first_has_the_plan_and_the_last_the_timing_of_all() {
    let world = World::new(Shop::new());
    world.services.set("Pricing/BatchGet", 50, Then::Answer);
    world.services.set("Users/BatchGet", 80, Then::Answer);
    let query = "{ book(id: 1) { ... a { price { amount } } ... b { author { name } } } }";
    assert_eq!(
        told_in_parts(&world, query).await,
        [
            json!({"plan": "the plan"}),
            Value::Null,
            json!([[1, 0.0, 0.0], [2, 0.0, 50.0], [3, 0.0, 80.0]])
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_that_went_on_tells_of_the_calls_for_each_part() {
    let world = World::new(Shop::with_gathering(true));
    world.services.set("Pricing/BatchGet", 50, Then::Answer);
    let stream = world.services.offer_stream();
    super::gathering::send_books(&stream, ["1"]);
    let query = "{ books *1 { price { amount } } }";
    let (told, ()) = tokio::join!(told_in_parts(&world, query), async {
        for ids in [["2", "3"], ["4", "5"]] {
            sleep(60).await;
            super::gathering::send_books(&stream, ids);
        }
        drop(stream);
    });
    let steps = told.last().unwrap();
    assert_eq!(*steps, json!([[1, 0.0, 0.0], [2, 0.0, 50.0], [3, 60.0, 50.0], [3, 120.0, 50.0]]));
}

#[tokio::test(start_paused = true)]
async fn who_may_is_told_of_each_event_and_others_who_read_the_stream_are_not() {
    let mut shop = Shop::new();
    shop.method("Catalog/WatchBook").shareable = true;
    shop.method("Pricing/BatchGet").shareable = true;
    let world = World::new(shop);
    world.services.offer_streams();
    let prepared = world.prepared("subscription { bookChanged(id: 7) { price { amount } } }");
    let plan = Some(Bytes::from_static(b"\"the plan\""));
    let watch =
        |context, plan| world.executor.subscribe(&prepared, Vec::new(), Arc::new(context), plan);
    let mut readers =
        [watch(within(1_000), None), watch(curious(1_000), plan), watch(within(1_000), None)];
    sleep(1).await;
    world.services.tell(&Ok(super::contracts::book_message("3").encode().into()));
    sleep(1).await;
    let data = r#""data":{"bookChanged":{"price":{"amount":300}}}"#;
    let mut told = Vec::new();
    for reader in &mut readers {
        let answer = reader.next().await.unwrap();
        told.push(String::from_utf8(answer.body.to_vec()).unwrap());
    }
    assert_eq!((&*told[0], &*told[2]), (&*format!("{{{data}}}"), &*format!("{{{data}}}")));
    let start = format!(r#"{{{data},"extensions":{{"plan":"the plan","timing":{{"total":"#);
    assert!(told[1].starts_with(&start), "{}", told[1]);
    assert_eq!(world.services.count("Catalog/WatchBook"), 1, "they read one stream");
}
