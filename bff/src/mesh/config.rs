//! Where services are and how they are called, as an operator writes it.

use std::{collections::BTreeMap, num::NonZeroU16, time::Duration};

use http::Uri;
use serde::{Deserialize, Deserializer, de};

use crate::{
    error::{Code, Error, Result},
    units::{ByteSize, Span},
};

/// All services, by name or pattern: `"bookshop.pricing.v1.Pricing"` is one service, `"bookshop.*"` all services of a
/// package and the packages in it, `"*"` every service.
///
/// A service takes each setting from the most specific entry that has it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Config {
    /// The entries of the table `services`.
    pub services: BTreeMap<String, ServiceConfig>,
}

/// One entry of the table `services`. What is absent comes from a less specific entry, at last from [`Settings`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceConfig {
    /// See [`Settings::endpoints`].
    pub endpoints: Option<Vec<Endpoint>>,
    /// See [`Settings::max_request_size`].
    pub max_request_size: Option<ByteSize>,
    /// See [`Settings::max_response_size`].
    pub max_response_size: Option<ByteSize>,
    /// See [`Settings::connect_timeout`].
    pub connect_timeout: Option<Span>,
    /// See [`Settings::connect_wait`].
    pub connect_wait: Option<Span>,
    /// See [`Settings::keepalive_interval`].
    pub keepalive_interval: Option<Span>,
    /// See [`Settings::keepalive_timeout`].
    pub keepalive_timeout: Option<Span>,
    /// See [`Settings::stream_idle_timeout`].
    pub stream_idle_timeout: Option<Span>,
    /// See [`Settings::stream_max_age`].
    pub stream_max_age: Option<Span>,
    /// See [`Settings::max_stream_connections`].
    pub max_stream_connections: Option<NonZeroU16>,
    /// See [`Settings::withhold_metadata`].
    pub withhold_metadata: Option<Vec<String>>,
}

/// How one service is called.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where replicas of the service listen, like `http://127.0.0.1:50052`. Calls go in turn to those that are connected.
    pub endpoints: Vec<Endpoint>,
    /// A larger request is not sent and fails with `RESOURCE_EXHAUSTED`. 4 MiB, what gRPC servers accept by default.
    pub max_request_size: ByteSize,
    /// A larger response is not read and fails with `RESOURCE_EXHAUSTED`. 4 MiB, the default of gRPC clients; one such
    /// response for each call in flight must fit into memory.
    pub max_response_size: ByteSize,
    /// An attempt to connect, from the first packet to the first bytes of the service, that takes longer has failed. 1 s,
    /// so that one lost packet (sent again after a second at the earliest) costs one attempt and not the endpoint.
    pub connect_timeout: Span,
    /// A call that finds no connected endpoint waits at most this long, and never beyond its deadline, for a first
    /// connection that is being made; with nothing being made it fails at once. 100 ms: longer than a connection takes,
    /// shorter than most timeouts, so that fields degrade in time.
    pub connect_wait: Span,
    /// When a call in flight has heard nothing from the service for this long, a ping asks whether the host is alive. 10 s;
    /// `0s` never asks. Some servers refuse frequent pings on silent streams (Go: more than one in 5 minutes).
    pub keepalive_interval: Span,
    /// A ping unanswered for this long ends the connection: its calls fail with `UNAVAILABLE` and others avoid it. 5 s. Where
    /// nothing is in flight, or pings are off, the kernel notices a host that is gone, on Linux after both times together.
    pub keepalive_timeout: Span,
    /// A stream that says nothing for this long is cancelled with `DEADLINE_EXCEEDED`. 5 minutes.
    pub stream_idle_timeout: Span,
    /// A stream older than this is cancelled with `DEADLINE_EXCEEDED`, so that replicas which came later get their share.
    /// 1 hour.
    pub stream_max_age: Span,
    /// How many connections to each endpoint, for each thread, carry streams. Streams have connections of their own, opened
    /// when they are needed: a service takes only so many streams over one connection (often 100), and calls would wait for
    /// those to end. A stream that finds no place on any of them fails with `RESOURCE_EXHAUSTED`. 16.
    pub max_stream_connections: NonZeroU16,
    /// Names of metadata that this service never gets, whatever its methods declare: `x-identity-sub`, `x-tenant` or a
    /// forwarded header. Configuration can only take away. None.
    pub withhold_metadata: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let seconds = |seconds| Span(Duration::from_secs(seconds));
        Self {
            endpoints: Vec::new(),
            max_request_size: ByteSize(4 << 20),
            max_response_size: ByteSize(4 << 20),
            connect_timeout: seconds(1),
            connect_wait: Span(Duration::from_millis(100)),
            keepalive_interval: seconds(10),
            keepalive_timeout: seconds(5),
            stream_idle_timeout: seconds(300),
            stream_max_age: seconds(3600),
            max_stream_connections: const { NonZeroU16::new(16).unwrap() },
            withhold_metadata: Vec::new(),
        }
    }
}

impl Settings {
    /// When a host has vanished that says nothing. Where pings ask, they notice it in the same time; but they do not ask between
    /// calls, and some operators let them never ask.
    pub(super) fn vanished_after(&self) -> Duration {
        self.keepalive_interval.0.saturating_add(self.keepalive_timeout.0)
    }

    /// These settings, with everything that `entry` says put over them.
    fn overlaid(mut self, entry: &ServiceConfig) -> Self {
        fn put<T: Clone>(target: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                target.clone_from(value);
            }
        }
        put(&mut self.endpoints, entry.endpoints.as_ref());
        put(&mut self.max_request_size, entry.max_request_size.as_ref());
        put(&mut self.max_response_size, entry.max_response_size.as_ref());
        put(&mut self.connect_timeout, entry.connect_timeout.as_ref());
        put(&mut self.connect_wait, entry.connect_wait.as_ref());
        put(&mut self.keepalive_interval, entry.keepalive_interval.as_ref());
        put(&mut self.keepalive_timeout, entry.keepalive_timeout.as_ref());
        put(&mut self.stream_idle_timeout, entry.stream_idle_timeout.as_ref());
        put(&mut self.stream_max_age, entry.stream_max_age.as_ref());
        put(&mut self.max_stream_connections, entry.max_stream_connections.as_ref());
        put(&mut self.withhold_metadata, entry.withhold_metadata.as_ref());
        self
    }
}

impl Config {
    /// How the services of one entry are called: what it says, over what the less specific entries say.
    #[must_use]
    pub fn settings(&self, pattern: &str) -> Settings {
        wider(pattern)
            .into_iter()
            .rev()
            .filter_map(|name| self.services.get(&name))
            .fold(Settings::default(), Settings::overlaid)
    }
}

/// The pattern itself and all patterns that contain it, narrowest first: `a.b.C`, `a.b.*`, `a.*`, `*`.
fn wider(pattern: &str) -> Vec<String> {
    let mut names = vec![pattern.to_owned()];
    let mut package = pattern.strip_suffix(".*").unwrap_or(pattern);
    while let Some((parent, _)) = package.rsplit_once('.') {
        names.push(format!("{parent}.*"));
        package = parent;
    }
    if pattern != "*" {
        names.push("*".to_owned());
    }
    names
}

/// Where one replica of a service listens: `http://HOST:PORT`. A name is looked up at every attempt to connect.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The host and the port, as they go into `:authority`.
    authority: http::uri::Authority,
}

impl Endpoint {
    /// The host: a name, an IPv4 address, or an IPv6 address without its brackets.
    pub(super) fn host(&self) -> &str {
        self.authority.host().trim_start_matches('[').trim_end_matches(']')
    }

    pub(super) fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(80)
    }

    /// The scheme and authority that requests carry.
    pub(super) fn origin(&self) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(http::uri::Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
        Uri::from_parts(parts).expect("a scheme, an authority and a path are a URI")
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "http://{}", self.authority)
    }
}

impl std::str::FromStr for Endpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let fault = |reason: &str| {
            Error::new(
                Code::FailedPrecondition,
                format!("`{text}` {reason}; write `http://HOST:PORT`"),
            )
        };
        let uri: Uri = text.parse().map_err(|_| fault("is not the address of an endpoint"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(fault("needs TLS, which is not supported yet")),
            _ => return Err(fault("has no scheme")),
        }
        let authority = uri.authority().ok_or_else(|| fault("has no host"))?;
        if authority.host().is_empty() || authority.as_str().contains('@') {
            return Err(fault("is not the address of an endpoint"));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(fault("has a path, which no gRPC call can have"));
        }
        Ok(Self { authority: authority.clone() })
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
