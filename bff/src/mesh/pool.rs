//! Connections to one endpoint that carry nothing but streams. A service takes only so many requests at a time over one
//! connection, and a stream may last for hours: calls on the same connection would wait for it until their deadline.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::sleep};
use tokio_util::task::AbortOnDropHandle;

use super::{
    config::{Endpoint, Settings},
    connection::{Connection, Place, connect},
};

/// A connection that carried no stream for so long is closed: long enough that lists that are gathered from streams, one
/// after the other, do not connect each time.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// The connections. They end with it.
#[derive(Debug)]
pub(super) struct StreamPool {
    service: Arc<str>,
    endpoint: Endpoint,
    settings: Arc<Settings>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    carriers: Vec<Carrier>,
    /// One connection is made at a time, for all who wait: they may find a place on the next one together.
    attempt: Option<Attempt>,
    next_number: u64,
}

/// A connection, and who keeps it.
#[derive(Debug)]
struct Carrier {
    number: u64,
    connection: Connection,
    _task: AbortOnDropHandle<()>,
}

#[derive(Debug)]
struct Attempt {
    outcome: watch::Receiver<Option<Outcome>>,
    task: AbortOnDropHandle<()>,
}

/// Whether a connection was made, or why not.
type Outcome = Result<(), Arc<str>>;

/// Why there is no place for a stream.
#[derive(Debug)]
pub(super) enum NoPlace {
    NotConnected,
    Unreachable(Arc<str>),
    /// No connection has a place, and there are as many as there may be.
    Full {
        connections: usize,
    },
}

impl fmt::Display for NoPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected => formatter.write_str("no endpoint is connected"),
            Self::Unreachable(reason) => {
                write!(formatter, "no connection for streams can be made: {reason}")
            }
            Self::Full { connections } => write!(
                formatter,
                "the service takes no more streams over {connections} connections to each endpoint, as many as \
                 `max_stream_connections` allows"
            ),
        }
    }
}

impl std::error::Error for NoPlace {}

enum Taken {
    Place(Place),
    /// One may come.
    Connecting(watch::Receiver<Option<Outcome>>),
    Full(NoPlace),
}

impl StreamPool {
    pub(super) fn new(service: &Arc<str>, endpoint: &Endpoint, settings: &Arc<Settings>) -> Self {
        Self {
            service: Arc::clone(service),
            endpoint: endpoint.clone(),
            settings: Arc::clone(settings),
            state: Mutex::default(),
        }
    }

    /// A place on a connection that has one, or on a new one.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub(super) async fn place(self: &Arc<Self>) -> Result<Place, NoPlace> {
        loop {
            let mut outcome = match self.take() {
                Taken::Place(place) => return Ok(place),
                Taken::Connecting(outcome) => outcome,
                Taken::Full(full) => return Err(full),
            };
            // Others may be quicker; at last the pool is full.
            match outcome.wait_for(Option::is_some).await.as_deref() {
                Ok(Some(Err(reason))) => return Err(NoPlace::Unreachable(Arc::clone(reason))),
                Ok(_) => {}
                Err(_) => return Err(NoPlace::Unreachable("nobody makes it any more".into())),
            }
        }
    }

    fn take(self: &Arc<Self>) -> Taken {
        let mut state = self.lock();
        let mut carriers = state.carriers.iter();
        if let Some(place) = carriers.find_map(|carrier| carrier.connection.try_place()) {
            return Taken::Place(place);
        }
        // Where its runtime has ended, or it panicked, another one is made.
        let attempt = state.attempt.as_ref().filter(|attempt| !attempt.task.is_finished());
        if let Some(attempt) = attempt {
            return Taken::Connecting(attempt.outcome.clone());
        }
        // One that is going away takes no stream any more, and must not keep others from its successor.
        let open = state.carriers.iter().filter(|carrier| !carrier.connection.is_closed()).count();
        let most = usize::from(self.settings.max_stream_connections.get());
        if open >= most {
            return Taken::Full(NoPlace::Full { connections: most });
        }
        state.next_number += 1;
        let (told, outcome) = watch::channel(None);
        let carrying = self.carry(state.next_number, told);
        let task = AbortOnDropHandle::new(tokio::spawn(carrying));
        state.attempt = Some(Attempt { outcome: outcome.clone(), task });
        Taken::Connecting(outcome)
    }

    /// Makes a connection, and keeps it until it ends or nobody needs it.
    fn carry(
        self: &Arc<Self>,
        number: u64,
        told: watch::Sender<Option<Outcome>>,
    ) -> impl Future<Output = ()> + use<> {
        let (endpoint, settings) = (self.endpoint.clone(), Arc::clone(&self.settings));
        let pool = Arc::downgrade(self);
        async move {
            let (connection, mut closed) = match connect(&endpoint, &settings).await {
                Ok(connected) => connected,
                Err(error) => {
                    if let Some(pool) = pool.upgrade() {
                        pool.lock().attempt = None;
                    }
                    told.send_replace(Some(Err(error.to_string().into())));
                    return;
                }
            };
            if let Some(pool) = pool.upgrade() {
                pool.connected(number, connection);
            }
            told.send_replace(Some(Ok(())));
            loop {
                tokio::select! {
                    reason = &mut closed => {
                        if let Some(pool) = pool.upgrade() {
                            pool.ended(number, &reason);
                        }
                        return;
                    }
                    () = sleep(IDLE_TIMEOUT) => {
                        if pool.upgrade().is_none_or(|pool| pool.close_if_idle(number)) {
                            return;
                        }
                    }
                }
            }
        }
    }

    fn connected(&self, number: u64, connection: Connection) {
        tracing::debug!(service = &*self.service, endpoint = %self.endpoint, "connected for streams");
        let mut state = self.lock();
        if let Some(Attempt { task, .. }) = state.attempt.take() {
            state.carriers.push(Carrier { number, connection, _task: task });
        }
    }

    fn ended(&self, number: u64, reason: &str) {
        let (service, endpoint) = (&*self.service, &self.endpoint);
        tracing::debug!(service, %endpoint, reason, "a connection for streams ended");
        self.lock().carriers.retain(|carrier| carrier.number != number);
    }

    /// Whether nobody needs it, and nobody finds it any more.
    fn close_if_idle(&self, number: u64) -> bool {
        let idle = |carrier: &Carrier| carrier.connection.noted().idle_for() >= IDLE_TIMEOUT;
        let mut state = self.lock();
        let before = state.carriers.len();
        state.carriers.retain(|carrier| carrier.number != number || !idle(carrier));
        state.carriers.len() < before
    }

    #[cfg(test)]
    pub(super) fn connections(&self) -> usize {
        self.lock().carriers.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
