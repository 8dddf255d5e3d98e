//! A folder for each rule in `tests/rules`: a schema, protos, and the text that a person reads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anabranch_codegen::{Color, Sources, compile, explain, rules};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("the folder is there");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Texts instead of files, so that diagnostics show the same paths everywhere.
fn sources(case: &Path) -> Sources {
    let mut sources = Sources::new();
    for name in names(case) {
        let text = || std::fs::read_to_string(case.join(&name)).expect("readable");
        if name.ends_with(".proto") {
            sources = sources.proto_text(&name, text());
        } else if name.ends_with(".graphql") {
            sources = sources.schema_text(&name, text());
        } else if name == "paths.txt" {
            sources = text().lines().fold(sources, Sources::schema);
        }
    }
    sources
}

/// A case is named after its rule; behind `--` follows what is special about it.
fn rule_of(case: &str) -> &str {
    case.split("--").next().expect("a name")
}

/// With `BLESS=1` in the environment the expected texts are rewritten instead of compared.
#[test]
fn every_case_reads_as_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for case in names(&folder()) {
        let directory = folder().join(&case);
        let compiled = compile(&sources(&directory));
        let rule = rule_of(&case);
        let found = compiled.diagnostics.iter().any(|diagnostic| diagnostic.rule() == rule);
        assert!(found, "{case} does not show {rule}:\n{}", compiled.diagnostics);
        assert_eq!(compiled.contract.is_some(), compiled.diagnostics.errors() == 0, "{case}");
        let rendered = compiled.diagnostics.render(Color::Never);
        let path = directory.join("expected.txt");
        if bless {
            std::fs::write(&path, &rendered).expect("writable");
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if rendered != expected {
            wrong.push(format!("── {case} ──\n{rendered}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "other texts than expected (BLESS=1 accepts them):\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_rule_has_a_case_and_every_case_a_rule() {
    let cases = names(&folder());
    let with_case: BTreeSet<&str> = cases.iter().map(|case| rule_of(case)).collect();
    let known: BTreeSet<&str> = rules().collect();
    assert_eq!(with_case, known);
}

#[test]
fn every_rule_explains_itself() {
    for rule in rules() {
        let explanation = explain(rule).expect("a rule is known by its name");
        assert!(explanation.len() > 60, "{rule} says too little");
        assert!(
            explanation.lines().all(|line| line.chars().count() <= 120),
            "{rule} is too wide for a terminal"
        );
    }
    assert_eq!(explain("no-such-rule"), None);
}
