//! Documents that were written to do harm: each is refused at once and says why.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::types;
use crate::{
    error::Code,
    graphql::{
        config::{Config, Limits},
        document::Document,
    },
    units::ByteSize,
};

const SDL: &str = "type Query { a: Query b(x: [Int]): Int n: N } interface N { n: N id: ID } \
                   type A implements N { n: N id: ID } type B implements N { n: N id: ID } type C implements N { n: N id: ID }";

#[track_caller]
fn check(document: &str, code: Code, message: &str) {
    let (types, config) = (types(SDL), Config::default());
    let start = Instant::now();
    let refusal = Document::new(document, None, &types, &config)
        .and_then(|document| document.lower(&types, &config, &|_| Some(true), true))
        .unwrap_err();
    assert_eq!((refusal.code, refusal.faults[0].message.as_str()), (code, message));
    // Generous, since the machine may be busy: what multiplies takes minutes.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_document_beyond_its_length_is_refused() {
    let long = format!("{{ a {{ __typename }} }} #{}", "x".repeat(200 << 10));
    check(&long, Code::LimitExceeded, "The document is longer than 128KiB.");
}

#[test]
fn too_many_tokens_are_refused() {
    check(&"{".repeat(20_001), Code::LimitExceeded, "The document has more than 20000 tokens.");
}

#[test]
fn blanks_commas_and_comments_do_not_count_as_tokens() {
    let wide = format!("{{ a {{ {} ? }} }}", "__typename,,,\n".repeat(7000));
    let message = "Syntax error: Unexpected character \"?\".";
    check(&wide, Code::ParseFailed, message);
}

#[test]
fn deep_fields_are_refused() {
    let deep = "{ a ".repeat(33) + &"}".repeat(33);
    check(&deep, Code::LimitExceeded, "Fields stand 33 deep; the limit is 32.");
}

#[test]
fn depth_counts_through_fragments() {
    let half = |inner: &str| "{ a ".repeat(17) + inner + &"}".repeat(17);
    let document = format!("{} fragment F on Query {}", half("{ ...F }"), half(""));
    check(&document, Code::LimitExceeded, "Fields stand 34 deep; the limit is 32.");
}

#[test]
fn deep_syntax_is_refused() {
    let values = format!("{{ b(x: {}{}) }}", "[".repeat(3000), "]".repeat(3000));
    let message = "The document's syntax nests deeper than 200 levels.";
    check(&values, Code::LimitExceeded, message);
    let inline = "{ ... ".repeat(3000) + "{ a }" + &"}".repeat(3000);
    check(&inline, Code::LimitExceeded, message);
}

#[test]
fn a_long_chain_of_fragments_is_refused() {
    let chain: String =
        (0..800).map(|at| format!("fragment F{at} on Query {{ ...F{} }} ", at + 1)).collect();
    let document = format!("{{ ...F0 }} {chain} fragment F800 on Query {{ __typename }}");
    check(&document, Code::LimitExceeded, "Selections and fragments nest deeper than 200 levels.");
}

#[test]
fn fragments_that_multiply_are_refused() {
    let levels: String = (0..25)
        .map(|at| {
            format!(
                "fragment F{at} on Query {{ x: a {{ ...F{} }} y: a {{ ...F{} }} }} ",
                at + 1,
                at + 1
            )
        })
        .collect();
    let document = format!("{{ ...F0 }} {levels} fragment F25 on Query {{ __typename }}");
    check(&document, Code::LimitExceeded, "The document has more than 20000 selections.");
}

#[test]
fn operations_that_share_a_fragment_are_counted_together() {
    let operations: String = (0..100).map(|at| format!("query Q{at} {{ ...F }} ")).collect();
    let document =
        format!("{operations} fragment F on Query {{ {} }}", "a { __typename } ".repeat(200));
    check(&document, Code::LimitExceeded, "The document has more than 20000 selections.");
}

#[test]
fn what_nests_as_deep_as_allowed_stays_within_the_stack() {
    let (types, config) = (types(SDL), Config::default());
    for (open, close) in [("... { ", "}"), ("... on Query @skip(if: false) { ", "}")] {
        let inline = format!("{{ {} a {{ __typename }} {} }}", open.repeat(190), close.repeat(190));
        let document = Document::new(&inline, None, &types, &config).unwrap();
        assert_eq!(document.lower(&types, &config, &|_| None, false).unwrap().fields, 2);
    }
}

#[test]
fn fragments_in_a_circle_are_refused() {
    let document = "{ ...F } fragment F on Query { a { ...G } } fragment G on Query { a { ...F } }";
    check(
        document,
        Code::ValidationFailed,
        "Cannot spread fragment \"F\" within itself via \"G\".",
    );
}

#[test]
fn aliases_and_directives_are_counted() {
    let aliases: String = (0..201).map(|at| format!("x{at}: __typename ")).collect();
    let message = "The document has more than 200 fields with an alias.";
    check(&format!("{{ {aliases} }}"), Code::LimitExceeded, message);
    let directives = "@skip(if: false) ".repeat(401);
    let message = "The document has more than 400 directives.";
    check(&format!("{{ __typename {directives} }}"), Code::LimitExceeded, message);
}

#[test]
fn interfaces_that_multiply_are_refused() {
    let deep = "{ n ".repeat(12) + "{ id }" + &"}".repeat(12);
    check(
        &deep,
        Code::LimitExceeded,
        "The operation has more than 20000 selections, counted for each type that an interface or a union may have.",
    );
}

#[test]
fn thousands_of_faults_are_counted_and_not_listed() {
    let (types, config) = (types(SDL), Config::default());
    let document = format!("{{ {} }}", "nope ".repeat(2000));
    let refusal = Document::new(&document, None, &types, &config).unwrap_err();
    assert_eq!((refusal.faults.len(), refusal.left_out), (50, 1950));
    let body = String::from_utf8(refusal.body().to_vec()).unwrap();
    assert!(body.contains("1950 more errors are not shown."), "{body}");
}

#[test]
fn a_document_within_all_limits_is_checked_quickly() {
    let (types, config) = (types(SDL), Config::default());
    let document = format!("{{ {} }}", "a { b } ".repeat(1800));
    let start = Instant::now();
    let document = Document::new(&document, None, &types, &config).unwrap();
    let lowered = document.lower(&types, &config, &|_| None, false).unwrap();
    assert_eq!(lowered.fields, 2);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn garbage_is_a_syntax_error() {
    let limits = Limits { document: ByteSize(1 << 20), ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let types = types(SDL);
    for text in [
        "",
        "}",
        "\0",
        "{ a",
        "query",
        "{ \"\"\" }",
        "\u{feff}{",
        "fragment",
        "🦀 { a }",
        "{ b(x: 1.e) }",
    ] {
        let code = Document::new(text, None, &types, &config).unwrap_err().code;
        assert!(matches!(code, Code::ParseFailed | Code::OperationNotFound), "{text:?}: {code}");
    }
}

/// Documents of all shapes, to be damaged.
const GOOD: [&str; 4] = [
    "query Q($x: [Int] = [1, 2], $s: Boolean!) { b(x: $x) a @skip(if: $s) { ...F } }\nfragment F on Query { a { b } }",
    "{ n { __typename ... on A { id n { id } } ...G } } fragment G on N { x: id ... @include(if: true) { n { id } } }",
    "{ __schema { types { name kind } } __type(name: \"Query\") { fields { name } } }",
    "{ b(x: [1, null, -3]) c: b(x: 4) \"\"\" block \"\"\" # comment\n }",
];

const BITS: [&str; 16] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "...",
    "on",
    "@skip(if: $s)",
    "\"",
    "\"\"\"",
    "$x",
    "fragment",
    "\\u{1F600}",
    "ä",
    "9e999",
];

proptest! {
    #[test]
    fn damaged_documents_are_judged_without_a_panic(
        good in 0..GOOD.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, 0..BITS.len()), 1..5),
    ) {
        let mut text: Vec<char> = GOOD[good].chars().collect();
        for (at, removed, bit) in edits {
            let at = at.index(text.len().max(1)).min(text.len());
            let end = (at + removed).min(text.len());
            text.splice(at..end, BITS[bit].chars());
        }
        let text: String = text.into_iter().collect();
        let (types, config) = (types(SDL), Config::default());
        match Document::new(&text, None, &types, &config) {
            Ok(document) => prop_assert!(document.lower(&types, &config, &|_| None, false).is_ok()),
            Err(refusal) => prop_assert!(!refusal.faults.is_empty(), "{text}"),
        }
    }
}
