//! What a field holds, as a proto writes it.

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};

pub(super) struct Value {
    /// The type: `string`, or the full name of a message or enum.
    pub(super) name: String,
    pub(super) repeated: bool,
    optional: bool,
    kind: Kind,
}

pub(super) fn read(field: &FieldDescriptor) -> Value {
    let kind = field.kind();
    let name = match &kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(values) => values.full_name().to_owned(),
        scalar => format!("{scalar:?}"),
    };
    let is_message = matches!(kind, Kind::Message(_));
    Value {
        name,
        repeated: field.is_list(),
        optional: field.supports_presence() && !is_message,
        kind,
    }
}

impl Value {
    pub(super) fn label(&self) -> String {
        match (self.repeated, self.optional) {
            (true, _) => "repeated ".to_owned(),
            (_, true) => "optional ".to_owned(),
            _ => String::new(),
        }
    }

    pub(super) fn is_message(&self) -> bool {
        self.message().is_some_and(|message| message.package_name() != "google.protobuf")
    }

    pub(super) fn message(&self) -> Option<&MessageDescriptor> {
        self.kind.as_message()
    }

    pub(super) fn enumeration(&self) -> Option<&EnumDescriptor> {
        self.kind.as_enum()
    }
}
