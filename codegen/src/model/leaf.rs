//! Which scalar of GraphQL may show which type of protobuf, and how it is then written.

use prost_reflect::{Kind, MessageDescriptor};

use crate::contract::{Format, Leaf, Scalar};

/// The leaf by which `scalar` shows a value of `kind`; `None` where the two do not go together. Enums have their own
/// mapping.
pub(crate) fn leaf(scalar: &str, kind: &Kind) -> Option<Leaf> {
    if let Kind::Message(message) = kind
        && let Some(inner) = wrapped(message)
    {
        return Some(Leaf { wrapped: true, ..leaf(scalar, &inner)? });
    }
    let format = format(Graphql::of(scalar), Protobuf::of(kind)?)?;
    Some(Leaf { scalar: scalar_of(kind) as i32, format: format as i32, r#enum: 0, wrapped: false })
}

/// How a value without a declared type is written: a claim, a header, an entry of a map shown as JSON.
pub(crate) fn natural(kind: &Kind) -> Option<Leaf> {
    // A message without fields may be a Boolean where a schema says so, but nothing keeps it from being an object.
    let is_own = |message: &MessageDescriptor| !message.full_name().starts_with("google.protobuf.");
    if kind.as_message().is_some_and(is_own) {
        return None;
    }
    ["String", "Int", "Float", "Boolean", "JSON"].iter().find_map(|scalar| match (*scalar, kind) {
        // A string of digits would not be what JSON has for a small integer.
        ("String", Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Uint32 | Kind::Fixed32) => {
            None
        }
        _ => leaf(scalar, kind),
    })
}

/// What `google.protobuf.StringValue` and its kin hold.
pub(crate) fn wrapped(message: &MessageDescriptor) -> Option<Kind> {
    let name = message.full_name().strip_prefix("google.protobuf.")?.strip_suffix("Value")?;
    let wraps = matches!(
        name,
        "Double" | "Float" | "Int64" | "UInt64" | "Int32" | "UInt32" | "Bool" | "String" | "Bytes"
    );
    wraps.then(|| message.get_field(1))?.map(|field| field.kind())
}

pub(crate) fn scalar_of(kind: &Kind) -> Scalar {
    match kind {
        Kind::Double => Scalar::Double,
        Kind::Float => Scalar::Float,
        Kind::Int32 => Scalar::Int32,
        Kind::Int64 => Scalar::Int64,
        Kind::Uint32 => Scalar::Uint32,
        Kind::Uint64 => Scalar::Uint64,
        Kind::Sint32 => Scalar::Sint32,
        Kind::Sint64 => Scalar::Sint64,
        Kind::Fixed32 => Scalar::Fixed32,
        Kind::Fixed64 => Scalar::Fixed64,
        Kind::Sfixed32 => Scalar::Sfixed32,
        Kind::Sfixed64 => Scalar::Sfixed64,
        Kind::Bool => Scalar::Bool,
        Kind::String => Scalar::String,
        Kind::Bytes => Scalar::Bytes,
        Kind::Message(_) => Scalar::Message,
        Kind::Enum(_) => Scalar::Enum,
    }
}

/// The scalars of GraphQL whose meaning we know.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Graphql {
    Int,
    Float,
    String,
    Id,
    Boolean,
    Wide,
    Moment,
    Span,
    Json,
    Bytes,
    Mask,
    Any,
    /// A scalar of the user's own: it is shown as the proto type comes.
    Custom,
}

impl Graphql {
    fn of(scalar: &str) -> Graphql {
        match scalar {
            "Int" => Graphql::Int,
            "Float" => Graphql::Float,
            "String" => Graphql::String,
            "ID" => Graphql::Id,
            "Boolean" => Graphql::Boolean,
            "Int64" | "UInt64" | "Long" | "BigInt" => Graphql::Wide,
            "DateTime" | "Timestamp" => Graphql::Moment,
            "Duration" => Graphql::Span,
            "JSON" | "JSONObject" => Graphql::Json,
            "Base64" | "Bytes" => Graphql::Bytes,
            "FieldMask" => Graphql::Mask,
            "Any" => Graphql::Any,
            _ => Graphql::Custom,
        }
    }
}

/// The types of protobuf, as far as their JSON differs.
#[derive(Clone, Copy)]
enum Protobuf {
    Small,
    Wide,
    Float,
    Bool,
    String,
    Bytes,
    Timestamp,
    Duration,
    FieldMask,
    Struct,
    Value,
    ListValue,
    Any,
    Empty,
}

impl Protobuf {
    fn of(kind: &Kind) -> Option<Protobuf> {
        Some(match kind {
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Uint32 | Kind::Fixed32 => {
                Protobuf::Small
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => {
                Protobuf::Wide
            }
            Kind::Double | Kind::Float => Protobuf::Float,
            Kind::Bool => Protobuf::Bool,
            Kind::String => Protobuf::String,
            Kind::Bytes => Protobuf::Bytes,
            Kind::Enum(_) => return None,
            Kind::Message(message) => match message.full_name() {
                "google.protobuf.Timestamp" => Protobuf::Timestamp,
                "google.protobuf.Duration" => Protobuf::Duration,
                "google.protobuf.FieldMask" => Protobuf::FieldMask,
                "google.protobuf.Struct" => Protobuf::Struct,
                "google.protobuf.Value" => Protobuf::Value,
                "google.protobuf.ListValue" => Protobuf::ListValue,
                "google.protobuf.Any" => Protobuf::Any,
                "google.protobuf.Empty" => Protobuf::Empty,
                // All that it can say is that it was sent.
                _ if message.fields().len() == 0 => Protobuf::Empty,
                _ => return None,
            },
        })
    }
}

fn format(graphql: Graphql, protobuf: Protobuf) -> Option<Format> {
    use Graphql as G;
    match protobuf {
        Protobuf::Small => match graphql {
            G::Int | G::Custom => Some(Format::Int),
            G::String | G::Id | G::Wide => Some(Format::Decimal),
            _ => None,
        },
        Protobuf::Wide => match graphql {
            G::Int => Some(Format::Int),
            G::String | G::Id | G::Wide | G::Custom => Some(Format::Decimal),
            _ => None,
        },
        Protobuf::Float => matches!(graphql, G::Float | G::Custom).then_some(Format::Float),
        Protobuf::Bool => (graphql == G::Boolean).then_some(Format::Boolean),
        Protobuf::String => matches!(graphql, G::String | G::Id | G::Moment | G::Span | G::Custom)
            .then_some(Format::String),
        Protobuf::Bytes => {
            matches!(graphql, G::String | G::Id | G::Bytes | G::Custom).then_some(Format::Base64)
        }
        Protobuf::Timestamp => {
            matches!(graphql, G::Moment | G::String | G::Custom).then_some(Format::Timestamp)
        }
        Protobuf::Duration => {
            matches!(graphql, G::Span | G::String | G::Custom).then_some(Format::Duration)
        }
        Protobuf::FieldMask => {
            matches!(graphql, G::Mask | G::String | G::Custom).then_some(Format::FieldMask)
        }
        Protobuf::Struct => matches!(graphql, G::Json | G::Custom).then_some(Format::Struct),
        Protobuf::Value => matches!(graphql, G::Json | G::Custom).then_some(Format::Value),
        Protobuf::ListValue => matches!(graphql, G::Json | G::Custom).then_some(Format::ListValue),
        Protobuf::Any => matches!(graphql, G::Any | G::Json | G::Custom).then_some(Format::Any),
        Protobuf::Empty => (graphql == G::Boolean).then_some(Format::Empty),
    }
}
