//! One table of codes: what a client reads, the HTTP status, how loud the log is, and what may be done about it.

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc};

use serde::Serialize;
use serde_json::value::RawValue;

use tracing::Level;

/// What went wrong, as a client reads it in `errors[].extensions.code`.
///
/// The first group has the canonical names of gRPC; the others are faults of a request or of a value, which no service
/// has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The caller left.
    Cancelled,
    /// A service failed without saying how.
    Unknown,
    /// A service refused an argument.
    InvalidArgument,
    /// The time for the call was over. For a mutation: the outcome is unknown.
    DeadlineExceeded,
    /// The thing asked for does not exist.
    NotFound,
    /// The thing to be made exists.
    AlreadyExists,
    /// The caller may not do this.
    PermissionDenied,
    /// A quota or a limit is used up, ours or a service's.
    ResourceExhausted,
    /// The system is not in the state that the call needs.
    FailedPrecondition,
    /// A conflict with another call; trying again may help.
    Aborted,
    /// Past the end.
    OutOfRange,
    /// The service does not know the method.
    Unimplemented,
    /// The service broke a promise of its own.
    Internal,
    /// The service cannot be reached, or refuses to work now.
    Unavailable,
    /// The reply could not be read.
    DataLoss,
    /// The caller is not known.
    Unauthenticated,

    /// The request is not a GraphQL request.
    BadRequest,
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// A variable does not fit its type.
    BadUserInput,
    /// No operation of the document is meant, or more than one.
    OperationNotFound,
    /// The document is larger or deeper than allowed.
    LimitExceeded,
    /// This HTTP method cannot run this operation.
    MethodNotAllowed,
    /// The client accepts none of our media types.
    NotAcceptable,
    /// The body has a media type that is not JSON.
    UnsupportedMediaType,
    /// The body is larger than allowed.
    PayloadTooLarge,

    /// A value came that its GraphQL type cannot show: an unknown enum number, invalid UTF-8, a number out of range.
    InvalidValue,
    /// A non-null field has no value.
    NullValue,
}

struct Row {
    name: &'static str,
    http_status: u16,
    level: Level,
    retryable: bool,
    endpoint_fault: bool,
    may_fall_back: bool,
    is_open: bool,
    is_denial: bool,
}

const fn row(name: &'static str, http_status: u16, level: Level, traits: [bool; 5]) -> Row {
    let [retryable, endpoint_fault, may_fall_back, is_open, is_denial] = traits;
    Row { name, http_status, level, retryable, endpoint_fault, may_fall_back, is_open, is_denial }
}

impl Code {
    /// All codes, in the order of the table.
    pub const ALL: [Self; 28] = [
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
        Self::BadRequest,
        Self::ParseFailed,
        Self::ValidationFailed,
        Self::BadUserInput,
        Self::OperationNotFound,
        Self::LimitExceeded,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::UnsupportedMediaType,
        Self::PayloadTooLarge,
        Self::InvalidValue,
        Self::NullValue,
    ];

    /// The one table. The flags are: may be retried, is the endpoint's fault, may be answered by a fallback, leaves open whether
    /// a change was made, denies.
    ///
    /// A fallback after a denial would be a leak, and after a caller's fault it would hide the fault.
    const fn row(self) -> Row {
        const N: bool = false;
        const Y: bool = true;
        match self {
            Self::Cancelled => row("CANCELLED", 499, Level::DEBUG, [N, N, N, Y, N]),
            Self::Unknown => row("UNKNOWN", 502, Level::WARN, [N, Y, Y, Y, N]),
            Self::InvalidArgument => row("INVALID_ARGUMENT", 400, Level::INFO, [N, N, N, N, N]),
            Self::DeadlineExceeded => row("DEADLINE_EXCEEDED", 504, Level::WARN, [N, Y, Y, Y, N]),
            Self::NotFound => row("NOT_FOUND", 404, Level::DEBUG, [N, N, N, N, N]),
            Self::AlreadyExists => row("ALREADY_EXISTS", 409, Level::INFO, [N, N, N, N, N]),
            Self::PermissionDenied => row("PERMISSION_DENIED", 403, Level::INFO, [N, N, N, N, Y]),
            Self::ResourceExhausted => row("RESOURCE_EXHAUSTED", 429, Level::WARN, [N, N, Y, N, N]),
            Self::FailedPrecondition => {
                row("FAILED_PRECONDITION", 400, Level::INFO, [N, N, N, N, N])
            }
            Self::Aborted => row("ABORTED", 409, Level::INFO, [N, N, Y, N, N]),
            Self::OutOfRange => row("OUT_OF_RANGE", 400, Level::INFO, [N, N, N, N, N]),
            Self::Unimplemented => row("UNIMPLEMENTED", 501, Level::ERROR, [N, N, N, N, N]),
            Self::Internal => row("INTERNAL", 500, Level::ERROR, [N, Y, Y, Y, N]),
            Self::Unavailable => row("UNAVAILABLE", 503, Level::WARN, [Y, Y, Y, Y, N]),
            Self::DataLoss => row("DATA_LOSS", 502, Level::ERROR, [N, Y, Y, Y, N]),
            Self::Unauthenticated => row("UNAUTHENTICATED", 401, Level::INFO, [N, N, N, N, Y]),
            Self::BadRequest => row("BAD_REQUEST", 400, Level::INFO, [N, N, N, N, N]),
            Self::ParseFailed => row("GRAPHQL_PARSE_FAILED", 400, Level::INFO, [N, N, N, N, N]),
            Self::ValidationFailed => {
                row("GRAPHQL_VALIDATION_FAILED", 400, Level::INFO, [N, N, N, N, N])
            }
            Self::BadUserInput => row("BAD_USER_INPUT", 400, Level::INFO, [N, N, N, N, N]),
            Self::OperationNotFound => {
                row("OPERATION_RESOLUTION_FAILURE", 400, Level::INFO, [N, N, N, N, N])
            }
            Self::LimitExceeded => row("LIMIT_EXCEEDED", 400, Level::INFO, [N, N, N, N, N]),
            Self::MethodNotAllowed => row("METHOD_NOT_ALLOWED", 405, Level::INFO, [N, N, N, N, N]),
            Self::NotAcceptable => row("NOT_ACCEPTABLE", 406, Level::INFO, [N, N, N, N, N]),
            Self::UnsupportedMediaType => {
                row("UNSUPPORTED_MEDIA_TYPE", 415, Level::INFO, [N, N, N, N, N])
            }
            Self::PayloadTooLarge => row("PAYLOAD_TOO_LARGE", 413, Level::INFO, [N, N, N, N, N]),
            Self::InvalidValue => row("INVALID_VALUE", 502, Level::WARN, [N, N, N, N, N]),
            Self::NullValue => row("NULL_VALUE", 502, Level::WARN, [N, N, N, N, N]),
        }
    }

    /// The name in `extensions.code`: `"UNAVAILABLE"`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The code with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }

    /// The HTTP status where this code is the whole answer.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        self.row().http_status
    }

    /// How loud it is in the log.
    #[must_use]
    pub const fn level(self) -> Level {
        self.row().level
    }

    /// Whether the same call may be sent again, if the method allows it.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        self.row().retryable
    }

    /// Whether it speaks against the endpoint that answered.
    #[must_use]
    pub const fn is_endpoint_fault(self) -> bool {
        self.row().endpoint_fault
    }

    /// Whether the ladder of `@fallback` may be climbed down after it.
    #[must_use]
    pub const fn may_fall_back(self) -> bool {
        self.row().may_fall_back
    }

    /// Whether a service that says so may have done what it was asked: by gRPC's description of the codes. The others are
    /// refusals, or say that it was undone.
    #[must_use]
    pub const fn leaves_the_outcome_open(self) -> bool {
        self.row().is_open
    }

    /// Whether it says that the caller may not have what it asked for.
    #[must_use]
    pub const fn is_denial(self) -> bool {
        self.row().is_denial
    }

    /// The code of a gRPC status number; `None` for 0, which is no error. Numbers that gRPC does not know are
    /// [`Code::Unknown`].
    #[must_use]
    pub const fn from_grpc(status: i32) -> Option<Self> {
        Some(match status {
            0 => return None,
            1 => Self::Cancelled,
            3 => Self::InvalidArgument,
            4 => Self::DeadlineExceeded,
            5 => Self::NotFound,
            6 => Self::AlreadyExists,
            7 => Self::PermissionDenied,
            8 => Self::ResourceExhausted,
            9 => Self::FailedPrecondition,
            10 => Self::Aborted,
            11 => Self::OutOfRange,
            12 => Self::Unimplemented,
            13 => Self::Internal,
            14 => Self::Unavailable,
            15 => Self::DataLoss,
            16 => Self::Unauthenticated,
            _ => Self::Unknown,
        })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A failure with a code. Cheap to clone: one failed call may be shown in many places.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    code: Code,
    message: Cow<'static, str>,
    origin: Option<Origin>,
    extensions: Vec<Extension>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A member of `errors[].extensions`: its name, and its value as JSON.
pub type Extension = (Cow<'static, str>, Arc<RawValue>);

/// The method that a failure comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// `"bookshop.pricing.v1.Pricing"`
    pub service: Arc<str>,
    /// `"BatchGetPrices"`
    pub method: Arc<str>,
}

/// What most functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error whose message a client may read.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(code, message.into(), None)
    }

    /// An error whose `message` a client may read and whose `source` only the log shows.
    pub fn with_source(
        code: Code,
        message: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::of(code, message.into(), Some(source.into()))
    }

    fn of(
        code: Code,
        message: Cow<'static, str>,
        source: Option<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self(Arc::new(Inner { code, message, origin: None, extensions: Vec::new(), source }))
    }

    /// The same error with a further member in `errors[].extensions`, which a client may read. One named `code` is shown in
    /// the place of [`Code::name`]: `"OUT_OF_STOCK"`. What cannot be JSON is left out.
    ///
    /// ```
    /// use anabranch::error::{Code, Error};
    ///
    /// let error = Error::new(Code::FailedPrecondition, "there are three left")
    ///     .with_extension("code", "OUT_OF_STOCK")
    ///     .with_extension("left", 3);
    /// ```
    #[must_use]
    pub fn with_extension(self, name: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
        let Ok(value) = serde_json::value::to_raw_value(&value) else { return self };
        let mut inner = self.into_inner();
        let name = name.into();
        inner.extensions.retain(|(known, _)| *known != name);
        inner.extensions.push((name, value.into()));
        Self(Arc::new(inner))
    }

    /// The same error, said to come from a method.
    #[must_use]
    pub fn from_method(self, origin: Origin) -> Self {
        Self(Arc::new(Inner { origin: Some(origin), ..self.into_inner() }))
    }

    /// The same error in other words.
    #[must_use]
    pub(crate) fn with_message(self, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner { message: message.into(), ..self.into_inner() }))
    }

    /// Itself, or where others have it too one of which it is the source.
    fn into_inner(self) -> Inner {
        Arc::try_unwrap(self.0).unwrap_or_else(|shared| Inner {
            code: shared.code,
            message: shared.message.clone(),
            origin: shared.origin.clone(),
            extensions: shared.extensions.clone(),
            source: Some(Box::new(Self(shared))),
        })
    }

    /// The same without what only the log shows, for who keeps it.
    #[must_use]
    pub fn without_source(self) -> Self {
        if self.0.source.is_none() {
            return self;
        }
        Self(Arc::new(Inner { source: None, ..self.into_inner() }))
    }

    /// About how many bytes it holds, without its source, for caches that are bounded by bytes.
    #[must_use]
    pub fn weight(&self) -> usize {
        let Inner { code: _, message, origin, extensions, source: _ } = &*self.0;
        let extensions = extensions
            .iter()
            .map(|(name, value)| size_of::<Extension>() + name.len() + value.get().len());
        size_of::<Inner>()
            + message.len()
            + origin.as_ref().map_or(0, |origin| origin.service.len() + origin.method.len())
            + extensions.sum::<usize>()
    }

    /// What went wrong.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What a client may read.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What a client may read beside code and message.
    #[must_use]
    pub fn extensions(&self) -> &[Extension] {
        &self.0.extensions
    }

    /// The method that failed, if one did.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.0.origin.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Error");
        debug.field("code", &self.0.code).field("message", &self.0.message);
        if let Some(origin) = &self.0.origin {
            debug.field("origin", origin);
        }
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests;
