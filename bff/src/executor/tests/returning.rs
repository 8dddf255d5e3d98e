//! A stream whose service is away: who is waited for, for how long, and what ends a pause early.

use futures::{StreamExt, stream};

use super::{
    contracts::book_message,
    subscriptions::{TITLE, broken, check, next, title},
    *,
};
use crate::{call::Unreached, units::Span};

const HOUR: Duration = Duration::from_secs(3_600);
/// In milliseconds.
const AWHILE: u64 = 10_000;

/// Pauses that no test waits for.
fn long_pauses() -> Config {
    let mut config = Config::default();
    config.subscriptions.resume_attempts = 2;
    config.subscriptions.resume_pause = Span(HOUR);
    config.subscriptions.resume_longest_pause = Span(HOUR);
    config.subscriptions.resume_timeout = Span(10 * HOUR);
    config
}

fn shared() -> Shop {
    let mut shop = Shop::new();
    shop.method("Catalog/WatchBook").shareable = true;
    shop
}

fn resumed(id: &str) -> String {
    title(id).replace("}}}", r#"}},"extensions":{"resumed":true}}"#)
}

fn away() -> Error {
    let reason = Unreached("no endpoint is connected".into());
    Error::with_source(Code::Unavailable, "the service cannot be reached", reason)
}

fn message(id: &str) -> Result<Bytes> {
    Ok(book_message(id).encode().into())
}

/// A stream that has this to say, and stays open.
fn offer(world: &World, id: &str) {
    world.services.offer(stream::iter([message(id)]).chain(stream::pending()).boxed());
}

/// One that says this, and then breaks.
fn offer_breaking(world: &World, id: &str) {
    let broken = Err(Error::new(Code::Unavailable, "the connection broke"));
    world.services.offer(stream::iter([message(id), broken]).boxed());
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_opened_again_as_soon_as_its_service_is_back() {
    let world = World::with(Shop::new(), long_pauses());
    offer_breaking(&world, "1");
    let mut answers = world.subscribe(TITLE, within(1_000));
    check(&mut answers, &title("1")).await;
    sleep(AWHILE).await;
    assert_eq!(world.opened(), 1);
    offer(&world, "2");
    let back = Instant::now();
    world.services.come_back();
    check(&mut answers, &resumed("2")).await;
    assert!(back.elapsed() <= Duration::from_millis(100), "{:?}", back.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_service_that_comes_back_while_it_is_asked_is_asked_again_at_once() {
    let world = World::with(Shop::new(), long_pauses());
    // What it is asked first it never answers.
    let mut answers = world.subscribe(TITLE, within(1_000));
    sleep(1_000).await;
    world.services.come_back();
    offer(&world, "1");
    check(&mut answers, &resumed("1")).await;
    assert_eq!(world.opened(), 2);
}

#[tokio::test(start_paused = true)]
async fn that_a_service_came_back_long_ago_ends_no_pause() {
    let world = World::with(Shop::new(), long_pauses());
    let services = world.services.clone();
    let failing = async move {
        sleep(50).await;
        services.come_back();
        sleep(50).await;
        Err(Error::new(Code::Unavailable, "the connection broke"))
    };
    world.services.offer(stream::once(failing).boxed());
    let _answers = world.subscribe(TITLE, within(1_000));
    sleep(AWHILE).await;
    assert_eq!(world.opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_joins_a_stream_in_its_pause_waits_no_longer_than_for_one_of_their_own() {
    let world = World::with(shared(), long_pauses());
    offer_breaking(&world, "1");
    let mut first = world.subscribe(TITLE, within(1_000));
    check(&mut first, &title("1")).await;
    sleep(AWHILE).await;
    offer(&world, "2");
    let began = Instant::now();
    let mut late = world.subscribe(TITLE, within(1_000));
    // Nothing that could be missing came before it.
    check(&mut late, &title("2")).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    check(&mut first, &resumed("2")).await;
    assert_eq!(world.opened(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_crowd_in_a_pause_costs_no_attempts_and_asks_at_most_ten_times_a_second() {
    let world = World::with(shared(), long_pauses());
    for _ in 0..1_000 {
        world.services.refuse_stream(Code::Unavailable);
    }
    let mut crowd = Vec::new();
    for _ in 0..500 {
        crowd.push(world.subscribe(TITLE, within(1_000)));
        sleep(10).await;
    }
    assert!((40..=51).contains(&world.opened()), "{}", world.opened());
    // Two attempts of its own are left, and the pauses before them.
    let began = Instant::now();
    for answers in &mut crowd {
        let told = tokio::time::timeout(3 * HOUR, answers.next()).await.expect("nothing comes");
        let told = String::from_utf8(told.unwrap().body.to_vec()).unwrap();
        assert_eq!(told, broken("it failed", "UNAVAILABLE"));
    }
    assert!(began.elapsed() >= HOUR - Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_service_may_be_away_for_longer_than_all_attempts_would_take() {
    let world = World::new(Shop::new());
    offer_breaking(&world, "1");
    let mut answers = world.subscribe(TITLE, within(1_000));
    check(&mut answers, &title("1")).await;
    let began = Instant::now();
    for _ in 0..12 {
        world.services.fail_stream(away());
    }
    offer(&world, "2");
    check(&mut answers, &resumed("2")).await;
    assert!(began.elapsed() > Duration::from_secs(30), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_gone_for_good_ends_a_subscription_in_time() {
    let world = World::new(Shop::new());
    for _ in 0..1_000 {
        world.services.fail_stream(away());
    }
    let began = Instant::now();
    let mut answers = world.subscribe(TITLE, within(1_000));
    let told = tokio::time::timeout(HOUR, answers.next()).await.expect("nothing comes").unwrap();
    let told = std::str::from_utf8(&told.body).unwrap();
    assert_eq!(told, broken("the service cannot be reached", "UNAVAILABLE"));
    assert_eq!(began.elapsed(), Duration::from_secs(120));
    assert_eq!(next(&mut answers).await, None);
    assert!(world.opened() < 40, "{}", world.opened());
}
