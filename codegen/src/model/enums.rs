//! GraphQL enums laid over protobuf enums.

use apollo_compiler::Node;
use apollo_compiler::schema::{EnumType, EnumValueDefinition};
use prost_reflect::{EnumDescriptor, EnumValueDescriptor};

use super::binder::{Binder, position};
use super::directives::Reader;
use super::fault::Fault;
use super::names::screaming;
use crate::contract::{Enum, EnumValue, Format, Leaf, Scalar};

impl Binder<'_> {
    pub(super) fn enum_leaf(&mut self, graphql: &Node<EnumType>, proto: &EnumDescriptor) -> Leaf {
        let key = (graphql.name.to_string(), proto.full_name().to_owned());
        let id = match self.enum_ids.get(&key) {
            Some(id) => *id,
            None => {
                let id = self.new_enum(key, Some(proto));
                self.bind_enum(id, graphql, proto);
                id
            }
        };
        enum_leaf(id)
    }

    /// The first enum of the protos that is the GraphQL one by `@message` or by its name, and has all of its values. A
    /// message of ours, which is proto3, can only hold open enums.
    pub(super) fn real_enum(&self, graphql: &Node<EnumType>) -> Option<EnumDescriptor> {
        let listed = self.listed_messages(&graphql.name);
        let is_meant = |proto: &EnumDescriptor| {
            if listed.is_empty() {
                proto.name() == graphql.name.as_str()
            } else {
                listed.iter().any(|name| name == proto.full_name())
            }
        };
        let has_all = |proto: &EnumDescriptor| {
            graphql.values.values().all(|value| self.value_of(proto, value).is_some())
        };
        let protos = &self.input.protos;
        let mut real: Vec<EnumDescriptor> = protos
            .pool
            .all_enums()
            .filter(|proto| protos.is_own(proto.parent_file().name()))
            .filter(|proto| protos.is_open(proto))
            .filter(|proto| is_meant(proto) && has_all(proto))
            .collect();
        real.sort_by(|left, right| left.full_name().cmp(right.full_name()));
        real.into_iter().next()
    }

    fn value_of(
        &self,
        proto: &EnumDescriptor,
        value: &EnumValueDefinition,
    ) -> Option<EnumValueDescriptor> {
        let from = Reader::find(self.schema(), &value.directives, "from")
            .and_then(|from| from.text("path"));
        counterpart(proto, from.as_ref().map_or(value.value.as_str(), |from| from.value.as_str()))
    }

    pub(super) fn new_enum(
        &mut self,
        key: (String, String),
        proto: Option<&EnumDescriptor>,
    ) -> u32 {
        let id = position(self.model.enums.len());
        let r#type = key.0.clone();
        self.enum_ids.insert(key, id);
        self.model.enum_protos.push(proto.cloned());
        self.model.enums.push(Enum { r#type, values: Vec::new() });
        id
    }

    fn bind_enum(&mut self, id: u32, graphql: &Node<EnumType>, proto: &EnumDescriptor) {
        for value in graphql.values.values() {
            let from = Reader::find(self.schema(), &value.directives, "from")
                .and_then(|from| from.text("path"));
            let wanted = from.as_ref().map_or(value.value.as_str(), |from| from.value.as_str());
            match counterpart(proto, wanted) {
                Some(proto) => {
                    let (name, number) = (value.value.to_string(), proto.number());
                    self.model.enums[id as usize].values.push(EnumValue { name, number });
                }
                None => {
                    let span = from.as_ref().map(|from| from.span);
                    self.unknown_value(graphql, value, proto, wanted, span);
                }
            }
        }
    }

    fn unknown_value(
        &mut self,
        graphql: &EnumType,
        value: &EnumValueDefinition,
        proto: &EnumDescriptor,
        wanted: &str,
        from: Option<Option<crate::diagnostic::Span>>,
    ) {
        let known = proto
            .values()
            .map(|value| (value.name().to_owned(), self.input.protos.enum_value_span(&value)));
        let known = known.collect();
        let span = from.unwrap_or_else(|| self.span(value.value.location()));
        self.fault(Fault::UnknownEnumValue {
            value: wanted.to_owned(),
            graphql: graphql.name.to_string(),
            span,
            proto: proto.full_name().to_owned(),
            proto_span: self.input.protos.enum_span(proto),
            known,
        });
    }
}

pub(super) fn enum_leaf(id: u32) -> Leaf {
    Leaf { scalar: Scalar::Enum as i32, format: Format::Enum as i32, r#enum: id, wrapped: false }
}

/// The value of that name, with or without the prefix that protobuf style asks for.
pub(crate) fn counterpart(proto: &EnumDescriptor, name: &str) -> Option<EnumValueDescriptor> {
    let prefixed = format!("{}_{name}", screaming(proto.name()));
    let exact = proto.get_value_by_name(name).or_else(|| proto.get_value_by_name(&prefixed));
    exact.or_else(|| {
        let prefix = common_prefix(proto);
        proto.values().find(|value| value.name().strip_prefix(prefix.as_str()) == Some(name))
    })
}

/// The words that all values begin with, underscore included.
fn common_prefix(proto: &EnumDescriptor) -> String {
    let names: Vec<String> = proto.values().map(|value| value.name().to_owned()).collect();
    let Some((first, rest)) = names.split_first() else { return String::new() };
    let mut length = first.len();
    for name in rest {
        let same =
            first.bytes().zip(name.bytes()).take_while(|(left, right)| left == right).count();
        length = length.min(same);
    }
    match (rest.is_empty(), first[..length].rfind('_')) {
        (false, Some(underscore)) => first[..=underscore].to_owned(),
        _ => String::new(),
    }
}
