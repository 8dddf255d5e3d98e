//! What introspection tells, as data. Names follow the introspection types of the specification.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, de};

use crate::operation::Type;

/// The whole schema.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) description: Option<String>,
    pub(super) query: Option<String>,
    pub(super) mutation: Option<String>,
    pub(super) subscription: Option<String>,
    pub(super) directives: Vec<DirectiveInfo>,
    types: Vec<TypeInfo>,
    positions: HashMap<String, usize>,
}

impl Tables {
    pub(super) fn add(&mut self, info: TypeInfo) {
        self.positions.insert(info.name.clone(), self.types.len());
        self.types.push(info);
    }

    /// All types.
    pub(super) fn types(&self) -> &[TypeInfo] {
        &self.types
    }

    /// The type of this name.
    pub(super) fn find(&self, name: &str) -> Option<&TypeInfo> {
        self.positions.get(name).map(|at| &self.types[*at])
    }
}

/// `__Type`, for a type that has a name.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TypeInfo {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    #[serde(rename = "specifiedByURL")]
    pub(super) specified_by: Option<String>,
    pub(super) fields: Option<Vec<FieldInfo>>,
    pub(super) interfaces: Option<Vec<Named>>,
    pub(super) possible_types: Option<Vec<Named>>,
    pub(super) enum_values: Option<Vec<EnumValueInfo>>,
    pub(super) input_fields: Option<Vec<InputInfo>>,
    pub(super) is_one_of: Option<bool>,
}

/// A type that is only named.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

/// `__Field`
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct FieldInfo {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) args: Vec<InputInfo>,
    #[serde(rename = "type", deserialize_with = "read_type")]
    pub(super) ty: Type,
    #[serde(flatten)]
    pub(super) deprecation: Deprecation,
}

/// `__InputValue`
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct InputInfo {
    pub(super) name: String,
    pub(super) description: Option<String>,
    #[serde(rename = "type", deserialize_with = "read_type")]
    pub(super) ty: Type,
    #[serde(rename = "defaultValue")]
    pub(super) default_value: Option<String>,
    #[serde(flatten)]
    pub(super) deprecation: Deprecation,
}

/// `__EnumValue`
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct EnumValueInfo {
    pub(super) name: String,
    pub(super) description: Option<String>,
    #[serde(flatten)]
    pub(super) deprecation: Deprecation,
}

/// `__Directive`
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DirectiveInfo {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) locations: Vec<&'static str>,
    pub(super) args: Vec<InputInfo>,
    pub(super) is_repeatable: bool,
    pub(super) deprecation: Deprecation,
}

/// Whether something is deprecated, and why.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Deprecation {
    pub(super) is_deprecated: bool,
    pub(super) deprecation_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeJson {
    kind: String,
    name: Option<String>,
    of_type: Option<Box<TypeJson>>,
}

fn read_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Type, D::Error> {
    let written = TypeJson::deserialize(deserializer)?;
    to_type(written).ok_or_else(|| de::Error::custom("a type that has neither name nor items"))
}

fn to_type(written: TypeJson) -> Option<Type> {
    let inner = |of_type: Option<Box<TypeJson>>| Some(Box::new(to_type(*of_type?)?));
    match written.kind.as_str() {
        "NON_NULL" => inner(written.of_type).map(Type::NonNull),
        "LIST" => inner(written.of_type).map(Type::List),
        _ => written.name.map(Type::Named),
    }
}
