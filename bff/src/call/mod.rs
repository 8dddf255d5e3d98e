//! The seam between answering and asking: a call, its reply, and who may share it.
//!
//! Everything that answers calls is a [`CallService`]: the mesh, the mock, a recorder, a test. Messages are encoded
//! protobuf on both sides.

use std::{
    error::Error as _,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use bytes::{BufMut, Bytes, BytesMut};
use futures::{
    FutureExt,
    future::{BoxFuture, pending},
    stream::BoxStream,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::{
    context::{Context, RequestId},
    contract,
    error::Error,
};

/// What is asked of a service.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method, from the contract.
    pub method: Arc<contract::Method>,
    /// The encoded request.
    pub message: Bytes,
    /// No reply is waited for after this moment.
    pub deadline: Instant,
    /// Whether a stream may last longer: the deadline is then for its beginning alone.
    pub open_ended: bool,
    /// What a second sending would do.
    pub side_effects: contract::SideEffects,
    /// Who asks.
    pub context: Arc<Context>,
}

/// What a service answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The encoded response.
    pub message: Bytes,
}

/// The messages of a server-streaming call. It ends after an error.
pub type Replies = BoxStream<'static, Result<Bytes, Error>>;

/// Whatever answers calls. Dropping a future or a stream cancels the call.
pub trait CallService: Send + Sync + 'static {
    /// One request, one response, by the call's deadline.
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>>;

    /// One request, many responses.
    fn server_stream(&self, call: Call) -> BoxFuture<'static, Result<Replies, Error>>;

    /// Done when, from now on, somebody can be reached again who answers calls of a method, and it is this one's turn: of many who
    /// wait, each has a moment of its own. Never done where nothing is known of connections.
    fn reconnected(&self, _: &contract::Method) -> BoxFuture<'static, ()> {
        pending().boxed()
    }

    /// What answers calls of a method, in a word, for people who ask where an answer came from.
    fn source(&self, _: &contract::Method) -> &'static str {
        "service"
    }
}

/// What of the caller goes along with a call of `method`, as its declaration allows: identity as `x-identity-sub`, tenant as
/// `x-tenant`, and the named request headers as they are.
#[must_use]
pub fn forwarded_metadata(method: &contract::Method, context: &Context) -> HeaderMap {
    let mut metadata = HeaderMap::new();
    if method.forward_identity
        && let Some(identity) = &context.identity
        && let Ok(value) = HeaderValue::from_str(&identity.subject)
    {
        metadata.insert(HeaderName::from_static("x-identity-sub"), value);
    }
    if method.forward_tenant
        && let Some(tenant) = &context.tenant
        && let Ok(value) = HeaderValue::from_str(tenant)
    {
        metadata.insert(HeaderName::from_static("x-tenant"), value);
    }
    for name in &method.forward_headers {
        let Ok(name) = HeaderName::try_from(name.as_str()) else { continue };
        for value in context.headers.get_all(&name) {
            metadata.append(name.clone(), value.clone());
        }
    }
    metadata
}

/// Who may share what was fetched with a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sharing {
    /// Nobody outside this request.
    Request(RequestId),
    /// Everybody.
    Public,
    /// Callers of this tenant.
    Tenant(Arc<str>),
    /// This user of this tenant.
    User {
        /// A subject means something only within its tenant.
        tenant: Option<Arc<str>>,
        /// [`crate::context::Identity::subject`].
        subject: Arc<str>,
    },
}

/// Everything that two calls must have in common before the answer to one may be given to the other. Compared as a
/// whole, never by hash alone. For a batch it stands beside each key of the batch. Being kept whole, it must not be long:
/// who brings more than 8 KiB of headers into it shares with nobody.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ShareKey(Arc<ShareParts>);

#[derive(PartialEq, Eq)]
struct ShareParts {
    contract: u64,
    method: Arc<contract::Method>,
    form: Bytes,
    request: Bytes,
    vary: Vec<(String, Option<Bytes>)>,
    sharing: Sharing,
    lane: Option<Arc<str>>,
    metadata: Bytes,
}

/// Who sends more bytes than this in headers that keys hold shares with nobody: a client could fill a cache with keys. All
/// headers of a browser together are mostly shorter.
const MAX_HEADERS: usize = 8 << 10;

/// What a [`ShareKey`] is made of.
#[derive(Debug)]
pub struct ShareInput<'a> {
    /// The fingerprint of the contract in force.
    pub contract: u64,
    /// The method called.
    pub method: &'a Arc<contract::Method>,
    /// How keys are put into the request and items are taken out of the reply.
    pub form: Bytes,
    /// The encoded request without its keys.
    pub request: Bytes,
    /// The `@cache` of the field, if it has one.
    pub cache: Option<&'a contract::Cache>,
    /// What a second sending would do: only calls without side effects are shared beyond their request.
    pub side_effects: contract::SideEffects,
    /// Who asks.
    pub context: &'a Context,
}

impl ShareKey {
    /// The one function that decides who shares with whom.
    #[must_use]
    pub fn new(input: ShareInput<'_>) -> Self {
        let ShareInput { contract, method, form, request, cache, side_effects, context } = input;
        let vary: Vec<(String, Option<Bytes>)> = cache.map_or_else(Vec::new, |cache| {
            cache.vary.iter().map(|name| (name.clone(), header(context, name))).collect()
        });
        let metadata = fingerprint(&forwarded_metadata(method, context));
        let headers = vary.iter().flat_map(|(_, value)| value).map(Bytes::len).sum::<usize>();
        let sharing = if headers + metadata.len() > MAX_HEADERS {
            Sharing::Request(context.request)
        } else {
            sharing(method, cache, side_effects, context)
        };
        Self(Arc::new(ShareParts {
            contract,
            method: Arc::clone(method),
            form,
            request,
            vary,
            sharing,
            lane: context.lane.clone(),
            metadata,
        }))
    }

    /// Who may share it.
    #[must_use]
    pub fn sharing(&self) -> &Sharing {
        &self.0.sharing
    }

    /// Whether an answer may outlive its request.
    #[must_use]
    pub fn outlives_request(&self) -> bool {
        !matches!(self.0.sharing, Sharing::Request(_))
    }

    /// About how many bytes it holds, for caches that are bounded by bytes.
    #[must_use]
    pub fn weight(&self) -> usize {
        // Named one by one, so that none is forgotten. The method is the contract's.
        let ShareParts { contract: _, method: _, form, request, vary, sharing, lane, metadata } =
            &*self.0;
        let vary = vary.iter().map(|(name, value)| {
            size_of_val(name)
                + name.len()
                + size_of_val(value)
                + value.as_ref().map_or(0, Bytes::len)
        });
        size_of::<ShareParts>()
            + form.len()
            + request.len()
            + vary.sum::<usize>()
            + sharing.weight()
            + lane.as_ref().map_or(0, |lane| lane.len())
            + metadata.len()
    }
}

impl Sharing {
    /// How many bytes it holds beside itself.
    fn weight(&self) -> usize {
        match self {
            Self::Request(_) | Self::Public => 0,
            Self::Tenant(tenant) => tenant.len(),
            Self::User { tenant, subject } => {
                tenant.as_ref().map_or(0, |tenant| tenant.len()) + subject.len()
            }
        }
    }
}

/// Why a call failed with [`crate::error::Code::ResourceExhausted`]: a message is larger than we allow. With fewer keys it may
/// be smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} has {size} bytes, more than the limit of {limit}")]
pub struct TooLarge {
    /// "the request", "a message".
    pub what: &'static str,
    /// In bytes.
    pub size: u64,
    /// In bytes.
    pub limit: u64,
}

impl TooLarge {
    /// Whether this is behind an error.
    #[must_use]
    pub fn is_cause_of(error: &Error) -> bool {
        is_cause::<Self>(error)
    }
}

/// Why a call failed: a gRPC status came that says so, in these words, and not a connection that broke or was never there. The
/// service has seen the request, so that what was asked may be the cause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Stated(pub String);

impl Stated {
    /// Whether this is behind an error.
    #[must_use]
    pub fn is_cause_of(error: &Error) -> bool {
        is_cause::<Self>(error)
    }
}

/// Why we ended a stream that went well: a bound of ours was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Expired {
    /// Its greatest age.
    #[error("the stream was not over in the time that it had")]
    Age,
    /// Its idle timeout.
    #[error("the stream was silent for too long")]
    Silence,
}

impl Expired {
    /// Whether this is behind an error.
    #[must_use]
    pub fn is_cause_of(error: &Error) -> bool {
        is_cause::<Self>(error)
    }
}

/// Why a call failed with [`crate::error::Code::Unavailable`]: nobody was there whom it could go to, and nobody has seen it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreached(pub Arc<str>);

impl Unreached {
    /// Whether this is behind an error.
    #[must_use]
    pub fn is_cause_of(error: &Error) -> bool {
        is_cause::<Self>(error)
    }
}

/// Why a call failed of which the service itself said nothing. A failure without this is what the service answered.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The service has certainly done nothing.
    #[error("the service has not seen the request")]
    Unsent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The request went out, and no answer came that could be read.
    #[error("no answer came to the request")]
    Lost(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl NoAnswer {
    /// What of this is behind an error.
    #[must_use]
    pub fn behind(error: &Error) -> Option<&Self> {
        cause(error)
    }
}

fn is_cause<T: std::error::Error + 'static>(error: &Error) -> bool {
    cause::<T>(error).is_some()
}

fn cause<T: std::error::Error + 'static>(error: &Error) -> Option<&T> {
    let mut cause = error.source();
    while let Some(error) = cause.filter(|error| !error.is::<T>()) {
        cause = error.source();
    }
    cause?.downcast_ref()
}

impl fmt::Debug for ShareKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{} {:?}", self.0.method.service, self.0.method.name, self.0.sharing)
    }
}

impl Hash for ShareParts {
    /// Of the method only its name: the rest is said by the contract.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { contract, method, form, request, vary, sharing, lane, metadata } = self;
        (contract, &method.service, &method.name, form, request).hash(state);
        (vary, sharing, lane, metadata).hash(state);
    }
}

fn sharing(
    method: &contract::Method,
    cache: Option<&contract::Cache>,
    side_effects: contract::SideEffects,
    context: &Context,
) -> Sharing {
    let alone = Sharing::Request(context.request);
    if side_effects != contract::SideEffects::NoSideEffects {
        return alone;
    }
    let Some(cache) = cache else {
        return if method.shareable { Sharing::Public } else { alone };
    };
    match cache.scope() {
        contract::Scope::Public => Sharing::Public,
        contract::Scope::Tenant => context.tenant.clone().map_or(alone, Sharing::Tenant),
        contract::Scope::User => context.identity.as_ref().map_or(alone, |identity| {
            Sharing::User { tenant: context.tenant.clone(), subject: Arc::clone(&identity.subject) }
        }),
        contract::Scope::Unspecified => alone,
    }
}

/// All values of a header in one text; values cannot contain the separator. It has no room to spare, as it may be kept.
fn header(context: &Context, name: &str) -> Option<Bytes> {
    let values = context.headers.get_all(name);
    let mut joined = BytesMut::with_capacity(values.iter().map(|value| value.len() + 1).sum());
    for value in values {
        joined.put_slice(value.as_bytes());
        joined.put_u8(b'\n');
    }
    (!joined.is_empty()).then(|| joined.freeze())
}

fn fingerprint(metadata: &HeaderMap) -> Bytes {
    let mut lines: Vec<(&str, &[u8])> =
        metadata.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    // Stable, so that values of one name keep their order.
    lines.sort_by_key(|(name, _)| *name);
    let size = lines.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let mut text = BytesMut::with_capacity(size);
    for (name, value) in lines {
        text.put_slice(name.as_bytes());
        text.put_u8(b':');
        text.put_slice(value);
        text.put_u8(b'\n');
    }
    text.freeze()
}

#[cfg(test)]
mod tests;
