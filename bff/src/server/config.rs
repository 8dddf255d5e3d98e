//! The listener and what it lets in.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU16,
    time::Duration,
};

use serde::{Deserialize, Deserializer, de};

use crate::units::{ByteSize, Span};

/// The table `server`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where requests come in. Port 0 takes a free one. Only this machine by default: `0.0.0.0:4000` opens it to others.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// How many threads answer requests, each with a runtime of its own and connections of its own to every service. Without
    /// it requests are answered on the runtime that [`super::Server::serve`] is called on; the command `anabranch` takes as
    /// many as there are cores.
    pub threads: Option<NonZeroU16>,
    /// How long a request may take that names no `x-request-timeout` and no `grpc-timeout`. 1 s: people leave pages that
    /// take longer, and every call behind a request gets what is left of it.
    pub default_timeout: Span,
    /// The longest time a request may ask for; one that asks for more gets this. 10 s.
    pub max_timeout: Span,
    /// A larger body is refused with 413, a larger message of a WebSocket closes it with 1009. 1 MiB: a large document is 100 KiB, the rest is for variables.
    pub max_body_size: ByteSize,
    /// A client that takes longer to send the headers of a request, from the moment that it is connected or was answered, is
    /// disconnected. 10 s.
    pub header_timeout: Span,
    /// A client that takes nothing for so long, while something is sent to it, is disconnected: it would hold its answer in
    /// memory for ever. 30 s: a phone that goes through a tunnel is back by then. Over HTTP/2, where a client may take nothing of
    /// one answer and all of another, it is looked at so often, and cut after twice this time at the latest. Until then at most
    /// one answer is held over HTTP/1, over HTTP/2 those of 200 requests, each of at most `executor.max_answer_size`. On Linux the
    /// kernel is told the same: what it has taken and no host acknowledges ends the connection too.
    pub send_timeout: Span,
    /// A connection of HTTP/2 over which nothing is asked is told to leave after this time, or twice this time at the latest.
    /// 1 minute. Over HTTP/1 `header_timeout` says how long the next request may be waited for.
    pub idle_timeout: Span,
    /// How many connections may be open, WebSockets and event streams included. Others wait with the system until one ends, and
    /// so do probes of `/live` and `/ready`. 10000: an idle one costs about 32 KiB and a file handle, of which the system must
    /// give the process enough (`ulimit -n`).
    pub max_connections: usize,
    /// After the signal to stop: how long new requests are still taken, while `/ready` already says 503, so that balancers
    /// notice. 0 s, as nobody balances on a developer's machine; where a balancer asks `/ready`, twice its interval.
    pub drain_delay: Span,
    /// After that: how long requests in flight may take before they are cut; subscriptions are ended at once. 10 s, the longest that a request takes.
    pub drain_timeout: Span,
    /// Whether browsers that open `/graphql` get GraphiQL.
    pub graphiql: bool,
    /// Clients that get more than one answer.
    pub streams: Streams,
    /// Which pages of other origins may ask, and open WebSockets.
    pub cors: Cors,
    /// Which headers say who calls. Only a proxy that sets them on every request, and lets none of a client's through, makes
    /// them trustworthy.
    pub trusted: Trusted,
    /// Who may ask how an answer came about.
    pub explain: Explain,
}

/// The table `server.explain`: who may have `extensions.plan` and `extensions.timing`, which name services and tell how they
/// fare. Nobody by default. Who may not gets the plain answer.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Explain {
    /// Who sends it as `x-explain-secret`. It belongs in the environment: `ANABRANCH_SERVER__EXPLAIN__SECRET`.
    pub secret: Option<Secret>,
    /// Whoever asks, while `listen` is an address of this machine only: for development.
    pub local: bool,
}

/// A text that nobody must guess, and that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Whether this is it. How long that takes says nothing of where the two differ.
    pub(super) fn is(&self, given: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let differ = own
            .iter()
            .zip(given)
            .fold(0, |differ, (own, given)| std::hint::black_box(differ | (own ^ given)));
        own.len() == given.len() && differ == 0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let fits =
            (16..=1024).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits {
            return Ok(Self(text));
        }
        // Not shown, as it may be the secret with one letter wrong.
        Err(de::Error::custom(
            "this is no secret; write 16 to 1024 ASCII characters without blanks",
        ))
    }
}

/// The table `server.streams`: subscriptions over `text/event-stream`, and WebSockets.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Streams {
    /// After so much silence a comment is sent, or over a WebSocket a ping, so that what stands between keeps the connection.
    /// A WebSocket whose client did not answer a ping by the next one is closed. 12 s: less than most proxies wait.
    pub keepalive: Span,
    /// A stream or a WebSocket whose client has taken nothing for so long is ended. 10 s.
    pub send_timeout: Span,
    /// A WebSocket whose client has not said `connection_init` by then is closed, with 4408. 3 s.
    pub init_timeout: Span,
    /// Members of the payload of `connection_init` that count as headers of the WebSocket, as browsers can send none:
    /// `authorization` for one. A header that came with the connection is not replaced; two members for one header are refused.
    pub init_headers: Vec<Header>,
    /// How many operations one WebSocket, or one event stream that several requests share, may have at a time; one more is an
    /// error with `LIMIT_EXCEEDED`.
    pub max_operations: usize,
    /// An event stream that was reserved by PUT and is not opened by then is given up, with the operations that it has. 10 s.
    /// Subscriptions begin when it is open.
    pub reservation_timeout: Span,
    /// How many such streams may be open or reserved. For one more the oldest that nobody has opened gives way; where all are
    /// open it is refused with 429. 10000: one costs a few hundred bytes, besides the answers that wait for it to be opened.
    pub max_reservations: usize,
    /// How much of answers, and of requests that subscribe, one of them keeps until it is opened. What finds no room is told as an error with
    /// `RESOURCE_EXHAUSTED` in place of the answer. 1 MiB; once a stream is open its answers may be as large as all are.
    pub reservation_size: ByteSize,
    /// How much all of them keep together. 64 MiB.
    pub total_reservation_size: ByteSize,
}

/// The table `server.cors`. Without origins no page of another origin may ask.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Origins that may ask, like `https://shop.example`; `*` lets all ask, then without credentials.
    pub origins: Vec<Origin>,
    /// Whether pages may send cookies and read answers that depend on them.
    pub credentials: bool,
    /// How long a browser may remember the answer to a preflight. 1 hour.
    pub max_age: Span,
}

/// The table `server.trusted`. Everything is off by default: such headers are then not trusted, whoever sends them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trusted {
    /// The header that names the caller for good, `x-user-id` for one. It becomes `$identity.sub`.
    pub subject: Option<Header>,
    /// Whether callers without it are refused: with 401, and over a WebSocket with 4403 when it is initialised. It needs
    /// `subject`.
    pub required: bool,
    /// Other claims and their headers: `{ role = "x-user-role" }` becomes `$identity.role`. They need `subject`.
    pub claims: BTreeMap<String, Header>,
    /// The header that names the tenant. It becomes `$tenant`.
    pub tenant: Option<Header>,
}

impl Default for Config {
    fn default() -> Self {
        let seconds = |seconds| Span(Duration::from_secs(seconds));
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 4000)),
            threads: None,
            default_timeout: seconds(1),
            max_timeout: seconds(10),
            max_body_size: ByteSize(1 << 20),
            header_timeout: seconds(10),
            send_timeout: seconds(30),
            idle_timeout: seconds(60),
            max_connections: 10_000,
            drain_delay: seconds(0),
            drain_timeout: seconds(10),
            graphiql: true,
            streams: Streams::default(),
            cors: Cors::default(),
            trusted: Trusted::default(),
            explain: Explain::default(),
        }
    }
}

impl Default for Streams {
    fn default() -> Self {
        let seconds = |seconds| Span(Duration::from_secs(seconds));
        Self {
            keepalive: seconds(12),
            send_timeout: seconds(10),
            init_timeout: seconds(3),
            init_headers: Vec::new(),
            max_operations: 100,
            reservation_timeout: seconds(10),
            max_reservations: 10_000,
            reservation_size: ByteSize(1 << 20),
            total_reservation_size: ByteSize(64 << 20),
        }
    }
}

impl Default for Cors {
    fn default() -> Self {
        Self { origins: Vec::new(), credentials: false, max_age: Span(Duration::from_secs(3600)) }
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        let accepted = "write an IP address and a port, like `127.0.0.1:4000` or `[::]:4000`";
        de::Error::custom(format!("`{text}` is no address to listen at; {accepted}"))
    })
}

/// The name of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header(pub http::HeaderName);

impl Header {
    /// Whether it is one that services get from us alone, or that is for us alone.
    pub(crate) fn is_ours(&self) -> bool {
        super::caller::OURS.contains(&self.0)
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let accepted = "write the name of a header, like `x-user-id`";
        text.parse()
            .map(Self)
            .map_err(|_| de::Error::custom(format!("`{text}` is no name of a header; {accepted}")))
    }
}

/// Where a page comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `*`
    Any,
    /// A scheme, a host and perhaps a port, as browsers send them.
    Exact(http::HeaderValue),
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "*" {
            return Ok(Self::Any);
        }
        let uri = text.parse::<http::Uri>().ok().filter(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.path() == "/"
                && !text.ends_with('/')
        });
        match (uri, http::HeaderValue::from_str(&text)) {
            (Some(_), Ok(value)) => Ok(Self::Exact(value)),
            _ => Err(de::Error::custom(format!(
                "`{text}` is not an origin; write `https://HOST`, `http://HOST:PORT` or `*`"
            ))),
        }
    }
}
