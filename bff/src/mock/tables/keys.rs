//! What names the objects of a type: one field, the same in every message that the type is sent as.

use std::collections::HashMap;

use crate::contract::{
    Binding, Cardinality, Contract, Join, Source, Wire, fill, source,
    wire::{self, Value},
};

/// The GraphQL name of the key of each type that has one.
pub(super) fn of_types(contract: &Contract) -> HashMap<String, String> {
    let mut keys = HashMap::new();
    for binding in &contract.bindings {
        if let Some(key) = by_name(binding) {
            keys.entry(binding.r#type.clone()).or_insert(key);
        }
    }
    // What a root field asks for names its object: `product(sku: …)`.
    for field in contract.query.iter().flat_map(|root| &contract.bindings[*root as usize].fields) {
        if let Some((binding, join)) = joined(contract, field.source.as_ref())
            && let Some(key) = by_argument(binding, join)
        {
            keys.entry(binding.r#type.clone()).or_insert(key);
        }
    }
    keys
}

fn by_name(binding: &Binding) -> Option<String> {
    let own = format!("{}Id", binding.r#type);
    let candidates = ["id", own.as_str(), "uuid", "sku", "isbn", "slug"];
    let names = || binding.fields.iter().filter(|field| is_leaf(field.source.as_ref()));
    candidates.iter().find_map(|candidate| {
        names()
            .find(|field| field.name.eq_ignore_ascii_case(candidate))
            .map(|field| field.name.clone())
    })
}

fn by_argument(binding: &Binding, join: &Join) -> Option<String> {
    let arguments = join.fills.iter().filter_map(|fill| match &fill.source {
        Some(fill::Source::Argument(name)) => Some(name),
        _ => None,
    });
    let mut named = arguments.filter(|argument| {
        binding
            .fields
            .iter()
            .any(|field| field.name == **argument && is_leaf(field.source.as_ref()))
    });
    named.next().cloned()
}

/// The object that a field asks one call for, and the call.
fn joined<'a>(
    contract: &'a Contract,
    source: Option<&'a Source>,
) -> Option<(&'a Binding, &'a Join)> {
    let Some(source::Kind::Join(join)) = source?.kind.as_ref() else { return None };
    let Some(source::Kind::Wire(wire)) = join.then.as_ref()?.kind.as_ref() else { return None };
    let Some(Value::Binding(binding)) = wire.value else { return None };
    (join.batch.is_none() && wire.cardinality() != Cardinality::Repeated)
        .then_some((&contract.bindings[binding as usize], join))
}

fn is_leaf(source: Option<&Source>) -> bool {
    matches!(
        source.and_then(|source| source.kind.as_ref()),
        Some(source::Kind::Wire(Wire { value: Some(wire::Value::Leaf(_)), .. }))
    )
}
