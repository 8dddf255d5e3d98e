//! Input that nobody meant: named rules or a contract, never a panic.

use anabranch_codegen::{Color, Sources, compile, status};

use crate::contracts::check_references;

fn survives(proto: Option<&str>, schema: &str) {
    let mut sources = Sources::new().schema_text("schema.graphql", schema);
    if let Some(proto) = proto {
        sources = sources.proto_text("service.proto", proto);
    }
    let compiled = compile(&sources);
    let _ = compiled.diagnostics.render(Color::Always);
    let _ = status(&compiled);
    if let Some(contract) = &compiled.contract {
        check_references(contract);
    }
}

const PROTO: &str = include_str!("../../../bench/proto/shop/reviews.proto");
const SCHEMA: &str = r#"
type Query { reviews(limit: Int!): [Review!]! @rpc(method: "shop.reviews.v1.ReviewService/BatchListReviewsByProduct", with: {product_ids: ["a", "ü"]}, select: "groups.reviews") @fallback(value: []) }
type Mutation { add(input: In!): Review @invalidates(tags: ["a-{$args.input.id}"]) }
input In { id: ID! inner: [In!] when: DateTime = "x" }
type Review { id: ID! rating: Int! author: User @mock(value: {name: "x"}) createdAt: DateTime @mock(as: "name") }
type User @load(method: "a.B/C", keys: "x") { name: String! reviews: [Review] @resolve(requires: "a b") }
union Any2 = Review | User
"#;

#[test]
fn names_that_other_languages_reserve_are_only_names() {
    let proto = "syntax = \"proto3\"; package type.fn.self;
        service impl { rpc New(match) returns (match); rpc drop(match) returns (match); }
        message match { string self = 1; string type = 2; string _ = 3; loop loop = 4; string Self = 5; }
        message loop { repeated match match = 1; }";
    survives(
        Some(proto),
        "type Query { drop(self: String): match new: match @rpc(method: \"type.fn.self.impl/New\") }
         type match { self: String type: String _: String loop: loop crate: Int @mock(value: 1) }
         type loop { match: [match!] }",
    );
}

#[test]
fn names_that_clash_after_a_change_of_case_stay_apart() {
    let schema = "type Query { _: Int __a: Int fooBar: String foo_bar: String FOOBAR: String a: A promised: Promised }
         type A { b_c: B } type A_b { c: B _: String } type B { mockKey: String mock_key: String _1: Int }
         type Promised { promised: promised } type promised { id: ID! }
         enum E { A } enum e { A } type Uses { e: E f: e } type Book_reviews { id: ID! }";
    survives(None, schema);
    survives(
        None,
        &schema.replace("__a: Int", "").replace("a: A ", "a: A u: Uses g: A_b h: Book_reviews "),
    );
}

#[test]
fn messages_that_contain_themselves_end() {
    survives(
        Some("syntax = \"proto3\"; message Node { Node next = 1; repeated Node all = 2; map<string, Node> named = 3; }
              service S { rpc GetNode(Node) returns (Node); }"),
        "type Query { node(next: NodeInput): Node } type Node { next: Node all: [Node] named: [Entry] }
         type Entry { key: String! value: Node } input NodeInput { next: NodeInput all: [NodeInput!] }",
    );
}

#[test]
fn a_text_cut_anywhere_is_no_panic() {
    for end in (0..SCHEMA.len()).step_by(7).filter(|end| SCHEMA.is_char_boundary(*end)) {
        survives(Some(PROTO), &SCHEMA[..end]);
    }
    for end in (0..PROTO.len()).step_by(31) {
        survives(Some(&PROTO[..end]), "type Query { a: String }");
    }
}

#[test]
fn a_word_left_out_or_doubled_is_no_panic() {
    let words: Vec<&str> =
        SCHEMA.split_inclusive([' ', '\n', '(', ')', '{', '}', ':', '"']).collect();
    for index in (0..words.len()).step_by(2) {
        let without: String = [&words[..index], &words[index + 1..]].concat().concat();
        let doubled: String =
            [&words[..index], &words[index..=index], &words[index..]].concat().concat();
        survives(Some(PROTO), &without);
        survives(Some(PROTO), &doubled);
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    let deep = format!("type Query {{ a(x: {}Int{}): Int }}", "[".repeat(5000), "]".repeat(5000));
    survives(None, &deep);
    let value =
        format!("type Query {{ a: Int @mock(value: {}1{}) }}", "[".repeat(2000), "]".repeat(2000));
    survives(None, &value);
    let proto = format!("syntax = \"proto3\"; {} {}", "message A {".repeat(200), "}".repeat(200));
    survives(Some(&proto), "type Query { a: Int }");
}

#[test]
fn nothing_at_all_is_a_finding() {
    assert!(compile(&Sources::new()).diagnostics.errors() > 0);
}
