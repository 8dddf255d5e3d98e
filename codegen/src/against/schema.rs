//! Breaking changes of a GraphQL schema: removed, narrowed where it is read, widened where it is written.

use apollo_compiler::{
    Node, Schema,
    ast::{FieldDefinition, InputValueDefinition, Type},
    schema::ExtendedType,
};

use super::{BreakingChange, Changes, Unreadable};

pub(super) fn compare(old: &str, new: &str) -> Result<Vec<BreakingChange>, Unreadable> {
    let (old, new) = (read(old, "old")?, read(new, "new")?);
    let mut changes = Changes::default();
    for (name, old_type) in old.types.iter().filter(|(_, ty)| !ty.is_built_in()) {
        match new.types.get(name) {
            None => changes.add(name.as_str(), "the type is gone"),
            Some(new_type) => compare_types(old_type, new_type, &mut changes),
        }
    }
    for (operation, name) in old.schema_definition.iter_root_operations() {
        if new.root_operation(operation).is_none_or(|root| **root != ***name) {
            changes
                .add("schema", format!("`{name}` is no longer the root of {operation} operations"));
        }
    }
    Ok(changes.0)
}

fn read(sdl: &str, which: &'static str) -> Result<Schema, Unreadable> {
    // An empty schema has nothing that could break.
    if sdl.trim().is_empty() {
        return Ok(Schema::new());
    }
    Schema::parse(sdl, format!("{which}.graphql")).map_err(|error| Unreadable {
        which,
        what: "schema",
        reason: error.errors.to_string(),
    })
}

fn compare_types(old: &ExtendedType, new: &ExtendedType, changes: &mut Changes) {
    let place = old.name().as_str();
    match (old, new) {
        (ExtendedType::Object(old), ExtendedType::Object(new)) => {
            removed(
                place,
                "no longer implements",
                &old.implements_interfaces,
                |name| new.implements_interfaces.contains(name),
                changes,
            );
            compare_fields(place, old.fields.values(), |name| new.fields.get(name), changes);
        }
        (ExtendedType::Interface(old), ExtendedType::Interface(new)) => {
            compare_fields(place, old.fields.values(), |name| new.fields.get(name), changes);
        }
        (ExtendedType::Union(old), ExtendedType::Union(new)) => {
            removed(
                place,
                "no longer contains",
                &old.members,
                |name| new.members.contains(name),
                changes,
            );
        }
        (ExtendedType::Enum(old), ExtendedType::Enum(new)) => {
            for value in old.values.keys().filter(|value| !new.values.contains_key(*value)) {
                changes.add(format!("{place}.{value}"), "the enum value is gone");
            }
        }
        (ExtendedType::InputObject(old), ExtendedType::InputObject(new)) => {
            let (old, new) = (
                old.fields.values(),
                new.fields.values().map(|field| &**field).collect::<Vec<_>>(),
            );
            compare_inputs(
                &|name| format!("{place}.{name}"),
                "input field",
                old.map(|field| &**field),
                &new,
                changes,
            );
        }
        (ExtendedType::Scalar(_), ExtendedType::Scalar(_)) => {}
        _ => changes.add(place, "it is another kind of type now"),
    }
}

fn removed<'a, N: std::fmt::Display + 'a>(
    place: &str,
    what: &str,
    old: impl IntoIterator<Item = &'a N>,
    kept: impl Fn(&N) -> bool,
    changes: &mut Changes,
) {
    for name in old.into_iter().filter(|name| !kept(name)) {
        changes.add(place, format!("it {what} `{name}`"));
    }
}

fn compare_fields<'a>(
    place: &str,
    old: impl Iterator<Item = &'a Node<FieldDefinition>>,
    new: impl Fn(&str) -> Option<&'a Node<FieldDefinition>>,
    changes: &mut Changes,
) {
    for old in old {
        let place = format!("{place}.{}", old.name);
        let Some(new) = new(&old.name) else {
            changes.add(place, "the field is gone");
            continue;
        };
        if !is_narrower_or_equal(&new.ty, &old.ty) {
            changes.add(
                &place,
                format!("it was `{}` and may now be anything of `{}`", old.ty, new.ty),
            );
        }
        let new_arguments: Vec<&InputValueDefinition> =
            new.arguments.iter().map(|argument| &**argument).collect();
        let of_argument = |name: &str| format!("{place}({name}:)");
        compare_inputs(
            &of_argument,
            "argument",
            old.arguments.iter().map(|argument| &**argument),
            &new_arguments,
            changes,
        );
    }
}

fn compare_inputs<'a>(
    place: &dyn Fn(&str) -> String,
    what: &str,
    old: impl Iterator<Item = &'a InputValueDefinition>,
    new: &[&InputValueDefinition],
    changes: &mut Changes,
) {
    let mut known = Vec::new();
    for old in old {
        known.push(&old.name);
        match new.iter().find(|new| new.name == old.name) {
            None => changes.add(place(&old.name), format!("the {what} is gone")),
            Some(new) if !is_narrower_or_equal(&old.ty, &new.ty) && !gained_default(old, new) => {
                changes.add(
                    place(&old.name),
                    format!("it took `{}` and takes only `{}` now", old.ty, new.ty),
                );
            }
            Some(_) => {}
        }
    }
    for new in new.iter().filter(|new| {
        new.ty.is_non_null() && new.default_value.is_none() && !known.contains(&&new.name)
    }) {
        changes.add(place(&new.name), format!("the {what} is new and required"));
    }
}

/// An input that became non-null with a default still takes everything but an explicit null of old queries.
fn gained_default(old: &InputValueDefinition, new: &InputValueDefinition) -> bool {
    new.default_value.is_some() && is_narrower_or_equal(&old.ty, &nullable(&new.ty))
}

fn nullable(ty: &Type) -> Type {
    ty.clone().nullable()
}

/// Whether each value of `narrow` is a value of `wide`.
fn is_narrower_or_equal(narrow: &Type, wide: &Type) -> bool {
    match (narrow, wide) {
        (Type::NonNullNamed(narrow), Type::NonNullNamed(wide) | Type::Named(wide))
        | (Type::Named(narrow), Type::Named(wide)) => narrow == wide,
        (Type::NonNullList(narrow), Type::NonNullList(wide) | Type::List(wide))
        | (Type::List(narrow), Type::List(wide)) => is_narrower_or_equal(narrow, wide),
        _ => false,
    }
}
