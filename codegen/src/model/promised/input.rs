//! Arguments and input objects as messages of ours.

use apollo_compiler::ast::Type;
use apollo_compiler::schema::ExtendedType;

use super::{cardinality, presence};
use crate::contract::{Fill, InputField, InputValue, Scalar, fill, input_value};
use crate::model::binder::{At, Binder};
use crate::model::synthetic::{FieldType, MessageBuilder, Purpose};

impl Binder<'_> {
    /// The arguments of the field as fields of a request.
    pub(in crate::model) fn synthetic_arguments(
        &mut self,
        at: &At,
        purpose: Purpose,
        request: &mut MessageBuilder,
    ) -> Option<Vec<Fill>> {
        let mut fills = Vec::new();
        for argument in &at.field.arguments {
            let coordinate = format!("{}({}:)", at.coordinate(), argument.name);
            let (ty, mut value) = self.synthetic_input(&coordinate, purpose, &argument.ty)?;
            let (_, number) = request.field(&argument.name, ty.clone());
            value.cardinality = cardinality(ty.repeated, presence(&ty)) as i32;
            let source = Some(fill::Source::Argument(argument.name.to_string()));
            fills.push(Fill { path: vec![number], source, value: Some(value), required: 0 });
        }
        Some(fills)
    }

    fn synthetic_input(
        &mut self,
        coordinate: &str,
        purpose: Purpose,
        ty: &Type,
    ) -> Option<(FieldType, InputValue)> {
        self.no_nested_list(coordinate, ty)?;
        let named = ty.inner_named_type().to_string();
        let (scalar, name, value) = match self.type_of(&named)? {
            ExtendedType::InputObject(_) => {
                let (full_name, id) = self.synthetic_input_object(purpose, &named)?;
                (Scalar::Message, Some(full_name), input_value::Value::Input(id))
            }
            _ => {
                let (leaf, name) = self.synthetic_leaf(purpose, &named)?;
                (leaf.scalar(), name, input_value::Value::Leaf(leaf))
            }
        };
        let ty = FieldType { scalar, name, repeated: ty.is_list(), optional: !ty.is_non_null() };
        Some((ty, InputValue { value: Some(value), ..Default::default() }))
    }

    fn synthetic_input_object(&mut self, purpose: Purpose, named: &str) -> Option<(String, u32)> {
        let key = (purpose, "input", named.to_owned());
        if let Some(full_name) = self.synthetics.names.get(&key).cloned() {
            let id = *self.input_ids.get(&(named.to_owned(), full_name.clone()))?;
            return Some((full_name, id));
        }
        let input = self.type_of(named)?.as_input_object()?.clone();
        let (name, full_name) = self.synthetics.claim(purpose, named);
        self.synthetics.names.insert(key, full_name.clone());
        let id = self.new_input((named.to_owned(), full_name.clone()));
        let mut message = MessageBuilder::new(&name);
        let mut fields = Vec::new();
        for field in input.fields.values() {
            let coordinate = format!("{named}.{}", field.name);
            let (ty, mut value) = self.synthetic_input(&coordinate, purpose, &field.ty)?;
            value.cardinality = cardinality(ty.repeated, presence(&ty)) as i32;
            let (_, number) = message.field(&field.name, ty);
            fields.push(InputField {
                name: field.name.to_string(),
                path: vec![number],
                value: Some(value),
            });
        }
        self.synthetics.add_message(purpose, message.build());
        self.model.inputs[id as usize].fields = fields;
        Some((full_name, id))
    }
}
