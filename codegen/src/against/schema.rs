//! Changes of a GraphQL schema: what is gone, what readers may get beside what they know, what callers may no longer give.

use apollo_compiler::{
    Node, Schema,
    ast::{DirectiveDefinition, DirectiveLocation, FieldDefinition, InputValueDefinition, Type},
    schema::{ExtendedType, InputObjectType},
};

use super::{Change, Changes, Unreadable, inputs};

pub(super) fn compare(old: &str, new: &str) -> Result<Vec<Change>, Unreadable> {
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
    for (name, old) in old.directive_definitions.iter().filter(|(_, old)| !old.is_built_in()) {
        compare_directives(old, new.directive_definitions.get(name), &mut changes);
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
            let (before, after) = (&old.implements_interfaces, &new.implements_interfaces);
            missing(
                before,
                |name| after.contains(name),
                |name| {
                    changes.add(place, format!("it no longer implements `{name}`"));
                },
            );
            missing(
                after,
                |name| before.contains(name),
                |name| {
                    changes.warn(place, format!("it implements `{name}` now"));
                },
            );
            compare_fields(place, old.fields.values(), |name| new.fields.get(name), changes);
        }
        (ExtendedType::Interface(old), ExtendedType::Interface(new)) => {
            let after = &new.implements_interfaces;
            missing(
                &old.implements_interfaces,
                |name| after.contains(name),
                |name| {
                    changes.add(place, format!("it no longer implements `{name}`"));
                },
            );
            compare_fields(place, old.fields.values(), |name| new.fields.get(name), changes);
        }
        (ExtendedType::Union(old), ExtendedType::Union(new)) => {
            missing(
                &old.members,
                |name| new.members.contains(name),
                |name| {
                    changes.add(place, format!("it no longer contains `{name}`"));
                },
            );
            missing(
                &new.members,
                |name| old.members.contains(name),
                |name| {
                    changes.warn(place, format!("it contains `{name}` now"));
                },
            );
        }
        (ExtendedType::Enum(old), ExtendedType::Enum(new)) => {
            missing(
                old.values.keys(),
                |value| new.values.contains_key(value),
                |value| {
                    changes.add(format!("{place}.{value}"), "the enum value is gone");
                },
            );
            missing(
                new.values.keys(),
                |value| old.values.contains_key(value),
                |value| {
                    changes.warn(format!("{place}.{value}"), "the enum value is new");
                },
            );
        }
        (ExtendedType::InputObject(old), ExtendedType::InputObject(new)) => {
            if is_one_of(new) && !is_one_of(old) {
                changes.add(place, "it is `@oneOf` now: it takes one field, and that not null");
            }
            let before: Vec<&InputValueDefinition> =
                old.fields.values().map(|field| &**field).collect();
            let after: Vec<&InputValueDefinition> =
                new.fields.values().map(|field| &**field).collect();
            let of_field = |name: &str| format!("{place}.{name}");
            inputs::compare(&of_field, "input field", &before, &after, changes);
        }
        (ExtendedType::Scalar(_), ExtendedType::Scalar(_)) => {}
        _ => changes.add(place, "it is another kind of type now"),
    }
}

fn is_one_of(input: &InputObjectType) -> bool {
    input.directives.has("oneOf")
}

/// What is not there.
fn missing<'a, N: 'a>(
    of: impl IntoIterator<Item = &'a N>,
    is_there: impl Fn(&N) -> bool,
    each: impl FnMut(&'a N),
) {
    of.into_iter().filter(|name| !is_there(name)).for_each(each);
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
        let of_argument = |name: &str| format!("{place}({name}:)");
        let (before, after) = (nodes(&old.arguments), nodes(&new.arguments));
        inputs::compare(&of_argument, "argument", &before, &after, changes);
    }
}

fn is_executable(location: &&DirectiveLocation) -> bool {
    use DirectiveLocation as At;
    let of_operations = [At::Query, At::Mutation, At::Subscription, At::VariableDefinition];
    let of_selections = [At::Field, At::FragmentDefinition, At::FragmentSpread, At::InlineFragment];
    of_operations.contains(location) || of_selections.contains(location)
}

/// Of directives that operations may have.
fn compare_directives(
    old: &DirectiveDefinition,
    new: Option<&Node<DirectiveDefinition>>,
    changes: &mut Changes,
) {
    let mut locations = old.locations.iter().filter(is_executable).peekable();
    if locations.peek().is_none() {
        return;
    }
    let place = format!("@{}", old.name);
    let Some(new) = new else { return changes.add(place, "the directive is gone") };
    for location in locations.filter(|location| !new.locations.contains(*location)) {
        changes.add(&place, format!("it may no longer stand at {location}"));
    }
    if old.repeatable && !new.repeatable {
        changes.add(&place, "it may no longer stand several times at one place");
    }
    let of_argument = |name: &str| format!("{place}({name}:)");
    let (before, after) = (nodes(&old.arguments), nodes(&new.arguments));
    inputs::compare(&of_argument, "argument", &before, &after, changes);
}

fn nodes(inputs: &[Node<InputValueDefinition>]) -> Vec<&InputValueDefinition> {
    inputs.iter().map(|input| &**input).collect()
}

/// Whether each value of `narrow` is a value of `wide`.
pub(super) fn is_narrower_or_equal(narrow: &Type, wide: &Type) -> bool {
    match (narrow, wide) {
        (Type::NonNullNamed(narrow), Type::NonNullNamed(wide) | Type::Named(wide))
        | (Type::Named(narrow), Type::Named(wide)) => narrow == wide,
        (Type::NonNullList(narrow), Type::NonNullList(wide) | Type::List(wide))
        | (Type::List(narrow), Type::List(wide)) => is_narrower_or_equal(narrow, wide),
        _ => false,
    }
}
