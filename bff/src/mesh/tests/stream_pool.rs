//! Connections that carry streams alone.

use std::num::NonZeroU16;

use super::{
    service::{Event, Scripted},
    streams::{next, open},
    *,
};
use crate::{call::Replies, mesh::pool::IDLE_TIMEOUT, units::Span};

/// A stream that has begun and stays open.
async fn lasting(mesh: &Mesh) -> Replies {
    let mut replies = open(mesh, "StreamForever").await;
    assert_eq!(next(&mut replies).await.unwrap().unwrap(), "one");
    assert_eq!(next(&mut replies).await.unwrap().unwrap(), "two");
    replies
}

async fn refused(mesh: &Mesh) -> Error {
    let opened = timeout(PATIENCE, mesh.server_stream(call("StreamForever", b""))).await;
    opened.expect("it waits for a place").err().expect("there is a place")
}

fn few(service: &mut ServiceConfig) {
    service.max_stream_connections = NonZeroU16::new(1);
}

fn stream_connections(mesh: &Mesh) -> Vec<usize> {
    mesh.upstream("test.Scripted").unwrap().stream_connections()
}

#[tokio::test]
async fn calls_are_answered_and_streams_have_events_while_more_are_open_than_a_connection_takes() {
    let server = Scripted::limited(2).await;
    let mesh = mesh(&[server.address]);
    let streams = futures::future::join_all((0..7).map(|_| lasting(&mesh))).await;
    for _ in 0..5 {
        assert_eq!(answer(&mesh, call("Echo", b"still")).await.unwrap(), "still");
    }
    assert_eq!(stream_connections(&mesh), [4]);
    drop(streams);
}

#[tokio::test]
async fn one_connection_is_enough_where_the_service_takes_all() {
    let server = Scripted::start().await;
    let mesh = mesh(&[server.address]);
    let streams = futures::future::join_all((0..20).map(|_| lasting(&mesh))).await;
    assert_eq!(stream_connections(&mesh), [1]);
    drop(streams);
}

#[tokio::test]
async fn one_stream_too_many_fails_with_the_name_of_the_setting_until_another_is_over() {
    let server = Scripted::limited(2).await;
    let mesh = mesh_with(&[server.address], few);
    let streams = [lasting(&mesh).await, lasting(&mesh).await];
    let error = refused(&mesh).await;
    assert_eq!(
        (error.code(), error.message()),
        (Code::ResourceExhausted, "too many streams of the service are open")
    );
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        cause.contains("1 connections") && cause.contains("`max_stream_connections`"),
        "{cause}"
    );
    let [_kept, ended] = streams;
    drop(ended);
    drop(lasting(&mesh).await);
}

#[tokio::test]
async fn where_one_endpoint_has_no_place_another_has() {
    let (one, two) = (Scripted::limited(1).await, Scripted::limited(3).await);
    let mesh = mesh_with(&[one.address, two.address], few);
    while mesh.upstream("test.Scripted").unwrap().connected_endpoints() < 2 {
        answer_at_last(&mesh, "Echo").await;
    }
    let mut streams = Vec::new();
    for _ in 0..4 {
        streams.push(lasting(&mesh).await);
    }
    assert_eq!(refused(&mesh).await.code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn a_connection_without_streams_is_closed_after_a_while() {
    let mut server = Scripted::limited(1).await;
    let mesh = mesh_with(&[server.address], |service| {
        // The service lives in another time, and would be late with its answers to pings.
        service.keepalive_interval = Some(Span(Duration::ZERO));
    });
    let (kept, ended) = (lasting(&mesh).await, lasting(&mesh).await);
    assert_eq!(stream_connections(&mesh), [2]);
    drop(ended);
    while !matches!(server.event().await, Event::Cancelled) {}
    tokio::time::pause();
    for _ in 0..3 {
        tokio::time::advance(IDLE_TIMEOUT).await;
        tokio::task::yield_now().await;
    }
    tokio::time::resume();
    assert_eq!(stream_connections(&mesh), [1]);
    assert_eq!(answer(&mesh, call("Echo", b"still")).await.unwrap(), "still");
    drop(kept);
}

#[tokio::test]
async fn streams_of_a_connection_that_breaks_end_and_the_next_one_finds_another() {
    let server = Scripted::limited(1).await;
    let address = server.address;
    let mesh = mesh_with(&[address], few);
    let mut stream = lasting(&mesh).await;
    drop(server);
    let error = next(&mut stream).await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    let _server = Scripted::start_at(address).await;
    answer_at_last(&mesh, "Echo").await;
    drop(lasting(&mesh).await);
}
