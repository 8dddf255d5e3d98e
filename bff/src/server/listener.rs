//! Takes connections, and lets them end: no request is cut while there is time, and there is never more time than agreed.

use std::{io, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{config::Config, stopping::Stopping};

/// Without a file handle for a connection there is no use in asking for the next one at once.
const AFTER_ACCEPT_FAILED: Duration = Duration::from_millis(100);

/// Serves connections on the runtime at hand until `stop` is done, then waits for the requests in flight.
pub(super) async fn serve(
    listener: TcpListener,
    mut connections: Connections,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            stream = accept(&listener) => connections.take(stream),
            () = connections.one_ended() => {}
        }
    }
    drop(listener);
    connections.drain().await;
}

/// The next connection.
pub(super) async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => accept_failed(&error).await,
        }
    }
}

/// Connections that are served by one runtime.
pub(super) struct Connections {
    router: Router,
    header_timeout: Duration,
    drain_timeout: Duration,
    stopping: Stopping,
    graceful: GracefulShutdown,
    tasks: JoinSet<()>,
}

impl Connections {
    pub(super) fn new(router: Router, config: &Config, stopping: &Stopping) -> Self {
        Self {
            router,
            header_timeout: config.header_timeout.0,
            drain_timeout: config.drain_timeout.0,
            stopping: stopping.clone(),
            graceful: GracefulShutdown::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Serves one more.
    pub(super) fn take(&mut self, stream: TcpStream) {
        let (watcher, router, header_timeout) =
            (self.graceful.watcher(), self.router.clone(), self.header_timeout);
        self.tasks.spawn(async move {
            // An answer goes out when it is written, not when there is more of it.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection was lost before it began");
                return;
            }
            let mut builder = auto::Builder::new(TokioExecutor::new());
            builder.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout);
            builder.http2().timer(TokioTimer::new());
            let service = TowerToHyperService::new(router);
            let serving = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
            if let Err(error) = watcher.watch(serving).await {
                tracing::debug!(error, "a connection ended early");
            }
        });
    }

    /// Waits for the end of one: finished connections are not kept. Never done while there is none.
    pub(super) async fn one_ended(&mut self) {
        if self.tasks.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets requests in flight end, for as long as `drain_timeout` says.
    pub(super) async fn drain(mut self) {
        let ended = async { tokio::join!(self.graceful.shutdown(), self.stopping.served()) };
        if timeout(self.drain_timeout, ended).await.is_err() {
            let connections = self.tasks.len();
            tracing::warn!(connections, "time to stop is over; requests are cut");
        }
        self.stopping.cut();
        self.tasks.shutdown().await;
    }
}

async fn accept_failed(error: &io::Error) {
    let of_the_client = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    );
    if !of_the_client {
        tracing::error!(%error, "no connection can be taken now");
        sleep(AFTER_ACCEPT_FAILED).await;
    }
}
