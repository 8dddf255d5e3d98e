//! The document that async-graphql is asked with: one root field with everything decided. Fragments are spread in, variables
//! have their values, and each field stands where the client's document has it, so that errors tell the right place.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    Name, Pos, Positioned, Value as Literal,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field as AskedField, InlineFragment,
        OperationDefinition, OperationType, Selection, SelectionSet, TypeCondition,
    },
};

use crate::operation::{self, Field, Location, OperationKind, Value, Variables};

/// The key of a `__typename` that nobody selected: an object needs some selection, and of an abstract value it tells which
/// object it is.
pub(super) const KIND: &str = "__anabranch";

/// The document of one root field.
pub(super) fn document(
    kind: OperationKind,
    field: &Field,
    variables: &Variables,
) -> ExecutableDocument {
    let place = place(field.location);
    let operation = OperationDefinition {
        ty: match kind {
            OperationKind::Query => OperationType::Query,
            OperationKind::Mutation => OperationType::Mutation,
            OperationKind::Subscription => OperationType::Subscription,
        },
        variable_definitions: Vec::new(),
        directives: Vec::new(),
        selection_set: Positioned::new(
            SelectionSet { items: vec![selection(field, variables)] },
            place,
        ),
    };
    ExecutableDocument {
        operations: DocumentOperations::Single(Positioned::new(operation, place)),
        fragments: HashMap::new(),
    }
}

fn place(Location { line, column }: Location) -> Pos {
    Pos { line: line as usize, column: column as usize }
}

fn selection(field: &Field, variables: &Variables) -> Positioned<Selection> {
    let at = place(field.location);
    let name = |name: &str| Positioned::new(Name::new(name), at);
    let argument = |(argument, value): &(String, Value)| {
        let value = Positioned::new(literal(value, variables)?.into_value(), at);
        Some((name(argument), value))
    };
    let alias = (field.response_key != field.name).then(|| name(&field.response_key));
    let asked = AskedField {
        alias,
        name: name(&field.name),
        arguments: field.arguments.iter().filter_map(argument).collect(),
        directives: Vec::new(),
        selection_set: Positioned::new(selections(field, variables), at),
    };
    Positioned::new(Selection::Field(Positioned::new(asked, at)), at)
}

/// What is selected of the value: of an object its fields, of an abstract type those of each object that it may be.
fn selections(field: &Field, variables: &Variables) -> SelectionSet {
    let set = |fields: &[Field]| SelectionSet {
        items: fields.iter().map(|field| selection(field, variables)).collect(),
    };
    let at = place(field.location);
    match field.selections.as_slice() {
        [] => return SelectionSet::default(),
        [only] if only.type_name == field.ty.name() && !only.fields.is_empty() => {
            return set(&only.fields);
        }
        _ => {}
    }
    let kind = AskedField {
        alias: Some(Positioned::new(Name::new(KIND), at)),
        name: Positioned::new(Name::new("__typename"), at),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: Positioned::default(),
    };
    let kind = Positioned::new(Selection::Field(Positioned::new(kind, at)), at);
    let of_type = |selected: &operation::Selection| {
        let on = Positioned::new(Name::new(&selected.type_name), at);
        let fragment = InlineFragment {
            type_condition: Some(Positioned::new(TypeCondition { on }, at)),
            directives: Vec::new(),
            selection_set: Positioned::new(set(&selected.fields), at),
        };
        Positioned::new(Selection::InlineFragment(Positioned::new(fragment, at)), at)
    };
    let some = field.selections.iter().filter(|selected| !selected.fields.is_empty());
    SelectionSet { items: std::iter::once(kind).chain(some.map(of_type)).collect() }
}

/// A value with variables put in; `None` where there is none, and the default of the schema holds.
fn literal(value: &Value, variables: &Variables) -> Option<Literal> {
    Some(match value.resolve(variables)? {
        // A variable has the value of another only as its default, which is no variable.
        Value::Null | Value::Variable { .. } => Literal::Null,
        Value::Int(number) => Literal::Number((*number).into()),
        Value::Unsigned(number) => Literal::Number((*number).into()),
        Value::Float(number) => Literal::from(*number),
        Value::String(text) => Literal::String(text.to_string()),
        Value::Boolean(value) => Literal::Boolean(*value),
        Value::Enum(name) => Literal::Enum(Name::new(name)),
        Value::List(items) => {
            let item = |item| literal(item, variables).unwrap_or(Literal::Null);
            Literal::List(items.iter().map(item).collect())
        }
        Value::Object(entries) => {
            let entry = |(name, value): &(Arc<str>, Value)| {
                Some((Name::new(name), literal(value, variables)?))
            };
            Literal::Object(entries.iter().filter_map(entry).collect())
        }
    })
}
