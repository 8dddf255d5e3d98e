//! Scalars of replies.

use crate::mapping::kit::{Around, PROTO3, Reads, reads, replies};

const INTEGERS: &[Reads] = &[
    reads(
        "int32 it = 1;",
        "Int",
        &[
            ("", "0"),
            ("08 05", "5"),
            ("08 ff ff ff ff ff ff ff ff ff 01", "-1"),
            // Higher bits are dropped, as all parsers do.
            ("08 ff ff ff ff 0f", "-1"),
            ("08 81 80 80 80 10", "1"),
            // The last one holds; another wire type is another field.
            ("08 05 08 06", "6"),
            ("08 05 0d 01 00 00 00 0a 01 30", "5"),
            ("08 80 80 80 80 f8 ff ff ff ff 01", "-2147483648"),
        ],
    ),
    reads("int32 it = 1;", "String", &[("", r#""0""#), ("08 05", r#""5""#)]),
    reads("int32 it = 1;", "ID", &[("08 05", r#""5""#)]),
    reads(
        "int64 it = 1;",
        "String",
        &[
            ("", r#""0""#),
            ("08 80 80 80 80 80 80 80 80 80 01", r#""-9223372036854775808""#),
            ("08 ff ff ff ff ff ff ff ff 7f", r#""9223372036854775807""#),
        ],
    ),
    reads("int64 it = 1;", "ID", &[("08 05", r#""5""#)]),
    reads("int64 it = 1;", "Int64", &[("08 05", r#""5""#)]),
    reads(
        "int64 it = 1;",
        "Int",
        &[
            ("", "0"),
            ("08 ff ff ff ff 07", "2147483647"),
            ("08 80 80 80 80 08", "null # INVALID_VALUE"),
            ("08 80 80 80 80 f8 ff ff ff ff 01", "-2147483648"),
            ("08 ff ff ff ff f7 ff ff ff ff 01", "null # INVALID_VALUE"),
        ],
    ),
    reads(
        "uint32 it = 1;",
        "Int",
        &[
            ("08 ff ff ff ff 07", "2147483647"),
            ("08 80 80 80 80 08", "null # INVALID_VALUE"),
            ("08 ff ff ff ff 0f", "null # INVALID_VALUE"),
        ],
    ),
    reads("uint32 it = 1;", "String", &[("08 ff ff ff ff 0f", r#""4294967295""#)]),
    reads(
        "uint64 it = 1;",
        "String",
        &[("08 ff ff ff ff ff ff ff ff ff 01", r#""18446744073709551615""#)],
    ),
    reads(
        "uint64 it = 1;",
        "Int",
        &[("08 05", "5"), ("08 ff ff ff ff ff ff ff ff ff 01", "null # INVALID_VALUE")],
    ),
    reads(
        "sint32 it = 1;",
        "Int",
        &[("08 01", "-1"), ("08 02", "1"), ("08 ff ff ff ff 0f", "-2147483648")],
    ),
    reads(
        "sint64 it = 1;",
        "String",
        &[("08 ff ff ff ff ff ff ff ff ff 01", r#""-9223372036854775808""#)],
    ),
    reads("sint64 it = 1;", "Int", &[("08 01", "-1")]),
    reads(
        "fixed32 it = 1;",
        "Int",
        &[("0d 05 00 00 00", "5"), ("0d ff ff ff ff", "null # INVALID_VALUE")],
    ),
    reads(
        "fixed64 it = 1;",
        "String",
        &[("09 ff ff ff ff ff ff ff ff", r#""18446744073709551615""#)],
    ),
    reads("sfixed32 it = 1;", "Int", &[("", "0"), ("0d ff ff ff ff", "-1")]),
    reads(
        "sfixed64 it = 1;",
        "String",
        &[("", r#""0""#), ("09 ff ff ff ff ff ff ff ff", r#""-1""#)],
    ),
    reads("sfixed64 it = 1;", "Int", &[("09 00 00 00 80 ff ff ff ff", "-2147483648")]),
];

#[tokio::test]
async fn integers() {
    replies(Around { schema: "scalar Int64", ..PROTO3 }, INTEGERS).await;
}

const FLOATS: &[Reads] = &[
    reads(
        "double it = 1;",
        "Float",
        &[
            ("", "0.0"),
            ("09 00 00 00 00 00 00 f8 3f", "1.5"),
            ("09 00 00 00 00 00 00 00 80", "-0.0"),
            ("09 9a 99 99 99 99 99 b9 3f", "0.1"),
            ("09 ff ff ff ff ff ff ef 7f", "1.7976931348623157e+308"),
            ("09 01 00 00 00 00 00 00 00", "5e-324"),
            ("09 00 00 00 00 00 00 f8 7f", "null # INVALID_VALUE"),
            ("09 00 00 00 00 00 00 f0 7f", "null # INVALID_VALUE"),
            ("09 00 00 00 00 00 00 f0 ff", "null # INVALID_VALUE"),
        ],
    ),
    reads(
        "float it = 1;",
        "Float",
        &[
            ("", "0.0"),
            ("0d cd cc cc 3d", "0.1"),
            ("0d 00 00 00 80", "-0.0"),
            ("0d ff ff 7f 7f", "3.4028235e+38"),
            ("0d 00 00 c0 7f", "null # INVALID_VALUE"),
            ("0d 00 00 80 7f", "null # INVALID_VALUE"),
            ("0d 00 00 80 ff", "null # INVALID_VALUE"),
        ],
    ),
    reads(
        "repeated double it = 1;",
        "[Float]",
        &[(
            "0a 10 00 00 00 00 00 00 f8 7f 00 00 00 00 00 00 f8 3f",
            "[null,1.5] # 0 INVALID_VALUE",
        )],
    ),
    reads(
        "repeated double it = 1;",
        "[Float!]",
        &[("0a 10 00 00 00 00 00 00 f8 7f 00 00 00 00 00 00 f8 3f", "null # 0 INVALID_VALUE")],
    ),
];

#[tokio::test]
async fn floats() {
    replies(PROTO3, FLOATS).await;
}

const BOOLEANS_TEXTS_AND_BYTES: &[Reads] = &[
    reads(
        "bool it = 1;",
        "Boolean",
        &[
            ("", "false"),
            ("08 01", "true"),
            ("08 02", "true"),
            ("08 80 80 00", "false"),
            ("08 80 80 80 80 80 80 80 80 80 01", "true"),
        ],
    ),
    reads(
        "string it = 1;",
        "String",
        &[
            ("", r#""""#),
            ("0a 02 c3 bc", r#""ü""#),
            ("0a 03 00 22 5c", r#""\u0000\"\\""#),
            ("0a 01 ff", "null # INVALID_VALUE"),
            // A surrogate, and a zero that is too long.
            ("0a 03 ed a0 80", "null # INVALID_VALUE"),
            ("0a 02 c0 80", "null # INVALID_VALUE"),
            ("0a 01 61 0a 01 62", r#""b""#),
        ],
    ),
    reads("string it = 1;", "ID", &[("", r#""""#), ("0a 01 61", r#""a""#)]),
    reads(
        "repeated string it = 1;",
        "[String]",
        &[("", "[]"), ("0a 01 61 0a 01 ff 0a 00", r#"["a",null,""] # 1 INVALID_VALUE"#)],
    ),
    reads(
        "bytes it = 1;",
        "String",
        &[
            ("", r#""""#),
            ("0a 01 00", r#""AA==""#),
            ("0a 02 fb ff", r#""+/8=""#),
            ("0a 03 01 02 03", r#""AQID""#),
        ],
    ),
    reads("bytes it = 1;", "ID", &[("0a 01 00", r#""AA==""#)]),
    reads("bytes it = 1;", "Bytes", &[("0a 01 00", r#""AA==""#)]),
    reads("repeated bytes it = 1;", "[Bytes!]", &[("0a 01 00 0a 00", r#"["AA==",""]"#)]),
];

#[tokio::test]
async fn booleans_texts_and_bytes() {
    replies(Around { schema: "scalar Bytes", ..PROTO3 }, BOOLEANS_TEXTS_AND_BYTES).await;
}

const ENUMS: &[Reads] = &[
    reads(
        "Color it = 1;",
        "Color",
        &[
            ("", r#""UNSPECIFIED""#),
            ("08 01", r#""RED""#),
            ("08 02", r#""BLUE""#),
            ("08 ff ff ff ff ff ff ff ff ff 01", r#""MINUS""#),
            // Some write negative numbers in 32 bits.
            ("08 ff ff ff ff 0f", r#""MINUS""#),
            ("08 07", "null # INVALID_VALUE"),
        ],
    ),
    reads("Color it = 1;", "Full", &[("08 01", r#""COLOR_ROT""#)]),
    reads("Color it = 1;", "Chosen", &[("", r#""NONE""#), ("08 00", r#""NONE""#)]),
    // A zero that the schema does not show was not sent.
    reads("Color it = 1;", "Named", &[("", "null"), ("08 02", r#""BLUE""#)]),
    reads("optional Color it = 1;", "Color", &[("", "null"), ("08 00", r#""UNSPECIFIED""#)]),
    reads(
        "repeated Color it = 1;",
        "[Color]",
        &[
            ("0a 02 01 02", r#"["RED","BLUE"]"#),
            ("08 01 08 07", r#"["RED",null] # 1 INVALID_VALUE"#),
        ],
    ),
    reads("repeated Color it = 1;", "[Color!]", &[("08 01 08 07", "null # 1 INVALID_VALUE")]),
];

#[tokio::test]
async fn enums() {
    let around = Around {
        proto: "enum Color { option allow_alias = true; COLOR_UNSPECIFIED = 0; COLOR_RED = 1; COLOR_ROT = 1; COLOR_BLUE = 2; COLOR_MINUS = -1; }",
        schema: "enum Color { UNSPECIFIED RED ROT BLUE MINUS }\nenum Full @message(name: \"rows.v1.Color\") { COLOR_UNSPECIFIED COLOR_ROT COLOR_RED COLOR_BLUE COLOR_MINUS }\nenum Chosen @message(name: \"rows.v1.Color\") { NONE @from(path: \"COLOR_UNSPECIFIED\") RED BLUE MINUS }\nenum Named @message(name: \"rows.v1.Color\") { RED BLUE MINUS }",
        ..PROTO3
    };
    replies(around, ENUMS).await;
}

const SMALL: &[(&str, &str)] = &[
    ("", "[]"),
    ("0a 00", "[]"),
    ("0a 02 01 02", "[1,2]"),
    ("08 01 08 02", "[1,2]"),
    ("08 01 0a 02 02 03 12 01 61 08 04", "[1,2,3,4]"),
];
const ZIGZAG: &[(&str, &str)] = &[("0a 02 02 01", "[1,-1]"), ("08 02 0a 01 01", "[1,-1]")];
const FOUR: &[(&str, &str)] = &[
    ("0a 08 01 00 00 00 02 00 00 00", "[1,2]"),
    ("0d 01 00 00 00 0d 02 00 00 00", "[1,2]"),
    ("0d 01 00 00 00 0a 04 02 00 00 00", "[1,2]"),
    // Not a multiple of four.
    ("0a 05 01 00 00 00 02", "nothing # DATA_LOSS"),
];
const EIGHT: &[(&str, &str)] = &[
    ("0a 08 01 00 00 00 00 00 00 00", r#"["1"]"#),
    ("09 01 00 00 00 00 00 00 00", r#"["1"]"#),
    ("0a 08 01 00 00 00 00 00 00 00 09 02 00 00 00 00 00 00 00", r#"["1","2"]"#),
];
const LISTS_OF_NUMBERS: &[Reads] = &[
    reads("repeated int32 it = 1;", "[Int]", SMALL),
    reads("repeated int32 it = 1 [packed = false];", "[Int]", SMALL),
    reads("repeated uint32 it = 1;", "[Int!]!", SMALL),
    reads("repeated int64 it = 1;", "[Int]", SMALL),
    reads("repeated uint64 it = 1;", "[Int]", SMALL),
    reads("repeated sint32 it = 1;", "[Int]", ZIGZAG),
    reads("repeated sint64 it = 1;", "[Int]", ZIGZAG),
    reads("repeated fixed32 it = 1;", "[Int]", FOUR),
    reads("repeated sfixed32 it = 1;", "[Int]", FOUR),
    reads("repeated fixed64 it = 1;", "[String]", EIGHT),
    reads("repeated sfixed64 it = 1;", "[String]", EIGHT),
    reads(
        "repeated float it = 1;",
        "[Float]",
        &[("0a 04 00 00 c0 3f", "[1.5]"), ("0d 00 00 c0 3f", "[1.5]")],
    ),
    reads(
        "repeated double it = 1;",
        "[Float]",
        &[("0a 08 00 00 00 00 00 00 f8 3f 09 00 00 00 00 00 00 f8 3f", "[1.5,1.5]")],
    ),
    reads("repeated bool it = 1;", "[Boolean]", &[("0a 02 01 00 08 01", "[true,false,true]")]),
];

/// Each packable type, packed, unpacked and both.
#[tokio::test]
async fn lists_of_numbers() {
    replies(PROTO3, LISTS_OF_NUMBERS).await;
}
