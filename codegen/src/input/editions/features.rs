//! What the features of a file say, as a descriptor of proto2 says it; or of proto3, where fields without presence are among
//! it, which proto2 cannot say.

use prost_reflect::{DynamicMessage, Value};

use super::descriptor::{
    GROUP, LABEL_OPTIONAL, LABEL_REPEATED, LABEL_REQUIRED, MESSAGE, UNPACKABLE, each, inside,
    is_entry, number, own, text,
};
use super::{Edition, Language};

/// What a descriptor that was lowered does not show any more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::input) struct Lowered {
    /// Full names of enums that may have other numbers than they declare.
    pub(in crate::input) open_enums: Vec<String>,
    /// Full names of fields that are required, though proto3 has no such fields.
    pub(in crate::input) required: Vec<String>,
}

impl Lowered {
    /// Those of another file too.
    pub(in crate::input) fn extend(&mut self, other: Lowered) {
        self.open_enums.extend(other.open_enums);
        self.required.extend(other.required);
    }
}

/// Rewrites an encoded descriptor of this edition, a google.protobuf.FileDescriptorProto.
///
/// # Errors
///
/// What can neither be said in proto2 nor in proto3.
pub(in crate::input) fn lower(
    file: &mut DynamicMessage,
    edition: Edition,
) -> Result<Lowered, String> {
    let features = Features::of(Language::Edition(edition)).with(file);
    let mut first = Walk { as_proto3: false, has_implicit: false, lowered: Lowered::default() };
    first.file(&mut file.clone(), features);
    let mut walk = Walk { as_proto3: first.has_implicit, ..first };
    walk.lowered = Lowered::default();
    walk.file(file, features);
    file.clear_field_by_name("edition");
    if walk.as_proto3 {
        file.set_field_by_name("syntax", Value::String("proto3".to_owned()));
        if let Some(name) = enum_without_zero(file) {
            return Err(format!(
                "`{name}` does not begin with 0, and other things of its file have no presence: that is not supported in one file"
            ));
        }
    } else {
        file.clear_field_by_name("syntax");
    }
    Ok(walk.lowered)
}

/// The features that change how a message is read and written. Numbers are those of google.protobuf.FeatureSet.
#[derive(Clone, Copy)]
pub(super) struct Features {
    pub(super) presence: i32,
    pub(super) enum_type: i32,
    repeated: i32,
    pub(super) encoding: i32,
}

pub(super) const IMPLICIT: i32 = 2;
pub(super) const REQUIRED: i32 = 3;
pub(super) const OPEN: i32 = 1;
pub(super) const PACKED: i32 = 1;
pub(super) const DELIMITED: i32 = 2;

impl Features {
    pub(super) fn of(language: Language) -> Features {
        let of_2023 = Features { presence: 1, enum_type: OPEN, repeated: PACKED, encoding: 1 };
        match language {
            Language::Edition(Edition::Of2023 | Edition::Of2024) => of_2023,
            Language::Proto2 => Features { enum_type: 2, repeated: 2, ..of_2023 },
            Language::Proto3 => Features { presence: IMPLICIT, ..of_2023 },
        }
    }

    /// What an element has: what stands around it, but for what it says itself.
    pub(super) fn with(self, element: &DynamicMessage) -> Features {
        let Some(Value::Message(options)) = own(element, "options") else { return self };
        let Some(Value::Message(said)) = own(&options, "features") else { return self };
        let or = |name: &str, outer: i32| match own(&said, name) {
            Some(Value::EnumNumber(number)) if number != 0 => number,
            _ => outer,
        };
        Features {
            presence: or("field_presence", self.presence),
            enum_type: or("enum_type", self.enum_type),
            repeated: or("repeated_field_encoding", self.repeated),
            encoding: or("message_encoding", self.encoding),
        }
    }
}

struct Walk {
    as_proto3: bool,
    has_implicit: bool,
    lowered: Lowered,
}

impl Walk {
    fn file(&mut self, file: &mut DynamicMessage, features: Features) {
        let package = text(file, "package");
        for message in each(file, "message_type") {
            self.message(message, features, &package);
        }
        for item in each(file, "enum_type") {
            self.enumeration(item, features, &package);
        }
        for extension in each(file, "extension") {
            let features = features.with(extension);
            Self::encoding(extension, features, false);
        }
    }

    fn enumeration(&mut self, item: &mut DynamicMessage, features: Features, scope: &str) {
        let enum_type = features.with(item).enum_type;
        if enum_type == OPEN {
            self.lowered.open_enums.push(inside(scope, &text(item, "name")));
        }
        // Neither syntax says it for the enum, and whoever reads numbers must know.
        if let Some(Value::Message(options)) = item.get_field_by_name_mut("options")
            && let Some(Value::Message(said)) = options.get_field_by_name_mut("features")
        {
            said.set_field_by_name("enum_type", Value::EnumNumber(enum_type));
        }
    }

    fn message(&mut self, message: &mut DynamicMessage, outer: Features, scope: &str) {
        // An entry is written like every map, whatever stands around it.
        if is_entry(message) {
            return;
        }
        let features = outer.with(message);
        let name = inside(scope, &text(message, "name"));
        let mut entries = Vec::new();
        for nested in each(message, "nested_type") {
            if is_entry(nested) {
                entries.push(format!(".{name}.{}", text(nested, "name")));
            }
            self.message(nested, features, &name);
        }
        for item in each(message, "enum_type") {
            self.enumeration(item, features, &name);
        }
        for extension in each(message, "extension") {
            Self::encoding(extension, features.with(extension), false);
        }
        let oneofs: Vec<Features> =
            each(message, "oneof_decl").map(|oneof| features.with(oneof)).collect();
        let mut synthetic = Vec::new();
        for field in each(message, "field") {
            let oneof = number(field, "oneof_index").and_then(|at| usize::try_from(at).ok());
            let around = oneof.and_then(|at| oneofs.get(at)).copied().unwrap_or(features);
            let features = around.with(field);
            Self::encoding(field, features, entries.contains(&text(field, "type_name")));
            let is_singular = number(field, "label") != Some(LABEL_REPEATED);
            if is_singular && oneof.is_none() {
                let at = oneofs.len() + synthetic.len();
                synthetic.extend(self.presence(field, features, at, &name));
            }
        }
        if let Some(Value::List(list)) = message.get_field_by_name_mut("oneof_decl") {
            let kind = prost_reflect::prost_types::OneofDescriptorProto::default();
            for name in synthetic {
                let mut oneof = prost_reflect::ReflectMessage::transcode_to_dynamic(&kind);
                oneof.set_field_by_name("name", Value::String(name));
                list.push(Value::Message(oneof));
            }
        }
    }

    /// Packed or one by one, with a length or between two tags.
    fn encoding(field: &mut DynamicMessage, features: Features, is_map: bool) {
        let kind = number(field, "type").unwrap_or_default();
        if number(field, "label") == Some(LABEL_REPEATED) && !UNPACKABLE.contains(&kind) {
            let packed = Value::Bool(features.repeated == PACKED);
            if let Some(Value::Message(options)) = field.get_field_by_name_mut("options") {
                options.set_field_by_name("packed", packed);
            }
        }
        if kind == MESSAGE && features.encoding == DELIMITED && !is_map {
            field.set_field_by_name("type", Value::EnumNumber(GROUP));
        }
    }

    /// Gives the name of the oneof by which proto3 says that a field has presence.
    fn presence(
        &mut self,
        field: &mut DynamicMessage,
        features: Features,
        oneof: usize,
        scope: &str,
    ) -> Option<String> {
        let is_message = number(field, "type") == Some(MESSAGE);
        match features.presence {
            IMPLICIT if !is_message && number(field, "type") != Some(GROUP) => {
                self.has_implicit = true;
                return None;
            }
            REQUIRED if self.as_proto3 => {
                self.lowered.required.push(inside(scope, &text(field, "name")));
            }
            REQUIRED => field.set_field_by_name("label", Value::EnumNumber(LABEL_REQUIRED)),
            _ => {}
        }
        if !self.as_proto3 || is_message {
            return None;
        }
        field.set_field_by_name("label", Value::EnumNumber(LABEL_OPTIONAL));
        field.set_field_by_name("proto3_optional", Value::Bool(true));
        field.set_field_by_name("oneof_index", Value::I32(i32::try_from(oneof).ok()?));
        let name = text(field, "name");
        Some(if name.starts_with('_') { format!("X{name}") } else { format!("_{name}") })
    }
}

/// The first enum of a file or message that proto3 would refuse.
fn enum_without_zero(outer: &mut DynamicMessage) -> Option<String> {
    for item in each(outer, "enum_type") {
        let first = each(item, "value").next().and_then(|value| number(value, "number"));
        if first.is_some_and(|number| number != 0) {
            return Some(text(item, "name"));
        }
    }
    let nested = if outer.get_field_by_name("message_type").is_some() {
        "message_type"
    } else {
        "nested_type"
    };
    each(outer, nested).find_map(enum_without_zero)
}
