//! What goes into a request: constants, arguments, parts of the caller, and what the parent gives.

use prost_reflect::FieldDescriptor;

use super::binder::Binder;
use super::call::Asking;
use super::directives::Text;
use super::fault::Fault;
use super::path::numbers;
use super::selection::Selecting;
use crate::contract::{Fill, KeyPart, Scalar};
use crate::diagnostic::Span;

mod arguments;
mod filling;
mod key;
mod required;
mod with;

pub(super) use with::is_header;

pub(crate) use filling::{Filler, Filling, Fillings};

/// Whose keys a request takes.
#[derive(Clone, Copy)]
pub(super) enum Keyed<'a> {
    /// The path of the field that takes the keys of all parents; empty where it is not known.
    Batch(&'a [FieldDescriptor]),
    /// The field that takes the key of one parent, where it is said.
    One(Option<&'a Text>),
}

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
    fillings: Vec<Filling>,
}

impl Request {
    pub(super) fn fill(&mut self, filling: Filling, fill: Fill) {
        self.fillings.push(filling);
        self.fills.push(fill);
    }

    /// Adds a part of the key.
    fn key(&mut self, part: KeyPart, span: Option<Span>) {
        self.fillings.push(Filling { path: part.target.clone(), filler: Filler::Key, span });
        self.key.push(part);
    }

    /// Puts what fills a message as a whole in front of what fills a field of it: the runtime looks whether the message
    /// is there.
    fn in_order(&mut self) {
        let paths: Vec<Vec<u32>> = self.fillings.iter().map(|it| it.path.clone()).collect();
        self.fills.sort_by_key(|fill| {
            let is_around =
                |path: &Vec<u32>| path.len() > fill.path.len() && path.starts_with(&fill.path);
            let is_whole = fill.value.is_some() && paths.iter().any(is_around);
            if is_whole { fill.path.len() } else { usize::MAX }
        });
    }

    /// Whether something fills this field or a part of it.
    pub(super) fn fills_field(&self, number: u32) -> bool {
        self.fillings.iter().any(|filling| filling.path.first() == Some(&number))
    }
}

impl Binder<'_> {
    /// Everything but the keys of a batch.
    pub(super) fn request(&mut self, asking: &Asking<'_>, keyed: Keyed<'_>) -> Option<Request> {
        let mut request = Request::default();
        if let Keyed::Batch(keys) = keyed {
            request.keys = keys.to_vec();
        }
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
                        text: with.value.serialize().no_indent().to_string(),
                        reason,
                        span: with.span,
                    });
                }
            }
        }
        if asking.with_arguments {
            self.arguments(asking, &message, &mut request);
        }
        let mut is_whole = self.model.faults.len() == before;
        match keyed {
            Keyed::One(key) if is_whole => {
                is_whole = self.key_of_one(asking, &mut request, key).is_some();
            }
            Keyed::Batch(keys) if !keys.is_empty() => {
                let span = asking.span;
                request.fillings.push(Filling { path: numbers(keys), filler: Filler::Key, span });
            }
            _ => {}
        }
        self.model
            .fillings
            .push(Fillings { message: asking.method.input(), fillings: request.fillings.clone() });
        request.in_order();
        is_whole.then_some(request)
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
