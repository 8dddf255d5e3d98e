//! The contract: everything that the runtime has to know, in numbers.

use apollo_compiler::ast::OperationType;

use super::sdl::sdl;
use crate::contract::{Contract, Source, source};
use crate::input::ENFORCED;
use crate::model::Model;

const FORMAT: u32 = 1;

pub(crate) fn contract(model: &Model<'_>) -> Contract {
    Contract {
        format: FORMAT,
        required_features: required_features(model),
        optional_features: optional_features(model),
        sdl: sdl(&model.input.schema),
        descriptor_set: descriptor_set(model),
        bindings: model.bindings.clone(),
        inputs: model.inputs.clone(),
        enums: model.enums.clone(),
        methods: model.methods.clone(),
        resolvers: model.resolvers.clone(),
        mask_messages: model.mask_messages.clone(),
        query: model.query,
        mutation: model.mutation,
        subscription: model.subscription,
    }
}

fn required_features(model: &Model<'_>) -> Vec<String> {
    let directives = &model.input.schema.used_directives;
    let mut features: Vec<String> = ENFORCED
        .iter()
        .filter(|name| directives.contains_key(**name))
        .map(|name| (*name).to_owned())
        .collect();
    let mut fields = model.bindings.iter().flat_map(|binding| &binding.fields);
    if fields.any(|field| field.source.as_ref().is_some_and(has_default)) {
        features.push("defaults".to_owned());
    }
    let mut fields = model.bindings.iter().flat_map(|binding| &binding.fields);
    if fields.any(|field| field.source.as_ref().is_some_and(gathers)) {
        features.push("gather".to_owned());
    }
    let mut fields = model.bindings.iter().flat_map(|binding| &binding.fields);
    if fields.any(|field| field.source.as_ref().is_some_and(has_keys_in_lists)) {
        features.push("keys-in-lists".to_owned());
    }
    if model.methods.iter().any(|method| method.promised) {
        features.push("promised".to_owned());
    }
    if !model.resolvers.is_empty() {
        features.push("resolve".to_owned());
    }
    if model.sites.iter().any(|site| site.operation == Some(OperationType::Subscription)) {
        features.push("subscriptions".to_owned());
    }
    features.sort();
    features
}

fn has_default(source: &Source) -> bool {
    match &source.kind {
        Some(source::Kind::Wire(wire)) => !wire.default.is_empty(),
        Some(source::Kind::Join(join)) => join.then.as_deref().is_some_and(has_default),
        None => false,
    }
}

/// Whether keys stand in repeated messages.
fn has_keys_in_lists(source: &Source) -> bool {
    let Some(source::Kind::Join(join)) = &source.kind else { return false };
    join.key.iter().any(|part| !part.lists.is_empty())
        || join.then.as_deref().is_some_and(has_keys_in_lists)
}

/// Whether a stream is gathered, by the field's own call or by the one that stands in for it.
fn gathers(source: &Source) -> bool {
    let Some(source::Kind::Join(join)) = &source.kind else { return false };
    let fallback = join.policy.as_ref().and_then(|policy| policy.fallback.as_ref());
    let rpc = fallback.and_then(|fallback| fallback.rpc.as_ref());
    join.gather.is_some() || rpc.is_some_and(|rpc| rpc.gather.is_some())
}

fn optional_features(model: &Model<'_>) -> Vec<String> {
    let has_echoes = |site| model.join(site).is_some_and(|join| !join.echoes.is_empty());
    let used = [
        ("echoes", model.sites.iter().any(has_echoes)),
        ("selection", !model.mask_messages.is_empty()),
    ];
    used.into_iter().filter(|(_, is_used)| *is_used).map(|(name, _)| name.to_owned()).collect()
}

/// A FileDescriptorSet is a repeated field of files: sets are joined by joining their bytes.
fn descriptor_set(model: &Model<'_>) -> Vec<u8> {
    const FILE: u32 = 1;
    let mut set = model.input.protos.descriptor_set.clone();
    for name in WELL_KNOWN {
        let is_needed = model.synthetic_imports.contains(*name);
        let is_there = model.input.protos.pool.get_file_by_name(name).is_some();
        if let (true, false, Some(file)) =
            (is_needed, is_there, prost_reflect::DescriptorPool::global().get_file_by_name(name))
        {
            prost::encoding::bytes::encode(FILE, &file.encode_to_vec(), &mut set);
        }
    }
    for file in &model.synthetic_files {
        prost::encoding::bytes::encode(FILE, file, &mut set);
    }
    set
}

/// What synthetic messages may import.
const WELL_KNOWN: &[&str] = &[
    "google/protobuf/any.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
];
