//! Whole contracts: the benchmark's shop, a schema without services, and what every contract keeps to.

use std::path::{Path, PathBuf};

use anabranch_codegen::contract::{Contract, Source, State, join, source, wire};
use anabranch_codegen::{FieldState, Sources, compile, status};
use prost::Message;
use prost_reflect::DescriptorPool;

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn contract(sources: &Sources) -> Contract {
    let compiled = compile(sources);
    compiled.contract.unwrap_or_else(|| panic!("{}", compiled.diagnostics))
}

fn shop() -> Sources {
    Sources::new()
        .proto_root(repository().join("bench/proto"))
        .schema(repository().join("bench/schema"))
}

const PROMISED: &str = r#"
    type Query { book(id: ID!): Book search(text: String!): [Hit!]! }
    type Mutation { addReview(input: AddReviewInput!): Review }
    type Subscription { bookAdded: Book }
    input AddReviewInput { bookId: ID! stars: Int! tags: [String!] reply: AddReviewInput }
    union Hit = Book | User
    type Book { id: ID! title: String! genre: Genre price(in: Currency): Money reviews(first: Int): [Review!]! meta: JSON }
    type Money { amount: String! currency: Currency! }
    type Review { stars: Int! author: User! book: Book }
    type User { id: ID! name: String! friends: [User!]! since: DateTime }
    enum Genre { NOVEL POEM }
    enum Currency { EUR UNSPECIFIED }
"#;

/// One field of a type as `then`, `Wire` or `Join` in one line.
fn source_of(contract: &Contract, coordinate: &str) -> Source {
    let (type_name, field) = coordinate.split_once('.').expect("Type.field");
    let binding =
        contract.bindings.iter().find(|binding| binding.r#type == type_name).expect("bound");
    binding
        .fields
        .iter()
        .find(|bound| bound.name == field)
        .and_then(|field| field.source.clone())
        .expect("a source")
}

fn join_of(contract: &Contract, coordinate: &str) -> anabranch_codegen::contract::Join {
    match source_of(contract, coordinate).kind {
        Some(source::Kind::Join(join)) => *join,
        _ => panic!("{coordinate} is no join"),
    }
}

#[test]
fn the_shop_asks_each_service_once_for_a_level() {
    let contract = contract(&shop());
    for (coordinate, method, keys, parent, items, matched) in [
        ("Product.price", "shop.pricing.v1.PricingService/BatchGetPrices", 1, 1, 1, 1),
        ("Product.stock", "shop.inventory.v1.InventoryService/BatchGetStock", 1, 1, 1, 1),
        ("Product.reviews", "shop.reviews.v1.ReviewService/BatchListReviewsByProduct", 1, 1, 1, 1),
        ("Review.author", "shop.users.v1.UserService/BatchGetUsers", 1, 3, 1, 1),
    ] {
        let join = join_of(&contract, coordinate);
        let Some(join::Target::Method(id)) = join.target else {
            panic!("{coordinate} asks no method")
        };
        let target = &contract.methods[id as usize];
        assert_eq!(format!("{}/{}", target.service, target.name), method);
        let batch = join.batch.expect("one call for all");
        assert_eq!(batch.keys, [keys], "{coordinate}");
        assert_eq!(join.key[0].path, [parent], "{coordinate}");
        assert_eq!(batch.items, [items], "{coordinate}");
        assert_eq!(batch.r#match[0].path, [matched], "{coordinate}");
    }
}

#[test]
fn a_list_in_each_item_is_read_from_the_item() {
    let contract = contract(&shop());
    let join = join_of(&contract, "Product.reviews");
    assert!(!join.batch.as_ref().expect("a batch").group);
    assert_eq!(join.fills.len(), 1, "the limit goes to all");
    assert_eq!(join.fills[0].path, [2]);
    match join.then.expect("a value").kind {
        Some(source::Kind::Wire(wire)) => assert_eq!(wire.number, 2),
        _ => panic!("reviews are in the item"),
    }
}

#[test]
fn a_union_in_a_oneof_is_the_message_around_it() {
    let contract = contract(&shop());
    let Some(source::Kind::Wire(wire)) = source_of(&contract, "Product.delivery").kind else {
        panic!("it is there")
    };
    assert_eq!((wire.path.len(), wire.number), (0, 0));
    let Some(wire::Value::Binding(id)) = wire.value else { panic!("it is an object") };
    let union = &contract.bindings[id as usize];
    assert_eq!(
        (union.r#type.as_str(), union.message.as_str()),
        ("Delivery", "shop.catalog.v1.Product")
    );
    assert_eq!(union.members.iter().map(|member| member.number).collect::<Vec<_>>(), [16, 17]);
}

#[test]
fn the_bookshop_is_real_but_for_its_book_club() {
    let sources =
        Sources::new().proto_root(repository().join("proto")).schema(repository().join("schema"));
    let compiled = compile(&sources);
    let contract = compiled.contract.as_ref().unwrap_or_else(|| panic!("{}", compiled.diagnostics));
    check_references(contract);
    let statuses = status(&compiled);
    let unreal = statuses.iter().filter(|field| field.state != FieldState::Real);
    let unreal: Vec<&str> = unreal.map(|field| field.coordinate.as_str()).collect();
    assert!(!unreal.is_empty());
    assert!(unreal.iter().all(|field| field.contains("ookClub")), "{unreal:?}");
    assert!(
        compiled.diagnostics.iter().all(|finding| finding.rule() == "fragile-non-null"),
        "{}",
        compiled.diagnostics
    );
}

#[test]
fn the_same_sources_give_the_same_bytes() {
    for sources in [shop(), Sources::new().schema_text("promised.graphql", PROMISED)] {
        assert_eq!(contract(&sources).encode_to_vec(), contract(&sources).encode_to_vec());
    }
}

#[test]
fn positions_and_names_in_a_contract_exist() {
    for sources in [shop(), Sources::new().schema_text("promised.graphql", PROMISED)] {
        check_references(&contract(&sources));
    }
}

#[test]
fn clients_see_no_directive_of_ours() {
    let sdl = contract(&shop()).sdl;
    for directive in ["@rpc", "@fallback", "anabranch__"] {
        assert!(!sdl.contains(directive), "{directive} in\n{sdl}");
    }
    assert!(sdl.contains("scalar DateTime @specifiedBy"), "{sdl}");
    apollo_compiler::Schema::parse_and_validate(sdl, "sdl.graphql").expect("a valid schema");
}

#[test]
fn a_promised_field_is_a_batch_by_the_parents_key() {
    let contract = contract(&Sources::new().schema_text("promised.graphql", PROMISED));
    let book = join_of(&contract, "Book.reviews");
    let Some(join::Target::Method(id)) = book.target else { panic!("it asks a method") };
    let method = &contract.methods[id as usize];
    assert_eq!(
        (method.service.as_str(), method.name.as_str()),
        ("anabranch.promised.v1.Promised", "Book_reviews")
    );
    assert!(method.promised);
    assert_eq!(book.key[0].path, [2], "the id");
    assert_eq!(
        join_of(&contract, "Review.author").key[0].path,
        [1],
        "without an id the hidden key"
    );
    assert_eq!(book.fills[0].path, [2], "arguments come behind the keys");
    let states =
        contract.bindings.iter().flat_map(|binding| &binding.fields).map(|field| field.state());
    assert!(states.clone().count() > 10);
    assert!(states.into_iter().all(|state| state == State::Promised));
    assert_eq!(contract.required_features, ["promised", "subscriptions"]);
}

/// What a runtime relies on: every position and every name leads somewhere, every number is a field of its message.
pub(crate) fn check_references(contract: &Contract) {
    let pool =
        DescriptorPool::decode(contract.descriptor_set.as_slice()).expect("a descriptor set");
    for binding in contract.bindings.iter().filter(|binding| !binding.message.is_empty()) {
        let message = pool
            .get_message_by_name(&binding.message)
            .unwrap_or_else(|| panic!("{}", binding.message));
        for member in binding.members.iter().filter(|member| member.number != 0) {
            assert!(
                message.get_field(member.number).is_some(),
                "{} of {}",
                member.number,
                binding.message
            );
        }
        for field in &binding.fields {
            let source = field
                .source
                .as_ref()
                .unwrap_or_else(|| panic!("{}.{}", binding.r#type, field.name));
            check_source(contract, &pool, Some(&message), source);
        }
    }
    for method in &contract.methods {
        let service = pool.get_service_by_name(&method.service).expect("a service");
        let found = service.methods().find(|found| found.name() == method.name).expect("a method");
        assert_eq!(found.input().full_name(), method.input);
        assert_eq!(found.output().full_name(), method.output);
    }
    for input in &contract.inputs {
        let message = pool.get_message_by_name(&input.message).expect("a message");
        for field in input.fields.iter().filter(|field| !field.path.is_empty()) {
            walk(&message, &field.path);
        }
    }
}

fn check_source(
    contract: &Contract,
    pool: &DescriptorPool,
    message: Option<&prost_reflect::MessageDescriptor>,
    source: &Source,
) {
    match source.kind.as_ref().expect("a kind") {
        source::Kind::Wire(wire) => {
            if let Some(message) = message {
                let path: Vec<u32> = wire
                    .path
                    .iter()
                    .copied()
                    .chain((wire.number != 0).then_some(wire.number))
                    .collect();
                walk(message, &path);
            }
            match wire.value.as_ref().expect("a value") {
                wire::Value::Binding(id) => assert!((*id as usize) < contract.bindings.len()),
                wire::Value::Leaf(leaf) => {
                    assert!(leaf.format != 0);
                    assert!(leaf.r#enum == 0 || (leaf.r#enum as usize) < contract.enums.len());
                }
            }
        }
        source::Kind::Join(join) => {
            let Some(join::Target::Method(id)) = join.target else { return };
            let method = &contract.methods[id as usize];
            let input = pool.get_message_by_name(&method.input).expect("a request");
            join.fills
                .iter()
                .filter(|fill| !fill.path.is_empty())
                .for_each(|fill| walk(&input, &fill.path));
            if let Some(message) = message {
                join.key.iter().for_each(|part| walk(message, &part.path));
            }
            let mut output = pool.get_message_by_name(&method.output);
            if let Some(item) = join.gather.as_ref().and_then(|gather| gather.item.as_ref()) {
                walk(output.as_ref().expect("a message"), &item.path);
                // No proto has the message that repeats the items.
                output = None;
            }
            if let Some(batch) = &join.batch {
                walk(&input, &batch.keys);
                walk(output.as_ref().expect("a response"), &batch.items);
                // What is read from an item is checked where the item is a message of its own.
                output = None;
            }
            check_source(contract, pool, output.as_ref(), join.then.as_ref().expect("a value"));
        }
    }
}

fn walk(message: &prost_reflect::MessageDescriptor, path: &[u32]) {
    let mut message = Some(message.clone());
    for number in path {
        let here = message.expect("a message to go through");
        let field =
            here.get_field(*number).unwrap_or_else(|| panic!("{number} of {}", here.full_name()));
        message = field.kind().as_message().cloned();
    }
}

#[test]
fn extensions_are_folded_in_and_other_root_names_are_kept() {
    let schema = "schema { query: Root } type Root { a: Int } extend type Root { b: Mutation @mock(value: {c: 1}) }
                  type Mutation { c: Int @deprecated(reason: \"old\") } scalar Mine @specifiedBy(url: \"https://x.y\")";
    let sdl = contract(&Sources::new().schema_text("a.graphql", schema)).sdl;
    let expected = "schema {\n  query: Root\n}\n\ntype Root {\n  a: Int\n  b: Mutation\n}\n\n\
                    type Mutation {\n  c: Int @deprecated(reason: \"old\")\n}\n\nscalar Mine @specifiedBy(url: \"https://x.y\")\n";
    assert_eq!(sdl, expected);
}
