//! What fills the fields of a request, noted down for the check that nothing is filled twice.

use apollo_compiler::ast::Value;
use prost_reflect::{FieldDescriptor, MessageDescriptor};

use crate::contract::InputValue;
use crate::diagnostic::Span;
use crate::model::directives::Text;
use crate::model::path::{numbers, singular_message};

/// Everything that fills one message.
#[derive(Clone, Debug)]
pub(crate) struct Fillings {
    pub(crate) message: MessageDescriptor,
    pub(crate) fillings: Vec<Filling>,
}

/// What fills a field, or all that is in it, and where that was said.
#[derive(Clone, Debug)]
pub(crate) struct Filling {
    /// Field numbers in the message.
    pub(crate) path: Vec<u32>,
    pub(crate) filler: Filler,
    pub(crate) span: Option<Span>,
}

#[derive(Clone, Debug)]
pub(crate) enum Filler {
    /// `is_empty`: a message without fields, in which others may be filled.
    Constant { is_empty: bool },
    /// A part of the caller, or a mask, as `with` has it.
    Part(String),
    /// What the parent gives.
    Key,
    /// An argument, or a path into one.
    Argument { name: String, value: InputValue, is_always_given: bool },
}

impl Filling {
    pub(in crate::model) fn part(path: &[FieldDescriptor], text: &Text) -> Filling {
        let filler = Filler::Part(text.value.clone());
        Filling { path: numbers(path), filler, span: text.span }
    }

    pub(in crate::model) fn constant(
        path: &[FieldDescriptor],
        value: &Value,
        span: Option<Span>,
    ) -> Filling {
        let is_message = path.last().is_some_and(|field| singular_message(field).is_some());
        let is_empty = is_message && value.as_object().is_some_and(|fields| fields.is_empty());
        Filling { path: numbers(path), filler: Filler::Constant { is_empty }, span }
    }
}
