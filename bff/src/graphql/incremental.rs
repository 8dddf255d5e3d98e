//! `@defer`: its definition, and the rules of validation that are its own.
//!
//! Source: the rules of graphql-js 17, `DeferStreamDirectiveLabelRule`, `DeferStreamDirectiveOnRootFieldRule` and
//! `DeferStreamDirectiveOnValidOperationsRule`.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{Directive, DirectiveList, OperationType, Value},
    executable::{Operation, Selection, SelectionSet},
};

use super::{
    lines::Lines,
    refusal::{Fault, Refusal},
};
use crate::error::Code;

/// What schemas say of it that do not define it themselves.
pub(super) const DEFINITIONS: &str = r#"
"Directs the executor to defer this fragment when the `if` argument is true or undefined."
directive @defer("Deferred when true or undefined." if: Boolean! = true, "Unique name" label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
"#;

/// Refuses a valid document whose deferred fragments cannot be answered, with all faults.
pub(super) fn check(
    document: &ExecutableDocument,
    lines: &Lines<'_>,
    most: usize,
) -> Result<(), Refusal> {
    let mut check = Check { document, lines, faults: Vec::new(), labels: HashMap::new() };
    let sets = document.operations.iter().map(|operation| &operation.selection_set);
    sets.chain(document.fragments.values().map(|fragment| &fragment.selection_set))
        .for_each(|set| check.labels(set));
    for operation in document.operations.iter() {
        check.operation(operation);
    }
    let mut faults = check.faults;
    if faults.is_empty() {
        return Ok(());
    }
    let left_out = faults.len().saturating_sub(most);
    faults.truncate(most);
    Err(Refusal { code: Code::ValidationFailed, faults, left_out })
}

struct Check<'a> {
    document: &'a ExecutableDocument,
    lines: &'a Lines<'a>,
    faults: Vec<Fault>,
    labels: HashMap<&'a str, &'a Node<Directive>>,
}

impl<'a> Check<'a> {
    fn fault(&mut self, message: String, at: &[&Node<Directive>]) {
        let lines = self.lines;
        let spans = at.iter().filter_map(|directive| directive.location());
        let locations = spans.map(|span| lines.locate(span.offset())).collect();
        self.faults.push(Fault { message, locations });
    }

    fn labels(&mut self, set: &'a SelectionSet) {
        for selection in &set.selections {
            if let Some(directive) = defer(selection.directives()) {
                self.label(directive);
            }
            match selection {
                Selection::Field(field) => {
                    field.selection_set.iter().for_each(|set| self.labels(set));
                }
                Selection::InlineFragment(inline) => self.labels(&inline.selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn label(&mut self, directive: &'a Node<Directive>) {
        let label = match directive.specified_argument_by_name("label").map(|label| &**label) {
            None | Some(Value::Null) => return,
            Some(Value::String(label)) => label,
            Some(_) => {
                let message = "Argument \"@defer(label:)\" must be a static string.".to_owned();
                return self.fault(message, &[directive]);
            }
        };
        if let Some(first) = self.labels.get(label.as_str()).copied() {
            let message = "Value for arguments \"defer(label:)\" and \"stream(label:)\" must be unique across all \
                           Defer/Stream directive usages.";
            self.fault(message.to_owned(), &[first, directive]);
        } else {
            self.labels.insert(label, directive);
        }
    }

    fn operation(&mut self, operation: &'a Node<Operation>) {
        let root =
            format!("root {} type \"{}\"", operation.operation_type, operation.object_type());
        let set = &operation.selection_set;
        if operation.operation_type != OperationType::Query {
            self.root(set, &root, &mut HashSet::new());
        }
        if operation.operation_type == OperationType::Subscription {
            self.subscription(set, &mut HashSet::new());
        }
    }

    /// Side effects come one after the other, and an event is one answer: the fields of such a root are not deferred.
    fn root(&mut self, set: &'a SelectionSet, root: &str, seen: &mut HashSet<&'a Name>) {
        for selection in &set.selections {
            if matches!(selection, Selection::Field(_)) {
                continue;
            }
            if let Some(directive) = defer(selection.directives()) {
                let message = format!("Defer directive cannot be used on {root}.");
                self.fault(message, &[directive]);
            }
            if let Some(set) = self.inside(selection, seen) {
                self.root(set, root, seen);
            }
        }
    }

    fn subscription(&mut self, set: &'a SelectionSet, seen: &mut HashSet<&'a Name>) {
        for selection in &set.selections {
            let directives = selection.directives();
            if may_be_left_out(directives) {
                continue;
            }
            if let Some(directive) = defer(directives)
                && !matches!(value(directive), Some(Value::Boolean(false) | Value::Variable(_)))
            {
                let message = "Defer directive not supported on subscription operations. Disable `@defer` by setting \
                               the `if` argument to `false`.";
                self.fault(message.to_owned(), &[directive]);
            }
            if let Some(set) = self.inside(selection, seen) {
                self.subscription(set, seen);
            }
        }
    }

    /// What is selected inside a selection; each fragment once.
    fn inside(
        &self,
        selection: &'a Selection,
        seen: &mut HashSet<&'a Name>,
    ) -> Option<&'a SelectionSet> {
        match selection {
            Selection::Field(field) => field.selection_set.as_ref(),
            Selection::InlineFragment(inline) => Some(&inline.selection_set),
            Selection::FragmentSpread(spread) => {
                let name = &spread.fragment_name;
                let fragment = self.document.fragments.get(name).filter(|_| seen.insert(name))?;
                Some(&fragment.selection_set)
            }
        }
    }
}

fn defer(directives: &DirectiveList) -> Option<&Node<Directive>> {
    directives.get("defer")
}

/// Of the argument `if`.
fn value(directive: &Directive) -> Option<&Value> {
    directive.specified_argument_by_name("if").map(|value| &**value)
}

fn may_be_left_out(directives: &DirectiveList) -> bool {
    let is = |name, never| {
        directives.get(name).is_some_and(|it| value(it) != Some(&Value::Boolean(never)))
    };
    is("skip", false) || is("include", true)
}
