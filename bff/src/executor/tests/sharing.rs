//! Calls that several wait for.

use super::{contracts::book_tag, *};

const PRICE: &str = "{ book(id: 1) { price { amount } } }";
const AMOUNT: &str = r#"{"data":{"book":{"price":{"amount":100}}}}"#;

/// A shop whose prices everybody may share.
fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.method("Pricing/BatchGet").shareable = true;
    shop
}

fn slow(milliseconds: u64) -> World {
    let world = World::new(shop());
    world.services.set("Pricing/BatchGet", milliseconds, Then::Answer);
    world
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_already_is_not_asked_again() {
    let world = slow(100);
    let (one, other) = tokio::join!(world.ask(PRICE), async {
        sleep(50).await;
        world.ask("{ books { price { amount } } }").await
    });
    assert_eq!(one, AMOUNT);
    assert!(other.contains(
        r#"[{"price":{"amount":100}},{"price":{"amount":200}},{"price":{"amount":300}}]"#
    ));
    world.check_calls(
        "Catalog/GetBook 1\nCatalog/ListBooks\nPricing/BatchGet 1\nPricing/BatchGet 2 3",
    );
    assert!(world.executor.0.in_flight.is_empty());
}

#[tokio::test(start_paused = true)]
async fn whole_calls_without_keys_are_shared_too() {
    let mut shop = Shop::new();
    shop.method("Catalog/ListBooks").shareable = true;
    let world = World::new(shop);
    world.services.set("Catalog/ListBooks", 100, Then::Answer);
    tokio::join!(world.ask("{ books { id } }"), world.ask("{ books { title } }"));
    world.check_calls("Catalog/ListBooks");
}

#[tokio::test(start_paused = true)]
async fn each_leaves_at_its_own_deadline_and_the_call_runs_to_the_latest() {
    let world = slow(300);
    let began = Instant::now();
    let hasty = async {
        let answer = world.ask_as(PRICE, within(200)).await;
        (answer, began.elapsed())
    };
    let patient = async {
        sleep(100).await;
        world.ask_as(PRICE, within(290)).await
    };
    let ((hasty, left), patient) = tokio::join!(hasty, patient);
    assert!(hasty.contains("DEADLINE_EXCEEDED"), "{hasty}");
    assert_eq!(left, Duration::from_millis(195));
    assert_eq!(patient, AMOUNT);
    assert_eq!(world.services.count("Pricing/BatchGet"), 1);
}

#[tokio::test(start_paused = true)]
async fn who_would_outlast_the_call_asks_for_itself() {
    let world = slow(800);
    let (_, patient) = tokio::join!(world.ask_as(PRICE, within(100)), world.ask(PRICE));
    assert_eq!(patient, AMOUNT);
    assert_eq!(world.services.count("Pricing/BatchGet"), 2);
}

/// How many milliseconds each call of a method was given.
fn given(world: &World, method: &str) -> Vec<u128> {
    let seen = world.services.seen().into_iter().filter(|seen| seen.method == method);
    seen.map(|seen| (seen.deadline - seen.at).as_millis()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_may_be_joined_is_given_twice_the_time_and_ends_with_its_only_waiter() {
    let world = slow(60_000);
    let began = Instant::now();
    let answer = world.ask_as(PRICE, within(200)).await;
    assert!(answer.contains("DEADLINE_EXCEEDED"), "{answer}");
    assert_eq!(began.elapsed(), Duration::from_millis(195));
    assert_eq!(given(&world, "Pricing/BatchGet"), [390]);
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Dropped]);
    assert!(world.executor.0.in_flight.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_is_joined_by_whose_deadline_it_reaches_and_by_nobody_else() {
    // The call of the first ends 390 ms from the beginning.
    for (left, calls) in [(390, 1), (391, 2)] {
        let world = slow(380);
        let later = async {
            sleep(100).await;
            world.ask_as(PRICE, within(left - 100 + 5)).await
        };
        let first = async {
            world.ask_as(PRICE, within(200)).await;
        };
        let (_, later) = tokio::join!(first, later);
        assert_eq!(world.services.count("Pricing/BatchGet"), calls, "{left}");
        // A call of its own comes too late for it.
        assert_eq!(later == AMOUNT, calls == 1, "{left}: {later}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_only_one_request_shares_ends_with_the_request() {
    let mut shop = Shop::new();
    for field in ["Book.author", "Review.author"] {
        shop.policy(field).timeout_ms = 400;
    }
    let world = World::new(shop);
    let query = "{ book(id: 1) { author { name } reviews { author { name } } } }";
    world.ask_as(query, within(500)).await;
    assert_eq!(given(&world, "Users/BatchGet"), [495, 495]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_may_join_is_given_exactly_what_is_left() {
    let world = World::new(Shop::new());
    world.services.set("Catalog/GetBook", 30, Then::Answer);
    world.ask_as(PRICE, within(200)).await;
    assert_eq!(given(&world, "Catalog/GetBook"), [195]);
    assert_eq!(given(&world, "Pricing/BatchGet"), [165]);
}

#[tokio::test(start_paused = true)]
async fn the_last_to_leave_cancels_the_call() {
    let world = slow(500);
    let first = world.answer(PRICE, within(1_000));
    let second = world.answer(PRICE, within(1_000));
    let first = tokio::spawn(tokio::time::timeout(Duration::from_millis(100), first));
    let second = tokio::spawn(tokio::time::timeout(Duration::from_millis(200), second));
    assert!(first.await.unwrap().is_err());
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::None]);
    assert!(second.await.unwrap().is_err());
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Dropped]);
    assert!(world.executor.0.in_flight.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_first_to_leave_takes_nothing_from_the_others() {
    let world = slow(500);
    let first =
        tokio::time::timeout(Duration::from_millis(100), world.answer(PRICE, within(1_000)));
    let (first, second) = tokio::join!(first, world.ask(PRICE));
    assert!(first.is_err());
    assert_eq!(second, AMOUNT);
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Replied]);
}

#[tokio::test(start_paused = true)]
async fn a_shared_call_fails_once_for_all_and_is_not_sent_again() {
    let world = slow(0);
    world.services.set("Pricing/BatchGet", 100, Then::Fail(Code::Unavailable));
    let answers = futures::future::join_all((0..10).map(|_| world.ask(PRICE))).await;
    assert!(answers.iter().all(|answer| answer.contains("UNAVAILABLE")));
    assert_eq!(world.services.count("Pricing/BatchGet"), 1);
}

#[tokio::test(start_paused = true)]
async fn who_joined_a_batch_that_fails_by_anothers_key_asks_again_apart() {
    let world = slow(0);
    world.services.set("Pricing/BatchGet", 100, Then::Refuse("3", Code::InvalidArgument));
    let (all, one) = tokio::join!(world.ask("{ books { price { amount } } }"), async {
        sleep(50).await;
        world.ask(PRICE).await
    });
    assert!(all.contains("INVALID_ARGUMENT"), "{all}");
    assert_eq!(one, AMOUNT);
    world.check_calls(
        "Catalog/ListBooks\nCatalog/GetBook 1\nPricing/BatchGet 1 2 3\nPricing/BatchGet 1",
    );
}

#[tokio::test(start_paused = true)]
async fn those_who_ask_again_for_the_same_key_do_so_together() {
    let world = slow(0);
    world.services.set("Pricing/BatchGet", 100, Then::Refuse("3", Code::InvalidArgument));
    let joining = async {
        sleep(50).await;
        futures::future::join_all((0..10).map(|_| world.ask(PRICE))).await
    };
    let (_, joined) = tokio::join!(world.ask("{ books { price { amount } } }"), joining);
    assert_eq!(joined, [AMOUNT; 10]);
    assert_eq!(world.services.count("Pricing/BatchGet"), 2);
}

#[tokio::test(start_paused = true)]
async fn those_who_ask_again_do_not_join_a_call_with_keys_of_others() {
    let world = slow(0);
    world.services.set("Pricing/BatchGet", 100, Then::Refuse("3", Code::InvalidArgument));
    let all = "{ books { price { amount } } }";
    // All three join the first call; what the second and the third ask again has a key that the fourth must not meet.
    let joining = async {
        sleep(50).await;
        let pair =
            "{ one: book(id: 1) { price { amount } } three: book(id: 3) { price { amount } } }";
        tokio::join!(world.ask(pair), world.ask(pair), world.ask(PRICE))
    };
    let (_, (first, second, third)) = tokio::join!(world.ask(all), joining);
    assert!(first.contains("INVALID_ARGUMENT") && second.contains("INVALID_ARGUMENT"));
    assert_eq!(third, AMOUNT);
    world.check_calls(
        "Catalog/ListBooks\nCatalog/GetBook 1\nCatalog/GetBook 3\nCatalog/GetBook 1\nCatalog/GetBook 3\n\
         Catalog/GetBook 1\nPricing/BatchGet 1 2 3\nPricing/BatchGet 1 3\nPricing/BatchGet 1",
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_that_fails_slowly_costs_others_time_and_not_their_fields() {
    let world = slow(0);
    world.services.set("Pricing/BatchGet", 300, Then::Refuse("3", Code::Internal));
    let joining = async {
        sleep(50).await;
        world.ask_as(PRICE, within(500)).await
    };
    let quick = async {
        sleep(290).await;
        world.services.set("Pricing/BatchGet", 50, Then::Answer);
    };
    let all = world.ask("{ books { price { amount } } }");
    let (_, one, ()) = tokio::join!(all, joining, quick);
    assert_eq!(one, AMOUNT);
}

#[tokio::test(start_paused = true)]
async fn where_the_second_answer_is_late_the_first_failure_is_told() {
    let world = slow(0);
    world.services.set("Pricing/BatchGet", 100, Then::Refuse("3", Code::Internal));
    let joining = async {
        sleep(50).await;
        world.ask_as(PRICE, within(1_000)).await
    };
    let hang = async {
        sleep(90).await;
        world.services.set("Pricing/BatchGet", 60_000, Then::Answer);
    };
    let all = world.ask("{ books { price { amount } } }");
    let (_, one, ()) = tokio::join!(all, joining, hang);
    assert!(one.contains("INTERNAL") && !one.contains("DEADLINE_EXCEEDED"), "{one}");
    assert_eq!(world.services.count("Pricing/BatchGet"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_began_before_an_invalidation_is_not_joined_after_it() {
    let mut shop = shop();
    let mut cache = cached(Scope::Public);
    cache.tags = vec![book_tag()];
    shop.policy("Book.price").cache = Some(cache);
    shop.policy("Mutation.rename").invalidates = vec![book_tag()];
    let world = World::new(shop);
    world.services.set("Pricing/BatchGet", 100, Then::Answer);
    let early = world.ask(PRICE);
    let late = async {
        sleep(20).await;
        world.ask("mutation { rename(id: 1, title: New) { id } }").await;
        world.ask(PRICE).await
    };
    tokio::join!(early, late);
    assert_eq!(world.services.count("Pricing/BatchGet"), 2);
    // What the early one brought was not kept, and what the late one brought was.
    world.ask(PRICE).await;
    assert_eq!(world.services.count("Pricing/BatchGet"), 2);
}

#[tokio::test(start_paused = true)]
async fn without_permission_nothing_is_shared_between_requests() {
    let world = World::new(Shop::new());
    world.services.set("Pricing/BatchGet", 100, Then::Answer);
    tokio::join!(world.ask(PRICE), world.ask(PRICE));
    assert_eq!(world.services.count("Pricing/BatchGet"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_ends_does_not_take_a_later_one_out_of_sight() {
    let world = slow(800);
    let third = async {
        sleep(200).await;
        world.ask(PRICE).await
    };
    let (_, second, third) =
        tokio::join!(world.ask_as(PRICE, within(100)), world.ask_as(PRICE, within(2_000)), third);
    assert_eq!((second.as_str(), third.as_str()), (AMOUNT, AMOUNT));
    assert_eq!(world.services.count("Pricing/BatchGet"), 2, "the third joins the second");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_no_longer_waits_for_a_call_does_not_keep_it_for_itself() {
    let mut shop = Shop::new();
    shop.policy("Book.author").timeout_ms = 50;
    shop.policy("Review.author").timeout_ms = 50;
    let world = World::new(shop);
    world.services.set("Users/BatchGet", 60_000, Then::Answer);
    world.services.set("Reviews/ListByBooks", 300, Then::Answer);
    let page = world.ask("{ books { author { name } reviews { author { name } } } }");
    let later = async {
        sleep(100).await;
        world.services.ends("Users/BatchGet")
    };
    let (_, ends) = tokio::join!(page, later);
    assert_eq!(ends, [End::Dropped]);
}
