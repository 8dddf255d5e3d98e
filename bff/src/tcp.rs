//! Connections whose other end vanishes without a word: a cable that is pulled, a host that loses its power. What is written to
//! them fits into the kernel's buffers, which would send it again for a quarter of an hour.

use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// Lets the kernel end the connection where for so long the other end confirms nothing that is sent to it, or leaves no room
/// for it. Of one over which nothing is sent the kernel asks whether it is there still, so that it ends in about the same time.
/// The first holds on Linux alone: elsewhere the kernel has a time of its own.
///
/// Source: RFC 5482; `TCP_USER_TIMEOUT` and `TCP_KEEPIDLE` in `tcp(7)`.
pub(crate) fn ends_unanswered(stream: &TcpStream, timeout: Duration) {
    let socket = SockRef::from(stream);
    let set = || {
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(timeout))?;
        let (silence, interval) = (seconds(timeout / 2), seconds(timeout / 6));
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(silence).with_interval(interval))
    };
    // It is well without, but for hosts that vanish.
    if let Err(error) = set() {
        tracing::debug!(%error, "a connection would not end where its other end vanishes");
    }
}

/// The kernel counts these in whole seconds, and takes no 0.
fn seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs().max(1))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn check(timeout: Duration, keepalive: (u64, u64)) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        ends_unanswered(&stream, timeout);
        let socket = SockRef::from(&stream);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(timeout));
        assert!(socket.keepalive().unwrap());
        let times =
            (socket.tcp_keepalive_time().unwrap(), socket.tcp_keepalive_interval().unwrap());
        assert_eq!((times.0.as_secs(), times.1.as_secs()), keepalive);
    }

    #[tokio::test]
    async fn the_kernel_knows_how_long_it_waits() {
        check(Duration::from_secs(30), (15, 5)).await;
        check(Duration::from_millis(15_500), (7, 2)).await;
        check(Duration::from_millis(100), (1, 1)).await;
    }
}
