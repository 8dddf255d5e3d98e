//! Required fields that parts of the caller fill: they may be absent, and then the request is not sent.

use prost_reflect::MessageDescriptor;

use crate::contract::{Join, fill};
use crate::model::binder::Binder;

impl Binder<'_> {
    /// Says of each fill that may be absent how much of its path is required.
    pub(in crate::model) fn required_fills(&self, join: &mut Join, request: &MessageDescriptor) {
        let keys = join.batch.as_ref().map(|batch| &*batch.keys).unwrap_or_default();
        let always: Vec<Vec<u32>> =
            join.key.iter().map(|part| [keys, &part.target].concat()).collect();
        for fill in &mut join.fills {
            if matches!(fill.source, Some(fill::Source::Argument(_) | fill::Source::Constant(_))) {
                continue;
            }
            let mut message = Some(request.clone());
            fill.required = 0;
            for (at, number) in fill.path.iter().enumerate() {
                let field = message.and_then(|message| message.get_field(*number));
                let is_required =
                    field.as_ref().is_some_and(|field| self.input.protos.is_required(field));
                let holds_key = always.iter().any(|path| {
                    at + 1 < fill.path.len()
                        && path.len() > at + 1
                        && path.starts_with(&fill.path[..=at])
                });
                fill.required = if is_required || holds_key { fill.required + 1 } else { 0 };
                message = field.and_then(|field| field.kind().as_message().cloned());
            }
        }
    }
}
