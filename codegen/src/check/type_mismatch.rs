//! Two types that do not go together.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Fault;

pub(super) const RULE: Rule = Rule {
    name: "type-mismatch",
    severity: Severity::Error,
    explanation: r#"What a proto type may be in GraphQL:

int32, uint32, …           Int; ID, String or Int64 as decimal digits
int64, uint64, …           Int64, ID or String as decimal digits; Int with a range check
float, double              Float
bool                       Boolean
string                     String, ID, or a scalar of your own
bytes                      Base64, String, ID
enum                       enum
Timestamp, Duration        DateTime, Duration, String
wrappers                   the scalar, nullable
Struct, Value, ListValue   JSON
Any, FieldMask             Any or JSON, FieldMask or String
Empty                      Boolean
map                        a list of objects with `key` and `value`; JSON where its values are scalars
message                    an object, interface, union or input object
"#,
    check: Check::Bind(check),
};

fn check(rule: &Rule, fault: &Fault) -> Option<Diagnostic> {
    let Fault::TypeMismatch { coordinate, graphql, span, proto, proto_span, proto_type } = fault
    else {
        return None;
    };
    let finding =
        rule.finding(format!("`{coordinate}` cannot be `{graphql}`: `{proto}` is {proto_type}"));
    let finding = finding
        .at(*span, format!("{graphql} here"))
        .also(*proto_span, format!("{proto_type} here"));
    Some(finding.help(match expected(proto_type) {
        Some(expected) => format!("write {expected}"),
        None => "change one of the two".to_owned(),
    }))
}

/// The GraphQL types that a proto type may have.
fn expected(proto: &str) -> Option<&'static str> {
    Some(match proto.strip_prefix("repeated ").unwrap_or(proto) {
        "int32" | "sint32" | "sfixed32" | "uint32" | "fixed32" => "`Int`",
        "int64" | "sint64" | "sfixed64" | "uint64" | "fixed64" => "`Int64`, `ID` or `String`",
        "float" | "double" => "`Float`",
        "bool" | "google.protobuf.Empty" => "`Boolean`",
        "string" => "`String` or `ID`",
        "bytes" => "`Base64` or `String`",
        "google.protobuf.Timestamp" => "`DateTime`",
        "google.protobuf.Duration" => "`Duration`",
        "google.protobuf.Struct" | "google.protobuf.Value" | "google.protobuf.ListValue" => {
            "`JSON`"
        }
        "google.protobuf.Any" => "`Any`",
        "google.protobuf.FieldMask" => "`FieldMask`",
        map if map.starts_with("map<") && is_json(map) => {
            "a list of objects with `key` and `value`, or `JSON`"
        }
        map if map.starts_with("map<") => "a list of objects with `key` and `value`",
        group if group.starts_with("group ") => "nothing for now: groups are not supported",
        other if other.starts_with("enum ") => "an enum type of the same values",
        message if message.contains('.') => "an object type, or a part of it: `@from(path: …)`",
        _ => return None,
    })
}

/// Whether the values of a map are scalars, which JSON may hold: enums and messages have values of their own in each schema.
fn is_json(map: &str) -> bool {
    let value = map.trim_end_matches('>').rsplit(", ").next().unwrap_or_default();
    !value.contains('.') && !value.contains(char::is_uppercase)
}
