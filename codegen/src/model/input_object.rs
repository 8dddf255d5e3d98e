//! Input objects laid over request messages.

use apollo_compiler::schema::InputValueDefinition;
use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::abstract_type::oneof_of;
use super::binder::Binder;
use super::directives::Reader;
use super::fault::{Fault, Side};
use super::names::field_of;
use super::path::{Place, numbers};
use super::value::Side as TypeSide;
use crate::contract::{Cardinality, InputField, InputValue, input_value};

impl Binder<'_> {
    pub(super) fn bind_input(&mut self, id: u32, type_name: &str, message: &MessageDescriptor) {
        let Some(input) = self.type_of(type_name).and_then(|ty| ty.as_input_object()) else {
            return;
        };
        for field in input.fields.values() {
            if let Some(field) = self.input_field(type_name, field, message) {
                self.model.inputs[id as usize].fields.push(field);
            }
        }
    }

    fn input_field(
        &mut self,
        type_name: &str,
        field: &InputValueDefinition,
        message: &MessageDescriptor,
    ) -> Option<InputField> {
        let name = field.name.to_string();
        let named = field.ty.inner_named_type();
        if self.is_oneof_group(field, message) {
            let value = Some(input_value::Value::Input(self.input_binding(named, message)));
            let value =
                InputValue { cardinality: Cardinality::Explicit as i32, value, map_key: None };
            return Some(InputField { name, path: Vec::new(), value: Some(value) });
        }
        let path = self.input_field_path(type_name, field, message)?;
        let coordinate = format!("{type_name}.{name}");
        let span = self.type_span(&field.ty);
        let side = TypeSide { coordinate: &coordinate, ty: &field.ty, span };
        let value = self.input_value(&side, path.last()?)?;
        Some(InputField { name, path: numbers(&path), value: Some(value) })
    }

    /// Whether a field of an input object is a oneof, whose members are fields of the message itself.
    pub(super) fn is_oneof_group(
        &self,
        field: &InputValueDefinition,
        message: &MessageDescriptor,
    ) -> bool {
        let ty = self.type_of(field.ty.inner_named_type());
        ty.is_some_and(|ty| ty.is_input_object())
            && field_of(message, &field.name).is_none()
            && oneof_of(message, &field.name).is_some()
    }

    /// Where a field of an input object goes in a message.
    pub(super) fn input_field_path(
        &mut self,
        type_name: &str,
        field: &InputValueDefinition,
        message: &MessageDescriptor,
    ) -> Option<Vec<FieldDescriptor>> {
        if let Some(from) = Reader::find(self.schema(), &field.directives, "from")
            .and_then(|from| from.text("path"))
        {
            return self.path(
                message,
                &from.value,
                Place { side: Side::From, argument: "path", span: from.span },
            );
        }
        if let Some(field) = field_of(message, &field.name) {
            return Some(vec![field]);
        }
        let span = self.span(field.name.location());
        let coordinate = format!("{type_name}.{}", field.name);
        let (field, message) = (field.name.to_string(), self.facts(message));
        self.fault(Fault::UnmappedInputField { coordinate, field, span, message });
        None
    }
}
