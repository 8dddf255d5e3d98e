//! What an open stream shows: the answers of all its operations, each of which has its turn.

use std::sync::Arc;

use axum::response::sse::Event;
use bytes::Bytes;
use futures::{Stream, stream};

use super::reservations::Reservation;
use crate::server::{Site, operations::Operations};

/// The stream of one client. When it is dropped all its operations are.
pub(super) struct Events {
    site: Arc<Site>,
    reservation: Arc<Reservation>,
    operations: Operations,
    stopping: bool,
}

impl Events {
    pub(super) fn new(site: &Arc<Site>, reservation: Arc<Reservation>) -> Self {
        let site = Arc::clone(site);
        Self { site, reservation, operations: Operations::default(), stopping: false }
    }

    /// Its events, until the client leaves or the server stops. The first one is a comment: some browsers do not take a
    /// stream for open before something comes.
    pub(super) fn stream(self) -> impl Stream<Item = Event> + Send + 'static {
        let greeting = Event::default().comment("");
        stream::unfold((self, Some(greeting)), |(mut events, greeting)| async move {
            let event = match greeting {
                Some(greeting) => greeting,
                None => events.next().await?,
            };
            Some((event, (events, None)))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        let stopping = self.site.stopping.clone();
        loop {
            self.follow();
            if self.stopping && self.reservation.is_idle() {
                return None;
            }
            tokio::select! {
                // Events must not hide that the client wants no more of them.
                biased;
                () = self.reservation.changed() => {}
                () = stopping.begun(), if !self.stopping => self.stopping = true,
                (id, body) = self.operations.next() => return Some(self.tell(&id, body)),
            }
        }
    }

    /// Takes what was begun, and drops what was ended.
    fn follow(&mut self) {
        for (id, answers) in self.reservation.take_begun() {
            // One with the same id was ended before.
            self.operations.remove(&id);
            self.operations.add(id, answers);
        }
        self.operations.retain(|id| self.reservation.shows(id));
        if self.stopping {
            // A client sees from the missing `complete` that they were cut.
            for id in self.operations.remove_subscriptions() {
                self.reservation.over(&id);
            }
        }
    }

    fn tell(&self, id: &str, body: Option<Bytes>) -> Event {
        let id_text = serde_json::Value::from(id);
        let Some(body) = body else {
            self.reservation.over(id);
            return Event::default().event("complete").data(format!(r#"{{"id":{id_text}}}"#));
        };
        let body = String::from_utf8_lossy(&body);
        Event::default().event("next").data(format!(r#"{{"id":{id_text},"payload":{body}}}"#))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.site.reservations.give_up(&self.reservation);
    }
}
