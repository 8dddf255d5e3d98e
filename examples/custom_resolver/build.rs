//! From proto and schema to what `anabranch::contract!()` brings into the program.

fn main() -> Result<(), anabranch_codegen::BuildError> {
    anabranch_codegen::configure().protos("proto").schema("schema").server_stubs(true).build()
}
