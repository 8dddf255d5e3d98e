//! How long an event may take, how many may wait, and how a stream that broke is opened again.

use std::time::Duration;

use serde::Deserialize;

use super::queue::Policy;
use crate::{
    contract::Contract,
    error::{Code, Error, Result},
    units::{ByteSize, Span},
};

/// The table `executor.subscriptions`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How long one event may take from its turn to its answer: what has not come by then is null, with an error. Also how
    /// long the beginning of a stream is waited for.
    pub event_timeout: Span,
    /// How many events of a subscription may wait for a client that reads slowly. With one more the subscription ends with
    /// `RESOURCE_EXHAUSTED`, after those that wait.
    pub queue: usize,
    /// How large they may be together. A single one may be larger. Also how much is kept of the answers that subscriptions
    /// share, for those that read more slowly than others; what is not kept is made again.
    pub queue_size: ByteSize,
    /// The fields of `Subscription` of which a slow client gets the newest event only, with the number of those skipped in
    /// `extensions.skipped`: for them the two settings before mean nothing.
    pub latest: Vec<String>,
    /// How often in series a stream is opened again that broke, where its method has no side effects. The first event after
    /// that has `extensions.resumed`, because some may be missing before it. A stream that brought an event, or was open for a
    /// second, was well: its failure begins a new series. One that we ended after its idle timeout or greatest age has not
    /// failed at all, and an attempt while no endpoint of the service is connected is none. 0: never, after those neither.
    pub resume_attempts: u32,
    /// For how long after the first failure of a series a service is waited for of which no endpoint is connected. Then the
    /// subscription ends with `UNAVAILABLE`.
    pub resume_timeout: Span,
    /// How long to wait before the first time, at most; then twice as long each time. Half of each pause is chance. A pause ends
    /// early when an endpoint connects or somebody joins the stream: if that fails, it was no attempt, and the pause goes on. After an
    /// idle timeout or the greatest age nothing is waited for, but openings are at least so far apart.
    pub resume_pause: Span,
    /// The longest such pause.
    pub resume_longest_pause: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            event_timeout: Span(Duration::from_secs(5)),
            queue: 64,
            queue_size: ByteSize(1 << 20),
            latest: Vec::new(),
            resume_attempts: 8,
            resume_timeout: Span(Duration::from_secs(120)),
            resume_pause: Span(Duration::from_millis(100)),
            resume_longest_pause: Span(Duration::from_secs(10)),
        }
    }
}

impl Config {
    pub(super) fn policy(&self, latest: bool) -> Policy {
        let (events, size) = (self.queue.max(1), self.size());
        if latest { Policy::Latest } else { Policy::All { events, size } }
    }

    pub(super) fn size(&self) -> usize {
        usize::try_from(self.queue_size.0).unwrap_or(usize::MAX)
    }

    /// Refuses names that the contract does not have.
    pub(in crate::executor) fn check(&self, contract: &Contract) -> Result<()> {
        let root = contract.subscription.and_then(|root| contract.bindings.get(root as usize));
        let known: Vec<&str> = root
            .map_or_else(Vec::new, |root| root.fields.iter().map(|field| &*field.name).collect());
        let unknown: Vec<&str> =
            self.latest.iter().map(|name| &**name).filter(|name| !known.contains(name)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let there = if known.is_empty() {
            "the schema has no subscriptions".to_owned()
        } else {
            format!("those of the schema are `{}`", known.join("`, `"))
        };
        Err(Error::new(
            Code::FailedPrecondition,
            format!(
                "executor.subscriptions.latest: there is no subscription `{}`; {there}",
                unknown.join("`, `")
            ),
        ))
    }
}
