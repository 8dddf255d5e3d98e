//! A client's connection. One that stops to read while something is sent, or that never says what it speaks, does not keep it.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep},
};

use super::http2::Watch;

/// What a client of HTTP/2 says first (RFC 9113, 3.4). As long as all that came is a part of it, nobody knows what the client
/// speaks, and no other timer runs.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long a client may go on to send what was refused. One whose connection is reset while it sends may never read why
/// (RFC 9112, 9.6).
const LINGER: Duration = Duration::from_secs(2);

/// A connection and its place among `server.max_connections`. Who upgrades it to a WebSocket takes over both.
pub(super) struct Socket<S> {
    stream: S,
    watch: Arc<Watch>,
    /// The client may still be sending when the connection is closed.
    lingers: Arc<AtomicBool>,
    send_timeout: Duration,
    waits: Waits,
    /// Of one who waits. It is kept: mostly nobody waits again.
    timer: Pin<Box<Sleep>>,
    _place: Place,
}

/// What the client has to do before the timer rings.
#[derive(Clone, Copy)]
enum Waits {
    Nothing,
    /// It says what it speaks. So many bytes of the preface came.
    ForPreface(usize),
    /// It reads, so that there is room for what is written.
    ForRoom,
    /// It has sent all.
    ForEnd,
}

/// A place that is free again when the connection is gone.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    /// How many connections its thread has.
    open: Arc<AtomicUsize>,
}

impl Place {
    pub(super) fn new(permit: OwnedSemaphorePermit, open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self { _permit: permit, open: Arc::clone(open) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<S> Socket<S> {
    pub(super) fn new(
        stream: S,
        place: Place,
        watch: Arc<Watch>,
        lingers: Arc<AtomicBool>,
        preface_timeout: Duration,
        send_timeout: Duration,
    ) -> Self {
        let (waits, timer) = (Waits::ForPreface(0), Box::pin(sleep(preface_timeout)));
        Self { stream, watch, lingers, send_timeout, waits, timer, _place: place }
    }

    fn heard(&mut self, bytes: &[u8]) {
        let Waits::ForPreface(matched) = self.waits else { return };
        let missing = &PREFACE[matched..];
        if bytes.starts_with(missing) {
            self.watch.begin();
            self.waits = Waits::Nothing;
        } else if missing.starts_with(bytes) {
            self.waits = Waits::ForPreface(matched + bytes.len());
        } else {
            self.waits = Waits::Nothing;
        }
    }

    fn rings(&mut self, context: &mut Context<'_>, of: &'static str) -> Poll<io::Error> {
        let timed_out = || io::Error::new(io::ErrorKind::TimedOut, of);
        self.timer.as_mut().poll(context).map(|()| timed_out())
    }

    /// Every write that is not done at once sets the timer anew, so that only a client which takes nothing at all is cut.
    fn written<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waits = Waits::Nothing;
            return written;
        }
        if !matches!(self.waits, Waits::ForRoom) {
            self.waits = Waits::ForRoom;
            self.timer.as_mut().reset(Instant::now() + self.send_timeout);
        }
        self.rings(context, "the client takes nothing").map(Err)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if !matches!(self.waits, Waits::ForPreface(_)) {
            return read;
        }
        if read.is_pending() {
            return self.rings(context, "the client says nothing").map(Err);
        }
        self.heard(&buffer.filled()[before..]);
        read
    }
}

impl<S: AsyncRead + Unpin> Socket<S> {
    /// Reads what the client still sends, and forgets it.
    fn linger(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !matches!(self.waits, Waits::ForEnd) {
            self.waits = Waits::ForEnd;
            self.timer.as_mut().reset(Instant::now() + LINGER);
        }
        if self.timer.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        loop {
            let mut space = [0; 8 << 10];
            let mut buffer = ReadBuf::new(&mut space);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        if self.lingers.load(Ordering::Relaxed) {
            self.linger(context)
        } else {
            Poll::Ready(Ok(()))
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        sync::Semaphore,
        time::advance,
    };
    use tokio_util::sync::CancellationToken;

    use super::*;

    const PREFACE_TIMEOUT: Duration = Duration::from_secs(10);
    const SEND_TIMEOUT: Duration = Duration::from_secs(30);
    const NEARLY: Duration = Duration::from_millis(29_990);

    /// Both ends of a connection that holds eight bytes on their way.
    async fn socket() -> (Socket<DuplexStream>, DuplexStream) {
        let (server, client) = duplex(8);
        let permit = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
        let place = Place::new(permit, &Arc::default());
        let watch = Arc::new(Watch::new(SEND_TIMEOUT, PREFACE_TIMEOUT, CancellationToken::new()));
        let lingers = Arc::default();
        (Socket::new(server, place, watch, lingers, PREFACE_TIMEOUT, SEND_TIMEOUT), client)
    }

    async fn begun() -> (Socket<DuplexStream>, DuplexStream) {
        let (mut socket, mut client) = socket().await;
        client.write_all(b"GET").await.unwrap();
        socket.read_exact(&mut [0; 3]).await.unwrap();
        (socket, client)
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_cut_and_who_takes_little_is_not() {
        let (mut socket, mut client) = begun().await;
        let writing = tokio::spawn(async move { socket.write_all(&[7; 8 * 5]).await });
        for _ in 0..3 {
            advance(NEARLY).await;
            client.read_exact(&mut [0; 8]).await.unwrap();
        }
        let began = Instant::now();
        let error = writing.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_connection_may_be_quiet_for_ever() {
        let (mut socket, mut client) = begun().await;
        socket.write_all(b"answer").await.unwrap();
        let quiet = Duration::from_secs(1_000_000);
        let reading = tokio::time::timeout(quiet, socket.read_u8()).await;
        assert!(reading.is_err());
        client.read_exact(&mut [0; 6]).await.unwrap();
        socket.write_all(b"more").await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_say_what_it_speaks_is_cut() {
        for said in [&b""[..], b"P", b"PRI *"] {
            let (mut socket, mut client) = socket().await;
            let began = Instant::now();
            client.write_all(said).await.unwrap();
            let error = socket.read_to_end(&mut Vec::new()).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            assert_eq!(began.elapsed().as_secs(), 10);
        }
        for said in [&b"POST"[..], b"PUT", b"PRI * HTTP/1.1"] {
            let (mut socket, mut client) = socket().await;
            let writing = tokio::spawn(async move {
                client.write_all(said).await.unwrap();
                client
            });
            socket.read_exact(&mut vec![0; said.len()]).await.unwrap();
            let client = writing.await.unwrap();
            let patience = tokio::time::timeout(PREFACE_TIMEOUT * 2, socket.read_u8()).await;
            assert!(patience.is_err());
            drop(client);
        }
    }
}
