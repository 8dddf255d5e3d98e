//! One message of a stream, and its answer: made when the first of an audience takes it, and the same for the others.

use std::{
    mem,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use futures::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};

use crate::{
    error::{Code, Error},
    executor::{Answer, respond},
};

/// A message as the readers of one audience have it.
pub(super) struct Message {
    pub(super) bytes: Bytes,
    told: Mutex<Told>,
    kept: Arc<Kept>,
}

/// How much of the answers of one audience is kept, for those who read more slowly than others.
pub(super) struct Kept {
    size: AtomicUsize,
    most: usize,
}

type Answering = BoxFuture<'static, Answer>;

/// What there is of the answer.
enum Told {
    Nothing,
    /// It lives in those who wait for it, so that it is dropped with the last of them: who takes the message later must not
    /// find a run whose time is over.
    Begun(WeakShared<Answering>),
    Kept(Answer),
}

impl Message {
    pub(super) fn new(bytes: Bytes, kept: &Arc<Kept>) -> Self {
        Self { bytes, told: Mutex::new(Told::Nothing), kept: Arc::clone(kept) }
    }

    /// The answer that somebody has got or waits for, or else what `run` makes of the message.
    pub(super) async fn answer(
        self: &Arc<Self>,
        run: impl FnOnce(Bytes) -> BoxFuture<'static, Answer>,
    ) -> Answer {
        let answering = match self.join_or_begin(run) {
            Ok(answer) => return answer,
            Err(answering) => answering,
        };
        let answer = answering.await;
        // Somebody else still has it waiting.
        if Arc::strong_count(self) > 1 {
            self.keep(&answer);
        }
        answer
    }

    fn join_or_begin(
        &self,
        run: impl FnOnce(Bytes) -> BoxFuture<'static, Answer>,
    ) -> Result<Answer, Shared<Answering>> {
        let mut told = self.told();
        match &*told {
            Told::Kept(answer) => return Ok(answer.clone()),
            Told::Begun(begun) if let Some(answering) = begun.upgrade() => return Err(answering),
            Told::Begun(_) | Told::Nothing => {}
        }
        let answering = guarded(run(self.bytes.clone())).boxed().shared();
        *told = Told::Begun(answering.downgrade().expect("it was not polled yet"));
        Err(answering)
    }

    fn keep(&self, answer: &Answer) {
        let mut told = self.told();
        if !matches!(*told, Told::Kept(_)) && self.kept.take(answer.body.len()) {
            *told = Told::Kept(answer.clone());
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        if let Told::Kept(answer) = mem::replace(&mut *self.told(), Told::Nothing) {
            self.kept.give_back(answer.body.len());
        }
    }
}

impl Kept {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { size: AtomicUsize::new(0), most })
    }

    /// Whether there is room for an answer of this size, which is then taken.
    fn take(&self, size: usize) -> bool {
        let room = |kept: usize| kept.checked_add(size).filter(|kept| *kept <= self.most);
        self.size.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok()
    }

    fn give_back(&self, size: usize) {
        self.size.fetch_sub(size, Ordering::Relaxed);
    }
}

/// A panic is an answer too, and none of the events behind it.
async fn guarded(running: Answering) -> Answer {
    AssertUnwindSafe(running).catch_unwind().await.unwrap_or_else(|_panic| {
        respond::failed(&Error::new(Code::Internal, "the event failed inside the gateway"))
    })
}

#[cfg(test)]
mod tests {
    use futures::future::ready;

    use super::*;

    fn message(kept: &Arc<Kept>) -> Arc<Message> {
        Arc::new(Message::new(Bytes::from_static(b"m"), kept))
    }

    /// An answer of a few bytes that says its number.
    fn answer(number: u64) -> Answer {
        Answer { errors: number, ..respond::failed(&Error::new(Code::Internal, "?")) }
    }

    async fn take(message: &Arc<Message>, number: u64) -> u64 {
        message.answer(|_| ready(answer(number)).boxed()).await.errors
    }

    #[tokio::test]
    async fn what_the_first_made_is_kept_for_those_who_still_have_the_message() {
        let kept = Kept::new(1_000);
        let (fast, slow) = {
            let one = message(&kept);
            (Arc::clone(&one), one)
        };
        assert_eq!(take(&fast, 1).await, 1);
        assert_eq!(take(&slow, 2).await, 1);
        drop((fast, slow));
        assert_eq!(kept.size.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn what_finds_no_room_is_made_again() {
        let kept = Kept::new(answer(1).body.len());
        let [one, other] = [(); 2].map(|()| message(&kept));
        let slow = [Arc::clone(&one), Arc::clone(&other)];
        assert_eq!((take(&one, 1).await, take(&other, 2).await), (1, 2));
        assert_eq!((take(&slow[0], 3).await, take(&slow[1], 4).await), (1, 4));
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_to_all_who_wait() {
        let one = message(&Kept::new(1_000));
        let other = Arc::clone(&one);
        let panics = |_| async { panic!("told to") }.boxed();
        let (first, second) = tokio::join!(one.answer(panics), take(&other, 2));
        assert!(first.data_is_null);
        assert_eq!(second, 1);
    }
}
