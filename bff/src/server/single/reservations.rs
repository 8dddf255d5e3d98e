//! Event streams that were reserved, by their tokens, and which operations each has.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::{StreamExt, future, stream};
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::room::{Kept, Room};
use crate::{
    context::Context,
    error::{Code, Error, Result},
    graphql::Answers,
    server::{answer, config::Streams},
};

/// All reserved and open streams.
pub(in crate::server) struct Reservations {
    all: Mutex<All>,
    /// For the answers that all of them keep.
    room: Arc<Room>,
}

#[derive(Default)]
struct All {
    by_token: HashMap<Token, Arc<Reservation>>,
    /// Those that nobody has opened yet, by their numbers, the oldest first.
    unopened: BTreeMap<u64, Arc<Reservation>>,
    next_number: u64,
}

/// What names a stream, and nobody can guess: [`PREFIX`] and 256 bits of chance, in hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Token([u8; 64]);

/// Tells tokens from keys that a proxy may want in a parameter of the same name.
const PREFIX: &str = "stream-";

/// One stream.
pub(super) struct Reservation {
    pub(super) token: Token,
    number: u64,
    owner: Owner,
    over: CancellationToken,
    /// Somebody takes the answers.
    opened: AtomicBool,
    /// For the answers that it keeps until then, and that all keep.
    rooms: [Arc<Room>; 2],
    state: Mutex<State>,
    changed: Notify,
}

/// Who reserved it.
#[derive(PartialEq, Eq)]
struct Owner {
    subject: Option<Arc<str>>,
    tenant: Option<Arc<str>>,
}

#[derive(Default)]
struct State {
    next_number: u64,
    operations: HashMap<String, Operation>,
}

enum Operation {
    /// Its request, with this number, is not answered yet. What answers it ends with the guard.
    Asked(u64, #[expect(dead_code, reason = "dropping it is what it is for")] DropGuard),
    /// The stream has not taken it yet.
    Begun(
        Answers,
        #[expect(dead_code, reason = "dropping it is what it is for")] [Option<Kept>; 2],
    ),
    Shown,
}

/// The place of an operation whose request is not answered yet. It is given up when this is dropped.
pub(super) struct Place {
    reservation: Arc<Reservation>,
    id: String,
    /// Where the operation was ended, another one may have its id.
    number: u64,
    ended: CancellationToken,
}

/// Reserves a stream, which is given up if nobody opens it in time, or where there are too many: those that nobody has opened
/// then give way, the oldest first, so that who only reserves shuts nobody out.
pub(super) fn reserve(
    reservations: &Arc<Reservations>,
    config: &Streams,
    context: &Context,
) -> Result<Token> {
    let token = Token::new()?;
    let (reservation, displaced) = reservations.add(&token, config, context)?;
    if let Some(displaced) = displaced {
        displaced.end_all();
    }
    let (reservations, patience) = (Arc::clone(reservations), config.reservation_timeout.0);
    tokio::spawn(async move {
        let waited = reservation.over.run_until_cancelled(sleep(patience)).await;
        if waited.is_some() && reservations.remove_unopened(&reservation) {
            reservation.end_all();
        }
    });
    Ok(token)
}

impl Reservations {
    pub(in crate::server) fn new(config: &Streams) -> Self {
        Self { all: Mutex::default(), room: Room::new(config.total_reservation_size) }
    }

    /// One more stream, and the one that gave way to it.
    fn add(
        &self,
        token: &Token,
        config: &Streams,
        context: &Context,
    ) -> Result<(Arc<Reservation>, Option<Arc<Reservation>>)> {
        let mut all = self.lock();
        let mut displaced = None;
        if all.by_token.len() >= config.max_reservations {
            let Some((_, oldest)) = all.unopened.pop_first() else {
                let message = "too many event streams are open";
                return Err(Error::new(Code::ResourceExhausted, message));
            };
            all.by_token.remove(&oldest.token);
            displaced = Some(oldest);
        }
        all.next_number += 1;
        let reservation = Arc::new(Reservation {
            token: token.clone(),
            number: all.next_number,
            owner: Owner::of(context),
            over: CancellationToken::new(),
            opened: AtomicBool::new(false),
            rooms: [Room::new(config.reservation_size), Arc::clone(&self.room)],
            state: Mutex::default(),
            changed: Notify::new(),
        });
        all.unopened.insert(reservation.number, Arc::clone(&reservation));
        all.by_token.insert(token.clone(), Arc::clone(&reservation));
        Ok((reservation, displaced))
    }

    /// The stream with this token, for who reserved it: in a URL a token is no secret.
    pub(super) fn find(&self, token: &Token, context: &Context) -> Option<Arc<Reservation>> {
        let found = self.lock().by_token.get(token).cloned()?;
        (found.owner == Owner::of(context)).then_some(found)
    }

    /// From now on only its client ends it.
    ///
    /// # Errors
    ///
    /// [`Code::AlreadyExists`] where it is open: there is one stream for a token.
    pub(super) fn open(&self, reservation: &Reservation) -> Result<()> {
        let mut all = self.lock();
        if all.unopened.remove(&reservation.number).is_some() {
            reservation.opened.store(true, Ordering::Relaxed);
            return Ok(());
        }
        if all.by_token.contains_key(&reservation.token) {
            return Err(Error::new(Code::AlreadyExists, "this event stream is open already"));
        }
        Err(unknown())
    }

    /// Whether it was there, and not open.
    fn remove_unopened(&self, reservation: &Reservation) -> bool {
        let mut all = self.lock();
        let removed = all.unopened.remove(&reservation.number).is_some();
        if removed {
            all.by_token.remove(&reservation.token);
        }
        removed
    }

    /// Ends a stream with all its operations.
    pub(super) fn give_up(&self, reservation: &Reservation) {
        self.lock().by_token.remove(&reservation.token);
        reservation.end_all();
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reservation {
    /// A place for an operation.
    ///
    /// # Errors
    ///
    /// Where the id is in use, or there are too many.
    pub(super) fn place(self: Arc<Self>, id: String, most: usize) -> Result<Place> {
        let ended = CancellationToken::new();
        let number = {
            let mut state = self.state();
            if self.over.is_cancelled() {
                return Err(unknown());
            }
            if state.operations.contains_key(&id) {
                let message = format!("the operation `{id}` exists already");
                return Err(Error::new(Code::AlreadyExists, message));
            }
            if state.operations.len() >= most {
                let message = format!("this event stream has {most} operations already");
                return Err(Error::new(Code::LimitExceeded, message));
            }
            state.next_number += 1;
            let number = state.next_number;
            state
                .operations
                .insert(id.clone(), Operation::Asked(number, ended.clone().drop_guard()));
            number
        };
        Ok(Place { reservation: self, id, number, ended })
    }

    /// Room for so much, where nobody takes it at once.
    fn keep(&self, size: usize) -> Option<[Option<Kept>; 2]> {
        if self.opened.load(Ordering::Relaxed) {
            return Some([None, None]);
        }
        let [own, of_all] = &self.rooms;
        Some([Some(own.keep(size)?), Some(of_all.keep(size)?)])
    }

    /// Ends all operations; there will be no others.
    fn end_all(&self) {
        self.over.cancel();
        // What works for them is dropped outside of the lock.
        let operations = std::mem::take(&mut self.state().operations);
        drop(operations);
    }

    /// Ends an operation, if there is one with this id. Nothing more is said of it.
    pub(super) fn end(&self, id: &str) {
        let ended = self.state().operations.remove(id);
        drop(ended);
        self.changed.notify_one();
    }

    /// What was begun since the last time.
    pub(super) fn take_begun(&self) -> Vec<(String, Answers)> {
        let mut begun = Vec::new();
        for (id, operation) in &mut self.state().operations {
            match std::mem::replace(operation, Operation::Shown) {
                Operation::Begun(answers, _) => begun.push((id.clone(), answers)),
                other => *operation = other,
            }
        }
        begun
    }

    /// Whether the stream shows an operation with this id.
    pub(super) fn shows(&self, id: &str) -> bool {
        matches!(self.state().operations.get(id), Some(Operation::Shown))
    }

    /// That an operation is over which the stream has shown.
    pub(super) fn over(&self, id: &str) {
        let mut state = self.state();
        // Another one may have taken the id.
        if matches!(state.operations.get(id), Some(Operation::Shown)) {
            state.operations.remove(id);
        }
    }

    /// Whether it has no operations.
    pub(super) fn is_idle(&self) -> bool {
        self.state().operations.is_empty()
    }

    /// Done when something has changed since the last time.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Whether somebody takes the answers.
    pub(super) fn is_read(&self) -> bool {
        self.reservation.opened.load(Ordering::Relaxed)
    }

    /// Gives the answers to the stream, of which so many bytes are there. Where they find no room until it is open, it is told
    /// so instead. `false`: the operation was ended meanwhile, and with it the answers.
    pub(super) fn begin(self, answers: Answers, size: usize) -> bool {
        let (answers, kept) = match self.reservation.keep(size) {
            Some(kept) => (answers, kept),
            None => (no_room(size, answers.subscribed), [None, None]),
        };
        let mut state = self.reservation.state();
        if !self.is_asked(&state) {
            return false;
        }
        let begun = Operation::Begun(answers, kept);
        let asked = state.operations.insert(self.id.clone(), begun);
        drop(state);
        drop(asked);
        self.reservation.changed.notify_one();
        true
    }

    /// What comes of this, which is dropped when the operation is ended, or its stream; then nothing.
    pub(super) async fn unless_ended<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.ended.run_until_cancelled(work).await
    }

    fn is_asked(&self, state: &State) -> bool {
        matches!(state.operations.get(&self.id), Some(Operation::Asked(number, _)) if *number == self.number)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.reservation.state();
        if self.is_asked(&state) {
            let asked = state.operations.remove(&self.id);
            drop(state);
            drop(asked);
            // A stream that stops may have waited for it.
            self.reservation.changed.notify_one();
        }
    }
}

/// What is told of what is not kept: an answer, or a subscription. Who asked for an answer must not think that nothing was done.
fn no_room(size: usize, subscribed: bool) -> Answers {
    let lost = if subscribed {
        format!("the subscription does not begin, as its request of {size} bytes is lost")
    } else {
        format!("the operation was executed, but its answer of {size} bytes is lost")
    };
    let message = format!(
        "{lost}: too much waits for event streams that are not open yet; open the stream before asking"
    );
    let body = answer::body(&Error::new(Code::ResourceExhausted, message));
    let bodies = stream::once(future::ready(body)).boxed();
    Answers { subscribed: false, incremental: false, bodies }
}

/// What is told of a token that is unknown, expired or another's.
pub(super) fn unknown() -> Error {
    Error::new(Code::NotFound, "there is no event stream with this token; reserve one by PUT")
}

impl Owner {
    fn of(context: &Context) -> Self {
        let subject = context.identity.as_ref().map(|identity| Arc::clone(&identity.subject));
        Self { subject, tenant: context.tenant.clone() }
    }
}

impl Token {
    fn new() -> Result<Self> {
        let mut chance = [0; 32];
        getrandom::fill(&mut chance).map_err(|error| {
            let message = "no event stream can be reserved now";
            Error::with_source(Code::Internal, message, error.to_string())
        })?;
        let digit = |index: usize| {
            let half = if index.is_multiple_of(2) {
                chance[index / 2] >> 4
            } else {
                chance[index / 2] & 15
            };
            b"0123456789abcdef"[usize::from(half)]
        };
        Ok(Self(std::array::from_fn(digit)))
    }

    /// What has the form of a token.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        text.strip_prefix(PREFIX.as_bytes())?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = std::str::from_utf8(&self.0).expect("hexadecimal digits");
        write!(formatter, "{PREFIX}{digits}")
    }
}
