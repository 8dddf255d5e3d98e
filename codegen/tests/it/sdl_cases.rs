//! Verdicts about schemas, held against those of graphql-js: on its own test cases, where they are at hand.

use std::fs;
use std::path::Path;

use anabranch_codegen::{Severity, Sources, compile};

/// Rules of the specification that graphql-js holds only against a whole schema, and ours against each.
const OF_THE_WHOLE: [&str; 4] = [
    "missing query root operation type in schema definition",
    " has no ",
    "must not be used for multiple root operation types",
    // A type implements an object: graphql-js looks only for the name.
    "cannot find type `SomeInterface`",
];

/// It has operations in the text of a schema, which the specification's `TypeSystemDocument` has not.
const DIFFERENT: &str =
    "Validate: Unique directive names directive and non-directive definitions named the same";

/// What is wrong with a schema by the rules that graphql-js has for its text.
fn faults(text: &str) -> Vec<String> {
    let compiled = compile(&Sources::new().schema_text("case.graphql", text));
    let is_of_the_text = |message: &String| {
        // A directive that the text itself defines would be enforced by nobody.
        let defines = message
            .strip_prefix("there is no directive `")
            .and_then(|rest| rest.split('`').next())
            .is_some_and(|name| text.contains(&format!("directive {name}")));
        !defines && !OF_THE_WHOLE.iter().any(|known| message.contains(known))
    };
    let errors = compiled.diagnostics.iter().filter(|found| found.severity() == Severity::Error);
    errors.map(|error| error.message().to_owned()).filter(is_of_the_text).collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that could not look says so")]
fn schemas_of_theirs_are_judged_as_graphql_js_judges_them() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/graphql_validation_cases.json");
    let Ok(cases) = fs::read_to_string(&path) else {
        eprintln!("nothing was judged: {} is not there", path.display());
        return;
    };
    let cases: serde_json::Value = serde_json::from_str(&cases).unwrap();
    let cases = cases["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == "sdl");
    let (mut judged, mut different) = (0, Vec::new());
    for case in cases {
        let (ours, theirs) = (faults(case["doc"].as_str().unwrap()), &case["allErrors"]);
        judged += 1;
        let agreed = ours.is_empty() == theirs.as_array().unwrap().is_empty();
        if agreed == (case["test"] == DIFFERENT) {
            different.push(format!("{}\n{theirs}\n{ours:?}", case["test"]));
        }
    }
    assert!(judged > 60, "{judged}");
    assert_eq!(different, Vec::<String>::new());
}
