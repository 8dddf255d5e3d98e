//! Bad days on demand: what a service does wrong while it runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tonic::Code;

/// What happens to every call of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails at once, with the status in the headers.
    Status(Code),
    /// It fails with the status in the trailers, after headers that promised an answer.
    StatusInTrailers(Code),
    /// So many messages of its answer come, then UNAVAILABLE.
    Break(usize),
    /// The messages of its answer come, so long one after the other.
    Trickle(Duration),
    /// Headers come, and then nothing more.
    StallAfterHeaders,
    /// A message comes that is no message, and a status that says all is well.
    Garbage,
}

/// The switches of one service. They act on calls that come after.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Condition>>);

/// What the switches say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// How much later every call is answered.
    pub latency: Duration,
    /// What happens instead of an answer.
    pub fault: Option<Fault>,
}

impl Faults {
    /// Answers this much later than it could.
    pub fn latency(&self, latency: Duration) -> &Self {
        self.lock().latency = latency;
        self
    }

    /// Does this instead of answering, after the latency.
    pub fn fail(&self, fault: Fault) -> &Self {
        self.lock().fault = Some(fault);
        self
    }

    /// Is well again.
    pub fn clear(&self) {
        *self.lock() = Condition::default();
    }

    /// What the switches say now.
    pub fn condition(&self) -> Condition {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Condition> {
        // A condition is whole at every moment, so that a panic elsewhere cannot have broken it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
