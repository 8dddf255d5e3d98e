//! Fields that were not sent, and those that were sent with a zero.

use crate::mapping::kit::{Around, PROTO3, Reads, reads, replies};

const OPTIONAL: &[Reads] = &[
    reads("optional int32 it = 1;", "Int", &[("", "null"), ("08 00", "0"), ("08 01 08 00", "0")]),
    reads("optional int64 it = 1;", "String", &[("", "null"), ("08 00", r#""0""#)]),
    reads("optional sint32 it = 1;", "Int", &[("", "null"), ("08 00", "0")]),
    reads("optional fixed32 it = 1;", "Int", &[("", "null"), ("0d 00 00 00 00", "0")]),
    reads(
        "optional double it = 1;",
        "Float",
        &[("", "null"), ("09 00 00 00 00 00 00 00 00", "0.0")],
    ),
    reads("optional float it = 1;", "Float", &[("", "null"), ("0d 00 00 00 00", "0.0")]),
    reads("optional bool it = 1;", "Boolean", &[("", "null"), ("08 00", "false")]),
    reads("optional string it = 1;", "String", &[("", "null"), ("0a 00", r#""""#)]),
    reads("optional bytes it = 1;", "String", &[("", "null"), ("0a 00", r#""""#)]),
    // Null may not stand in these, and so becomes the null of what is around them.
    reads("Inner it = 1;", "Inner { number }", &[("", "null"), ("0a 00", r#"{"number":0}"#)]),
    reads(
        "Must it = 1;",
        "Must { number }",
        &[("", "null"), ("0a 00", "null # number NULL_VALUE")],
    ),
];

#[tokio::test]
async fn proto3() {
    let around = Around {
        proto: "message Inner { int32 number = 1; } message Must { optional int32 number = 1; }",
        schema: "type Inner { number: Int! }\ntype Must { # anabranch: allow(non-null-optional)\n number: Int! }",
        ..PROTO3
    };
    replies(around, OPTIONAL).await;
}

const PROTO2: &[Reads] = &[
    reads("optional int32 it = 1;", "Int", &[("", "null"), ("08 00", "0")]),
    reads("optional string it = 1;", "String", &[("", "null"), ("0a 00", r#""""#)]),
    // Parsers that check it refuse such a message; a gateway shows the rest of it.
    reads("required int32 it = 1;", "Int", &[("", "null"), ("08 05", "5")]),
    reads("required string it = 1;", "String", &[("", "null"), ("0a 01 61", r#""a""#)]),
    reads(
        "optional Color it = 1;",
        "Color",
        &[("", "null"), ("08 02", r#""BLUE""#), ("08 00", "null")],
    ),
    reads("repeated int32 it = 1;", "[Int]", &[("08 01 0a 02 02 03", "[1,2,3]")]),
    reads("repeated int32 it = 1 [packed = true];", "[Int]", &[("08 01 0a 02 02 03", "[1,2,3]")]),
    reads("repeated Color it = 1;", "[Color]", &[("08 01 0a 01 02", r#"["RED","BLUE"]"#)]),
    // Groups and extensions that nobody asked for.
    reads(
        "optional int32 it = 1; optional group Old = 2 { optional int32 a = 1; } extensions 100 to max;",
        "Int",
        &[
            ("13 08 07 14 08 05 a2 06 01 61", "5"),
            ("13 08 07", "nothing # DATA_LOSS"),
            ("13 08 07 1c 08 05", "nothing # DATA_LOSS"),
            // One inside another; the field of ours inside is none of ours.
            ("13 1b 08 09 1c 08 09 14 08 05", "5"),
            ("13 1b 08 09 14 14 08 05", "nothing # DATA_LOSS"),
        ],
    ),
    // What is set last holds, shown or not.
    reads(
        "oneof one { string it = 1; group Old = 2 { optional int32 a = 1; } }",
        "String",
        &[("0a 01 61 13 08 07 14", "null"), ("13 08 07 14 0a 01 61", r#""a""#)],
    ),
    // An entry's key and value are there, sent or not.
    reads(
        "map<string, Sign> it = 1;",
        "[Entry!] { key sign }",
        &[
            ("0a 02 10 01", r#"[{"key":"","sign":"PLUS"}]"#),
            ("0a 03 0a 01 61", r#"[{"key":"a","sign":"NONE"}]"#),
            ("0a 00", r#"[{"key":"","sign":"NONE"}]"#),
        ],
    ),
];

#[tokio::test]
async fn proto2() {
    let around = Around {
        syntax: "syntax = \"proto2\";",
        proto: "enum Color { RED = 1; BLUE = 2; } enum Sign { NONE = 0; PLUS = 1; }",
        schema: "enum Color { RED BLUE }\nenum Sign { NONE PLUS }\ntype Entry { key: String! sign: Sign! @from(path: \"value\") }",
    };
    replies(around, PROTO2).await;
}

const DEFAULTS: &[Reads] = &[
    reads("optional int32 it = 1 [default = -5];", "Int", &[("", "-5"), ("08 00", "0")]),
    reads("optional int64 it = 1 [default = 5];", "String", &[("", r#""5""#)]),
    reads(
        "optional uint64 it = 1 [default = 18446744073709551615];",
        "String",
        &[("", r#""18446744073709551615""#)],
    ),
    reads("optional sint64 it = 1 [default = -1];", "Int", &[("", "-1")]),
    reads("optional fixed32 it = 1 [default = 0x10];", "Int", &[("", "16")]),
    reads("optional sfixed64 it = 1 [default = -010];", "Int", &[("", "-8")]),
    reads("optional double it = 1 [default = 1.5];", "Float", &[("", "1.5")]),
    reads("optional float it = 1 [default = 0.1];", "Float", &[("", "0.1")]),
    reads("optional double it = 1 [default = inf];", "Float", &[("", "null # INVALID_VALUE")]),
    reads("optional bool it = 1 [default = true];", "Boolean", &[("", "true"), ("08 00", "false")]),
    reads(
        "optional string it = 1 [default = \"a\\\"b\"];",
        "String",
        &[("", r#""a\"b""#), ("0a 00", r#""""#)],
    ),
    reads("optional bytes it = 1 [default = \"\\001\\xff\"];", "String", &[("", r#""Af8=""#)]),
    reads("optional Color it = 1 [default = BLUE];", "Color", &[("", r#""BLUE""#)]),
    reads("optional int32 it = 1 [default = -5];", "Int!", &[("", "-5")]),
    reads(
        "optional Inner it = 1;",
        "Inner { number }",
        &[("", "null"), ("0a 00", r#"{"number":7}"#)],
    ),
];

/// A value that was not sent is the one that its declaration names, as all readers of protobuf have it.
#[tokio::test]
async fn defaults() {
    let around = Around {
        syntax: "syntax = \"proto2\";",
        proto: "enum Color { RED = 1; BLUE = 2; } message Inner { optional int32 number = 1 [default = 7]; }",
        schema: "enum Color { RED BLUE }\ntype Inner { number: Int }",
    };
    replies(around, DEFAULTS).await;
}
