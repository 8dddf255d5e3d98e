//! What the schema says of fields that Rust functions answer: descriptions, and whether null is a value.

use std::collections::HashMap;

use apollo_compiler::Node;
use apollo_compiler::ast::{Definition, Document, ObjectTypeDefinition};

use super::names::comment;
use crate::contract::Contract;

/// The object types of a contract's schema.
pub(super) struct Schema {
    objects: HashMap<String, Node<ObjectTypeDefinition>>,
}

impl Schema {
    pub(super) fn of(contract: &Contract) -> Self {
        let document = Document::parse(contract.sdl.as_str(), "contract.graphql")
            .expect("a finished contract has a schema");
        let objects = document.definitions.into_iter().filter_map(|definition| match definition {
            Definition::ObjectTypeDefinition(object) => Some((object.name.to_string(), object)),
            _ => None,
        });
        Self { objects: objects.collect() }
    }

    /// The lines that describe a field, as they stand in the schema.
    pub(super) fn description(&self, type_name: &str, field: &str) -> Vec<String> {
        let description = self.field(type_name, field).and_then(|field| field.description.as_ref());
        let line = |line: &str| format!(" {}", comment(line));
        let lines = description.map(|text| text.lines().map(line).collect());
        lines.unwrap_or_default()
    }

    pub(super) fn is_nullable(&self, type_name: &str, field: &str) -> bool {
        self.field(type_name, field).is_none_or(|field| !field.ty.is_non_null())
    }

    fn field(
        &self,
        type_name: &str,
        field: &str,
    ) -> Option<&apollo_compiler::ast::FieldDefinition> {
        let fields = &self.objects.get(type_name)?.fields;
        fields.iter().find(|definition| definition.name == field).map(|field| &**field)
    }
}
