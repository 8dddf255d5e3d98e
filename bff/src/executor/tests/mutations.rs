//! Changes: in order, never given up half-way by the gateway, and honest where their outcome is not known.

use super::*;

const TWO: &str = "mutation { a: rename(id: 1, title: One) { title } b: rename(id: 2, title: Two) { title price { amount } } }";

#[tokio::test(start_paused = true)]
async fn root_fields_run_one_after_the_other() {
    let world = World::new(Shop::new());
    world.services.set("Catalog/Rename", 100, Then::Answer);
    let began = Instant::now();
    let answer = world.ask(TWO).await;
    assert_eq!(
        answer,
        r#"{"data":{"a":{"title":"One"},"b":{"title":"Two","price":{"amount":200}}}}"#
    );
    let seen = world.services.seen();
    let starts: Vec<_> = seen.iter().map(|seen| (seen.at - began).as_millis()).collect();
    assert_eq!(starts, [0, 100, 200]);
}

#[tokio::test(start_paused = true)]
async fn a_field_that_fails_does_not_stop_the_next_one() {
    let world = World::new(Shop::new());
    world.services.set("Catalog/Rename", 0, Then::Refuse("1", Code::FailedPrecondition));
    let answer = world.ask(TWO).await;
    assert!(answer.starts_with(r#"{"data":{"a":null,"b":{"title":"Two""#), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn one_that_the_deadline_cuts_has_an_unknown_outcome_and_no_later_one_starts() {
    let world = World::new(Shop::new());
    world.services.set("Catalog/Rename", 60_000, Then::Answer);
    let answer = world.ask(TWO).await;
    assert!(answer.starts_with(r#"{"data":{"a":null,"b":null}"#), "{answer}");
    assert!(answer.contains("did not answer in time: the outcome is unknown"), "{answer}");
    assert!(answer.contains("this was not sent"), "{answer}");
    world.check_calls("Catalog/Rename 1");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_reports_its_own_deadline_leaves_the_outcome_unknown_too() {
    let world = World::new(Shop::new());
    world.services.set("Catalog/Rename", 10, Then::Fail(Code::DeadlineExceeded));
    let answer = world.ask(TWO).await;
    assert!(answer.contains("the outcome is unknown"), "{answer}");
    world.check_calls("Catalog/Rename 1");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_does_not_stop_a_change() {
    let world = World::new(Shop::new());
    world.services.set("Catalog/Rename", 300, Then::Answer);
    let answer = world.answer(TWO, within(1_000));
    assert!(tokio::time::timeout(Duration::from_millis(100), answer).await.is_err());
    sleep(800).await;
    assert_eq!(world.services.ends("Catalog/Rename"), [End::Replied, End::Replied]);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_never_answered_by_a_fallback() {
    let mut shop = Shop::new();
    let fallback = crate::contract::Fallback {
        last: Some(crate::contract::fallback::Last::Null(true)),
        ..crate::contract::Fallback::default()
    };
    shop.policy("Mutation.rename").fallback = Some(fallback.into());
    let world = World::new(shop);
    world.services.set("Catalog/Rename", 0, Then::Fail(Code::Unavailable));
    let answer = world.ask("mutation { rename(id: 1, title: One) { title } }").await;
    assert!(answer.contains(r#""code":"UNAVAILABLE""#), "{answer}");
    assert!(!answer.contains("degraded"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn two_equal_changes_are_two_changes() {
    let world = World::new(Shop::new());
    world
        .ask("mutation { a: rename(id: 1, title: One) { id } b: rename(id: 1, title: One) { id } }")
        .await;
    assert_eq!(world.services.count("Catalog/Rename"), 2);
}

#[tokio::test(start_paused = true)]
async fn what_leaves_the_outcome_open_is_told_so_and_no_later_change_is_sent() {
    for code in Code::ALL {
        let world = World::new(Shop::new());
        world.services.set("Catalog/Rename", 10, Then::Fail(code));
        let answer = world.ask(TWO).await;
        let open = code.leaves_the_outcome_open();
        assert_eq!(answer.contains("it failed: the outcome is unknown"), open, "{answer}");
        let not_sent = "this was not sent: the outcome of the field before it is unknown";
        assert_eq!(answer.contains(not_sent), open, "{answer}");
        assert_eq!(world.services.count("Catalog/Rename"), if open { 1 } else { 2 }, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_went_out_and_was_lost_is_unknown_whatever_the_code() {
    for code in [Code::Unavailable, Code::ResourceExhausted, Code::PermissionDenied] {
        let world = World::new(Shop::new());
        world.services.set("Catalog/Rename", 10, Then::Lost(code));
        let answer = world.ask(TWO).await;
        assert!(answer.contains("it failed: the outcome is unknown"), "{answer}");
        world.check_calls("Catalog/Rename 1");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_was_never_sent_was_not_made_and_the_next_one_is_tried() {
    let world = World::new(Shop::new());
    world.services.set("Catalog/Rename", 10, Then::Unsent);
    let answer = world.ask(TWO).await;
    assert_eq!(answer.matches(r#""message":"it failed""#).count(), 2, "{answer}");
    assert!(!answer.contains("unknown"), "{answer}");
    world.check_calls("Catalog/Rename 1\nCatalog/Rename 2");
}

#[tokio::test(start_paused = true)]
async fn without_time_nothing_is_sent_and_nothing_is_unknown() {
    let world = World::new(Shop::new());
    for query in [TWO, "{ books { title } }"] {
        let answer = world.ask_as(query, within(0)).await;
        assert!(answer.contains("the time was over before the service was asked"), "{answer}");
        assert!(!answer.contains("unknown"), "{answer}");
    }
    world.check_calls("");
}
