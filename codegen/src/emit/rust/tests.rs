//! Generated Rust compared with files that are kept, which the runtime's tests compile.

use std::{
    fs,
    path::{Path, PathBuf},
};

use prost::Message as _;

use crate::{Color, Compiled, Sources, compile};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn compiled(name: &str) -> Compiled {
    let directory = golden(name);
    compile(&Sources::new().proto_root(&directory).schema(&directory))
}

#[track_caller]
fn check(name: &str) {
    let compiled = compiled(name);
    let rust = match compiled.rust(true) {
        Ok(rust) => rust,
        Err(findings) => panic!("{}", findings.render(Color::Never)),
    };
    let contract = compiled.contract.unwrap().encode_to_vec();
    let mut stale = Vec::new();
    for (file, wanted) in [("mod.rs", rust.as_bytes()), ("anabranch.contract", &contract)] {
        let path = golden(name).join(file);
        if fs::read(&path).ok().as_deref() != Some(wanted) {
            fs::write(&path, wanted).unwrap();
            stale.push(path);
        }
    }
    assert!(
        stale.is_empty(),
        "{stale:?} were stale and have been written anew: read the difference, run the test again"
    );
}

#[test]
fn a_shop() {
    check("shop");
}

#[test]
fn names_that_rust_reserves() {
    check("hostile");
}

#[test]
fn messages_without_a_package() {
    check("packageless");
}

#[test]
fn the_same_input_gives_the_same_text() {
    assert_eq!(compiled("shop").rust(true).unwrap(), compiled("shop").rust(true).unwrap());
}

const SCHEMA: &str = "type Query { hello: String @resolve }";

#[track_caller]
fn refuse(proto: &str, schema: &str, expected: &str) {
    let sources =
        Sources::new().proto_text("shop.proto", proto).schema_text("shop.graphql", schema);
    let findings = compile(&sources).rust(true).unwrap_err();
    let text = findings.render(Color::Never);
    assert!(text.trim() == expected.trim(), "it is\n{text}");
}

#[test]
fn messages_that_differ_in_case_are_refused_with_both_places() {
    refuse(
        "syntax = \"proto3\";\npackage shop;\nmessage Book_hit {}\nmessage BookHit {}\n",
        SCHEMA,
        r#"
error[rust-name-clash]: `shop.Book_hit` and `shop.BookHit` would both be `shop::BookHit` in Rust
 --> shop.proto:3:9
  |
3 | message Book_hit {}
  |         ^^^^^^^^ this name
4 | message BookHit {}
  |         ------- and this one
  |
  = help: rename it; `anabranch serve` needs no Rust and takes the names as they are; see `anabranch explain rust-name-clash`
"#,
    );
}

#[test]
fn methods_that_differ_in_case_are_refused() {
    refuse(
        "syntax = \"proto3\";\npackage shop;\nmessage M {}\nservice Shop {\n  rpc GetBook(M) returns (M);\n  \
         rpc get_book(M) returns (M);\n}\n",
        SCHEMA,
        r#"
error[rust-name-clash]: `shop.Shop/GetBook` and `shop.Shop/get_book` would both be `shop::ShopClient::get_book` in Rust
 --> shop.proto:5:7
  |
5 |   rpc GetBook(M) returns (M);
  |       ^^^^^^^ this name
6 |   rpc get_book(M) returns (M);
  |       -------- and this one
  |
  = help: rename it; `anabranch serve` needs no Rust and takes the names as they are; see `anabranch explain rust-name-clash`
"#,
    );
}

#[test]
fn a_package_called_like_something_of_ours_is_refused() {
    refuse(
        "syntax = \"proto3\";\npackage resolvers;\nmessage A { message B {} }\n",
        SCHEMA,
        r#"
error[rust-name-clash]: `resolvers` and `the module of resolver traits` would both be `resolvers` in Rust
 |
 = help: rename it; `anabranch serve` needs no Rust and takes the names as they are; see `anabranch explain rust-name-clash`
"#,
    );
}

#[test]
fn a_name_without_letters_is_refused() {
    refuse(
        "syntax = \"proto3\";\npackage shop;\nmessage _ {}\n",
        SCHEMA,
        r#"
error[rust-name-clash]: `shop._` has no name in Rust
 --> shop.proto:3:9
  |
3 | message _ {}
  |         ^ this name
  |
  = help: rename it; `anabranch serve` needs no Rust and takes the names as they are; see `anabranch explain rust-name-clash`
"#,
    );
}

#[test]
fn resolvers_that_differ_in_case_are_refused() {
    refuse(
        "syntax = \"proto3\";",
        "type Query { helloWorld: String @resolve  hello_world: String @resolve }",
        r#"
error[rust-name-clash]: `Query.helloWorld` and `Query.hello_world` would both be `QueryHelloWorldArgs` in Rust
 --> shop.graphql:1:14
  |
1 | type Query { helloWorld: String @resolve  hello_world: String @resolve }
  |              ^^^^^^^^^^ this name         ----------- and this one
  |
  = help: rename it; `anabranch serve` needs no Rust and takes the names as they are; see `anabranch explain rust-name-clash`
"#,
    );
}

#[test]
fn resolvers_of_two_types_are_refused_with_both_places() {
    let schema = "type Query { a: A b: A_b }\ntype A { bC: Int @resolve id: ID! }\n\
                  type A_b { c: Int @resolve id: ID! }";
    let compiled = compile(&Sources::new().schema_text("shop.graphql", schema));
    let text = compiled.rust(true).unwrap_err().render(Color::Never);
    for part in ["`A.bC` and `A_b.c`", "--> shop.graphql:2:10", "this name", "- and this one"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_does_not_compile_gives_no_rust_but_its_own_findings() {
    let findings = compile(&Sources::new().schema_text("shop.graphql", "type Query {")).rust(false);
    assert!(findings.unwrap_err().errors() > 0);
}

#[test]
fn server_stubs_are_made_only_where_they_are_wanted() {
    assert!(!compiled("shop").rust(false).unwrap().contains("tonic"));
    assert!(compiled("shop").rust(true).unwrap().contains("mod catalog_server"));
}

#[test]
fn comments_that_rust_would_refuse_are_cleaned() {
    let proto = "syntax = \"proto3\";\npackage shop;\n// One\u{202e} two.\rThree.\nmessage M {}\n\
                 // Four\u{2066}.\nservice S {\n  /* Five */\n  rpc R(M) returns (M);\n}\n";
    let schema = "type Query { \"Six\u{202a}.\" hello: String @resolve }";
    let sources =
        Sources::new().proto_text("shop.proto", proto).schema_text("shop.graphql", schema);
    let rust = compile(&sources).rust(true).unwrap();
    assert!(["/// Four.", "/// Five", "/// Six."].iter().all(|text| rust.contains(text)), "{rust}");
    assert!(!rust.contains(['\r', '\u{202a}', '\u{202e}', '\u{2066}']));
}
