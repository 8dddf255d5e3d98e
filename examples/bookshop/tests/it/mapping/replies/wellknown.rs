//! Messages of `google.protobuf` that mean more than their fields.

use crate::mapping::kit::{Around, PROTO3, Reads, reads, replies};

const IMPORTS: &str = "import \"google/protobuf/any.proto\"; import \"google/protobuf/duration.proto\"; import \"google/protobuf/empty.proto\"; import \"google/protobuf/field_mask.proto\"; import \"google/protobuf/struct.proto\"; import \"google/protobuf/timestamp.proto\"; import \"google/protobuf/wrappers.proto\";";
const SCALARS: &str =
    "scalar JSON scalar DateTime scalar Duration scalar FieldMask scalar Any scalar Bytes";
const AROUND: Around = Around { proto: IMPORTS, schema: SCALARS, ..PROTO3 };

const WRAPPERS: &[Reads] = &[
    reads(
        "google.protobuf.DoubleValue it = 1;",
        "Float",
        &[
            ("", "null"),
            ("0a 00", "0.0"),
            ("0a 09 09 00 00 00 00 00 00 f8 3f", "1.5"),
            ("0a 09 09 00 00 00 00 00 00 f8 7f", "null # INVALID_VALUE"),
        ],
    ),
    reads(
        "google.protobuf.FloatValue it = 1;",
        "Float",
        &[("", "null"), ("0a 00", "0.0"), ("0a 05 0d 00 00 c0 3f", "1.5")],
    ),
    reads(
        "google.protobuf.Int64Value it = 1;",
        "String",
        &[("", "null"), ("0a 00", r#""0""#), ("0a 02 08 05", r#""5""#)],
    ),
    reads(
        "google.protobuf.UInt64Value it = 1;",
        "ID",
        &[("", "null"), ("0a 0b 08 ff ff ff ff ff ff ff ff ff 01", r#""18446744073709551615""#)],
    ),
    reads(
        "google.protobuf.Int32Value it = 1;",
        "Int",
        &[("", "null"), ("0a 00", "0"), ("0a 02 08 05 0a 02 08 06", "6")],
    ),
    reads(
        "google.protobuf.UInt32Value it = 1;",
        "Int",
        &[("", "null"), ("0a 06 08 ff ff ff ff 0f", "null # INVALID_VALUE")],
    ),
    reads(
        "google.protobuf.BoolValue it = 1;",
        "Boolean",
        &[("", "null"), ("0a 00", "false"), ("0a 02 08 01", "true")],
    ),
    reads(
        "google.protobuf.StringValue it = 1;",
        "String",
        &[
            ("", "null"),
            ("0a 00", r#""""#),
            ("0a 03 0a 01 61", r#""a""#),
            ("0a 03 0a 01 ff", "null # INVALID_VALUE"),
        ],
    ),
    reads(
        "google.protobuf.BytesValue it = 1;",
        "Bytes",
        &[("", "null"), ("0a 00", r#""""#), ("0a 03 0a 01 00", r#""AA==""#)],
    ),
    reads(
        "repeated google.protobuf.Int32Value it = 1;",
        "[Int]",
        &[("0a 00 0a 02 08 05", "[0,5]")],
    ),
];

#[tokio::test]
async fn wrappers() {
    replies(AROUND, WRAPPERS).await;
}

const MOMENTS_AND_SPANS: &[Reads] = &[
    reads(
        "google.protobuf.Timestamp it = 1;",
        "DateTime",
        &[
            ("", "null"),
            ("0a 00", r#""1970-01-01T00:00:00Z""#),
            ("0a 08 08 01 10 80 ca b5 ee 01", r#""1970-01-01T00:00:01.500Z""#),
            // 0001-01-01T00:00:00Z, and a second before.
            ("0a 0b 08 80 92 b8 c3 98 fe ff ff ff 01", r#""0001-01-01T00:00:00Z""#),
            ("0a 0b 08 ff 91 b8 c3 98 fe ff ff ff 01", "null # INVALID_VALUE"),
            // 9999-12-31T23:59:59Z, and a second after.
            ("0a 07 08 ff 82 d1 ff af 07", r#""9999-12-31T23:59:59Z""#),
            ("0a 07 08 80 83 d1 ff af 07", "null # INVALID_VALUE"),
            // -1 ns, a whole second of nanoseconds.
            ("0a 0b 10 ff ff ff ff ff ff ff ff ff 01", "null # INVALID_VALUE"),
            ("0a 06 10 80 94 eb dc 03", "null # INVALID_VALUE"),
            // Before 1970 nanoseconds still count forward.
            (
                "0a 11 08 ff ff ff ff ff ff ff ff ff 01 10 80 ca b5 ee 01",
                r#""1969-12-31T23:59:59.500Z""#,
            ),
        ],
    ),
    reads("google.protobuf.Timestamp it = 1;", "String", &[("0a 00", r#""1970-01-01T00:00:00Z""#)]),
    reads(
        "repeated google.protobuf.Timestamp it = 1;",
        "[DateTime]",
        &[(
            "0a 00 0a 0b 10 ff ff ff ff ff ff ff ff ff 01",
            r#"["1970-01-01T00:00:00Z",null] # 1 INVALID_VALUE"#,
        )],
    ),
    reads(
        "google.protobuf.Duration it = 1;",
        "Duration",
        &[
            ("", "null"),
            ("0a 00", r#""0s""#),
            ("0a 02 08 01", r#""1s""#),
            ("0a 06 10 80 ca b5 ee 01", r#""0.5s""#),
            ("0a 0b 08 ff ff ff ff ff ff ff ff ff 01", r#""-1s""#),
            ("0a 02 10 01", r#""0.000000001s""#),
            // 315,576,000,000 s, one more, and nanoseconds against the sign.
            ("0a 07 08 80 bc ae ce 97 09", r#""315576000000s""#),
            ("0a 07 08 81 bc ae ce 97 09", "null # INVALID_VALUE"),
            ("0a 0d 08 01 10 ff ff ff ff ff ff ff ff ff 01", "null # INVALID_VALUE"),
            ("0a 06 10 80 94 eb dc 03", "null # INVALID_VALUE"),
        ],
    ),
];

#[tokio::test]
async fn moments_and_spans() {
    replies(AROUND, MOMENTS_AND_SPANS).await;
}

const JSON: &[Reads] = &[
    reads(
        "google.protobuf.Struct it = 1;",
        "JSON",
        &[
            ("", "null"),
            ("0a 00", "{}"),
            ("0a 09 0a 07 0a 01 6b 12 02 08 00", r#"{"k":null}"#),
            ("0a 05 0a 03 0a 01 6b", r#"{"k":null}"#),
            ("0a 09 0a 07 0a 01 6b 12 02 20 01", r#"{"k":true}"#),
        ],
    ),
    reads(
        "google.protobuf.Value it = 1;",
        "JSON",
        &[
            ("", "null"),
            ("0a 00", "null"),
            ("0a 02 08 00", "null"),
            ("0a 09 11 00 00 00 00 00 00 f8 3f", "1.5"),
            ("0a 09 11 00 00 00 00 00 00 f0 3f", "1"),
            ("0a 09 11 00 00 00 00 00 00 f8 7f", "null # INVALID_VALUE"),
            ("0a 09 11 00 00 00 00 00 00 f0 ff", "null # INVALID_VALUE"),
            ("0a 03 1a 01 61", r#""a""#),
            ("0a 03 1a 01 ff", "null # INVALID_VALUE"),
            ("0a 02 20 00", "false"),
            ("0a 02 2a 00", "{}"),
            ("0a 02 32 00", "[]"),
            ("0a 06 32 04 0a 02 08 00", "[null]"),
            ("0a 04 32 02 0a 00", "[null]"),
            // The last one set.
            ("0a 05 1a 01 61 20 01", "true"),
        ],
    ),
    reads(
        "google.protobuf.ListValue it = 1;",
        "JSON",
        &[("", "null"), ("0a 00", "[]"), ("0a 04 0a 02 20 01", "[true]")],
    ),
    reads(
        "repeated google.protobuf.Value it = 1;",
        "[JSON]",
        &[("0a 02 08 00 0a 02 20 01", "[null,true]")],
    ),
    // Its null is null.
    reads(
        "google.protobuf.Value it = 1;",
        "JSON!",
        &[("0a 02 08 00", "nothing # NULL_VALUE"), ("0a 02 20 01", "true")],
    ),
    reads(
        "repeated google.protobuf.Value it = 1;",
        "[JSON!]",
        &[("0a 02 20 01 0a 02 08 00", "null # 1 NULL_VALUE")],
    ),
    reads(
        "map<string, google.protobuf.Value> it = 1;",
        "JSON!",
        &[("0a 07 0a 01 6b 12 02 08 00", r#"{"k":null}"#)],
    ),
];

#[tokio::test]
async fn json() {
    replies(AROUND, JSON).await;
}

const OTHERS: &[Reads] = &[
    reads(
        "google.protobuf.Any it = 1;",
        "Any",
        &[
            ("", "null"),
            ("0a 00", r#"{"@type":"","value":""}"#),
            ("0a 08 0a 03 78 2f 79 12 01 00", r#"{"@type":"x/y","value":"AA=="}"#),
        ],
    ),
    reads(
        "google.protobuf.FieldMask it = 1;",
        "FieldMask",
        &[
            ("", "null"),
            ("0a 00", r#""""#),
            ("0a 08 0a 03 61 5f 62 0a 01 63", r#""aB,c""#),
            // It would come back as `a_b`.
            ("0a 04 0a 02 61 42", "null # INVALID_VALUE"),
        ],
    ),
    reads(
        "google.protobuf.Empty it = 1;",
        "Boolean",
        &[("", "null"), ("0a 00", "true"), ("0a 02 08 05", "true")],
    ),
];

#[tokio::test]
async fn others() {
    replies(AROUND, OTHERS).await;
}

const ANYS: &[Reads] = &[
    reads(
        "google.protobuf.Any it = 1;",
        "Any",
        &[
            ("0a 0e 0a 0c 78 2f 72 6f 77 73 2e 76 31 2e 49 6e", r#"{"@type":"x/rows.v1.In"}"#),
            // All fields, and one that is not known.
            (
                "0a 1a 0a 0c 78 2f 72 6f 77 73 2e 76 31 2e 49 6e 12 0a 0a 02 62 31 10 05 18 01 20 07",
                r#"{"@type":"x/rows.v1.In","bookId":"b1","priceCents":"5","kind":"NEW"}"#,
            ),
            // Zeros without presence, and a kind without a name.
            (
                "0a 14 0a 0c 78 2f 72 6f 77 73 2e 76 31 2e 49 6e 12 04 10 00 18 09",
                r#"{"@type":"x/rows.v1.In","kind":9}"#,
            ),
            ("0a 11 0a 0c 78 2f 72 6f 77 73 2e 76 31 2e 49 6e 12 01 ff", "null # INVALID_VALUE"),
            (
                "0a 26 0a 1a 78 2f 67 6f 6f 67 6c 65 2e 70 72 6f 74 6f 62 75 66 2e 44 75 72 61 74 69 6f 6e 12 08 08 01 10 80 ca b5 ee 01",
                r#"{"@type":"x/google.protobuf.Duration","value":"1.500s"}"#,
            ),
            (
                "0a 2b 0a 15 78 2f 67 6f 6f 67 6c 65 2e 70 72 6f 74 6f 62 75 66 2e 41 6e 79 12 12 0a 0c 78 2f 72 6f 77 73 2e 76 31 2e 49 6e 12 02 18 01",
                r#"{"@type":"x/google.protobuf.Any","value":{"@type":"x/rows.v1.In","kind":"NEW"}}"#,
            ),
            // Every contract knows it, imported or not.
            (
                "0a 22 0a 1c 78 2f 67 6f 6f 67 6c 65 2e 70 72 6f 74 6f 62 75 66 2e 49 6e 74 36 34 56 61 6c 75 65 12 02 08 05",
                r#"{"@type":"x/google.protobuf.Int64Value","value":"5"}"#,
            ),
        ],
    ),
    reads(
        "repeated google.protobuf.Any it = 1;",
        "[JSON]",
        &[(
            "0a 12 0a 0c 78 2f 72 6f 77 73 2e 76 31 2e 49 6e 12 02 18 01 0a 11 0a 0c 78 2f 72 6f 77 73 2e 76 31 2e 49 6e 12 01 ff",
            r#"[{"@type":"x/rows.v1.In","kind":"NEW"},null] # 1 INVALID_VALUE"#,
        )],
    ),
    reads(
        "map<string, google.protobuf.Any> it = 1;",
        "JSON",
        &[(
            "0a 17 0a 01 6b 12 12 0a 0c 78 2f 72 6f 77 73 2e 76 31 2e 49 6e 12 02 18 01",
            r#"{"k":{"@type":"x/rows.v1.In","kind":"NEW"}}"#,
        )],
    ),
];

#[tokio::test]
async fn anys_of_types_in_the_contract() {
    let proto = "import \"google/protobuf/any.proto\"; \
                 message In { string book_id = 1; int64 price_cents = 2; Kind kind = 3; } enum Kind { NONE = 0; NEW = 1; }";
    replies(Around { proto, schema: SCALARS, ..PROTO3 }, ANYS).await;
}
