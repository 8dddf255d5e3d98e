//! Scalars and enums.

use crate::mapping::kit::{Around, PROTO3, Writes, requests, writes};

use super::BAD;

const INTEGERS: &[Writes] = &[
    writes(
        "int32 it = 1;",
        "Int",
        &[
            ("", "", ""),
            ("null", "null", ""),
            ("0", "0", ""),
            ("5", "5", "08 05"),
            ("-1", "-1", "08 ff ff ff ff ff ff ff ff ff 01"),
            ("2147483647", "2147483647", "08 ff ff ff ff 07"),
            ("-", "2147483648", BAD),
            ("-", "1.0", "08 01"),
            ("-", "1e3", "08 e8 07"),
            ("-", "1.5", BAD),
            ("-", "\"1\"", BAD),
            ("-", "true", BAD),
        ],
    ),
    writes(
        "optional int32 it = 1;",
        "Int",
        &[("", "", ""), ("null", "null", ""), ("0", "0", "08 00")],
    ),
    // The default is that of the schema.
    writes(
        "optional int32 it = 1;",
        "Int = 7",
        &[("", "", "08 07"), ("null", "null", ""), ("0", "0", "08 00")],
    ),
    writes("uint32 it = 1;", "Int", &[("5", "5", "08 05"), ("-1", "-1", BAD)]),
    writes(
        "uint32 it = 1;",
        "String",
        &[
            ("\"4294967295\"", "\"4294967295\"", "08 ff ff ff ff 0f"),
            ("\"4294967296\"", "\"4294967296\"", BAD),
        ],
    ),
    writes("sint32 it = 1;", "Int", &[("-1", "-1", "08 01")]),
    writes("fixed32 it = 1;", "Int", &[("5", "5", "0d 05 00 00 00")]),
    writes("sfixed32 it = 1;", "Int", &[("-1", "-1", "0d ff ff ff ff"), ("0", "0", "")]),
    writes("int64 it = 1;", "Int", &[("5", "5", "08 05")]),
    writes(
        "int64 it = 1;",
        "ID",
        &[
            ("\"9223372036854775807\"", "\"9223372036854775807\"", "08 ff ff ff ff ff ff ff ff 7f"),
            ("9223372036854775807", "9223372036854775807", "08 ff ff ff ff ff ff ff ff 7f"),
            ("\"9223372036854775808\"", "\"9223372036854775808\"", BAD),
            ("\"x\"", "\"x\"", BAD),
            ("\"\"", "\"\"", BAD),
            ("\" 5\"", "\" 5\"", BAD),
            ("\"+5\"", "\"+5\"", BAD),
            ("\"1.0\"", "\"1.0\"", BAD),
            ("-", "1.0", BAD),
        ],
    ),
    writes(
        "int64 it = 1;",
        "Int64",
        &[
            ("\"-1\"", "\"-1\"", "08 ff ff ff ff ff ff ff ff ff 01"),
            ("-1", "-1", "08 ff ff ff ff ff ff ff ff ff 01"),
            ("9223372036854775807", "9223372036854775807", "08 ff ff ff ff ff ff ff ff 7f"),
            ("9223372036854775808", "9223372036854775808", BAD),
            ("true", "true", BAD),
            ("1.5", "1.5", BAD),
        ],
    ),
    writes(
        "uint64 it = 1;",
        "Int64",
        &[
            ("18446744073709551615", "18446744073709551615", "08 ff ff ff ff ff ff ff ff ff 01"),
            (
                "\"18446744073709551615\"",
                "\"18446744073709551615\"",
                "08 ff ff ff ff ff ff ff ff ff 01",
            ),
            ("18446744073709551616", "18446744073709551616", BAD),
            ("-1", "-1", BAD),
        ],
    ),
    writes("sint64 it = 1;", "String", &[("\"-1\"", "\"-1\"", "08 01")]),
    writes("fixed64 it = 1;", "ID", &[("5", "5", "09 05 00 00 00 00 00 00 00")]),
    writes("sfixed64 it = 1;", "ID", &[("-1", "-1", "09 ff ff ff ff ff ff ff ff")]),
];

#[tokio::test]
async fn integers() {
    requests(Around { schema: "scalar Int64", ..PROTO3 }, INTEGERS).await;
}

const FLOATS_BOOLEANS_TEXTS_AND_BYTES: &[Writes] = &[
    writes(
        "double it = 1;",
        "Float",
        &[
            ("1.5", "1.5", "09 00 00 00 00 00 00 f8 3f"),
            ("1", "1", "09 00 00 00 00 00 00 f0 3f"),
            ("0", "0", ""),
            ("0.0", "0.0", ""),
            ("-0.0", "-0.0", "09 00 00 00 00 00 00 00 80"),
            ("1e400", "-", "# GRAPHQL_VALIDATION_FAILED"),
            ("-", "1e400", BAD),
            ("-", "\"1.5\"", BAD),
            ("-", "\"NaN\"", BAD),
        ],
    ),
    writes(
        "float it = 1;",
        "Float",
        &[
            ("0.1", "0.1", "0d cd cc cc 3d"),
            ("1e39", "1e39", BAD),
            // Too small for a float, and so zero, as parsers have it.
            ("1e-50", "1e-50", ""),
        ],
    ),
    writes(
        "bool it = 1;",
        "Boolean",
        &[
            ("true", "true", "08 01"),
            ("false", "false", ""),
            ("-", "1", BAD),
            ("-", "\"true\"", BAD),
        ],
    ),
    writes("optional bool it = 1;", "Boolean", &[("false", "false", "08 00")]),
    writes(
        "string it = 1;",
        "String",
        &[
            ("\"a\"", "\"a\"", "0a 01 61"),
            ("\"\"", "\"\"", ""),
            ("\"ü\\u00fc\"", "\"ü\\u00fc\"", "0a 04 c3 bc c3 bc"),
            ("\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\"", "0a 04 f0 9f 98 80"),
            ("-", "\"\\ud83d\"", BAD),
            ("-", "1", BAD),
        ],
    ),
    writes(
        "string it = 1;",
        "ID",
        &[
            ("\"a\"", "\"a\"", "0a 01 61"),
            ("5", "5", "0a 01 35"),
            ("-", "1.5", BAD),
            ("-", "true", BAD),
        ],
    ),
    writes("optional string it = 1;", "String", &[("\"\"", "\"\"", "0a 00"), ("null", "null", "")]),
    writes(
        "bytes it = 1;",
        "Bytes",
        &[
            ("\"AA==\"", "\"AA==\"", "0a 01 00"),
            ("\"AA\"", "\"AA\"", "0a 01 00"),
            ("\"+/8=\"", "\"+/8=\"", "0a 02 fb ff"),
            ("\"-_8\"", "\"-_8\"", "0a 02 fb ff"),
            ("\"\"", "\"\"", ""),
            ("\"A\"", "\"A\"", BAD),
            ("\"AA=\"", "\"AA=\"", BAD),
            ("\"!\"", "\"!\"", BAD),
        ],
    ),
    writes(
        "Color it = 1;",
        "Color",
        &[
            ("RED", "\"RED\"", "08 01"),
            ("ROT", "\"ROT\"", "08 01"),
            ("NONE", "\"NONE\"", ""),
            ("MINUS", "\"MINUS\"", "08 ff ff ff ff ff ff ff ff ff 01"),
            ("-", "\"PINK\"", BAD),
            ("-", "\"COLOR_RED\"", BAD),
            ("-", "1", BAD),
        ],
    ),
];

#[tokio::test]
async fn floats_booleans_texts_and_bytes() {
    let around = Around {
        proto: "enum Color { option allow_alias = true; COLOR_NONE = 0; COLOR_RED = 1; COLOR_ROT = 1; COLOR_MINUS = -1; }",
        schema: "scalar Bytes\nenum Color { NONE RED ROT MINUS }",
        ..PROTO3
    };
    requests(around, FLOATS_BOOLEANS_TEXTS_AND_BYTES).await;
}
