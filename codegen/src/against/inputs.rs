//! What callers give: arguments of fields and of directives, and fields of input objects.

use apollo_compiler::Node;
use apollo_compiler::ast::{InputValueDefinition, Type, Value};

use super::Changes;
use super::schema::is_narrower_or_equal;

/// Holds the inputs of one thing against each other; `place` is where one of them stands, and `what` each of them is.
pub(super) fn compare(
    place: &dyn Fn(&str) -> String,
    what: &str,
    old: &[&InputValueDefinition],
    new: &[&InputValueDefinition],
    changes: &mut Changes,
) {
    for old in old {
        match new.iter().find(|new| new.name == old.name) {
            None => changes.add(place(&old.name), format!("the {what} is gone")),
            Some(new) => compare_one(place(&old.name), what, old, new, changes),
        }
    }
    let is_new = |input: &&&InputValueDefinition| old.iter().all(|old| old.name != input.name);
    for new in new.iter().filter(is_new).filter(|new| new.is_required()) {
        changes.add(place(&new.name), format!("the {what} is new and required"));
    }
}

fn compare_one(
    place: String,
    what: &str,
    old: &InputValueDefinition,
    new: &InputValueDefinition,
    changes: &mut Changes,
) {
    if !is_narrower_or_equal(&old.ty, &new.ty) {
        let message = if is_nullable_of(&old.ty, &new.ty) && new.default_value.is_some() {
            // Who leaves it out, or gives a variable that may be null, still may.
            format!("it took null and is `{}` now", new.ty)
        } else {
            format!("it took `{}` and takes only `{}` now", old.ty, new.ty)
        };
        return changes.add(place, message);
    }
    if new.is_required() && !old.is_required() {
        return changes.add(place, format!("the {what} has lost its default and is required now"));
    }
    let (before, after) = (old.default_value.as_ref(), new.default_value.as_ref());
    match (before, after) {
        (Some(before), Some(after)) if !is_same(before, after) => {
            changes.warn(place, format!("its default was `{before}` and is `{after}` now"));
        }
        (Some(before), None) => {
            changes.warn(place, format!("its default was `{before}`, and now it has none"));
        }
        (None, Some(after)) if !old.is_required() => {
            changes.warn(place, format!("it had no default, and now it is `{after}`"));
        }
        _ => {}
    }
}

fn is_nullable_of(old: &Type, new: &Type) -> bool {
    is_narrower_or_equal(old, &new.clone().nullable())
}

/// The fields of an object have no order.
fn is_same(left: &Node<Value>, right: &Node<Value>) -> bool {
    match (&**left, &**right) {
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let has = |(name, value): &(apollo_compiler::Name, Node<Value>)| {
                right.iter().any(|(other, found)| other == name && is_same(value, found))
            };
            left.len() == right.len() && left.iter().all(has)
        }
        (left, right) => left == right,
    }
}
