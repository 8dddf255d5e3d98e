//! The task that drives a connection: it reads and writes, follows what the service takes, and asks whether a silent host is
//! alive. It outlives those who connected, for requests that are still in flight.

use std::{
    future::{Future, poll_fn},
    io,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::FutureExt;
use h2::{
    Ping, PingPong,
    client::{Connection, SendRequest},
};
use tokio::{
    net::TcpStream,
    sync::oneshot,
    time::{Instant, sleep_until, timeout},
};

use super::{config::Settings, heard::Heard, noted::Noted};

type Wire = Connection<Heard<TcpStream>, Bytes>;

/// Waits until the service has said how much it takes: a proxy accepts for a service that is not there, and a hung process
/// by its kernel.
pub(super) async fn settle(wire: &mut Wire) -> io::Result<()> {
    poll_fn(|context| match wire.poll_unpin(context) {
        Poll::Ready(Ok(())) => Poll::Ready(Err(io::Error::other("the service ended it"))),
        Poll::Ready(Err(error)) => Poll::Ready(Err(io::Error::other(error))),
        Poll::Pending if wire.max_concurrent_send_streams() == 0 => Poll::Pending,
        Poll::Pending => Poll::Ready(Ok(())),
    })
    .await
}

/// Drives a connection to its end. What is returned says why it takes no more requests; when nobody waits for that any
/// more, the connection ends with its last request.
pub(super) fn start(
    mut wire: Wire,
    sender: SendRequest<Bytes>,
    noted: Arc<Noted>,
    settings: &Settings,
) -> impl Future<Output = String> + Send + use<> {
    let (told, reason) = oneshot::channel();
    let (sender, told) = (Some(sender), Some(told));
    let mut follower = Follower { sender, noted: Arc::clone(&noted), told, owed: 0 };
    follower.take_settings(&wire);
    let (interval, patience) = (settings.keepalive_interval.0, settings.keepalive_timeout.0);
    let pings = wire.ping_pong().filter(|_| !interval.is_zero());
    tokio::spawn(async move {
        let mut gone = pin!(async {
            match pings {
                Some(pings) => unanswered(pings, &noted, interval, patience).await,
                None => std::future::pending().await,
            }
        });
        let why = poll_fn(|context| {
            let ended = wire.poll_unpin(context);
            follower.take_settings(&wire);
            follower.look(context);
            match ended {
                Poll::Ready(Ok(())) => Poll::Ready("the service ended it".to_owned()),
                Poll::Ready(Err(error)) => Poll::Ready(error.to_string()),
                Poll::Pending => gone
                    .as_mut()
                    .poll(context)
                    .map(|()| format!("a ping was not answered within {patience:?}")),
            }
        });
        let why = why.await;
        follower.tell(why);
    });
    reason.map(|reason| reason.unwrap_or_else(|_| "the runtime ended".to_owned()))
}

/// Follows what a connection takes.
struct Follower {
    /// Keeps the connection open.
    sender: Option<SendRequest<Bytes>>,
    noted: Arc<Noted>,
    told: Option<oneshot::Sender<String>>,
    /// See [`Noted::set_max_streams`].
    owed: usize,
}

impl Follower {
    fn take_settings(&mut self, wire: &Wire) {
        self.noted.set_max_streams(wire.max_concurrent_send_streams(), &mut self.owed);
    }

    /// Notices that the service says goodbye, though requests in flight go on; and that nobody needs the connection.
    fn look(&mut self, context: &mut Context<'_>) {
        let Some(sender) = &mut self.sender else { return };
        if let Poll::Ready(Err(error)) = sender.poll_ready(context) {
            self.sender = None;
            let is_well = error.reason() == Some(h2::Reason::NO_ERROR);
            self.tell(if is_well {
                "the service says goodbye".to_owned()
            } else {
                error.to_string()
            });
        } else if self.told.as_mut().is_none_or(|told| told.poll_closed(context).is_ready()) {
            self.sender = None;
        }
    }

    fn tell(&mut self, why: String) {
        self.noted.close();
        if let Some(told) = self.told.take() {
            // Nobody keeps the connection any more.
            let _ = told.send(why);
        }
    }
}

/// Asks whether the host is alive when requests wait and nothing has come for the interval, and ends when a ping is not
/// answered in time.
async fn unanswered(mut pings: PingPong, noted: &Noted, interval: Duration, patience: Duration) {
    loop {
        let due = noted.silent_since() + interval;
        if Instant::now() < due {
            sleep_until(due).await;
            continue;
        }
        match timeout(patience, pings.ping(Ping::opaque())).await {
            // The answer is something that came.
            Ok(Ok(_)) => {}
            // The connection itself says why.
            Ok(Err(_)) => return std::future::pending().await,
            Err(_) => return,
        }
    }
}
