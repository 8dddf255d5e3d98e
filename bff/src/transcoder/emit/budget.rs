//! How much of a [`Budget`] is left: two numbers are compared, and the clock is read only once in a while.

use tokio::time::Instant;

use super::super::answer::Budget;

/// After so many bytes, read and written, the clock is read again. That is some 30 µs of work, and a reading 30 ns.
const STRIDE: usize = 32 << 10;

/// What is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// The room.
    Size,
    /// The time. It stays so.
    Time,
}

/// What is left of a budget.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    /// The length beyond which nothing more is begun.
    limit: usize,
    deadline: Instant,
    /// The length beyond which the clock is read again.
    next_look: usize,
    is_late: bool,
}

impl Meter {
    /// For what is written behind `from`.
    #[must_use]
    pub fn new(budget: Budget, from: usize) -> Self {
        let Budget { size, deadline } = budget;
        let limit = from.saturating_add(size);
        let next_look = from.saturating_add(size.min(STRIDE));
        Self { limit, deadline, next_look, is_late: false }
    }

    /// The length beyond which nothing more is begun.
    #[must_use]
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether [`Self::look`] has anything to say of an output of this length.
    #[inline]
    #[must_use]
    pub fn is_due(&self, length: usize) -> bool {
        length > self.next_look
    }

    /// Looks whether there is room and time for more.
    ///
    /// # Errors
    ///
    /// What is used up.
    #[cold]
    pub fn look(&mut self, length: usize) -> Result<(), Spent> {
        if length > self.limit {
            return Err(Spent::Size);
        }
        self.is_late = self.is_late || Instant::now() >= self.deadline;
        if self.is_late {
            self.next_look = 0;
            return Err(Spent::Time);
        }
        self.next_look = self.limit.min(length + STRIDE);
        Ok(())
    }

    /// Keeps room for what is written elsewhere.
    pub(super) fn set_aside(&mut self, bytes: usize) {
        self.limit = self.limit.saturating_sub(bytes);
        self.next_look = self.next_look.min(self.limit);
    }

    /// Whether the time was found to be over.
    pub(super) fn is_late(&self) -> bool {
        self.is_late
    }

    /// Counts work that the length of the output does not show: bytes that were read, or written and cut off again.
    #[inline]
    pub(in crate::transcoder) fn charge(&mut self, bytes: usize) {
        self.next_look = self.next_look.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn meter(size: usize, left: Duration) -> Meter {
        Meter::new(Budget { size, deadline: Instant::now() + left }, 100)
    }

    /// Looks as emission does.
    fn ask(meter: &mut Meter, length: usize) -> Result<(), Spent> {
        if meter.is_due(length) { meter.look(length) } else { Ok(()) }
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_is_read_once_a_stride_and_what_is_over_stays_over() {
        let mut meter = meter(usize::MAX, Duration::from_millis(5));
        assert_eq!(ask(&mut meter, 100 + STRIDE + 1), Ok(()));
        tokio::time::advance(Duration::from_millis(5)).await;
        assert_eq!(ask(&mut meter, 100 + 2 * STRIDE), Ok(()));
        assert_eq!(ask(&mut meter, 102 + 2 * STRIDE), Err(Spent::Time));
        assert_eq!(ask(&mut meter, 101), Err(Spent::Time));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_read_or_cut_off_again_counts() {
        let mut meter = meter(usize::MAX, Duration::ZERO);
        for _ in 0..STRIDE / 64 {
            assert_eq!(ask(&mut meter, 100), Ok(()));
            meter.charge(64);
        }
        assert_eq!(ask(&mut meter, 101), Err(Spent::Time));
    }

    #[tokio::test(start_paused = true)]
    async fn the_room_ends_where_it_was_said_to() {
        for size in [0, 10, STRIDE, 3 * STRIDE + 1] {
            let mut meter = meter(size, Duration::from_secs(1));
            for length in (100..100 + size).step_by(7).chain([100 + size]) {
                assert_eq!(ask(&mut meter, length), Ok(()), "{size} {length}");
            }
            assert_eq!(ask(&mut meter, 101 + size), Err(Spent::Size), "{size}");
        }
    }
}
