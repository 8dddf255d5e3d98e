//! How large a mocked reply may grow, and until when: a query may ask for lists inside lists.

use std::cell::Cell;

use tokio::time::Instant;

use crate::{
    error::{Code, Error, Result},
    units::ByteSize,
};

/// As much as a service may reply by default.
const LARGEST: usize = 4 << 20;

/// What is left for one reply.
#[derive(Debug)]
pub(crate) struct Room {
    /// Bytes of messages so far, those inside others with them.
    made: Cell<usize>,
    deadline: Instant,
    spent: Cell<Option<Code>>,
}

impl Room {
    pub(crate) fn until(deadline: Instant) -> Self {
        Self { made: Cell::new(0), deadline, spent: Cell::new(None) }
    }

    /// How many bytes of messages there are so far.
    pub(super) fn made(&self) -> usize {
        self.made.get()
    }

    /// Counts a message with those inside it. There were so many bytes before it was begun.
    pub(super) fn take(&self, before: usize, bytes: usize) {
        self.made.set(self.made.get().max(before + bytes));
        if self.made.get() > LARGEST {
            self.spent.set(Some(Code::ResourceExhausted));
        } else if Instant::now() >= self.deadline {
            self.spent.set(Some(Code::DeadlineExceeded));
        }
    }

    /// Nothing more needs to be made: the reply will not be sent.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.get().is_some()
    }

    /// # Errors
    ///
    /// Where the reply could not be made whole.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(code) = self.spent.get() else { return Ok(()) };
        let most = ByteSize(LARGEST as u64);
        let message = match code {
            Code::ResourceExhausted => {
                format!("the mocked reply would be larger than {most}: ask for shorter lists")
            }
            _ => "the time was over before the mocked reply was made".to_owned(),
        };
        Err(Error::new(code, message))
    }
}
