//! Rules of the specification that the pinned validator (apollo-compiler 2.0.0-beta.2) holds otherwise, or not at all.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{Definition, Directive, Document, Selection as AstSelection, Value, VariableDefinition},
    diagnostic::{Diagnostic, ToCliReport},
    executable::Selection,
    parser::SourceSpan,
    validation::DiagnosticData,
};

use super::wording::{Found, Suggest, question};

/// Names that stand twice in the literal of an input object (5.6.3, Input Object Field Uniqueness). The validator has no such
/// rule: what came last would hold.
pub(super) fn doubled_input_fields(document: &Document) -> Vec<Found> {
    let mut doubled = Vec::new();
    for definition in &document.definitions {
        let written = Written::of(definition);
        written.values.iter().for_each(|value| in_value(value, &mut doubled));
    }
    let told = |name: Name| {
        (format!("There can be only one input field named \"{name}\"."), name.location())
    };
    doubled.into_iter().map(told).collect()
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

/// A variable, and where it is used.
type Use<'d> = (&'d Name, Option<SourceSpan>);

/// Variables that an operation uses and does not define (5.8.3, All Variable Uses Defined), and those that it defines and
/// does not use (5.8.4, All Variables Used), its fragments included. The validator does not look into an object that a custom
/// scalar takes, nor into fields that are unknown.
pub(super) fn variables(document: &Document, suggest: &Suggest) -> Vec<Found> {
    let (mut operations, mut fragments) = (Vec::new(), HashMap::new());
    for definition in &document.definitions {
        let written = Written::of(definition);
        let mut uses = Vec::new();
        written.values.iter().for_each(|value| used(value, &mut uses));
        match definition {
            Definition::OperationDefinition(operation) => {
                operations.push((operation, uses, written.spreads));
            }
            Definition::FragmentDefinition(fragment) => {
                fragments.insert(&fragment.name, (uses, written.spreads));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    // Operations may share fragments: each place is told once.
    let mut told = HashSet::new();
    for (operation, uses, spreads) in &operations {
        let mut all = vec![uses];
        let (mut spread, mut pending) = (HashSet::new(), spreads.clone());
        while let Some(name) = pending.pop() {
            if let Some((more, spreads)) = fragments.get(name).filter(|_| spread.insert(name)) {
                all.push(more);
                pending.extend(spreads);
            }
        }
        let defined: HashSet<&Name> = operation.variables.iter().map(|it| &it.name).collect();
        let mut seen = HashSet::new();
        let named = |before: &str| match &operation.name {
            Some(name) => format!(" {before} operation \"{name}\""),
            None => String::new(),
        };
        for (name, place) in all.into_iter().flatten() {
            seen.insert(*name);
            if !defined.contains(name) && told.insert(place.map(|place| place.offset())) {
                let meant = suggest.own(name, defined.iter().map(|it| it.as_str()));
                let meant: Vec<String> = meant.iter().map(|name| format!("${name}")).collect();
                let meant: Vec<&str> = meant.iter().map(String::as_str).collect();
                let (by, meant) = (named("by"), question("", &meant));
                found.push((format!("Variable \"${name}\" is not defined{by}.{meant}"), *place));
            }
        }
        for variable in operation.variables.iter().filter(|it| !seen.contains(&it.name)) {
            let message = format!("Variable \"${}\" is never used{}.", variable.name, named("in"));
            found.push((message, variable.location()));
        }
    }
    found
}

fn used<'d>(value: &'d Node<Value>, uses: &mut Vec<Use<'d>>) {
    match &**value {
        Value::List(items) => items.iter().for_each(|item| used(item, uses)),
        Value::Object(fields) => fields.iter().for_each(|(_, value)| used(value, uses)),
        Value::Variable(name) => uses.push((name, value.location())),
        _ => {}
    }
}

/// What stands in a definition on all levels.
#[derive(Default)]
struct Written<'d> {
    /// The values of arguments, and the defaults of variables.
    values: Vec<&'d Node<Value>>,
    /// The names of the fragments that are spread.
    spreads: Vec<&'d Name>,
}

impl<'d> Written<'d> {
    fn of(definition: &'d Definition) -> Self {
        let mut written = Self::default();
        match definition {
            Definition::OperationDefinition(operation) => {
                written.directives(&operation.directives);
                for variable in &operation.variables {
                    written.directives(&variable.directives);
                    written.values.extend(&variable.default_value);
                }
                written.selections(&operation.selection_set);
            }
            Definition::FragmentDefinition(fragment) => {
                written.directives(&fragment.directives);
                written.selections(&fragment.selection_set);
            }
            _ => {}
        }
        written
    }

    fn selections(&mut self, set: &'d [AstSelection]) {
        for selection in set {
            match selection {
                AstSelection::Field(field) => {
                    self.directives(&field.directives);
                    self.values.extend(field.arguments.iter().map(|argument| &argument.value));
                    self.selections(field.selection_set.as_deref().unwrap_or_default());
                }
                AstSelection::FragmentSpread(spread) => {
                    self.directives(&spread.directives);
                    self.spreads.push(&spread.fragment_name);
                }
                AstSelection::InlineFragment(inline) => {
                    self.directives(&inline.directives);
                    self.selections(&inline.selection_set);
                }
            }
        }
    }

    fn directives(&mut self, directives: &'d [Node<Directive>]) {
        let arguments = directives.iter().flat_map(|directive| &directive.arguments);
        self.values.extend(arguments.map(|argument| &argument.value));
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
