//! The operations of one WebSocket or event stream that are not over.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::StreamExt;

use crate::graphql::Answers;

/// Operations by id, of which each has its turn. What is taken out is dropped at once, with all that works for it.
#[derive(Default)]
pub(super) struct Operations {
    all: Vec<Operation>,
    /// Whose turn it is.
    turn: usize,
}

struct Operation {
    id: String,
    answers: Answers,
}

impl Operations {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.all.iter().any(|operation| operation.id == id)
    }

    pub(super) fn add(&mut self, id: String, answers: Answers) {
        self.all.push(Operation { id, answers });
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.all.retain(|operation| operation.id != id);
    }

    /// Keeps those that are wanted still.
    pub(super) fn retain(&mut self, mut is_wanted: impl FnMut(&str) -> bool) {
        self.all.retain(|operation| is_wanted(&operation.id));
    }

    /// Those that would not end by themselves; their ids.
    pub(super) fn remove_subscriptions(&mut self) -> Vec<String> {
        let lasting = self.all.extract_if(.., |operation| operation.answers.subscribed);
        lasting.map(|operation| operation.id).collect()
    }

    /// The next answer and whose it is; `None` for an answer where there are no more, and the operation is over. It waits for ever
    /// where there are no operations.
    pub(super) async fn next(&mut self) -> (String, Option<Bytes>) {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<(String, Option<Bytes>)> {
        let count = self.all.len();
        for place in (self.turn..self.turn + count).map(|turn| turn % count) {
            let operation = &mut self.all[place];
            let Poll::Ready(body) = operation.answers.bodies.poll_next_unpin(context) else {
                continue;
            };
            if body.is_some() {
                self.turn = place + 1;
                return Poll::Ready((operation.id.clone(), body));
            }
            self.turn = place;
            return Poll::Ready((self.all.remove(place).id, None));
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, stream};

    use super::*;

    fn endless(body: &'static str) -> Answers {
        let bodies = stream::repeat(Bytes::from_static(body.as_bytes())).boxed();
        Answers { subscribed: true, incremental: false, bodies }
    }

    #[tokio::test]
    async fn each_has_its_turn_whatever_the_others_bring() {
        let mut operations = Operations::default();
        operations.add("a".to_owned(), endless("A"));
        operations.add("b".to_owned(), endless("B"));
        let once = stream::iter([Bytes::from_static(b"C")]).boxed();
        let once = Answers { subscribed: false, incremental: false, bodies: once };
        operations.add("c".to_owned(), once);
        let mut seen = Vec::new();
        for _ in 0..8 {
            let (id, body) = operations.next().await;
            seen.push(if body.is_some() { id } else { format!("{id} is over") });
        }
        assert_eq!(seen, ["a", "b", "c", "a", "b", "c is over", "a", "b"]);
        operations.remove("a");
        assert!(!operations.has("a") && operations.has("b"));
        assert_eq!(operations.remove_subscriptions(), ["b"]);
        assert_eq!(operations.len(), 0);
        assert!(operations.next().now_or_never().is_none());
    }
}
