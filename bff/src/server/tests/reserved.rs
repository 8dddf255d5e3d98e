//! What is kept for event streams that are reserved, and not open yet.

use super::{
    single::{Client, server},
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
