//! Requests: a template of constant bytes with holes, and keys behind it.

mod encode;
mod keys;
mod oneof;
mod template;

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;

use super::{
    descriptor::Descriptors,
    keyform::KeyForm,
    moved::Entities,
    reply::Items,
    wire::{put_len, put_nested},
};
use crate::{
    context::Context,
    contract::{Contract, Join, LazyTypes},
    error::{Error, Result},
    operation::{Value, Variables},
    plan::FieldSet,
};
use encode::Encoders;
use keys::KeyWriter;
pub(super) use keys::scalar_of;
use template::Template;

/// How one call is encoded and its reply split: a step's own, or that of its fallback.
#[derive(Debug)]
pub struct CallProgram {
    template: Template,
    encoders: Arc<Encoders>,
    form: KeyForm,
    keys: KeyWriter,
    /// Where the request takes a mask; empty where it takes none.
    mask: Box<[u32]>,
    pub(super) items: Option<Items>,
    pub(super) entities: Entities,
}

/// Makes the calls of one plan.
pub(super) struct Calls<'a> {
    sources: Sources<'a>,
    encoders: Encoders,
}

/// What says how requests are encoded.
#[derive(Clone, Copy)]
struct Sources<'a> {
    contract: &'a Contract,
    descriptors: &'a Descriptors<'a>,
    types: &'a LazyTypes,
}

/// A call that waits for the encoders, which all calls of a plan share.
pub(super) struct CallDraft {
    template: Template,
    form: KeyForm,
    keys: KeyWriter,
    mask: Box<[u32]>,
    items: Option<Items>,
    entities: Entities,
}

impl<'a> Calls<'a> {
    pub(super) fn new(
        contract: &'a Contract,
        descriptors: &'a Descriptors<'a>,
        types: &'a LazyTypes,
    ) -> Self {
        let sources = Sources { contract, descriptors, types };
        Self { sources, encoders: Encoders::default() }
    }

    /// One call. `form` is that of the step's keys, of which a fallback's call makes its own.
    pub(super) fn draft(
        &mut self,
        join: &Join,
        arguments: &[(String, Value)],
        form: &KeyForm,
        entities: Entities,
    ) -> Result<CallDraft> {
        Ok(CallDraft {
            template: Template::of(join, arguments, self.sources, &mut self.encoders)?,
            form: form.clone(),
            keys: KeyWriter::of(join, form)?,
            mask: join.selection.as_ref().map_or_else(Box::default, |it| it.path.as_slice().into()),
            items: join.batch.as_ref().map(|batch| Items::of(batch, form)).transpose()?,
            entities,
        })
    }

    pub(super) fn finish(self) -> Arc<Encoders> {
        Arc::new(self.encoders)
    }
}

impl CallDraft {
    pub(super) fn finish(self, encoders: &Arc<Encoders>) -> CallProgram {
        let Self { template, form, keys, mask, items, entities } = self;
        CallProgram { template, encoders: Arc::clone(encoders), form, keys, mask, items, entities }
    }
}

impl CallProgram {
    /// The encoded request without its keys; for a resolver its encoded arguments.
    ///
    /// # Errors
    ///
    /// [`crate::error::Code::BadUserInput`] where an argument does not fit the request's field.
    pub fn request(&self, variables: &Variables, context: &Context) -> Result<Bytes> {
        self.template.fill(&self.encoders, variables, context)
    }

    /// Whether an argument may not fit, though its variables have values that GraphQL takes: those of built-in types, of enums,
    /// and of objects of such.
    pub(super) fn may_refuse(&self) -> bool {
        self.template.may_refuse(&self.encoders)
    }

    /// What is wrong with the arguments that do not fit.
    pub(super) fn misfits<'t>(
        &'t self,
        variables: &'t Variables,
    ) -> impl Iterator<Item = Error> + 't {
        self.template.misfits(&self.encoders, variables)
    }

    /// The constant part with a mask that names these fields.
    #[must_use]
    pub fn with_mask(&self, constant: &Bytes, fields: &FieldSet) -> Bytes {
        const PATHS: u32 = 1;
        let Some((number, outer)) = self.mask.split_last() else { return constant.clone() };
        let mut mask = Vec::new();
        put_nested(&mut mask, *number, |out| {
            for path in fields.paths() {
                put_len(out, PATHS, path.as_bytes());
            }
        });
        for number in outer.iter().rev() {
            let inner = std::mem::take(&mut mask);
            put_len(&mut mask, *number, &inner);
        }
        // Behind whatever else is in the messages around it: messages merge.
        [&constant[..], &mask].concat().into()
    }

    /// The constant part with keys: in a batch all of them in its repeated field, otherwise the parts of the only key.
    /// A resolver's parent is the empty constant with one key.
    #[must_use]
    pub fn with_keys<'k>(&self, constant: &Bytes, keys: impl Iterator<Item = &'k [u8]>) -> Bytes {
        self.keys.append(&self.form, constant, keys)
    }
}

impl CallProgram {
    /// The reply of a call without batch as an entity of the step. For a step's own call that is the reply itself; a
    /// fallback's may have the value at another place, or not at all.
    ///
    /// # Errors
    ///
    /// [`crate::error::Code::DataLoss`] where a fallback's reply is not a message, and
    /// [`crate::error::Code::FailedPrecondition`] where it is another one than the field's.
    pub fn entity(&self, reply: Bytes) -> Result<Option<Bytes>> {
        self.entities.entity(reply)
    }
}

/// The position of each list of names, by what names it in the contract.
type Positions = HashMap<u32, usize>;
