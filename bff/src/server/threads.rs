//! Threads that answer requests, each with a runtime and connections of its own: a request stays on one core from its first
//! byte to its last, and no thread waits for another.
//!
//! One listener gives connections away. Listeners that share a port would be one hand-over cheaper a connection, but the
//! kernel spreads few connections unevenly among them, and a second gateway could take the same port by mistake.
//!
//! Threads share calls in flight, so that all runtimes last until no thread has a request left.

use std::{
    io,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::{OwnedSemaphorePermit, mpsc, oneshot},
};
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};

use super::{
    listener::{Connections, Listener},
    socket::Place,
};

/// Connections that a thread has not taken yet.
const WAITING: usize = 256;

/// What each runtime that answers does before it takes requests, with the number of its thread from 1; 0 where there are no threads,
/// and the runtime at hand answers.
pub type OnThread = Arc<dyn Fn(usize) + Send + Sync>;

/// Threads at work. They end when this is dropped, after the requests in flight.
pub(super) struct Threads(Vec<Thread>);

struct Thread {
    streams: mpsc::Sender<(TcpStream, Place)>,
    /// Connections that it has, or is about to have.
    open: Arc<AtomicUsize>,
    ended: oneshot::Receiver<()>,
}

impl Threads {
    pub(super) fn start(
        count: usize,
        connections: impl Fn() -> Connections,
        on_thread: &OnThread,
    ) -> io::Result<Self> {
        // Closed from the beginning: who waits for it waits for all who hold a token.
        let drained = TaskTracker::new();
        drained.close();
        let threads = (1..=count).map(|number| {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let (streams, given) = mpsc::channel(WAITING);
            let (end, ended) = oneshot::channel();
            let connections = connections();
            let open = Arc::clone(connections.open());
            let work = Work { given, connections, answering: drained.token() };
            let on_thread = Arc::clone(on_thread);
            std::thread::Builder::new().name(format!("anabranch-{number}")).spawn(move || {
                run(&runtime, work, || on_thread(number));
                // Nobody may be left to hear it.
                let _ = end.send(());
            })?;
            Ok(Thread { streams, open, ended })
        });
        threads.collect::<io::Result<_>>().map(Self)
    }

    /// Gives connections to the threads until `stop` is done, then waits for the requests in flight.
    pub(super) async fn serve(self, mut listener: Listener, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                (stream, permit) = listener.next() => match stream.into_std() {
                    Ok(stream) => self.give(stream, permit).await,
                    Err(error) => tracing::debug!(%error, "a connection was lost before it began"),
                }
            }
        }
        drop(listener);
        let ends: Vec<_> = self.0.into_iter().map(|thread| thread.ended).collect();
        for end in ends {
            let _ = end.await;
        }
    }

    /// To the thread with the fewest connections.
    async fn give(&self, stream: TcpStream, permit: OwnedSemaphorePermit) {
        let by_load = |thread: &&Thread| thread.open.load(Ordering::Relaxed);
        let Some(thread) = self.0.iter().min_by_key(by_load) else { return };
        let place = Place::new(permit, &thread.open);
        // A thread that panicked takes nothing: its connections are closed, as those that it had.
        let _ = thread.streams.send((stream, place)).await;
    }
}

struct Work {
    given: mpsc::Receiver<(TcpStream, Place)>,
    connections: Connections,
    /// Held until no request is left. A thread that panics lets it go.
    answering: TaskTrackerToken,
}

fn run(runtime: &Runtime, work: Work, on_thread: impl FnOnce()) {
    let Work { mut given, mut connections, answering } = work;
    runtime.block_on(async move {
        on_thread();
        loop {
            tokio::select! {
                given = given.recv() => {
                    let Some((stream, place)) = given else { break };
                    match tokio::net::TcpStream::from_std(stream) {
                        Ok(stream) => connections.take(stream, place),
                        Err(error) => {
                            tracing::debug!(%error, "a connection was lost before it began");
                        }
                    }
                }
                () = connections.one_ended() => {}
            }
        }
        connections.drain().await;
        // A request of another thread may have joined a call or a stream that began here: the runtime, in which it is made, and its
        // connections last as long as any thread answers.
        let all = answering.task_tracker().clone();
        drop(answering);
        all.wait().await;
    });
}
