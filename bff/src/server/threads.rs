//! Threads that answer requests, each with a runtime and connections of its own: a request stays on one core from its first
//! byte to its last, and no thread waits for another.
//!
//! One listener gives connections away. Listeners that share a port would be one hand-over cheaper a connection, but the
//! kernel spreads few connections unevenly among them, and a second gateway could take the same port by mistake.

use std::{
    io,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::{mpsc, oneshot},
};

use super::listener::{self, Connections};

/// Connections that a thread has not taken yet.
const WAITING: usize = 256;

/// What each thread does before it answers, with its number from 1.
pub type OnThread = Arc<dyn Fn(usize) + Send + Sync>;

/// Threads at work. They end when this is dropped, after the requests in flight.
pub(super) struct Threads(Vec<Thread>);

struct Thread {
    streams: mpsc::Sender<TcpStream>,
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
        let threads = (1..=count).map(|number| {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let (streams, given) = mpsc::channel(WAITING);
            let (end, ended) = oneshot::channel();
            let open = Arc::new(AtomicUsize::new(0));
            let work = Work { given, open: Arc::clone(&open), connections: connections() };
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
    pub(super) async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                stream = listener::accept(&listener) => match stream.into_std() {
                    Ok(stream) => self.give(stream).await,
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
    async fn give(&self, stream: TcpStream) {
        let by_load = |thread: &&Thread| thread.open.load(Ordering::Relaxed);
        let Some(thread) = self.0.iter().min_by_key(by_load) else { return };
        thread.open.fetch_add(1, Ordering::Relaxed);
        // A thread that panicked takes nothing: its connections are closed, as those that it had.
        let _ = thread.streams.send(stream).await;
    }
}

struct Work {
    given: mpsc::Receiver<TcpStream>,
    open: Arc<AtomicUsize>,
    connections: Connections,
}

fn run(runtime: &Runtime, work: Work, on_thread: impl FnOnce()) {
    let Work { mut given, open, mut connections } = work;
    runtime.block_on(async move {
        on_thread();
        loop {
            tokio::select! {
                stream = given.recv() => {
                    let Some(stream) = stream else { break };
                    match tokio::net::TcpStream::from_std(stream) {
                        Ok(stream) => connections.take(stream),
                        Err(error) => {
                            open.fetch_sub(1, Ordering::Relaxed);
                            tracing::debug!(%error, "a connection was lost before it began");
                        }
                    }
                }
                () = connections.one_ended() => drop(open.fetch_sub(1, Ordering::Relaxed)),
            }
        }
        connections.drain().await;
    });
}
