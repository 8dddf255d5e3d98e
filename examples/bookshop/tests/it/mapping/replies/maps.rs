//! Maps: every type of keys and of values, as a list of entries and as one object.

use crate::mapping::kit::{Around, PROTO3, Reads, reads, replies};

const KEYS_OF_EVERY_TYPE: &[Reads] = &[
    reads(
        "map<int32, string> it = 1;",
        "JSON",
        &[
            ("", "{}"),
            ("0a 05 08 05 12 01 61", r#"{"5":"a"}"#),
            ("0a 0e 08 ff ff ff ff ff ff ff ff ff 01 12 01 61", r#"{"-1":"a"}"#),
            // What was not sent is zero.
            ("0a 00", r#"{"0":""}"#),
            ("0a 03 12 01 61", r#"{"0":"a"}"#),
            ("0a 02 08 05", r#"{"5":""}"#),
            // The last one of a key holds.
            (
                "0a 05 08 05 12 01 61 0a 05 08 06 12 01 62 0a 05 08 05 12 01 63",
                r#"{"6":"b","5":"c"}"#,
            ),
            // In an entry, too.
            ("0a 07 08 04 08 05 12 01 61", r#"{"5":"a"}"#),
            ("0a 05 08 05 12 01 ff", "null # INVALID_VALUE"),
        ],
    ),
    reads("map<int64, string> it = 1;", "JSON", &[("0a 05 08 05 12 01 61", r#"{"5":"a"}"#)]),
    reads(
        "map<uint32, string> it = 1;",
        "JSON",
        &[("0a 09 08 ff ff ff ff 0f 12 01 61", r#"{"4294967295":"a"}"#)],
    ),
    reads("map<uint64, string> it = 1;", "JSON", &[("0a 05 08 05 12 01 61", r#"{"5":"a"}"#)]),
    reads("map<sint32, string> it = 1;", "JSON", &[("0a 05 08 01 12 01 61", r#"{"-1":"a"}"#)]),
    reads("map<sint64, string> it = 1;", "JSON", &[("0a 05 08 01 12 01 61", r#"{"-1":"a"}"#)]),
    reads(
        "map<fixed32, string> it = 1;",
        "JSON",
        &[("0a 08 0d 05 00 00 00 12 01 61", r#"{"5":"a"}"#)],
    ),
    reads(
        "map<fixed64, string> it = 1;",
        "JSON",
        &[("0a 0c 09 05 00 00 00 00 00 00 00 12 01 61", r#"{"5":"a"}"#)],
    ),
    reads(
        "map<sfixed32, string> it = 1;",
        "JSON",
        &[("0a 08 0d ff ff ff ff 12 01 61", r#"{"-1":"a"}"#)],
    ),
    reads(
        "map<sfixed64, string> it = 1;",
        "JSON",
        &[("0a 0c 09 ff ff ff ff ff ff ff ff 12 01 61", r#"{"-1":"a"}"#)],
    ),
    reads(
        "map<bool, string> it = 1;",
        "JSON",
        &[
            ("0a 05 08 01 12 01 61", r#"{"true":"a"}"#),
            ("0a 00", r#"{"false":""}"#),
            // Two writings of one key.
            ("0a 05 08 01 12 01 61 0a 05 08 02 12 01 62", r#"{"true":"b"}"#),
        ],
    ),
    reads(
        "map<string, string> it = 1;",
        "JSON",
        &[
            ("0a 06 0a 01 6b 12 01 61", r#"{"k":"a"}"#),
            ("0a 06 0a 01 22 12 01 61", r#"{"\"":"a"}"#),
            ("0a 06 0a 01 ff 12 01 61", "null # INVALID_VALUE"),
        ],
    ),
    // Bits above the type are dropped before keys are compared.
    reads(
        "map<int32, string> it = 1;",
        "JSON",
        &[("0a 05 08 01 12 01 61 0a 09 08 81 80 80 80 10 12 01 62", r#"{"1":"b"}"#)],
    ),
    reads(
        "map<int32, string> it = 1;",
        "[Entry!] { key value }",
        &[
            ("", "[]"),
            ("0a 05 08 05 12 01 61", r#"[{"key":5,"value":"a"}]"#),
            ("0a 00", r#"[{"key":0,"value":""}]"#),
            (
                "0a 05 08 05 12 01 61 0a 05 08 06 12 01 62 0a 05 08 05 12 01 63",
                r#"[{"key":6,"value":"b"},{"key":5,"value":"c"}]"#,
            ),
            ("0a 05 08 01 12 01 61 0a 09 08 81 80 80 80 10 12 01 62", r#"[{"key":1,"value":"b"}]"#),
        ],
    ),
    reads(
        "map<bool, Inner> it = 1;",
        "[BoolEntry!] { key value { number } }",
        &[
            ("0a 06 08 01 12 02 08 07", r#"[{"key":true,"value":{"number":7}}]"#),
            // A value is always there, and its parts merge.
            ("0a 00", r#"[{"key":false,"value":{"number":0}}]"#),
            ("0a 04 12 02 08 07", r#"[{"key":false,"value":{"number":7}}]"#),
            ("0a 08 12 02 08 07 12 02 10 01", r#"[{"key":false,"value":{"number":7}}]"#),
        ],
    ),
];

#[tokio::test]
async fn keys_of_every_type() {
    let around = Around {
        proto: "message Inner { int32 number = 1; }",
        schema: "scalar JSON\ntype Entry { key: Int! value: String }\ntype Inner { number: Int }\ntype BoolEntry { key: Boolean! value: Inner }",
        ..PROTO3
    };
    replies(around, KEYS_OF_EVERY_TYPE).await;
}

const VALUES_OF_EVERY_TYPE: &[Reads] = &[
    reads(
        "map<int32, int32> it = 1;",
        "JSON",
        &[("0a 02 10 05", r#"{"0":5}"#), ("0a 00", r#"{"0":0}"#)],
    ),
    // As ProtoJSON has it: what a double cannot hold is a text.
    reads("map<int32, int64> it = 1;", "JSON", &[("0a 02 10 05", r#"{"0":"5"}"#)]),
    reads("map<int32, uint32> it = 1;", "JSON", &[("0a 02 10 05", r#"{"0":5}"#)]),
    reads("map<int32, uint64> it = 1;", "JSON", &[("0a 02 10 05", r#"{"0":"5"}"#)]),
    reads("map<int32, sint32> it = 1;", "JSON", &[("0a 02 10 01", r#"{"0":-1}"#)]),
    reads("map<int32, sint64> it = 1;", "JSON", &[("0a 02 10 01", r#"{"0":"-1"}"#)]),
    reads("map<int32, fixed32> it = 1;", "JSON", &[("0a 05 15 05 00 00 00", r#"{"0":5}"#)]),
    reads(
        "map<int32, fixed64> it = 1;",
        "JSON",
        &[("0a 09 11 05 00 00 00 00 00 00 00", r#"{"0":"5"}"#)],
    ),
    reads("map<int32, sfixed32> it = 1;", "JSON", &[("0a 05 15 ff ff ff ff", r#"{"0":-1}"#)]),
    reads(
        "map<int32, sfixed64> it = 1;",
        "JSON",
        &[("0a 09 11 ff ff ff ff ff ff ff ff", r#"{"0":"-1"}"#)],
    ),
    reads(
        "map<int32, float> it = 1;",
        "JSON",
        &[
            ("0a 05 15 00 00 c0 3f", r#"{"0":1.5}"#),
            ("0a 05 15 00 00 c0 7f", "null # INVALID_VALUE"),
        ],
    ),
    reads(
        "map<int32, double> it = 1;",
        "JSON",
        &[("0a 09 11 00 00 00 00 00 00 f8 3f", r#"{"0":1.5}"#)],
    ),
    reads(
        "map<int32, bool> it = 1;",
        "JSON",
        &[("0a 02 10 01", r#"{"0":true}"#), ("0a 00", r#"{"0":false}"#)],
    ),
    reads("map<int32, string> it = 1;", "JSON", &[("0a 03 12 01 61", r#"{"0":"a"}"#)]),
    reads("map<int32, bytes> it = 1;", "JSON", &[("0a 03 12 01 00", r#"{"0":"AA=="}"#)]),
    reads(
        "map<int32, Color> it = 1;",
        "[ColorEntry!] { key value }",
        &[
            ("0a 02 10 01", r#"[{"key":0,"value":"RED"}]"#),
            ("0a 00", r#"[{"key":0,"value":"NONE"}]"#),
        ],
    ),
    reads(
        "map<int32, Inner> it = 1;",
        "[InnerEntry!] { key value { number } }",
        &[("0a 04 12 02 08 05", r#"[{"key":0,"value":{"number":5}}]"#)],
    ),
    reads(
        "map<int32, google.protobuf.Timestamp> it = 1;",
        "JSON",
        &[
            ("0a 04 12 02 08 01", r#"{"0":"1970-01-01T00:00:01Z"}"#),
            ("0a 00", r#"{"0":"1970-01-01T00:00:00Z"}"#),
        ],
    ),
    reads(
        "map<int32, google.protobuf.Value> it = 1;",
        "JSON",
        &[("0a 04 12 02 20 01", r#"{"0":true}"#), ("0a 00", r#"{"0":null}"#)],
    ),
    reads(
        "map<int32, google.protobuf.Int64Value> it = 1;",
        "JSON",
        &[("0a 04 12 02 08 05", r#"{"0":"5"}"#)],
    ),
];

#[tokio::test]
async fn values_of_every_type() {
    let around = Around {
        proto: "import \"google/protobuf/struct.proto\"; import \"google/protobuf/timestamp.proto\"; import \"google/protobuf/wrappers.proto\"; enum Color { NONE = 0; RED = 1; } message Inner { int32 number = 1; }",
        schema: "scalar JSON\nenum Color { NONE RED }\ntype ColorEntry { key: Int! value: Color }\ntype Inner { number: Int }\ntype InnerEntry { key: Int! value: Inner }",
        ..PROTO3
    };
    replies(around, VALUES_OF_EVERY_TYPE).await;
}
