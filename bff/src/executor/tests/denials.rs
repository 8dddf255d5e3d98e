//! After a denial nothing is shown that was kept before: not fresh, not stale, not after a failure.

use super::{gathering::send_books, *};
use crate::contract::{Cache, Fallback, fallback::Last};

const PRICE: &str = "{ book(id: 2) { price { amount } } }";
const PRICES: &str = "{ books { price { amount } } }";
const DENIALS: [Code; 2] = [Code::PermissionDenied, Code::Unauthenticated];

/// A shop in which a field is kept for ten seconds, shown for ten more, and after failures for a minute.
fn shop(mut shop: Shop, field: &str, scope: Scope) -> Shop {
    let policy = shop.policy(field);
    policy.cache = Some(Cache { stale_while_revalidate_ms: 10_000, ..cached(scope) });
    let last = Some(Last::Null(true));
    policy.fallback =
        Some(Fallback { stale_if_error_ms: 60_000, last, ..Fallback::default() }.into());
    shop
}

fn world(field: &str) -> World {
    World::new(shop(Shop::new(), field, Scope::Public))
}

/// Whether something is shown that was kept.
async fn shows_stale(world: &World, query: &str) -> bool {
    world.ask_as(query, user("ann")).await.contains(r#""source":"stale""#)
}

/// That what `query` asks of `method` is not shown any more once it was denied in this way.
async fn check(world: &World, query: &str, method: &str, denial: Then) {
    world.ask_as(query, user("ann")).await;
    sleep(21_000).await;
    world.services.set(method, 0, Then::Fail(Code::Unavailable));
    assert!(shows_stale(world, query).await, "nothing was kept");
    world.services.set(method, 0, denial);
    assert!(!shows_stale(world, query).await);
    world.services.set(method, 0, Then::Fail(Code::Unavailable));
    assert!(!shows_stale(world, query).await, "it was denied and is shown");
}

#[tokio::test(start_paused = true)]
async fn what_a_call_denies_is_not_shown_when_the_service_is_down() {
    for code in DENIALS {
        for scope in [Scope::Public, Scope::Tenant, Scope::User] {
            let world = World::new(shop(Shop::new(), "Book.price", scope));
            let tenant = |context| Context { tenant: Some("t".into()), ..context };
            world.ask_as(PRICE, tenant(user("ann"))).await;
            sleep(21_000).await;
            for (then, stale) in
                [(Code::Unavailable, true), (code, false), (Code::Unavailable, false)]
            {
                world.services.set("Pricing/BatchGet", 0, Then::Fail(then));
                let answer = world.ask_as(PRICE, tenant(user("ann"))).await;
                assert_eq!(answer.contains("stale"), stale, "{code} {scope:?} {then}: {answer}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_that_is_denied_by_its_own_status_is_gone_and_the_others_are_not() {
    for code in [7, 16] {
        let world = world("Book.price");
        check(&world, PRICE, "Pricing/BatchGet", Then::Status("2", code)).await;
        world.services.set("Pricing/BatchGet", 0, Then::Answer);
        world.ask(PRICES).await;
        sleep(21_000).await;
        world.services.set("Pricing/BatchGet", 0, Then::Status("2", code));
        world.ask(PRICES).await;
        world.services.set("Pricing/BatchGet", 0, Then::Fail(Code::Unavailable));
        // The others were answered just now.
        let answer = world.ask(PRICES).await;
        assert!(answer.contains(r#"[{"price":{"amount":100}},{"price":null},"#), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_batch_that_is_denied_no_item_is_shown_any_more() {
    for code in DENIALS {
        check(&world("Book.price"), PRICES, "Pricing/BatchGet", Then::Refuse("2", code)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_lookup_or_a_resolver_denies_is_gone_too() {
    for code in DENIALS {
        let book = "{ book(id: 2) { title } }";
        check(&world("Query.book"), book, "Catalog/GetBook", Then::Fail(code)).await;
        let length = "{ book(id: 2) { length } }";
        check(&world("Book.length"), length, "Book/length", Then::Fail(code)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_book_that_is_denied_to_one_mask_is_gone_as_a_whole() {
    let world = World::new(shop(Shop::with_masks(), "Query.book", Scope::Public));
    let (title, author) = ("{ book(id: 2) { title } }", "{ book(id: 2) { author { name } } }");
    world.ask(title).await;
    world.services.set("Catalog/GetBook", 0, Then::Fail(Code::PermissionDenied));
    world.ask(author).await;
    let answer = world.ask(title).await;
    assert!(answer.contains("PERMISSION_DENIED"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_denied_ends_what_it_was_to_renew() {
    let world = world("Book.price");
    world.ask(PRICE).await;
    sleep(11_000).await;
    world.services.set("Pricing/BatchGet", 0, Then::Fail(Code::PermissionDenied));
    let old = r#"{"data":{"book":{"price":{"amount":200}}}}"#;
    assert_eq!(world.ask(PRICE).await, old);
    sleep(1).await;
    let answer = world.ask(PRICE).await;
    assert!(answer.contains("PERMISSION_DENIED") && !answer.contains("200"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_told_as_it_comes_and_is_denied_is_gone() {
    let field = shop(Shop::with_gathering(true), "Query.books", Scope::Public);
    let world = World::new(field);
    let (whole, in_parts) = ("{ books { id } }", "{ books *1 { id } }");
    let stream = world.services.offer_stream();
    send_books(&stream, ["1", "2"]);
    drop(stream);
    world.ask(whole).await;
    sleep(21_000).await;
    for (code, expected) in [
        (Code::Unavailable, "stale"),
        (Code::PermissionDenied, "PERMISSION_DENIED"),
        (Code::Unavailable, r#""source":"null""#),
    ] {
        world.services.refuse_stream(code);
        let told = world.told(in_parts, Incremental::Pending).await;
        assert!(told.contains(expected), "{told}");
    }
}

/// A request whose call takes 80 ms, and one 10 ms later whose call takes 20 ms. The second has more time, and does not join.
async fn race(world: &World, slow: Then, quick: Then) -> [String; 2] {
    world.services.set("Pricing/BatchGet", 80, slow);
    let first = world.ask_as(PRICE, within(100));
    let second = async {
        sleep(10).await;
        world.services.set("Pricing/BatchGet", 20, quick);
        world.ask(PRICE).await
    };
    let answers = tokio::join!(first, second);
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Replied, End::Replied]);
    world.services.set("Pricing/BatchGet", 0, Then::Fail(Code::Unavailable));
    answers.into()
}

#[tokio::test(start_paused = true)]
async fn a_denial_takes_nothing_away_that_was_asked_for_later() {
    let world = world("Book.price");
    let [denied, shown] = race(&world, Then::Fail(Code::PermissionDenied), Then::Answer).await;
    assert!(denied.contains("PERMISSION_DENIED") && shown.contains("200"), "{denied} {shown}");
    assert_eq!(world.ask(PRICE).await, r#"{"data":{"book":{"price":{"amount":200}}}}"#);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_before_a_denial_and_came_after_it_is_not_kept() {
    let world = world("Book.price");
    let [shown, denied] = race(&world, Then::Answer, Then::Fail(Code::PermissionDenied)).await;
    assert!(denied.contains("PERMISSION_DENIED") && shown.contains("200"), "{denied} {shown}");
    let answer = world.ask(PRICE).await;
    assert!(answer.contains(r#""source":"null""#), "{answer}");
}
