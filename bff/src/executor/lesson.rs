//! What a call teaches about its method, however it ends.

use tokio::time::Instant;

use super::{
    fetch::{Landed, Landing},
    pace::Pace,
};

/// What a call that begins now will teach. Mostly a slow one ends by being dropped, when nobody waits for it any more.
pub(super) struct Lesson<'a> {
    pub(super) pace: &'a Pace,
    pub(super) began: Instant,
    /// From when on it is late.
    pub(super) late: Instant,
    /// It has keys of several requests. That it was late is then known when its [alarm](super::fetch::Alarm) rings.
    pub(super) is_shared: bool,
    pub(super) is_over: bool,
}

impl Lesson<'_> {
    pub(super) fn landed(mut self, landing: &Landing) {
        self.is_over = true;
        let in_time = Instant::now() < self.late;
        if self.is_shared && in_time {
            self.pace.was_shared(!landing.items.iter().all(Landed::warns_of_company));
        }
        self.pace.again.learn(in_time && !landing.accuses_service());
        if !landing.failed {
            self.pace.took(self.began.elapsed());
        }
    }
}

impl Drop for Lesson<'_> {
    /// Nobody waits any more. Clients may leave when they like, but not so late.
    fn drop(&mut self) {
        if !self.is_over && self.late <= Instant::now() {
            self.pace.again.learn(false);
        }
    }
}
