//! The answer comes in time, with what is there.

use super::*;

const PAGE: &str = "{ book(id: 1) { title price { amount } } }";

fn late_error(path: &str) -> String {
    format!(
        concat!(
            r#"{{"message":"the service did not answer in time","locations":[{{"line":0,"column":0}}],"path":{},"#,
            r#""extensions":{{"code":"DEADLINE_EXCEEDED","service":"Pricing","method":"BatchGet"}}}}"#
        ),
        path
    )
}

#[tokio::test(start_paused = true)]
async fn by_the_deadline_the_answer_has_left_with_what_is_there() {
    let world = World::new(Shop::new());
    world.services.set("Catalog/GetBook", 100, Then::Answer);
    world.services.set("Pricing/BatchGet", 60_000, Then::Answer);
    let began = Instant::now();
    let answer = world.ask_as(PAGE, within(500)).await;
    assert_eq!(
        answer,
        format!(
            r#"{{"data":{{"book":{{"title":"Book 1","price":null}}}},"errors":[{}]}}"#,
            late_error(r#"["book","price"]"#)
        )
    );
    assert_eq!(began.elapsed(), Duration::from_millis(495), "5 ms are for writing");
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Dropped]);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_given_what_is_left_and_at_most_its_timeout() {
    let mut shop = Shop::new();
    shop.policy("Book.price").timeout_ms = 80;
    let world = World::new(shop);
    world.services.set("Catalog/GetBook", 100, Then::Answer);
    world.services.set("Pricing/BatchGet", 60_000, Then::Answer);
    let began = Instant::now();
    world.ask_as(PAGE, within(500)).await;
    let given: Vec<_> =
        world.services.seen().iter().map(|seen| (seen.deadline - began).as_millis()).collect();
    assert_eq!(given, [495, 180]);
    assert_eq!(began.elapsed(), Duration::from_millis(180));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_does_not_reach_beyond_the_requests_deadline() {
    let mut shop = Shop::new();
    shop.policy("Book.price").timeout_ms = 80_000;
    let world = World::new(shop);
    world.services.set("Pricing/BatchGet", 60_000, Then::Answer);
    let began = Instant::now();
    world.ask_as(PAGE, within(500)).await;
    assert_eq!(began.elapsed(), Duration::from_millis(495));
}

#[tokio::test(start_paused = true)]
async fn what_has_no_time_left_is_not_sent() {
    let world = World::new(Shop::new());
    let context = within(1);
    sleep(5).await;
    let answer = world.ask_as(PAGE, context).await;
    assert!(
        answer.starts_with(r#"{"data":{"book":null},"errors":[{"message":"the time was over before the service was asked""#),
        "{answer}"
    );
    world.check_calls("");
}

#[tokio::test(start_paused = true)]
async fn one_late_chunk_leaves_the_others_in_the_answer() {
    let mut shop = Shop::new();
    shop.join("Book.price").batch.as_mut().unwrap().max = 2;
    shop.policy("Book.price").timeout_ms = 80;
    let world = World::with(shop, Config { calls_at_once: 1, ..Config::default() });
    world.services.set("Pricing/BatchGet", 50, Then::Answer);
    let answer = world.ask("{ books { price { amount } } }").await;
    assert!(
        answer.starts_with(
            r#"{"data":{"books":[{"price":{"amount":100}},{"price":{"amount":200}},{"price":null}]}"#
        ),
        "{answer}"
    );
    assert!(answer.contains(&late_error(r#"["books",2,"price"]"#)), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn what_there_is_no_time_to_write_is_null_with_an_error() {
    let mut shop = Shop::new();
    shop.policy("Query.books").cache = Some(cached(crate::contract::Scope::Public));
    let world = World::new(shop);
    let list = (0..5_000).fold(wire::Message::new(), |list, _| {
        list.message(1, &contracts::book_message("1").text(2, "A book with a long title"))
    });
    world.services.set("Catalog/ListBooks", 0, Then::Reply(list.encode()));
    let whole = world.ask("{ books { title } }").await;
    assert!(whole.len() > 100_000 && !whole.contains("errors"), "{}", whole.len());
    let context = within(1);
    sleep(5).await;
    let late = world.ask_as("{ books { title } more: books { id } }", context).await;
    let late: serde_json::Value = serde_json::from_str(&late).unwrap();
    // No element of these lists may be null.
    assert_eq!(late["data"]["books"], serde_json::Value::Null);
    assert_eq!(late["data"]["more"], serde_json::Value::Null);
    let errors = late["errors"].as_array().unwrap();
    let paths = errors.iter().map(|error| {
        assert_eq!(error["extensions"]["code"], "DEADLINE_EXCEEDED");
        error["path"][0].as_str().unwrap()
    });
    assert_eq!(paths.collect::<Vec<_>>(), ["books", "more"]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_cancels_its_queries_calls() {
    let world = World::new(Shop::new());
    world.services.set("Pricing/BatchGet", 300, Then::Answer);
    let answer = world.answer(PAGE, within(1_000));
    assert!(tokio::time::timeout(Duration::from_millis(100), answer).await.is_err());
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Dropped]);
}
