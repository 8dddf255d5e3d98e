//! The rules of incremental delivery for `@stream`, of which the pinned validator knows none.
//!
//! Source: the rules of graphql-js 17 for `@defer` and `@stream`, and its words.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    ExecutableDocument, Node,
    ast::{Directive, Value},
    executable::{Field, Operation, Selection, SelectionSet},
    parser::SourceSpan,
};

use super::wording::Found;

/// Fields further in are not compared: fragments that the validator refuses may stand in themselves.
const DEPTH: usize = 128;

/// All faults of a document's `@stream`s. No more than `most` selections are compared with each other: lowering refuses
/// documents that have more.
pub(super) fn faults(document: &ExecutableDocument, most: usize) -> Vec<Found> {
    let mut rules = Rules { document, found: Vec::new(), labels: HashMap::new(), left: most };
    let operations = document.operations.iter().map(|operation| &operation.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.selection_set);
    let mut any = false;
    for set in operations.chain(fragments) {
        any |= rules.each(set);
    }
    if any {
        for operation in document.operations.iter() {
            rules.operation(operation);
            rules.overlaps(&[&operation.selection_set], 0);
        }
    }
    rules.found
}

struct Rules<'a> {
    document: &'a ExecutableDocument,
    found: Vec<Found>,
    /// Labels, and whether a `@stream` has them.
    labels: HashMap<&'a str, bool>,
    left: usize,
}

impl<'a> Rules<'a> {
    fn report(&mut self, message: impl Into<String>, place: Option<SourceSpan>) {
        self.found.push((message.into(), place));
    }

    /// What each directive says for itself, and its label. Whether there is a `@stream`.
    fn each(&mut self, set: &'a SelectionSet) -> bool {
        let mut any = false;
        for selection in &set.selections {
            let defer = selection.directives().get("defer");
            if let Some(defer) = defer {
                self.label(defer, false);
            }
            let inside = match selection {
                Selection::Field(field) => {
                    if let Some(stream) = stream_of(field) {
                        any = true;
                        self.label(stream, true);
                        self.list(&set.ty, field, stream);
                    }
                    let Some(set) = &field.selection_set else { continue };
                    set
                }
                Selection::InlineFragment(inline) => &inline.selection_set,
                Selection::FragmentSpread(_) => continue,
            };
            any |= self.each(inside);
        }
        any
    }

    fn label(&mut self, directive: &'a Node<Directive>, stream: bool) {
        let Some(label) = directive.specified_argument_by_name("label") else { return };
        match &**label {
            Value::Variable(_) if stream => {
                self.report("Argument \"@stream(label:)\" must be a static string.", label.location());
            }
            Value::String(text) => match self.labels.insert(text, stream) {
                // Of two `@defer`s the validator tells.
                Some(other) if other || stream => self.report(
                    "Value for arguments \"defer(label:)\" and \"stream(label:)\" must be unique across all \
                     Defer/Stream directive usages.",
                    label.location(),
                ),
                _ => {}
            },
            _ => {}
        }
    }

    fn list(&mut self, of: &str, field: &Field, stream: &Node<Directive>) {
        if !field.definition.ty.is_list() {
            let name = &field.name;
            let message =
                format!("Directive \"@stream\" cannot be used on non-list field \"{of}.{name}\".");
            self.report(message, stream.location());
        }
        let count = stream.specified_argument_by_name("initialCount");
        if let Some(Value::Int(number)) = count.map(|count| &**count)
            && number.as_str().starts_with('-')
        {
            let message = format!(
                "The `initialCount` of a @stream must not be negative, and is {}.",
                number.as_str()
            );
            self.report(message, stream.location());
        }
    }

    fn operation(&mut self, operation: &'a Operation) {
        if operation.is_query() {
            return;
        }
        let root = if operation.is_mutation() { "mutation" } else { "subscription" };
        let ty = operation.object_type();
        self.within(&operation.selection_set, false, &mut HashSet::new(), &mut |rules, stream| {
            let message = format!("Stream directive cannot be used on root {root} type \"{ty}\".");
            rules.report(message, stream.location());
        });
        if operation.is_subscription() {
            self.within(&operation.selection_set, true, &mut HashSet::new(), &mut |rules, stream| {
                let is_fixed = |value: &Node<Value>| !matches!(&**value, Value::Boolean(false) | Value::Variable(_));
                if stream.specified_argument_by_name("if").is_none_or(is_fixed) {
                    rules.report(
                        "Stream directive not supported on subscription operations. Disable `@stream` by setting the \
                         `if` argument to `false`.",
                        stream.location(),
                    );
                }
            });
        }
    }

    /// Each `@stream` of a selection set, or also those `below` its fields that may be selected.
    fn within(
        &mut self,
        set: &'a SelectionSet,
        below: bool,
        fragments: &mut HashSet<&'a str>,
        each: &mut dyn FnMut(&mut Self, &'a Node<Directive>),
    ) {
        for selection in &set.selections {
            let is_conditional = |name| selection.directives().has(name);
            if below && (is_conditional("skip") || is_conditional("include")) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    if let Some(stream) = stream_of(field) {
                        each(self, stream);
                    }
                    if let Some(set) = field.selection_set.as_ref().filter(|_| below) {
                        self.within(set, below, fragments, each);
                    }
                }
                Selection::InlineFragment(inline) => {
                    self.within(&inline.selection_set, below, fragments, each);
                }
                Selection::FragmentSpread(spread) => {
                    if fragments.insert(spread.fragment_name.as_str())
                        && let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                    {
                        self.within(&fragment.selection_set, below, fragments, each);
                    }
                }
            }
        }
    }

    /// Fields with one response name of which one has a `@stream`.
    fn overlaps(&mut self, sets: &[&'a SelectionSet], depth: usize) {
        let (mut names, mut groups) = (HashMap::new(), Vec::<Vec<&'a Node<Field>>>::new());
        let mut fragments = HashSet::new();
        let mut pending: Vec<&'a SelectionSet> = sets.iter().rev().copied().collect();
        while let Some(set) = pending.pop() {
            for selection in &set.selections {
                if self.left == 0 {
                    return;
                }
                self.left -= 1;
                match selection {
                    Selection::Field(field) => {
                        let at = *names.entry(field.response_name()).or_insert(groups.len());
                        match groups.get_mut(at) {
                            Some(group) => group.push(field),
                            None => groups.push(vec![field]),
                        }
                    }
                    Selection::InlineFragment(inline) => pending.push(&inline.selection_set),
                    Selection::FragmentSpread(spread) => {
                        if fragments.insert(&spread.fragment_name) {
                            let fragment = self.document.fragments.get(&spread.fragment_name);
                            pending.extend(fragment.map(|fragment| &fragment.selection_set));
                        }
                    }
                }
            }
        }
        for group in groups {
            if group.len() > 1
                && let Some(field) = group.iter().find(|field| stream_of(field).is_some())
            {
                let message = format!(
                    "Fields \"{}\" conflict because they have overlapping stream directives. Use different aliases on \
                     the fields to fetch both if this was intentional.",
                    field.response_name()
                );
                self.report(message, field.location());
            }
            let inside: Vec<&'a SelectionSet> =
                group.iter().filter_map(|field| field.selection_set.as_ref()).collect();
            if depth < DEPTH {
                self.overlaps(&inside, depth + 1);
            }
        }
    }
}

fn stream_of(field: &Node<Field>) -> Option<&Node<Directive>> {
    field.directives.get("stream")
}
