//! What is kept, and for how long it is shown.

use super::{contracts::book_tag, *};

const PRICES: &str = "{ books { price { amount } } }";
const BOOK: &str = "{ book(id: 1) { title } }";

fn world(cache: crate::contract::Cache) -> World {
    let mut shop = Shop::new();
    shop.policy("Book.price").cache = Some(cache.clone());
    shop.policy("Query.book").cache = Some(cache);
    shop.policy("Mutation.rename").invalidates = vec![book_tag()];
    World::new(shop)
}

fn revalidated() -> crate::contract::Cache {
    crate::contract::Cache { stale_while_revalidate_ms: 60_000, ..cached(Scope::Public) }
}

#[tokio::test(start_paused = true)]
async fn a_batch_asks_only_for_what_is_not_kept() {
    let world = world(cached(Scope::Public));
    world.ask("{ book(id: 2) { price { amount } } }").await;
    world.ask(PRICES).await;
    world.ask(PRICES).await;
    world.check_calls(
        "Catalog/GetBook 2
         Pricing/BatchGet 2
         Catalog/ListBooks
         Pricing/BatchGet 1 3
         Catalog/ListBooks",
    );
    sleep(10_000).await;
    world.ask(PRICES).await;
    assert_eq!(world.services.count("Pricing/BatchGet"), 3);
}

#[tokio::test(start_paused = true)]
async fn that_there_is_no_such_item_is_kept_briefly() {
    let world = world(cached(Scope::Public));
    world.services.set("Pricing/BatchGet", 0, Then::Omit("2"));
    let none = r#"{"data":{"book":{"price":null}}}"#;
    for _ in 0..3 {
        assert_eq!(world.ask("{ book(id: 2) { price { amount } } }").await, none);
    }
    assert_eq!(world.services.count("Pricing/BatchGet"), 1);
    sleep(1_000).await;
    world.ask("{ book(id: 2) { price { amount } } }").await;
    assert_eq!(world.services.count("Pricing/BatchGet"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_not_found_says_nothing_of_its_single_keys() {
    let world = world(cached(Scope::Public));
    world.services.set("Pricing/BatchGet", 0, Then::Refuse("3", Code::NotFound));
    world.ask(PRICES).await;
    let answer = world.ask("{ book(id: 1) { price { amount } } }").await;
    assert_eq!(answer, r#"{"data":{"book":{"price":{"amount":100}}}}"#);
}

#[tokio::test(start_paused = true)]
async fn a_stale_item_is_shown_at_once_and_fetched_again_once_behind_the_answers() {
    let world = world(revalidated());
    world.ask(BOOK).await;
    sleep(11_000).await;
    world.services.set_edition(" (2nd)");
    world.services.set("Catalog/GetBook", 100, Then::Answer);
    let began = Instant::now();
    let old = r#"{"data":{"book":{"title":"Book 1"}}}"#;
    let (one, other) = tokio::join!(world.ask(BOOK), world.ask(BOOK));
    assert_eq!((one.as_str(), other.as_str()), (old, old));
    assert_eq!(began.elapsed(), Duration::ZERO);
    sleep(150).await;
    assert_eq!(world.ask(BOOK).await, r#"{"data":{"book":{"title":"Book 1 (2nd)"}}}"#);
    assert_eq!(world.services.count("Catalog/GetBook"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_outlives_the_request_that_began_it_but_not_its_timeout() {
    let mut shop = Shop::new();
    let policy = shop.policy("Query.book");
    policy.cache = Some(revalidated());
    policy.timeout_ms = 200;
    let world = World::new(shop);
    world.ask(BOOK).await;
    sleep(11_000).await;
    world.services.set("Catalog/GetBook", 60_000, Then::Answer);
    world.ask_as(BOOK, within(20)).await;
    sleep(100).await;
    assert_eq!(world.services.ends("Catalog/GetBook"), [End::Replied, End::None]);
    sleep(101).await;
    assert_eq!(world.services.ends("Catalog/GetBook"), [End::Replied, End::Dropped]);
    assert!(world.executor.0.in_flight.is_empty());
}

#[tokio::test(start_paused = true)]
async fn only_so_many_refreshes_run_at_a_time() {
    let mut shop = Shop::new();
    shop.policy("Query.book").cache = Some(revalidated());
    let world = World::with(shop, Config { refreshes_at_once: 1, ..Config::default() });
    let books = ["{ book(id: 1) { id } }", "{ book(id: 2) { id } }"];
    for book in books {
        world.ask(book).await;
    }
    sleep(11_000).await;
    world.services.set("Catalog/GetBook", 100, Then::Answer);
    for book in books {
        world.ask(book).await;
    }
    sleep(200).await;
    assert_eq!(world.services.count("Catalog/GetBook"), 3);
}

#[tokio::test(start_paused = true)]
async fn after_a_change_its_items_are_fetched_again_and_others_are_not() {
    let mut cache = cached(Scope::Public);
    cache.tags = vec![book_tag()];
    let world = world(cache);
    world.ask(PRICES).await;
    world.ask("mutation { rename(id: 2, title: New) { id } }").await;
    world.ask(PRICES).await;
    world.check_calls(
        "Catalog/ListBooks
         Pricing/BatchGet 1 2 3
         Catalog/Rename 2
         Catalog/ListBooks
         Pricing/BatchGet 2",
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_that_fails_forgets_nothing() {
    let mut cache = cached(Scope::Public);
    cache.tags = vec![book_tag()];
    let world = world(cache);
    world.ask(PRICES).await;
    world.services.set("Catalog/Rename", 0, Then::Fail(Code::Unavailable));
    world.ask("mutation { rename(id: 2, title: New) { id } }").await;
    world.ask(PRICES).await;
    assert_eq!(world.services.count("Pricing/BatchGet"), 1);
}

#[tokio::test(start_paused = true)]
async fn failures_are_not_kept() {
    let world = world(cached(Scope::Public));
    world.services.set("Catalog/GetBook", 0, Then::Fail(Code::Unavailable));
    world.ask(BOOK).await;
    world.services.set("Catalog/GetBook", 0, Then::Answer);
    assert_eq!(world.ask(BOOK).await, r#"{"data":{"book":{"title":"Book 1"}}}"#);
}

#[tokio::test(start_paused = true)]
async fn what_is_being_refreshed_already_takes_no_other_refreshs_place() {
    let mut shop = Shop::new();
    shop.policy("Query.book").cache = Some(revalidated());
    let world = World::with(shop, Config { refreshes_at_once: 2, ..Config::default() });
    let books = ["{ book(id: 1) { id } }", "{ book(id: 1) { id } }", "{ book(id: 2) { id } }"];
    for book in books {
        world.ask(book).await;
    }
    sleep(11_000).await;
    world.services.set("Catalog/GetBook", 100, Then::Answer);
    for book in books {
        world.ask(book).await;
    }
    sleep(200).await;
    assert_eq!(world.services.count("Catalog/GetBook"), 4);
}
