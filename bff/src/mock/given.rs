//! What is already said about an object: by a request that writes it, or by `@mock(value: …)`.

use prost_reflect::{DynamicMessage, MapKey, ReflectMessage, Value};
use serde_json::Value as Json;

use super::{
    tables::{Content, Leaf, Slot},
    values::{times, words},
    wire::{Datum, put},
};
use crate::contract::Scalar;

/// Sources of values for one object, the first one that says something first.
#[derive(Clone, Debug, Default)]
pub(super) struct Given<'a> {
    sources: Vec<Source<'a>>,
    reach: Reach,
}

/// What of an object may be taken over. A book stays the book it is, whatever a search for it said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// Everything: the object is written.
    #[default]
    Written,
    /// Everything of an object without a key, and of the one object that a root field asks for.
    Asked,
    /// Keys of other objects: each of a book's reviews names the book.
    References,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    Request(&'a DynamicMessage),
    Fixed(&'a Json),
}

/// What a source says about one field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said<'a> {
    Request(&'a Value),
    Fixed(&'a Json),
}

impl<'a> Given<'a> {
    /// What a read says.
    pub(super) fn asked(request: &'a DynamicMessage) -> Self {
        Self { sources: vec![Source::Request(request)], reach: Reach::Asked }
    }

    /// What a write says: the request, and the messages in it, which are the object or its parts.
    pub(super) fn written(request: &'a DynamicMessage) -> Self {
        let mut inner: Vec<_> = request.fields().collect();
        inner.sort_by_key(|(field, _)| field.number());
        let inner = inner.into_iter().filter_map(|(_, value)| value.as_message());
        let sources = std::iter::once(request).chain(inner).map(Source::Request).collect();
        Self { sources, reach: Reach::Written }
    }

    /// Only the keys of other objects in it.
    pub(super) fn references(self) -> Self {
        Self { reach: Reach::References, ..self }
    }

    /// The same for an object with a key that the request does not mean by itself.
    pub(super) fn narrowed(&self) -> Self {
        let same = self.clone();
        if self.reach == Reach::Asked { same.references() } else { same }
    }

    /// What `said` says, and then what this says.
    pub(super) fn behind(&self, said: Said<'a>) -> Self {
        let mut given = said.object();
        given.sources.extend(&self.sources);
        Self { reach: self.reach, ..given }
    }

    /// The key of the object that a field leads to: `bookId` for `book`.
    pub(super) fn reference(&self, field: &str) -> Option<String> {
        let wanted = [words(field), vec!["id".to_owned()]].concat();
        self.sources.iter().find_map(|source| {
            let Source::Request(message) = source else { return None };
            let (_, value) = message.fields().find(|(field, _)| words(field.name()) == wanted)?;
            datum(value).map(|key| key.key())
        })
    }

    /// What is said about a field.
    pub(super) fn about(&self, slot: &'a Slot) -> Option<Said<'a>> {
        let is_reference = matches!(slot.content, Content::Reference { .. });
        self.sources
            .iter()
            .find_map(|source| match source {
                Source::Fixed(fixed) => fixed.get(&*slot.name).map(Said::Fixed),
                Source::Request(_) if self.reach == Reach::References && !is_reference => None,
                Source::Request(message) => in_request(message, slot),
            })
            .or(slot.fixed.as_ref().map(Said::Fixed))
    }
}

fn in_request<'a>(message: &'a DynamicMessage, slot: &Slot) -> Option<Said<'a>> {
    let by_schema = || words(&slot.name);
    let (_, value) = message
        .fields()
        .filter(|(field, _)| {
            field.is_list() == slot.repeated && field.is_map() == slot.map_key.is_some()
        })
        .find(|(field, _)| {
            field.name() == &*slot.proto_name || words(field.name()) == by_schema()
        })?;
    Some(Said::Request(value))
}

impl<'a> Said<'a> {
    /// Whether null is what is said.
    pub(super) fn is_null(self) -> bool {
        matches!(self, Self::Fixed(Json::Null))
    }

    /// The items of a list.
    pub(super) fn items(self) -> Option<Vec<Self>> {
        match self {
            Self::Request(Value::List(items)) => Some(items.iter().map(Said::Request).collect()),
            Self::Fixed(Json::Array(items)) => Some(items.iter().map(Said::Fixed).collect()),
            _ => None,
        }
    }

    /// The entries of a map, in an order that is always the same.
    pub(super) fn entries(self) -> Option<Vec<(Datum, Self)>> {
        match self {
            Self::Request(Value::Map(map)) => {
                let mut entries: Vec<(Datum, Self)> =
                    map.iter().map(|(key, value)| (map_key(key), Said::Request(value))).collect();
                entries.sort_by_key(|(key, _)| key.key());
                Some(entries)
            }
            Self::Fixed(Json::Object(map)) => Some(
                map.iter()
                    .map(|(key, value)| (Datum::Text(key.clone()), Said::Fixed(value)))
                    .collect(),
            ),
            _ => None,
        }
    }

    /// What it says about the fields of an object.
    pub(super) fn object(self) -> Given<'a> {
        let sources = match self {
            Self::Request(Value::Message(message)) => vec![Source::Request(message)],
            Self::Request(_) => Vec::new(),
            Self::Fixed(fixed) => vec![Source::Fixed(fixed)],
        };
        Given { sources, reach: Reach::Written }
    }

    /// The text that names an object.
    pub(super) fn key(self) -> Option<String> {
        match self {
            Self::Request(value) => datum(value).map(|datum| datum.key()),
            Self::Fixed(Json::String(text)) => Some(text.clone()),
            Self::Fixed(Json::Number(number)) => Some(number.to_string()),
            Self::Fixed(_) => None,
        }
    }

    /// The value for a leaf; `None` where it does not fit.
    pub(super) fn leaf(self, leaf: &Leaf) -> Option<Datum> {
        match self {
            Self::Request(value) => from_request(value, leaf),
            Self::Fixed(fixed) => from_json(fixed, leaf),
        }
    }
}

/// A scalar of a request.
pub(super) fn datum(value: &Value) -> Option<Datum> {
    Some(match value {
        Value::Bool(flag) => Datum::Flag(*flag),
        Value::I32(number) | Value::EnumNumber(number) => Datum::Number(i128::from(*number)),
        Value::I64(number) => Datum::Number(i128::from(*number)),
        Value::U32(number) => Datum::Number(i128::from(*number)),
        Value::U64(number) => Datum::Number(i128::from(*number)),
        Value::F32(real) => Datum::Real(f64::from(*real)),
        Value::F64(real) => Datum::Real(*real),
        Value::String(text) => Datum::Text(text.clone()),
        Value::Bytes(bytes) => Datum::Bytes(bytes.to_vec()),
        Value::Message(_) | Value::List(_) | Value::Map(_) => return None,
    })
}

fn map_key(key: &MapKey) -> Datum {
    datum(&Value::from(key.clone())).expect("a map's key is a scalar")
}

fn from_request(value: &Value, leaf: &Leaf) -> Option<Datum> {
    use prost::Message as _;
    if let Value::Message(message) = value {
        let name = message.descriptor().full_name().to_owned();
        let wrapped = name.ends_with("Value").then(|| message.get_field_by_name("value")).flatten();
        return match (leaf, name.as_str()) {
            (Leaf::Timestamp(_), "google.protobuf.Timestamp")
            | (Leaf::Duration(_), "google.protobuf.Duration")
            | (Leaf::Struct, "google.protobuf.Struct")
            | (Leaf::Value, "google.protobuf.Value")
            | (Leaf::ListValue, "google.protobuf.ListValue")
            | (Leaf::Any, "google.protobuf.Any") => Some(Datum::Message(message.encode_to_vec())),
            (leaf, _) => from_request(wrapped.as_deref()?, leaf),
        };
    }
    let datum = datum(value)?;
    match (leaf, &datum) {
        (Leaf::Wrapped(scalar, inner), _) => Some(wrap(*scalar, from_request(value, inner)?)),
        (Leaf::Enum(values), Datum::Number(number)) => {
            values.iter().any(|(_, known)| i128::from(*known) == *number).then_some(datum)
        }
        (Leaf::Text(_), Datum::Text(_))
        | (Leaf::Bytes(_), Datum::Bytes(_))
        | (Leaf::Flag(_), Datum::Flag(_))
        | (Leaf::Whole(_), Datum::Number(_))
        | (Leaf::Real(_), Datum::Real(_) | Datum::Number(_)) => Some(datum),
        _ => None,
    }
}

fn from_json(fixed: &Json, leaf: &Leaf) -> Option<Datum> {
    match leaf {
        Leaf::Whole(_) => match fixed {
            Json::String(text) => text.parse().ok().map(Datum::Number),
            other => other
                .as_i64()
                .map(i128::from)
                .or_else(|| other.as_u64().map(i128::from))
                .map(Datum::Number),
        },
        Leaf::Real(_) => fixed.as_f64().map(Datum::Real),
        Leaf::Flag(_) => fixed.as_bool().map(Datum::Flag),
        Leaf::Text(_) => Some(Datum::Text(match fixed {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        })),
        Leaf::Bytes(_) => {
            base64_simd::STANDARD.decode_to_vec(fixed.as_str()?).ok().map(Datum::Bytes)
        }
        Leaf::Enum(values) => {
            let name = fixed.as_str()?;
            let (_, number) = values.iter().find(|(known, _)| known == name)?;
            Some(Datum::Number(i128::from(*number)))
        }
        Leaf::Timestamp(_) => Some(Datum::Message(seconds(times::parse(fixed.as_str()?)?))),
        Leaf::Duration(_) => {
            let whole = fixed.as_str()?.strip_suffix('s')?.split('.').next()?.parse().ok()?;
            Some(Datum::Message(seconds(whole)))
        }
        Leaf::Wrapped(scalar, inner) => Some(wrap(*scalar, from_json(fixed, inner)?)),
        Leaf::Value => Some(Datum::Message(json_value(fixed))),
        Leaf::Struct => fixed.as_object().map(|_| Datum::Message(json_struct(fixed))),
        Leaf::ListValue => fixed.as_array().map(|_| Datum::Message(json_list(fixed))),
        Leaf::Any | Leaf::Empty => None,
    }
}

/// `google.protobuf.Timestamp` and `Duration`: both have whole seconds in field 1.
pub(super) fn seconds(seconds: i64) -> Vec<u8> {
    let mut out = Vec::new();
    put(1, Scalar::Int64, Datum::Number(i128::from(seconds)), &mut out);
    out
}

pub(super) fn wrap(scalar: Scalar, value: Datum) -> Datum {
    let mut out = Vec::new();
    put(1, scalar, value, &mut out);
    Datum::Message(out)
}

/// `google.protobuf.Value`, whose fields 1 to 6 are null, number, string, bool, struct and list.
pub(super) fn json_value(value: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    match value {
        Json::Null => put(1, Scalar::Enum, Datum::Number(0), &mut out),
        Json::Number(number) => {
            let real = number.as_f64().unwrap_or(0.0);
            put(2, Scalar::Double, Datum::Real(real), &mut out);
        }
        Json::String(text) => put(3, Scalar::String, Datum::Text(text.clone()), &mut out),
        Json::Bool(flag) => put(4, Scalar::Bool, Datum::Flag(*flag), &mut out),
        Json::Object(_) => put(5, Scalar::Message, Datum::Message(json_struct(value)), &mut out),
        Json::Array(_) => put(6, Scalar::Message, Datum::Message(json_list(value)), &mut out),
    }
    out
}

pub(super) fn json_struct(value: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        let mut entry = Vec::new();
        put(1, Scalar::String, Datum::Text(key.clone()), &mut entry);
        put(2, Scalar::Message, Datum::Message(json_value(value)), &mut entry);
        put(1, Scalar::Message, Datum::Message(entry), &mut out);
    }
    out
}

pub(super) fn json_list(value: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    for item in value.as_array().into_iter().flatten() {
        put(1, Scalar::Message, Datum::Message(json_value(item)), &mut out);
    }
    out
}
