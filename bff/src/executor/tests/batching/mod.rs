//! Keys of several requests that go together.

mod company;
mod late;

use super::*;
use crate::contract::SideEffects;

const PRICES: &str = "Pricing/BatchGet";

/// Whose prices everybody may share.
fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.method(PRICES).shareable = true;
    shop
}

/// A shop whose prices take 100 ms, as is known: so keys wait for 10 ms at most.
async fn known(shop: Shop) -> World {
    known_with(shop, Batching::default()).await
}

async fn known_with(shop: Shop, batching: Batching) -> World {
    let world = World::with(shop, Config { batching, ..Config::default() });
    world.services.set(PRICES, 100, Then::Answer);
    world.ask(&price(9)).await;
    world.services.forget();
    world
}

fn price(book: usize) -> String {
    format!("{{ book(id: {book}) {{ price {{ amount }} }} }}")
}

fn amount(of: usize) -> String {
    format!(r#"{{"data":{{"book":{{"price":{{"amount":{}}}}}}}}}"#, of * 100)
}

impl World {
    /// Asks at a moment, and says when the answer came.
    async fn ask_at(&self, at: u64, query: &str) -> (u128, String) {
        let began = Instant::now();
        sleep(at).await;
        let answer = self.ask(query).await;
        (began.elapsed().as_millis(), answer)
    }

    /// When the calls of a method came in, and with which keys.
    #[track_caller]
    fn check_batches(&self, began: Instant, method: &str, expected: &[(u128, &str)]) {
        let seen = self.services.seen().into_iter().filter(|seen| seen.method == method);
        let mut seen: Vec<_> =
            seen.map(|seen| ((seen.at - began).as_millis(), seen.keys.join(" "))).collect();
        seen.sort();
        let seen: Vec<_> = seen.iter().map(|(at, keys)| (*at, keys.as_str())).collect();
        assert_eq!(seen, expected);
        assert!(self.executor.0.in_flight.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn keys_wait_while_a_call_is_on_its_way_and_go_together_when_it_ends() {
    let (world, began) = (known(shop()).await, Instant::now());
    world.services.set(PRICES, 4, Then::Answer);
    let (p1, p2, p3) = (price(1), price(2), price(3));
    let (one, two, three) =
        tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2), world.ask_at(2, &p3));
    assert_eq!([one.1, two.1, three.1], [1, 2, 3].map(amount));
    assert_eq!([one.0, two.0, three.0], [4, 8, 8]);
    world.check_batches(began, PRICES, &[(0, "1"), (4, "2 3")]);
}

#[tokio::test(start_paused = true)]
async fn a_method_that_is_not_asked_anything_is_asked_at_once() {
    let (world, began) = (known(shop()).await, Instant::now());
    world.ask_at(0, &price(1)).await;
    world.ask_at(0, &price(2)).await;
    world.check_batches(began, PRICES, &[(0, "1"), (100, "2")]);
}

#[tokio::test(start_paused = true)]
async fn keys_do_not_wait_for_a_slow_call_longer_than_a_share_of_it() {
    let (world, began) = (known(shop()).await, Instant::now());
    let queries: Vec<String> = (1..=5).map(price).collect();
    let asked = queries.iter().zip([0, 1, 9, 11, 50]).map(|(query, at)| world.ask_at(at, query));
    let answers = futures::future::join_all(asked).await;
    let times: Vec<u128> = answers.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [100, 110, 110, 120, 150]);
    world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3"), (20, "4"), (50, "5")]);
}

#[tokio::test(start_paused = true)]
async fn who_has_too_little_time_to_ask_again_goes_alone() {
    let (world, began) = (known(shop()).await, Instant::now());
    let within = async |at, book, left| {
        sleep(at).await;
        assert_eq!(world.ask_as(&price(book), within(left)).await, amount(book));
    };
    // 10 ms to wait, three times the usual, and the reserve.
    tokio::join!(within(0, 1, 1_000), within(1, 2, 314), within(1, 3, 315), within(1, 4, 1_000));
    world.check_batches(began, PRICES, &[(0, "1"), (1, "2"), (10, "4 3")]);
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_before_it_is_known_how_long_calls_take() {
    let (world, began) = (World::new(shop()), Instant::now());
    world.services.set(PRICES, 100, Then::Answer);
    let (p1, p2) = (price(1), price(2));
    tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2));
    world.check_batches(began, PRICES, &[(0, "1"), (1, "2")]);
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_where_that_is_configured() {
    let batching = Batching { wait: 0.0, ..Batching::default() };
    let (world, began) = (known_with(shop(), batching).await, Instant::now());
    let (p1, p2) = (price(1), price(2));
    tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2));
    world.check_batches(began, PRICES, &[(0, "1"), (1, "2")]);
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_shared_does_not_wait() {
    let (world, began) = (known(Shop::new()).await, Instant::now());
    let (p1, p2) = (price(1), price(2));
    tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2));
    world.check_batches(began, PRICES, &[(0, "1"), (1, "2")]);
}

#[tokio::test(start_paused = true)]
async fn what_changes_something_does_not_wait() {
    let mut shop = shop();
    shop.join("Book.price").side_effects = SideEffects::Idempotent.into();
    let (world, began) = (known(shop).await, Instant::now());
    let (p1, p2) = (price(1), price(2));
    tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2));
    world.check_batches(began, PRICES, &[(0, "1"), (1, "2")]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_several_wait_with_is_asked_once() {
    let (world, began) = (known(shop()).await, Instant::now());
    let (p1, p2) = (price(1), price(2));
    let books = "{ books { price { amount } } }";
    let (_, two, again, three) = tokio::join!(
        world.ask_at(0, &p1),
        world.ask_at(1, &p2),
        world.ask_at(2, &p2),
        world.ask_at(3, books)
    );
    assert_eq!([two.1, again.1], [amount(2), amount(2)]);
    assert!(three.1.contains(r#"{"amount":100}},{"price":{"amount":200}}"#), "{}", three.1);
    world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3")]);
}

#[tokio::test(start_paused = true)]
async fn keys_that_fill_a_call_go_at_once_and_nobody_waits_for_many() {
    let batching = Batching { max_keys: 3, ..Batching::default() };
    let (world, began) = (known_with(shop(), batching).await, Instant::now());
    let books = "{ books { price { amount } } }";
    let (p4, p5, p6, p7) = (price(4), price(5), price(6), price(7));
    tokio::join!(
        world.ask_at(0, &p7),
        world.ask_at(1, &p4),
        // As many as fill a call: these go alone.
        world.ask_at(2, books),
        world.ask_at(3, &p5),
        // With this key there are three.
        world.ask_at(4, &p6)
    );
    world.check_batches(began, PRICES, &[(0, "7"), (2, "1 2 3"), (4, "4 5 6")]);
}

#[tokio::test(start_paused = true)]
async fn no_call_takes_more_keys_than_the_method_allows() {
    let mut shop = shop();
    shop.join("Book.price").batch.as_mut().unwrap().max = 4;
    let (world, began) = (known(shop).await, Instant::now());
    let books = "{ books { price { amount } } }";
    let (p4, p5, p6) = (price(4), price(5), price(6));
    let (.., three) = tokio::join!(
        world.ask_at(0, &p6),
        world.ask_at(1, &p4),
        world.ask_at(2, &p5),
        world.ask_at(3, books)
    );
    assert!(three.1.contains(r#"{"amount":200}},{"price":{"amount":300}}"#), "{}", three.1);
    world.check_batches(began, PRICES, &[(0, "6"), (3, "3"), (3, "4 5 1 2")]);
}

#[tokio::test(start_paused = true)]
async fn the_key_of_one_request_does_not_fail_another() {
    use Code::{
        Aborted, Cancelled, DeadlineExceeded, FailedPrecondition, Internal, InvalidArgument,
        NotFound, OutOfRange, ResourceExhausted, Unavailable, Unknown,
    };
    let of_keys = [InvalidArgument, NotFound, FailedPrecondition, OutOfRange, Internal, Unknown];
    let of_services = [Unavailable, DeadlineExceeded, ResourceExhausted, Aborted, Cancelled];
    for code in of_keys.into_iter().chain(of_services) {
        let (world, began) = (known(shop()).await, Instant::now());
        world.services.set(PRICES, 100, Then::Refuse("2", code));
        let (p1, p2, p3) = (price(1), price(2), price(3));
        let (_, bad, good) =
            tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2), world.ask_at(2, &p3));
        assert!(code == NotFound || bad.1.contains(code.name()), "{}", bad.1);
        assert_eq!(good.1, amount(3));
        world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3"), (110, "2"), (110, "3")]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_together_is_asked_apart() {
    let (world, began) = (known(shop()).await, Instant::now());
    world.services.set(PRICES, 100, Then::TooLarge(1));
    let (p1, p2, p3) = (price(1), price(2), price(3));
    let (_, two, three) =
        tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2), world.ask_at(2, &p3));
    assert_eq!([two.1, three.1], [amount(2), amount(3)]);
    world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3"), (110, "2"), (110, "3")]);
}

#[tokio::test(start_paused = true)]
async fn what_the_service_does_not_say_itself_is_not_asked_again() {
    for code in [Code::ResourceExhausted, Code::Unavailable, Code::DeadlineExceeded] {
        let (world, began) = (known(shop()).await, Instant::now());
        world.services.set(PRICES, 100, Then::Break("2", code));
        let (p1, p2, p3) = (price(1), price(2), price(3));
        let (_, two, three) =
            tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2), world.ask_at(2, &p3));
        assert!(two.1.contains(code.name()) && three.1.contains(code.name()), "{}", two.1);
        world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3")]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_items_own_failure_is_told_to_who_asked_for_it() {
    let (world, began) = (known(shop()).await, Instant::now());
    world.services.set(PRICES, 100, Then::Status("2", 13));
    let (p1, p2, p3) = (price(1), price(2), price(3));
    let (_, bad, good) =
        tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2), world.ask_at(2, &p3));
    assert!(bad.1.contains("INTERNAL"), "{}", bad.1);
    assert_eq!(good.1, amount(3));
    world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3")]);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_before_the_keys_go_is_not_asked_for() {
    let (world, began) = (known(shop()).await, Instant::now());
    let (p1, p2, p3) = (price(1), price(2), price(3));
    let leaves = tokio::time::timeout(Duration::from_millis(5), world.ask_at(1, &p2));
    let (_, left, three) = tokio::join!(world.ask_at(0, &p1), leaves, world.ask_at(2, &p3));
    assert!(left.is_err());
    assert_eq!(three, (110, amount(3)));
    world.check_batches(began, PRICES, &[(0, "1"), (10, "3")]);
}

#[tokio::test(start_paused = true)]
async fn when_all_leave_nothing_waits_and_nothing_is_asked() {
    let (world, began) = (known(shop()).await, Instant::now());
    let (p1, p2) = (price(1), price(2));
    let leaves = tokio::time::timeout(Duration::from_millis(5), world.ask_at(1, &p2));
    let (_, left) = tokio::join!(world.ask_at(0, &p1), leaves);
    assert!(left.is_err());
    world.check_batches(began, PRICES, &[(0, "1")]);
}

#[tokio::test(start_paused = true)]
async fn each_leaves_at_its_own_deadline_and_the_last_one_cancels_the_call() {
    let (world, began) = (known(shop()).await, Instant::now());
    world.services.set(PRICES, 60_000, Then::Answer);
    let (p1, p2, p3) = (price(1), price(2), price(3));
    let within = async |at, query: &str, left| {
        sleep(at).await;
        let answer = world.ask_as(query, within(left)).await;
        assert!(answer.contains("DEADLINE_EXCEEDED"), "{answer}");
        began.elapsed().as_millis()
    };
    let times = tokio::join!(within(0, &p1, 205), within(1, &p2, 404), within(2, &p3, 503));
    assert_eq!(times, (200, 400, 500));
    // And once more apart, when half of the time is over.
    let apart = [(205, "2"), (205, "3")];
    world.check_batches(began, PRICES, &[&[(0, "1"), (10, "2 3")], &apart[..]].concat());
    assert_eq!(world.services.ends(PRICES), [End::Dropped; 4]);
    // Twice the time that the most patient one had when it began to wait.
    let given = world.services.seen().into_iter().find(|seen| seen.keys.len() == 2).unwrap();
    assert_eq!((given.deadline - began).as_millis(), 2 + 2 * 498);
}

#[tokio::test(start_paused = true)]
async fn the_first_to_leave_takes_nothing_from_those_who_went_with_it() {
    let (world, began) = (known(shop()).await, Instant::now());
    let (p1, p2, p3) = (price(1), price(2), price(3));
    let leaves = tokio::time::timeout(Duration::from_millis(50), world.ask_at(1, &p2));
    let (_, left, three) = tokio::join!(world.ask_at(0, &p1), leaves, world.ask_at(2, &p3));
    assert!(left.is_err());
    assert_eq!(three, (110, amount(3)));
    world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3")]);
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_two_users_never_go_in_one_call() {
    let mut shop = shop();
    shop.method(PRICES).forward_identity = true;
    let (world, began) = (known(shop).await, Instant::now());
    let ask = async |at, who, book| {
        sleep(at).await;
        world.ask_as(&price(book), user(who)).await
    };
    let answers = tokio::join!(
        ask(0, "ann", 1),
        ask(0, "robert", 1),
        ask(1, "ann", 2),
        ask(1, "robert", 2),
        ask(2, "ann", 3)
    );
    // The service adds the length of the caller's name.
    let amount =
        |amount: u32| format!(r#"{{"data":{{"book":{{"price":{{"amount":{amount}}}}}}}}}"#);
    let expected = [103, 106, 203, 206, 303].map(amount);
    assert_eq!(<[String; 5]>::from(answers), expected);
    for who in ["ann", "robert"] {
        let seen = world.services.seen().into_iter();
        let keys: Vec<_> = seen
            .filter(|seen| seen.method == PRICES && seen.subject.as_deref() == Some(who))
            .map(|seen| ((seen.at - began).as_millis(), seen.keys.join(" ")))
            .collect();
        let together = if who == "ann" { "2 3" } else { "2" };
        assert_eq!(keys, [(0, "1".to_owned()), (10, together.to_owned())]);
    }
}

#[tokio::test(start_paused = true)]
async fn each_key_that_went_with_others_is_kept_by_itself() {
    let mut shop = shop();
    shop.policy("Book.price").cache = Some(cached(Scope::Public));
    let (world, began) = (known(shop).await, Instant::now());
    let (p1, p2, p3) = (price(1), price(2), price(3));
    tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2), world.ask_at(2, &p3));
    for book in [3, 2, 1] {
        assert_eq!(world.ask(&price(book)).await, amount(book));
    }
    world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3")]);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_for_no_time_is_shared_on_its_way_by_those_of_its_scope() {
    let mut shop = Shop::new();
    let cache = crate::contract::Cache { max_age_ms: 0, ..cached(Scope::Tenant) };
    shop.policy("Book.price").cache = Some(cache);
    let (world, began) = (known(shop).await, Instant::now());
    let ask = async |at, tenant: &str, book| {
        sleep(at).await;
        let context = Context { tenant: Some(tenant.into()), ..within(1_000) };
        assert_eq!(world.ask_as(&price(book), context).await, amount(book));
    };
    tokio::join!(
        ask(0, "acme", 1),
        ask(1, "acme", 1),
        ask(1, "acme", 2),
        ask(2, "acme", 3),
        ask(3, "apex", 2),
        ask(200, "acme", 1),
    );
    world.check_batches(began, PRICES, &[(0, "1"), (3, "2"), (10, "2 3"), (200, "1")]);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_for_failures_only_is_asked_for_each_time() {
    let mut shop = Shop::new();
    let cache = crate::contract::Cache { max_age_ms: 0, ..cached(Scope::Public) };
    let policy = shop.policy("Book.price");
    policy.cache = Some(cache);
    let fallback = crate::contract::Fallback { stale_if_error_ms: 60_000, ..Default::default() };
    policy.fallback = Some(fallback.into());
    let (world, began) = (known(shop).await, Instant::now());
    assert_eq!(world.ask(&price(1)).await, amount(1));
    world.services.set(PRICES, 100, Then::Fail(Code::Unavailable));
    let answer = world.ask(&price(1)).await;
    assert!(answer.contains(r#"{"amount":100}"#) && answer.contains("stale"), "{answer}");
    world.check_batches(began, PRICES, &[(0, "1"), (100, "1")]);
}

#[tokio::test(start_paused = true)]
async fn stale_items_are_fetched_again_together() {
    let mut shop = Shop::new();
    let cache = cached(Scope::Public);
    shop.policy("Book.price").cache =
        Some(crate::contract::Cache { stale_while_revalidate_ms: 60_000, ..cache });
    let world = known(shop).await;
    world.ask("{ books { price { amount } } }").await;
    sleep(11_000).await;
    world.services.forget();
    let began = Instant::now();
    let (p1, p2, p3) = (price(1), price(2), price(3));
    let answers = tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2), world.ask_at(2, &p3));
    assert_eq!((answers.0.0, answers.1.0, answers.2.0), (0, 1, 2));
    sleep(200).await;
    world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3")]);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_guess_that_still_waits_is_not_asked() {
    let mut shop = Shop::with_echoes();
    shop.method(PRICES).shareable = true;
    let world = known(shop).await;
    world.services.set("Catalog/GetBook", 3, Then::Answer);
    let began = Instant::now();
    let (p1, p3) = (price(1), price(3));
    let nicknamed = r#"{ book(id: "x2") { price { amount } } }"#;
    let (_, two, _) =
        tokio::join!(world.ask_at(0, &p1), world.ask_at(1, nicknamed), world.ask_at(2, &p3));
    assert_eq!(two, (110, amount(2)));
    world.check_batches(began, PRICES, &[(0, "1"), (10, "3 2")]);
}

#[tokio::test(start_paused = true)]
async fn fields_that_take_other_things_out_of_a_reply_share_none() {
    let mut shop = shop();
    // Where the service puts nothing.
    shop.join("Book.firmPrice").batch.as_mut().unwrap().items = vec![7];
    let (world, began) = (known(shop).await, Instant::now());
    let firm = "{ book(id: 1) { firmPrice { amount } } }";
    let p1 = price(1);
    let (price, firm) = tokio::join!(world.ask_at(0, &p1), world.ask_at(1, firm));
    assert_eq!(price.1, amount(1));
    assert!(firm.1.contains(r#"{"book":null}"#), "{}", firm.1);
    world.check_batches(began, PRICES, &[(0, "1"), (1, "1")]);
}
