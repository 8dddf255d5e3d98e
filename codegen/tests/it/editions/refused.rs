//! What protoc 35.1 refuses and takes, in its own words; what it says of names and of other languages is left out.

use anabranch_codegen::{Severity, Sources, compile};

/// Where a text does not say itself what it is written in, it is of edition 2023.
const REFUSED: &[(&str, &str)] = &[
    (
        "option features.field_presence = IMPLICIT; enum C { option features.enum_type = CLOSED; A = 0; } message M { C c = 1; }",
        "Implicit presence enum fields must always be open",
    ),
    (
        "enum C { option features.enum_type = CLOSED; A = 0; } message M { C c = 1 [features.field_presence = IMPLICIT]; }",
        "Implicit presence enum fields must always be open",
    ),
    (
        "option features.field_presence = IMPLICIT; enum C { option features.enum_type = CLOSED; A = 0; } message M { map<string, C> c = 1; }",
        "Implicit presence enum fields must always be open",
    ),
    (
        r#"import "p2.proto"; message M { P2E c = 1 [features.field_presence = IMPLICIT]; }"#,
        "Implicit presence enum fields must always be open",
    ),
    (
        "enum C { option features.enum_type = CLOSED; A = 1; } message M { map<string, C> c = 1; }",
        "Enum value in map must define 0 as the first value",
    ),
    ("enum C { A = 1; }", "The first enum value must be zero for open enums"),
    (
        "message N {} message M { N n = 1 [features.field_presence = IMPLICIT]; }",
        "Message fields can't specify implicit presence",
    ),
    (
        "message M { int32 n = 1 [features.field_presence = IMPLICIT, default = 1]; }",
        "Implicit presence fields can't specify defaults",
    ),
    (
        "option features.field_presence = IMPLICIT; message M { int32 n = 1 [default = 1]; }",
        "Implicit presence fields can't specify defaults",
    ),
    (
        "message M { oneof o { int32 n = 1 [features.field_presence = IMPLICIT]; } }",
        "Oneof fields can't specify field presence",
    ),
    (
        "message M { oneof o { int32 n = 1 [features.field_presence = EXPLICIT]; } }",
        "Oneof fields can't specify field presence",
    ),
    (
        "message M { oneof o { int32 n = 1 [features.field_presence = LEGACY_REQUIRED]; } }",
        "Oneof fields can't specify field presence",
    ),
    (
        "message M { repeated int32 n = 1 [features.field_presence = IMPLICIT]; }",
        "Repeated fields can't specify field presence",
    ),
    (
        "message M { repeated int32 n = 1 [features.field_presence = LEGACY_REQUIRED]; }",
        "Repeated fields can't specify field presence",
    ),
    (
        "message M { map<string,string> n = 1 [features.field_presence = EXPLICIT]; }",
        "Repeated fields can't specify field presence",
    ),
    (
        "message M { extensions 100 to 200; } extend M { int32 n = 100 [features.field_presence = EXPLICIT]; }",
        "Extensions can't specify field presence",
    ),
    (
        "message M { extensions 100 to 200; } extend M { int32 n = 100 [features.field_presence = LEGACY_REQUIRED]; }",
        "Extensions can't be required",
    ),
    (
        "message M { extensions 100 to 200; } extend M { int32 n = 100 [features.field_presence = IMPLICIT]; }",
        "Extensions can't specify field presence",
    ),
    (
        "option features.field_presence = LEGACY_REQUIRED; message M { int32 n = 1; }",
        "Required presence can't be specified by default",
    ),
    (
        "option features.field_presence = FIELD_PRESENCE_UNKNOWN; message M { int32 n = 1; }",
        "Feature field `field_presence` must resolve to a known value",
    ),
    (
        "message M { repeated string n = 1 [features.repeated_field_encoding = PACKED]; }",
        "Only repeated primitive fields can specify PACKED repeated field encoding",
    ),
    (
        "message M { int32 n = 1 [features.repeated_field_encoding = PACKED]; }",
        "Only repeated fields can specify repeated field encoding",
    ),
    (
        "message M { int32 n = 1 [features.repeated_field_encoding = EXPANDED]; }",
        "Only repeated fields can specify repeated field encoding",
    ),
    (
        "message M { map<string,string> n = 1 [features.repeated_field_encoding = PACKED]; }",
        "Only repeated primitive fields can specify PACKED repeated field encoding",
    ),
    (
        "message M { repeated int32 n = 1 [packed = true]; }",
        "Field option packed is not allowed under editions",
    ),
    (
        "message M { repeated int32 n = 1 [packed = false]; }",
        "Field option packed is not allowed under editions",
    ),
    (
        "message M { int32 n = 1 [features.message_encoding = DELIMITED]; }",
        "Only message fields can specify message encoding",
    ),
    (
        "message M { int32 n = 1 [features.message_encoding = LENGTH_PREFIXED]; }",
        "Only message fields can specify message encoding",
    ),
    (
        "enum C { A = 0; } message M { C n = 1 [features.message_encoding = DELIMITED]; }",
        "Only message fields can specify message encoding",
    ),
    (
        "message N {} message M { map<string, N> n = 1 [features.message_encoding = DELIMITED]; }",
        "Only message fields can specify message encoding",
    ),
    (
        "message M { int32 n = 1 [features.utf8_validation = VERIFY]; }",
        "Only string fields can specify utf8 validation",
    ),
    (
        "message M { bytes n = 1 [features.utf8_validation = NONE]; }",
        "Only string fields can specify utf8 validation",
    ),
    (
        "message M { map<int32,int32> n = 1 [features.utf8_validation = NONE]; }",
        "Only string fields can specify utf8 validation",
    ),
    (
        "message M { int32 n = 1 [features.enum_type = CLOSED]; }",
        "Option google.protobuf.FeatureSet.enum_type cannot be set on an entity of type `field`",
    ),
    (
        "enum C { option features.field_presence = IMPLICIT; A = 0; }",
        "Option google.protobuf.FeatureSet.field_presence cannot be set on an entity of type `enum`",
    ),
    (
        "message M { option features.field_presence = IMPLICIT; int32 n = 1; }",
        "Option google.protobuf.FeatureSet.field_presence cannot be set on an entity of type `message`",
    ),
    (
        "message M { oneof o { option features.field_presence = EXPLICIT; int32 n = 1; } }",
        "Option google.protobuf.FeatureSet.field_presence cannot be set on an entity of type `oneof`",
    ),
    (
        "option features.nonsense = IMPLICIT; message M { int32 n = 1; }",
        "option field 'features.nonsense' is not defined",
    ),
    (
        "message M { int32 n = 1 [lazy = true]; }",
        "[lazy = true] can only be specified for submessage fields",
    ),
    (
        "message N {} message M { N n = 1 [lazy = true, features.message_encoding = DELIMITED]; }",
        "[lazy = true] can only be specified for submessage fields",
    ),
    ("message M { optional int32 n = 1; }", r#"Label "optional" is not supported in editions"#),
    ("message M { required int32 n = 1; }", r#"Label "required" is not supported in editions"#),
    ("message M { group N = 1 {} }", "Group syntax is no longer supported in editions"),
    ("message M { repeated group N = 1 {} }", "Group syntax is no longer supported in editions"),
    (
        r#"edition = "2024"; import weak "p3.proto"; message M { int32 n = 1; }"#,
        "weak import is not supported in edition 2024",
    ),
    (
        r#"import option "p3.proto"; message M { int32 n = 1; }"#,
        "option import is not supported before edition 2024",
    ),
    ("export message M { int32 n = 1; }", "`export` and `local` came with edition 2024"),
    (
        r#"message M { reserved "n"; int32 m = 1; }"#,
        "Reserved names must be identifiers in editions, not string literals",
    ),
    ("message M { reserved n; int32 n = 1; }", "Field name `n` is reserved"),
    (r#"edition = "2023"; syntax = "proto3"; message M {}"#, "a file has an edition, or a syntax"),
    (
        r#"syntax = "proto3"; message M { int32 n = 1 [features.field_presence = EXPLICIT]; }"#,
        "Features are only valid under editions",
    ),
    (
        r#"syntax = "proto3"; option features.field_presence = EXPLICIT; message M { int32 n = 1; }"#,
        "Features are only valid under editions",
    ),
    (
        "enum C { A=0; B=1; } message M { C c = 1 [features.field_presence = IMPLICIT, default = B]; }",
        "Implicit presence fields can't specify defaults",
    ),
    (
        "message M { int32 n = 1 [unverified_lazy = true]; }",
        "[unverified_lazy = true] can only be specified for submessage fields",
    ),
    (
        "message M { string n = 1 [jstype = JS_STRING]; }",
        "jstype is only allowed on int64, uint64, sint64, fixed64 or sfixed64 fields",
    ),
    (
        "message M { int32 n = 1 [jstype = JS_STRING]; }",
        "jstype is only allowed on int64, uint64, sint64, fixed64 or sfixed64 fields",
    ),
    (r#"syntax="proto3"; message M { reserved "n"; int32 n = 1; }"#, "Field name `n` is reserved"),
    (r#"syntax="proto3"; enum M { reserved "B"; A = 0; B = 1; }"#, "Enum value `B` is reserved"),
    (
        r#"syntax="proto3"; message M { int32 n = 1 [lazy=true]; }"#,
        "[lazy = true] can only be specified for submessage fields",
    ),
    (
        r#"syntax="proto3"; message M { repeated string n = 1 [packed=true]; }"#,
        "[packed = true] can only be specified for repeated primitive fields",
    ),
    (
        r#"syntax="proto3"; import "p2.proto"; message M { P2E e = 1; }"#,
        r#"Enum type "P2E" is not an open enum, but is used in a proto3 message type"#,
    ),
    (
        r#"syntax="proto2"; enum E { A = 1; } message M { map<int32,E> e = 1; }"#,
        "Enum value in map must define 0 as the first value",
    ),
    (
        r#"syntax="proto2"; message M { optional int32 n = 1 [packed=true]; }"#,
        "[packed = true] can only be specified for repeated primitive fields",
    ),
];

const TAKEN: &[&str] = &[
    "option features.field_presence = IMPLICIT; enum C { option features.enum_type = CLOSED; A = 0; } message M { repeated C c = 1; oneof o { C d = 2; } C e = 3 [features.field_presence = EXPLICIT]; }",
    "enum C { option features.enum_type = CLOSED; A = 0; } message M { map<string, C> c = 1; }",
    "option features.field_presence = IMPLICIT; message M { extensions 100 to 200; } extend M { int32 n = 100; }",
    "message M { repeated string n = 1 [features.repeated_field_encoding = EXPANDED]; }",
    "message N {} message M { N n = 1 [features.message_encoding = DELIMITED]; repeated N m = 2 [features.message_encoding = DELIMITED]; }",
    "message M { map<string,string> n = 1 [features.utf8_validation = NONE]; }",
    "message N {} message M { N n = 1 [lazy = true]; }",
    "message M { int32 n = 1 [ctype = CORD]; }",
    r#"edition = "2024"; import option "p3.proto"; message M { int32 n = 1; }"#,
    r#"edition = "2024"; export message M { int32 n = 1; } local message N { int32 n = 1; }"#,
    "message m_m { int32 nName = 1; }",
    "message M { reserved n; int32 m = 1; }",
    "message M { option message_set_wire_format = true; extensions 4 to max; }",
    r#"edition = "2024"; option features.default_symbol_visibility = STRICT; message M { message N {} N n = 1; }"#,
    r#"message M { extensions 100 to 200 [declaration = {number: 100, full_name: ".x", type: "int32"}]; }"#,
    r#"import "google/protobuf/cpp_features.proto"; option features.(pb.cpp).string_type = VIEW; message M { string n = 1; }"#,
    "message M { int32 n = 1 [retention = RETENTION_SOURCE]; }",
    r#"import "google/protobuf/cpp_features.proto"; message M { string n = 1 [features.(pb.cpp).string_type = VIEW]; int32 b = 2 [features.field_presence = IMPLICIT, features.(pb.cpp).legacy_closed_enum = true]; }"#,
    "option features = { field_presence: IMPLICIT }; message M { string n = 1; }",
    "message M { string n = 1 [features = { field_presence: IMPLICIT }]; }",
    "message M { string n = 1 [features = { field_presence: IMPLICIT utf8_validation: NONE }]; }",
    r#"edition = "2024"; message M { option features.enforce_naming_style = STYLE_LEGACY; string nX = 1; }"#,
    "message M { option features.json_format = LEGACY_BEST_EFFORT; string nX = 1; }",
    r#"edition = "2024"; message M { local message N {} export enum E { X = 0; } N n = 1; }"#,
    "message N {} message M { oneof o { N n = 1 [features.message_encoding = DELIMITED]; } }",
    "message M { extensions 100 to 200; message X { extend M { repeated int32 n = 100; } } }",
    "option features.field_presence=IMPLICIT; message M { int32 n = 1; enum K { A = 0; B = -1; } K k = 2; }",
    "message M { int32 message = 1; int32 optional = 2; int32 reserved = 3; int32 oneof = 4; int32 edition = 5; int32 option = 6; int32 extensions=7; int32 group=8; map<int32,int32> map=9; int32 export=10; int32 local=11; }",
    "message export {} message M { export a = 1; }",
    "message M {} service S { rpc A(stream M) returns (M); rpc B(M) returns (stream M) {} }",
    "option features.utf8_validation = NONE; message M { string a = 1; }",
    "option features.enum_type = CLOSED; enum C { A = 1; } message M { C a = 1; }",
    "option features.enum_type = CLOSED; enum C { A = 1; } message M { repeated C a = 1; }",
];

fn faults(text: &str) -> Vec<String> {
    let is_whole = ["edition", "syntax"].iter().any(|word| text.starts_with(word));
    let text = if is_whole { text.to_owned() } else { format!("edition = \"2023\"; {text}") };
    let sources = Sources::new()
        .proto_text("a.proto", text)
        .proto_text("p2.proto", "syntax = \"proto2\"; enum P2E { P2A = 0; }")
        .proto_text("p3.proto", "syntax = \"proto3\"; message P3M {}")
        .schema_text("schema.graphql", "type Query { hello: String }");
    let compiled = compile(&sources);
    let errors = compiled.diagnostics.iter().filter(|found| found.severity() == Severity::Error);
    errors.map(|error| error.message().to_owned()).collect()
}

#[test]
fn what_protoc_refuses_is_refused_with_its_words() {
    for (text, expected) in REFUSED {
        assert_eq!(faults(text), [*expected], "{text}");
    }
}

#[test]
fn what_protoc_takes_is_taken() {
    for text in TAKEN {
        assert_eq!(faults(text), Vec::<String>::new(), "{text}");
    }
}
