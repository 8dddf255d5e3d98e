//! The types of variables, compiled so that coercion asks no schema.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use apollo_compiler::{Schema, ast::Type, schema::ExtendedType};

use crate::{
    graphql::literal::Literals,
    operation::{EnumType, InputType, Value},
};

/// All input objects of a schema, by name.
#[derive(Debug, Default)]
pub(in crate::graphql) struct InputTypes {
    objects: HashMap<Arc<str>, InputObject>,
}

/// An input object.
#[derive(Debug)]
pub(in crate::graphql) struct InputObject {
    /// Exactly one of the fields must be given.
    pub(in crate::graphql) one_of: bool,
    /// In the order of the schema.
    pub(in crate::graphql) fields: Vec<InputField>,
    positions: HashMap<Arc<str>, usize>,
}

/// A field of an input object.
#[derive(Debug)]
pub(in crate::graphql) struct InputField {
    pub(in crate::graphql) name: Arc<str>,
    pub(in crate::graphql) ty: InputType,
    /// What holds where the field is not given.
    pub(in crate::graphql) default: Option<Value>,
    /// How many values the default consists of.
    pub(in crate::graphql) default_values: usize,
}

impl InputTypes {
    pub(super) fn new(schema: &Schema) -> Self {
        let literals = Literals::new(schema, &[]);
        let mut objects = HashMap::new();
        for (name, ty) in &schema.types {
            let ExtendedType::InputObject(object) = ty else { continue };
            let fields: Vec<InputField> = object
                .fields
                .values()
                .map(|field| {
                    let default = literals.input(field, None);
                    InputField {
                        name: Arc::from(field.name.as_str()),
                        ty: input_type(schema, &field.ty),
                        default_values: default.as_ref().map_or(0, count),
                        default,
                    }
                })
                .collect();
            let positions =
                fields.iter().enumerate().map(|(at, field)| (field.name.clone(), at)).collect();
            let one_of = object.is_one_of();
            objects.insert(Arc::from(name.as_str()), InputObject { one_of, fields, positions });
        }
        Self { objects }
    }

    /// The input object of this name.
    pub(in crate::graphql) fn object(&self, name: &str) -> Option<&InputObject> {
        self.objects.get(name)
    }

    /// Whether a variable of this type may have a value that only its use checks: that of a custom scalar, or a null in a list.
    pub(in crate::graphql) fn is_unchecked(&self, ty: &InputType) -> bool {
        self.is_unchecked_beside(ty, &mut HashSet::new())
    }

    /// `seen` are the input objects that were looked at.
    fn is_unchecked_beside<'t>(&'t self, ty: &'t InputType, seen: &mut HashSet<&'t str>) -> bool {
        match ty {
            InputType::NonNull(inner) => self.is_unchecked_beside(inner, seen),
            InputType::List(item) => {
                !matches!(**item, InputType::NonNull(_)) || self.is_unchecked_beside(item, seen)
            }
            InputType::Scalar(_) => true,
            InputType::Object(name) => {
                let fields = self.object(name).map(|object| &*object.fields).unwrap_or_default();
                seen.insert(name)
                    && fields.iter().any(|field| self.is_unchecked_beside(&field.ty, seen))
            }
            _ => false,
        }
    }
}

impl InputObject {
    /// The position of a field.
    pub(in crate::graphql) fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }
}

/// What a variable or input field of this type takes.
pub(in crate::graphql) fn input_type(schema: &Schema, ty: &Type) -> InputType {
    match ty {
        Type::NonNullNamed(name) => InputType::NonNull(Box::new(named(schema, name))),
        Type::NonNullList(item) => {
            let list = InputType::List(Box::new(input_type(schema, item)));
            InputType::NonNull(Box::new(list))
        }
        Type::List(item) => InputType::List(Box::new(input_type(schema, item))),
        Type::Named(name) => named(schema, name),
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::List(items) => items.iter().map(count).sum(),
        Value::Object(entries) => entries.iter().map(|(_, value)| count(value)).sum(),
        _ => 0,
    }
}

fn named(schema: &Schema, name: &str) -> InputType {
    match name {
        "Int" => return InputType::Int,
        "Float" => return InputType::Float,
        "String" => return InputType::String,
        "Boolean" => return InputType::Boolean,
        "ID" => return InputType::Id,
        _ => {}
    }
    match schema.types.get(name) {
        Some(ExtendedType::Enum(definition)) => {
            let values = definition.values.keys().map(|value| Arc::from(value.as_str())).collect();
            InputType::Enum(Arc::new(EnumType { name: Arc::from(name), values }))
        }
        Some(ExtendedType::InputObject(_)) => InputType::Object(Arc::from(name)),
        _ => InputType::Scalar(Arc::from(name)),
    }
}
