//! What waits between a service that sends and a client that reads: bounded, and never thinned out in silence.

use std::{
    collections::VecDeque,
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::message::Message;
use crate::error::{Code, Error};

/// What happens where events come faster than they are taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Policy {
    /// All of them are shown in their order. With more than so many waiting, or so many bytes, the subscription ends with an
    /// error after those that wait.
    All { events: usize, size: usize },
    /// The newest one is shown, and how many were skipped.
    Latest,
}

/// What a client did not see before an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::executor) struct Gap {
    /// So many events, which newer ones replaced.
    pub(in crate::executor) skipped: u64,
    /// Perhaps some, as the stream broke and was opened again.
    pub(in crate::executor) resumed: bool,
}

/// The way from the task that reads a stream to one client.
pub(super) struct Queue {
    policy: Policy,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Arc<Message>, Gap)>,
    size: usize,
    resumed: bool,
    end: Option<Option<Error>>,
}

/// What comes next.
pub(super) enum Taken {
    Message(Arc<Message>, Gap),
    /// The stream is over, perhaps by a failure.
    End(Option<Error>),
}

impl Queue {
    pub(super) fn new(policy: Policy) -> Self {
        Self { policy, state: Mutex::default(), changed: Notify::new() }
    }

    /// Waits for what comes next. There is one who takes.
    pub(super) async fn take(&self) -> Taken {
        loop {
            if let Some(taken) = self.try_take() {
                return taken;
            }
            // A change since then is remembered.
            self.changed.notified().await;
        }
    }

    fn try_take(&self) -> Option<Taken> {
        let mut state = self.state();
        match state.waiting.pop_front() {
            Some((message, gap)) => {
                state.size -= message.bytes.len();
                Some(Taken::Message(message, gap))
            }
            None => state.end.clone().map(Taken::End),
        }
    }

    /// A message; that the subscription is over where there is no room for it.
    pub(super) fn put(&self, message: Arc<Message>) -> ControlFlow<()> {
        let mut state = self.state();
        let mut gap = Gap { skipped: 0, resumed: std::mem::take(&mut state.resumed) };
        match self.policy {
            Policy::Latest => {
                if let Some((older, before)) = state.waiting.pop_front() {
                    state.size -= older.bytes.len();
                    gap.skipped = before.skipped + 1;
                    gap.resumed |= before.resumed;
                }
            }
            Policy::All { events, size } => {
                let is_full =
                    state.waiting.len() >= events || state.size + message.bytes.len() > size;
                // A single one always has room, however large.
                if is_full && !state.waiting.is_empty() {
                    let failure = too_slow(state.waiting.len());
                    drop(state);
                    self.end(Some(&failure));
                    return ControlFlow::Break(());
                }
            }
        }
        state.size += message.bytes.len();
        state.waiting.push_back((message, gap));
        drop(state);
        self.changed.notify_one();
        ControlFlow::Continue(())
    }

    /// The stream broke, and will be opened again: before the next message some may be missing.
    pub(super) fn resumed(&self) {
        self.state().resumed = true;
    }

    /// Nothing comes any more. What was said first holds.
    pub(super) fn end(&self, failure: Option<&Error>) {
        self.state().end.get_or_insert_with(|| failure.cloned());
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn too_slow(waiting: usize) -> Error {
    let message = format!(
        "events came faster than they were read: the subscription ends after the {waiting} that waited"
    );
    Error::new(Code::ResourceExhausted, message)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{super::message::Kept, *};

    fn put(queue: &Queue, message: &'static str) -> bool {
        let bytes = Bytes::from_static(message.as_bytes());
        queue.put(Arc::new(Message::new(bytes, &Kept::new(0)))).is_continue()
    }

    async fn check(queue: &Queue, message: &'static str, skipped: u64, resumed: bool) {
        let Taken::Message(found, gap) = queue.take().await else { panic!("it is over") };
        assert_eq!((&found.bytes[..], gap), (message.as_bytes(), Gap { skipped, resumed }));
    }

    async fn end(queue: &Queue) -> Option<Code> {
        let Taken::End(failure) = queue.take().await else { panic!("it is not over") };
        failure.map(|failure| failure.code())
    }

    #[tokio::test]
    async fn all_events_are_shown_in_their_order() {
        let queue = Queue::new(Policy::All { events: 2, size: 100 });
        assert!(put(&queue, "a") && put(&queue, "b"));
        check(&queue, "a", 0, false).await;
        assert!(put(&queue, "c"));
        queue.end(None);
        check(&queue, "b", 0, false).await;
        check(&queue, "c", 0, false).await;
        assert_eq!(end(&queue).await, None);
    }

    #[tokio::test]
    async fn too_many_events_end_the_subscription_after_those_that_wait() {
        let queue = Queue::new(Policy::All { events: 2, size: 100 });
        assert!(put(&queue, "a") && put(&queue, "b") && !put(&queue, "c"));
        // What is said later changes nothing.
        queue.end(None);
        check(&queue, "a", 0, false).await;
        check(&queue, "b", 0, false).await;
        assert_eq!(end(&queue).await, Some(Code::ResourceExhausted));
    }

    #[tokio::test]
    async fn too_many_bytes_do_so_too_but_a_single_event_has_room() {
        let queue = Queue::new(Policy::All { events: 9, size: 3 });
        assert!(put(&queue, "large"));
        assert!(!put(&queue, "b"));
        check(&queue, "large", 0, false).await;
        assert_eq!(end(&queue).await, Some(Code::ResourceExhausted));
    }

    #[tokio::test]
    async fn the_latest_event_says_how_many_it_replaced() {
        let queue = Queue::new(Policy::Latest);
        assert!(put(&queue, "a") && put(&queue, "b") && put(&queue, "c"));
        check(&queue, "c", 2, false).await;
        assert!(put(&queue, "d"));
        check(&queue, "d", 0, false).await;
    }

    #[tokio::test]
    async fn the_first_event_of_a_stream_opened_again_says_so_even_where_it_was_replaced() {
        let queue = Queue::new(Policy::Latest);
        queue.resumed();
        assert!(put(&queue, "a") && put(&queue, "b"));
        check(&queue, "b", 1, true).await;
        assert!(put(&queue, "c"));
        check(&queue, "c", 0, false).await;
    }

    #[tokio::test]
    async fn who_takes_is_woken_up() {
        let queue = Queue::new(Policy::Latest);
        let take = async { check(&queue, "a", 0, false).await };
        let ((), _) = tokio::join!(take, async { put(&queue, "a") });
    }
}
