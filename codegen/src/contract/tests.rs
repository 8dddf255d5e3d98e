//! The committed types are those of the proto.

use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the workspace")
        .to_path_buf()
}

fn generate() -> String {
    let descriptors =
        protox::compile(["anabranch/v1/contract.proto"], [repository().join("proto")])
            .expect("the proto compiles");
    let directory = tempfile::tempdir().expect("a temporary directory");
    prost_build::Config::new()
        .out_dir(directory.path())
        .compile_fds(descriptors)
        .expect("prost-build runs");
    std::fs::read_to_string(directory.path().join("anabranch.v1.rs"))
        .expect("prost-build wrote the package")
}

/// With `BLESS=1` in the environment the file is rewritten instead of compared.
#[test]
fn generated_types_equal_the_proto() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/contract/generated.rs");
    let fresh = generate();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &fresh).expect("the file is writable");
    }
    let committed = std::fs::read_to_string(&path).expect("the file is committed");
    assert!(committed == fresh, "contract.proto has changed: run this test with BLESS=1");
}
