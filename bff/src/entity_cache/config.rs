//! How much is kept, and how exactly.

use std::time::Duration;

use serde::Deserialize;

use crate::units::{ByteSize, Span};

/// What may be set of the entity cache.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// At most this many bytes are kept, keys included. 0 turns the cache off: every request asks its services.
    pub capacity: ByteSize,
    /// Items fetched together do not expire together: each loses a random part of its `maxAge`, up to this share of it,
    /// between 0 (none) and 1.
    pub jitter: f64,
    /// How long it is remembered that a thing does not exist. 0: it is asked for each time.
    pub negative_max_age: Span,
    /// How many of the last invalidated tags are known by name. What was fetched before the oldest of them and has a tag
    /// is fetched again.
    pub max_tags: usize,
    /// Where the randomness of `jitter` begins; each process its own where it is left out. Replicas with one seed expire
    /// alike.
    pub seed: Option<u64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            capacity: ByteSize(64 << 20),
            jitter: 0.1,
            negative_max_age: Span(Duration::from_secs(1)),
            max_tags: 65_536,
            seed: None,
        }
    }
}
