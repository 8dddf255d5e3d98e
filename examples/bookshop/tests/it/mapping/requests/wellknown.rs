//! Messages of `google.protobuf`.

use crate::mapping::kit::{Around, PROTO3, Writes, requests, writes};

use super::BAD;

const WELL_KNOWN_MESSAGES: &[Writes] = &[
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
            ("{a: 1}", "{\"a\": 1}", "0a 12 2a 10 0a 0e 0a 01 61 12 09 11 00 00 00 00 00 00 f0 3f"),
            // 2^53, and what a double cannot tell from it.
            ("9007199254740992", "9007199254740992", "0a 09 11 00 00 00 00 00 00 40 43"),
            ("9223372036854775808", "9223372036854775808", "0a 09 11 00 00 00 00 00 00 e0 43"),
            ("18446744073709551615", "18446744073709551615", "# BAD_USER_INPUT"),
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
    writes("google.protobuf.BoolValue it = 1;", "Boolean", &[("false", "false", "0a 02 08 00")]),
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

#[tokio::test]
async fn well_known_messages() {
    let around = Around {
        proto: "import \"google/protobuf/any.proto\"; import \"google/protobuf/duration.proto\"; import \"google/protobuf/empty.proto\"; import \"google/protobuf/field_mask.proto\"; import \"google/protobuf/struct.proto\"; import \"google/protobuf/timestamp.proto\"; import \"google/protobuf/wrappers.proto\";",
        schema: "scalar JSON scalar DateTime scalar Duration scalar FieldMask scalar Any scalar Bytes",
        ..PROTO3
    };
    requests(around, WELL_KNOWN_MESSAGES).await;
}

const ANYS: &[Writes] = &[writes(
    "google.protobuf.Any it = 1;",
    "Any",
    &[
        (
            "-",
            "{\"@type\": \"x/rows.v1.In\", \"bookId\": \"b1\", \"price_cents\": 5, \"kind\": \"NEW\"}",
            "0a 18 0a 0c 78 2f 72 6f 77 73 2e 76 31 2e 49 6e 12 08 0a 02 62 31 10 05 18 01",
        ),
        (
            "-",
            "{\"kind\": 1, \"@type\": \"x/rows.v1.In\", \"bookId\": null}",
            "0a 12 0a 0c 78 2f 72 6f 77 73 2e 76 31 2e 49 6e 12 02 18 01",
        ),
        ("-", "{\"@type\": \"x/rows.v1.In\"}", "0a 0e 0a 0c 78 2f 72 6f 77 73 2e 76 31 2e 49 6e"),
        (
            "-",
            "{\"@type\": \"x/rows.v1.In\", \"value\": \"EAU=\"}",
            "0a 12 0a 0c 78 2f 72 6f 77 73 2e 76 31 2e 49 6e 12 02 10 05",
        ),
        ("-", "{\"@type\": \"x/rows.v1.In\", \"bookId\": 5}", BAD),
        ("-", "{\"@type\": \"x/rows.v1.In\", \"title\": \"a\"}", BAD),
        ("-", "{\"@type\": \"x/rows.v1.In\", \"bookId\": \"b1\", \"value\": \"EAU=\"}", BAD),
        (
            "-",
            "{\"@type\": \"x/google.protobuf.Duration\", \"value\": \"1.5s\"}",
            "0a 26 0a 1a 78 2f 67 6f 6f 67 6c 65 2e 70 72 6f 74 6f 62 75 66 2e 44 75 72 61 74 69 6f 6e 12 08 08 01 10 80 ca b5 ee 01",
        ),
        ("-", "{\"@type\": \"x/google.protobuf.Duration\", \"value\": 1}", BAD),
    ],
)];

#[tokio::test]
async fn anys_of_types_in_the_contract() {
    let proto = "import \"google/protobuf/any.proto\"; \
                 message In { string book_id = 1; int64 price_cents = 2; Kind kind = 3; } enum Kind { NONE = 0; NEW = 1; }";
    requests(Around { proto, schema: "scalar Any", ..PROTO3 }, ANYS).await;
}
