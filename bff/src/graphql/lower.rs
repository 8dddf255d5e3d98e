//! A valid document to the one operation that is meant: fragments spread in, fields with one response key merged, one list
//! of fields for each concrete type.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{self, DirectiveList, OperationType, Value},
    executable::{self, Selection, SelectionSet},
    validation::Valid,
};

use super::{
    config::Limits,
    lines::Lines,
    literal::Literals,
    refusal::Refusal,
    schema::{TypeSystem, input_type, plain_type},
};
use crate::{
    error::Code,
    operation::{self, Field, Location, Operation, OperationKind, VariableDefinition},
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
) -> Vec<VariableDefinition> {
    let literals = Literals::new(&types.schema, &[]);
    let define = |variable: &Node<ast::VariableDefinition>| VariableDefinition {
        name: variable.name.to_string(),
        ty: input_type(&types.schema, &variable.ty),
        default: variable.default_value.as_ref().map(|value| literals.value(&variable.ty, value)),
    };
    operation.variables.iter().map(define).collect()
}

/// The variables that decide `@skip` and `@include` in an operation, as positions among its variables.
pub(super) fn conditions(
    document: &ExecutableDocument,
    operation: &executable::Operation,
) -> Vec<usize> {
    let (mut names, mut fragments) = (HashSet::new(), HashSet::new());
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
                if directive.name == "skip" || directive.name == "include" {
                    let value = directive.specified_argument_by_name("if");
                    names.extend(value.and_then(|value| value.as_variable()));
                }
            }
        }
    }
    let used = operation.variables.iter().enumerate();
    used.filter(|(_, variable)| names.contains(&variable.name)).map(|(at, _)| at).collect()
}

/// An operation for the planner, and what the request's variables must fulfil beyond their types.
#[derive(Debug)]
pub(super) struct Lowered {
    /// What the planner sees.
    pub(super) operation: Operation,
    /// Variables whose value must not be null though their type allows it.
    pub(super) never_null: Vec<usize>,
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
    /// Whether the variable at this position is true, for those that decide `@skip` and `@include`. `None`: everything
    /// is selected.
    pub(super) decide: &'a dyn Fn(usize) -> Option<bool>,
}

/// Makes the operation.
///
/// # Errors
///
/// [`Code::LimitExceeded`] where interfaces and unions multiply the selections beyond the limit.
pub(super) fn lower(input: &Input<'_>) -> Result<Lowered, Refusal> {
    let Input { types, operation, .. } = *input;
    let literals = Literals::new(&types.schema, &operation.variables);
    let mut lowering = Lowering { input, literals: &literals, visited: 0, fields: 0 };
    let root = operation.object_type().clone();
    let fields = lowering.fields(&root, &[&operation.selection_set])?;
    let count = lowering.fields;
    let kind = kind(operation);
    let is_slow = |name: &str| matches!(name, "__schema" | "__type") || types.own.has(kind, name);
    let slow = fields.iter().filter(|field| is_slow(&field.name)).map(|it| it.name.clone());
    let operation = Operation {
        kind,
        slow: slow.collect(),
        name: operation.name.as_ref().map(ToString::to_string),
        variables: variables(types, operation),
        root: root.to_string(),
        fields,
    };
    Ok(Lowered { operation, never_null: literals.never_null(), fields: count })
}

struct Lowering<'a> {
    input: &'a Input<'a>,
    literals: &'a Literals<'a>,
    visited: usize,
    fields: usize,
}

/// The fields with one response key that are selected of one concrete type, in the order of the document.
type Group<'a> = Vec<&'a Node<executable::Field>>;

/// All groups of one concrete type, in response order.
#[derive(Default)]
struct Groups<'a> {
    groups: Vec<Group<'a>>,
    positions: HashMap<&'a str, usize>,
    fragments: HashSet<&'a Name>,
}

impl<'a> Lowering<'a> {
    fn fields(&mut self, object: &Name, sets: &[&'a SelectionSet]) -> Result<Vec<Field>, Refusal> {
        let mut groups = Groups::default();
        for set in sets {
            self.collect(object, set, &mut groups)?;
        }
        groups.groups.iter().map(|group| self.field(object, group)).collect()
    }

    fn collect(
        &mut self,
        object: &Name,
        set: &'a SelectionSet,
        groups: &mut Groups<'a>,
    ) -> Result<(), Refusal> {
        for selection in &set.selections {
            self.visited += 1;
            if self.visited > self.input.limits.selections {
                return Err(self.too_many());
            }
            match selection {
                Selection::Field(field) => {
                    if self.is_included(&field.directives) {
                        groups.add(field);
                    }
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.type_condition.as_ref();
                    if self.is_included(&inline.directives)
                        && condition.is_none_or(|name| self.input.types.applies(object, name))
                    {
                        self.collect(object, &inline.selection_set, groups)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if self.is_included(&spread.directives)
                        && groups.fragments.insert(&spread.fragment_name)
                        && let Some(fragment) =
                            self.input.document.fragments.get(&spread.fragment_name)
                        && self.input.types.applies(object, fragment.type_condition())
                    {
                        self.collect(object, &fragment.selection_set, groups)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, object: &Name, group: &Group<'a>) -> Result<Field, Refusal> {
        self.fields += 1;
        let first = group[0];
        // The object's own definition may be narrower than the interface's that the document was checked against.
        let definition =
            self.input.types.schema.type_field(object, &first.name).unwrap_or(&first.definition);
        let sets: Vec<&SelectionSet> =
            group.iter().filter_map(|field| field.selection_set.as_ref()).collect();
        let mut selections = Vec::new();
        for type_name in self.input.types.possible_types(definition.ty.inner_named_type()) {
            let fields = self.fields(&type_name, &sets)?;
            selections.push(operation::Selection { type_name: type_name.to_string(), fields });
        }
        Ok(Field {
            response_key: first.response_name().to_string(),
            name: first.name.to_string(),
            arguments: self.arguments(definition, &first.arguments),
            ty: plain_type(&definition.ty),
            selections,
            location: self.location(first),
        })
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

    /// What a `@skip` or `@include` says; `None` where there is none, or where it is not decided.
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
    fn add(&mut self, field: &'a Node<executable::Field>) {
        let key = field.response_name().as_str();
        let at = *self.positions.entry(key).or_insert(self.groups.len());
        match self.groups.get_mut(at) {
            Some(group) => group.push(field),
            None => self.groups.push(vec![field]),
        }
    }
}
