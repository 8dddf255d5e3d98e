//! A GraphQL type laid over a message field, for reading and for writing.

use apollo_compiler::ast::Type;
use apollo_compiler::schema::ExtendedType;
use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};

use super::binder::{At, Binder, Shape};
use super::directives::Reader;
use super::fault::Fault;
use super::leaf;
use super::path::{has_presence, numbers};
use crate::contract::{Cardinality, InputValue, Leaf, Source, Wire, input_value, source, wire};
use crate::diagnostic::Span;

/// The GraphQL side of a mismatch: `Book.price: Money`.
pub(super) struct Side<'a> {
    pub(super) coordinate: &'a str,
    pub(super) ty: &'a Type,
    pub(super) span: Option<Span>,
}

/// What a message field is, laid against a type.
enum Fit {
    Leaf(Leaf),
    Message(MessageDescriptor),
    /// A map shown as one JSON object.
    JsonMap {
        key: Leaf,
        value: Leaf,
    },
}

impl Binder<'_> {
    /// The value at the end of `path`, shown as `ty`; `prefix` leads to the message where the path begins.
    pub(super) fn value_at(
        &mut self,
        at: &At,
        ty: &Type,
        prefix: &[u32],
        path: &[FieldDescriptor],
    ) -> Option<Source> {
        let (last, through) = path.split_last()?;
        let named = ty.inner_named_type().as_str();
        if self.is_composite(named)
            && !matches!(last.kind(), Kind::Message(_))
            && self.has_load(named)
        {
            return self.load(at, ty, prefix, path);
        }
        let coordinate = at.coordinate();
        let side = Side { coordinate: &coordinate, ty, span: self.type_span(ty) };
        let fit = self.fit(&side, last)?;
        let mut cardinality = cardinality(last);
        let mut map_key = None;
        let value = match fit {
            Fit::Leaf(leaf) => wire::Value::Leaf(leaf),
            Fit::Message(message) => wire::Value::Binding(self.composite(at, named, &message)?),
            Fit::JsonMap { key, value } => {
                (cardinality, map_key) = (Cardinality::Map, Some(key));
                wire::Value::Leaf(value)
            }
        };
        let path = [prefix, &numbers(through)].concat();
        let wire = Wire {
            path,
            number: last.number(),
            cardinality: cardinality as i32,
            value: Some(value),
            map_key,
            default: default(last),
        };
        Some(Source { kind: Some(source::Kind::Wire(wire)) })
    }

    /// The whole message, shown as `ty`; `prefix` leads to it.
    pub(super) fn whole(
        &mut self,
        at: &At,
        ty: &Type,
        prefix: &[u32],
        message: &MessageDescriptor,
    ) -> Option<Source> {
        let named = ty.inner_named_type().as_str();
        let mut wire = Wire {
            path: prefix.to_vec(),
            cardinality: Cardinality::Explicit as i32,
            ..Default::default()
        };
        if self.is_composite(named) {
            wire.value = Some(wire::Value::Binding(self.composite(at, named, message)?));
        } else if let Some(inner) = leaf::wrapped(message) {
            // The wrapper is the response itself: its field is what the caller wants, and it is always there.
            wire.number = 1;
            wire.cardinality = Cardinality::Implicit as i32;
            wire.value = Some(wire::Value::Leaf(leaf::leaf(named, &inner)?));
        } else {
            wire.value =
                Some(wire::Value::Leaf(leaf::leaf(named, &Kind::Message(message.clone()))?));
        }
        Some(Source { kind: Some(source::Kind::Wire(wire)) })
    }

    /// How an input of type `ty` is written into `field`.
    pub(super) fn input_value(
        &mut self,
        side: &Side<'_>,
        field: &FieldDescriptor,
    ) -> Option<InputValue> {
        let fit = self.fit(side, field)?;
        let mut value = InputValue { cardinality: cardinality(field) as i32, ..Default::default() };
        value.value = Some(match fit {
            Fit::Leaf(leaf) => input_value::Value::Leaf(leaf),
            Fit::Message(message) => input_value::Value::Input(
                self.input_binding(side.ty.inner_named_type().as_str(), &message),
            ),
            Fit::JsonMap { key, value: leaf } => {
                value.cardinality = Cardinality::Map as i32;
                value.map_key = Some(key);
                input_value::Value::Leaf(leaf)
            }
        });
        Some(value)
    }

    /// The binding of an object, interface or union type as `message`.
    pub(super) fn composite(
        &mut self,
        at: &At,
        named: &str,
        message: &MessageDescriptor,
    ) -> Option<u32> {
        let coordinate = at.coordinate();
        let ty = Type::Named(apollo_compiler::Name::new(named).ok()?);
        let side = Side { coordinate: &coordinate, ty: &ty, span: self.type_span(&at.field.ty) };
        self.listed(&side, message.full_name(), self.input.protos.message_span(message))?;
        match self.type_of(named)? {
            ExtendedType::Object(_) => Some(self.object(named, &Shape::Message(message.clone()))),
            ExtendedType::Interface(_) | ExtendedType::Union(_) => {
                self.abstract_binding(named, message, None)
            }
            _ => None,
        }
    }

    /// Refuses a message, or an enum, that the type's `@message` does not list.
    fn listed(&mut self, side: &Side<'_>, proto: &str, proto_span: Option<Span>) -> Option<()> {
        let named = side.ty.inner_named_type();
        let pool = &self.input.protos.pool;
        // Of a name that no proto has another rule speaks.
        let exists = |name: &String| {
            pool.get_message_by_name(name).is_some() || pool.get_enum_by_name(name).is_some()
        };
        let listed: Vec<String> = self.listed_messages(named).into_iter().filter(exists).collect();
        if listed.is_empty() || listed.iter().any(|listed| listed == proto) {
            return Some(());
        }
        let (graphql, message) = (named.to_string(), proto.to_owned());
        self.fault(Fault::UnlistedMessage { graphql, message, span: side.span, proto: proto_span });
        None
    }

    /// What `@message` lists.
    pub(super) fn listed_messages(&self, named: &str) -> Vec<String> {
        let Some(ty) = self.type_of(named) else { return Vec::new() };
        let all = Reader::all(self.schema(), ty.directives(), "message");
        all.filter_map(|message| message.text("name")).map(|name| name.value).collect()
    }

    /// Whether a message is known to be the type: by `@message`, or by its name.
    pub(super) fn is_message_of(&self, named: &str, message: &MessageDescriptor) -> bool {
        let listed = self.listed_messages(named);
        if listed.is_empty() {
            message.name() == named
        } else {
            listed.iter().any(|name| name == message.full_name())
        }
    }

    fn fit(&mut self, side: &Side<'_>, field: &FieldDescriptor) -> Option<Fit> {
        let named = side.ty.inner_named_type().as_str();
        if side.ty.item_type().is_list() {
            let (coordinate, graphql) = (side.coordinate.to_owned(), side.ty.to_string());
            self.fault(Fault::NestedList { coordinate, graphql, span: side.span });
            return None;
        }
        if field.is_map() && !side.ty.is_list() {
            return self.json_map(side, field);
        }
        if side.ty.is_list() != (field.is_list() || field.is_map()) {
            self.fault(Fault::ListMismatch {
                coordinate: side.coordinate.to_owned(),
                graphql: side.ty.to_string(),
                graphql_is_list: side.ty.is_list(),
                span: side.span,
                proto: field.full_name().to_owned(),
                proto_span: self.field_span(field),
            });
            return None;
        }
        let kind = field.kind();
        match (self.type_of(named)?, &kind) {
            (ExtendedType::Scalar(_), _) => {
                if let Some(leaf) = leaf::leaf(named, &kind).filter(|_| !field.is_group()) {
                    return Some(Fit::Leaf(leaf));
                }
            }
            (ExtendedType::Enum(graphql), Kind::Enum(proto)) => {
                self.listed(side, proto.full_name(), self.input.protos.enum_span(proto))?;
                return Some(Fit::Leaf(self.enum_leaf(graphql, proto)));
            }
            // A group is written between two tags, not with a length: nothing here reads it.
            (ty, Kind::Message(message))
                if !ty.is_leaf() && !field.is_group() && leaf::natural(&kind).is_none() =>
            {
                if ty.is_input_object() {
                    self.listed(
                        side,
                        message.full_name(),
                        self.input.protos.message_span(message),
                    )?;
                }
                return Some(Fit::Message(message.clone()));
            }
            _ => {}
        }
        self.mismatch(side, field)
    }

    fn json_map(&mut self, side: &Side<'_>, field: &FieldDescriptor) -> Option<Fit> {
        let named = side.ty.inner_named_type().as_str();
        let is_json = matches!(named, "JSON" | "JSONObject");
        let Kind::Message(entry) = field.kind() else { return self.mismatch(side, field) };
        let key = leaf::natural(&entry.map_entry_key_field().kind());
        let value = leaf::natural(&entry.map_entry_value_field().kind());
        match (is_json, key, value) {
            (true, Some(key), Some(value)) => Some(Fit::JsonMap { key, value }),
            _ => self.mismatch(side, field),
        }
    }

    pub(super) fn mismatch<T>(&mut self, side: &Side<'_>, field: &FieldDescriptor) -> Option<T> {
        self.fault(Fault::TypeMismatch {
            coordinate: side.coordinate.to_owned(),
            graphql: side.ty.to_string(),
            span: side.span,
            proto: field.full_name().to_owned(),
            proto_span: self.field_span(field),
            proto_type: proto_type(field),
        });
        None
    }
}

pub(super) fn cardinality(field: &FieldDescriptor) -> Cardinality {
    if field.is_list() || field.is_map() {
        Cardinality::Repeated
    } else if has_presence(field) {
        Cardinality::Explicit
    } else {
        Cardinality::Implicit
    }
}

/// The field as it would say its default, where its proto declares one.
fn default(field: &FieldDescriptor) -> Vec<u8> {
    if field.field_descriptor_proto().default_value.is_none() {
        return Vec::new();
    }
    let mut message = DynamicMessage::new(field.parent_message().clone());
    message.set_field(field, field.default_value());
    message.encode_to_vec()
}

/// The type of a field as a proto file writes it.
pub(super) fn proto_type(field: &FieldDescriptor) -> String {
    let kind = field.kind();
    if let (true, Kind::Message(entry)) = (field.is_map(), &kind) {
        let (key, value) =
            (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
        return format!("map<{}, {}>", kind_name(&key), kind_name(&value));
    }
    let name = match &kind {
        Kind::Message(_) if field.is_group() => format!("group {}", kind_name(&kind)),
        Kind::Enum(_) => format!("enum {}", kind_name(&kind)),
        _ => kind_name(&kind),
    };
    if field.is_list() { format!("repeated {name}") } else { name }
}

fn kind_name(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(descriptor) => descriptor.full_name().to_owned(),
        _ => format!("{kind:?}").to_lowercase(),
    }
}
