//! Which streams count as failed, when they are opened again, and how soon.

use futures::{StreamExt, stream};

use super::{
    contracts::book_message,
    subscriptions::{TITLE, broken, check, next},
    *,
};
use crate::{
    call::{Expired, Replies},
    units::Span,
};

/// More than are opened again in series after failures.
const OFTEN: u32 = 20;

fn resumed(id: &str) -> String {
    format!(
        r#"{{"data":{{"bookChanged":{{"title":"Book {id}"}}}},"extensions":{{"resumed":true}}}}"#
    )
}

fn expired(why: Expired) -> Error {
    Error::with_source(Code::DeadlineExceeded, "the service did not answer in time", why)
}

fn cut() -> Error {
    Error::new(Code::Unavailable, "the connection broke")
}

/// Opens well, and brings so many events, each so many milliseconds after what came before it, as does its end.
fn living(events: usize, apart: u64, end: Error) -> Replies {
    let events = stream::iter(0..events).map(|_| Ok(Bytes::from(book_message("1").encode())));
    let all = events.chain(stream::iter([Err(end)]));
    all.then(move |next| async move {
        sleep(apart).await;
        next
    })
    .boxed()
}

/// After many streams like this comes one that goes on. It took so long until that had its event.
async fn until_the_last_of_many(world: &World, each: impl Fn() -> Replies) -> Duration {
    for _ in 0..OFTEN {
        world.services.offer(each());
    }
    let last = world.services.offer_stream();
    last.unbounded_send(Ok(book_message("2").encode().into())).unwrap();
    let began = Instant::now();
    let mut answers = world.subscribe(TITLE, within(1_000));
    loop {
        let answer = next(&mut answers).await.expect("it is over");
        assert!(answer.starts_with(r#"{"data":{"bookChanged":{"title":"#), "{answer}");
        if answer.contains("Book 2") {
            assert_eq!(answer, resumed("2"));
            assert_eq!(world.opened(), OFTEN as usize + 1);
            return began.elapsed();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_the_greatest_age_is_followed_by_the_next_at_once_however_often() {
    let world = World::new(Shop::new());
    let of_age = || living(9, 100, expired(Expired::Age));
    assert_eq!(until_the_last_of_many(&world, of_age).await, Duration::from_secs(1) * OFTEN);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_silent_for_too_long_has_not_failed() {
    let world = World::new(Shop::new());
    let silent = || living(0, 3_000, expired(Expired::Silence));
    assert_eq!(until_the_last_of_many(&world, silent).await, Duration::from_secs(3) * OFTEN);
}

#[tokio::test(start_paused = true)]
async fn bounds_shorter_than_the_first_pause_are_no_hot_loop() {
    let world = World::new(Shop::new());
    let short = || living(0, 1, expired(Expired::Silence));
    assert_eq!(until_the_last_of_many(&world, short).await, Duration::from_millis(100) * OFTEN);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_brought_an_event_was_well_however_soon_it_broke() {
    let world = World::new(Shop::new());
    let took = until_the_last_of_many(&world, || living(1, 0, cut())).await;
    let first_pauses = Duration::from_millis(50) * OFTEN..=Duration::from_millis(101) * OFTEN;
    assert!(first_pauses.contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn quiet_streams_that_a_balancer_cuts_after_seconds_were_well() {
    let world = World::new(Shop::new());
    let took = until_the_last_of_many(&world, || living(0, 3_000, cut())).await;
    let first_pauses = Duration::from_millis(3_050) * OFTEN..=Duration::from_millis(3_101) * OFTEN;
    assert!(first_pauses.contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn streams_that_open_and_break_without_an_event_have_failed() {
    let world = World::new(Shop::new());
    for _ in 0..OFTEN {
        world.services.offer(living(0, 10, cut()));
    }
    let began = Instant::now();
    let mut answers = world.subscribe(TITLE, within(1_000));
    check(&mut answers, &broken("the connection broke", "UNAVAILABLE")).await;
    assert_eq!(world.opened(), 1 + 8);
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(11) && took <= Duration::from_secs(23), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_stream_that_never_opens_is_no_life_of_it() {
    let mut config = Config::default();
    config.subscriptions.resume_longest_pause = Span(Duration::from_secs(1));
    let world = World::with(Shop::new(), config);
    let mut answers = world.subscribe(TITLE, within(1_000));
    let late = broken("the service did not begin its stream in time", "DEADLINE_EXCEEDED");
    check(&mut answers, &late).await;
    assert_eq!(world.opened(), 1 + 8);
}

#[tokio::test(start_paused = true)]
async fn without_attempts_the_greatest_age_ends_a_subscription() {
    let mut config = Config::default();
    config.subscriptions.resume_attempts = 0;
    let world = World::with(Shop::new(), config);
    world.services.offer(living(0, 1_000, expired(Expired::Age)));
    let mut answers = world.subscribe(TITLE, within(1_000));
    let late = broken("the service did not answer in time", "DEADLINE_EXCEEDED");
    check(&mut answers, &late).await;
    assert_eq!(next(&mut answers).await, None);
    assert_eq!(world.opened(), 1);
}
