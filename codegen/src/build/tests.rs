//! A build writes all or nothing.

use std::{fs, path::Path};

use super::{BuildError, configure, write_rust};
use crate::{Sources, compile};

fn directory(proto: &str, schema: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("proto/shop")).unwrap();
    fs::write(directory.path().join("proto/shop/shop.proto"), proto).unwrap();
    fs::write(directory.path().join("shop.graphql"), schema).unwrap();
    directory
}

fn build(directory: &Path) -> Result<(), BuildError> {
    configure()
        .protos(directory.join("proto"))
        .schema(directory.join("shop.graphql"))
        .out_dir(directory.join("out"))
        .build()
}

const PROTO: &str = "syntax = \"proto3\"; package shop; message Book { string id = 1; }";

#[test]
fn rust_and_contract_are_written_side_by_side() {
    let directory = directory(PROTO, "type Query { hello: String @resolve }");
    build(directory.path()).unwrap();
    let rust = fs::read_to_string(directory.path().join("out/anabranch.rs")).unwrap();
    assert!(rust.contains("pub trait QueryResolvers") && rust.contains("pub struct Book"));
    assert!(directory.path().join("out/anabranch.contract").exists());
}

#[test]
fn what_has_not_changed_is_not_written_again() {
    let directory = directory(PROTO, "type Query { hello: String @resolve }");
    build(directory.path()).unwrap();
    let rust = directory.path().join("out/anabranch.rs");
    let written = fs::metadata(&rust).unwrap().modified().unwrap();
    build(directory.path()).unwrap();
    assert_eq!(fs::metadata(&rust).unwrap().modified().unwrap(), written);
}

#[test]
fn faults_are_the_error_as_text_and_nothing_is_written() {
    let directory =
        directory(PROTO, "type Query { hello: String @rpc(method: \"shop.Shop/Hello\") }");
    let error = build(directory.path()).unwrap_err();
    assert!(matches!(error, BuildError::Findings(_)), "{error}");
    assert!(format!("{error:?}").contains("shop.graphql:1:"), "{error}");
    assert!(!directory.path().join("out").exists());
}

#[test]
fn code_that_is_kept_is_a_module() {
    let directory = directory(PROTO, "type Query { hello: String @resolve }");
    let sources = Sources::new().proto_root(directory.path().join("proto"));
    let compiled = compile(&sources.schema(directory.path().join("shop.graphql")));
    write_rust(&compiled, directory.path().join("src/generated"), true).unwrap();
    assert!(directory.path().join("src/generated/mod.rs").exists());
}
