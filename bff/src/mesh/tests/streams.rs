//! Calls with many replies.

use futures::{StreamExt, TryStreamExt};

use super::{
    service::{Event, Scripted},
    *,
};
use crate::{call::Expired, units::Span};

pub(super) async fn open(mesh: &Mesh, method: &str) -> Replies {
    timeout(PATIENCE, mesh.server_stream(call(method, b""))).await.unwrap().unwrap()
}

pub(super) async fn next(replies: &mut Replies) -> Option<Result<Bytes>> {
    timeout(PATIENCE, replies.next()).await.expect("the stream hangs")
}

#[tokio::test]
async fn all_messages_come_in_their_order() {
    let server = Scripted::start().await;
    let replies = open(&mesh(&[server.address]), "StreamTwo").await;
    assert_eq!(replies.try_collect::<Vec<_>>().await.unwrap(), ["one", "two"]);
}

#[tokio::test]
async fn a_failure_ends_the_stream_after_its_messages() {
    let server = Scripted::start().await;
    let mut replies = open(&mesh(&[server.address]), "StreamFail").await;
    assert_eq!(next(&mut replies).await.unwrap().unwrap(), "one");
    assert_eq!(next(&mut replies).await.unwrap().unwrap(), "two");
    let error = next(&mut replies).await.unwrap().unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::DataLoss, "the service lost data"));
    assert!(next(&mut replies).await.is_none());
}

#[tokio::test]
async fn a_silent_stream_is_cancelled_after_its_idle_timeout() {
    let mut server = Scripted::start().await;
    let mesh = mesh_with(&[server.address], |service| {
        service.stream_idle_timeout = Some(Span(Duration::from_millis(50)));
    });
    let mut replies = open(&mesh, "StreamForever").await;
    server.called().await;
    assert!(next(&mut replies).await.unwrap().is_ok());
    assert!(next(&mut replies).await.unwrap().is_ok());
    let error = next(&mut replies).await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert!(Expired::is_cause_of(&error));
    assert!(next(&mut replies).await.is_none());
    assert!(matches!(server.event().await, Event::Cancelled));
}

#[tokio::test]
async fn an_old_stream_is_cancelled() {
    let server = Scripted::start().await;
    let mesh = mesh_with(&[server.address], |service| {
        service.stream_max_age = Some(Span(Duration::from_millis(50)));
    });
    let replies = open(&mesh, "StreamForever").await;
    let replies: Vec<_> = timeout(PATIENCE, replies.collect()).await.unwrap();
    let codes: Vec<_> =
        replies.iter().map(|reply| reply.as_ref().map_err(Error::code).err()).collect();
    assert_eq!(codes, [None, None, Some(Code::DeadlineExceeded)]);
    assert!(Expired::is_cause_of(replies[2].as_ref().unwrap_err()));
}

#[tokio::test]
async fn a_service_that_keeps_to_the_greatest_age_too_does_not_fail() {
    let server = Scripted::start().await;
    let mesh = mesh_with(&[server.address], |service| {
        service.stream_max_age = Some(Span(Duration::from_millis(50)));
    });
    let replies = open(&mesh, "StreamInTime").await;
    let replies: Vec<_> = timeout(PATIENCE, replies.collect()).await.unwrap();
    assert!(Expired::is_cause_of(replies[2].as_ref().unwrap_err()), "{replies:?}");
}

#[tokio::test]
async fn a_deadline_that_a_service_has_of_its_own_is_its_failure() {
    let server = Scripted::start().await;
    let mut replies = open(&mesh(&[server.address]), "StreamTooLate").await;
    let error = next(&mut replies).await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert!(!Expired::is_cause_of(&error));
}

#[tokio::test]
async fn a_stream_that_is_to_end_has_the_time_of_its_call_and_its_service_knows() {
    let mut server = Scripted::start().await;
    let mesh = mesh(&[server.address]);
    let within = Duration::from_millis(200);
    let call = Call { open_ended: false, ..call_within("StreamForever", b"", within) };
    let replies = timeout(PATIENCE, mesh.server_stream(call)).await.unwrap().unwrap();
    let told = server.called().await["grpc-timeout"].to_str().unwrap().to_owned();
    let microseconds: u64 = told.trim_end_matches('u').parse().unwrap();
    assert!(microseconds <= 200_000, "{told}");
    let replies: Vec<_> = timeout(PATIENCE, replies.collect()).await.unwrap();
    let last = replies.last().unwrap().as_ref().unwrap_err();
    assert_eq!(last.code(), Code::DeadlineExceeded);
    assert!(matches!(server.event().await, Event::Cancelled));
}

#[tokio::test]
async fn a_dropped_stream_is_cancelled_at_the_service() {
    let mut server = Scripted::start().await;
    let mut replies = open(&mesh(&[server.address]), "StreamForever").await;
    server.called().await;
    assert!(next(&mut replies).await.unwrap().is_ok());
    drop(replies);
    assert!(matches!(server.event().await, Event::Cancelled));
}
