//! What a lookup says again: the id by which an object was asked for is the id of the object.

use prost_reflect::{FieldDescriptor, MessageDescriptor, MethodDescriptor};

use super::batch::same_class;
use super::leaf::scalar_of;
use super::names::snake;
use super::path::{is_plain, singular_message};
use crate::contract::{Cardinality, Echo, Fill, Wire, fill, source, wire};

/// The fields of a response that hold arguments of the request, where the response is, or has, the one object that was
/// asked for.
pub(super) fn echoes(
    method: &MethodDescriptor,
    fills: &[Fill],
    then: &crate::contract::Source,
) -> Vec<Echo> {
    let Some(source::Kind::Wire(wire)) = &then.kind else { return Vec::new() };
    let Some((path, object)) = object_of(method, wire) else { return Vec::new() };
    let echo = |fill: &Fill| {
        let (Some(fill::Source::Argument(_)), [number]) = (&fill.source, &fill.path[..]) else {
            return None;
        };
        let asked = method.input().get_field(*number).filter(is_id)?;
        let told = same_field(&object, &asked).filter(is_id)?;
        let scalar = scalar_of(&asked.kind());
        same_class(scalar, scalar_of(&told.kind())).then(|| Echo {
            request: *number,
            scalar: scalar as i32,
            response: [&path[..], &[told.number()]].concat(),
        })
    };
    fills.iter().filter_map(echo).collect()
}

/// The message of the only object in a response, and the way to it.
fn object_of(method: &MethodDescriptor, wire: &Wire) -> Option<(Vec<u32>, MessageDescriptor)> {
    let is_one = wire.cardinality() == Cardinality::Explicit;
    let is_object = matches!(wire.value, Some(wire::Value::Binding(_)));
    if !is_one || !is_object {
        return None;
    }
    let mut path = wire.path.clone();
    path.extend(Some(wire.number).filter(|number| *number != 0));
    let object = path.iter().try_fold(method.output(), |message, number| {
        singular_message(&message.get_field(*number)?)
    })?;
    Some((path, object))
}

/// `id` for `id`, `sku` for `sku`; for `book_id` also `id` of a `Book`.
fn same_field(object: &MessageDescriptor, asked: &FieldDescriptor) -> Option<FieldDescriptor> {
    let of_object = || asked.name() == format!("{}_id", snake(object.name()));
    let same = object.get_field_by_name(asked.name());
    same.or_else(|| of_object().then(|| object.get_field_by_name("id")).flatten())
}

/// Texts, bytes and integers name things.
fn is_id(field: &FieldDescriptor) -> bool {
    use prost_reflect::Kind;
    is_plain(field) && !field.is_list() && !matches!(field.kind(), Kind::Bool | Kind::Enum(_))
}
