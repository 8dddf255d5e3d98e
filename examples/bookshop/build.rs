//! The services' messages, clients and server stubs from their protos; the gateway's contract from protos and schema.

use std::path::Path;

const PROTOS: [&str; 7] =
    ["accounts", "catalog", "inventory", "pricing", "promotions", "recommendations", "reviews"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    services(&repository.join("proto"))?;
    let gateway = anabranch_codegen::configure().protos(repository.join("proto"));
    gateway.schema(repository.join("schema")).build()?;
    Ok(())
}

fn services(root: &Path) -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed={}", root.join("bookshop").display());

    let files = PROTOS.map(|name| root.join(format!("bookshop/{name}/v1/{name}.proto")));
    let mut descriptors = protox::compile(files, [root])?;
    // Options for a gateway mean nothing to the services.
    descriptors.file.retain(|file| !file.package().starts_with("anabranch"));

    tonic_prost_build::configure().include_file("bookshop.rs").compile_fds(descriptors)?;
    Ok(())
}
