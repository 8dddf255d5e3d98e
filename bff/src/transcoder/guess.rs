//! Keys that the request of a lookup has already, as its response is expected to say them again.

use super::{
    KeyTable, Program,
    scalar::wire_type,
    wire::{Fields, Payload, tag_of},
};
use crate::plan::{Guess, SiteId};

impl Program {
    /// Interns the key that a site of an early step will have, if the response to `request` has it as the request has it.
    /// `None` where the request lacks a part of it.
    pub fn guess(&self, site: SiteId, request: &[u8], keys: &mut KeyTable) -> Option<u32> {
        let site = self.plan.site(site);
        let form = &self.forms[site.step.0];
        let mut key = Vec::new();
        for (at, part) in site.guess.iter().enumerate() {
            form.push(&mut key, at, part.scalar, Some(payload(part, request)?)).ok()?;
        }
        Some(keys.intern(&key))
    }
}

/// The last one wins, as the service reads it.
fn payload<'a>(part: &Guess, request: &'a [u8]) -> Option<Payload<'a>> {
    let tag = tag_of(part.number, wire_type(part.scalar));
    let (mut fields, mut found) = (Fields::of(request), None);
    while let Some(field) = fields.next().ok()? {
        if field.tag == tag {
            found = Some(field.payload);
        }
    }
    found
}
