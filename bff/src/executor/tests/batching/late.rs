//! A key that holds up its call, and those who went with it.

use super::*;

/// Four times the usual 100 ms.
const LATE: u64 = 400;

#[tokio::test(start_paused = true)]
async fn a_key_that_hangs_fails_nobody_elses() {
    let (world, began) = (known(shop()).await, Instant::now());
    world.services.set(PRICES, 100, Then::Linger("2", 60_000));
    let (p1, p2, p3) = (price(1), price(2), price(3));
    let (_, bad, good) =
        tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2), world.ask_at(2, &p3));
    assert!(bad.1.contains("DEADLINE_EXCEEDED"), "{}", bad.1);
    assert_eq!(good, (510, amount(3)));
    world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3"), (410, "2"), (410, "3")]);
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_counts() {
    let (world, began) = (known(shop()).await, Instant::now());
    world.services.set(PRICES, 100, Then::Linger("2", 450));
    let (p1, p2, p3) = (price(1), price(2), price(3));
    let (_, two, three) =
        tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2), world.ask_at(2, &p3));
    assert_eq!((two, three), ((560, amount(2)), (510, amount(3))));
    world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3"), (410, "2"), (410, "3")]);
    assert_eq!(
        world.services.ends(PRICES)[1..].iter().filter(|end| **end == End::Dropped).count(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_half_of_its_time() {
    let mut shop = shop();
    shop.policy("Book.price").timeout_ms = 320;
    let (world, began) = (known(shop).await, Instant::now());
    world.services.set(PRICES, 100, Then::Linger("2", 60_000));
    let (p1, p2, p3) = (price(1), price(2), price(3));
    let (.., good) = tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2), world.ask_at(2, &p3));
    // The first of the two has 311 ms left when they go.
    assert_eq!(good, (266, amount(3)));
    world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3"), (166, "2"), (166, "3")]);
}

#[tokio::test(start_paused = true)]
async fn who_joined_a_call_is_not_held_up_by_its_other_keys() {
    let (world, began) = (known(shop()).await, Instant::now());
    world.services.set(PRICES, 100, Then::Linger("2", 60_000));
    let (books, p3) = ("{ books { price { amount } } }", price(3));
    let (own, joined) = tokio::join!(world.ask_at(0, books), world.ask_at(1, &p3));
    assert!(own.1.contains("DEADLINE_EXCEEDED"), "{}", own.1);
    assert_eq!(joined, (500, amount(3)));
    world.check_batches(began, PRICES, &[(0, "1 2 3"), (400, "3")]);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_wait_so_long_does_not_join() {
    let (world, began) = (known(shop()).await, Instant::now());
    let hasty = async |at, query: &str| {
        sleep(at).await;
        world.ask_as(query, within(305)).await
    };
    let (books, p3) = ("{ books { price { amount } } }", price(3));
    // All keys of the call are those of the last one too.
    tokio::join!(world.ask_at(0, books), hasty(1, &p3), hasty(2, books));
    world.check_batches(began, PRICES, &[(0, "1 2 3"), (1, "3")]);
}

#[tokio::test(start_paused = true)]
async fn those_who_ask_for_the_same_keys_apart_do_so_together() {
    let (world, began) = (known(shop()).await, Instant::now());
    world.services.set(PRICES, 100, Then::Linger("2", 60_000));
    let queries = [price(1), price(2), price(3), price(3), price(3)];
    let asked = queries.iter().zip(0..).map(|(query, at)| world.ask_at(at, query));
    let told = futures::future::join_all(asked).await;
    assert_eq!(told[2..], [(); 3].map(|()| (510, amount(3))));
    world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3"), (410, "2"), (410, "3")]);
}

#[tokio::test(start_paused = true)]
async fn what_was_late_and_then_fails_is_not_asked_a_third_time() {
    for (code, told) in [(Code::InvalidArgument, 860), (Code::Unavailable, 860)] {
        let (world, began) = (known(shop()).await, Instant::now());
        world.services.set(PRICES, 450, Then::Refuse("2", code));
        let (p1, p2, p3) = (price(1), price(2), price(3));
        let (_, bad, good) =
            tokio::join!(world.ask_at(0, &p1), world.ask_at(1, &p2), world.ask_at(2, &p3));
        assert!(bad.0 == told && bad.1.contains(code.name()), "{bad:?}");
        assert_eq!(good, (860, amount(3)));
        world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3"), (410, "2"), (410, "3")]);
    }
}

#[tokio::test(start_paused = true)]
async fn who_goes_alone_with_several_keys_asks_once() {
    let (world, began) = (known(shop()).await, Instant::now());
    world.services.set(PRICES, 100, Then::Linger("2", 60_000));
    world.ask("{ books { price { amount } } }").await;
    world.check_batches(began, PRICES, &[(0, "1 2 3")]);
}

/// Requests for other keys, one each 5 ms. Returned is how many keys were asked for beyond one for each, and how many requests
/// failed.
async fn beyond(then: Then, delay: u64) -> (usize, usize) {
    const REQUESTS: usize = 1_000;
    let mut shop = shop();
    // The keys of others must not be taken for what is needed at the same time.
    shop.policy("Book.price").timeout_ms = 980;
    let world = known(shop).await;
    world.services.set(PRICES, delay, then);
    let queries: Vec<_> = (0..REQUESTS).map(|number| price(10 + number)).collect();
    let asked = queries.iter().zip(0..).map(|(query, at)| world.ask_at(5 * at, query));
    let told = futures::future::join_all(asked).await;
    let failed = told.iter().filter(|(_, answer)| answer.contains("errors")).count();
    let asked = world.services.seen().into_iter().filter(|seen| seen.method == PRICES);
    (asked.map(|seen| seen.keys.len()).sum::<usize>() - REQUESTS, failed)
}

#[tokio::test(start_paused = true)]
async fn a_service_that_becomes_slow_is_asked_little_more() {
    let (beyond, failed) = beyond(Then::Answer, 2 * LATE).await;
    assert_eq!(failed, 0);
    assert!((1..100).contains(&beyond), "{beyond}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_altogether_is_asked_little_more() {
    let (beyond, failed) = beyond(Then::Answer, 60_000).await;
    assert_eq!(failed, 1_000);
    assert!((1..150).contains(&beyond), "{beyond}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_fails_altogether_is_asked_little_more() {
    for code in [Code::Unavailable, Code::ResourceExhausted] {
        let (beyond, failed) = beyond(Then::Fail(code), 100).await;
        assert_eq!(failed, 1_000);
        assert!((1..20).contains(&beyond), "{beyond}");
    }
}
