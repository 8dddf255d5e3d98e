//! Takes connections, and lets them end: no request is cut while there is time, and there is never more time than agreed.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use http::{Request, Response, StatusCode, Version};
use hyper::{
    body::Incoming,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    config::Config,
    http2::{self, Answer, Watch},
    socket::{Place, Socket},
    stopping::Stopping,
};
use crate::tcp;

/// Without a file handle for a connection there is no use in asking for the next one at once.
const AFTER_ACCEPT_FAILED: Duration = Duration::from_millis(100);
/// The log says at most so often that no connection is taken.
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// How many connections may wait with the system until they are taken, unless it allows fewer. Of those beyond it drops the first
/// packet, which clients send again after a second: after a restart all of them come back at once.
const WAITING: u32 = 4096;

/// Takes the address, and lets connections come.
pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Connections of one that stopped may still be ending. Elsewhere this would let two listen at one address.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    socket.listen(WAITING)
}

/// Serves connections on the runtime at hand until `stop` is done, then waits for the requests in flight.
pub(super) async fn serve(
    mut listener: Listener,
    mut connections: Connections,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            (stream, permit) = listener.next() => {
                connections.take(stream, Place::new(permit, &connections.open));
            }
            () = connections.one_ended() => {}
        }
    }
    drop(listener);
    connections.drain().await;
}

/// Where connections come in, as many as there are places for.
pub(super) struct Listener {
    listener: TcpListener,
    places: Arc<Semaphore>,
    most: usize,
    /// When the log was last told that no connection is taken.
    told: Option<Instant>,
}

impl Listener {
    pub(super) fn new(listener: TcpListener, config: &Config) -> Self {
        let most = config.max_connections.min(Semaphore::MAX_PERMITS);
        Self { listener, places: Arc::new(Semaphore::new(most)), most, told: None }
    }

    /// The next connection. Without a place it stays with the system, where as many wait as its queue holds.
    pub(super) async fn next(&mut self) -> (TcpStream, OwnedSemaphorePermit) {
        let permit = self.place().await;
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return (stream, permit),
                Err(error) if of_the_client(&error) => {}
                Err(error) => {
                    if self.tells() {
                        tracing::error!(%error, "no connection can be taken now");
                    }
                    sleep(AFTER_ACCEPT_FAILED).await;
                }
            }
        }
    }

    async fn place(&mut self) -> OwnedSemaphorePermit {
        if self.places.available_permits() == 0 && self.tells() {
            let max_connections = self.most;
            tracing::warn!(
                max_connections,
                "as many connections are open as may be; others wait until one ends"
            );
        }
        let place = Arc::clone(&self.places).acquire_owned().await;
        place.expect("the places are never closed")
    }

    fn tells(&mut self) -> bool {
        let tells = self.told.is_none_or(|told| told.elapsed() >= TOLD_AGAIN_AFTER);
        if tells {
            self.told = Some(Instant::now());
        }
        tells
    }
}

fn of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}

/// Connections that are served by one runtime.
pub(super) struct Connections {
    router: Router,
    header_timeout: Duration,
    send_timeout: Duration,
    idle_timeout: Duration,
    drain_timeout: Duration,
    stopping: Stopping,
    /// Lets requests end, and takes no others.
    leave: CancellationToken,
    open: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

impl Connections {
    pub(super) fn new(router: Router, config: &Config, stopping: &Stopping) -> Self {
        Self {
            router,
            header_timeout: config.header_timeout.0,
            send_timeout: config.send_timeout.0,
            idle_timeout: config.idle_timeout.0,
            drain_timeout: config.drain_timeout.0,
            stopping: stopping.clone(),
            leave: CancellationToken::new(),
            open: Arc::default(),
            tasks: JoinSet::new(),
        }
    }

    /// How many it has, those that became WebSockets included.
    pub(super) fn open(&self) -> &Arc<AtomicUsize> {
        &self.open
    }

    /// Serves one more.
    pub(super) fn take(&mut self, stream: TcpStream, place: Place) {
        // An answer goes out when it is written, not when there is more of it.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection was lost before it began");
            return;
        }
        tcp::ends_unanswered(&stream, self.send_timeout);
        let leave = self.leave.child_token();
        let watch = Arc::new(Watch::new(self.send_timeout, self.idle_timeout, leave.clone()));
        let lingers = Arc::<AtomicBool>::default();
        let socket = Socket::new(
            stream,
            place,
            Arc::clone(&watch),
            Arc::clone(&lingers),
            self.header_timeout,
            self.send_timeout,
        );
        let builder = builder(self.header_timeout);
        let service = service(self.router.clone(), Arc::clone(&watch), lingers);
        let serving = serve_connection(builder, socket, service, leave);
        watch.cuts(self.tasks.spawn(serving));
    }

    /// Waits for the end of one: finished connections are not kept. Never done while there is none.
    pub(super) async fn one_ended(&mut self) {
        if self.tasks.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets requests in flight end, for as long as `drain_timeout` says.
    pub(super) async fn drain(mut self) {
        self.leave.cancel();
        let ended = async {
            while self.tasks.join_next().await.is_some() {}
            self.stopping.served().await;
        };
        if timeout(self.drain_timeout, ended).await.is_err() {
            let connections = self.tasks.len();
            tracing::warn!(connections, "time to stop is over; requests are cut");
        }
        self.stopping.cut();
        self.tasks.shutdown().await;
    }
}

fn builder(header_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(http2::MAX_REQUESTS);
    builder
}

/// The router, as one connection sees it.
fn service(
    router: Router,
    watch: Arc<Watch>,
    lingers: Arc<AtomicBool>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<Answer>,
    Error = Infallible,
    Future = impl Future<Output = Result<Response<Answer>, Infallible>> + Send + 'static,
> {
    let router = TowerToHyperService::new(router);
    service_fn(move |request: Request<Incoming>| {
        let attended = (request.version() == Version::HTTP_2).then(|| watch.attend());
        let (answering, lingers) = (router.call(request), Arc::clone(&lingers));
        async move {
            let response = answering.await?;
            if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
                lingers.store(true, Ordering::Relaxed);
            }
            Ok(response.map(|body| Answer::new(body, attended)))
        }
    })
}

async fn serve_connection<F>(
    builder: auto::Builder<TokioExecutor>,
    socket: Socket<TcpStream>,
    service: impl Service<
        Request<Incoming>,
        Response = Response<Answer>,
        Error = Infallible,
        Future = F,
    >,
    leave: CancellationToken,
) where
    F: Future<Output = Result<Response<Answer>, Infallible>> + Send + 'static,
{
    let serving = builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        biased;
        ended = &mut serving => ended,
        () = leave.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, "a connection ended early");
    }
}
