//! A valid document to the one operation that is meant: fragments spread in, fields with one response key merged, one list
//! of fields for each concrete type.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{self, Directive, DirectiveList, OperationType, Value},
    executable::{self, Selection, SelectionSet},
    validation::Valid,
};

use super::{
    config::Limits,
    lines::Lines,
    literal::Literals,
    refusal::{Fault, Refusal},
    schema::{TypeSystem, input_type, plain_type},
};
use crate::{
    error::Code,
    operation::{
        self, Defer, DeferId, Field, Location, Operation, OperationKind, VariableDefinition,
    },
};

/// The operation that a request means: the named one, or the only one.
pub(super) fn select<'d>(
    document: &'d Valid<ExecutableDocument>,
    name: Option<&str>,
) -> Result<&'d Node<executable::Operation>, Refusal> {
    document.operations.get(name).map_err(|_| {
        let message = match name {
            Some(name) => format!("The document has no operation \"{name}\"."),
            None if document.operations.is_empty() => "The document has no operation.".to_owned(),
            None => "The document has more than one operation: `operationName` must name one."
                .to_owned(),
        };
        Refusal::new(Code::OperationNotFound, message)
    })
}

/// What an operation does.
pub(super) fn kind(operation: &executable::Operation) -> OperationKind {
    match operation.operation_type {
        OperationType::Query => OperationKind::Query,
        OperationType::Mutation => OperationKind::Mutation,
        OperationType::Subscription => OperationKind::Subscription,
    }
}

/// The variables that an operation declares.
pub(super) fn variables(
    types: &TypeSystem,
    operation: &executable::Operation,
    lines: &Lines<'_>,
) -> Result<Vec<VariableDefinition>, Refusal> {
    let literals = Literals::new(&types.schema, &[]);
    let variables = operation.variables.iter().map(|variable| {
        let place = variable.location().map(|span| lines.locate(span.offset()));
        let default = variable.default_value.as_ref();
        let defined = VariableDefinition {
            name: variable.name.to_string(),
            ty: input_type(&types.schema, &variable.ty),
            default: default.map(|value| literals.value(&variable.ty, value)),
            location: place.unwrap_or_default(),
        };
        held(&literals, defined.location).map(|()| defined)
    });
    variables.collect()
}

/// Refuses numbers for custom scalars that would become other numbers.
fn held(literals: &Literals<'_>, place: Location) -> Result<(), Refusal> {
    let fault = |number: String| Fault {
        message: format!(
            "The number {number} is beyond what a double holds; write it as a string."
        ),
        locations: vec![place],
    };
    let faults: Vec<Fault> = literals.unheld().into_iter().map(fault).collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(Refusal { code: Code::ValidationFailed, faults, left_out: 0 })
}

/// What of a request decides how an operation is lowered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    /// The variables in the `if` of `@skip`, `@include`, `@defer` and `@stream`, as positions among the operation's.
    pub(super) variables: Vec<usize>,
    /// It has a `@defer` or a `@stream`: whether the client reads an answer in parts counts.
    pub(super) defers: bool,
}

/// What decides how an operation is lowered.
pub(super) fn conditions(
    document: &ExecutableDocument,
    operation: &executable::Operation,
) -> Conditions {
    let (mut names, mut fragments) = (HashSet::new(), HashSet::new());
    let mut defers = false;
    let mut pending = vec![&operation.selection_set];
    while let Some(set) = pending.pop() {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => pending.extend(&field.selection_set),
                Selection::InlineFragment(inline) => pending.push(&inline.selection_set),
                Selection::FragmentSpread(spread) => {
                    if fragments.insert(&spread.fragment_name) {
                        let fragment = document.fragments.get(&spread.fragment_name);
                        pending.extend(fragment.map(|fragment| &fragment.selection_set));
                    }
                }
            }
            for directive in selection.directives().iter() {
                let name = directive.name.as_str();
                defers |= matches!(name, "defer" | "stream");
                if matches!(name, "skip" | "include" | "defer" | "stream") {
                    let value = directive.specified_argument_by_name("if");
                    names.extend(value.and_then(|value| value.as_variable()));
                }
            }
        }
    }
    let used = operation.variables.iter().enumerate();
    let used = used.filter(|(_, variable)| names.contains(&variable.name)).map(|(at, _)| at);
    Conditions { variables: used.collect(), defers }
}

/// An operation for the planner, and what the request's variables must fulfil beyond their types.
#[derive(Debug)]
pub(super) struct Lowered {
    /// What the planner sees.
    pub(super) operation: Operation,
    /// Variables whose value must be neither null nor negative: the `initialCount` of a `@stream`.
    pub(super) counts: Vec<usize>,
    /// How many fields it has on all levels.
    pub(super) fields: usize,
}

/// What [`lower`] reads.
pub(super) struct Input<'a> {
    pub(super) types: &'a TypeSystem,
    pub(super) document: &'a Valid<ExecutableDocument>,
    pub(super) operation: &'a executable::Operation,
    pub(super) lines: &'a Lines<'a>,
    pub(super) limits: &'a Limits,
    /// Whether the variable at this position is true, for those in [`Conditions`]. `None`: everything is selected.
    pub(super) decide: &'a dyn Fn(usize) -> Option<bool>,
    /// Whether `@defer` and `@stream` count.
    pub(super) incremental: bool,
}

/// Makes the operation.
///
/// # Errors
///
/// [`Code::LimitExceeded`] where interfaces and unions multiply the selections beyond the limit.
pub(super) fn lower(input: &Input<'_>) -> Result<Lowered, Refusal> {
    let Input { types, operation, .. } = *input;
    let literals = Literals::new(&types.schema, &operation.variables);
    let mut lowering = Lowering {
        input,
        literals: &literals,
        visited: 0,
        fields: 0,
        defers: Vec::new(),
        directives: Vec::new(),
        counts: Vec::new(),
    };
    let root = operation.object_type().clone();
    let selected = Selected { set: &operation.selection_set, defer: None };
    let (fields, begins) = lowering.fields(&root, &[selected])?;
    let Lowering { fields: count, defers, counts, .. } = lowering;
    let kind = kind(operation);
    let is_slow = |name: &str| matches!(name, "__schema" | "__type") || types.own.has(kind, name);
    let slow = fields.iter().filter(|field| is_slow(&field.name)).map(|it| it.name.clone());
    let operation = Operation {
        kind,
        slow: slow.collect(),
        name: operation.name.as_ref().map(ToString::to_string),
        variables: variables(types, operation, input.lines)?,
        root: root.to_string(),
        fields,
        defers,
        begins,
    };
    Ok(Lowered { operation, counts, fields: count })
}

struct Lowering<'a> {
    input: &'a Input<'a>,
    literals: &'a Literals<'a>,
    visited: usize,
    fields: usize,
    defers: Vec<Defer>,
    /// Those of `defers`.
    directives: Vec<&'a Directive>,
    counts: Vec<usize>,
}

/// A selection set, and the deferred fragment that it stands in.
#[derive(Clone, Copy)]
struct Selected<'a> {
    set: &'a SelectionSet,
    defer: Option<DeferId>,
}

/// The fields with one response key that are selected of one concrete type, in the order of the document, each with the
/// deferred fragment that it stands in.
type Group<'a> = Vec<(&'a Node<executable::Field>, Option<DeferId>)>;

/// All groups of one concrete type, in response order.
#[derive(Default)]
struct Groups<'a> {
    groups: Vec<Group<'a>>,
    positions: HashMap<&'a str, usize>,
    /// The fragments that were spread, each with the `@defer` that it was spread in.
    fragments: HashSet<(&'a Name, Option<*const Directive>)>,
    begins: Vec<DeferId>,
}

impl<'a> Lowering<'a> {
    /// The fields of one object, and the deferred fragments that stand in it.
    fn fields(
        &mut self,
        object: &Name,
        selected: &[Selected<'a>],
    ) -> Result<(Vec<Field>, Vec<DeferId>), Refusal> {
        let mut groups = Groups::default();
        for Selected { set, defer } in selected {
            self.collect(object, set, *defer, &mut groups)?;
        }
        let fields: Result<_, _> =
            groups.groups.iter().map(|group| self.field(object, group)).collect();
        Ok((fields?, groups.begins))
    }

    /// Source: the algorithm `CollectFields` of the specification, with the incremental delivery of graphql-js 17.
    fn collect(
        &mut self,
        object: &Name,
        set: &'a SelectionSet,
        within: Option<DeferId>,
        groups: &mut Groups<'a>,
    ) -> Result<(), Refusal> {
        for selection in &set.selections {
            self.visited += 1;
            if self.visited > self.input.limits.selections {
                return Err(self.too_many());
            }
            if !self.is_included(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => groups.add(field, within),
                Selection::InlineFragment(inline) => {
                    let condition = inline.type_condition.as_ref();
                    if condition.is_none_or(|name| self.input.types.applies(object, name)) {
                        let own = self.on(&inline.directives, "defer");
                        let own = own.map(|directive| self.begin(directive, within, groups));
                        let within = own.or(within);
                        self.collect(object, &inline.selection_set, within, groups)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.fragment_name;
                    let fragment = self.input.document.fragments.get(name);
                    let Some(fragment) = fragment else { continue };
                    let own = self.on(&spread.directives, "defer");
                    let outer = within.map(|DeferId(id)| self.directives[id]);
                    let spread_in = own.or(outer).map(std::ptr::from_ref);
                    if groups.fragments.contains(&(name, None))
                        || !groups.fragments.insert((name, spread_in))
                        || !self.input.types.applies(object, fragment.type_condition())
                    {
                        continue;
                    }
                    let own = own.map(|directive| self.begin(directive, within, groups));
                    let within = own.or(within);
                    self.collect(object, &fragment.selection_set, within, groups)?;
                }
            }
        }
        Ok(())
    }

    /// A `@defer` or a `@stream`, if it is on.
    fn on(&self, directives: &'a DirectiveList, name: &str) -> Option<&'a Directive> {
        let directive = directives.get(name).filter(|_| self.input.incremental)?;
        (self.condition(directives, name) != Some(false)).then_some(&**directive)
    }

    fn begin(
        &mut self,
        directive: &'a Directive,
        parent: Option<DeferId>,
        groups: &mut Groups<'a>,
    ) -> DeferId {
        let id = self.later(directive, parent, false);
        groups.begins.push(id);
        id
    }

    fn later(
        &mut self,
        directive: &'a Directive,
        parent: Option<DeferId>,
        stream: bool,
    ) -> DeferId {
        let id = DeferId(self.defers.len());
        let label = directive.specified_argument_by_name("label");
        let label = label.and_then(|label| label.as_str()).map(Into::into);
        self.defers.push(Defer { label, parent, stream });
        self.directives.push(directive);
        id
    }

    fn field(&mut self, object: &Name, group: &Group<'a>) -> Result<Field, Refusal> {
        self.fields += 1;
        let (first, _) = group[0];
        // The object's own definition may be narrower than the interface's that the document was checked against.
        let definition =
            self.input.types.schema.type_field(object, &first.name).unwrap_or(&first.definition);
        let sets = group.iter().filter_map(|(field, defer)| {
            Some(Selected { set: field.selection_set.as_ref()?, defer: *defer })
        });
        let sets: Vec<Selected<'a>> = sets.collect();
        let selections = self.selections(definition, &sets)?;
        let defers = self.delivered_with(group);
        let stream = self.stream(definition, group, (sets, &defers))?;
        let arguments = self.arguments(definition, &first.arguments);
        held(self.literals, self.location(first))?;
        Ok(Field {
            response_key: first.response_name().to_string(),
            name: first.name.to_string(),
            arguments,
            ty: plain_type(&definition.ty),
            selections,
            defers,
            stream,
            location: self.location(first),
        })
    }

    /// What is selected of each concrete type of a field.
    fn selections(
        &mut self,
        definition: &ast::FieldDefinition,
        sets: &[Selected<'a>],
    ) -> Result<Vec<operation::Selection>, Refusal> {
        let mut selections = Vec::new();
        for type_name in self.input.types.possible_types(definition.ty.inner_named_type()) {
            let (fields, begins) = self.fields(&type_name, sets)?;
            let type_name = type_name.to_string();
            selections.push(operation::Selection { type_name, fields, begins });
        }
        Ok(selections)
    }

    /// What a list leaves for later. One that is answered with several fragments, whichever comes first, comes whole: what
    /// its items would follow is not known.
    fn stream(
        &mut self,
        definition: &ast::FieldDefinition,
        group: &Group<'a>,
        (mut sets, defers): (Vec<Selected<'a>>, &[DeferId]),
    ) -> Result<Option<Box<operation::Stream>>, Refusal> {
        let (first, _) = group[0];
        let ([] | [_], Some(directive)) = (defers, self.on(&first.directives, "stream")) else {
            return Ok(None);
        };
        if sets.is_empty() {
            return Ok(None);
        }
        let defer = self.later(directive, defers.first().copied(), true);
        for set in &mut sets {
            set.defer = Some(defer);
        }
        let fields = self.fields;
        let selections = self.selections(definition, &sets)?;
        // They are the same fields once more.
        self.fields = fields;
        let stream = self.input.types.schema.directive_definitions.get("stream");
        let argument = stream.and_then(|stream| stream.argument_by_name("initialCount"));
        let given = directive.specified_argument_by_name("initialCount");
        let count = argument.and_then(|it| self.literals.input(it, given.map(|given| &**given)));
        let initial_count = count.unwrap_or(operation::Value::Int(0));
        if let operation::Value::Variable { index, .. } = initial_count {
            self.counts.push(index);
        }
        Ok(Some(Box::new(operation::Stream { defer, initial_count, selections })))
    }

    /// The deferred fragments with the first of which a field is answered: none where it stands outside of all, and no
    /// fragment beside one that it stands in.
    fn delivered_with(&self, group: &Group<'a>) -> Vec<DeferId> {
        let ids: Option<Vec<DeferId>> = group.iter().map(|(_, defer)| *defer).collect();
        operation::outermost(ids.unwrap_or_default(), |DeferId(id)| self.defers[id].parent)
    }

    fn arguments(
        &self,
        definition: &ast::FieldDefinition,
        given: &[Node<ast::Argument>],
    ) -> Vec<(String, operation::Value)> {
        let value = |name: &Name| -> Option<&Value> {
            given.iter().find(|argument| argument.name == *name).map(|argument| &*argument.value)
        };
        definition
            .arguments
            .iter()
            .filter_map(|argument| {
                let value = self.literals.input(argument, value(&argument.name))?;
                Some((argument.name.to_string(), value))
            })
            .collect()
    }

    fn is_included(&self, directives: &DirectiveList) -> bool {
        self.condition(directives, "skip") != Some(true)
            && self.condition(directives, "include") != Some(false)
    }

    /// What the `if` of a `@skip`, `@include`, `@defer` or `@stream` says; `None` where there is none, or where it is not decided.
    fn condition(&self, directives: &DirectiveList, name: &str) -> Option<bool> {
        match &**directives.get(name)?.specified_argument_by_name("if")? {
            Value::Boolean(value) => Some(*value),
            Value::Variable(variable) => (self.input.decide)(self.literals.variable(variable)?),
            _ => None,
        }
    }

    fn location(&self, field: &Node<executable::Field>) -> Location {
        field.location().map(|span| self.input.lines.locate(span.offset())).unwrap_or_default()
    }

    fn too_many(&self) -> Refusal {
        let message = format!(
            "The operation has more than {} selections, counted for each type that an interface or a union may have.",
            self.input.limits.selections
        );
        Refusal::new(Code::LimitExceeded, message)
    }
}

impl<'a> Groups<'a> {
    fn add(&mut self, field: &'a Node<executable::Field>, defer: Option<DeferId>) {
        let key = field.response_name().as_str();
        let at = *self.positions.entry(key).or_insert(self.groups.len());
        match self.groups.get_mut(at) {
            Some(group) => group.push((field, defer)),
            None => self.groups.push(vec![(field, defer)]),
        }
    }
}
