//! What a client reads of each fault, and where: documents, each with all that is told of it.
//!
//! `BLESS=1` writes the list as it is now.

use std::fmt::Write as _;

use super::{
    rules::{RULES, SDL},
    types,
};
use crate::graphql::{config::Config, document};

const LIST: &str = include_str!("messages.txt");

fn told(text: &str, config: &Config) -> String {
    let mut told = format!("{text}\n");
    if let Err(refused) = document::check(text, &types(SDL), config) {
        for fault in refused.faults {
            let places = fault.locations.iter();
            let places: Vec<_> = places.map(|it| format!("{}:{}", it.line, it.column)).collect();
            let _ = writeln!(told, "  {} {}", places.join(" "), fault.message);
        }
    }
    told
}

#[test]
fn every_fault_is_told_with_the_right_names_types_and_places() {
    let documents = LIST.split("\n\n").filter_map(|block| block.lines().next());
    let now: Vec<String> = documents.map(|text| told(text, &Config::default())).collect();
    let now = now.join("\n");
    if std::env::var_os("BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/graphql/tests/messages.txt");
        std::fs::write(path, &now).unwrap();
    }
    assert_eq!(now, LIST);
}

#[test]
fn the_list_has_what_breaks_each_rule() {
    let of_other_schemas = ["5.2.1.1"];
    let missing = RULES.iter().filter(|(section, _, _, invalid)| {
        !of_other_schemas.contains(section) && !LIST.contains(&format!("{invalid}\n  "))
    });
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&(&str, &str, &str, &str)>::new());
}

#[test]
fn names_of_a_schema_that_is_hidden_are_not_suggested() {
    let hidden = Config { introspection: false, ..Config::default() };
    for document in [
        "{ dog(att: 1) { aeg } }",
        "{ any { lives } }",
        "{ ... on Cot { lives } }",
        "query($a: Sise) { find(size: $a) { age } }",
        "{ find(size: SMAL, filter: {least: 1, mots: 2}) { age } }",
        "{ __typename @mrak }",
    ] {
        assert!(told(document, &Config::default()).contains("Did you mean"), "{document}");
        let told = told(document, &hidden);
        assert!(!told.contains("Did you mean"), "{told}");
    }
    let own = told("query($times: Int) { dog(at: $time) { age } }", &hidden);
    assert!(own.contains("Did you mean \"$times\"?"), "{own}");
}

#[test]
fn no_more_faults_are_told_than_configured_and_the_rest_is_counted() {
    let fields: Vec<String> = (0..60).map(|at| format!("f{at}")).collect();
    let document = format!("{{ {} }}", fields.join(" "));
    let refused = document::check(&document, &types(SDL), &Config::default()).unwrap_err();
    assert_eq!((refused.faults.len(), refused.left_out), (50, 10));
}
