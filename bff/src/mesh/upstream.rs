//! The endpoints of one service: which are connected, and whose turn it is.

use std::{
    cell::Cell,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    config::Settings,
    connection::{Connection, keep},
};

thread_local! {
    /// Which connections calls from this thread go over.
    static NUMBER: Cell<usize> = const { Cell::new(0) };
}

/// Gives this thread a number for all services.
pub(super) fn number_thread(number: usize) {
    NUMBER.set(number);
}

/// A service that is called.
#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) settings: Arc<Settings>,
    name: Arc<str>,
    /// By number of the thread. 0 are all that have none.
    connections: Box<[OnceLock<Connections>]>,
}

/// Connections of one runtime, with a task for each endpoint. They end with it.
#[derive(Debug)]
struct Connections {
    endpoints: Arc<watch::Sender<Endpoints>>,
    turn: AtomicUsize,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

#[derive(Debug)]
struct Endpoints {
    states: Vec<State>,
    /// The connections among `states`.
    connected: Vec<Connection>,
}

#[derive(Clone, Debug)]
enum State {
    /// The first attempt since the start, or since a steady connection ended, is under way.
    Connecting,
    Connected(Connection),
    /// The last attempt failed. Nobody waits for the next one.
    Down,
}

impl Endpoints {
    fn any_connected(&self) -> bool {
        self.connected.iter().any(|connection| !connection.is_closed())
    }

    /// A connection that has ended is made anew at once: its task only has not noticed yet.
    fn any_connecting(&self) -> bool {
        self.states.iter().any(|state| match state {
            State::Connecting => true,
            State::Connected(connection) => connection.is_closed(),
            State::Down => false,
        })
    }
}

impl Upstream {
    /// Starts to connect to all endpoints, in tasks of the runtime at hand, unless there are `threads` that do so for
    /// themselves.
    pub(super) fn start(name: &str, settings: Settings, threads: usize) -> Self {
        let connections = std::iter::repeat_with(OnceLock::new).take(1 + threads).collect();
        let upstream = Self { settings: Arc::new(settings), name: name.into(), connections };
        if threads == 0 {
            upstream.connect();
        }
        upstream
    }

    /// Starts to connect, for calls from this thread.
    pub(super) fn connect(&self) {
        self.connections();
    }

    fn connections(&self) -> &Connections {
        let own = self.connections.get(NUMBER.get()).unwrap_or(&self.connections[0]);
        own.get_or_init(|| Connections::start(&self.name, &self.settings))
    }

    /// The connection whose turn it is. Where there is none, waits a little for a first one that is being made.
    pub(super) async fn connection(&self, deadline: Instant) -> Option<Connection> {
        let connections = self.connections();
        if let Some(connection) = connections.next() {
            return Some(connection);
        }
        let patience = deadline.min(Instant::now() + self.settings.connect_wait.0);
        let mut endpoints = connections.endpoints.subscribe();
        let settled = endpoints.wait_for(|now| now.any_connected() || !now.any_connecting());
        // Whether time is over or not: what is there now decides.
        let _ = timeout_at(patience, settled).await;
        connections.next()
    }
}

impl Connections {
    fn start(name: &Arc<str>, settings: &Arc<Settings>) -> Self {
        let states = vec![State::Connecting; settings.endpoints.len()];
        let endpoints = Arc::new(watch::Sender::new(Endpoints { states, connected: Vec::new() }));
        let slot =
            |index| Slot { name: Arc::clone(name), endpoints: Arc::clone(&endpoints), index };
        let tasks = settings.endpoints.iter().enumerate().map(|(index, endpoint)| {
            let keeping = keep(endpoint.clone(), Arc::clone(settings), slot(index));
            AbortOnDropHandle::new(tokio::spawn(keeping))
        });
        let tasks = tasks.collect();
        Self { endpoints, turn: AtomicUsize::new(0), _tasks: tasks }
    }

    fn next(&self) -> Option<Connection> {
        let endpoints = self.endpoints.borrow();
        let connected = &endpoints.connected;
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let (before, from) = connected.split_at(turn.checked_rem(connected.len())?);
        from.iter().chain(before).find(|connection| !connection.is_closed()).cloned()
    }
}

/// The place of one endpoint among those of its service.
#[derive(Debug)]
pub(super) struct Slot {
    name: Arc<str>,
    endpoints: Arc<watch::Sender<Endpoints>>,
    index: usize,
}

impl Slot {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn ready(&self, connection: Connection) {
        self.set(State::Connected(connection));
    }

    pub(super) fn connecting(&self) {
        self.set(State::Connecting);
    }

    pub(super) fn down(&self) {
        self.set(State::Down);
    }

    fn set(&self, state: State) {
        self.endpoints.send_modify(|endpoints| {
            endpoints.states[self.index] = state;
            let connected = endpoints.states.iter().filter_map(|state| match state {
                State::Connected(connection) => Some(connection.clone()),
                State::Connecting | State::Down => None,
            });
            endpoints.connected = connected.collect();
        });
    }
}
