//! Arguments and variables into bytes.

use super::kit::{Around, PROTO3, requests, writes};

const BAD: &str = "# BAD_USER_INPUT";

#[tokio::test]
async fn integers() {
    let rows = [
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
                (
                    "\"9223372036854775807\"",
                    "\"9223372036854775807\"",
                    "08 ff ff ff ff ff ff ff ff 7f",
                ),
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
                (
                    "18446744073709551615",
                    "18446744073709551615",
                    "08 ff ff ff ff ff ff ff ff ff 01",
                ),
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
    requests(Around { schema: "scalar Int64", ..PROTO3 }, &rows).await;
}

#[tokio::test]
async fn floats_booleans_texts_and_bytes() {
    let rows = [
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
        writes(
            "optional string it = 1;",
            "String",
            &[("\"\"", "\"\"", "0a 00"), ("null", "null", "")],
        ),
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
    let around = Around {
        proto: "enum Color { option allow_alias = true; COLOR_NONE = 0; COLOR_RED = 1; COLOR_ROT = 1; COLOR_MINUS = -1; }",
        schema: "scalar Bytes\nenum Color { NONE RED ROT MINUS }",
        ..PROTO3
    };
    requests(around, &rows).await;
}

#[tokio::test]
async fn lists_maps_and_objects() {
    let rows = [
        writes(
            "repeated int32 it = 1;",
            "[Int!]",
            &[
                ("[1, 300]", "[1, 300]", "0a 03 01 ac 02"),
                ("[]", "[]", ""),
                ("null", "null", ""),
                // A single value is a list of one.
                ("5", "5", "0a 01 05"),
                ("-", "[1, null]", BAD),
            ],
        ),
        // Null has no place in a list of protobuf.
        writes("repeated int32 it = 1;", "[Int]", &[("[1, null]", "[1, null]", BAD)]),
        // All parsers read both packings.
        writes(
            "repeated int32 it = 1 [packed = false];",
            "[Int!]",
            &[("[1, 2]", "[1, 2]", "0a 02 01 02")],
        ),
        writes(
            "repeated fixed64 it = 1;",
            "[ID!]",
            &[("[1]", "[1]", "0a 08 01 00 00 00 00 00 00 00")],
        ),
        writes(
            "repeated string it = 1;",
            "[String!]",
            &[("[\"a\", \"\"]", "[\"a\", \"\"]", "0a 01 61 0a 00"), ("\"a\"", "\"a\"", "0a 01 61")],
        ),
        writes(
            "repeated Color it = 1;",
            "[Color!]",
            &[("[RED, NONE]", "[\"RED\", \"NONE\"]", "0a 02 01 00")],
        ),
        writes(
            "map<string, int32> it = 1;",
            "JSON",
            &[
                ("{k: 5}", "{\"k\": 5}", "0a 05 0a 01 6b 10 05"),
                ("{}", "{}", ""),
                ("null", "null", ""),
                ("{k: \"x\"}", "{\"k\": \"x\"}", BAD),
                ("{k: null}", "{\"k\": null}", BAD),
                ("5", "5", BAD),
            ],
        ),
        writes(
            "map<int32, string> it = 1;",
            "JSON",
            &[
                ("-", "{\"5\": \"a\"}", "0a 05 08 05 12 01 61"),
                ("-", "{\"x\": \"a\"}", BAD),
                ("-", "{\"2147483648\": \"a\"}", BAD),
            ],
        ),
        writes(
            "map<bool, string> it = 1;",
            "JSON",
            &[
                ("{true: \"a\"}", "{\"true\": \"a\"}", "0a 05 08 01 12 01 61"),
                ("-", "{\"1\": \"a\"}", BAD),
            ],
        ),
        writes(
            "map<string, Inner> it = 1;",
            "[InnerEntry!]",
            &[(
                "[{key: \"k\", value: {number: 5}}]",
                "[{\"key\": \"k\", \"value\": {\"number\": 5}}]",
                "0a 07 0a 01 6b 12 02 08 05",
            )],
        ),
        writes(
            "Inner it = 1;",
            "InnerInput",
            &[
                ("{number: 5}", "{\"number\": 5}", "0a 02 08 05"),
                ("{}", "{}", "0a 00"),
                ("{number: null}", "{\"number\": null}", "0a 00"),
                ("null", "null", ""),
                (
                    "{inner: {inner: {number: 1}}}",
                    "{\"inner\": {\"inner\": {\"number\": 1}}}",
                    "0a 06 12 04 12 02 08 01",
                ),
                ("-", "{\"other\": 5}", BAD),
                ("-", "5", BAD),
            ],
        ),
        writes(
            "Pick it = 1;",
            "PickInput",
            &[
                ("{text: \"a\"}", "{\"text\": \"a\"}", "0a 03 0a 01 61"),
                ("{text: \"\"}", "{\"text\": \"\"}", "0a 02 0a 00"),
                ("{number: 0}", "{\"number\": 0}", "0a 02 10 00"),
                ("-", "{}", BAD),
                ("-", "{\"text\": null}", BAD),
                ("-", "{\"text\": \"a\", \"number\": 1}", BAD),
            ],
        ),
    ];
    let around = Around {
        proto: "enum Color { NONE = 0; RED = 1; } message Inner { int32 number = 1; Inner inner = 2; } message Pick { oneof pick { string text = 1; int32 number = 2; } }",
        schema: "scalar JSON\nenum Color { NONE RED }\ninput InnerEntry { key: String value: InnerInput }\ninput InnerInput { number: Int inner: InnerInput }\ninput PickInput @oneOf { text: String number: Int }",
        ..PROTO3
    };
    requests(around, &rows).await;
}

#[tokio::test]
async fn well_known_messages() {
    let rows = [
        writes(
            "google.protobuf.Timestamp it = 1;",
            "DateTime",
            &[
                ("\"1970-01-01T00:00:00Z\"", "\"1970-01-01T00:00:00Z\"", "0a 00"),
                (
                    "\"1970-01-01T01:00:01.5+01:00\"",
                    "\"1970-01-01T01:00:01.5+01:00\"",
                    "0a 08 08 01 10 80 ca b5 ee 01",
                ),
                ("\"1970-01-01t00:00:01z\"", "\"1970-01-01t00:00:01z\"", "0a 02 08 01"),
                (
                    "\"1969-12-31T23:59:59-00:00\"",
                    "\"1969-12-31T23:59:59-00:00\"",
                    "0a 0b 08 ff ff ff ff ff ff ff ff ff 01",
                ),
                // Protobuf has no leap seconds, and nanoseconds at most.
                ("\"2016-12-31T23:59:60Z\"", "\"2016-12-31T23:59:60Z\"", BAD),
                ("\"1970-01-01T00:00:00.0000000001Z\"", "\"1970-01-01T00:00:00.0000000001Z\"", BAD),
                ("\"1970-01-01\"", "\"1970-01-01\"", BAD),
                ("\"1970-01-01T00:00:00\"", "\"1970-01-01T00:00:00\"", BAD),
                ("\"2023-02-29T00:00:00Z\"", "\"2023-02-29T00:00:00Z\"", BAD),
                ("\"0000-01-01T00:00:00Z\"", "\"0000-01-01T00:00:00Z\"", BAD),
                ("5", "5", BAD),
            ],
        ),
        writes(
            "google.protobuf.Duration it = 1;",
            "Duration",
            &[
                ("\"1.5s\"", "\"1.5s\"", "0a 08 08 01 10 80 ca b5 ee 01"),
                (
                    "\"-1.5s\"",
                    "\"-1.5s\"",
                    "0a 16 08 ff ff ff ff ff ff ff ff ff 01 10 80 b6 ca 91 fe ff ff ff ff 01",
                ),
                ("\"0s\"", "\"0s\"", "0a 00"),
                ("\"315576000000s\"", "\"315576000000s\"", "0a 07 08 80 bc ae ce 97 09"),
                ("\"315576000001s\"", "\"315576000001s\"", BAD),
                ("\"1\"", "\"1\"", BAD),
                ("\"1m\"", "\"1m\"", BAD),
                ("\".5s\"", "\".5s\"", BAD),
            ],
        ),
        writes(
            "google.protobuf.FieldMask it = 1;",
            "FieldMask",
            &[
                ("\"aB,c.dE\"", "\"aB,c.dE\"", "0a 0c 0a 03 61 5f 62 0a 05 63 2e 64 5f 65"),
                ("\"\"", "\"\"", "0a 00"),
                ("\"a_b\"", "\"a_b\"", "0a 05 0a 03 61 5f 62"),
            ],
        ),
        writes(
            "google.protobuf.Value it = 1;",
            "JSON",
            &[
                ("", "", ""),
                ("null", "null", "0a 02 08 00"),
                ("true", "true", "0a 02 20 01"),
                ("1", "1", "0a 09 11 00 00 00 00 00 00 f0 3f"),
                ("\"a\"", "\"a\"", "0a 03 1a 01 61"),
                ("[null]", "[null]", "0a 06 32 04 0a 02 08 00"),
                (
                    "{a: 1}",
                    "{\"a\": 1}",
                    "0a 12 2a 10 0a 0e 0a 01 61 12 09 11 00 00 00 00 00 00 f0 3f",
                ),
                // 2^53, and what a double cannot tell from it.
                ("9007199254740992", "9007199254740992", "0a 09 11 00 00 00 00 00 00 40 43"),
                (
                    "18446744073709551615",
                    "18446744073709551615",
                    "0a 09 11 00 00 00 00 00 00 f0 43",
                ),
            ],
        ),
        writes(
            "google.protobuf.Struct it = 1;",
            "JSON",
            &[
                ("{a: null}", "{\"a\": null}", "0a 09 0a 07 0a 01 61 12 02 08 00"),
                ("{}", "{}", "0a 00"),
                ("null", "null", ""),
                ("[]", "[]", BAD),
            ],
        ),
        writes(
            "google.protobuf.ListValue it = 1;",
            "JSON",
            &[("[true]", "[true]", "0a 04 0a 02 20 01"), ("{}", "{}", BAD)],
        ),
        writes(
            "google.protobuf.Any it = 1;",
            "Any",
            &[
                ("-", "{\"@type\": \"x/y\", \"value\": \"AA==\"}", "0a 08 0a 03 78 2f 79 12 01 00"),
                ("-", "{\"@type\": \"x/y\", \"value\": \"!\"}", BAD),
                ("-", "{\"@type\": \"x/y\", \"name\": \"a\"}", BAD),
                ("-", "{\"value\": \"AA==\"}", BAD),
                ("5", "5", BAD),
            ],
        ),
        writes(
            "google.protobuf.Empty it = 1;",
            "Boolean",
            &[("true", "true", "0a 00"), ("null", "null", "")],
        ),
        writes(
            "google.protobuf.Int32Value it = 1;",
            "Int",
            &[("0", "0", "0a 02 08 00"), ("null", "null", ""), ("", "", "")],
        ),
        writes("google.protobuf.Int64Value it = 1;", "ID", &[("5", "5", "0a 02 08 05")]),
        writes("google.protobuf.StringValue it = 1;", "String", &[("\"\"", "\"\"", "0a 02 0a 00")]),
        writes(
            "google.protobuf.BytesValue it = 1;",
            "Bytes",
            &[("\"AA\"", "\"AA\"", "0a 03 0a 01 00")],
        ),
        writes(
            "google.protobuf.BoolValue it = 1;",
            "Boolean",
            &[("false", "false", "0a 02 08 00")],
        ),
        writes(
            "google.protobuf.DoubleValue it = 1;",
            "Float",
            &[("1", "1", "0a 09 09 00 00 00 00 00 00 f0 3f")],
        ),
        writes(
            "repeated google.protobuf.Int32Value it = 1;",
            "[Int!]",
            &[("[0, 5]", "[0, 5]", "0a 02 08 00 0a 02 08 05")],
        ),
    ];
    let around = Around {
        proto: "import \"google/protobuf/any.proto\"; import \"google/protobuf/duration.proto\"; import \"google/protobuf/empty.proto\"; import \"google/protobuf/field_mask.proto\"; import \"google/protobuf/struct.proto\"; import \"google/protobuf/timestamp.proto\"; import \"google/protobuf/wrappers.proto\";",
        schema: "scalar JSON scalar DateTime scalar Duration scalar FieldMask scalar Any scalar Bytes",
        ..PROTO3
    };
    requests(around, &rows).await;
}
