//! What lowering makes of selections, arguments and variables.

use super::{lower, print};
use crate::{error::Code, graphql::refusal::Fault, operation::Location};

#[track_caller]
fn check(text: &str, true_variables: &[&str], expected: &str) {
    let operation = lower(text, true_variables).unwrap();
    assert_eq!(print(&operation).trim(), expected.trim(), "{text}");
}

#[track_caller]
fn check_refused(text: &str, code: Code, message: &str) {
    let refusal = lower(text, &[]).unwrap_err();
    assert_eq!((refusal.code, refusal.faults[0].message.as_str()), (code, message), "{text}");
}

#[test]
fn fields_with_one_response_key_are_merged_in_the_order_of_their_first() {
    check(
        "{ book(id: 1) { title } a: book(id: 2) { id } book(id: 1) { id ...B title } } fragment B on Book { author { id } }",
        &[],
        r#"
book(id: "1") Book
  on Book
    title(upper: false) String!
    id ID!
    author Author
      on Author
        id ID!
a: book(id: "2") Book
  on Book
    id ID!
"#,
    );
}

#[test]
fn type_conditions_fold_into_one_list_for_each_concrete_type() {
    check(
        "{ search { __typename ... on Node { id } ... on Book { title } ... on Named { name } } }",
        &[],
        r#"
search(text: "all", filter: {minStars: 2, sort: [NEWEST]}, first: 10) [Hit!]!
  on Book
    __typename String!
    id ID!
    title(upper: false) String!
  on Author
    __typename String!
    id ID!
    name String!
"#,
    );
}

#[test]
fn a_concrete_type_of_which_nothing_is_selected_has_an_entry() {
    check(
        "{ node(id: 1) { ... on Review { stars } } }",
        &[],
        r#"
node(id: "1") Node
  on Book
  on Author
  on Review
    stars Int
"#,
    );
}

#[test]
fn the_concrete_type_decides_nullability() {
    check(
        "{ search { ... on Named { name } } }",
        &[],
        r#"
search(text: "all", filter: {minStars: 2, sort: [NEWEST]}, first: 10) [Hit!]!
  on Book
  on Author
    name String!
"#,
    );
}

#[test]
fn skip_and_include_are_decided() {
    let text = "query($a: Boolean!, $b: Boolean!) { book(id: 1) { id @skip(if: $a) title @include(if: $b) \
                ...F @include(if: $a) ... @skip(if: true) { reviews { id } } } } fragment F on Book { author { id } }";
    check(text, &[], "book(id: \"1\") Book\n  on Book\n    id ID!");
    check(
        text,
        &["a", "b"],
        "book(id: \"1\") Book\n  on Book\n    title(upper: false) String!\n    author Author\n      on Author\n        id ID!",
    );
}

#[test]
fn arguments_have_defaults_and_variables_keep_what_holds_without_them() {
    check(
        "query($t: String, $f: Int! = 5, $m: Int) { search(text: $t, first: $f, filter: {minStars: $m, sort: [OLDEST], and: {range: {to: 2}}}) { __typename } }",
        &[],
        r#"
search(text: $0 ?? "all", filter: {minStars: $2 ?? 1, sort: [OLDEST], and: [{minStars: 1, sort: [NEWEST], range: {from: 0.0, to: 2.0}}]}, first: $1 ?? 10) [Hit!]!
  on Book
    __typename String!
  on Author
    __typename String!
"#,
    );
}

#[test]
fn custom_scalars_take_any_value_as_it_is_written() {
    check(
        "mutation($x: JSON) { review(input: {book: 7, stars: 1, extra: {a: [1, 2.5, \"x\", RED, null], big: 18446744073709551615, v: $x}}) { id } }",
        &[],
        r#"
review(input: {book: "7", stars: 1, extra: {a: [1, 2.5, "x", RED, null], big: 18446744073709551615, v: $0}}) Review
  on Review
    id ID!
"#,
    );
}

#[test]
fn an_operation_is_found_or_the_reason_said() {
    check_refused(
        "query A { __typename } query B { __typename }",
        Code::OperationNotFound,
        "The document has more than one operation: `operationName` must name one.",
    );
}

#[test]
fn errors_are_sentences_with_places() {
    let refusal = lower("{\n  bok(id: 1) { id }\n  book { title(upper: 3) }\n}", &[]).unwrap_err();
    let body = String::from_utf8(refusal.body().to_vec()).unwrap();
    assert_eq!(
        body,
        "{\"errors\":[\
         {\"message\":\"Cannot query field \\\"bok\\\" on type \\\"Query\\\". Did you mean \\\"book\\\"?\",\"locations\":[{\"line\":2,\"column\":3}],\"extensions\":{\"code\":\"GRAPHQL_VALIDATION_FAILED\"}},\
         {\"message\":\"Field \\\"book\\\" argument \\\"id\\\" of type \\\"ID!\\\" is required, but it was not provided.\",\"locations\":[{\"line\":3,\"column\":3}],\"extensions\":{\"code\":\"GRAPHQL_VALIDATION_FAILED\"}},\
         {\"message\":\"Boolean cannot represent a non boolean value: 3.\",\"locations\":[{\"line\":3,\"column\":23}],\"extensions\":{\"code\":\"GRAPHQL_VALIDATION_FAILED\"}}]}"
    );
}

#[test]
fn a_syntax_error_is_told_once() {
    check_refused(
        "{ book(id: 1 { id } }",
        Code::ParseFailed,
        "Syntax error: expected `)`, got `{`.",
    );
}

#[test]
fn a_number_for_a_custom_scalar_that_would_become_another_is_refused() {
    for number in ["1e400", "18446744073709551617"] {
        let message =
            format!("The number {number} is beyond what a double holds; write it as a string.");
        let check = |document: String, column: u32| {
            let refusal = lower(&document, &[]).unwrap_err();
            let fault =
                Fault { message: message.clone(), locations: vec![Location { line: 1, column }] };
            assert_eq!((refusal.code, refusal.faults), (Code::ValidationFailed, vec![fault]));
        };
        let review =
            |extra: &str| format!("review(input: {{book: 1, stars: 1, extra: {extra}}}) {{ id }}");
        check(format!("mutation {{ {} }}", review(&format!("[{number}]"))), 12);
        check(format!("mutation($j: JSON = {{a: {number}}}) {{ {} }}", review("$j")), 10);
    }
}
