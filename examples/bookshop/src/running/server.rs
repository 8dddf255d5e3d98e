//! One listener and its connections, which can be stopped gently or at once.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::instrument::Instrumented;

/// Calls under way get this long when a service is stopped gently.
const GRACE: Duration = Duration::from_secs(2);

/// A service that takes calls. Dropped, it is killed.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    // The connections live inside this task: when it is aborted they break.
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) async fn start(address: SocketAddr, service: Instrumented) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let accepting = tokio::spawn(accept(listener, service, stop.clone()));
        Ok(Self { address, stop, accepting: Some(accepting) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        if let Some(accepting) = &mut self.accepting
            && tokio::time::timeout(GRACE, accepting).await.is_ok()
        {
            self.accepting = None;
        }
    }

    pub(super) async fn kill(mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            // The listener and all connections are closed when the task is gone. It was aborted: an error is expected.
            let _aborted = accepting.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

async fn accept(listener: TcpListener, service: Instrumented, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => {
                // A connection that broke before it was accepted is its client's business.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, service.clone(), stop.clone()));
                }
            }
            Some(_ended) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve(stream: TcpStream, service: Instrumented, stop: CancellationToken) {
    // Small answers should not wait for more to come. Where it cannot be set they do, and nothing else changes.
    let _unset = stream.set_nodelay(true);
    let connection =
        http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // How a connection ended is seen by its client.
    tokio::select! {
        _ended = &mut connection => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ended = connection.await;
        }
    }
}
