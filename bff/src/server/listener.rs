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

/// Serves connections until `stop` is done, then waits for the requests in flight as long as `drain_timeout` says.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    config: &Config,
    stopping: &Stopping,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let connection = connection(stream, &router, config, &graceful);
                    connections.spawn(connection);
                }
                Err(error) => accept_failed(&error).await,
            },
            // Finished connections are not kept.
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let ended = async { tokio::join!(graceful.shutdown(), stopping.served()) };
    if timeout(config.drain_timeout.0, ended).await.is_err() {
        tracing::warn!(connections = connections.len(), "time to stop is over; requests are cut");
    }
    stopping.cut();
    connections.shutdown().await;
}

fn connection(
    stream: TcpStream,
    router: &Router,
    config: &Config,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + 'static {
    let (watcher, router, header_timeout) =
        (graceful.watcher(), router.clone(), config.header_timeout.0);
    async move {
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
