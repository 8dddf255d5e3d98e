//! Files of an edition, and what their features change.

use crate::mapping::kit::{Around, Reads, reads, replies};

const EDITION: Around = Around {
    syntax: "edition = \"2023\";",
    proto: "enum Color { NONE = 0; RED = 1; } message Inner { int32 number = 1; reserved old, older; }",
    schema: "enum Color { NONE RED }\ntype Inner { number: Int }\ntype Pick { text: String number: Int }",
};

const FEATURES: &[Reads] = &[
    // Presence is explicit, if nothing is said.
    reads("int32 it = 1;", "Int", &[("", "null"), ("08 00", "0"), ("08 05", "5")]),
    reads("string it = 1;", "String", &[("", "null"), ("0a 00", r#""""#)]),
    reads(
        "Color it = 1;",
        "Color",
        &[("", "null"), ("08 00", r#""NONE""#), ("08 07", "null # INVALID_VALUE")],
    ),
    reads("int32 it = 1 [default = 7];", "Int", &[("", "7"), ("08 00", "0")]),
    reads(
        "int32 it = 1 [features.field_presence = LEGACY_REQUIRED];",
        "Int",
        &[("", "null"), ("08 05", "5")],
    ),
    reads(
        "Inner it = 1;",
        "Inner { number }",
        &[("", "null"), ("0a 00", r#"{"number":null}"#), ("0a 02 08 00", r#"{"number":0}"#)],
    ),
    // Lists in both packings, whichever they are written in.
    reads("repeated int32 it = 1;", "[Int]", &[("0a 02 01 02 08 03", "[1,2,3]")]),
    reads(
        "repeated int32 it = 1 [features.repeated_field_encoding = EXPANDED];",
        "[Int]",
        &[("0a 02 01 02 08 03", "[1,2,3]")],
    ),
    reads("map<int32, string> it = 1;", "JSON", &[("0a 05 08 05 12 01 61", r#"{"5":"a"}"#)]),
];

#[tokio::test]
async fn of_2023() {
    let schema = format!("scalar JSON\n{}", EDITION.schema);
    replies(Around { schema: schema.leak(), ..EDITION }, FEATURES).await;
}

const OF_2024: &[Reads] = &[
    reads("int32 it = 1;", "Int", &[("", "null"), ("08 00", "0")]),
    reads("Public it = 1;", "Public { number }", &[("0a 02 08 05", r#"{"number":5}"#)]),
];

#[tokio::test]
async fn of_2024() {
    let around = Around {
        syntax: "edition = \"2024\";",
        proto: "option features.enforce_naming_style = STYLE_LEGACY; option features.(pb.go).api_level = API_OPAQUE; import \"google/protobuf/go_features.proto\"; import option \"google/protobuf/struct.proto\"; export message Public { int32 number = 1; } local message Hidden {}",
        schema: "type Public { number: Int }",
    };
    replies(around, OF_2024).await;
}

const IMPLICIT: &[Reads] = &[
    reads("int32 it = 1;", "Int!", &[("", "0"), ("08 05", "5")]),
    reads("string it = 1;", "String", &[("", r#""""#)]),
    reads("Color it = 1;", "Color", &[("", r#""NONE""#)]),
    reads("Inner it = 1;", "Inner { number }", &[("", "null"), ("0a 00", r#"{"number":0}"#)]),
    reads(
        "int32 it = 1 [features.field_presence = EXPLICIT];",
        "Int",
        &[("", "null"), ("08 00", "0")],
    ),
    reads(
        "int32 it = 1 [features.field_presence = LEGACY_REQUIRED];",
        "Int",
        &[("", "null"), ("08 05", "5")],
    ),
    reads(
        "Pick it = 1;",
        "Pick { text number }",
        &[("0a 02 10 00", r#"{"text":null,"number":0}"#)],
    ),
];

/// What files have that were proto3 before.
#[tokio::test]
async fn without_presence() {
    let around = Around {
        proto: "option features.field_presence = IMPLICIT; enum Color { NONE = 0; RED = 1; } message Inner { int32 number = 1; } message Pick { oneof pick { string text = 1; int32 number = 2; } }",
        ..EDITION
    };
    replies(around, IMPLICIT).await;
}

const CLOSED: &[Reads] = &[reads(
    "Size it = 1;",
    "Size",
    &[("", "null"), ("08 01", r#""SMALL""#), ("08 07", "null # INVALID_VALUE")],
)];

#[tokio::test]
async fn closed_enums() {
    let around = Around {
        proto: "enum Size { option features.enum_type = CLOSED; SMALL = 1; }",
        schema: "enum Size { SMALL }",
        ..EDITION
    };
    replies(around, CLOSED).await;
}
