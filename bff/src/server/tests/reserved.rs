//! What is kept for event streams that are reserved, and not open yet.

use super::{
    single::{Client, server},
    soon,
    sse::Events,
};
use crate::units::ByteSize;

/// The next events of a stream that is opened now, in whatever order.
async fn opened(client: &Client<'_>, count: usize) -> (Events, Vec<String>) {
    let (mut events, mut seen) = (client.open().await, Vec::new());
    while seen.len() < count {
        seen.push(events.next().await.unwrap());
    }
    (events, seen)
}

fn check_shown(seen: &[String], part: &str) {
    assert!(seen.iter().any(|event| event.contains(part)), "{part} is not in {seen:?}");
}

#[tokio::test]
async fn what_waits_for_a_stream_is_bounded_and_what_is_lost_is_told() {
    let server = server(|streams| {
        streams.reservation_size = ByteSize(2_000);
        streams.total_reservation_size = ByteSize(3_000);
    })
    .await;
    let echo = |length| format!("{{ echo(text: \"{}\") }}", "x".repeat(length));
    let one = Client::reserve(&server).await;
    one.accepted("fits", &echo(1_900)).await;
    one.accepted("more", &echo(100)).await;
    // Its own room is empty, but that of all is not.
    let other = Client::reserve(&server).await;
    other.accepted("more", &echo(1_100)).await;
    let lost = r#""id":"more","payload":{"errors":[{"extensions":{"code":"RESOURCE_EXHAUSTED"},"message":"the operation was executed"#;
    let (mut events, seen) = opened(&one, 4).await;
    check_shown(&seen, &"x".repeat(1_900));
    check_shown(&seen, lost);
    // Its room is free again, and an open stream has no bound.
    other.accepted("fits", &echo(1_100)).await;
    one.accepted("large", &echo(10_000)).await;
    let large = events.next().await.unwrap();
    assert!(large.contains(&"x".repeat(10_000)));
    let (_events, seen) = opened(&other, 4).await;
    check_shown(&seen, &"x".repeat(1_100));
    check_shown(&seen, lost);
}

#[tokio::test]
async fn a_subscription_begins_when_its_stream_is_open_and_its_request_takes_room_until_then() {
    let server = server(|streams| streams.reservation_size = ByteSize(2_000)).await;
    let ticks = server.service.offer_stream();
    let client = Client::reserve(&server).await;
    client.accepted("1", "subscription { ticks }").await;
    let long = format!("subscription {{ ticks }} #{}", "x".repeat(2_000));
    client.accepted("2", &long).await;
    // What was accepted would have been asked for before this.
    server.post("*/*", r#"{"query":"{a}"}"#).await;
    assert_eq!(server.service.last().method.name, "a");
    assert!(!server.service.was_called());
    let (mut events, seen) = opened(&client, 2).await;
    let lost = r#""id":"2","payload":{"errors":[{"extensions":{"code":"RESOURCE_EXHAUSTED"},"message":"the subscription does not begin"#;
    check_shown(&seen, lost);
    check_shown(&seen, r#"event: complete"#);
    soon(ticks.send("a".to_owned())).await.unwrap();
    assert!(events.next().await.unwrap().contains(r#""data":{"ticks":"a"}"#));
}
