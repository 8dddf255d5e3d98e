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

/// What protobuf takes for an unknown field is not there.
const CLOSED: &[Reads] = &[
    reads(
        "Size it = 1;",
        "Size",
        &[
            ("", "null"),
            ("08 01", r#""SMALL""#),
            ("08 07", "null"),
            ("08 01 08 07", r#""SMALL""#),
            ("08 01 08 07 08 46 08 63", r#""HUGE""#),
            // A number of 64 bits is one of 32.
            ("08 81 80 80 80 10", r#""SMALL""#),
        ],
    ),
    reads(
        "Size it = 1;",
        "Size!",
        &[("08 01 08 07", r#""SMALL""#), ("08 07", "nothing # NULL_VALUE")],
    ),
    reads(
        "Size it = 1 [default = HUGE];",
        "Size",
        &[("", r#""HUGE""#), ("08 01", r#""SMALL""#), ("08 07", r#""HUGE""#)],
    ),
    reads(
        "repeated Size it = 1;",
        "[Size!]",
        &[
            ("08 01 08 07 08 46", r#"["SMALL","HUGE"]"#),
            ("0a 03 01 07 46 08 07", r#"["SMALL","HUGE"]"#),
            ("0a 01 07", "[]"),
            ("0a 00", "[]"),
        ],
    ),
    reads(
        "repeated Size it = 1 [features.repeated_field_encoding = EXPANDED];",
        "[Size!]",
        &[("08 07 08 01 0a 02 07 46", r#"["SMALL","HUGE"]"#)],
    ),
    // An entry counts or not, and does not override others if not.
    reads(
        "map<string, Grade> it = 1;",
        "[Entry!] { key value }",
        &[
            ("0a 05 0a 01 61 10 01 0a 05 0a 01 62 10 07", r#"[{"key":"a","value":"GOOD"}]"#),
            ("0a 05 0a 01 61 10 01 0a 05 0a 01 61 10 07", r#"[{"key":"a","value":"GOOD"}]"#),
            ("0a 03 0a 01 61", r#"[{"key":"a","value":"NONE"}]"#),
            ("0a 07 0a 01 61 10 07 10 01", "[]"),
            ("0a 07 0a 01 61 10 01 10 07", "[]"),
        ],
    ),
    reads(
        "Pick it = 1;",
        "Pick { text size }",
        &[
            ("0a 05 0a 01 61 10 01", r#"{"text":null,"size":"SMALL"}"#),
            ("0a 05 0a 01 61 10 07", r#"{"text":"a","size":null}"#),
            ("0a 03 0a 01 61 0a 02 10 07", r#"{"text":"a","size":null}"#),
            ("0a 04 10 01 10 07", r#"{"text":null,"size":"SMALL"}"#),
        ],
    ),
    reads(
        "Pick it = 1;",
        "Pick { text }",
        &[
            ("0a 05 0a 01 61 10 07", r#"{"text":"a"}"#),
            ("0a 05 0a 01 61 10 01", r#"{"text":null}"#),
        ],
    ),
];

/// The same numbers, of an enum that takes any.
const OPEN: &[Reads] = &[
    reads("Open it = 1;", "Open", &[("08 01 08 07", "null # INVALID_VALUE")]),
    reads(
        "repeated Open it = 1;",
        "[Open]",
        &[("0a 02 01 07", r#"["ONE",null] # 1 INVALID_VALUE"#)],
    ),
];

#[tokio::test]
async fn closed_enums() {
    let around = Around {
        proto: "enum Size { option features.enum_type = CLOSED; SMALL = 1; HUGE = 70; } enum Open { NOT = 0; ONE = 1; } enum Grade { option features.enum_type = CLOSED; NONE = 0; GOOD = 1; } message Pick { oneof pick { string text = 1; Size size = 2; } }",
        schema: "enum Size { SMALL HUGE }\nenum Open { NOT ONE }\nenum Grade { NONE GOOD }\ntype Entry { key: String! value: Grade! }\ntype Pick { text: String size: Size }",
        ..EDITION
    };
    replies(around, CLOSED).await;
    replies(around, OPEN).await;
}

#[tokio::test]
async fn enums_of_proto2_are_closed() {
    let around = Around {
        syntax: "syntax = \"proto2\";",
        proto: "enum Color { RED = 1; BLUE = 2; }",
        schema: "enum Color { RED BLUE }",
    };
    let rows = [
        reads("optional Color it = 1;", "Color", &[("08 01 08 63", r#""RED""#), ("08 63", "null")]),
        reads("optional Color it = 1 [default = BLUE];", "Color", &[("08 63", r#""BLUE""#)]),
        reads("required Color it = 1;", "Color", &[("08 63", "null")]),
        reads("repeated Color it = 1;", "[Color!]", &[("08 01 08 63 08 02", r#"["RED","BLUE"]"#)]),
        reads(
            "repeated Color it = 1 [packed = true];",
            "[Color!]",
            &[("0a 03 01 63 02", r#"["RED","BLUE"]"#)],
        ),
    ];
    replies(around, &rows).await;
}
