//! Input objects as the fields of a message.

use std::{collections::HashMap, sync::Arc};

use super::{Encoder, Encoders, Kind, Result, refused};
use crate::{
    error::Error,
    operation::{Value, Variables},
    transcoder::{
        misfit::Misfit,
        request::{
            Sources,
            oneof::{Given, Route},
        },
        wire::put_len,
    },
};

/// In place of a field's number: the fields of the input object stand in the same message, as those of a oneof do.
const SAME_MESSAGE: u32 = 0;

/// The fields of an input object by name.
pub(super) type Object = HashMap<String, ObjectField>;

#[derive(Debug)]
pub(super) struct ObjectField {
    /// The messages around the field.
    path: Vec<u32>,
    number: u32,
    pub(super) route: Route,
    pub(super) encoder: Encoder,
}

impl Encoders {
    /// The position of an input object.
    pub(super) fn object(
        &mut self,
        index: u32,
        sources: Sources<'_>,
    ) -> std::result::Result<usize, Error> {
        if let Some(position) = self.object_positions.get(&index) {
            return Ok(*position);
        }
        // Its place is taken before its fields are read: an input object may contain itself.
        let position = self.objects.len();
        self.objects.push(HashMap::new());
        self.object_positions.insert(index, position);
        let input = sources.contract.inputs.get(index as usize).ok_or_else(refused)?;
        let message = sources.descriptors.message(&input.message);
        let mut fields = HashMap::with_capacity(input.fields.len());
        for field in &input.fields {
            let (number, path) = field.path.split_last().unwrap_or((&SAME_MESSAGE, &[]));
            let value = field.value.as_ref().ok_or_else(refused)?;
            let encoder = self.encoder(value, sources)?;
            let route = Route::of(message.clone(), &field.path);
            let object_field = ObjectField { path: path.to_vec(), number: *number, route, encoder };
            fields.insert(field.name.clone(), object_field);
        }
        self.objects[position] = fields;
        Ok(position)
    }

    /// Appends the fields of an input object. `given` are those of the message so far.
    pub(super) fn members(
        &self,
        out: &mut Vec<u8>,
        position: usize,
        fields: &[(Arc<str>, Value)],
        variables: &Variables,
        given: &mut Given,
    ) -> Result<()> {
        for (name, value) in fields {
            let Some(field) = self.objects[position].get(&**name) else { continue };
            let Some(value) = value.resolve(variables) else { continue };
            let written = match (field.number, field.encoder.kind, value) {
                (SAME_MESSAGE, _, Value::Null) => Ok(()),
                (SAME_MESSAGE, Kind::Object(position), Value::Object(fields)) => {
                    self.members(out, position, fields, variables, given)
                }
                (SAME_MESSAGE, ..) => Err(Misfit::new(value, "is not an object")),
                _ => self.member(field, value, variables).and_then(|bytes| {
                    if !bytes.is_empty() {
                        let added = given.add(&field.route, name);
                        added.map_err(|other| Misfit::beside(value, &other))?;
                        out.extend_from_slice(&bytes);
                    }
                    Ok(())
                }),
            };
            written.map_err(|misfit| misfit.in_field(name))?;
        }
        Ok(())
    }

    /// A field, and the messages around it; nothing where it is not given.
    fn member(&self, field: &ObjectField, value: &Value, variables: &Variables) -> Result<Vec<u8>> {
        let mut inner = Vec::new();
        self.field(&mut inner, field.number, &field.encoder, value, variables)?;
        if inner.is_empty() {
            return Ok(inner);
        }
        // Two fields inside one enclosing message make two parts of it, which merge.
        for number in field.path.iter().rev() {
            let mut outer = Vec::with_capacity(inner.len() + 6);
            put_len(&mut outer, *number, &inner);
            inner = outer;
        }
        Ok(inner)
    }
}
