//! Rules of the specification that the pinned validator (apollo-compiler 2.0.0-beta.2) holds otherwise, or not at all.

use std::collections::HashSet;

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{Definition, Directive, Document, Selection as AstSelection, Value, VariableDefinition},
    diagnostic::{Diagnostic, ToCliReport},
    executable::Selection,
    validation::DiagnosticData,
};

/// Names that stand twice in the literal of an input object (5.6.3, Input Object Field Uniqueness). The validator has no such
/// rule: what came last would hold.
pub(super) fn doubled_input_fields(document: &Document) -> Vec<Name> {
    let mut doubled = Vec::new();
    for definition in &document.definitions {
        let set = match definition {
            Definition::OperationDefinition(operation) => {
                in_directives(&operation.directives, &mut doubled);
                for variable in &operation.variables {
                    in_directives(&variable.directives, &mut doubled);
                    variable.default_value.iter().for_each(|value| in_value(value, &mut doubled));
                }
                &operation.selection_set
            }
            Definition::FragmentDefinition(fragment) => {
                in_directives(&fragment.directives, &mut doubled);
                &fragment.selection_set
            }
            _ => continue,
        };
        in_selections(set, &mut doubled);
    }
    doubled
}

fn in_selections(set: &[AstSelection], doubled: &mut Vec<Name>) {
    for selection in set {
        match selection {
            AstSelection::Field(field) => {
                in_directives(&field.directives, doubled);
                field.arguments.iter().for_each(|argument| in_value(&argument.value, doubled));
                in_selections(field.selection_set.as_deref().unwrap_or_default(), doubled);
            }
            AstSelection::FragmentSpread(spread) => in_directives(&spread.directives, doubled),
            AstSelection::InlineFragment(inline) => {
                in_directives(&inline.directives, doubled);
                in_selections(&inline.selection_set, doubled);
            }
        }
    }
}

fn in_directives(directives: &[Node<Directive>], doubled: &mut Vec<Name>) {
    let arguments = directives.iter().flat_map(|directive| &directive.arguments);
    arguments.for_each(|argument| in_value(&argument.value, doubled));
}

fn in_value(value: &Value, doubled: &mut Vec<Name>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| in_value(item, doubled)),
        Value::Object(fields) => {
            let mut names = HashSet::new();
            for (name, value) in fields {
                if !names.insert(name) {
                    doubled.push(name.clone());
                }
                in_value(value, doubled);
            }
        }
        _ => {}
    }
}

/// The document with `$x: Int` for `$x: Int = null`, if it has such a thing: a default of null makes no variable fit where
/// null is not allowed, but the validator thinks that every default does.
pub(super) fn without_null_defaults(document: &Document) -> Option<Document> {
    let mut stricter = document.clone();
    let mut changed = false;
    for definition in &mut stricter.definitions {
        let Definition::OperationDefinition(operation) = definition else { continue };
        let has_null = |variable: &Node<VariableDefinition>| {
            variable.default_value.as_ref().is_some_and(|value| value.is_null())
        };
        if !operation.variables.iter().any(has_null) {
            continue;
        }
        changed = true;
        for variable in operation.make_mut().variables.iter_mut().filter(|it| has_null(it)) {
            // A null for a type that never is null stays, and is refused as what it is.
            if !variable.ty.is_non_null() {
                variable.make_mut().default_value = None;
            }
        }
    }
    changed.then_some(stricter)
}

/// Whether the validator refuses several fields of a subscription that are one field of the answer: it counts what is
/// selected, where the specification (5.2.4.1) counts the groups of CollectSubscriptionFields, which have one response
/// name each. What does not fit into one group is another fault.
pub(super) fn is_one_field(
    found: &Diagnostic<'_, DiagnosticData>,
    document: &ExecutableDocument,
) -> bool {
    if found.error.unstable_error_name() != Some("SubscriptionUsesMultipleFields") {
        return false;
    }
    let mut operations = document.operations.iter();
    let Some(operation) = operations.find(|it| it.location() == found.error.location()) else {
        return false;
    };
    let (mut names, mut fragments) = (HashSet::new(), HashSet::new());
    let mut pending = vec![&operation.selection_set];
    while let Some(set) = pending.pop() {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => drop(names.insert(field.response_name())),
                Selection::InlineFragment(inline) => pending.push(&inline.selection_set),
                Selection::FragmentSpread(spread) if fragments.insert(&spread.fragment_name) => {
                    let fragment = document.fragments.get(&spread.fragment_name);
                    pending.extend(fragment.map(|fragment| &fragment.selection_set));
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    names.len() == 1
}
