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
    connection::{Connection, Place},
    herd::Herd,
    keep::keep,
    pool::{NoPlace, StreamPool},
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
    /// Where streams go, by endpoint.
    streams: Vec<Arc<StreamPool>>,
    /// Of streams: else they could all meet one endpoint, in step with the calls.
    stream_turn: AtomicUsize,
    /// Those who wait for a service that is away.
    herd: Arc<Herd>,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

#[derive(Debug)]
struct Endpoints {
    states: Vec<State>,
    /// The connections among `states`, each with the place of its endpoint.
    connected: Vec<(usize, Connection)>,
    /// How many connections were made so far.
    made: u64,
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
        self.connected.iter().any(|(_, connection)| !connection.is_closed())
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
    pub(super) fn new(name: &str, settings: Settings, threads: usize) -> Self {
        let connections = std::iter::repeat_with(OnceLock::new).take(1 + threads).collect();
        Self { settings: Arc::new(settings), name: name.into(), connections }
    }

    #[cfg(test)]
    pub(super) fn connected_endpoints(&self) -> usize {
        self.connections().endpoints.borrow().connected.len()
    }

    #[cfg(test)]
    pub(super) fn stream_connections(&self) -> Vec<usize> {
        self.connections().streams.iter().map(|pool| pool.connections()).collect()
    }

    /// Starts to connect, for calls from this thread, in tasks of the runtime at hand.
    pub(super) fn connect(&self) {
        self.connections();
    }

    fn connections(&self) -> &Connections {
        let own = self.connections.get(NUMBER.get()).unwrap_or(&self.connections[0]);
        own.get_or_init(|| Connections::start(&self.name, &self.settings))
    }

    /// The connection whose turn it is.
    pub(super) async fn connection(&self, deadline: Instant) -> Option<Connection> {
        self.connected(deadline, Connections::next).await
    }

    /// A place for a stream at the endpoint whose turn it is, or at another that is connected.
    pub(super) async fn place(&self, deadline: Instant) -> Result<Place, NoPlace> {
        let pools = self.connected(deadline, Connections::pools).await;
        let mut refused = NoPlace::NotConnected;
        for pool in pools.into_iter().flatten() {
            match pool.place().await {
                Ok(place) => return Ok(place),
                // Where some endpoint may be reached later, that is what can be hoped for.
                Err(NoPlace::Full { .. }) if matches!(refused, NoPlace::Unreachable(_)) => {}
                Err(none) => refused = none,
            }
        }
        Err(refused)
    }

    /// Done after the next connection to any endpoint, when it is this one's turn.
    pub(super) fn reconnected(&self) -> impl Future<Output = ()> + Send + use<> {
        let connections = self.connections();
        let mut endpoints = connections.endpoints.subscribe();
        let (before, herd) = (endpoints.borrow().made, Arc::clone(&connections.herd));
        async move {
            if endpoints.wait_for(|now| now.made > before).await.is_err() {
                // Nobody connects any more.
                std::future::pending::<()>().await;
            }
            herd.turn().await;
        }
    }

    /// What there is where some endpoint is connected. Where none is, waits a little for a first one that is being made.
    async fn connected<T>(
        &self,
        deadline: Instant,
        find: impl Fn(&Connections) -> Option<T>,
    ) -> Option<T> {
        let connections = self.connections();
        if let Some(found) = find(connections) {
            return Some(found);
        }
        let patience = deadline.min(Instant::now() + self.settings.connect_wait.0);
        let mut endpoints = connections.endpoints.subscribe();
        let settled = endpoints.wait_for(|now| now.any_connected() || !now.any_connecting());
        // Whether time is over or not: what is there now decides.
        let _ = timeout_at(patience, settled).await;
        find(connections)
    }
}

impl Connections {
    fn start(name: &Arc<str>, settings: &Arc<Settings>) -> Self {
        let states = vec![State::Connecting; settings.endpoints.len()];
        let endpoints = Endpoints { states, connected: Vec::new(), made: 0 };
        let endpoints = Arc::new(watch::Sender::new(endpoints));
        let slot =
            |index| Slot { name: Arc::clone(name), endpoints: Arc::clone(&endpoints), index };
        let tasks = settings.endpoints.iter().enumerate().map(|(index, endpoint)| {
            let keeping = keep(endpoint.clone(), Arc::clone(settings), slot(index));
            AbortOnDropHandle::new(tokio::spawn(keeping))
        });
        let tasks = tasks.collect();
        let pool = |endpoint| Arc::new(StreamPool::new(name, endpoint, settings));
        let streams = settings.endpoints.iter().map(pool).collect();
        let (turn, stream_turn, herd) = Default::default();
        Self { endpoints, turn, streams, stream_turn, herd, _tasks: tasks }
    }

    fn next(&self) -> Option<Connection> {
        let endpoints = self.endpoints.borrow();
        let mut connected = in_turn(&endpoints.connected, &self.turn)?;
        connected.find(|(_, connection)| !connection.is_closed()).map(|(_, it)| it.clone())
    }

    /// Those of the endpoints that are connected, first that whose turn it is.
    fn pools(&self) -> Option<Vec<Arc<StreamPool>>> {
        let endpoints = self.endpoints.borrow();
        let connected = in_turn(&endpoints.connected, &self.stream_turn)?;
        let open = connected.filter(|(_, connection)| !connection.is_closed());
        let pools: Vec<_> = open.map(|(place, _)| Arc::clone(&self.streams[*place])).collect();
        (!pools.is_empty()).then_some(pools)
    }
}

/// All of them, each first in its turn.
fn in_turn<'a, T>(all: &'a [T], turn: &AtomicUsize) -> Option<impl Iterator<Item = &'a T>> {
    let turn = turn.fetch_add(1, Ordering::Relaxed);
    let (before, from) = all.split_at(turn.checked_rem(all.len())?);
    Some(from.iter().chain(before))
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
            endpoints.made += u64::from(matches!(state, State::Connected(_)));
            endpoints.states[self.index] = state;
            let places = endpoints.states.iter().enumerate();
            let connected = places.filter_map(|(place, state)| match state {
                State::Connected(connection) => Some((place, connection.clone())),
                State::Connecting | State::Down => None,
            });
            endpoints.connected = connected.collect();
        });
    }
}
