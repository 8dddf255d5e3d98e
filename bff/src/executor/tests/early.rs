//! What is keyed by the id of a lookup starts together with it.

use super::*;

const PAGE: &str = "{ book(id: 1) { title price { amount } } }";
const ANSWER: &str = r#"{"data":{"book":{"title":"Book 1","price":{"amount":100}}}}"#;

/// How many milliseconds after `began` a method was called, each time.
fn times(world: &World, method: &str, began: Instant) -> Vec<u128> {
    let calls = world.services.seen().into_iter().filter(|seen| seen.method == method);
    calls.map(|seen| (seen.at - began).as_millis()).collect()
}

#[tokio::test(start_paused = true)]
async fn two_levels_take_as_long_as_the_longer_one() {
    for (book, price) in [(100, 80), (80, 100)] {
        let world = World::new(Shop::with_echoes());
        world.services.set("Catalog/GetBook", book, Then::Answer);
        world.services.set("Pricing/BatchGet", price, Then::Answer);
        let began = Instant::now();
        assert_eq!(world.ask(PAGE).await, ANSWER);
        assert_eq!(began.elapsed(), Duration::from_millis(100));
        world.check_calls("Catalog/GetBook 1\nPricing/BatchGet 1");
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_echo_in_the_contract_nothing_is_early() {
    let world = World::new(Shop::new());
    world.services.set("Catalog/GetBook", 100, Then::Answer);
    let began = Instant::now();
    assert_eq!(world.ask(PAGE).await, ANSWER);
    assert_eq!(times(&world, "Pricing/BatchGet", began), [100]);
}

#[tokio::test(start_paused = true)]
async fn a_page_of_three_levels_takes_two_round_trips() {
    let world = World::new(Shop::with_echoes());
    for method in [
        "Catalog/GetBook",
        "Pricing/BatchGet",
        "Inventory/Get",
        "Reviews/ListByBooks",
        "Users/BatchGet",
    ] {
        world.services.set(method, 50, Then::Answer);
    }
    let began = Instant::now();
    let page = "{ book(id: 1) { price { amount } stock reviews { body author { name } } } }";
    assert_eq!(
        world.ask(page).await,
        concat!(
            r#"{"data":{"book":{"price":{"amount":100},"stock":1,"#,
            r#""reviews":[{"body":"good","author":{"name":"User u0"}}]}}}"#
        )
    );
    assert_eq!(began.elapsed(), Duration::from_millis(100));
    world.check_calls(
        "Catalog/GetBook 1
         Pricing/BatchGet 1
         Inventory/Get 1
         Reviews/ListByBooks 1
         Users/BatchGet u0",
    );
}

#[tokio::test(start_paused = true)]
async fn what_another_key_was_asked_with_is_dropped_and_asked_again() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Catalog/GetBook", 50, Then::Answer);
    world.services.set("Pricing/BatchGet", 80, Then::Answer);
    let began = Instant::now();
    let answer = world.ask(r#"{ book(id: "x2") { id price { amount } } }"#).await;
    assert_eq!(answer, r#"{"data":{"book":{"id":"2","price":{"amount":200}}}}"#);
    assert_eq!(began.elapsed(), Duration::from_millis(130));
    world.check_calls("Catalog/GetBook x2\nPricing/BatchGet x2\nPricing/BatchGet 2");
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Dropped, End::Replied]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_for_another_key_is_not_shown_however_early_it_came() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Catalog/GetBook", 50, Then::Answer);
    let answer = world.ask(r#"{ book(id: "x2") { price { amount } } }"#).await;
    assert_eq!(answer, r#"{"data":{"book":{"price":{"amount":200}}}}"#);
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Replied, End::Replied]);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_spells_ids_in_its_own_way_is_soon_asked_in_vain_no_more() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Catalog/GetBook", 10, Then::Answer);
    let prepared = world.prepared(r#"{ book(id: "x2") { price { amount } } }"#);
    for _ in 0..200 {
        let context = Arc::new(within(1_000));
        let answer =
            world.executor.execute(&prepared, Vec::new(), context, Beside::default()).await;
        assert_eq!(&answer.body[..], br#"{"data":{"book":{"price":{"amount":200}}}}"#);
    }
    // The 1st, 4th, 9th, 18th, 35th, 68th and 133rd request, and the 198th.
    assert_eq!(world.services.count("Pricing/BatchGet"), 200 + 8);
}

#[tokio::test(start_paused = true)]
async fn of_several_keys_only_those_that_differ_are_asked_again() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Catalog/GetBook", 50, Then::Answer);
    world.services.set("Pricing/BatchGet", 80, Then::Answer);
    let began = Instant::now();
    let page = r#"{ a: book(id: 1) { price { amount } } b: book(id: "x2") { price { amount } }
                    c: book(id: "xx1") { price { amount } } }"#;
    assert_eq!(
        world.ask(page).await,
        concat!(
            r#"{"data":{"a":{"price":{"amount":100}},"b":{"price":{"amount":200}},"#,
            r#""c":{"price":{"amount":100}}}}"#
        )
    );
    assert_eq!(began.elapsed(), Duration::from_millis(130));
    assert_eq!(world.services.count("Pricing/BatchGet"), 2);
    let calls = world.services.calls();
    assert!(calls.contains("Pricing/BatchGet 1 x2 xx1\nPricing/BatchGet 2\n"), "{calls}");
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_finds_nothing_cancels_what_was_asked_with_it() {
    for code in [Code::NotFound, Code::PermissionDenied, Code::Unavailable] {
        let world = World::new(Shop::with_echoes());
        world.services.set("Catalog/GetBook", 50, Then::Fail(code));
        world.services.set("Pricing/BatchGet", 300, Then::Answer);
        let began = Instant::now();
        let answer = world.ask(PAGE).await;
        assert!(answer.starts_with(r#"{"data":{"book":null}"#), "{answer}");
        assert!(!answer.contains("price"), "{answer}");
        assert_eq!(began.elapsed(), Duration::from_millis(50));
        assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Dropped]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_still_shown_elsewhere_is_not_cancelled() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Catalog/GetBook", 0, Then::Refuse("2", Code::NotFound));
    world.services.set("Pricing/BatchGet", 100, Then::Answer);
    let page = "{ a: book(id: 1) { price { amount } } b: book(id: 2) { price { amount } } }";
    assert_eq!(world.ask(page).await, r#"{"data":{"a":{"price":{"amount":100}},"b":null}}"#);
    world.check_calls("Catalog/GetBook 1\nCatalog/GetBook 2\nPricing/BatchGet 1 2");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_other_steps_could_join_is_cancelled_at_once_too() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Catalog/GetBook", 10, Then::Fail(Code::NotFound));
    world.services.set("Catalog/ListBooks", 200, Then::Answer);
    world.services.set("Pricing/BatchGet", 300, Then::Answer);
    let page = "{ book(id: 1) { price { amount } related { price { amount } } } books { title } }";
    let answer = tokio::spawn(world.answer(page, within(1_000)));
    sleep(100).await;
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Dropped]);
    let answer = answer.await.unwrap().body;
    assert!(answer.starts_with(br#"{"data":{"book":null,"books":[{"#), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn what_an_early_call_brought_is_not_asked_for_again_below() {
    let mut shop = Shop::with_echoes();
    shop.policy("Book.price").timeout_ms = 80;
    let world = World::new(shop);
    let own_sequel = wire::Message::new().text(1, "1").text(4, "1");
    world.services.set("Catalog/GetBook", 300, Then::Reply(own_sequel.encode()));
    world.services.set("Pricing/BatchGet", 10, Then::Answer);
    assert_eq!(
        world.ask("{ book(id: 1) { price { amount } related { price { amount } } } }").await,
        r#"{"data":{"book":{"price":{"amount":100},"related":[{"price":{"amount":100}}]}}}"#
    );
    world.check_calls("Catalog/GetBook 1\nCatalog/BatchGetBooks 1\nPricing/BatchGet 1");
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_is_known_to_find_nothing_costs_no_calls() {
    let mut shop = Shop::with_echoes();
    shop.policy("Query.book").cache = Some(cached(Scope::Public));
    let world = World::new(shop);
    world.services.set("Catalog/GetBook", 10, Then::Fail(Code::NotFound));
    for _ in 0..2 {
        assert_eq!(world.ask(PAGE).await, r#"{"data":{"book":null}}"#);
    }
    world.check_calls("Catalog/GetBook 1\nPricing/BatchGet 1");
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_not_asked_for_early_either() {
    let mut shop = Shop::with_echoes();
    shop.policy("Book.price").cache = Some(cached(Scope::Public));
    let world = World::new(shop);
    for _ in 0..2 {
        assert_eq!(world.ask(PAGE).await, ANSWER);
    }
    world.check_calls("Catalog/GetBook 1\nCatalog/GetBook 1\nPricing/BatchGet 1");
}

#[tokio::test(start_paused = true)]
async fn an_early_call_that_fails_is_told_or_degrades_as_declared() {
    let failed = |shop| async move {
        let world = World::new(shop);
        world.services.set("Catalog/GetBook", 50, Then::Answer);
        world.services.set("Pricing/BatchGet", 10, Then::Fail(Code::Unavailable));
        world.ask(PAGE).await
    };
    let told = failed(Shop::with_echoes()).await;
    assert!(
        told.contains(r#""path":["book","price"],"extensions":{"code":"UNAVAILABLE""#),
        "{told}"
    );
    let mut shop = Shop::with_echoes();
    let last = Some(crate::contract::fallback::Last::Null(true));
    shop.policy("Book.price").fallback =
        Some(Box::new(crate::contract::Fallback { last, ..Default::default() }));
    assert_eq!(
        failed(shop).await,
        concat!(
            r#"{"data":{"book":{"title":"Book 1","price":null}},"#,
            r#""extensions":{"degraded":[{"path":["book","price"],"cause":"UNAVAILABLE","source":"null"}]}}"#
        )
    );
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_an_early_call_counts_from_its_own_start() {
    let mut shop = Shop::with_echoes();
    shop.policy("Book.price").timeout_ms = 80;
    let world = World::new(shop);
    world.services.set("Catalog/GetBook", 100, Then::Answer);
    world.services.set("Pricing/BatchGet", 90, Then::Answer);
    let began = Instant::now();
    let answer = world.ask(PAGE).await;
    assert!(answer.contains(r#""path":["book","price"],"extensions":{"code":"DEADLINE_EXCEEDED""#));
    assert_eq!(began.elapsed(), Duration::from_millis(100));
    let seen = world.services.seen();
    let price = seen.iter().find(|seen| seen.method == "Pricing/BatchGet").unwrap();
    assert_eq!(price.deadline - began, Duration::from_millis(80));
}

#[tokio::test(start_paused = true)]
async fn a_site_that_waits_less_long_leaves_an_early_call_sooner() {
    for id in ["1", "x1"] {
        let mut shop = Shop::with_echoes();
        shop.policy("Book.price").timeout_ms = 50;
        shop.policy("Book.firmPrice").timeout_ms = 200;
        let world = World::new(shop);
        world.services.set("Catalog/GetBook", 20, Then::Answer);
        world.services.set("Pricing/BatchGet", 100, Then::Answer);
        let began = Instant::now();
        let page =
            format!(r#"{{ book(id: "{id}") {{ price {{ amount }} firmPrice {{ amount }} }} }}"#);
        let answer = world.ask(&page).await;
        assert!(
            answer.starts_with(r#"{"data":{"book":{"price":null,"firmPrice":{"amount":100}}}"#),
            "{answer}"
        );
        let until = if id == "1" { 100 } else { 120 };
        assert_eq!(began.elapsed(), Duration::from_millis(until));
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_lookups_each_waits_for_its_own_key() {
    let mut shop = Shop::with_echoes();
    shop.policy("Book.price").timeout_ms = 50;
    shop.policy("Book.firmPrice").timeout_ms = 200;
    let world = World::new(shop);
    world.services.set("Pricing/BatchGet", 100, Then::Answer);
    let page = "{ a: book(id: 1) { firmPrice { amount } } b: book(id: 2) { price { amount } } }";
    let answer = world.ask(page).await;
    assert!(
        answer.starts_with(r#"{"data":{"a":{"firmPrice":{"amount":100}},"b":{"price":null}}"#),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn by_the_deadline_nobody_waits_for_an_early_call() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Pricing/BatchGet", 60_000, Then::Answer);
    let began = Instant::now();
    let answer = world.ask_as(PAGE, within(500)).await;
    assert!(answer.starts_with(r#"{"data":{"book":{"title":"Book 1","price":null}}"#), "{answer}");
    assert_eq!(began.elapsed(), Duration::from_millis(495));
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Dropped]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_cancels_early_calls() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Catalog/GetBook", 300, Then::Answer);
    world.services.set("Pricing/BatchGet", 300, Then::Answer);
    let answer = world.answer(PAGE, within(1_000));
    assert!(tokio::time::timeout(Duration::from_millis(100), answer).await.is_err());
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Dropped]);
}

#[tokio::test(start_paused = true)]
async fn below_a_change_nothing_is_early() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Catalog/Rename", 50, Then::Answer);
    let began = Instant::now();
    let change = "mutation { rename(id: 1, title: New) { title price { amount } } }";
    assert_eq!(
        world.ask(change).await,
        r#"{"data":{"rename":{"title":"New","price":{"amount":100}}}}"#
    );
    assert_eq!(times(&world, "Pricing/BatchGet", began), [50]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_id_is_no_key_and_a_step_with_such_a_site_waits() {
    let world = World::new(Shop::with_echoes());
    world.services.set("Catalog/GetBook", 50, Then::Answer);
    let began = Instant::now();
    let page = r#"{ a: book(id: "") { price { amount } } b: book(id: 1) { price { amount } } }"#;
    let answer = world.ask(page).await;
    assert!(answer.contains(r#""b":{"price":{"amount":100}}"#), "{answer}");
    assert_eq!(times(&world, "Pricing/BatchGet", began), [50]);
}
