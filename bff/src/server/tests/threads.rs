//! Requests that threads of their own answer.

use std::{collections::BTreeMap, num::NonZeroU16};

use super::{sse::Events, *};

const STALL: &str = r#"{"query":"{stall}"}"#;
const DRAIN: Duration = Duration::from_millis(50);

async fn on_threads(count: u16) -> Running {
    let long = crate::units::Span(PATIENCE * 10);
    let change = |config: &mut Config| {
        config.threads = NonZeroU16::new(count);
        config.default_timeout = long;
        config.max_timeout = long;
        config.drain_timeout = crate::units::Span(DRAIN);
    };
    Running::start_with(change, Vec::new()).await
}

async fn connect(server: &Running) -> http1::SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn ask(connection: &mut http1::SendRequest<Full<Bytes>>) {
    let request = post().body(full(r#"{"query":"{a}"}"#)).unwrap();
    let answer = timeout(PATIENCE, connection.send_request(request)).await;
    let body = answer.expect("there is no answer").unwrap().into_body();
    assert_eq!(body.collect().await.unwrap().to_bytes(), r#"{"data":{"a":"ü"}}"#);
}

#[tokio::test]
async fn connections_are_spread_evenly_and_each_stays_on_its_thread() {
    let server = on_threads(3).await;
    let mut connections = Vec::new();
    for _ in 0..6 {
        let mut connection = connect(&server).await;
        ask(&mut connection).await;
        ask(&mut connection).await;
        connections.push(connection);
    }
    let mut calls = BTreeMap::new();
    for thread in server.service.threads() {
        *calls.entry(thread).or_insert(0) += 1;
    }
    let expected = [1, 2, 3].map(|number| (format!("anabranch-{number}"), 4));
    assert_eq!(calls, expected.into());
}

#[tokio::test]
async fn subscriptions_on_two_threads_share_a_stream_whichever_of_them_opened_it() {
    let server = on_threads(2).await;
    // A second one that was opened would find none.
    let beats = server.service.offer_stream();
    let subscribe =
        || Events::post(&server, "text/event-stream", r#"{"query":"subscription { beats }"}"#);
    let (mut first, mut second) = (subscribe().await, subscribe().await);
    let told = |text: &str| format!("event: next\ndata: {{\"data\":{{\"beats\":\"{text}\"}}}}\n\n");
    beats.send("one".to_owned()).await.unwrap();
    first.check(&told("one")).await;
    second.check(&told("one")).await;
    drop(first);
    beats.send("two".to_owned()).await.unwrap();
    second.check(&told("two")).await;
    drop(second);
    soon(beats.closed()).await;
}

#[tokio::test]
async fn each_thread_is_told_its_number_before_it_answers() {
    let service = Arc::new(Service::default());
    let listen = "127.0.0.1:0".parse().unwrap();
    let config = Config { listen, threads: NonZeroU16::new(2), ..Config::default() };
    let server = Server::bind(config, front(&service), Mocking::Ignored, Vec::new()).await.unwrap();
    let (told, numbers) = std::sync::mpsc::channel();
    let server = server.on_thread(Arc::new(move |number| told.send(number).unwrap()));
    server.serve(std::future::ready(())).await.unwrap();
    let mut numbers: Vec<usize> = numbers.try_iter().collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2]);
}

#[tokio::test]
async fn idle_connections_end_at_once_and_requests_in_flight_have_their_time() {
    let mut server = on_threads(2).await;
    let mut idle = connect(&server).await;
    ask(&mut idle).await;
    let (began, dropped) = server.service.expect_stall();
    let mut busy = connect(&server).await;
    let asking = tokio::spawn(busy.send_request(post().body(full(STALL)).unwrap()));
    timeout(PATIENCE, began).await.expect("it does not begin").unwrap();
    let stopped = tokio::time::Instant::now();
    server.stop.take().unwrap().send(()).unwrap();
    timeout(PATIENCE, &mut server.serving).await.expect("it does not stop").unwrap();
    assert!(stopped.elapsed() >= DRAIN);
    timeout(PATIENCE, dropped).await.expect("it is not cut").unwrap();
    assert!(asking.await.unwrap().is_err());
    assert!(TcpStream::connect(server.address).await.is_err());
}
