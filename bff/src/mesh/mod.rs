//! Calls services: the only door of tonic's client.
//!
//! A call goes, by turns, to an endpoint that is connected; one timer runs over headers, message and trailers. Streams have
//! connections of their own. tonic frames their messages; connections, turns, deadlines and single messages are ours, because
//! tonic's balancer picks endpoints that refuse connections and its timeout ends with the headers. What a service says in words goes to the log; a client reads a code and a sentence of
//! ours.

mod codec;
mod config;
mod connection;
mod driver;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod heard;
mod herd;
mod keep;
mod line;
mod noted;
mod pool;
mod request;
mod status;
mod stream;
mod unary;
mod upstream;

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicBool},
};

use futures::future::{BoxFuture, FutureExt};
use tokio::time::timeout_at;

pub use config::{Config, Endpoint, ServiceConfig, Settings};

use self::{connection::Connection, pool::NoPlace, upstream::Upstream};
use crate::{
    call::{Call, CallService, NoAnswer, Replies, Reply, TooLarge},
    error::{Code, Error, Result},
};

/// All services that can be called.
#[derive(Debug, Default)]
pub struct Mesh {
    services: HashMap<String, Arc<Upstream>>,
    /// By the name of a package: all services in it that are not named themselves.
    packages: HashMap<String, Arc<Upstream>>,
    /// All that are not in a package that is named.
    others: Option<Arc<Upstream>>,
}

impl Mesh {
    /// Services as the configuration names them. Nothing is connected yet: each runtime that calls has connections of its own.
    /// The number of `threads` is that of those with a runtime for each: [`Self::on_thread`].
    #[must_use]
    pub fn new(config: &Config, threads: usize) -> Self {
        let mut mesh = Self::default();
        for pattern in config.services.keys() {
            let settings = config.settings(pattern);
            if settings.endpoints.is_empty() {
                continue;
            }
            let upstream = Arc::new(Upstream::new(pattern, settings, threads));
            if pattern == "*" {
                mesh.others = Some(upstream);
            } else if let Some(package) = pattern.strip_suffix(".*") {
                mesh.packages.insert(package.to_owned(), upstream);
            } else {
                mesh.services.insert(pattern.clone(), upstream);
            }
        }
        mesh
    }

    /// Lets calls from this thread go over the connections of its number, and begins to connect to all endpoints, in the background: a
    /// service that is down delays nothing. Threads without a number, all workers of a runtime for one, are 0 together; their
    /// connections belong to the runtime of the first who calls, or says this.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn on_thread(&self, number: usize) {
        upstream::number_thread(number);
        let packages = self.packages.values().chain(&self.others);
        for upstream in self.services.values().chain(packages) {
            upstream.connect();
        }
    }

    /// Whether the configuration says where this service is.
    #[must_use]
    pub fn knows(&self, service: &str) -> bool {
        self.upstream(service).is_some()
    }

    /// The most specific entry of a service. Nothing is allocated: every call comes by here.
    fn upstream(&self, service: &str) -> Option<&Arc<Upstream>> {
        if let Some(upstream) = self.services.get(service) {
            return Some(upstream);
        }
        let mut name = service;
        while let Some((package, _)) = name.rsplit_once('.') {
            if let Some(upstream) = self.packages.get(package) {
                return Some(upstream);
            }
            name = package;
        }
        self.others.as_ref()
    }

    /// Where a call goes, with everything that is known before it is sent.
    fn route(&self, call: &Call) -> Result<Arc<Upstream>> {
        let Some(upstream) = self.upstream(&call.method.service) else {
            let reason = "no endpoints are configured";
            return Err(status::failure_unsent(call, Code::Unavailable, reason));
        };
        let (size, limit) = (call.message.len() as u64, upstream.settings.max_request_size);
        if size > limit.0 {
            let too_large = TooLarge { what: "the request", size, limit: limit.0 };
            return Err(status::failure_unsent(call, Code::ResourceExhausted, too_large));
        }
        Ok(Arc::clone(upstream))
    }
}

impl CallService for Mesh {
    fn source(&self, _: &crate::contract::Method) -> &'static str {
        "mesh"
    }

    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        let upstream = match self.route(&call) {
            Ok(upstream) => upstream,
            Err(error) => return futures::future::ready(Err(error)).boxed(),
        };
        Box::pin(async move {
            let is_sent = AtomicBool::new(false);
            let answer = timeout_at(call.deadline, unary::unary(&upstream, &call, &is_sent)).await;
            answer.unwrap_or_else(|_| Err(late(&call, is_sent.into_inner())))
        })
    }

    fn server_stream(&self, call: Call) -> BoxFuture<'static, Result<Replies, Error>> {
        let upstream = match self.route(&call) {
            Ok(upstream) => upstream,
            Err(error) => return futures::future::ready(Err(error)).boxed(),
        };
        Box::pin(async move {
            let opened = timeout_at(call.deadline, stream::open(&upstream, &call)).await;
            let opened = opened.unwrap_or_else(|_| Err(late(&call, true)))?;
            Ok(stream::replies(opened, call, &upstream.settings))
        })
    }

    fn reconnected(&self, method: &crate::contract::Method) -> BoxFuture<'static, ()> {
        match self.upstream(&method.service) {
            Some(upstream) => upstream.reconnected().boxed(),
            None => futures::future::pending().boxed(),
        }
    }
}

/// `is_sent`: whether the request may have gone out.
fn late(call: &Call, is_sent: bool) -> Error {
    let reason = "our timer rang".into();
    let reason = if is_sent { NoAnswer::Lost(reason) } else { NoAnswer::Unsent(reason) };
    status::failure(call, Code::DeadlineExceeded, reason)
}

/// The connection whose turn it is.
async fn connection(upstream: &Upstream, call: &Call) -> Result<Connection> {
    let connection = upstream.connection(call.deadline).await;
    connection.ok_or_else(|| status::unreached(call, &NoPlace::NotConnected))
}

#[cfg(test)]
pub(crate) mod tests;
