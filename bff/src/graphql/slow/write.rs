//! Values of async-graphql as JSON, in the order of the selections and with null only where it may stand.
//!
//! async-graphql puts null in the place of an object one of whose fields failed, whether it may be null or not; and of
//! `Result<Option<T>>` an error counts as one of the object, not of the field (its issue 1272).

use async_graphql::Value;

use super::document::KIND;
use crate::operation::{Field, Selection, Type};

/// Null stands where it may not.
pub(super) struct Void;

/// Writes the value of a field of an object.
pub(super) fn member(out: &mut Vec<u8>, object: &Value, field: &Field) -> Result<(), Void> {
    let value = match object {
        Value::Object(members) => members.get(field.response_key.as_str()),
        _ => None,
    };
    write(out, value.unwrap_or(&Value::Null), &field.ty, &field.selections)
}

fn write(
    out: &mut Vec<u8>,
    value: &Value,
    ty: &Type,
    selections: &[Selection],
) -> Result<(), Void> {
    if let Type::NonNull(inner) = ty {
        return present(out, value, inner, selections);
    }
    let start = out.len();
    if present(out, value, ty, selections).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
    Ok(())
}

/// Writes a value that is not null.
fn present(
    out: &mut Vec<u8>,
    value: &Value,
    ty: &Type,
    selections: &[Selection],
) -> Result<(), Void> {
    match (value, ty.item()) {
        (Value::Null, _) => Err(Void),
        (Value::List(items), Some(item)) => {
            out.push(b'[');
            for (index, value) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(out, value, item, selections)?;
            }
            out.push(b']');
            Ok(())
        }
        _ if selections.is_empty() => serde_json::to_writer(out, value).map_err(|_| Void),
        (Value::Object(members), _) => {
            let kind = members.get(KIND).and_then(|kind| match kind {
                Value::String(name) => selections.iter().find(|it| it.type_name == *name),
                _ => None,
            });
            out.push(b'{');
            let fields = kind.or(selections.first()).map_or(&[][..], |selected| &selected.fields);
            for (index, field) in fields.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                let key = Value::String(field.response_key.clone());
                serde_json::to_writer(&mut *out, &key).map_err(|_| Void)?;
                out.push(b':');
                member(out, value, field)?;
            }
            out.push(b'}');
            Ok(())
        }
        _ => Err(Void),
    }
}
