//! A document on its way from text to an operation: limits, validation, and the operation that is meant.

use apollo_compiler::{
    ExecutableDocument, Node,
    executable::{self, Selection, SelectionSet},
    validation::Valid,
};

use super::{
    config::Config,
    limits,
    lines::Lines,
    lower::{self, Conditions, Lowered},
    refusal::Refusal,
    schema::TypeSystem,
    validate,
};
use crate::{
    error::Code,
    operation::{Location, OperationKind, VariableDefinition},
};

/// A valid document, and the operation of it that is meant.
#[derive(Debug)]
pub(super) struct Document {
    text: Box<str>,
    document: Valid<ExecutableDocument>,
    operation: Node<executable::Operation>,
    /// What the operation does.
    pub(super) kind: OperationKind,
    /// What it may be given.
    pub(super) variables: Vec<VariableDefinition>,
    /// What of a request decides what is selected, and what is deferred.
    pub(super) conditions: Conditions,
}

impl Document {
    /// Reads and checks a document.
    ///
    /// # Errors
    ///
    /// [`Code::LimitExceeded`], [`Code::ParseFailed`], [`Code::ValidationFailed`] or [`Code::OperationNotFound`].
    pub(super) fn new(
        text: &str,
        operation_name: Option<&str>,
        types: &TypeSystem,
        config: &Config,
    ) -> Result<Self, Refusal> {
        let document = check(text, types, config)?;
        let operation = lower::select(&document, operation_name)?.clone();
        Ok(Self {
            text: text.into(),
            kind: lower::kind(&operation),
            variables: lower::variables(types, &operation, &Lines::new(text))?,
            conditions: lower::conditions(&document, &operation),
            document,
            operation,
        })
    }

    /// The operation with its conditions decided: `decide` says whether the variable at a position is true, or that
    /// everything is to be selected. `@defer` counts where the client reads an `incremental` answer.
    ///
    /// # Errors
    ///
    /// [`Code::LimitExceeded`].
    pub(super) fn lower(
        &self,
        types: &TypeSystem,
        config: &Config,
        decide: &dyn Fn(usize) -> Option<bool>,
        incremental: bool,
    ) -> Result<Lowered, Refusal> {
        lower::lower(&lower::Input {
            types,
            document: &self.document,
            operation: &self.operation,
            lines: &Lines::new(&self.text),
            limits: &config.limits,
            decide,
            // What comes as events is not divided further.
            incremental: incremental && self.kind != OperationKind::Subscription,
        })
    }
}

/// Limits first, so that nothing walks a document that could be made to work hard.
pub(super) fn check(
    text: &str,
    types: &TypeSystem,
    config: &Config,
) -> Result<Valid<ExecutableDocument>, Refusal> {
    let limits = &config.limits;
    if text.len() as u64 > limits.document.0 {
        let message = format!("The document is longer than {}.", limits.document);
        return Err(Refusal::new(Code::LimitExceeded, message));
    }
    let lines = Lines::new(text);
    let parsed = validate::parse(text, &lines, limits)?;
    limits::check(&parsed, limits)?;
    let document = validate::validate(&parsed, &types.schema, &lines, config)?;
    check_introspection(&document, &lines, config.introspection)?;
    Ok(document)
}

/// How often lists of types and fields may stand inside each other in an introspection: what clients need has two, and
/// each more multiplies the answer by the size of the schema.
const INTROSPECTION_LISTS: usize = 3;

fn check_introspection(
    document: &ExecutableDocument,
    lines: &Lines<'_>,
    allowed: bool,
) -> Result<(), Refusal> {
    let place = |field: &Node<executable::Field>| -> Vec<Location> {
        field.location().map(|span| lines.locate(span.offset())).into_iter().collect()
    };
    for operation in document.operations.iter() {
        for field in operation.all_fields(document) {
            if field.name != "__schema" && field.name != "__type" {
                continue;
            }
            if !allowed {
                let message = format!(
                    "Introspection is turned off here, so \"{}\" cannot be selected.",
                    field.name
                );
                return Err(Refusal::at(Code::ValidationFailed, message, place(field)));
            }
            if has_deep_lists(document, field.selection_set.as_ref(), 0) {
                let message = "Maximum introspection depth exceeded.";
                return Err(Refusal::at(Code::ValidationFailed, message, place(field)));
            }
        }
    }
    Ok(())
}

fn has_deep_lists(document: &ExecutableDocument, set: Option<&SelectionSet>, above: usize) -> bool {
    let selections = set.map_or(&[][..], |set| &set.selections);
    selections.iter().any(|selection| match selection {
        Selection::Field(field) => {
            let lists = matches!(
                field.name.as_str(),
                "fields" | "interfaces" | "possibleTypes" | "inputFields"
            );
            let depth = above + usize::from(lists);
            depth >= INTROSPECTION_LISTS
                || has_deep_lists(document, field.selection_set.as_ref(), depth)
        }
        Selection::InlineFragment(inline) => {
            has_deep_lists(document, Some(&inline.selection_set), above)
        }
        Selection::FragmentSpread(spread) => {
            let fragment = document.fragments.get(&spread.fragment_name);
            has_deep_lists(document, fragment.map(|fragment| &fragment.selection_set), above)
        }
    })
}
