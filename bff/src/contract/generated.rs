//! @generated from proto/anabranch/v1/contract.proto. Do not edit.
#![allow(missing_docs, clippy::doc_markdown, reason = "prost's output")]

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Contract {
    /// The format of this message. A runtime refuses a format that it does not know. Now 1.
    #[prost(uint32, tag = "1")]
    pub format: u32,
    /// Features without which the answers would be wrong: a runtime that lacks one refuses the contract.
    #[prost(string, repeated, tag = "2")]
    pub required_features: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    /// Features that a runtime may lack: it logs them and goes on.
    #[prost(string, repeated, tag = "3")]
    pub optional_features: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    /// The schema as clients see it, without our directives.
    #[prost(string, tag = "4")]
    pub sdl: ::prost::alloc::string::String,
    /// A google.protobuf.FileDescriptorSet with everything the contract names, synthetic messages included.
    #[prost(bytes = "vec", tag = "5")]
    pub descriptor_set: ::prost::alloc::vec::Vec<u8>,
    #[prost(message, repeated, tag = "6")]
    pub bindings: ::prost::alloc::vec::Vec<Binding>,
    #[prost(message, repeated, tag = "7")]
    pub inputs: ::prost::alloc::vec::Vec<Input>,
    #[prost(message, repeated, tag = "8")]
    pub enums: ::prost::alloc::vec::Vec<Enum>,
    #[prost(message, repeated, tag = "9")]
    pub methods: ::prost::alloc::vec::Vec<Method>,
    #[prost(message, repeated, tag = "10")]
    pub resolvers: ::prost::alloc::vec::Vec<Resolver>,
    /// Bindings of the root types.
    #[prost(uint32, optional, tag = "11")]
    pub query: ::core::option::Option<u32>,
    #[prost(uint32, optional, tag = "12")]
    pub mutation: ::core::option::Option<u32>,
    #[prost(uint32, optional, tag = "13")]
    pub subscription: ::core::option::Option<u32>,
    /// The messages of which masks name fields; `Selection.message` and `MaskField.message` count in it.
    #[prost(message, repeated, tag = "14")]
    pub mask_messages: ::prost::alloc::vec::Vec<MaskMessage>,
}
/// One GraphQL type as one protobuf message. A type may be bound to several messages, each its own binding.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Binding {
    /// An object, interface or union type.
    #[prost(string, tag = "1")]
    pub r#type: ::prost::alloc::string::String,
    /// The full name of the message; empty for root types, which have none.
    #[prost(string, tag = "2")]
    pub message: ::prost::alloc::string::String,
    /// For an object type: its fields, in the order of the schema.
    #[prost(message, repeated, tag = "3")]
    pub fields: ::prost::alloc::vec::Vec<Field>,
    /// For an interface or a union: which concrete binding a value has.
    #[prost(message, repeated, tag = "4")]
    pub members: ::prost::alloc::vec::Vec<Member>,
}
/// One way an abstract type shows itself in a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Member {
    /// The oneof member that is set when the value has this type; 0: the message itself always has it.
    #[prost(uint32, tag = "1")]
    pub number: u32,
    #[prost(uint32, tag = "2")]
    pub binding: u32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Field {
    /// The name in the GraphQL schema.
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(message, optional, tag = "2")]
    pub source: ::core::option::Option<Source>,
    #[prost(enumeration = "State", tag = "3")]
    pub state: i32,
    #[prost(message, optional, tag = "4")]
    pub mock: ::core::option::Option<Mock>,
}
/// Where a value comes from, seen from a message.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Source {
    #[prost(oneof = "source::Kind", tags = "1, 2")]
    pub kind: ::core::option::Option<source::Kind>,
}
/// Nested message and enum types in `Source`.
pub mod source {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Kind {
        #[prost(message, tag = "1")]
        Wire(super::Wire),
        #[prost(message, tag = "2")]
        Join(::prost::alloc::boxed::Box<super::Join>),
    }
}
/// A value inside the message at hand.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Wire {
    /// Numbers of singular message fields to go through first. One of them absent makes the value null.
    #[prost(uint32, repeated, tag = "1")]
    pub path: ::prost::alloc::vec::Vec<u32>,
    /// The number of the field that holds the value; 0: the message reached by `path` is itself the value.
    #[prost(uint32, tag = "2")]
    pub number: u32,
    #[prost(enumeration = "Cardinality", tag = "3")]
    pub cardinality: i32,
    /// For MAP: the keys; they become the names of a JSON object.
    #[prost(message, optional, tag = "6")]
    pub map_key: ::core::option::Option<Leaf>,
    /// Required feature `defaults`, for EXPLICIT: what an absent value is, as the field, tag included, would say it. Where
    /// a message of `path` is absent the value is null all the same.
    #[prost(bytes = "vec", tag = "7")]
    pub default: ::prost::alloc::vec::Vec<u8>,
    #[prost(oneof = "wire::Value", tags = "4, 5")]
    pub value: ::core::option::Option<wire::Value>,
}
/// Nested message and enum types in `Wire`.
pub mod wire {
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Value {
        #[prost(message, tag = "4")]
        Leaf(super::Leaf),
        /// The message is an object of this binding.
        #[prost(uint32, tag = "5")]
        Binding(u32),
    }
}
/// A scalar or enum: what it is on the wire and what it is in GraphQL.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Leaf {
    /// As google.protobuf.FieldDescriptorProto.Type; TYPE_MESSAGE for well-known messages.
    #[prost(enumeration = "Scalar", tag = "1")]
    pub scalar: i32,
    #[prost(enumeration = "Format", tag = "2")]
    pub format: i32,
    /// For ENUM: the position in Contract.enums.
    #[prost(uint32, tag = "3")]
    pub r#enum: u32,
    /// The value stands in field 1 of a google.protobuf wrapper message. Absent is null.
    #[prost(bool, tag = "4")]
    pub wrapped: bool,
}
/// A value that another call, or a function, answers.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Join {
    /// The request, but for keys.
    #[prost(message, repeated, tag = "3")]
    pub fills: ::prost::alloc::vec::Vec<Fill>,
    /// What the parent gives. Without parts the call does not depend on the parent.
    #[prost(message, repeated, tag = "4")]
    pub key: ::prost::alloc::vec::Vec<KeyPart>,
    /// The parent gives a list of keys, and the value is the list of their objects, in that order.
    #[prost(bool, tag = "5")]
    pub many: bool,
    /// All keys in one call; absent: one call for each distinct key.
    #[prost(message, optional, tag = "6")]
    pub batch: ::core::option::Option<Batch>,
    /// The value, seen from the response; with `batch`, seen from one item.
    #[prost(message, optional, boxed, tag = "7")]
    pub then: ::core::option::Option<::prost::alloc::boxed::Box<Source>>,
    #[prost(enumeration = "SideEffects", tag = "8")]
    pub side_effects: i32,
    #[prost(message, optional, boxed, tag = "9")]
    pub policy: ::core::option::Option<::prost::alloc::boxed::Box<Policy>>,
    /// Optional feature `echoes`: what the response says again of the request.
    #[prost(message, repeated, tag = "10")]
    pub echoes: ::prost::alloc::vec::Vec<Echo>,
    /// Optional feature `selection`: the request takes a mask of what is read of its response.
    #[prost(message, optional, tag = "11")]
    pub selection: ::core::option::Option<Selection>,
    /// Required feature `gather`, for a server-streaming method whose messages together are one response: a list. Not with
    /// `batch`, and not below Subscription's own fields.
    #[prost(message, optional, tag = "12")]
    pub gather: ::core::option::Option<Gather>,
    #[prost(oneof = "join::Target", tags = "1, 2")]
    pub target: ::core::option::Option<join::Target>,
}
/// Nested message and enum types in `Join`.
pub mod join {
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Target {
        #[prost(uint32, tag = "1")]
        Method(u32),
        #[prost(uint32, tag = "2")]
        Resolver(u32),
    }
}
/// How the messages of a stream become one response, in their order.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Gather {
    /// Each message has one item, and the response is a synthetic message whose field 1 repeats them. Absent: the messages one
    /// behind the other are the response, in which what they repeat is one list.
    #[prost(message, optional, tag = "1")]
    pub item: ::core::option::Option<GatherItem>,
}
/// Where a message of a stream has its item.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct GatherItem {
    /// Numbers of singular fields; empty: the message itself. A message without one of them has no item.
    #[prost(uint32, repeated, tag = "1")]
    pub path: ::prost::alloc::vec::Vec<u32>,
    /// What is at the end of the path.
    #[prost(enumeration = "Scalar", tag = "2")]
    pub scalar: i32,
    /// It has presence: a message without it has no item. Without presence it is then its zero value.
    #[prost(bool, tag = "3")]
    pub presence: bool,
}
/// A google.protobuf.FieldMask in a request, to be filled with the fields that a query reads. A response may have more than
/// the mask names.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Selection {
    /// Field numbers in the request, the mask last.
    #[prost(uint32, repeated, tag = "1")]
    pub path: ::prost::alloc::vec::Vec<u32>,
    /// The message in which the mask's paths begin: field numbers from the response, with `batch` from what is kept of one
    /// item. Lists and maps on the way are gone through.
    #[prost(uint32, repeated, tag = "2")]
    pub resource: ::prost::alloc::vec::Vec<u32>,
    /// That message in Contract.mask_messages.
    #[prost(uint32, tag = "3")]
    pub message: u32,
}
/// What masks call the fields of a message.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct MaskMessage {
    #[prost(message, repeated, tag = "1")]
    pub fields: ::prost::alloc::vec::Vec<MaskField>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct MaskField {
    #[prost(uint32, tag = "1")]
    pub number: u32,
    #[prost(string, tag = "2")]
    pub name: ::prost::alloc::string::String,
    /// Paths may go on into this message. Absent: a path ends here.
    #[prost(uint32, optional, tag = "3")]
    pub message: ::core::option::Option<u32>,
    /// The members of one oneof have one number, counted from 1: which of them is set is known of all or of none. 0: none.
    #[prost(uint32, tag = "4")]
    pub oneof: u32,
}
/// A field of a response that, as far as names tell, holds again what a field of the request held: the id of what was
/// asked for. A service may spell it differently, so whoever builds on it compares when the response is there.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Echo {
    /// The field's number in the request.
    #[prost(uint32, tag = "1")]
    pub request: u32,
    /// Its type there.
    #[prost(enumeration = "Scalar", tag = "2")]
    pub scalar: i32,
    /// Field numbers in the response.
    #[prost(uint32, repeated, tag = "3")]
    pub response: ::prost::alloc::vec::Vec<u32>,
}
/// One part of a key: where the parent has it and where the request takes it.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct KeyPart {
    /// Numbers of singular message fields in the parent, the key's own field last. It is repeated where `Join.many`.
    #[prost(uint32, repeated, tag = "1")]
    pub path: ::prost::alloc::vec::Vec<u32>,
    #[prost(enumeration = "Scalar", tag = "2")]
    pub scalar: i32,
    /// Without batch: field numbers in the request message. With batch: field numbers in one key message; empty where
    /// the key is the repeated scalar itself.
    #[prost(uint32, repeated, tag = "3")]
    pub target: ::prost::alloc::vec::Vec<u32>,
    #[prost(enumeration = "Scalar", tag = "4")]
    pub target_scalar: i32,
    /// The key's field has presence: absent is null without a call. Without presence an absent integer is 0 and asked;
    /// an empty string or bytes is null without a call in both cases.
    #[prost(bool, tag = "5")]
    pub presence: bool,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Batch {
    /// Field numbers in the request, the repeated field of keys last.
    #[prost(uint32, repeated, tag = "1")]
    pub keys: ::prost::alloc::vec::Vec<u32>,
    /// Field numbers in the response, the repeated field (or map) of items last.
    #[prost(uint32, repeated, tag = "2")]
    pub items: ::prost::alloc::vec::Vec<u32>,
    /// Items are a map from key to item.
    #[prost(bool, tag = "3")]
    pub map: bool,
    /// For each part of the key: field numbers inside an item, and its type there. With `map`: the map's own key.
    #[prost(message, repeated, tag = "4")]
    pub r#match: ::prost::alloc::vec::Vec<Match>,
    /// All items of one key together are the value: an item is then a synthetic message whose field 1 repeats them.
    #[prost(bool, tag = "5")]
    pub group: bool,
    /// Field numbers inside an item to a google.rpc.Status; an item with a code other than 0 failed by itself.
    #[prost(uint32, repeated, tag = "6")]
    pub status: ::prost::alloc::vec::Vec<u32>,
    /// At most this many keys go into one call. 0: no limit.
    #[prost(uint32, tag = "7")]
    pub max: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Match {
    #[prost(uint32, repeated, tag = "1")]
    pub path: ::prost::alloc::vec::Vec<u32>,
    #[prost(enumeration = "Scalar", tag = "2")]
    pub scalar: i32,
}
/// One field of a request. What fills a message as a whole stands before what fills a field of it, and neither fills what the
/// other does.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Fill {
    /// Field numbers in the request message.
    #[prost(uint32, repeated, tag = "1")]
    pub path: ::prost::alloc::vec::Vec<u32>,
    #[prost(message, optional, tag = "8")]
    pub value: ::core::option::Option<InputValue>,
    /// For what may be absent (identity, tenant, header, context): how many of the last fields of `path` are required, the filled
    /// one and those around it. A request that has the message around them is not sent without them. A message that a key
    /// stands in counts as required.
    #[prost(uint32, tag = "9")]
    pub required: u32,
    #[prost(oneof = "fill::Source", tags = "2, 3, 4, 5, 6, 7")]
    pub source: ::core::option::Option<fill::Source>,
}
/// Nested message and enum types in `Fill`.
pub mod fill {
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Source {
        /// An argument of the GraphQL field, or a path into it: "page.size".
        #[prost(string, tag = "2")]
        Argument(::prost::alloc::string::String),
        /// The encoded field, tag included, at the end of `path`. `path` then names the enclosing messages only.
        #[prost(bytes, tag = "3")]
        Constant(::prost::alloc::vec::Vec<u8>),
        /// A claim of the caller's identity: "sub".
        #[prost(string, tag = "4")]
        Identity(::prost::alloc::string::String),
        /// The caller's tenant; the value is not used.
        #[prost(bool, tag = "5")]
        Tenant(bool),
        /// A request header, in lower case.
        #[prost(string, tag = "6")]
        Header(::prost::alloc::string::String),
        /// A value that the embedding program put into the request's context.
        #[prost(string, tag = "7")]
        Context(::prost::alloc::string::String),
    }
}
/// How a GraphQL input value is written into a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct InputValue {
    #[prost(enumeration = "Cardinality", tag = "1")]
    pub cardinality: i32,
    /// For MAP: the keys of the JSON object.
    #[prost(message, optional, tag = "4")]
    pub map_key: ::core::option::Option<Leaf>,
    #[prost(oneof = "input_value::Value", tags = "2, 3")]
    pub value: ::core::option::Option<input_value::Value>,
}
/// Nested message and enum types in `InputValue`.
pub mod input_value {
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Value {
        #[prost(message, tag = "2")]
        Leaf(super::Leaf),
        #[prost(uint32, tag = "3")]
        Input(u32),
    }
}
/// One GraphQL input object as one message.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Input {
    #[prost(string, tag = "1")]
    pub r#type: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub message: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "3")]
    pub fields: ::prost::alloc::vec::Vec<InputField>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct InputField {
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(uint32, repeated, tag = "2")]
    pub path: ::prost::alloc::vec::Vec<u32>,
    #[prost(message, optional, tag = "3")]
    pub value: ::core::option::Option<InputValue>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Enum {
    /// The GraphQL enum.
    #[prost(string, tag = "1")]
    pub r#type: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "2")]
    pub values: ::prost::alloc::vec::Vec<EnumValue>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct EnumValue {
    /// The GraphQL name.
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    /// The protobuf number. Of two values with one number the first one names it.
    #[prost(int32, tag = "2")]
    pub number: i32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Method {
    /// "bookshop.pricing.v1.Pricing"
    #[prost(string, tag = "1")]
    pub service: ::prost::alloc::string::String,
    /// "BatchGetPrices"
    #[prost(string, tag = "2")]
    pub name: ::prost::alloc::string::String,
    /// Full names of the messages.
    #[prost(string, tag = "3")]
    pub input: ::prost::alloc::string::String,
    #[prost(string, tag = "4")]
    pub output: ::prost::alloc::string::String,
    #[prost(bool, tag = "5")]
    pub server_streaming: bool,
    /// Synthetic: no service has it, only a mock can answer.
    #[prost(bool, tag = "6")]
    pub promised: bool,
    #[prost(bool, tag = "7")]
    pub shareable: bool,
    /// What of the caller goes along as metadata.
    #[prost(bool, tag = "8")]
    pub forward_identity: bool,
    #[prost(bool, tag = "9")]
    pub forward_tenant: bool,
    #[prost(string, repeated, tag = "10")]
    pub forward_headers: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
/// A function of the embedding program that answers a field.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Resolver {
    #[prost(string, tag = "1")]
    pub r#type: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub field: ::prost::alloc::string::String,
    /// Changes when the inputs or the output change; a program compiled against another one is refused.
    #[prost(string, tag = "3")]
    pub fingerprint: ::prost::alloc::string::String,
    /// Synthetic messages in the descriptor set: one parent, the arguments, one result. The parts of the join's key fill
    /// the parent, its fills the arguments, `then` reads the result.
    #[prost(string, tag = "4")]
    pub parent: ::prost::alloc::string::String,
    #[prost(string, tag = "5")]
    pub arguments: ::prost::alloc::string::String,
    #[prost(string, tag = "6")]
    pub output: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Policy {
    /// At most this long for the call, inside the request's deadline. 0: only the deadline.
    #[prost(uint64, tag = "1")]
    pub timeout_ms: u64,
    #[prost(message, optional, tag = "2")]
    pub cache: ::core::option::Option<Cache>,
    #[prost(message, repeated, tag = "3")]
    pub invalidates: ::prost::alloc::vec::Vec<Template>,
    #[prost(message, optional, boxed, tag = "4")]
    pub fallback: ::core::option::Option<::prost::alloc::boxed::Box<Fallback>>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Cache {
    /// With 0 a call is only shared while it is on its way.
    #[prost(uint64, tag = "1")]
    pub max_age_ms: u64,
    #[prost(uint64, tag = "2")]
    pub stale_while_revalidate_ms: u64,
    #[prost(enumeration = "Scope", tag = "3")]
    pub scope: i32,
    /// Request headers whose values part the entries, in lower case.
    #[prost(string, repeated, tag = "4")]
    pub vary: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(message, repeated, tag = "5")]
    pub tags: ::prost::alloc::vec::Vec<Template>,
}
/// A text with holes, like "book-{book_id}".
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Template {
    #[prost(message, repeated, tag = "1")]
    pub pieces: ::prost::alloc::vec::Vec<Piece>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Piece {
    #[prost(oneof = "piece::Kind", tags = "1, 2, 3")]
    pub kind: ::core::option::Option<piece::Kind>,
}
/// Nested message and enum types in `Piece`.
pub mod piece {
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Kind {
        #[prost(string, tag = "1")]
        Text(::prost::alloc::string::String),
        /// A scalar in the item (for `Cache.tags`) or in the response (for `Policy.invalidates`).
        #[prost(message, tag = "2")]
        Path(super::Match),
        /// An argument of the field.
        #[prost(string, tag = "3")]
        Argument(::prost::alloc::string::String),
    }
}
/// The rungs below a failed call, in this order.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Fallback {
    /// How long after its expiry a cached item may still be shown. 0: never.
    #[prost(uint64, tag = "1")]
    pub stale_if_error_ms: u64,
    /// Another method to ask. Only `target`, `fills`, `key`, `batch` and `then` are read.
    #[prost(message, optional, boxed, tag = "2")]
    pub rpc: ::core::option::Option<::prost::alloc::boxed::Box<Join>>,
    /// With `Join.many`: an element that would be null at last is left out of the list. `value: \[\]` says so.
    #[prost(bool, tag = "5")]
    pub leave_out: bool,
    /// What is shown at last.
    #[prost(oneof = "fallback::Last", tags = "3, 4")]
    pub last: ::core::option::Option<fallback::Last>,
}
/// Nested message and enum types in `Fallback`.
pub mod fallback {
    /// What is shown at last.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Last {
        /// The item (without batch: the response) as it would come from the service.
        #[prost(bytes, tag = "3")]
        Value(::prost::alloc::vec::Vec<u8>),
        /// Null, which also says that null is meant; the value is not used.
        #[prost(bool, tag = "4")]
        Null(bool),
    }
}
/// How a mock shapes one field.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Mock {
    /// The value as JSON.
    #[prost(string, optional, tag = "1")]
    pub value: ::core::option::Option<::prost::alloc::string::String>,
    /// What the text looks like: "name", "email", "sentence", …
    #[prost(string, tag = "2")]
    pub r#as: ::prost::alloc::string::String,
    #[prost(uint64, tag = "3")]
    pub latency_ms: u64,
    /// A code of the error table, like "UNAVAILABLE".
    #[prost(string, tag = "4")]
    pub error: ::prost::alloc::string::String,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum State {
    Unspecified = 0,
    /// A message or a method stands behind it.
    Real = 1,
    /// Nothing stands behind it yet: only a mock can answer.
    Promised = 2,
}
impl State {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "STATE_UNSPECIFIED",
            Self::Real => "REAL",
            Self::Promised => "PROMISED",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "STATE_UNSPECIFIED" => Some(Self::Unspecified),
            "REAL" => Some(Self::Real),
            "PROMISED" => Some(Self::Promised),
            _ => None,
        }
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Cardinality {
    Unspecified = 0,
    /// Absent is the zero value.
    Implicit = 1,
    /// Absent is null, or `Wire.default`.
    Explicit = 2,
    /// A list, both packed and not. Absent is the empty list.
    Repeated = 3,
    /// A map shown as one JSON object. A map shown as a list of entries is REPEATED, with the entry message bound.
    Map = 4,
}
impl Cardinality {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "CARDINALITY_UNSPECIFIED",
            Self::Implicit => "IMPLICIT",
            Self::Explicit => "EXPLICIT",
            Self::Repeated => "REPEATED",
            Self::Map => "MAP",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "CARDINALITY_UNSPECIFIED" => Some(Self::Unspecified),
            "IMPLICIT" => Some(Self::Implicit),
            "EXPLICIT" => Some(Self::Explicit),
            "REPEATED" => Some(Self::Repeated),
            "MAP" => Some(Self::Map),
            _ => None,
        }
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Scalar {
    Unspecified = 0,
    Double = 1,
    Float = 2,
    Int64 = 3,
    Uint64 = 4,
    Int32 = 5,
    Fixed64 = 6,
    Fixed32 = 7,
    Bool = 8,
    String = 9,
    Group = 10,
    Message = 11,
    Bytes = 12,
    Uint32 = 13,
    Enum = 14,
    Sfixed32 = 15,
    Sfixed64 = 16,
    Sint32 = 17,
    Sint64 = 18,
}
impl Scalar {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "SCALAR_UNSPECIFIED",
            Self::Double => "DOUBLE",
            Self::Float => "FLOAT",
            Self::Int64 => "INT64",
            Self::Uint64 => "UINT64",
            Self::Int32 => "INT32",
            Self::Fixed64 => "FIXED64",
            Self::Fixed32 => "FIXED32",
            Self::Bool => "BOOL",
            Self::String => "STRING",
            Self::Group => "GROUP",
            Self::Message => "MESSAGE",
            Self::Bytes => "BYTES",
            Self::Uint32 => "UINT32",
            Self::Enum => "ENUM",
            Self::Sfixed32 => "SFIXED32",
            Self::Sfixed64 => "SFIXED64",
            Self::Sint32 => "SINT32",
            Self::Sint64 => "SINT64",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "SCALAR_UNSPECIFIED" => Some(Self::Unspecified),
            "DOUBLE" => Some(Self::Double),
            "FLOAT" => Some(Self::Float),
            "INT64" => Some(Self::Int64),
            "UINT64" => Some(Self::Uint64),
            "INT32" => Some(Self::Int32),
            "FIXED64" => Some(Self::Fixed64),
            "FIXED32" => Some(Self::Fixed32),
            "BOOL" => Some(Self::Bool),
            "STRING" => Some(Self::String),
            "GROUP" => Some(Self::Group),
            "MESSAGE" => Some(Self::Message),
            "BYTES" => Some(Self::Bytes),
            "UINT32" => Some(Self::Uint32),
            "ENUM" => Some(Self::Enum),
            "SFIXED32" => Some(Self::Sfixed32),
            "SFIXED64" => Some(Self::Sfixed64),
            "SINT32" => Some(Self::Sint32),
            "SINT64" => Some(Self::Sint64),
            _ => None,
        }
    }
}
/// How a leaf is written in JSON, and read from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Format {
    Unspecified = 0,
    /// A number of 32 bits; one that does not fit is a field error.
    Int = 1,
    /// A finite number; NaN and the infinities are field errors.
    Float = 2,
    String = 3,
    Boolean = 4,
    /// An integer as a string of decimal digits.
    Decimal = 5,
    /// Bytes as base64 with padding.
    Base64 = 6,
    /// The name of an enum value.
    Enum = 7,
    /// google.protobuf.Timestamp as RFC 3339 in UTC.
    Timestamp = 8,
    /// google.protobuf.Duration as seconds with an `s`, like "1.5s".
    Duration = 9,
    /// google.protobuf.FieldMask as comma-separated paths in lowerCamelCase.
    FieldMask = 10,
    /// google.protobuf.Struct, Value and ListValue as the JSON that they mean.
    Struct = 11,
    Value = 12,
    ListValue = 13,
    /// google.protobuf.Any as ProtoJSON shows it; one of a type that the contract does not have as
    /// {"@type": URL, "value": base64}.
    Any = 14,
    /// google.protobuf.Empty as true: something was sent.
    Empty = 15,
}
impl Format {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "FORMAT_UNSPECIFIED",
            Self::Int => "FORMAT_INT",
            Self::Float => "FORMAT_FLOAT",
            Self::String => "FORMAT_STRING",
            Self::Boolean => "FORMAT_BOOLEAN",
            Self::Decimal => "FORMAT_DECIMAL",
            Self::Base64 => "FORMAT_BASE64",
            Self::Enum => "FORMAT_ENUM",
            Self::Timestamp => "FORMAT_TIMESTAMP",
            Self::Duration => "FORMAT_DURATION",
            Self::FieldMask => "FORMAT_FIELD_MASK",
            Self::Struct => "FORMAT_STRUCT",
            Self::Value => "FORMAT_VALUE",
            Self::ListValue => "FORMAT_LIST_VALUE",
            Self::Any => "FORMAT_ANY",
            Self::Empty => "FORMAT_EMPTY",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "FORMAT_UNSPECIFIED" => Some(Self::Unspecified),
            "FORMAT_INT" => Some(Self::Int),
            "FORMAT_FLOAT" => Some(Self::Float),
            "FORMAT_STRING" => Some(Self::String),
            "FORMAT_BOOLEAN" => Some(Self::Boolean),
            "FORMAT_DECIMAL" => Some(Self::Decimal),
            "FORMAT_BASE64" => Some(Self::Base64),
            "FORMAT_ENUM" => Some(Self::Enum),
            "FORMAT_TIMESTAMP" => Some(Self::Timestamp),
            "FORMAT_DURATION" => Some(Self::Duration),
            "FORMAT_FIELD_MASK" => Some(Self::FieldMask),
            "FORMAT_STRUCT" => Some(Self::Struct),
            "FORMAT_VALUE" => Some(Self::Value),
            "FORMAT_LIST_VALUE" => Some(Self::ListValue),
            "FORMAT_ANY" => Some(Self::Any),
            "FORMAT_EMPTY" => Some(Self::Empty),
            _ => None,
        }
    }
}
/// What a repeated call would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum SideEffects {
    Unspecified = 0,
    /// May be retried, hedged, shared and cached.
    NoSideEffects = 1,
    /// May be retried.
    Idempotent = 2,
    /// Is sent once.
    Any = 3,
}
impl SideEffects {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "SIDE_EFFECTS_UNSPECIFIED",
            Self::NoSideEffects => "NO_SIDE_EFFECTS",
            Self::Idempotent => "IDEMPOTENT",
            Self::Any => "ANY",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "SIDE_EFFECTS_UNSPECIFIED" => Some(Self::Unspecified),
            "NO_SIDE_EFFECTS" => Some(Self::NoSideEffects),
            "IDEMPOTENT" => Some(Self::Idempotent),
            "ANY" => Some(Self::Any),
            _ => None,
        }
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Scope {
    Unspecified = 0,
    Public = 1,
    Tenant = 2,
    User = 3,
}
impl Scope {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "SCOPE_UNSPECIFIED",
            Self::Public => "PUBLIC",
            Self::Tenant => "TENANT",
            Self::User => "USER",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "SCOPE_UNSPECIFIED" => Some(Self::Unspecified),
            "PUBLIC" => Some(Self::Public),
            "TENANT" => Some(Self::Tenant),
            "USER" => Some(Self::User),
            _ => None,
        }
    }
}
