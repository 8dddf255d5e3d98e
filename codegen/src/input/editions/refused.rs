//! What protoc refuses and the compiler of protos here lets pass: features where they say nothing, and what features make of
//! fields. The words are protoc's.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, Value};

use super::Language;
use super::descriptor::{LABEL_REPEATED, MESSAGE, UNPACKABLE, inside, is_entry, number, own, text};
use super::features::{DELIMITED, Features, IMPLICIT, OPEN, PACKED, REQUIRED};

/// One fault of a file.
#[derive(Debug)]
pub(in crate::input) struct Refused {
    /// Where in the descriptor, as `google.protobuf.SourceCodeInfo.Location.path` says it.
    pub(in crate::input) path: Vec<i32>,
    pub(in crate::input) message: String,
    pub(in crate::input) help: String,
}

/// As google.protobuf.FieldDescriptorProto.Type numbers them.
const STRING: i32 = 9;
const ENUM: i32 = 14;
/// The integers of 64 bits.
const LONG: [i32; 5] = [3, 4, 6, 16, 18];

/// The features that a file, or something in it, may say, each with the names of what else may.
const TARGETS: [(&str, &[&str]); 6] = [
    ("field_presence", &["field"]),
    ("enum_type", &["enum"]),
    ("repeated_field_encoding", &["field"]),
    ("utf8_validation", &["field"]),
    ("message_encoding", &["field"]),
    ("json_format", &["message", "enum"]),
];

/// Enums that hold no other numbers than they declare, by their full names behind a point, with their first number.
pub(in crate::input) type ClosedEnums = BTreeMap<String, i32>;

/// Those of a file.
pub(in crate::input) fn closed_enums(file: &DynamicMessage, language: Language) -> ClosedEnums {
    fn inside_of(outer: &DynamicMessage, features: Features, scope: &str, all: &mut ClosedEnums) {
        for item in list(outer, "enum_type") {
            if features.with(&item).enum_type != OPEN {
                let first = list(&item, "value").first().and_then(|it| number(it, "number"));
                let name = format!(".{}", inside(scope, &text(&item, "name")));
                all.insert(name, first.unwrap_or_default());
            }
        }
        for field in ["message_type", "nested_type"] {
            for message in list(outer, field) {
                let scope = inside(scope, &text(&message, "name"));
                inside_of(&message, features.with(&message), &scope, all);
            }
        }
    }
    let mut all = ClosedEnums::new();
    inside_of(file, Features::of(language).with(file), &text(file, "package"), &mut all);
    all
}

/// Everything that is wrong with a descriptor, a google.protobuf.FileDescriptorProto that was not lowered yet. `closed` are
/// enums of all files.
pub(in crate::input) fn refused(
    file: &DynamicMessage,
    language: Language,
    closed: &ClosedEnums,
) -> Vec<Refused> {
    let mut search = Search { language, closed, found: Vec::new(), path: Vec::new() };
    let features = Features::of(language).with(file);
    search.said(file, "file");
    if features.presence == REQUIRED {
        let help = "say `features.field_presence = LEGACY_REQUIRED` of the field";
        search.refuse("Required presence can't be specified by default", help);
    }
    search.each(file, 4, "message_type", |search, message| search.message(message, features));
    search.each(file, 5, "enum_type", |search, item| search.enumeration(item, features));
    search.each(file, 7, "extension", |search, field| search.field(field, features, true));
    search.each(file, 6, "service", |search, service| {
        search.said(service, "service");
        search.each(service, 2, "method", |search, method| {
            search.said(method, "method");
        });
    });
    search.found
}

fn list(message: &DynamicMessage, name: &str) -> Vec<DynamicMessage> {
    let Some(Value::List(list)) = own(message, name) else { return Vec::new() };
    list.into_iter().filter_map(|item| item.as_message().cloned()).collect()
}

struct Search<'a> {
    language: Language,
    closed: &'a ClosedEnums,
    found: Vec<Refused>,
    /// Where the search is.
    path: Vec<i32>,
}

impl Search<'_> {
    fn refuse(&mut self, message: impl Into<String>, help: impl Into<String>) {
        let path = self.path.clone();
        self.found.push(Refused { path, message: message.into(), help: help.into() });
    }

    fn each(
        &mut self,
        outer: &DynamicMessage,
        number: i32,
        name: &str,
        look: impl Fn(&mut Self, &DynamicMessage),
    ) {
        for (inner, at) in list(outer, name).iter().zip(0..) {
            self.path.extend([number, at]);
            look(self, inner);
            self.path.truncate(self.path.len() - 2);
        }
    }

    /// The features that an element says itself; those that it may not say are told.
    fn said(&mut self, element: &DynamicMessage, kind: &str) -> Said {
        let options = own(element, "options");
        let options = options.as_ref().and_then(Value::as_message);
        let features = options.and_then(|options| own(options, "features"));
        let Some(Value::Message(features)) = features else { return Said(Vec::new()) };
        if !matches!(self.language, Language::Edition(_)) {
            self.refuse(
                "Features are only valid under editions",
                "begin the file with `edition = \"2023\";`",
            );
            return Said(Vec::new());
        }
        let mut said = Vec::new();
        for (name, targets) in TARGETS {
            let Some(value) = number(&features, name) else { continue };
            if kind != "file" && !targets.contains(&kind) {
                self.refuse(
                    format!(
                        "Option google.protobuf.FeatureSet.{name} cannot be set on an entity of type `{kind}`"
                    ),
                    format!("say it of the file, or of each {}", targets.join(" and ")),
                );
            } else if value == 0 {
                self.refuse(
                    format!("Feature field `{name}` must resolve to a known value"),
                    "leave it out, or write another value",
                );
            }
            said.push((name, value));
        }
        Said(said)
    }

    fn message(&mut self, message: &DynamicMessage, outer: Features) {
        let features = outer.with(message);
        if is_entry(message) {
            return;
        }
        self.said(message, "message");
        let entries: Vec<DynamicMessage> =
            list(message, "nested_type").into_iter().filter(is_entry).collect();
        self.each(message, 2, "field", |search, field| {
            let type_name = text(field, "type_name");
            let name = type_name.rsplit('.').next();
            match entries.iter().find(|entry| Some(text(entry, "name").as_str()) == name) {
                Some(entry) => search.map(field, entry, features),
                None => search.field(field, features, false),
            }
        });
        self.each(message, 8, "oneof_decl", |search, oneof| {
            search.said(oneof, "oneof");
        });
        self.each(message, 3, "nested_type", |search, nested| search.message(nested, features));
        self.each(message, 4, "enum_type", |search, item| search.enumeration(item, features));
        self.each(message, 6, "extension", |search, field| search.field(field, features, true));
        self.reserved(message, "field", "Field name");
    }

    fn enumeration(&mut self, item: &DynamicMessage, outer: Features) {
        self.said(item, "enum");
        let first = list(item, "value").first().and_then(|value| number(value, "number"));
        let is_of_edition = matches!(self.language, Language::Edition(_));
        if outer.with(item).enum_type == OPEN && first.is_some_and(|it| it != 0) && is_of_edition {
            self.refuse(
                "The first enum value must be zero for open enums",
                "begin with a value of number 0, or say `option features.enum_type = CLOSED;`",
            );
        }
        self.each(item, 2, "value", |search, value| {
            search.said(value, "enum value");
        });
        self.reserved(item, "value", "Enum value");
    }

    /// Names that must not be used again.
    fn reserved(&mut self, outer: &DynamicMessage, of: &str, kind: &str) {
        let Some(Value::List(names)) = own(outer, "reserved_name") else { return };
        // Fields of messages and values of enums have the same number.
        self.each(outer, 2, of, |search, item| {
            let name = text(item, "name");
            if names.iter().any(|reserved| reserved.as_str() == Some(&name)) {
                search.refuse(
                    format!("{kind} `{name}` is reserved"),
                    "use another name, or do not reserve it",
                );
            }
        });
    }

    fn field(&mut self, field: &DynamicMessage, outer: Features, is_extension: bool) {
        let said = self.said(field, "field");
        let features = outer.with(field);
        let is_list = number(field, "label") == Some(LABEL_REPEATED);
        let is_member = number(field, "oneof_index").is_some();
        let kind = number(field, "type").unwrap_or_default();
        let refused = match said.of("field_presence") {
            Some(_) if is_list => Some("Repeated fields can't specify field presence"),
            Some(_) if is_member => Some("Oneof fields can't specify field presence"),
            Some(REQUIRED) if is_extension => Some("Extensions can't be required"),
            Some(_) if is_extension => Some("Extensions can't specify field presence"),
            Some(IMPLICIT) if kind == MESSAGE => {
                Some("Message fields can't specify implicit presence")
            }
            _ => None,
        };
        if let Some(message) = refused {
            self.refuse(message, "leave `features.field_presence` out");
        }
        let is_implicit = features.presence == IMPLICIT
            && !(is_list || is_member || is_extension || kind == MESSAGE);
        if is_implicit {
            self.implicit(
                field,
                kind,
                "say `features.field_presence = EXPLICIT` of the field, or ",
            );
        }
        self.open_in_proto3(field, kind);
        self.encoding(&said, kind, is_list, false);
        self.options(field, kind, features, is_list);
    }

    /// A field that is its zero value where it is absent.
    fn implicit(&mut self, field: &DynamicMessage, kind: i32, explicit: &str) {
        if !matches!(self.language, Language::Edition(_)) {
            return;
        }
        if own(field, "default_value").is_some() {
            let help = format!("{explicit}leave `default` out");
            self.refuse("Implicit presence fields can't specify defaults", help);
        }
        if kind == ENUM && self.closed.contains_key(&text(field, "type_name")) {
            self.refuse(
                "Implicit presence enum fields must always be open",
                format!("{explicit}say `option features.enum_type = OPEN;` of the enum"),
            );
        }
    }

    fn open_in_proto3(&mut self, field: &DynamicMessage, kind: i32) {
        let name = text(field, "type_name");
        if self.language == Language::Proto3 && kind == ENUM && self.closed.contains_key(&name) {
            let name = name.trim_start_matches('.');
            self.refuse(
                format!("Enum type \"{name}\" is not an open enum, but is used in a proto3 message type"),
                "use an enum of proto3 here, or begin the enum's file with an edition and `features.enum_type = OPEN`",
            );
        }
    }

    fn map(&mut self, field: &DynamicMessage, entry: &DynamicMessage, features: Features) {
        let said = self.said(field, "field");
        if said.of("field_presence").is_some() {
            let help = "leave `features.field_presence` out";
            self.refuse("Repeated fields can't specify field presence", help);
        }
        let parts = list(entry, "field");
        let has_text = parts.iter().any(|part| number(part, "type") == Some(STRING));
        self.encoding(&said, if has_text { STRING } else { MESSAGE }, true, true);
        let Some(value) = parts.iter().find(|part| number(part, "number") == Some(2)) else {
            return;
        };
        let kind = number(value, "type").unwrap_or_default();
        if features.presence == IMPLICIT {
            self.implicit(value, kind, "");
        }
        self.open_in_proto3(value, kind);
        if self.closed.get(&text(value, "type_name")).is_some_and(|first| *first != 0) {
            let message = "Enum value in map must define 0 as the first value";
            self.refuse(message, "begin the enum with a value of number 0");
        }
    }

    fn encoding(&mut self, said: &Said, kind: i32, is_list: bool, is_map: bool) {
        let repeated = said.of("repeated_field_encoding");
        if repeated.is_some() && !is_list {
            let message = "Only repeated fields can specify repeated field encoding";
            self.refuse(message, "leave `features.repeated_field_encoding` out");
        } else if repeated == Some(PACKED) && (is_map || UNPACKABLE.contains(&kind)) {
            let message =
                "Only repeated primitive fields can specify PACKED repeated field encoding";
            self.refuse(message, "leave `features.repeated_field_encoding` out");
        }
        if said.of("utf8_validation").is_some() && kind != STRING {
            let message = "Only string fields can specify utf8 validation";
            self.refuse(message, "leave `features.utf8_validation` out");
        }
        if said.of("message_encoding").is_some() && (kind != MESSAGE || is_map) {
            let message = "Only message fields can specify message encoding";
            self.refuse(message, "leave `features.message_encoding` out");
        }
    }

    /// Options that were there before features were.
    fn options(&mut self, field: &DynamicMessage, kind: i32, features: Features, is_list: bool) {
        let Some(Value::Message(options)) = own(field, "options") else { return };
        let is_nested = kind == MESSAGE && features.encoding != DELIMITED;
        for name in ["lazy", "unverified_lazy"] {
            if own(&options, name) == Some(Value::Bool(true)) && !is_nested {
                let message =
                    format!("[{name} = true] can only be specified for submessage fields");
                self.refuse(message, format!("leave `{name}` out"));
            }
        }
        if number(&options, "jstype").is_some_and(|it| it != 0) && !LONG.contains(&kind) {
            let message =
                "jstype is only allowed on int64, uint64, sint64, fixed64 or sfixed64 fields";
            self.refuse(message, "leave `jstype` out");
        }
        let Some(packed) = own(&options, "packed") else { return };
        let message = match self.language {
            Language::Edition(_) => "Field option packed is not allowed under editions",
            _ if packed == Value::Bool(true) && (!is_list || UNPACKABLE.contains(&kind)) => {
                "[packed = true] can only be specified for repeated primitive fields"
            }
            _ => return,
        };
        let help = match self.language {
            Language::Edition(_) => {
                "say `features.repeated_field_encoding = PACKED`, or `EXPANDED`"
            }
            _ => "leave `packed` out",
        };
        self.refuse(message, help);
    }
}

/// The features that an element says itself.
struct Said(Vec<(&'static str, i32)>);

impl Said {
    fn of(&self, feature: &str) -> Option<i32> {
        self.0.iter().find(|(name, _)| *name == feature).map(|(_, value)| *value)
    }
}
