//! Values that only protobuf refuses: before anything is asked, and all at once.

use crate::mapping::kit::Given;

const PROTO: &str = r#"
    syntax = "proto3";
    package rows.v1;
    import "google/protobuf/timestamp.proto";
    message Row { int64 number = 1; google.protobuf.Timestamp at = 2; string text = 3; }
    message Done { bool ok = 1; }
    service Rows { rpc Put(Row) returns (Done); }
"#;

const SCHEMA: &str = r#"
    scalar Int64
    scalar DateTime
    scalar Text
    input RowInput { text: Text }
    type Query { row(number: Int64): Boolean @rpc(method: "rows.v1.Rows/Put", select: "ok") }
    type Mutation {
      put(number: Int64, at: DateTime, text: String): Boolean @rpc(method: "rows.v1.Rows/Put", select: "ok")
      name(row: RowInput): Boolean @rpc(method: "rows.v1.Rows/Put", with: {text: "$args.row.text"}, select: "ok")
    }
"#;

async fn check(document: &str, variables: &str, expected: &[&str]) {
    let given = Given::start(PROTO, SCHEMA).await;
    let (answer, asked) = given.answered(document, variables).await;
    let errors = answer.body["errors"].as_array().expect("errors");
    let messages: Vec<_> = errors.iter().filter_map(|error| error["message"].as_str()).collect();
    assert_eq!(messages, expected);
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body.get("data"), None);
    assert_eq!(asked, None, "no part of it runs");
}

#[tokio::test]
async fn no_mutation_runs_where_a_later_one_cannot() {
    let first = "put(text: \"a\")";
    for (later, declared, variables) in [
        ("put(number: \"ten\")", "", "{}"),
        ("put(number: $it)", "($it: Int64)", "{\"it\": \"ten\"}"),
    ] {
        let document = format!("mutation It{declared} {{ {first} later: {later} }}");
        let expected = "The argument \"number\" has the value \"ten\", which is not an integer.";
        check(&document, variables, &[expected]).await;
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    check(
        "{ row(number: 1.5) other: row(number: \"\") }",
        "{}",
        &[
            "The argument \"number\" has the value 1.5, which is a Float; what is wanted is an integer, without a point or an exponent.",
            "The argument \"number\" has the value \"\", which is not an integer.",
        ],
    )
    .await;
    check(
        "mutation It($at: DateTime) { put(number: 18446744073709551616, at: $at) }",
        "{\"at\": \"today\"}",
        &[
            "The argument \"number\" has the value 18446744073709551616, which is out of the range of int64 (-9223372036854775808 to 9223372036854775807).",
            "The argument \"at\" has the value \"today\", which is not a moment like 2026-01-31T09:30:00Z.",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_custom_scalar_deep_inside_is_checked_too() {
    check(
        "mutation It($row: RowInput) { put name(row: $row) }",
        "{\"row\": {\"text\": {\"a\": 1}}}",
        &["The argument \"row\" has the value {…} at \"row.text\", which is not a text."],
    )
    .await;
}

#[tokio::test]
async fn an_error_names_the_place_of_its_field() {
    let given = Given::start(PROTO, SCHEMA).await;
    let (answer, _) = given.answered("{ it: row(number: \"x\") }", "{}").await;
    assert_eq!(answer.body["errors"][0]["locations"][0]["column"], 3);
}
