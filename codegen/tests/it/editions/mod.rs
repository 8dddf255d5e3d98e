//! Protos of an edition: as text, and as descriptors.

mod refused;

use anabranch_codegen::contract::{Cardinality, source, wire};
use anabranch_codegen::{Color, Sources, compile};
use prost::Message as _;
use prost_reflect::DescriptorPool;
use prost_reflect::prost_types::FileDescriptorSet;

const SCHEMA: &str = "type Query { book: Book @rpc(method: \"shop.v1.Shop/GetBook\") }\ntype Book { title: String tags: [String!] }";
const PROTO: &str = "package shop.v1; message GetBookRequest {} message Book { string title = 1; repeated string tags = 2; } service Shop { rpc GetBook(GetBookRequest) returns (Book); }";

/// How often `Book.title` is there.
fn title(sources: &Sources) -> Cardinality {
    let compiled = compile(&sources.clone().schema_text("schema.graphql", SCHEMA));
    let contract = compiled.contract.unwrap_or_else(|| panic!("{}", compiled.diagnostics));
    DescriptorPool::decode(&*contract.descriptor_set).expect("descriptors");
    let book = contract.bindings.iter().find(|binding| binding.r#type == "Book").expect("Book");
    match book.fields[0].source.as_ref().and_then(|source| source.kind.as_ref()) {
        Some(source::Kind::Wire(wire)) => {
            assert!(matches!(wire.value, Some(wire::Value::Leaf(_))));
            wire.cardinality()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_said_of_presence_holds() {
    let text = |features: &str| {
        let text = format!("edition = \"2023\"; {features} {PROTO}");
        title(&Sources::new().proto_text("shop.proto", text))
    };
    assert_eq!(text(""), Cardinality::Explicit);
    assert_eq!(text("option features.field_presence = IMPLICIT;"), Cardinality::Implicit);
}

/// A descriptor set with one file of this edition, whose options are these bytes.
fn descriptors(edition: u64, options: &[u8]) -> Vec<u8> {
    let directory = tempfile::tempdir().expect("a folder");
    let path = directory.path().join("shop.proto");
    std::fs::write(path, format!("syntax = \"proto3\"; {PROTO}")).expect("written");
    let mut set = protox::compile(["shop.proto"], [directory.path()]).expect("it compiles");
    set.file[0].syntax = Some("editions".to_owned());
    let mut file = set.file[0].encode_to_vec();
    prost::encoding::uint64::encode(14, &edition, &mut file);
    prost::encoding::bytes::encode(8, &options.to_vec(), &mut file);
    let mut encoded = FileDescriptorSet::default().encode_to_vec();
    prost::encoding::bytes::encode(1, &file, &mut encoded);
    encoded
}

#[test]
fn a_file_of_descriptors_stands_for_the_protos_that_it_describes() {
    let directory = tempfile::tempdir().expect("a folder");
    let path = directory.path().join("shop.binpb");
    let of = |bytes: Vec<u8>| {
        std::fs::write(&path, bytes).expect("written");
        Sources::new().proto_root(&path)
    };
    assert_eq!(title(&of(descriptors(1000, &[]))), Cardinality::Explicit);
    // `features.field_presence = IMPLICIT`
    let implicit = [0x92, 0x03, 0x02, 0x08, 0x02];
    assert_eq!(title(&of(descriptors(1001, &implicit))), Cardinality::Implicit);
    let no_names =
        descriptors(1000, &[]).into_iter().map(|byte| if byte == b'G' { b'?' } else { byte });
    for (bytes, reason) in [
        (
            no_names.collect(),
            "shop.proto names something `?etBookRequest`, `?etBook`: a name has letters",
        ),
        (descriptors(999, &[]), "shop.proto has an edition that is none of \"2023\" and \"2024\""),
        (vec![0xff], "it holds no google.protobuf.FileDescriptorSet"),
    ] {
        let compiled = compile(&of(bytes).schema_text("schema.graphql", SCHEMA));
        let told = compiled.diagnostics.render(Color::Never);
        assert!(compiled.contract.is_none() && told.contains(reason), "{told}");
    }
}
