//! What one request's key does to those who went with it, and what is learnt from it.

use super::*;

#[tokio::test(start_paused = true)]
async fn after_a_bad_key_the_next_requests_go_alone() {
    let (world, began) = (known(shop()).await, Instant::now());
    world.services.set(PRICES, 100, Then::Refuse("2", Code::InvalidArgument));
    let queries: Vec<String> = [1, 2, 3, 4, 5, 6, 7].map(price).into();
    let asked = queries
        .iter()
        .zip([0, 1, 2, 111, 112, 113, 114])
        .map(|(query, at)| world.ask_at(at, query));
    futures::future::join_all(asked).await;
    let apart = [(0, "1"), (10, "2 3"), (110, "2"), (110, "3")];
    // Calls apart are nobody's to join: the first two find nothing that is on its way, or go alone.
    let after = [(111, "4"), (112, "5"), (122, "6 7")];
    world.check_batches(began, PRICES, &[&apart[..], &after[..]].concat());
}

/// The keys 2 and 3 go together at 10 ms, and what comes of it warns of company. 400 ms later four keys come: of the requests that then
/// do without the first two find nothing that is on its way, or go alone; the others would have waited with them.
async fn check_alone_after(then: Then, timeout: u64, apart: &[(u128, &str)], answers: [&str; 2]) {
    let mut shop = shop();
    shop.policy("Book.price").timeout_ms = timeout;
    let (world, began) = (known(shop).await, Instant::now());
    world.services.set(PRICES, 100, then);
    let queries = [1, 2, 3, 4, 5, 6, 7].map(price);
    let asked = queries
        .iter()
        .zip([0, 1, 2, 900, 901, 902, 903])
        .map(|(query, at)| world.ask_at(at, query));
    let told = futures::future::join_all(asked).await;
    for (answer, expected) in told[1..].iter().zip(answers) {
        assert!(answer.1.contains(expected), "{}", answer.1);
    }
    let together = [(0, "1"), (10, "2 3")];
    let after = [(900, "4"), (901, "5"), (911, "6 7")];
    world.check_batches(began, PRICES, &[&together[..], apart, &after[..]].concat());
}

#[tokio::test(start_paused = true)]
async fn an_item_that_cannot_be_read_fails_nobody_elses() {
    let apart = [(110, "2"), (110, "3")];
    check_alone_after(Then::Unreadable("2"), 800, &apart, ["DATA_LOSS", &amount(3)]).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_key_that_was_late_the_next_requests_go_alone() {
    let (apart, told) = ([(206, "2"), (206, "3")], ["DEADLINE_EXCEEDED", &*amount(3)]);
    check_alone_after(Then::Linger("2", 60_000), 400, &apart, told).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_key_that_took_several_times_the_usual_the_next_requests_go_alone() {
    let (two, three) = (amount(2), amount(3));
    let apart = [(406, "2"), (406, "3")];
    check_alone_after(Then::Linger("2", 400), 800, &apart, [&two, &three]).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_service_was_down_for_several_the_next_requests_go_alone() {
    let down = ["UNAVAILABLE"; 2];
    check_alone_after(Then::Break("2", Code::Unavailable), 800, &[], down).await;
}

#[tokio::test(start_paused = true)]
async fn clients_that_leave_early_teach_nothing() {
    let (world, began) = (known(shop()).await, Instant::now());
    let queries = [1, 2, 3, 4, 5, 6].map(price);
    let asked = queries.iter().zip([
        (0, 1_000),
        (1, 50),
        (2, 50),
        (200, 1_000),
        (201, 1_000),
        (202, 1_000),
    ]);
    let asked = asked.map(|(query, (at, stays))| {
        tokio::time::timeout(Duration::from_millis(at + stays), world.ask_at(at, query))
    });
    let told = futures::future::join_all(asked).await;
    assert_eq!(told.iter().filter(|told| told.is_err()).count(), 2);
    world.check_batches(began, PRICES, &[(0, "1"), (10, "2 3"), (200, "4"), (210, "5 6")]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_slow_keys_fails_none_of_the_others() {
    let mut shop = shop();
    shop.policy("Book.price").timeout_ms = 80;
    let world = World::new(shop);
    world.services.set(PRICES, 20, Then::Answer);
    world.ask(&price(9)).await;
    world.services.set(PRICES, 20, Then::Linger("2", 60_000));
    // A request each millisecond, of which every seventh asks for the slow key.
    let queries: Vec<_> = (0..1_600)
        .map(|number| if number % 7 == 0 { price(2) } else { price(10 + number) })
        .collect();
    let asked = queries.iter().zip(0..).map(async |(query, at)| {
        let (_, answer) = world.ask_at(at, query).await;
        (at, answer.contains("errors") && !query.contains("id: 2)"))
    });
    let told = futures::future::join_all(asked).await;
    let failed = told.iter().filter(|(_, failed)| *failed).count();
    assert_eq!(failed, 0);
    let together = world.services.seen().into_iter();
    let together =
        together.filter(|seen| seen.keys.len() > 1 && seen.keys.iter().any(|key| key == "2"));
    assert!((3..20).contains(&together.count()), "it is rare that the slow key has company");
}
