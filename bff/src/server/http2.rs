//! What connections of HTTP/2 need besides. Their clients say of each answer how much they take, and may take nothing though
//! the connection is well; and between requests no timer runs but this one.

use std::{
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::{
    task::AbortHandle,
    time::{Instant, interval_at},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// Answers go out in pieces, so that it shows whether a client takes them: of as much as clients take without being asked,
/// where they do not say how much that is.
const PIECE: usize = 64 << 10;

/// How many requests a connection may have at a time. Each may hold an answer until its client takes it.
pub(super) const MAX_REQUESTS: u32 = 200;

/// Looks after one connection, from the moment that its client speaks HTTP/2.
pub(super) struct Watch {
    send_timeout: Duration,
    idle_timeout: Duration,
    connection: Arc<Connection>,
    task: OnceLock<AbortOnDropHandle<()>>,
}

struct Connection {
    /// Lets its requests end, and takes no others.
    leave: CancellationToken,
    cut: OnceLock<AbortHandle>,
    /// How many requests ever began, and how many are over.
    begun: AtomicUsize,
    ended: AtomicUsize,
    turn: AtomicUsize,
    /// How many answers wait for the client, by the turn in which it took something of them last, even or odd.
    waiting: [AtomicUsize; 2],
}

/// A request, until the last piece of its answer is taken.
pub(super) struct Attended {
    connection: Arc<Connection>,
    /// The turn from which on the client is waited for.
    waits: Option<usize>,
}

impl Watch {
    pub(super) fn new(
        send_timeout: Duration,
        idle_timeout: Duration,
        leave: CancellationToken,
    ) -> Self {
        let connection = Connection {
            leave,
            cut: OnceLock::new(),
            begun: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            turn: AtomicUsize::new(0),
            waiting: Default::default(),
        };
        let (connection, task) = (Arc::new(connection), OnceLock::new());
        Self { send_timeout, idle_timeout, connection, task }
    }

    /// What is ended where the client takes nothing.
    pub(super) fn cuts(&self, connection: AbortHandle) {
        let _ = self.connection.cut.set(connection);
    }

    /// The client speaks HTTP/2.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub(super) fn begin(&self) {
        let watching = || watch(Arc::clone(&self.connection), self.send_timeout, self.idle_timeout);
        self.task.get_or_init(|| AbortOnDropHandle::new(tokio::spawn(watching())));
    }

    /// One more request.
    pub(super) fn attend(&self) -> Attended {
        self.connection.begun.fetch_add(1, Ordering::Relaxed);
        Attended { connection: Arc::clone(&self.connection), waits: None }
    }
}

/// Ends the connection where an answer waits for the client for the second turn, or where for a turn nothing is asked.
async fn watch(connection: Arc<Connection>, send_timeout: Duration, idle_timeout: Duration) {
    let now = Instant::now();
    let mut sending = interval_at(now + send_timeout, send_timeout);
    let mut idling = interval_at(now + idle_timeout, idle_timeout);
    let (mut begun, mut told) = (0, false);
    loop {
        let cut = tokio::select! {
            _ = sending.tick() => connection.is_stuck(),
            _ = idling.tick() => {
                let before = std::mem::replace(&mut begun, connection.begun.load(Ordering::Relaxed));
                let idle = begun == before && begun == connection.ended.load(Ordering::Relaxed);
                if idle {
                    connection.leave.cancel();
                }
                // One that stays though it was told to leave.
                std::mem::replace(&mut told, idle) && idle
            }
        };
        if cut {
            tracing::debug!("a connection is cut: its client takes nothing, or does not leave");
            connection.cut.get().inspect(|connection| connection.abort());
            return;
        }
    }
}

impl Connection {
    /// Whether something that waited when this turn began waits still; then the next one begins.
    fn is_stuck(&self) -> bool {
        let turn = self.turn.load(Ordering::Relaxed);
        let stuck = self.waiting[(turn + 1) % 2].load(Ordering::Relaxed) > 0;
        self.turn.store(turn + 1, Ordering::Relaxed);
        stuck
    }
}

impl Attended {
    /// Whether the client is waited for from now on.
    fn waits(&mut self, waits: bool) {
        let now = waits.then(|| self.connection.turn.load(Ordering::Relaxed));
        if self.waits == now {
            return;
        }
        if let Some(turn) = now {
            self.connection.waiting[turn % 2].fetch_add(1, Ordering::Relaxed);
        }
        if let Some(turn) = std::mem::replace(&mut self.waits, now) {
            self.connection.waiting[turn % 2].fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        self.waits(false);
        self.connection.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// The body of an answer, in pieces where the connection is one of HTTP/2.
pub(super) struct Answer {
    body: Body,
    /// What has come of the body, and is not taken yet.
    rest: Bytes,
    attended: Option<Attended>,
}

impl Answer {
    pub(super) fn new(body: Body, attended: Option<Attended>) -> Self {
        Self { body, rest: Bytes::new(), attended }
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let Some(attended) = &mut this.attended else {
            return Pin::new(&mut this.body).poll_frame(context);
        };
        // It is asked for more: so the client has taken what there was.
        attended.waits(false);
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                end => return Poll::Ready(end),
            }
        }
        attended.waits(true);
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, body) = (self.rest.len() as u64, self.body.size_hint());
        let mut whole = SizeHint::new();
        whole.set_lower(rest + body.lower());
        if let Some(upper) = body.upper() {
            whole.set_upper(rest + upper);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt, future::poll_fn, stream};
    use http_body::Body as _;
    use tokio::{task::JoinHandle, time::advance};

    use super::*;

    const SEND: Duration = Duration::from_secs(30);
    const IDLE: Duration = Duration::from_secs(60);

    /// A connection, which is a task, and what looks after it.
    fn watched() -> (Watch, CancellationToken, JoinHandle<()>) {
        let leave = CancellationToken::new();
        let watch = Watch::new(SEND, IDLE, leave.clone());
        let connection = tokio::spawn(std::future::pending());
        watch.cuts(connection.abort_handle());
        watch.begin();
        (watch, leave, connection)
    }

    async fn later(span: Duration) {
        for _ in 0..span.as_secs() {
            advance(Duration::from_secs(1)).await;
            tokio::task::yield_now().await;
        }
    }

    fn answer(watch: &Watch, body: impl Into<Body>) -> Pin<Box<Answer>> {
        Box::pin(Answer::new(body.into(), Some(watch.attend())))
    }

    /// The length of the next piece; none where there is no more.
    async fn piece(answer: &mut Pin<Box<Answer>>) -> Option<usize> {
        let frame = poll_fn(|context| answer.as_mut().poll_frame(context)).await?.unwrap();
        Some(frame.into_data().unwrap().len())
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_goes_in_pieces_and_says_how_long_it_is() {
        let (watch, ..) = watched();
        let mut answer = answer(&watch, vec![0; PIECE * 2 + 1]);
        assert_eq!(answer.size_hint().exact(), Some(PIECE as u64 * 2 + 1));
        assert_eq!(piece(&mut answer).await, Some(PIECE));
        assert_eq!(answer.size_hint().exact(), Some(PIECE as u64 + 1));
        assert_eq!(piece(&mut answer).await, Some(PIECE));
        assert!(!answer.is_end_stream());
        assert_eq!(piece(&mut answer).await, Some(1));
        assert!(answer.is_end_stream());
        assert_eq!(piece(&mut answer).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_of_one_answer_is_cut_whatever_else_it_takes() {
        let (watch, _, connection) = watched();
        let mut stuck = answer(&watch, vec![0; PIECE * 2]);
        piece(&mut stuck).await;
        for _ in 0..6 {
            assert!(!connection.is_finished());
            piece(&mut answer(&watch, "small")).await;
            later(SEND / 3).await;
        }
        later(Duration::from_secs(1)).await;
        assert!(connection.await.unwrap_err().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_pieces_now_and_then_is_not_cut() {
        let (watch, _, connection) = watched();
        let mut slow = answer(&watch, vec![0; PIECE * 20]);
        while piece(&mut slow).await.is_some() {
            later(SEND - Duration::from_secs(2)).await;
        }
        assert!(!connection.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_stream_that_waits_for_its_service_keeps_the_connection() {
        let (watch, leave, connection) = watched();
        let events = stream::iter([Ok::<_, std::io::Error>("one")]).chain(stream::pending());
        let mut events = answer(&watch, Body::from_stream(events));
        assert_eq!(piece(&mut events).await, Some(3));
        assert!(futures::poll!(std::pin::pin!(piece(&mut events))).is_pending());
        later((SEND + IDLE) * 3).await;
        assert!(!connection.is_finished() && !leave.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_over_which_nothing_is_asked_is_told_to_leave_and_then_cut() {
        let (watch, leave, connection) = watched();
        later(IDLE - Duration::from_secs(1)).await;
        drop(watch.attend());
        later(IDLE).await;
        assert!(!leave.is_cancelled());
        later(IDLE).await;
        assert!(leave.is_cancelled() && !connection.is_finished());
        later(IDLE).await;
        assert!(connection.is_finished());
    }
}
