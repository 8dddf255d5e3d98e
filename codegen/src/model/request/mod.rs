//! What goes into a request: constants, arguments, parts of the caller, and what the parent gives.

use prost_reflect::FieldDescriptor;

use super::binder::Binder;
use super::call::Asking;
use super::directives::Text;
use super::fault::Fault;
use super::selection::Selecting;
use crate::contract::{Fill, KeyPart, Scalar};

mod arguments;
mod key;
mod required;
mod with;

/// A request while it is put together.
#[derive(Default)]
pub(super) struct Request {
    pub(super) fills: Vec<Fill>,
    pub(super) key: Vec<KeyPart>,
    pub(super) many: bool,
    /// The path of the field that takes the keys of all parents; empty where there is none.
    keys: Vec<FieldDescriptor>,
    /// Arguments that `with` uses.
    arguments: Vec<String>,
    /// The mask that is filled with what is read.
    pub(super) selecting: Option<Selecting>,
    /// Paths that something fills.
    filled: Vec<Vec<u32>>,
}

impl Request {
    /// Adds a fill for the field at `target`.
    pub(super) fn fill(&mut self, target: Vec<u32>, fill: Fill) {
        self.filled.push(target);
        self.fills.push(fill);
    }

    /// Whether something fills this field or a part of it.
    pub(super) fn fills_field(&self, number: u32) -> bool {
        self.filled.iter().any(|path| path.first() == Some(&number))
    }
}

impl Binder<'_> {
    /// Everything but the keys of a batch, which go into `keys`.
    pub(super) fn request(
        &mut self,
        asking: &Asking<'_>,
        keys: &[FieldDescriptor],
    ) -> Option<Request> {
        let mut request = Request { keys: keys.to_vec(), ..Request::default() };
        let before = self.model.faults.len();
        let message = asking.method.input();
        if let Some(with) = &asking.rpc.with {
            match with.value.as_object() {
                Some(_) => {
                    self.with(asking, &message, with, &mut Vec::new(), &mut request);
                }
                None => {
                    let reason = "write an object: `with: {book_id: \"$args.id\"}`".to_owned();
                    self.fault(Fault::InvalidSource {
                        text: with.value.to_string(),
                        reason,
                        span: with.span,
                    });
                }
            }
        }
        if asking.with_arguments {
            self.arguments(asking, &message, &mut request);
        }
        (self.model.faults.len() == before).then_some(request)
    }

    pub(super) fn invalid_source(&mut self, text: &Text, reason: &str) {
        self.fault(Fault::InvalidSource {
            text: text.value.clone(),
            reason: reason.to_owned(),
            span: text.span,
        });
    }
}

/// A scalar as people call it.
pub(super) fn word(scalar: Scalar) -> String {
    format!("{scalar:?}").to_lowercase()
}
