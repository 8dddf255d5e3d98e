//! Fields that something answered, and that only a mock answers now: no type shows it, and a gateway without mocks refuses to
//! start.

use std::collections::BTreeMap;

use super::{Change, Changes};
use crate::contract::{Binding, State};

pub(super) fn compare(old: &[Binding], new: &[Binding]) -> Vec<Change> {
    let (old, new) = (states(old), states(new));
    let mut changes = Changes::default();
    for (field, _) in old.iter().filter(|(_, state)| **state == State::Real) {
        if new.get(field) == Some(&State::Promised) {
            let (type_name, field) = field;
            let message = "a service answered it, and now it is only promised";
            changes.add(format!("{type_name}.{field}"), message);
        }
    }
    changes.0
}

/// A field that is bound more than once is as promised as its worst binding.
fn states(bindings: &[Binding]) -> BTreeMap<(&str, &str), State> {
    let mut states = BTreeMap::new();
    for binding in bindings {
        for field in &binding.fields {
            let state = states.entry((binding.r#type.as_str(), field.name.as_str()));
            let state = state.or_insert(State::Real);
            if field.state() == State::Promised {
                *state = State::Promised;
            }
        }
    }
    states
}
