//! The message types of a contract by name, with what JSON calls their fields: a `google.protobuf.Any` names its type only
//! when it is there.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use prost_reflect::{
    DescriptorPool, EnumDescriptor, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    Syntax,
};

use super::{Cardinality, Contract, Format, Scalar};

/// A contract's [`Types`], read when they are first asked for: most contracts show no `google.protobuf.Any`.
#[derive(Debug, Default)]
pub struct LazyTypes(OnceLock<Arc<Types>>);

impl LazyTypes {
    /// The types of this contract, which must be the same each time.
    pub fn of(&self, contract: &Contract) -> Arc<Types> {
        Arc::clone(self.0.get_or_init(|| Arc::new(Types::of(contract))))
    }
}

/// All message types that a contract's descriptors have, and those that `google.protobuf` gives a form of their own, which
/// every contract knows.
#[derive(Debug, Default)]
pub struct Types {
    messages: Vec<MessageType>,
    enums: Vec<EnumType>,
    /// By full name.
    positions: HashMap<String, usize>,
}

/// One message type.
#[derive(Debug)]
pub struct MessageType {
    /// Its full name.
    pub name: String,
    /// How JSON shows it.
    pub form: Form,
    /// By number, known extensions included.
    pub fields: Vec<FieldType>,
    /// Positions in `fields`, by either name.
    names: HashMap<String, usize>,
}

/// How JSON shows a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As an object with its fields.
    Fields,
    /// As the value of its only field.
    Wrapper,
    /// As it is shown where the schema names it; Empty as an object without members.
    WellKnown(Format),
}

/// One field, or an extension.
#[derive(Debug)]
pub struct FieldType {
    /// Its number.
    pub number: u32,
    /// `bookId`; `[shop.note]` for an extension.
    pub json_name: String,
    /// `book_id`
    pub name: String,
    /// A map's message is its entry.
    pub cardinality: Cardinality,
    /// The position of the oneof that it is a member of.
    pub oneof: Option<usize>,
    /// GROUP for a message between two tags.
    pub scalar: Scalar,
    /// The position of its message or its enum.
    inner: usize,
}

/// One enum.
#[derive(Debug)]
pub struct EnumType {
    /// Its full name.
    pub name: String,
    /// The first name of each number.
    names: HashMap<i32, String>,
    numbers: HashMap<String, i32>,
    /// It takes no other number.
    is_closed: bool,
}

impl Types {
    /// Reads the types of a contract. Where its descriptors cannot be read only those of `google.protobuf` are known.
    fn of(contract: &Contract) -> Self {
        let own = DescriptorPool::decode(contract.descriptor_set.as_slice());
        let own = own.unwrap_or_else(|error| {
            tracing::warn!(%error, "the descriptors of the contract cannot be read: no Any is decoded");
            DescriptorPool::default()
        });
        let global = DescriptorPool::global();
        let missing = |message: &MessageDescriptor| {
            form(message.full_name()) != Form::Fields
                && own.get_message_by_name(message.full_name()).is_none()
        };
        let messages = own.all_messages().chain(global.all_messages().filter(missing));
        let messages: Vec<_> = messages.collect();
        let mut types = Self::default();
        let names = messages.iter().map(|message| message.full_name().to_owned());
        types.positions = names.zip(0..).collect();
        let mut enums = HashMap::new();
        for message in &messages {
            let read = types.message(message, &mut enums);
            types.messages.push(read);
        }
        types
    }

    fn message(
        &mut self,
        message: &MessageDescriptor,
        enums: &mut HashMap<String, usize>,
    ) -> MessageType {
        let form = form(message.full_name());
        let mut fields = Vec::new();
        // Of what has a form of its own no field is looked at, and not all of their types need be there.
        if matches!(form, Form::Fields | Form::Wrapper) {
            fields.extend(message.fields().map(|field| self.field(&field, enums)));
            fields.extend(message.extensions().map(|it| self.extension(&it, enums)));
        }
        fields.sort_by_key(|field| field.number);
        let mut names = HashMap::new();
        for (at, field) in fields.iter().enumerate() {
            names.insert(field.json_name.clone(), at);
        }
        for (at, field) in fields.iter().enumerate() {
            names.entry(field.name.clone()).or_insert(at);
        }
        MessageType { name: message.full_name().to_owned(), form, fields, names }
    }

    fn field(&mut self, field: &FieldDescriptor, enums: &mut HashMap<String, usize>) -> FieldType {
        let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
        let position = |name: &str| {
            field.parent_message().oneofs().position(|oneof| oneof.full_name() == name)
        };
        let kind = field.kind();
        FieldType {
            number: field.number(),
            json_name: field.json_name().to_owned(),
            name: field.name().to_owned(),
            cardinality: match () {
                () if field.is_map() => Cardinality::Map,
                () if field.is_list() => Cardinality::Repeated,
                () if field.supports_presence() => Cardinality::Explicit,
                () => Cardinality::Implicit,
            },
            oneof: oneof.and_then(|oneof| position(oneof.full_name())),
            scalar: scalar(&kind, field.is_group()),
            inner: self.inner(&kind, enums),
        }
    }

    /// Extensions are no maps and no members of oneofs, and have presence.
    fn extension(
        &mut self,
        extension: &ExtensionDescriptor,
        enums: &mut HashMap<String, usize>,
    ) -> FieldType {
        let kind = extension.kind();
        let is_list = extension.is_list();
        FieldType {
            number: extension.number(),
            json_name: extension.json_name().to_owned(),
            name: extension.json_name().to_owned(),
            cardinality: if is_list { Cardinality::Repeated } else { Cardinality::Explicit },
            oneof: None,
            scalar: scalar(&kind, extension.is_group()),
            inner: self.inner(&kind, enums),
        }
    }

    fn inner(&mut self, kind: &Kind, enums: &mut HashMap<String, usize>) -> usize {
        match kind {
            Kind::Message(message) => self.positions[message.full_name()],
            Kind::Enum(values) => {
                *enums.entry(values.full_name().to_owned()).or_insert_with(|| {
                    self.enums.push(EnumType::of(values));
                    self.enums.len() - 1
                })
            }
            _ => 0,
        }
    }

    /// The type that an Any's URL names: what stands behind its last slash.
    #[must_use]
    pub fn at_url(&self, url: &str) -> Option<&MessageType> {
        let name = url.rsplit('/').next()?;
        Some(&self.messages[*self.positions.get(name)?])
    }

    /// The message of a field.
    #[must_use]
    pub fn message_of(&self, field: &FieldType) -> &MessageType {
        &self.messages[field.inner]
    }

    /// The enum of a field.
    #[must_use]
    pub fn enum_of(&self, field: &FieldType) -> &EnumType {
        &self.enums[field.inner]
    }
}

impl MessageType {
    /// The position of a field.
    #[must_use]
    pub fn position(&self, number: u32) -> Option<usize> {
        self.fields.binary_search_by_key(&number, |field| field.number).ok()
    }

    /// The position of a field that has this name in JSON or in its proto.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }
}

impl EnumType {
    fn of(values: &EnumDescriptor) -> Self {
        let mut read = Self {
            name: values.full_name().to_owned(),
            names: HashMap::new(),
            numbers: HashMap::new(),
            is_closed: is_closed(values),
        };
        // As they are declared: of two names of one number the first one is shown.
        for value in &values.enum_descriptor_proto().value {
            read.names.entry(value.number()).or_insert_with(|| value.name().to_owned());
            read.numbers.insert(value.name().to_owned(), value.number());
        }
        read
    }

    /// Whether its only value is JSON's null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.name == "google.protobuf.NullValue"
    }

    /// Whether a field has this number. If not, it is an unknown field.
    #[must_use]
    pub fn takes(&self, number: i32) -> bool {
        !self.is_closed || self.names.contains_key(&number)
    }

    /// The name of a value.
    #[must_use]
    pub fn name_of(&self, number: i32) -> Option<&str> {
        self.names.get(&number).map(String::as_str)
    }

    /// The value of a name.
    #[must_use]
    pub fn number_of(&self, name: &str) -> Option<i32> {
        self.numbers.get(name).copied()
    }
}

/// Enums of proto2 are closed. Those of an edition say of themselves what they are.
fn is_closed(values: &EnumDescriptor) -> bool {
    const CLOSED: i32 = 2;
    let options = values.options();
    let features = options.get_field_by_name("features");
    let features = features.as_ref().and_then(|features| features.as_message());
    let said = features.and_then(|it| it.get_field_by_name("enum_type")?.as_enum_number());
    match said {
        Some(enum_type @ 1..) => enum_type == CLOSED,
        _ => values.parent_file().syntax() == Syntax::Proto2,
    }
}

/// What `google.protobuf` shows in a form of its own.
fn form(full_name: &str) -> Form {
    let Some(name) = full_name.strip_prefix("google.protobuf.") else { return Form::Fields };
    match name {
        "Any" => Form::WellKnown(Format::Any),
        "Duration" => Form::WellKnown(Format::Duration),
        "Empty" => Form::WellKnown(Format::Empty),
        "FieldMask" => Form::WellKnown(Format::FieldMask),
        "ListValue" => Form::WellKnown(Format::ListValue),
        "Struct" => Form::WellKnown(Format::Struct),
        "Timestamp" => Form::WellKnown(Format::Timestamp),
        "Value" => Form::WellKnown(Format::Value),
        "BoolValue" | "BytesValue" | "DoubleValue" | "FloatValue" | "Int32Value" | "Int64Value"
        | "StringValue" | "UInt32Value" | "UInt64Value" => Form::Wrapper,
        _ => Form::Fields,
    }
}

/// What a field is on the wire.
pub(crate) fn scalar(kind: &Kind, is_group: bool) -> Scalar {
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
        Kind::Enum(_) => Scalar::Enum,
        Kind::Message(_) if is_group => Scalar::Group,
        Kind::Message(_) => Scalar::Message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTO: &str = "syntax = \"proto3\"; package shop; \
                         message Book { string book_id = 1 [json_name = \"key\"]; Kind kind = 2; } \
                         enum Kind { option allow_alias = true; NONE = 0; NEW = 1; FRESH = 1; }";

    fn types(descriptor_set: Vec<u8>) -> Arc<Types> {
        LazyTypes::default().of(&Contract { descriptor_set, ..Contract::default() })
    }

    fn shop() -> Arc<Types> {
        let out = tempfile::tempdir().unwrap();
        std::fs::write(out.path().join("shop.proto"), PROTO).unwrap();
        let compiled = protox::compile(["shop.proto"], [out.path()]).unwrap();
        types(prost::Message::encode_to_vec(&compiled))
    }

    #[test]
    fn a_type_is_what_stands_behind_the_last_slash() {
        let shop = shop();
        for url in ["type.googleapis.com/shop.Book", "a/b/shop.Book", "/shop.Book", "shop.Book"] {
            assert_eq!(shop.at_url(url).unwrap().name, "shop.Book");
        }
        for url in ["", "shop.Book/", "a/Book", "a/.shop.Book", "a/shop.Kind"] {
            assert!(shop.at_url(url).is_none(), "{url}");
        }
    }

    #[test]
    fn fields_and_enum_values_are_found_by_each_of_their_names() {
        let shop = shop();
        let book = shop.at_url("shop.Book").unwrap();
        assert_eq!(["key", "book_id", "bookId"].map(|it| book.named(it)), [Some(0), Some(0), None]);
        let kind = shop.enum_of(&book.fields[book.position(2).unwrap()]);
        assert_eq!(["NEW", "FRESH", "OLD"].map(|it| kind.number_of(it)), [Some(1), Some(1), None]);
        assert_eq!([0, 1, 2].map(|it| kind.name_of(it)), [Some("NONE"), Some("NEW"), None]);
    }

    #[test]
    fn well_known_types_are_known_to_every_contract() {
        for types in [types(Vec::new()), types(b"\xff".to_vec()), shop()] {
            let form = |name| types.at_url(name).map(|it| it.form);
            assert_eq!(form("google.protobuf.Any"), Some(Form::WellKnown(Format::Any)));
            assert_eq!(form("google.protobuf.Int64Value"), Some(Form::Wrapper));
            assert_eq!(form("google.protobuf.FileDescriptorProto"), None);
        }
    }
}
