//! How much one request, and all of them, may ask for at a time.

use std::time::Duration;

use serde::Deserialize;

use super::subscription;
use crate::{
    entity_cache,
    units::{ByteSize, Span},
};

/// What may be set of the executor.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// No call of a request lasts longer than until this long before its deadline: the time in which the answer is
    /// written. Of a request with little time it takes at most a quarter.
    pub reserve: Span,
    /// How many calls one field may have on their way at a time for one request: chunks of a large batch, or the single
    /// calls of a field that cannot batch. The others wait for their turn.
    pub calls_at_once: usize,
    /// How many fields may fetch stale items again at a time behind the answers. What is more stays stale until it is
    /// asked for again.
    pub refreshes_at_once: usize,
    /// How long such a fetch may take where the field has no `@timeout`.
    pub refresh_timeout: Span,
    /// About how large an answer may be. A larger one is null, with the error `RESOURCE_EXHAUSTED`: lists inside lists multiply,
    /// and a short query could otherwise fill the memory. 32 MiB, a hundred times a large page, keep a thread busy for some 20 ms.
    /// What there is no time to write before the deadline is null, with `DEADLINE_EXCEEDED`.
    pub max_answer_size: ByteSize,
    /// How keys of several requests go together.
    pub batching: Batching,
    /// How much a list takes of the stream that answers it.
    pub gathering: Gathering,
    /// What is kept of what services answered.
    pub entity_cache: entity_cache::Config,
    /// How events are answered.
    pub subscriptions: subscription::Config,
}

/// How keys of several requests go to a method in one call, where those who ask may share what it answers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Batching {
    /// While a call is on its way, keys like its own wait for each other until so long after its beginning, as a share of the time
    /// that calls of the method take lately. They go sooner when the call ends or when they fill one. So this is by how much a join may
    /// take longer under load; the more, the fewer calls there are. 0: nothing waits. Nor does who has less than three times what calls
    /// take: what is late, or fails, because of the keys of others could not be asked again in time.
    pub wait: f64,
    /// They never wait longer than this, however slow the method is.
    pub longest_wait: Span,
    /// So many keys of several requests go in one call at most, or as many as `@batch(max:)` says where that is less. Who asks for
    /// as many alone neither waits nor takes others along: some 100 keys cost as much as the call around them, and to save that is
    /// all that gathering can do.
    pub max_keys: usize,
}

/// How much a list takes of the stream that answers it. One that goes on is cancelled, and the field fails with
/// `RESOURCE_EXHAUSTED`: a part is never shown as the whole. With `@stream`, where items are shown as they come, the list ends with
/// that error.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gathering {
    /// How many messages at most: 10,000, many times more than anybody reads on a page.
    pub max_messages: usize,
    /// How much all their items may take together: 4 MiB, what one response of a unary call may have.
    pub max_size: ByteSize,
}

impl Default for Gathering {
    fn default() -> Self {
        Self { max_messages: 10_000, max_size: ByteSize(4 << 20) }
    }
}

impl Default for Batching {
    fn default() -> Self {
        Self { wait: 0.25, longest_wait: Span(Duration::from_millis(10)), max_keys: 100 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            reserve: Span(Duration::from_millis(5)),
            calls_at_once: 64,
            refreshes_at_once: 64,
            refresh_timeout: Span(Duration::from_secs(5)),
            max_answer_size: ByteSize(32 << 20),
            batching: Batching::default(),
            gathering: Gathering::default(),
            entity_cache: entity_cache::Config::default(),
            subscriptions: subscription::Config::default(),
        }
    }
}
