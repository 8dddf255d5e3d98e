//! Lists, maps and input objects.

use crate::mapping::kit::{Around, PROTO3, Writes, requests, writes};

use super::BAD;

const LISTS_MAPS_AND_OBJECTS: &[Writes] = &[
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
    writes("repeated fixed64 it = 1;", "[ID!]", &[("[1]", "[1]", "0a 08 01 00 00 00 00 00 00 00")]),
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
    // Values are of the form that they are shown in, as those of fields are.
    writes(
        "map<string, bool> it = 1;",
        "JSON",
        &[
            ("{k: true}", "{\"k\": true}", "0a 05 0a 01 6b 10 01"),
            ("{k: 1}", "{\"k\": 1}", BAD),
            ("{k: \"true\"}", "{\"k\": \"true\"}", BAD),
        ],
    ),
    writes(
        "map<string, string> it = 1;",
        "JSON",
        &[
            ("{k: \"a\"}", "{\"k\": \"a\"}", "0a 06 0a 01 6b 12 01 61"),
            ("{k: true}", "{\"k\": true}", BAD),
            ("{k: 1}", "{\"k\": 1}", BAD),
            ("{k: a}", "-", BAD),
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
    // The same oneof, of which only its service says that it is one.
    writes(
        "Pick it = 1;",
        "LooseInput",
        &[
            ("{text: \"a\"}", "{\"text\": \"a\"}", "0a 03 0a 01 61"),
            ("{text: null, number: 0}", "{\"text\": null, \"number\": 0}", "0a 02 10 00"),
            ("{}", "{}", "0a 00"),
            ("{text: \"a\", number: 1}", "{\"text\": \"a\", \"number\": 1}", BAD),
            ("{number: 0, text: \"\"}", "{\"number\": 0, \"text\": \"\"}", BAD),
        ],
    ),
    writes(
        "optional string text = 1; optional int32 number = 2;",
        "LooseInput",
        &[("{text: \"\", number: 0}", "{\"text\": \"\", \"number\": 0}", "0a 00 10 00")],
    ),
    // Its fields are arguments of the request.
    writes(
        "oneof pick { string text = 1; int32 number = 2; }",
        "LooseInput",
        &[
            ("{text: null, number: 0}", "{\"text\": null, \"number\": 0}", "10 00"),
            ("{text: \"a\", number: 1}", "{\"text\": \"a\", \"number\": 1}", BAD),
        ],
    ),
];

#[tokio::test]
async fn lists_maps_and_objects() {
    let around = Around {
        proto: "enum Color { NONE = 0; RED = 1; } message Inner { int32 number = 1; Inner inner = 2; } message Pick { oneof pick { string text = 1; int32 number = 2; } }",
        schema: "scalar JSON\nenum Color { NONE RED }\ninput InnerEntry { key: String value: InnerInput }\ninput InnerInput { number: Int inner: InnerInput }\ninput PickInput @oneOf { text: String number: Int }\ninput LooseInput { text: String number: Int }",
        ..PROTO3
    };
    requests(around, LISTS_MAPS_AND_OBJECTS).await;
}
