//! Messages, recursion and oneofs.

use crate::mapping::kit::{Around, PROTO3, Reads, reads, replies};

const MESSAGES_IN_MESSAGES: &[Reads] = &[
    reads(
        "Tree it = 1;",
        "Tree { name left { name right { name } } }",
        &[
            ("", "null"),
            ("0a 03 0a 01 61", r#"{"name":"a","left":null}"#),
            // a, left: b, its right: c
            (
                "0a 0d 0a 01 61 12 08 0a 01 62 1a 03 0a 01 63",
                r#"{"name":"a","left":{"name":"b","right":{"name":"c"}}}"#,
            ),
            // In two parts, which merge.
            (
                "0a 05 12 03 0a 01 62 0a 07 12 05 1a 03 0a 01 63",
                r#"{"name":"","left":{"name":"b","right":{"name":"c"}}}"#,
            ),
            ("0a 02 0a 05", "nothing # DATA_LOSS"),
        ],
    ),
    reads(
        "One it = 1;",
        "One { other { one { number } } }",
        &[("0a 06 0a 04 0a 02 10 05", r#"{"other":{"one":{"number":5}}}"#)],
    ),
    reads(
        "repeated Tree it = 1;",
        "[Tree!] { name }",
        &[("", "[]"), ("0a 00 0a 03 0a 01 61", r#"[{"name":""},{"name":"a"}]"#)],
    ),
    reads("Nothing it = 1;", "Boolean", &[("", "null"), ("0a 00", "true")]),
];

#[tokio::test]
async fn messages_in_messages() {
    let around = Around {
        proto: "message Tree { string name = 1; Tree left = 2; Tree right = 3; } message One { Other other = 1; int32 number = 2; } message Other { One one = 1; }",
        schema: "type Tree { name: String left: Tree right: Tree }\ntype One { other: Other number: Int }\ntype Other { one: One }",
        ..PROTO3
    };
    replies(around, MESSAGES_IN_MESSAGES).await;
}

const ONEOFS: &[Reads] = &[
    // Nullable fields, of which the last one holds.
    reads(
        "Pick it = 1;",
        "Pick { text number cat { name } }",
        &[
            ("0a 00", r#"{"text":null,"number":null,"cat":null}"#),
            ("0a 02 0a 00", r#"{"text":"","number":null,"cat":null}"#),
            ("0a 02 10 00", r#"{"text":null,"number":0,"cat":null}"#),
            ("0a 05 0a 01 61 10 05", r#"{"text":null,"number":5,"cat":null}"#),
            ("0a 05 10 05 0a 01 61", r#"{"text":"a","number":null,"cat":null}"#),
            ("0a 04 10 05 1a 00", r#"{"text":null,"number":null,"cat":{"name":""}}"#),
            // Set twice: parts of one member merge, but not over another one.
            ("0a 0a 1a 03 0a 01 61 1a 03 10 01 08", "nothing # DATA_LOSS"),
            (
                "0a 09 1a 03 0a 01 61 1a 02 10 01",
                r#"{"text":null,"number":null,"cat":{"name":"a"}}"#,
            ),
            (
                "0a 0b 1a 03 0a 01 61 10 05 1a 02 10 01",
                r#"{"text":null,"number":null,"cat":{"name":""}}"#,
            ),
        ],
    ),
    // A union.
    reads(
        "Owner it = 1;",
        "Owner { pet { ... on Cat { name } ... on Dog { barks } } }",
        &[
            ("0a 00", r#"{"pet":null}"#),
            ("0a 02 0a 00", r#"{"pet":{"name":""}}"#),
            ("0a 06 0a 00 12 02 10 01", r#"{"pet":{"barks":true}}"#),
            ("0a 06 12 02 10 01 0a 00", r#"{"pet":{"name":""}}"#),
            ("0a 07 0a 00 12 00 0a 01 0a", "nothing # DATA_LOSS"),
        ],
    ),
];

#[tokio::test]
async fn oneofs() {
    let around = Around {
        proto: "message Cat { string name = 1; int32 age = 2; } message Dog { string name = 1; bool barks = 2; } message Pick { oneof pick { string text = 1; int32 number = 2; Cat cat = 3; } } message Owner { oneof pet { Cat cat = 1; Dog dog = 2; } }",
        schema: "type Cat { name: String }\ntype Dog { name: String barks: Boolean }\nunion Pet = Cat | Dog\ntype Owner { pet: Pet }\ntype Pick { text: String number: Int cat: Cat }",
        ..PROTO3
    };
    replies(around, ONEOFS).await;
}
