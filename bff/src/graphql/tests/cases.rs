//! Verdicts, held against those of graphql-js: on a few documents of ours, and on its own test cases where they are at hand.

use std::{collections::HashMap, fs, path::Path};

use serde::Deserialize;

use super::{SDL, types};
use crate::graphql::{config::Config, document};

#[derive(Deserialize)]
struct Cases {
    schemas: HashMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    kind: String,
    rule: String,
    test: String,
    schema: Option<String>,
    doc: String,
    all_errors: Vec<String>,
}

/// Cases that we judge differently. A subscription is refused where the schema has none: so says the specification of
/// September 2025 (5.2.1.1, Operation Type Existence), for which graphql-js has no rule. And the scalar of the other case
/// refuses all literals by code of that test, of which its SDL says nothing: what a custom scalar takes is known by the service.
const DIFFERENT: [&str; 2] = [
    "Validate: Subscriptions with single field skips if not subscription type",
    "Validate: Values of correct type Invalid input object value reports error for custom scalar that returns undefined",
];

/// Names and verdicts of the cases that we judge differently.
fn judged_differently(cases: &str) -> Vec<(String, String)> {
    let cases: Cases = serde_json::from_str(cases).unwrap();
    let config = Config::default();
    let queries = cases.cases.into_iter().filter(|case| case.kind == "query");
    let different = queries.filter_map(|case| {
        let types = types(&cases.schemas[case.schema.as_deref().unwrap()]);
        let verdict = document::check(&case.doc, &types, &config);
        let theirs = &case.all_errors;
        (verdict.is_ok() != theirs.is_empty())
            .then(|| (case.test, format!("{}\n{theirs:?}\n{verdict:?}", case.rule)))
    });
    different.collect()
}

#[test]
fn documents_of_ours_are_judged_as_graphql_js_judges_them() {
    assert_eq!(judged_differently(include_str!("cases.json")), []);
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that could not look says so")]
fn documents_of_theirs_are_judged_as_graphql_js_judges_them() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/graphql_validation_cases.json");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("nothing was judged: {} is not there", path.display());
        return;
    };
    let different = judged_differently(&text);
    let names: Vec<&str> = different.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, DIFFERENT, "{different:#?}");
}

#[track_caller]
fn check(document: &str, fault: Option<&str>) {
    let verdict = document::check(document, &types(SDL), &Config::default());
    let message = verdict.err().map(|refusal| refusal.faults[0].message.clone());
    assert_eq!(message.as_deref(), fault, "{document}");
}

#[test]
fn valid_documents_are_valid() {
    for document in [
        "{ __typename }",
        "{ ... , on Query { a , : __typename } }",
        "query($x: Int! = 3) { search(first: $x) { __typename } }",
        "query($x: Int = 3) { search(first: $x) { __typename } }",
        "query($x: String = null) { search(text: $x) { __typename } }",
        "{ search(filter: {near: {city: \"Rome\"}}) { ... on Node { id } } }",
        "{ a: book(id: 1) { id } a: book(id: \"1\") { id } }".replace("\"1\"", "1").as_str(),
        "query A { ...F } query B { ...F } fragment F on Query { __typename }",
    ] {
        check(document, None);
    }
}

#[test]
fn what_other_validators_let_through_is_refused() {
    for (document, fault) in [
        (
            "query($x: Int = null) { search(first: $x) { __typename } book(id: $y) { id } }",
            "Variable \"$y\" is not defined.",
        ),
        (
            "mutation($s: Int = null) { review(input: {book: 1, stars: $s}) { id } }",
            "Variable \"$s\" of type \"Int\" used in position expecting type \"Int!\".",
        ),
        (
            "{ search(filter: {near: {city: \"Rome\", place: 1}}) { __typename } }",
            "OneOf Input Object \"Near\" must specify exactly one key.",
        ),
        (
            "query($c: String) { search(filter: {near: {city: $c}}) { __typename } }",
            "Variable \"$c\" is of type \"String\" but must be non-nullable to be used for OneOf Input Object \"Near\".",
        ),
        (
            "{ search(first: 3000000000) { __typename } }",
            "Int cannot represent non 32-bit signed integer value: 3000000000.",
        ),
        (
            "{ search(filter: {sort: [\"NEWEST\"]}) { __typename } }",
            "Enum \"Sort\" cannot represent non-enum value: \"NEWEST\". Did you mean the enum value \"NEWEST\"?",
        ),
        (
            "{ search(filter: {minStars}) { __typename } }",
            "Syntax error: expected `:` and a value behind the name \"minStars\".",
        ),
        ("{ }", "Syntax error: expected a field or a fragment, got `}`."),
        (
            "{ books { id } ...F } fragment F on Query { books { } }",
            "Syntax error: expected a field or a fragment, got `}`.",
        ),
        (
            "mutation { review(input: {book: 1, stars: 1, extra: {a: $no}}) { id } }",
            "Variable \"$no\" is not defined.",
        ),
        (
            "{ search(filter: {and: [{minStars: 1, minStars: 2}]}) { __typename } }",
            "There can be only one input field named \"minStars\".",
        ),
    ] {
        check(document, Some(fault));
    }
}
