//! Bindings one by one, each as a line that a person can read.

mod fields;
mod joins;

use anabranch_codegen::Sources;
use anabranch_codegen::contract::{
    Cardinality, Contract, Fallback, Fill, Input, InputValue, Join, KeyPart, Leaf, Policy, Scalar,
    SideEffects, Source, Template, fallback, fill, input_value, join, piece, source, wire,
};

use crate::contracts::{check_references, contract};

pub(crate) fn bound(proto: &str, schema: &str) -> Contract {
    let proto = format!("syntax = \"proto3\";\npackage shop.v1;\n{proto}");
    let contract = contract(
        &Sources::new().proto_text("shop.proto", proto).schema_text("shop.graphql", schema),
    );
    check_references(&contract);
    contract
}

fn source_of<'a>(contract: &'a Contract, coordinate: &str) -> &'a Source {
    let (type_name, name) = coordinate.split_once('.').expect("Type.field");
    let bindings = contract.bindings.iter().filter(|binding| binding.r#type == type_name);
    let mut fields =
        bindings.flat_map(|binding| &binding.fields).filter(|field| field.name == name);
    fields
        .next()
        .and_then(|field| field.source.as_ref())
        .unwrap_or_else(|| panic!("{coordinate} is bound"))
}

fn join_of<'a>(contract: &'a Contract, coordinate: &str) -> &'a Join {
    match &source_of(contract, coordinate).kind {
        Some(source::Kind::Join(join)) => join,
        _ => panic!("{coordinate} is no join"),
    }
}

#[track_caller]
pub(crate) fn check(contract: &Contract, coordinate: &str, expected: &str) {
    assert_eq!(show(contract, source_of(contract, coordinate)), expected, "{coordinate}");
}

/// `2 int64 as decimal`, `Pricing/BatchGetPrices(2 ← $args.currency) by 1→ in 1, items 1 matched 1: whole Money`.
fn show(contract: &Contract, source: &Source) -> String {
    match source.kind.as_ref().expect("a kind") {
        source::Kind::Wire(wire) => {
            let path = [wire.path.as_slice(), &[wire.number]].concat();
            let list = match wire.cardinality() {
                Cardinality::Repeated => " list of",
                Cardinality::Map => " map to",
                Cardinality::Explicit if wire.number != 0 => " maybe",
                _ => "",
            };
            let value = match wire.value.as_ref().expect("a value") {
                wire::Value::Leaf(leaf) => show_leaf(contract, leaf),
                wire::Value::Binding(id) => {
                    let binding = &contract.bindings[*id as usize];
                    let message = binding.message.rsplit('.').next().unwrap_or_default();
                    format!("{} in {message}", binding.r#type)
                }
            };
            format!(
                "{}{list} {value}",
                if wire.number == 0 && wire.path.is_empty() {
                    "whole".to_owned()
                } else {
                    dotted(&path)
                }
            )
        }
        source::Kind::Join(join) => show_join(contract, join),
    }
}

fn show_join(contract: &Contract, join: &Join) -> String {
    let target = match join.target.expect("a target") {
        join::Target::Method(id) => contract.methods[id as usize].name.clone(),
        join::Target::Resolver(id) => format!("resolver {}", contract.resolvers[id as usize].field),
    };
    let fills: Vec<String> = join.fills.iter().map(show_fill).collect();
    let key: Vec<String> = join.key.iter().map(show_part).collect();
    let mut text = format!("{target}({})", fills.join(", "));
    if !key.is_empty() {
        text += &format!(" by {}{}", key.join(" + "), if join.many { " each" } else { "" });
    }
    if let Some(batch) = &join.batch {
        let matched: Vec<String> = batch.r#match.iter().map(|part| dotted(&part.path)).collect();
        let kind = if batch.map {
            "map"
        } else if batch.group {
            "groups of"
        } else {
            "items"
        };
        text += &format!(
            " in {}, {kind} {} matched {}",
            dotted(&batch.keys),
            dotted(&batch.items),
            matched.join(" + ")
        );
    }
    for echo in &join.echoes {
        text += &format!(" says {} in {}", echo.request, dotted(&echo.response));
    }
    if let Some(selection) = &join.selection {
        let resource = dotted(&selection.resource);
        let resource = if resource.is_empty() { "whole" } else { &resource };
        text += &format!(" with mask {} of {resource}", dotted(&selection.path));
    }
    text + ": " + &show(contract, join.then.as_ref().expect("a value"))
}

fn show_part(part: &KeyPart) -> String {
    let target = if part.target.is_empty() { String::new() } else { dotted(&part.target) };
    format!("{}→{target}", dotted(&part.path))
}

fn show_fill(fill: &Fill) -> String {
    let source = match fill.source.as_ref().expect("a source") {
        fill::Source::Argument(path) => format!("$args.{path}"),
        fill::Source::Constant(bytes) => format!("{bytes:?}"),
        fill::Source::Identity(claim) => format!("$identity.{claim}"),
        fill::Source::Tenant(_) => "$tenant".to_owned(),
        fill::Source::Header(name) => format!("$header.{name}"),
        fill::Source::Context(key) => format!("$context.{key}"),
    };
    format!("{} ← {source}", dotted(&fill.path))
}

fn show_leaf(contract: &Contract, leaf: &Leaf) -> String {
    let wrapped = if leaf.wrapped { "wrapped " } else { "" };
    if leaf.scalar() == Scalar::Enum {
        return format!("{wrapped}enum {}", contract.enums[leaf.r#enum as usize].r#type);
    }
    let format = leaf.format().as_str_name().trim_start_matches("FORMAT_").to_lowercase();
    format!("{wrapped}{} as {format}", leaf.scalar().as_str_name().to_lowercase())
}

fn dotted(path: &[u32]) -> String {
    path.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

fn show_template(template: &Template) -> String {
    let piece =
        |piece: &anabranch_codegen::contract::Piece| match piece.kind.as_ref().expect("a kind") {
            piece::Kind::Text(text) => text.clone(),
            piece::Kind::Path(path) => format!("{{{}}}", dotted(&path.path)),
            piece::Kind::Argument(path) => format!("{{$args.{path}}}"),
        };
    template.pieces.iter().map(piece).collect()
}

fn show_input(contract: &Contract, input: &Input) -> Vec<String> {
    let value = |value: &InputValue| match value.value.as_ref().expect("a value") {
        input_value::Value::Leaf(leaf) => show_leaf(contract, leaf),
        input_value::Value::Input(id) => contract.inputs[*id as usize].r#type.clone(),
    };
    let line = |field: &anabranch_codegen::contract::InputField| {
        let of = field.value.as_ref().expect("a value");
        let list = if of.cardinality() == Cardinality::Repeated { "list of " } else { "" };
        format!("{} → {} {list}{}", field.name, dotted(&field.path), value(of))
    };
    input.fields.iter().map(line).collect()
}

const BOOKS: &str = r#"
service Catalog {
  rpc GetBook(GetBookRequest) returns (Book);
  rpc BatchGetBooks(BatchGetBooksRequest) returns (BatchGetBooksResponse);
  rpc BatchGetAuthors(BatchGetAuthorsRequest) returns (BatchGetAuthorsResponse);
}
message GetBookRequest { string id = 1; }
message BatchGetBooksRequest { repeated string ids = 1; }
message BatchGetBooksResponse { repeated Book books = 1; }
message BatchGetAuthorsRequest { repeated string ids = 1; }
message BatchGetAuthorsResponse { repeated Author authors = 1; }
message Author { string id = 1; string name = 2; }
message Book { string id = 1; string sku = 2; string market = 3; string author_id = 4; repeated string editor_ids = 5; Links links = 6; int64 shelf = 7; }
message Links { repeated string similar_ids = 1; string next_id = 2; }
"#;

fn with_service(service: &str) -> String {
    format!("{BOOKS}\n{service}")
}

fn fallback_of<'a>(contract: &'a Contract, coordinate: &str) -> &'a Fallback {
    let policy = join_of(contract, coordinate).policy.as_ref();
    policy.and_then(|policy| policy.fallback.as_deref()).expect("a fallback")
}

fn last<'a>(contract: &'a Contract, coordinate: &str) -> &'a [u8] {
    match &fallback_of(contract, coordinate).last {
        Some(fallback::Last::Value(bytes)) => bytes,
        other => panic!("{coordinate} falls back to {other:?}"),
    }
}

const REVIEWS: &str = "
service Reviews {
  rpc BatchListReviews(BatchListReviewsRequest) returns (BatchListReviewsResponse);
  rpc ListByBooks(BatchListReviewsRequest) returns (ListByBooksResponse);
  rpc AddReview(AddReviewRequest) returns (AddReviewResponse);
}
message BatchListReviewsRequest { repeated string book_ids = 1; int32 page_size = 2; }
message BatchListReviewsResponse { repeated Review reviews = 1; }
message ListByBooksResponse { repeated BookReviews groups = 1; }
message BookReviews { string book_id = 1; repeated Review reviews = 2; }
message Review { string id = 1; string book_id = 2; int32 stars = 3; repeated string tags = 4; Author author = 5; }
message AddReviewRequest { string book_id = 1; int32 stars = 2; string viewer = 3; Options options = 4; repeated string labels = 5; }
message Options { bool loud = 1; Mode mode = 2; repeated int64 numbers = 3; }
enum Mode { MODE_UNSPECIFIED = 0; MODE_FAST = 1; }
message AddReviewResponse { Review review = 1; }
";
