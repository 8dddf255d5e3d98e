//! Which endpoint is asked, and what happens while there is none.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    service::{Scripted, refusing},
    wire::{Script, Wire},
    *,
};
use crate::call::Unreached;

/// Calls until every live server has been asked once, so that all connections are up.
async fn connect_all(mesh: &Mesh, servers: &mut [&mut Scripted]) {
    let connecting = async {
        let mut missing: Vec<_> = (0..servers.len()).collect();
        while !missing.is_empty() {
            answer_at_last(mesh, "Echo").await;
            missing.retain(|&index| servers[index].calls() == 0);
        }
    };
    timeout(PATIENCE, connecting).await.expect("some endpoint gets no call");
    for server in servers {
        server.calls();
    }
}

#[tokio::test]
async fn connected_endpoints_are_asked_in_turn() {
    let (mut one, mut two) = (Scripted::start().await, Scripted::start().await);
    let mesh = mesh(&[one.address, two.address]);
    connect_all(&mesh, &mut [&mut one, &mut two]).await;
    for _ in 0..20 {
        answer(&mesh, call("Echo", b"")).await.unwrap();
    }
    assert_eq!((one.calls(), two.calls()), (10, 10));
}

#[tokio::test]
async fn endpoints_that_refuse_get_no_call_while_others_are_connected() {
    let (mut one, mut two) = (Scripted::start().await, Scripted::start().await);
    let [first, second] = [refusing(), refusing()];
    let mesh = mesh(&[first.1, one.address, second.1, two.address]);
    connect_all(&mesh, &mut [&mut one, &mut two]).await;
    for _ in 0..100 {
        answer(&mesh, call("Echo", b"")).await.unwrap();
    }
    assert_eq!((one.calls(), two.calls()), (50, 50));
}

#[tokio::test]
async fn an_endpoint_that_accepts_and_says_nothing_gets_no_call() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut server = Scripted::start().await;
    let mesh = mesh(&[mute.local_addr().unwrap(), server.address]);
    connect_all(&mesh, &mut [&mut server]).await;
    for _ in 0..20 {
        answer(&mesh, call("Echo", b"")).await.unwrap();
    }
    assert_eq!(server.calls(), 20);
}

#[tokio::test]
async fn a_service_that_is_down_fails_at_once() {
    let (_taken, address) = refusing();
    let mesh = mesh(&[address]);
    let started = Instant::now();
    for _ in 0..10 {
        let error = answer(&mesh, call("Echo", b"")).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable);
        assert_eq!(error.message(), "the service cannot be reached");
    }
    assert!(started.elapsed() < PATIENCE / 4, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_slow_first_connection_is_waited_for_only_so_long() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let wait = Duration::from_millis(50);
    let mesh = mesh_with(&[mute.local_addr().unwrap()], |service| {
        service.connect_wait = Some(crate::units::Span(wait));
    });
    let started = Instant::now();
    let error = answer(&mesh, call("Echo", b"")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(started.elapsed() >= wait && started.elapsed() < PATIENCE / 2);
}

#[tokio::test]
async fn nobody_waits_for_a_connection_beyond_the_deadline() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mesh = mesh_with(&[mute.local_addr().unwrap()], |service| {
        service.connect_wait = Some(crate::units::Span(PATIENCE));
        service.connect_timeout = Some(crate::units::Span(PATIENCE));
    });
    let started = Instant::now();
    let error =
        answer(&mesh, call_within("Echo", b"", Duration::from_millis(50))).await.unwrap_err();
    assert!(matches!(error.code(), Code::DeadlineExceeded | Code::Unavailable));
    assert!(started.elapsed() < PATIENCE / 2);
}

#[tokio::test]
async fn the_first_call_waits_for_the_first_connection() {
    let server = Scripted::start().await;
    let mesh = mesh_with(&[server.address], |service| {
        service.connect_wait = Some(crate::units::Span(PATIENCE));
    });
    assert_eq!(answer(&mesh, call("Echo", b"first")).await.unwrap(), "first");
}

#[tokio::test]
async fn a_service_that_comes_later_is_found() {
    let (taken, address) = refusing();
    let mesh = mesh(&[address]);
    assert_eq!(answer(&mesh, call("Echo", b"")).await.unwrap_err().code(), Code::Unavailable);
    drop(taken);
    let _server = Scripted::start_at(address).await;
    assert_eq!(answer_at_last(&mesh, "Echo").await, "again");
}

#[tokio::test]
async fn a_service_that_restarts_is_found_again() {
    let server = Scripted::start().await;
    let (address, mesh) = (server.address, mesh(&[server.address]));
    assert_eq!(answer_at_last(&mesh, "Echo").await, "again");
    drop(server);
    let _server = Scripted::start_at(address).await;
    assert_eq!(answer_at_last(&mesh, "Echo").await, "again");
}

#[tokio::test]
async fn who_waits_for_a_service_is_told_of_its_next_connection_and_of_none_before() {
    let server = Scripted::start().await;
    let (address, mesh) = (server.address, mesh(&[server.address]));
    assert_eq!(answer_at_last(&mesh, "Echo").await, "again");
    let method = call("Echo", b"").method;
    let mut told = futures::future::join_all((0..100).map(|_| mesh.reconnected(&method)));
    drop(server);
    while answer(&mesh, call("Echo", b"")).await.is_ok() {}
    let early = timeout(Duration::from_millis(50), &mut told).await;
    assert!(early.is_err(), "it is told though nobody is there");
    let _server = Scripted::start_at(address).await;
    timeout(PATIENCE, told).await.expect("nobody is told");
    assert_eq!(answer(&mesh, call("Echo", b"still")).await.unwrap(), "still");
}

#[tokio::test]
async fn that_nobody_could_be_asked_is_told_apart() {
    let (_taken, address) = refusing();
    let mesh = mesh(&[address]);
    let unary = answer(&mesh, call("Echo", b"")).await.unwrap_err();
    let streamed = mesh.server_stream(call("StreamTwo", b"")).await.err().unwrap();
    for error in [unary, streamed] {
        assert!(Unreached::is_cause_of(&error), "{error:?}");
    }
    let server = Scripted::start().await;
    let mesh = mesh_with(&[server.address], |_| {});
    let refused = answer(&mesh, call("Refuse", b"")).await.unwrap_err();
    assert!(!Unreached::is_cause_of(&refused), "{refused:?}");
}

#[tokio::test]
async fn the_most_specific_entry_says_where_a_service_is() {
    let server = Scripted::start().await;
    let entry = |address: SocketAddr| ServiceConfig {
        endpoints: Some(vec![format!("http://{address}").parse().unwrap()]),
        ..ServiceConfig::default()
    };
    let (_taken, dead) = refusing();
    let services = [
        ("*".to_owned(), entry(dead)),
        ("test.*".to_owned(), entry(server.address)),
        ("test.Scripted.*".to_owned(), entry(dead)),
    ];
    let mesh = Mesh::new(&Config { services: services.into() }, 0);
    assert_eq!(answer_at_last(&mesh, "Echo").await, "again");
    assert!(mesh.knows("any.Other"));
    assert!(mesh.knows("NoPackage"));
}

#[test]
fn settings_come_from_the_narrowest_entry_that_has_them() {
    let size = |bytes| Some(crate::units::ByteSize(bytes));
    let services = [
        (
            "*",
            ServiceConfig {
                max_request_size: size(1),
                max_response_size: size(1),
                ..Default::default()
            },
        ),
        ("a.*", ServiceConfig { max_response_size: size(2), ..Default::default() }),
        ("a.b.C", ServiceConfig::default()),
    ];
    let services = services.map(|(name, entry)| (name.to_owned(), entry)).into();
    let settings = Config { services }.settings("a.b.C");
    assert_eq!((settings.max_request_size.0, settings.max_response_size.0), (1, 2));
}

#[test]
fn an_endpoint_is_a_host_and_a_port() {
    let check = |text: &str, outcome: Result<&str, &str>| {
        let found = text.parse::<Endpoint>();
        let found = found.as_ref().map(ToString::to_string).map_err(ToString::to_string);
        assert_eq!(found, outcome.map(str::to_owned).map_err(str::to_owned));
    };
    check("http://127.0.0.1:50052", Ok("http://127.0.0.1:50052"));
    check("http://[::1]:50052/", Ok("http://[::1]:50052"));
    check(
        "https://a:1",
        Err("`https://a:1` needs TLS, which is not supported yet; write `http://HOST:PORT`"),
    );
    check("a:1", Err("`a:1` has no scheme; write `http://HOST:PORT`"));
    check(
        "http://a:1/b",
        Err("`http://a:1/b` has a path, which no gRPC call can have; write `http://HOST:PORT`"),
    );
    check(
        "http://a b",
        Err("`http://a b` is not the address of an endpoint; write `http://HOST:PORT`"),
    );
}

#[tokio::test]
async fn a_connection_that_is_going_away_ends_its_calls_and_gets_no_new_ones() {
    let script = Script::grpc(&[b"\0\0\0\0\x03old"], &[("grpc-status", "0")]);
    let (leave, released) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let leaving = Wire::leaving(script, Arc::clone(&leave), Arc::clone(&released)).await;
    let mesh = mesh_with(&[leaving.address], |service| {
        service.connect_wait = Some(crate::units::Span(PATIENCE));
    });
    let in_flight = tokio::spawn(mesh.unary(call("Any", b"")));
    timeout(PATIENCE, leaving.asked.notified()).await.unwrap();
    leave.notify_one();
    // The endpoint takes a second connection, which this call waits for; the first one still has its call.
    timeout(PATIENCE, leaving.left.notified()).await.unwrap();
    let second = tokio::spawn(mesh.unary(call("Any", b"")));
    timeout(PATIENCE, leaving.asked.notified()).await.unwrap();
    released.notify_waiters();
    let first = timeout(PATIENCE, in_flight).await.unwrap().unwrap();
    assert_eq!(first.unwrap().message, "old");
    let second = timeout(PATIENCE, second).await.unwrap().unwrap();
    assert_eq!(second.unwrap().message, "old");
}

#[tokio::test]
async fn a_host_that_is_gone_without_a_word_is_found_out_by_pings() {
    let mut server = Scripted::start().await;
    let cut = Arc::new(Notify::new());
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = proxy.local_addr().unwrap();
    let (target, cutting) = (server.address, Arc::clone(&cut));
    let _proxy = AbortOnDropHandle::new(tokio::spawn(async move {
        let (mut from, _) = proxy.accept().await.unwrap();
        let mut to = TcpStream::connect(target).await.unwrap();
        tokio::select! {
            _ = copy_bidirectional(&mut from, &mut to) => {}
            () = cutting.notified() => {}
        }
        // Both connections stay open, and nothing passes any more.
        std::future::pending::<()>().await;
        drop((from, to));
    }));
    let mesh = mesh_with(&[address], |service| {
        service.connect_wait = Some(crate::units::Span(PATIENCE));
        service.keepalive_interval = Some(crate::units::Span(Duration::from_millis(50)));
        service.keepalive_timeout = Some(crate::units::Span(Duration::from_millis(50)));
    });
    let waiting = tokio::spawn(mesh.unary(call("Stall", b"")));
    server.called().await;
    cut.notify_one();
    let error = timeout(PATIENCE / 2, waiting).await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
}

#[tokio::test]
async fn each_thread_connects_for_itself() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let service = ServiceConfig { endpoints: Some(vec![endpoint]), ..ServiceConfig::default() };
    let config = Config { services: [("test.Scripted".to_owned(), service)].into() };
    let mesh = Arc::new(Mesh::new(&config, 2));
    let mut connections = Vec::new();
    let mut threads = Vec::new();
    for number in [1, 2] {
        let mesh = Arc::clone(&mesh);
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        threads.push(end);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                mesh.on_thread(number);
                mesh.on_thread(number);
                let _ = ended.await;
            });
        });
        let accepted = timeout(PATIENCE, listener.accept()).await;
        connections.push(accepted.expect("the thread does not connect").unwrap());
    }
    let another = timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(another.is_err(), "two threads have three connections");
}
