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

/// Names that stand twice in the literal of an input object (5.6.3, Input Object Field Uniqueness). The validator has no such
/// rule: what came last would hold.
pub(super) fn doubled_input_fields(document: &Document) -> Vec<Name> {
    let mut doubled = Vec::new();
    for definition in &document.definitions {
        let written = Written::of(definition);
        written.values.iter().for_each(|value| in_value(value, &mut doubled));
    }
    doubled
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

/// Variables in the literals of objects that an operation does not define (5.8.3, All Variable Uses Defined), its fragments
/// included, and where they are used. The validator does not look into an object that a custom scalar takes.
pub(super) fn undefined_variables(document: &Document) -> Vec<(Name, Option<SourceSpan>)> {
    let (mut operations, mut fragments) = (Vec::new(), HashMap::new());
    for definition in &document.definitions {
        let written = Written::of(definition);
        let mut uses = Vec::new();
        written.values.iter().for_each(|value| in_objects(value, false, &mut uses));
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
    let mut undefined = Vec::new();
    if operations.iter().all(|(_, uses, _)| uses.is_empty())
        && fragments.values().all(|(uses, _)| uses.is_empty())
    {
        return undefined;
    }
    // Operations may share fragments: each place is told once.
    let mut told = HashSet::new();
    for (operation, mut uses, mut pending) in operations {
        let mut spread = HashSet::new();
        while let Some(name) = pending.pop() {
            if let Some((more, spreads)) = fragments.get(name).filter(|_| spread.insert(name)) {
                uses.extend(more);
                pending.extend(spreads);
            }
        }
        let is_defined = |name: &Name| operation.variables.iter().any(|it| it.name == *name);
        for (name, place) in uses {
            if !is_defined(name) && told.insert(place.map(|place| place.offset())) {
                undefined.push((name.clone(), place));
            }
        }
    }
    undefined
}

fn in_objects<'d>(value: &'d Node<Value>, is_inside: bool, uses: &mut Vec<Use<'d>>) {
    match &**value {
        Value::List(items) => items.iter().for_each(|item| in_objects(item, is_inside, uses)),
        Value::Object(fields) => {
            fields.iter().for_each(|(_, value)| in_objects(value, true, uses));
        }
        Value::Variable(name) if is_inside => uses.push((name, value.location())),
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
