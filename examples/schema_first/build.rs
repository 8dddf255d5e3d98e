//! From a schema alone to what `anabranch::contract!()` brings into the program.

fn main() -> Result<(), anabranch_codegen::BuildError> {
    anabranch_codegen::configure().schema("schema").build()
}
