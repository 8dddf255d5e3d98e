//! What cannot be bound, as facts: the rules in `check` find the words.

use crate::diagnostic::Span;

/// A message, as far as a diagnostic needs it.
#[derive(Clone, Debug)]
pub(crate) struct MessageFacts {
    pub(crate) name: String,
    pub(crate) span: Option<Span>,
    pub(crate) fields: Vec<(String, Option<Span>)>,
}

/// Which side of a binding a name was looked up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Response,
    Parent,
    From,
}

#[derive(Debug)]
pub(crate) enum Fault {
    /// A method that no proto has.
    UnknownMethod { name: String, span: Option<Span>, known: Vec<(String, Option<Span>)> },
    /// A field that a message does not have.
    UnknownField {
        side: Side,
        name: String,
        argument: String,
        span: Option<Span>,
        message: MessageFacts,
    },
    /// A path that goes through something else than singular messages, or ends in the wrong thing.
    BadPath { path: String, reason: String, span: Option<Span>, proto: Option<Span> },
    /// `@message` names what no proto has.
    UnknownMessage { name: String, span: Option<Span>, known: Vec<String> },
    /// A type is used for a message that its `@message` does not list.
    UnlistedMessage { graphql: String, message: String, span: Option<Span>, proto: Option<Span> },
    /// An enum value without a counterpart.
    UnknownEnumValue {
        value: String,
        graphql: String,
        span: Option<Span>,
        proto: String,
        proto_span: Option<Span>,
        known: Vec<(String, Option<Span>)>,
    },
    /// An argument that fills nothing.
    UnmappedArgument {
        coordinate: String,
        argument: String,
        span: Option<Span>,
        message: MessageFacts,
    },
    /// An argument of a value that no call answers.
    UselessArgument { coordinate: String, argument: String, span: Option<Span> },
    /// A field of an input object that fills nothing.
    UnmappedInputField {
        coordinate: String,
        field: String,
        span: Option<Span>,
        message: MessageFacts,
    },
    /// The two types do not go together.
    TypeMismatch {
        coordinate: String,
        graphql: String,
        span: Option<Span>,
        proto: String,
        proto_span: Option<Span>,
        proto_type: String,
    },
    /// One side is a list, the other is not.
    ListMismatch {
        coordinate: String,
        graphql: String,
        graphql_is_list: bool,
        span: Option<Span>,
        proto: String,
        proto_span: Option<Span>,
    },
    /// A list of lists.
    NestedList { coordinate: String, graphql: String, span: Option<Span> },
    /// Nothing, or too much, in a message fits the field.
    NoValue {
        coordinate: String,
        graphql: String,
        span: Option<Span>,
        message: MessageFacts,
        candidates: Vec<String>,
    },
    /// Several methods could be meant.
    AmbiguousMethod { coordinate: String, span: Option<Span>, candidates: Vec<String> },
    /// `keys` or `items` has to be said.
    AmbiguousBatch {
        coordinate: String,
        part: &'static str,
        span: Option<Span>,
        message: MessageFacts,
        candidates: Vec<String>,
    },
    /// What the parent gives has to be said.
    MissingKey { coordinate: String, span: Option<Span>, keys: String, parent: MessageFacts },
    /// By which field items are matched has to be said.
    MissingMatch { coordinate: String, span: Option<Span>, key: String, item: MessageFacts },
    /// A key of one type where another is taken.
    KeyMismatch { coordinate: String, reason: String, span: Option<Span>, proto: Option<Span> },
    /// A method whose requests are a stream.
    ClientStreaming { coordinate: String, method: String, span: Option<Span>, proto: Option<Span> },
    /// A streaming method outside a subscription, or a unary one inside.
    StreamingMismatch {
        coordinate: String,
        method: String,
        streaming: bool,
        span: Option<Span>,
        proto: Option<Span>,
    },
    /// A directive where it can do nothing.
    MisplacedDirective { coordinate: String, directive: String, reason: String, span: Option<Span> },
    /// A text that is no duration.
    InvalidDuration { text: String, span: Option<Span> },
    /// A `$source` that does not exist.
    InvalidSource { text: String, reason: String, span: Option<Span> },
    /// A `$selection` that cannot fill its mask.
    InvalidSelection {
        text: String,
        reason: String,
        /// Fields of the response in which paths could begin.
        known: Vec<String>,
        span: Option<Span>,
        proto: Option<Span>,
    },
    /// A tag that is no template.
    InvalidTag { text: String, reason: String, span: Option<Span> },
    /// A literal that does not fit its place.
    ValueMismatch { coordinate: String, reason: String, span: Option<Span>, proto: Option<Span> },
    /// A literal that protobuf has no bytes for.
    UnholdableValue { coordinate: String, reason: String, span: Option<Span> },
    /// A mock directive that means nothing.
    InvalidMock { word: String, known: String, span: Option<Span> },
    /// The schema says something that the proto does not.
    Drifted { coordinate: String, field: String, span: Option<Span>, message: MessageFacts },
    /// A member of a union or interface that a message cannot show.
    UnknownMember { graphql: String, member: String, span: Option<Span>, message: MessageFacts },
    /// A `requires` that names something else than a singular scalar.
    InvalidRequires { coordinate: String, reason: String, span: Option<Span>, proto: Option<Span> },
    /// A package that belongs to generated messages.
    ReservedPackage { package: String, span: Option<Span> },
}
