//! What a call teaches about its method, however it ends.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    fetch::{Landed, Landing},
    pace::Pace,
};

/// What a call that begins now will teach. Mostly a slow one ends by being dropped, when nobody waits for it any more.
pub(super) struct Lesson<'a> {
    pub(super) pace: &'a Pace,
    pub(super) began: Instant,
    /// How long the call may last: twice the time that the most patient of those had who share it.
    pub(super) given: Duration,
    /// It has keys of several requests.
    pub(super) is_shared: bool,
    pub(super) is_over: bool,
}

impl Lesson<'_> {
    pub(super) fn landed(mut self, landing: &Landing) {
        self.is_over = true;
        let time = self.began.elapsed();
        if self.is_shared {
            let warns = landing.items.iter().all(Landed::warns_of_company);
            self.pace.was_shared(!warns && !self.pace.is_late(time));
        }
        if !landing.failed {
            self.pace.took(time);
        }
    }
}

impl Drop for Lesson<'_> {
    /// Nobody waits any more. Clients may leave when they like; but whoever has had its time was kept waiting, perhaps by the key of
    /// another. A third, because some of the time may have passed before the call began.
    fn drop(&mut self) {
        let time = self.began.elapsed();
        if self.is_shared && !self.is_over && (time * 3 >= self.given || self.pace.is_late(time)) {
            self.pace.was_shared(false);
        }
    }
}
