//! Messages, clients and server stubs of the seven services, from their protos.

use std::path::Path;

const PROTOS: [&str; 7] =
    ["accounts", "catalog", "inventory", "pricing", "promotions", "recommendations", "reviews"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.join("bookshop").display());

    let files = PROTOS.map(|name| root.join(format!("bookshop/{name}/v1/{name}.proto")));
    let mut descriptors = protox::compile(files, [&root])?;
    // Options for a gateway mean nothing to the services.
    descriptors.file.retain(|file| !file.package().starts_with("anabranch"));

    tonic_prost_build::configure().include_file("bookshop.rs").compile_fds(descriptors)?;
    Ok(())
}
