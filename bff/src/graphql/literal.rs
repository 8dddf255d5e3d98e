//! Values written in a schema or a document, coerced to their types.

use std::{cell::RefCell, sync::Arc};

use apollo_compiler::{
    Node, Schema,
    ast::{self, InputValueDefinition, Type, VariableDefinition},
    schema::ExtendedType,
};

use crate::operation::Value;

/// Deeper than this no default may contain the defaults of others: a schema whose defaults contain themselves would
/// never come to an end.
const DEPTH: usize = 64;

/// Reads the values of a schema, or of a document with these variables.
pub(super) struct Literals<'a> {
    schema: &'a Schema,
    variables: &'a [Node<VariableDefinition>],
    unheld: RefCell<Vec<String>>,
}

impl<'a> Literals<'a> {
    pub(super) fn new(schema: &'a Schema, variables: &'a [Node<VariableDefinition>]) -> Self {
        Self { schema, variables, unheld: RefCell::default() }
    }

    /// The numbers read since the last time that are given for custom scalars and are null here, since nothing holds them.
    pub(super) fn unheld(&self) -> Vec<String> {
        self.unheld.take()
    }

    /// The position of a variable among the operation's.
    pub(super) fn variable(&self, name: &str) -> Option<usize> {
        self.variables.iter().position(|variable| variable.name == name)
    }

    /// What an argument or an input field has: its value, or its default, or nothing.
    pub(super) fn input(
        &self,
        definition: &InputValueDefinition,
        value: Option<&ast::Value>,
    ) -> Option<Value> {
        self.input_at(definition, value, 0)
    }

    fn input_at(
        &self,
        definition: &InputValueDefinition,
        value: Option<&ast::Value>,
        depth: usize,
    ) -> Option<Value> {
        let default = || {
            let written = definition.default_value.as_ref()?;
            (depth < DEPTH).then(|| self.value_at(&definition.ty, written, depth + 1))
        };
        match value {
            None => default(),
            Some(ast::Value::Variable(name)) => {
                Some(self.variable_value(&definition.ty, name, default()))
            }
            Some(value) => Some(self.value_at(&definition.ty, value, depth)),
        }
    }

    /// A value of this type.
    pub(super) fn value(&self, ty: &Type, value: &ast::Value) -> Value {
        self.value_at(ty, value, 0)
    }

    /// A variable where a value of this type is wanted.
    pub(super) fn variable_value(&self, ty: &Type, name: &str, default: Option<Value>) -> Value {
        let Some(index) = self.variable(name) else { return default.unwrap_or(Value::Null) };
        let never_null = ty.is_non_null() && !self.variables[index].ty.is_non_null();
        Value::Variable { index, default: default.map(Box::new), never_null }
    }

    fn value_at(&self, ty: &Type, value: &ast::Value, depth: usize) -> Value {
        match value {
            ast::Value::Null => return Value::Null,
            // In a list, a variable without a value is null.
            ast::Value::Variable(name) => return self.variable_value(ty, name, Some(Value::Null)),
            _ => {}
        }
        match ty {
            Type::List(item) | Type::NonNullList(item) => Value::List(match value {
                ast::Value::List(items) => {
                    items.iter().map(|value| self.value_at(item, value, depth)).collect()
                }
                single => vec![self.value_at(item, single, depth)],
            }),
            Type::Named(name) | Type::NonNullNamed(name) => match self.schema.types.get(name) {
                Some(ExtendedType::InputObject(object)) => {
                    self.object(object.fields.values(), value, depth)
                }
                _ => self.leaf(name, value),
            },
        }
    }

    fn object<'f>(
        &self,
        fields: impl Iterator<Item = &'f Node<InputValueDefinition>>,
        value: &ast::Value,
        depth: usize,
    ) -> Value {
        let given = value.as_object().unwrap_or_default();
        let entries = fields.filter_map(|field| {
            let value = given.iter().find(|(name, _)| *name == field.name);
            let value = self.input_at(field, value.map(|(_, value)| &**value), depth)?;
            Some((Arc::from(field.name.as_str()), value))
        });
        Value::Object(entries.collect())
    }

    fn leaf(&self, type_name: &str, value: &ast::Value) -> Value {
        match (type_name, value) {
            ("ID", ast::Value::Int(number)) => Value::String(Arc::from(number.as_str())),
            ("Float", ast::Value::Int(number)) => float(number.try_to_f64().ok()),
            ("Float", ast::Value::Float(number)) => float(number.try_to_f64().ok()),
            _ => self.plain(value),
        }
    }

    /// A value as it is written, for built-in scalars that need no conversion and for custom scalars.
    fn plain(&self, value: &ast::Value) -> Value {
        match value {
            ast::Value::Null => Value::Null,
            ast::Value::Boolean(value) => Value::Boolean(*value),
            ast::Value::String(text) => Value::String(Arc::from(text.as_str())),
            ast::Value::Enum(name) => Value::Enum(Arc::from(name.as_str())),
            ast::Value::Int(number) => self.number(number.as_str()),
            ast::Value::Float(number) => self.number(number.as_str()),
            ast::Value::List(items) => {
                Value::List(items.iter().map(|item| self.plain(item)).collect())
            }
            ast::Value::Object(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(name, value)| (Arc::from(name.as_str()), self.plain(value)))
                    .collect(),
            ),
            ast::Value::Variable(name) => match self.variable(name) {
                Some(index) => Value::Variable { index, default: None, never_null: false },
                None => Value::Null,
            },
        }
    }

    fn number(&self, written: &str) -> Value {
        number(written).unwrap_or_else(|| {
            self.unheld.borrow_mut().push(written.to_owned());
            Value::Null
        })
    }
}

/// A number as it is written, for a custom scalar: exact as long as 64 bits hold it, with a sign or without one, and as
/// near as a double comes where it is written with a fraction or an exponent. `None`: it would become another number.
pub(super) fn number(written: &str) -> Option<Value> {
    let is_integer = !written.contains(['.', 'e', 'E']);
    let signed = written.parse().map(Value::Int);
    if let Ok(exact) = signed.or_else(|_| written.parse().map(Value::Unsigned)) {
        return Some(exact);
    }
    let double = written.parse().ok().filter(|number: &f64| number.is_finite())?;
    (!is_integer || format!("{double:.0}") == written).then_some(Value::Float(double))
}

/// The validator has refused numbers that no float can hold.
fn float(value: Option<f64>) -> Value {
    value.map_or(Value::Null, Value::Float)
}
