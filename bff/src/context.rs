//! One request's caller and time: what every part of its answer may know.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use http::HeaderMap;
use tokio::time::Instant;

/// Who asks, and until when.
#[derive(Clone, Debug)]
pub struct Context {
    /// Different for every request of this process.
    pub request: RequestId,
    /// By this moment the answer has left.
    pub deadline: Instant,
    /// Who calls, if that is known and trusted.
    pub identity: Option<Identity>,
    /// On whose behalf, if that is known and trusted.
    pub tenant: Option<Arc<str>>,
    /// The colour of the release lane that the request travels in.
    pub lane: Option<Arc<str>>,
    /// The request's headers.
    pub headers: HeaderMap,
    /// What the caller wants to know of its own answer, and may know.
    pub explain: Explain,
    /// What the embedding program added.
    pub values: Values,
}

/// What an answer says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explain {
    /// `extensions.plan`: which calls, for which fields.
    pub plan: bool,
    /// `extensions.timing`: how long each step took, and where its values came from.
    pub timing: bool,
}

/// The number of a request in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(u64);

impl RequestId {
    /// A number that no other request of this process has.
    #[must_use]
    pub fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What names the caller for good: the claim `sub`.
    pub subject: Arc<str>,
    /// Other claims that requests may be filled with, by name.
    pub claims: Vec<(Arc<str>, Arc<str>)>,
}

impl Identity {
    /// The claim of this name; `sub` is the subject.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&str> {
        if name == "sub" {
            return Some(&self.subject);
        }
        self.claims.iter().find(|(claim, _)| **claim == *name).map(|(_, value)| &**value)
    }
}

/// Values of the embedding program: by type for resolvers, by name for `$context` in a schema.
#[derive(Clone, Debug, Default)]
pub struct Values {
    typed: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    named: HashMap<String, String>,
}

impl Values {
    /// Keeps a value that resolvers find by its type.
    pub fn insert<T: Any + Send + Sync>(&mut self, value: T) {
        self.typed.insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// The value of this type.
    #[must_use]
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.typed.get(&TypeId::of::<T>())?.downcast_ref()
    }

    /// Keeps a text that a schema finds as `$context.name`.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.named.insert(name.into(), value.into());
    }

    /// The text that a schema calls `$context.name`.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&str> {
        self.named.get(name).map(String::as_str)
    }
}

impl Context {
    /// A caller of whom nothing is known, with time until `deadline`.
    #[must_use]
    pub fn anonymous(deadline: Instant) -> Self {
        Self {
            request: RequestId::next(),
            deadline,
            identity: None,
            tenant: None,
            lane: None,
            headers: HeaderMap::new(),
            explain: Explain::default(),
            values: Values::default(),
        }
    }
}
