//! Reads a contract and refuses one that this runtime would answer wrongly.

use prost::Message;

use super::{Contract, Join, Source, fallback, fill, input_value, join, source, wire};
use crate::error::{Code, Error, Result};

/// The format that this runtime reads.
pub const FORMAT: u32 = 1;

/// The features that this runtime has.
pub const FEATURES: [&str; 8] = [
    "defaults",
    "echoes",
    "gather",
    "keys-in-lists",
    "promised",
    "resolve",
    "selection",
    "subscriptions",
];

/// What keeps callers out or limits what they ask. Made-up values need no protection: a mock answers without it.
const PROTECTION: [&str; 4] = ["authenticated", "requiresScopes", "cost", "listSize"];

/// Decodes a contract, and checks that its format and required features are known and that every reference in it leads
/// somewhere: nothing behind this function has to ask again.
///
/// # Errors
///
/// [`Code::FailedPrecondition`], with all reasons in one message.
pub fn load(bytes: &[u8]) -> Result<Contract> {
    load_knowing(bytes, &FEATURES)
}

/// The same for a mock, which answers before anything is protected.
///
/// # Errors
///
/// [`Code::FailedPrecondition`], with all reasons in one message.
pub fn load_for_mock(bytes: &[u8]) -> Result<Contract> {
    load_knowing(bytes, &[&FEATURES[..], &PROTECTION].concat())
}

fn load_knowing(bytes: &[u8], known: &[&str]) -> Result<Contract> {
    let contract = Contract::decode(bytes).map_err(|error| {
        Error::with_source(
            Code::FailedPrecondition,
            "this is not a contract; `anabranch build` writes one",
            error,
        )
    })?;
    let mut faults = Vec::new();
    if contract.format != FORMAT {
        faults
            .push(format!("it has format {}, this runtime reads format {FORMAT}", contract.format));
    }
    for feature in &contract.required_features {
        if !known.contains(&feature.as_str()) {
            faults.push(format!("it needs `{feature}`, which this runtime does not have yet"));
        }
    }
    for feature in &contract.optional_features {
        if !known.contains(&feature.as_str()) {
            tracing::warn!(
                feature,
                "the contract uses an optional feature that this runtime does not have"
            );
        }
    }
    if faults.is_empty() {
        References { contract: &contract, faults: &mut faults }.check();
    }
    if faults.is_empty() {
        return Ok(contract);
    }
    Err(Error::new(
        Code::FailedPrecondition,
        format!("the contract cannot be served: {}", faults.join("; ")),
    ))
}

struct References<'a> {
    contract: &'a Contract,
    faults: &'a mut Vec<String>,
}

impl References<'_> {
    fn check(&mut self) {
        let contract = self.contract;
        for root in [contract.query, contract.mutation, contract.subscription].into_iter().flatten()
        {
            self.binding(root, "a root type");
        }
        for binding in &contract.bindings {
            for member in &binding.members {
                self.binding(member.binding, &binding.r#type);
            }
            for field in &binding.fields {
                let place = format!("{}.{}", binding.r#type, field.name);
                match &field.source {
                    Some(source) => self.source(source, &place),
                    None => self.faults.push(format!("`{place}` has no source")),
                }
            }
        }
        for message in contract.mask_messages.iter().flat_map(|message| &message.fields) {
            if let Some(index) = message.message {
                self.mask_message(index, &message.name);
            }
        }
        for input in &contract.inputs {
            for field in &input.fields {
                let place = format!("{}.{}", input.r#type, field.name);
                self.input(field.value.as_ref().and_then(|value| value.value.as_ref()), &place);
            }
        }
    }

    fn binding(&mut self, index: u32, place: &str) {
        self.index("binding", index, self.contract.bindings.len(), place);
    }

    fn mask_message(&mut self, index: u32, place: &str) {
        self.index("mask message", index, self.contract.mask_messages.len(), place);
    }

    fn index(&mut self, what: &str, index: u32, length: usize, place: &str) {
        if index as usize >= length {
            self.faults.push(format!("`{place}` names {what} {index} of {length}"));
        }
    }

    fn source(&mut self, source: &Source, place: &str) {
        match &source.kind {
            Some(source::Kind::Wire(wire)) => match &wire.value {
                Some(wire::Value::Binding(index)) => self.binding(*index, place),
                Some(wire::Value::Leaf(leaf)) => self.leaf(leaf, place),
                None => self.faults.push(format!("`{place}` has no value")),
            },
            Some(source::Kind::Join(join)) => self.join(join, place),
            None => self.faults.push(format!("`{place}` has no source")),
        }
    }

    fn leaf(&mut self, leaf: &super::Leaf, place: &str) {
        if leaf.format() == super::Format::Enum {
            self.index("enum", leaf.r#enum, self.contract.enums.len(), place);
        }
    }

    fn join(&mut self, join: &Join, place: &str) {
        match join.target {
            Some(join::Target::Method(index)) => {
                self.index("method", index, self.contract.methods.len(), place);
            }
            Some(join::Target::Resolver(index)) => {
                self.index("resolver", index, self.contract.resolvers.len(), place);
            }
            None => self.faults.push(format!("`{place}` calls nothing")),
        }
        for fill in &join.fills {
            if matches!(fill.source, Some(fill::Source::Argument(_))) {
                self.input(fill.value.as_ref().and_then(|value| value.value.as_ref()), place);
            }
        }
        if let Some(batch) = &join.batch
            && !batch.map
            && batch.r#match.len() != join.key.len()
        {
            self.faults.push(format!(
                "`{place}` matches {} of {} key parts",
                batch.r#match.len(),
                join.key.len()
            ));
        }
        if join.gather.is_some() && join.batch.is_some() {
            self.faults.push(format!("`{place}` gathers a stream, and is a batch"));
        }
        if let Some(selection) = &join.selection {
            self.mask_message(selection.message, place);
            if selection.path.is_empty() {
                self.faults.push(format!("`{place}` has a mask without a place in the request"));
            }
        }
        match &join.then {
            Some(then) => self.source(then, place),
            None => self.faults.push(format!("`{place}` reads nothing from its reply")),
        }
        if let Some(fallback) = join.policy.as_ref().and_then(|policy| policy.fallback.as_ref()) {
            if let Some(rpc) = &fallback.rpc {
                self.join(rpc, place);
            }
            if fallback.last == Some(fallback::Last::Null(false)) {
                self.faults.push(format!("`{place}` has a null rung that is false"));
            }
        }
    }

    fn input(&mut self, value: Option<&input_value::Value>, place: &str) {
        match value {
            Some(input_value::Value::Input(index)) => {
                self.index("input", *index, self.contract.inputs.len(), place);
            }
            Some(input_value::Value::Leaf(leaf)) => self.leaf(leaf, place),
            None => self.faults.push(format!("`{place}` fills a request with nothing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(contract: &Contract, message: &str) {
        assert_eq!(load(&contract.encode_to_vec()).unwrap_err().to_string(), message);
    }

    #[test]
    fn an_empty_contract_of_this_format_is_read() {
        assert!(load(&Contract { format: FORMAT, ..Contract::default() }.encode_to_vec()).is_ok());
    }

    #[test]
    fn another_format_and_unknown_required_features_are_refused_at_once() {
        let contract = Contract {
            format: 9,
            required_features: vec!["teleport".to_owned()],
            ..Contract::default()
        };
        check(
            &contract,
            "the contract cannot be served: it has format 9, this runtime reads format 1; it needs `teleport`, which \
             this runtime does not have yet",
        );
    }

    #[test]
    fn a_mock_needs_no_protection() {
        let required_features = vec!["authenticated".to_owned(), "cost".to_owned()];
        let contract = Contract { format: FORMAT, required_features, ..Contract::default() };
        let bytes = contract.encode_to_vec();
        assert!(load(&bytes).is_err());
        assert_eq!(load_for_mock(&bytes).unwrap(), contract);
    }

    #[test]
    fn an_unknown_optional_feature_is_read_over() {
        let optional_features = vec!["teleport".to_owned()];
        assert!(
            load(
                &Contract { format: FORMAT, optional_features, ..Contract::default() }
                    .encode_to_vec()
            )
            .is_ok()
        );
    }

    #[test]
    fn a_reference_that_leads_nowhere_is_refused() {
        check(
            &Contract { format: FORMAT, query: Some(3), ..Contract::default() },
            "the contract cannot be served: `a root type` names binding 3 of 0",
        );
    }

    #[test]
    fn garbage_is_not_a_contract() {
        assert!(load(b"\xff\xff\xff").is_err());
    }
}
