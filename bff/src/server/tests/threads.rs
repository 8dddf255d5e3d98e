//! Requests that threads of their own answer.

use std::{collections::BTreeMap, num::NonZeroU16};

use futures::{FutureExt, future::BoxFuture};
use prost::Message;
use tokio::sync::{Semaphore, mpsc};

use super::{graph::Text, sse::Events, *};
use crate::call::{Call, Replies, Reply};

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

/// A service that tells of each call, and answers `stall` when it is let.
struct Gate {
    called: mpsc::UnboundedSender<String>,
    open: Semaphore,
}

struct Shut(Arc<Gate>);

impl CallService for Shut {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply>> {
        let gate = Arc::clone(&self.0);
        async move {
            gate.called.send(call.method.name.clone()).unwrap();
            // As a connection is, it is a task of the runtime in which the call began.
            let waiting = tokio::spawn(async move {
                if call.method.name == "stall" {
                    let _open = gate.open.acquire().await.unwrap();
                }
            });
            let broken = |_| Error::new(Code::Unavailable, "the connection broke");
            waiting.await.map_err(broken)?;
            Ok(Reply { message: Text { text: "late".to_owned() }.encode_to_vec().into() })
        }
        .boxed()
    }

    fn server_stream(&self, _: Call) -> BoxFuture<'static, Result<Replies>> {
        unreachable!("nobody subscribes")
    }
}

#[tokio::test]
async fn who_joined_a_call_of_another_thread_is_answered_though_that_thread_has_nothing_left_to_do()
{
    let (called, mut calls) = mpsc::unbounded_channel();
    let gate = Arc::new(Gate { called, open: Semaphore::new(0) });
    let mut contract = graph::contract();
    contract.methods.iter_mut().for_each(|method| method.shareable = method.name == "stall");
    let contract = Arc::new(contract);
    let answering = Arc::new(Shut(Arc::clone(&gate)));
    let executor = executor::Config::default();
    let executor = Executor::new(&contract, answering, Vec::new(), &executor).unwrap();
    let front = Front::new(contract, Arc::new(executor), graphql::Config::default(), None).unwrap();
    let long = crate::units::Span(PATIENCE * 10);
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        threads: NonZeroU16::new(2),
        default_timeout: long,
        max_timeout: long,
        drain_timeout: long,
        ..Config::default()
    };
    let server = Server::bind(config, front, Mocking::Ignored, Vec::new()).await.unwrap();
    let mut server = Running::serve(server, Arc::default());

    // Each to the thread with the fewest: the first and the third to one, the second to another.
    let mut first = connect(&server).await;
    let beginning = tokio::spawn(first.send_request(post().body(full(STALL)).unwrap()));
    assert_eq!(soon(calls.recv()).await.unwrap(), "stall");
    let mut second = connect(&server).await;
    let both = post().body(full(r#"{"query":"{stall a}"}"#)).unwrap();
    let mut joining = tokio::spawn(second.send_request(both));
    assert_eq!(soon(calls.recv()).await.unwrap(), "a");
    let mut third = connect(&server).await;
    let other = post().body(full(r#"{"query":"{b: a}"}"#)).unwrap();
    assert_eq!(soon(third.send_request(other)).await.unwrap().status(), 200);
    assert_eq!(soon(calls.recv()).await.unwrap(), "a");

    beginning.abort();
    drop(first);
    server.stop.take().unwrap().send(()).unwrap();
    let told_to_leave = async {
        while !third.is_closed() {
            tokio::task::yield_now().await;
        }
    };
    soon(told_to_leave).await;
    let early = timeout(Duration::from_millis(50), &mut joining).await;
    assert!(early.is_err(), "{early:?}");
    gate.open.add_permits(1);
    let body = soon(joining).await.unwrap().unwrap().into_body();
    let body = soon(body.collect()).await.unwrap().to_bytes();
    assert_eq!(body, r#"{"data":{"stall":"late","a":"late"}}"#);
    assert_eq!(calls.try_recv().ok(), None, "a call too many");
    soon(&mut server.serving).await.unwrap();
}
